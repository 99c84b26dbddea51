//! Works of a run, summed over the table of uses.

use std::collections::BTreeMap;
use std::path::Path;

use placet_corpus::table::{Reader, Value};

use crate::error::ScanError;

/// A work and how much of it was found. Amounts are those of one use: every use of a run sees the same items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopWork {
    pub(crate) issuer: String,
    pub(crate) work_id: String,
    pub(crate) title: String,
    pub(crate) words: u64,
    pub(crate) letters: u64,
    pub(crate) items: u64,
}

/// Works that the report shows.
const TOP_WORKS: usize = 25;

/// The works with most letters, and how many works there are.
pub(crate) fn top(uses: &Path) -> Result<(Vec<TopWork>, usize), ScanError> {
    let mut works: BTreeMap<(String, String), TopWork> = BTreeMap::new();
    let mut asked: Option<String> = None;
    let rows = Reader::open(uses)?;
    let columns = rows.columns().to_vec();
    let place = |name: &str| columns.iter().position(|column| column == name);
    for row in rows {
        let row = row?;
        let cell = |name: &str| place(name).and_then(|at| row.get(at));
        let text = |name: &str| match cell(name) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let number = |name: &str| match cell(name) {
            Some(Value::U64(number)) => *number,
            _ => 0,
        };
        let this = text("use");
        if *asked.get_or_insert_with(|| this.clone()) != this {
            continue;
        }
        let (issuer, work_id) = (text("issuer"), text("work_id"));
        let work = works.entry((issuer.clone(), work_id.clone())).or_insert_with(|| TopWork {
            issuer,
            work_id,
            title: text("title"),
            words: 0,
            letters: 0,
            items: 0,
        });
        work.words += number("words");
        work.letters += number("letters");
        work.items += number("items");
    }
    let count = works.len();
    let mut works: Vec<TopWork> = works.into_values().collect();
    works.sort_by(|a, b| b.letters.cmp(&a.letters).then_with(|| a.title.cmp(&b.title)));
    works.truncate(TOP_WORKS);
    Ok((works, count))
}
