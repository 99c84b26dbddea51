//! Trust policies (C2SP tlog-policy): which logs and witnesses a reader trusts, and how many witnesses must agree.
//!
//! ```text
//! log example.org/log+12345678+AQ…
//! witness w1 witness1.example+0a0b0c0d+BA… https://witness1.example
//! witness w2 witness2.example+01020304+BA…
//! group both all w1 w2
//! quorum both
//! #timestamp-authority qtsp 5d5c…(SHA-256 of its certificate, hexadecimal)
//! ```
//!
//! The last line is Placet's own, and a comment for others: whose timestamps (RFC 3161) are trusted. Keys of types that
//! are not known here, such as ML-DSA-44, are carried: they verify nothing, and whoever needs them for a quorum does
//! not reach it.

use std::collections::BTreeMap;

use placet_core::note::{Algorithm, PublicKey, Verified, Verifier};

use crate::answer::AnswerError;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::disclosure::{self, Shown};
#[cfg(feature = "timestamp")]
use crate::hash::Hash;
#[cfg(feature = "timestamp")]
use crate::timestamp::Authority;

/// A longer policy is refused unread.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;

/// Logs, witnesses and groups of one policy, each. The specification asks for at least 32.
const NAMES_MAX: usize = 256;

/// Why a policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trust policy, line {line}: {problem}")]
pub struct PolicyError {
    /// Line, from 1; the line after the last for what is missing.
    pub line: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

/// Why a checkpoint does not satisfy a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// The checkpoint itself.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses.
    #[error("the policy's quorum of witnesses is not reached; cosigned by: {}", if .0.is_empty() { "nobody" } else { .0 })]
    Quorum(String),
    /// A key that the log gave up.
    #[error("signed with {key}, a key that the log gave up at {until} entries; this checkpoint has {size}")]
    Retired {
        /// The key's name and id.
        key: String,
        /// Entries up to which it signed.
        until: u64,
        /// Entries in the checkpoint.
        size: u64,
    },
}

#[derive(Clone, Debug)]
enum Quorum {
    Witness(Verifier),
    /// A witness whose signatures cannot be verified here.
    Unknown,
    Group {
        needed: usize,
        members: Vec<Quorum>,
    },
}

/// A parsed policy.
#[derive(Clone, Debug)]
pub struct Policy {
    logs: Vec<Verifier>,
    witnesses: Vec<Verifier>,
    addresses: Vec<(Verifier, String)>,
    quorum: Option<Quorum>,
    /// Keys that a log gave up, and how many entries it had then.
    retired: Vec<(Verifier, u64)>,
    #[cfg(feature = "timestamp")]
    authorities: Vec<Authority>,
}

impl Policy {
    /// Trusts one log without witnesses.
    pub fn of_log(log: Verifier) -> Policy {
        Policy { logs: vec![log], ..Policy::empty() }
    }

    fn empty() -> Policy {
        Policy {
            logs: Vec::new(),
            witnesses: Vec::new(),
            addresses: Vec::new(),
            quorum: None,
            retired: Vec::new(),
            #[cfg(feature = "timestamp")]
            authorities: Vec::new(),
        }
    }

