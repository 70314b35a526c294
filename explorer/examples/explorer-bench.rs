//! Prints the explorer's figures: `explorer-bench FOLDER [RECORDS]`, or `explorer-bench FILE.vcf`.
#![allow(clippy::print_stdout, reason = "the figures are its output")]

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a folder, or a result")?;
    let path = Path::new(&path);
    let figures = if path.is_dir() {
        let records = arguments.next().map_or(Ok(1_000_000), |n| n.parse())?;
        gas_explorer::bench::run(path, records)?
    } else {
        gas_explorer::bench::run_on(path)?
    };
    for figure in figures {
        println!("{:<50} {:>12.2} {}", figure.name, figure.value, figure.unit);
    }
    Ok(())
}
