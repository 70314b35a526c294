//! An S3 multipart upload: its parts, by number, offset and length.

/// A multipart upload in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// S3's id of the upload.
    pub upload_id: String,
    /// The announced size of the file in bytes, which the plan allows. S3 accepts no more.
    pub size: u64,
    /// The size of every part but the last, in bytes.
    pub part_bytes: u64,
    /// The bytes that the service has copied so far, if it copies the file from a URL or for another run. `None` if the client sends the
    /// parts.
    pub copied: Option<u64>,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1.
    pub number: u32,
    /// Its offset in the file, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl Parts {
    /// All parts, in order.
    pub fn all(&self) -> impl Iterator<Item = Part> + use<> {
        let (size, length) = (self.size, self.part_bytes.max(1));
        (1..=size.div_ceil(length)).map(move |number| {
            let offset = (number - 1) * length;
            // S3 allows 10,000 parts; the part size keeps the number below that.
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            Part { number, offset, length: length.min(size - offset) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::S3_MAX_OBJECT_BYTES;
    use crate::upload::{PART_BYTES, part_bytes};
    use proptest::prelude::*;

    fn parts(size: u64, part_bytes: u64) -> Vec<Part> {
        Parts { upload_id: "u".into(), size, part_bytes, copied: None }.all().collect()
    }

    #[test]
    fn the_largest_file_stays_within_the_part_limit_of_s3() {
        for size in
            [1, PART_BYTES, 10_000 * PART_BYTES, 10_000 * PART_BYTES + 1, S3_MAX_OBJECT_BYTES]
        {
            let part = part_bytes(size);
            assert!(parts(size, part).len() <= 10_000, "{size}");
            assert!((PART_BYTES..=1 << 30).contains(&part), "{size}");
        }
        assert_eq!(part_bytes(10_000 * PART_BYTES), PART_BYTES);
        assert_eq!(part_bytes(S3_MAX_OBJECT_BYTES), 525 << 20);
    }

    proptest! {
        #[test]
        fn parts_cover_a_file_without_gap_or_overlap(size in 1u64..5000, part_bytes in 1u64..100) {
            let parts = parts(size, part_bytes);
            let mut end = 0;
            for (index, part) in parts.iter().enumerate() {
                prop_assert_eq!(part.number as usize, index + 1);
                prop_assert_eq!(part.offset, end);
                prop_assert!(part.length == part_bytes || index + 1 == parts.len());
                prop_assert!(part.length > 0);
                end += part.length;
            }
            prop_assert_eq!(end, size);
        }
    }
}
