//! DDEX Electronic Release Notification 4.2 and 4.3: recordings, films and texts of a release, with who made them and
//! who holds rights in them. A release itself is no work; its numbers stay with its resources so that a later message
//! finds them again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use jiff::civil::Date;
use placet_core::{Basis, PartyKind, Ratio, RelationKind, Right, Role, Share, Territory, WorkKind};

use super::delivery::{Delivered, Extent, Message, Sink, date, identifier, own, party, short};
use super::xml::{self, Element, XmlError};
use crate::claims::{ClaimDraft, PartyDraft};

/// Resources of one message; further ones are set aside.
pub(crate) const RESOURCES_MAX: usize = 100_000;

/// Root elements that are read here.
pub(crate) const ROOTS: [&str; 2] = ["NewReleaseMessage", "PurgeReleaseMessage"];

const RESOURCES: [(&str, WorkKind); 6] = [
    ("SoundRecording", WorkKind::Recording),
    ("Video", WorkKind::Film),
    ("Image", WorkKind::Image),
    ("Text", WorkKind::Text),
    ("SheetMusic", WorkKind::Edition),
    ("Software", WorkKind::Software),
];

/// Reads a message.
pub(crate) fn read(source: impl Read, sink: &mut dyn Sink) -> Result<(), XmlError> {
    let mut reader = Reader {
        sink,
        version: String::new(),
        sender: String::new(),
        day: None,
        parties: BTreeMap::new(),
        resources: Vec::new(),
        numbers: BTreeMap::new(),
        carried: BTreeMap::new(),
        deals: BTreeMap::new(),
    };
    let wanted = |name: &str| {
        RESOURCES.iter().any(|(resource, _)| *resource == name)
            || matches!(
                name,
                "MessageHeader" | "Party" | "Release" | "TrackRelease" | "ReleaseDeal" | "PurgedRelease"
            )
    };
    xml::read(source, &wanted, &mut |element| reader.take(&element))?;
    reader.finish();
    Ok(())
}

struct Reader<'a> {
    sink: &'a mut dyn Sink,
    version: String,
    sender: String,
    day: Option<Date>,
    parties: BTreeMap<String, PartyDraft>,
    resources: Vec<Resource>,
    /// Numbers of each release of the message, by its reference.
    numbers: BTreeMap<String, Vec<String>>,
    /// The releases that carry each resource.
    carried: BTreeMap<String, BTreeSet<String>>,
    /// For each release with deals: the last day of its last deal, or none while one is open.
    deals: BTreeMap<String, Option<Date>>,
}

struct Resource {
    reference: String,
    delivered: Delivered,
    /// The musical work behind it, where the message says something about it.
    behind: Option<Delivered>,
}

