//! What a run tells besides the annotated file: counts, the count log and `summary.json`.

mod counts;
mod histograms;
mod log;
mod summary;

pub use counts::{Counts, Place, Places};
pub use histograms::{Density, Histograms, QualBin, Qualities};
pub use log::write_count_log;
pub use summary::{Summary, summarise};
