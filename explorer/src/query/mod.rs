//! Evaluates queries: a filter is resolved to criteria ([`clause`]), which are decided by the
//! statistics of a block ([`zone`]) or evaluated on its columns ([`mask`]); then the facets are
//! counted ([`tally`]) and the matches sorted ([`sort`]).

mod clause;
mod mask;
mod regions;
mod samples;
mod select;
mod sort;
mod tally;
mod trio;
mod unknown_names;
mod zone;

pub(crate) use clause::Clause;
pub(crate) use unknown_names::unknown_names;
