//! The genome browser's file: igv.js from npm, made to fit the policy of our pages.

use crate::bundle::esbuild;
use crate::paths::Paths;
use crate::setup;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// What igv.js does that the Content Security Policy forbids, and what it does instead: two style
/// elements become constructed style sheets, which the policy allows, and no table of moved files is
/// fetched from igv.org when a request fails.
const CHANGES: [(&str, &str); 3] = [
    ("document.documentElement.firstElementChild.appendChild(style);", "adoptStyle(style);"),
    (
        "document.head.insertBefore(style, document.head.childNodes[ document.head.childNodes.length - 1 ]);",
        "adoptStyle(style);",
    ),
    ("\"https://igv.org/data/url_mappings.tsv\"", "\"data:,\""),
];

const ADOPT_STYLE: &str = "
function adoptStyle(style) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style.textContent);
    document.adoptedStyleSheets.push(sheet);
}
";

/// Bundles igv.js and our use of it into one file, in a folder for work, and answers its text.
pub(crate) fn genome_script(paths: &Paths, work: &Path, release: bool) -> Result<Vec<u8>> {
    let modules = setup::modules(paths)?;
    let source = modules.join("igv/dist/igv.esm.js");
    let source = fs::read_to_string(&source)
        .with_context(|| format!("failed to read {}", source.display()))?;
    fs::write(work.join("igv.js"), adapted(&source)?)?;
    let entry = work.join("genome.js");
    fs::copy(paths.root.join("assets/js/genome.js"), &entry)?;
    let whole = work.join("genome.whole.js");
    let options = ["--bundle", "--format=iife", "--legal-comments=inline"];
    esbuild(paths, &entry, &whole, release, &options)
}

/// The source with [`CHANGES`]. Each must fit once: a new version of igv.js has to be looked at.
fn adapted(source: &str) -> Result<String> {
    let mut text = source.to_owned();
    for (from, to) in CHANGES {
        let found = text.matches(from).count();
        if found != 1 {
            bail!("igv.js has {found} places like {from:?}, and not one; see xtask/src/igv.rs");
        }
        text = text.replace(from, to);
    }
    text.push_str(ADOPT_STYLE);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_igv_that_differs_is_refused() {
        let known: String = CHANGES.iter().map(|(from, _)| format!("{from}\n")).collect();
        let text = adapted(&known).unwrap();
        assert!(text.contains("adoptStyle(style);") && !text.contains("igv.org"));
        assert!(adapted("").is_err());
        assert!(adapted(&known.repeat(2)).is_err());
    }
}
