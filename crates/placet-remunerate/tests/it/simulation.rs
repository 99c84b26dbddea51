//! Years of claims, corrections, disputes, late reports, refunds and payouts, in a fixed order for a fixed seed,
//! with the invariants checked at each step.
//!
//! `PLACET_SIMULATION_EVENTS=1000000 cargo test --release -p placet-remunerate --test it simulation` runs a
//! million events.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use placet_core::{Claim, Currency, Money, Ratio, Share};
use placet_remunerate::audit::audit;
use placet_remunerate::books::{self, Decision};
use placet_remunerate::claim::{ClaimBook, Dispute};
use placet_remunerate::deadlines::Clocks;
use placet_remunerate::grains::GRAINS_PER_MINOR;
use placet_remunerate::journal::{Account, Booked, Draft, Journal, JournalError};
use placet_remunerate::payout::{Payee, PayoutError, PayoutTerms, payout};
use placet_remunerate::settle::{Settlement, To};
use placet_remunerate::statement::explain;
use placet_remunerate::uses::UseRecord;
use placet_remunerate::{Digest, leads_to};

use crate::laws::{claim, conserves, fixed, payee, record, run};

const EUR: Currency = Currency::EUR;
const PARTIES: u64 = 7;
const WORKS: u64 = 5;

#[test]
fn simulation_of_years_keeps_every_invariant() {
    let events = std::env::var("PLACET_SIMULATION_EVENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000);
    let mut world = World::new(20_261_121);
    for n in 0..events {
        world.event();
        world.check();
        if n % 20_000 == 0 {
            world.check_whole();
        }
    }
    world.check_whole();
    let said = format!("{events} events: {:?}, {} entries", world.count, world.journal.entries().len());
    println!("{said}");
    for kind in ["settled", "corrected", "paid", "released", "lapsed", "refunded", "clawed back", "replayed"]
    {
        assert!(world.count.contains_key(kind), "the simulation never {kind}: {said}");
    }
}

struct World {
    seed: u64,
    today: Date,
    claims: Vec<Claim>,
    disputes: Vec<Dispute>,
    quarters: BTreeMap<Date, Quarter>,
    journal: Journal,
    heads: Vec<(usize, Digest)>,
    payees: Vec<Payee>,
    last: Option<Draft>,
    serial: u64,
    /// Balances counted a second way, straight from what was booked.
    naive: BTreeMap<(Account, Currency), i128>,
    count: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Quarter {
    uses: Vec<UseRecord>,
    fee_minor: i128,
    settled: Option<Settlement>,
}

impl World {
    fn new(seed: u64) -> World {
        World {
            seed,
            today: date(2026, 1, 1),
            claims: Vec::new(),
            disputes: Vec::new(),
            quarters: BTreeMap::new(),
            journal: Journal::default(),
            heads: Vec::new(),
            payees: (0..PARTIES - 1).map(|p| payee(&format!("p{p}"))).collect(),
            last: None,
            serial: 0,
            naive: BTreeMap::new(),
            count: BTreeMap::new(),
        }
    }

    /// `SplitMix64`: the same seed, the same years.
    fn below(&mut self, n: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn counted(&mut self, what: &'static str) {
        *self.count.entry(what).or_default() += 1;
    }

    fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn now(&self) -> String {
        format!("{}T00:00:00Z", self.today)
    }

    fn event(&mut self) {
        match self.below(100) {
            0..=9 => self.claim(),
            10..=13 => self.dispute(),
            14..=17 => self.close_dispute(),
            18..=47 => self.used(),
            48..=51 => self.report(),
            52..=66 => self.settle(),
            67..=74 => self.receipt(),
            75..=78 => self.refund(),
            79..=81 => self.advance(),
            82..=86 => self.pay(),
            87..=90 => self.decide(),
            91..=92 => self.replay(),
            93 => self.seal(),
            _ => self.pass_time(),
        }
    }

    fn quarter(day: Date) -> Date {
        date(day.year(), (day.month() - 1) / 3 * 3 + 1, 1)
    }

    /// One of the last three quarters: reports come late.
    fn some_quarter(&mut self) -> Date {
        let back = self.below(3) as i32 * 3;
        Self::quarter(self.today.checked_sub(back.months()).unwrap())
    }

    fn claim(&mut self) {
        let (n, work, party) = (self.next(), self.below(WORKS), self.below(PARTIES));
        let share = match self.below(8) {
            0 => Share::Unknown,
            1 => Share::Residual,
            _ => {
                Share::Part(Ratio::new(self.below(9), 8 + self.below(3)).unwrap_or(Ratio::new(1, 3).unwrap()))
            }
        };
        let (work, party) = (format!("w{work}"), format!("p{party}"));
        let own: Vec<&Claim> = self.claims.iter().filter(|c| c.work == work && c.party == party).collect();
        let earlier = own.last().map(|c| c.id.clone());
        let mut new = claim(format!("c{n}"), work.clone(), party.clone(), share);
        new.asserted_at = self.now().parse().unwrap();
        new.supersedes = earlier;
        // The book of a real registry keeps all of them; here the superseded ones are dropped to stay small, and
        // what was settled stays booked.
        self.claims.retain(|c| c.work != work || c.party != party);
        new.supersedes = None;
        self.claims.push(new);
        self.counted("claimed");
    }

    fn dispute(&mut self) {
        if self.disputes.len() > 4 || self.claims.is_empty() {
            return;
        }
        let n = self.claims.len() as u64;
        let which = self.below(n) as usize;
        let chosen = self.claims[which].clone();
        let case = self.next();
        self.disputes.push(Dispute {
            case: format!("case {case}").into(),
            work: (*chosen.work).into(),
            claims: [(*chosen.id).into()].into(),
            opened_at: self.now().parse().unwrap(),
            closed_at: None,
        });
        self.counted("disputed");
    }

    fn close_dispute(&mut self) {
        if !self.disputes.is_empty() {
            let n = self.disputes.len() as u64;
            let which = self.below(n) as usize;
            self.disputes.remove(which);
            self.counted("closed");
        }
    }

    fn used(&mut self) {
        let quarter = self.some_quarter();
        let (n, work, amount) = (self.next(), self.below(WORKS), 1 + self.below(5_000));
        let day = quarter.checked_add((self.below(80) as i32).days()).unwrap().to_string();
        let q = self.quarters.entry(quarter).or_default();
        q.uses.push(record(format!("u{n}"), format!("w{work}"), amount, &day));
        if q.uses.len() > 30 {
            q.uses.remove(0);
        }
        self.counted("used");
    }

    fn report(&mut self) {
        let quarter = self.some_quarter();
        let fee = self.below(1_000_000);
        self.quarters.entry(quarter).or_default().fee_minor = i128::from(fee);
        self.counted("reported");
    }

    fn settle(&mut self) {
        let start = self.some_quarter();
        let last = start.checked_add(3.months()).unwrap().yesterday().unwrap();
        let Some(q) = self.quarters.get(&start) else { return };
        let tariff = fixed(Money::new(q.fee_minor, EUR));
        let (book, _) = ClaimBook::new(self.claims.clone(), self.disputes.clone());
        let period = format!("{start}/{last}");
        let s = run(&tariff, &book, &q.uses, &self.now(), &period);
        // 2, 6, 7: conserved; the same again with the inputs turned round.
        assert!(conserves(&s));
        let mut uses = q.uses.clone();
        uses.reverse();
        let (book, _) = ClaimBook::new(self.claims.iter().rev().cloned(), self.disputes.clone());
        assert_eq!(run(&tariff, &book, &uses, &self.now(), &period).root, s.root);
        // 8: a line is proved.
        if let Some(line) = s.lines.first() {
            let shown = explain(&s, 0).unwrap();
            assert!(leads_to(&s.root, &Digest::of_value(line), shown.leaf, shown.leaves, &shown.path));
        }
        // 12: what was reported, or that nothing was, is in every pool.
        assert!(s.pools.iter().all(|p| !p.steps.is_empty()));
        let earlier = q.settled.as_ref().map(|s| s.run);
        if earlier == Some(s.run) || self.journal.stands(s.run) {
            return;
        }
        if let Some(run) = earlier
            && self.journal.stands(run)
        {
            let back = self.journal.reversal(run, self.today, "corrected").unwrap();
            if back.postings.iter().any(|p| matches!(p.account, Account::Clawback(_)) && p.grains.0 > 0) {
                self.counted("clawed back");
            }
            // What a decision let lapse is gone for good where it cannot be taken back.
            if !self.book(back) {
                return;
            }
            self.counted("corrected");
        }
        if self.book(books::settlement(&s, self.today)) {
            self.counted("settled");
            self.quarters.entry(start).or_default().settled = Some(s);
        } else {
            self.quarters.entry(start).or_default().settled = None;
        }
    }

    fn receipt(&mut self) {
        let owed = self.journal.balance(&Account::Receivable("L".into()), EUR).whole_minor();
        let extra = i128::from(self.below(1_000));
        let amount = Money::new(owed.max(0) + extra, EUR);
        let n = self.next();
        self.book(books::receipt("L", amount, self.today, &format!("r{n}")));
        self.counted("received");
    }

    fn refund(&mut self) {
        let over = -self.journal.balance(&Account::Receivable("L".into()), EUR).whole_minor();
        if over > 0 {
            let n = self.next();
            if self.book(books::refund("L", Money::new(over, EUR), self.today, &format!("b{n}"))) {
                self.counted("refunded");
            }
        }
    }

    fn advance(&mut self) {
        let (n, party, amount) = (self.next(), self.below(PARTIES), i128::from(self.below(2_000)));
        let draft =
            books::advance(&format!("p{party}"), Money::new(amount, EUR), self.today, &format!("a{n}"));
        self.book(draft);
        self.counted("advanced");
    }

    fn pay(&mut self) {
        let threshold = Money::new(i128::from(self.below(500)), EUR);
        let cap: Ratio = Ratio::new(self.below(5), 4).unwrap_or(Ratio::new(1, 1).unwrap());
        let terms = PayoutTerms { threshold, clawback_cap: cap };
        match payout(&self.journal, &self.payees, &terms, EUR, self.today) {
            Err(PayoutError::NotCleared { need, have }) => assert!(need.minor > have.minor),
            Err(other) => panic!("{other}"),
            Ok(p) => {
                for o in &p.orders {
                    // 3, 11: nothing below zero, and no more taken back than the cap.
                    let due: i128 = o.due.values().map(|g| g.0).sum();
                    assert!(o.net.0 >= 0 && o.recouped.0 >= 0 && o.returned.0 >= 0);
                    assert!(
                        o.returned.0 * i128::from(cap.denominator()) <= due * i128::from(cap.numerator())
                    );
                    assert_eq!(due, o.returned.0 + o.recouped.0 + o.tax.0 + o.net.0);
                    assert!((o.amount.minor * GRAINS_PER_MINOR - o.net.0).abs() < GRAINS_PER_MINOR);
                }
                assert!(self.book(p.entry), "a payout that was computed is booked");
                self.counted("paid");
            }
        }
    }

    fn decide(&mut self) {
        let quarter = self.some_quarter();
        let Some(s) = self.quarters.get(&quarter).and_then(|q| q.settled.clone()) else { return };
        if !self.journal.stands(s.run) {
            return;
        }
        let waiting = s.lines.iter().find(|l| !matches!(l.to, To::Party { .. }) && l.net.0 > 0);
        let Some(line) = waiting else { return };
        let decision = |by: &str, lapse: bool, to: &str| Decision {
            settlement: s.run,
            work: books::name_of(line).to_owned(),
            by: by.to_owned(),
            signature: "signed".to_owned(),
            outcome: [(to.to_owned(), "1/3".parse().unwrap()), ("p1".to_owned(), "2/3".parse().unwrap())]
                .into(),
            lapse,
        };
        let lapse = self.below(3) == 0;
        let draft = books::decided(&s, &decision("court", lapse, "p2"), self.today).unwrap();
        let other = books::decided(&s, &decision("another court", lapse, "p3"), self.today).unwrap();
        if self.book(draft) {
            self.counted(if lapse { "lapsed" } else { "released" });
        }
        // 10: money that waits moves once.
        assert!(!self.book(other));
    }

    fn replay(&mut self) {
        // 5: the same entry again books nothing.
        if let Some(draft) = self.last.clone() {
            let entries = self.journal.entries().len();
            assert_eq!(self.journal.book(draft), Ok(Booked::Already));
            assert_eq!(self.journal.entries().len(), entries);
            self.counted("replayed");
        }
    }

    fn seal(&mut self) {
        let day = self.today.checked_sub(1.month()).unwrap();
        if self.journal.sealed().is_none_or(|sealed| sealed < day) {
            self.book(books::seal(day));
            let mut late = books::receipt("L", Money::new(1, EUR), day, "late");
            late.run = Digest::of_value(&self.serial);
            assert!(matches!(self.journal.book(late), Err(JournalError::Sealed { .. })));
            self.counted("sealed");
        }
    }

    fn pass_time(&mut self) {
        // 9: time alone moves no money.
        let head = self.journal.head();
        let days = self.below(9) as i32;
        self.today = self.today.checked_add(days.days()).unwrap();
        if self.today.year() > 2900 {
            self.today = date(2900, 1, 1);
        }
        let keep = self.today.checked_sub(18.months()).unwrap();
        self.quarters.retain(|start, _| *start > keep);
        assert_eq!(self.journal.head(), head);
    }

    /// Books, and counts the postings a second way. A refusal must leave everything as it was.
    fn book(&mut self, draft: Draft) -> bool {
        let head = self.journal.head();
        match self.journal.book(draft.clone()) {
            Ok(Booked::New) => {
                for p in &draft.postings {
                    *self.naive.entry((p.account.clone(), p.currency)).or_default() += p.grains.0;
                }
                self.heads.push((self.journal.entries().len(), self.journal.head()));
                self.last = Some(draft);
                true
            }
            Ok(Booked::Already) => {
                assert_eq!(self.journal.head(), head);
                false
            }
            Err(refused) => {
                assert_eq!(self.journal.head(), head);
                assert!(
                    matches!(
                        refused,
                        JournalError::BeyondZero { .. }
                            | JournalError::RunConflict(_)
                            | JournalError::WasReversed(_)
                    ),
                    "{refused}"
                );
                false
            }
        }
    }

    /// 1, 3: what must hold after every event.
    fn check(&self) {
        let mut sum = 0_i128;
        for (account, _, balance) in self.journal.balances() {
            sum += balance.0;
            match account {
                Account::Bank | Account::Advance(_) | Account::Clawback(_) => {
                    assert!(balance.0 >= 0, "{account}");
                }
                Account::Accrued(..) | Account::Held(_) | Account::Unclaimed(_) => {
                    assert!(balance.0 <= 0, "{account}");
                }
                Account::Dust => assert!((0..GRAINS_PER_MINOR).contains(&-balance.0), "{}", balance.0),
                _ => {}
            }
        }
        assert_eq!(sum, 0);
    }

    /// 4, 6: the journal reads back to the same balances; what was booked is still there, unchanged.
    fn check_whole(&mut self) {
        self.naive.retain(|_, n| *n != 0);
        let booked: BTreeMap<_, i128> =
            self.journal.balances().map(|(a, c, n)| ((a.clone(), c), n.0)).collect();
        assert_eq!(booked, self.naive);
        for (n, head) in &self.heads {
            assert_eq!(self.journal.entries()[n - 1].digest, *head);
        }
        // The settlements at hand lead to what is booked; every sum is made again.
        let booked: Vec<Settlement> = self
            .quarters
            .values()
            .filter_map(|q| q.settled.clone())
            .filter(|s| self.journal.stands(s.run))
            .collect();
        for found in audit(self.journal.entries(), &booked, &Clocks { keep_months: 0, ..Clocks::eu() }) {
            // The simulation lets money lapse early.
            let faults = if found.number == 9 { &[][..] } else { &found.faults[..] };
            assert!(faults.is_empty(), "{found:?}");
        }
        if self.journal.entries().len() < 100_000 {
            let again = Journal::replay(self.journal.entries().to_vec()).unwrap();
            assert_eq!(again.head(), self.journal.head());
        }
    }
}
