//! Features of a record: alleles, numbers and identifiers. The index builder and the rows of the
//! table read them with the same code.

use crate::annotation::AnnotationDefinition;
use crate::columns::{Shown, SourceField, Sources};
use crate::info::{self, is_rs_number};
use crate::record_categories::RecordCategories;
use crate::record_texts::RecordTexts;
use gas_shared::explorer::{FILE_FREQUENCY, RowValue, Substitution, VariantType};
use gas_shared::variant::without_shared_ends;
use gas_shared::vcf::Record;
use std::collections::HashSet;

/// The first bit of [`Alleles::class`] for substitutions; the bits below are for types.
const SUBSTITUTION_BIT: u32 = VariantType::ALL.len() as u32;

/// The number of values of [`Alleles::class`].
pub(crate) const CLASSES: usize = 1 << (SUBSTITUTION_BIT + 2);

/// The bit of an allele type.
pub(crate) const fn type_bit(kind: VariantType) -> u16 {
    1 << kind as u16
}

/// The bit of a substitution class.
pub(crate) const fn substitution_bit(class: Substitution) -> u16 {
    1 << (SUBSTITUTION_BIT + class as u32)
}

/// The INFO fields that the explorer uses, borrowed from the line.
#[derive(Debug, Default)]
pub(crate) struct InfoFields<'a> {
    /// The value of CSQ or ANN.
    annotation: Option<&'a [u8]>,
    end: Option<u32>,
    lengths: Option<&'a [u8]>,
    /// AC and AN.
    allele_counts: [Option<&'a [u8]>; 2],
}

