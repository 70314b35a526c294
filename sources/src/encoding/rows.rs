//! The integers of all columns of a block, row by row, so that those of a row are in one or two cache lines.
//!
//! A value is stored as its distance on the [`scale`](super::scale) of its column. Distances have one of up to three widths in bits,
//! which one or two bits before each say: 0 the shortest one; 1, or with three widths 1 and 0, the middle one; 1 and 1 the longest
//! one. If all are the same there are no such bits.
//!
//! Layout: of each column the scale and the three widths in ascending order `u8`, of which the last two are equal if there are two; for each
//! 32 rows the offset of the first one from the start of the rows `u32`; the number of bytes of each row `u8`; the rows. A row
//! has its distances in the order of the columns, the lowest bit first, and begins at a byte.

use super::scale::Scale;
use super::{Damaged, array, bits, put_u32, u32_at};

/// The rows of a group, of which the offset of the first one is stored.
const GROUP: usize = 32;

/// The bytes of the layout about a column.
const FIELD: usize = Scale::BYTES + 3;

/// The widest distance. With the bits before it, a load of eight bytes contains it at any offset within a byte.
const MAX_WIDTH: u32 = bits::MAX_WIDTH - 1;

const OUTSIDE: Damaged = Damaged("a row is outside of its block");

/// How the values of a column are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    scale: Scale,
    /// By the next two bits of a row: the number of bits before a distance, and its width.
    codes: [(u8, u8); 4],
}

impl Field {
    /// A field with widths in ascending order.
    const fn new(scale: Scale, [short, middle, long]: [u8; 3]) -> Self {
        let codes = if short == long {
            [(0, short); 4]
        } else if middle == long {
            [(1, short), (1, long), (1, short), (1, long)]
        } else {
            [(1, short), (2, middle), (1, short), (2, long)]
        };
        Self { scale, codes }
    }

    /// The widths with which values take the fewest bits on a scale, and these.
    fn widths(scale: &Scale, values: &[i64]) -> (usize, [usize; 3]) {
        // By width: the values that are not wider.
        let mut within = [0usize; u64::BITS as usize + 1];
        for value in values {
            within[bits::width_of(scale.distance(*value)) as usize] += 1;
        }
        let long = within.iter().rposition(|count| *count > 0).unwrap_or(0);
        for width in 1..within.len() {
            within[width] += within[width - 1];
        }
        let all = values.len();
        let mut best = (all * long, [long; 3]);
        for short in 0..long {
            let bits_of_short = within[short] * (1 + short);
            let rest = all - within[short];
            best = best.min((bits_of_short + rest * (1 + long), [short, long, long]));
            for middle in short + 1..long {
                let of_middle = within[middle] - within[short];
                let bits = of_middle * (2 + middle) + (all - within[middle]) * (2 + long);
                best = best.min((bits_of_short + bits, [short, middle, long]));
            }
        }
        best
    }

    /// The bits before a distance, their number, and its width.
    fn code(&self, distance: u64) -> (u64, u32, u32) {
        let width = bits::width_of(distance);
        let fits = |(_, (_, most)): &(u64, (u8, u8))| width <= u32::from(*most);
        // The order of the codes is not that of the widths, but the first that fits is the shortest one of those that do.
        let found = (0..).zip(self.codes).find(fits).unwrap_or((3, self.codes[3]));
        let (mark, (marks, width)) = found;
        (mark & ((1 << marks) - 1), marks.into(), width.into())
    }
}

/// Appends the rows of columns with the same number of values each, which may be
/// [`MISSING`](super::scale::MISSING). Returns `false`, and appends nothing, if a value or a row is too long.
pub(crate) fn write(out: &mut Vec<u8>, columns: &[&[i64]]) -> bool {
    let rows = columns.first().map_or(0, |values| values.len());
    let shortest = |values: &&[i64]| {
        let scales = Scale::of(values).map(|scale| (Field::widths(&scale, values), scale));
        let [(ascending, _), (descending, _)] = scales;
        let ((_, widths), scale) = scales[usize::from(descending.0 < ascending.0)];
        (scale, widths.map(|width| width as u8))
    };
    let layouts: Vec<(Scale, [u8; 3])> = columns.iter().map(shortest).collect();
    if layouts.iter().any(|(_, [.., long])| u32::from(*long) > MAX_WIDTH) {
        return false;
    }
    let fields: Vec<Field> =
        layouts.iter().map(|(scale, widths)| Field::new(*scale, *widths)).collect();
    let (mut lengths, mut bytes, mut groups) = (Vec::with_capacity(rows), Vec::new(), Vec::new());
    for row in 0..rows {
        if row.is_multiple_of(GROUP) {
            put_u32(&mut groups, bytes.len());
        }
        let start = bytes.len();
        let (mut buffer, mut filled) = (0u64, 0);
        let mut put = |value: u64, width: u32| {
            buffer |= value << filled;
            filled += width;
            while filled >= 8 {
                bytes.push(buffer as u8);
                buffer >>= 8;
                filled -= 8;
            }
        };
        for (values, field) in columns.iter().zip(&fields) {
            let distance = field.scale.distance(values[row]);
            let (mark, marks, width) = field.code(distance);
            put(mark, marks);
            put(distance, width);
        }
        if filled > 0 {
            bytes.push(buffer as u8);
        }
        let Ok(length) = u8::try_from(bytes.len() - start) else { return false };
        lengths.push(length);
    }
    for (scale, widths) in layouts {
        scale.write(out);
        out.extend(widths);
    }
    [groups, lengths, bytes].iter().for_each(|part| out.extend_from_slice(part));
    true
}

