//! One row of a catalogue to one work.

use std::collections::BTreeMap;

use placet_core::{Credit, Identifier, RelationKind, Role, Work, WorkKind};

use super::columns::Field;
use super::language;

/// Longest id of a work, in bytes.
pub(crate) const ID_BYTES_MAX: usize = 512;

/// A work as its row describes it; its file has not been looked at.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) id: Option<String>,
    pub(crate) kind: Option<WorkKind>,
    pub(crate) title: String,
    pub(crate) credits: Vec<Credit>,
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) language: Option<String>,
    pub(crate) extra: BTreeMap<String, String>,
    pub(crate) file: Option<String>,
    pub(crate) relations: Vec<(RelationKind, String)>,
    /// What could not be taken as it stood and was kept as an extra column.
    pub(crate) notes: Vec<String>,
}

impl Draft {
    /// Reads a row. An error is the reason to set it aside.
    pub(crate) fn read(header: &[String], fields: &[Field], values: Vec<String>) -> Result<Draft, String> {
        let mut draft = Draft::default();
        let mut subtitle = String::new();
        let mut party = Vec::new();
        for ((name, field), value) in header.iter().zip(fields).zip(values) {
            if value.is_empty() {
                continue;
            }
            match field {
                Field::Id => draft.id = Some(checked_id(value)?),
                Field::Title => draft.title = value,
                Field::Subtitle => subtitle = value,
                Field::Kind => match kind(&value) {
                    Some(kind) => draft.kind = Some(kind),
                    None => draft.keep(name, value),
                },
                Field::Language => match language::tag(&value) {
                    Some(tag) => draft.language = Some(tag),
                    None => draft.keep(name, value),
                },
                Field::File => draft.file = Some(value),
                Field::Credit(role) => draft.credits.extend(names(&value, *role)),
                Field::PartyIdentifier(scheme) => match Identifier::of_scheme(scheme, &value) {
                    Ok(identifier) => party.push((name, value, identifier)),
                    Err(error) => draft.keep_with_note(name, value, &error.to_string()),
                },
                Field::Identifier(scheme) => {
                    for one in several(&value) {
                        match Identifier::of_scheme(scheme, one) {
                            Ok(identifier) => draft.identifiers.push(identifier),
                            Err(error) => draft.keep_with_note(name, one.to_owned(), &error.to_string()),
                        }
                    }
                }
                Field::Relation(kind) => draft.relations.push((*kind, checked_id(value)?)),
                Field::Extra => draft.keep(name, value),
            }
        }
        if !subtitle.is_empty() && !draft.title.is_empty() {
            draft.title = format!("{}: {subtitle}", draft.title);
        }
        for (name, value, identifier) in party {
            match draft.credits.as_mut_slice() {
                [only] if only.party.is_none() => only.party = Some(identifier.to_string()),
                _ => draft.keep_with_note(
                    name,
                    value,
                    "it is not clear which of the credited parties it belongs to",
                ),
            }
        }
        if draft.title.is_empty() && draft.file.is_none() {
            return Err("it has no title".to_owned());
        }
        Ok(draft)
    }

    /// The work, once its title is known; and the content code joins its identifiers.
    pub(crate) fn into_work(self, title: String, content_code: Option<String>) -> Work {
        let mut identifiers: Vec<String> = self.identifiers.iter().map(Identifier::to_string).collect();
        let id = self
            .id
            .or_else(|| identifiers.iter().find(|id| !id.starts_with("url:")).cloned())
            .unwrap_or_else(|| derived_id(&title, &self.credits, &self.extra));
        let kind = self.kind.unwrap_or_else(|| {
            let has = |schemes: &[&str]| self.identifiers.iter().any(|id| schemes.contains(&id.scheme()));
            if has(&["isrc"]) {
                WorkKind::Recording
            } else if has(&["iswc"]) {
                WorkKind::Composition
            } else if has(&["eidr", "isan"]) {
                WorkKind::Film
            } else {
                WorkKind::Text
            }
        });
        identifiers.extend(content_code.map(|code| format!("iscc:{code}")));
        identifiers.sort();
        identifiers.dedup();
        Work {
            id,
            kind,
            title,
            credits: self.credits,
            identifiers,
            language: self.language,
            extra: self.extra,
        }
    }

    /// Keeps a value under its column's own name; a second value of that name joins the first.
    fn keep(&mut self, name: &str, value: String) {
        let name = if name.is_empty() { "(no name)" } else { name };
        match self.extra.get_mut(name) {
            Some(kept) => {
                kept.push_str("; ");
                kept.push_str(&value);
            }
            None => drop(self.extra.insert(name.to_owned(), value)),
        }
    }

    fn keep_with_note(&mut self, name: &str, value: String, why: &str) {
        self.notes.push(format!("{why}; kept as the column {name}"));
        self.keep(name, value);
    }
}

