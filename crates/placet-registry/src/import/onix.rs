//! ONIX for Books 2.1, 3.0 and 3.1 (`EDItEUR`), reference names and short tags: products with their contributors.

use std::io::Read;

use jiff::civil::Date;
use placet_core::{Basis, Identifier, PartyKind, Right, Role, Share, WorkKind};

use super::delivery::{Delivered, Extent, Message, Sink, date, identifier, own, party, short};
use super::xml::{self, Element, XmlError};
use crate::claims::PartyDraft;

/// Root elements that are read here.
pub(crate) const ROOTS: [&str; 2] = ["ONIXMessage", "ONIXmessage"];

/// Rights that contributors and publishers of a text hold some part of; how much, ONIX does not say.
const RIGHTS: [Right; 2] = [Right::ReproductionTraining, Right::MakingAvailableOutput];

/// Reads a message, product by product.
pub(crate) fn read(source: impl Read, sink: &mut dyn Sink) -> Result<(), XmlError> {
    let mut reader =
        Reader { sink, version: "2.1".to_owned(), sender: String::new(), day: None, begun: false };
    xml::read(
        source,
        &|name| matches!(name, "Header" | "header" | "Product" | "product"),
        &mut |mut element| {
            rename(&mut element);
            reader.take(&element)
        },
    )
}

struct Reader<'a> {
    sink: &'a mut dyn Sink,
    version: String,
    sender: String,
    day: Option<Date>,
    begun: bool,
}

