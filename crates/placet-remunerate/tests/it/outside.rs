//! Programs of other people check what is written for them. Where one is not installed, the test says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use placet_core::{Currency, Money};
use placet_remunerate::journal::{Account, Journal};
use placet_remunerate::payout::{Address, Payee, Payout, PayoutTerms, Withholding, payout};
use placet_remunerate::value::{Exchange, FxRate, exchange};
use placet_remunerate::{books, export, pain001};

use crate::example::read;

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn payee(party: &str, iban: &str) -> Payee {
    Payee {
        party: party.to_owned(),
        name: format!("{party} <Söhne> & Co"),
        iban: iban.to_owned(),
        address: Address {
            street: "Rosenheimer Straße".to_owned(),
            number: Some("11".to_owned()),
            post_code: "81667".to_owned(),
            town: "München".to_owned(),
            country: "DE".to_owned(),
        },
        tax: None,
        stopped: None,
    }
}

/// A year in small: settlement, receipt, exchange, advance, payout with tax, correction, second payout.
fn year() -> (Journal, Vec<Payout>, Vec<Payee>) {
    let mut journal = Journal::default();
    let gema = read("gema-like").settle();
    journal.book(gema.entry.clone()).unwrap();
    journal.book(read("past-use").settle().entry).unwrap();
    journal.book(read("statutory").settle().entry).unwrap();
    let day = |text: &str| text.parse().unwrap();
    journal.book(books::receipt("Provider", money("31000.00 EUR"), day("2026-10-20"), "bank 1")).unwrap();
    journal.book(books::receipt("Provider", money("200.00 USD"), day("2026-10-21"), "bank 2")).unwrap();
    let rate: FxRate = FxRate {
        from: Currency::USD,
        to: Currency::EUR,
        rate: "0.925".parse().unwrap(),
        day: day("2026-10-20"),
        source: "ECB".to_owned(),
    };
    let swap: Exchange = exchange(&[rate], money("200.00 USD"), Currency::EUR, day("2026-10-22")).unwrap();
    journal.book(books::exchanged(&swap, day("2026-10-22"), "bank 3")).unwrap();
    journal.book(books::advance("Ben", money("1000.00 EUR"), day("2026-10-23"), "contract 4")).unwrap();
    let mut payees = vec![
        payee("Ana", "DE89370400440532013000"),
        payee("Ben", "GB82WEST12345698765432"),
        payee("Publisher", "NL91ABNA0417164300"),
    ];
    payees[0].tax = Some(Withholding {
        rate: "15/100".parse().unwrap(),
        authority: "Finanzamt".to_owned(),
        certificate: "DTA Article 12".to_owned(),
    });
    let terms = PayoutTerms { threshold: money("10.00 EUR"), clawback_cap: "1/2".parse().unwrap() };
    let first = payout(&journal, &payees, &terms, Currency::EUR, day("2026-11-02")).unwrap();
    journal.book(first.entry.clone()).unwrap();

    // The value report was too high: the settlement is reversed, a corrected one booked, and what was paid too
    // much comes back from what becomes due, half of it at most.
    let back = journal.reversal(gema.settlement.run, day("2026-12-01"), "corrected report").unwrap();
    journal.book(back).unwrap();
    let mut corrected = read("gema-like");
    corrected.halve_value();
    let corrected = corrected.settle();
    assert_ne!(corrected.settlement.run, gema.settlement.run);
    let mut entry = corrected.entry;
    entry.day = day("2026-12-01");
    journal.book(entry).unwrap();
    // Nothing is paid out that was not received.
    let short = payout(&journal, &payees, &terms, Currency::EUR, day("2026-12-15"));
    assert_eq!(
        short.unwrap_err().to_string(),
        "6750.00 EUR are to be paid and 4995.00 EUR have been received; book receipts first"
    );
    journal.book(books::receipt("Provider", money("2000.00 EUR"), day("2026-12-14"), "bank 5")).unwrap();
    let second = payout(&journal, &payees, &terms, Currency::EUR, day("2026-12-15")).unwrap();
    journal.book(second.entry.clone()).unwrap();
    (journal, vec![first, second], payees)
}

