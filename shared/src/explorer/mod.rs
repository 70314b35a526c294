//! Types of the results explorer, shared by browser and server: which records to show, in which
//! order, how many there are, and the data of each.
//!
//! Plain values, small enough for WASM and for the query of a URL.

mod column;
mod filter;
mod page;
mod region;
pub mod url;

pub use column::{
    Bound, ByColumn, FREQUENCY, NUMERIC_COLUMNS, NumericColumn, NumericFilter, QUALITY, RowValue,
};
pub use filter::{
    Filter, FilterError, LengthRange, MAX_FILTER_TEXT_BYTES, MAX_FILTER_VALUES, NO_CONSEQUENCE,
    Range, Scope,
};
pub use page::{
    Direction, ExportFormat, Facet, Facets, Field, MAX_ROWS, Page, Query, Row, RowDetails, Sort,
    SortKey, TranscriptEntry,
};
pub use region::{Region, RegionError, contig_alias};

pub use crate::variant::{Impact, SoTerm, Substitution, VariantType};
