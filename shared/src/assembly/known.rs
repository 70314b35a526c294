//! The assemblies whose chromosomes are recognized by length, accession or name.

/// Chromosomes in the order of the lengths of human assemblies.
const HUMAN: [&str; 24] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
    "18", "19", "20", "21", "22", "X", "Y",
];

/// Chromosomes in the order of the lengths of mouse assemblies.
const MOUSE: [&str; 21] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
    "18", "19", "X", "Y",
];

/// The only chromosome of Escherichia coli K-12 MG1655, by Ensembl's name.
const ESCHERICHIA_COLI: [&str; 1] = ["CHROMOSOME"];

/// The length of the revised Cambridge reference sequence.
const REVISED_CAMBRIDGE_BASES: u64 = 16_569;

/// The numbers of human chromosome 1 in GenBank and in T2T-CHM13's RefSeq.
const GENBANK: usize = 663;
const T2T: usize = 60_925;

/// An assembly.
#[derive(Debug, PartialEq, Eq)]
pub struct Assembly {
    /// The name that messages use.
    pub name: &'static str,
    /// Spellings in file names and headers, in lower case.
    words: &'static [&'static str],
    chromosomes: &'static [&'static str],
    lengths: &'static [u64],
    /// The versions of `NC_000001` to `NC_000024`.
    versions: &'static [u32],
}

/// All known assemblies. Lengths and accessions are those of NCBI's assembly reports. The
/// mitochondrion is not among them: GRCh37, GRCh38 and T2T-CHM13 have the same or none.
static ASSEMBLIES: [Assembly; 7] = [
    Assembly {
        name: "NCBI36",
        words: &["ncbi36", "hg18", "b36", "build36"],
        chromosomes: &HUMAN,
        lengths: &[
            247_249_719,
            242_951_149,
            199_501_827,
            191_273_063,
            180_857_866,
            170_899_992,
            158_821_424,
            146_274_826,
            140_273_252,
            135_374_737,
            134_452_384,
            132_349_534,
            114_142_980,
            106_368_585,
            100_338_915,
            88_827_254,
            78_774_742,
            76_117_153,
            63_811_651,
            62_435_964,
            46_944_323,
            49_691_432,
            154_913_754,
            57_772_954,
        ],
        versions: &[9, 10, 10, 10, 8, 10, 12, 9, 10, 9, 8, 10, 9, 7, 8, 8, 9, 8, 8, 9, 7, 9, 9, 8],
    },
    Assembly {
        name: "GRCh37",
        words: &["grch37", "hg19", "b37", "hs37", "build37", "ncbi37", "g1k_v37", "assembly19"],
        chromosomes: &HUMAN,
        lengths: &[
            249_250_621,
            243_199_373,
            198_022_430,
            191_154_276,
            180_915_260,
            171_115_067,
            159_138_663,
            146_364_022,
            141_213_431,
            135_534_747,
            135_006_516,
            133_851_895,
            115_169_878,
            107_349_540,
            102_531_392,
            90_354_753,
            81_195_210,
            78_077_248,
            59_128_983,
            63_025_520,
            48_129_895,
            51_304_566,
            155_270_560,
            59_373_566,
        ],
        versions: &[
            10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9,
        ],
    },
    Assembly {
        name: "GRCh38",
        words: &["grch38", "hg38", "hs38", "b38", "build38", "ncbi38", "assembly38"],
        chromosomes: &HUMAN,
        lengths: &[
            248_956_422,
            242_193_529,
            198_295_559,
            190_214_555,
            181_538_259,
            170_805_979,
            159_345_973,
            145_138_636,
            138_394_717,
            133_797_422,
            135_086_622,
            133_275_309,
            114_364_328,
            107_043_718,
            101_991_189,
            90_338_345,
            83_257_441,
            80_373_285,
            58_617_616,
            64_444_167,
            46_709_983,
            50_818_468,
            156_040_895,
            57_227_415,
        ],
        versions: &[
            11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11,
            11, 10,
        ],
    },
    Assembly {
        name: "T2T-CHM13",
        words: &["chm13", "t2t", "hs1"],
        chromosomes: &HUMAN,
        lengths: &[
            248_387_328,
            242_696_752,
            201_105_948,
            193_574_945,
            182_045_439,
            172_126_628,
            160_567_428,
            146_259_331,
            150_617_247,
            134_758_134,
            135_127_769,
            133_324_548,
            113_566_686,
            101_161_492,
            99_753_195,
            96_330_374,
            84_276_897,
            80_542_538,
            61_707_364,
            66_210_255,
            45_090_682,
            51_324_926,
            154_259_566,
            62_460_029,
        ],
        versions: &[],
    },
    Assembly {
        name: "GRCm38",
        words: &["grcm38", "mm10"],
        chromosomes: &MOUSE,
        lengths: &[
            195_471_971,
            182_113_224,
            160_039_680,
            156_508_116,
            151_834_684,
            149_736_546,
            145_441_459,
            129_401_213,
            124_595_110,
            130_694_993,
            122_082_543,
            120_129_022,
            120_421_639,
            124_902_244,
            104_043_685,
            98_207_768,
            94_987_271,
            90_702_639,
            61_431_566,
            171_031_299,
            91_744_698,
        ],
        versions: &[],
    },
    Assembly {
        name: "GRCm39",
        words: &["grcm39", "mm39"],
        chromosomes: &MOUSE,
        lengths: &[
            195_154_279,
            181_755_017,
            159_745_316,
            156_860_686,
            151_758_149,
            149_588_044,
            144_995_196,
            130_127_694,
            124_359_700,
            130_530_862,
            121_973_369,
            120_092_757,
            120_883_175,
            125_139_656,
            104_073_951,
            98_008_968,
            95_294_699,
            90_720_763,
            61_420_004,
            169_476_592,
            91_455_967,
        ],
        versions: &[],
    },
    Assembly {
        name: "ASM584v2",
        words: &["asm584v2", "mg1655", "gcf_000005845", "gca_000005845"],
        chromosomes: &ESCHERICHIA_COLI,
        lengths: &[4_641_652],
        versions: &[],
    },
];

