//! The reference implementation: answers queries by reading every line, and shares no code with the
//! index.
#![allow(dead_code, reason = "each test file uses part of this")]

pub mod files;

use gas_shared::explorer::{
    CONSEQUENCE, CategoryColumn, Direction, FILTER, Filter, IMPACT, Impact, NO_VALUE, RS_ID, Scope,
    SoTerm, Sort, SortKey, Substitution, VARIANT_TYPE, VariantType, contig_alias,
};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A record, parsed with string operations.
#[derive(Clone, Debug)]
pub struct Naive {
    pub line: String,
    pub chrom: String,
    pub pos: u64,
    pub end: u64,
    pub genes: BTreeSet<String>,
    pub gene: Option<String>,
    pub terms: BTreeSet<String>,
    pub consequence: Option<String>,
    pub impact: Option<Impact>,
    pub types: BTreeSet<VariantType>,
    pub substitutions: Vec<Substitution>,
    pub ids: Vec<String>,
    /// By name of the column.
    pub frequencies: [(&'static str, Vec<f32>); 3],
    pub quality: Option<f32>,
    pub lengths: Vec<i32>,
    pub filters: Vec<String>,
}

/// Header lines and records of a VCF text.
pub fn read(text: &str) -> (Vec<String>, Vec<Naive>) {
    let lines = text.lines().filter(|line| !line.is_empty()).map(str::to_owned);
    let (header, records): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('#'));
    let definition = header.iter().find(|l| l.contains("<ID=CSQ,") || l.contains("<ID=ANN,"));
    let columns: Vec<String> = definition.map_or_else(Vec::new, |line| {
        let start = line.find("Format: ").map(|n| n + 8).or(line.find('\'').map(|n| n + 1));
        let names = line[start.unwrap()..].trim_end_matches(['>', '"', '\'', ' ']);
        names.split('|').map(|name| name.trim().to_owned()).collect()
    });
    let records = records.iter().map(|line| Naive::read(line, &columns)).collect();
    (header, records)
}

pub fn severity(term: &str) -> usize {
    SoTerm::ALL.iter().position(|known| known.as_str() == term).unwrap()
}

/// Severity, not picked, not MANE Select, not canonical: the entry with the least preference is shown.
type Preference = (Option<usize>, bool, bool, bool);

impl Naive {
    fn read(line: &str, columns: &[String]) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let info: Vec<(&str, &str)> =
            fields[7].split(';').map(|f| f.split_once('=').unwrap_or((f, ""))).collect();
        let get = |key: &str| info.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
        let annotation = get("CSQ").or(get("ANN")).unwrap_or_default();
        let entries: Vec<Vec<&str>> = annotation
            .split(',')
            .filter(|entry| !entry.is_empty())
            .map(|entry| entry.split('|').collect())
            .collect();
        let column = |entry: &[&str], names: [&str; 2]| -> String {
            let n = columns.iter().position(|c| names.contains(&c.as_str()));
            n.and_then(|n| entry.get(n)).map_or_else(String::new, |value| (*value).to_owned())
        };
        let mut record = Self {
            line: line.to_owned(),
            chrom: fields[0].to_owned(),
            pos: fields[1].parse().unwrap(),
            end: 0,
            genes: BTreeSet::new(),
            gene: None,
            terms: BTreeSet::new(),
            consequence: None,
            impact: None,
            types: BTreeSet::new(),
            substitutions: Vec::new(),
            ids: Vec::new(),
            frequencies: Default::default(),
            quality: fields[5].parse().ok(),
            lengths: Vec::new(),
            filters: fields[6].split(';').map(str::to_owned).collect(),
        };
        record.read_alleles(fields[3], fields[4], get("END"), get("SVLEN"));
        record.read_entries(&entries, &column);
        let existing = entries.iter().map(|entry| column(entry, ["Existing_variation", ""]));
        let existing = existing.collect::<Vec<_>>().join("&");
        let ids = fields[2].split(';').chain(existing.split('&')).map(str::to_owned);
        record.ids = ids.filter(|id| !id.is_empty() && id != ".").collect();
        let of_people = entries.iter().map(|entry| column(entry, ["AF", ""]));
        let of_people = of_people.collect::<Vec<_>>().join("&");
        let of_info = |key| numbers(get(key).unwrap_or_default());
        record.frequencies = [
            ("AF", numbers(&of_people)),
            ("gnomAD_AF", of_info("gnomAD_AF")),
            ("file_frequency", of_info("AF")),
        ];
        let of_file = &mut record.frequencies[2].1;
        if let ([], &[number]) = (&of_file[..], &of_info("AN")[..]) {
            // These counts are small enough for single precision.
            of_file.extend(of_info("AC").into_iter().map(|count| count / number));
        }
        record
    }

