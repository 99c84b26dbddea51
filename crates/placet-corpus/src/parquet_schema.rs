//! The schema of a Parquet file: which of its columns count, and what their values are.

use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{Type, TypePtr};

use crate::fields::{Fields, Kind};
use crate::json::Names;

/// How deep columns may be nested.
const DEPTH_MAX: usize = 32;

/// A column of single values that counts.
#[derive(Debug)]
pub(crate) struct Leaf {
    /// Its place among the columns that are read; of those that [`find_leaves`] gives, all of the file are.
    pub(crate) column: usize,
    pub(crate) kind: Kind,
    pub(crate) rank: usize,
    pub(crate) holds: Holds,
    /// From this definition on there is a place for a value, be it empty; at `value` it is there.
    pub(crate) place: i16,
    pub(crate) value: i16,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Text that has to be UTF-8.
    Text,
    /// Bytes that may be UTF-8.
    Bytes,
    Int32,
    Int64,
    Uint64,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// What a node of the schema comes to below its lists.
pub(crate) enum Node<'a> {
    Value(&'a Type),
    Struct(&'a [TypePtr]),
}

/// The columns that `fields` name, in the order of the schema.
pub(crate) fn find_leaves(root: &Type, fields: &Fields) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let mut search = Search { fields, leaves: &mut leaves };
    search.below(children(root), Place::default(), &fields.names);
    leaves
}

#[derive(Clone, Copy, Default)]
struct Place {
    column: usize,
    depth: usize,
    definition: i16,
}

impl Place {
    /// The place of a node that stands here.
    fn at(self, node: &Type) -> Self {
        let repetition = repetition(node);
        Self {
            column: self.column,
            depth: self.depth + 1 + usize::from(repetition == Repetition::REPEATED),
            definition: self.definition + i16::from(repetition != Repetition::REQUIRED),
        }
    }
}

struct Search<'a> {
    fields: &'a Fields,
    leaves: &'a mut Vec<Leaf>,
}

impl Search<'_> {
    fn below(&mut self, nodes: &[TypePtr], mut place: Place, names: &Names) {
        for node in nodes {
            if let Some(below) = names.get(node.name().as_bytes()) {
                self.node(node, place.at(node), below);
            }
            place.column += width(node);
        }
    }

    fn node(&mut self, node: &Type, place: Place, names: &Names) {
        let Some((node, place)) = without_lists(node, place) else { return };
        match node {
            Node::Struct(nodes) => self.below(nodes, place, names),
            Node::Value(node) => {
                if let Some((kind, rank)) = names.target().and_then(|target| self.fields.target(target))
                    && let Some(holds) = holds(node)
                    && (kind != Kind::Text || matches!(holds, Holds::Text | Holds::Bytes))
                {
                    let optional = i16::from(repetition(node) == Repetition::OPTIONAL);
                    let (column, value) = (place.column, place.definition);
                    self.leaves.push(Leaf { column, kind, rank, holds, place: value - optional, value });
                }
            }
        }
    }
}

/// What a node holds, through all its lists. Nothing where that is a map, or nothing that can be told.
fn without_lists(node: &Type, place: Place) -> Option<(Node<'_>, Place)> {
    if place.depth > DEPTH_MAX {
        return None;
    }
    if node.is_primitive() {
        return Some((Node::Value(node), place));
    }
    match list_item(node) {
        Item::None => Some((Node::Struct(children(node)), place)),
        Item::Unknown => None,
        Item::Repeated(entry) if entry.is_primitive() => Some((Node::Value(entry), place.at(entry))),
        Item::Repeated(entry) => Some((Node::Struct(children(entry)), place.at(entry))),
        Item::Inner(entry, item) => without_lists(item, place.at(entry).at(item)),
    }
}

/// What an entry of a list is.
pub(crate) enum Item<'a> {
    /// The node is no list.
    None,
    /// The node says that it is one and is built otherwise, or is a map.
    Unknown,
    /// The repeated node itself, as old writers put it.
    Repeated(&'a Type),
    /// The one child of the repeated node.
    Inner(&'a Type, &'a Type),
}

