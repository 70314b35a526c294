//! What a source covers of a reference, and whether it is of the reference's assembly.
//!
//! A source of another assembly is rejected, since its values would be wrong. A source that lacks contigs, a part of a contig, or
//! all transcripts or genes of the reference is used, and warnings say where it has no values.

use super::fit::is_other_assembly;
use super::source_gene::row_of_gene;
use crate::contig_names::NameHint;
use crate::record_reader::agrees;
use crate::reference::{ContigView, Reference};
use crate::report::Counts;
use gas_shared::assembly::{Accession, Assembly, is_mitochondrial, plain_name};
use gas_sources::{
    Contig, Damaged, Matcher, Matching, SourceFile, StoredRow, transcripts_of, without_version,
};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The most contigs that a warning or a header line names.
const MAX_NAMED: usize = 5;

/// The most rows of a contig whose REF is compared with the reference.
const MAX_COMPARED: u64 = 1000;

/// What a source covers of a reference.
#[derive(Clone, Debug)]
pub(super) struct SourceCoverage {
    /// By number of a contig of the reference; `None` for a source that has no positions.
    contigs: Option<Vec<Option<CoveredContig>>>,
    /// What the source has values for, `transcripts` or `genes`, if the reference has none of them.
    unknown: Option<&'static str>,
    /// Notes about contigs that are left out.
    notes: Vec<String>,
}

/// A contig of the reference that a source has rows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CoveredContig {
    /// Its number in the file.
    number: usize,
    /// The bases that the source covers, from the first one; `None` for all.
    bases: Option<u64>,
}

impl SourceCoverage {
    /// Compares a source with a reference.
    ///
    /// # Errors
    /// The reason why the source is not of the reference's assembly, or cannot be read.
    pub(super) fn new(file: &SourceFile, reference: &Reference) -> Result<Self, String> {
        let matching = file.description().matching;
        let mut coverage = Self { contigs: None, unknown: None, notes: Vec::new() };
        if matching == Matching::Gene {
            let known = has_gene_of(file, reference).map_err(|e| e.to_string())?;
            coverage.unknown = (!known).then_some("genes");
            return Ok(coverage);
        }
        check_name_of_assembly(&file.description().assembly, reference)?;
        let mut contigs: Vec<Option<CoveredContig>> = vec![None; reference.contigs().count()];
        for (number, contig) in file.contigs().enumerate() {
            check_accession(contig, reference)?;
            let names = [Some(&contig.name), contig.accession.as_ref()];
            let ours =
                names.into_iter().flatten().find_map(|name| reference.contig(name.as_bytes()));
            let Some(ours) = ours else { continue };
            let bases = match covered_bases(file, number, contig, &ours, reference)? {
                Covered::All => None,
                Covered::First(bases) => Some(bases),
                Covered::Nothing(note) => {
                    coverage.notes.push(note);
                    continue;
                }
            };
            let place = &mut contigs[ours.number as usize];
            if place.is_some() {
                return Err(format!("contig {} of the reference is in it twice", ours.name));
            }
            *place = Some(CoveredContig { number, bases });
        }
        if contigs.iter().all(Option::is_none) {
            coverage.notes.push("it has none of the contigs of the reference".to_owned());
        } else if matching == Matching::TranscriptAndAllele {
            let known = has_transcript_of(file, &contigs, reference).map_err(|e| e.to_string())?;
            coverage.unknown = (!known).then_some("transcripts");
        }
        coverage.contigs = Some(contigs);
        Ok(coverage)
    }

    /// The number in the file of a contig of the reference, by its number there.
    #[inline]
    pub(super) fn contig(&self, number: u32) -> Option<usize> {
        let contigs = self.contigs.as_ref()?;
        contigs.get(number as usize).copied().flatten().map(|covered| covered.number)
    }

    /// The contigs of the reference that the source does not cover, or only in part; `None` if there are none.
    pub(super) fn not_covered(&self, reference: &Reference) -> Option<String> {
        let contigs = self.contigs.as_ref()?;
        let gaps = reference.contigs().zip(contigs).filter_map(|(ours, covered)| match covered {
            None => Some(ours.name.to_owned()),
            Some(CoveredContig { bases, .. }) => {
                bases.map(|bases| format!("{} after {bases}", ours.name))
            }
        });
        listed(gaps)
    }

    /// What users should know after a run, of which `counts` are. `is_info` says that values of transcripts are those of their
    /// alleles.
    pub(super) fn warnings(
        &self,
        counts: &Counts,
        reference: &Reference,
        is_info: bool,
    ) -> Vec<String> {
        let mut warnings = self.notes.clone();
        match self.unknown {
            Some("transcripts") if is_info => {}
            None => {}
            Some(what) => warnings.push(format!(
                "the reference has none of its {what}, so the annotations lack its values; use a reference with \
                 the gene set that the source is made for"
            )),
        }
        let Some(contigs) = &self.contigs else { return warnings };
        if contigs.iter().all(Option::is_none) {
            return warnings;
        }
        let mut missing = Vec::new();
        for (name, records) in &counts.contigs {
            let Some(ours) = reference.contig(name) else { continue };
            let name = String::from_utf8_lossy(name);
            match contigs.get(ours.number as usize).copied().flatten() {
                None => missing.push(format!("{name} ({records} records)")),
                Some(CoveredContig { bases: Some(bases), .. }) => warnings.push(format!(
                    "it covers only the first {bases} of {} bases of {name}; records beyond them lack its values",
                    ours.sequence.len()
                )),
                Some(CoveredContig { bases: None, .. }) => {}
            }
        }
        if let Some(list) = listed(missing.into_iter()) {
            warnings.push(format!("it has no data on {list}; these records lack its values"));
        }
        warnings
    }
}

