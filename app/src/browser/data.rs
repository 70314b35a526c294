//! Plain data that both halves of [`browser`](super) return.

/// The response to an upload request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadResponse {
    /// The HTTP status, or 0 if there was no response.
    pub status: u16,
    /// The body, if it is text.
    pub body: String,
}

/// Why the genome browser is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GenomeError {
    /// The length of this contig is not known, neither from the reference nor from the header of the result.
    #[cfg_attr(not(feature = "web"), expect(dead_code, reason = "only a browser draws a genome"))]
    NoContig(String),
    /// The script or the result could not be loaded.
    NotLoaded,
}

/// The beginning of the decompressed content of a gzip file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decompressed {
    /// The decompressed bytes, up to the first error.
    pub bytes: Vec<u8>,
    /// Whether these bytes are the entire content, without an error.
    pub is_complete: bool,
}
