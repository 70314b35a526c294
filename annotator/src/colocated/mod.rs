//! Co-located variants: what the operator's tracks know about the site of an allele.
//!
//! A track is a data set in a reference, such as dbSNP. Each kind of track has a module, which
//! declares the CSQ fields that the kind fills, how a track is built from a file, and how it looks up
//! an allele. The fields of CSQ, its header line and the commands for building a reference are
//! derived from these declarations: to add a data set with fields of its own, write a module with a
//! [`TrackKind`] and register it in [`DATA_SETS`].

mod known_variants;
mod regions;
#[cfg(test)]
mod test_score;
mod variant_table;

use crate::Error;
use crate::contig_names::ContigNames;
use crate::source_file::SourceFile;
use crate::variant::Variant;
use serde::Serialize;
use std::fmt::Debug;
use std::ops::Range;

/// The kind of VCF tracks that are not a registered data set.
const VCF: &TrackKind = &known_variants::KIND;

/// The kind of BED tracks.
const BED: &TrackKind = &regions::KIND;

/// Data sets with fields of their own. A VCF track whose name is that of a data set is built and
/// read by its module.
const DATA_SETS: &[&TrackKind] = &[
    #[cfg(test)]
    &test_score::KIND,
];

fn kinds() -> impl Iterator<Item = &'static TrackKind> {
    [VCF, BED].into_iter().chain(DATA_SETS.iter().copied())
}

/// The fields that tracks add at the end of CSQ, in order.
pub(crate) fn fields() -> impl Iterator<Item = &'static Field> {
    kinds().flat_map(|kind| kind.fields)
}

/// The kind of a track, by its name and by whether it is a BED file.
pub(crate) fn kind_of(name: &str, is_bed: bool) -> &'static TrackKind {
    let data_set = DATA_SETS.iter().copied().find(|kind| kind.name == name);
    if is_bed { BED } else { data_set.unwrap_or(VCF) }
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

/// A kind of track: its fields and how its tracks are built and opened.
pub(crate) struct TrackKind {
    /// The name in the manifest of a reference. For a data set, also the name of its track.
    pub(crate) name: &'static str,
    /// The first byte of a track file of this kind.
    tag: u8,
    /// The CSQ fields that tracks of this kind fill.
    fields: &'static [Field],
    /// For kinds that write INFO under the name of the track: what they write, for the header.
    info_description: Option<&'static str>,
    /// Reads the source file of a track.
    build: fn(&mut SourceFile, &ContigNames, usize) -> Result<TrackFile, Error>,
    /// Reads a track of the given name from the bytes of [`TrackFile`].
    open: fn(&str, &[u8]) -> ReadTrack,
}

/// The result of reading a track file.
type ReadTrack = Result<Box<dyn Track>, postcard::Error>;

/// The serialized data of a track.
pub(crate) struct TrackFile {
    /// The bytes, without the tag of the kind.
    bytes: Vec<u8>,
    /// Records that were read.
    records: u64,
}

impl TrackFile {
    /// Serializes the data of a track, which was read from `source`.
    fn new(data: &impl Serialize, records: u64, source: &SourceFile) -> Result<Self, Error> {
        let bytes = postcard::to_stdvec(data).map_err(|e| source.error(e.to_string()))?;
        Ok(Self { bytes, records })
    }
}

impl TrackKind {
    /// Builds the file of a track and counts its records. Records on contigs without sequence are
    /// left out. `contigs` is the number of contigs.
    ///
    /// # Errors
    /// [`Error`] if the source file cannot be read or has an invalid line.
    pub(crate) fn build(
        &self,
        source: &mut SourceFile,
        names: &ContigNames,
        contigs: usize,
    ) -> Result<(Vec<u8>, u64), Error> {
        let TrackFile { mut bytes, records } = (self.build)(source, names, contigs)?;
        bytes.insert(0, self.tag);
        Ok((bytes, records))
    }
}

/// The data of one track.
pub(crate) trait Track: Debug + Send + Sync {
    /// Adds what the track knows about an allele to `found`. Returns whether any entry matches.
    fn look_up(&self, contig: u32, variant: &Variant<'_>, found: &mut Found<'_>) -> bool;
}

/// A track of a reference, ready for look-ups.
#[derive(Debug)]
pub(crate) struct OpenTrack {
    /// The name, which is also the INFO key of a track that writes one.
    name: String,
    info_description: Option<&'static str>,
    /// The positions of its fields among [`fields`].
    fields: Range<usize>,
    data: Box<dyn Track>,
}

impl OpenTrack {
    /// Reads a track of a kind from the bytes of its file.
    ///
    /// # Errors
    /// The reason why the bytes are not a track of that kind.
    pub(crate) fn read(name: &str, kind: &str, bytes: &[u8]) -> Result<Self, String> {
        let before = kinds().take_while(|known| known.name != kind);
        let first_field = before.map(|known| known.fields.len()).sum();
        let kind = kinds()
            .find(|known| known.name == kind)
            .ok_or_else(|| format!("{kind:?} is not a kind of track"))?;
        let data = bytes
            .strip_prefix(&[kind.tag])
            .ok_or_else(|| format!("the data is not of the kind {:?}", kind.name))?;
        Ok(Self {
            name: name.to_owned(),
            info_description: kind.info_description,
            fields: first_field..first_field + kind.fields.len(),
            data: (kind.open)(name, data).map_err(|e| e.to_string())?,
        })
    }

