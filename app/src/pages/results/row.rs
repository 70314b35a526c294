//! A row of the table.

use super::columns::{Column, Columns};
use crate::components::{Icon, Shape};
use crate::format;
use dioxus::prelude::*;
use gas_shared::explorer::{Impact, Row};

/// A place in the table, and the variant there once that is known.
#[component]
pub fn Place(
    /// The id of the variant's button.
    id: String,
    /// The variant.
    row: Option<Row>,
    /// The place, from 0.
    index: u64,
    /// The columns to show.
    columns: Columns,
    /// Whether Tab leads to it.
    in_tab_order: bool,
    /// Is called with the record's number to open it.
    onopen: EventHandler<u64>,
) -> Element {
    match row {
        Some(row) => rsx! { VariantRow { id, row, index, columns, in_tab_order, onopen } },
        None => rsx! {
            tr { class: "variant", "aria-rowindex": index + 2,
                td { class: "muted", colspan: columns.len() as i64, "…" }
            }
        },
    }
}

#[component]
fn VariantRow(
    id: String,
    row: Row,
    index: u64,
    columns: Columns,
    in_tab_order: bool,
    onopen: EventHandler<u64>,
) -> Element {
    let number = row.number;
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
            for column in columns.shown().filter(|column| *column != Column::Position) {
                {cell(column, &row)}
            }
        }
    }
}

/// What a column says of a variant.
fn cell(column: Column, row: &Row) -> Element {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (class, text) = match column {
        Column::Impact => {
            let badge = row.impact.map(|impact| rsx! { ImpactBadge { impact } });
            return rsx! {
                td { {badge.unwrap_or_else(|| rsx! { "–" })} }
            };
        }
        Column::Position => ("", format!("{}:{}", row.chrom, row.pos)),
        Column::Change => ("allele", format!("{} > {}", row.reference, row.alt)),
        Column::Id => ("", row.ids.join(", ")),
        Column::Gene => ("", text(&row.gene)),
        Column::Consequence => ("", text(&row.consequence).replace('_', " ")),
        Column::Hgvs => ("", row.hgvs_p.clone().unwrap_or_else(|| text(&row.hgvs_c))),
        Column::Frequency => ("number", row.frequency.map(frequency).unwrap_or_default()),
        Column::Quality => ("number", row.qual.clone()),
        Column::Filter => ("", row.filter.clone()),
    };
    rsx! {
        td { class, title: "{text}", {shown(text.clone())} }
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
