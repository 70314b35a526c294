//! Genetic codes.

use serde::{Deserialize, Serialize};

/// A genetic code by its NCBI number
/// (<https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi>). The codes 27, 28 and 31 are missing: their
/// stop codons are also read as amino acids, by a context that gene models do not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodonTable {
    /// 1, the standard code.
    #[default]
    Standard,
    /// 2, vertebrate mitochondria.
    VertebrateMitochondrial,
    /// 11, bacteria, archaea and plant plastids. It translates like the standard code, but has more
    /// start codons.
    Bacterial,
    /// 3, yeast mitochondria.
    YeastMitochondrial,
    /// 4, mitochondria of molds, protozoans and coelenterates; mycoplasma and spiroplasma.
    MoldMitochondrial,
    /// 5, invertebrate mitochondria.
    InvertebrateMitochondrial,
    /// 6, nuclei of ciliates, dasycladacean and hexamita.
    Ciliate,
    /// 9, mitochondria of echinoderms and flatworms.
    EchinodermMitochondrial,
    /// 10, nuclei of euplotids.
    Euplotid,
    /// 12, nuclei of yeasts that read CTG as serine.
    AlternativeYeast,
    /// 13, ascidian mitochondria.
    AscidianMitochondrial,
    /// 14, flatworm mitochondria, alternative code.
    AlternativeFlatwormMitochondrial,
    /// 15, nuclei of Blepharisma.
    Blepharisma,
    /// 16, chlorophycean mitochondria.
    ChlorophyceanMitochondrial,
    /// 21, trematode mitochondria.
    TrematodeMitochondrial,
    /// 22, mitochondria of Scenedesmus obliquus.
    ScenedesmusMitochondrial,
    /// 23, mitochondria of Thraustochytrium.
    ThraustochytriumMitochondrial,
    /// 24, mitochondria of Rhabdopleuridae.
    RhabdopleuridaeMitochondrial,
    /// 25, candidate division SR1 and Gracilibacteria.
    Gracilibacteria,
    /// 26, nuclei of Pachysolen tannophilus.
    Pachysolen,
    /// 29, nuclei of Mesodinium.
    Mesodinium,
    /// 30, nuclei of peritrichs.
    Peritrich,
    /// 32, plastids of Balanophoraceae.
    BalanophoraceaePlastid,
    /// 33, mitochondria of Cephalodiscidae.
    CephalodiscidaeMitochondrial,
}

/// What a genetic code consists of.
struct GeneticCode {
    number: u32,
    table: CodonTable,
    /// Amino acids in NCBI's order of codons.
    residues: &'static [u8; 64],
    /// Start codons.
    starts: &'static [&'static [u8; 3]],
}

const fn code(
    number: u32,
    table: CodonTable,
    residues: &'static [u8; 64],
    starts: &'static [&'static [u8; 3]],
) -> GeneticCode {
    GeneticCode { number, table, residues, starts }
}

