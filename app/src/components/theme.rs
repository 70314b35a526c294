use super::{Icon, Shape};
use crate::browser;
use dioxus::prelude::*;

/// The colours that the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Those of the system.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The one that comes after it.
    pub const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// The name that the style sheet knows; the system's needs none.
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

/// Makes the theme for the pages below. `assets/js/theme.js` has set it by then.
pub fn use_theme_provider() {
    let mut theme = use_context_provider(|| Signal::new(Theme::System));
    // The server does not know it, so the first render in the browser must not either.
    use_effect(move || theme.set(Theme::of(browser::read_preference("theme").as_deref())));
}

/// The theme, and what changes it.
pub fn use_theme() -> (Theme, Callback<Theme>) {
    let mut theme = use_context::<Signal<Theme>>();
    let choose = use_callback(move |chosen: Theme| {
        theme.set(chosen);
        browser::set_theme(chosen.name());
    });
    (theme(), choose)
}

/// Goes through the themes.
#[component]
pub fn ThemeButton() -> Element {
    let (theme, choose) = use_theme();
    let (shape, name) = match theme {
        Theme::System => (Shape::System, "system"),
        Theme::Light => (Shape::Light, "light"),
        Theme::Dark => (Shape::Dark, "dark"),
    };
    let label = format!("Colours: {name}. Change them");
    rsx! {
        button {
            class: "icon-button",
            r#type: "button",
            "aria-label": "{label}",
            title: "{label}",
            onclick: move |_| choose.call(theme.next()),
            Icon { shape }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_themes_come_by_and_are_known_by_name() {
        let all = [Theme::System, Theme::Light, Theme::Dark];
        assert_eq!(all.map(Theme::next), [Theme::Light, Theme::Dark, Theme::System]);
        assert_eq!(all.map(|theme| Theme::of(theme.name())), all);
        assert_eq!(Theme::of(Some("pink")), Theme::System);
    }
}
