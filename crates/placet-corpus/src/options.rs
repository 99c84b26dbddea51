//! What a reader is told, and the limits it keeps to.

/// The largest record, and the largest text of one, that is read unless the caller asks for more.
pub const ITEM_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many bytes a compressed stream may give for each byte it takes, counted once it has given
/// [`EXPANSION_BYTES_FREE`]. Real text stays below 100; deflate ends at 1,032, zstd far above.
pub const EXPANSION_MAX: u64 = 400;
/// What a compressed stream may give before [`EXPANSION_MAX`] is looked at.
pub const EXPANSION_BYTES_FREE: u64 = 256 * 1024 * 1024;
/// How deep objects and arrays of a JSON record may be nested.
pub const JSON_DEPTH_MAX: usize = 128;
/// How many members an archive may have.
pub const ARCHIVE_MEMBERS_MAX: u64 = 100_000_000;
/// How large a Parquet file inside an archive may be: it has to be held in memory.
pub const ARCHIVE_PARQUET_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How long the header block of a WARC, ARC or HTTP message may be.
pub const HEADER_BYTES_MAX: usize = 256 * 1024;

/// How a source is read. The names of command line options in remedies belong to these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Fields that hold the text, `a.b` for nested ones; several are joined by a line break. Empty: found by name.
    /// Option `--text-field`.
    pub text_fields: Vec<String>,
    /// Field that holds the document's own id. `None`: found by name. Option `--id-field`.
    pub id_field: Option<String>,
    /// Field that holds the address. `None`: found by name. Option `--url-field`.
    pub url_field: Option<String>,
    /// The largest record and text that is read. Option `--max-item-bytes`.
    pub item_bytes_max: u64,
    /// Whether items carry what [`crate::Cleared`] needs. Without it reading is cheaper.
    pub keep_raw: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            text_fields: Vec::new(),
            id_field: None,
            url_field: None,
            item_bytes_max: ITEM_BYTES_MAX,
            keep_raw: true,
        }
    }
}
