//! The layout of INFO/CSQ (VEP) and INFO/ANN (SnpEff), as the header defines it.

use gas_shared::explorer::{NO_CONSEQUENCE, SoTerm};
use std::collections::HashMap;

/// What a column of the annotation is to the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing.
    Other,
    /// Sequence Ontology terms, `&` between them.
    Consequence,
    /// HIGH to MODIFIER.
    Impact,
    /// Symbol of the gene.
    Symbol,
    /// Identifier of the gene.
    GeneId,
    /// The transcript.
    Feature,
    /// HGVS, coding.
    HgvsC,
    /// HGVS, protein.
    HgvsP,
    /// Identifiers of known variants, `&` between them.
    Existing,
    /// `YES` for Ensembl's canonical transcript.
    Canonical,
    /// `Select`, or a transcript of MANE Select.
    Mane,
    /// A population's frequency; the number is its place in [`FREQUENCY_COLUMNS`].
    Frequency(u8),
}

/// Columns with the frequency of an allele among people, the one to show first.
pub(crate) const FREQUENCY_COLUMNS: [&str; 4] = ["gnomADe_AF", "gnomADg_AF", "gnomAD_AF", "AF"];

/// The annotation's key and columns.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// `CSQ` or `ANN`.
    pub key: &'static str,
    /// The columns' names.
    pub columns: Vec<String>,
    /// What each is to the index.
    pub roles: Vec<Role>,
}

impl Layout {
    /// Finds the definition in a header. CSQ is preferred where both are there.
    pub fn of_header(header: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(header);
        ["CSQ", "ANN"].into_iter().find_map(|key| {
            let start = format!("##INFO=<ID={key},");
            let line = text.lines().find(|line| line.starts_with(&start))?;
            let columns = columns(line)?;
            let roles = columns.iter().map(|name| role(name)).collect();
            Some(Self { key, columns, roles })
        })
    }
}

/// The names after `Format: ` (VEP), or between the quotes (SnpEff).
fn columns(definition: &str) -> Option<Vec<String>> {
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
        _ => FREQUENCY_COLUMNS
            .iter()
            .position(|column| *column == name)
            .map_or(Role::Other, |n| Role::Frequency(n as u8)),
    }
}

/// One allele's and transcript's entry, as far as the index looks at it.
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
    pub frequencies: [&'a [u8]; FREQUENCY_COLUMNS.len()],
    pub canonical: bool,
    pub mane: bool,
}

impl<'a> Entry<'a> {
    /// Cuts an entry into the columns that have a role.
    pub fn read(text: &'a [u8], roles: &[Role]) -> Self {
        let mut entry = Self::default();
        let mut start = 0;
        let ends = memchr::memchr_iter(b'|', text).chain(std::iter::once(text.len()));
        for (end, role) in ends.zip(roles) {
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
                // VEP's MANE column says which set; MANE_SELECT names a transcript.
                Role::Mane => entry.mane |= !value.windows(4).any(|w| w == b"Plus"),
                Role::Frequency(n) => entry.frequencies[usize::from(*n)] = value,
            }
        }
        entry
    }

    /// The gene: its symbol, or its identifier where it has none.
    pub const fn gene(&self) -> &'a [u8] {
        if self.symbol.is_empty() { self.gene_id } else { self.symbol }
    }

    /// Number of the most severe term.
    pub fn severity(&self, terms: &Terms) -> u8 {
        let numbers = self.consequence.split(|b| *b == b'&').map(|term| terms.find(term));
        numbers.min().unwrap_or(Terms::OTHER)
    }

    /// Of entries with their severities, the one with the least of this is what the table shows.
    pub const fn preference(&self, severity: u8) -> (u8, bool, bool) {
        (severity, !self.mane, !self.canonical)
    }
}

/// Numbers of consequence terms, in order of severity.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    names: Vec<String>,
    numbers: HashMap<Vec<u8>, u8>,
}

impl Terms {
    /// Terms that have no number of their own.
    pub const OTHER: u8 = 63;
    /// Records without a consequence. Numbers fit the bits of a `u64`.
    pub const NONE: u8 = 62;

    /// The Sequence Ontology's terms.
    pub fn new() -> Self {
        Self::from_names(SoTerm::ALL.iter().map(|term| term.as_str().to_owned()).collect())
    }

    /// Terms by number.
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

    /// The number of a term, which gets one where it has none and there are some left.
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

    /// The name of a number.
    pub fn name(&self, number: u8) -> &str {
        match number {
            Self::NONE => NO_CONSEQUENCE,
            n => self.names.get(usize::from(n)).map_or("other", String::as_str),
        }
    }

    /// The names by number.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_are_read_from_the_header() {
        let csq = b"##INFO=<ID=CSQ,Number=.,Type=String,Description=\"x. Format: Allele|Consequence|IMPACT|SYMBOL\">\n";
        let layout = Layout::of_header(csq).unwrap();
        assert_eq!((layout.key, layout.columns.len()), ("CSQ", 4));
        assert_eq!(layout.roles[3], Role::Symbol);
        let ann = b"##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation | Gene_Name'\">\n";
        let layout = Layout::of_header(ann).unwrap();
        assert_eq!(layout.columns, ["Allele", "Annotation", "Gene_Name"]);
        assert_eq!(layout.roles, [Role::Other, Role::Consequence, Role::Symbol]);
        assert!(Layout::of_header(b"##fileformat=VCFv4.2\n").is_none());
    }

    #[test]
    fn terms_of_other_annotators_get_numbers_after_ours_until_there_are_none() {
        let mut terms = Terms::new();
        assert_eq!(terms.add(b"transcript_ablation"), 0);
        assert_eq!(terms.add(b"regulatory_region_variant"), SoTerm::ALL.len() as u8);
        for n in 0..100 {
            terms.add(format!("odd_{n}").as_bytes());
        }
        assert_eq!(terms.find(b"odd_99"), Terms::OTHER);
        assert_eq!(terms.name(Terms::OTHER), "other");
        assert_eq!(Terms::from_names(terms.names().to_vec()).find(b"odd_0"), terms.find(b"odd_0"));
    }
}
