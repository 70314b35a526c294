//! Stop codons within coding sequences that the gene models do not explain.
//!
//! Where a model goes on behind a stop codon, the ribosome reads it as an amino acid, in vertebrates nearly always as
//! selenocysteine. Files of GENCODE and NCBI say so, the GFF3 of Ensembl does not. Which residue it is follows
//! neither from the model nor from the genetic code, so it is unknown.

use super::manifest::Contig;
use super::splice::splice;
use crate::model::{ContigModel, RecodedCodon, Transcript};

/// The most transcripts that the note names.
const MAX_NAMED: usize = 20;

/// Marks the residues of such codons as unknown. Returns a note if there are any.
pub(super) fn mark_read_stop_codons(
    models: &mut [ContigModel],
    contigs: &[Contig],
    sequence: &[u8],
) -> Option<String> {
    let mut names = Vec::new();
    let mut transcripts = 0usize;
    let mut bases = Vec::new();
    for (model, contig) in models.iter_mut().zip(contigs) {
        let of_contig = &sequence[contig.offset as usize..(contig.offset + contig.length) as usize];
        for transcript in model.transcripts.iter_mut().filter(|transcript| reads_on(transcript)) {
            let strand = transcript.strand;
            let Some(cds) = &mut transcript.cds else { continue };
            let segments = cds.segments.iter().map(|segment| (segment.start, segment.end));
            splice(&mut bases, of_contig, segments, strand);
            let codons = bases.get(usize::from(cds.skip)..).unwrap_or_default().as_chunks::<3>().0;
            let Some((_, inner)) = codons.split_last() else { continue };
            let first = i32::from(cds.start_phase > 0);
            let known = cds.recoded.len();
            for (number, codon) in (first..).zip(inner) {
                let is_known = cds.recoded[..known].iter().any(|codon| codon.number == number);
                if cds.table.translate(codon) == b'*' && !is_known {
                    cds.recoded.push(RecodedCodon { number, residue: b'X' });
                }
            }
            if cds.recoded.len() == known {
                continue;
            }
            cds.recoded.sort_unstable_by_key(|codon| codon.number);
            transcripts += 1;
            if names.len() < MAX_NAMED {
                names.push(transcript.id.to_string());
            }
        }
    }
    let more = if transcripts > names.len() { ", …" } else { "" };
    (transcripts > 0).then(|| {
        format!(
            "{transcripts} coding sequences go on behind stop codons, whose residues are unknown; mark \
             selenocysteines as GENCODE or NCBI do: {}{more}",
            names.join(", ")
        )
    })
}

/// Whether a stop codon within the coding sequence is no end of it. Some models have the coding sequence of other
/// people, and end early in the genome.
fn reads_on(transcript: &Transcript) -> bool {
    let biotype = &*transcript.biotype;
    let ends_early = ["IG_", "TR_", "polymorphic_pseudogene", "protein_coding_LoF"];
    !ends_early.iter().any(|start| biotype.starts_with(start))
}