    fn read_alleles(&mut self, reference: &str, alts: &str, end: Option<&str>, sv: Option<&str>) {
        self.end = self.pos + reference.len() as u64 - 1;
        let mut sv = sv.map(|text| text.split(','));
        for alt in alts.split(',') {
            let length = sv.as_mut().and_then(Iterator::next).and_then(|n| n.parse::<i32>().ok());
            if alt.contains(['<', '[', ']']) {
                self.types.insert(VariantType::Structural);
                self.lengths.extend(length);
                let end = end.and_then(|end| end.parse().ok()).unwrap_or(0);
                self.end = self.end.max(end);
                continue;
            }
            if alt == "*" || alt == "." {
                self.types.insert(VariantType::Other);
                continue;
            }
            let (reference, alt) = without_padding(reference, alt);
            if !(reference.is_empty() && alt.is_empty()) {
                self.lengths.push(alt.len() as i32 - reference.len() as i32);
            }
            let kind = match alt.len().cmp(&reference.len()) {
                Ordering::Equal if alt.is_empty() => VariantType::Other,
                Ordering::Equal if alt.len() == 1 => {
                    let purine = |base: &str| "AG".contains(&base.to_ascii_uppercase());
                    let transition = purine(reference) == purine(alt) && reference != alt;
                    self.substitutions.push(if transition {
                        Substitution::Transition
                    } else {
                        Substitution::Transversion
                    });
                    VariantType::Snv
                }
                Ordering::Equal => VariantType::Mnv,
                Ordering::Greater if alt.starts_with(reference) => VariantType::Insertion,
                Ordering::Less if reference.starts_with(alt) => VariantType::Deletion,
                _ => VariantType::Indel,
            };
            self.types.insert(kind);
        }
    }

    fn read_entries(
        &mut self,
        entries: &[Vec<&str>],
        column: &dyn Fn(&[&str], [&str; 2]) -> String,
    ) {
        let mut best: Option<(Preference, Option<String>, String)> = None;
        for entry in entries {
            let terms = column(entry, ["Consequence", "Annotation"]);
            self.terms.extend(terms.split('&').map(str::to_owned));
            let gene = column(entry, ["SYMBOL", "Gene_Name"]);
            let id = column(entry, ["Gene", "Gene_ID"]);
            let gene = if gene.is_empty() { id } else { gene };
            if !gene.is_empty() {
                self.genes.insert(gene.clone());
            }
            let impact = column(entry, ["IMPACT", "Annotation_Impact"]);
            let impact = Impact::ALL.into_iter().find(|i| i.as_str() == impact);
            self.impact = self.impact.into_iter().chain(impact).min();
            let rank = terms.split('&').map(severity).min();
            let other = column(entry, ["MANE", "MANE_SELECT"]) != "Select";
            let unpicked = column(entry, ["PICK", ""]) != "1";
            let key = (rank, unpicked, other, column(entry, ["CANONICAL", ""]) != "YES");
            if best.as_ref().is_none_or(|(best, ..)| key < *best) {
                let gene = (!gene.is_empty()).then_some(gene);
                best = Some((key, gene, terms));
            }
        }
        if let Some((_, gene, terms)) = best {
            self.gene = gene;
            self.consequence = terms.split('&').min_by_key(|t| severity(t)).map(str::to_owned);
        }
    }

    pub fn has_rs_id(&self) -> bool {
        self.ids.iter().any(|id| id.starts_with("rs") && id[2..].parse::<u64>().is_ok())
    }

    fn numbers(&self, column: &str) -> &[f32] {
        match column {
            "quality" => self.quality.as_slice(),
            // The frequency in a population, of the preferred source.
            "frequency" => self.numbers("gnomAD_AF"),
            name => {
                let known = self.frequencies.iter().find(|(known, _)| *known == name);
                known.map_or(&[], |(_, values)| values)
            }
        }
    }

    /// The value that the table shows.
    pub fn number(&self, column: &str) -> Option<f32> {
        self.numbers(column).iter().copied().min_by(f32::total_cmp)
    }

