//! Plain data that both halves of [`browser`](super) return.

/// The response to an upload request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadResponse {
    /// The HTTP status, or 0 if there was no response.
    pub status: u16,
    /// The body, if it is text.
    pub body: String,
}

/// The beginning of the decompressed content of a gzip file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decompressed {
    /// The decompressed bytes, up to the first error.
    pub bytes: Vec<u8>,
    /// Whether these bytes are the entire content, without an error.
    pub is_complete: bool,
}
