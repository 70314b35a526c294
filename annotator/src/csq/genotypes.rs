//! Parses the genotypes of a record.

use std::hash::Hasher;
use std::ops::Range;

/// The genotype of one sample: at most two alleles, with 0 for the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Genotype {
    /// Allele numbers; `None` for a missing allele and for the second allele of a haploid genotype.
    pub(crate) alleles: [Option<u16>; 2],
    /// Whether the alleles are assigned to haplotypes.
    pub(crate) phased: bool,
}

impl Genotype {
    /// Whether the genotype is heterozygous and not phased.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.is_heterozygous() && !self.phased
    }

    /// Whether both alleles are known and differ.
    pub(crate) fn is_heterozygous(&self) -> bool {
        matches!(self.alleles, [Some(a), Some(b)] if a != b)
    }
}

/// The genotype of a sample with more than two alleles.
#[derive(Clone, Debug)]
pub(crate) struct Polyploid {
    /// Index of the sample.
    pub(crate) sample: usize,
    /// Its alleles, as a range of [`Genotypes::polyploid_alleles`].
    pub(crate) alleles: Range<usize>,
    /// Whether all alleles are assigned to haplotypes.
    pub(crate) phased: bool,
}

/// The genotypes of all samples of a record. The memory is reused for the next record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Genotypes {
    samples: Vec<Genotype>,
    polyploid: Vec<Polyploid>,
    polyploid_alleles: Vec<Option<u16>>,
    /// By sample: its phase set, if FORMAT has PS. 0 is the set of genotypes without PS.
    phase_sets: Vec<u64>,
    /// By allele number: whether any sample has the allele.
    carried: Vec<bool>,
    /// The number of genotypes that are not valid, and the first sample that has one.
    invalid: (u64, usize),
    is_read: bool,
}

impl Genotypes {
    /// Removes the genotypes of the last record.
    pub(crate) fn clear(&mut self) {
        self.samples.clear();
        self.polyploid.clear();
        self.polyploid_alleles.clear();
        self.phase_sets.clear();
        self.carried.clear();
        self.invalid = (0, 0);
        self.is_read = false;
    }

    /// Whether the genotypes of the current record have been read.
    pub(crate) const fn is_read(&self) -> bool {
        self.is_read
    }

    /// Reads the genotypes of a record with a number of ALTs from the columns FORMAT and following.
    pub(crate) fn read(&mut self, columns: Option<&[u8]>, alts: usize) {
        self.clear();
        self.is_read = true;
        let most = u16::try_from(alts).unwrap_or(u16::MAX);
        self.carried.resize(usize::from(most) + 1, false);
        let Some(columns) = columns else { return };
        let mut columns = columns.split(|b| *b == b'\t');
        let format = columns.next().unwrap_or_default();
        let index_of = |key: &[u8]| format.split(|b| *b == b':').position(|found| found == key);
        let Some(index) = index_of(b"GT") else { return };
        let phase_set = index_of(b"PS");
        for column in columns {
            let field = |n| column.split(|b| *b == b':').nth(n).unwrap_or_default();
            let genotype = self.read_one(field(index), most);
            self.samples.push(genotype);
            if let Some(index) = phase_set {
                self.phase_sets.push(phase_set_number(field(index)));
            }
        }
    }

    fn read_one(&mut self, text: &[u8], most: u16) -> Genotype {
        // Nearly all: two alleles of one digit.
        if let [first, separator @ (b'|' | b'/'), second] = text
            && let (Some(first), Some(second)) = (one_digit(*first), one_digit(*second))
            && first.max(second) <= Some(most)
        {
            let genotype = Genotype { alleles: [first, second], phased: *separator == b'|' };
            genotype
                .alleles
                .into_iter()
                .flatten()
                .for_each(|n| self.carried[usize::from(n)] = true);
            return genotype;
        }
        self.read_unusual(text, most)
    }

    /// Reads a genotype with any number of alleles. One that is not valid is missing.
    fn read_unusual(&mut self, text: &[u8], most: u16) -> Genotype {
        let sample = self.samples.len();
        // VCF 4.4 allows the phase of the first allele before it.
        let bare = text.strip_prefix(b"|").or_else(|| text.strip_prefix(b"/")).unwrap_or(text);
        if matches!(bare, b"" | b".") {
            return Genotype::default();
        }
        let start = self.polyploid_alleles.len();
        for allele in bare.split(|b| matches!(b, b'|' | b'/')) {
            let Some(allele) = number(allele).filter(|allele| *allele <= Some(most)) else {
                self.polyploid_alleles.truncate(start);
                if self.invalid.0 == 0 {
                    self.invalid.1 = sample;
                }
                self.invalid.0 += 1;
                return Genotype::default();
            };
            self.polyploid_alleles.push(allele);
        }
        let alleles = &self.polyploid_alleles[start..];
        alleles.iter().flatten().for_each(|n| self.carried[usize::from(*n)] = true);
        let phased = !bare.contains(&b'/');
        if let [_] | [_, _] = alleles {
            let alleles = [alleles[0], alleles.get(1).copied().flatten()];
            self.polyploid_alleles.truncate(start);
            return Genotype { alleles, phased };
        }
        let alleles = start..self.polyploid_alleles.len();
        self.polyploid.push(Polyploid { sample, alleles, phased });
        Genotype::default()
    }

    /// The genotypes by sample. Those with more than two alleles are missing here.
    pub(crate) fn samples(&self) -> &[Genotype] {
        &self.samples
    }

