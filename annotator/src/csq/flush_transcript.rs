//! Reports the haplotypes of transcripts that no later record can touch.

use super::annotator::{ContigContext, CsqAnnotator};
use super::haplotype_path::{HaplotypePath, LeafScratch};
use super::haplotype_tree::HaplotypeTree;
use crate::report::AnnotationGap;

/// Work on an allele of a haplotype: it is translated, and compared with other consequences.
const NODE_WORK: u64 = 2500;

impl<'r> CsqAnnotator<'r> {
    /// Flushes the transcripts that end before a position, in the order of their ends.
    pub(super) fn flush_before(&mut self, pos: i32) {
        if self.active.is_empty() {
            return;
        }
        let Some((contig, _)) = self.position else { return };
        let context = ContigContext { contig, model: &self.model.contigs[contig.number as usize] };
        while let Some(mut tree) = self.active.pop_before(pos) {
            self.flush_transcript(&context, &mut tree);
            self.active.recycle(tree);
        }
    }

    fn flush_transcript(&mut self, context: &ContigContext<'r>, tree: &mut HaplotypeTree) {
        let Some(coding) = context.model.coding(tree.transcript) else { return };
        let spliced = self.spliced(context, coding);
        let mut scratch = std::mem::take(&mut self.leaf_scratch);
        tree.leaves(&mut scratch.leaves, &mut scratch.stack);
        scratch.reported.clear();
        scratch.reported_by_node.clear();
        scratch.reported_by_node.resize(tree.nodes.len(), 0..0);
        let leaves = std::mem::take(&mut scratch.leaves);
        for leaf in &leaves {
            scratch.place_edits(tree, *leaf);
            for node in &scratch.left_out {
                self.buffer
                    .note(tree.nodes[*node as usize].record, AnnotationGap::OverlappingAllele);
            }
            let work = NODE_WORK * scratch.path.len() as u64;
            if !self.buffer.add_work_on(tree, work) {
                break;
            }
            let path = HaplotypePath {
                tree,
                spliced: &spliced,
                edits: &scratch.edits,
                max_residues: self.options.max_residues,
            };
            let from = scratch.reported.len();
            path.report(
                &mut self.buffer,
                &context.merge_key(),
                &mut self.scratch.translations,
                &mut scratch.reported,
            );
            scratch.reported_by_node[*leaf as usize] = from..scratch.reported.len();
        }
        scratch.leaves = leaves;
        if tree.is_left_out {
            for node in &tree.nodes {
                self.buffer.note(node.record, AnnotationGap::TooManyConsequences);
            }
        }
        if self.samples > 0 {
            self.mark_haplotypes(tree, &scratch);
        }
        self.leaf_scratch = scratch;
    }

    /// Sets the bits of FORMAT/BCSQ for every haplotype of every sample.
    fn mark_haplotypes(&mut self, tree: &HaplotypeTree, scratch: &LeafScratch) {
        for (node, sample, haplotype) in tree.ends() {
            let Some(range) = scratch.reported_by_node.get(node as usize) else { continue };
            for reported in &scratch.reported[range.clone()] {
                if !self.buffer.mark(*reported, sample, haplotype) {
                    break;
                }
            }
        }
    }
}
