//! The steps of a run, in order: what a worker does beside the engine has fixed names, and any other
//! name is of the engine.

/// The file comes to the worker.
pub const DOWNLOAD: &str = "download";

/// The results are stored.
pub const STORE: &str = "store";

/// The results explorer's index is made.
pub const INDEX: &str = "index";

/// How many steps a run has: the three above, and the engine between the first two.
pub const COUNT: u8 = 4;

/// The number of a step, from 1, by [`super::Progress::step`]. A run begins with its first.
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
    fn steps_are_numbered_in_their_order() {
        let steps = ["start", DOWNLOAD, "annotate", "getBigRefGene", STORE, INDEX].map(number);
        assert_eq!(steps, [1, 1, 2, 2, 3, COUNT]);
    }
}
