//! What the index keeps of a record, and the one place where it is read from the line: the builder
//! and the table's rows share it.

use crate::annotation::{Entry, FREQUENCY_COLUMNS, Layout, Role};
use crate::info::{self, FREQUENCY_KEYS, is_rs_number};
use gas_shared::explorer::{Substitution, VariantType};
use gas_shared::vcf::Record;

/// Bits of [`Alleles::class`] above those of the kinds.
const SUBSTITUTION_BIT: u32 = VariantType::ALL.len() as u32;

/// The bit of a kind.
pub(crate) const fn type_bit(kind: VariantType) -> u16 {
    1 << kind as u16
}

/// The bit of a class of substitutions.
pub(crate) const fn substitution_bit(class: Substitution) -> u16 {
    1 << (SUBSTITUTION_BIT + class as u32)
}

/// The parts of INFO that matter here, borrowed from the line.
#[derive(Debug, Default)]
pub(crate) struct Reading<'a> {
    /// The value of CSQ or ANN.
    pub annotation: Option<&'a [u8]>,
    frequencies: [Option<&'a [u8]>; FREQUENCY_KEYS.len()],
    end: Option<u32>,
    lengths: Option<&'a [u8]>,
}

impl<'a> Reading<'a> {
    /// Looks through INFO once.
    pub fn new(info: &'a [u8], layout: Option<&Layout>) -> Self {
        let mut reading = Self::default();
        let key_of_annotation = layout.map(|layout| layout.key.as_bytes());
        for (key, value) in info::fields(info) {
            let Some(value) = value else { continue };
            if Some(key) == key_of_annotation {
                reading.annotation = Some(value);
            } else if key == b"END" {
                reading.end = parse(value);
            } else if key == b"SVLEN" {
                reading.lengths = Some(value);
            } else if let Some(n) = FREQUENCY_KEYS.iter().position(|k| k.as_bytes() == key) {
                reading.frequencies[n] = Some(value);
            }
        }
        reading
    }

