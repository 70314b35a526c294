//! The end of a transcript: its haplotypes are told, and the samples that have them marked.

use super::compound::{Line, Reported};
use super::engine::{ContigContext, CsqAnnotator};
use super::haplotypes::Haplotypes;

impl<'r> CsqAnnotator<'r> {
    /// Closes the transcripts that end before a position, those that end first before others.
    pub(super) fn close_before(&mut self, pos: i32) {
        if self.active.is_empty() {
            return;
        }
        let Some((contig, _)) = self.place else { return };
        let context = ContigContext { contig, model: &self.model.contigs[contig.number as usize] };
        while let Some(tree) = self.active.pop_before(pos) {
            self.close(&context, &tree);
            self.active.recycle(tree);
        }
    }

    fn close(&mut self, context: &ContigContext<'r>, tree: &Haplotypes) {
        let Some(coding) = context.model.coding(tree.transcript) else { return };
        let spliced = self.spliced(context, coding);
        let mut leaves = std::mem::take(&mut self.leaves);
        tree.leaves(&mut leaves.nodes, &mut leaves.stack);
        leaves.reported_by_node.clear();
        leaves.reported_by_node.resize(tree.nodes.len(), (0, 0));
        leaves.told.clear();
        for leaf in &leaves.nodes {
            tree.path(*leaf, &mut leaves.path);
            leaves.bases.clear();
            leaves.ends.clear();
            for node in &leaves.path {
                leaves
                    .bases
                    .extend_from_slice(&tree.bases[tree.nodes[*node as usize].bases.clone()]);
                leaves.ends.push(leaves.bases.len() as i32);
            }
            let line = Line {
                tree,
                spliced: &spliced,
                reverse: context.transcript(tree.transcript).reverse,
                len: coding.len,
                path: &leaves.path,
                ends: &leaves.ends,
                bases: &leaves.bases,
                transcript: tree.transcript,
                most: self.options.max_residues,
            };
            let from = leaves.told.len();
            line.tell(&mut self.buffer, &context.merge_key(), &mut self.scratch, &mut leaves.told);
            leaves.reported_by_node[*leaf as usize] = (from, leaves.told.len());
        }
        if self.samples > 0 {
            self.mark(tree, &leaves);
        }
        self.leaves = leaves;
    }

    fn mark(&mut self, tree: &Haplotypes, leaves: &LeafScratch) {
        let heads = tree.heads.iter().enumerate().map(|(haplotype, node)| (*node, haplotype));
        let alone = tree.alone.iter().map(|(node, haplotype)| (*node, *haplotype as usize));
        for (node, haplotype) in heads.chain(alone) {
            let Some((from, to)) = leaves.reported_by_node.get(node as usize).copied() else {
                continue;
            };
            for (record, place) in &leaves.told[from..to] {
                let (sample, side) = (haplotype / 2, haplotype % 2);
                if !self.buffer.mark(*record, sample, side, *place as usize) {
                    break;
                }
            }
        }
    }
}

/// Buffers for the haplotypes of a transcript.
#[derive(Clone, Debug, Default)]
pub(super) struct LeafScratch {
    nodes: Vec<u32>,
    stack: Vec<u32>,
    path: Vec<u32>,
    ends: Vec<i32>,
    bases: Vec<u8>,
    /// ConsequenceFlags of all haplotypes, and by node the part that is its own.
    told: Reported,
    reported_by_node: Vec<(usize, usize)>,
}
