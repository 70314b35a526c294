//! What owners add to their jobs in order to find them again: a title, labels, a project and a note.

use crate::user_text::{lines, one_line};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The maximum length of a title, in characters.
pub const MAX_TITLE_CHARS: usize = 128;

/// The maximum length of a label, in characters.
pub const MAX_LABEL_CHARS: usize = 32;

/// The maximum number of labels of a job.
pub const MAX_LABELS: usize = 10;

/// The maximum length of the name of a project, in characters.
pub const MAX_PROJECT_CHARS: usize = 64;

/// The maximum length of a note, in characters.
pub const MAX_NOTE_CHARS: usize = 2000;

/// Why a text is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationError {
    /// Nothing is left after white space and control characters are removed.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// More characters than allowed.
    #[error("the {what} has {chars} characters; at most {max} are allowed")]
    TooLong {
        /// The kind of text.
        what: &'static str,
        /// Its characters.
        chars: usize,
        /// The most characters that such a text may have.
        max: usize,
    },
    /// Commas separate labels.
    #[error("the label {0:?} has a comma; commas separate labels")]
    Comma(String),
    /// More than [`MAX_LABELS`] labels.
    #[error("a job has at most {MAX_LABELS} labels; these are {0}")]
    TooManyLabels(usize),
}

/// Checks that a cleaned text has from 1 to `max` characters.
fn checked(text: String, what: &'static str, max: usize) -> Result<String, OrganizationError> {
    match text.chars().count() {
        0 => Err(OrganizationError::Empty(what)),
        chars if chars > max => Err(OrganizationError::TooLong { what, chars, max }),
        _ => Ok(text),
    }
}

