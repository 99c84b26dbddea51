//! JUMBF boxes (ISO/IEC 19566-5): superboxes with labels, and their content boxes.

const DEPTH_MAX: usize = 12;
/// Most boxes of one store.
const BOXES_MAX: usize = 20_000;

/// A superbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node<'a> {
    pub(super) label: String,
    /// What it holds without its own head: what hashes in claims are about.
    pub(super) inside: &'a [u8],
    /// Content boxes: type and data.
    pub(super) boxes: Vec<([u8; 4], &'a [u8])>,
    pub(super) children: Vec<Node<'a>>,
}

impl<'a> Node<'a> {
    pub(super) fn child(&self, label: &str) -> Option<&Node<'a>> {
        self.children.iter().find(|c| c.label == label)
    }
}

/// The first superbox of the bytes.
pub(super) fn parse(bytes: &[u8]) -> Option<Node<'_>> {
    let mut left = BOXES_MAX;
    let (kind, inside, _) = next(bytes)?;
    (kind == *b"jumb").then(|| node(inside, 0, &mut left)).flatten()
}

fn node<'a>(inside: &'a [u8], depth: usize, left: &mut usize) -> Option<Node<'a>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut made = Node { inside, ..Node::default() };
    let mut rest = inside;
    while !rest.is_empty() && *left > 0 {
        *left -= 1;
        let Some((kind, data, after)) = next(rest) else { break };
        match &kind {
            b"jumd" => {
                // Type in 16 octets, toggles, then the label where its bit is set.
                let toggles = data.get(16).copied().unwrap_or_default();
                if toggles & 2 != 0 {
                    let text = data.get(17..).unwrap_or_default();
                    let end = memchr::memchr(0, text).unwrap_or(text.len());
                    made.label = String::from_utf8_lossy(text.get(..end).unwrap_or_default()).into_owned();
                }
            }
            b"jumb" => made.children.extend(node(data, depth + 1, left)),
            _ => made.boxes.push((kind, data)),
        }
        rest = after;
    }
    Some(made)
}

/// Type and content of the first box, and what follows it.
fn next(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let len = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let kind: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
    let (head, len) = match len {
        0 => (8, bytes.len()),
        1 => (16, usize::try_from(u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?)).ok()?),
        len => (8, len),
    };
    let whole = bytes.get(..len)?;
    Some((kind, whole.get(head..)?, bytes.get(len..)?))
}