    /// Reads a policy file.
    pub fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
        if bytes.len() > POLICY_BYTES_MAX {
            return Err(PolicyError { line: 1, problem: "longer than 256 KiB" });
        }
        let mut policy = Policy::empty();
        // Names still free to be members of a group; `None` marks one that is taken.
        let mut names: BTreeMap<Vec<u8>, Option<Quorum>> = BTreeMap::new();
        let mut quorum_seen = false;
        let mut count = 0;
        for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
            count = number + 1;
            let fail = |problem| PolicyError { line: number + 1, problem };
            if line.iter().any(|b| (*b < 0x20 && *b != b'\t') || *b == 0x7f) {
                return Err(fail("a control character"));
            }
            let words: Vec<&[u8]> =
                line.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty()).collect();
            match words.as_slice() {
                [] => {}
                #[cfg(feature = "timestamp")]
                [b"#timestamp-authority", rest @ ..] => policy.add_authority(rest).map_err(fail)?,
                [first, ..] if first.starts_with(b"#") => {}
                [b"log", key] | [b"log", key, _] => {
                    policy.add_key(key, Algorithm::Ed25519).map_err(fail)?;
                }
                [b"witness", name, key, address @ ..] if address.len() < 2 => {
                    let Some(witness) = policy.add_key(key, Algorithm::Cosignature).map_err(fail)? else {
                        define(&mut names, name, Quorum::Unknown).map_err(fail)?;
                        continue;
                    };
                    if let [address] = address {
                        let address =
                            std::str::from_utf8(address).map_err(|_| fail("an address that is not UTF-8"))?;
                        policy.addresses.push((witness.clone(), address.to_owned()));
                    }
                    define(&mut names, name, Quorum::Witness(witness)).map_err(fail)?;
                }
                [b"group", name, threshold, members @ ..] => {
                    let group = group(&mut names, threshold, members).map_err(fail)?;
                    define(&mut names, name, group).map_err(fail)?;
                }
                [b"quorum", _] if quorum_seen => return Err(fail("a second quorum line")),
                [b"quorum", b"none"] => quorum_seen = true,
                [b"quorum", name] => {
                    let quorum = names.get(*name).ok_or(fail("no witness or group of this name above"))?;
                    let taken = "this name is already a member of a group";
                    policy.quorum = Some(quorum.clone().ok_or(fail(taken))?);
                    quorum_seen = true;
                }
                _ => return Err(fail("expected log, witness, group or quorum with its words")),
            }
        }
        if quorum_seen { Ok(policy) } else { Err(PolicyError { line: count, problem: "no quorum line" }) }
    }

    /// The trusted logs.
    pub fn logs(&self) -> &[Verifier] {
        &self.logs
    }

    /// The witnesses that have an address, with it.
    pub fn witness_addresses(&self) -> &[(Verifier, String)] {
        &self.addresses
    }

    /// Opens a checkpoint: signed by a trusted log, cosigned as the quorum asks.
    pub fn open(&self, checkpoint: &[u8]) -> Result<(Checkpoint, Vec<Verified>), Untrusted> {
        let keys = [self.logs.as_slice(), &self.witnesses].concat();
        let (checkpoint, verified) = Checkpoint::open(checkpoint, &keys)?;
        self.not_retired(&checkpoint, &verified)?;
        let reached = self.quorum.as_ref().is_none_or(|quorum| quorum.reached(&verified));
        if reached {
            Ok((checkpoint, verified))
        } else {
            let names = verified.iter().filter(|v| v.time.is_some()).map(|v| v.name.as_str());
            Err(Untrusted::Quorum(names.collect::<Vec<_>>().join(", ")))
        }
    }

    /// The authorities whose timestamps are trusted.
    #[cfg(feature = "timestamp")]
    pub fn authorities(&self) -> &[Authority] {
        &self.authorities
    }

    /// Follows a log to its new key: the file proves an entry that names it, in a tree that the key trusted so far
    /// signed. From then on the new key is trusted, and the old one for no longer tree.
    pub fn follow(&mut self, file: &[u8]) -> Result<(Verifier, Verifier), AnswerError> {
        let proven = disclosure::verify(file, self)?;
        let Shown::Key { what, old, new } = proven.shown else {
            return Err(AnswerError::KeyChange("the proof is of no change of key"));
        };
        if what != "log" {
            return Err(AnswerError::KeyChange("the proof is of another key than the log's"));
        }
        let parsed = old.parse::<Verifier>().ok().zip(new.parse::<Verifier>().ok());
        let (old, new) = parsed.ok_or(AnswerError::KeyChange("a key in the proof is not known here"))?;
        let signed = proven.signed.iter().any(|v| v.id == old.id() && v.name == old.name());
        let one_log = old.name() == proven.checkpoint.origin && new.name() == old.name();
        if !self.logs.contains(&old) || !signed || !one_log || new.algorithm() != Algorithm::Ed25519 {
            return Err(AnswerError::KeyChange("the new key is not named by the key that is trusted"));
        }
        self.retired.retain(|(key, _)| *key != new);
        self.retired.push((old.clone(), proven.index + 1));
        if !self.logs.contains(&new) {
            self.logs.push(new.clone());
        }
        Ok((old, new))
    }

    /// A log's signature counts if its key was still in use.
    fn not_retired(&self, checkpoint: &Checkpoint, verified: &[Verified]) -> Result<(), Untrusted> {
        let mut given_up = None;
        for v in verified.iter().filter(|v| v.name == checkpoint.origin && v.algorithm == Algorithm::Ed25519)
        {
            let retired = self.retired.iter().find(|(key, _)| key.id() == v.id && key.name() == v.name);
            match retired {
                Some((_, until)) if checkpoint.size > *until => {
                    given_up = Some(Untrusted::Retired {
                        key: format!("{}+{}", v.name, v.id),
                        until: *until,
                        size: checkpoint.size,
                    });
                }
                _ => return Ok(()),
            }
        }
        given_up.map_or(Ok(()), Err)
    }

    /// Nothing for a key of a type that is not known here.
    fn add_key(&mut self, key: &[u8], algorithm: Algorithm) -> Result<Option<Verifier>, &'static str> {
        let text = std::str::from_utf8(key).map_err(|_| "a key that is not UTF-8")?;
        let any: PublicKey = text.parse().map_err(|_| "not a key: name+hash+base64 is expected")?;
        if !any.is_known() {
            return Ok(None);
        }
        let key: Verifier = text.parse().map_err(|_| "not a key: name+hash+base64 is expected")?;
        if key.algorithm() != algorithm {
            return Err("a log needs an Ed25519 key (type 01), a witness a cosignature key (type 04)");
        }
        let keys = if algorithm == Algorithm::Cosignature { &mut self.witnesses } else { &mut self.logs };
        if keys.iter().any(|other| other.public_key() == key.public_key()) {
            return Err("this key is there already");
        }
        if keys.len() == NAMES_MAX {
            return Err("more than 256 of them");
        }
        keys.push(key.clone());
        Ok(Some(key))
    }

    #[cfg(feature = "timestamp")]
    fn add_authority(&mut self, words: &[&[u8]]) -> Result<(), &'static str> {
        let [name, hash] = words else { return Err("expected #timestamp-authority NAME SHA-256") };
        let name = std::str::from_utf8(name).map_err(|_| "a name that is not UTF-8")?;
        let certificate = Hash::from_hex(hash).ok_or("not the SHA-256 of a certificate, in hexadecimal")?;
        if self.authorities.len() == NAMES_MAX {
            return Err("more than 256 of them");
        }
        self.authorities.push(Authority { name: name.to_owned(), certificate });
        Ok(())
    }
}