impl Assembly {
    /// Whether it is of the human genome.
    pub fn is_human(&self) -> bool {
        self.chromosomes.len() == HUMAN.len()
    }

    /// The plain names of the chromosomes, without the mitochondrion.
    pub const fn chromosomes(&self) -> &'static [&'static str] {
        self.chromosomes
    }

    /// The length of a chromosome, by its plain name (`1`, `X`).
    pub fn length(&self, chromosome: &str) -> Option<u64> {
        let number = self.chromosomes.iter().position(|name| *name == chromosome)?;
        self.lengths.get(number).copied()
    }

    /// The accessions of a chromosome, by its plain name, or of the mitochondrion with a length.
    pub fn accessions(&self, chromosome: &str, length: u64) -> Vec<String> {
        if chromosome == "MT" && self.is_human() && length == REVISED_CAMBRIDGE_BASES {
            return vec!["NC_012920.1".to_owned()];
        }
        let Some(index) = self.chromosomes.iter().position(|name| *name == chromosome) else {
            return Vec::new();
        };
        let mut accessions = Vec::new();
        accessions.extend(self.versions.get(index).map(|v| format!("NC_{:06}.{v}", index + 1)));
        match self.name {
            "T2T-CHM13" => accessions.push(format!("NC_{:06}.1", T2T + index)),
            "GRCh37" => accessions.push(format!("CM{:06}.1", GENBANK + index)),
            "GRCh38" => accessions.push(format!("CM{:06}.2", GENBANK + index)),
            _ => {}
        }
        accessions
    }

    /// The assembly in which a chromosome has a length.
    pub fn of_length(chromosome: &str, length: u64) -> Option<&'static Self> {
        ASSEMBLIES.iter().find(|assembly| assembly.length(chromosome) == Some(length))
    }

    /// Another assembly in which a chromosome has a length that it does not have in this one.
    pub fn contradicted_by(&self, chromosome: &str, length: u64) -> Option<&'static Self> {
        let other = Self::of_length(chromosome, length);
        other.filter(|_| self.length(chromosome) != Some(length))
    }

    /// The assembly that a text names, such as a file name or an accession of NCBI's assemblies. `None`
    /// if it names none or several, as a chain file does.
    pub fn named(text: &str) -> Option<&'static Self> {
        match Self::all_named(text).as_slice() {
            [assembly] => Some(assembly),
            _ => None,
        }
    }

    /// Whether two names stand for the same assembly. A known one may be named in several ways: `hg38` and
    /// `GRCh38.p14` stand for `GRCh38`.
    pub fn is_same(one: &str, other: &str) -> bool {
        match (Self::named(one), Self::named(other)) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.eq_ignore_ascii_case(other),
            _ => false,
        }
    }

    /// The assemblies that a text names.
    pub fn all_named(text: &str) -> Vec<&'static Self> {
        let text = text.to_ascii_lowercase();
        let has_word = |word: &&str| {
            let mut found = text.match_indices(*word);
            // `hs1` is not in `hs1000`, but `hs37` is in `hs37d5`.
            found.any(|(at, _)| {
                !text[at + word.len()..].bytes().next().is_some_and(|b| b.is_ascii_digit())
            })
        };
        let is_named = |assembly: &&Self| assembly.words.iter().any(has_word);
        let by_word: Vec<_> = ASSEMBLIES.iter().filter(is_named).collect();
        if !by_word.is_empty() {
            return by_word;
        }
        let by_accession = assembly_of_accession(&text);
        ASSEMBLIES.iter().filter(|assembly| by_accession == Some(assembly.name)).collect()
    }
}

