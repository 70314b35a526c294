//! Types of the results explorer, shared by browser and server: which records to show, in which
//! order, how many there are, and the data of each.
//!
//! Plain values, small enough for WASM and for the query of a URL.

mod applicable;
mod by_column;
mod category;
mod column;
mod column_label;
mod column_set;
mod export_format;
mod facets;
mod filter;
mod genotype;
mod page;
mod pedigree;
mod presets;
mod region;
mod samples;
mod text_column;
pub mod url;

pub use applicable::Applicable;
pub use by_column::{ByCategory, ByColumn, ColumnName, Named};
pub use category::{
    CATEGORY_COLUMNS, CHROMOSOME, CLINVAR, CONSEQUENCE, CategoryColumn, CategoryFilter,
    CategoryRowValue, CategoryValue, CategoryValues, FILTER, FacetOrder, IMPACT, NO_VALUE,
    OTHER_VALUE, RS_ID, Spelling, Tone, VARIANT_TYPE,
};
pub use column::{
    Bound, FILE_FREQUENCY, MIXED_FREQUENCY, NumericColumn, NumericFilter, POPULATION_FREQUENCY,
    QUALITY, RowValue, number_text,
};
pub use column_set::{ColumnSet, MAX_SOURCE_COLUMNS, is_clinical_significance};
pub use export_format::{ExportFormat, ExportFormats, MAX_XLSX_RECORDS, UnknownFormat};
pub use facets::{Facet, Facets};
pub use filter::{
    Filter, FilterError, LengthRange, MAX_FILTER_COLUMNS, MAX_FILTER_TEXT_BYTES, MAX_FILTER_VALUES,
    Range, Scope,
};
pub use genotype::{Genotype, Zygosity};
pub use page::{
    Direction, Field, MAX_ROWS, Mane, NameList, Page, Query, Row, RowDetails, Sort, SortKey,
    TranscriptEntry, UnknownName, hgvs_change,
};
pub use pedigree::{Individual, MAX_PEDIGREE_BYTES, PedigreeError, parse_pedigree};
pub use presets::{Preset, Roles};
pub use region::{Region, RegionError, contig_alias};
pub use text_column::TextColumn;

pub use samples::{
    Inheritance, InheritanceMode, MAX_INDEXED_SAMPLES, Origin, SampleCall, SampleFilter, Sex,
    TrioCall, pseudoautosomal_regions, x_specific_regions,
};

pub use crate::variant::{Impact, SoTerm, Substitution, VariantType};
