//! Disk space: how much a run may write, how much it is expected to need, and whether it may begin.

use gas_shared::job::ResultForm;
use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// The largest output as a multiple of the size of a plain input.
///
/// Sites grow most, and all the more the shorter their lines are and the more transcripts overlap. All
/// SNVs of the densest 500 kb of GENCODE's models of GRCh38 (138 transcripts at each base) become 23
/// times as large, 1.5 million SNVs in exons 10 times, and a genome with a sample stays as large. The
/// rest is for references with more transcripts.
const PLAIN_GROWTH: u64 = 100;

/// The same for a compressed input: 250, 64 and 8 times.
const GZIP_GROWTH: u64 = 1000;

/// The output limit of small inputs, in bytes. As text, the SNVs of the densest genes become 600 times
/// as large, so that 1 MiB of them stays below this limit if a reference has three times as many
/// transcripts.
const MIN_OUTPUT_BYTES: u64 = 2048 * MIB;

/// The bytes of a plain input that give its run one more second.
///
/// The densest records take 57 µs of CPU time each, on one core of 2026, and have 27 bytes: 2 s per
/// MiB. Runs may take 8 times as long, for indexing, slower machines and those that are busy.
const PLAIN_BYTES_A_SECOND: u64 = 64 * 1024;

/// The same for a compressed input, whose densest records have 2.5 bytes.
const GZIP_BYTES_A_SECOND: u64 = 6 * 1024;

/// The most seconds that a run may have more. A file has at most 20 million records, which take 20 min
/// if all are of the densest.
const MAX_MORE_SECS: u64 = 4 * 3600;

/// The expected text as a multiple of the size of a compressed input. Files of many samples have the
/// most.
const TEXT_OF_GZIP: u64 = 25;

/// The most annotations to expect, in bytes of text: those of six million records, which a genome has.
/// Larger files have samples instead of more records.
const MAX_ANNOTATIONS: u64 = 4096 * MIB;

/// The most annotations to expect as BGZF. 1.5 million records in exons have 370 MB, the 4.5 million of a
/// genome 260 MB.
const MAX_PACKED_ANNOTATIONS: u64 = 1024 * MIB;

/// The most of a BGZF result to expect on the disk, in bytes: what the engine writes is sent and removed
/// meanwhile, unless the store is slower than the engine.
const MAX_UNSENT_BYTES: u64 = 512 * MIB;

/// The least output to expect, in bytes.
const MIN_EXPECTED_BYTES: u64 = 64 * MIB;

/// The expected index of the results explorer is this part of the output as text.
const INDEX_PART: u64 = 32;

/// The expected index is this part of the output as BGZF.
const INDEX_PART_OF_BGZF: u64 = 8;

/// What runs leave free, in bytes: for logs, and for runs that need more than expected.
pub(crate) const RESERVE_BYTES: u64 = 256 * MIB;

/// The largest file that a run may write, in bytes.
pub(crate) fn output_limit(input_bytes: u64, gzip: bool) -> u64 {
    let growth = if gzip { GZIP_GROWTH } else { PLAIN_GROWTH };
    input_bytes.saturating_mul(growth).max(MIN_OUTPUT_BYTES)
}

/// The time that a run may take in addition to the limits of every run.
pub(crate) fn more_time(input_bytes: u64, gzip: bool) -> Duration {
    let bytes_a_second = if gzip { GZIP_BYTES_A_SECOND } else { PLAIN_BYTES_A_SECOND };
    Duration::from_secs((input_bytes / bytes_a_second).min(MAX_MORE_SECS))
}

