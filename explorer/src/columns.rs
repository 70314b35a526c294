//! How the columns are read from records: the second half of the column registry. Names, labels and
//! filters are in [`gas_shared::explorer::NUMERIC_COLUMNS`] and
//! [`CATEGORY_COLUMNS`](gas_shared::explorer::CATEGORY_COLUMNS).

use crate::format::ColumnCounts;
use gas_shared::explorer::{
    CHROMOSOME, CLINVAR, CONSEQUENCE, CategoryColumn, FILTER, FREQUENCY, IMPACT, NumericColumn,
    QUALITY, RS_ID, VARIANT_TYPE,
};

/// The sources of all columns.
pub static SOURCES: Sources = Sources { numeric: &NUMERIC_SOURCES, categories: &CATEGORY_SOURCES };

/// The sources of a set of columns.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// Of the numeric columns, at most 255.
    pub numeric: &'static [NumericSource],
    /// Of the category columns, at most 255.
    pub categories: &'static [CategorySource],
}

/// The sources of the numeric columns, in the order of the table.
pub static NUMERIC_SOURCES: [NumericSource; 2] = [
    NumericSource {
        column: &FREQUENCY,
        values: Values::Fields {
            annotation: &["gnomADe_AF", "gnomADg_AF", "gnomAD_AF", "AF"],
            // INFO/AF may also be the frequency among the file's own samples.
            info: &[
                "gnomADe_AF",
                "gnomADg_AF",
                "gnomAD_AF",
                "AF_gnomad",
                "1000G_AF",
                "1KG_AF",
                "GMAF",
                "AF",
            ],
        },
        // Of a common and a rare allele, the rare one is of interest.
        shown: Shown::Lowest,
    },
    NumericSource { column: &QUALITY, values: Values::Qual, shown: Shown::Highest },
];

/// How a numeric column is read from a record.
#[derive(Debug)]
pub struct NumericSource {
    /// The column.
    pub column: &'static NumericColumn,
    /// Where the values are.
    pub values: Values,
    /// Which value of several the table shows and sorts by.
    pub shown: Shown,
}

/// Where a record has the values of a numeric column.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// QUAL.
    Qual,
    /// The first of these fields that has a number: fields of CSQ or ANN, then of INFO. All
    /// numbers of that field count, because it may have one per allele.
    Fields {
        /// Names of annotation fields, preferred ones first. Each belongs to one column.
        annotation: &'static [&'static str],
        /// INFO keys, preferred ones first. Each belongs to one column.
        info: &'static [&'static str],
    },
}

/// Which of several values of a record the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The lowest.
    Lowest,
    /// The highest.
    Highest,
}

/// The sources of the category columns, in the order of facets.
pub static CATEGORY_SOURCES: [CategorySource; 7] = [
    CategorySource { column: &IMPACT, values: Categories::HighestImpact },
    CategorySource {
        column: &CLINVAR,
        values: Categories::Fields {
            annotation: &["CLIN_SIG"],
            info: &["CLNSIG"],
            // VEP separates by `&`, ClinVar by the others.
            separators: b"&/|,",
        },
    },
    CategorySource { column: &VARIANT_TYPE, values: Categories::AlleleTypes },
    CategorySource { column: &CONSEQUENCE, values: Categories::MostSevereConsequence },
    CategorySource { column: &RS_ID, values: Categories::HasRsId },
    CategorySource { column: &FILTER, values: Categories::Filter },
    CategorySource { column: &CHROMOSOME, values: Categories::Chrom },
];

/// How a category column is read from a record.
#[derive(Debug)]
pub struct CategorySource {
    /// The column.
    pub column: &'static CategoryColumn,
    /// Where the values are.
    pub values: Categories,
}

/// Where a record has the values of a category column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Categories {
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
    /// The first of these fields that has a value: fields of CSQ or ANN, then of INFO. All values of
    /// that field count, because it may have one per allele.
    Fields {
        /// Names of annotation fields, preferred ones first. Each belongs to one column.
        annotation: &'static [&'static str],
        /// INFO keys, preferred ones first. Each belongs to one column.
        info: &'static [&'static str],
        /// The characters between values.
        separators: &'static [u8],
    },
}

impl Sources {
    /// No columns.
    pub const NONE: Self = Self { numeric: &[], categories: &[] };

    /// The category columns that are read from fields, in the order of the index.
    pub(crate) fn own_categories(&self) -> impl Iterator<Item = &'static CategorySource> {
        let is_own = |source: &&CategorySource| matches!(source.values, Categories::Fields { .. });
        self.categories.iter().filter(is_own)
    }

    /// How many columns an index has of a file with some samples.
    pub(crate) fn counts(&self, samples: usize) -> ColumnCounts {
        let categories = self.own_categories().count();
        ColumnCounts { numeric: self.numeric.len(), categories, samples }
    }

    /// Finds the column that an annotation field belongs to.
    pub(crate) fn annotation_field(&self, name: &str) -> Option<SourceField> {
        self.find(|annotation, _| annotation.iter().position(|field| *field == name))
    }

    /// Finds the column that an INFO key belongs to.
    #[inline]
    pub(crate) fn info_field(&self, key: &[u8]) -> Option<SourceField> {
        self.find(|annotation, info| {
            let rank = info.iter().position(|field| field.as_bytes() == key)?;
            Some(annotation.len() + rank)
        })
    }

    /// The first column of whose annotation fields and INFO keys one is found, by its rank.
    #[inline]
    fn find(
        &self,
        rank: impl Fn(&'static [&'static str], &'static [&'static str]) -> Option<usize>,
    ) -> Option<SourceField> {
        let numeric = (0..).zip(self.numeric).find_map(|(column, source)| {
            let Values::Fields { annotation, info } = source.values else { return None };
            Some(SourceField::Number { column, rank: rank(annotation, info)? as u8 })
        });
        let category = || {
            (0..).zip(self.own_categories()).find_map(|(column, source)| {
                let Categories::Fields { annotation, info, .. } = source.values else {
                    return None;
                };
                Some(SourceField::Category { column, rank: rank(annotation, info)? as u8 })
            })
        };
        numeric.or_else(category)
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::{CATEGORY_COLUMNS, NUMERIC_COLUMNS};

    #[test]
    fn every_registered_column_has_a_source() {
        let sources: Vec<_> = NUMERIC_SOURCES.iter().map(|source| source.column).collect();
        assert_eq!(sources, NUMERIC_COLUMNS);
        let sources: Vec<_> = CATEGORY_SOURCES.iter().map(|source| source.column).collect();
        assert_eq!(sources, CATEGORY_COLUMNS);
        for CategorySource { column, values } in &CATEGORY_SOURCES {
            assert_eq!(column.is_own(), matches!(values, Categories::Fields { .. }), "{column:?}");
        }
    }

    #[test]
    fn annotation_fields_are_preferred_to_info_keys() {
        let rank = |field: Option<SourceField>| match field {
            Some(SourceField::Number { column: 0, rank }) => rank,
            other => panic!("{other:?}"),
        };
        assert!(rank(SOURCES.annotation_field("AF")) < rank(SOURCES.info_field(b"gnomADe_AF")));
        assert_eq!(SOURCES.info_field(b"DP"), None);
    }
}