#[test]
fn a_year_in_small() {
    let (journal, payouts, _) = year();
    let orders = |p: &Payout| -> Vec<String> {
        p.orders.iter().map(|o| format!("{} {}", o.party, o.amount)).collect()
    };
    // Ana: 10,800 + 600 = 11,400, less 15 %. Ben: 10,800 less the advance. Publisher: 5,400 + 300.
    assert_eq!(orders(&payouts[0]), ["Ana 9690.00 EUR", "Ben 9800.00 EUR", "Publisher 5700.00 EUR"]);
    assert_eq!(payouts[0].tax["Finanzamt"], money("1710.00 EUR"));
    // Half the value: Ana is due 5,400 + 600 = 6,000 and had 11,400; half of what is due goes to that.
    assert_eq!(orders(&payouts[1]), ["Ana 2550.00 EUR", "Ben 2700.00 EUR", "Publisher 1500.00 EUR"]);
    let owed = |party: &str| journal.balance(&Account::Clawback(party.to_owned()), Currency::EUR).decimal(2);
    assert_eq!((owed("Ana"), owed("Publisher")), ("8400.00".to_owned(), "4200.00".to_owned()));
    assert_eq!(journal.balance(&Account::Dust, Currency::EUR).0, 0);
    // Past use is claimed and nowhere income.
    let claimed = journal.balance(&Account::PastClaim("Provider".to_owned()), Currency::EUR);
    assert_eq!(claimed.decimal(2), "300.00");
    let again = Journal::replay(journal.entries().to_vec()).unwrap();
    assert_eq!(again.head(), journal.head());
    let mut forged = journal.entries().to_vec();
    forged[1].draft.memo.push('!');
    assert!(Journal::replay(forged).is_err());
}

/// Runs an outside program on a file; none where it is not installed.
fn run(program: &Path, args: &[&str], name: &str, content: &str) -> Option<(bool, String)> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(name);
    std::fs::write(&file, content).unwrap();
    let mut command = Command::new(program);
    command.args(args).arg(&file);
    let Ok(out) = command.output() else {
        skipped(&format!("{} is not installed", program.display()));
        return None;
    };
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    Some((out.status.success(), said))
}

#[expect(clippy::print_stdout, reason = "a check that did not run must be seen")]
fn skipped(why: &str) {
    println!("skipped: {why}");
}

/// A program by name, or where `variable` says it is.
fn program(variable: &str, name: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| PathBuf::from(name), PathBuf::from)
}

#[test]
fn beancount_checks_the_journal() {
    let (journal, ..) = year();
    let text = export::beancount(&journal);
    let checker = program("PLACET_BEAN_CHECK", "bean-check");
    let Some((ok, said)) = run(&checker, &[], "journal.beancount", &text) else { return };
    assert!(ok, "{said}");
    let wrong = text.replacen("31000.00 EUR", "31000.01 EUR", 1);
    let (ok, _) = run(&checker, &[], "journal.beancount", &wrong).unwrap();
    assert!(!ok, "a cent too much must be found");
}

#[test]
fn hledger_checks_the_journal() {
    let (journal, ..) = year();
    let text = export::hledger(&journal);
    let checker = program("PLACET_HLEDGER", "hledger");
    let Some((ok, said)) = run(&checker, &["check", "-f"], "journal.journal", &text) else { return };
    assert!(ok, "{said}");
    let wrong = text.replacen("31000.00 EUR", "31000.01 EUR", 1);
    let (ok, _) = run(&checker, &["check", "-f"], "journal.journal", &wrong).unwrap();
    assert!(!ok, "a cent too much must be found");
}

#[test]
fn orders_are_valid_credit_transfers() {
    let (_, payouts, payees) = year();
    let debtor = pain001::Debtor {
        name: "Placet Beispiel e. V.".to_owned(),
        iban: "DE75512108001245126199".to_owned(),
        address: payees[0].address.clone(),
    };
    let created = "2026-11-02T08:00:00Z".parse().unwrap();
    let xml = pain001::write(&payouts[0], &payees, &debtor, created, "2026-11-03".parse().unwrap()).unwrap();
    assert!(xml.contains("<CtrlSum>25190.00</CtrlSum>") && xml.contains("&lt;Söhne&gt; &amp; Co"), "{xml}");

    let mut wrong = payees.clone();
    wrong[1].iban = "GB82WEST12345698765431".to_owned();
    let error = pain001::write(&payouts[0], &wrong, &debtor, created, "2026-11-03".parse().unwrap());
    assert!(error.unwrap_err().to_string().contains("IBAN has a wrong check number"));

    let Some(data) = std::env::var_os("PLACET_SHARED_DATA") else {
        skipped("PLACET_SHARED_DATA is not set, so there is no schema to validate against");
        return;
    };
    let schema = PathBuf::from(data).join("payments/pain.001.001.09.xsd");
    let schema = schema.to_str().unwrap();
    let args = ["--noout", "--nonet", "--schema", schema];
    let Some((ok, said)) = run(Path::new("xmllint"), &args, "pay.xml", &xml) else { return };
    assert!(ok, "{said}");
    let (ok, _) =
        run(Path::new("xmllint"), &args, "pay.xml", &xml.replace("<PmtMtd>TRF", "<PmtMtd>X")).unwrap();
    assert!(!ok, "the schema must be looked at");
}
