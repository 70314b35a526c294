//! The user's preferences in the browser's local storage.

/// The stored value of a preference. `None` if there is none or storage is disabled.
pub fn read_preference(name: &str) -> Option<String> {
    super::window()?.local_storage().ok()??.get_item(name).ok()?
}

/// Stores a preference, or removes it.
pub fn write_preference(name: &str, value: Option<&str>) {
    let storage = super::window().and_then(|window| window.local_storage().ok()?);
    if let Some(storage) = storage {
        // Fails if storage is full or disabled. Preferences are then not remembered.
        _ = match value {
            Some(value) => storage.set_item(name, value),
            None => storage.remove_item(name),
        };
    }
}

/// Applies and stores a theme. `None` follows the system.
pub fn set_theme(theme: Option<&str>) {
    write_preference("theme", theme);
    if let Some(root) = super::document().and_then(|document| document.document_element()) {
        // Fails only for malformed attribute names.
        _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
}