/// The assembly that an accession of an assembly, such as `GCF_000001405.25`, stands for.
fn assembly_of_accession(text: &str) -> Option<&'static str> {
    if text.contains("gca_009914755") || text.contains("gcf_009914755") {
        return Some("T2T-CHM13");
    }
    let version = |prefix: &str| -> Option<u32> {
        let digits = text.split(prefix).nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    };
    match (version("gcf_000001405."), version("gca_000001405.")) {
        (Some(12), _) => Some("NCBI36"),
        (Some(13..=25), _) | (_, Some(1..=14)) => Some("GRCh37"),
        (Some(26..), _) | (_, Some(15..)) => Some("GRCh38"),
        _ => None,
    }
}

/// A sequence that an accession of RefSeq or GenBank names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accession {
    /// A human chromosome, in the assembly that has this version of it.
    Chromosome {
        /// Plain name, such as `20`.
        name: &'static str,
        /// `None` without a version, or with a version that no known assembly has.
        assembly: Option<&'static Assembly>,
        /// Whether there is a version.
        is_versioned: bool,
    },
    /// The revised Cambridge reference sequence of the mitochondrion (NC_012920, J01415).
    RevisedCambridge,
    /// The mitochondrion of UCSC's hg18 and hg19, of 16,571 bases (NC_001807).
    OldMitochondrion,
}

impl Accession {
    /// Reads an accession, in upper case.
    pub fn parse(name: &str) -> Option<Self> {
        let (bare, version) = match name.split_once('.') {
            Some((bare, version)) => (bare, Some(version.parse::<u32>().ok()?)),
            None => (name, None),
        };
        match bare {
            "NC_012920" | "J01415" => return Some(Self::RevisedCambridge),
            "NC_001807" => return Some(Self::OldMitochondrion),
            _ => {}
        }
        let (digits, genbank) = match (bare.strip_prefix("NC_"), bare.strip_prefix("CM")) {
            (Some(digits), _) => (digits, false),
            (None, Some(digits)) => (digits, true),
            (None, None) => return None,
        };
        if digits.len() != 6 {
            return None;
        }
        let number: usize = digits.parse().ok()?;
        let (first, t2t) = match (genbank, number) {
            (true, _) => (GENBANK, false),
            (false, T2T..) => (T2T, true),
            (false, _) => (1, false),
        };
        let index = number.checked_sub(first)?;
        let chromosome = *HUMAN.get(index)?;
        let has_version = |assembly: &&Assembly| match (t2t, genbank) {
            (true, _) => assembly.name == "T2T-CHM13" && version == Some(1),
            (_, true) => {
                (assembly.name == "GRCh37" && version == Some(1))
                    || (assembly.name == "GRCh38" && version == Some(2))
            }
            _ => version.is_some() && assembly.versions.get(index).copied() == version,
        };
        Some(Self::Chromosome {
            name: chromosome,
            assembly: ASSEMBLIES.iter().find(has_version),
            is_versioned: version.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_an_accession_tells_the_assembly() {
        for (text, chromosome, assembly) in [
            ("NC_000020.10", "20", Some("GRCh37")),
            ("NC_000020.11", "20", Some("GRCh38")),
            ("NC_000020.9", "20", Some("NCBI36")),
            ("NC_000023.11", "X", Some("GRCh38")),
            ("NC_000024.9", "Y", Some("GRCh37")),
            ("NC_060944.1", "20", Some("T2T-CHM13")),
            ("CM000682.1", "20", Some("GRCh37")),
            ("CM000682.2", "20", Some("GRCh38")),
            ("NC_000020", "20", None),
            ("NC_000020.99", "20", None),
        ] {
            let Some(Accession::Chromosome { name, assembly: found, .. }) = Accession::parse(text)
            else {
                unreachable!("{text} is a chromosome")
            };
            assert_eq!((name, found.map(|found| found.name)), (chromosome, assembly), "{text}");
        }
        assert_eq!(Accession::parse("NC_001807.4"), Some(Accession::OldMitochondrion));
        for other in ["NC_000025.1", "NC_000913.3", "CM000001.1", "NC_20", "chr20", "NC_000020.x"] {
            assert_eq!(Accession::parse(other), None, "{other}");
        }
    }

    #[test]
    fn assemblies_are_recognized_in_texts() {
        for (text, expected) in [
            ("file:///data/hs37d5.fa", Some("GRCh37")),
            ("human_g1k_v37.fasta", Some("GRCh37")),
            ("Homo_sapiens_assembly38.fasta", Some("GRCh38")),
            ("GCF_000001405.25", Some("GRCh37")),
            ("GCF_000001405.40_GRCh38.p14", Some("GRCh38")),
            ("GCA_000001405.15_no_alt.fna", Some("GRCh38")),
            ("GCA_000001405.1", Some("GRCh37")),
            ("hs1.fa", Some("T2T-CHM13")),
            ("hs1000.fa", None),
            ("GCF_000005845.2_ASM584v2_genomic.fna", Some("ASM584v2")),
            ("mm10", Some("GRCm38")),
            ("human_b36_both.fasta", Some("NCBI36")),
            ("hg19ToHg38.over.chain", None),
            ("test", None),
        ] {
            assert_eq!(Assembly::named(text).map(|found| found.name), expected, "{text}");
        }
    }
}
