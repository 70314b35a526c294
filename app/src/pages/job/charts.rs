//! The charts tab of a job.

use super::super::load_failure;
use super::{NoResult, use_job};
use crate::api::use_api_loader;
use crate::app::Route;
use crate::browser;
use crate::charts::{Figure, Mark, WIDTH};
use crate::components::{Empty, Icon, IconName, Picture, ScrollTable};
use crate::format;
use crate::result_address::ResultAddress;
use dioxus::prelude::*;
use gas_shared::job::StateView;

/// The charts of a job's results.
#[component]
pub fn JobCharts(id: String) -> Element {
    // `JobLayout` loads the job of the route.
    _ = id;
    match use_job() {
        Some(job) if matches!(job.state, StateView::Completed { .. }) => rsx! {
            Charts {
                at: ResultAddress::Job(job.id),
                stem: job.file_name.stem().to_owned(),
                allows_downloads: true,
            }
        },
        Some(job) => rsx! { NoResult { status: job.state.status(), what: "Charts are" } },
        None => rsx! {},
    }
}

/// The charts of the result at an address: of a job, or of a share link.
#[component]
pub fn Charts(
    at: ResultAddress,
    /// The name of the input without its ending.
    stem: String,
    /// Whether charts can be downloaded.
    allows_downloads: bool,
) -> Element {
    // Whatever happens to the result, its charts stay the same.
    let shown = use_memo(use_reactive!(|at| at));
    let charts = use_api_loader(move || shown().charts())?;
    match charts.read() {
        Ok(figures) if figures.is_empty() => rsx! {
            Empty { picture: Picture::NoChart,
                p { "This file has no variants to show in charts." }
            }
        },
        Ok(figures) => rsx! {
            p { class: "muted", "Click a bar to see its variants. Use the arrow keys to move between bars." }
            div { class: "charts",
                for figure in figures {
                    Chart {
                        key: "{figure.name}",
                        at: at.clone(),
                        files_of: allows_downloads.then(|| stem.clone()),
                        figure,
                    }
                }
            }
        },
        Err(error) => load_failure(error),
    }
}

/// A chart with its download buttons and its data as a table.
#[component]
fn Chart(
    at: ResultAddress,
    /// The beginning of the names of its files, if it can be downloaded.
    files_of: Option<String>,
    figure: Figure,
) -> Element {
    let name = figure.name.clone();
    let mut shown = use_signal(String::new);
    rsx! {
        section { class: "panel chart", "aria-labelledby": "chart-{name}", "data-chart": "{name}",
            div { class: "panel-head",
                h2 { id: "chart-{name}", "{figure.title}" }
                if let Some(stem) = files_of {
                    Files { svg: at.chart_path(&name), stem, name: name.clone(), height: figure.height }
                }
            }
            p { id: "about-{name}", class: "muted", "{figure.summary}" }
            svg {
                view_box: "0 0 {WIDTH} {figure.height}",
                role: "group",
                "aria-labelledby": "chart-{name}",
                "aria-describedby": "about-{name}",
                path { class: "chart-rules", d: "{figure.rules}" }
                Marks { at: at.clone(), name: name.clone(), marks: figure.marks.clone(), onshow: move |text| shown.set(text) }
                for (place, text) in figure.texts.iter().enumerate() {
                    text {
                        key: "{place}",
                        class: if text.is_heading { "chart-heading" },
                        x: "{text.x}",
                        y: "{text.y}",
                        text_anchor: text.anchor.as_str(),
                        "aria-hidden": "true",
                        "{text.text}"
                    }
                }
            }
            p { class: "chart-shown", "aria-hidden": "true", "{shown}" }
            details { class: "more",
                summary { "Show as a table" }
                ScrollTable {
                    label: "Table of {figure.title}",
                    caption: "{figure.title}",
                    class: "jobs chart-table",
                    columns: vec![figure.head.0.clone(), figure.head.1.clone()],
                    for mark in figure.marks.iter() {
                        tr { key: "{mark.label}",
                            th { scope: "row",
                                Link { to: explorer(&at, mark), "{mark.label}" }
                            }
                            td { {format::count(mark.count)} }
                        }
                    }
                }
            }
        }
    }
}

