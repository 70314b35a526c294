//! What the check of a file's beginning found in it.

use crate::format;
use gas_shared::vcf::{CompressionFormat, Preview};

/// What is known of a file before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How it is compressed.
    pub packing: CompressionFormat,
    /// Its VCF version, such as `4.2`; `None` where its header is longer than what was looked at.
    pub version: Option<String>,
    /// The number of its samples.
    pub samples: usize,
    /// How many variants it has.
    pub variants: Option<Variants>,
    /// The first thing that is odd about it, and stops nothing.
    pub warning: Option<String>,
}

/// A number of variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variants {
    /// All were seen.
    Exactly(u64),
    /// So many if the rest is like what was seen.
    About(u64),
}

#[cfg_attr(not(any(feature = "web", test)), expect(dead_code, reason = "only browsers read files"))]
impl Found {
    /// What a look at a file says. `text_bytes` is the size of its text where only a part of it was
    /// seen, and is known.
    pub fn new(
        packing: CompressionFormat,
        preview: &Preview,
        is_whole: bool,
        text_bytes: Option<u64>,
    ) -> Self {
        let header = preview.header.as_ref();
        let version = header.map(|header| format!("{}.{}", header.version.0, header.version.1));
        let warnings = header.map(|header| header.warnings.as_slice()).unwrap_or_default();
        let variants = match is_whole {
            true => Some(Variants::Exactly(preview.records)),
            false => text_bytes.and_then(|bytes| preview.estimate(bytes)).map(Variants::About),
        };
        Self {
            packing,
            version,
            samples: header.map_or(0, |header| header.samples.len()),
            variants,
            warning: warnings.first().map(ToString::to_string),
        }
    }

    /// A file that this browser could not look into.
    pub const fn unseen(packing: CompressionFormat) -> Self {
        Self { packing, version: None, samples: 0, variants: None, warning: None }
    }
}

impl Found {
    /// In a line: `VCF 4.2 · 3 samples · about 120,000 variants · bgzip`.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if let Some(version) = &self.version {
            parts.push(format!("VCF {version}"));
            parts.push(match self.samples {
                0 => "no samples".to_owned(),
                many => format::counted(many as u64, "sample"),
            });
        }
        match self.variants {
            Some(Variants::Exactly(count)) => parts.push(format::counted(count, "variant")),
            Some(Variants::About(count)) => {
                parts.push(format!("about {}", format::counted(rounded(count), "variant")));
            }
            None => {}
        }
        match self.packing {
            CompressionFormat::Plain => {}
            CompressionFormat::Gzip => parts.push("gzip".to_owned()),
            CompressionFormat::Bgzf => parts.push("bgzip".to_owned()),
        }
        if self.version.is_none() && self.variants.is_none() {
            parts.push("checked in full when it is annotated".to_owned());
        }
        parts.join(" · ")
    }
}

/// A number to two digits: an estimate that shows more would seem better than it is.
fn rounded(number: u64) -> u64 {
    let mut scale = 1;
    while number / scale >= 100 {
        scale *= 10;
    }
    number / scale * scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::vcf::check_preview;

    const TEXT: &str = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n\
                        20\t5\t.\tA\tC\t.\t.\t.\tGT\t0|1\n";

    #[test]
    fn a_file_that_was_seen_whole_is_told_exactly() {
        let preview = check_preview(TEXT.as_bytes(), true).unwrap();
        let found = Found::new(CompressionFormat::Plain, &preview, true, None);
        assert_eq!(found.summary(), "VCF 4.3 · 1 sample · 1 variant");
        assert_eq!(found.warning, None);
    }

    #[test]
    fn the_beginning_of_a_file_gives_an_estimate() {
        let preview = check_preview(TEXT.as_bytes(), false).unwrap();
        let found = Found::new(CompressionFormat::Bgzf, &preview, false, Some(3_000_000));
        assert_eq!(found.summary(), "VCF 4.3 · 1 sample · about 120,000 variants · bgzip");
        let unknown = Found::new(CompressionFormat::Gzip, &preview, false, None);
        assert_eq!(unknown.summary(), "VCF 4.3 · 1 sample · gzip");
    }

    #[test]
    fn what_was_not_seen_is_not_claimed() {
        assert_eq!(
            Found::unseen(CompressionFormat::Gzip).summary(),
            "gzip · checked in full when it is annotated"
        );
    }

    #[test]
    fn odd_headers_are_warned_of() {
        let twice = TEXT.replace("\n#CHROM", "\n##INFO=<ID=A>\n##INFO=<ID=A>\n#CHROM");
        let preview = check_preview(twice.as_bytes(), true).unwrap();
        let warning = Found::new(CompressionFormat::Plain, &preview, true, None).warning.unwrap();
        assert!(warning.starts_with("line 3: INFO \"A\" is defined twice"), "{warning}");
    }

    #[test]
    fn estimates_have_two_digits() {
        assert_eq!([7, 99, 123, 98_765].map(rounded), [7, 99, 120, 98_000]);
    }
}
