//! The conflict table of `docs/decisions/conflicts.toml`: contradicting facts, the expected answer, and why.
//!
//! `docs/decisions/conflicts.md` is written from it; `PLACET_UPDATE=1 cargo test -p placet-authorize` renews it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_authorize::{Asking, Decision, Fact, Flag, GivenGrant, Item, Matched, Profile, decide, replay};
use placet_core::{
    Actor, Actors, Binding, Condition, Credit, Evidence, Grant, Licensee, Nature, ParseStatus, Period, Proof,
    Reach, Reservation, Role, Scope, Statement, Territory, Tier, Use, UseSet, Verdict,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    preset: BTreeMap<String, Preset>,
    case: Vec<Case>,
}

/// What statements of one carrier have in common.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Preset {
    protocol: String,
    uses: UseSet,
    #[serde(default)]
    approximate: UseSet,
    binding: Binding,
    reach: Reach,
    proof: Proof,
    tier: Tier,
    #[serde(default)]
    nature: Nature,
    #[serde(default)]
    parse_status: ParseStatus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    #[serde(default = "art")]
    profile: String,
    #[serde(rename = "use")]
    use_: Use,
    #[serde(default = "now")]
    at: Timestamp,
    #[serde(default)]
    asker: Asker,
    #[serde(default)]
    item: Thing,
    #[serde(default)]
    statements: Vec<Said>,
    #[serde(default)]
    works: Vec<Matching>,
    verdict: Verdict,
    ground: String,
    /// What decides: `s1` the first statement, `m1` the first match, `r:id`, `g:id`, or a rule's key.
    decides: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    duties: Vec<String>,
    why: String,
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Asker {
    licensee: Option<String>,
    territory: Territory,
    agents: BTreeSet<String>,
    classes: Option<BTreeSet<String>>,
    lawful_access: bool,
    met: BTreeSet<String>,
    trusted: BTreeSet<String>,
    model: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    url: Option<String>,
    acquired_at: Option<Timestamp>,
    letters: Option<u64>,
}

