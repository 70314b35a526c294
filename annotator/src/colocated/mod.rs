//! Co-located variants: what sources, and the tracks of a reference, know about the site of an allele.
//!
//! A source is a file of the format of `gas-sources`, which a run is given ([`SourceSet`]); its columns become fields of
//! CSQ, or INFO keys in the other formats. A track is a data set in a reference, such as dbSNP. Each kind of track has a module, which
//! declares the CSQ fields that the kind fills, how a track is built from a file, and how it looks
//! up an allele. The fields of CSQ, its header lines and `build-reference` follow from these
//! declarations. To add a data set with fields of its own, write a module with a [`TrackKind`] and
//! register it in [`DATA_SETS`].

mod data_set;
mod fit;
mod info_key;
mod info_values;
mod known_variants;
mod line_field;
mod regions;
mod source_columns;
mod source_coverage;
mod source_gene;
mod source_look_up;
mod source_set;
#[cfg(test)]
mod test_data_set;
mod track;
mod variant_table;

pub(crate) use data_set::EntryKey;
pub(crate) use fit::Genome;
pub use source_columns::columns_of_source;
pub(crate) use source_set::AddedColumn;
pub use source_set::{SourcePath, SourceSet};
pub(crate) use track::{BuiltTrack, Field};

use crate::allele::Allele;
use crate::info::begin_field;
use crate::reference::{ContigView, Reference};
use crate::text::push_decimal;
use crate::variant::Variant;
use data_set::{DataSet, Found, MaxFrequency, Query};
use gas_shared::vcf::{AltKind, Record};
use gas_sources::{AlleleBuffer, AlleleQuery, CanonicalAllele, Damaged, RecordAllele};
use info_key::check_info_key;
use info_values::InfoColumn;
use line_field::LineField;
use source_columns::IDENTIFIERS;
use source_look_up::look_up;
use source_set::Scope;
use std::ops::Range;
use track::{Track, TrackKind};

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

/// What all data sets know about the current allele and record. Each thread has its own; buffers are reused.
#[derive(Debug)]
pub(crate) struct ColocatedVariants<'r> {
    tracks: &'r [OpenTrack],
    data_sets: Vec<OpenDataSet<'r>>,
    /// The data sets with values for transcripts or genes in CSQ.
    by_entry: Vec<usize>,
    /// The values of [`fields`] in a CSQ entry, as positions in `values`.
    own_fields: Vec<usize>,
    /// Existing_variation of the current allele.
    identifiers: Vec<u8>,
    /// The values of the current allele: of [`fields`], then of the columns of sources.
    values: Vec<Vec<u8>>,
    /// Whether the columns of sources are INFO keys.
    is_info: bool,
    /// The values of sources that are written where they stay: fields that end a CSQ entry, each after a `|`, or INFO fields of a
    /// record with one ALT, each after a `;`.
    line: Vec<u8>,
    /// The values as they end a CSQ entry, except those of transcripts and genes.
    csq_values: Vec<u8>,
    /// The values of the current transcript and its gene, each after a `|`.
    entry_values: Vec<u8>,
    /// As `entry_values`, of an entry without a transcript.
    no_entry_values: Vec<u8>,
    /// By data set: whether the current record matches an entry.
    hits: Vec<bool>,
    /// By track: the INFO value of the current record.
    info: Vec<Vec<u8>>,
    /// The columns of sources in a format without fields for them.
    info_columns: Vec<InfoColumn<'r>>,
    has_max_frequency: bool,
    max_frequency: MaxFrequency,
    /// The alleles of the current record, if there are INFO keys of sources.
    alleles: usize,
    in_dbsnp: bool,
    canonical: AlleleBuffer,
    /// Why a source cannot be read.
    damage: Option<Damaged>,
}

/// A data set and the positions of its values.
#[derive(Debug)]
struct OpenDataSet<'r> {
    data: Box<dyn DataSet + 'r>,
    values: Range<usize>,
}

/// The allele of a record that is looked up.
#[derive(Clone, Copy)]
pub(crate) struct LookedUp<'a> {
    /// POS, REF and the ALT.
    pub(crate) record: RecordAllele<'a>,
    /// The number of the ALT, from 0.
    pub(crate) number: usize,
}

