//! Detection of a file's compression format from its first bytes.

/// The empty block at the end of a BGZF file (SAM specification, section 4.1.2).
pub const BGZF_END: [u8; 28] = [
    0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 0xff, 0x06, 0, 0x42, 0x43, 0x02, 0, 0x1b, 0, 0x03, 0, 0,
    0, 0, 0, 0, 0, 0, 0,
];

/// The number of bytes needed to detect the format: the fixed part of a BGZF block header.
pub const COMPRESSION_MAGIC_BYTES: usize = 18;

/// The compression format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionFormat {
    /// Not compressed.
    Plain,
    /// gzip (RFC 1952).
    Gzip,
    /// BGZF, written by bgzip: gzip in small blocks that state their length.
    Bgzf,
}

impl CompressionFormat {
    /// The format of a file that starts with these bytes.
    pub fn of(beginning: &[u8]) -> Self {
        if !beginning.starts_with(&BGZF_END[..2]) {
            return Self::Plain;
        }
        // Flags and modification time may differ; the extra field identifies the format.
        let is_bgzf = beginning.len() >= 16
            && beginning[..4] == BGZF_END[..4]
            && beginning[10..16] == BGZF_END[10..16];
        if is_bgzf { Self::Bgzf } else { Self::Gzip }
    }
}

/// The complete BGZF blocks at the start of a file. Each is a valid gzip file.
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

/// The offsets of what looks like the beginning of a gzip member (RFC 1952, section 2.3): its magic number, a
/// method and flags that exist, and values of XFL and OS that programs write. Random bytes do so about once in
/// 2^36 places.
pub fn gzip_member_starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let is_start = |head: &[u8]| {
        head.starts_with(&[0x1f, 0x8b, 8])
            && head[3] < 0x20
            && matches!(head[8], 0 | 2 | 4)
            && matches!(head[9], 0..=13 | 255)
    };
    bytes.windows(10).enumerate().filter(move |(_, head)| is_start(head)).map(|(at, _)| at)
}

/// The most bytes of a block: its size minus 1 is stated in two bytes.
pub const MAX_BGZF_BLOCK_BYTES: usize = 1 << 16;

/// Whether a BGZF file ends with a whole block. `end` is its last [`MAX_BGZF_BLOCK_BYTES`] bytes, or
/// all of them. A file without the empty block at the end, which some programs omit, is taken to be
/// cut off unless this holds.
pub fn ends_with_bgzf_block(end: &[u8]) -> bool {
    let end = &end[end.len().saturating_sub(MAX_BGZF_BLOCK_BYTES)..];
    // Random bytes look like the start of the last block about once in 2^80 places.
    (0..end.len().saturating_sub(COMPRESSION_MAGIC_BYTES)).any(|start| {
        end[start..].starts_with(&BGZF_END[..2])
            && bgzf_blocks(&end[start..])
                .next()
                .is_some_and(|block| block.len() == end.len() - start)
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
    fn formats_are_detected() {
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
            "time and operating system are ignored"
        );
    }

    #[test]
    fn complete_blocks_are_returned_and_a_partial_one_is_omitted() {
        let file = [block(40), block(500), BGZF_END.to_vec(), block(60)].concat();
        let lengths = |bytes| bgzf_blocks(bytes).map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(&file), [40, 500, 28, 60]);
        assert_eq!(lengths(&file[..600]), [40, 500, 28]);
        assert_eq!(lengths(&file[..17]), [0; 0]);
        assert_eq!(lengths(b"##fileformat=VCFv4.2"), [0; 0]);
    }

    #[test]
    fn the_members_of_a_gzip_file_are_found() {
        let member = |flags, content: &[u8]| {
            [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3][..], content].concat()
        };
        let file = [member(0, &[7; 90]), member(8, b"name\0\x1f\x8b text"), member(0x20, b"?")];
        assert_eq!(gzip_member_starts(&file.concat()).collect::<Vec<_>>(), [0, 100]);
        assert_eq!(gzip_member_starts(&file[0][..9]).count(), 0);
    }

    #[test]
    fn only_a_file_cut_within_a_block_does_not_end_with_one() {
        let file = [block(500), block(40)].concat();
        assert!(ends_with_bgzf_block(&file) && ends_with_bgzf_block(&file[..500]));
        assert!(ends_with_bgzf_block(&[vec![7; 70_000], block(40)].concat()));
        for cut in [539, 501, 499, 20, 0] {
            assert!(!ends_with_bgzf_block(&file[..cut]), "{cut}");
        }
    }

    #[test]
    fn a_block_shorter_than_its_header_does_not_stop_progress() {
        let mut file = block(40);
        file[16..18].copy_from_slice(&0u16.to_le_bytes());
        assert_eq!(bgzf_blocks(&file).map(<[u8]>::len).collect::<Vec<_>>(), [1]);
    }
}
