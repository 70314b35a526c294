//! The columns that the header of a result declares: those of sources (`##GAS_SOURCE_COLUMN`), and fields that VEP and
//! others write without a declaration.

use crate::header::cut;
use crate::limits::{DESCRIPTION_BYTES, SOURCE_BYTES};
use gas_shared::explorer::{ColumnSet, MAX_SOURCE_COLUMNS, is_clinical_significance};
use gas_shared::source::{SOURCE_COLUMN_KEY, SourceColumn, SourceColumnKind};

/// Collects the columns from the lines of a header.
#[derive(Debug, Default)]
pub(crate) struct DeclaredColumns {
    declared: Vec<SourceColumn>,
    left_out: u64,
    /// The line in which VEP states the versions of its sources.
    vep: String,
    /// Undeclared INFO keys that are known.
    info: Vec<SourceColumn>,
}

/// INFO keys with the frequency in a population, and its source.
const INFO_FREQUENCIES: [(&str, &str); 7] = [
    ("gnomADe_AF", "gnomAD exomes"),
    ("gnomADg_AF", "gnomAD genomes"),
    ("gnomAD_AF", "gnomAD"),
    ("AF_gnomad", "gnomAD"),
    ("1000G_AF", "1000 Genomes"),
    ("1KG_AF", "1000 Genomes"),
    ("GMAF", "dbSNP"),
];

/// Fields of VEP: their source, its key in the line of versions, and their type. Frequencies in populations
/// (`gnomADe_AFR_AF`) have the source of their prefix.
const FIELDS: [(&str, &str, &str, SourceColumnKind); 21] = {
    use SourceColumnKind::{Category, Float, Text};
    [
        ("AF", "1000 Genomes", "1000genomes", Float),
        ("AFR_AF", "1000 Genomes", "1000genomes", Float),
        ("AMR_AF", "1000 Genomes", "1000genomes", Float),
        ("EAS_AF", "1000 Genomes", "1000genomes", Float),
        ("EUR_AF", "1000 Genomes", "1000genomes", Float),
        ("SAS_AF", "1000 Genomes", "1000genomes", Float),
        ("MAX_AF", "1000 Genomes and gnomAD", "", Float),
        ("MAX_AF_POPS", "1000 Genomes and gnomAD", "", Category),
        ("CLIN_SIG", "ClinVar", "ClinVar", Category),
        ("SIFT", "SIFT", "sift", Text),
        ("PolyPhen", "PolyPhen", "polyphen", Text),
        ("CADD_PHRED", "CADD", "", Float),
        ("CADD_RAW", "CADD", "", Float),
        ("REVEL", "REVEL", "", Float),
        ("am_pathogenicity", "AlphaMissense", "", Float),
        ("am_class", "AlphaMissense", "", Category),
        ("LOEUF", "gnomAD constraint", "", Float),
        ("SpliceAI_pred_DS_AG", "SpliceAI", "", Float),
        ("SpliceAI_pred_DS_AL", "SpliceAI", "", Float),
        ("SpliceAI_pred_DS_DG", "SpliceAI", "", Float),
        ("SpliceAI_pred_DS_DL", "SpliceAI", "", Float),
    ]
};

/// Prefixes of the frequencies of gnomAD, and what VEP calls the source in its line of versions.
const GNOMAD: [(&str, &str, &str); 3] = [
    ("gnomADe_", "gnomAD exomes", "gnomADe"),
    ("gnomADg_", "gnomAD genomes", "gnomADg"),
    ("gnomAD_", "gnomAD exomes", "gnomAD"),
];

impl DeclaredColumns {
    /// Reads a line of the header, without its line end.
    pub fn push(&mut self, line: &[u8]) {
        let Some(definition) = line.strip_prefix(b"##") else { return };
        if definition.starts_with(SOURCE_COLUMN_KEY.as_bytes()) {
            match SourceColumn::parse(line) {
                Some(_) if self.declared.len() == MAX_SOURCE_COLUMNS => self.left_out += 1,
                Some(column) => self.declared.push(SourceColumn {
                    source: cut(column.source.as_bytes(), SOURCE_BYTES),
                    description: cut(column.description.as_bytes(), DESCRIPTION_BYTES),
                    ..column
                }),
                // Not a column, or one that a later version declares.
                None => self.left_out += 1,
            }
        } else if definition.starts_with(b"VEP=") {
            self.vep = cut(definition, 4 * DESCRIPTION_BYTES);
        } else if let Some(fields) = definition.strip_prefix(b"INFO=<ID=") {
            let key = &fields[..memchr::memchr(b',', fields).unwrap_or(fields.len())];
            let frequency = INFO_FREQUENCIES.iter().find(|(known, _)| known.as_bytes() == key);
            if let Some((key, source)) = frequency {
                self.info.push(column(
                    key,
                    format!("{source}, INFO of the file"),
                    SourceColumnKind::Float,
                ));
            } else if key == b"CLNSIG" {
                self.info.push(column(
                    "CLNSIG",
                    "INFO of the file".to_owned(),
                    SourceColumnKind::Category,
                ));
            }
        }
    }

