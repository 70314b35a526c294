//! Reads VCF files: INFO, ID, QUAL and FILTER of each allele.

use super::lines::Lines;
use super::recipe::Recipe;
use super::rows::{AddRowError, RowSink};
use super::{InputError, at_line, line_error};
use crate::metadata::{ColumnKind, Matching};
use crate::row::Value;
use gas_shared::vcf::{Record, parse_record};
use std::collections::HashMap;
use std::path::Path;

/// The frequency from which on an allele is common, as dbSNP defines it.
const FREQUENT: f64 = 0.01;

/// Where the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Id,
    Quality,
    Filter,
    /// An INFO key, with the number of its values.
    Info(Number),
}

/// Number of an INFO definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    PerAlt,
    PerAllele,
    Other,
}

/// Reads a file.
pub(super) fn read(path: &Path, recipe: &Recipe, sink: &mut RowSink<'_>) -> Result<(), InputError> {
    let mut lines = Lines::open(path)?;
    let mut numbers: HashMap<Vec<u8>, Number> = HashMap::new();
    let mut places = None;
    let reader = VcfReader { recipe };
    loop {
        let number = lines.number + 1;
        let Some(line) = lines.next()? else { return Ok(()) };
        if let Some(definition) = line.strip_prefix(b"##INFO=<") {
            if let Some((key, count)) = info_definition(definition) {
                numbers.insert(key, count);
            }
            continue;
        }
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let places: &Places<'_> = match &mut places {
            Some(places) => places,
            none => none.insert(
                Places::new(recipe, &numbers).map_err(|reason| line_error(path, number, reason))?,
            ),
        };
        let record = parse_record(line);
        let record = record.map_err(|e| line_error(path, number, e.at(number).message))?;
        reader.record(&record, places, sink).map_err(at_line(path, number))?;
    }
}

/// The key and the number of values of a definition.
fn info_definition(definition: &[u8]) -> Option<(Vec<u8>, Number)> {
    let field = |name: &[u8]| {
        let fields = definition.split(|b| *b == b',');
        fields.into_iter().find_map(|field| field.strip_prefix(name))
    };
    let number = match field(b"Number=")? {
        b"A" => Number::PerAlt,
        b"R" => Number::PerAllele,
        _ => Number::Other,
    };
    Some((field(b"ID=")?.to_vec(), number))
}

/// Where the values of all columns are.
struct Places<'a> {
    columns: Vec<Place>,
    /// The columns of each INFO key.
    info: HashMap<&'a [u8], Vec<usize>>,
    /// The columns of each INFO key with frequencies that say of which alleles a flag is.
    frequencies: HashMap<&'a [u8], Vec<usize>>,
}

/// The texts of a record by column.
struct Texts<'a> {
    values: Vec<Option<&'a [u8]>>,
    /// Frequencies that say of which alleles a flag is.
    frequencies: Vec<Option<&'a [u8]>>,
}

impl<'a> Places<'a> {
    fn new(recipe: &'a Recipe, numbers: &HashMap<Vec<u8>, Number>) -> Result<Self, String> {
        let mut info: HashMap<&[u8], Vec<usize>> = HashMap::new();
        let mut frequencies: HashMap<&[u8], Vec<usize>> = HashMap::new();
        let mut columns = Vec::new();
        for (n, input) in recipe.columns.iter().enumerate() {
            if let Some(key) = &input.frequencies {
                frequencies.entry(key.as_bytes()).or_default().push(n);
            }
            columns.push(match &input.field[..] {
                "ID" => Place::Id,
                "QUAL" => Place::Quality,
                "FILTER" => Place::Filter,
                field => {
                    let key = field.strip_prefix("INFO/").unwrap_or(field).as_bytes();
                    info.entry(key).or_default().push(n);
                    let number = numbers.get(key).copied();
                    Place::Info(
                        number.ok_or_else(|| format!("the header does not define INFO/{field}"))?,
                    )
                }
            });
        }
        Ok(Self { columns, info, frequencies })
    }
}

struct VcfReader<'a> {
    recipe: &'a Recipe,
}