impl Reader<'_> {
    fn take(&mut self, element: &Element) -> bool {
        match element.name.as_str() {
            "MessageHeader" => self.header(element),
            "Party" => self.party(element),
            "Release" | "TrackRelease" => self.release(element),
            "ReleaseDeal" => self.deal(element),
            "PurgedRelease" => return self.purged(element),
            name => match RESOURCES.iter().find(|(resource, _)| *resource == name) {
                Some((_, kind)) => self.resource(element, *kind),
                // The root, which comes first: its namespace or its version attribute names the version.
                None => self.version = version(element),
            },
        }
        true
    }

    fn header(&mut self, header: &Element) {
        let sender = header.child("SentOnBehalfOf").or_else(|| header.child("MessageSender"));
        let id = sender.and_then(party_id).unwrap_or_default();
        let name = sender.and_then(name_of).unwrap_or_default();
        self.sender.clone_from(&id);
        self.day = header.text_at(&["MessageCreatedDateTime"]).and_then(date);
        let origin = match (name.as_str(), id.as_str()) {
            ("", "") => "sender not named".to_owned(),
            ("", id) => id.to_owned(),
            (name, "") => name.to_owned(),
            (name, id) => format!("{name} ({id})"),
        };
        self.sink.message(Message { standard: self.version.clone(), origin, date: self.day });
    }

    fn party(&mut self, element: &Element) {
        let Some(reference) = element.text_at(&["PartyReference"]) else { return };
        let place = format!("Party {}", short(reference));
        let mut identifiers = Vec::new();
        for id in element.all("PartyId") {
            for (tag, scheme) in
                [("ISNI", "isni"), ("IpiNameNumber", "ipi"), ("DPID", "dpid"), ("IPN", "ipn")]
            {
                if let Some(value) = id.text_at(&[tag]) {
                    identifiers.push(identifier(scheme, value, &place, self.sink));
                }
            }
            for proprietary in id.all("ProprietaryId") {
                let space = proprietary.attribute("Namespace").unwrap_or_default();
                identifiers.push(own("ddex-party", space, &proprietary.text));
            }
        }
        identifiers.sort_by_key(|id| match id.scheme() {
            "ipi" => 0,
            "isni" => 1,
            "ipn" | "dpid" => 2,
            _ => 3,
        });
        let Some(name) = name_of(element) else {
            self.sink.note(&place, "the party has no name".to_owned());
            return;
        };
        self.parties.insert(reference.to_owned(), party(&name, PartyKind::Unknown, identifiers));
    }

    fn party_of(&mut self, element: &Element, tags: &[&str], place: &str) -> Option<PartyDraft> {
        let reference = tags.iter().find_map(|tag| element.text_at(&[tag]));
        let found = reference.and_then(|r| self.parties.get(r).cloned());
        let found =
            found.or_else(|| name_of(element).map(|name| party(&name, PartyKind::Unknown, Vec::new())));
        if found.is_none() {
            let named = short(reference.unwrap_or("nobody"));
            self.sink.note(
                place,
                format!("{} refers to {named}, whom the party list does not have", element.name),
            );
        }
        found
    }

    fn resource(&mut self, element: &Element, kind: WorkKind) {
        let reference = element.text_at(&["ResourceReference"]).unwrap_or_default().to_owned();
        let place = format!("{} {}", element.name, short(&reference));
        if self.resources.len() >= RESOURCES_MAX {
            self.sink.note(&place, format!("more than {RESOURCES_MAX} resources in one message"));
            return;
        }
        // A cover image has no claims of its own in a release.
        if kind == WorkKind::Image && element.text_at(&["Type"]).is_some_and(|t| t.ends_with("CoverImage")) {
            self.sink.note(&place, "a cover image; it is not registered as a work".to_owned());
            return;
        }
        let identifiers = self.identifiers(element, &place);
        let title = title_of(element).unwrap_or_default();
        let Some(first) = identifiers.first().cloned() else {
            self.sink.note(&place, "the resource has no identifier; it was set aside".to_owned());
            return;
        };
        let mut d =
            Delivered::new(first.clone(), kind, if title.is_empty() { first } else { title }, place.clone());
        for id in identifiers {
            d.identify(id);
        }
        let language = element.text_at(&["LanguageOfPerformance"]).and_then(super::language::tag);
        d.work.language = language;
        for (name, tag) in [("duration", "Duration"), ("created", "CreationDate"), ("type", "Type")] {
            if let Some(value) = element.text_at(&[tag]) {
                d.keep(name, &short(value));
            }
        }
        let mut behind = self.work_behind(element, &d, &place);
        for artist in element.all("DisplayArtist") {
            if let Some(who) = self.party_of(artist, &["ArtistPartyReference"], &place) {
                self.contribution(artist, &who, "DisplayArtistRole", &mut d, &mut behind);
            }
        }
        for contributor in element.all("Contributor") {
            if let Some(who) = self.party_of(contributor, &["ContributorPartyReference"], &place) {
                self.contribution(contributor, &who, "Role", &mut d, &mut behind);
            }
        }
        self.lines(element, &mut d);
        for controller in element.all("ResourceRightsController") {
            self.controller(controller, &mut d, Right::NeighbouringProducer);
        }
        for controller in element.all("WorkRightsController") {
            let mut work = behind.take().unwrap_or_else(|| composition(&d));
            for right in [Right::Performing, Right::Mechanical] {
                self.controller(controller, &mut work, right);
            }
            behind = Some(work);
        }
        for related in element.all("RelatedResource") {
            let what = related.text_at(&["ResourceRelationshipType"]).unwrap_or("related");
            let to = related.text_at(&["ResourceRelatedResourceReference"]).unwrap_or_default();
            d.keep(&format!("resource {what}"), to);
        }
        if let Some(work) = &behind {
            d.relations.push((RelationKind::Records, work.work.id.clone()));
        }
        self.resources.push(Resource { reference, delivered: d, behind });
    }

    fn identifiers(&mut self, element: &Element, place: &str) -> Vec<String> {
        let mut groups = Vec::new();
        for tag in
            ["ResourceId", "SoundRecordingId", "VideoId", "ImageId", "TextId", "SheetMusicId", "SoftwareId"]
        {
            element.find(tag, &mut groups);
        }
        let mut found = Vec::new();
        for group in groups {
            for (tag, scheme) in [
                ("ISRC", "isrc"),
                ("ISAN", "isan"),
                ("EIDR", "eidr"),
                ("ISBN", "isbn"),
                ("ISMN", "ismn"),
                ("ISSN", "issn"),
            ] {
                for value in group.all(tag) {
                    found.push(identifier(scheme, value.text.trim(), place, self.sink).to_string());
                }
            }
            for proprietary in group.all("ProprietaryId") {
                let space = proprietary.attribute("Namespace").unwrap_or_default();
                found.push(own("ddex-resource", space, &proprietary.text).to_string());
            }
        }
        found
    }

    /// The musical work that a resource names by number.
    fn work_behind(&mut self, element: &Element, d: &Delivered, place: &str) -> Option<Delivered> {
        let mut groups = Vec::new();
        for tag in ["WorkId", "MusicalWorkId"] {
            element.find(tag, &mut groups);
        }
        let iswc = groups.iter().find_map(|group| group.text_at(&["ISWC"]))?;
        let iswc = identifier("iswc", iswc, place, self.sink).to_string();
        let mut work = composition(d);
        work.work.id.clone_from(&iswc);
        work.identify(iswc);
        Some(work)
    }

    /// A contributor: a credit on the resource, or on the work behind it; and the claim that the role carries.
    fn contribution(
        &mut self,
        element: &Element,
        who: &PartyDraft,
        tag: &str,
        d: &mut Delivered,
        behind: &mut Option<Delivered>,
    ) {
        for role in element.all(tag) {
            let code = role.attribute("UserDefinedValue").unwrap_or(role.text.trim()).to_owned();
            match contribution(role.text.trim()) {
                Some(Part::Writer(roles)) => {
                    let work = behind.get_or_insert_with(|| composition(d));
                    for role in roles {
                        work.credit(who, *role);
                        for right in [Right::Performing, Right::Mechanical] {
                            work.claim(who, *role, right, Share::Unknown, Basis::Authorship);
                        }
                    }
                }
                Some(Part::Publisher) => {
                    let work = behind.get_or_insert_with(|| composition(d));
                    work.credit(who, Role::Publisher);
                    for right in [Right::Performing, Right::Mechanical] {
                        work.claim(who, Role::Publisher, right, Share::Unknown, Basis::Assignment);
                    }
                }
                Some(Part::Performer(role)) => {
                    d.credit(who, role);
                    // Credited as artist and again by instrument, a performer has one claim.
                    let has =
                        d.claims.iter().any(|c| c.party == *who && c.right == Right::NeighbouringPerformer);
                    if !has {
                        d.claim(who, role, Right::NeighbouringPerformer, Share::Unknown, Basis::Statute);
                    }
                }
                Some(Part::Credit(role)) => d.credit(who, role),
                None => {
                    let place = d.place.clone();
                    d.keep(&format!("credit {}", short(&code)), &who.name);
                    self.sink.note(
                        &place,
                        format!(
                            "role {} of {} carries no claim here; kept as a credit",
                            short(&code),
                            who.name
                        ),
                    );
                }
            }
        }
    }

    /// The P line names the producer, who holds the producers' right.
    fn lines(&mut self, element: &Element, d: &mut Delivered) {
        let mut found = Vec::new();
        element.find("PLine", &mut found);
        for line in found {
            let text = short(line.text_at(&["PLineText"]).unwrap_or_default());
            d.keep("P line", &text);
            let named = line.text_at(&["PLineCompany"]).map_or_else(|| company(&text), str::to_owned);
            if named.is_empty() {
                continue;
            }
            let listed = self.parties.values().find(|p| p.name.eq_ignore_ascii_case(&named)).cloned();
            let who = listed.unwrap_or_else(|| party(&named, PartyKind::Organisation, Vec::new()));
            d.credit(&who, Role::Producer);
            d.claim(&who, Role::Producer, Right::NeighbouringProducer, Share::Unknown, Basis::Statute);
        }
        let mut found = Vec::new();
        element.find("CLine", &mut found);
        for line in found {
            d.keep("C line", &short(line.text_at(&["CLineText"]).unwrap_or_default()));
        }
    }

    fn controller(&mut self, element: &Element, d: &mut Delivered, right: Right) {
        let place = format!("{}, {}", d.place, element.name);
        let Some(who) = self.party_of(element, &["RightsControllerPartyReference"], &place) else { return };
        let share = match element.child("RightSharePercentage") {
            Some(percent) => percentage(percent).unwrap_or_else(|| {
                let text = short(&percent.text);
                self.sink.note(&place, format!("`{text}` is no share up to 100 %; claimed as unknown"));
                Share::Unknown
            }),
            None => Share::Unknown,
        };
        let mut countries = BTreeSet::new();
        let mut world = false;
        let listed = element.all("TerritoryCode").map(|t| t.text.trim().to_owned());
        let codes: Vec<String> =
            listed.chain(element.attribute("ApplicableTerritoryCode").map(str::to_owned)).collect();
        for code in &codes {
            match <[u8; 2]>::try_from(code.as_bytes()) {
                Ok(country) if code.bytes().all(|b| b.is_ascii_uppercase()) => {
                    countries.insert(country);
                }
                _ if code == "Worldwide" => world = true,
                _ => self.sink.note(&place, format!("territory {} is no country; left out", short(code))),
            }
        }
        // A party that is credited with a role holds its share in that role; the claim of an unknown share gives way.
        let same = |c: &ClaimDraft| c.party.name.eq_ignore_ascii_case(&who.name) && c.right == right;
        let credited = d.claims.iter().find(|c| same(c) && c.share == Share::Unknown).map(|c| c.role);
        d.claims.retain(|c| !(same(c) && c.share == Share::Unknown));
        let otherwise =
            if right == Right::NeighbouringProducer { Role::Producer } else { Role::Rightsholder };
        let role = credited.unwrap_or(otherwise);
        d.credit(&who, role);
        d.claim(&who, role, right, share, Basis::Assignment);
        if let Some(claim) = d.claims.last_mut() {
            if !world && !countries.is_empty() {
                claim.territory = Territory::Countries(countries);
            }
            let day = |tag: &str| {
                element.text_at(&[tag]).or_else(|| element.text_at(&["ValidityPeriod", tag])).and_then(date)
            };
            (claim.period.from, claim.period.until) = (day("StartDate"), day("EndDate"));
            claim.place = Some(place);
        }
    }

    fn release(&mut self, element: &Element) {
        let reference = element.text_at(&["ReleaseReference"]).unwrap_or_default().to_owned();
        let place = format!("{} {}", element.name, short(&reference));
        let numbers = self.release_numbers(element, &place);
        self.numbers.insert(reference.clone(), numbers);
        let mut carried = Vec::new();
        element.find("ReleaseResourceReference", &mut carried);
        for resource in carried {
            self.carried.entry(resource.text.trim().to_owned()).or_default().insert(reference.clone());
        }
    }

    fn release_numbers(&mut self, element: &Element, place: &str) -> Vec<String> {
        let mut numbers = Vec::new();
        for id in element.all("ReleaseId") {
            for (tag, scheme) in [("GRid", "grid"), ("ICPN", "icpn")] {
                if let Some(value) = id.text_at(&[tag]) {
                    numbers.push(identifier(scheme, value, place, self.sink).to_string());
                }
            }
            for proprietary in id.all("ProprietaryId") {
                let space = proprietary.attribute("Namespace").unwrap_or_default();
                numbers.push(own("ddex-release", space, &proprietary.text).to_string());
            }
        }
        numbers
    }

    fn deal(&mut self, element: &Element) {
        let mut terms = Vec::new();
        element.find("DealTerms", &mut terms);
        let mut last: Option<Date> = None;
        let mut open = terms.is_empty();
        for term in terms {
            if term.text_at(&["TakeDown"]) == Some("true") {
                last = last.max(self.day);
                continue;
            }
            let mut periods = Vec::new();
            term.find("ValidityPeriod", &mut periods);
            match periods
                .iter()
                .find_map(|p| p.text_at(&["EndDate"]).or(p.text_at(&["EndDateTime"])))
                .and_then(date)
            {
                Some(end) => last = last.max(Some(end)),
                None => open = true,
            }
        }
        for reference in element.all("DealReleaseReference") {
            let known = self.deals.entry(reference.text.trim().to_owned()).or_insert(last);
            *known = if open || known.is_none() { None } else { (*known).max(last) };
        }
    }

    fn purged(&mut self, element: &Element) -> bool {
        let numbers = self.release_numbers(element, "PurgedRelease");
        if numbers.is_empty() {
            self.sink.note("PurgedRelease", "the release has no number".to_owned());
        }
        let day = self.day;
        numbers.iter().all(|number| self.sink.purge(number, day, "PurgedRelease"))
    }

    /// The resources; those that carry one number are one work, and it says what all of them say.
    fn joined(&mut self) -> Vec<Resource> {
        let mut joined: Vec<Resource> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for resource in std::mem::take(&mut self.resources) {
            let id = resource.delivered.work.id.clone();
            let Some(first) = places.get(&id).and_then(|at| joined.get_mut(*at)) else {
                places.insert(id, joined.len());
                joined.push(resource);
                continue;
            };
            let Resource { reference, delivered, behind } = resource;
            self.sink.note(
                &delivered.place,
                format!("{id} is the number of {} too; taken for the same work", first.delivered.place),
            );
            for credit in delivered.work.credits {
                if !first.delivered.work.credits.contains(&credit) {
                    first.delivered.work.credits.push(credit);
                }
            }
            first.delivered.keep("title of the same number", &delivered.work.title);
            first.delivered.claims.extend(delivered.claims);
            first.delivered.relations.extend(delivered.relations);
            first.behind = first.behind.take().or(behind);
            let more = self.carried.get(&reference).cloned().unwrap_or_default();
            self.carried.entry(first.reference.clone()).or_default().extend(more);
        }
        joined
    }

    /// At the end of the message, when deals and releases are known.
    fn finish(mut self) {
        for mut resource in self.joined() {
            let releases = self.carried.get(&resource.reference).cloned().unwrap_or_default();
            for number in releases.iter().filter_map(|r| self.numbers.get(r)).flatten() {
                resource.delivered.identify(number.clone());
            }
            // Taken down: every release with deals that carries it has only deals that ended before the message.
            let ends: Vec<Option<Date>> =
                releases.iter().filter_map(|r| self.deals.get(r).copied()).collect();
            let last = ends.iter().copied().max().flatten();
            if let (Some(last), Some(day), true) = (last, self.day, ends.iter().all(Option::is_some))
                && last <= day
            {
                resource.delivered.extent = Extent::Ended(last);
                self.sink.note(
                    &resource.delivered.place,
                    format!("all deals ended by {last}: the claims end then"),
                );
            }
            // The work is registered before the recording that refers to it.
            if let Some(mut behind) = resource.behind {
                behind.extent = Extent::Part;
                if !self.sink.work(behind) {
                    return;
                }
            }
            if !self.sink.work(resource.delivered) {
                return;
            }
        }
    }
}

