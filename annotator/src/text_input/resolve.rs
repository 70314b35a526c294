//! Finds what a notation stands for in a reference: a record of a VCF file.

use super::notation::{Alleles, Deleted, Edit, Hgvs, Notation, Origin, Position, Spdi, System};
use super::transcript_ids::{Found, TranscriptIds};
use crate::allele::Allele;
use crate::contig_names::NameHint;
use crate::model::{Strand, Transcript, complement};
use crate::placements::{Placements, RotatedBases};
use crate::record_reader::agrees;
use crate::reference::{ContigView, Reference};

/// The most bases that a variant of a text may replace or insert. VCF has symbolic alleles for larger ones.
pub(super) const MAX_ALLELE_BASES: i32 = 100_000;

/// The site and the alleles of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// The number of the contig.
    pub(super) contig: u32,
    pub(super) pos: i32,
    pub(super) reference: Vec<u8>,
    pub(super) alt: Vec<u8>,
    /// Whether the version of the transcript could not be compared.
    pub(super) has_unknown_version: bool,
}

/// Why a notation stands for nothing in the reference.
pub(super) struct Unresolved<'t> {
    /// The part of the line that is wrong.
    pub(super) part: &'t str,
    pub(super) message: String,
}

type Resolved<'t, T> = Result<T, Unresolved<'t>>;

fn fail<T>(part: &str, message: impl Into<String>) -> Resolved<'_, T> {
    Err(Unresolved { part, message: message.into() })
}

/// The bases from `low` to `high`, and what they are replaced by, on the forward strand.
struct Change<'r> {
    low: i32,
    reference: &'r [u8],
    alt: Vec<u8>,
}

/// Resolves the notations of a file.
pub(super) struct Resolver<'r> {
    reference: &'r Reference,
    transcripts: TranscriptIds<'r>,
}

impl<'r> Resolver<'r> {
    pub(super) fn new(reference: &'r Reference) -> Self {
        Self { reference, transcripts: TranscriptIds::new(reference) }
    }

