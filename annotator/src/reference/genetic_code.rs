//! The genetic code of coding sequences by what the file says: the code that a transcript names (`transl_table`), or the usual one
//! of its contig.

use super::gff::Features;
use super::manifest::Contig;
use super::transcript_features::TranscriptFeatures;
use crate::model::CodonTable;

/// The genetic code of the coding sequences of a contig that name none.
pub(super) fn usual_code(contig: &Contig, found: &Features) -> CodonTable {
    if has_unnamed_code(contig, found) {
        CodonTable::VertebrateMitochondrial
    } else if found.is_prokaryotic() || is_plastid(&contig.name) {
        CodonTable::Bacterial
    } else {
        CodonTable::Standard
    }
}

/// Whether a file does not say which code the coding sequences of a contig have that name none. NCBI names each code but the
/// standard one, which mitochondria of plants have.
pub(super) fn has_unnamed_code(contig: &Contig, found: &Features) -> bool {
    contig.is_mitochondrial() && !found.names_codes
}

/// The genetic code that a transcript names.
pub(super) fn named_code<'a>(features: &TranscriptFeatures<'a>) -> Option<&'a str> {
    features.cds.iter().find_map(|part| part.attribute(&["transl_table"]))
}

/// Whether a contig has the name of a plastid, as in files of Ensembl, NCBI and TAIR.
fn is_plastid(name: &str) -> bool {
    let names = ["Pt", "chrPt", "Pltd", "ChrC", "plastid", "chloroplast"];
    names.iter().any(|plastid| name.eq_ignore_ascii_case(plastid))
}
