//! Replies of the `MusicBrainz` web service, version 2, in XML and in JSON: works, recordings and who is related to them.
//! It is a third party's word about others: it states no shares, so every claim from it is of an unknown size.

use std::io::Read;

use placet_core::{Basis, PartyKind, RelationKind, Right, Role, Share, WorkKind};
use serde_json::Value;

use super::delivery::{Delivered, Extent, Message, Sink, identifier, own, party, short};
use super::xml::{self, Element, XmlError};
use crate::claims::PartyDraft;

/// The namespace of the XML replies.
pub(crate) const NAMESPACE: &str = "http://musicbrainz.org/ns/mmd-2.0#";
/// A larger JSON reply is not read: the service pages at a hundred entries.
pub(crate) const JSON_BYTES_MAX: u64 = 64 << 20;
/// Entities inside one another that are followed.
const DEPTH_MAX: usize = 16;

/// Reads an XML reply.
pub(crate) fn read_xml(source: impl Read, sink: &mut dyn Sink) -> Result<(), XmlError> {
    begin(sink);
    xml::read(
        source,
        &|name| matches!(name, "work" | "recording"),
        &mut |element| match element.name.as_str() {
            "work" => deliver(&from_xml(&element, Kind::Work, 0), sink),
            "recording" => deliver(&from_xml(&element, Kind::Recording, 0), sink),
            _ => true,
        },
    )
}

/// Reads a JSON reply.
pub(crate) fn read_json(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), serde_json::Error> {
    let value: Value = serde_json::from_slice(bytes)?;
    begin(sink);
    walk(&value, None, 0, sink);
    Ok(())
}

/// Whether a JSON text looks like a reply: an object with members that the service writes.
pub(crate) fn is_reply(head: &str) -> bool {
    let head = head.trim_start();
    head.starts_with('{')
        && [
            "\"artist-credit\"",
            "\"iswcs\"",
            "\"isrcs\"",
            "\"target-type\"",
            "\"sort-name\"",
            "\"disambiguation\"",
        ]
        .iter()
        .any(|member| head.contains(member))
}

fn begin(sink: &mut dyn Sink) {
    let origin = "MusicBrainz".to_owned();
    sink.message(Message { standard: "MusicBrainz web service 2".to_owned(), origin, date: None });
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Work,
    Recording,
}

/// A work or recording as both forms say it.
#[derive(Clone, Debug)]
struct Entity {
    kind: Kind,
    id: String,
    title: String,
    language: Option<String>,
    /// ISWC or ISRC.
    codes: Vec<String>,
    artists: Vec<(String, String)>,
    relations: Vec<Related>,
}

#[derive(Clone, Debug)]
struct Related {
    kind: String,
    attributes: Vec<String>,
    target: Target,
}

#[derive(Clone, Debug)]
enum Target {
    Party { id: String, name: String, label: bool },
    Entity(Box<Entity>),
    Other,
}

fn from_xml(element: &Element, kind: Kind, depth: usize) -> Entity {
    let text = |tag: &str| element.text_at(&[tag]).map(short);
    let mut codes: Vec<String> = Vec::new();
    codes.extend(text("iswc"));
    let listed = |list: &str, tag: &str| -> Vec<String> {
        let inside = element.child(list).into_iter().flat_map(|l| l.children.iter());
        let inside = inside.filter(|c| c.name == tag);
        inside.map(|c| short(c.attribute("id").unwrap_or(&c.text))).collect()
    };
    codes.extend(listed("iswc-list", "iswc"));
    codes.extend(listed("isrc-list", "isrc"));
    codes.dedup();
    let credits = element.child("artist-credit").into_iter().flat_map(|c| c.all("name-credit"));
    let artists = credits.filter_map(|credit| {
        let artist = credit.child("artist")?;
        Some((short(artist.attribute("id")?), short(artist.text_at(&["name"])?)))
    });
    let mut relations = Vec::new();
    for list in element.all("relation-list") {
        for relation in list.all("relation") {
            let attributes = relation.child("attribute-list").into_iter().flat_map(|l| l.all("attribute"));
            relations.push(Related {
                kind: short(relation.attribute("type").unwrap_or_default()),
                attributes: attributes.map(|a| short(&a.text)).collect(),
                target: target_xml(relation, depth),
            });
        }
    }
    Entity {
        kind,
        id: short(element.attribute("id").unwrap_or_default()),
        title: text("title").unwrap_or_default(),
        language: text("language"),
        codes,
        artists: artists.collect(),
        relations,
    }
}

