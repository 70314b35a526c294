//! Alleles as integers: short ones by a bijection, long ones by their number in the block.
//!
//! | allele | code |
//! |---|---|
//! | a base for a base | 4 x REF + ALT, with A, C, G, T as 0 to 3 |
//! | other alleles with `n` <= 28 bases A, C, G and T, REF and ALT together | 16, plus the number of such alleles with fewer bases, plus (bases of REF) x 4^n, plus REF and ALT as a number in base 4 |
//! | all others | [`FIRST_LONG`], plus the number of the allele among those of its block |
//!
//! So the commonest alleles have the smallest codes, and a code alone says whether two short alleles are equal.

/// The most bases of an allele with a code of its own.
const MAX_BASES: usize = 28;

const SINGLE_BASES: u64 = 16;

/// The code of the first allele with a given number of bases, and after the last one.
const FIRST: [u64; MAX_BASES + 2] = {
    let mut first = [SINGLE_BASES; MAX_BASES + 2];
    let mut bases = 0;
    while bases <= MAX_BASES {
        first[bases + 1] = first[bases] + (bases as u64 + 1) * (1 << (2 * bases));
        bases += 1;
    }
    first
};

/// The first code of a long allele.
pub(crate) const FIRST_LONG: u64 = FIRST[MAX_BASES + 1];

/// The code of an allele; `None` if it is long or has other letters than A, C, G and T.
#[inline]
pub(crate) fn of(reference: &[u8], alt: &[u8]) -> Option<u64> {
    if let ([reference], [alt]) = (reference, alt) {
        return Some(digit(*reference)? * 4 + digit(*alt)?);
    }
    let bases = reference.len() + alt.len();
    if bases > MAX_BASES {
        return None;
    }
    let mut number = 0;
    for base in reference.iter().chain(alt) {
        number = number * 4 + digit(*base)?;
    }
    Some(FIRST[bases] + ((reference.len() as u64) << (2 * bases)) + number)
}

#[inline]
const fn digit(base: u8) -> Option<u64> {
    Some(match base {
        b'A' => 0,
        b'C' => 1,
        b'G' => 2,
        b'T' => 3,
        _ => return None,
    })
}

/// The alleles of a code, REF and ALT; `None` for long alleles.
pub(crate) fn alleles(code: u64) -> Option<(Vec<u8>, Vec<u8>)> {
    let (bases, reference, number) = if code < SINGLE_BASES {
        (2, 1, code)
    } else {
        let bases = FIRST.partition_point(|first| *first <= code) - 1;
        let rest = code.checked_sub(*FIRST.get(bases).filter(|_| bases <= MAX_BASES)?)?;
        (bases, (rest >> (2 * bases)) as usize, rest & ((1 << (2 * bases)) - 1))
    };
    let base = |n: usize| b"ACGT"[(number >> (2 * (bases - 1 - n)) & 3) as usize];
    Some(((0..reference).map(base).collect(), (reference..bases).map(base).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn common_alleles_have_small_codes() {
        assert_eq!(of(b"T", b"G"), Some(14));
        assert!(of(b"", b"A") < Some(32) && of(b"A", b"") < Some(32));
        assert_eq!(of(b"A", b"N"), None);
        assert_eq!(of(b"", &[b'A'; 29]), None);
        assert!(of(&[b'T'; 28], b"").is_some_and(|code| code == FIRST_LONG - 1));
        assert_eq!(alleles(FIRST_LONG), None);
        assert_eq!(alleles(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn a_code_stands_for_one_allele(reference in "[ACGT]{0,14}", alt in "[ACGT]{0,14}") {
            let code = of(reference.as_bytes(), alt.as_bytes()).unwrap();
            prop_assert!(code < FIRST_LONG);
            let expected = (reference.into_bytes(), alt.into_bytes());
            prop_assert_eq!(alleles(code), Some(expected));
        }
    }
}
