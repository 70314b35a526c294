//! The calls of the samples of a record: FORMAT fields GT, DP, GQ, AD and PS.

use gas_shared::explorer::SampleCall;

/// The depth of a sample without DP.
pub(crate) const NO_DEPTH: u32 = u32::MAX;

/// The genotype quality or allele balance of a sample without one.
pub(crate) const NO_SHORT: u16 = u16::MAX;

/// The allele balance of 1.
pub(crate) const BALANCE_SCALE: f32 = 10_000.0;

/// The most bytes of a genotype that is kept.
const GENOTYPE_BYTES: usize = 64;

/// The numbers of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallNumbers {
    /// DP, or [`NO_DEPTH`].
    pub depth: u32,
    /// GQ, rounded, or [`NO_SHORT`].
    pub quality: u16,
    /// The share of reads with an ALT allele in [`BALANCE_SCALE`], or [`NO_SHORT`].
    pub balance: u16,
    /// The phase set; 0 without one.
    pub phase_set: u32,
}

impl CallNumbers {
    /// No numbers.
    pub const NONE: Self =
        Self { depth: NO_DEPTH, quality: NO_SHORT, balance: NO_SHORT, phase_set: 0 };

    /// The call as a row of the table has it.
    pub fn call(self, genotype: &str) -> SampleCall {
        SampleCall {
            genotype: genotype.to_owned(),
            depth: Some(self.depth).filter(|depth| *depth != NO_DEPTH),
            quality: Some(self.quality).filter(|quality| *quality != NO_SHORT),
            balance: Some(self.balance)
                .filter(|balance| *balance != NO_SHORT)
                .map(|balance| f32::from(balance) / BALANCE_SCALE),
        }
    }
}

/// Reads the calls of records. The positions of the fields are kept, because FORMAT seldom changes.
#[derive(Debug, Default)]
pub(crate) struct CallReader {
    format: Vec<u8>,
    fields: Vec<Option<Field>>,
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Genotype,
    Depth,
    Quality,
    Reads,
    PhaseSet,
}

impl CallReader {
    /// Calls back with genotype and numbers of the first `samples` samples, in order. `rest` is FORMAT with the
    /// columns after it. Samples that the line lacks have no values.
    pub fn read<'a>(
        &mut self,
        rest: Option<&'a [u8]>,
        samples: usize,
        mut call: impl FnMut(usize, &'a [u8], CallNumbers),
    ) {
        let rest = rest.unwrap_or_default();
        let (format, mut columns) = match memchr::memchr(b'\t', rest) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &[][..]),
        };
        if format != self.format {
            self.learn(format);
        }
        for sample in 0..samples {
            let (genotype, numbers) = self.read_call(&mut columns);
            call(sample, genotype, numbers);
        }
    }

    fn learn(&mut self, format: &[u8]) {
        self.format = format.to_vec();
        let field = |name: &[u8]| match name {
            b"GT" => Some(Field::Genotype),
            b"DP" => Some(Field::Depth),
            b"GQ" => Some(Field::Quality),
            b"AD" => Some(Field::Reads),
            b"PS" => Some(Field::PhaseSet),
            _ => None,
        };
        self.fields = format.split(|byte| *byte == b':').map(field).collect();
        // The fields after the last one that is used are not read.
        let used = self.fields.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.fields.truncate(used);
    }

    /// Reads the call at the start of the columns that are left, and takes its column from them. Fields are a few bytes long, so
    /// that a loop finds their ends sooner than a search.
    fn read_call<'a>(&self, columns: &mut &'a [u8]) -> (&'a [u8], CallNumbers) {
        let mut genotype: &[u8] = b".";
        let mut numbers = CallNumbers::NONE;
        let (text, mut at) = (*columns, 0);
        for field in &self.fields {
            let start = at;
            while text.get(at).is_some_and(|byte| !matches!(byte, b':' | b'\t')) {
                at += 1;
            }
            let value = &text[start..at];
            match field {
                Some(Field::Genotype) if !value.is_empty() && value.len() <= GENOTYPE_BYTES => {
                    genotype = value;
                }
                Some(Field::Depth) => numbers.depth = integer(value).unwrap_or(NO_DEPTH),
                Some(Field::Quality) => numbers.quality = quality(value),
                Some(Field::Reads) => numbers.balance = balance(value),
                Some(Field::PhaseSet) => numbers.phase_set = phase_set(value),
                Some(Field::Genotype) | None => {}
            }
            if text.get(at) != Some(&b':') {
                break;
            }
            at += 1;
        }
        let rest = &text[at..];
        *columns = memchr::memchr(b'\t', rest).map_or(&[], |end| &rest[end + 1..]);
        (genotype, numbers)
    }
}

