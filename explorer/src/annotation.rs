//! The fields of INFO/CSQ (VEP) or INFO/ANN (SnpEff), as the header defines them, and the entries of a
//! record.

use crate::columns::{SourceField, Sources};
use gas_shared::explorer::{Mane, NO_VALUE, OTHER_VALUE, SoTerm};
use hashbrown::HashMap;

/// The meaning of an annotation field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Not used by the index.
    Other,
    /// Sequence Ontology terms, separated by `&`.
    Consequence,
    /// Impact, HIGH to MODIFIER.
    Impact,
    /// Gene symbol.
    Symbol,
    /// Gene ID.
    GeneId,
    /// Transcript.
    Feature,
    /// HGVS coding description.
    HgvsC,
    /// HGVS protein description.
    HgvsP,
    /// Identifiers of co-located variants, separated by `&`.
    Existing,
    /// `YES` for Ensembl's canonical transcript of the gene.
    Canonical,
    /// The name of the transcript's MANE set, or a transcript of MANE Select.
    Mane,
    /// A transcript of MANE Plus Clinical.
    ManePlusClinical,
    /// `1` for the annotation that VEP or GAS picked.
    Pick,
    /// Exons and their number.
    Exon,
    /// Introns and their number.
    Intron,
    /// Values of a column.
    Column(SourceField),
}

/// The definition of the annotation in the header.
#[derive(Clone, Debug)]
pub(crate) struct AnnotationDefinition {
    /// `CSQ` or `ANN`.
    pub key: &'static str,
    /// Names of the fields.
    pub fields: Vec<String>,
    /// Meanings of the fields.
    pub roles: Vec<Role>,
    /// The field from which on all have values of columns, or are not used.
    pub tail: usize,
}

/// The tails of the entries of a record, which start at a field: every transcript of an allele repeats its values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tails<'a> {
    start: usize,
    last: Option<&'a [u8]>,
}

impl Tails<'_> {
    /// The tails from a field on, of no entry yet.
    pub const fn new(start: usize) -> Self {
        Self { start, last: None }
    }
}

impl AnnotationDefinition {
    /// Reads the definition in a header; CSQ is preferred to ANN. No field belongs to a column yet.
    pub fn of_header(header: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(header);
        ["CSQ", "ANN"].into_iter().find_map(|key| {
            let start = format!("##INFO=<ID={key},");
            let line = text.lines().find(|line| line.starts_with(&start))?;
            let fields = field_names(line)?;
            let roles = fields.iter().map(|name| role(name)).collect();
            let tail = fields.len();
            Some(Self { key, fields, roles, tail })
        })
    }

    /// Assigns the fields to the columns that have their values.
    pub fn assign(&mut self, sources: &Sources) {
        for (role, name) in self.roles.iter_mut().zip(&self.fields) {
            if let (Role::Other, Some(field)) = (*role, sources.annotation_field(name)) {
                *role = Role::Column(field);
            }
        }
        let is_of_entry = |role: &Role| !matches!(role, Role::Other | Role::Column(_));
        self.tail = self.roles.iter().rposition(is_of_entry).map_or(0, |last| last + 1);
    }
}

/// The names after `Format: ` (VEP) or between the quotes (SnpEff).
fn field_names(definition: &str) -> Option<Vec<String>> {
    let (_, description) = definition.split_once("Description=\"")?;
    let description = description.trim_end().trim_end_matches('>').trim_end_matches('"');
    let names = match description.split_once("Format: ") {
        Some((_, names)) => names,
        None => description.split_once('\'').map_or(description, |(_, names)| names),
    };
    let names = names.trim().trim_matches('\'');
    names.contains('|').then(|| names.split('|').map(|name| name.trim().to_owned()).collect())
}

fn role(name: &str) -> Role {
    match name {
        "Consequence" | "Annotation" => Role::Consequence,
        "IMPACT" | "Annotation_Impact" => Role::Impact,
        "SYMBOL" | "Gene_Name" => Role::Symbol,
        "Gene" | "Gene_ID" => Role::GeneId,
        "Feature" | "Feature_ID" => Role::Feature,
        "HGVSc" | "HGVS.c" => Role::HgvsC,
        "HGVSp" | "HGVS.p" => Role::HgvsP,
        "Existing_variation" => Role::Existing,
        "CANONICAL" => Role::Canonical,
        "MANE" | "MANE_SELECT" => Role::Mane,
        "MANE_PLUS_CLINICAL" => Role::ManePlusClinical,
        "PICK" => Role::Pick,
        "EXON" => Role::Exon,
        "INTRON" => Role::Intron,
        _ => Role::Other,
    }
}

