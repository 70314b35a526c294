//! The limits of the input that an operator can change.

use clap::Args;
use gas_shared::vcf::InputLimits;

/// Arguments of every subcommand that reads a stranger's file.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits of the input")]
pub(super) struct LimitArgs {
    /// Longest line in bytes, at most 67108864. Files with more than about 10,000 samples need more
    /// than the default.
    #[arg(long, default_value_t = InputLimits::DEFAULT.line_bytes, value_parser = line_bytes)]
    max_line_bytes: usize,
    /// Most lines after the header.
    #[arg(long, default_value_t = InputLimits::DEFAULT.records)]
    max_records: u64,
    /// Largest size of the input after decompression, in bytes.
    #[arg(long, default_value_t = InputLimits::DEFAULT.text_bytes)]
    max_bytes: u64,
}

impl LimitArgs {
    pub(super) fn limits(self) -> InputLimits {
        InputLimits {
            line_bytes: self.max_line_bytes,
            records: self.max_records,
            text_bytes: self.max_bytes,
            ..InputLimits::DEFAULT
        }
    }
}

fn line_bytes(text: &str) -> Result<usize, String> {
    let most = InputLimits::MAX_LINE_BYTES;
    let value = text.parse().ok().filter(|bytes| (1..=most).contains(bytes));
    value.ok_or_else(|| format!("expected a number from 1 to {most}"))
}