/// The entry of a list by the rules for lists of the Parquet format (logical types, lists, with those for older files).
pub(crate) fn list_item(list: &Type) -> Item<'_> {
    let info = list.get_basic_info();
    let map = matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
        || info.logical_type_ref() == Some(&LogicalType::Map);
    if !map && !is_list(list) {
        return Item::None;
    }
    let [entry] = children(list) else { return Item::Unknown };
    if repetition(entry) != Repetition::REPEATED || repetition(list) == Repetition::REPEATED {
        return Item::Unknown;
    }
    match children(entry) {
        // A set is a map without values.
        _ if map && children(entry).len() != 1 => Item::Unknown,
        [item] => {
            let named = entry.name() == "array" || entry.name().strip_suffix("_tuple") == Some(list.name());
            if named && !is_list(entry) && repetition(item) != Repetition::REPEATED {
                Item::Repeated(entry)
            } else {
                Item::Inner(entry, item)
            }
        }
        _ => Item::Repeated(entry),
    }
}

fn is_list(node: &Type) -> bool {
    let info = node.get_basic_info();
    node.is_group()
        && (info.converted_type() == ConvertedType::LIST
            || info.logical_type_ref() == Some(&LogicalType::List))
}

fn children(node: &Type) -> &[TypePtr] {
    if node.is_group() { node.get_fields() } else { &[] }
}

fn repetition(node: &Type) -> Repetition {
    let info = node.get_basic_info();
    if info.has_repetition() { info.repetition() } else { Repetition::REQUIRED }
}

/// How many columns of values stand below a node.
pub(crate) fn width(node: &Type) -> usize {
    if node.is_primitive() { 1 } else { children(node).iter().map(|node| width(node)).sum() }
}

/// What the values of a column are; nothing for those that are neither text, number nor time.
pub(crate) fn holds(node: &Type) -> Option<Holds> {
    let info = node.get_basic_info();
    match (node.get_physical_type(), info.logical_type_ref(), info.converted_type()) {
        (Physical::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Json), _)
        | (Physical::BYTE_ARRAY, None, ConvertedType::UTF8 | ConvertedType::JSON) => Some(Holds::Text),
        (_, Some(LogicalType::Unknown), _)
        | (Physical::BYTE_ARRAY, Some(LogicalType::Decimal(_)), _)
        | (Physical::BYTE_ARRAY, None, ConvertedType::DECIMAL) => None,
        (Physical::BYTE_ARRAY, ..) => Some(Holds::Bytes),
        (Physical::INT32, Some(LogicalType::Integer(int)), _) => {
            (int.bit_width == 32 && int.is_signed).then_some(Holds::Int32)
        }
        (Physical::INT32, None, ConvertedType::NONE | ConvertedType::INT_32) => Some(Holds::Int32),
        (Physical::INT64, Some(LogicalType::Integer(int)), _) => {
            Some(if int.is_signed { Holds::Int64 } else { Holds::Uint64 })
        }
        (Physical::INT64, Some(LogicalType::Timestamp(stamp)), _) => Some(match stamp.unit {
            TimeUnit::MILLIS => Holds::Milliseconds,
            TimeUnit::MICROS => Holds::Microseconds,
            TimeUnit::NANOS => Holds::Nanoseconds,
        }),
        (Physical::INT64, None, ConvertedType::NONE | ConvertedType::INT_64) => Some(Holds::Int64),
        (Physical::INT64, None, ConvertedType::UINT_64) => Some(Holds::Uint64),
        (Physical::INT64, None, ConvertedType::TIMESTAMP_MILLIS) => Some(Holds::Milliseconds),
        (Physical::INT64, None, ConvertedType::TIMESTAMP_MICROS) => Some(Holds::Microseconds),
        (Physical::INT96, ..) => Some(Holds::Nanoseconds),
        _ => None,
    }
}
