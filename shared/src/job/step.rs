//! The steps of a run, in order. The worker's own steps have the names below; every other name is a
//! step of the engine.

/// The worker downloads the input file.
pub const DOWNLOAD: &str = "download";

/// The worker stores the result.
pub const STORE: &str = "store";

/// The worker builds the index of the results explorer.
pub const INDEX: &str = "index";

/// The number of steps: the three above, and the engine between the first two.
pub const COUNT: u8 = 4;

/// The number of a step ([`super::Progress::step`]), from 1.
pub fn number(step: &str) -> u8 {
    match step {
        super::change::START | DOWNLOAD => 1,
        STORE => 3,
        INDEX => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_in_order() {
        let steps = ["start", DOWNLOAD, "annotate", "getBigRefGene", STORE, INDEX].map(number);
        assert_eq!(steps, [1, 1, 2, 2, 3, COUNT]);
    }
}
