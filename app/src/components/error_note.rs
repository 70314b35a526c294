//! An error with the next step.

use super::UpgradeButton;
use crate::app::Route;
use crate::error::{ApiError, ErrorCode};
use dioxus::prelude::*;

/// Shows an error instead of the content, with a link or button for the next step.
#[component]
pub fn ErrorNote(error: ApiError) -> Element {
    let here = use_route::<Route>().to_string();
    let tone = match error.code {
        ErrorCode::SignInRequired | ErrorCode::OverLimit | ErrorCode::UpgradeNeeded => "note-warn",
        _ => "note-bad",
    };
    rsx! {
        div { class: "note {tone}", role: "alert",
            p { "{sentence(&error.message)}" }
            match error.code {
                ErrorCode::SignInRequired => rsx! {
                    a { class: "button", href: crate::app::login_path(&here), "Sign in" }
                },
                ErrorCode::NotFound => rsx! {
                    Link { class: "button", to: Route::annotations(), "Your annotations" }
                },
                ErrorCode::OverLimit | ErrorCode::UpgradeNeeded => rsx! { UpgradeButton { main: true } },
                _ => rsx! {},
            }
        }
    }
}

/// Turns an error text, which is a lowercase fragment, into a sentence.
pub fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_becomes_a_sentence() {
        assert_eq!(sentence("the file is empty"), "The file is empty.");
        assert_eq!(sentence("Done."), "Done.");
    }
}
