//! Genomic regions as users write them: `chr1`, `1:1,000-2,000`, `chrX:500`.

use crate::text_serde::serialize_as_text;
use std::fmt;
use std::str::FromStr;

/// A contig, or an interval of it. Written `chr1:1000-2000` as text and in JSON and URLs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    /// The contig as the user spelled it; spellings are compared by their [`contig_alias`].
    pub contig: String,
    /// First and last position, 1-based and inclusive; `None` for the complete contig.
    pub span: Option<(u32, u32)>,
}

/// Why a text is not a region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// The contig is missing.
    #[error("the region has no chromosome; write it like chr1:1000-2000")]
    NoContig,
    /// The end is before the start.
    #[error("region {0:?} ends before it starts")]
    Backwards(String),
}

impl FromStr for Region {
    type Err = RegionError;

    /// Parses a region. Contig names may contain colons (`HLA-A*01:01`), so the part after the last
    /// colon counts as positions only if it parses as such.
    fn from_str(text: &str) -> Result<Self, RegionError> {
        let text = text.trim();
        let (contig, span) = match text.rsplit_once(':') {
            Some((contig, positions)) => match parse_span(positions) {
                Some(span) => (contig, Some(span)),
                None => (text, None),
            },
            None => (text, None),
        };
        if contig.is_empty() {
            return Err(RegionError::NoContig);
        }
        if span.is_some_and(|(start, end)| end < start) {
            return Err(RegionError::Backwards(text.to_owned()));
        }
        Ok(Self { contig: contig.to_owned(), span })
    }
}

/// Parses `1,000-2,000`, `1000` (one base), or `1000-` (to the end).
fn parse_span(text: &str) -> Option<(u32, u32)> {
    let number = |text: &str| text.trim().replace(',', "").parse::<u32>().ok();
    match text.split_once('-') {
        Some((start, end)) if end.trim().is_empty() => Some((number(start)?, u32::MAX)),
        Some((start, end)) => Some((number(start)?, number(end)?)),
        None => number(text).map(|position| (position, position)),
    }
}

serialize_as_text!(Region);

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.contig)?;
        match self.span {
            None => Ok(()),
            Some((start, u32::MAX)) => write!(f, ":{start}-"),
            Some((start, end)) => write!(f, ":{start}-{end}"),
        }
    }
}

/// The canonical form of a contig's name, equal for all its spellings: without `chr`, in upper
/// case, `MT` for the mitochondrion.
pub fn contig_alias(name: &str) -> String {
    let bare = match name.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("chr") => &name[3..],
        _ => name,
    };
    let bare = bare.to_ascii_uppercase();
    if bare == "M" { "MT".to_owned() } else { bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_parse_as_users_write_them() {
        for (text, contig, span) in [
            ("chr1", "chr1", None),
            (" 1:1,000-2,000 ", "1", Some((1000, 2000))),
            ("X:5", "X", Some((5, 5))),
            ("X:5-", "X", Some((5, u32::MAX))),
            ("HLA-A*01:01:01:01N", "HLA-A*01:01:01:01N", None),
            ("HLA-A*01:02N:3-4", "HLA-A*01:02N", Some((3, 4))),
        ] {
            let region: Region = text.parse().unwrap();
            assert_eq!(region, Region { contig: contig.to_owned(), span }, "{text}");
            assert_eq!(region.to_string().parse::<Region>().unwrap(), region);
        }
        assert_eq!(":5-6".parse::<Region>(), Err(RegionError::NoContig));
        assert!(matches!("1:6-5".parse::<Region>(), Err(RegionError::Backwards(_))));
    }

    #[test]
    fn spellings_of_a_contig_have_the_same_alias() {
        assert_eq!(contig_alias("chrM"), contig_alias("MT"));
        assert_eq!(contig_alias("Chr20"), contig_alias("20"));
        assert_ne!(contig_alias("chr2"), contig_alias("20"));
    }
}
