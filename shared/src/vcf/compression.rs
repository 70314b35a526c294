//! How a file is compressed, told by its first bytes.

/// The empty block that marks the end of a BGZF file (SAM specification, 4.1.2).
pub const BGZF_END: [u8; 28] = [
    0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 0xff, 0x06, 0, 0x42, 0x43, 0x02, 0, 0x1b, 0, 0x03, 0, 0,
    0, 0, 0, 0, 0, 0, 0,
];

/// How much of a file tells its packing, in bytes: the fixed part of a BGZF block.
pub const COMPRESSION_MAGIC_BYTES: usize = 18;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionFormat {
    /// It is text.
    Plain,
    /// By gzip (RFC 1952).
    Gzip,
    /// By bgzip: gzip in small blocks, each of which tells its length.
    Bgzf,
}

impl CompressionFormat {
    /// The packing of a file that begins so.
    pub fn of(beginning: &[u8]) -> Self {
        if !beginning.starts_with(&BGZF_END[..2]) {
            return Self::Plain;
        }
        // Flags and time may differ; the extra field names the format.
        let is_bgzf = beginning.len() >= 16
            && beginning[..4] == BGZF_END[..4]
            && beginning[10..16] == BGZF_END[10..16];
        if is_bgzf { Self::Bgzf } else { Self::Gzip }
    }
}

/// The BGZF blocks that are whole in the first bytes of a file, each a gzip file of its own.
pub fn bgzf_blocks(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let size = bytes.get(16..COMPRESSION_MAGIC_BYTES)?;
        if CompressionFormat::of(bytes) != CompressionFormat::Bgzf {
            return None;
        }
        let (block, rest) =
            bytes.split_at_checked(usize::from(u16::from_le_bytes([size[0], size[1]])) + 1)?;
        bytes = rest;
        Some(block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of this length, as far as its head says.
    fn block(length: u16) -> Vec<u8> {
        let mut block = BGZF_END[..16].to_vec();
        block.extend_from_slice(&(length - 1).to_le_bytes());
        block.resize(usize::from(length), 7);
        block
    }

    #[test]
    fn packings_are_told_apart() {
        assert_eq!(CompressionFormat::of(b"##fileformat=VCFv4.2"), CompressionFormat::Plain);
        assert_eq!(CompressionFormat::of(b""), CompressionFormat::Plain);
        assert_eq!(
            CompressionFormat::of(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
            CompressionFormat::Gzip
        );
        assert_eq!(CompressionFormat::of(&BGZF_END), CompressionFormat::Bgzf);
        let mut named = BGZF_END;
        (named[4], named[9]) = (77, 3);
        assert_eq!(
            CompressionFormat::of(&named),
            CompressionFormat::Bgzf,
            "time and system do not matter"
        );
    }

    #[test]
    fn whole_blocks_are_cut_and_a_part_of_one_is_left_out() {
        let file = [block(40), block(500), BGZF_END.to_vec(), block(60)].concat();
        let lengths = |bytes| bgzf_blocks(bytes).map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(&file), [40, 500, 28, 60]);
        assert_eq!(lengths(&file[..600]), [40, 500, 28]);
        assert_eq!(lengths(&file[..17]), [0; 0]);
        assert_eq!(lengths(b"##fileformat=VCFv4.2"), [0; 0]);
    }

    #[test]
    fn a_block_that_claims_to_be_shorter_than_its_head_ends_the_walk_forward() {
        let mut file = block(40);
        file[16..18].copy_from_slice(&0u16.to_le_bytes());
        assert_eq!(bgzf_blocks(&file).map(<[u8]>::len).collect::<Vec<_>>(), [1]);
    }
}
