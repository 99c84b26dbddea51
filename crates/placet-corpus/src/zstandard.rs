//! Zstandard (RFC 8878), frame by frame, going on behind damage at the next frame.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes, BytesMut};
use zstd::stream::raw::{DParameter, Decoder, Operation};

use crate::expansion::Expansion;
use crate::gzip::seek_magic;
use crate::input::{Fault, Input};

const OUT_BYTES: usize = 256 * 1024;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// 128 MiB: what `zstd` itself accepts without being asked. Larger windows would have to be held in memory.
const WINDOW_LOG_MAX: u32 = 27;
const DAMAGED: &str = "fetch the file again; what stands in the other frames was read";

/// How many buffers are kept in view for being used again; those that are held longer go their own way.
const EARLIER_MAX: usize = 16;

/// The state of a Zstandard stream; the bytes come from the input handed to each call.
pub(crate) struct Unzstd {
    decoder: Option<Decoder<'static>>,
    state: State,
    frame_at: u64,
    /// What was decoded last, and what of it was not taken yet. Items may hold on to parts of it.
    out: Bytes,
    /// Buffers given out earlier; the first one is used again once nobody holds a part of it.
    earlier: VecDeque<Bytes>,
    expansion: Expansion,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Between,
    /// A magic number was found and taken behind damage.
    Found,
    Inside,
    Seek,
    End,
}

impl Unzstd {
    pub(crate) fn new() -> Self {
        let decoder = Decoder::new().ok().and_then(|mut decoder| {
            decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX)).ok()?;
            Some(decoder)
        });
        Self {
            decoder,
            state: State::Between,
            frame_at: 0,
            out: Bytes::new(),
            earlier: VecDeque::new(),
            expansion: Expansion::default(),
        }
    }

    pub(crate) fn fill(&mut self, below: &mut dyn Input) -> Result<&[u8], Fault> {
        while self.out.is_empty() && self.state != State::End {
            self.step(below)?;
        }
        Ok(&self.out)
    }

    pub(crate) fn consume(&mut self, n: usize) {
        self.out.advance(n.min(self.out.len()));
    }

    /// The first `n` bytes at hand, shared.
    pub(crate) fn shared(&self, n: usize) -> Option<Bytes> {
        (n <= self.out.len()).then(|| self.out.slice(..n))
    }

    fn step(&mut self, below: &mut dyn Input) -> Result<(), Fault> {
        match self.state {
            State::Between => {
                self.frame_at = below.position();
                self.state = if below.fill()?.is_empty() { State::End } else { State::Inside };
                Ok(())
            }
            State::Found => {
                self.frame_at = below.position().saturating_sub(MAGIC.len() as u64);
                self.state = State::Inside;
                self.run(&MAGIC).map(|_| ())
            }
            State::Inside => {
                let input = below.fill()?;
                if input.is_empty() {
                    self.state = State::End;
                    return Err(self.fault("the file ends inside a zstd frame".to_owned(), DAMAGED));
                }
                let taken = self.run(input)?;
                below.consume(taken);
                Ok(())
            }
            State::Seek => {
                self.state = if seek_magic(below, &MAGIC)? { State::Found } else { State::End };
                Ok(())
            }
            State::End => Ok(()),
        }
    }

    fn run(&mut self, input: &[u8]) -> Result<usize, Fault> {
        let Some(decoder) = self.decoder.as_mut() else {
            self.state = State::End;
            return Err(
                self.fault("no memory for a zstd decoder".to_owned(), "free some memory and run again")
            );
        };
        let mut out = free_buffer(&mut self.earlier);
        match decoder.run_on_buffers(input, &mut out) {
            Ok(status) => {
                let out = out.freeze();
                self.out = out.slice(..status.bytes_written.min(out.len()));
                self.earlier.push_back(out);
                if let Err(fault) = self.expansion.add(status.bytes_read, status.bytes_written) {
                    self.out = Bytes::new();
                    self.state = State::End;
                    return Err(Fault { position: self.frame_at, ..fault });
                }
                if status.remaining == 0 {
                    self.state = State::Between;
                }
                Ok(status.bytes_read)
            }
            Err(cause) => {
                self.out = Bytes::new();
                self.state = if decoder.reinit().is_ok() { State::Seek } else { State::End };
                let cause = cause.to_string();
                Err(if cause.contains("too much memory") {
                    self.fault(
                        "a zstd frame has a window of more than 128 MiB".to_owned(),
                        "recompress the file without --long",
                    )
                } else {
                    self.fault(format!("a zstd frame is damaged ({cause})"), DAMAGED)
                })
            }
        }
    }

    fn fault(&self, reason: String, remedy: &'static str) -> Fault {
        Fault { position: self.frame_at, reason, remedy }
    }
}

/// A buffer that nobody reads any more, or a new one.
fn free_buffer(earlier: &mut VecDeque<Bytes>) -> BytesMut {
    let first = earlier.pop_front().map(Bytes::try_into_mut);
    match first {
        Some(Ok(buffer)) => return buffer,
        Some(Err(held)) if earlier.len() < EARLIER_MAX => earlier.push_front(held),
        Some(Err(_)) | None => {}
    }
    BytesMut::zeroed(OUT_BYTES)
}