impl VcfReader<'_> {
    fn record(
        &self,
        record: &Record<'_>,
        places: &Places<'_>,
        sink: &mut RowSink<'_>,
    ) -> Result<(), AddRowError> {
        let alts = record.alt.split(|b| *b == b',');
        if !sink.contig(record.chrom, alts.clone().count() as u64)? {
            return Ok(());
        }
        let position = u32::try_from(record.pos);
        let position = position.map_err(|_| AddRowError::Reason("POS is too large".into()))?;
        let none: Vec<Option<&[u8]>> = vec![None; self.recipe.columns.len()];
        let mut texts = Texts { values: none.clone(), frequencies: none };
        for (text, place) in texts.values.iter_mut().zip(&places.columns) {
            *text = match place {
                Place::Id => Some(record.id),
                Place::Quality => Some(record.qual),
                Place::Filter => Some(record.filter),
                Place::Info(_) => None,
            };
        }
        for field in record.info.split(|b| *b == b';') {
            let equals = field.iter().position(|b| *b == b'=');
            let (key, value) = match equals {
                Some(at) => (&field[..at], &field[at + 1..]),
                None => (field, &b"1"[..]),
            };
            for column in places.info.get(key).into_iter().flatten() {
                texts.values[*column] = Some(value);
            }
            for column in places.frequencies.get(key).into_iter().flatten() {
                texts.frequencies[*column] = Some(value);
            }
        }
        if self.recipe.source.matching == Matching::Position {
            let allele = AltOfRecord { alt: record.alt, number: 0, all: record.alt };
            let values = self.values(&texts, places, &allele, 0)?;
            return sink.place(position, position, &values);
        }
        for (n, alt) in alts.enumerate() {
            if alt == b"." {
                continue;
            }
            let allele = AltOfRecord { alt, number: n, all: record.alt };
            for entry in 0..self.entries(&texts, places, &allele) {
                let values = self.values(&texts, places, &allele, entry)?;
                sink.allele(position, record.reference, alt, &values)?;
            }
        }
        Ok(())
    }

    /// How many rows an allele has: one for each entry that is about it, such as those of SpliceAI for two genes.
    fn entries(&self, texts: &Texts<'_>, places: &Places<'_>, allele: &AltOfRecord<'_>) -> usize {
        let columns = texts.values.iter().zip(&places.columns).zip(&self.recipe.columns);
        let count = |((text, place), input): ((&Option<&[u8]>, &Place), &super::ColumnInput)| {
            let is_entry = *place == Place::Info(Number::Other) && input.part.is_some();
            let text = text.filter(|_| is_entry)?;
            Some(allele.entries_of(text, input.separator.as_deref()).count())
        };
        columns.filter_map(count).max().unwrap_or(1).max(1)
    }

    /// The values of an allele, by the number of the entry about it.
    fn values<'v>(
        &self,
        texts: &Texts<'v>,
        places: &Places<'_>,
        allele: &AltOfRecord<'_>,
        entry: usize,
    ) -> Result<Vec<Value<'v>>, AddRowError> {
        let texts = texts.values.iter().zip(&texts.frequencies);
        let columns = places.columns.iter().zip(&self.recipe.columns);
        let values = texts.zip(columns).map(|((text, frequencies), (place, input))| {
            let Some(text) = *text else {
                let is_flag = input.column.kind == ColumnKind::Flag;
                return Ok(if is_flag { Value::Integer(0) } else { Value::Missing });
            };
            let value = input.value(allele.part_of(text, place, input, entry).unwrap_or_default());
            let value = value.map_err(AddRowError::Reason)?;
            // The flag of a record with several ALTs does not say of which it is.
            let is_of_others = input.frequencies.is_some()
                && value == Value::Integer(1)
                && allele.all.contains(&b',')
                && !allele.is_frequent(frequencies.unwrap_or_default());
            Ok(if is_of_others { Value::Missing } else { value })
        });
        values.collect()
    }
}

/// An ALT of a record.
struct AltOfRecord<'a> {
    alt: &'a [u8],
    /// From 0.
    number: usize,
    /// ALT of the record.
    all: &'a [u8],
}

impl AltOfRecord<'_> {
    /// The part of a column's text that is about this allele, by the number of the entry.
    fn part_of<'t>(
        &self,
        text: &'t [u8],
        place: &Place,
        input: &super::ColumnInput,
        entry: usize,
    ) -> Option<&'t [u8]> {
        let mut parts = text.split(|b| *b == b',');
        match place {
            Place::Info(Number::PerAlt) => parts.nth(self.number),
            Place::Info(Number::PerAllele) => parts.nth(self.number + 1),
            // Entries such as those of SpliceAI begin with the allele that they are about.
            Place::Info(Number::Other) if input.part.is_some() => {
                self.entries_of(text, input.separator.as_deref()).nth(entry)
            }
            _ => Some(text),
        }
    }

    /// Whether it has a frequency of at least [`FREQUENT`] in one of the lists of dbSNP's FREQ:
    /// `1000Genomes:0.98,0.015,0.005|TOPMED:0.97,.,0.03`.
    fn is_frequent(&self, lists: &[u8]) -> bool {
        lists.split(|b| *b == b'|').any(|list| {
            let values = list.iter().rposition(|b| *b == b':').map_or(list, |at| &list[at + 1..]);
            let of_alt = values.split(|b| *b == b',').nth(self.number + 1);
            let number =
                of_alt.and_then(|text| std::str::from_utf8(text).ok()?.parse::<f64>().ok());
            number.is_some_and(|frequency| frequency >= FREQUENT)
        })
    }

    /// The entries of the allele, or the only entry if it does not begin with an allele of the record.
    fn entries_of<'t>(
        &self,
        text: &'t [u8],
        separator: Option<&str>,
    ) -> impl Iterator<Item = &'t [u8]> {
        let separator = separator.unwrap_or_default().as_bytes();
        let is_of = move |entry: &[u8], alt: &[u8]| {
            entry.strip_prefix(alt).is_some_and(|rest| rest.starts_with(separator))
        };
        let has_allele = |entry: &[u8]| self.all.split(|b| *b == b',').any(|alt| is_of(entry, alt));
        let is_only = !text.contains(&b',') && !has_allele(text);
        text.split(|b| *b == b',').filter(move |entry| is_only || is_of(entry, self.alt))
    }
}