    /// The header line of the INFO key that the track writes, if it writes one.
    pub(crate) fn info_definition(&self) -> Option<String> {
        let (name, description) = (&self.name, self.info_description?);
        Some(format!(
            "##INFO=<ID={name},Number=.,Type=String,Description=\"{description} {name}\">"
        ))
    }
}

/// Collects what a track knows about an allele.
pub(crate) struct Found<'a> {
    identifiers: &'a mut Vec<u8>,
    values: &'a mut [Vec<u8>],
    info: &'a mut Vec<u8>,
    in_dbsnp: &'a mut bool,
}

impl Found<'_> {
    /// Adds an identifier to Existing_variation, unless it is empty or present.
    fn push_identifier(&mut self, id: &[u8]) {
        push_distinct(self.identifiers, id, b'&');
    }

    /// Adds a value to a field of the kind, by the field's index in its declaration, unless the
    /// value is empty or present.
    fn push(&mut self, field: usize, value: &[u8]) {
        push_distinct(&mut self.values[field], value, b'&');
    }

    /// Adds a value to the INFO key of the track, unless it is empty or present.
    fn push_info(&mut self, value: &[u8]) {
        push_distinct(self.info, value, b',');
    }

    /// Marks the record as known to dbSNP.
    fn mark_in_dbsnp(&mut self) {
        *self.in_dbsnp = true;
    }
}

/// What all tracks know about the current allele and record. Buffers are reused.
#[derive(Debug)]
pub(crate) struct ColocatedVariants {
    /// Existing_variation of the current allele.
    identifiers: Vec<u8>,
    /// The values of [`fields`] for the current allele.
    values: Vec<Vec<u8>>,
    /// The same values as they end a CSQ entry.
    csq_values: Vec<u8>,
    /// By track: whether the current record matches an entry.
    hits: Vec<bool>,
    /// By track: the INFO value of the current record.
    info: Vec<Vec<u8>>,
    in_dbsnp: bool,
}

impl Default for ColocatedVariants {
    fn default() -> Self {
        let values = vec![Vec::new(); fields().count()];
        Self {
            identifiers: Vec::new(),
            csq_values: values.join(&b'|'),
            values,
            hits: Vec::new(),
            info: Vec::new(),
            in_dbsnp: false,
        }
    }
}

impl ColocatedVariants {
    /// Starts a record, whose ID column may name it an entry of dbSNP.
    pub(crate) fn begin_record(&mut self, tracks: &[OpenTrack], id: &[u8]) {
        self.in_dbsnp = has_rs_id(id);
        self.hits.clear();
        self.hits.resize(tracks.len(), false);
        self.info.resize(tracks.len(), Vec::new());
        self.info.iter_mut().for_each(Vec::clear);
    }

    /// Looks up an allele of the current record in all tracks. `tracks` must be the same for every
    /// call.
    pub(crate) fn look_up(&mut self, tracks: &[OpenTrack], contig: u32, variant: &Variant<'_>) {
        if tracks.is_empty() {
            return;
        }
        self.identifiers.clear();
        self.values.iter_mut().for_each(Vec::clear);
        for (n, track) in tracks.iter().enumerate() {
            let mut found = Found {
                identifiers: &mut self.identifiers,
                values: &mut self.values[track.fields.clone()],
                info: &mut self.info[n],
                in_dbsnp: &mut self.in_dbsnp,
            };
            self.hits[n] |= track.data.look_up(contig, variant, &mut found);
        }
        self.csq_values.clear();
        for (n, value) in self.values.iter().enumerate() {
            if n > 0 {
                self.csq_values.push(b'|');
            }
            self.csq_values.extend_from_slice(value);
        }
    }

    /// Identifiers of variants equal to the current allele, separated by `&`.
    pub(crate) fn identifiers(&self) -> &[u8] {
        &self.identifiers
    }

    /// The values of [`fields`] for the current allele, separated by `|`.
    pub(crate) fn csq_values(&self) -> &[u8] {
        &self.csq_values
    }

    /// Whether the current record has a dbSNP identifier, of its own or from a track.
    pub(crate) fn in_dbsnp(&self) -> bool {
        self.in_dbsnp
    }

    /// By track: whether the current record matches an entry.
    pub(crate) fn hits(&self) -> &[bool] {
        &self.hits
    }

    /// Appends the INFO keys of the tracks to INFO, which begins at `info_start` of `out`.
    pub(crate) fn write_info(&self, tracks: &[OpenTrack], out: &mut Vec<u8>, info_start: usize) {
        for (track, value) in tracks.iter().zip(&self.info).filter(|(_, v)| !v.is_empty()) {
            if out.len() > info_start {
                out.push(b';');
            }
            out.extend_from_slice(track.name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
}

/// Whether an ID column has an identifier of dbSNP.
pub(crate) fn has_rs_id(id: &[u8]) -> bool {
    id.split(|b| *b == b';').any(|id| {
        id.strip_prefix(b"rs").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
    })
}

/// Appends an item to a list unless it is empty or present.
fn push_distinct(list: &mut Vec<u8>, item: &[u8], separator: u8) {
    if item.is_empty() || list.split(|b| *b == separator).any(|present| present == item) {
        return;
    }
    if !list.is_empty() {
        list.push(separator);
    }
    list.extend_from_slice(item);
}
