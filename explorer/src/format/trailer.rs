//! The end of the index file: the encoded footer, and the trailer that locates it.

use super::footer::Footer;
use super::version_1::FooterV1;
use super::{
    MAGIC, VERSION, VERSION_WITHOUT_CATEGORIES, VERSION_WITHOUT_CHUNKS, VERSION_WITHOUT_SOURCES,
    crc,
};
use crate::Error;
use crate::limits::FOOTER_BYTES;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::io::{Read, Write};

/// Bytes of the trailer.
pub(crate) const TRAILER_BYTES: usize = 36;

/// The last bytes of an index, which locate the footer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trailer {
    /// Offset of the footer.
    pub offset: u64,
    /// Bytes of the compressed footer.
    pub length: u64,
    unpacked: u32,
    crc: u32,
    version: u32,
}

impl Trailer {
    /// Reads the last [`TRAILER_BYTES`] of an index of `total` bytes.
    pub fn read(bytes: &[u8], total: u64) -> Result<Self, Error> {
        let (numbers, magic) = bytes.split_at_checked(28).ok_or(Error::NoIndex)?;
        if magic != MAGIC {
            return Err(Error::NoIndex);
        }
        let u32_at = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| numbers[at + n]));
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        let version = u32_at(24);
        if !(1..=VERSION).contains(&version) {
            return Err(Error::Version { found: version, expected: VERSION });
        }
        let trailer = Self {
            offset: u64_at(0),
            length: u64_at(8),
            unpacked: u32_at(16),
            crc: u32_at(20),
            version,
        };
        let end = trailer.offset.checked_add(trailer.length);
        if end != total.checked_sub(TRAILER_BYTES as u64) {
            return Err(Error::Damaged("the trailer does not point to the footer"));
        }
        let limit = u64::from(FOOTER_BYTES);
        // Compression can add a few bytes, but never doubles a text.
        let found = u64::from(trailer.unpacked).max(trailer.length / 2);
        if found > limit {
            return Err(Error::ReadLimit { what: "the footer of the index", found, limit });
        }
        Ok(trailer)
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.unpacked.to_le_bytes());
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&MAGIC);
    }
}

impl Footer {
    /// Encodes footer and trailer of an index whose segments end at `offset`.
    pub fn to_bytes(&self, offset: u64) -> Vec<u8> {
        let mut text = postcard::to_stdvec(self).expect("plain values can be written to memory");
        let version = match (&self.chunks, self.categories.is_empty()) {
            (Some(_), _) if self.declared.is_some() => VERSION,
            (Some(_), _) => VERSION_WITHOUT_SOURCES,
            (None, false) => VERSION_WITHOUT_CHUNKS,
            (None, true) => VERSION_WITHOUT_CATEGORIES,
        };
        if version > VERSION_WITHOUT_CATEGORIES {
            let stored = postcard::to_stdvec(&self.stored_categories());
            text.extend(stored.expect("plain values can be written to memory"));
        }
        if let Some(chunks) = &self.chunks {
            let stored = postcard::to_stdvec(chunks);
            text.extend(stored.expect("plain values can be written to memory"));
            if let Some(declared) = &self.declared {
                let stored = postcard::to_stdvec(declared);
                text.extend(stored.expect("plain values can be written to memory"));
            }
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        let packed = encoder.write_all(&text).and_then(|()| encoder.finish());
        let mut out = packed.expect("memory takes every write");
        let trailer = Trailer {
            offset,
            length: out.len() as u64,
            unpacked: text.len() as u32,
            crc: crc(&out),
            version,
        };
        trailer.write(&mut out);
        out
    }

    /// Decodes a footer.
    pub fn read(bytes: &[u8], trailer: &Trailer) -> Result<Self, Error> {
        if crc(bytes) != trailer.crc {
            return Err(Error::Damaged("the footer's checksum differs"));
        }
        let mut text = Vec::with_capacity(trailer.unpacked as usize);
        ZlibDecoder::new(bytes)
            .take(u64::from(trailer.unpacked) + 1)
            .read_to_end(&mut text)
            .map_err(|_| Error::Damaged("the footer cannot be unpacked"))?;
        if text.len() != trailer.unpacked as usize {
            return Err(Error::Damaged(
                "the footer does not have the size that the trailer states",
            ));
        }
        Self::decode(&text, trailer.version)
    }

    /// Decodes the text of a footer of some version.
    pub fn decode(text: &[u8], version: u32) -> Result<Self, Error> {
        let footer = match version {
            1 => postcard::from_bytes::<FooterV1>(text).map(Self::from),
            VERSION_WITHOUT_CATEGORIES => postcard::from_bytes(text),
            _ => postcard::take_from_bytes::<Self>(text).and_then(|(mut footer, rest)| {
                let (categories, rest) = postcard::take_from_bytes(rest)?;
                footer.add_categories(categories);
                if version > VERSION_WITHOUT_CHUNKS {
                    let (chunks, rest) = postcard::take_from_bytes(rest)?;
                    footer.chunks = Some(chunks);
                    if version > VERSION_WITHOUT_SOURCES {
                        footer.declared = Some(postcard::from_bytes(rest)?);
                    }
                }
                Ok(footer)
            }),
        };
        footer.map_err(|_| Error::Damaged("the footer cannot be read"))
    }
}