    /// The columns of a result whose annotation has some fields; `key` is that of the annotation in INFO.
    pub fn into_set(self, key: &str, fields: &[String]) -> ColumnSet {
        let of_fields =
            fields.iter().filter_map(|field| self.of_field(key, field)).collect::<Vec<_>>();
        let declared = self.declared.iter().cloned();
        let mut columns: Vec<SourceColumn> = declared.chain(of_fields).collect();
        for column in self.info {
            // One column has the clinical significance: what the annotation says about it is preferred.
            let is_known = |known: &SourceColumn| {
                known.name == column.name
                    || (is_clinical_significance(&known.name)
                        && is_clinical_significance(&column.name))
            };
            if !columns.iter().any(is_known) {
                columns.push(column);
            }
        }
        let set = ColumnSet::of(columns);
        let left_out = set.left_out() + self.left_out;
        set.with_left_out(left_out)
    }

    /// The column of a field that is not declared.
    fn of_field(&self, key: &str, field: &str) -> Option<SourceColumn> {
        let known = FIELDS.iter().find(|(name, ..)| *name == field);
        let known = known.map(|(_, source, version, kind)| (*source, *version, *kind));
        let of_gnomad = || {
            let is_frequency = field.ends_with("AF");
            let (_, source, version) =
                GNOMAD.iter().find(|(prefix, ..)| field.starts_with(prefix) && is_frequency)?;
            Some((*source, *version, SourceColumnKind::Float))
        };
        let (source, version, kind) = known.or_else(of_gnomad)?;
        if self.declared.iter().any(|column| column.name == field) {
            return None;
        }
        // Others than VEP may mean something else by the short names.
        let source = match (self.vep.is_empty(), self.version(version)) {
            (true, _) if field.ends_with("AF") && !field.starts_with("gnomAD") => key.to_owned(),
            (_, Some(version)) => format!("{source} {version}"),
            (_, None) => source.to_owned(),
        };
        Some(column(field, source, kind))
    }

    /// The version of a source that VEP states: `4.1` of `gnomADe="v4.1"`.
    fn version(&self, key: &str) -> Option<&str> {
        let (_, rest) = self.vep.split_once(&format!(" {key}=\"")).filter(|_| !key.is_empty())?;
        let (version, _) = rest.split_once('"')?;
        let version = version.strip_prefix(['v', 'r']).unwrap_or(version);
        (!version.is_empty() && version.len() <= SOURCE_BYTES).then_some(version)
    }
}

fn column(name: &str, source: String, kind: SourceColumnKind) -> SourceColumn {
    SourceColumn { name: name.to_owned(), source, kind, description: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(lines: &[&str], fields: &[&str]) -> ColumnSet {
        let mut declared = DeclaredColumns::default();
        lines.iter().for_each(|line| declared.push(line.as_bytes()));
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        declared.into_set("CSQ", &fields)
    }

    fn labels(set: &ColumnSet) -> Vec<&str> {
        set.numeric().iter().skip(2).map(|column| &*column.label).collect()
    }

    #[test]
    fn fields_of_vep_have_the_versions_that_its_header_states() {
        let vep = "##VEP=\"v115\" time=\"2025\" 1000genomes=\"phase3\" ClinVar=\"202502\" gnomADe=\"v4.1\" gnomADg=\"v4.1\"";
        let fields = ["Allele", "AF", "gnomADe_AF", "gnomADe_AFR_AF", "MAX_AF", "CLIN_SIG", "SIFT"];
        let found = set(&[vep], &fields);
        assert_eq!(
            labels(&found),
            [
                "AF (1000 Genomes phase3)",
                "AF (gnomAD exomes 4.1)",
                "AFR AF (gnomAD exomes 4.1)",
                "Highest AF (1000 Genomes and gnomAD)"
            ]
        );
        assert_eq!(found.category("clinvar").unwrap().label, "ClinVar (ClinVar 202502)");
        assert_eq!(found.texts().iter().map(|text| &*text.name).collect::<Vec<_>>(), ["SIFT"]);
        assert_eq!(labels(&set(&[], &["AF"])), ["AF (CSQ)"]);
    }

    #[test]
    fn declared_columns_come_first_and_info_keys_last() {
        let declared = "##GAS_SOURCE_COLUMN=<ID=AF,Source=\"S 1\",Type=Float,Description=\"x\">";
        let info = "##INFO=<ID=GMAF,Number=1,Type=Float,Description=\"x\">";
        let lines = [info, "##INFO=<ID=CLNSIG,Number=.,Type=String,Description=\"x\">", declared];
        let found = set(&lines, &["AF", "CLIN_SIG"]);
        assert_eq!(labels(&found), ["AF (S 1)", "GMAF (dbSNP, INFO of the file)"]);
        assert_eq!(found.category("clinvar").unwrap().label, "ClinVar (ClinVar)");
        let without = set(&lines[1..2], &[]);
        assert_eq!(without.category("clinvar").unwrap().label, "ClinVar (INFO of the file)");
    }

    #[test]
    fn hostile_declarations_are_bounded() {
        let mut declared = DeclaredColumns::default();
        let long = "x".repeat(100_000);
        for n in 0..1000 {
            let line = format!(
                "##GAS_SOURCE_COLUMN=<ID=c{n},Source=\"{long}\",Type=Float,Description=\"{long}\">"
            );
            declared.push(line.as_bytes());
        }
        declared.push(b"##GAS_SOURCE_COLUMN=<ID=a b,Source=\"x\",Type=Float>");
        let set = declared.into_set("CSQ", &[]);
        assert_eq!((set.sources().len(), set.left_out()), (MAX_SOURCE_COLUMNS, 881));
        let column = &set.sources()[0];
        assert!(column.source.len() < 300 && column.description.len() < 600);
    }
}
