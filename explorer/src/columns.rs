//! How the columns of a result are read from its records: where each of its [`ColumnSet`] has its values.

use crate::format::{ColumnCounts, RowCounts};
use gas_shared::explorer::{
    CHROMOSOME, CLINVAR, CONSEQUENCE, CategoryColumn, ColumnSet, FILE_FREQUENCY, FILTER, IMPACT,
    MIXED_FREQUENCY, NumericColumn, RS_ID, TextColumn, VARIANT_TYPE,
};
use hashbrown::HashMap;
use std::sync::Arc;

/// The sources of the columns of a result.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The columns.
    pub set: ColumnSet,
    /// Of the numeric columns, at most 255.
    pub numeric: Vec<NumericSource>,
    /// Of the category columns, at most 255.
    pub categories: Vec<CategorySource>,
    /// Of the text columns, at most 255.
    pub texts: Vec<Arc<TextColumn>>,
    annotation: HashMap<Box<[u8]>, SourceField>,
    info: HashMap<Box<[u8]>, SourceField>,
}

/// How a numeric column is read from a record.
#[derive(Debug)]
pub(crate) struct NumericSource {
    /// The column.
    pub column: Arc<NumericColumn>,
    /// Which value of several the table shows and sorts by.
    pub shown: Shown,
}

/// Which of several values of a record the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The lowest.
    Lowest,
    /// The highest.
    Highest,
}

/// How a category column is read from a record.
#[derive(Debug)]
pub(crate) struct CategorySource {
    /// The column.
    pub column: Arc<CategoryColumn>,
    /// Where the values are.
    pub values: Categories,
}

/// Where a record has the values of a category column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Categories {
    /// CHROM.
    Chrom,
    /// FILTER.
    Filter,
    /// The most severe consequence of the annotation.
    MostSevereConsequence,
    /// The highest impact of the annotation.
    HighestImpact,
    /// The types of the alleles.
    AlleleTypes,
    /// Whether an identifier of ID or of the annotation is an rs number.
    HasRsId,
    /// Fields of the annotation or of INFO, with these characters between values. All values count, because a field may
    /// have one per allele.
    Fields(&'static [u8]),
}

/// VEP separates significances by `&`, ClinVar by the others.
const OF_CLINVAR: &[u8] = b"&/|,";

/// Between the values of an allele, and between alleles in INFO.
pub(crate) const OF_SOURCES: &[u8] = b"&,";

/// Where the mixed frequency of indexes up to version 4 is from: the first of these fields that has a number.
const MIXED_ANNOTATION: [&str; 4] = ["gnomADe_AF", "gnomADg_AF", "gnomAD_AF", "AF"];
const MIXED_INFO: [&str; 8] =
    ["gnomADe_AF", "gnomADg_AF", "gnomAD_AF", "AF_gnomad", "1000G_AF", "1KG_AF", "GMAF", "AF"];

impl Sources {
    /// The sources of a set of columns in a result whose annotation has some fields. The values of a column are in one field: in the
    /// annotation if it has a field of this name, else in INFO. A file's own INFO key of the same name may have values of
    /// another source.
    pub fn of(set: &ColumnSet, annotation: &[String]) -> Self {
        let mut sources = Self { set: set.clone(), ..Self::default() };
        for (number, column) in (0..=u8::MAX).zip(set.numeric()) {
            let at = |rank| SourceField::Number { column: number, rank };
            if column.name == MIXED_FREQUENCY.name && column.source.is_none() {
                for (rank, field) in (0..).zip(MIXED_ANNOTATION) {
                    sources.annotation.insert(field.as_bytes().into(), at(rank));
                }
                for (rank, key) in (MIXED_ANNOTATION.len() as u8..).zip(MIXED_INFO) {
                    sources.info.insert(key.as_bytes().into(), at(rank));
                }
            } else if *column.name == *FILE_FREQUENCY.name {
                sources.info.insert(b"AF".as_slice().into(), at(0));
            } else if let Some(source) = &column.source {
                sources.add(&source.name, at(0), annotation);
            }
            // Of a common and a rare allele, the rare one is of interest.
            let shown = if column.is_frequency() { Shown::Lowest } else { Shown::Highest };
            sources.numeric.push(NumericSource { column: column.clone(), shown });
        }
        let mut own = 0;
        for column in set.categories() {
            let values = categories(column);
            if let Categories::Fields(_) = values {
                let at = |rank| SourceField::Category { column: own, rank };
                match &column.source {
                    Some(source) => sources.add(&source.name, at(0), annotation),
                    None => {
                        sources.annotation.insert(b"CLIN_SIG".as_slice().into(), at(0));
                        sources.info.insert(b"CLNSIG".as_slice().into(), at(1));
                    }
                }
                own = own.saturating_add(1);
            }
            sources.categories.push(CategorySource { column: column.clone(), values });
        }
        for (column, text) in (0..=u8::MAX).zip(set.texts()) {
            sources.add(&text.source.name, SourceField::Text { column }, annotation);
            sources.texts.push(text.clone());
        }
        sources
    }

