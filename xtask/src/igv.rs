//! Bundles the genome browser: igv.js from npm, adapted to the Content Security Policy of our pages.

use crate::esbuild::esbuild;
use crate::paths::Paths;
use crate::setup;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// Replacements of code in igv.js that the Content Security Policy forbids. Two style elements become
/// constructed style sheets, which the policy allows, and a failed request no longer loads a table of
/// moved files from igv.org.
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

/// Bundles igv.js with the code that uses it, in the folder `work`, and returns the script.
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

/// Applies [`CHANGES`] to the source. Each must match exactly once, so that a new version of igv.js is
/// reviewed.
fn adapted(source: &str) -> Result<String> {
    let mut text = source.to_owned();
    for (from, to) in CHANGES {
        let found = text.matches(from).count();
        if found != 1 {
            bail!(
                "igv.js contains {from:?} {found} times instead of once; review xtask/src/igv.rs"
            );
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
    fn a_different_version_of_igv_is_rejected() {
        let known: String = CHANGES.iter().map(|(from, _)| format!("{from}\n")).collect();
        let text = adapted(&known).unwrap();
        assert!(text.contains("adoptStyle(style);") && !text.contains("igv.org"));
        assert!(adapted("").is_err());
        assert!(adapted(&known.repeat(2)).is_err());
    }
}