    /// The genotypes with more than two alleles.
    pub(crate) fn polyploid(&self) -> &[Polyploid] {
        &self.polyploid
    }

    /// The alleles of all genotypes with more than two of them.
    pub(crate) fn polyploid_alleles(&self) -> &[Option<u16>] {
        &self.polyploid_alleles
    }

    /// The phase set of a sample; `None` if the record has no phase sets.
    pub(crate) fn phase_set(&self, sample: usize) -> Option<u64> {
        self.phase_sets.get(sample).copied()
    }

    /// Whether any sample has an allele.
    pub(crate) fn carries(&self, allele: u16) -> bool {
        self.carried.get(usize::from(allele)).is_some_and(|carried| *carried)
    }

    /// The number of genotypes that are not valid, and the first sample (from 0) that has one.
    pub(crate) const fn invalid(&self) -> (u64, usize) {
        self.invalid
    }
}

/// Whether a genotype has more than two alleles.
pub(crate) fn is_polyploid(text: &[u8]) -> bool {
    let bare = text.strip_prefix(b"|").or_else(|| text.strip_prefix(b"/")).unwrap_or(text);
    bare.iter().filter(|b| matches!(b, b'|' | b'/')).count() > 1
}

/// An allele of one character: a digit, or `.` for a missing one. `None` for anything else.
const fn one_digit(text: u8) -> Option<Option<u16>> {
    match text {
        b'.' => Some(None),
        b'0'..=b'9' => Some(Some((text - b'0') as u16)),
        _ => None,
    }
}

fn number(text: &[u8]) -> Option<Option<u16>> {
    match text {
        [digit] => one_digit(*digit),
        _ if text.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(text).ok()?.parse().ok().map(Some)
        }
        _ => None,
    }
}

/// A number for the text of PS; 0 if it is missing. Texts are compared with those of the same sample
/// only, so that equal numbers of different texts are practically impossible.
fn phase_set_number(text: &[u8]) -> u64 {
    if matches!(text, b"" | b".") {
        return 0;
    }
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(text);
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(columns: &str, alts: usize) -> Genotypes {
        let mut found = Genotypes::default();
        found.read(Some(columns.as_bytes()), alts);
        found
    }

    #[test]
    fn gt_is_read_at_any_index_of_format() {
        let found = read("DP:GT\t7:0|1\t8:1/2\t9:.\t5:./1\t3:1\t4", 2);
        let alleles: Vec<_> = found.samples().iter().map(|g| g.alleles).collect();
        assert_eq!(
            alleles,
            [
                [Some(0), Some(1)],
                [Some(1), Some(2)],
                [None, None],
                [None, Some(1)],
                [Some(1), None],
                [None, None]
            ]
        );
        let ambiguous: Vec<_> = found.samples().iter().map(Genotype::is_ambiguous).collect();
        assert_eq!(ambiguous, [false, true, false, false, false, false]);
        assert!(found.carries(1) && found.carries(2) && !found.carries(3));
        assert!(read("DP\t3", 1).samples().is_empty());
    }

    #[test]
    fn genotypes_that_are_not_valid_are_missing_and_counted() {
        for text in ["0/3", "A/T", "1\\1", "0/", "1|x", "-1|0", "0//1", "1/70000", "0|1|9"] {
            let found = read(&format!("GT\t0|1\t{text}\t{text}"), 2);
            assert_eq!(found.samples()[1..], [Genotype::default(); 2], "{text}");
            assert_eq!(found.invalid(), (2, 1), "{text}");
            assert!(found.polyploid().is_empty(), "{text}");
        }
        for text in [".", "./.", "", ".|.", "0", "|1", "/0|1", "12/11", ".|1", "1/."] {
            assert_eq!(read(&format!("GT\t{text}"), 12).invalid(), (0, 0), "{text}");
        }
    }

    #[test]
    fn the_phase_of_a_genotype_is_that_between_its_alleles() {
        for (text, alleles, phased) in [
            ("|0/1", [Some(0), Some(1)], false),
            ("/0|1", [Some(0), Some(1)], true),
            ("|1", [Some(1), None], true),
            ("10|11", [Some(10), Some(11)], true),
        ] {
            let found = read(&format!("GT\t{text}"), 12);
            assert_eq!(found.samples(), [Genotype { alleles, phased }], "{text}");
        }
        for (text, phased) in [("0|1|1", true), ("0/1/1", false), ("0|1/1", false)] {
            let found = read(&format!("GT\t1|0\t{text}"), 1);
            let polyploid = &found.polyploid()[0];
            assert_eq!((polyploid.sample, polyploid.phased), (1, phased), "{text}");
            let alleles = &found.polyploid_alleles()[polyploid.alleles.clone()];
            assert_eq!(alleles, [Some(0), Some(1), Some(1)], "{text}");
            assert!(is_polyploid(text.as_bytes()));
        }
        assert!(!is_polyploid(b"/0|1") && !is_polyploid(b"1"));
    }

    #[test]
    fn genotypes_without_ps_are_one_phase_set() {
        let found = read("GT:PS\t0|1:7\t0|1:7\t0|1:9\t0|1:.\t0|1", 1);
        let sets: Vec<_> = (0..5).filter_map(|n| found.phase_set(n)).collect();
        assert!(sets[0] == sets[1] && sets[0] != sets[2], "{sets:?}");
        assert_eq!(sets[3..], [0, 0]);
        assert_eq!(read("GT\t0|1", 1).phase_set(0), None);
    }
}
