//! Single answers, by the kind of their question.

use toml::de::DeValue;

use super::LIST_MAX;
use crate::summary::band::Modality;
use crate::summary::document::{Answer, Months, Named};
use crate::summary::template::Kind;

pub(super) fn scalar(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}

/// The answer in a value; nothing where it is left empty; what to write where it cannot be read.
pub(super) fn answer(kind: Kind, value: &DeValue<'_>) -> Result<Option<Answer>, &'static str> {
    let text = scalar(value);
    let said = |remedy: &'static str| text.clone().ok_or(remedy);
    Ok(match kind {
        Kind::Text => Some(Answer::Text(said("write text in quotes")?)),
        Kind::YesNo => match said("write yes or no")?.to_lowercase().as_str() {
            "yes" => Some(Answer::YesNo(true)),
            "no" => Some(Answer::YesNo(false)),
            _ => return Err("write yes, no, or \"unknown: why\""),
        },
        Kind::Day => {
            let day = said("write YYYY-MM-DD")?;
            if !is_day(&day) {
                return Err("write YYYY-MM-DD");
            }
            Some(Answer::Day(day))
        }
        Kind::Month => {
            let month = said("write YYYY-MM")?;
            if !is_month(&month) {
                return Err("write YYYY-MM");
            }
            Some(Answer::Month(month))
        }
        Kind::Period => {
            const REMEDY: &str = "write { from = \"YYYY-MM\", to = \"YYYY-MM\" }";
            let DeValue::Table(table) = value else { return Err(REMEDY) };
            let month = |name: &str| {
                let value = table.iter().find(|(key, _)| key.get_ref().as_ref() == name)?.1;
                scalar(value.get_ref()).filter(|month| is_month(month))
            };
            match (month("from"), month("to")) {
                (Some(from), Some(to)) => Some(Answer::Period(Months { from, to })),
                _ => return Err(REMEDY),
            }
        }
        Kind::Modalities => {
            const REMEDY: &str = "write a list of text, image, audio, video, other";
            let DeValue::Array(list) = value else { return Err(REMEDY) };
            let mut chosen = Vec::new();
            for one in list {
                let word = scalar(one.get_ref()).ok_or(REMEDY)?.to_lowercase();
                chosen.push(
                    Modality::ALL.into_iter().find(|m| m.label().to_lowercase() == word).ok_or(REMEDY)?,
                );
            }
            chosen.sort_unstable();
            chosen.dedup();
            (!chosen.is_empty()).then_some(Answer::Modalities(chosen))
        }
        Kind::List => {
            const REMEDY: &str = "write a list of names, or of { name = \"\", link = \"\", version = \"\", summary = \"\", detail = \"\" }";
            let DeValue::Array(list) = value else { return Err(REMEDY) };
            let named: Option<Vec<Named>> =
                list.iter().take(LIST_MAX).map(|one| named(one.get_ref())).collect();
            let named = named.ok_or(REMEDY)?;
            (!named.is_empty()).then_some(Answer::List(named))
        }
    })
}

fn named(value: &DeValue<'_>) -> Option<Named> {
    let mut named = Named::default();
    let DeValue::Table(table) = value else {
        named.name = scalar(value).filter(|name| !name.trim().is_empty())?;
        return Some(named);
    };
    for (key, value) in table {
        let text = scalar(value.get_ref())?;
        let text = (!text.trim().is_empty()).then_some(text);
        match key.get_ref().as_ref() {
            "name" => named.name = text?,
            "link" => named.link = text,
            "version" => named.version = text,
            "summary" => named.summary = text,
            "detail" => named.detail = text,
            _ => return None,
        }
    }
    (!named.name.is_empty()).then_some(named)
}

pub(super) fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_month(text: &str) -> bool {
    text.len() == 7 && format!("{text}-01").parse::<jiff::civil::Date>().is_ok()
}
