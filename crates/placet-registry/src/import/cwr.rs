//! Common Works Registration 2.1 and 2.2 (CISAC CWR11-1494, CWR19-1070): lines of fixed width.
//!
//! Columns below count from 0 and are those of the record layouts; a line that ends early has blanks there.

mod holders;

use std::io::BufRead;

use placet_core::{Identifier, PartyKind, Period, RelationKind, Right, Role, WorkKind};

use super::delivery::{Delivered, Extent, MandateDraft, Message, Sink, date, own, short};
use super::tis::Places;
use holders::{Holder, full_name, rights_of, writer_roles};

/// A longer line is cut: the longest record has fewer than a thousand characters.
pub(crate) const LINE_BYTES_MAX: usize = 4096;
/// Records of one transaction; the rest of it is set aside.
pub(crate) const RECORDS_MAX: usize = 10_000;
/// How far the sum of shares may miss the whole, in hundredths of a percent (edits 4, 9, 14: 0.06 %).
pub(crate) const TOLERANCE: u32 = 6;

const RIGHTS: [Right; 3] = [Right::Performing, Right::Mechanical, Right::Synchronisation];
const RIGHT_NAMES: [&str; 3] = ["PR", "MR", "SR"];

/// Whether a file begins as a transmission does.
pub(crate) fn is_cwr(head: &[u8]) -> bool {
    head.starts_with(b"HDR") && head.get(59..64).is_some_and(|v| v == b"01.10")
}

/// Reads a transmission. Lines are taken one by one, transactions as they end.
pub(crate) fn read(mut source: impl BufRead, sink: &mut dyn Sink) -> std::io::Result<()> {
    let mut reader = Reader { sink, sender: String::new(), version: "2.1", work: Vec::new(), day: None };
    let mut number = 0;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let mut limited = std::io::Read::take(&mut source, LINE_BYTES_MAX as u64);
        if limited.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        number += 1;
        if !bytes.ends_with(b"\n") && bytes.len() >= LINE_BYTES_MAX {
            skip_line(&mut source)?;
            reader.sink.note(&format!("line {number}"), "the line is too long and was cut".to_owned());
        }
        let text = crate::encoding::decode_field(&bytes);
        let line = Line { text: text.trim_end().chars().collect(), number };
        if !reader.take(line) {
            return Ok(());
        }
    }
    reader.flush();
    Ok(())
}

fn skip_line(source: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = source.fill_buf()?;
        let (n, done) = match buffer.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        source.consume(n);
        if done {
            return Ok(());
        }
    }
}

/// One record.
struct Line {
    text: Vec<char>,
    number: u64,
}

impl Line {
    fn field(&self, from: usize, length: usize) -> String {
        let end = (from + length).min(self.text.len());
        self.text.get(from..end).map(|c| short(&c.iter().collect::<String>())).unwrap_or_default()
    }

    fn kind(&self) -> String {
        self.field(0, 3)
    }

    fn place(&self) -> String {
        format!("line {} {}", self.number, self.kind())
    }

    /// A share in hundredths of a percent; blank is nothing.
    fn share(&self, from: usize) -> Option<u32> {
        let text = self.field(from, 5);
        if text.is_empty() { Some(0) } else { text.parse().ok().filter(|n| *n <= 10_000) }
    }

    fn shares(&self, from: usize, step: usize) -> [Option<u32>; 3] {
        [self.share(from), self.share(from + step), self.share(from + 2 * step)]
    }
}

struct Reader<'a> {
    sink: &'a mut dyn Sink,
    sender: String,
    version: &'static str,
    /// The records of the open transaction.
    work: Vec<Line>,
    day: Option<jiff::civil::Date>,
}

