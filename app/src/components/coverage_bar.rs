//! How many records of a file are annotated, as a bar with a legend.

use crate::app::Route;
use crate::format;
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::job::NotAnnotated;

/// The width and height of the bar's drawing. Style sheets stretch it.
const WIDTH: f64 = 1000.0;
const HEIGHT: u32 = 10;

/// The least width of a part, so that one record of a million is visible.
const MIN_WIDTH: f64 = 8.0;

/// How many records are annotated, and why the others are not. The legend has the counts, since the
/// colors alone say nothing to many readers.
#[component]
pub fn CoverageBar(id: JobId, records: u64, not_annotated: NotAnnotated) -> Element {
    let gaps = not_annotated;
    let parts = [
        ("good", "annotated", records.saturating_sub(gaps.total())),
        ("warn", "outside the reference", gaps.outside()),
        ("bad", "REF differs", gaps.ref_mismatch),
        ("quiet", "not a variant", gaps.not_a_variant),
        ("active", "not annotated", gaps.other),
    ];
    let parts = parts.into_iter().filter(|(.., count)| *count > 0).collect::<Vec<_>>();
    rsx! {
        section { class: "panel", "aria-labelledby": "coverage",
            h2 { id: "coverage", "Coverage" }
            svg {
                class: "coverage",
                view_box: "0 0 {WIDTH} {HEIGHT}",
                preserve_aspect_ratio: "none",
                "aria-hidden": "true",
                for ((tone, ..), path) in parts.iter().zip(paths(&parts)) {
                    path { key: "{tone}", class: "coverage-{tone}", d: "{path}" }
                }
            }
            ul { class: "coverage-legend",
                for (tone, name, count) in parts.clone() {
                    li { key: "{tone}", class: "coverage-{tone}",
                        span {
                            strong { {format::count(count)} }
                            " {name}"
                        }
                    }
                }
            }
            if gaps.has_warnings() {
                p { class: "muted",
                    "Variants that the reference does not cover have no annotation; INFO/GAS_NOTE of their record says why. "
                    Link { to: Route::JobLog { id: id.to_string() }, "The log names their contigs" }
                    "."
                }
            }
        }
    }
}

/// The rectangles of the parts, side by side.
fn paths(parts: &[(&str, &str, u64)]) -> Vec<String> {
    let total: u64 = parts.iter().map(|(.., count)| count).sum();
    let widths = parts
        .iter()
        .map(|(.., count)| (*count as f64 / total.max(1) as f64 * WIDTH).max(MIN_WIDTH));
    let widths: Vec<f64> = widths.collect();
    let scale = WIDTH / widths.iter().sum::<f64>();
    let mut x = 0.0;
    let rectangles = widths.into_iter().map(|width| {
        let (from, width) = (x, width * scale);
        x += width;
        format!("M{from:.1} 0h{width:.1}v{HEIGHT}h-{width:.1}Z")
    });
    rectangles.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_record_is_visible_and_the_parts_fill_the_bar() {
        let parts = [("good", "annotated", 999_999), ("bad", "REF differs", 1)];
        assert_eq!(paths(&parts), ["M0.0 0h992.1v10h-992.1Z", "M992.1 0h7.9v10h-7.9Z"]);
        assert_eq!(paths(&parts[..1]), ["M0.0 0h1000.0v10h-1000.0Z"]);
        assert!(paths(&[]).is_empty());
    }
}
