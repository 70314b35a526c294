//! Progress on the terminal, and what is printed past it.

use crate::check::Checked;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Progress on the terminal; nothing where there is none.
#[derive(Default)]
pub struct Bars(MultiProgress);

impl Bars {
    /// Shows how much of a file is sent.
    pub fn bytes(&self, checked: &Checked) -> ProgressBar {
        let style = "{prefix}  {bar:30}  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        self.bar(checked.size, checked.name.as_str(), style)
    }

    /// Shows how far a job is, in percent.
    pub fn job(&self, name: &str) -> ProgressBar {
        self.bar(100, name, "{prefix}  {bar:30}  {percent} %  {msg}")
    }

    fn bar(&self, length: u64, name: &str, style: &str) -> ProgressBar {
        let bar = self.0.add(ProgressBar::new(length)).with_prefix(name.to_owned());
        // The templates above are right; the default style would do as well.
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar
    }

    /// Prints an answer past the bars.
    pub fn print(&self, text: &str) {
        self.0.suspend(|| println!("{text}"));
    }

    /// Says something past the bars.
    pub fn say(&self, text: &str) {
        self.0.suspend(|| eprintln!("{text}"));
    }
}
