//! Writes BGZF (SAM specification, section 4.1): blocks of gzip that can be read from any of them on.

use crate::Error;
use bytes::Bytes;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

/// The most text of a block, so that an incompressible one has less than 64 KiB, too.
pub(crate) const BLOCK_TEXT: usize = 65_280;

/// The header of a block up to its size.
const HEADER: [u8; 16] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0];

/// The bytes of a block around its compressed text.
const AROUND: usize = HEADER.len() + 2 + 8;

/// Compresses a text into blocks.
pub(crate) fn compress(text: &[u8]) -> Result<Bytes, Error> {
    let mut out = Vec::with_capacity(text.len() / 3 + 64);
    for block in text.chunks(BLOCK_TEXT) {
        write_block(block, &mut out)?;
    }
    Ok(out.into())
}

/// The empty block at the end of a file.
pub(crate) fn end() -> Result<Bytes, Error> {
    let mut out = Vec::new();
    write_block(&[], &mut out)?;
    Ok(out.into())
}

fn write_block(text: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(5));
    let packed = encoder.write_all(text).and_then(|()| encoder.finish()).map_err(Error::Output)?;
    let mut crc = Crc::new();
    crc.update(text);
    out.extend_from_slice(&HEADER);
    out.extend_from_slice(&((packed.len() + AROUND - 1) as u16).to_le_bytes());
    out.extend_from_slice(&packed);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    #[test]
    fn blocks_are_read_back_and_the_end_is_that_of_the_specification() {
        // Numbers of a generator, which no compression makes smaller.
        let mut state = 1u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        };
        let text: Vec<u8> = (0..200_000).map(|_| noise()).collect();
        let packed = [compress(&text).unwrap(), end().unwrap()].concat();
        let mut back = Vec::new();
        MultiGzDecoder::new(&packed[..]).read_to_end(&mut back).unwrap();
        assert!(back == text);
        let mut at = 0;
        while at < packed.len() {
            at += usize::from(u16::from_le_bytes([packed[at + 16], packed[at + 17]])) + 1;
        }
        assert_eq!(at, packed.len());
        let expected = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0";
        assert_eq!(end().unwrap(), &expected[..]);
    }
}