    pub fn matches(&self, filter: &Filter) -> bool {
        let lower = |text: &String| text.to_ascii_lowercase();
        let any = |list: &[String], one: &dyn Fn(&str) -> bool| {
            list.is_empty() || list.iter().any(|wanted| one(&wanted.to_ascii_lowercase()))
        };
        let regions = filter.regions.is_empty()
            || filter.regions.iter().any(|region| {
                let (start, end) = region.span.unwrap_or((0, u32::MAX));
                contig_alias(&region.contig) == contig_alias(&self.chrom)
                    && self.pos <= end.into()
                    && self.end >= start.into()
            });
        let genes = any(&filter.genes, &|wanted| self.genes.iter().any(|g| lower(g) == wanted));
        let terms: Vec<&String> = match filter.scope {
            Scope::MostSevere => self.consequence.iter().collect(),
            Scope::AnyTranscript => self.terms.iter().collect(),
        };
        let consequences = matches_values(filter, &CONSEQUENCE, |wanted| {
            terms.iter().any(|term| *term == wanted) || (wanted == NO_VALUE && terms.is_empty())
        });
        let ids = any(&filter.ids, &|wanted| self.ids.iter().any(|id| lower(id) == wanted));
        let text = lower(&filter.text);
        let texts = self.ids.iter().chain(&self.genes);
        let text = text.is_empty() || texts.into_iter().any(|t| lower(t).contains(&text));
        let filters =
            matches_values(filter, &FILTER, |wanted| self.filters.iter().any(|f| f == wanted));
        regions && genes && consequences && ids && text && filters && self.matches_numbers(filter)
    }

    fn matches_numbers(&self, filter: &Filter) -> bool {
        let impacts = matches_values(filter, &IMPACT, |wanted| {
            self.impact.is_some_and(|impact| impact.as_str().eq_ignore_ascii_case(wanted))
        });
        let types = matches_values(filter, &VARIANT_TYPE, |wanted| {
            self.types.iter().any(|kind| kind.as_str() == wanted)
        });
        let substitution = filter.substitution.is_none_or(|s| self.substitutions.contains(&s));
        let rs_id = matches_values(filter, &RS_ID, |wanted| (wanted == "yes") == self.has_rs_id());
        let ranges = filter.ranges.iter().all(|(column, range)| match self.numbers(column) {
            [] => range.or_missing,
            values => values.iter().any(|value| range.contains(*value)),
        });
        let length =
            filter.length.is_none_or(|range| self.lengths.iter().any(|n| range.contains(*n)));
        impacts && types && substitution && rs_id && ranges && length
    }
}

/// Whether a record has one of the values of a criterion, if there is one.
fn matches_values(filter: &Filter, column: &CategoryColumn, has: impl Fn(&str) -> bool) -> bool {
    let wanted = filter.categories.values(column);
    wanted.is_empty() || wanted.iter().any(|wanted| has(wanted))
}

fn numbers(list: &str) -> Vec<f32> {
    list.split([',', '&']).filter_map(|item| item.parse().ok()).collect()
}

/// The numbers of the matching records in sort order, by a stable sort of all records.
pub fn ordered(records: &[Naive], filter: &Filter, sort: &Sort) -> Vec<u64> {
    let numbered = records.iter().enumerate().filter(|(_, record)| record.matches(filter));
    let mut rows: Vec<(usize, &Naive)> = numbered.collect();
    let mut contigs: Vec<&str> = Vec::new();
    for record in records {
        if !contigs.contains(&record.chrom.as_str()) {
            contigs.push(&record.chrom);
        }
    }
    let contig = |record: &Naive| contigs.iter().position(|name| *name == record.chrom);
    let severity_of = |r: &Naive| r.impact.map(|i| (i, r.consequence.as_deref().map(severity)));
    rows.sort_by(|(_, a), (_, b)| {
        let (missing, order) = match &sort.key {
            SortKey::Position => (Ordering::Equal, (contig(a), a.pos).cmp(&(contig(b), b.pos))),
            // The generated results have no values of other columns.
            SortKey::Column(column) => floats(a.number(column), b.number(column)),
            SortKey::Gene => (a.gene.is_none().cmp(&b.gene.is_none()), a.gene.cmp(&b.gene)),
            SortKey::Impact => {
                (a.impact.is_none().cmp(&b.impact.is_none()), severity_of(a).cmp(&severity_of(b)))
            }
        };
        let order = if sort.direction == Direction::Descending { order.reverse() } else { order };
        missing.then(order)
    });
    rows.into_iter().map(|(n, _)| n as u64).collect()
}

fn floats(a: Option<f32>, b: Option<f32>) -> (Ordering, Ordering) {
    let missing = a.is_none().cmp(&b.is_none());
    (missing, a.unwrap_or(0.0).total_cmp(&b.unwrap_or(0.0)))
}

/// Removes the bases that two alleles share at their end, then those at their start, one at a time.
fn without_padding<'a>(mut reference: &'a str, mut alt: &'a str) -> (&'a str, &'a str) {
    let same = |a: Option<char>, b: Option<char>| {
        a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(&b))
    };
    while same(reference.chars().next_back(), alt.chars().next_back()) {
        (reference, alt) = (&reference[..reference.len() - 1], &alt[..alt.len() - 1]);
    }
    while same(reference.chars().next(), alt.chars().next()) {
        (reference, alt) = (&reference[1..], &alt[1..]);
    }
    (reference, alt)
}
