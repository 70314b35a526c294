//! The values of one integer column in one block.
//!
//! A value is stored as its distance on the [`scale`] of the column.
//! The distances are encoded in the way that takes the fewest bytes.
//!
//! Layout: encoding `u8`, scale, then by encoding
//! - 0, all equal: the distance `u64`;
//! - 1: [`levels`];
//! - 2, most are 0: the rows of the others ([`monotone`]) and their distances ([`levels`]);
//! - 3, runs of equal values: the first rows of the runs ([`monotone`]) and their distances ([`levels`]).

use super::levels::{self, Levels, Plan, Widths};
use super::monotone::{self, Monotone};
use super::scale::Scale;
use super::{Damaged, array};

const EQUAL: u8 = 0;
const LEVELS: u8 = 1;
const SPARSE: u8 = 2;
const RUNS: u8 = 3;
/// An encoding in which rows are searched must be smaller than levels by a byte for this many rows.
const SLOWER: usize = 9;

/// Appends values, of which some can be [`MISSING`](super::scale::MISSING).
pub(crate) fn write(out: &mut Vec<u8>, values: &[i64]) {
    let [ascending, descending] = Scale::of(values);
    let [from_smallest, from_largest] =
        [ascending, descending].map(|scale| Distances::new(values, &scale));
    let (chosen, scale) = if from_largest.size < from_smallest.size {
        (from_largest, descending)
    } else {
        (from_smallest, ascending)
    };
    out.push(chosen.encoding);
    scale.write(out);
    chosen.write(out);
}

/// Distances from a frame, with the encoding that makes them smallest.
struct Distances {
    distances: Vec<u64>,
    encoding: u8,
    plan: Plan,
    size: usize,
}

impl Distances {
    fn new(values: &[i64], scale: &Scale) -> Self {
        let distances: Vec<u64> = values.iter().map(|value| scale.distance(*value)).collect();
        let widths = Widths::of(distances.iter().copied());
        let rows = distances.len();
        let plan = Plan::new(&widths);
        let mut best = (plan.bytes(), LEVELS, plan);
        // A value of levels is found in a quarter of the time, which is worth some bytes.
        let slower = rows / SLOWER;
        let others = rows - widths.zeros() as usize;
        if others < rows / 4 {
            let plan = Plan::new(&widths.without_zeros());
            let bytes = plan.bytes() + monotone::bytes(others, rows as u32) + slower;
            best = min(best, (bytes, SPARSE, plan));
        }
        let runs = starts_of_runs(&distances).count();
        if runs == 1 {
            best = (0, EQUAL, plan);
        } else if runs < rows / 2 {
            let plan = Plan::new(&Widths::of(starts_of_runs(&distances).map(|row| distances[row])));
            let bytes = plan.bytes() + monotone::bytes(runs, rows as u32) + slower;
            best = min(best, (bytes, RUNS, plan));
        }
        let (size, encoding, plan) = best;
        Self { distances, encoding, plan, size }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let distances = &self.distances;
        let rows: Vec<u32> = match self.encoding {
            EQUAL => {
                out.extend_from_slice(
                    &distances.first().copied().unwrap_or_default().to_le_bytes(),
                );
                return;
            }
            LEVELS => return levels::write(out, &self.plan, distances),
            SPARSE => {
                (0..distances.len()).filter(|row| distances[*row] > 0).map(|n| n as u32).collect()
            }
            _ => starts_of_runs(distances).map(|row| row as u32).collect(),
        };
        monotone::write(out, &rows);
        let values: Vec<u64> = rows.iter().map(|row| distances[*row as usize]).collect();
        levels::write(out, &self.plan, &values);
    }
}

fn min(a: (usize, u8, Plan), b: (usize, u8, Plan)) -> (usize, u8, Plan) {
    if b.0 < a.0 { b } else { a }
}

/// The first rows of runs of equal values.
fn starts_of_runs(values: &[u64]) -> impl Iterator<Item = usize> {
    (0..values.len()).filter(|row| *row == 0 || values[*row] != values[row - 1])
}

/// The header of a column, by which the value of each row can be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnReader {
    rows: u32,
    encoding: u8,
    scale: Scale,
    /// The distance of all rows, if they are equal. It is 0 otherwise, as for most rows of [`SPARSE`].
    equal: u64,
    /// The rows that have distances, of [`SPARSE`] and [`RUNS`].
    found: Monotone,
    /// The distances of the other encodings.
    distances: Levels,
}

