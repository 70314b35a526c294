//! Takes the rows of an input, compares them with the genome, and hands them to the builder in order.

use super::InputError;
use super::pending::PendingRows;
use super::recipe::Recipe;
use super::value::OwnedValue;
use crate::builder::ContigWriter;
use crate::canonical::{AlleleBuffer, Bases, CanonicalAllele, MAX_SHIFT};
use crate::error::{BuildError, RowError};
use crate::matching::without_version;
use crate::metadata::{Contig, Matching};
use crate::row::{Key, Row, Value};
use gas_shared::vcf::AltKind;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

/// The fewest compared REF alleles that allow a conclusion about the assembly, and one in how many may differ.
const MIN_COMPARED: u64 = 20;
const MAX_DIFFERING: u64 = 20;

/// The most rows of a table by gene, which is sorted in memory.
const MAX_GENES: usize = 5_000_000;

/// The most rows of another input that is sorted in memory.
const MAX_UNSORTED: usize = 5_000_000;

/// The genome of an assembly. Several threads use it.
pub trait Genome: Sync {
    /// The contig with a name, in any spelling.
    fn contig(&self, name: &str) -> Option<GenomeContig<'_>>;
}

/// A contig of a genome.
pub struct GenomeContig<'a> {
    /// Its name, length and accession, which the source will have.
    pub contig: Contig,
    /// Its bases.
    pub bases: &'a dyn Bases,
}

/// What has become of the rows of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildSummary {
    /// Rows of the source.
    pub rows: u64,
    /// Rows on contigs that the genome does not have.
    pub other_contig: u64,
    /// Rows outside of their contig.
    pub outside: u64,
    /// Rows whose REF differs from the genome.
    pub reference_differs: u64,
    /// Alleles that are no sequence, such as `<DEL>` and `*`, or no variant.
    pub no_sequence: u64,
    /// Rows without a position, and of tables by gene, without a gene.
    pub no_position: u64,
}

/// Why a row was not added.
pub(super) enum AddRowError {
    /// The row cannot be stored.
    Build(BuildError),
    /// The row is wrong.
    Reason(String),
}

impl From<BuildError> for AddRowError {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

impl From<RowError> for AddRowError {
    fn from(error: RowError) -> Self {
        Self::Build(error.into())
    }
}

/// A position or region that is added when all are known.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnsortedRow {
    contig: Vec<u8>,
    start: u32,
    end: u32,
    values: Box<[OwnedValue]>,
}

impl BuildSummary {
    /// Adds the counts of other inputs.
    fn add(&mut self, other: &Self) {
        let Self { rows, other_contig, outside, reference_differs, no_sequence, no_position } =
            other;
        self.rows += rows;
        self.other_contig += other_contig;
        self.outside += outside;
        self.reference_differs += reference_differs;
        self.no_sequence += no_sequence;
        self.no_position += no_position;
    }
}

/// What was counted while rows were taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    summary: BuildSummary,
    /// REF alleles that were compared with the genome.
    compared: u64,
}

impl Counts {
    /// Adds those of other inputs.
    pub(super) fn add(&mut self, other: &Self) {
        self.summary.add(&other.summary);
        self.compared += other.compared;
    }

    /// The summary.
    ///
    /// # Errors
    /// [`InputError::OtherAssembly`] if many alleles have other bases than the genome.
    pub(super) fn check(self) -> Result<BuildSummary, InputError> {
        let (differing, compared) = (self.summary.reference_differs, self.compared);
        if compared >= MIN_COMPARED && differing > compared / MAX_DIFFERING {
            return Err(InputError::OtherAssembly { differing, compared });
        }
        Ok(self.summary)
    }
}

/// Takes rows.
pub(super) struct RowSink<'a> {
    out: &'a mut ContigWriter,
    matching: Matching,
    genome: Option<&'a dyn Genome>,
    name: Vec<u8>,
    /// The contig, unless the genome lacks it. Without a genome, it has no bases.
    contig: Option<Option<GenomeContig<'a>>>,
    last: u32,
    pending: PendingRows,
    genes: BTreeMap<Vec<u8>, Vec<OwnedValue>>,
    unsorted: Vec<UnsortedRow>,
    buffer: AlleleBuffer,
    counts: Counts,
}

