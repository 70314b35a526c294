//! What the sequence says about genetic codes that the file does not name (`transl_table`), as files of Ensembl.
//!
//! Mitochondria have the code of vertebrates then. AGA and AGG are stop codons in this code only,
//! and are frequent in coding sequences of the mitochondria of all other species
//! (<https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi>), so that these codons within coding
//! sequences show that it is another code. Which one it is does not follow from the sequence.
//!
//! Bacteria and archaea have the start codons of code 11. They are recognized by genes without
//! introns, of which some begin with GTG or TTG.

use super::assemble::{Assembled, sort_genes};
use super::left_out::LeftOut;
use super::manifest::Contig;
use super::splice::splice;
use crate::model::{Cds, CodonTable, ContigModel, Transcript};

/// Leaves out the coding transcripts of mitochondria that name no code where it is not that of
/// vertebrates, and the genes that have no others.
pub(super) fn leave_out_other_codes(built: &mut Assembled, contigs: &[Contig], sequence: &[u8]) {
    for (number, unnamed) in &built.unnamed_codes {
        let index = *number as usize;
        let (Some(model), Some(contig)) = (built.models.get_mut(index), contigs.get(index)) else {
            continue;
        };
        let bases = &sequence[contig.offset as usize..(contig.offset + contig.length) as usize];
        let (mut read, mut differing) = (0usize, 0usize);
        let mut spliced = Vec::new();
        for transcript in &model.transcripts {
            let Some(cds) = vertebrate_cds(transcript) else { continue };
            let segments = cds.segments.iter().map(|segment| (segment.start, segment.end));
            splice(&mut spliced, bases, segments, transcript.strand);
            let codons =
                spliced.get(usize::from(cds.skip)..).unwrap_or_default().as_chunks::<3>().0;
            let inner = codons.split_last().map_or(&[][..], |(_, inner)| inner);
            read += 1;
            let is_read = |codon: &[u8; 3]| {
                codon.eq_ignore_ascii_case(b"AGA") || codon.eq_ignore_ascii_case(b"AGG")
            };
            differing += usize::from(inner.iter().any(is_read));
        }
        // One model in another frame than the ribosome's proves nothing about the others.
        if differing * 4 <= read {
            continue;
        }
        // A code that is named counts, whatever the others say.
        let mut indices = 0..;
        let is_unnamed =
            |_: &mut Transcript| indices.next().is_some_and(|index| unnamed.contains(&index));
        for transcript in model.transcripts.extract_if(.., is_unnamed) {
            built.left_out.add(&transcript.id, &contig.name, LeftOut::UnnamedGeneticCode);
            built.left_out.regions.push((*number, (transcript.start, transcript.end)));
        }
        sort_genes(model);
    }
}

/// The fewest coding sequences that show whether a genome is that of a prokaryote.
const LEAST_CODING_SEQUENCES: usize = 50;

/// A genome is taken for that of a prokaryote if at least one in this number of coding sequences begins with GTG or TTG. In
/// Escherichia coli, one in five does.
const MOST_PER_OTHER_START: usize = 50;

/// The most bases between two parts of a gene where the ribosome shifts its frame, as in prfB of Escherichia
/// coli and in transposases. All introns are longer.
const MOST_SHIFTED_BASES: i32 = 10;

/// Reads coding sequences by code 11 if they are those of a prokaryote, and returns a note if it does.
pub(super) fn recognize_prokaryote(
    models: &mut [ContigModel],
    contigs: &[Contig],
    sequence: &[u8],
) -> Option<String> {
    let (mut coding, mut other_starts) = (0usize, 0usize);
    let mut codon = Vec::new();
    for (model, contig) in models.iter().zip(contigs) {
        let bases = &sequence[contig.offset as usize..(contig.offset + contig.length) as usize];
        for transcript in &model.transcripts {
            let Some(cds) = standard_cds(transcript) else { continue };
            if transcript.introns().any(|(start, end)| end - start >= MOST_SHIFTED_BASES) {
                return None;
            }
            // A coding sequence whose beginning is missing can begin with any codon.
            if transcript.flags.cds_start_nf || cds.start_phase > 0 {
                continue;
            }
            splice(&mut codon, bases, cds.regions(transcript.strand, 1, 3), transcript.strand);
            coding += 1;
            let is_other = codon.eq_ignore_ascii_case(b"GTG") || codon.eq_ignore_ascii_case(b"TTG");
            other_starts += usize::from(is_other);
        }
    }
    if coding < LEAST_CODING_SEQUENCES || other_starts * MOST_PER_OTHER_START < coding {
        return None;
    }
    for transcript in models.iter_mut().flat_map(|model| &mut model.transcripts) {
        if let Some(cds) = transcript.cds.as_mut().filter(|cds| cds.table == CodonTable::Standard) {
            cds.table = CodonTable::Bacterial;
        }
    }
    Some(format!(
        "{coding} coding sequences have no introns, and {other_starts} of them begin with GTG or TTG, so that they are read \
         by genetic code 11"
    ))
}

fn standard_cds(transcript: &Transcript) -> Option<&Cds> {
    transcript.cds.as_ref().filter(|cds| cds.table == CodonTable::Standard)
}

fn vertebrate_cds(transcript: &Transcript) -> Option<&Cds> {
    transcript.cds.as_ref().filter(|cds| cds.table == CodonTable::VertebrateMitochondrial)
}