impl Reader<'_> {
    fn take(&mut self, line: Line) -> bool {
        match line.kind().as_str() {
            "HDR" => {
                self.sender = line.field(3, 11);
                let name = line.field(14, 45);
                self.version = if line.field(101, 3).starts_with("2.2") { "2.2" } else { "2.1" };
                self.day = date(&line.field(64, 8));
                self.sink.message(Message {
                    standard: format!("CWR {}", self.version),
                    origin: format!("{name} ({})", self.sender),
                    date: self.day,
                });
                true
            }
            "GRH" | "GRT" | "TRL" => self.flush(),
            "NWR" | "REV" | "ISW" | "EXC" | "ACK" | "AGR" => {
                let go_on = self.flush();
                self.work.push(line);
                go_on
            }
            _ if self.work.len() < RECORDS_MAX => {
                if self.work.is_empty() && !line.kind().is_empty() {
                    self.sink.note(&line.place(), "a record outside of a transaction".to_owned());
                } else {
                    self.work.push(line);
                }
                true
            }
            _ => {
                self.sink.note(&line.place(), format!("more than {RECORDS_MAX} records in one transaction"));
                true
            }
        }
    }

    /// Ends the open transaction.
    fn flush(&mut self) -> bool {
        let lines = std::mem::take(&mut self.work);
        let Some(head) = lines.first() else { return true };
        match head.kind().as_str() {
            "ACK" => {
                self.acknowledgement(head);
                true
            }
            "AGR" => self.agreement(&lines),
            _ => self.registration(&lines),
        }
    }

    fn acknowledgement(&mut self, head: &Line) {
        let (number, status) = (head.field(109, 20), head.field(157, 2));
        let said = match status.as_str() {
            "CO" => "the recipient holds a conflicting registration",
            "DU" => "the recipient holds it already",
            "RA" | "AS" => "accepted",
            "AC" => "accepted with changes",
            "SR" | "SA" => "under way",
            "RJ" => "rejected",
            "NP" => "not to be processed",
            _ => "a status that is not known here",
        };
        self.sink.note(
            &head.place(),
            format!("acknowledgement of {number}: {status}, {said}; it changes no claim"),
        );
    }

    /// AGR with its territories (TER) and parties (IPA): assignors give, acquirers collect.
    fn agreement(&mut self, lines: &[Line]) -> bool {
        let Some(head) = lines.first() else { return true };
        let number = head.field(19, 14);
        let mut places = Places::default();
        let (mut givers, mut takers) = (Vec::new(), Vec::new());
        for line in lines.iter().skip(1) {
            match line.kind().as_str() {
                "TER" => places.take(line.field(19, 1) != "E", &line.field(20, 4)),
                "IPA" => {
                    let name = full_name(&line.field(54, 45), &line.field(99, 30));
                    let who = self.identified(
                        &name,
                        &line.field(21, 11),
                        &line.field(45, 9),
                        PartyKind::Unknown,
                        &line.place(),
                    );
                    let rights = rights_of(line.shares(132, 8));
                    if line.field(19, 2) == "AS" {
                        givers.push((who, rights));
                    } else {
                        takers.push((who, rights));
                    }
                }
                _ => self.sink.note(&line.place(), "no record of an agreement".to_owned()),
            }
        }
        for number in &places.unknown {
            self.sink.note(&head.place(), format!("territory {number} is no country known here"));
        }
        let Some(territory) = places.territory() else {
            self.sink.note(&head.place(), format!("agreement {number} names no territory known here"));
            return true;
        };
        let day = |from: usize| date(&head.field(from, 8));
        let period = Period { from: day(49), until: day(57) };
        let collects_until = day(83).or_else(|| day(65));
        let mut mandates = Vec::new();
        for (grantor, _) in &givers {
            for (manager, rights) in takers.iter().filter(|(_, rights)| !rights.is_empty()) {
                mandates.push(MandateDraft {
                    grantor: grantor.clone(),
                    manager: manager.clone(),
                    rights: rights.clone(),
                    territory: territory.clone(),
                    this_work: false,
                    period,
                    collects_until,
                });
            }
        }
        if mandates.is_empty() {
            self.sink.note(
                &head.place(),
                format!("agreement {number} has no assignor or no acquirer with a share"),
            );
            return true;
        }
        // An agreement names works only by their number; it stands by itself.
        let id = own("cwr-agreement", &self.sender, &number).to_string();
        let mut delivered = Delivered::new(id, WorkKind::Composition, String::new(), head.place());
        delivered.mandates = mandates;
        delivered.extent = Extent::Part;
        self.sink.work(delivered)
    }

    fn registration(&mut self, lines: &[Line]) -> bool {
        let Some(head) = lines.first() else { return true };
        let number = head.field(81, 14);
        let title = head.field(19, 60);
        if number.is_empty() || title.is_empty() {
            self.sink.note(&head.place(), "the work has no number or no title; it was set aside".to_owned());
            return true;
        }
        let id = own("cwr", &self.sender, &number).to_string();
        let mut d = Delivered::new(id.clone(), WorkKind::Composition, title, head.place());
        d.identify(id);
        let iswc = head.field(95, 11);
        if !iswc.is_empty() {
            match Identifier::of_scheme("iswc", &iswc) {
                Ok(iswc) => d.identify(iswc.to_string()),
                Err(error) => {
                    self.sink.note(&head.place(), format!("{error}; kept as it stands"));
                    d.keep("ISWC as delivered", &iswc);
                }
            }
        }
        let language = head.field(79, 2).to_lowercase();
        d.work.language = super::language::tag(&language).filter(|_| !language.is_empty());
        for (name, from, length) in HEAD_KEPT {
            let value = head.field(*from, *length);
            if !value.is_empty() && !value.bytes().all(|b| b == b'0') {
                d.keep(name, &value);
            }
        }
        let mut holders: Vec<Holder> = Vec::new();
        let mut recordings = Vec::new();
        for line in lines.iter().skip(1) {
            self.record(line, &mut d, &mut holders, &mut recordings);
        }
        self.check_sums(&head.place(), &holders);
        for holder in &holders {
            for role in &holder.roles {
                if !holder.unknown {
                    d.credit(&holder.party, *role);
                }
            }
            self.claims(holder, &mut d);
        }
        Self::mandates(&holders, &mut d);
        let work_id = d.work.id.clone();
        if !self.sink.work(d) {
            return false;
        }
        recordings.into_iter().all(|mut recording: Delivered| {
            recording.relations.push((RelationKind::Records, work_id.clone()));
            self.sink.work(recording)
        })
    }

    fn record(
        &mut self,
        line: &Line,
        d: &mut Delivered,
        holders: &mut Vec<Holder>,
        recordings: &mut Vec<Delivered>,
    ) {
        let place = line.place();
        match line.kind().as_str() {
            "SPU" | "OPU" => {
                let unknown = line.field(75, 1) == "Y";
                let name = line.field(30, 45);
                let who = self.identified(
                    &name,
                    &line.field(87, 11),
                    &line.field(21, 9),
                    PartyKind::Organisation,
                    &place,
                );
                holders.push(Holder {
                    number: line.field(21, 9),
                    party: who,
                    roles: vec![Role::Publisher],
                    shares: line.shares(115, 8),
                    societies: [line.field(112, 3), line.field(120, 3), line.field(128, 3)],
                    chain: line.field(19, 2),
                    publisher_type: line.field(76, 2),
                    collects: Vec::new(),
                    place,
                    unknown: unknown || name.is_empty(),
                });
            }
            "SWR" | "OWR" => {
                let unknown = line.field(103, 1) == "Y";
                let name = full_name(&line.field(28, 45), &line.field(73, 30));
                let who = self.identified(
                    &name,
                    &line.field(115, 11),
                    &line.field(19, 9),
                    PartyKind::Person,
                    &place,
                );
                let designation = line.field(104, 2);
                let roles = writer_roles(&designation);
                if roles.is_empty() {
                    self.sink.note(
                        &place,
                        format!("writer designation `{designation}` is not known; kept as rightsholder"),
                    );
                }
                holders.push(Holder {
                    number: line.field(19, 9),
                    party: who,
                    roles: if roles.is_empty() { vec![Role::Rightsholder] } else { roles },
                    shares: line.shares(129, 8),
                    societies: [line.field(126, 3), line.field(134, 3), line.field(142, 3)],
                    chain: String::new(),
                    publisher_type: String::new(),
                    collects: Vec::new(),
                    place,
                    unknown: unknown || name.is_empty(),
                });
            }
            kind @ ("SPT" | "OPT" | "SWT" | "OWT") => {
                let (shares, sign) = if kind.ends_with("PT") { (34, 49) } else { (28, 43) };
                let number = line.field(19, 9);
                let found = holders.iter_mut().rev().find(|h| h.number == number);
                let Some(holder) = found else {
                    self.sink.note(&place, format!("collection for {number}, whom no record before names"));
                    return;
                };
                let mut places = Places::default();
                places.take(line.field(sign, 1) != "E", &line.field(sign + 1, 4));
                for number in &places.unknown {
                    self.sink.note(
                        &place,
                        format!("territory {number} is no country known here; it gives no mandate"),
                    );
                }
                let parts = line.shares(shares, 5).map(Option::unwrap_or_default);
                // Exclusions belong to the inclusion before them.
                match (holder.collects.last_mut(), line.field(sign, 1) == "E") {
                    (Some((_, before)), true) => before.take(false, &line.field(sign + 1, 4)),
                    _ => holder.collects.push((parts, places)),
                }
            }
            "PWR" => {
                let agreement = line.field(73, 14);
                let about =
                    if agreement.is_empty() { String::new() } else { format!(", agreement {agreement}") };
                d.keep(
                    "publisher for writer",
                    &format!("{} for {}{about}", line.field(28, 45), line.field(101, 9)),
                );
            }
            "ALT" => d.keep("other title", &line.field(19, 60)),
            "EWT" | "VER" => d.keep(
                if line.kind() == "VER" { "original title" } else { "excerpt of" },
                &line.field(19, 60),
            ),
            "PER" => {
                let name = full_name(&line.field(19, 45), &line.field(64, 30));
                if !name.is_empty() {
                    // A performer of the work somewhere: a fact about it, no share in it.
                    d.keep("performed by", &name);
                }
            }
            "REC" => self.recording(line, d, recordings),
            "XRF" => {
                let (society, value) = (line.field(19, 3), line.field(22, 14));
                if line.field(37, 1) == "Y" || line.field(37, 1) == "U" {
                    d.identify(own("cisac-work", &society, &value).to_string());
                } else {
                    d.keep("number no longer valid", &format!("{society}/{value}"));
                }
            }
            "ORN" => {
                d.keep("intended purpose", format!("{} {}", line.field(19, 3), line.field(22, 60)).trim());
            }
            "MSG" => self.sink.note(&place, format!("message of the recipient: {}", line.field(36, 150))),
            "INS" | "IND" => d.keep("instrumentation", &line.field(19, 50)),
            "COM" | "ARI" => d.keep(
                if line.kind() == "COM" { "component" } else { "additional information" },
                &line.field(19, 160),
            ),
            kind => self.sink.note(&place, format!("record {kind} has no place here")),
        }
    }

    fn recording(&mut self, line: &Line, d: &mut Delivered, recordings: &mut Vec<Delivered>) {
        let isrc = line.field(249, 12);
        if isrc.is_empty() {
            let album = line.field(98, 60);
            if !album.is_empty() {
                d.keep("recorded on", &album);
            }
            return;
        }
        match Identifier::of_scheme("isrc", &isrc) {
            Ok(isrc) => {
                let title = Some(line.field(266, 60)).filter(|t| !t.is_empty());
                let title = title.unwrap_or_else(|| d.work.title.clone());
                let mut recording =
                    Delivered::new(isrc.to_string(), WorkKind::Recording, title, line.place());
                recording.identify(isrc.to_string());
                recording.extent = Extent::Part;
                for (name, from) in [("artist", 386), ("label", 446)] {
                    let value = line.field(from, 60);
                    if !value.is_empty() {
                        recording.keep(name, &value);
                    }
                }
                recordings.push(recording);
            }
            Err(error) => {
                self.sink.note(&line.place(), format!("{error}; kept as it stands"));
                d.keep("recording as delivered", &isrc);
            }
        }
    }
}

/// Fields of NWR and REV that are kept under their own name.
const HEAD_KEPT: &[(&str, usize, usize)] = &[
    ("copyright date", 106, 8),
    ("copyright number", 114, 12),
    ("category", 126, 3),
    ("duration", 129, 6),
    ("version", 142, 3),
];

#[cfg(test)]
#[path = "cwr_tests.rs"]
mod tests;