impl<'a> InfoFields<'a> {
    /// Scans INFO once. Fields of columns are passed to `on_field`.
    pub fn read(
        info: &'a [u8],
        format: Option<&AnnotationDefinition>,
        sources: &Sources,
        mut on_field: impl FnMut(SourceField, &'a [u8]),
    ) -> Self {
        let mut fields = Self::default();
        let annotation_key = format.map(|format| format.key.as_bytes());
        for (key, value) in info::fields(info) {
            let Some(value) = value else { continue };
            if Some(key) == annotation_key {
                fields.annotation = Some(value);
                continue;
            }
            match key {
                b"END" => fields.end = parse(value),
                b"SVLEN" => fields.lengths = Some(value),
                b"AC" => fields.allele_counts[0] = Some(value),
                b"AN" => fields.allele_counts[1] = Some(value),
                _ => {}
            }
            if let Some(field) = sources.info_field(key) {
                on_field(field, value);
            }
        }
        fields
    }

    /// The texts of the annotation's entries.
    pub fn entries(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.annotation.into_iter().flat_map(|text| text.split(|b| *b == b','))
    }
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Features of the alternative alleles.
#[derive(Debug, Default)]
pub(crate) struct Alleles {
    /// Bits of allele types and of substitution classes.
    pub class: u16,
    /// Distinct length changes in bases.
    pub lengths: Vec<i32>,
    /// Bases of the reference that the record spans.
    pub span: u32,
}

impl Alleles {
    /// Reads REF and ALT.
    pub fn read(&mut self, record: &Record<'_>, info: &InfoFields<'_>) {
        self.class = 0;
        self.lengths.clear();
        let mut structural_lengths = info.lengths.map(|text| text.split(|b| *b == b','));
        for alt in record.alt.split(|b| *b == b',') {
            let kind = VariantType::of(record.reference, alt);
            self.class |= type_bit(kind);
            if kind == VariantType::Snv {
                let (_, before, after) = without_shared_ends(record.reference, alt);
                self.class |= substitution_bit(Substitution::of(before[0], after[0]));
            }
            // SVLEN has a value for every alternative allele, whatever its type.
            let structural = structural_lengths.as_mut().and_then(Iterator::next);
            let length = match kind {
                VariantType::Other => None,
                VariantType::Structural => structural.and_then(parse::<i32>),
                _ => i32::try_from(alt.len() as i64 - record.reference.len() as i64).ok(),
            };
            if let Some(length) = length.filter(|n| *n != i32::MIN && !self.lengths.contains(n)) {
                self.lengths.push(length);
            }
        }
        let bases = record.reference.len() as u64;
        let structural = self.class & type_bit(VariantType::Structural) != 0;
        let to_end = info.end.filter(|_| structural).map(u64::from);
        let to_end = to_end.and_then(|end| (end + 1).checked_sub(record.pos)).unwrap_or(0);
        self.span = u32::try_from(bases.max(to_end)).unwrap_or(u32::MAX);
    }
}

/// The values of the columns of one record that are read from fields.
#[derive(Debug)]
pub(crate) struct FieldValues {
    pub numbers: Numbers,
    pub categories: RecordCategories,
    pub texts: RecordTexts,
}

impl FieldValues {
    /// No values.
    pub fn new(sources: &Sources) -> Self {
        Self {
            numbers: Numbers::new(sources),
            categories: RecordCategories::new(sources),
            texts: RecordTexts::new(sources),
        }
    }

    /// Starts a record.
    pub fn begin(&mut self, record: &Record<'_>) {
        self.numbers.begin(record);
        self.categories.begin();
        self.texts.begin();
    }

    /// Adds the values of a field.
    pub fn add(&mut self, field: SourceField, text: &[u8]) {
        match field {
            SourceField::Number { column, rank } => self.numbers.add(column, rank, text),
            SourceField::Category { column, rank } => self.categories.add(column, rank, text),
            SourceField::Text { column } => self.texts.add(column, text),
        }
    }

    /// Adds what is computed from INFO: the frequency in the file, unless INFO states it.
    pub fn add_computed(&mut self, info: &InfoFields<'_>) {
        if let [Some(counts), Some(number)] = info.allele_counts {
            self.numbers.add_file_frequency(counts, number);
        }
    }
}

/// The values of the numeric columns of one record.
#[derive(Debug)]
pub(crate) struct Numbers {
    columns: Vec<ColumnValues>,
    /// The column with QUAL.
    quality: Option<usize>,
    /// The column with the frequency in the file.
    file_frequency: Option<usize>,
}

#[derive(Clone, Debug)]
struct ColumnValues {
    shown: Shown,
    /// Rank of the field that the values come from.
    rank: Option<u8>,
    /// Distinct values.
    values: Distinct<f32, u32>,
    /// The text that was read last: every transcript of an allele repeats its values.
    last: Vec<u8>,
}

/// Distinct values in the order of their appearance. A few are compared with each other; a set takes
/// over for more, so that the time stays linear.
#[derive(Clone, Debug)]
struct Distinct<T, K> {
    values: Vec<T>,
    /// The keys of all values, once there are more than [`FEW`].
    keys: HashSet<K>,
}

/// Values that are compared one by one. Most records have one or two.
const FEW: usize = 16;

impl<T, K> Default for Distinct<T, K> {
    fn default() -> Self {
        Self { values: Vec::new(), keys: HashSet::new() }
    }
}

impl<T: Copy + PartialEq, K: Eq + std::hash::Hash> Distinct<T, K> {
    fn clear(&mut self) {
        self.values.clear();
        self.keys.clear();
    }

    /// Adds a value unless it is there. Equal values have equal keys.
    fn push(&mut self, value: T, key: impl Fn(T) -> K) {
        if self.values.len() <= FEW {
            if self.values.contains(&value) {
                return;
            }
            if self.values.len() == FEW {
                self.keys.extend(self.values.iter().map(|value| key(*value)));
                self.keys.insert(key(value));
            }
        } else if !self.keys.insert(key(value)) {
            return;
        }
        self.values.push(value);
    }
}

/// The bits of a number; 0 and -0 are equal.
fn bits(number: f32) -> u32 {
    (number + 0.0).to_bits()
}

impl Numbers {
    fn new(sources: &Sources) -> Self {
        let columns = sources.numeric.iter().map(|source| ColumnValues {
            shown: source.shown,
            rank: None,
            values: Distinct::default(),
            last: Vec::new(),
        });
        let mut numeric = sources.numeric.iter();
        let quality = numeric.position(|known| known.column.row_value == RowValue::Qual);
        let mut numeric = sources.numeric.iter();
        let file_frequency = numeric.position(|known| *known.column.name == *FILE_FREQUENCY.name);
        Self { columns: columns.collect(), quality, file_frequency }
    }

    fn begin(&mut self, record: &Record<'_>) {
        for column in &mut self.columns {
            if column.rank.take().is_some() {
                column.values.clear();
                column.last.clear();
            }
        }
        if let Some(column) = self.quality.and_then(|at| self.columns.get_mut(at))
            && let Some(quality) = info::quality(record.qual)
        {
            column.rank = Some(0);
            column.values.push(quality, bits);
        }
    }

    /// Adds the numbers of a field, unless a preferred field has numbers.
    fn add(&mut self, column: u8, rank: u8, text: &[u8]) {
        let Some(column) = self.columns.get_mut(usize::from(column)) else { return };
        if column.rank.is_some_and(|found| found < rank)
            || (column.rank == Some(rank) && column.last == text)
        {
            return;
        }
        for value in info::numbers(text) {
            if column.rank != Some(rank) {
                column.rank = Some(rank);
                column.values.clear();
            }
            column.values.push(value, bits);
        }
        column.last.clear();
        column.last.extend_from_slice(text);
    }

    /// Adds the quotients of the counts of the ALT alleles and the number of all alleles.
    fn add_file_frequency(&mut self, counts: &[u8], number: &[u8]) {
        let Some(column) = self.file_frequency.and_then(|at| self.columns.get_mut(at)) else {
            return;
        };
        let number = parse::<u64>(number).filter(|number| *number > 0);
        let (Some(number), None) = (number, column.rank) else { return };
        for count in counts.split(|b| *b == b',').filter_map(parse::<u64>) {
            if count <= number {
                column.rank = Some(u8::MAX);
                // Rounded once.
                column.values.push((count as f64 / number as f64) as f32, bits);
            }
        }
    }

    /// Sets the values of a column, as an index has them: the one that the table shows, and the others.
    pub fn set(&mut self, column: usize, shown: Option<f32>, more: impl Iterator<Item = f32>) {
        let values = &mut self.columns[column].values.values;
        values.clear();
        values.extend(shown);
        values.extend(more);
    }

    /// The distinct values of a column.
    pub fn values(&self, column: usize) -> &[f32] {
        &self.columns[column].values.values
    }

    /// The value of a column that the table shows.
    pub fn shown(&self, column: usize) -> Option<f32> {
        let values = match self.values(column) {
            // As nearly always.
            [] => return None,
            [value] => return Some(*value),
            values => values.iter().copied(),
        };
        match self.columns[column].shown {
            Shown::Lowest => values.min_by(f32::total_cmp),
            Shown::Highest => values.max_by(f32::total_cmp),
        }
    }
}

/// The distinct identifiers of a record, separated by `;`.
#[derive(Debug, Default)]
pub(crate) struct Identifiers {
    /// The list.
    pub text: Vec<u8>,
    /// Whether one is a dbSNP identifier.
    pub has_rs_id: bool,
    count: usize,
    /// All identifiers, once there are more than [`FEW`].
    set: HashSet<Box<[u8]>>,
}

impl Identifiers {
    /// Starts a record with its ID column.
    pub fn begin(&mut self, id: &[u8]) {
        self.text.clear();
        self.set.clear();
        self.count = 0;
        self.has_rs_id = false;
        self.add(id, b';');
    }

    /// Adds identifiers of the annotation.
    pub fn add(&mut self, ids: &[u8], separator: u8) {
        for id in ids.split(|b| *b == separator) {
            if id.is_empty() || id == b"." || !self.is_new(id) {
                continue;
            }
            self.count += 1;
            self.has_rs_id |= is_rs_number(id);
            if !self.text.is_empty() {
                self.text.push(b';');
            }
            self.text.extend_from_slice(id);
        }
    }

    /// Whether an identifier is not in the list. A few are compared with each other; a set takes over
    /// for more, so that the time stays linear.
    fn is_new(&mut self, id: &[u8]) -> bool {
        if self.count < FEW {
            return self.text.split(|b| *b == b';').all(|known| known != id);
        }
        if self.set.is_empty() {
            self.set.extend(self.text.split(|b| *b == b';').map(Box::from));
        }
        self.set.insert(id.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::ColumnSet;
    use gas_shared::vcf::parse_record;

    fn alleles(line: &str) -> (u16, Vec<i32>, u32) {
        let record = parse_record(line.as_bytes()).unwrap();
        let mut alleles = Alleles::default();
        alleles.read(&record, &InfoFields::read(record.info, None, &Sources::default(), |_, _| {}));
        (alleles.class, alleles.lengths, alleles.span)
    }

    #[test]
    fn alleles_of_every_type_are_read() {
        let bits = |kinds: &[VariantType]| kinds.iter().fold(0, |sum, k| sum | type_bit(*k));
        let transition = substitution_bit(Substitution::Transition);
        assert_eq!(
            alleles("1\t5\t.\tA\tG,AT,*\t.\t.\t."),
            (
                bits(&[VariantType::Snv, VariantType::Insertion, VariantType::Other]) | transition,
                vec![0, 1],
                1
            )
        );
        assert_eq!(
            alleles("1\t5\t.\tA\t<DEL>\t.\t.\tEND=14;SVLEN=-9"),
            (bits(&[VariantType::Structural]), vec![-9], 10)
        );
        // END of a sequence allele is ignored, and so is an invalid END before POS.
        assert_eq!(alleles("1\t5\t.\tAC\tA\t.\t.\tEND=90").2, 2);
        assert_eq!(alleles("1\t5\t.\tA\t<INS>\t.\t.\tEND=3").2, 1);
    }

    #[test]
    fn the_preferred_field_of_a_numeric_column_wins() {
        let record = parse_record(b"1\t5\t.\tA\tG\t30\t.\t.").unwrap();
        let info = b"AF=0.5,0.25;GMAF=.;gnomAD_AF=0.1";
        let sources = Sources::of(&ColumnSet::with_mixed_frequency(), &[]);
        let mut values = FieldValues::new(&sources);
        values.begin(&record);
        InfoFields::read(info, None, &sources, |field, text| values.add(field, text));
        assert_eq!(values.numbers.values(0), [0.1]);
        let af = sources.annotation_field("AF").unwrap();
        values.add(af, b"0.3&0.2");
        values.add(af, b"0.3");
        let numbers = &values.numbers;
        assert_eq!((numbers.values(0), numbers.shown(0)), (&[0.3, 0.2][..], Some(0.2)));
        assert_eq!((numbers.values(1), numbers.shown(1)), (&[30.0][..], Some(30.0)));
        values.begin(&record);
        assert_eq!(values.numbers.shown(0), None);
    }

    #[test]
    fn the_frequency_in_the_file_is_stated_or_computed() {
        let sources = Sources::of(&ColumnSet::default(), &[]);
        let of = |info: &str| {
            let record = parse_record(b"1\t5\t.\tA\tG,T\t30\t.\t.").unwrap();
            let mut values = FieldValues::new(&sources);
            values.begin(&record);
            let fields = InfoFields::read(info.as_bytes(), None, &sources, |field, text| {
                values.add(field, text);
            });
            values.add_computed(&fields);
            values.numbers.values(0).to_vec()
        };
        assert_eq!(of("AC=1,3;AN=12"), [1.0 / 12.0, 0.25]);
        assert_eq!(of("AC=1,3;AN=12;AF=0.5,0.1"), [0.5, 0.1]);
        assert_eq!(of("AC=1,3;AN=12;AF=.,."), [1.0 / 12.0, 0.25]);
        for none in ["AC=1", "AN=12", "AC=1;AN=0", "AC=13;AN=12", "AC=.;AN=12", "gnomAD_AF=0.5"] {
            assert_eq!(of(none), [0f32; 0], "{none}");
        }
    }

    #[test]
    fn many_identifiers_and_numbers_are_listed_once_in_order() {
        let list: Vec<String> = (0..200).map(|n| format!("id{}", n % 70)).collect();
        let mut ids = Identifiers::default();
        ids.begin(list.join(";").as_bytes());
        ids.add(list.join("&").as_bytes(), b'&');
        assert_eq!(ids.text, list[..70].join(";").as_bytes());
        let record = parse_record(b"1\t5\t.\tA\tG\t.\t.\t.").unwrap();
        let sources = Sources::of(&ColumnSet::with_mixed_frequency(), &[]);
        let mut values = FieldValues::new(&sources);
        values.begin(&record);
        let af = sources.annotation_field("AF").unwrap();
        let list: Vec<String> = (0..200).map(|n| (n % 70).to_string()).collect();
        values.add(af, list.join("&").as_bytes());
        values.add(af, b"0&-0&69");
        let expected: Vec<f32> = (0..70u8).map(f32::from).collect();
        assert_eq!(values.numbers.values(0), expected);
    }

    #[test]
    fn identifiers_are_listed_once() {
        let mut ids = Identifiers::default();
        ids.begin(b"COSM1;rs5");
        ids.add(b"rs5&rs6", b'&');
        assert_eq!((ids.text.as_slice(), ids.has_rs_id), (&b"COSM1;rs5;rs6"[..], true));
        ids.begin(b".");
        assert_eq!((ids.text.as_slice(), ids.has_rs_id), (&b""[..], false));
    }
}
