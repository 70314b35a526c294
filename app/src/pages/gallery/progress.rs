//! The gallery's progress indicators.

use super::example::Example;
use super::samples::progress;
use crate::components::{JobProgress, Meter, Skeleton};
use dioxus::prelude::*;

/// Sizes of the sample meters in MB, with their text and whether they are over the limit of 100 MB.
const SIZES: [(u64, &str, bool); 4] = [
    (0, "0 of 100 MB", false),
    (42, "42 of 100 MB", false),
    (100, "100 of 100 MB", false),
    (140, "140 of 100 MB", true),
];

/// Meters, progress bars and the placeholder of a loading page.
#[component]
pub fn Progresses() -> Element {
    rsx! {
        Example { name: "Meter",
            for (value, text, is_over) in SIZES {
                Meter { key: "{text}", label: "Size", value, max: 100, text, is_over }
            }
        }
        Example { name: "JobProgress",
            for (permille, records) in [(0, 0), (421, 215_300), (1000, 512_340)] {
                JobProgress { key: "{permille}", progress: progress(permille, records) }
            }
        }
        Example { name: "Skeleton", Skeleton {} }
    }
}