    pub(super) fn resolve<'t>(&self, notation: &Notation<'t>) -> Resolved<'t, Site> {
        match notation {
            Notation::Record(line) => self.resolve_alleles(&line.alleles),
            Notation::Alleles(alleles) => self.resolve_alleles(alleles),
            Notation::Spdi(spdi) => self.resolve_spdi(spdi),
            Notation::Hgvs(hgvs) => self.resolve_hgvs(hgvs),
        }
    }

    fn contig<'t>(&self, name: &'t str) -> Resolved<'t, ContigView<'r>> {
        if let Some(contig) = self.reference.contig(name.as_bytes()) {
            return Ok(contig);
        }
        let assembly = &self.reference.manifest.assembly;
        fail(
            name,
            match self.reference.name_hint(name.as_bytes()) {
                Some(NameHint::OtherAssembly { chromosome, assembly: Some(other) }) => format!(
                    "{name} is chromosome {chromosome} of {other}, and the reference is {assembly}; lift the \
                     variant over, or choose a reference of its assembly"
                ),
                _ if self.transcripts.knows(name) => format!(
                    "{name} is a transcript; write c. (or n. if it is non-coding), or the name of a chromosome"
                ),
                _ => format!("the reference ({assembly}) has no sequence {name}"),
            },
        )
    }

    fn resolve_alleles<'t>(&self, alleles: &Alleles<'t>) -> Resolved<'t, Site> {
        let contig = self.contig(alleles.contig)?;
        let reference = alleles.reference.as_bytes();
        let bases = checked_bases(&contig, alleles.pos, reference.len(), alleles.reference)?;
        check_stated(bases, reference, Strand::Forward, alleles.reference)?;
        Ok(Site {
            contig: contig.number,
            pos: alleles.pos,
            reference: reference.to_ascii_uppercase(),
            // Names of symbolic alleles have lower-case letters.
            alt: if alleles.alt.contains(['<', '[', ']']) {
                alleles.alt.as_bytes().to_vec()
            } else {
                alleles.alt.as_bytes().to_ascii_uppercase()
            },
            has_unknown_version: false,
        })
    }

    fn resolve_spdi<'t>(&self, spdi: &Spdi<'t>) -> Resolved<'t, Site> {
        let contig = self.contig(spdi.sequence)?;
        let low = spdi.position + 1;
        let (length, part) = match spdi.deleted {
            Deleted::Bases(bases) => (bases.len(), bases),
            Deleted::Count(count) => (count as usize, spdi.sequence),
        };
        let reference = checked_bases(&contig, low, length, part)?;
        if let Deleted::Bases(bases) = spdi.deleted {
            check_stated(reference, bases.as_bytes(), Strand::Forward, bases)?;
        }
        let alt = spdi.inserted.as_bytes().to_ascii_uppercase();
        site(&contig, &Change { low, reference, alt }, spdi.sequence)
    }

    fn resolve_hgvs<'t>(&self, hgvs: &Hgvs<'t>) -> Resolved<'t, Site> {
        match hgvs.system {
            System::Genomic | System::Mitochondrial => {
                let contig = self.contig(hgvs.accession)?;
                if hgvs.system == System::Mitochondrial && !contig.is_mitochondrial {
                    let message = format!("{} is not mitochondrial; write g.", hgvs.accession);
                    return fail(hgvs.accession, message);
                }
                let (first, last) = (hgvs.first.base, hgvs.last.unwrap_or(hgvs.first).base);
                resolve_edit(&contig, Strand::Forward, (first, last), hgvs)
            }
            System::Coding | System::NonCoding => {
                let found = self.transcript(hgvs)?;
                let position = |position: Position| {
                    genomic_position(found.transcript, hgvs.system, position)
                        .or_else(|message| fail(hgvs.accession, message))
                };
                let first = position(hgvs.first)?;
                let last = hgvs.last.map_or(Ok(first), position)?;
                let strand = found.transcript.strand;
                let site = resolve_edit(&found.contig, strand, (first, last), hgvs)?;
                Ok(Site { has_unknown_version: found.has_unknown_version, ..site })
            }
        }
    }

    /// The transcript of a description: `ENST…`, `NM_…(GENE)` or `NC_…(NM_…)`.
    fn transcript<'t>(&self, hgvs: &Hgvs<'t>) -> Resolved<'t, Found<'r>> {
        let on_contig = self.reference.contig(hgvs.accession.as_bytes());
        let id = match (on_contig, hgvs.selector) {
            (Some(_), Some(selector)) if !self.transcripts.knows(hgvs.accession) => selector,
            _ => hgvs.accession,
        };
        let found = match self.transcripts.find(id) {
            Ok(found) => found,
            Err(message) => return fail(id, self.explain_missing_transcript(id, message)),
        };
        if let Some(contig) = on_contig.filter(|_| id != hgvs.accession)
            && contig.number != found.contig.number
        {
            let message = format!("{id} is on {}, not on {}", found.contig.name, hgvs.accession);
            return fail(id, message);
        }
        if hgvs.system == System::Coding && found.transcript.cds.is_none() {
            return fail(id, format!("{id} is non-coding; write n. and count from its first base"));
        }
        Ok(found)
    }

    fn explain_missing_transcript(&self, id: &str, message: String) -> String {
        if self.transcripts.knows(id) {
            return message;
        }
        if self.reference.contig(id.as_bytes()).is_some() {
            return format!(
                "{id} is not a transcript; write g., or the transcript in parentheses: {id}(ENST…):c.…"
            );
        }
        let named = |contig: &ContigView<'r>| {
            let of_gene = |t: &&Transcript| {
                let gene = &contig.model.genes[t.gene as usize];
                gene.symbol.eq_ignore_ascii_case(id) || &*gene.id == id
            };
            let preferred = |t: &&Transcript| {
                (!t.flags.mane_select, !t.flags.canonical, t.cds.is_none(), -t.len)
            };
            contig.model.transcripts.iter().filter(of_gene).min_by_key(preferred)
        };
        match self.reference.contigs().find_map(|contig| named(&contig)) {
            Some(transcript) => format!(
                "{id} is a gene, whose transcripts have different positions; name one of them, such as {}",
                transcript.id
            ),
            None => {
                format!("{message}; write a transcript of its gene set, or the genomic description")
            }
        }
    }
}

