//! XMP packets: the properties of an asset as names and values (ISO 16684-1).
//!
//! The packet is given as bytes; the containers that hold one are read in [`crate::container`]. Structures are
//! flattened to their fields; arrays keep their items.

use crate::defect::{Defect, Problem, note};
use crate::xml::{self, Element};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const PROPERTIES_MAX: usize = 20_000;

/// One property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Namespace.
    pub space: String,
    /// Name in it.
    pub name: String,
    /// Its value, or the items of its array.
    pub values: Vec<String>,
}

/// Reads a packet.
pub fn parse(bytes: &[u8]) -> (Vec<Property>, Vec<Defect>) {
    let (root, mut defects) = xml::parse(trimmed(bytes));
    let mut properties = Vec::new();
    let Some(root) = root else { return (properties, defects) };
    let descriptions =
        root.walk().into_iter().filter(|e| e.is(RDF, "RDF")).flat_map(|e| e.all(RDF, "Description"));
    for description in descriptions {
        fields(description, &mut properties);
        if properties.len() > PROPERTIES_MAX {
            note(&mut defects, Defect::new(Problem::Limit, "properties"));
            properties.truncate(PROPERTIES_MAX);
            break;
        }
    }
    (properties, defects)
}

/// The first value of a property.
pub fn first<'a>(properties: &'a [Property], space: &str, name: &str) -> Option<&'a str> {
    values(properties, space, name).next()
}

/// Every value of a property.
pub fn values<'a>(properties: &'a [Property], space: &str, name: &str) -> impl Iterator<Item = &'a str> {
    properties
        .iter()
        .filter(move |p| p.space == space && p.name == name)
        .flat_map(|p| &p.values)
        .map(String::as_str)
}

fn fields(holder: &Element, properties: &mut Vec<Property>) {
    for attribute in holder.attributes.iter().filter(|a| a.space != RDF && !a.space.is_empty()) {
        let values = vec![attribute.value.clone()];
        properties.push(Property { space: attribute.space.clone(), name: attribute.name.clone(), values });
    }
    for child in &holder.children {
        let mut values = Vec::new();
        collect(child, &mut values, properties);
        properties.push(Property { space: child.space.clone(), name: child.name.clone(), values });
    }
}

fn collect(element: &Element, values: &mut Vec<String>, properties: &mut Vec<Property>) {
    if let Some(resource) = element.attribute_in(RDF, "resource") {
        values.push(resource.to_owned());
    }
    if element.attribute_in(RDF, "parseType") == Some("Resource") {
        fields(element, properties);
        return;
    }
    for inner in &element.children {
        if inner.is(RDF, "Bag") || inner.is(RDF, "Seq") || inner.is(RDF, "Alt") {
            for item in inner.all(RDF, "li") {
                collect(item, values, properties);
            }
        } else if inner.is(RDF, "Description") {
            fields(inner, properties);
        }
    }
    let text = element.text.trim();
    if element.children.is_empty() && !text.is_empty() {
        values.push(text.to_owned());
    }
}

/// Packets are padded with spaces and zero octets.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |at| at + 1);
    bytes.get(..end).unwrap_or(bytes)
}