impl<'a> RowSink<'a> {
    /// Takes rows for a source.
    pub(super) fn new(
        recipe: &Recipe,
        out: &'a mut ContigWriter,
        genome: Option<&'a dyn Genome>,
    ) -> Self {
        Self {
            out,
            matching: recipe.source.matching,
            genome,
            name: Vec::new(),
            contig: None,
            last: 0,
            pending: PendingRows::default(),
            genes: BTreeMap::new(),
            unsorted: Vec::new(),
            buffer: AlleleBuffer::default(),
            counts: Counts::default(),
        }
    }

    /// Begins a contig unless the rows before are on it. Returns whether its rows are used.
    pub(super) fn contig(&mut self, name: &[u8], rows: u64) -> Result<bool, AddRowError> {
        if self.name != name || name.is_empty() {
            self.end_contig()?;
            self.name = name.to_vec();
            self.last = 0;
            let text = std::str::from_utf8(name).ok().filter(|name| !name.is_empty());
            let text =
                text.ok_or_else(|| AddRowError::Reason("the contig has no valid name".into()))?;
            self.contig = match self.genome {
                None => Some(None),
                Some(genome) => genome.contig(text).map(Some),
            };
            if let Some(found) = &self.contig {
                let named = || Contig { name: text.to_owned(), ..Contig::default() };
                self.out.contig(found.as_ref().map_or_else(named, |found| found.contig.clone()))?;
            }
        }
        if self.contig.is_none() {
            self.counts.summary.other_contig += rows;
        }
        Ok(self.contig.is_some())
    }

    fn end_contig(&mut self) -> Result<(), BuildError> {
        let Self { pending, out, .. } = self;
        pending.all(|row| out.push(row))
    }

