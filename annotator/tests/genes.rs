//! The genes for the genome browser.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::{REFERENCE, REFERENCE_FOLDER};
use gas_annotate::reference::GeneModels;

#[test]
fn every_gene_has_one_transcript_and_is_found_by_region_and_name() {
    let genes = GeneModels::open(&REFERENCE_FOLDER).unwrap();
    assert_eq!(genes.assembly, "GRCh37");
    for contig in REFERENCE.contigs() {
        let length = contig.sequence.len() as u64;
        assert_eq!(genes.length(contig.name), Some(length));
        let all: Vec<_> = genes.overlapping(contig.name, (1, length as i32)).collect();
        assert_eq!(all.len(), contig.model.genes.len(), "{}", contig.name);
        // A query finds the same genes as a scan of all genes.
        for start in (1..length as i32).step_by(length as usize / 50) {
            let region = (start, start + 20_000);
            let found: Vec<_> = genes.overlapping(contig.name, region).collect();
            let naive = all.iter().filter(|gene| gene.start <= region.1 && gene.end >= region.0);
            assert_eq!(found, naive.copied().collect::<Vec<_>>(), "{} {region:?}", contig.name);
        }
    }
    let (contig, gene) = genes.named("mt-nd1", ["chr20", "chrM"]).unwrap();
    assert_eq!((contig, &*gene.name), ("chrM", "MT-ND1"));
    assert_eq!(gene.coding, Some((gene.start, gene.end)));
    assert_eq!(genes.overlapping("chr1", (1, 100)).count(), 0);
}
