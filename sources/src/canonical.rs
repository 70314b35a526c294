//! The one form of an allele that all its spellings have: minimal, in upper case, and at the leftmost place of
//! a repeat (Tan et al. 2015, Bioinformatics 31:2202).

use gas_shared::variant::without_shared_ends;

/// How far an allele is shifted at most, in bases. It bounds the work for an allele, and how many rows wait while
/// a source is built; repeats without an interruption are shorter.
pub(crate) const MAX_SHIFT: u32 = 1 << 16;

/// The bases of a contig.
pub trait Bases {
    /// The base at a position, from 1, in either case; `None` outside of the contig.
    fn base(&self, position: u32) -> Option<u8>;
}

impl Bases for &[u8] {
    #[inline]
    fn base(&self, position: u32) -> Option<u8> {
        self.get((position as usize).checked_sub(1)?).copied()
    }
}

impl Bases for &dyn Bases {
    #[inline]
    fn base(&self, position: u32) -> Option<u8> {
        (**self).base(position)
    }
}

/// An allele in its canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanonicalAllele<'a> {
    /// The first replaced base; an insertion lies before it.
    pub position: u32,
    /// The replaced bases; empty for an insertion.
    pub reference: &'a [u8],
    /// The new bases; empty for a deletion.
    pub alt: &'a [u8],
}

/// Memory for the bases of a canonical allele.
#[derive(Clone, Debug, Default)]
pub struct AlleleBuffer {
    reference: Vec<u8>,
    alt: Vec<u8>,
}

impl<'a> CanonicalAllele<'a> {
    /// The canonical form of an allele of a record at `position`, of which REF and ALT are bases. `None` if
    /// ALT is REF, or if the position is too large.
    #[inline]
    pub fn new(
        bases: &impl Bases,
        position: u32,
        reference: &[u8],
        alt: &[u8],
        buffer: &'a mut AlleleBuffer,
    ) -> Option<Self> {
        let (head, reference, alt) = without_shared_ends(reference, alt);
        let mut position = position.checked_add(u32::try_from(head).ok()?)?;
        let AlleleBuffer { reference: new_reference, alt: new_alt } = buffer;
        upper_case(reference, new_reference);
        upper_case(alt, new_alt);
        match (&mut new_reference[..], &mut new_alt[..]) {
            ([], []) => return None,
            ([], moving) | (moving, []) => {
                let distance = distance(bases, position, moving);
                position -= distance;
                let length = moving.len();
                moving.rotate_right(distance as usize % length);
            }
            _ => {}
        }
        Some(Self { position, reference: new_reference, alt: new_alt })
    }

    /// The minimal form of an allele at the place in a repeat where a record has it: the bases that REF and ALT share at the
    /// start are removed first, so that `CA>C` and `AA>A`, one base further, stay different. `None` as for [`Self::new`].
    #[inline]
    pub(crate) fn in_place(
        position: u32,
        reference: &[u8],
        alt: &[u8],
        buffer: &'a mut AlleleBuffer,
    ) -> Option<Self> {
        let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
        let head = reference.iter().zip(alt).take_while(same).count();
        let (reference, alt) = (&reference[head..], &alt[head..]);
        let tail = reference.iter().rev().zip(alt.iter().rev()).take_while(same).count();
        let (reference, alt) = (&reference[..reference.len() - tail], &alt[..alt.len() - tail]);
        if reference.is_empty() && alt.is_empty() {
            return None;
        }
        let position = position.checked_add(u32::try_from(head).ok()?)?;
        let AlleleBuffer { reference: new_reference, alt: new_alt } = buffer;
        upper_case(reference, new_reference);
        upper_case(alt, new_alt);
        Some(Self { position, reference: new_reference, alt: new_alt })
    }

    /// The other places of an insertion or deletion in a repeat, from the left: the position, and the inserted or deleted bases.
    /// Those further away than `most` bases are left out, and all of an allele with more than `most` bases: each place takes a
    /// copy of them.
    pub(crate) fn other_places(
        &self,
        bases: &impl Bases,
        most: u32,
    ) -> impl Iterator<Item = (u32, Vec<u8>)> {
        let Self { position, reference, alt } = *self;
        let moving = match (reference, alt) {
            ([], moving) | (moving, []) if moving.len() <= most as usize => moving,
            _ => &[],
        };
        let (left, right) = if moving.is_empty() {
            (0, 0)
        } else {
            let behind = position.saturating_add(reference.len() as u32);
            (
                distance(bases, position, moving).min(most),
                distance_right(bases, behind, moving, most),
            )
        };
        let to_left = (1..=left).rev().map(move |distance| {
            let mut moved = moving.to_vec();
            moved.rotate_right(distance as usize % moving.len());
            (position - distance, moved)
        });
        let to_right = (1..=right).map(move |distance| {
            let mut moved = moving.to_vec();
            moved.rotate_left(distance as usize % moving.len());
            (position + distance, moved)
        });
        to_left.chain(to_right)
    }
}

fn upper_case(bases: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend(bases.iter().map(u8::to_ascii_uppercase));
}

/// How many bases to the left an insertion or deletion of bases can be shifted.
fn distance(bases: &impl Bases, position: u32, moving: &[u8]) -> u32 {
    let most = MAX_SHIFT.min(position.saturating_sub(1));
    let mut from_right = moving.iter().rev().cycle();
    let mut distance = 0;
    while distance < most
        && let Some(base) = bases.base(position - 1 - distance)
        && let Some(last) = from_right.next()
        // Two unknown bases are not known to be equal.
        && base.eq_ignore_ascii_case(last)
        && *last != b'N'
    {
        distance += 1;
    }
    distance
}

