//! Progress bars on the terminal, and output that does not disturb them.

use crate::check::CheckedFile;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// The progress bars of all files. They are hidden if standard error is not a terminal.
#[derive(Default)]
pub struct ProgressBars(MultiProgress);

impl ProgressBars {
    /// Adds a bar for the upload of a file, in bytes.
    pub fn upload(&self, file: &CheckedFile) -> ProgressBar {
        let style = "{prefix}  {bar:30}  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        self.bar(file.size, file.name.as_str(), style)
    }

    /// Adds a bar for the upload of a reference, in bytes.
    pub fn reference(&self, name: &str, size: u64) -> ProgressBar {
        self.bar(size, name, "{prefix}  {bar:30}  {bytes} of {total_bytes}, {eta} left  {msg}")
    }

    /// Adds a bar for the progress of a job, in percent.
    pub fn job(&self, name: &str) -> ProgressBar {
        self.bar(100, name, "{prefix}  {bar:30}  {percent} %  {msg}")
    }

    fn bar(&self, length: u64, name: &str, style: &str) -> ProgressBar {
        let bar = self.0.add(ProgressBar::new(length)).with_prefix(name.to_owned());
        // The templates above are valid; an invalid one would leave the default style.
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar
    }

    /// Prints a line to standard output, above the bars.
    pub fn print(&self, text: &str) {
        self.0.suspend(|| println!("{text}"));
    }

    /// Prints a message to standard error, above the bars.
    pub fn message(&self, text: &str) {
        self.0.suspend(|| eprintln!("{text}"));
    }
}
