//! The color theme and the button that changes it.

use super::{Icon, IconName};
use crate::browser;
use dioxus::prelude::*;

/// The color theme that the user chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The theme of the operating system.
    #[default]
    System,
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

impl Theme {
    /// The theme that the button selects next.
    pub const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// The name in the style sheet, or `None` for the system's theme.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    fn of(name: Option<&str>) -> Self {
        let named = [Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == name);
        named.unwrap_or_default()
    }
}

/// Provides the theme to the pages. `assets/js/theme.js` has already applied it to the document.
pub fn use_theme_provider() {
    let mut theme = use_context_provider(|| Signal::new(Theme::System));
    // Read in an effect: the server does not know the theme, and the browser's first render must
    // match the server's.
    use_effect(move || theme.set(Theme::of(browser::read_preference("theme").as_deref())));
}

/// The current theme and a callback that changes it.
pub fn use_theme() -> (Theme, Callback<Theme>) {
    let mut theme = use_context::<Signal<Theme>>();
    let choose = use_callback(move |chosen: Theme| {
        theme.set(chosen);
        browser::set_theme(chosen.name());
    });
    (theme(), choose)
}

/// Switches to the next theme.
#[component]
pub fn ThemeButton() -> Element {
    let (theme, choose) = use_theme();
    let (icon, name) = match theme {
        Theme::System => (IconName::System, "system"),
        Theme::Light => (IconName::Light, "light"),
        Theme::Dark => (IconName::Dark, "dark"),
    };
    let label = format!("Theme: {name}");
    rsx! {
        button {
            class: "icon-button",
            r#type: "button",
            "aria-label": "{label}",
            title: "{label}",
            onclick: move |_| choose.call(theme.next()),
            Icon { name: icon }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_cycles_through_all_themes_and_their_names_round_trip() {
        let all = [Theme::System, Theme::Light, Theme::Dark];
        assert_eq!(all.map(Theme::next), [Theme::Light, Theme::Dark, Theme::System]);
        assert_eq!(all.map(|theme| Theme::of(theme.name())), all);
        assert_eq!(Theme::of(Some("pink")), Theme::System);
    }
}
