//! The file formats of exports, and choices of several.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The most records of an export as XLSX: the rows of a worksheet without the one with the names of the columns.
pub const MAX_XLSX_RECORDS: u64 = 1_048_575;

/// The file format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The unchanged records, with the file's header.
    Vcf,
    /// As VCF, compressed with BGZF for tabix and bcftools.
    VcfGz,
    /// As [`VcfGz`](Self::VcfGz), with the index of the file: two files.
    VcfGzIndex,
    /// The table's columns, tab-separated.
    Tsv,
    /// The table's columns, comma-separated (RFC 4180).
    Csv,
    /// The table's columns as a worksheet (ECMA-376), with at most [`MAX_XLSX_RECORDS`] records.
    Xlsx,
    /// The table's columns as JSON, one object per line.
    JsonLines,
    /// The table's columns in Apache Parquet.
    Parquet,
    /// Mutation Annotation Format: a row for each sample with an allele.
    Maf,
}

impl ExportFormat {
    /// All formats, in the order of pages.
    pub const ALL: [Self; 9] = [
        Self::Vcf,
        Self::VcfGz,
        Self::VcfGzIndex,
        Self::Tsv,
        Self::Csv,
        Self::Xlsx,
        Self::JsonLines,
        Self::Parquet,
        Self::Maf,
    ];

    /// The name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vcf => "vcf",
            Self::VcfGz => "vcf_gz",
            Self::VcfGzIndex => "vcf_gz_index",
            Self::Tsv => "tsv",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::JsonLines => "json_lines",
            Self::Parquet => "parquet",
            Self::Maf => "maf",
        }
    }

    /// The label on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Vcf => "VCF",
            Self::VcfGz => "VCF.gz",
            Self::VcfGzIndex => "VCF.gz with index",
            Self::Tsv => "TSV",
            Self::Csv => "CSV",
            Self::Xlsx => "Excel (XLSX)",
            Self::JsonLines => "JSON lines",
            Self::Parquet => "Parquet",
            Self::Maf => "MAF",
        }
    }

    /// The ending of file names, without the first dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Vcf => "vcf",
            Self::VcfGz | Self::VcfGzIndex => "vcf.gz",
            Self::Tsv => "tsv",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::Maf => "maf",
        }
    }

    /// The content type of a file.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Vcf => "text/x-vcf; charset=utf-8",
            Self::VcfGz | Self::VcfGzIndex => "application/gzip",
            Self::Tsv | Self::Maf => "text/tab-separated-values; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::JsonLines => "application/jsonl; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Whether a file has complete records instead of the table's columns.
    pub const fn has_records(self) -> bool {
        matches!(self, Self::Vcf | Self::VcfGz | Self::VcfGzIndex)
    }

    /// The format with a name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// One or more formats, each once, in the order of [`ExportFormat::ALL`]. In addresses, their names are separated by
/// commas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExportFormats(Vec<ExportFormat>);

/// A text is not a list of formats.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a format of exports; the formats are {all}", all = all_names())]
pub struct UnknownFormat(String);

fn all_names() -> String {
    ExportFormat::ALL.map(ExportFormat::name).join(", ")
}

impl ExportFormats {
    /// The formats of a list; `None` if it is empty.
    pub fn of(chosen: &[ExportFormat]) -> Option<Self> {
        let ordered = ExportFormat::ALL.into_iter().filter(|format| chosen.contains(format));
        let formats: Vec<_> = ordered.collect();
        (!formats.is_empty()).then_some(Self(formats))
    }

    /// The formats.
    pub fn iter(&self) -> impl Iterator<Item = ExportFormat> {
        self.0.iter().copied()
    }

    /// The only format with a single file; `None` if the export is a ZIP archive.
    pub fn single_file(&self) -> Option<ExportFormat> {
        match self.0[..] {
            [format] if format != ExportFormat::VcfGzIndex => Some(format),
            _ => None,
        }
    }

    /// The ending of the file's name, without the first dot.
    pub fn ending(&self) -> &'static str {
        self.single_file().map_or("zip", ExportFormat::ending)
    }

    /// The content type of the file.
    pub fn content_type(&self) -> &'static str {
        self.single_file().map_or("application/zip", ExportFormat::content_type)
    }
}

impl From<ExportFormat> for ExportFormats {
    fn from(format: ExportFormat) -> Self {
        Self(vec![format])
    }
}

impl fmt::Display for ExportFormats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(ExportFormat::name).collect();
        f.write_str(&names.join(","))
    }
}

impl From<ExportFormats> for String {
    fn from(formats: ExportFormats) -> Self {
        formats.to_string()
    }
}

impl FromStr for ExportFormats {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let format = |name: &str| {
            ExportFormat::by_name(name.trim()).ok_or_else(|| UnknownFormat(name.to_owned()))
        };
        let chosen = text.split(',').map(format).collect::<Result<Vec<_>, _>>()?;
        Self::of(&chosen).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

impl TryFrom<String> for ExportFormats {
    type Error = UnknownFormat;

    fn try_from(text: String) -> Result<Self, UnknownFormat> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn export_formats_are_written_by_name() {
        for format in ExportFormat::ALL {
            let json = serde_json::to_string(&format).unwrap();
            assert_eq!(json, format!("\"{}\"", format.name()));
            let one: ExportFormats = format.name().parse().unwrap();
            assert_eq!(one, ExportFormats::from(format));
            let is_archive = format == ExportFormat::VcfGzIndex;
            assert_eq!(one.single_file(), (!is_archive).then_some(format));
        }
    }

    #[test]
    fn several_formats_are_each_chosen_once_and_make_an_archive() {
        let several: ExportFormats = "xlsx,vcf, xlsx".parse().unwrap();
        assert_eq!(several.to_string(), "vcf,xlsx");
        assert_eq!((several.ending(), several.content_type()), ("zip", "application/zip"));
        let json = serde_json::to_string(&several).unwrap();
        assert_eq!(serde_json::from_str::<ExportFormats>(&json).unwrap(), several);
        for wrong in ["", ",", "vcf,", "docx"] {
            let error = wrong.parse::<ExportFormats>().unwrap_err().to_string();
            assert!(error.contains("json_lines, parquet"), "{error}");
        }
        assert_eq!(ExportFormats::of(&[]), None);
    }
}