/// The annotation of one allele and one transcript, as far as the index uses it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry<'a> {
    pub consequence: &'a [u8],
    pub impact: &'a [u8],
    pub symbol: &'a [u8],
    pub gene_id: &'a [u8],
    pub feature: &'a [u8],
    pub hgvs_c: &'a [u8],
    pub hgvs_p: &'a [u8],
    pub existing: &'a [u8],
    pub exon: &'a [u8],
    pub intron: &'a [u8],
    pub canonical: bool,
    pub mane: Option<Mane>,
    pub picked: bool,
}

impl<'a> Entry<'a> {
    /// Splits an entry into its fields. Fields of columns that are not empty are passed to `on_field`.
    pub fn read(
        text: &'a [u8],
        roles: &[Role],
        on_field: impl FnMut(SourceField, &'a [u8]),
    ) -> Self {
        Self::read_next(text, roles, &mut Tails::new(roles.len()), on_field)
    }

    /// As [`Self::read`], of the next entry of a record. The fields of a tail that equals that of the entry before are not
    /// passed again.
    pub fn read_next(
        text: &'a [u8],
        roles: &[Role],
        tails: &mut Tails<'a>,
        mut on_field: impl FnMut(SourceField, &'a [u8]),
    ) -> Self {
        let mut entry = Self::default();
        let mut start = 0;
        let ends = memchr::memchr_iter(b'|', text).chain(std::iter::once(text.len()));
        for (number, (end, role)) in ends.zip(roles).enumerate() {
            if number == tails.start {
                let tail = Some(&text[start..]);
                if std::mem::replace(&mut tails.last, tail) == tail {
                    break;
                }
            }
            let value = &text[start..end];
            start = end + 1;
            if value.is_empty() {
                continue;
            }
            match role {
                Role::Other => {}
                Role::Consequence => entry.consequence = value,
                Role::Impact => entry.impact = value,
                Role::Symbol => entry.symbol = value,
                Role::GeneId => entry.gene_id = value,
                Role::Feature => entry.feature = value,
                Role::HgvsC => entry.hgvs_c = value,
                Role::HgvsP => entry.hgvs_p = value,
                Role::Existing => entry.existing = value,
                Role::Canonical => entry.canonical = value == b"YES",
                Role::Exon => entry.exon = value,
                Role::Intron => entry.intron = value,
                Role::Pick => entry.picked = value == b"1",
                // MANE has the name of the set, MANE_SELECT the name of a transcript.
                Role::Mane if !value.windows(4).any(|w| w == b"Plus") => {
                    entry.mane = Some(Mane::Select)
                }
                Role::Mane | Role::ManePlusClinical => {
                    entry.mane = entry.mane.or(Some(Mane::PlusClinical));
                }
                Role::Column(field) => on_field(*field, value),
            }
        }
        entry
    }

    /// The gene's symbol, or its ID if it has no symbol.
    pub const fn gene(&self) -> &'a [u8] {
        if self.symbol.is_empty() { self.gene_id } else { self.symbol }
    }

    /// The number of the most severe term.
    pub fn severity(&self, terms: &TermNumbers) -> u8 {
        let numbers = self.consequence.split(|b| *b == b'&').map(|term| terms.find(term));
        numbers.min().unwrap_or(TermNumbers::OTHER)
    }

    /// The rank of the entry, given its severity: the table shows the entry with the lowest rank. The picked entry is
    /// preferred among the most severe ones only, so that the transcript of a row is one with the row's consequence.
    pub const fn preference(&self, severity: u8) -> Preference {
        (severity, !self.picked, !matches!(self.mane, Some(Mane::Select)), !self.canonical)
    }
}

/// Severity; not picked, not MANE Select, not canonical.
pub(crate) type Preference = (u8, bool, bool, bool);

/// Sequence Ontology terms of consequences, numbered by severity.
#[derive(Clone, Debug)]
pub(crate) struct TermNumbers {
    names: Vec<String>,
    numbers: HashMap<Vec<u8>, u8>,
}

impl TermNumbers {
    /// The number of all terms beyond the limit of numbers.
    pub const OTHER: u8 = 63;
    /// The number for records without a consequence. All numbers fit into the bits of a `u64`.
    pub const NONE: u8 = 62;