impl Reader<'_> {
    fn take(&mut self, element: &Element) -> bool {
        match element.name.as_str() {
            "Header" => {
                let sender = element.text_at(&["Sender", "SenderName"]).or(element.text_at(&["FromCompany"]));
                self.sender = short(sender.unwrap_or("sender not named"));
                let sent = element.text_at(&["SentDateTime"]).or(element.text_at(&["SentDate"]));
                self.day = sent.and_then(date);
                self.begin();
            }
            "Product" => {
                if !self.begun {
                    self.begin();
                }
                return self.product(element);
            }
            _ => {
                if let Some(release) = element.attribute("release") {
                    self.version = short(release);
                }
            }
        }
        true
    }

    fn begin(&mut self) {
        self.begun = true;
        self.sink.message(Message {
            standard: format!("ONIX {}", self.version),
            origin: if self.sender.is_empty() { "sender not named".to_owned() } else { self.sender.clone() },
            date: self.day,
        });
    }

    fn product(&mut self, product: &Element) -> bool {
        let reference = short(product.text_at(&["RecordReference"]).unwrap_or_default());
        let place = format!("Product {reference}");
        let extent = match product.text_at(&["NotificationType"]).unwrap_or("03") {
            "01" | "02" | "03" | "09" => Extent::Whole,
            "04" => Extent::Part,
            "05" => {
                let Some(day) = self.day else {
                    self.sink.note(&place, "a deletion without a date in the header; set aside".to_owned());
                    return true;
                };
                Extent::Ended(day)
            }
            other => {
                self.sink.note(&place, format!("notification type {other} changes nothing here"));
                return true;
            }
        };
        let mut numbers = self.numbers(product, &place);
        if numbers.is_empty() && reference.is_empty() {
            self.sink.note(&place, "the product has no number; it was set aside".to_owned());
            return true;
        }
        if !reference.is_empty() {
            numbers.push(own("onix", &self.sender, &reference).to_string());
        }
        let id = numbers.first().cloned().unwrap_or_default();
        let detail = product.child("DescriptiveDetail").unwrap_or(product);
        let title = title(detail).unwrap_or_else(|| id.clone());
        let form = detail.text_at(&["ProductForm"]).unwrap_or_default().to_owned();
        let mut d = Delivered::new(id, WorkKind::Text, title, place);
        d.extent = extent;
        for number in numbers {
            d.identify(number);
        }
        for contributor in detail.all("Contributor") {
            self.contributor(contributor, &mut d);
        }
        let translated = d.work.credits.iter().any(|c| c.role == Role::Translator);
        if form.starts_with('A') {
            d.work.kind = WorkKind::Recording;
        } else if translated {
            d.work.kind = WorkKind::Translation;
        }
        let of_text = |l: &&Element| l.text_at(&["LanguageRole"]) == Some("01");
        let language = detail.all("Language").find(of_text).and_then(|l| l.text_at(&["LanguageCode"]));
        d.work.language = language.or(detail.text_at(&["LanguageOfText"])).and_then(super::language::tag);
        if !form.is_empty() {
            d.keep("product form", &form);
        }
        Self::publishers(product, &mut d);
        self.constraints(detail, &mut d);
        self.sink.work(d)
    }

    /// ISBN first, then the other numbers of the product (list 5).
    fn numbers(&mut self, product: &Element, place: &str) -> Vec<String> {
        let mut numbers: Vec<String> = Vec::new();
        for id in product.all("ProductIdentifier") {
            let value = short(id.text_at(&["IDValue"]).unwrap_or_default());
            let kind = id.text_at(&["ProductIDType"]).unwrap_or_default().to_owned();
            let book = matches!(kind.as_str(), "02" | "15") || (kind == "03" && value.starts_with("97"));
            let number = match kind.as_str() {
                _ if value.is_empty() => continue,
                _ if book => identifier("isbn", &value, place, self.sink).to_string(),
                "06" => identifier("doi", &value, place, self.sink).to_string(),
                "01" => own("onix-product", id.text_at(&["IDTypeName"]).unwrap_or(&self.sender), &value)
                    .to_string(),
                _ => own("onix-product", &format!("list 5 code {kind}"), &value).to_string(),
            };
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        if let Some(isbn) = product.text_at(&["ISBN"]) {
            let number = identifier("isbn", isbn, place, self.sink).to_string();
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers.sort_by_key(|number| !number.starts_with("isbn:"));
        numbers
    }

    fn contributor(&mut self, element: &Element, d: &mut Delivered) {
        let Some(who) = self.who(element, d) else {
            let place = d.place.clone();
            self.sink.note(&place, "a contributor without a name".to_owned());
            return;
        };
        for code in element.all("ContributorRole") {
            let code = code.text.trim();
            match role(code) {
                Some((role, Some(performs))) => {
                    d.credit(&who, role);
                    if performs {
                        d.claim(&who, role, Right::NeighbouringPerformer, Share::Unknown, Basis::Statute);
                    } else {
                        for right in RIGHTS {
                            d.claim(&who, role, right, Share::Unknown, Basis::Authorship);
                        }
                    }
                }
                Some((role, None)) => d.credit(&who, role),
                None => {
                    let place = d.place.clone();
                    d.keep(&format!("contributor {}", short(code)), &who.name);
                    self.sink.note(
                        &place,
                        format!(
                            "role {} (list 17) of {} carries no claim here; kept as a credit",
                            short(code),
                            who.name
                        ),
                    );
                }
            }
        }
    }

    fn who(&mut self, element: &Element, d: &mut Delivered) -> Option<PartyDraft> {
        let text = |tag: &str| element.text_at(&[tag]).map(short);
        let built = match (text("NamesBeforeKey"), text("KeyNames")) {
            (Some(before), Some(key)) => Some(format!("{key}, {before}")),
            (None, key) => key,
            (before, None) => before,
        };
        let person = text("PersonNameInverted").or(built).or_else(|| text("PersonName"));
        let kind = if person.is_some() { PartyKind::Person } else { PartyKind::Organisation };
        let name = person.or_else(|| text("CorporateName"));
        let Some(name) = name else {
            // List 19: anonymous, various, a synthesised voice, artificial intelligence.
            let unnamed = element.text_at(&["UnnamedPersons"])?;
            d.keep("unnamed contributor (list 19)", unnamed);
            return None;
        };
        let mut identifiers: Vec<Identifier> = Vec::new();
        for (group, tag) in [("NameIdentifier", "NameIDType"), ("PersonNameIdentifier", "PersonNameIDType")] {
            for id in element.all(group) {
                let value = short(id.text_at(&["IDValue"]).unwrap_or_default());
                let kind = id.text_at(&[tag]).unwrap_or_default();
                match kind {
                    _ if value.is_empty() => {}
                    "16" | "21" => identifiers.push(identifier("isni", &value, &d.place, self.sink)),
                    "01" => {
                        let space = id.text_at(&["IDTypeName"]).unwrap_or(&self.sender);
                        identifiers.push(own("onix-name", space, &value));
                    }
                    other => identifiers.push(own("onix-name", &format!("list 44 code {other}"), &value)),
                }
            }
        }
        identifiers.sort_by_key(|id| id.scheme() != "isni");
        Some(party(&name, kind, identifiers))
    }

    fn publishers(product: &Element, d: &mut Delivered) {
        let detail = product.child("PublishingDetail").unwrap_or(product);
        let mut names: Vec<String> = Vec::new();
        for publisher in detail.all("Publisher") {
            // List 45: 01 publisher, 02 co-publisher; others finance, distribute or sponsor.
            let role = publisher.text_at(&["PublishingRole"]).unwrap_or("01");
            if let Some(name) = publisher.text_at(&["PublisherName"]) {
                if matches!(role, "01" | "02") {
                    names.push(short(name));
                } else {
                    d.keep(&format!("publishing role {}", short(role)), &short(name));
                }
            }
        }
        names.extend(product.text_at(&["PublisherName"]).map(short));
        names.dedup();
        for name in names {
            let who = party(&name, PartyKind::Organisation, Vec::new());
            d.credit(&who, Role::Publisher);
            for right in RIGHTS {
                d.claim(&who, Role::Publisher, right, Share::Unknown, Basis::Licence);
            }
        }
        for statement in detail.all("CopyrightStatement") {
            let year = statement.text_at(&["CopyrightYear"]).unwrap_or_default();
            let mut owners = Vec::new();
            statement.find("CopyrightOwner", &mut owners);
            for owner in owners {
                let name = owner.text_at(&["PersonName"]).or(owner.text_at(&["CorporateName"]));
                d.keep("copyright", &format!("{} {}", short(year), short(name.unwrap_or_default())));
            }
        }
    }

    /// List 145: what may be done with an e-publication. Text and data mining is 11, 13 and 14.
    fn constraints(&mut self, detail: &Element, d: &mut Delivered) {
        for constraint in detail.all("EpubUsageConstraint") {
            let what = constraint.text_at(&["EpubUsageType"]).unwrap_or_default();
            let status = match constraint.text_at(&["EpubUsageStatus"]).unwrap_or_default() {
                "01" => "permitted",
                "02" => "permitted with limits",
                "03" => "prohibited",
                other => other,
            };
            d.keep(&format!("usage constraint {} (list 145)", short(what)), &short(status));
            if matches!(what, "11" | "13" | "14") {
                let place = d.place.clone();
                self.sink.note(
                    &place,
                    format!("text and data mining (list 145, code {what}) is {}: kept; `placet reserve` declares it", short(status)),
                );
            }
        }
    }
}

/// The title of the product: type 01, the element of level 01 or the first.
fn title(detail: &Element) -> Option<String> {
    for title in detail.all("TitleDetail").filter(|t| t.text_at(&["TitleType"]).unwrap_or("01") == "01") {
        let elements: Vec<&Element> = title.all("TitleElement").collect();
        let whole =
            elements.iter().find(|e| e.text_at(&["TitleElementLevel"]) == Some("01")).or(elements.first());
        if let Some(found) = whole.and_then(|e| worded(e)) {
            return Some(found);
        }
    }
    for title in detail.all("Title").filter(|t| t.text_at(&["TitleType"]).unwrap_or("01") == "01") {
        if let Some(found) = worded(title) {
            return Some(found);
        }
    }
    detail.text_at(&["DistinctiveTitle"]).map(short)
}

fn worded(element: &Element) -> Option<String> {
    let text = |tag: &str| element.text_at(&[tag]).map(short);
    let parted = || match (text("TitlePrefix"), text("TitleWithoutPrefix")) {
        (Some(prefix), Some(rest)) => Some(format!("{prefix} {rest}")),
        (_, rest) => rest,
    };
    let main = text("TitleText").or_else(parted)?;
    Some(match text("Subtitle") {
        Some(subtitle) => format!("{main}: {subtitle}"),
        None => main,
    })
}

/// List 17: the role, and whether it performs; none where the role carries no right here. Unknown codes are none.
fn role(code: &str) -> Option<(Role, Option<bool>)> {
    let made = Some(false);
    Some(match code {
        "A01" | "A02" | "A09" | "A14" | "A15" | "A16" | "A19" | "A20" | "A21" | "A22" | "A23" | "A24"
        | "A26" | "A29" | "A32" | "A38" | "A43" | "A44" | "B07" | "B18" => (Role::Author, made),
        "A03" => (Role::Screenwriter, made),
        "A04" | "A05" => (Role::Lyricist, made),
        "A06" => (Role::Composer, made),
        "A07" | "A12" | "A35" | "A36" | "A40" => (Role::Illustrator, made),
        "A08" | "A13" => (Role::Photographer, made),
        "B03" | "B04" | "B05" => (Role::Adapter, made),
        "B06" | "B08" | "B10" => (Role::Translator, made),
        "B25" => (Role::Arranger, made),
        "B01" | "B02" | "B09" | "B11" | "B12" | "B13" | "B14" | "B16" | "B19" | "B20" | "B21" | "B23"
        | "B24" | "C01" | "C02" => (Role::Editor, None),
        "D01" => (Role::Producer, None),
        "D02" => (Role::Director, None),
        "D03" | "E01" | "E02" | "E04" | "E05" | "E06" | "E08" | "E09" | "E10" => {
            (Role::Performer, Some(true))
        }
        "E03" | "E07" => (Role::Narrator, Some(true)),
        _ => return None,
    })
}

/// Short tags to reference names, for the elements that are read here (the tag lists of the releases).
fn rename(element: &mut Element) {
    if let Some((_, name)) = SHORT.iter().find(|(tag, _)| *tag == element.name) {
        (*name).clone_into(&mut element.name);
    }
    element.children.iter_mut().for_each(rename);
}

const SHORT: &[(&str, &str)] = &[
    ("header", "Header"),
    ("sender", "Sender"),
    ("x298", "SenderName"),
    ("m174", "FromCompany"),
    ("m182", "SentDate"),
    ("x307", "SentDateTime"),
    ("product", "Product"),
    ("a001", "RecordReference"),
    ("a002", "NotificationType"),
    ("productidentifier", "ProductIdentifier"),
    ("b221", "ProductIDType"),
    ("b233", "IDTypeName"),
    ("b244", "IDValue"),
    ("b004", "ISBN"),
    ("descriptivedetail", "DescriptiveDetail"),
    ("b012", "ProductForm"),
    ("titledetail", "TitleDetail"),
    ("title", "Title"),
    ("b028", "DistinctiveTitle"),
    ("b202", "TitleType"),
    ("titleelement", "TitleElement"),
    ("x409", "TitleElementLevel"),
    ("b203", "TitleText"),
    ("b030", "TitlePrefix"),
    ("b031", "TitleWithoutPrefix"),
    ("b029", "Subtitle"),
    ("contributor", "Contributor"),
    ("b035", "ContributorRole"),
    ("nameidentifier", "NameIdentifier"),
    ("x415", "NameIDType"),
    ("personnameidentifier", "PersonNameIdentifier"),
    ("b390", "PersonNameIDType"),
    ("b036", "PersonName"),
    ("b037", "PersonNameInverted"),
    ("b039", "NamesBeforeKey"),
    ("b040", "KeyNames"),
    ("b047", "CorporateName"),
    ("b249", "UnnamedPersons"),
    ("language", "Language"),
    ("b253", "LanguageRole"),
    ("b252", "LanguageCode"),
    ("b059", "LanguageOfText"),
    ("publishingdetail", "PublishingDetail"),
    ("publisher", "Publisher"),
    ("b291", "PublishingRole"),
    ("b081", "PublisherName"),
    ("copyrightstatement", "CopyrightStatement"),
    ("b087", "CopyrightYear"),
    ("copyrightowner", "CopyrightOwner"),
    ("epubusageconstraint", "EpubUsageConstraint"),
    ("x318", "EpubUsageType"),
    ("x319", "EpubUsageStatus"),
];

#[cfg(test)]
#[path = "onix_tests.rs"]
mod tests;
