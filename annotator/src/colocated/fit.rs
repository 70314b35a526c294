//! Compares the source file of a track with the genome that it is built for, so that a data set of
//! another assembly is rejected instead of giving wrong annotations.

use crate::Error;
use crate::contig_names::{ContigNames, NameHint};
use crate::record_reader::agrees;
use crate::reference::Contig;
use crate::source_file::SourceFile;
use gas_shared::assembly::{Assembly, plain_name};
use gas_shared::vcf::Definition;

/// The fewest compared REF alleles that allow a conclusion, and those that do if at least half differ.
const MIN_CHECKED: u64 = 20;
const MIN_CHECKED_OF_HALF: u64 = 10;

/// One in this many REF alleles may differ.
const MAX_MISMATCHES: u64 = 20;

/// Whether a file is of another assembly: the share of its REF alleles that differ from the sequence is too large.
pub(super) const fn is_other_assembly(checked: u64, mismatches: u64) -> bool {
    let is_enough =
        checked >= MIN_CHECKED || checked >= MIN_CHECKED_OF_HALF && 2 * mismatches >= checked;
    is_enough && mismatches * MAX_MISMATCHES > checked
}

/// The genome of a reference that is being built.
#[derive(Clone, Copy)]
pub(crate) struct Genome<'a> {
    pub(crate) names: &'a ContigNames,
    pub(crate) contigs: &'a [Contig],
    pub(crate) sequence: &'a [u8],
    /// The assembly as the operator names it.
    pub(crate) assembly: &'a str,
}

impl<'a> Genome<'a> {
    /// The genome of a reference that is built.
    pub(crate) const fn new(
        names: &'a ContigNames,
        contigs: &'a [Contig],
        sequence: &'a [u8],
        assembly: &'a str,
    ) -> Self {
        Self { names, contigs, sequence, assembly }
    }

    fn bases(self, contig: u32) -> &'a [u8] {
        let found = self.contigs.get(contig as usize);
        let range = found.map(|c| c.offset as usize..(c.offset + c.length) as usize);
        range.and_then(|range| self.sequence.get(range)).unwrap_or_default()
    }

    /// Whether the contig is a whole chromosome of a known assembly, beyond whose end there is nothing.
    fn is_complete(self, contig: u32) -> bool {
        let found = self.contigs.get(contig as usize);
        found.is_some_and(|c| Assembly::of_length(&plain_name(&c.name), c.length).is_some())
    }

    /// The reason to reject a file that names its assembly as `text`, if it is another one.
    fn contradiction(self, text: &str) -> Option<String> {
        let (own, found) = (self.names.assembly()?, Assembly::named(text)?);
        (own != found).then(|| {
            format!("the file is of {} ({text}), the reference of {}", found.name, self.assembly)
        })
    }

    /// Compares the length that a file gives a contig with the sequence. Returns a note if it is another
    /// one, as in a reference of a part of the contig.
    ///
    /// # Errors
    /// The reason why the file is of another assembly.
    pub(crate) fn check_length(self, name: &str, length: u64) -> Result<Option<String>, String> {
        let (own, chromosome) = (self.names.assembly(), plain_name(name));
        if let Some(found) = own.and_then(|own| own.contradicted_by(&chromosome, length)) {
            return Err(format!(
                "contig {name} has {length} bases, as in {}, the reference is of {}",
                found.name, self.assembly
            ));
        }
        let number = self.names.resolve(name.as_bytes());
        let contig = number.and_then(|number| self.contigs.get(number as usize));
        let is_whole = own.is_some_and(|own| own.length(&chromosome) == Some(length));
        let other = contig.filter(|contig| contig.length != length && !is_whole);
        Ok(other.map(|contig| {
            format!(
                "contig {name} has {length} bases in the file, {} in the sequence",
                contig.length
            )
        }))
    }

    /// Checks a `##` line of a VCF file. Values that files keep after a liftover, such as `##reference`,
    /// say nothing; the REF alleles are compared instead.
    ///
    /// # Errors
    /// As [`check_length`](Self::check_length).
    pub(super) fn check_definition(self, line: &[u8]) -> Result<Option<String>, String> {
        let Some(definition) = Definition::parse(line).filter(|line| line.key == b"contig") else {
            return Ok(None);
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let length = definition.field(b"length").and_then(|n| text(n).parse().ok());
        match (definition.id(), length) {
            (Some(id), Some(length)) => self.check_length(&text(id), length),
            _ => Ok(None),
        }
    }

    /// Checks a `track` line of a BED file, which may name UCSC's database (`db=hg38`).
    ///
    /// # Errors
    /// The reason why the file is of another assembly.
    pub(super) fn check_track_line(self, line: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(line);
        let database = text.split_whitespace().find_map(|word| word.strip_prefix("db="));
        let found = database.and_then(|name| self.contradiction(name.trim_matches('"')));
        found.map_or(Ok(()), Err)
    }
}

