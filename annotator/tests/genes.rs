//! The genes that a genome browser draws.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod common;

use common::{BUNDLE, REFERENCE};
use gas_annotate::reference::GeneModels;

#[test]
fn every_gene_is_drawn_by_a_transcript_of_its_own() {
    let genes = GeneModels::open(&BUNDLE).unwrap();
    assert_eq!(genes.assembly, "GRCh37");
    for contig in REFERENCE.contigs() {
        let length = contig.sequence.len() as u64;
        assert_eq!(genes.length(contig.name), Some(length));
        let all: Vec<_> = genes.overlapping(contig.name, (1, length as i32)).collect();
        assert_eq!(all.len(), contig.model.genes.len(), "{}", contig.name);
        // What a region has is what a look at every gene finds.
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
