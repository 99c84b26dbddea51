//! Reads the worked examples that stand beside the tariffs, and settles them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{Basis, Claim, Period, Relation, Right, Role, Share, Territory, UseStage, WorkKind};
use placet_remunerate::Grains;
use placet_remunerate::books;
use placet_remunerate::claim::{ClaimBook, Dispute, Name};
use placet_remunerate::journal::{Account, Draft};
use placet_remunerate::layers::Catalogue;
use placet_remunerate::mandate::{Mandate, Mandates};
use placet_remunerate::resolve::RuleSet;
use placet_remunerate::settle::{Case, Settlement, settle};
use placet_remunerate::tariff::Tariff;
use placet_remunerate::uses::{Counted, Tally, UseRecord};
use placet_remunerate::value::{FxRate, ValueReport};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    tariff: String,
    pub(crate) licensee: String,
    pub(crate) period: String,
    as_of: Timestamp,
    #[serde(default)]
    repertoire: BTreeSet<Name>,
    #[serde(default)]
    cleared: Option<BTreeSet<Name>>,
    #[serde(default)]
    paid_until: BTreeMap<Name, Date>,
    #[serde(default)]
    work: Vec<ExampleWork>,
    #[serde(default)]
    relation: Vec<Relation>,
    #[serde(default)]
    claim: Vec<ExampleClaim>,
    #[serde(default)]
    dispute: Vec<Dispute>,
    #[serde(default)]
    mandate: Vec<Mandate>,
    #[serde(default, rename = "use")]
    pub(crate) uses: Vec<UseRecord>,
    #[serde(default)]
    value: Vec<toml::Table>,
    #[serde(default)]
    rate: Vec<FxRate>,
    pub(crate) expect: Expected,
}

#[derive(Clone, Deserialize)]
struct ExampleWork {
    id: String,
    kind: WorkKind,
}

/// A claim for several rights at once: each becomes one claim, `id#right`.
#[derive(Clone, Deserialize)]
struct ExampleClaim {
    id: String,
    work: String,
    party: String,
    role: Role,
    right: Vec<Right>,
    share: Share,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) pools: Vec<String>,
    pub(crate) due: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) unlicensed: Vec<String>,
    #[serde(default)]
    pub(crate) aside: u64,
}

pub(crate) struct Settled {
    pub(crate) settlement: Settlement,
    pub(crate) counted: Counted,
    pub(crate) entry: Draft,
}

pub(crate) fn tariffs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tariffs")
}

pub(crate) fn read(name: &str) -> Example {
    let path = tariffs().join(format!("{name}.example.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

impl Example {
    /// The same example with every list turned: nothing may change.
    pub(crate) fn turned(mut self, by: usize) -> Example {
        fn turn<T>(list: &mut [T], by: usize) {
            let n = list.len();
            if n > 0 {
                list.rotate_left(by % n);
            }
        }
        turn(&mut self.work, by);
        turn(&mut self.relation, by);
        turn(&mut self.claim, by);
        turn(&mut self.uses, by);
        turn(&mut self.value, by);
        turn(&mut self.rate, by);
        self
    }

    /// The licensee corrects its report: half of everything.
    pub(crate) fn halve_value(&mut self) {
        for report in &mut self.value {
            for (_, number) in report.iter_mut().filter(|(key, _)| *key == "net" || *key == "gross") {
                let reported: placet_core::Money = number.as_str().unwrap().parse().unwrap();
                let half = placet_core::Money::new(reported.minor / 2, reported.currency);
                *number = toml::Value::String(half.to_string());
            }
        }
    }

    pub(crate) fn claims(&self) -> Vec<Claim> {
        let one = |c: &ExampleClaim, right: Right| Claim {
            id: format!("{}#{right}", c.id),
            party: c.party.clone(),
            work: c.work.clone(),
            role: c.role,
            right,
            stage: UseStage::Any,
            territory: Territory::World,
            period: Period::ALWAYS,
            share: c.share,
            basis: Basis::Authorship,
            evidence: Vec::new(),
            asserted_at: "2020-01-01T00:00:00Z".parse().unwrap(),
            supersedes: None,
        };
        self.claim.iter().flat_map(|c| c.right.iter().map(move |r| one(c, *r))).collect()
    }

    pub(crate) fn settle(&self) -> Settled {
        let text = std::fs::read_to_string(tariffs().join(&self.tariff)).unwrap();
        let tariff = Tariff::parse(&text).unwrap();
        let period: Period = self.period.parse().unwrap();
        // A period is one text in the example and two days in a report.
        let value: Vec<ValueReport> = self
            .value
            .iter()
            .map(|v| {
                let mut v = serde_json::to_value(v).unwrap();
                v["period"] = serde_json::to_value(period).unwrap();
                serde_json::from_value(v).unwrap()
            })
            .collect();
        let catalogue = Catalogue::new(self.work.iter().map(|w| (&*w.id, w.kind)), &self.relation);
        let (claims, defects) = ClaimBook::new(self.claims(), self.dispute.clone());
        assert_eq!(defects, []);
        let (mandates, defects) = Mandates::new(self.mandate.clone(), []);
        assert_eq!(defects, []);
        let mut tally = Tally::new(&tariff, period, &claims, &catalogue);
        for record in &self.uses {
            let _ = tally.add(record);
        }
        let counted = tally.finish();
        let paid_until = self.paid_until.iter().map(|(w, d)| ((w.clone(), None), *d)).collect();
        let case = Case {
            licensee: &self.licensee,
            period,
            closes: period.until.unwrap(),
            tariff: &tariff,
            catalogue: &catalogue,
            claims: &claims,
            mandates: &mandates,
            rules: &RuleSet::plain(),
            repertoire: &self.repertoire,
            paid_until: &paid_until,
            cleared: self.cleared.as_ref(),
            value: &value,
            rates: &self.rate,
            as_of: self.as_of,
        };
        let settlement = settle(&case, &counted).unwrap();
        let entry = books::settlement(&settlement, period.until.unwrap());
        Settled { settlement, counted, entry }
    }
}

impl Settled {
    /// What the entry owes to everybody, in the words of the examples.
    pub(crate) fn due(&self) -> BTreeMap<String, Grains> {
        let mut due: BTreeMap<String, Grains> = BTreeMap::new();
        for p in &self.entry.postings {
            let name = match &p.account {
                Account::Receivable(_) | Account::PastClaim(_) => continue,
                Account::Accrued(who, purse) => format!("{who} {}", purse.code()),
                Account::Contingent(who) => format!("{who} claimed"),
                other => other.to_string(),
            };
            due.entry(name).or_default().0 -= p.grains.0;
        }
        due
    }
}
