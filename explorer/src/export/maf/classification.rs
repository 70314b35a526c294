//! `Variant_Classification` of MAF by the term of the Sequence Ontology.

use super::allele::Change;

/// The classification of a term, as vcf2maf's `GetVariantClassification` has it; `Unknown` for an allele without an
/// annotation.
pub(super) fn classification(term: &str, change: &Change) -> &'static str {
    let is_insertion = match change.kind {
        "INS" => Some(true),
        "DEL" => Some(false),
        _ => None,
    };
    match (term, is_insertion) {
        ("", _) => "Unknown",
        (
            "splice_acceptor_variant"
            | "splice_donor_variant"
            | "transcript_ablation"
            | "exon_loss_variant",
            _,
        ) => "Splice_Site",
        ("stop_gained", _) => "Nonsense_Mutation",
        ("frameshift_variant", Some(false)) => "Frame_Shift_Del",
        ("frameshift_variant", Some(true)) => "Frame_Shift_Ins",
        ("protein_altering_variant", Some(false)) if !change.in_frame => "Frame_Shift_Del",
        ("protein_altering_variant", Some(true)) if !change.in_frame => "Frame_Shift_Ins",
        ("stop_lost", _) => "Nonstop_Mutation",
        ("initiator_codon_variant" | "start_lost", _) => "Translation_Start_Site",
        ("inframe_insertion" | "disruptive_inframe_insertion", _)
        | ("protein_altering_variant", Some(true)) => "In_Frame_Ins",
        ("inframe_deletion" | "disruptive_inframe_deletion", _)
        | ("protein_altering_variant", Some(false)) => "In_Frame_Del",
        (
            "missense_variant"
            | "coding_sequence_variant"
            | "conservative_missense_variant"
            | "rare_amino_acid_variant",
            _,
        ) => "Missense_Mutation",
        (
            "transcript_amplification" | "intron_variant" | "INTRAGENIC" | "intragenic_variant",
            _,
        ) => "Intron",
        (
            "splice_region_variant"
            | "splice_polypyrimidine_tract_variant"
            | "splice_donor_5th_base_variant"
            | "splice_donor_region_variant",
            _,
        ) => "Splice_Region",
        (
            "incomplete_terminal_codon_variant"
            | "synonymous_variant"
            | "stop_retained_variant"
            | "start_retained_variant"
            | "NMD_transcript_variant",
            _,
        ) => "Silent",
        (
            "mature_miRNA_variant"
            | "exon_variant"
            | "non_coding_exon_variant"
            | "non_coding_transcript_exon_variant"
            | "non_coding_transcript_variant"
            | "nc_transcript_variant",
            _,
        ) => "RNA",
        ("5_prime_UTR_variant" | "5_prime_UTR_premature_start_codon_gain_variant", _) => "5'UTR",
        ("3_prime_UTR_variant", _) => "3'UTR",
        (
            "TF_binding_site_variant"
            | "regulatory_region_variant"
            | "regulatory_region"
            | "intergenic_variant"
            | "intergenic_region",
            _,
        ) => "IGR",
        ("upstream_gene_variant", _) => "5'Flank",
        ("downstream_gene_variant", _) => "3'Flank",
        _ => "Targeted_Region",
    }
}

#[cfg(test)]
mod tests {
    use super::super::allele::change;
    use super::*;
    use gas_shared::explorer::SoTerm;
    use gas_shared::vcf::parse_record;

    fn of(term: &str, reference: &str, alt: &str) -> &'static str {
        let line = format!("1\t9\t.\t{reference}\t{alt}\t.\t.\t.");
        let record = parse_record(line.as_bytes()).unwrap();
        classification(term, &change(&record, &[record.reference, record.alt], 1).unwrap())
    }

    #[test]
    fn terms_have_the_classification_of_vcf2maf() {
        for (term, reference, alt, expected) in [
            ("stop_gained", "A", "G", "Nonsense_Mutation"),
            ("splice_donor_variant", "A", "G", "Splice_Site"),
            ("frameshift_variant", "A", "AT", "Frame_Shift_Ins"),
            ("frameshift_variant", "ATT", "A", "Frame_Shift_Del"),
            ("protein_altering_variant", "ACCC", "AG", "Frame_Shift_Del"),
            ("protein_altering_variant", "ACCCC", "AG", "In_Frame_Del"),
            ("protein_altering_variant", "AC", "AGTTT", "In_Frame_Ins"),
            ("inframe_deletion", "ACCC", "A", "In_Frame_Del"),
            ("missense_variant", "A", "G", "Missense_Mutation"),
            ("splice_polypyrimidine_tract_variant", "A", "G", "Splice_Region"),
            ("upstream_gene_variant", "A", "G", "5'Flank"),
            ("3_prime_UTR_variant", "A", "G", "3'UTR"),
            ("TFBS_ablation", "A", "G", "Targeted_Region"),
            ("", "A", "G", "Unknown"),
        ] {
            assert_eq!(of(term, reference, alt), expected, "{term}");
        }
    }

    /// The terms without a classification of their own are those that vcf2maf leaves to the last one, and the
    /// combinations that a sequence cannot have.
    #[test]
    fn every_term_of_the_engine_has_its_classification() {
        let terms = SoTerm::ALL.iter().map(|term| term.as_str());
        let other: Vec<&str> =
            terms.filter(|term| of(term, "A", "AT") == "Targeted_Region").collect();
        let expected = [
            "feature_elongation",
            "feature_truncation",
            "gene_fusion",
            "bidirectional_gene_fusion",
            "sequence_variant",
            "coding_transcript_variant",
            "TFBS_ablation",
            "TFBS_amplification",
            "regulatory_region_ablation",
            "regulatory_region_amplification",
        ];
        assert!(other.iter().all(|term| expected.contains(term)), "{other:?}");
    }
}
