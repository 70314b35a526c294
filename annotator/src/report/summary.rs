//! Builds `summary.json` from the counts of a run.

use super::annotation_gap::AnnotationGap;
use super::counts::{Counts, RegionClass};
use crate::consequence::{Impact, SoTerm};
use gas_shared::summary::Summary;
use gas_shared::variant::VariantType;
use std::collections::BTreeMap;

/// Summarizes the counts of a run. `tracks` are the names of the tracks in the order of
/// [`Counts::tracks`].
pub fn summarize(
    counts: &Counts,
    assembly: &str,
    samples: u64,
    tracks: &[String],
    warnings: &[String],
) -> Summary {
    let named = |names: &[&str], values: &[u64]| -> BTreeMap<String, u64> {
        let pairs = names.iter().zip(values).filter(|(_, n)| **n > 0);
        pairs.map(|(name, n)| ((*name).to_owned(), *n)).collect()
    };
    let terms: Vec<&'static str> = SoTerm::ALL.iter().map(|t| t.as_str()).collect();
    let unreadable_lines = counts.gap(AnnotationGap::UnreadableLine);
    Summary {
        assembly: assembly.to_owned(),
        annotator: concat!("gas-annotate ", env!("CARGO_PKG_VERSION")).to_owned(),
        records: counts.records,
        alleles: counts.alleles,
        multiallelic: counts.multiallelic,
        samples,
        in_dbsnp: counts.in_dbsnp,
        novel: counts.records.saturating_sub(counts.in_dbsnp + unreadable_lines),
        transitions: counts.transitions,
        transversions: counts.transversions,
        ts_tv: (counts.transversions > 0)
            .then(|| counts.transitions as f64 / counts.transversions as f64),
        region_classes: named(&RegionClass::ALL.map(RegionClass::as_str), &counts.region_classes),
        kinds: named(&VariantType::ALL.map(VariantType::as_str), &counts.kinds),
        most_severe: named(&terms, &counts.most_severe),
        consequences: named(&terms, &counts.terms),
        impacts: named(&Impact::ALL.map(Impact::as_str), &counts.impacts),
        contigs: counts
            .contigs
            .iter()
            .map(|(name, n)| (String::from_utf8_lossy(name).into_owned(), *n))
            .collect(),
        density: counts
            .histograms
            .density
            .iter()
            .map(|(name, density)| (String::from_utf8_lossy(name).into_owned(), density.clone()))
            .collect(),
        indel_lengths: counts.histograms.indel_lengths(),
        qual: counts.histograms.qualities(),
        tracks: tracks.iter().cloned().zip(counts.tracks.iter().copied()).collect(),
        ref_checked: counts.ref_checked,
        ref_mismatches: counts.ref_mismatches,
        not_left_aligned: counts.not_left_aligned,
        ref_ambiguous: counts.ref_ambiguous,
        unknown_contig: counts.gap(AnnotationGap::OutsideReference),
        not_annotated: named(&AnnotationGap::ALL.map(AnnotationGap::as_str), &counts.gaps),
        warnings: warnings.to_vec(),
        provenance: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consequence::SoTerms;
    use crate::report::RegionClasses;
    use gas_shared::summary::Density;

    fn counts() -> Counts {
        let mut counts = Counts {
            records: 3,
            in_dbsnp: 1,
            ref_checked: 3,
            tracks: vec![2],
            ..Counts::default()
        };
        counts.add_gap(AnnotationGap::RefMismatch);
        counts.add_kind(VariantType::Snv, b"A", b"G");
        counts.add_kind(VariantType::Snv, b"A", b"C");
        counts.add_kind(VariantType::Snv, b"C", b"T");
        counts.add_kind(VariantType::Deletion, b"CTA", b"C");
        let mut classes = RegionClasses::default();
        classes.insert(RegionClass::Cds);
        counts.add_region_classes(classes);
        let mut terms = SoTerms::EMPTY;
        terms.insert(SoTerm::Intergenic);
        counts.add_terms(terms);
        counts.add_contig(b"20", 3);
        let mut density = Density::new(400);
        density.add(3);
        density.records.truncate(2);
        counts.histograms.add_density(b"20", &density);
        counts.histograms.add_qual(b"9");
        counts
    }

    #[test]
    fn the_json_of_a_summary_stays_as_it_is_stored() {
        let summary = summarize(&counts(), "GRCh37", 2, &["dbsnp".to_owned()], &["w".to_owned()]);
        let json = serde_json::to_string(&summary).unwrap();
        let (head, bins) = json.split_once(r#","qual":"#).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            head,
            format!(
                "{{\"assembly\":\"GRCh37\",\"annotator\":\"gas-annotate {version}\",\
                 \"records\":3,\"alleles\":4,\"multiallelic\":0,\"samples\":2,\"in_dbsnp\":1,\
                 \"novel\":2,\"transitions\":2,\"transversions\":1,\"ts_tv\":2.0,\
                 \"places\":{{\"CDS\":1}},\"kinds\":{{\"deletion\":1,\"snv\":3}},\
                 \"most_severe\":{{\"intergenic_variant\":1}},\"consequences\":{{}},\
                 \"impacts\":{{\"MODIFIER\":1}},\"contigs\":{{\"20\":3}},\
                 \"density\":{{\"20\":{{\"bin_bases\":2,\"records\":[0,1]}}}},\
                 \"indel_lengths\":[[-2,1]]"
            )
        );
        assert!(bins.starts_with(
            r#"{"missing":0,"bins":[{"from":0,"to":10,"records":1},{"from":10,"to":20,"records":0},"#
        ));
        assert!(bins.ends_with(
            r#"{"from":10000,"to":null,"records":0}]},"tracks":{"dbsnp":2},"ref_checked":3,"ref_mismatches":0,"ref_ambiguous":0,"not_left_aligned":0,"unknown_contig":0,"not_annotated":{"ref_mismatch":1},"warnings":["w"]}"#
        ));
    }

    #[test]
    fn a_summary_is_written_again_as_it_was_read() {
        let summary = summarize(&counts(), "GRCh37", 2, &["dbsnp".to_owned()], &[]);
        let json = serde_json::to_string_pretty(&summary).unwrap();
        let read: Summary = serde_json::from_str(&json).unwrap();
        assert_eq!(read, summary);
        assert_eq!(serde_json::to_string_pretty(&read).unwrap(), json);
    }
}
