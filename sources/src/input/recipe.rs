//! Recipes: which values of which file a source has.

use crate::decimal::MAX_DECIMALS;
use crate::metadata::{Column, ColumnKind, Matching, Quotient, SourceDescription};
use gas_shared::source::is_column_name;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The recipes that come with the program.
const RECIPES: [&str; 22] = [
    include_str!("../../recipes/1000-genomes.toml"),
    include_str!("../../recipes/alphamissense.toml"),
    include_str!("../../recipes/cadd.toml"),
    include_str!("../../recipes/clingen-dosage.toml"),
    include_str!("../../recipes/clinvar.toml"),
    include_str!("../../recipes/clinvar-grch37.toml"),
    include_str!("../../recipes/cosmic.toml"),
    include_str!("../../recipes/cytobands.toml"),
    include_str!("../../recipes/dbsnp.toml"),
    include_str!("../../recipes/gnomad-constraint.toml"),
    include_str!("../../recipes/gnomad-exomes.toml"),
    include_str!("../../recipes/gnomad-exomes-grch37.toml"),
    include_str!("../../recipes/gnomad-genomes.toml"),
    include_str!("../../recipes/gnomad-joint.toml"),
    include_str!("../../recipes/mane.toml"),
    include_str!("../../recipes/omim.toml"),
    include_str!("../../recipes/phylop.toml"),
    include_str!("../../recipes/regulatory-features.toml"),
    include_str!("../../recipes/revel.toml"),
    include_str!("../../recipes/segmental-duplications.toml"),
    include_str!("../../recipes/segmental-duplications-grch37.toml"),
    include_str!("../../recipes/spliceai.toml"),
];

/// A recipe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The name on the command line, such as `clinvar`.
    pub id: String,
    /// What the file contains, and where it is from.
    pub source: SourceFields,
    /// Whether the license permits commercial use. Otherwise the operator has to agree to it.
    pub commercial_use: bool,
    /// The addresses of the files. Operators bring the files of recipes without addresses. `{chromosome}` stands for each
    /// of `chromosomes`.
    #[serde(default)]
    pub urls: Vec<String>,
    /// The chromosomes that have a file of their own, in the order of the genome.
    #[serde(default = "human_chromosomes")]
    pub chromosomes: Vec<String>,
    /// What is appended to an address for that of its MD5 checksum.
    pub md5_suffix: Option<String>,
    /// The `##` line of a VCF file that states the release of the data, such as `fileDate`.
    pub version_line: Option<String>,
    /// How the files are read.
    pub input: InputFormat,
    /// The columns.
    pub columns: Vec<ColumnInput>,
    /// Values that are quotients of columns.
    #[serde(default)]
    pub quotients: Vec<Quotient>,
}

/// What a source is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFields {
    /// The name that users see.
    pub name: String,
    /// The release of the data.
    pub version: String,
    /// The assembly; empty for tables by gene.
    #[serde(default)]
    pub assembly: String,
    /// The license.
    pub license: String,
    /// What a publication should cite.
    pub attribution: String,
    /// How variants are matched.
    pub matching: Matching,
}

/// The format of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields, tag = "format")]
pub enum InputFormat {
    /// VCF. Fields of columns are INFO keys, `ID`, `QUAL` or `FILTER`.
    Vcf,
    /// BED: contig, start from 0 and end are the columns 1 to 3. Fields of columns are numbers of columns.
    Bed,
    /// A table. Fields are names in the header, or numbers of columns from 1.
    Table(TableFormat),
    /// A value for each position, in a wiggle file (fixedStep or variableStep) or a bigWig file. The only field is `value`.
    Wig,
}

