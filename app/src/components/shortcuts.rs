//! Keyboard shortcuts and the dialog that lists them.

use super::{Modal, Theme, use_theme};
use crate::account::use_sells_premium;
use crate::app::Route;
use crate::browser;
use dioxus::prelude::*;

/// The preference that stores whether shortcuts are turned off.
const PREFERENCE: &str = "shortcuts";

/// The action of a shortcut.
#[derive(Clone, Debug, PartialEq)]
enum Command {
    Go(Route),
    Search,
    NextRow,
    PreviousRow,
    ChangeTheme,
    Palette,
    Help,
}

/// The shortcut of the billing page, which a service that sells nothing does not have.
const BILLING_KEYS: &str = "g b";

/// The command of [`BILLING_KEYS`].
const BILLING: Command = Command::Go(Route::Billing {});

/// The key of the command palette. It works in text fields, too, and also if the other shortcuts are turned off: no text
/// has it.
const PALETTE_KEY: &str = "Ctrl+k";

/// The shortcuts and their descriptions. Keys separated by a space are pressed one after the other.
const KEYS: [(&str, &str); 11] = [
    (PALETTE_KEY, "Find a page, job, gene or action (⌘ K on a Mac)"),
    ("g a", "Go to your annotations"),
    (BILLING_KEYS, "Go to billing"),
    ("g h", "Go to the home page"),
    ("n", "New annotation"),
    ("/", "Search the list"),
    ("j", "Next row"),
    ("k", "Previous row"),
    ("Enter", "Open the row"),
    ("t", "Change the theme"),
    ("?", "Show this help"),
];

/// The command of a key, given the key pressed before it.
fn command(previous: Option<&str>, key: &str) -> Option<Command> {
    Some(match (previous, key) {
        (Some("g"), "a") => Command::Go(Route::annotations()),
        (Some("g"), "b") => BILLING,
        (Some("g"), "h") => Command::Go(Route::Home {}),
        (_, "n") => Command::Go(Route::Annotate {}),
        (_, "/") => Command::Search,
        (_, "j") => Command::NextRow,
        (_, "k") => Command::PreviousRow,
        (_, "t") => Command::ChangeTheme,
        (_, PALETTE_KEY) => Command::Palette,
        (_, "?") => Command::Help,
        _ => return None,
    })
}

/// Handles the shortcuts on every page and shows the dialog that lists them.
#[component]
pub fn Shortcuts(
    /// Whether the dialog with the shortcuts is open.
    open: Signal<bool>,
    /// Whether the command palette is open.
    palette: Signal<bool>,
) -> Element {
    let mut enabled = use_signal(|| true);
    let (theme, choose) = use_theme();
    let sells_premium = use_sells_premium();
    let is_offered = move |command: &Command| sells_premium || *command != BILLING;
    let run = use_callback(move |command: Command| {
        is_offered(&command) && run_command(command, open, palette, theme, choose)
    });
    use_effect(move || {
        enabled.set(browser::read_preference(PREFERENCE).is_none());
        let mut previous = None::<String>;
        browser::on_key(move |key| {
            let found = command(previous.as_deref(), key);
            previous = Some(key.to_owned());
            match found {
                Some(command) if *enabled.peek() || command == Command::Palette => {
                    run.call(command)
                }
                _ => false,
            }
        });
    });
    rsx! {
        Modal { id: "shortcuts", title: "Keyboard shortcuts", open,
            dl { class: "details details-plain",
                for (keys, description) in KEYS.into_iter().filter(|(keys, _)| sells_premium || *keys != BILLING_KEYS) {
                    dt {
                        for key in keys.split(' ') {
                            kbd { "{key}" }
                            " "
                        }
                    }
                    dd { "{description}" }
                }
            }
            label { class: "choice choice-alone",
                input {
                    r#type: "checkbox",
                    checked: enabled(),
                    onchange: move |event| {
                        enabled.set(event.checked());
                        browser::write_preference(PREFERENCE, (!event.checked()).then_some("off"));
                    },
                }
                span { "Enable shortcuts" }
            }
        }
    }
}

/// Runs a command. Returns whether it applies to the current page.
fn run_command(
    command: Command,
    mut help: Signal<bool>,
    mut palette: Signal<bool>,
    theme: Theme,
    choose: Callback<Theme>,
) -> bool {
    match command {
        Command::Go(route) => {
            navigator().push(route);
            true
        }
        Command::ChangeTheme => {
            choose.call(theme.next());
            true
        }
        Command::Palette => {
            palette.set(true);
            true
        }
        Command::Help => {
            help.set(true);
            true
        }
        Command::Search => browser::focus_search(),
        Command::NextRow => browser::step_row(true),
        Command::PreviousRow => browser::step_row(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_after_g_open_pages_and_do_nothing_alone() {
        let list = Route::annotations();
        assert_eq!(command(Some("g"), "a"), Some(Command::Go(list)));
        assert_eq!(command(None, "a"), None);
        assert_eq!(command(Some("x"), "n"), Some(Command::Go(Route::Annotate {})));
        assert_eq!(command(None, "g"), None);
    }

    #[test]
    fn every_listed_key_has_a_command() {
        for (keys, description) in KEYS.into_iter().filter(|(keys, _)| *keys != "Enter") {
            let mut keys = keys.rsplit(' ');
            let (key, previous) = (keys.next().unwrap(), keys.next());
            assert!(command(previous, key).is_some(), "{description}");
        }
    }
}