/// The bases of a region; an error if the contig ends before, or if they are too many for a text.
fn checked_bases<'r, 't>(
    contig: &ContigView<'r>,
    low: i32,
    length: usize,
    part: &'t str,
) -> Resolved<'t, &'r [u8]> {
    let length = i32::try_from(length).unwrap_or(i32::MAX);
    if length > MAX_ALLELE_BASES {
        return fail(
            part,
            format!(
                "the variant has more than {MAX_ALLELE_BASES} bases; write a line of a VCF file with <DEL>, \
                 <DUP> or <INV> and END"
            ),
        );
    }
    match contig.bases(low, low + length - 1) {
        Some(bases) => Ok(bases),
        None => {
            let (name, end) = (contig.name, contig.sequence.len());
            fail(part, format!("the position is not within {name}, which has {end} bases"))
        }
    }
}

/// Compares the bases that a notation states, in its direction, with those of the reference.
fn check_stated<'t>(
    bases: &[u8],
    stated: &[u8],
    strand: Strand,
    part: &'t str,
) -> Resolved<'t, ()> {
    let stated = oriented(stated, strand);
    if agrees(bases, &stated) {
        return Ok(());
    }
    const SHOWN: usize = 20;
    let found = String::from_utf8_lossy(&oriented(bases, strand)).into_owned();
    let dots = if found.len() > SHOWN { "…" } else { "" };
    fail(
        part,
        format!(
            "the reference has {}{dots} here; check the position, the assembly and the version",
            &found[..found.len().min(SHOWN)]
        ),
    )
}

fn oriented(bases: &[u8], strand: Strand) -> Vec<u8> {
    let upper = bases.iter().map(u8::to_ascii_uppercase);
    match strand {
        Strand::Forward => upper.collect(),
        Strand::Reverse => upper.rev().map(complement).collect(),
    }
}

/// The genomic position of a position of a transcript; the inverse of what [`crate::hgvs`] writes.
fn genomic_position(
    transcript: &Transcript,
    system: System,
    position: Position,
) -> Result<i32, String> {
    let Position { origin, base, offset } = position;
    let id = &transcript.id;
    let cdna = match (system, &transcript.cds) {
        (System::Coding, Some(cds)) => {
            let length = cds.cdna_end - cds.cdna_start + 1;
            match origin {
                Origin::Start if base > length => {
                    return Err(format!(
                        "the coding sequence of {id} has {length} bases; bases after it are c.*1 and so on"
                    ));
                }
                Origin::Start => cds.cdna_start + base - 1,
                Origin::BeforeStart => cds.cdna_start - base,
                Origin::AfterStop => cds.cdna_end + base,
            }
        }
        _ => base,
    };
    let in_exon = |e: &&crate::model::Exon| (0..e.len()).contains(&(cdna - e.cdna_start));
    let Some(number) = transcript.exons.iter().position(|e| in_exon(&e)) else {
        return Err(format!("the position is outside of {id}; write the genomic description"));
    };
    let exon = &transcript.exons[number];
    let into = cdna - exon.cdna_start;
    let direction = if transcript.strand.is_reverse() { -1 } else { 1 };
    let exonic = if direction == 1 { exon.start + into } else { exon.end - into };
    if offset == 0 {
        return Ok(exonic);
    }
    let is_at_border = if offset > 0 { into == exon.len() - 1 } else { into == 0 };
    let intron = if offset > 0 { Some(number) } else { number.checked_sub(1) };
    let intron = intron.and_then(|number| transcript.intron(number)).filter(|_| is_at_border);
    let Some((first, last)) = intron else {
        let side = if offset > 0 { "after" } else { "before" };
        return Err(format!(
            "{id} has no intron {side} this base; check the version of the transcript"
        ));
    };
    let length = last - first + 1;
    if offset.abs() > length {
        return Err(format!(
            "the intron has only {length} bases; check the version of the transcript"
        ));
    }
    Ok(exonic + direction * offset)
}

