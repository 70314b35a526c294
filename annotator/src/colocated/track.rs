//! The interface of a kind of track: what it declares, and how its tracks are built and looked up.

use super::data_set::Found;
use super::fit::{Fit, Genome};
use crate::Error;
use crate::source_file::SourceFile;
use crate::variant::Variant;
use serde::Serialize;
use std::fmt::Debug;

/// A kind of track: its fields and how its tracks are built and opened.
pub(crate) struct TrackKind {
    /// The name in the manifest of a reference. For a data set, also the name of its track.
    pub(crate) name: &'static str,
    /// The first byte of a track file of this kind.
    pub(super) tag: u8,
    /// The CSQ fields that tracks of this kind fill.
    pub(super) fields: &'static [Field],
    /// For kinds that write INFO under the name of the track: what they write, for the header.
    pub(super) info_description: Option<&'static str>,
    /// Reads the source file of a track.
    pub(super) build: fn(&mut SourceFile, Genome<'_>) -> Result<TrackFile, Error>,
    /// Reads a track of the given name from the bytes of [`TrackFile`].
    pub(super) open: fn(&str, &[u8]) -> ReadTrack,
}

/// The result of reading a track file.
type ReadTrack = Result<Box<dyn Track>, postcard::Error>;

/// The serialized data of a track.
pub(crate) struct TrackFile {
    /// The bytes, without the tag of the kind.
    bytes: Vec<u8>,
    fit: Fit,
}

/// A track file of a kind.
pub(crate) struct BuiltTrack {
    /// The tag of the kind, and the data.
    pub(crate) bytes: Vec<u8>,
    /// Entries of the source file that are in the track.
    pub(crate) entries: u64,
    /// The entries that were left out, in words for the manifest.
    pub(crate) notes: Vec<String>,
}

impl TrackFile {
    /// Serializes the data of a track, which was read from `source`.
    pub(super) fn new(data: &impl Serialize, fit: Fit, source: &SourceFile) -> Result<Self, Error> {
        let bytes = postcard::to_stdvec(data).map_err(|e| source.error(e.to_string()))?;
        Ok(Self { bytes, fit })
    }
}

impl TrackKind {
    /// Builds the file of a track. Entries that do not fit the genome are left out, with a note.
    ///
    /// # Errors
    /// [`Error`] if the source file cannot be read, has an invalid line, or is of another assembly.
    pub(crate) fn build(
        &self,
        name: &str,
        source: &mut SourceFile,
        genome: Genome<'_>,
    ) -> Result<BuiltTrack, Error> {
        let TrackFile { mut bytes, fit } = (self.build)(source, genome)?;
        bytes.insert(0, self.tag);
        let notes = fit.finish(name, genome, source)?;
        Ok(BuiltTrack { bytes, entries: fit.entries, notes })
    }
}

/// A CSQ field that a kind of track fills.
#[derive(Debug)]
pub(crate) struct Field {
    /// The name of the field.
    pub(crate) name: &'static str,
    /// The type of its values.
    pub(crate) value: FieldType,
    /// What the field means, for the header. `None` for fields that VEP defines.
    pub(crate) description: Option<&'static str>,
}

/// The type of a CSQ field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    /// Text.
    Text,
    /// A decimal number.
    Number,
}

impl Field {
    /// The header line that describes the field.
    pub(crate) fn definition(&self) -> Option<String> {
        let Self { name, value, description } = self;
        let kind = match value {
            FieldType::Text => "String",
            FieldType::Number => "Float",
        };
        let text = (*description)?;
        Some(format!("##CSQ=<ID={name},Type={kind},Description=\"{text}\">"))
    }
}

/// The data of one track.
pub(crate) trait Track: Debug + Send + Sync {
    /// Adds what the track knows about an allele to `found`. Returns whether any entry matches.
    fn look_up(&self, contig: u32, variant: &Variant<'_>, found: &mut Found<'_>) -> bool;
}
