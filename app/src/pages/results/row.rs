//! The rows of the table.

use super::columns::Column;
use crate::components::{value_badge, value_mark};
use crate::format;
use dioxus::prelude::*;
use gas_shared::explorer::{
    CategoryColumn, CategoryValue, IMPACT, NumericColumn, Row, RowValue, SampleCall, Tone,
    hgvs_change,
};

/// A row of the table; a placeholder until the variant is loaded.
#[component]
pub fn TableRow(
    /// The id of the button that opens the variant.
    id: String,
    /// The variant, once it is loaded.
    row: Option<Row>,
    /// The index of the row, from 0.
    index: u64,
    /// The columns to show.
    columns: Vec<Column>,
    /// The number of samples that the table shows.
    samples: usize,
    /// Whether the row is in the tab order.
    in_tab_order: bool,
    /// Called to open the details of the variant.
    onopen: EventHandler<()>,
) -> Element {
    match row {
        Some(row) => variant_row(id, &row, index, &columns, in_tab_order, onopen),
        None => rsx! {
            tr { class: "variant", "aria-rowindex": index + 2,
                td { class: "muted", colspan: (columns.len() + samples) as i64, "…" }
            }
        },
    }
}

/// The row of a variant that is loaded.
fn variant_row(
    id: String,
    row: &Row,
    index: u64,
    columns: &[Column],
    in_tab_order: bool,
    onopen: EventHandler<()>,
) -> Element {
    let number = row.number;
    rsx! {
        tr {
            class: "variant",
            "data-number": "{number}",
            "aria-rowindex": index + 2,
            onclick: move |_| onopen.call(()),
            th { scope: "row",
                // The style sheet shows it on phones, where the column of the impact is out of view.
                for (value, tone) in IMPACT.values_of(row).iter().filter_map(|value| badge(&IMPACT, value)) {
                    span { key: "{value.name}", class: "row-impact",
                        {value_mark(value.label, tone)}
                    }
                }
                button {
                    id,
                    class: "variant-open",
                    r#type: "button",
                    tabindex: if in_tab_order { "0" } else { "-1" },
                    "aria-haspopup": "dialog",
                    "{row.chrom}:{format::count(row.pos.into())}"
                }
                if row.cut.is_some() {
                    span { class: "muted", " cut: download it to see all" }
                }
            }
            for column in columns.iter().filter(|column| **column != Column::Position) {
                {cell(column, row)}
            }
            for call in row.samples.iter() {
                td { class: "call",
                    {shown(call.genotype.clone())}
                    span { class: "muted", {reads(call)} }
                }
            }
        }
    }
}

/// What the reads of a sample say: `DP 31 GQ 99 AB 0.48`.
fn reads(call: &SampleCall) -> String {
    let depth = call.depth.map(|depth| format!(" DP {depth}"));
    let quality = call.quality.map(|quality| format!(" GQ {quality}"));
    let balance = call.balance.map(|share| format!(" AB {}", three_digits(share)));
    [depth, quality, balance].into_iter().flatten().collect()
}

/// The MANE set of the transcript, or that it is the canonical one of its gene.
pub fn mane(row: &Row) -> &'static str {
    match row.mane {
        Some(mane) => mane.label(),
        None if row.canonical => "Canonical",
        None => "",
    }
}

/// The exons or introns of the transcript that the variant is in.
pub fn exon(row: &Row) -> String {
    let exon = row.exon.as_ref().map(|exon| format!("exon {exon}"));
    let intron = row.intron.as_ref().map(|intron| format!("intron {intron}"));
    exon.into_iter().chain(intron).collect::<Vec<_>>().join(", ")
}

/// The cell of a column.
fn cell(column: &Column, row: &Row) -> Element {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (class, text) = match column {
        Column::Category(column) => return category_cell(column, row),
        Column::Position => ("", format!("{}:{}", row.chrom, row.pos)),
        Column::Change => ("allele", format!("{} > {}", row.reference, row.alt)),
        Column::Id => ("", row.ids.join(", ")),
        Column::Gene => ("", text(&row.gene)),
        Column::Transcript => ("", text(&row.transcript)),
        Column::HgvsCoding => return hgvs_cell(row.hgvs_c.as_deref()),
        Column::HgvsProtein => return hgvs_cell(row.hgvs_p.as_deref()),
        Column::Mane => ("", mane(row).to_owned()),
        Column::Exon => ("", exon(row)),
        Column::Number(column) => ("number", number_text(column, row)),
        Column::Text(column) => ("", row.texts.find(column).cloned().unwrap_or_default()),
    };
    rsx! {
        td { class, title: "{text}", {shown(text.clone())} }
    }
}

/// The cell of an HGVS description; its title has the complete one.
fn hgvs_cell(description: Option<&str>) -> Element {
    let description = description.unwrap_or_default();
    rsx! {
        td { title: "{description}", {shown(hgvs_change(description).to_owned())} }
    }
}

/// The cell of a category column: badges for values with a color, else their labels.
fn category_cell(column: &CategoryColumn, row: &Row) -> Element {
    let values = column.values_of(row);
    let badges: Vec<_> = values.iter().filter_map(|value| badge(column, value)).collect();
    if badges.is_empty() {
        let text = labels(column, &values);
        return rsx! {
            td { title: "{text}", {shown(text.clone())} }
        };
    }
    rsx! {
        td {
            for (value, tone) in badges {
                {value_badge(value.label, tone)}
            }
        }
    }
}

/// The value of a column with its color, if it has one.
pub fn badge(column: &CategoryColumn, value: &str) -> Option<(&'static CategoryValue, Tone)> {
    let value = column.value(value)?;
    Some((value, value.tone?))
}

/// The labels of values of a column.
pub fn labels(column: &CategoryColumn, values: &[String]) -> String {
    let labels: Vec<String> = values.iter().map(|value| column.label_of(value)).collect();
    labels.join(", ")
}

/// The text of a cell; a dash for missing values.
fn shown(text: String) -> String {
    if text.is_empty() || text == "." { "–".to_owned() } else { text }
}

/// The value of a numeric column as pages show it; empty if the record has none.
pub fn number_text(column: &NumericColumn, row: &Row) -> String {
    match column.row_value {
        RowValue::Qual => row.qual.clone(),
        RowValue::Number => row.numbers.get(column).map(three_digits).unwrap_or_default(),
    }
}

/// Formats a number with three significant digits.
fn three_digits(value: f32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() < 0.0001 {
        return format!("{value:.1e}");
    }
    let before = -(value.abs().log10().floor() as i32);
    let digits = (before + 2).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    if digits == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits() {
        let texts = [0.0, 0.00198807, 0.601392, 1.0, 0.5, 0.00001234, 0.0123].map(three_digits);
        assert_eq!(texts, ["0", "0.00199", "0.601", "1", "0.5", "1.2e-5", "0.0123"]);
        assert_eq!(
            [31.55, 24.0, 120.0, 1500.0, -2.5].map(three_digits),
            ["31.5", "24", "120", "1500", "-2.5"]
        );
    }

    #[test]
    fn a_call_shows_its_reads() {
        let call = SampleCall { depth: Some(31), balance: Some(0.4839), ..SampleCall::default() };
        assert_eq!(reads(&call), " DP 31 AB 0.484");
    }

    #[test]
    fn missing_values_are_shown_as_dashes() {
        assert_eq!([".", "", "PASS"].map(|text| shown(text.to_owned())), ["–", "–", "PASS"]);
    }
}