impl Default for Thing {
    fn default() -> Thing {
        Thing {
            url: Some("https://a.example/page".to_owned()),
            acquired_at: Some("2026-03-01T12:00:00Z".parse().expect("a time")),
            letters: Some(1000),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    by: String,
    says: Verdict,
    uses: Option<UseSet>,
    target: Option<String>,
    #[serde(default)]
    only_agents: BTreeSet<String>,
    #[serde(default)]
    only_classes: BTreeSet<String>,
    #[serde(default)]
    territory: Territory,
    #[serde(default)]
    period: Period,
    declarant: Option<String>,
    proof: Option<Proof>,
    parse_status: Option<ParseStatus>,
    #[serde(default)]
    overruled: bool,
    #[serde(default)]
    duties: Vec<String>,
    #[serde(default = "seen")]
    seen: Timestamp,
    place: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "as the type it stands for")]
struct Matching {
    work: String,
    #[serde(default = "issuer")]
    issuer: String,
    #[serde(default)]
    commons: bool,
    #[serde(default)]
    common: bool,
    #[serde(default)]
    whole: bool,
    #[serde(default = "span")]
    span: [u64; 2],
    #[serde(default)]
    settled: bool,
    /// `role: name`.
    #[serde(default)]
    credits: Vec<String>,
    #[serde(default)]
    reserved: Vec<Reserved>,
    #[serde(default)]
    granted: Vec<Granted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserved {
    id: String,
    by: String,
    #[serde(default = "every_use")]
    uses: UseSet,
    #[serde(default)]
    territory: Territory,
    #[serde(default)]
    period: Period,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    id: String,
    by: String,
    uses: UseSet,
    role: Option<Role>,
    to: Option<String>,
    #[serde(default)]
    territory: Territory,
    #[serde(default)]
    period: Period,
    model: Option<String>,
    /// `duty`, or `duty!` where it must be met before the use.
    #[serde(default)]
    duties: Vec<String>,
    mandate: Option<String>,
    #[serde(default = "signed")]
    proof: Proof,
    revoked_at: Option<Timestamp>,
}

fn art() -> String {
    "art".to_owned()
}
fn issuer() -> String {
    "house".to_owned()
}
fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}
fn seen() -> Timestamp {
    "2026-03-01T11:59:00Z".parse().expect("a time")
}
fn span() -> [u64; 2] {
    [0, 300]
}
fn every_use() -> UseSet {
    UseSet::ALL
}
fn signed() -> Proof {
    Proof::Signed
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decisions")
}

fn table() -> Table {
    let text = std::fs::read_to_string(docs().join("conflicts.toml")).expect("docs/decisions/conflicts.toml");
    toml::from_str(&text).unwrap_or_else(|e| panic!("conflicts.toml: {e}"))
}

fn conditions(duties: &[String]) -> Vec<Condition> {
    duties
        .iter()
        .map(|d| Condition {
            duty: d.trim_end_matches('!').to_owned(),
            detail: None,
            before_use: d.ends_with('!'),
        })
        .collect()
}

fn statement(number: usize, said: &Said, presets: &BTreeMap<String, Preset>) -> Statement {
    let preset = presets.get(&said.by).unwrap_or_else(|| panic!("no preset {}", said.by)).clone();
    let agents = said.only_agents.iter().cloned().map(Actor::Agent);
    let actors: BTreeSet<Actor> = agents.chain(said.only_classes.iter().cloned().map(Actor::Class)).collect();
    Statement {
        protocol: preset.protocol.into(),
        version: None,
        nature: preset.nature,
        verdict: said.says,
        uses: said.uses.unwrap_or(preset.uses),
        approximate: preset.approximate,
        actors: if actors.is_empty() { Actors::Anyone } else { Actors::Only(actors) },
        territory: said.territory.clone(),
        period: said.period,
        reach: preset.reach,
        target: said.target.clone(),
        binding: preset.binding,
        declarant: said.declarant.clone(),
        proof: said.proof.unwrap_or(preset.proof),
        tier: preset.tier,
        parse_status: said.parse_status.unwrap_or(preset.parse_status),
        overruled: said.overruled,
        duties: conditions(&said.duties),
        evidence: Evidence {
            place: said.place.clone().unwrap_or_else(|| format!("place-{number}")),
            observed_at: Some(said.seen),
            ..Evidence::default()
        },
    }
}

fn reservation(r: &Reserved) -> Reservation {
    Reservation {
        id: r.id.clone(),
        holder: r.by.clone(),
        scope: Scope::All,
        uses: r.uses,
        territory: r.territory.clone(),
        period: r.period,
        declared_at: "2025-01-01T00:00:00Z".parse().expect("a time"),
    }
}

fn grant(g: &Granted) -> Grant {
    Grant {
        id: g.id.clone(),
        grantor: g.by.clone(),
        role: g.role,
        licensee: g.to.clone().map_or(Licensee::Anyone, Licensee::Named),
        scope: Scope::All,
        uses: g.uses,
        territory: g.territory.clone(),
        period: g.period,
        model: g.model.clone(),
        conditions: conditions(&g.duties),
        mandate: g.mandate.clone(),
        declared_at: "2025-01-01T00:00:00Z".parse().expect("a time"),
    }
}

fn credit(text: &String) -> Credit {
    let (role, name) = text.split_once(": ").unwrap_or_else(|| panic!("{text}: no role"));
    Credit { name: name.to_owned(), role: role.parse().expect("a role"), party: None }
}

/// Decides a case, checks that its witness replays, and hands the decision over.
fn decided(case: &Case, presets: &BTreeMap<String, Preset>) -> Decision {
    let profile = Profile::named(&case.profile).unwrap_or_else(|e| panic!("{}: {e}", case.title));
    let asker = &case.asker;
    let asking = Asking {
        at: case.at,
        licensee: asker.licensee.clone(),
        territory: asker.territory.clone(),
        model: asker.model.clone(),
        agents: asker.agents.clone(),
        classes: asker.classes.clone(),
        lawful_access: asker.lawful_access,
        met: asker.met.clone(),
        trusted: asker.trusted.clone(),
    };
    let statements: Vec<Statement> =
        case.statements.iter().enumerate().map(|(n, s)| statement(n + 1, s, presets)).collect();
    let credits: Vec<Vec<Credit>> =
        case.works.iter().map(|w| w.credits.iter().map(credit).collect()).collect();
    let reservations: Vec<Vec<Reservation>> =
        case.works.iter().map(|w| w.reserved.iter().map(reservation).collect()).collect();
    let reservations: Vec<Vec<&Reservation>> = reservations.iter().map(|r| r.iter().collect()).collect();
    let grants: Vec<Vec<Grant>> = case.works.iter().map(|w| w.granted.iter().map(grant).collect()).collect();
    let given: Vec<Vec<GivenGrant<'_>>> = case
        .works
        .iter()
        .zip(&grants)
        .map(|(w, grants)| {
            let pairs = w.granted.iter().zip(grants);
            pairs.map(|(g, grant)| GivenGrant { grant, proof: g.proof, revoked_at: g.revoked_at }).collect()
        })
        .collect();
    let matched: Vec<Matched<'_>> = case
        .works
        .iter()
        .enumerate()
        .map(|(i, w)| Matched {
            work: &w.work,
            issuer: &w.issuer,
            commons: w.commons,
            common: w.common,
            whole: w.whole,
            span: w.span[0]..w.span[1],
            letters: w.span[1] - w.span[0],
            letters_most: w.span[1] - w.span[0],
            work_letters: None,
            guarantee: 95,
            settled: w.settled,
            credits: &credits[i],
            reservations: &reservations[i],
            grants: &given[i],
        })
        .collect();
    let item = Item {
        url: case.item.url.as_deref(),
        acquired_at: case.item.acquired_at,
        letters: case.item.letters,
        matched: &matched,
        statements: &statements,
    };
    let decision = decide(&profile, &asking, &item, case.use_);
    let again = replay(&profile, &asking, &item, &decision, &decision.witness);
    assert_eq!(again, (decision.verdict, decision.ground), "{}: the witness does not replay", case.title);
    decision
}

fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Statement { index } => format!("s{}", index + 1),
        Fact::Match { index } => format!("m{}", index + 1),
        Fact::Reservation { id, .. } => format!("r:{id}"),
        Fact::Grant { id, .. } => format!("g:{id}"),
        Fact::Rule { key } => (*key).to_owned(),
    }
}

