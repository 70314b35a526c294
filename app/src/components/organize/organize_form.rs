//! The form for the project, the labels and the note of a job.

use super::editor::Editor;
use crate::api::{self, use_api_resource};
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::organization::{MAX_NOTE_CHARS, MAX_PROJECT_CHARS};
use gas_shared::job::{Label, Organization, OrganizationRequest};

const PROJECT: &str = "organize-project";
const LABELS: &str = "organize-labels";
const NOTE: &str = "organize-note";

/// How many labels of other jobs are suggested.
const SUGGESTIONS: usize = 12;

/// The texts of the fields.
#[derive(Clone, PartialEq)]
struct Fields {
    project: String,
    labels: String,
    note: String,
}

impl Fields {
    fn of(organization: &Organization) -> Self {
        let Organization { title: _, labels, project, note } = organization;
        Self {
            project: project.as_ref().map(ToString::to_string).unwrap_or_default(),
            labels: labels.to_string(),
            note: note.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// The change from other texts to these. It has only the fields that differ, so that what another tab has changed
    /// stays.
    fn change_from(&self, before: &Self) -> OrganizationRequest {
        let changed = |new: &String, old: &String| (new != old).then(|| new.clone());
        OrganizationRequest {
            title: None,
            labels: changed(&self.labels, &before.labels).map(|labels| split(&labels)),
            project: changed(&self.project, &before.project),
            note: changed(&self.note, &before.note),
        }
    }

    /// The texts with one more label.
    fn with_label(&self, label: &Label) -> Self {
        let mut labels = split(&self.labels);
        labels.push(label.to_string());
        Self { labels: labels.join(", "), ..self.clone() }
    }
}

/// The labels of a text, which are separated by commas.
fn split(labels: &str) -> Vec<String> {
    let labels = labels.split(',').map(str::trim).filter(|label| !label.is_empty());
    labels.map(str::to_owned).collect()
}

/// Edits the project, the labels and the note of a job.
#[component]
pub fn OrganizeForm(
    /// The job.
    job: JobView,
    /// Closes the form.
    onclose: Callback<()>,
) -> Element {
    let before = use_hook(|| Fields::of(&job.organization));
    let mut fields = use_signal(|| before.clone());
    // What other jobs have, as a list of all jobs counts it.
    let list = use_api_resource(|| api::jobs(String::new()));
    let list = list.read().and_then(Result::ok).unwrap_or_default();
    let change = use_callback(move |()| fields.peek().change_from(&before));
    let chosen = split(&fields.read().labels);
    let suggested = list.labels.iter().map(|(label, _)| label.clone());
    let suggested = suggested.filter(|label| !chosen.iter().any(|known| known == label.as_str()));
    let suggested: Vec<Label> = suggested.take(SUGGESTIONS).collect();
    rsx! {
        Editor { id: job.id, class: "organize", first_field: PROJECT, change, onclose,
            div { class: "field",
                label { r#for: PROJECT, "Project" }
                input {
                    id: PROJECT,
                    r#type: "text",
                    list: "organize-projects",
                    maxlength: "{MAX_PROJECT_CHARS}",
                    autocomplete: "off",
                    value: "{fields.read().project}",
                    oninput: move |event| fields.write().project = event.value(),
                }
                datalist { id: "organize-projects",
                    for (project, _) in list.projects.iter() {
                        option { key: "{project}", value: "{project}" }
                    }
                }
            }
            div { class: "field",
                label { r#for: LABELS, "Labels" }
                input {
                    id: LABELS,
                    r#type: "text",
                    autocomplete: "off",
                    "aria-describedby": "organize-labels-help",
                    value: "{fields.read().labels}",
                    oninput: move |event| fields.write().labels = event.value(),
                }
                p { id: "organize-labels-help", class: "muted", "Up to 10, separated by commas." }
            }
            if !suggested.is_empty() {
                ul { class: "job-chips", "aria-label": "Labels of your other annotations",
                    for label in suggested {
                        li { key: "{label}",
                            button {
                                class: "tag",
                                r#type: "button",
                                "aria-label": "Add label {label}",
                                onclick: {
                                    let label = label.clone();
                                    move |_| {
                                        let with = fields.peek().with_label(&label);
                                        fields.set(with);
                                    }
                                },
                                "+ {label}"
                            }
                        }
                    }
                }
            }
            div { class: "field",
                label { r#for: NOTE, "Note" }
                textarea {
                    id: NOTE,
                    rows: "5",
                    maxlength: "{MAX_NOTE_CHARS}",
                    value: "{fields.read().note}",
                    oninput: move |event| fields.write().note = event.value(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::job::Labels;

    #[test]
    fn only_what_the_user_has_changed_is_sent() {
        let organization =
            Organization { labels: Labels::parse(["b", "a"]).unwrap(), ..Organization::default() };
        let before = Fields::of(&organization);
        assert_eq!(before.labels, "a, b");
        assert_eq!(before.change_from(&before), OrganizationRequest::default());
        let after = Fields { project: "P".to_owned(), ..before.clone() };
        let change = after.change_from(&before);
        assert_eq!(
            (change.project.as_deref(), change.labels, change.note),
            (Some("P"), None, None)
        );
        let labels = before.with_label(&Label::parse("c").unwrap()).change_from(&before).labels;
        assert_eq!(labels.unwrap(), ["a", "b", "c"]);
        let none = Fields { labels: " , ".to_owned(), ..before.clone() };
        assert_eq!(none.change_from(&before).labels, Some(Vec::new()));
    }
}
