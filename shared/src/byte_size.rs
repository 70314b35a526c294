//! Sizes in bytes, as people read them.

/// How a size is rounded to tenths of its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// For the size of a file: it is not larger than what is shown.
    Up,
    /// For what a limit leaves: it is not less than what is shown.
    Down,
}

/// 1 GiB, in bytes.
const GIB: u64 = 1024 * 1024 * 1024;

/// A limit of sizes: in GiB if it is defined in whole GiB, as those of S3 are, or as [`format_bytes`] without rounding up.
pub fn format_limit(bytes: u64) -> String {
    if bytes >= GIB && bytes.is_multiple_of(GIB) {
        return format!("{} GiB", bytes / GIB);
    }
    format_bytes(bytes, Rounding::Down)
}

/// A size in decimal units, as file managers show it.
pub fn format_bytes(count: u64, rounding: Rounding) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let Some((unit, size)) = UNITS.into_iter().find(|(_, size)| count >= *size) else {
        return format!("{count} bytes");
    };
    let tenths = match rounding {
        Rounding::Up => count.div_ceil(size / 10),
        Rounding::Down => count / (size / 10),
    };
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_suitable_unit() {
        let text = |count| format_bytes(count, Rounding::Up);
        assert_eq!(text(999), "999 bytes");
        assert_eq!(text(150_000), "150 kB");
        assert_eq!(text(2_800_595), "2.9 MB");
        assert_eq!(text(1_073_741_824_001), "1.1 TB");
        assert_eq!(text(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn limits_in_whole_gib_are_exact() {
        let limits = [GIB, 500 * GIB, GIB + 1, 150_000];
        assert_eq!(limits.map(format_limit), ["1 GiB", "500 GiB", "1 GB", "150 kB"]);
        assert_eq!(format_bytes(2 * GIB, Rounding::Up), "2.2 GB", "a measured size");
    }

    #[test]
    fn sizes_are_rounded_in_one_direction() {
        let text = |rounding| format_bytes(199_990_000, rounding);
        assert_eq!([Rounding::Up, Rounding::Down].map(text), ["200 MB", "199.9 MB"]);
        assert_eq!(format_bytes(500_000_000_000, Rounding::Down), "500 GB");
    }
}
