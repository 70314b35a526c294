//! The source files of a run: opened, checked against the reference, and the fields that they add.

use super::info_key::check_info_key;
use super::source_columns::{IDENTIFIERS, WrittenColumn, label, written_columns};
use super::source_coverage::SourceCoverage;
use crate::Error;
use crate::annotation_format::is_field_of_csq;
use crate::reference::{Reference, checksum};
use crate::report::Counts;
use gas_shared::reference::Sha256;
use gas_shared::source::{SOURCE_KEY, SourceColumn, SourceColumnKind, SourceId, is_column_name};
use gas_shared::summary::SourceProvenance;
use gas_sources::{Matching, SourceDescription, SourceFile};
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

/// The greatest frequency in a population, as VEP names it, and these populations.
const MAX_FREQUENCY: [&str; 2] = ["MAX_AF", "MAX_AF_POPS"];

/// A source file that a run is to use: `FILE`, `FILE,id=clinvar/GRCh38/2026-11` or `FILE,sha256=DIGEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePath {
    /// The file.
    pub path: PathBuf,
    /// The id of the source in a catalog.
    pub id: Option<SourceId>,
    /// The SHA-256 digest of the file, if it is known. Otherwise the file is read to compute it.
    pub sha256: Option<Sha256>,
}

impl FromStr for SourcePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut rest, mut id, mut sha256) = (text, None, None);
        while let Some((before, last)) = rest.rsplit_once(',') {
            if let Some(text) = last.strip_prefix("id=").filter(|_| id.is_none()) {
                id = Some(text.parse::<SourceId>().map_err(|e| e.to_string())?);
            } else if let Some(text) = last.strip_prefix("sha256=").filter(|_| sha256.is_none()) {
                sha256 = Some(text.parse::<Sha256>().map_err(|e| e.to_string())?);
            } else {
                break;
            }
            rest = before;
        }
        if rest.is_empty() {
            return Err("the name of the source file is missing".to_owned());
        }
        Ok(Self { path: rest.into(), id, sha256 })
    }
}

/// The source files of a run.
#[derive(Clone, Debug, Default)]
pub struct SourceSet {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    sources: Vec<OpenSource>,
    /// The columns of all sources in their order, then MAX_AF and MAX_AF_POPS if there are frequencies in populations.
    columns: Vec<AddedColumn>,
}

/// On what the values of a column depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The allele.
    Allele,
    /// The allele and the transcript, or the gene.
    Entry,
}

/// A column that the sources add.
#[derive(Clone, Debug)]
pub(crate) struct AddedColumn {
    /// What the header states about it. Its name is that of the field in CSQ.
    pub(crate) column: SourceColumn,
    /// The INFO key in the formats that have no fields for it.
    pub(super) info_key: String,
    pub(super) scope: Scope,
    /// Whether the values are numbers of which one is written to INFO, the largest.
    pub(super) has_one_number: bool,
}

impl AddedColumn {
    /// Whether the values go to VEP's field for identifiers.
    pub(super) fn is_identifier(&self) -> bool {
        self.column.name == IDENTIFIERS
    }

    /// The header line of the INFO key.
    fn info_definition(&self) -> String {
        let kind = match self.column.kind {
            SourceColumnKind::Integer | SourceColumnKind::Flag if self.has_one_number => "Integer",
            SourceColumnKind::Float if self.has_one_number => "Float",
            _ => "String",
        };
        let SourceColumn { source, description, .. } = &self.column;
        let description = escaped(&format!("{description} ({source})"));
        let key = &self.info_key;
        format!("##INFO=<ID={key},Number=A,Type={kind},Description=\"{description}\">")
    }

    /// The line that declares the column, in a result that has it as a field of CSQ or as an INFO key.
    fn declaration(&self, is_info: bool) -> String {
        if is_info {
            SourceColumn { name: self.info_key.clone(), ..self.column.clone() }.header_line()
        } else {
            self.column.header_line()
        }
    }
}

/// A source file, ready for look-ups.
#[derive(Debug)]
pub(super) struct OpenSource {
    pub(super) file: SourceFile,
    /// Name and version.
    label: String,
    id: Option<SourceId>,
    sha256: Sha256,
    coverage: SourceCoverage,
    pub(super) columns: Vec<WrittenColumn>,
    /// The positions of its columns among those of all sources.
    pub(super) values: Range<usize>,
}

impl OpenSource {
    /// The number in the file of a contig of the reference, by its number there.
    #[inline]
    pub(super) fn contig(&self, number: u32) -> Option<usize> {
        self.coverage.contig(number)
    }

    pub(super) fn scope(&self) -> Scope {
        match self.file.description().matching {
            Matching::TranscriptAndAllele | Matching::Gene => Scope::Entry,
            _ => Scope::Allele,
        }
    }

    fn provenance(&self) -> SourceProvenance {
        let SourceDescription { name, version, assembly, license, attribution, .. } =
            self.file.description();
        SourceProvenance {
            id: self.id.clone(),
            name: name.clone(),
            version: version.clone(),
            assembly: assembly.clone(),
            license: license.clone(),
            attribution: attribution.clone(),
            sha256: Some(self.sha256.clone()),
        }
    }
}

