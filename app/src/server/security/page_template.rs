//! The script and the styles that are written in the page template.
//!
//! The Content Security Policy allows them by their hashes (<https://www.w3.org/TR/CSP3/#external-hash>), and no other
//! inline script or style but those of Dioxus, which have a nonce.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::env;
use std::path::PathBuf;

/// Sources of a policy; each is empty, or begins with a space.
#[derive(Default)]
pub(super) struct TemplateSources {
    pub(super) script: String,
    pub(super) style: String,
}

impl TemplateSources {
    /// Reads the template in the folder of public files. Without a template, Dioxus has one that needs no sources.
    pub(super) fn read() -> Self {
        let template = public_folder().map(|folder| folder.join("index.html"));
        let template = template.and_then(|template| std::fs::read_to_string(template).ok());
        template.map(|template| Self::of(&template)).unwrap_or_default()
    }

    fn of(template: &str) -> Self {
        Self {
            script: source_of_element(template, "script"),
            style: source_of_element(template, "style"),
        }
    }
}

/// The folder from which Dioxus serves files.
fn public_folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("DIOXUS_PUBLIC_PATH") {
        return Some(folder.into());
    }
    Some(env::current_exe().ok()?.parent()?.join("public"))
}

/// The source of the first element without attributes, if there is one.
fn source_of_element(template: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let text = template.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
    let hash = text.map(|(text, _)| STANDARD.encode(Sha256::digest(text)));
    hash.map(|hash| format!(" 'sha256-{hash}'")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_elements_are_allowed_by_the_hash_of_their_text() {
        // The example of https://www.w3.org/TR/CSP3/#external-hash has the same form: the digest of the text alone.
        let template = "<head><script>alert('Hello, world.');</script><style>a{}</style>\
            <script type=\"module\" src=\"/app.js\"></script></head>";
        let sources = TemplateSources::of(template);
        assert_eq!(sources.script, " 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
        assert_eq!(sources.style, format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest("a{}"))));
        let none = TemplateSources::of("<head><script src=\"/a.js\"></script></head>");
        assert!(none.script.is_empty() && none.style.is_empty());
    }
}