fn target_xml(relation: &Element, depth: usize) -> Target {
    for (tag, label) in [("artist", false), ("label", true)] {
        if let Some(found) = relation.child(tag) {
            let (Some(id), Some(name)) = (found.attribute("id"), found.text_at(&["name"])) else {
                return Target::Other;
            };
            return Target::Party { id: short(id), name: short(name), label };
        }
    }
    for (tag, kind) in [("work", Kind::Work), ("recording", Kind::Recording)] {
        if let (Some(found), true) = (relation.child(tag), depth < DEPTH_MAX) {
            return Target::Entity(Box::new(from_xml(found, kind, depth + 1)));
        }
    }
    Target::Other
}

/// Visits the entities of a reply, wherever they stand.
fn walk(value: &Value, under: Option<&str>, depth: usize, sink: &mut dyn Sink) -> bool {
    if depth > DEPTH_MAX {
        return true;
    }
    match value {
        Value::Array(items) => items.iter().all(|item| walk(item, under, depth + 1, sink)),
        Value::Object(members) => {
            let has = |name: &str| members.contains_key(name);
            let kind = match under {
                Some("works" | "work") => Some(Kind::Work),
                Some("recordings" | "recording") => Some(Kind::Recording),
                None if has("title") && has("iswcs") => Some(Kind::Work),
                None if has("title") && has("length") && !has("media") => Some(Kind::Recording),
                _ => None,
            };
            match kind {
                Some(kind) if has("id") => deliver(&from_json(value, kind, 0), sink),
                _ => members.iter().all(|(name, value)| walk(value, Some(name), depth + 1, sink)),
            }
        }
        _ => true,
    }
}

fn from_json(value: &Value, kind: Kind, depth: usize) -> Entity {
    let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).map(short);
    let list = |name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten();
    let codes = list("iswcs").chain(list("isrcs")).filter_map(Value::as_str).map(short).collect();
    let artists = list("artist-credit").filter_map(|credit| {
        let artist = credit.get("artist")?;
        Some((text(artist, "id")?, text(artist, "name")?))
    });
    let relations = list("relations").map(|relation| {
        let attributes = relation.get("attributes").and_then(Value::as_array).into_iter().flatten();
        let named = |tag: &str, label: bool| {
            let found = relation.get(tag)?;
            Some(Target::Party { id: text(found, "id")?, name: text(found, "name")?, label })
        };
        let inside = |tag: &str, kind: Kind| {
            let found = relation.get(tag).filter(|_| depth < DEPTH_MAX)?;
            Some(Target::Entity(Box::new(from_json(found, kind, depth + 1))))
        };
        Related {
            kind: text(relation, "type").unwrap_or_default(),
            attributes: attributes.filter_map(Value::as_str).map(short).collect(),
            target: named("artist", false)
                .or_else(|| named("label", true))
                .or_else(|| inside("work", Kind::Work))
                .or_else(|| inside("recording", Kind::Recording))
                .unwrap_or(Target::Other),
        }
    });
    Entity {
        kind,
        id: text(value, "id").unwrap_or_default(),
        title: text(value, "title").unwrap_or_default(),
        language: text(value, "language"),
        codes,
        artists: artists.collect(),
        relations: relations.collect(),
    }
}