impl SourceSet {
    /// Opens source files for a run with a reference. They are mapped, and must not be changed meanwhile.
    ///
    /// # Errors
    /// [`Error::UnusableSource`] if a file is no source, is of another assembly, or has a column that the annotation
    /// has already.
    pub fn open(paths: &[SourcePath], reference: &Reference) -> Result<Self, Error> {
        let mut shared = Shared::default();
        for path in paths {
            let reason = |reason: String| Error::UnusableSource { path: path.path.clone(), reason };
            let file = SourceFile::open(&path.path).map_err(|error| match error {
                gas_sources::ReadError::File(path, source) => Error::File { path, source },
                error => reason(error.to_string()),
            })?;
            let coverage = SourceCoverage::new(&file, reference).map_err(reason)?;
            let sha256 = match &path.sha256 {
                Some(digest) => digest.clone(),
                None => {
                    let (_, digest) = checksum(&path.path)?;
                    digest.parse().map_err(|error| reason(format!("{error}")))?
                }
            };
            let description = file.description();
            let columns = written_columns(description);
            let first = shared.columns.len();
            for column in &columns {
                let added = AddedColumn::new(column, description.matching);
                shared.check_name(&added).map_err(reason)?;
                shared.columns.push(added);
            }
            shared.sources.push(OpenSource {
                label: label(description),
                id: path.id.clone(),
                sha256,
                coverage,
                columns,
                values: first..shared.columns.len(),
                file,
            });
        }
        shared.add_max_frequency();
        Ok(Self { shared: Arc::new(shared) })
    }

    /// No sources.
    pub(super) fn none() -> &'static Self {
        static NONE: LazyLock<SourceSet> = LazyLock::new(SourceSet::default);
        &NONE
    }

    /// Name and version of each source.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.shared.sources.iter().map(|source| source.label.as_str())
    }

    /// The ids of the sources that are from a catalog; `None` without sources.
    pub fn ids(&self) -> Option<Vec<SourceId>> {
        let sources = &self.shared.sources;
        let ids = || sources.iter().filter_map(|source| source.id.clone()).collect();
        (!sources.is_empty()).then(ids)
    }

    /// What a result states about its sources.
    pub fn provenance(&self) -> Vec<SourceProvenance> {
        self.shared.sources.iter().map(OpenSource::provenance).collect()
    }

    /// What users should know after a run: where sources have no values. `is_info` says that their columns are INFO keys.
    pub(crate) fn warnings(
        &self,
        counts: &Counts,
        reference: &Reference,
        is_info: bool,
    ) -> Vec<String> {
        let of_source = |source: &OpenSource| {
            let warnings = source.coverage.warnings(counts, reference, is_info);
            let label = source.label.clone();
            warnings.into_iter().map(move |warning| format!("source {label}: {warning}"))
        };
        self.shared.sources.iter().flat_map(of_source).collect()
    }

    pub(super) fn sources(&self) -> &[OpenSource] {
        &self.shared.sources
    }

    /// The columns that the sources add, in the order of their values.
    pub(crate) fn columns(&self) -> &[AddedColumn] {
        &self.shared.columns
    }

    /// The INFO keys of the formats that have no fields for the columns.
    pub(crate) fn info_keys(&self) -> impl Iterator<Item = &str> {
        self.shared.columns.iter().map(|column| column.info_key.as_str())
    }

    /// The lines of the header that declare the columns, and before each that of its INFO key, if it is one.
    pub(crate) fn column_definitions(&self, is_info: bool) -> impl Iterator<Item = String> {
        let columns = &self.shared.columns;
        columns.iter().enumerate().flat_map(move |(n, column)| {
            // Identifiers of several sources are one list.
            let is_first = columns[..n].iter().all(|before| before.info_key != column.info_key);
            let definition = (is_info && is_first).then(|| column.info_definition());
            definition.into_iter().chain([column.declaration(is_info)])
        })
    }

    /// Whether MAX_AF and MAX_AF_POPS are the last two columns.
    pub(super) fn has_max_frequency(&self) -> bool {
        self.shared.columns.last().is_some_and(|last| last.column.name == MAX_FREQUENCY[1])
    }

    /// Whether a column, by its number, is MAX_AF or MAX_AF_POPS.
    pub(super) fn is_max_frequency(&self, column: usize) -> bool {
        self.has_max_frequency() && column + MAX_FREQUENCY.len() >= self.shared.columns.len()
    }

    /// The lines of the header that describe the sources, with their licenses and digests, and the contigs of the reference
    /// that they do not cover.
    pub(crate) fn definitions(&self, reference: &Reference) -> impl Iterator<Item = String> {
        self.shared.sources.iter().map(|source| {
            let SourceProvenance { id, name, version, assembly, license, attribution, sha256 } =
                source.provenance();
            let digest = sha256.map(|digest| digest.to_string());
            let id = id.map_or_else(|| plain_id(&source.label), |id| id.to_string());
            let mut line = format!("##{SOURCE_KEY}=<ID={id}");
            for (key, value) in [
                ("Name", name),
                ("Version", version),
                ("Assembly", assembly),
                ("License", license),
                ("Attribution", attribution),
                ("SHA256", digest.unwrap_or_default()),
            ] {
                line.push_str(&format!(",{key}=\"{}\"", escaped(&value)));
            }
            if let Some(contigs) = source.coverage.not_covered(reference) {
                line.push_str(&format!(",NotCovered=\"{}\"", escaped(&contigs)));
            }
            line.push('>');
            line
        })
    }
}

