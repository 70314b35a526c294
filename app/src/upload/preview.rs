//! What is known about a file from the check of its beginning.

use crate::format;
use gas_shared::assembly::FileAssembly;
use gas_shared::vcf::{CompressionFormat, Preview};

/// The properties of a file that are shown before it is uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePreview {
    /// How the file is compressed.
    pub compression: CompressionFormat,
    /// Whether the file is a list of variants instead of VCF.
    pub is_list: bool,
    /// The VCF version, such as `4.2`. `None` if the header is longer than the checked beginning.
    pub version: Option<String>,
    /// The number of samples.
    pub samples: usize,
    /// The number of records, if known. Users see them as variants.
    pub records: Option<RecordCount>,
    /// What the file says about its assembly.
    pub assembly: FileAssembly,
    /// The first warning about the file. Warnings do not prevent an upload.
    pub warning: Option<String>,
}

/// A number of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordCount {
    /// The entire file was read.
    Exact(u64),
    /// An extrapolation of the beginning to the entire file.
    Estimate(u64),
}

impl FilePreview {
    /// Summarizes the check of a file. `text_bytes` is the size of the decompressed file, if known; it
    /// is used if only the beginning was read (`is_complete` is false).
    pub fn new(
        compression: CompressionFormat,
        preview: &Preview,
        is_complete: bool,
        text_bytes: Option<u64>,
    ) -> Self {
        let header = preview.header.as_ref();
        let version = header.map(|header| format!("{}.{}", header.version.0, header.version.1));
        let warnings = header.map(|header| header.warnings.as_slice()).unwrap_or_default();
        let records = match is_complete {
            _ if preview.is_bcf => None,
            true => Some(RecordCount::Exact(preview.records)),
            false => {
                text_bytes.and_then(|bytes| preview.estimate(bytes)).map(RecordCount::Estimate)
            }
        };
        Self {
            compression,
            is_list: preview.is_variant_list,
            version,
            samples: header.map_or(0, |header| header.samples.len()),
            records,
            assembly: FileAssembly::of(preview, is_complete),
            warning: warnings.first().map(ToString::to_string),
        }
    }

    /// The preview of a file that the browser cannot decompress.
    pub const fn unknown(compression: CompressionFormat) -> Self {
        Self {
            compression,
            is_list: false,
            version: None,
            samples: 0,
            records: None,
            assembly: FileAssembly::unknown(),
            warning: None,
        }
    }

    /// One line, such as `VCF 4.2 · 3 samples · about 120,000 variants · bgzip`.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if self.is_list {
            parts.push("list of variants".to_owned());
        }
        if let Some(version) = &self.version {
            parts.push(format!("VCF {version}"));
            parts.push(match self.samples {
                0 => "no samples".to_owned(),
                many => format::counted(many as u64, "sample"),
            });
        }
        match self.records {
            Some(RecordCount::Exact(count)) => parts.push(format::counted(count, "variant")),
            Some(RecordCount::Estimate(count)) => {
                parts.push(format!("about {}", format::counted(rounded(count), "variant")));
            }
            None => {}
        }
        match self.compression {
            CompressionFormat::Plain => {}
            CompressionFormat::Gzip => parts.push("gzip".to_owned()),
            CompressionFormat::Bgzf => parts.push("bgzip".to_owned()),
        }
        if self.version.is_none() && self.records.is_none() {
            parts.push("checked during annotation".to_owned());
        }
        parts.join(" · ")
    }
}

/// Rounds a number down to two significant digits, which is the precision of an estimate.
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
    fn a_completely_read_file_has_an_exact_count() {
        let preview = check_preview(TEXT.as_bytes(), true).unwrap();
        let preview = FilePreview::new(CompressionFormat::Plain, &preview, true, None);
        assert_eq!(preview.summary(), "VCF 4.3 · 1 sample · 1 variant");
        assert_eq!(preview.warning, None);
    }

    #[test]
    fn the_beginning_of_a_file_gives_an_estimate() {
        let beginning = check_preview(TEXT.as_bytes(), false).unwrap();
        let preview = FilePreview::new(CompressionFormat::Bgzf, &beginning, false, Some(3_000_000));
        assert_eq!(preview.summary(), "VCF 4.3 · 1 sample · about 120,000 variants · bgzip");
        let unknown = FilePreview::new(CompressionFormat::Gzip, &beginning, false, None);
        assert_eq!(unknown.summary(), "VCF 4.3 · 1 sample · gzip");
    }

    #[test]
    fn a_list_of_variants_is_counted_by_its_lines() {
        let list = check_preview(b"chr20:5 A>C\n\n20-7-A-C\n", true).unwrap();
        let list = FilePreview::new(CompressionFormat::Plain, &list, true, None);
        assert_eq!(list.summary(), "list of variants · 2 variants");
    }

    #[test]
    fn nothing_is_claimed_about_an_unreadable_file() {
        assert_eq!(
            FilePreview::unknown(CompressionFormat::Gzip).summary(),
            "gzip · checked during annotation"
        );
    }

    #[test]
    fn a_header_with_a_duplicate_definition_gives_a_warning() {
        let twice = TEXT.replace("\n#CHROM", "\n##INFO=<ID=A>\n##INFO=<ID=A>\n#CHROM");
        let preview = check_preview(twice.as_bytes(), true).unwrap();
        let warning =
            FilePreview::new(CompressionFormat::Plain, &preview, true, None).warning.unwrap();
        assert!(warning.starts_with("line 3: INFO \"A\" is defined twice"), "{warning}");
    }

    #[test]
    fn estimates_have_two_significant_digits() {
        assert_eq!([7, 99, 123, 98_765].map(rounded), [7, 99, 120, 98_000]);
    }
}
