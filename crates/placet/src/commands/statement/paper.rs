//! A statement as a document: what was earned, work by work, what waits, and how the money came about.

use placet_core::Money;
use placet_disclose::typeset::{Block, Column, Layout, Paper};
use placet_remunerate::Grains;
use placet_remunerate::pool::Value;
use placet_remunerate::statement::{PoolShown, Row, Statement};
use placet_remunerate::tariff::Purse;

/// Sets a statement.
pub(super) fn paper(statement: &Statement) -> Paper {
    let money = |g: Grains| Money::new(g.whole_minor(), statement.currency).to_string();
    let mut blocks = vec![Block::Strong { text: format!("You earned {}", money(statement.earned)) }];
    let purses: Vec<Grains> = statement.by_purse.values().copied().collect();
    blocks.push(Block::fields(
        statement
            .by_purse
            .keys()
            .zip(statement.rounded(&purses))
            .map(|(purse, amount)| (account(*purse), amount.to_string())),
    ));
    let left = statement.earned.fraction();
    if left != Grains::ZERO {
        let fine = left.decimal(statement.currency.scale());
        let currency = statement.currency;
        blocks.push(Block::text(format!("And {fine} {currency}, less than one unit, counted on.")));
    }
    if statement.gross != statement.earned {
        let kept = money(Grains(statement.gross.0 - statement.earned.0));
        blocks.push(Block::text(format!("After {kept} kept by those who collect for you.")));
    }
    if !statement.rows.is_empty() {
        blocks.push(Block::heading("Work by work"));
        blocks.push(rows(statement, &statement.rows));
        if statement.rows.iter().any(|row| row.by_default) {
            blocks.push(Block::note("* Nobody has stated this share; the licence's default rule gives it."));
        }
    }
    if !statement.past.is_empty() {
        blocks.push(Block::heading("Claimed for use before the licence, not yet income"));
        blocks.push(rows(statement, &statement.past));
    }
    if !statement.waiting.is_empty() {
        blocks.push(Block::heading("Waiting, for all holders of these works together"));
        let row = |w: &placet_remunerate::statement::Waiting| {
            vec![w.work.to_string(), w.why.clone(), money(w.amount)]
        };
        blocks.push(Block::Table {
            columns: vec![Column::new("Work", 4), Column::new("Why", 6), Column::new("Amount", 2).end()],
            rows: statement.waiting.iter().map(row).collect(),
        });
    }
    blocks.push(Block::heading("How the money came about"));
    statement.pools.iter().for_each(|pool| blocks.extend(pool_blocks(pool)));
    blocks.push(Block::heading("How to check it"));
    blocks.push(Block::text(
        "Every line can be followed to its use records; the run and the root name the settlement.",
    ));
    blocks.push(Block::Code { text: format!("run   {}\nroot  {}", statement.run, statement.root) });
    Paper {
        lang: "en".to_owned(),
        title: format!("Statement for {}", statement.party),
        subtitle: format!(
            "{} pays, for {}, at the terms of {}",
            statement.licensee, statement.period, statement.tariff
        ),
        footer: format!("Statement for {}, {}", statement.party, statement.period),
        author: Vec::new(),
        layout: Layout::Report,
        blocks,
    }
}

fn account(purse: Purse) -> &'static str {
    match purse {
        Purse::Functioning => "For the making of systems",
        Purse::Outputs => "For what they put out",
    }
}

fn rows(statement: &Statement, rows: &[Row]) -> Block {
    let amounts = statement.rounded(&rows.iter().map(|row| row.net).collect::<Vec<_>>());
    let cells = |(row, amount): (&Row, Money)| {
        let mut work = row.work.as_deref().unwrap_or("-").to_owned();
        if row.used != row.work
            && let Some(used) = &row.used
        {
            work.push_str(&format!("\nused as {used}"));
        }
        let mark = if row.by_default { " *" } else { "" };
        vec![
            work,
            row.purpose.to_string(),
            row.role.to_string(),
            row.country.as_deref().unwrap_or_default().to_owned(),
            format!("{amount}{mark}"),
        ]
    };
    Block::Table {
        columns: vec![
            Column::new("Work", 5),
            Column::new("Use", 2),
            Column::new("As", 3),
            Column::new("Country", 2),
            Column::new("Yours", 3).end(),
        ],
        rows: rows.iter().zip(amounts).map(cells).collect(),
    }
}

fn pool_blocks(pool: &PoolShown) -> Vec<Block> {
    let counted = |n: u64, of: &str| if n == 1 { format!("1 {of}") } else { format!("{n} {of}s") };
    let mut blocks = vec![
        Block::subheading(format!(
            "{}: {} for {} and {}",
            pool.stream,
            pool.amount,
            counted(pool.works, "work"),
            counted(pool.use_records, "use record")
        )),
        Block::fields(pool.steps.iter().map(|step| (step.what.clone(), step.amount.to_string()))),
    ];
    if let Value::NotReported { since } = &pool.value {
        let since = since.map(|day| format!(" since {day}")).unwrap_or_default();
        blocks.push(Block::Strong { text: format!("Value not reported{since}.") });
    }
    blocks
}