/// NCBI's `gc.prt`, in the order of [`CodonTable`].
#[rustfmt::skip]
const CODES: [GeneticCode; 24] = {
    use CodonTable::*;
    [
        code(1, Standard, b"FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG", b"CTG", b"TTG"]),
        code(2, VertebrateMitochondrial, b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG", &[b"ATA", b"ATC", b"ATG", b"ATT", b"GTG"]),
        code(11, Bacterial, b"FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATA", b"ATC", b"ATG", b"ATT", b"CTG", b"GTG", b"TTG"]),
        code(3, YeastMitochondrial, b"FFLLSSSSYY**CCWWTTTTPPPPHHQQRRRRIIMMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATA", b"ATG", b"GTG"]),
        code(4, MoldMitochondrial, b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATA", b"ATC", b"ATG", b"ATT", b"CTG", b"GTG", b"TTA", b"TTG"]),
        code(5, InvertebrateMitochondrial, b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSSSVVVVAAAADDEEGGGG", &[b"ATA", b"ATC", b"ATG", b"ATT", b"GTG", b"TTG"]),
        code(6, Ciliate, b"FFLLSSSSYYQQCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(9, EchinodermMitochondrial, b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG", &[b"ATG", b"GTG"]),
        code(10, Euplotid, b"FFLLSSSSYY**CCCWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(12, AlternativeYeast, b"FFLLSSSSYY**CC*WLLLSPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG", b"CTG"]),
        code(13, AscidianMitochondrial, b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSGGVVVVAAAADDEEGGGG", &[b"ATA", b"ATG", b"GTG", b"TTG"]),
        code(14, AlternativeFlatwormMitochondrial, b"FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(15, Blepharisma, b"FFLLSSSSYY*QCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(16, ChlorophyceanMitochondrial, b"FFLLSSSSYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(21, TrematodeMitochondrial, b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNNKSSSSVVVVAAAADDEEGGGG", &[b"ATG", b"GTG"]),
        code(22, ScenedesmusMitochondrial, b"FFLLSS*SYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(23, ThraustochytriumMitochondrial, b"FF*LSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG", b"ATT", b"GTG"]),
        code(24, RhabdopleuridaeMitochondrial, b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG", &[b"ATG", b"CTG", b"GTG", b"TTG"]),
        code(25, Gracilibacteria, b"FFLLSSSSYY**CCGWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG", b"GTG", b"TTG"]),
        code(26, Pachysolen, b"FFLLSSSSYY**CC*WLLLAPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG", b"CTG"]),
        code(29, Mesodinium, b"FFLLSSSSYYYYCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(30, Peritrich, b"FFLLSSSSYYEECC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATG"]),
        code(32, BalanophoraceaePlastid, b"FFLLSSSSYY*WCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", &[b"ATA", b"ATC", b"ATG", b"ATT", b"CTG", b"GTG", b"TTG"]),
        code(33, CephalodiscidaeMitochondrial, b"FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG", &[b"ATG", b"CTG", b"GTG", b"TTG"]),
    ]
};

impl CodonTable {
    /// The code with an NCBI number.
    pub fn from_number(number: u32) -> Option<Self> {
        CODES.iter().find(|code| code.number == number).map(|code| code.table)
    }

    /// Whether no genome but that of mitochondria has the code. Mycoplasmas have code 4, too.
    pub const fn is_mitochondrial(self) -> bool {
        matches!(
            self,
            Self::VertebrateMitochondrial
                | Self::YeastMitochondrial
                | Self::InvertebrateMitochondrial
                | Self::EchinodermMitochondrial
                | Self::AscidianMitochondrial
                | Self::AlternativeFlatwormMitochondrial
                | Self::ChlorophyceanMitochondrial
                | Self::TrematodeMitochondrial
                | Self::ScenedesmusMitochondrial
                | Self::ThraustochytriumMitochondrial
                | Self::RhabdopleuridaeMitochondrial
                | Self::CephalodiscidaeMitochondrial
        )
    }

    /// The NCBI number.
    pub const fn number(self) -> u32 {
        CODES[self as usize].number
    }

    /// The amino acid of a codon; `*` for a stop, `X` for an incomplete or ambiguous codon.
    #[inline]
    pub fn translate(self, codon: &[u8]) -> u8 {
        match codon_index(codon) {
            Some(index) => self.residues()[index],
            None => self.translate_ambiguous(codon),
        }
    }

    /// Appends the amino acids of the complete codons, up to and including the first stop.
    pub fn translate_to_stop(self, bases: &[u8], out: &mut Vec<u8>) {
        let residues = self.residues();
        for codon in bases.chunks_exact(3) {
            let residue = match codon_index(codon) {
                Some(index) => residues[index],
                None => self.translate_ambiguous(codon),
            };
            out.push(residue);
            if residue == b'*' {
                return;
            }
        }
    }

    /// Translates a codon with IUPAC codes, if all codons it represents have the same amino acid.
    #[cold]
    fn translate_ambiguous(self, codon: &[u8]) -> u8 {
        let [a, b, c] = codon else { return b'X' };
        let mut found = None;
        for x in bases_of(*a) {
            for y in bases_of(*b) {
                for z in bases_of(*c) {
                    let Some(index) = codon_index(&[*x, *y, *z]) else { return b'X' };
                    let residue = self.residues()[index];
                    if *found.get_or_insert(residue) != residue {
                        return b'X';
                    }
                }
            }
        }
        found.unwrap_or(b'X')
    }

    const fn residues(self) -> &'static [u8; 64] {
        CODES[self as usize].residues
    }

    /// Whether a codon can be the start codon of a gene model: a start codon, or one that differs
    /// from ATG by one base, as most exceptions do (Kearse & Wilusz 2017, Genes & Development
    /// 31:1717).
    pub fn may_start(self, codon: &[u8; 3]) -> bool {
        let same = codon.iter().zip(b"ATG").filter(|(a, b)| a == b).count();
        same >= 2 || self.is_start(codon)
    }

    /// Whether a codon is a start codon.
    pub fn is_start(self, codon: &[u8]) -> bool {
        CODES[self as usize].starts.iter().any(|start| *start == codon)
    }

    /// Whether translation starts at ATG only, apart from genes whose model has another start codon.
    /// The other start codons of these codes are rare exceptions in nuclear genes.
    pub const fn starts_at_atg(self) -> bool {
        matches!(self, Self::Standard | Self::AlternativeYeast | Self::Pachysolen)
    }
}

/// The bases that an IUPAC code represents.
fn bases_of(code: u8) -> &'static [u8] {
    match code.to_ascii_uppercase() {
        b'A' => b"A",
        b'C' => b"C",
        b'G' => b"G",
        b'T' | b'U' => b"T",
        b'R' => b"AG",
        b'Y' => b"CT",
        b'S' => b"CG",
        b'W' => b"AT",
        b'K' => b"GT",
        b'M' => b"AC",
        b'B' => b"CGT",
        b'D' => b"AGT",
        b'H' => b"ACT",
        b'V' => b"ACG",
        b'N' => b"ACGT",
        _ => b"",
    }
}

/// The index of a codon in NCBI's order of bases (T, C, A, G); `None` unless it is three of these.
#[inline]
pub fn codon_index(codon: &[u8]) -> Option<usize> {
    let [a, b, c] = codon else { return None };
    let digit = |base: &u8| usize::from(DIGITS[usize::from(*base)]);
    let index = digit(a) << 4 | digit(b) << 2 | digit(c);
    (index < 64).then_some(index)
}

/// By byte: its index in NCBI's order of bases, or a number that makes any codon index too large.
const DIGITS: [u8; 256] = {
    let mut digits = [64; 256];
    let mut index = 0;
    while index < 4 {
        let base = b"TCAG"[index];
        digits[base as usize] = index as u8;
        digits[base.to_ascii_lowercase() as usize] = index as u8;
        index += 1;
    }
    digits
};

/// The complementary base, in the same case; other bytes are returned unchanged.
#[inline]
pub const fn complement(base: u8) -> u8 {
    match base {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        b'T' => b'A',
        b'a' => b't',
        b'c' => b'g',
        b'g' => b'c',
        b't' => b'a',
        b'R' => b'Y',
        b'Y' => b'R',
        b'K' => b'M',
        b'M' => b'K',
        b'B' => b'V',
        b'V' => b'B',
        b'D' => b'H',
        b'H' => b'D',
        other => other,
    }
}

/// The three-letter name of an amino acid, as HGVS writes it.
pub const fn amino_acid_three(one: u8) -> &'static str {
    match one {
        b'A' => "Ala",
        b'R' => "Arg",
        b'N' => "Asn",
        b'D' => "Asp",
        b'C' => "Cys",
        b'Q' => "Gln",
        b'E' => "Glu",
        b'G' => "Gly",
        b'H' => "His",
        b'I' => "Ile",
        b'L' => "Leu",
        b'K' => "Lys",
        b'M' => "Met",
        b'F' => "Phe",
        b'P' => "Pro",
        b'S' => "Ser",
        b'T' => "Thr",
        b'W' => "Trp",
        b'Y' => "Tyr",
        b'V' => "Val",
        b'U' => "Sec",
        b'O' => "Pyl",
        b'*' => "Ter",
        _ => "Xaa",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_genetic_code_is_found_by_its_number_and_reads_atg_as_methionine() {
        for (place, code) in CODES.iter().enumerate() {
            assert_eq!(code.table as usize, place);
            assert_eq!(CodonTable::from_number(code.number), Some(code.table));
            assert_eq!(code.table.number(), code.number);
            assert!(code.table.translate(b"ATG") == b'M' && code.table.is_start(b"ATG"));
            assert!(code.residues.contains(&b'*'));
        }
        let translated =
            |number, codon: &[u8]| CodonTable::from_number(number).map(|t| t.translate(codon));
        assert_eq!(translated(3, b"CTG"), Some(b'T'));
        assert_eq!(translated(5, b"AGA"), Some(b'S'));
        assert_eq!(translated(6, b"TAA"), Some(b'Q'));
        assert_eq!(translated(12, b"CTG"), Some(b'S'));
        assert_eq!(translated(25, b"TGA"), Some(b'G'));
        assert_eq!(translated(31, b"TGA"), None);
    }

    #[test]
    fn genetic_codes_differ_in_their_amino_acids_and_start_codons() {
        let standard = CodonTable::Standard;
        let mito = CodonTable::VertebrateMitochondrial;
        for (codon, one, two) in
            [(b"TGA", b'*', b'W'), (b"ATA", b'I', b'M'), (b"AGA", b'R', b'*'), (b"ATG", b'M', b'M')]
        {
            assert_eq!((standard.translate(codon), mito.translate(codon)), (one, two));
        }
        assert_eq!(standard.translate(b"CTN"), b'L');
        assert_eq!(standard.translate(b"NNN"), b'X');
        assert_eq!(standard.translate(b"AT"), b'X');
        assert!(CodonTable::Bacterial.is_start(b"GTG") && !standard.is_start(b"GTG"));
    }
}