impl Shared {
    /// Checks that the name of a column has no other meaning.
    fn check_name(&self, added: &AddedColumn) -> Result<(), String> {
        let SourceColumn { name, .. } = &added.column;
        if !is_column_name(name) || MAX_FREQUENCY.contains(&name.as_str()) {
            return Err(format!("{name:?} cannot be the name of a column"));
        }
        // Identifiers of several sources are one list.
        if added.is_identifier() && added.scope == Scope::Allele {
            return Ok(());
        }
        if is_field_of_csq(name) {
            return Err(format!(
                "its column {name} has the name of another field of the annotation; build the source with another name"
            ));
        }
        let other = self.columns.iter().find(|other| {
            other.column.name == *name || other.info_key.eq_ignore_ascii_case(&added.info_key)
        });
        other.map_or(Ok(()), |other| {
            Err(format!(
                "the source {} also has the column {name}; use only one of the two sources",
                other.column.source
            ))
        })
    }

    fn add_max_frequency(&mut self) {
        let columns = self.sources.iter().flat_map(|source| &source.columns);
        let with_population = columns.filter(|column| column.population.is_some());
        let mut sources: Vec<String> = with_population.map(|c| c.column.source.clone()).collect();
        sources.dedup();
        if sources.is_empty() {
            return;
        }
        let [frequency, populations] = MAX_FREQUENCY;
        for (name, kind, description) in [
            (frequency, SourceColumnKind::Float, "Greatest allele frequency in a population"),
            (
                populations,
                SourceColumnKind::Category,
                "Populations with the greatest allele frequency",
            ),
        ] {
            self.columns.push(AddedColumn {
                column: SourceColumn {
                    name: name.to_owned(),
                    source: sources.join(", "),
                    kind,
                    description: description.to_owned(),
                },
                info_key: name.to_owned(),
                scope: Scope::Allele,
                has_one_number: kind == SourceColumnKind::Float,
            });
        }
    }
}

impl AddedColumn {
    fn new(written: &WrittenColumn, matching: Matching) -> Self {
        let (column, is_by_entry) = (
            written.column.clone(),
            matches!(matching, Matching::TranscriptAndAllele | Matching::Gene),
        );
        let has_one_row =
            !is_by_entry && !matches!(matching, Matching::Overlap | Matching::Verbatim);
        Self {
            info_key: info_key(&column.name),
            scope: if is_by_entry { Scope::Entry } else { Scope::Allele },
            has_one_number: has_one_row && !written.is_text(),
            column,
        }
    }
}

/// The INFO key of a column: its name, unless VCF gives this key another meaning.
fn info_key(name: &str) -> String {
    // Keys have no other characters (VCF 4.5, section 1.6.1).
    let key: String = name.chars().map(|c| if matches!(c, '+' | '-') { '_' } else { c }).collect();
    if check_info_key(&key).is_ok() { key } else { format!("GAS_{key}") }
}

/// An id for a header line of a source that is not from a catalog.
fn plain_id(label: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' };
    label.chars().map(plain).collect()
}

/// A text within quotation marks (VCF 4.5, section 1.4).
fn escaped(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_state_id_and_digest() {
        let parse = |text: &str| text.parse::<SourcePath>();
        let digest = "0f".repeat(32);
        let both = parse(&format!("a,b/c.source,id=clinvar/GRCh38/1,sha256={digest}")).unwrap();
        assert_eq!(both.path, PathBuf::from("a,b/c.source"));
        assert_eq!(both.id.unwrap().as_str(), "clinvar/GRCh38/1");
        assert_eq!(both.sha256.unwrap().as_str(), digest);
        let plain = parse("c.source").unwrap();
        assert_eq!((plain.id, plain.sha256), (None, None));
        assert!(parse("c.source,id=clinvar").is_err() && parse("c.source,sha256=1").is_err());
        assert!(parse("").is_err() && parse(",id=clinvar/GRCh38/1").is_err());
    }

    #[test]
    fn keys_that_vcf_defines_are_not_written() {
        assert_eq!(info_key("AF"), "GAS_AF");
        assert_eq!(info_key("gnomADe_AF"), "gnomADe_AF");
        assert_eq!(info_key("GERP++"), "GERP__");
        assert_eq!(info_key("CSQ"), "GAS_CSQ");
        assert_eq!(plain_id("gnomAD exomes, 4.1"), "gnomAD_exomes__4.1");
    }

    #[test]
    fn texts_in_a_header_are_quoted() {
        assert_eq!(escaped("a \"b\"\\\nc"), "a \\\"b\\\"\\\\ c");
    }
}
