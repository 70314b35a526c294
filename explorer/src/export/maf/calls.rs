//! The samples that have an allele.

use gas_shared::explorer::Genotype;

/// The reads of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SampleReads {
    /// All of them (DP, or the sum of AD).
    pub depth: Option<u32>,
    /// Those with REF (of AD).
    pub reference: Option<u32>,
    /// Those with the allele (of AD).
    pub alternative: Option<u32>,
}

/// A sample that has an allele.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carrier {
    /// The number of the sample.
    pub sample: usize,
    /// The number of another allele that it has; `None` if all its copies have this one.
    pub other: Option<u16>,
    pub reads: SampleReads,
}

/// Reads calls. The positions of the fields are kept, because FORMAT seldom changes.
#[derive(Debug, Default)]
pub(super) struct Calls {
    format: Vec<u8>,
    genotype: Option<usize>,
    depth: Option<usize>,
    reads: Option<usize>,
}

impl Calls {
    /// The samples that have an allele. `columns` is FORMAT with the columns after it.
    pub fn carriers(
        &mut self,
        columns: Option<&[u8]>,
        samples: usize,
        allele: u16,
    ) -> Vec<Carrier> {
        let mut columns = columns.unwrap_or_default().split(|byte| *byte == b'\t');
        let format = columns.next().unwrap_or_default();
        if format != self.format {
            let at = |name: &[u8]| format.split(|byte| *byte == b':').position(|key| key == name);
            (self.genotype, self.depth, self.reads) = (at(b"GT"), at(b"DP"), at(b"AD"));
            self.format = format.to_vec();
        }
        let calls = columns.take(samples).enumerate();
        calls.filter_map(|(sample, call)| self.carrier(sample, call, allele)).collect()
    }

    fn carrier(&self, sample: usize, call: &[u8], allele: u16) -> Option<Carrier> {
        let value = |at: Option<usize>| {
            let value = call.split(|byte| *byte == b':').nth(at?)?;
            std::str::from_utf8(value).ok()
        };
        let genotype = Genotype::parse(value(self.genotype)?);
        if !genotype.has(allele) {
            return None;
        }
        let other = genotype.alternatives().into_iter().find(|known| *known != allele);
        let other = other.or_else(|| (!genotype.is_only(allele)).then_some(0));
        let reads: Vec<Option<u32>> = value(self.reads)
            .map(|text| text.split(',').map(|count| count.parse().ok()).collect())
            .unwrap_or_default();
        let count = |allele: u16| reads.get(usize::from(allele)).copied().flatten();
        let sum =
            || reads.iter().copied().collect::<Option<Vec<u32>>>().filter(|all| !all.is_empty());
        let depth = value(self.depth).and_then(|text| text.parse().ok());
        let depth = depth.or_else(|| sum()?.into_iter().try_fold(0u32, u32::checked_add));
        let reads = SampleReads { depth, reference: count(0), alternative: count(allele) };
        Some(Carrier { sample, other, reads })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_with_the_allele_have_its_reads() {
        let columns =
            b"GT:AD:DP\t0/1:10,5,0:16\t1|1:0,9,1\t0/0:9,0,0:9\t1/2:.:.\t1\t./.\t0/2:1,2,3:6";
        let mut calls = Calls::default();
        let found = calls.carriers(Some(columns), 7, 1);
        let shown: Vec<_> = found
            .iter()
            .map(|c| (c.sample, c.other, c.reads.depth, c.reads.reference, c.reads.alternative))
            .collect();
        assert_eq!(
            shown,
            [
                (0, Some(0), Some(16), Some(10), Some(5)),
                (1, None, Some(10), Some(0), Some(9)),
                (3, Some(2), None, None, None),
                (4, None, None, None, None),
            ]
        );
        let second = calls.carriers(Some(columns), 7, 2);
        assert_eq!(second.iter().map(|c| c.sample).collect::<Vec<_>>(), [3, 6]);
        assert!(calls.carriers(None, 7, 1).is_empty());
    }
}
