//! How many pairs differ, in all and by decision of `annotator/README.md`. Data and engine are the same in
//! every run, so more differences than these are a change of the engine, whatever explains them.

/// Differences that no decision explains, or that are allowed in the comparisons with `bcftools csq`.
pub(crate) const OTHER: &str = "other differences";

/// Known pairs by compared file, field and decision. Fields that are not here have none.
const KNOWN: [(&str, &str, &str, u64); 28] = [
    ("sim20k", "Amino_acids", PLACE, 189),
    ("sim20k", "CDS_position", PLACE, 293),
    ("sim20k", "Codons", PLACE, 293),
    ("sim20k", "Consequence", PLACE, 88),
    ("sim20k", "Consequence", "stop codon retained only at its place", 10),
    ("sim20k", "Consequence", "stop codon that a shift of the frame makes", 33),
    ("sim20k", "Consequence", OTHER, 14),
    ("sim20k", "DISTANCE", PLACE, 508),
    ("sim20k", "EXON", PLACE, 20),
    ("sim20k", "HGVSc", "intron beside the stop codon", 110),
    ("sim20k", "HGVSc", PLACE, 2),
    ("sim20k", "HGVSp", "distance of a new stop codon in the 3' UTR, reverse strand", 47),
    ("sim20k", "HGVSp", PLACE, 19),
    ("sim20k", "HGVSp", "stop codon retained only at its place", 10),
    ("sim20k", "HGVSp", OTHER, 18),
    ("sim20k", "INTRON", PLACE, 36),
    ("sim20k", "Protein_position", PLACE, 193),
    ("sim20k", "cDNA_position", PLACE, 449),
    ("sim20k", "core terms", PLACE, 46),
    ("sim20k", "core terms", "stop codon retained only at its place", 10),
    ("sim20k", "core terms", "stop codon that a shift of the frame makes", 33),
    ("sim20k", "core terms", OTHER, 1),
    ("kg20.sites", "HGVSc", "intron beside the stop codon", 118),
    ("kg20.sites", "HGVSp", "distance of a new stop codon in the 3' UTR, reverse strand", 6),
    // The classes are in annotator/README.md.
    ("sim20k", "BCSQ", OTHER, 157),
    ("kg20.sites", "BCSQ", OTHER, 2),
    ("kg20.phased300", "BCSQ", OTHER, 1),
    // Terms of several ALTs on one transcript are joined.
    ("multi-allelic", "consequences", OTHER, 3),
];

const PLACE: &str = "place of an indel in a repeat";

/// How many pairs are known to differ.
pub(crate) fn known(set: &str, field: &str, decision: &str) -> u64 {
    let row = KNOWN.iter().find(|row| (row.0, row.1, row.2) == (set, field, decision));
    row.map_or(0, |row| row.3)
}

/// Whether the number of different pairs exceeds the known number by at most 2%.
pub(crate) fn is_known(pairs: u64, known: u64) -> bool {
    pairs <= known + known / 50
}

/// A test case of `bcftools csq` with another answer: its name, the end of the expected line, what the engine
/// answers, and why.
pub(crate) struct OtherCase {
    pub(crate) name: &'static str,
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static str,
    pub(crate) why: &'static str,
}

const OTHER_CASES: [OtherCase; 2] = [
    OtherCase {
        name: "EMN908947/ribosomal-slippage.cmd.out",
        theirs: ",splice_region|ORF1ab|ORF1ab|protein_coding",
        ours: "",
        why: "there is no intron where the ribosome slips",
    },
    OtherCase {
        name: "ENST00000382647/synon-splice-region-insert.txt",
        theirs: "splice_donor|",
        ours: "5_prime_utr|",
        why: "the donor beside a copy of bases is intact",
    },
];

/// The test case of `bcftools csq` with a name, if it has another answer.
pub(crate) fn other_case(name: &str) -> Option<&'static OtherCase> {
    OTHER_CASES.iter().find(|case| case.name == name)
}
