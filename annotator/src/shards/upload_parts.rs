//! The parts of a multipart upload that makes one object of annotated shards.
//!
//! S3 copies a range of an object into a part of another one (`UploadPartCopy`). Every part but the last one must
//! have 5 MiB, so what is smaller is read and uploaded together with its neighbors.

use serde::Serialize;

/// The least bytes of a part, except the last one.
const MIN_PART_BYTES: u64 = 5 << 20;

/// The most bytes of a copied part.
const MAX_PART_BYTES: u64 = 5 << 30;

/// What bytes are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeFile {
    /// The file that `join` writes, with header and end.
    Frame,
    /// The annotated records of the shard with a number.
    Shard(u32),
}

/// A range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ByteRange {
    /// What it is read from.
    pub file: RangeFile,
    /// Its first byte.
    pub start: u64,
    /// The byte after its last one.
    pub end: u64,
}

impl ByteRange {
    const fn bytes(self) -> u64 {
        self.end - self.start
    }
}

/// A part of the upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadPart {
    /// A range of a shard, which is copied where it is.
    Copy(ByteRange),
    /// Ranges that are read, and uploaded one after the other.
    Upload(Vec<ByteRange>),
}

/// The parts of a result: `header` bytes of the frame, the shards of which the numbers of bytes are given, and the
/// rest of the frame, up to byte `frame`.
pub(crate) fn upload_parts(header: u64, shards: &[u64], frame: u64) -> Vec<UploadPart> {
    let range = |file, start, end| ByteRange { file, start, end };
    let mut ranges = vec![range(RangeFile::Frame, 0, header)];
    ranges.extend((0..).zip(shards).map(|(n, bytes)| range(RangeFile::Shard(n), 0, *bytes)));
    ranges.push(range(RangeFile::Frame, header, frame));
    let mut found = Vec::new();
    let mut small: Vec<ByteRange> = Vec::new();
    for mut range in ranges.into_iter().filter(|range| range.bytes() > 0) {
        let collected: u64 = small.iter().map(|range| range.bytes()).sum();
        if collected > 0 || range.bytes() < MIN_PART_BYTES {
            // The beginning of a shard completes a small part.
            let missing = MIN_PART_BYTES.saturating_sub(collected).min(range.bytes());
            small.push(ByteRange { end: range.start + missing, ..range });
            range.start += missing;
            if collected + missing < MIN_PART_BYTES {
                continue;
            }
            found.push(UploadPart::Upload(std::mem::take(&mut small)));
        }
        let copies = range.bytes().div_ceil(MAX_PART_BYTES).max(1);
        if range.bytes() < MIN_PART_BYTES {
            small.extend((range.bytes() > 0).then_some(range));
            continue;
        }
        // Copies of about equal size are neither too large nor too small.
        for n in 0..copies {
            let at = |n: u64| range.start + range.bytes() / copies * n;
            let end = if n + 1 == copies { range.end } else { at(n + 1) };
            found.push(UploadPart::Copy(ByteRange { start: at(n), end, ..range }));
        }
    }
    found.extend((!small.is_empty()).then_some(UploadPart::Upload(small)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges(part: &UploadPart) -> Vec<ByteRange> {
        match part {
            UploadPart::Copy(range) => vec![*range],
            UploadPart::Upload(ranges) => ranges.clone(),
        }
    }

    proptest! {
        #[test]
        fn parts_are_the_whole_result_within_the_limits_of_s3(
            header in 1..1_000_000u64,
            shards in prop::collection::vec(
                prop_oneof![0..100u64, 0..(12u64 << 20), (5u64 << 30) - 10..(16u64 << 30)],
                0..12,
            ),
        ) {
            let frame = header + 28;
            let found = upload_parts(header, &shards, frame);
            let mut expected = vec![(RangeFile::Frame, 0, header)];
            expected.extend((0..).zip(&shards).map(|(n, end)| (RangeFile::Shard(n), 0, *end)));
            expected.push((RangeFile::Frame, header, frame));
            expected.retain(|(_, start, end)| end > start);
            let mut joined: Vec<(RangeFile, u64, u64)> = Vec::new();
            for range in found.iter().flat_map(ranges) {
                match joined.last_mut().filter(|last| last.0 == range.file && last.2 == range.start) {
                    Some(last) => last.2 = range.end,
                    None => joined.push((range.file, range.start, range.end)),
                }
            }
            // The end of the frame follows its header if there are no records.
            if let [first, second] = expected.as_slice() && first.0 == second.0 {
                expected = vec![(first.0, first.1, second.2)];
            }
            prop_assert_eq!(joined, expected);
            for (n, part) in found.iter().enumerate() {
                let bytes: u64 = ranges(part).iter().map(|range| range.bytes()).sum();
                prop_assert!(bytes >= MIN_PART_BYTES || n + 1 == found.len());
                prop_assert!(bytes <= MAX_PART_BYTES);
                prop_assert!(matches!(part, UploadPart::Copy(_)) || bytes < 2 * MIN_PART_BYTES);
            }
        }
    }
}
