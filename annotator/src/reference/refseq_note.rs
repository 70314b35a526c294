//! Notes of NCBI about transcripts whose sequence differs from the genome.
//!
//! RefSeq transcripts are sequences of their own, which are aligned with the genome. Where the
//! alignment has gaps, the positions and the reading frame of the transcript are not those of its
//! exons: the transcript of ABO has a base that GRCh38 lacks. Where it has substitutions, only
//! bases differ. NCBI writes it in the note of each line of the transcript, in GFF3 and GTF.

use super::gff::Feature;

/// What a note says of a known RefSeq sequence, between these words.
const CURATED: [&str; 2] = ["The RefSeq ", " compared to this genomic sequence"];
/// Differences that move positions against the genome. Substitutions do not.
const CURATED_GAPS: [&str; 3] = ["frameshift", "indel", "coverage"];
const CURATED_SUBSTITUTIONS: [&str; 2] = ["substitution", "mismatch"];

/// What a note says of a predicted sequence, after these words.
const PREDICTED: &str = " genomic sequence to represent the inferred CDS:";
const PREDICTED_GAPS: [&str; 3] = [" added ", " inserted ", " deleted "];
const PREDICTED_SUBSTITUTIONS: [&str; 1] = [" substituted "];

/// Whether a line says that its transcript has bases which the genome lacks, or lacks some of the genome.
pub(super) fn has_gaps(feature: &Feature) -> bool {
    notes(feature).any(says_gaps)
}

/// Whether a line says that its transcript has other bases than the genome.
pub(super) fn has_substitutions(feature: &Feature) -> bool {
    notes(feature).any(says_substitutions)
}

fn notes(feature: &Feature) -> impl Iterator<Item = &str> {
    let notes = feature.attributes.iter().filter(|(key, _)| key.eq_ignore_ascii_case("note"));
    notes.map(|(_, note)| note.as_str())
}

fn says_gaps(note: &str) -> bool {
    says(note, &CURATED_GAPS, &PREDICTED_GAPS)
}

fn says_substitutions(note: &str) -> bool {
    says(note, &CURATED_SUBSTITUTIONS, &PREDICTED_SUBSTITUTIONS)
}

/// Whether a note has one of these words where it speaks of differences.
fn says(note: &str, curated: &[&str], predicted: &[&str]) -> bool {
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let of_curated = note.split_once(CURATED[1]).is_some_and(|(before, _)| {
        has(before.rsplit(CURATED[0]).next().unwrap_or_default(), curated)
    });
    let of_predicted = note.split_once(PREDICTED).is_some_and(|(_, after)| has(after, predicted));
    of_curated || of_predicted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wording is that of NCBI's annotations of GRCh37, GRCh38 and GRCm39.
    #[test]
    fn insertions_and_deletions_are_gaps_and_substitutions_are_none() {
        for (note, expected) in [
            ("The RefSeq transcript has 1 frameshift compared to this genomic sequence", true),
            ("The RefSeq transcript has 2 substitutions compared to this genomic sequence", false),
            (
                "isoform 1 is encoded by transcript variant 1; The RefSeq protein has 1 substitution, 1 \
                 non-frameshifting indel compared to this genomic sequence",
                true,
            ),
            (
                "The RefSeq transcript aligns at 99% coverage compared to this genomic sequence",
                true,
            ),
            (
                "The sequence of the model RefSeq protein was modified relative to this genomic sequence to \
                 represent the inferred CDS: deleted 1 base in 1 codon; substituted 2 bases at 2 genomic stop \
                 codons; Derived by automated computational analysis using gene prediction method: Gnomon.",
                true,
            ),
            (
                "The sequence of the model RefSeq transcript was modified relative to its source genomic \
                 sequence to represent the inferred CDS: added 136 bases not found in genome assembly",
                true,
            ),
            (
                "The sequence of the model RefSeq protein was modified relative to this genomic sequence to \
                 represent the inferred CDS: substituted 1 base at 1 genomic stop codon",
                false,
            ),
            ("this frameshift is conserved; ribosomal slippage", false),
        ] {
            assert_eq!(says_gaps(note), expected, "{note}");
        }
    }

    #[test]
    fn substitutions_are_other_bases_also_beside_gaps() {
        for (note, expected) in [
            ("The RefSeq transcript has 1 frameshift compared to this genomic sequence", false),
            ("The RefSeq transcript has 2 substitutions compared to this genomic sequence", true),
            (
                "The RefSeq protein has 1 substitution, 1 non-frameshifting indel compared to this genomic \
                 sequence",
                true,
            ),
            (
                "The sequence of the model RefSeq protein was modified relative to this genomic sequence to \
                 represent the inferred CDS: substituted 1 base at 1 genomic stop codon",
                true,
            ),
            ("a substitution of this residue is pathogenic", false),
        ] {
            assert_eq!(says_substitutions(note), expected, "{note}");
        }
    }
}