impl ColumnReader {
    /// Reads the header of a column with a known number of rows, which begins at `start`.
    #[inline]
    pub(crate) fn new(bytes: &[u8], start: usize, rows: usize) -> Result<Self, Damaged> {
        let [encoding] = array(bytes, start)?;
        let data = start + 1 + Scale::BYTES;
        let mut reader = Self {
            rows: rows as u32,
            encoding,
            scale: Scale::read(array(bytes, start + 1)?),
            equal: 0,
            found: Monotone::default(),
            distances: Levels::default(),
        };
        match encoding {
            EQUAL => reader.equal = u64::from_le_bytes(array(bytes, data)?),
            LEVELS => reader.distances = Levels::new(bytes, data, rows)?,
            SPARSE | RUNS => {
                let found = Monotone::new(bytes, data)?;
                reader.distances = Levels::new(bytes, found.end(), found.len())?;
                reader.found = found;
            }
            _ => return Err(Damaged("a column has an unknown encoding")),
        }
        Ok(reader)
    }

    /// The value of a row, of the block whose header this is; `None` if it is missing. Ranks count ones, so callers are
    /// compiled with the processor's instruction for that.
    #[inline(always)]
    pub(crate) fn get(&self, bytes: &[u8], row: usize) -> Result<Option<i64>, Damaged> {
        if row >= self.rows as usize {
            return Err(Damaged("a row is outside of its block"));
        }
        // Closures would not be compiled with the instruction.
        let index = match self.encoding {
            EQUAL => None,
            LEVELS => Some(row),
            SPARSE => {
                let found = self.found.equal_range(bytes, row as u32)?;
                if found.is_empty() { None } else { Some(found.start) }
            }
            _ => {
                let next = self.found.lower_bound(bytes, row as u32 + 1)?;
                Some(next.checked_sub(1).ok_or(Damaged("the first run begins too late"))?)
            }
        };
        let distance = match index {
            Some(index) => self.distances.get(bytes, index)?,
            None => self.equal,
        };
        Ok(self.scale.value(distance))
    }
}

#[cfg(test)]
mod tests {
    use super::super::scale::MISSING;
    use super::*;
    use crate::encoding::bits::PADDING;
    use proptest::prelude::*;

    fn round_trip(values: &[i64]) -> (u8, usize) {
        let mut out = Vec::new();
        write(&mut out, values);
        let size = out.len();
        out.extend([0; PADDING]);
        let reader = ColumnReader::new(&out, 0, values.len()).unwrap();
        for (n, value) in values.iter().enumerate() {
            let expected = (*value != MISSING).then_some(*value);
            assert_eq!(reader.get(&out, n), Ok(expected), "row {n} of {values:?}");
        }
        assert!(reader.get(&out, values.len()).is_err());
        (out[0], size)
    }

    #[test]
    fn the_smallest_encoding_is_chosen() {
        assert_eq!(round_trip(&[7; 4096]).0, EQUAL);
        assert_eq!(round_trip(&[MISSING; 4096]).0, EQUAL);
        let mut rare = vec![0; 4096];
        rare[5] = 12;
        rare[800] = 70_000;
        assert_eq!(round_trip(&rare).0, SPARSE);
        let runs: Vec<i64> = (0..4096).map(|n| (n / 300) * 77).collect();
        assert_eq!(round_trip(&runs).0, RUNS);
        let alleles: Vec<i64> = (0..4096).map(|n| 152_312 - 2 * (n * 7919 % 13)).collect();
        let (encoding, size) = round_trip(&alleles);
        assert!(encoding == LEVELS && size < 4096 * 4 / 8 + 64, "{encoding} {size}");
        round_trip(&[i64::MIN + 1, i64::MAX, MISSING, 0]);
    }

    proptest! {
        #[test]
        fn any_values_are_read_at_random(
            values in proptest::collection::vec(prop_oneof![
                4 => Just(0i64), 2 => Just(1), 2 => 0i64..20, 1 => Just(MISSING), 1 => any::<i64>(),
            ], 0..400),
            repeats in 1usize..5,
        ) {
            let values: Vec<i64> = values.into_iter().flat_map(|v| vec![v; repeats]).collect();
            round_trip(&values);
        }
    }
}