/// The format of a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFormat {
    /// The character between columns.
    #[serde(default = "tab")]
    pub separator: char,
    /// Whether the first line that is no comment names the columns, also after a `#`.
    #[serde(default)]
    pub header: bool,
    /// The column of the contig.
    pub contig: Option<String>,
    /// The column of the position, or of the first base of a region.
    pub position: Option<String>,
    /// The column of the last base of a region.
    pub end: Option<String>,
    /// The column of the replaced bases.
    pub reference: Option<String>,
    /// The column of the new bases.
    pub alt: Option<String>,
    /// The column of the gene.
    pub gene: Option<String>,
    /// Whether the first base of a region is counted from 0.
    #[serde(default)]
    pub zero_based: bool,
    /// Whether the rows are in any order. They are sorted in memory then.
    #[serde(default)]
    pub unsorted: bool,
    /// Whether a gene can have several rows. Their texts are joined by `&` then.
    #[serde(default)]
    pub repeated_genes: bool,
    /// Rows are left out unless a column has a value.
    #[serde(default)]
    pub only: Vec<Only>,
}

const fn tab() -> char {
    '\t'
}

fn human_chromosomes() -> Vec<String> {
    (1..=22).map(|number| number.to_string()).chain(["X".to_owned(), "Y".to_owned()]).collect()
}

/// A condition for rows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// The column.
    pub field: String,
    /// The value that it must have.
    pub equals: String,
}

/// A column, and where its values are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ColumnInput {
    /// The column.
    #[serde(flatten)]
    pub column: Column,
    /// The field of the input with its values.
    pub field: String,
    /// The attribute of a field such as the ninth column of GFF3, `ID=a;biotype=b`.
    pub attribute: Option<String>,
    /// The text between parts of the field, such as `|`.
    pub separator: Option<String>,
    /// The number of the part, from 1.
    pub part: Option<usize>,
    /// Texts that stand for a missing value, besides `.` and the empty one.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Of a flag of a VCF file that is about any ALT of its record: the INFO key with the frequencies of all alleles, the first
    /// that of REF, such as `1000Genomes:0.98,0.015,0.005|TOPMED:0.97,.,0.03`. If a record has several ALTs, the flag is that
    /// of the ALTs with a frequency of 1 % or more, and missing for the others.
    pub frequencies: Option<String>,
}