    /// The terms that GAS knows.
    pub fn new() -> Self {
        Self::from_names(SoTerm::ALL.iter().map(|term| term.as_str().to_owned()).collect())
    }

    /// The terms of an index, by number.
    pub fn from_names(names: Vec<String>) -> Self {
        let numbered = names.iter().zip(0u8..Self::NONE);
        let numbers = numbered.map(|(name, n)| (name.clone().into_bytes(), n)).collect();
        Self { names, numbers }
    }

    /// The number of a term.
    #[inline]
    pub fn find(&self, term: &[u8]) -> u8 {
        self.numbers.get(term).copied().unwrap_or(Self::OTHER)
    }

    /// The number of a term. An unknown term gets the next number, if there is one left.
    #[inline]
    pub fn add(&mut self, term: &[u8]) -> u8 {
        match self.numbers.get(term) {
            Some(n) => *n,
            None if self.names.len() < usize::from(Self::NONE) => {
                let n = self.names.len() as u8;
                self.names.push(String::from_utf8_lossy(term).into_owned());
                self.numbers.insert(term.to_vec(), n);
                n
            }
            None => Self::OTHER,
        }
    }

    /// The term of a number.
    pub fn name(&self, number: u8) -> &str {
        match number {
            Self::NONE => NO_VALUE,
            n => self.names.get(usize::from(n)).map_or(OTHER_VALUE, String::as_str),
        }
    }

    /// The terms by number.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::ColumnSet;
    use gas_shared::source::{SourceColumn, SourceColumnKind};

    #[test]
    fn csq_and_ann_are_read_from_the_header() {
        let csq = b"##INFO=<ID=CSQ,Number=.,Type=String,Description=\"x. Format: Allele|Consequence|IMPACT|SYMBOL\">\n";
        let format = AnnotationDefinition::of_header(csq).unwrap();
        assert_eq!((format.key, format.fields.len()), ("CSQ", 4));
        assert_eq!(format.roles[3], Role::Symbol);
        let ann = b"##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation | Gene_Name'\">\n";
        let format = AnnotationDefinition::of_header(ann).unwrap();
        assert_eq!(format.fields, ["Allele", "Annotation", "Gene_Name"]);
        assert_eq!(format.roles, [Role::Other, Role::Consequence, Role::Symbol]);
        assert!(AnnotationDefinition::of_header(b"##fileformat=VCFv4.2\n").is_none());
    }

    #[test]
    fn equal_ends_of_entries_are_read_once() {
        let header = b"##INFO=<ID=CSQ,Number=.,Type=String,Description=\"x. Format: Allele|A|Consequence|B|C\">\n";
        let mut format = AnnotationDefinition::of_header(header).unwrap();
        assert_eq!(format.tail, 5);
        let columns = ["A", "B"].map(|name| SourceColumn {
            name: name.to_owned(),
            source: "S".to_owned(),
            kind: SourceColumnKind::Integer,
            description: String::new(),
        });
        format.assign(&Sources::of(&ColumnSet::of(columns), &format.fields));
        assert_eq!(format.tail, 3);
        let mut tails = Tails::new(format.tail);
        let mut found = Vec::new();
        for text in ["G|1|x|7|", "G|1|y|7|", "G|2|x", "G|1|x|7|", "T||z|8|q", "T||z"] {
            let entry = Entry::read_next(text.as_bytes(), &format.roles, &mut tails, |_, value| {
                found.push(String::from_utf8_lossy(value).into_owned());
            });
            assert_eq!(entry.consequence, text.split('|').nth(2).unwrap().as_bytes());
        }
        assert_eq!(found, ["1", "7", "1", "2", "1", "8"]);
    }

    #[test]
    fn terms_of_other_annotators_get_the_numbers_that_are_left() {
        let mut terms = TermNumbers::new();
        assert_eq!(terms.add(b"transcript_ablation"), 0);
        assert_eq!(terms.add(b"regulatory_region_variant"), SoTerm::ALL.len() as u8);
        for n in 0..100 {
            terms.add(format!("odd_{n}").as_bytes());
        }
        assert_eq!(terms.find(b"odd_99"), TermNumbers::OTHER);
        assert_eq!(terms.name(TermNumbers::OTHER), "other");
        assert_eq!(
            TermNumbers::from_names(terms.names().to_vec()).find(b"odd_0"),
            terms.find(b"odd_0")
        );
    }
}
