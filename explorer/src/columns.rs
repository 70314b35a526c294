//! How the numeric columns are read from records: the second half of the column registry. Names,
//! labels and filters are in [`gas_shared::explorer::NUMERIC_COLUMNS`].

use gas_shared::explorer::{FREQUENCY, NumericColumn, QUALITY};

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

/// A field that has values of a numeric column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberField {
    /// Position of the column in the registry.
    pub column: u8,
    /// Preference of the field among those of the column; 0 is preferred.
    pub rank: u8,
}

/// Finds the numeric column that an annotation field belongs to.
pub(crate) fn annotation_field(sources: &[NumericSource], name: &str) -> Option<NumberField> {
    (0..).zip(sources).find_map(|(column, source)| {
        let Values::Fields { annotation, .. } = source.values else { return None };
        let rank = annotation.iter().position(|field| *field == name)?;
        Some(NumberField { column, rank: rank as u8 })
    })
}

/// Finds the numeric column that an INFO key belongs to.
#[inline]
pub(crate) fn info_field(sources: &[NumericSource], key: &[u8]) -> Option<NumberField> {
    (0..).zip(sources).find_map(|(column, source)| {
        let Values::Fields { annotation, info } = source.values else { return None };
        let rank = info.iter().position(|field| field.as_bytes() == key)?;
        Some(NumberField { column, rank: (annotation.len() + rank) as u8 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::NUMERIC_COLUMNS;

    #[test]
    fn every_registered_column_has_a_source() {
        let sources: Vec<_> = NUMERIC_SOURCES.iter().map(|source| source.column).collect();
        assert_eq!(sources, NUMERIC_COLUMNS);
    }

    #[test]
    fn annotation_fields_are_preferred_to_info_keys() {
        let annotation = annotation_field(&NUMERIC_SOURCES, "AF").unwrap();
        let info = info_field(&NUMERIC_SOURCES, b"gnomADe_AF").unwrap();
        assert!(annotation.column == info.column && annotation.rank < info.rank);
        assert_eq!(info_field(&NUMERIC_SOURCES, b"DP"), None);
    }
}
