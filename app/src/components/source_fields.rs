//! The sources of a job, as check boxes.

use crate::api::{self, use_api_resource};
use dioxus::prelude::*;
use gas_shared::job_options::JobOptions;
use gas_shared::source::{SourceChoices, SourceId};

/// A check box for each source that fits the assembly of a job's reference. Without such a source, nothing is shown.
#[component]
pub fn SourceFields(
    /// The beginning of the ids of the fields.
    id: String,
    /// The options of the job.
    options: JobOptions,
    /// The assembly of the reference.
    assembly: String,
    /// Receives the options after each change.
    onchange: EventHandler<JobOptions>,
) -> Element {
    let sources = use_api_resource(api::sources);
    let Some(Ok(sources)) = sources.read() else { return rsx! {} };
    let chosen = chosen(&sources, &assembly, options.sources.as_deref());
    let fields: Vec<_> = sources
        .of_assembly(&assembly)
        .map(|source| {
            let is_chosen = chosen.contains(&source.id);
            let toggled = toggled(&sources, &assembly, &chosen, &source.id);
            (source.label(), source.license.clone(), is_chosen, toggled)
        })
        .collect();
    if fields.is_empty() {
        return rsx! {};
    }
    rsx! {
        fieldset { class: "options-sources",
            legend { "Sources for {assembly}" }
            for (n, (label, license, is_chosen, sources)) in fields.into_iter().enumerate() {
                label { key: "{n}", class: "choice",
                    input {
                        id: "{id}-source-{n}",
                        r#type: "checkbox",
                        checked: is_chosen,
                        onchange: {
                            let options = JobOptions { sources, ..options.clone() };
                            move |_| onchange.call(options.clone())
                        },
                    }
                    "{label} "
                    span { class: "muted", "{license}" }
                }
            }
        }
    }
}

/// The chosen sources, which are the default ones of the assembly unless the job names others.
fn chosen(sources: &SourceChoices, assembly: &str, named: Option<&[SourceId]>) -> Vec<SourceId> {
    match named {
        Some(ids) => ids.to_vec(),
        None => sources.defaults(assembly).into_iter().map(|source| source.id.clone()).collect(),
    }
}

/// The option after one of the sources was added or removed. Sources with a column of an added one are removed.
fn toggled(
    sources: &SourceChoices,
    assembly: &str,
    chosen: &[SourceId],
    changed: &SourceId,
) -> Option<Vec<SourceId>> {
    let added = sources.find(changed).filter(|_| !chosen.contains(changed));
    let is_kept = |id: &SourceId| {
        let is_common = || {
            let (known, added) = (sources.find(id)?, added?);
            known.common_column(added)
        };
        id != changed && is_common().is_none()
    };
    let all = sources.of_assembly(assembly).map(|source| &source.id);
    let after: Vec<SourceId> = all
        .filter(|id| {
            added.is_some_and(|added| added.id == **id) || chosen.contains(id) && is_kept(id)
        })
        .cloned()
        .collect();
    (after != self::chosen(sources, assembly, None)).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::reference::Sha256;
    use gas_shared::source::{SourceChoice, SourceColumn, SourceColumnKind};

    fn source(id: &str, column: &str, noncommercial: bool) -> SourceChoice {
        let id: SourceId = id.parse().unwrap();
        SourceChoice {
            sha256: Sha256::from_bytes([1; 32]),
            name: id.name().to_owned(),
            release: id.version().to_owned(),
            columns: vec![SourceColumn {
                name: column.to_owned(),
                source: String::new(),
                kind: SourceColumnKind::Float,
                description: String::new(),
            }],
            license: "CC0".to_owned(),
            attribution: String::new(),
            noncommercial,
            id,
        }
    }

    #[test]
    fn a_changed_box_changes_one_source_and_those_that_exclude_it() {
        let choices = vec![
            source("clinvar/GRCh38/1", "CLIN_SIG", false),
            source("clinvar/GRCh38/2", "CLIN_SIG", false),
            source("scores/GRCh38/1", "x", true),
        ];
        let ids: Vec<SourceId> = choices.iter().map(|choice| choice.id.clone()).collect();
        let [old, new, scores] = [&ids[0], &ids[1], &ids[2]];
        let sources = SourceChoices { choices };
        let default = chosen(&sources, "GRCh38", None);
        assert_eq!(default, std::slice::from_ref(new));
        let after = |chosen: &[SourceId], id| toggled(&sources, "GRCh38", chosen, id);
        assert_eq!(after(&default, new), Some(Vec::new()));
        assert_eq!(after(&[], new), None);
        assert_eq!(after(&default, old), Some(vec![old.clone()]));
        assert_eq!(after(&default, scores), Some(vec![new.clone(), scores.clone()]));
    }
}