fn flag(flag: &Flag) -> String {
    match flag {
        Flag::MalformedIntent { statement } => format!("malformed-intent s{}", statement + 1),
        Flag::HumanOnly { statement } => format!("human-only s{}", statement + 1),
        Flag::YesUnproven { statement } => format!("yes-unproven s{}", statement + 1),
        Flag::Conflict { works: [a, b] } => format!("conflict {a} {b}"),
        Flag::ClaimedCommons { work } => format!("claimed-commons {work}"),
        Flag::MissingHolder { role, holder, .. } => {
            let role = role.map_or_else(|| "holder".to_owned(), |r| r.to_string());
            format!("missing {role} {}", holder.as_deref().unwrap_or("unknown"))
        }
    }
}

#[test]
fn every_conflict_is_decided_as_the_table_says() {
    let table = table();
    assert!(table.case.len() >= 60, "{} cases", table.case.len());
    let mut titles = BTreeSet::new();
    let mut wrong = String::new();
    for case in &table.case {
        assert!(titles.insert(&case.title), "twice: {}", case.title);
        let d = decided(case, &table.preset);
        let got = (
            d.verdict,
            d.ground.code().to_owned(),
            d.witness.iter().map(fact).collect::<Vec<_>>(),
            d.flags.iter().map(flag).collect::<Vec<_>>(),
            d.duties.iter().map(|x| x.condition.duty.clone()).collect::<Vec<_>>(),
        );
        let expected = (
            case.verdict,
            case.ground.clone(),
            case.decides.clone(),
            case.flags.clone(),
            case.duties.clone(),
        );
        if got != expected {
            let _ = writeln!(
                wrong,
                "{}\n  expected {expected:?}\n  got      {got:?}\n  shadowed {:?}",
                case.title, d.shadowed
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_page_for_people_is_written_from_the_table() {
    let table = table();
    let mut page = String::from(
        "# Conflicts, and how they are decided\n\n\
         Written from `conflicts.toml` by a test; change that file. `s1` is the first statement, `m1` the first match,\n\
         `r:` a reservation, `g:` a grant. Profile `art` unless another one is named. Legal readings are ours.\n\n\
         | # | situation | use | verdict | ground | decides | why | source |\n|--:|---|---|---|---|---|---|---|\n",
    );
    for (n, case) in table.case.iter().enumerate() {
        let cell = |s: &str| s.replace('|', "\\|").replace('\n', " ");
        let profile = if case.profile == "art" { String::new() } else { format!(" ({})", case.profile) };
        let _ = writeln!(
            page,
            "| {} | {} | {}{profile} | {} | {} | {} | {} | {} |",
            n + 1,
            cell(&case.title),
            case.use_,
            case.verdict,
            case.ground,
            cell(&case.decides.join(", ")),
            cell(&case.why),
            cell(&case.source),
        );
    }
    let path = docs().join("conflicts.md");
    if std::env::var_os("PLACET_UPDATE").is_some() {
        std::fs::write(&path, &page).expect("writing conflicts.md");
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == page,
        "docs/decisions/conflicts.md is old; run PLACET_UPDATE=1 cargo test -p placet-authorize"
    );
}
