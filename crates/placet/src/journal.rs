//! The journal in the database of the registry.
//!
//! It is locked while it is read and written to. What is kept is durable before it is acknowledged, and kept whole: of a
//! correction and what it corrects both stand, or none. Two processes that settle the same thing book it once.

use anyhow::Context as _;
use jiff::civil::Date;
use placet_registry::{JournalStore, journal_entries};
use placet_remunerate::journal::{Booked, Draft, Entry, Journal};

use crate::failure::OrFail as _;
use crate::registry::place;
use crate::{Context, Exit, Failure};

/// The journal, locked.
pub(crate) struct Store {
    pub(crate) journal: Journal,
    kept: JournalStore,
    /// Entries that are kept already.
    before: usize,
}

impl Store {
    /// Opens it and books all of it again; an absent one is empty.
    pub(crate) fn open(context: &Context) -> Result<Store, Failure> {
        let mut kept = JournalStore::open(&place(context), context.now)?;
        let journal = Journal::replay(kept.entries())
            .with_context(|| "the journal was changed or cut".to_owned())
            .or_fail(Exit::Denied)?;
        let before = journal.entries().len();
        Ok(Store { journal, kept, before })
    }

    /// Books an entry, for [`Store::keep`] to keep.
    pub(crate) fn book(&mut self, draft: Draft) -> Result<Booked, Failure> {
        self.journal.book(draft).or_fail(Exit::Denied)
    }

    /// Keeps what was booked, all or nothing; it is durable when this returns.
    pub(crate) fn keep(self) -> Result<(), Failure> {
        Ok(self.kept.keep(self.journal.entries().get(self.before..).unwrap_or_default())?)
    }
}

/// The entries as they stand, unchecked; none without a journal.
pub(crate) fn entries(context: &Context) -> Result<Vec<Entry>, Failure> {
    Ok(journal_entries(&place(context))?)
}

/// The day a command books on.
pub(crate) fn today(context: &Context) -> Date {
    context.now.to_zoned(jiff::tz::TimeZone::UTC).date()
}