impl<'r> ColocatedVariants<'r> {
    /// What the tracks of a reference know.
    pub(crate) fn of_tracks(reference: &'r Reference) -> Self {
        Self::new(reference, SourceSet::none(), false)
    }

    /// What the tracks of a reference and the sources of a run know. With `is_info`, the columns of sources become INFO
    /// keys instead of fields of CSQ.
    pub(crate) fn new(reference: &'r Reference, sources: &'r SourceSet, is_info: bool) -> Self {
        let tracks = reference.tracks();
        let own = fields().count();
        let of_tracks = tracks
            .iter()
            .map(|track| OpenDataSet { data: Box::new(track), values: track.fields.clone() });
        let columns = sources.columns();
        let of_sources = sources.sources().iter().map(|source| OpenDataSet {
            data: look_up(source, is_info, line_fields(&columns[source.values.clone()], is_info)),
            values: source.values.start + own..source.values.end + own,
        });
        let by_entry = sources.sources().iter().enumerate();
        let by_entry = by_entry
            .filter(|(_, source)| !is_info && source.scope() == Scope::Entry)
            .map(|(n, _)| n + tracks.len());
        let values = vec![Vec::new(); own + columns.len()];
        let no_entry_values = columns.iter().filter(|column| column.scope == Scope::Entry);
        let mut colocated = Self {
            tracks,
            data_sets: of_tracks.chain(of_sources).collect(),
            by_entry: by_entry.collect(),
            own_fields: own_fields(columns).collect(),
            identifiers: Vec::new(),
            values,
            is_info,
            line: Vec::new(),
            csq_values: Vec::new(),
            entry_values: Vec::new(),
            no_entry_values: vec![b'|'; no_entry_values.count()],
            hits: Vec::new(),
            info: Vec::new(),
            info_columns: if is_info { info_columns(sources, own) } else { Vec::new() },
            has_max_frequency: sources.has_max_frequency(),
            max_frequency: MaxFrequency::default(),
            alleles: 0,
            in_dbsnp: false,
            canonical: AlleleBuffer::default(),
            damage: None,
        };
        let line = source_fields(columns).filter(|n| !sources.is_max_frequency(*n));
        colocated.line = vec![b'|'; line.count()];
        colocated.join_values();
        colocated.leave_entry();
        colocated
    }

    /// Whether there is nothing that could know an allele.
    pub(crate) fn is_empty(&self) -> bool {
        self.data_sets.is_empty()
    }

    /// Starts a record. An rs number in its ID column counts as a dbSNP identifier.
    pub(crate) fn begin_record(&mut self, record: &Record<'_>) {
        self.in_dbsnp = has_rs_id(record.id);
        self.hits.clear();
        self.hits.resize(self.data_sets.len(), false);
        self.info.resize(self.tracks.len(), Vec::new());
        self.info.iter_mut().for_each(Vec::clear);
        if !self.info_columns.is_empty() {
            self.info_columns.iter_mut().for_each(InfoColumn::clear);
            self.line.clear();
            self.alleles = memchr::memchr_iter(b',', record.alt).count() + 1;
        }
    }

    /// Whether values are written to `line`. Those of several ALTs are collected by INFO key first.
    fn has_line(&self) -> bool {
        !self.is_info || self.alleles == 1
    }

    /// Looks up an allele of the current record in all data sets.
    #[inline]
    pub(crate) fn look_up(
        &mut self,
        contig: &ContigView<'_>,
        variant: &Variant<'_>,
        allele: LookedUp<'_>,
    ) {
        if !self.is_empty() {
            self.look_up_everywhere(contig, variant, allele);
        }
    }