/// How many entries of a file were read, and how many do not fit the genome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Entries in the track.
    pub(crate) entries: u64,
    /// Entries on contigs without sequence, with the name of the first one.
    other_contigs: u64,
    first_other: Option<String>,
    /// The first contig whose length is another one.
    pub(super) other_length: Option<String>,
    /// Entries that end beyond their contig.
    beyond: u64,
    checked: u64,
    mismatches: u64,
}

impl Fit {
    /// The contig of an entry; `None`, and counted, if it has no sequence.
    pub(super) fn contig(&mut self, genome: Genome<'_>, name: &[u8]) -> Option<u32> {
        let found = genome.names.resolve(name);
        if found.is_none() {
            self.other_contigs += 1;
            self.first_other.get_or_insert_with(|| String::from_utf8_lossy(name).into_owned());
        }
        found
    }

    /// Whether `start..=end` is on the contig. Others are counted.
    ///
    /// # Errors
    /// The reason why the file is of another assembly, if the contig is a complete chromosome.
    pub(super) fn is_within(
        &mut self,
        genome: Genome<'_>,
        contig: u32,
        (start, end): (i32, i32),
    ) -> Result<bool, String> {
        let length = genome.bases(contig).len() as i64;
        if start >= 1 && i64::from(end) <= length {
            return Ok(true);
        }
        if genome.is_complete(contig) && i64::from(end) > length {
            return Err(format!(
                "{end} is beyond the last base of the contig, {length}; the file seems to be of another \
                 assembly than {}",
                genome.assembly
            ));
        }
        self.beyond += 1;
        Ok(false)
    }

    /// Whether the bases of an entry are those of the contig. Others are counted.
    pub(super) fn has_bases(
        &mut self,
        genome: Genome<'_>,
        contig: u32,
        start: i32,
        bases: &[u8],
    ) -> bool {
        let from = usize::try_from(start).ok().and_then(|start| start.checked_sub(1));
        let found = from.and_then(|from| genome.bases(contig).get(from..from + bases.len()));
        let same = found.is_some_and(|found| agrees(found, bases));
        self.checked += 1;
        self.mismatches += u64::from(!same);
        same
    }

    /// Notes about the entries that were left out. `name` is that of the track.
    ///
    /// # Errors
    /// [`Error::Source`] if the file is not of this genome.
    pub(super) fn finish(
        &self,
        name: &str,
        genome: Genome<'_>,
        source: &SourceFile,
    ) -> Result<Vec<String>, Error> {
        let (checked, mismatches) = (self.checked, self.mismatches);
        if is_other_assembly(checked, mismatches) {
            return Err(source.error(format!(
                "{mismatches} of {checked} REF alleles differ from the sequence; the file seems to be of \
                 another assembly than {}",
                genome.assembly
            )));
        }
        let first = self.first_other.as_deref().unwrap_or_default();
        if self.entries == 0 && self.other_contigs > 0 {
            let of_other = match genome.names.hint(first.as_bytes()) {
                Some(NameHint::OtherAssembly { assembly: Some(found), .. }) => {
                    format!(", a chromosome of {found}")
                }
                _ => String::new(),
            };
            return Err(source.error(format!(
                "no entry is on a contig of the reference; the first one is on {first:?}{of_other}"
            )));
        }
        if self.entries == 0 && self.beyond > 0 {
            let reason =
                "all entries are beyond the end of their contig; is the file of this assembly?";
            return Err(source.error(reason));
        }
        let counts = [
            (self.other_contigs, format!("on contigs without sequence, such as {first:?}")),
            (self.beyond, "beyond the end of their contig".to_owned()),
            (mismatches, "with a REF that differs from the sequence".to_owned()),
        ];
        let found = counts.into_iter().filter(|(count, _)| *count > 0);
        let found = found.map(|(count, what)| format!("{count} entries {what} are left out"));
        let is_empty = self.entries == 0 && self.other_contigs + self.beyond + mismatches == 0;
        let empty = is_empty.then(|| "the file has no entries".to_owned());
        let notes = self.other_length.iter().cloned().chain(found).chain(empty);
        Ok(notes.map(|note| format!("track {name}: {note}")).collect())
    }
}