/// A number below `u32::MAX`.
fn integer(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 10 {
        return None;
    }
    let mut number = 0u64;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(byte - b'0');
    }
    u32::try_from(number).ok().filter(|number| *number != u32::MAX)
}

/// GQ, which some callers write with decimals.
fn quality(text: &[u8]) -> u16 {
    let whole = integer(text).map(|number| number.min(u32::from(NO_SHORT) - 1) as u16);
    let decimal = || {
        let number = std::str::from_utf8(text).ok()?.parse::<f32>().ok()?;
        (number >= 0.0).then(|| number.round().min(f32::from(NO_SHORT) - 1.0) as u16)
    };
    whole.or_else(decimal).unwrap_or(NO_SHORT)
}

/// The share of reads with an ALT allele.
fn balance(text: &[u8]) -> u16 {
    let (mut all, mut of_reference) = (0u64, None);
    for reads in text.split(|byte| *byte == b',') {
        let Some(reads) = integer(reads) else { return NO_SHORT };
        of_reference.get_or_insert(reads);
        all += u64::from(reads);
    }
    match of_reference {
        Some(reference) if all > 0 => {
            let alternative = (all - u64::from(reference)) as f64;
            (alternative / all as f64 * f64::from(BALANCE_SCALE)).round() as u16
        }
        _ => NO_SHORT,
    }
}

/// A phase set, which most callers name by a position. Others are told apart by a hash (FNV-1a).
fn phase_set(text: &[u8]) -> u32 {
    if text.is_empty() || text == b"." {
        return 0;
    }
    integer(text).unwrap_or_else(|| {
        text.iter()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(rest: &str, samples: usize) -> Vec<(String, CallNumbers)> {
        let mut calls = Vec::new();
        CallReader::default().read(Some(rest.as_bytes()), samples, |sample, genotype, numbers| {
            assert_eq!(sample, calls.len());
            calls.push((String::from_utf8_lossy(genotype).into_owned(), numbers));
        });
        calls
    }

    #[test]
    fn fields_are_read_in_any_order_and_may_be_missing() {
        let found = calls("DP:GT:X:AD:GQ:PS\t12:0|1:z:6,3,3:98.6:77\t.:./.:.:.:.\t\t0", 5);
        let first = CallNumbers { depth: 12, quality: 99, balance: 5_000, phase_set: 77 };
        assert_eq!(found[0], ("0|1".to_owned(), first));
        assert_eq!(found[1], ("./.".to_owned(), CallNumbers::NONE));
        assert_eq!(found[2], (".".to_owned(), CallNumbers::NONE));
        assert_eq!(found[3].1.depth, 0);
        assert_eq!(found[4], (".".to_owned(), CallNumbers::NONE));
        let call = first.call("0|1");
        assert_eq!((call.depth, call.quality, call.balance), (Some(12), Some(99), Some(0.5)));
        assert_eq!(
            CallNumbers::NONE.call("."),
            SampleCall { genotype: ".".into(), ..SampleCall::default() }
        );
        assert_eq!(calls("AD:DP\t0,0:4294967295", 1)[0].1, CallNumbers::NONE);
    }
}