impl Quorum {
    fn reached(&self, verified: &[Verified]) -> bool {
        match self {
            Quorum::Witness(key) => verified.iter().any(|v| v.id == key.id() && v.name == key.name()),
            Quorum::Unknown => false,
            Quorum::Group { needed, members } => {
                members.iter().filter(|member| member.reached(verified)).count() >= *needed
            }
        }
    }
}

fn define(
    names: &mut BTreeMap<Vec<u8>, Option<Quorum>>,
    name: &[u8],
    quorum: Quorum,
) -> Result<(), &'static str> {
    if name == b"none" || names.contains_key(name) {
        return Err("this name is taken");
    }
    if names.len() == 2 * NAMES_MAX {
        return Err("more than 512 witnesses and groups");
    }
    names.insert(name.to_owned(), Some(quorum));
    Ok(())
}

fn group(
    names: &mut BTreeMap<Vec<u8>, Option<Quorum>>,
    threshold: &[u8],
    members: &[&[u8]],
) -> Result<Quorum, &'static str> {
    let mut found = Vec::new();
    for member in members {
        let quorum = names.get_mut(*member).ok_or("no witness or group of this name above")?;
        found.push(quorum.take().ok_or("a name can be a member only once")?);
    }
    let needed = match threshold {
        b"all" => found.len(),
        b"any" => 1,
        number => {
            let number = std::str::from_utf8(number).ok().and_then(crate::checkpoint::decimal);
            usize::try_from(number.ok_or("the threshold is all, any or a number")?).unwrap_or(usize::MAX)
        }
    };
    if needed == 0 || needed > found.len() {
        return Err("the threshold lies outside 1 to the number of members");
    }
    Ok(Quorum::Group { needed, members: found })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use placet_core::note::{Note, Signer};
    use proptest::prelude::*;

    use super::*;
    use crate::hash::Hash;

    fn witness(n: u8) -> Signer {
        Signer::witness_from_seed(&format!("w{n}.example"), [n; 32]).unwrap()
    }

    fn checkpoint(cosigners: &[u8]) -> Vec<u8> {
        let log = Signer::from_seed("example.org/log", [9; 32]).unwrap();
        let text = Checkpoint { origin: "example.org/log".into(), size: 0, root: Hash::EMPTY }.to_string();
        let mut note = Note::new(&text).unwrap();
        note.add(log.sign(&text).unwrap()).unwrap();
        for n in cosigners {
            note.add(witness(*n).cosign(&text, 1).unwrap()).unwrap();
        }
        note.to_string().into_bytes()
    }

    fn policy(rest: &str) -> Result<Policy, PolicyError> {
        let log = Signer::from_seed("example.org/log", [9; 32]).unwrap();
        let mut text = format!("# trust\nlog {} https://example.org/log\n\n", log.verifier());
        for n in 1..=4 {
            let _ = writeln!(text, "witness\tw{n}  {}", witness(n).verifier());
        }
        Policy::parse(format!("{text}{rest}").as_bytes())
    }

    #[track_caller]
    fn check(rest: &str, cosigners: &[u8], trusted: bool) {
        assert_eq!(
            policy(rest).unwrap().open(&checkpoint(cosigners)).is_ok(),
            trusted,
            "{rest} {cosigners:?}"
        );
    }

    #[test]
    fn quorums_count_witnesses() {
        check("quorum none\n", &[], true);
        check("quorum w1\n", &[2], false);
        check("quorum w1\n", &[1], true);
        let nested = "group a 2 w1 w2 w3\ngroup b all a w4\nquorum b\n";
        check(nested, &[1, 2], false);
        check(nested, &[1, 4], false);
        check(nested, &[1, 3, 4], true);
        check("group a any w1 w2\nquorum a", &[2], true);
    }

    #[test]
    fn wrong_lines_are_named() {
        let problem = |rest: &str| policy(rest).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                "quorum w9\n", "quorum none\nquorum none\n", "group a 3 w1 w2\nquorum a\n", "group none all w1\n",
                "group a all w1 w1\n", "group a all w1\ngroup b all w1\n", "group a all w1\nquorum w1\n", "witness x y\n",
                "quorum none extra\n", "quorum\u{b}none\n", "\n",
            ]
            .map(problem)
            .join("\n"),
            @r"
        trust policy, line 8: no witness or group of this name above
        trust policy, line 9: a second quorum line
        trust policy, line 8: the threshold lies outside 1 to the number of members
        trust policy, line 8: this name is taken
        trust policy, line 8: a name can be a member only once
        trust policy, line 9: a name can be a member only once
        trust policy, line 9: this name is already a member of a group
        trust policy, line 8: not a key: name+hash+base64 is expected
        trust policy, line 8: expected log, witness, group or quorum with its words
        trust policy, line 8: a control character
        trust policy, line 9: no quorum line
        "
        );
    }

    /// ML-DSA-44 (type 06): keys of 1,312 bytes, signatures of 2,420.
    #[test]
    fn keys_and_signatures_of_other_types_are_carried_and_verify_nothing() {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        use placet_core::note::{KeyId, Signature};

        let key = vec![7; 1312];
        let id = KeyId::of("pq.example", 6, &key);
        let encoded = STANDARD.encode([&[6][..], &key].concat());
        let witness = format!("witness pq pq.example+{id}+{encoded} https://pq.example\n");
        let mut note = Note::parse(&checkpoint(&[1])).unwrap();
        note.add(Signature { name: "pq.example".into(), id, bytes: vec![1; 8 + 2420] }).unwrap();
        let note = note.to_string().into_bytes();
        let open =
            |rest: &str| policy(&format!("{witness}{rest}")).unwrap().open(&note).map(|(_, v)| v.len());
        assert_eq!(open("group g any w1 pq\nquorum g\n"), Ok(2));
        assert_eq!(open("quorum none\n"), Ok(2));
        assert!(matches!(open("quorum pq\n"), Err(Untrusted::Quorum(_))));
        assert!(matches!(open("group g all w1 pq\nquorum g\n"), Err(Untrusted::Quorum(_))));
        assert!(policy("witness x pq.example+00000000+Bg==\nquorum none\n").is_err());
        // A log that signs with Ed25519 and ML-DSA is read by its Ed25519 key.
        assert_eq!(open(&format!("log pq.example+{id}+{encoded}\nquorum none\n")), Ok(2));
    }

    #[cfg(feature = "timestamp")]
    #[test]
    fn authorities_of_timestamps_stand_in_comments() {
        let hash = "ab".repeat(32);
        let found = policy(&format!("quorum none\n#timestamp-authority tsa {hash}\n# timestamp-authority\n"))
            .unwrap();
        assert_eq!(found.authorities(), [Authority { name: "tsa".into(), certificate: Hash([0xab; 32]) }]);
        for wrong in ["", "tsa", "tsa abcd", "tsa zz b"] {
            assert!(policy(&format!("quorum none\n#timestamp-authority {wrong}\n")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_log_that_is_not_listed_is_not_trusted() {
        let other = Signer::from_seed("example.org/log", [8; 32]).unwrap();
        let policy = Policy::of_log(other.verifier().clone());
        assert!(matches!(
            policy.open(&checkpoint(&[])),
            Err(Untrusted::Checkpoint(CheckpointError::Note(_)))
        ));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(group|quorum|[a-c1 \n])*") {
            let _ = Policy::parse(&bytes);
            let _ = Policy::parse(text.as_bytes());
        }
    }
}