/// Buttons to download a chart: as SVG from the server, or as PNG, drawn in the browser from that
/// SVG.
#[component]
fn Files(
    /// The path of the chart as SVG.
    svg: String,
    stem: String,
    name: String,
    height: u32,
) -> Element {
    let href = svg.clone();
    rsx! {
        div { class: "chart-files",
            a { class: "button", href, download: "", "aria-label": "Download {name} as SVG",
                Icon { name: IconName::Download }
                "SVG"
            }
            button {
                class: "button",
                r#type: "button",
                "aria-label": "Download {name} as PNG",
                onclick: move |_| {
                    let (svg, file) = (svg.clone(), format!("{stem}.{name}.png"));
                    async move {
                        browser::save_png(&svg, &file).await;
                    }
                },
                Icon { name: IconName::Download }
                "PNG"
            }
        }
    }
}

/// The results explorer with the variants of a mark.
fn explorer(at: &ResultAddress, mark: &Mark) -> Route {
    at.explorer(mark.filter.clone(), String::new())
}

/// The marks of a chart as links. Only one of them is in the tab order, since there may be
/// hundreds; the arrow keys move between them (roving tabindex).
#[component]
fn Marks(
    at: ResultAddress,
    name: String,
    marks: Vec<Mark>,
    onshow: EventHandler<String>,
) -> Element {
    let mut current = use_signal(|| 0usize);
    let count = marks.len();
    let element_id = move |place: usize| format!("{name}-{place}");
    rsx! {
        for (place, mark) in marks.into_iter().enumerate() {
            path {
                key: "{place}",
                id: element_id(place),
                class: "mark mark-{mark.tone}",
                role: "link",
                tabindex: if place == current() { "0" } else { "-1" },
                "aria-label": "{mark_label(&mark)}",
                d: "{mark.path}",
                onmouseenter: {
                    let text = mark_label(&mark);
                    move |_| onshow.call(text.clone())
                },
                onfocus: {
                    let text = mark_label(&mark);
                    move |_| {
                        current.set(place);
                        onshow.call(text.clone());
                    }
                },
                onclick: {
                    let to = explorer(&at, &mark);
                    move |_| {
                        navigator().push(to.clone());
                    }
                },
                onkeydown: {
                    let to = explorer(&at, &mark);
                    let element_id = element_id.clone();
                    move |event: KeyboardEvent| {
                        let next = match event.key() {
                            Key::Enter => {
                                navigator().push(to.clone());
                                return;
                            }
                            key => neighbor(&key, place, count),
                        };
                        if let Some(next) = next {
                            // Arrow keys would scroll the page otherwise.
                            event.prevent_default();
                            browser::focus_element(&element_id(next));
                        }
                    }
                },
            }
        }
    }
}

fn mark_label(mark: &Mark) -> String {
    format!("{}: {}", mark.label, format::count(mark.count))
}

/// The index of the mark that a key moves to.
fn neighbor(key: &Key, place: usize, count: usize) -> Option<usize> {
    let next = match key {
        Key::ArrowRight | Key::ArrowDown => place + 1,
        Key::ArrowLeft | Key::ArrowUp => place.checked_sub(1)?,
        Key::Home => 0,
        Key::End => count.checked_sub(1)?,
        _ => return None,
    };
    (next < count).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_keys_move_between_marks_and_stop_at_the_ends() {
        assert_eq!(neighbor(&Key::ArrowRight, 0, 3), Some(1));
        assert_eq!(neighbor(&Key::ArrowDown, 2, 3), None);
        assert_eq!(neighbor(&Key::ArrowLeft, 0, 3), None);
        assert_eq!(neighbor(&Key::ArrowUp, 2, 3), Some(1));
        assert_eq!(neighbor(&Key::End, 0, 3), Some(2));
        assert_eq!(neighbor(&Key::Home, 2, 3), Some(0));
        assert_eq!(neighbor(&Key::Tab, 0, 3), None);
    }
}
