//! Records on the demo reference.

use crate::common::REFERENCE;

/// A record at a position of chromosome 20 with the reference's base, or another one.
pub fn snv(pos: i32, matches: bool) -> String {
    let base = REFERENCE.contig(b"20").unwrap().bases(pos, pos).unwrap()[0];
    let other = if base == b'A' { 'C' } else { 'A' };
    let (reference, alt) = if matches { (char::from(base), other) } else { (other, 'T') };
    format!("20\t{pos}\t.\t{reference}\t{alt}\t.\t.\t.\n")
}
