//! What this browser remembers for its reader.

/// What was kept under a name, where there is something and storage is not switched off.
pub fn kept(name: &str) -> Option<String> {
    super::window()?.local_storage().ok()??.get_item(name).ok()?
}

/// Keeps a text under a name, or forgets it.
pub fn keep(name: &str, text: Option<&str>) {
    let storage = super::window().and_then(|window| window.local_storage().ok()?);
    if let Some(storage) = storage {
        // Fails where storage is full or switched off; then it is not remembered.
        _ = match text {
            Some(text) => storage.set_item(name, text),
            None => storage.remove_item(name),
        };
    }
}

/// Shows the pages in these colours from now on; `None` are the system's.
pub fn set_theme(theme: Option<&str>) {
    keep("theme", theme);
    let root = super::window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        // Fails for malformed names only.
        _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
}
