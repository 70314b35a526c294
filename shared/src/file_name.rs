//! File names of uploads: the name that users see, and a form that is safe in object keys.

use crate::user_text::{is_invisible, normalized};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The maximum length of a file name, in characters.
pub const MAX_CHARS: usize = 128;

const EXTENSIONS: [&str; 5] = [".vcf", ".vcf.gz", ".vcf.bgz", ".bcf", ".txt"];

/// The name of an uploaded VCF file or variant list: in Unicode NFC (with feature `nfc`), without folders or control
/// characters, with a known extension, at most [`MAX_CHARS`] characters.
///
/// For display only. Use [`FileName::key_part`] in object keys, paths and command lines.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// Why a name is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// Nothing is left after folders and control characters are removed.
    #[error("the file has no name")]
    Empty,
    /// More than [`MAX_CHARS`] characters.
    #[error("the file name has {0} characters; at most {MAX_CHARS} are allowed, please rename it")]
    TooLong(usize),
    /// The extension is not one of a VCF file or a variant list.
    #[error("{0:?} is not a VCF file; its name must end in .vcf, .vcf.gz, .vcf.bgz, .bcf or .txt")]
    Extension(String),
}

impl FileName {
    /// Cleans and checks a name as a client sends it.
    ///
    /// # Errors
    /// [`FileNameError`] if the cleaned name is empty, too long, or has no known extension.
    pub fn parse(raw: &str) -> Result<Self, FileNameError> {
        let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = normalized(last.chars().filter(|c| !is_invisible(*c)));
        let name = name.trim();
        if name.trim_matches('.').is_empty() {
            return Err(FileNameError::Empty);
        }
        let chars = name.chars().count();
        if chars > MAX_CHARS {
            return Err(FileNameError::TooLong(chars));
        }
        let lower = name.to_ascii_lowercase();
        let has_stem = |ext: &&str| lower.len() > ext.len() && lower.ends_with(*ext);
        if !EXTENSIONS.iter().any(has_stem) {
            return Err(FileNameError::Extension(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name for display.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name with every character outside `A-Z a-z 0-9 . _ -` replaced by `_`, and no leading
    /// dot or dash: safe in S3 keys, paths and argument vectors.
    pub fn key_part(&self) -> String {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let part: String = self.0.chars().map(|c| if safe(c) { c } else { '_' }).collect();
        if part.starts_with(['.', '-']) { format!("_{part}") } else { part }
    }

    /// The name without its extension.
    pub fn stem(&self) -> &str {
        let lower = self.0.to_ascii_lowercase();
        let ext = EXTENSIONS.iter().rev().find(|ext| lower.ends_with(**ext));
        &self.0[..self.0.len() - ext.map_or(0, |ext| ext.len())]
    }

    /// Whether the file is compressed, by its extension. BCF files are compressed with BGZF.
    pub fn is_gzip(&self) -> bool {
        let lower = self.0.to_ascii_lowercase();
        !lower.ends_with(".vcf") && !lower.ends_with(".txt")
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FileName {
    type Error = FileNameError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        Self::parse(&raw)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(raw: &str) -> FileName {
        FileName::parse(raw).unwrap()
    }

    #[test]
    fn folders_and_control_characters_are_removed() {
        assert_eq!(parse("C:\\data\\a.vcf").as_str(), "a.vcf");
        assert_eq!(parse("../../etc/a.vcf").as_str(), "a.vcf");
        assert_eq!(parse("a\u{202e}\n.vcf").as_str(), "a.vcf");
    }

    #[test]
    fn shell_syntax_is_replaced_in_keys_and_kept_for_display() {
        let name = parse("$(touch x);.vcf");
        assert_eq!(name.as_str(), "$(touch x);.vcf");
        assert_eq!(name.key_part(), "__touch_x__.vcf");
        assert_eq!(parse("-rf.vcf").key_part(), "_-rf.vcf");
    }

    #[test]
    fn names_without_stem_or_extension_are_rejected() {
        for raw in ["", "..", "dir/", ".vcf", "a.doc", "a.vcf.zip", "vcf"] {
            assert!(FileName::parse(raw).is_err(), "{raw:?}");
        }
        assert_eq!(
            FileName::parse(&format!("{}.vcf", "a".repeat(125))),
            Err(FileNameError::TooLong(129))
        );
    }

    #[test]
    fn a_stem_excludes_the_compression_extension_too() {
        assert_eq!(parse("a.b.vcf").stem(), "a.b");
        assert_eq!(parse("a.VCF.GZ").stem(), "a");
        assert!(parse("a.VCF.GZ").is_gzip());
        assert!(!parse("a.vcf").is_gzip());
        assert_eq!(parse("a.bcf").stem(), "a");
        assert_eq!(parse("a.txt").stem(), "a");
        assert!(!parse("a.txt").is_gzip());
        assert!(parse("a.bcf").is_gzip());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn key_parts_are_safe_and_parsing_is_idempotent(raw in "\\PC{0,140}", ext in "\\.(vcf|vcf\\.gz)") {
            if let Ok(name) = FileName::parse(&format!("{raw}{ext}")) {
                let part = name.key_part();
                prop_assert!(part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
                prop_assert!(!part.starts_with(['.', '-']));
                prop_assert!(name.as_str().chars().count() <= MAX_CHARS);
                prop_assert_eq!(FileName::parse(name.as_str()).unwrap(), name);
            }
        }
    }
}
