//! Which names a track may write to INFO.

use crate::annotation_format::AnnotationFormat;
use crate::csq;
use crate::report::AnnotationGap;

/// The keys that VCF 4.5 defines (sections 1.6.1, 3 and 5), and those of breakends that callers write and
/// the engine reads. In the output they would have two meanings.
const RESERVED: [&str; 67] = [
    "1000G",
    "AA",
    "AC",
    "AD",
    "ADF",
    "ADR",
    "AF",
    "AN",
    "BKPTID",
    "BQ",
    "CHR2",
    "CICN",
    "CICNADJ",
    "CIEND",
    "CIGAR",
    "CILEN",
    "CIPOS",
    "CIRB",
    "CIRUC",
    "CN",
    "CNADJ",
    "CT",
    "DB",
    "DBRIPID",
    "DBVARID",
    "DGVID",
    "DP",
    "DPADJ",
    "END",
    "END2",
    "EVENT",
    "EVENTTYPE",
    "H2",
    "H3",
    "HOMLEN",
    "HOMSEQ",
    "IMPRECISE",
    "MATEID",
    "MEINFO",
    "METRANS",
    "MQ",
    "MQ0",
    "NOVEL",
    "NS",
    "PARID",
    "POS2",
    "RB",
    "RN",
    "RUB",
    "RUC",
    "RUL",
    "RUS",
    "SB",
    "SOMATIC",
    "STRANDS",
    "SVCLAIM",
    "SVLEN",
    "SVTYPE",
    "VALIDATED",
    "ID",
    "CHROM",
    "POS",
    "REF",
    "ALT",
    "QUAL",
    "FILTER",
    "INFO",
];

/// Checks the INFO key that a track would write.
///
/// # Errors
/// The reason why it cannot be used, as a fragment that follows the name.
pub(super) fn check_info_key(name: &str) -> Result<(), String> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well {
        return Err("is not a valid INFO key; start it with a letter".to_owned());
    }
    let own =
        [AnnotationFormat::Csq.key(), AnnotationFormat::Ann.key(), csq::KEY, AnnotationGap::KEY];
    if own.contains(&name) {
        return Err("is an INFO key that annotation writes; choose another name".to_owned());
    }
    if RESERVED.contains(&name) {
        return Err("is an INFO key that VCF defines; choose another name".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_another_meaning_are_rejected() {
        for name in ["CSQ", "ANN", "BCSQ", "GAS_NOTE", "END", "DP", "SVLEN", "1000G", "2x"] {
            assert!(check_info_key(name).is_err(), "{name}");
        }
        for name in ["segdup", "csq", "end", "_x", "DPS"] {
            assert_eq!(check_info_key(name), Ok(()), "{name}");
        }
    }
}
