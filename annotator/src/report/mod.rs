//! What a run reports besides the annotated file: the count log and `summary.json`.

mod counts;
mod histograms;
mod log;
mod summary;

pub use counts::{Counts, RegionClass, RegionClasses};
pub use histograms::Histograms;
pub use log::write_count_log;
pub use summary::summarize;
