//! Recipes: what to download for a reference.

use crate::checksums::ChecksumFormat;
use gas_shared::reference::ReferenceId;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The recipes that come with the program.
const RECIPES: [&str; 10] = [
    include_str!("../recipes/grch38.toml"),
    include_str!("../recipes/grch38-gencode.toml"),
    include_str!("../recipes/grch38-refseq.toml"),
    include_str!("../recipes/grch37.toml"),
    include_str!("../recipes/grch37-gencode.toml"),
    include_str!("../recipes/grch37-refseq.toml"),
    include_str!("../recipes/t2t.toml"),
    include_str!("../recipes/mouse.toml"),
    include_str!("../recipes/mouse-gencode.toml"),
    include_str!("../recipes/ecoli.toml"),
];

/// A recipe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The name on the command line, such as `grch38`.
    pub name: String,
    /// The identifier of the reference.
    pub id: ReferenceId,
    /// The scientific name of the species.
    pub species: String,
    /// The name of the gene set.
    pub gene_set: String,
    /// The release of the gene set.
    pub release: String,
    /// The license of the data.
    pub license: String,
    /// What a publication should cite.
    pub attribution: String,
    /// The files.
    pub files: Vec<RecipeFile>,
}

/// A file to download.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeFile {
    /// What the file is used for.
    pub role: FileRole,
    /// Its address.
    pub url: String,
    /// The address of the provider's checksum file, which lists it.
    pub checksums: String,
    /// The format of the checksum file.
    pub checksum_format: ChecksumFormat,
}

/// What a file is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileRole {
    /// Sequences.
    Fasta,
    /// Gene models in GFF3 or GTF.
    Gff,
}

/// Why there is no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// No recipe has this name.
    #[error("there is no recipe {0:?}; `gas-reference recipes` lists all")]
    Unknown(String),
    /// The file cannot be read.
    #[error("{0}")]
    File(PathBuf, #[source] std::io::Error),
    /// The text is no recipe.
    #[error("{path} is not a recipe")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The reason, with its line.
        source: basic_toml::Error,
    },
    /// The recipe cannot be used.
    #[error("recipe {name}: {reason}")]
    Invalid {
        /// The name of the recipe.
        name: String,
        /// The reason.
        reason: &'static str,
    },
}

impl Recipe {
    /// All recipes that come with the program.
    ///
    /// # Errors
    /// If one is invalid, which a test excludes.
    pub fn all() -> Result<Vec<Self>, RecipeError> {
        RECIPES.iter().map(|text| Self::parse(text, Path::new("recipes"))).collect()
    }

    /// The recipe with a name.
    ///
    /// # Errors
    /// [`RecipeError::Unknown`].
    pub fn named(name: &str) -> Result<Self, RecipeError> {
        let found = Self::all()?.into_iter().find(|recipe| recipe.name == name);
        found.ok_or_else(|| RecipeError::Unknown(name.to_owned()))
    }

    /// Reads a recipe of the operator's own.
    ///
    /// # Errors
    /// [`RecipeError`] if the file cannot be read or is no recipe.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| RecipeError::File(path.to_owned(), error))?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, RecipeError> {
        let recipe: Self = basic_toml::from_str(text)
            .map_err(|source| RecipeError::Syntax { path: path.to_owned(), source })?;
        match recipe.problem() {
            Some(reason) => Err(RecipeError::Invalid { name: recipe.name, reason }),
            None => Ok(recipe),
        }
    }

    fn problem(&self) -> Option<&'static str> {
        let has = |role| self.files.iter().any(|file| file.role == role);
        let mut names: Vec<_> = self.files.iter().map(RecipeFile::name).collect();
        names.sort_unstable();
        if !has(FileRole::Fasta) || !has(FileRole::Gff) {
            Some("it needs a file with role \"fasta\" and one with role \"gff\"")
        } else if names.iter().any(|name| name.is_empty() || name.starts_with('.')) {
            Some("an address does not end with a file name")
        } else if names.windows(2).any(|pair| pair[0] == pair[1]) {
            Some("two files have the same name")
        } else {
            None
        }
    }
}

impl RecipeFile {
    /// The name of the file: the last part of its address.
    pub fn name(&self) -> &str {
        file_name(&self.url)
    }
}

/// The last part of an address.
pub(crate) fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn all_recipes_are_valid_and_different() {
        let recipes = Recipe::all().unwrap();
        let distinct = |key: fn(&Recipe) -> String| recipes.iter().map(key).collect::<HashSet<_>>();
        assert_eq!(distinct(|recipe| recipe.name.clone()).len(), RECIPES.len());
        assert_eq!(distinct(|recipe| recipe.id.to_string()).len(), RECIPES.len());
        for file in recipes.iter().flat_map(|recipe| &recipe.files) {
            let folder = file.url.strip_suffix(file.name()).unwrap();
            assert!(folder.starts_with("https://"), "{file:?}");
            // Checksum files name files of their own folder.
            assert_eq!(
                file.checksums.rsplit_once('/').map(|(f, _)| f.len() + 1),
                Some(folder.len())
            );
            assert!(file.checksums.starts_with(folder), "{file:?}");
        }
        assert!(matches!(Recipe::named("grch99"), Err(RecipeError::Unknown(_))));
        assert_eq!(Recipe::named("t2t").unwrap().id.assembly(), "T2T-CHM13v2.0");
    }

    #[test]
    fn a_recipe_without_models_or_with_file_names_that_collide_is_rejected() {
        let grch38 = include_str!("../recipes/grch38.toml");
        let rejected =
            |text: &str| Recipe::parse(text, Path::new("x.toml")).unwrap_err().to_string();
        assert!(rejected(&grch38.replace("\"gff\"", "\"fasta\"")).contains("role \"gff\""));
        let same = grch38.replace("Homo_sapiens.GRCh38.115.gff3.gz", "a.gz");
        let same = same.replace("Homo_sapiens.GRCh38.dna.primary_assembly.fa.gz", "a.gz");
        assert!(rejected(&same).contains("the same name"));
        assert!(rejected("name = 1").contains("x.toml is not a recipe"));
    }
}
