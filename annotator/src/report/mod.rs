//! What a run reports besides the annotated file: the count log and `summary.json`.

mod annotation_gap;
mod count_log;
mod counts;
mod genotype_problems;
mod histograms;
mod long_array;
mod structural_problems;
mod summary;

pub use annotation_gap::AnnotationGap;
pub(crate) use annotation_gap::AnnotationGaps;
pub use count_log::write_count_log;
pub use counts::{Counts, RegionClass, RegionClasses};
pub(crate) use genotype_problems::GenotypeProblem;
pub use genotype_problems::GenotypeProblems;
pub use histograms::Histograms;
pub use structural_problems::StructuralProblems;
pub use summary::summarize;
