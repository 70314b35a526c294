//! Compression of hostile files.

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use gas_shared::vcf::BGZF_END;
use std::io::{Result, Write};

/// Uncompressed bytes of a block.
const BLOCK_BYTES: usize = 65_280;

/// A gzip file with one member.
pub fn gzip_of(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// A BGZF block with any amount of text, although the format allows 64 KiB.
pub fn bgzf_block(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(BGZF_END[..18].to_vec(), Compression::best());
    let mut block = encoder.write_all(text).and_then(|()| encoder.finish()).unwrap_or_default();
    let mut crc = Crc::new();
    crc.update(text);
    block.extend_from_slice(&crc.sum().to_le_bytes());
    block.extend_from_slice(&(text.len() as u32).to_le_bytes());
    let size = (block.len() - 1) as u16;
    block[16..18].copy_from_slice(&size.to_le_bytes());
    block
}

/// Writes BGZF.
pub struct Bgzf<W> {
    out: W,
    text: Vec<u8>,
}

impl<W: Write> Bgzf<W> {
    /// Starts a file.
    pub fn new(out: W) -> Self {
        Self { out, text: Vec::with_capacity(BLOCK_BYTES) }
    }

    /// Writes the last blocks.
    pub fn finish(mut self) -> Result<()> {
        if !self.text.is_empty() {
            self.out.write_all(&bgzf_block(&self.text))?;
        }
        self.out.write_all(&BGZF_END)?;
        self.out.flush()
    }
}

impl<W: Write> Write for Bgzf<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let taken = bytes.len().min(BLOCK_BYTES - self.text.len());
        self.text.extend_from_slice(&bytes[..taken]);
        if self.text.len() == BLOCK_BYTES {
            self.out.write_all(&bgzf_block(&self.text))?;
            self.text.clear();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