/// The space that a job needs, in bytes: its input, its expected output as far as it is not sent while it is
/// written, and the index.
///
/// It is an estimate from real files, not [`output_limit`]: that would reject most files on an ordinary
/// disk. A run that needs more may fill the disk, which ends it without counting as a failure of the
/// engine.
pub(crate) fn space_needed(input_bytes: u64, gzip: bool, form: ResultForm) -> u64 {
    // The output without annotations, and annotations, as multiples of the input.
    let (copy, annotations, most, index) = match (form, gzip) {
        (ResultForm::Text, false) => (1, 12, MAX_ANNOTATIONS, INDEX_PART),
        (ResultForm::Text, true) => (TEXT_OF_GZIP, 35, MAX_ANNOTATIONS, INDEX_PART),
        (ResultForm::Bgzf, false) => (1, 10, MAX_PACKED_ANNOTATIONS, INDEX_PART_OF_BGZF),
        // Other programs compress up to twice as well.
        (ResultForm::Bgzf, true) => (2, 64, MAX_PACKED_ANNOTATIONS, INDEX_PART_OF_BGZF),
    };
    let annotations = input_bytes.saturating_mul(annotations).min(most);
    let output = input_bytes.saturating_mul(copy).saturating_add(annotations);
    let output = output.max(MIN_EXPECTED_BYTES);
    let on_disk = match form {
        ResultForm::Text => output,
        ResultForm::Bgzf => output.min(MAX_UNSENT_BYTES),
    };
    input_bytes.saturating_add(on_disk).saturating_add(output / index)
}

/// The space that the smallest job needs, in bytes.
pub(crate) fn smallest_need() -> u64 {
    space_needed(0, false, ResultForm::of(0, false))
}

/// The sizes of a file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Space {
    /// All of it.
    pub(crate) total: u64,
    /// What a user without privileges can still write.
    pub(crate) free: u64,
}

/// Whether a run may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// There is enough space.
    Begin,
    /// There is not enough space now.
    Wait,
    /// The file system is too small for the run, even if nothing else were on it.
    Never,
}

/// Decides whether a run that needs `need` bytes may begin while running jobs may still write
/// `reserved` bytes.
pub(crate) fn admit(need: u64, space: Space, reserved: u64) -> Admission {
    let need = need.saturating_add(RESERVE_BYTES);
    if need > space.total {
        Admission::Never
    } else if need.saturating_add(reserved) > space.free {
        Admission::Wait
    } else {
        Admission::Begin
    }
}

/// Measures file systems.
pub(crate) trait Disk: Debug + Send + Sync {
    /// The sizes of the file system that a path is on.
    fn space(&self, path: &Path) -> io::Result<Space>;
}

/// The file systems of this machine.
#[derive(Debug)]
pub(crate) struct FileSystems;