/// The first names, and how many more there are; `None` without any.
fn listed(names: impl Iterator<Item = String>) -> Option<String> {
    let mut names = names.peekable();
    names.peek()?;
    let first: Vec<String> = names.by_ref().take(MAX_NAMED).collect();
    Some(match names.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    })
}

/// Checks the name of the assembly of a source.
fn check_name_of_assembly(stated: &str, reference: &Reference) -> Result<(), String> {
    let own_name = &reference.manifest.assembly;
    let is_same = match (reference.assembly(), Assembly::named(stated)) {
        (Some(own), Some(found)) => own == found,
        _ => stated.eq_ignore_ascii_case(own_name),
    };
    if is_same {
        return Ok(());
    }
    Err(format!(
        "it is of the assembly {stated}, the reference of {own_name}; use a source of {own_name}"
    ))
}

/// Checks that no accession of a contig is that of another assembly.
fn check_accession(contig: &Contig, reference: &Reference) -> Result<(), String> {
    let Some(own) = reference.assembly() else { return Ok(()) };
    let name = &contig.name;
    if let Some(NameHint::OtherAssembly { assembly: Some(found), .. }) =
        reference.name_hint(name.as_bytes())
    {
        return Err(other_assembly(name, found, own.name));
    }
    match contig
        .accession
        .as_deref()
        .and_then(|accession| Some((accession, Accession::parse(accession)?)))
    {
        Some((accession, Accession::Chromosome { assembly: Some(found), .. })) if found != own => {
            Err(other_assembly(&format!("{name} ({accession})"), found.name, own.name))
        }
        _ => Ok(()),
    }
}

fn other_assembly(contig: &str, found: &str, own: &str) -> String {
    format!("its contig {contig} is of {found}, the reference of {own}; use a source of {own}")
}

/// How much of a contig of the reference a source covers.
enum Covered {
    All,
    /// The first bases.
    First(u64),
    /// Nothing, for a reason.
    Nothing(String),
}

/// Compares the length that a source gives a contig with the one of the reference.
///
/// # Errors
/// The reason why the contig is of another assembly.
fn covered_bases(
    file: &SourceFile,
    number: usize,
    contig: &Contig,
    ours: &ContigView<'_>,
    reference: &Reference,
) -> Result<Covered, String> {
    let bases = ours.sequence.len() as u64;
    let Some(length) = contig.length.map(u64::from).filter(|length| *length != bases) else {
        return Ok(Covered::All);
    };
    let (name, chromosome) = (&contig.name, plain_name(&contig.name));
    let lengths =
        format!("contig {name} has {length} bases in the source, {bases} in the reference");
    if is_mitochondrial(name) {
        return Ok(Covered::Nothing(format!("{lengths}; it is left out")));
    }
    let whole = reference.assembly().and_then(|own| own.length(&chromosome));
    if whole == Some(length) {
        // The reference has a part of the chromosome.
        return Ok(Covered::All);
    }
    let is_other =
        reference.assembly().is_some_and(|own| own.contradicted_by(&chromosome, length).is_some());
    if is_other || whole.is_some_and(|whole| length > whole) {
        return Err(format!("{lengths}; use a source of this assembly"));
    }
    // One of the two has a part of the contig, or the assemblies have the same name. The bases decide.
    let (compared, differing) =
        compare_bases(file, number, ours).map_err(|damaged| damaged.to_string())?;
    if is_other_assembly(compared, differing) {
        return Err(format!(
            "{lengths}, and {differing} of {compared} REF alleles differ from the reference; use a source of this \
             assembly"
        ));
    }
    Ok(if length < bases { Covered::First(length) } else { Covered::All })
}

/// Compares the first alleles of a contig with the reference: how many were compared, and how many differ.
fn compare_bases(
    file: &SourceFile,
    contig: usize,
    ours: &ContigView<'_>,
) -> Result<(u64, u64), Damaged> {
    if !file.description().matching.has_alleles() {
        return Ok((0, 0));
    }
    let (mut compared, mut differing) = (0, 0);
    let mut compare = |row: &StoredRow<'_>| {
        let (reference, _) = row.alleles()?;
        let from = (row.start() as usize).saturating_sub(1);
        let found = ours.sequence.get(from..from + reference.len());
        if let Some(found) = found.filter(|found| !found.is_empty()) {
            compared += 1;
            differing += u64::from(!agrees(found, &reference));
        }
        let is_enough = compared == MAX_COMPARED;
        Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    file.cursor().all(contig, |row| compare(&row))?;
    Ok((compared, differing))
}

/// Whether the reference has any of the transcripts that a source has values for.
fn has_transcript_of(
    file: &SourceFile,
    contigs: &[Option<CoveredContig>],
    reference: &Reference,
) -> Result<bool, Damaged> {
    for (ours, covered) in reference.contigs().zip(contigs) {
        let Some(CoveredContig { number, .. }) = covered else { continue };
        let stored = file.categories(*number, 0)?;
        let stored: HashSet<&[u8]> = stored.into_iter().flat_map(transcripts_of).collect();
        let mut ids = ours.model.transcripts.iter().map(|t| without_version(t.id.as_bytes()));
        if ids.any(|id| stored.contains(id)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the reference has any of the genes that a source has values for.
fn has_gene_of(file: &SourceFile, reference: &Reference) -> Result<bool, Damaged> {
    let mut matcher = Matcher::new(file);
    for gene in reference.contigs().flat_map(|contig| &contig.model.genes) {
        if row_of_gene(&mut matcher, gene)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
