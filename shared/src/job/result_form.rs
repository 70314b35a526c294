//! The form in which a result is written.

/// The form of the annotated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultForm {
    /// Plain text.
    Text,
    /// Blocks of gzip (SAM specification, section 4.1), which other tools read like text. A region index
    /// belongs to it.
    Bgzf,
}

/// The largest plain input whose result is text, in bytes.
const MAX_TEXT_INPUT: u64 = 1 << 20;

impl ResultForm {
    /// The form that a worker asks the engine for. Annotations repeat themselves: as BGZF they have 1/12 to
    /// 1/26 of their text. Only the results of small plain files are text, which any editor opens.
    pub const fn of(input_bytes: u64, is_gzip: bool) -> Self {
        if is_gzip || input_bytes > MAX_TEXT_INPUT { Self::Bgzf } else { Self::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_bgzf_unless_the_input_is_small_and_plain() {
        assert_eq!(ResultForm::of(MAX_TEXT_INPUT, false), ResultForm::Text);
        assert_eq!(ResultForm::of(MAX_TEXT_INPUT + 1, false), ResultForm::Bgzf);
        assert_eq!(ResultForm::of(10, true), ResultForm::Bgzf);
    }
}