    /// Adds an allele of the contig.
    pub(super) fn allele(
        &mut self,
        position: u32,
        reference: &[u8],
        alt: &[u8],
        values: &[Value<'_>],
    ) -> Result<(), AddRowError> {
        if position < self.last {
            return Err(RowError::Unsorted { position, previous: self.last }.into());
        }
        self.last = position;
        let is_sequence = AltKind::of(alt) == Some(AltKind::Sequence);
        if let Some(Some(contig)) = &self.contig {
            // A symbolic allele states its base, too.
            match same_bases(contig.bases, position, reference) {
                Some(same) => {
                    self.counts.compared += 1;
                    if !same {
                        self.counts.summary.reference_differs += 1;
                        return Ok(());
                    }
                }
                None => {
                    self.counts.summary.outside += 1;
                    return Ok(());
                }
            }
        }
        let is_minimized = self.matching.is_minimized();
        let allele = match &self.contig {
            _ if !is_sequence => None,
            _ if !is_minimized => {
                CanonicalAllele::in_place(position, reference, alt, &mut self.buffer)
            }
            Some(Some(contig)) => {
                CanonicalAllele::new(&contig.bases, position, reference, alt, &mut self.buffer)
            }
            _ => None,
        };
        let Some(allele) = allele else {
            self.counts.summary.no_sequence += 1;
            return Ok(());
        };
        let out = &mut self.out;
        // Only alleles that are placed to the left come before POS.
        let first = position.saturating_sub(if is_minimized { MAX_SHIFT } else { 0 });
        self.pending.before(first, |row| out.push(row))?;
        if !self.pending.push(&allele, values) {
            return Err(RowError::TooManyRows { position }.into());
        }
        Ok(())
    }

    /// Adds consecutive positions with the same values. Those behind the end of the contig are counted.
    pub(super) fn positions(
        &mut self,
        positions: Range<u32>,
        values: &[Value<'_>],
    ) -> Result<(), AddRowError> {
        let length = match &self.contig {
            Some(Some(contig)) => contig.contig.length,
            _ => None,
        };
        let end =
            length.map_or(positions.end, |length| positions.end.min(length.saturating_add(1)));
        self.counts.summary.outside +=
            u64::from(positions.end.saturating_sub(end.max(positions.start)));
        (positions.start..end).try_for_each(|position| self.place(position, position, values))
    }

    /// Adds a position or a region of the contig.
    pub(super) fn place(
        &mut self,
        start: u32,
        end: u32,
        values: &[Value<'_>],
    ) -> Result<(), AddRowError> {
        if let Some(Some(contig)) = &self.contig
            && contig.contig.length.is_some_and(|length| end > length)
        {
            self.counts.summary.outside += 1;
            return Ok(());
        }
        let key = match self.matching {
            Matching::Position => Key::Position(start),
            _ => Key::Region { start, end },
        };
        Ok(self.out.push(&Row { key, values })?)
    }

    /// Adds a position or a region in any order.
    pub(super) fn place_unsorted(
        &mut self,
        contig: &[u8],
        start: u32,
        end: u32,
        values: &[Value<'_>],
    ) -> Result<(), AddRowError> {
        if self.unsorted.len() == MAX_UNSORTED {
            let reason = format!("more than {MAX_UNSORTED} rows; sort them, and remove `unsorted`");
            return Err(AddRowError::Reason(reason));
        }
        let values = values.iter().map(OwnedValue::new).collect();
        self.unsorted.push(UnsortedRow { contig: contig.to_vec(), start, end, values });
        Ok(())
    }

    fn add_unsorted(&mut self) -> Result<(), AddRowError> {
        let mut rows = std::mem::take(&mut self.unsorted);
        rows.sort_unstable();
        for UnsortedRow { contig, start, end, values } in &rows {
            if self.contig(contig, 1)? {
                let values: Vec<Value<'_>> = values.iter().map(OwnedValue::borrowed).collect();
                self.place(*start, *end, &values)?;
            }
        }
        Ok(())
    }

    /// Counts a row that has no position on the assembly.
    pub(super) const fn without_position(&mut self) {
        self.counts.summary.no_position += 1;
    }

    /// Adds a gene, in any order. Identifiers of Ensembl lose their version.
    pub(super) fn gene(
        &mut self,
        key: &[u8],
        values: &[Value<'_>],
        is_repeated: bool,
    ) -> Result<(), AddRowError> {
        let key = if key.starts_with(b"ENS") { without_version(key) } else { key };
        if matches!(key, b"" | b"." | b"NA" | b"-") {
            self.counts.summary.no_position += 1;
            return Ok(());
        }
        let shown = || String::from_utf8_lossy(key).into_owned();
        match self.genes.entry(key.to_vec()) {
            Entry::Vacant(entry) => {
                entry.insert(values.iter().map(OwnedValue::new).collect());
            }
            Entry::Occupied(mut entry) if is_repeated => {
                for (stored, value) in entry.get_mut().iter_mut().zip(values) {
                    if !stored.join(value) {
                        let reason = format!("the gene {} has different numbers", shown());
                        return Err(AddRowError::Reason(reason));
                    }
                }
            }
            Entry::Occupied(_) => {
                return Err(AddRowError::Reason(format!("the gene {} occurs twice", shown())));
            }
        }
        if self.genes.len() > MAX_GENES {
            return Err(AddRowError::Reason("the table has too many genes".into()));
        }
        Ok(())
    }

    /// Adds the rows that wait, and returns what was counted.
    pub(super) fn finish(mut self) -> Result<Counts, InputError> {
        self.add_unsorted().map_err(|error| match error {
            AddRowError::Build(error) => InputError::Build(error),
            AddRowError::Reason(reason) => InputError::Rows(reason),
        })?;
        self.end_contig()?;
        if self.matching == Matching::Gene {
            self.out.contig(Contig::default())?;
            for (key, values) in &self.genes {
                let values: Vec<Value<'_>> = values.iter().map(OwnedValue::borrowed).collect();
                self.out.push(&Row { key: Key::Gene(key), values: &values })?;
            }
        }
        Ok(self.counts)
    }
}

/// Whether bases are those of the genome, as far as both are known; `None` outside of the contig.
fn same_bases(bases: &dyn Bases, position: u32, reference: &[u8]) -> Option<bool> {
    let known = |base: u8| matches!(base, b'A' | b'C' | b'G' | b'T');
    let mut same = true;
    for (position, base) in (position..).zip(reference) {
        let (expected, base) =
            (bases.base(position)?.to_ascii_uppercase(), base.to_ascii_uppercase());
        same &= base == expected || !known(base) || !known(expected);
    }
    Some(same && !reference.is_empty())
}
