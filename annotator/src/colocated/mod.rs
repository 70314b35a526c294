//! Co-located variants: what the operator's tracks know about the site of an allele.
//!
//! A track is a data set in a reference, such as dbSNP. Each kind of track has a module, which
//! declares the CSQ fields that the kind fills, how a track is built from a file, and how it looks
//! up an allele. The fields of CSQ, its header lines and `build-reference` follow from these
//! declarations. To add a data set with fields of its own, write a module with a [`TrackKind`] and
//! register it in [`DATA_SETS`].

mod fit;
mod info_key;
mod known_variants;
mod regions;
#[cfg(test)]
mod test_data_set;
mod track;
mod variant_table;

pub(crate) use fit::Genome;
pub(crate) use track::{BuiltTrack, Field};

use crate::variant::Variant;
use info_key::check_info_key;
use std::ops::Range;
use track::{Found, Track, TrackKind};

/// The kind of VCF tracks that are not registered data sets.
const VCF: &TrackKind = &known_variants::KIND;

/// The kind of BED tracks.
const BED: &TrackKind = &regions::KIND;

/// Data sets with fields of their own. The name of a VCF track selects the data set that it belongs
/// to.
const DATA_SETS: &[&TrackKind] = &[
    #[cfg(test)]
    &test_data_set::KIND,
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

/// Checks the name of a track.
///
/// # Errors
/// The reason why it cannot be used.
pub(crate) fn check_name(name: &str, is_bed: bool) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!("{name:?} is not a track name; use letters, digits and \"_\""));
    }
    check_info_key_of(name, kind_of(name, is_bed))
}

/// Checks the INFO key of a track of a kind that writes one.
fn check_info_key_of(name: &str, kind: &TrackKind) -> Result<(), String> {
    let checked = kind.info_description.map_or(Ok(()), |_| check_info_key(name));
    checked.map_err(|reason| format!("the track name {name} {reason}"))
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
        check_info_key_of(name, kind)?;
        Ok(Self {
            name: name.to_owned(),
            info_description: kind.info_description,
            fields: first_field..first_field + kind.fields.len(),
            data: (kind.open)(name, data).map_err(|e| e.to_string())?,
        })
    }

    /// The INFO key that the track writes, if it writes one.
    pub(crate) fn info_key(&self) -> Option<&str> {
        self.info_description.map(|_| self.name.as_str())
    }

    /// The header line of the INFO key that the track writes, if it writes one.
    pub(crate) fn info_definition(&self) -> Option<String> {
        let (name, description) = (&self.name, self.info_description?);
        Some(format!(
            "##INFO=<ID={name},Number=.,Type=String,Description=\"{description} {name}\">"
        ))
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
    /// Starts a record. An rs number in its ID column counts as a dbSNP identifier.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_tags_and_fields_of_track_kinds_are_unique() {
        let (names, tags): (HashSet<_>, HashSet<_>) = kinds().map(|k| (k.name, k.tag)).unzip();
        assert_eq!((names.len(), tags.len()), (kinds().count(), kinds().count()));
        let names: HashSet<_> = fields().map(|field| field.name).collect();
        assert_eq!(names.len(), fields().count());
    }

    #[test]
    fn an_rs_number_in_the_id_column_is_a_dbsnp_identifier() {
        assert!(has_rs_id(b"rs12") && has_rs_id(b"mine;rs7"));
        assert!(
            !has_rs_id(b".") && !has_rs_id(b"rs") && !has_rs_id(b"rs1a") && !has_rs_id(b"xrs1")
        );
    }
}