/// What a role comes to.
enum Part {
    Writer(&'static [Role]),
    Publisher,
    Performer(Role),
    /// A credit without a claim of its own.
    Credit(Role),
}

/// Roles of the allowed values `ContributorRole` and `DisplayArtistRole` that carry something here.
fn contribution(role: &str) -> Option<Part> {
    Some(match role {
        "Composer" => Part::Writer(&[Role::Composer]),
        "Lyricist" | "Author" | "Librettist" | "NonLyricAuthor" => Part::Writer(&[Role::Lyricist]),
        "ComposerLyricist" => Part::Writer(&[Role::Composer, Role::Lyricist]),
        "Arranger" | "SubArranger" => Part::Writer(&[Role::Arranger]),
        "Adapter" | "SubLyricist" => Part::Writer(&[Role::Adapter]),
        "Translator" => Part::Writer(&[Role::Translator]),
        "MusicPublisher" | "OriginalPublisher" | "SubPublisher" => Part::Publisher,
        "MainArtist" | "FeaturedArtist" | "Artist" | "Soloist" | "Orchestra" | "Conductor" | "Choir"
        | "Ensemble" | "Band" | "Singer" | "Vocalist" | "LeadVocalist" | "PrimaryMusician" | "DJ"
        | "Remixer" | "Actor" | "LeadPerformer" | "Performer" | "Dancer" | "Rapper" | "ChorusMaster" => {
            Part::Performer(Role::Performer)
        }
        "StudioMusician"
        | "AssociatedPerformer"
        | "BackgroundVocalist"
        | "Accompanyist"
        | "Musician"
        | "SessionMusician"
        | "StudioPersonnel.Musician" => Part::Performer(Role::SessionMusician),
        "Narrator" | "Reader" => Part::Performer(Role::Narrator),
        "VoiceActor" => Part::Performer(Role::DubbingPerformer),
        // Who produces in the studio is not by that the producer of the recording in law.
        "Producer" | "StudioProducer" | "CoProducer" | "ExecutiveProducer" => Part::Credit(Role::Producer),
        "Director" | "FilmDirector" | "VideoDirector" => Part::Credit(Role::Director),
        "Photographer" => Part::Credit(Role::Photographer),
        _ => return None,
    })
}

/// The composition behind a recording of which only the recording has a number.
fn composition(d: &Delivered) -> Delivered {
    let id = format!("{}#composition", d.work.id);
    Delivered::new(id, WorkKind::Composition, d.work.title.clone(), d.place.clone())
}

/// `50`, `33.33`, or, with `HasMaxValueOfOne`, `0.5`.
fn percentage(element: &Element) -> Option<Share> {
    let text = element.text.trim();
    let of_one = element.attribute("HasMaxValueOfOne") == Some("true");
    let ratio: Option<Ratio> = if of_one { text.parse().ok() } else { format!("{text}%").parse().ok() };
    ratio.map(Share::Part)
}

/// `(P) 1994 EMI Music Japan Inc.` names `EMI Music Japan Inc.`
fn company(line: &str) -> String {
    let plain = line.trim().trim_start_matches("(P)").trim_start_matches('℗').trim();
    let rest = plain.trim_start_matches(|c: char| c.is_ascii_digit()).trim();
    rest.trim_start_matches("(P)").trim_start_matches('℗').trim().to_owned()
}

fn name_of(element: &Element) -> Option<String> {
    [&["PartyName", "FullName"][..], &["PartyName", "TradingName"], &["FullName"], &["PartyName", "KeyName"]]
        .iter()
        .find_map(|path| element.text_at(path))
        .map(short)
}

/// In a header, the sender's id is text; in a party list it is an element of its own.
fn party_id(sender: &Element) -> Option<String> {
    sender.text_at(&["PartyId"]).or_else(|| sender.text_at(&["PartyId", "DPID"])).map(short)
}

fn title_of(element: &Element) -> Option<String> {
    let mut displayed = element.text_at(&["DisplayTitle", "TitleText"]).map(short);
    if let (Some(title), Some(subtitle)) = (&mut displayed, element.text_at(&["DisplayTitle", "SubTitle"])) {
        *title = format!("{title} ({})", short(subtitle));
    }
    displayed
        .or_else(|| element.text_at(&["DisplayTitleText"]).map(short))
        .or_else(|| element.text_at(&["ReferenceTitle", "TitleText"]).map(short))
}

/// `http://ddex.net/xml/ern/43` and `ern/432` are ERN 4.3 and 4.3.2.
fn version(root: &Element) -> String {
    let space = root.attributes.iter().map(|(_, value)| value).find_map(|v| v.split("/ern/").nth(1));
    let digits: Vec<String> =
        space.unwrap_or_default().chars().take_while(char::is_ascii_digit).map(|c| c.to_string()).collect();
    if digits.is_empty() { "ERN".to_owned() } else { format!("ERN {}", digits.join(".")) }
}

#[cfg(test)]
#[path = "ern_tests.rs"]
mod tests;
