//! The page with the changes of each version.

mod versions;

use crate::components::{Page, inline_markdown};
use dioxus::prelude::*;
use versions::{Version, versions};

/// The changes, as the repository has them when the application is built.
const CHANGELOG: &str = include_str!("../../../../CHANGELOG.md");

/// The changes of each version, the newest first.
#[component]
pub fn Changelog() -> Element {
    rsx! {
        Page { title: "What is new",
            p { class: "muted", "Changes that users and operators of GAS notice." }
            div { class: "help changelog",
                for version in versions(CHANGELOG) {
                    Changes { key: "{version.title}", version }
                }
            }
        }
    }
}

#[component]
fn Changes(version: Version<'static>) -> Element {
    rsx! {
        section {
            h2 { "{version.title}" }
            for (index , group) in version.groups.into_iter().enumerate() {
                h3 { key: "{index}", "{group.title}" }
                ul {
                    for (number , change) in group.changes.into_iter().enumerate() {
                        li { key: "{number}", {inline_markdown(&change)} }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{Piece, pieces};

    #[test]
    fn every_change_of_the_changelog_is_shown() {
        let versions = versions(CHANGELOG);
        let shown =
            versions.iter().flat_map(|version| &version.groups).flat_map(|group| &group.changes);
        let written = CHANGELOG.lines().filter(|line| line.starts_with("- ")).count();
        assert_eq!(shown.clone().count(), written);
        assert!(written > 10, "{written}");
        for change in shown {
            let text: String = pieces(change)
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Code(text) | Piece::Strong(text) => text.to_owned(),
                })
                .collect();
            assert!(!text.contains('`') && !text.contains("**"), "{text}");
        }
    }
}
