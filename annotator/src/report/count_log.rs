//! The count log, in the format of AnnTools' `.count.log`.

use super::annotation_gap::AnnotationGap;
use super::counts::{Counts, RegionClass};
use std::fmt::Write;

/// The text of the count log. `Total` is the number of records, which AnnTools gets wrong.
pub fn write_count_log(counts: &Counts, tracks: &[String], warnings: &[String]) -> String {
    let mut out = String::from("## Counts include all isoforms\n");
    out.push_str("## Counts may add up to more than the total: a variant counts once in each class of region\n");
    let percent = match counts.records {
        0 => 0.0,
        total => counts.in_dbsnp as f64 * 100.0 / total as f64,
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "Total: {}", counts.records);
    let _ = writeln!(out, "In dbSNP: {} ({percent:.2}%)", counts.in_dbsnp);
    out.push_str("Variants located:\n");
    for class in RegionClass::ALL {
        let _ = writeln!(out, "In {} {}", class.as_str(), counts.region_classes[class as usize]);
    }
    for (name, records) in tracks.iter().zip(&counts.tracks) {
        let _ = writeln!(out, "In {name} {records}");
    }
    for gap in AnnotationGap::ALL {
        if counts.gap(gap) > 0 {
            let _ = writeln!(
                out,
                "Not annotated, because they {}: {}",
                gap.description(),
                counts.gap(gap)
            );
        }
    }
    if counts.ref_checked > 0 {
        let _ = writeln!(
            out,
            "REF differs from the reference: {} of {}",
            counts.ref_mismatches, counts.ref_checked
        );
    }
    for warning in warnings {
        let _ = writeln!(out, "## Warning: {warning}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::RegionClasses;

    #[test]
    fn the_total_is_the_number_of_records() {
        let mut counts = Counts { records: 4, in_dbsnp: 1, ..Counts::default() };
        let mut classes = RegionClasses::default();
        classes.insert(RegionClass::Cds);
        classes.insert(RegionClass::Exonic);
        counts.add_region_classes(classes);
        let log = write_count_log(&counts, &[], &["unsorted".to_owned()]);
        assert!(log.contains(
            "\nTotal: 4\nIn dbSNP: 1 (25.00%)\nVariants located:\nIn interGenic 0\nIn CDS 1\n"
        ));
        assert!(log.ends_with("## Warning: unsorted\n"));
    }
}