impl Disk for FileSystems {
    fn space(&self, path: &Path) -> io::Result<Space> {
        let found = rustix::fs::statvfs(path)?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Space { total: bytes(found.f_blocks), free: bytes(found.f_bavail) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * MIB;

    use ResultForm::{Bgzf, Text};

    #[test]
    fn the_output_limit_grows_with_the_input() {
        assert_eq!(output_limit(150_000, false), MIN_OUTPUT_BYTES);
        assert_eq!(output_limit(1_000_000_000, false), 100_000_000_000);
        assert_eq!(output_limit(1_000_000_000, true), 1_000_000_000_000);
        assert_eq!(output_limit(u64::MAX, true), u64::MAX);
    }

    #[test]
    fn the_time_of_a_run_grows_with_the_input_up_to_what_the_most_records_take() {
        let secs = |bytes, gzip| more_time(bytes, gzip).as_secs();
        assert_eq!((secs(0, false), secs(60_000, false), secs(6_000, true)), (0, 0, 0));
        assert_eq!(secs(48 * MIB, false), 768);
        assert_eq!(secs(5 * GIB, false), MAX_MORE_SECS);
        assert_eq!(secs(5 * GIB, true), MAX_MORE_SECS);
        // 20 million of the densest records, in a plain and in a compressed file.
        let cpu_secs = 20_000_000.0 * 57e-6;
        for (bytes, gzip) in [(20_000_000 * 27, false), (20_000_000 * 5 / 2, true)] {
            assert!(secs(bytes, gzip) as f64 > 7.0 * cpu_secs, "{bytes}");
        }
    }

    #[test]
    fn the_space_needed_is_input_expected_output_and_index() {
        assert_eq!(smallest_need(), 66 * MIB);
        assert_eq!(space_needed(64 * MIB, false, Text), (64 + 13 * 64 + 26) * MIB);
        assert_eq!(space_needed(64 * MIB, true, Text), (64 + 60 * 64 + 120) * MIB);
        assert_eq!(space_needed(8 * MIB, false, Bgzf), (8 + 11 * 8 + 11) * MIB);
        assert_eq!(space_needed(64 * MIB, false, Bgzf), (64 + 512 + 88) * MIB);
        assert_eq!(space_needed(8 * MIB, true, Bgzf), (8 + 512 + 66) * MIB);
        // Large files have samples, which are not annotated.
        assert_eq!(space_needed(32 * GIB, false, Text), (32 + 36) * GIB + 36 * GIB / 32);
        assert_eq!(space_needed(32 * GIB, false, Bgzf), 32 * GIB + 512 * MIB + 33 * GIB / 8);
        assert_eq!(space_needed(u64::MAX, true, Bgzf), u64::MAX);
        for (size, gzip) in [(0, false), (5 * GIB, false), (0, true), (5 * GIB, true)] {
            let most = size + output_limit(size, gzip) * 33 / 32;
            assert!(space_needed(size, gzip, ResultForm::of(size, gzip)) <= most, "{size}");
        }
    }

    /// Sizes of real files, their output and its index: sites of the 1000 Genomes Project, the demo
    /// sample of Premium, 300 phased samples, and on a genome with GENCODE's models a sample and SNVs
    /// in exons.
    #[test]
    fn real_files_need_no_more_than_expected() {
        for (input, gzip, form, output, index) in [
            (1_691_391, false, Text, 15_802_549, 261_231),
            (369_749, true, Text, 15_802_549, 261_231),
            (341_223, false, Text, 4_469_406, 65_550),
            (75_275, true, Text, 4_469_406, 65_550),
            (31_756_910, false, Text, 45_868_068, 261_016),
            (1_222_984, true, Text, 45_868_068, 261_016),
            (371_662_079, false, Text, 4_019_600_364, 25_817_614),
            (371_662_079, false, Bgzf, 299_576_521, 26_295_079),
            (38_983_400, true, Bgzf, 299_576_521, 26_295_079),
            (38_115_301, false, Bgzf, 370_536_719, 6_861_886),
            (5_813_856, true, Bgzf, 370_536_719, 6_861_886),
        ] {
            assert!(input + output + index <= space_needed(input, gzip, form), "{input}");
            assert!(output < output_limit(input, gzip) / 2, "{input}");
        }
    }

    /// SNVs of the densest 500 kb of the genome need more space than expected, and are within the limit.
    #[test]
    fn the_densest_files_are_within_the_output_limit() {
        for (input, gzip, output) in
            [(8_100_060, false, 186_054_384), (739_043, true, 186_054_384), (MIB, false, 600 * MIB)]
        {
            assert!(output < output_limit(input, gzip) / 3, "{input}");
        }
    }

    #[test]
    fn a_run_begins_exactly_if_its_need_the_reservations_and_the_reserve_are_free() {
        let free = 3 * GIB;
        let space = Space { total: 10 * GIB, free };
        let most = free - RESERVE_BYTES - GIB;
        assert_eq!(admit(most, space, GIB), Admission::Begin);
        assert_eq!(admit(most + 1, space, GIB), Admission::Wait);
        assert_eq!(admit(most + 1, space, GIB - 1), Admission::Begin);
    }

    #[test]
    fn a_run_never_begins_exactly_if_the_empty_disk_is_too_small() {
        let space = Space { total: 10 * GIB, free: 0 };
        let most = 10 * GIB - RESERVE_BYTES;
        assert_eq!(admit(most, space, 0), Admission::Wait);
        assert_eq!(admit(most + 1, space, 0), Admission::Never);
        assert_eq!(admit(u64::MAX, space, u64::MAX), Admission::Never);
    }

    #[test]
    fn the_space_of_a_real_file_system_is_measured() {
        let space = FileSystems.space(Path::new("/")).unwrap();
        assert!(space.total > 0 && space.free <= space.total, "{space:?}");
        assert!(FileSystems.space(Path::new("/no/such/path")).is_err());
    }
}