/// The record of a change between two genomic positions, in the direction of a strand.
fn resolve_edit<'t>(
    contig: &ContigView<'_>,
    strand: Strand,
    (first, last): (i32, i32),
    hgvs: &Hgvs<'t>,
) -> Resolved<'t, Site> {
    let part = hgvs.accession;
    let (low, high) = if strand.is_reverse() { (last, first) } else { (first, last) };
    if low > high {
        return fail(part, "the range ends before it begins");
    }
    let reference = checked_bases(contig, low, (high - low + 1) as usize, part)?;
    let check = |stated: Option<&'t str>| match stated {
        Some(stated) => check_stated(reference, stated.as_bytes(), strand, stated),
        None => Ok(()),
    };
    let inserted = |bases: &str| oriented(bases.as_bytes(), strand);
    let change = match hgvs.edit {
        Edit::Substitution { from, to } => {
            check(Some(from))?;
            Change { low, reference, alt: inserted(to) }
        }
        Edit::Deletion { stated } => {
            check(stated)?;
            Change { low, reference, alt: Vec::new() }
        }
        Edit::Duplication { stated } => {
            check(stated)?;
            Change { low: high + 1, reference: b"", alt: reference.to_vec() }
        }
        Edit::Insertion { bases } => {
            if high - low != 1 {
                return fail(
                    part,
                    "an insertion is between two bases that follow each other on the genome",
                );
            }
            Change { low: high, reference: b"", alt: inserted(bases) }
        }
        Edit::Delins { stated, bases } => {
            check(stated)?;
            Change { low, reference, alt: inserted(bases) }
        }
        Edit::Inversion { stated } => {
            check(stated)?;
            Change { low, reference, alt: oriented(reference, Strand::Reverse) }
        }
        Edit::Unchanged { stated } => {
            check(stated)?;
            Change { low, reference, alt: reference.to_vec() }
        }
    };
    site(contig, &change, part)
}

/// The record of a change, left-aligned, as VCF demands.
fn site<'t>(contig: &ContigView<'_>, change: &Change<'_>, part: &'t str) -> Resolved<'t, Site> {
    if change.alt.len() > MAX_ALLELE_BASES as usize {
        return fail(part, format!("more than {MAX_ALLELE_BASES} bases are inserted"));
    }
    let allele = Allele::new(change.low, change.reference, &change.alt);
    let record = |pos, reference: &[u8], alt: &[u8]| Site {
        contig: contig.number,
        pos,
        reference: reference.to_vec(),
        alt: alt.to_vec(),
        has_unknown_version: false,
    };
    if allele.is_reference() {
        return match contig.bases(change.low, change.low) {
            Some(base) => Ok(record(change.low, base, b".")),
            None => fail(part, "nothing is deleted or inserted"),
        };
    }
    let mut memory = RotatedBases::default();
    let first = Placements::new(contig, allele, &mut memory).first;
    if !first.reference.is_empty() && !first.alt.is_empty() {
        return Ok(record(first.start, first.reference, first.alt));
    }
    if let Some(before) = contig.bases(first.start - 1, first.start - 1) {
        let with_base = |bases: &[u8]| [before, bases].concat();
        let (reference, alt) = (with_base(first.reference), with_base(first.alt));
        return Ok(record(first.start - 1, &reference, &alt));
    }
    let next = first.start + first.reference.len() as i32;
    match contig.bases(next, next) {
        Some(after) => {
            let with_base = |bases: &[u8]| [bases, after].concat();
            let (reference, alt) = (with_base(first.reference), with_base(first.alt));
            Ok(record(first.start, &reference, &alt))
        }
        None => fail(part, "the whole sequence is deleted"),
    }
}