    fn add(&mut self, name: &str, field: SourceField, annotation: &[String]) {
        let is_in_annotation = annotation.iter().any(|known| known == name);
        let fields = if is_in_annotation { &mut self.annotation } else { &mut self.info };
        fields.insert(name.as_bytes().into(), field);
    }

    /// The category columns that are read from fields, in the order of the index, with the characters between values.
    pub fn own_categories(&self) -> impl Iterator<Item = (&Arc<CategoryColumn>, &'static [u8])> {
        self.categories.iter().filter_map(|source| match source.values {
            Categories::Fields(separators) => Some((&source.column, separators)),
            _ => None,
        })
    }

    /// How many columns an index has of a file with some samples.
    pub fn counts(&self, samples: usize) -> ColumnCounts {
        let categories = self.own_categories().count();
        ColumnCounts {
            numeric: self.numeric.len(),
            categories,
            samples,
            of_rows: Some(RowCounts {
                numbers: self.numeric.iter().filter(|known| known.column.source.is_some()).count(),
                texts: self.texts.len() + categories,
            }),
        }
    }

    /// The fields with allele frequencies, in the order of columns and preference.
    pub fn frequency_fields(&self) -> Vec<&str> {
        let fields = self.annotation.iter().chain(&self.info).filter_map(|(name, field)| {
            let SourceField::Number { column, rank } = *field else { return None };
            let is_frequency = self.numeric.get(usize::from(column))?.column.is_frequency();
            Some((column, rank, std::str::from_utf8(name).ok()?)).filter(|_| is_frequency)
        });
        let mut fields: Vec<_> = fields.collect();
        fields.sort_unstable();
        let mut names: Vec<&str> = Vec::new();
        for (_, _, name) in fields {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Finds the column that an annotation field belongs to.
    pub fn annotation_field(&self, name: &str) -> Option<SourceField> {
        self.annotation.get(name.as_bytes()).copied()
    }

    /// Finds the column that an INFO key belongs to.
    #[inline]
    pub fn info_field(&self, key: &[u8]) -> Option<SourceField> {
        self.info.get(key).copied()
    }
}

fn categories(column: &CategoryColumn) -> Categories {
    match &*column.name {
        name if *name == *CHROMOSOME.name => Categories::Chrom,
        name if *name == *FILTER.name => Categories::Filter,
        name if *name == *CONSEQUENCE.name => Categories::MostSevereConsequence,
        name if *name == *IMPACT.name => Categories::HighestImpact,
        name if *name == *VARIANT_TYPE.name => Categories::AlleleTypes,
        name if *name == *RS_ID.name => Categories::HasRsId,
        name if *name == *CLINVAR.name => Categories::Fields(OF_CLINVAR),
        _ => Categories::Fields(OF_SOURCES),
    }
}

/// A field that has values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceField {
    /// Of a numeric column.
    Number {
        /// Position of the column among the numeric ones.
        column: u8,
        /// Preference of the field among those of the column; 0 is preferred.
        rank: u8,
    },
    /// Of a category column.
    Category {
        /// Position of the column among [`Sources::own_categories`].
        column: u8,
        /// As above.
        rank: u8,
    },
    /// Of a text column.
    Text {
        /// Position of the column among the texts.
        column: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::source::{SourceColumn, SourceColumnKind};

    #[test]
    fn only_the_categories_that_rows_have_no_field_for_are_read_from_fields() {
        let sources = Sources::of(&ColumnSet::default(), &[]);
        for CategorySource { column, values } in &sources.categories {
            assert_eq!(column.is_own(), matches!(values, Categories::Fields(_)), "{column:?}");
        }
    }

    #[test]
    fn a_column_of_a_source_has_the_values_of_one_field() {
        let column = SourceColumn {
            name: "gnomADe_AF".to_owned(),
            source: "gnomAD exomes 4.1".to_owned(),
            kind: SourceColumnKind::Float,
            description: String::new(),
        };
        let set = ColumnSet::of([column]);
        let annotation = ["Allele", "gnomADe_AF", "AF"].map(str::to_owned);
        let sources = Sources::of(&set, &annotation);
        let field = Some(SourceField::Number { column: 2, rank: 0 });
        assert_eq!(
            (sources.annotation_field("gnomADe_AF"), sources.annotation_field("AF")),
            (field, None)
        );
        // The file's own key may be from another release.
        assert_eq!(sources.info_field(b"gnomADe_AF"), None);
        assert_eq!(sources.info_field(b"AF"), Some(SourceField::Number { column: 0, rank: 0 }));
        assert_eq!(Sources::of(&set, &[]).info_field(b"gnomADe_AF"), field);
    }
}
