//! Reports the haplotypes of transcripts that no later record can touch.

use super::annotator::{ContigContext, CsqAnnotator};
use super::haplotype_path::{HaplotypePath, LeafScratch};
use super::haplotype_tree::HaplotypeTree;
use crate::error::InputError;

/// Work on an allele of a haplotype: it is translated, and compared with other consequences.
const NODE_WORK: u64 = 2500;

impl<'r> CsqAnnotator<'r> {
    /// Flushes the transcripts that end before a position, in the order of their ends.
    pub(super) fn flush_before(&mut self, pos: i32) -> Result<(), InputError> {
        if self.active.is_empty() {
            return Ok(());
        }
        let Some((contig, _)) = self.position else { return Ok(()) };
        let context = ContigContext { contig, model: &self.model.contigs[contig.number as usize] };
        while let Some(tree) = self.active.pop_before(pos) {
            self.flush_transcript(&context, &tree);
            self.active.recycle(tree);
            self.check_buffer()?;
        }
        Ok(())
    }

    fn flush_transcript(&mut self, context: &ContigContext<'r>, tree: &HaplotypeTree) {
        let Some(coding) = context.model.coding(tree.transcript) else { return };
        let spliced = self.spliced(context, coding);
        let mut scratch = std::mem::take(&mut self.leaf_scratch);
        tree.leaves(&mut scratch.leaves, &mut scratch.stack);
        scratch.reported.clear();
        scratch.reported_by_node.clear();
        scratch.reported_by_node.resize(tree.nodes.len(), 0..0);
        for leaf in &scratch.leaves {
            if self.buffer.exceeded().is_some() {
                break;
            }
            tree.path(*leaf, &mut scratch.path);
            self.buffer.add_work(NODE_WORK * scratch.path.len() as u64);
            scratch.bases.clear();
            scratch.ends.clear();
            for node in &scratch.path {
                let bases = tree.nodes[*node as usize].bases.clone();
                scratch.bases.extend_from_slice(&tree.bases[bases]);
                scratch.ends.push(scratch.bases.len() as i32);
            }
            let path = HaplotypePath {
                tree,
                spliced: &spliced,
                reverse: context.transcript(tree.transcript).reverse,
                len: coding.len,
                path: &scratch.path,
                ends: &scratch.ends,
                bases: &scratch.bases,
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