    /// The annotation's entries.
    pub fn entries(&self, layout: Option<&'a Layout>) -> impl Iterator<Item = Entry<'a>> {
        let roles: &[Role] = layout.map_or(&[], |layout| &layout.roles);
        let entries = self.annotation.into_iter().flat_map(|text| text.split(|b| *b == b','));
        entries.map(move |entry| Entry::read(entry, roles))
    }
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// What the alternatives are.
#[derive(Debug, Default)]
pub(crate) struct Alleles {
    /// Bits of kinds and of substitutions.
    pub class: u16,
    /// Bases gained or lost, each value once.
    pub lengths: Vec<i32>,
    /// Bases of the reference that the record is about.
    pub span: u32,
}

impl Alleles {
    /// Reads REF and ALT.
    pub fn read(&mut self, record: &Record<'_>, reading: &Reading<'_>) {
        self.class = 0;
        self.lengths.clear();
        let mut structural_lengths = reading.lengths.map(|text| text.split(|b| *b == b','));
        for alt in record.alt.split(|b| *b == b',') {
            let kind = VariantType::of(record.reference, alt);
            self.class |= type_bit(kind);
            if kind == VariantType::Snv {
                self.class |= substitution_bit(Substitution::of(record.reference[0], alt[0]));
            }
            // SVLEN has a value for each alternative, whatever its kind.
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
        let to_end = reading.end.filter(|_| structural).map(u64::from);
        let to_end = to_end.and_then(|end| (end + 1).checked_sub(record.pos)).unwrap_or(0);
        self.span = u32::try_from(bases.max(to_end)).unwrap_or(u32::MAX);
    }
}

/// The frequencies of a record's alleles, from the best source that has any.
#[derive(Debug)]
pub(crate) struct Frequencies {
    rank: usize,
    /// Each value once.
    pub values: Vec<f32>,
}

impl Default for Frequencies {
    fn default() -> Self {
        Self { rank: usize::MAX, values: Vec::new() }
    }
}

impl Frequencies {
    /// Begins a record with what INFO says.
    pub fn begin(&mut self, reading: &Reading<'_>) {
        *self = Self { rank: usize::MAX, values: std::mem::take(&mut self.values) };
        self.values.clear();
        for (n, value) in reading.frequencies.iter().enumerate() {
            if let Some(value) = value {
                self.offer(FREQUENCY_COLUMNS.len() + n, value);
            }
        }
    }

    /// Adds what an entry of the annotation says; it goes before INFO.
    pub fn add(&mut self, entry: &Entry<'_>) {
        for (n, value) in entry.frequencies.iter().enumerate() {
            if !value.is_empty() {
                self.offer(n, value);
            }
        }
    }

    fn offer(&mut self, rank: usize, text: &[u8]) {
        if rank > self.rank {
            return;
        }
        for value in info::frequencies(text) {
            if rank < self.rank {
                self.rank = rank;
                self.values.clear();
            }
            if !self.values.contains(&value) {
                self.values.push(value);
            }
        }
    }

    /// The least, by which the table is ordered: of a common and a rare allele the rare one matters.
    pub fn lowest(&self) -> Option<f32> {
        self.values.iter().copied().min_by(f32::total_cmp)
    }
}

/// The identifiers of a record, each once, `;` between them.
#[derive(Debug, Default)]
pub(crate) struct Identifiers {
    /// The list.
    pub text: Vec<u8>,
    /// Whether one is dbSNP's.
    pub known: bool,
}

impl Identifiers {
    /// Begins a record with its ID column.
    pub fn begin(&mut self, id: &[u8]) {
        self.text.clear();
        self.known = false;
        self.add(id, b';');
    }

    /// Adds the identifiers that the annotation found.
    pub fn add(&mut self, ids: &[u8], separator: u8) {
        for id in ids.split(|b| *b == separator) {
            if id.is_empty() || id == b"." || self.text.split(|b| *b == b';').any(|i| i == id) {
                continue;
            }
            self.known |= is_rs_number(id);
            if !self.text.is_empty() {
                self.text.push(b';');
            }
            self.text.extend_from_slice(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::vcf::parse_record;

    fn alleles(line: &str) -> (u16, Vec<i32>, u32) {
        let record = parse_record(line.as_bytes()).unwrap();
        let mut alleles = Alleles::default();
        alleles.read(&record, &Reading::new(record.info, None));
        (alleles.class, alleles.lengths, alleles.span)
    }

    #[test]
    fn alleles_of_every_kind_are_read() {
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
        // END of a sequence allele says nothing, and one before POS is an error of the file.
        assert_eq!(alleles("1\t5\t.\tAC\tA\t.\t.\tEND=90").2, 2);
        assert_eq!(alleles("1\t5\t.\tA\t<INS>\t.\t.\tEND=3").2, 1);
    }

    #[test]
    fn the_best_source_of_frequencies_wins() {
        let reading = Reading::new(b"AF=0.5,0.25;GMAF=.;gnomAD_AF=0.1", None);
        let mut frequencies = Frequencies::default();
        frequencies.begin(&reading);
        assert_eq!(frequencies.values, [0.1]);
        frequencies.add(&Entry { frequencies: [b"", b"", b"", b"0.3&0.2"], ..Entry::default() });
        frequencies.add(&Entry { frequencies: [b"", b"", b"", b"0.3"], ..Entry::default() });
        assert_eq!(
            (frequencies.values.as_slice(), frequencies.lowest()),
            (&[0.3, 0.2][..], Some(0.2))
        );
    }

    #[test]
    fn identifiers_are_listed_once() {
        let mut ids = Identifiers::default();
        ids.begin(b"COSM1;rs5");
        ids.add(b"rs5&rs6", b'&');
        assert_eq!((ids.text.as_slice(), ids.known), (&b"COSM1;rs5;rs6"[..], true));
        ids.begin(b".");
        assert_eq!((ids.text.as_slice(), ids.known), (&b""[..], false));
    }
}
