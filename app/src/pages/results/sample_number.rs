//! The numbers of the calls of a sample that filters have bounds of.

use gas_shared::explorer::{Range, SampleFilter};

/// A number of the calls of a sample, with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleNumber {
    /// The least depth.
    Depth,
    /// The least genotype quality.
    Quality,
    /// The least share of reads with an ALT allele.
    LeastBalance,
    /// The greatest share of reads with an ALT allele.
    GreatestBalance,
}

impl SampleNumber {
    /// All, in the order of forms.
    pub const ALL: [Self; 4] =
        [Self::Depth, Self::Quality, Self::LeastBalance, Self::GreatestBalance];

    /// The name in ids of elements.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Quality => "quality",
            Self::LeastBalance => "least-balance",
            Self::GreatestBalance => "greatest-balance",
        }
    }

    /// The label of its field.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Depth => "Depth (DP) at least",
            Self::Quality => "Genotype quality (GQ) at least",
            Self::LeastBalance => "Allele balance at least",
            Self::GreatestBalance => "Allele balance at most",
        }
    }

    /// An example of a bound.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Depth => "10",
            Self::Quality => "20",
            Self::LeastBalance => "0.2",
            Self::GreatestBalance => "0.8",
        }
    }

    /// The greatest bound that can be entered.
    pub fn limit(self) -> f32 {
        match self {
            // Integers up to here are exact in single precision.
            Self::Depth => 1e7,
            Self::Quality => f32::from(u16::MAX - 1),
            Self::LeastBalance | Self::GreatestBalance => 1.0,
        }
    }

    /// The bound of a criterion.
    pub fn get(self, criterion: &SampleFilter) -> Option<f32> {
        match self {
            Self::Depth => criterion.depth.map(|depth| depth as f32),
            Self::Quality => criterion.quality.map(f32::from),
            Self::LeastBalance => criterion.balance?.min,
            Self::GreatestBalance => criterion.balance?.max,
        }
    }

    /// Sets or removes the bound of a criterion. Bounds of whole numbers are rounded up.
    pub fn set(self, criterion: &mut SampleFilter, bound: Option<f32>) {
        let balance = criterion.balance.unwrap_or_default();
        match self {
            Self::Depth => criterion.depth = bound.map(|bound| bound.ceil() as u32),
            Self::Quality => criterion.quality = bound.map(|bound| bound.ceil() as u16),
            Self::LeastBalance => criterion.balance = Some(Range { min: bound, ..balance }),
            Self::GreatestBalance => criterion.balance = Some(Range { max: bound, ..balance }),
        }
        criterion.balance = criterion.balance.filter(|range| *range != Range::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::Zygosity;

    #[test]
    fn bounds_are_set_and_removed() {
        let mut criterion = SampleFilter::of("S", &[Zygosity::Heterozygous]);
        let before = criterion.clone();
        for (number, bound) in SampleNumber::ALL.into_iter().zip([10.0, 20.0, 0.25, 0.75]) {
            number.set(&mut criterion, Some(bound));
            assert_eq!(number.get(&criterion), Some(bound), "{number:?}");
            assert!(number.example().parse::<f32>().unwrap() <= number.limit());
        }
        assert_eq!((criterion.depth, criterion.quality), (Some(10), Some(20)));
        SampleNumber::Depth.set(&mut criterion, Some(9.5));
        assert_eq!(criterion.depth, Some(10), "a record with a depth of 9 is below 9.5");
        for number in SampleNumber::ALL {
            number.set(&mut criterion, None);
        }
        assert_eq!(criterion, before);
    }
}
