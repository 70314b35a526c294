//! Parses the genotypes of a record.

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
        match self.alleles {
            [Some(a), Some(b)] => a != b && !self.phased,
            _ => false,
        }
    }
}

/// The genotypes of all samples of a record. The memory is reused for the next record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Genotypes {
    samples: Vec<Genotype>,
    /// Highest number of alleles in a genotype; 0 if there are no genotypes.
    ploidy: usize,
    is_read: bool,
}

impl Genotypes {
    /// Removes the genotypes of the last record.
    pub(crate) fn clear(&mut self) {
        self.samples.clear();
        (self.ploidy, self.is_read) = (0, false);
    }

    /// Whether the genotypes of the current record have been read.
    pub(crate) const fn is_read(&self) -> bool {
        self.is_read
    }

    /// Reads the genotypes from the columns FORMAT and following.
    pub(crate) fn read(&mut self, columns: Option<&[u8]>) {
        self.clear();
        self.is_read = true;
        let Some(columns) = columns else { return };
        let mut columns = columns.split(|b| *b == b'\t');
        let format = columns.next().unwrap_or_default();
        let Some(index) = format.split(|b| *b == b':').position(|key| key == b"GT") else { return };
        for column in columns {
            let text = column.split(|b| *b == b':').nth(index).unwrap_or_default();
            let (genotype, ploidy) = read_one(text);
            self.samples.push(genotype);
            self.ploidy = self.ploidy.max(ploidy);
        }
    }

    /// The genotypes by sample; empty if any sample has more than two alleles.
    pub(crate) fn samples(&self) -> &[Genotype] {
        if self.ploidy > 2 { &[] } else { &self.samples }
    }
}

fn read_one(text: &[u8]) -> (Genotype, usize) {
    let mut out = Genotype::default();
    let mut ploidy = 0;
    for allele in text.split(|b| matches!(b, b'|' | b'/')).filter(|allele| !allele.is_empty()) {
        if let Some(slot) = out.alleles.get_mut(ploidy) {
            *slot = std::str::from_utf8(allele).ok().and_then(|text| text.parse().ok());
        }
        ploidy += 1;
    }
    out.phased = text.contains(&b'|');
    (out, ploidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gt_is_read_at_any_index_of_format() {
        let mut found = Genotypes::default();
        found.read(Some(b"DP:GT\t7:0|1\t8:1/2\t9:.\t5:./1\t3:1\t4"));
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
        found.read(Some(b"GT\t0/1/1"));
        assert!(found.samples().is_empty());
        found.read(Some(b"DP\t3"));
        assert!(found.samples().is_empty());
    }
}
