//! Labels of the fields of an annotation.

/// The labels of VEP's fields
/// (<https://www.ensembl.org/info/docs/tools/vep/vep_formats.html#output>) and of the columns of samples.
const LABELS: [(&str, &str); 33] = [
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
];

/// The label of a field; a field without one keeps its name, which its source has chosen.
pub fn field_label(name: &str) -> &str {
    LABELS.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_without_a_label_keeps_its_name() {
        assert_eq!(
            [field_label("Feature"), field_label("gnomADe_AF")],
            ["Transcript", "gnomADe_AF"]
        );
    }
}
