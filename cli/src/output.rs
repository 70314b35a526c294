//! The form of what commands print: text for people, or JSON for programs.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::ops::Deref;
use std::path::Path;

/// The form of what commands print to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// Text for people.
    #[default]
    Text,
    /// JSON Lines: an object a line, with all fields that the REST API has returned.
    Json,
}

impl OutputFormat {
    /// An object of the API in one line, or in the lines that `text` makes of it.
    pub fn show<T>(self, item: &WithJson<T>, text: impl FnOnce(&T) -> String) -> String {
        match self {
            Self::Text => text(item),
            Self::Json => item.json.to_string(),
        }
    }

    /// The path of a saved file: alone, or as `{"path": …}`.
    pub fn path(self, path: &Path) -> String {
        let path = path.display().to_string();
        match self {
            Self::Text => path,
            Self::Json => json!({ "path": path }).to_string(),
        }
    }
}

/// A value with the JSON that it was read from, which also has the fields that this program does not use.
#[derive(Clone, Debug)]
pub struct WithJson<T> {
    value: T,
    json: Value,
}

impl<T> Deref for WithJson<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for WithJson<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        let value = T::deserialize(&json).map_err(D::Error::custom)?;
        Ok(Self { value, json })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Item {
        id: u64,
    }

    #[test]
    fn json_has_the_fields_that_the_program_does_not_know() {
        let items: Vec<WithJson<Item>> =
            serde_json::from_str(r#"[{"id": 7, "later": [1.5, null]}]"#).unwrap();
        let text = |item: &Item| format!("item {}", item.id);
        assert_eq!(OutputFormat::Text.show(&items[0], text), "item 7");
        assert_eq!(OutputFormat::Json.show(&items[0], text), r#"{"id":7,"later":[1.5,null]}"#);
        assert!(serde_json::from_str::<WithJson<Item>>("{}").is_err());
    }

    #[test]
    fn paths_are_alone_or_in_an_object() {
        assert_eq!(OutputFormat::Text.path(Path::new("a/b")), "a/b");
        assert_eq!(OutputFormat::Json.path(Path::new("a\"b")), r#"{"path":"a\"b"}"#);
    }
}