/// Where rows are in their block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedRows {
    rows: usize,
    groups: usize,
    lengths: usize,
    data: usize,
}

impl PackedRows {
    /// A known number of rows and columns, which begin at `start`. Calls back with the field of each column.
    pub(crate) fn new(
        bytes: &[u8],
        start: usize,
        (rows, columns): (usize, usize),
        mut found: impl FnMut(Field),
    ) -> Result<Self, Damaged> {
        for at in (start..).step_by(FIELD).take(columns) {
            let widths: [u8; 3] = array(bytes, at + Scale::BYTES)?;
            if widths.iter().any(|width| u32::from(*width) > MAX_WIDTH) {
                return Err(Damaged("integers of a row are too wide"));
            }
            found(Field::new(Scale::read(array(bytes, at)?), widths));
        }
        let groups = start + columns * FIELD;
        let lengths = groups + rows.div_ceil(GROUP) * 4;
        Ok(Self { rows, groups, lengths, data: lengths + rows })
    }

    /// The offset of the rows. What is before it is needed to find any of them.
    pub(crate) const fn data(&self) -> usize {
        self.data
    }

    /// A row.
    #[inline]
    pub(crate) fn row<'a>(&self, bytes: &'a [u8], row: usize) -> Result<PackedRow<'a>, Damaged> {
        if row >= self.rows {
            return Err(OUTSIDE);
        }
        let group = row / GROUP;
        let before = bytes.get(self.lengths + group * GROUP..self.lengths + row).ok_or(OUTSIDE)?;
        let before = before.iter().fold(0, |sum, length| sum + usize::from(*length));
        let start = self.data + u32_at(bytes, self.groups + group * 4)? + before;
        Ok(PackedRow { bytes: bytes.get(start..).ok_or(OUTSIDE)?, bit: 0 })
    }
}

/// The values of a row that have not been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedRow<'a> {
    bytes: &'a [u8],
    bit: usize,
}

impl PackedRow<'_> {
    /// The value of the next column; `None` if it is missing.
    #[inline(always)]
    pub(crate) fn next(&mut self, field: &Field) -> Result<Option<i64>, Damaged> {
        let word = u64::from_le_bytes(array(self.bytes, self.bit / 8)?) >> (self.bit % 8);
        let (marks, width) = field.codes[(word & 3) as usize];
        let distance = word >> marks & ((1 << width) - 1);
        self.bit += usize::from(marks + width);
        Ok(field.scale.value(distance))
    }
}

#[cfg(test)]
mod tests {
    use super::super::scale::MISSING;
    use super::*;
    use proptest::prelude::*;

    /// Writes columns and reads them again; the number of bytes, if no row is too long.
    fn round_trip(columns: &[Vec<i64>]) -> Option<usize> {
        let mut out = vec![7; 3];
        let slices: Vec<&[i64]> = columns.iter().map(Vec::as_slice).collect();
        if !write(&mut out, &slices) {
            assert_eq!(out.len(), 3);
            return None;
        }
        let size = out.len() - 3;
        out.extend([0; bits::PADDING]);
        let rows = columns.first().map_or(0, Vec::len);
        let mut fields = Vec::new();
        let packed = PackedRows::new(&out, 3, (rows, columns.len()), |f| fields.push(f)).unwrap();
        for row in 0..rows {
            let mut read = packed.row(&out, row).unwrap();
            for (values, field) in columns.iter().zip(&fields) {
                let expected = (values[row] != MISSING).then_some(values[row]);
                assert_eq!(read.next(field), Ok(expected), "row {row} of {columns:?}");
            }
        }
        assert!(packed.row(&out, rows).is_err());
        Some(size)
    }

    #[test]
    fn values_that_are_equal_or_missing_take_no_bits_and_rare_large_ones_few() {
        let columns: Vec<Vec<i64>> = (0..16).map(|n| vec![n * 1000; 64]).collect();
        let empty = 16 * FIELD + 2 * 4 + 64;
        assert_eq!(round_trip(&columns), Some(empty));
        assert_eq!(round_trip(&vec![vec![MISSING; 64]; 16]), Some(empty));
        assert_eq!(round_trip(&[]), Some(0));
        let mut rare = vec![vec![0; 64]; 16];
        rare[3][5] = 1;
        (rare[4][5], rare[4][6]) = (1 << 40, 1);
        // A bit of each of two columns; in one row 42 bits more, in another one 2.
        assert_eq!(round_trip(&rare), Some(empty + 63 + 6));
    }

    #[test]
    fn rows_and_values_that_are_too_long_are_not_written() {
        let long = vec![0, 1, (1 << MAX_WIDTH) - 1];
        assert!(round_trip(&vec![long.clone(); 36]).is_some());
        assert_eq!(round_trip(&vec![long; 37]), None);
        assert_eq!(round_trip(&[vec![0, 1, i64::MAX]]), None);
        assert_eq!(round_trip(&[vec![i64::MIN + 1, 0, 5]]), None);
    }

    proptest! {
        #[test]
        fn any_values_are_read_row_by_row(
            rows in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![
                    4 => Just(0i64), 2 => 0i64..300, 1 => Just(MISSING), 1 => -(1i64 << 50)..1 << 50,
                ], 9),
                0..100,
            ),
        ) {
            let column = |n: usize| rows.iter().map(|row| row[n]).collect::<Vec<_>>();
            prop_assert!(round_trip(&(0..9).map(column).collect::<Vec<_>>()).is_some());
        }
    }
}
