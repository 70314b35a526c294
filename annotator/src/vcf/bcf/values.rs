//! The values of a BCF record: typed, in binary form, and how VCF writes them (VCF 4.5, section 6.3.3).

use std::io::Write;

/// The type of a value (section 6.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Missing,
    Int8,
    Int16,
    Int32,
    Float,
    Text,
}

impl Kind {
    pub(super) const fn width(self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Int8 | Self::Text => 1,
            Self::Int16 => 2,
            Self::Int32 | Self::Float => 4,
        }
    }

    pub(super) const fn is_integer(self) -> bool {
        matches!(self, Self::Int8 | Self::Int16 | Self::Int32)
    }
}

/// Bytes of a record that have not been read.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, &'static str> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u32(&mut self) -> Result<u32, &'static str> {
        let b = self.take(4)?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    pub(super) fn i32(&mut self) -> Result<i32, &'static str> {
        Ok(self.u32()?.cast_signed())
    }

    pub(super) fn two_u16(&mut self) -> Result<(u16, u16), &'static str> {
        let b = self.take(4)?;
        Ok((u16::from_le_bytes([b[0], b[1]]), u16::from_le_bytes([b[2], b[3]])))
    }

    /// The type of a value and how many there are. A count above 14 follows as an integer.
    pub(super) fn descriptor(&mut self) -> Result<(Kind, usize), &'static str> {
        let (kind, count) = self.short_descriptor()?;
        if count < 15 {
            return Ok((kind, count));
        }
        let (inner, one) = self.short_descriptor()?;
        if one != 1 {
            return Err("the length of a value is not a number");
        }
        let bytes = self.take(inner.width())?;
        let count = Value { kind: inner, count: 1, bytes }.integers()?.next().flatten();
        let count = count.and_then(|count| usize::try_from(count).ok());
        Ok((kind, count.ok_or("the length of a value is not a number")?))
    }

    fn short_descriptor(&mut self) -> Result<(Kind, usize), &'static str> {
        let byte = self.u8()?;
        let kind = match byte & 15 {
            0 => Kind::Missing,
            1 => Kind::Int8,
            2 => Kind::Int16,
            3 => Kind::Int32,
            5 => Kind::Float,
            7 => Kind::Text,
            _ => return Err("a value has an unknown type"),
        };
        Ok((kind, usize::from(byte >> 4)))
    }

    pub(super) fn value(&mut self) -> Result<Value<'a>, &'static str> {
        let (kind, count) = self.descriptor()?;
        let length = count.checked_mul(kind.width()).ok_or("a value is too long")?;
        Ok(Value { kind, count, bytes: self.take(length)? })
    }

    /// An integer that must be there, such as the number of a name.
    pub(super) fn integer(&mut self) -> Result<i32, &'static str> {
        let value = self.value()?;
        value.integers()?.next().flatten().ok_or("a number is missing")
    }
}

/// A value of a record: integers, floating-point numbers or a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    pub(super) kind: Kind,
    pub(super) count: usize,
    pub(super) bytes: &'a [u8],
}

impl<'a> Value<'a> {
    /// The integers up to the end-of-vector value; `None` for the missing value.
    pub(super) fn integers(
        self,
    ) -> Result<impl Iterator<Item = Option<i32>> + use<'a>, &'static str> {
        if !self.kind.is_integer() {
            return Err("a number has another type");
        }
        let (width, kind) = (self.kind.width(), self.kind);
        let numbers = self.bytes.chunks_exact(width).map(move |b| match kind {
            Kind::Int8 => (i32::from(b[0].cast_signed()), i32::from(i8::MIN)),
            Kind::Int16 => (i32::from(i16::from_le_bytes([b[0], b[1]])), i32::from(i16::MIN)),
            _ => (i32::from_le_bytes([b[0], b[1], b[2], b[3]]), i32::MIN),
        });
        // The smallest value is missing, the next ends a vector that is shorter than others.
        let present = numbers.take_while(|(number, min)| *number != min + 1);
        Ok(present.map(|(number, min)| (number != min).then_some(number)))
    }

    /// Writes the value as VCF does; `.` if it is empty or missing.
    pub(super) fn write(self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let start = out.len();
        match self.kind {
            Kind::Missing => {}
            Kind::Text => return self.write_text(out),
            Kind::Float => {
                for b in self.bytes.chunks_exact(4) {
                    let bits = u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
                    if bits == END_OF_FLOATS {
                        break;
                    }
                    if out.len() > start {
                        out.push(b',');
                    }
                    write_float(bits, out);
                }
            }
            _ => {
                for number in self.integers()? {
                    if out.len() > start {
                        out.push(b',');
                    }
                    match number {
                        Some(number) => crate::text::push_int(out, number),
                        None => out.push(b'.'),
                    }
                }
            }
        }
        if out.len() == start {
            out.push(b'.');
        }
        Ok(())
    }

    fn write_text(self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let end = memchr::memchr(0, self.bytes).unwrap_or(self.bytes.len());
        let text = &self.bytes[..end];
        // 0x07 is the missing text.
        if text.is_empty() || text == b"\x07" {
            out.push(b'.');
            return Ok(());
        }
        // A tab or a line feed would begin another column or record.
        if text.iter().any(|b| *b < b' ') {
            return Err("a text has a control character");
        }
        out.extend_from_slice(text);
        Ok(())
    }

    /// Writes a genotype: each integer is twice the allele number plus 1, and 1 if it is phased
    /// (section 6.3.3).
    pub(super) fn write_genotype(self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let start = out.len();
        for number in self.integers()? {
            let number = number.unwrap_or(0);
            if out.len() > start {
                out.push(if number & 1 == 1 { b'|' } else { b'/' });
            }
            match number >> 1 {
                0 => out.push(b'.'),
                allele if allele > 0 => crate::text::push_int(out, allele - 1),
                _ => return Err("a genotype has a negative allele"),
            }
        }
        if out.len() == start {
            out.push(b'.');
        }
        Ok(())
    }
}

/// The missing floating-point number, a NaN with these bits.
pub(super) const MISSING_FLOAT: u32 = 0x7f80_0001;
/// The end of a vector of floating-point numbers.
const END_OF_FLOATS: u32 = 0x7f80_0002;

/// Writes the shortest decimal number that has the same value in 32 bits, so that nothing is lost.
pub(super) fn write_float(bits: u32, out: &mut Vec<u8>) {
    if bits == MISSING_FLOAT {
        out.push(b'.');
        return;
    }
    let number = f32::from_bits(bits);
    // Writing to a Vec cannot fail. An exponent keeps very large and small numbers short.
    let _ = if number == 0.0 || (1e-5..1e15).contains(&number.abs()) || !number.is_finite() {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_point_numbers_are_the_shortest_with_the_same_value() {
        let shown = |number: f32| {
            let mut out = Vec::new();
            write_float(number.to_bits(), &mut out);
            String::from_utf8(out).unwrap()
        };
        for number in [0.0, 30.1, -1.5, 1e-30, 3.4e38, 0.1234567, 12_345_678.0] {
            assert_eq!(shown(number).parse::<f32>().unwrap(), number);
        }
        assert_eq!((shown(30.1).as_str(), shown(1e-30).as_str()), ("30.1", "1e-30"));
    }
}