/// Declares a type of text, whose values are cleaned and checked when they are read.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Cleans and checks a text as a user writes it.
            ///
            /// # Errors
            /// [`OrganizationError`] if the cleaned text is empty or too long.
            pub fn parse(raw: &str) -> Result<Self, OrganizationError> {
                let parse: fn(&str) -> Result<String, OrganizationError> = $parse;
                parse(raw).map(Self)
            }

            /// The text for display.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = OrganizationError;

            fn try_from(raw: String) -> Result<Self, Self::Error> {
                Self::parse(&raw)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

text_type!(
    /// A title, which pages show instead of the name of the file: one line in Unicode NFC (with feature `nfc`),
    /// without control characters, of at most [`MAX_TITLE_CHARS`] characters.
    Title,
    |raw| checked(one_line(raw), "title", MAX_TITLE_CHARS)
);

text_type!(
    /// The name of a project, to which jobs belong: one line as a [`Title`], of at most [`MAX_PROJECT_CHARS`] characters.
    ProjectName,
    |raw| checked(one_line(raw), "project", MAX_PROJECT_CHARS)
);

text_type!(
    /// A short text by which jobs are filtered: one line as a [`Title`], of at most [`MAX_LABEL_CHARS`] characters, and
    /// without commas, which separate labels in forms and addresses. Labels that differ in case are different.
    Label,
    |raw| {
        let text = checked(one_line(raw), "label", MAX_LABEL_CHARS)?;
        if text.contains(',') { Err(OrganizationError::Comma(text)) } else { Ok(text) }
    }
);

text_type!(
    /// A plain text of several lines in Unicode NFC (with feature `nfc`), without control characters except tabs and
    /// line feeds, of at most [`MAX_NOTE_CHARS`] characters.
    Note,
    |raw| checked(lines(raw), "note", MAX_NOTE_CHARS)
);

/// The labels of a job: at most [`MAX_LABELS`], sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Label>", into = "Vec<Label>")]
pub struct Labels(Vec<Label>);

impl Labels {
    /// Reads labels as a user writes them. Empty and repeated ones are left out.
    ///
    /// # Errors
    /// [`OrganizationError`] for a label that is not valid, and if there are too many.
    pub fn parse(
        raw: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, OrganizationError> {
        let labels = raw.into_iter().map(|raw| Label::parse(raw.as_ref()));
        let labels = labels.filter(|label| !matches!(label, Err(OrganizationError::Empty(_))));
        Self::try_from(labels.collect::<Result<Vec<_>, _>>()?)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a label is among them.
    pub fn contains(&self, label: &Label) -> bool {
        self.0.binary_search(label).is_ok()
    }

    /// All labels, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, Label> {
        self.0.iter()
    }

    /// The labels with one added or removed. One that would be too many is not added.
    #[must_use]
    pub fn toggle(&self, label: &Label) -> Self {
        let mut labels = self.0.clone();
        match labels.binary_search(label) {
            Ok(place) => _ = labels.remove(place),
            Err(place) if labels.len() < MAX_LABELS => labels.insert(place, label.clone()),
            Err(_) => {}
        }
        Self(labels)
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = &'a Label;
    type IntoIter = std::slice::Iter<'a, Label>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The text of a form field: separated by commas.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, label) in self.0.iter().enumerate() {
            write!(f, "{}{label}", if number > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl TryFrom<Vec<Label>> for Labels {
    type Error = OrganizationError;

    fn try_from(mut labels: Vec<Label>) -> Result<Self, Self::Error> {
        labels.sort_unstable();
        labels.dedup();
        match labels.len() {
            0..=MAX_LABELS => Ok(Self(labels)),
            count => Err(OrganizationError::TooManyLabels(count)),
        }
    }
}

impl From<Labels> for Vec<Label> {
    fn from(labels: Labels) -> Self {
        labels.0
    }
}

/// What the owner of a job has added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The title; `None` if the job is shown with the name of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The project that the job belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectName>,
    /// The note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

impl Organization {
    /// Whether the owner has added nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The organization after a change.
    #[must_use]
    pub fn with(&self, change: OrganizationChange) -> Self {
        let OrganizationChange { title, labels, project, note } = change;
        Self {
            title: title.unwrap_or_else(|| self.title.clone()),
            labels: labels.unwrap_or_else(|| self.labels.clone()),
            project: project.unwrap_or_else(|| self.project.clone()),
            note: note.unwrap_or_else(|| self.note.clone()),
        }
    }
}

/// A checked change of an [`Organization`]. `None` keeps a value, and `Some(None)` removes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationChange {
    /// The new title.
    pub title: Option<Option<Title>>,
    /// The new labels, all of them.
    pub labels: Option<Labels>,
    /// The new project.
    pub project: Option<Option<ProjectName>>,
    /// The new note.
    pub note: Option<Option<Note>>,
}

/// The change of a job that its owner requests (RFC 7396, JSON Merge Patch): fields that are left out stay as they are,
/// and `null` or an empty value removes one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = JobChange))]
pub struct OrganizationRequest {
    /// The title that pages show instead of the file's name: one line of at most 128 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Patient 7, exome"))]
    pub title: Option<String>,
    /// All labels of the job: at most 10 of at most 32 characters each, without commas.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = json!(["exome", "urgent"])))]
    pub labels: Option<Vec<String>>,
    /// The project that the job belongs to: one line of at most 64 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Cardiology 2026"))]
    pub project: Option<String>,
    /// A note: plain text of at most 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Reads a field that is there: `null` is the empty value.
fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Some(Option::<T>::deserialize(deserializer)?.unwrap_or_default()))
}

impl OrganizationRequest {
    /// Cleans and checks the texts.
    ///
    /// # Errors
    /// [`OrganizationError`] for the first text that is not accepted.
    pub fn check(&self) -> Result<OrganizationChange, OrganizationError> {
        Ok(OrganizationChange {
            title: self.title.as_deref().map(|raw| unless_empty(Title::parse(raw))).transpose()?,
            labels: self.labels.as_ref().map(Labels::parse).transpose()?,
            project: self
                .project
                .as_deref()
                .map(|raw| unless_empty(ProjectName::parse(raw)))
                .transpose()?,
            note: self.note.as_deref().map(|raw| unless_empty(Note::parse(raw))).transpose()?,
        })
    }
}

/// `None` for an empty text.
fn unless_empty<T>(parsed: Result<T, OrganizationError>) -> Result<Option<T>, OrganizationError> {
    match parsed {
        Ok(text) => Ok(Some(text)),
        Err(OrganizationError::Empty(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[path = "organization_tests.rs"]
mod tests;
