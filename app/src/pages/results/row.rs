//! A row of the table.

use crate::components::{Icon, Shape};
use crate::format;
use dioxus::prelude::*;
use gas_shared::explorer::{Impact, Row};

/// A variant.
#[component]
pub fn VariantRow(
    /// The id of its button.
    id: String,
    /// What it shows.
    row: Row,
    /// Its place in the table, from 0.
    index: u64,
    /// Whether Tab leads to it.
    in_tab_order: bool,
    /// Is called with the record's number to open it.
    onopen: EventHandler<u64>,
) -> Element {
    let number = row.number;
    let hgvs = row.hgvs_p.or(row.hgvs_c).unwrap_or_default();
    let consequence = row.consequence.unwrap_or_default().replace('_', " ");
    rsx! {
        tr {
            class: "variant",
            "data-number": "{number}",
            "aria-rowindex": index + 2,
            onclick: move |_| onopen.call(number),
            th { scope: "row",
                button {
                    id,
                    class: "variant-open",
                    r#type: "button",
                    tabindex: if in_tab_order { "0" } else { "-1" },
                    "aria-haspopup": "dialog",
                    "{row.chrom}:{format::count(row.pos.into())}"
                }
            }
            td { class: "allele", title: "{row.reference} > {row.alt}", "{row.reference} > {row.alt}" }
            td { title: "{row.ids.join(\", \")}", {shown(row.ids.join(", "))} }
            td { {shown(row.gene.unwrap_or_default())} }
            td { title: "{consequence}", {shown(consequence.clone())} }
            td {
                match row.impact {
                    Some(impact) => rsx! { ImpactBadge { impact } },
                    None => rsx! { "–" },
                }
            }
            td { title: "{hgvs}", {shown(hgvs.clone())} }
            td { class: "number", {shown(row.frequency.map(frequency).unwrap_or_default())} }
            td { class: "number", {shown(row.qual)} }
            td { {shown(row.filter)} }
        }
    }
}

/// A row that is on its way.
#[component]
pub fn Missing(index: u64, columns: usize) -> Element {
    rsx! {
        tr { class: "variant", "aria-rowindex": index + 2,
            td { class: "muted", colspan: columns as i64, "…" }
        }
    }
}

/// An impact, by icon, colour and word.
#[component]
pub fn ImpactBadge(impact: Impact) -> Element {
    let (shape, tone) = match impact {
        Impact::High => (Shape::Warning, "bad"),
        Impact::Moderate => (Shape::Rising, "warn"),
        Impact::Low => (Shape::Done, "good"),
        Impact::Modifier => (Shape::Stopped, "quiet"),
    };
    rsx! {
        span { class: "badge badge-{tone}",
            Icon { shape }
            {impact.as_str()}
        }
    }
}

/// What is not known is a dash.
fn shown(text: String) -> String {
    if text.is_empty() || text == "." { "–".to_owned() } else { text }
}

/// A frequency with three digits that count.
pub fn frequency(value: f32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value < 0.0001 {
        return format!("{value:.1e}");
    }
    let before = -(value.log10().floor() as i32);
    let digits = (before + 2).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_have_three_digits() {
        let texts = [0.0, 0.00198807, 0.601392, 1.0, 0.5, 0.00001234, 0.0123].map(frequency);
        assert_eq!(texts, ["0", "0.00199", "0.601", "1", "0.5", "1.2e-5", "0.0123"]);
    }

    #[test]
    fn unknown_is_a_dash() {
        assert_eq!([".", "", "PASS"].map(|text| shown(text.to_owned())), ["–", "–", "PASS"]);
    }
}
