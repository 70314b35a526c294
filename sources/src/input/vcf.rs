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
}

impl<'a> Places<'a> {
    fn new(recipe: &'a Recipe, numbers: &HashMap<Vec<u8>, Number>) -> Result<Self, String> {
        let mut info: HashMap<&[u8], Vec<usize>> = HashMap::new();
        let mut columns = Vec::new();
        for (n, input) in recipe.columns.iter().enumerate() {
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
        Ok(Self { columns, info })
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
        let mut texts: Vec<Option<&[u8]>> = vec![None; self.recipe.columns.len()];
        for (text, place) in texts.iter_mut().zip(&places.columns) {
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
                texts[*column] = Some(value);
            }
        }
        if self.recipe.source.matching == Matching::Position {
            let values = self.values(&texts, places, (0, 0), record.alt)?;
            return sink.place(position, position, &values);
        }
        for (n, alt) in alts.enumerate() {
            if alt == b"." {
                continue;
            }
            for entry in 0..self.entries(&texts, places, alt) {
                let values = self.values(&texts, places, (n, entry), alt)?;
                sink.allele(position, record.reference, alt, &values)?;
            }
        }
        Ok(())
    }

    /// How many rows an allele has: one for each entry that is about it, such as those of SpliceAI for two genes.
    fn entries(&self, texts: &[Option<&[u8]>], places: &Places<'_>, alt: &[u8]) -> usize {
        let columns = texts.iter().zip(&places.columns).zip(&self.recipe.columns);
        let count = |((text, place), input): ((&Option<&[u8]>, &Place), &super::ColumnInput)| {
            let is_entry = *place == Place::Info(Number::Other) && input.part.is_some();
            let text = text.filter(|_| is_entry)?;
            Some(entries_of(text, alt, input.separator.as_deref()).count())
        };
        columns.filter_map(count).max().unwrap_or(1).max(1)
    }

    /// The values of an allele, by its number in ALT and the number of the entry about it.
    fn values<'v>(
        &self,
        texts: &[Option<&'v [u8]>],
        places: &Places<'_>,
        (allele, entry): (usize, usize),
        alt: &[u8],
    ) -> Result<Vec<Value<'v>>, AddRowError> {
        let columns = texts.iter().zip(&places.columns).zip(&self.recipe.columns);
        let value = |((text, place), input): ((&Option<&'v [u8]>, &Place), &super::ColumnInput)| {
            let Some(text) = *text else {
                let absent = input.column.kind == ColumnKind::Flag;
                return Ok(if absent { Value::Integer(0) } else { Value::Missing });
            };
            let mut parts = text.split(|b| *b == b',');
            let text = match place {
                Place::Info(Number::PerAlt) => parts.nth(allele),
                Place::Info(Number::PerAllele) => parts.nth(allele + 1),
                // Entries such as those of SpliceAI begin with the allele that they are about.
                Place::Info(Number::Other) if input.part.is_some() => {
                    entries_of(text, alt, input.separator.as_deref()).nth(entry)
                }
                _ => Some(text),
            };
            input.value(text.unwrap_or_default()).map_err(AddRowError::Reason)
        };
        columns.map(value).collect()
    }
}

/// The entries of an allele, or the only one if entries do not begin with alleles.
fn entries_of<'a>(
    text: &'a [u8],
    alt: &[u8],
    separator: Option<&str>,
) -> impl Iterator<Item = &'a [u8]> {
    let separator = separator.unwrap_or_default().as_bytes();
    let of_allele =
        move |entry: &[u8]| entry.strip_prefix(alt).is_some_and(|rest| rest.starts_with(separator));
    let is_only = !text.contains(&b',') && !of_allele(text);
    text.split(|b| *b == b',').filter(move |entry| is_only || of_allele(entry))
}
