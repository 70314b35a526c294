//! Questions: a filter becomes criteria in the index's numbers ([`clause`]), blocks are passed
//! over by their statistics ([`zone`]) or looked at ([`mask`]), facets counted ([`tally`]), and the
//! matches put in order ([`sort`]).

mod bits;
mod clause;
mod mask;
mod select;
mod sort;
mod tally;
mod zone;

pub(crate) use select::{CONCURRENT_BLOCKS, Selection};