/// Why there is no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// No recipe has this name.
    #[error("there is no recipe {0:?}")]
    Unknown(String),
    /// The file cannot be read.
    #[error("{0}")]
    File(PathBuf, #[source] std::io::Error),
    /// The text is no recipe.
    #[error("the text is not a recipe: {0}")]
    Syntax(#[from] basic_toml::Error),
    /// The recipe contradicts itself.
    #[error("recipe {id}: {reason}")]
    Invalid {
        /// The name of the recipe.
        id: String,
        /// The reason.
        reason: String,
    },
}

impl Recipe {
    /// All recipes that come with the program.
    ///
    /// # Errors
    /// If one is invalid, which a test excludes.
    pub fn all() -> Result<Vec<Self>, RecipeError> {
        RECIPES.into_iter().map(Self::parse).collect()
    }

    /// The recipe with a name.
    ///
    /// # Errors
    /// [`RecipeError::Unknown`].
    pub fn named(id: &str) -> Result<Self, RecipeError> {
        let found = Self::all()?.into_iter().find(|recipe| recipe.id == id);
        found.ok_or_else(|| RecipeError::Unknown(id.to_owned()))
    }

    /// Reads a recipe of the operator's own.
    ///
    /// # Errors
    /// [`RecipeError`] if the file cannot be read or is no recipe.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        let text = std::fs::read_to_string(path);
        Self::parse(&text.map_err(|error| RecipeError::File(path.to_owned(), error))?)
    }

    /// Reads the text of a recipe.
    ///
    /// # Errors
    /// [`RecipeError`] if it is none.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self = basic_toml::from_str(text)?;
        recipe.check().map_err(|reason| RecipeError::Invalid { id: recipe.id.clone(), reason })?;
        Ok(recipe)
    }

    /// The addresses of all files.
    pub fn addresses(&self) -> Vec<String> {
        const CHROMOSOME: &str = "{chromosome}";
        let mut addresses = Vec::new();
        for url in &self.urls {
            if url.contains(CHROMOSOME) {
                addresses.extend(self.chromosomes.iter().map(|name| url.replace(CHROMOSOME, name)));
            } else {
                addresses.push(url.clone());
            }
        }
        addresses
    }

    /// The description of a source that is built by the recipe.
    pub fn description(&self) -> SourceDescription {
        let SourceFields { name, version, assembly, license, attribution, matching } =
            self.source.clone();
        SourceDescription {
            name,
            version,
            assembly,
            license,
            attribution,
            matching,
            columns: self.columns.iter().map(|input| input.column.clone()).collect(),
            quotients: self.quotients.clone(),
        }
    }

    /// Whether the rows are read in their order, so that the files can be read at once.
    pub(super) fn has_sorted_rows(&self) -> bool {
        let is_unsorted = matches!(&self.input, InputFormat::Table(table) if table.unsorted);
        self.source.matching != Matching::Gene && !is_unsorted
    }

    fn check(&self) -> Result<(), String> {
        let matching = self.source.matching;
        let fits = match (&self.input, matching) {
            (InputFormat::Vcf, _) => matching.has_alleles() || matching == Matching::Position,
            (InputFormat::Bed, _) => matching == Matching::Overlap,
            (InputFormat::Wig, _) => matching == Matching::Position && self.columns.len() == 1,
            (InputFormat::Table(table), Matching::Gene) => table.gene.is_some(),
            (InputFormat::Table(table), _) => {
                table.contig.is_some()
                    && table.position.is_some()
                    && (matching != Matching::Overlap || table.end.is_some())
                    && (!matching.has_alleles() || table.reference.is_some() && table.alt.is_some())
            }
        };
        if let InputFormat::Table(table) = &self.input
            && table.unsorted
            && (matching.has_alleles() || matching == Matching::Gene)
        {
            return Err("only positions and regions can be unsorted".into());
        }
        if !fits {
            return Err("the input lacks what variants are matched by".into());
        }
        if matching == Matching::TranscriptAndAllele
            && self.columns.first().is_none_or(|input| input.column.kind != ColumnKind::Category)
        {
            return Err("the first column must be the transcript, of type category".into());
        }
        let names = self.columns.iter().map(|input| &input.column.name);
        let names = names.chain(self.quotients.iter().map(|quotient| &quotient.name));
        if let Some(name) = names.clone().find(|name| !is_column_name(name)) {
            return Err(format!(
                "{name:?} is no name of a column; use letters, digits, '_', '.', '+' and '-'"
            ));
        }
        for (n, input) in self.columns.iter().enumerate() {
            let ColumnInput { column, separator, part, frequencies, .. } = input;
            let name = &column.name;
            if self.columns[..n].iter().any(|other| other.column.name == *name) {
                return Err(format!("two columns have the name {name}"));
            }
            if matches!(column.kind, ColumnKind::Decimal { decimals } if decimals > MAX_DECIMALS) {
                return Err(format!("{name}: at most {MAX_DECIMALS} decimals are possible"));
            }
            if frequencies.is_some()
                && (column.kind != ColumnKind::Flag || !matches!(self.input, InputFormat::Vcf))
            {
                return Err(format!("{name}: frequencies belong to a flag of a VCF file"));
            }
            if part == &Some(0) || part.is_some() != separator.is_some() {
                return Err(format!("{name}: part, from 1, and separator belong together"));
            }
        }
        let is_integer = |name: &String| {
            let column = self.columns.iter().find(|input| input.column.name == *name);
            column.is_some_and(|input| input.column.kind == ColumnKind::Integer)
        };
        for Quotient { name, numerator, denominator } in &self.quotients {
            if !is_integer(numerator) || !is_integer(denominator) {
                return Err(format!(
                    "{name}: {numerator} and {denominator} must be integer columns"
                ));
            }
        }
        Ok(())
    }
}