fn deliver(entity: &Entity, sink: &mut dyn Sink) -> bool {
    let (word, scheme, kind) = match entity.kind {
        Kind::Work => ("work", "iswc", WorkKind::Composition),
        Kind::Recording => ("recording", "isrc", WorkKind::Recording),
    };
    let place = format!("{word} {}", entity.id);
    if entity.id.is_empty() || entity.title.is_empty() {
        sink.note(&place, "it has no id or no title; it was set aside".to_owned());
        return true;
    }
    let id = own(&format!("mb-{word}"), "", &entity.id).to_string();
    let mut d = Delivered::new(id.clone(), kind, entity.title.clone(), place.clone());
    d.identify(id);
    for code in &entity.codes {
        d.identify(identifier(scheme, code, &place, sink).to_string());
    }
    d.work.language = entity.language.as_deref().and_then(super::language::tag);
    // A reply holds what was asked for: parts, never all that is known.
    d.extent = Extent::Part;
    for (id, name) in &entity.artists {
        let who = artist(id, name, false);
        d.credit(&who, Role::Performer);
        if entity.kind == Kind::Recording {
            d.claim(&who, Role::Performer, Right::NeighbouringPerformer, Share::Unknown, Basis::Statute);
        }
    }
    let mut behind = Vec::new();
    for related in &entity.relations {
        match &related.target {
            Target::Party { id, name, label } => {
                relate(&mut d, entity.kind, related, &artist(id, name, *label), sink);
            }
            Target::Entity(other) if (entity.kind, other.kind) == (Kind::Recording, Kind::Work) => {
                d.relations.push((RelationKind::Records, own("mb-work", "", &other.id).to_string()));
                behind.push(other);
            }
            Target::Entity(other) if (entity.kind, other.kind) == (Kind::Work, Kind::Work) => {
                d.keep(&format!("related work, {}", related.kind), &other.title);
            }
            Target::Entity(_) => {}
            Target::Other => sink.note(&place, format!("relation {} has no place here", related.kind)),
        }
    }
    behind.into_iter().all(|work| deliver(work, sink)) && sink.work(d)
}

/// What a relation of a work or recording to an artist or label comes to.
fn relate(d: &mut Delivered, kind: Kind, related: &Related, who: &PartyDraft, sink: &mut dyn Sink) {
    let session = related.attributes.iter().any(|a| matches!(a.as_str(), "guest" | "session" | "additional"));
    let (roles, performs): (&[Role], bool) = match (kind, related.kind.as_str()) {
        (Kind::Work, "composer") => (&[Role::Composer], false),
        (Kind::Work, "lyricist" | "librettist") => (&[Role::Lyricist], false),
        (Kind::Work, "writer") => (&[Role::Composer, Role::Lyricist], false),
        (Kind::Work, "translator") => (&[Role::Translator], false),
        (Kind::Work, "arranger" | "orchestrator" | "instrument arranger" | "vocal arranger") => {
            (&[Role::Arranger], false)
        }
        (Kind::Work, "revised by" | "reconstructed by") => (&[Role::Adapter], false),
        (Kind::Work, "publishing") => (&[Role::Publisher], false),
        (
            Kind::Recording,
            "vocal"
            | "instrument"
            | "performer"
            | "performing orchestra"
            | "conductor"
            | "chorus master"
            | "concertmaster"
            | "remixer"
            | "mix-DJ",
        ) => (if session { &[Role::SessionMusician] } else { &[Role::Performer] }, true),
        (Kind::Recording, "phonographic copyright") => {
            d.credit(who, Role::Producer);
            d.claim(who, Role::Producer, Right::NeighbouringProducer, Share::Unknown, Basis::Statute);
            return;
        }
        (Kind::Recording, "producer") => {
            d.credit(who, Role::Producer);
            return;
        }
        _ => {
            let place = d.place.clone();
            d.keep(&format!("credit {}", related.kind), &who.name);
            sink.note(
                &place,
                format!("relation {} to {} carries no claim here; kept as a credit", related.kind, who.name),
            );
            return;
        }
    };
    for role in roles {
        d.credit(who, *role);
        if performs {
            d.claim(who, *role, Right::NeighbouringPerformer, Share::Unknown, Basis::Statute);
        } else {
            let basis = if *role == Role::Publisher { Basis::Assignment } else { Basis::Authorship };
            for right in [Right::Performing, Right::Mechanical] {
                d.claim(who, *role, right, Share::Unknown, basis);
            }
        }
    }
}

fn artist(id: &str, name: &str, label: bool) -> PartyDraft {
    let (scheme, kind) =
        if label { ("mb-label", PartyKind::Organisation) } else { ("mb-artist", PartyKind::Unknown) };
    party(name, kind, vec![own(scheme, "", id)])
}

#[cfg(test)]
#[path = "musicbrainz_tests.rs"]
mod tests;
