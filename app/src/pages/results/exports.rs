//! The choice of formats in which the matching variants are exported.

use super::popover::Popover;
use crate::components::{Icon, IconName};
use crate::format;
use crate::result_address::ResultAddress;
use dioxus::prelude::*;
use gas_shared::explorer::{ExportFormat, ExportFormats, Filter, MAX_XLSX_RECORDS, url};

/// The menu of formats, and the link that downloads the file.
#[component]
pub fn Exports(
    at: ResultAddress,
    /// The filter of the address.
    filter: Filter,
    /// The number of variants that match it.
    matched: u64,
) -> Element {
    let mut chosen = use_signal(|| vec![ExportFormat::Tsv]);
    let path = at.export_path();
    let filter = url::encode_query_value(&url::write_filter(&filter));
    let too_many = matched > MAX_XLSX_RECORDS && chosen.read().contains(&ExportFormat::Xlsx);
    rsx! {
        Popover { id: "explorer-exports", label: "Export", icon: IconName::Download,
            fieldset { class: "choices choices-list",
                legend { "Formats" }
                for format in ExportFormat::ALL {
                    label { key: "{format.name()}", class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: chosen.read().contains(&format),
                            onchange: move |event| {
                                chosen.write().retain(|known| *known != format);
                                if event.checked() {
                                    chosen.write().push(format);
                                }
                            },
                        }
                        span { {format.label()}
                            span { class: "muted", " {hint(format)}" }
                        }
                    }
                }
            }
            div { class: "exports",
                match ExportFormats::of(&chosen.read()) {
                    None => rsx! {
                        p { class: "muted", "Choose at least one format." }
                    },
                    Some(_) if too_many => rsx! {
                        p { class: "field-problem", role: "alert",
                            "A worksheet has at most {format::count(MAX_XLSX_RECORDS)} variants. Narrow the filter, or choose \
                             TSV or Parquet instead of Excel."
                        }
                    },
                    Some(formats) => rsx! {
                        a {
                            class: "button button-primary",
                            href: "{path}?format={formats}&filter={filter}",
                            Icon { name: IconName::Download }
                            {what(&formats)}
                        }
                    },
                }
            }
        }
    }
}

/// The text of the link.
fn what(formats: &ExportFormats) -> String {
    match formats.single_file() {
        Some(format) => format!("Download {}", format.label()),
        None => "Download ZIP".to_owned(),
    }
}

/// What a file of a format has.
const fn hint(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Vcf => "complete records",
        ExportFormat::VcfGz => "for bcftools",
        ExportFormat::VcfGzIndex => "for genome browsers",
        ExportFormat::Tsv | ExportFormat::Csv => "columns, calls of samples",
        ExportFormat::Xlsx => "up to 1,048,575 variants",
        ExportFormat::JsonLines => "for programs",
        ExportFormat::Parquet => "for pandas, R, DuckDB",
        ExportFormat::Maf => "for maftools, cBioPortal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_says_what_is_downloaded() {
        assert_eq!(what(&ExportFormat::Tsv.into()), "Download TSV");
        assert_eq!(what(&ExportFormat::VcfGzIndex.into()), "Download ZIP");
        assert_eq!(what(&"tsv,maf".parse().unwrap()), "Download ZIP");
    }
}
