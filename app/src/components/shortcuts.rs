use super::{Modal, Theme, use_theme};
use crate::app::Route;
use crate::browser;
use dioxus::prelude::*;

/// Where the browser remembers that shortcuts are switched off.
const PREFERENCE: &str = "shortcuts";

/// What a key does.
#[derive(Clone, Debug, PartialEq)]
enum Command {
    Go(Route),
    Search,
    NextRow,
    PreviousRow,
    ChangeTheme,
    Help,
}

/// The keys, as the help lists them. A letter after `g` is one of a sequence.
const KEYS: [(&str, &str); 10] = [
    ("g a", "Go to your annotations"),
    ("g b", "Go to billing"),
    ("g h", "Go to the start page"),
    ("n", "New annotation"),
    ("/", "Search in the list"),
    ("j", "Next row"),
    ("k", "Previous row"),
    ("Enter", "Open the row"),
    ("t", "Change the colours"),
    ("?", "This help"),
];

/// What a key does after the one before it.
fn command(before: Option<&str>, key: &str) -> Option<Command> {
    Some(match (before, key) {
        (Some("g"), "a") => Command::Go(Route::annotations()),
        (Some("g"), "b") => Command::Go(Route::Billing {}),
        (Some("g"), "h") => Command::Go(Route::Home {}),
        (_, "n") => Command::Go(Route::Annotate {}),
        (_, "/") => Command::Search,
        (_, "j") => Command::NextRow,
        (_, "k") => Command::PreviousRow,
        (_, "t") => Command::ChangeTheme,
        (_, "?") => Command::Help,
        _ => return None,
    })
}

/// The keys that work on every page, and the dialog that lists them.
#[component]
pub fn Shortcuts() -> Element {
    let open = use_signal(|| false);
    let mut are_on = use_signal(|| true);
    let (theme, choose) = use_theme();
    let act = use_callback(move |command: Command| act(command, open, theme, choose));
    use_effect(move || {
        are_on.set(browser::read_preference(PREFERENCE).is_none());
        let mut before = None::<String>;
        browser::on_key(move |key| {
            let found = command(before.as_deref(), key);
            before = Some(key.to_owned());
            match found {
                Some(command) if *are_on.peek() => act.call(command),
                _ => false,
            }
        });
    });
    rsx! {
        Modal { id: "shortcuts", title: "Keyboard shortcuts", open,
            dl { class: "facts facts-plain",
                for (keys, what) in KEYS {
                    dt {
                        for key in keys.split(' ') {
                            kbd { "{key}" }
                            " "
                        }
                    }
                    dd { "{what}" }
                }
            }
            label { class: "choice choice-alone",
                input {
                    r#type: "checkbox",
                    checked: are_on(),
                    onchange: move |event| {
                        are_on.set(event.checked());
                        browser::write_preference(PREFERENCE, (!event.checked()).then_some("off"));
                    },
                }
                span { "Shortcuts are on" }
            }
        }
    }
}

/// Does what a key stands for, and says whether there was something to do.
fn act(command: Command, mut help: Signal<bool>, theme: Theme, choose: Callback<Theme>) -> bool {
    match command {
        Command::Go(route) => {
            navigator().push(route);
            true
        }
        Command::ChangeTheme => {
            choose.call(theme.next());
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
    fn letters_after_g_lead_somewhere_and_alone_do_nothing() {
        let list = Route::annotations();
        assert_eq!(command(Some("g"), "a"), Some(Command::Go(list)));
        assert_eq!(command(None, "a"), None);
        assert_eq!(command(Some("x"), "n"), Some(Command::Go(Route::Annotate {})));
        assert_eq!(command(None, "g"), None);
    }

    #[test]
    fn every_key_of_the_help_does_something() {
        for (keys, what) in KEYS.into_iter().filter(|(keys, _)| *keys != "Enter") {
            let mut keys = keys.rsplit(' ');
            let (key, before) = (keys.next().unwrap(), keys.next());
            assert!(command(before, key).is_some(), "{what}");
        }
    }
}
