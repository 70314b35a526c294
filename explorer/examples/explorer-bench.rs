//! Prints the explorer's figures: `explorer-bench FOLDER [RECORDS [SAMPLES [sources]]]`, or `explorer-bench FILE.vcf`.
#![allow(clippy::print_stdout, reason = "the figures are its output")]

use gas_explorer::bench;
use gas_explorer::synthetic::Content;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a folder, or a result")?;
    let path = Path::new(&path);
    let figures = if path.is_dir() {
        let records = arguments.next().map_or(Ok(1_000_000), |n| n.parse())?;
        let samples = arguments.next().map_or(Ok(0), |n| n.parse())?;
        let with_sources = arguments.next().is_some_and(|word| word == "sources");
        bench::run(path, &Content { records, samples, with_sources })?
    } else {
        bench::run_on(path)?
    };
    for figure in figures {
        println!("{:<50} {:>12.2} {}", figure.name, figure.value, figure.unit);
    }
    Ok(())
}