    fn look_up_everywhere(
        &mut self,
        contig: &ContigView<'_>,
        variant: &Variant<'_>,
        allele: LookedUp<'_>,
    ) {
        self.identifiers.clear();
        self.values.iter_mut().for_each(Vec::clear);
        self.line.clear();
        self.max_frequency.clear();
        let has_line = self.has_line();
        let mut nothing = Vec::new();
        let has_sources = self.data_sets.len() > self.tracks.len();
        let query = Query {
            contig,
            variant,
            allele: if has_sources {
                forms(contig, variant, allele.record, &mut self.canonical)
            } else {
                None
            },
        };
        for (n, data_set) in self.data_sets.iter_mut().enumerate() {
            let mut found = Found {
                identifiers: &mut self.identifiers,
                values: &mut self.values[data_set.values.clone()],
                line: has_line.then_some(&mut self.line),
                info: self.info.get_mut(n).unwrap_or(&mut nothing),
                in_dbsnp: &mut self.in_dbsnp,
                max_frequency: &mut self.max_frequency,
            };
            match data_set.data.look_up(&query, &mut found) {
                Ok(hit) => self.hits[n] |= hit,
                Err(damage) => self.damage = self.damage.or(Some(damage)),
            }
        }
        self.set_max_frequency();
        if !self.is_info {
            self.join_values();
            self.leave_entry();
        }
        for column in &mut self.info_columns {
            let value = match column.value {
                Some(number) => &self.values[number],
                None => &self.identifiers,
            };
            if !has_line {
                column.set(allele.number, value);
            } else if !column.is_in_line {
                column.field.write(value, &mut self.line);
            }
        }
    }

    fn set_max_frequency(&mut self) {
        if self.has_max_frequency
            && let [.., frequency, populations] = &mut self.values[..]
            && let Some(greatest) = self.max_frequency.frequency()
        {
            push_decimal(frequency, greatest);
            populations.extend_from_slice(self.max_frequency.populations());
        }
    }

    fn join_values(&mut self) {
        self.csq_values.clear();
        for (n, value) in self.own_fields.iter().enumerate() {
            if n > 0 {
                self.csq_values.push(b'|');
            }
            self.csq_values.extend_from_slice(&self.values[*value]);
        }
        self.csq_values.extend_from_slice(&self.line);
        if self.has_max_frequency
            && let [.., frequency, populations] = &self.values[..]
        {
            for value in [frequency, populations] {
                self.csq_values.push(b'|');
                self.csq_values.extend_from_slice(value);
            }
        }
    }

    /// Looks up the transcript and the gene of the next entry of CSQ.
    #[inline]
    pub(crate) fn enter(&mut self, entry: EntryKey<'_>) {
        if !self.by_entry.is_empty() {
            self.look_up_entry(&entry);
        }
    }

    fn look_up_entry(&mut self, entry: &EntryKey<'_>) {
        self.entry_values.clear();
        for n in &self.by_entry {
            match self.data_sets[*n].data.write_entry(entry, &mut self.entry_values) {
                Ok(hit) => self.hits[*n] |= hit,
                Err(damage) => self.damage = self.damage.or(Some(damage)),
            }
        }
    }

    /// The next entry of CSQ has no transcript.
    #[inline]
    pub(crate) fn leave_entry(&mut self) {
        if !self.no_entry_values.is_empty() {
            self.entry_values.clone_from(&self.no_entry_values);
        }
    }

    /// Identifiers of variants equal to the current allele, separated by `&`.
    pub(crate) fn identifiers(&self) -> &[u8] {
        &self.identifiers
    }

    /// Appends the values of [`csq_fields`] for the current allele and entry, separated by `|`.
    #[inline]
    pub(crate) fn write_csq(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.csq_values);
        out.extend_from_slice(&self.entry_values);
    }

    /// Whether the current record has a dbSNP identifier, of its own or from a track or source.
    pub(crate) fn in_dbsnp(&self) -> bool {
        self.in_dbsnp
    }

    /// By data set: whether the current record matches an entry.
    pub(crate) fn hits(&self) -> &[bool] {
        &self.hits
    }

    /// Why a source cannot be read, if so. Results since then lack its values.
    pub(crate) fn damage(&self) -> Option<Damaged> {
        self.damage
    }

    /// Appends the INFO keys of tracks and sources to INFO, which begins at `info_start` of `out`.
    pub(crate) fn write_info(&mut self, out: &mut Vec<u8>, info_start: usize) {
        for (track, value) in self.tracks.iter().zip(&self.info).filter(|(_, v)| !v.is_empty()) {
            begin_field(out, info_start);
            out.extend_from_slice(track.name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(value);
        }
        if self.info_columns.is_empty() {
            return;
        }
        if self.has_line() {
            // The first field of INFO has no semicolon before it.
            let from = usize::from(out.len() == info_start && !self.line.is_empty());
            out.extend_from_slice(&self.line[from..]);
            return;
        }
        for column in &mut self.info_columns {
            column.write(self.alleles, out, info_start);
        }
    }
}

