//! Labels of the fields of an annotation.

/// The labels of VEP's fields
/// (<https://www.ensembl.org/info/docs/tools/vep/vep_formats.html#output>), of its plugins, and of the columns of samples.
/// Labels of the columns of the table, which name their source, are in `shared/src/explorer/column_label.rs`.
const LABELS: [(&str, &str); 72] = [
    ("Allele", "Allele"),
    ("Consequence", "Consequence"),
    ("IMPACT", "Impact"),
    ("SYMBOL", "Gene"),
    ("Gene", "Gene ID"),
    ("Feature_type", "Feature type"),
    ("Feature", "Transcript"),
    ("BIOTYPE", "Biotype"),
    ("EXON", "Exon"),
    ("INTRON", "Intron"),
    ("HGVSc", "HGVS c."),
    ("HGVSp", "HGVS p."),
    ("HGVSg", "HGVS g."),
    ("HGVS_OFFSET", "HGVS offset"),
    ("cDNA_position", "Position in cDNA"),
    ("CDS_position", "Position in CDS"),
    ("Protein_position", "Position in protein"),
    ("Amino_acids", "Amino acids"),
    ("Codons", "Codons"),
    ("Existing_variation", "Known variants"),
    ("DISTANCE", "Distance"),
    ("STRAND", "Strand"),
    ("FLAGS", "Flags"),
    ("PICK", "Picked"),
    ("VARIANT_CLASS", "Variant class"),
    ("SYMBOL_SOURCE", "Source of the gene name"),
    ("HGNC_ID", "HGNC"),
    ("CANONICAL", "Canonical"),
    ("MANE_SELECT", "MANE Select"),
    ("MANE_PLUS_CLINICAL", "MANE Plus Clinical"),
    ("ENSP", "Protein"),
    ("CLIN_SIG", "Clinical significance"),
    ("MAX_AF", "Highest allele frequency"),
    ("MAX_AF_POPS", "Population of highest allele frequency"),
    ("ALLELE_NUM", "Allele number"),
    ("MINIMISED", "Alleles shortened"),
    ("SOURCE", "Source of the transcript"),
    ("NEAREST", "Nearest gene"),
    ("TSL", "Transcript support level"),
    ("SWISSPROT", "Swiss-Prot"),
    ("TREMBL", "TrEMBL"),
    ("UNIPARC", "UniParc"),
    ("UNIPROT_ISOFORM", "UniProt isoform"),
    ("REFSEQ_MATCH", "RefSeq compared to the genome"),
    ("REFSEQ_OFFSET", "RefSeq offset"),
    ("GIVEN_REF", "Reference allele of the file"),
    ("USED_REF", "Reference allele of the transcript"),
    ("BAM_EDIT", "RefSeq corrected by alignment"),
    ("GENE_PHENO", "Gene with a phenotype"),
    ("DOMAINS", "Protein domains"),
    ("miRNA", "miRNA structure"),
    ("SOMATIC", "Somatic"),
    ("PHENO", "Known phenotype"),
    ("PUBMED", "PubMed"),
    ("VAR_SYNONYMS", "Synonyms of known variants"),
    ("MOTIF_NAME", "Motif"),
    ("MOTIF_POS", "Position in motif"),
    ("HIGH_INF_POS", "Conserved position of the motif"),
    ("MOTIF_SCORE_CHANGE", "Change of the motif score"),
    ("TRANSCRIPTION_FACTORS", "Transcription factors"),
    ("IND", "Sample"),
    ("ZYG", "Zygosity"),
    ("OverlapBP", "Overlap in bases"),
    ("OverlapPC", "Overlap in percent"),
    ("CADD_PHRED", "CADD Phred score"),
    ("CADD_RAW", "CADD raw score"),
    ("am_class", "AlphaMissense class"),
    ("am_pathogenicity", "AlphaMissense pathogenicity"),
    ("SpliceAI_pred_DS_AG", "SpliceAI acceptor gain"),
    ("SpliceAI_pred_DS_AL", "SpliceAI acceptor loss"),
    ("SpliceAI_pred_DS_DG", "SpliceAI donor gain"),
    ("SpliceAI_pred_DS_DL", "SpliceAI donor loss"),
];

/// The label of a field; a field without one keeps its name, which its source has chosen.
pub fn field_label(name: &str) -> &str {
    LABELS.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_field_has_one_label() {
        let names: BTreeSet<_> = LABELS.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), LABELS.len());
        assert_eq!(field_label("MAX_AF_POPS"), "Population of highest allele frequency");
    }

    #[test]
    fn a_field_without_a_label_keeps_its_name() {
        assert_eq!(
            [field_label("Feature"), field_label("gnomADe_AF")],
            ["Transcript", "gnomADe_AF"]
        );
    }
}