/// How many bases to the right an insertion or deletion of bases can be shifted, at most `most`. `behind` is the position behind
/// it in the reference.
fn distance_right(bases: &impl Bases, behind: u32, moving: &[u8], most: u32) -> u32 {
    let mut from_left = moving.iter().cycle();
    let mut distance = 0;
    while distance < most
        && let Some(position) = behind.checked_add(distance)
        && let Some(base) = bases.base(position)
        && let Some(first) = from_left.next()
        && base.eq_ignore_ascii_case(first)
        && *first != b'N'
    {
        distance += 1;
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(
        contig: &[u8],
        position: u32,
        reference: &str,
        alt: &str,
    ) -> Option<(u32, String, String)> {
        let mut buffer = AlleleBuffer::default();
        let (reference, alt) = (reference.as_bytes(), alt.as_bytes());
        let allele = CanonicalAllele::new(&contig, position, reference, alt, &mut buffer)?;
        let text = |bases: &[u8]| String::from_utf8_lossy(bases).into_owned();
        Some((allele.position, text(allele.reference), text(allele.alt)))
    }

    #[test]
    fn an_allele_in_place_is_minimal_and_not_shifted() {
        let contig: &[u8] = b"GCACACATTTg";
        let in_place = |position, reference: &str, alt: &str| {
            let mut buffer = AlleleBuffer::default();
            let (reference, alt) = (reference.as_bytes(), alt.as_bytes());
            let allele = CanonicalAllele::in_place(position, reference, alt, &mut buffer)?;
            let text = |bases: &[u8]| String::from_utf8_lossy(bases).into_owned();
            let places = allele.other_places(&contig, 100);
            let places: Vec<_> = places.map(|(at, moved)| (at, text(&moved))).collect();
            Some((allele.position, text(allele.reference), text(allele.alt), places))
        };
        let expected = |position, reference: &str, alt: &str, places: &[(u32, &str)]| {
            let places = places.iter().map(|(at, moved)| (*at, (*moved).to_owned())).collect();
            Some((position, reference.to_owned(), alt.to_owned(), places))
        };
        assert_eq!(in_place(3, "Aca", "Aga"), expected(4, "C", "G", &[]));
        let others = [(2, "CA"), (3, "AC"), (5, "AC"), (6, "CA")];
        assert_eq!(
            in_place(3, "ACAC", "AC"),
            expected(5, "AC", "", &[(2, "CA"), (3, "AC"), (4, "CA"), (6, "CA")])
        );
        assert_eq!(in_place(3, "ACA", "A"), expected(4, "CA", "", &others));
        // The last base of the contig is not passed.
        assert_eq!(in_place(11, "g", "gg"), expected(12, "", "G", &[(11, "G")]));
        assert_eq!(
            in_place(7, "AT", "ATT"),
            expected(9, "", "T", &[(8, "T"), (10, "T"), (11, "T")])
        );
        assert_eq!(in_place(7, "AT", "at"), None);
    }

    #[test]
    fn alleles_in_repeats_are_placed_to_the_left() {
        let contig = b"GCACACATTTg";
        let expected = |position, reference: &str, alt: &str| {
            Some((position, reference.to_owned(), alt.to_owned()))
        };
        assert_eq!(canonical(contig, 6, "CA", ""), expected(2, "CA", ""));
        assert_eq!(canonical(contig, 5, "ACAT", "AT"), expected(2, "CA", ""));
        assert_eq!(canonical(contig, 7, "a", "aca"), expected(2, "", "CA"));
        assert_eq!(canonical(contig, 10, "T", "TT"), expected(8, "", "T"));
        assert_eq!(canonical(contig, 1, "G", "GG"), expected(1, "", "G"));
        assert_eq!(canonical(contig, 10, "Tg", "TC"), expected(11, "G", "C"));
        assert_eq!(canonical(contig, 10, "T", "t"), None);
        assert_eq!(canonical(b"NNNN", 3, "N", ""), expected(3, "N", ""));
        assert_eq!(canonical(contig, u32::MAX, "CA", "CT"), None);
    }

    proptest! {
        #[test]
        fn every_spelling_of_an_allele_has_one_form(
            contig in "[AC]{30,60}", start in 5usize..20, deleted in 0usize..6, inserted in "[AC]{0,6}",
            padding in (0usize..5, 0usize..5),
        ) {
            let contig = contig.as_bytes();
            // The sequence that results says which alleles are the same.
            let result = |start: usize, deleted: usize, inserted: &[u8]| {
                [&contig[..start], inserted, &contig[start + deleted..]].concat()
            };
            let changed = result(start, deleted, inserted.as_bytes());
            let text = |bases: &[u8]| String::from_utf8_lossy(bases).into_owned();
            let form = |start: usize, deleted: usize, inserted: &[u8]| {
                let (left, right) = (start - padding.0.min(start), (start + deleted + padding.1).min(contig.len()));
                let reference = text(&contig[left..right]);
                let alt = [&contig[left..start], inserted, &contig[start + deleted..right]].concat();
                canonical(contig, left as u32 + 1, &reference, &text(&alt).to_lowercase())
            };
            let expected = form(start, deleted, inserted.as_bytes());
            // Every other allele of the same lengths with the same result.
            for other in 0..contig.len() - deleted {
                let end = other + inserted.len();
                if end <= changed.len() {
                    let bases = changed[other..end].to_vec();
                    if result(other, deleted, &bases) == changed {
                        prop_assert_eq!(form(other, deleted, &bases), expected.clone());
                    }
                }
            }
        }
    }
}