/// An id of the catalogue's own.
fn checked_id(id: String) -> Result<String, String> {
    if id.len() > ID_BYTES_MAX {
        return Err(format!("its id has more than {ID_BYTES_MAX} bytes"));
    }
    if id.chars().any(char::is_control) {
        return Err("its id contains control characters".to_owned());
    }
    Ok(id)
}

/// The same row gets the same id wherever and whenever it is read.
fn derived_id(title: &str, credits: &[Credit], extra: &BTreeMap<String, String>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    };
    add(title);
    for credit in credits {
        add(credit.role.code());
        add(&credit.name);
    }
    for (name, value) in extra {
        add(name);
        add(value);
    }
    format!("h-{}", &hasher.finalize().to_hex()[..16])
}

/// Names between semicolons or bars. A comma belongs to a name: `Alcott, Louisa May`.
fn names(value: &str, role: Role) -> impl Iterator<Item = Credit> {
    value.split([';', '|']).map(str::trim).filter(|name| !name.is_empty()).map(move |name| Credit {
        name: name.to_owned(),
        role,
        party: None,
    })
}

/// Identifiers between semicolons, bars or commas.
fn several(value: &str) -> impl Iterator<Item = &str> {
    value.split([';', '|', ',']).map(str::trim).filter(|one| !one.is_empty())
}

fn kind(value: &str) -> Option<WorkKind> {
    let word = value.trim().to_lowercase();
    word.parse().ok().or_else(|| {
        Some(match word.as_str() {
            "book" | "buch" | "livre" | "libro" | "literature" | "article" | "artikel" | "poem" | "novel"
            | "roman" | "story" | "lyrics" | "script" => WorkKind::Text,
            "ebook" | "e-book" | "paperback" | "hardcover" | "taschenbuch" => WorkKind::Edition,
            "song" | "musical work" | "music" | "lied" | "chanson" => WorkKind::Composition,
            "track" | "sound recording" | "audio" | "audiobook" | "hörbuch" | "single" => {
                WorkKind::Recording
            }
            "photo" | "photograph" | "foto" | "picture" | "illustration" | "bild" | "artwork" => {
                WorkKind::Image
            }
            "movie" | "video" | "audiovisual" | "spielfilm" | "episode" => WorkKind::Film,
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::columns::{Mapping, recognise};

    fn read(header: &str, row: &str) -> Result<Draft, String> {
        let split = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
        let header = split(header);
        Draft::read(&header, &recognise(&header, &Mapping::new()), split(row))
    }

    #[test]
    fn a_row_becomes_a_work() {
        let draft = read(
            "Titel\tUntertitel\tAutor\tÜbersetzer\tISBN\tISNI\tSprache\tJahr\tpart_of",
            "Faust\tEine Tragödie\tGoethe, Johann Wolfgang von\t\t0-306-40615-2\t0000 0001 2103 2683\tDeutsch\t1808\tw1",
        )
        .unwrap();
        assert_eq!(draft.relations, [(RelationKind::PartOf, "w1".to_owned())]);
        let work = draft.into_work("Faust".to_owned(), None);
        insta::assert_snapshot!(serde_json::to_string_pretty(&work).unwrap(), @r#"
        {
          "id": "isbn:9780306406157",
          "kind": "text",
          "title": "Faust",
          "credits": [
            {
              "name": "Goethe, Johann Wolfgang von",
              "role": "author",
              "party": "isni:0000000121032683"
            }
          ],
          "identifiers": [
            "isbn:9780306406157"
          ],
          "language": "de",
          "extra": {
            "Jahr": "1808"
          }
        }
        "#);
    }

    #[test]
    fn what_cannot_be_taken_is_kept_and_named() {
        let draft =
            read("title\tauthor\tisbn\tisni\tlanguage", "T\tA; B\t123\t0000000121032683\tKlingon").unwrap();
        assert_eq!(draft.credits.len(), 2);
        assert_eq!(draft.extra.keys().collect::<Vec<_>>(), ["isbn", "isni", "language"]);
        assert_eq!(
            draft.notes,
            [
                "`123` is no ISBN: it has 3 significant characters, not 10 or 13; kept as the column isbn",
                "it is not clear which of the credited parties it belongs to; kept as the column isni",
            ]
        );
        assert_eq!(read("title\tauthor", "\tA").unwrap_err(), "it has no title");
        assert_eq!(read("id\ttitle", "a\u{7}\tA").unwrap_err(), "its id contains control characters");
    }

    #[test]
    fn a_row_without_identifiers_has_a_stable_id() {
        let id = |row| read("title\tauthor\tyear", row).map(|d| d.into_work("T".into(), None).id).unwrap();
        assert_eq!(id("T\tA\t1900"), id("T\tA\t1900"));
        assert_ne!(id("T\tA\t1900"), id("T\tA\t1901"));
    }
}