/// A sequence allele in the forms that sources compare. A tandem duplication that is written as a symbolic allele has no
/// form of its own in the record.
fn forms<'a>(
    contig: &'a ContigView<'a>,
    variant: &Variant<'a>,
    record: RecordAllele<'a>,
    memory: &'a mut AlleleBuffer,
) -> Option<AlleleQuery<'a>> {
    let Variant::Sequence(places) = variant else { return None };
    let record = if AltKind::of(record.alt) == Some(AltKind::Sequence) {
        record
    } else {
        let Allele { start, reference, alt, .. } = places.first;
        RecordAllele { position: u32::try_from(start).ok()?, reference, alt }
    };
    let RecordAllele { position, reference, alt } = record;
    let canonical = CanonicalAllele::new(&contig.sequence, position, reference, alt, memory);
    Some(AlleleQuery { record, canonical })
}

/// The fields that end a CSQ entry.
pub(crate) fn csq_fields(sources: &SourceSet) -> impl Iterator<Item = &str> {
    let columns = sources.columns();
    let own = fields().map(|field| field.name);
    let of_sources = source_fields(columns).map(|n| columns[n].column.name.as_str());
    let of_entries = columns.iter().filter(|column| column.scope == Scope::Entry);
    own.chain(of_sources).chain(of_entries.map(|column| column.column.name.as_str()))
}

/// The values of [`fields`], as their positions among these and the columns of sources after them. A source can have a field
/// of that name instead of the tracks.
fn own_fields(columns: &[AddedColumn]) -> impl Iterator<Item = usize> {
    let own = fields().count();
    fields().enumerate().map(move |(n, field)| {
        let column = columns.iter().position(|column| column.column.name == field.name);
        column.map_or(n, |column| own + column)
    })
}

/// The columns of sources that are fields of CSQ after [`fields`] and depend on the allele only, in order.
fn source_fields(columns: &[AddedColumn]) -> impl Iterator<Item = usize> {
    let of_allele = columns.iter().enumerate().filter(|(_, column)| is_field_of_allele(column));
    of_allele.map(|(n, _)| n)
}

/// Whether a column depends on the allele only and has no field in CSQ without sources.
fn is_field_of_allele(column: &AddedColumn) -> bool {
    column.scope == Scope::Allele && is_source_field(&column.column.name)
}

/// How the values of the columns of a source are written where they stay, by column, as far as they are.
fn line_fields(columns: &[AddedColumn], is_info: bool) -> Vec<Option<LineField>> {
    let field =
        |column: &AddedColumn| is_field_of_allele(column).then(|| LineField::new(column, is_info));
    columns.iter().map(field).collect()
}

/// The columns as INFO keys, in the order in which they are written. Their values are after `own` ones.
fn info_columns(sources: &SourceSet, own: usize) -> Vec<InfoColumn<'_>> {
    let columns = sources.columns();
    let is_first = |n: usize, column: &AddedColumn| {
        columns[..n].iter().all(|before| before.info_key != column.info_key)
    };
    let mut written: Vec<InfoColumn<'_>> = columns
        .iter()
        .enumerate()
        // Identifiers of several sources are one list.
        .filter(|(n, column)| is_first(*n, column))
        .map(|(n, column)| {
            let is_in_line = is_field_of_allele(column) && !sources.is_max_frequency(n);
            InfoColumn::new(column, own + n, is_in_line)
        })
        .collect();
    written.sort_by_key(|column| !column.is_in_line);
    written
}

/// Whether the column of a source has a field of CSQ of its own, by its name.
fn is_source_field(name: &str) -> bool {
    name != IDENTIFIERS && !fields().any(|field| field.name == name)
}

impl DataSet for &OpenTrack {
    fn look_up(&mut self, query: &Query<'_>, found: &mut Found<'_>) -> Result<bool, Damaged> {
        Ok(self.data.look_up(query.contig.number, query.variant, found))
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
