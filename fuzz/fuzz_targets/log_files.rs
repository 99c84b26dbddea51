//! Any bytes are read as a log's files, a policy or a witness's request, and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_log::checkpoint::Checkpoint;
use placet_log::policy::Policy;
use placet_log::tile::{parse_bundle, parse_tile};
use placet_log::witness::AddCheckpoint;

fuzz_target!(|data: &[u8]| {
    let width = data.first().map_or(1, |byte| usize::from(*byte) + 1);
    let _ = parse_tile(data, width);
    let _ = parse_bundle(data, width);
    let _ = Policy::parse(data).map(|policy| policy.open(data));
    if let Ok((checkpoint, note)) = Checkpoint::peek(data) {
        assert_eq!(Checkpoint::peek(note.to_string().as_bytes()).map(|(again, _)| again), Ok(checkpoint));
    }
    if let Some(request) = AddCheckpoint::parse(data) {
        assert_eq!(AddCheckpoint::parse(request.to_body().as_bytes()), Some(request));
    }
});
