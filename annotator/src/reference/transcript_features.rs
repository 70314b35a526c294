//! The features of one transcript.

use super::gff::Feature;
use super::left_out::LeftOut;
use super::refseq_note::{has_gaps, has_substitutions};
use super::translation_exception::TranslationException;

/// The features of one transcript.
#[derive(Clone, Default)]
pub(super) struct TranscriptFeatures<'a> {
    /// The feature of the transcript itself, or of the gene whose direct parts it consists of.
    pub(super) transcript: Option<&'a Feature>,
    /// Further lines of the same identifier, at other places.
    pub(super) lines: Vec<&'a Feature>,
    /// The key of its gene.
    pub(super) gene: Option<&'a str>,
    pub(super) exons: Vec<&'a Feature>,
    pub(super) cds: Vec<&'a Feature>,
    /// Stop codons. GTF does not include them in the CDS, GFF3 does.
    pub(super) stop_codons: Vec<&'a Feature>,
    /// Untranslated regions, if there are no exons.
    pub(super) utrs: Vec<&'a Feature>,
    /// Codons that the genetic code does not translate.
    pub(super) exceptions: Vec<TranslationException>,
    /// Why it is left out.
    pub(super) left_out: Option<LeftOut>,
}

impl<'a> TranscriptFeatures<'a> {
    /// One of the features; `None` if the transcript has no features.
    pub(super) fn any(&self) -> Option<&'a Feature> {
        self.transcript.into_iter().chain(self.parts()).next()
    }

    /// Exons, CDS, stop codons and untranslated regions.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'a Feature> {
        self.exons.iter().chain(&self.cds).chain(&self.stop_codons).chain(&self.utrs).copied()
    }

    pub(super) fn add_part(&mut self, feature: &'a Feature) {
        match feature.kind.as_str() {
            "exon" | "pseudogenic_exon" => self.exons.push(feature),
            "CDS" => self.cds.push(feature),
            "stop_codon" => self.stop_codons.push(feature),
            _ => self
                .exceptions
                .push(TranslationException::selenocysteine(feature.start, feature.end)),
        }
        // GTF repeats the attribute for each codon, and each part of a CDS repeats those of all
        // parts.
        let lists = feature.attributes.iter().filter(|(key, _)| key == "transl_except");
        for exception in lists.flat_map(|(_, list)| TranslationException::parse(list)) {
            if !self.exceptions.contains(&exception) {
                self.exceptions.push(exception);
            }
        }
    }

    /// Whether NCBI says that its sequence and the genome differ by insertions or deletions.
    pub(super) fn has_other_sequence(&self) -> bool {
        self.transcript.into_iter().chain(self.parts()).any(has_gaps)
    }

    /// Whether NCBI says that its sequence and the genome differ by substitutions, or that its RNA
    /// is edited.
    pub(super) fn has_other_bases(&self) -> bool {
        let differs = |feature: &'a Feature| {
            let mut exceptions = feature.attributes.iter().filter(|(key, _)| key == "exception");
            let differences = ["RNA editing", "mismatches in t"];
            has_substitutions(feature)
                || exceptions.any(|(_, text)| differences.iter().any(|one| text.contains(one)))
        };
        self.transcript.into_iter().chain(self.parts()).any(differs)
    }

    /// Whether INSDC's or NCBI's attributes say that it is joined from separate transcripts.
    pub(super) fn is_declared_trans_spliced(&self) -> bool {
        let exceptions = self.transcript.into_iter().chain(self.parts());
        let mut texts = exceptions.filter_map(|feature| feature.attribute(&["exception"]));
        texts.any(|text| text.contains("trans-splicing") || text.contains("trans_splicing"))
    }
}
