//! The end of a transcript: its haplotypes are told, and the samples that have them marked.

use super::compound::{Line, Told};
use super::engine::{CsqAnnotator, Here};
use super::haplotypes::Haplotypes;

impl<'r> CsqAnnotator<'r> {
    /// Closes the transcripts that end before a position, those that end first before others.
    pub(super) fn close_before(&mut self, pos: i32) {
        if self.active.is_empty() {
            return;
        }
        let Some((contig, _)) = self.place else { return };
        let here = Here { contig, model: &self.model.contigs[contig.number as usize] };
        while let Some(tree) = self.active.pop_before(pos) {
            self.close(&here, &tree);
            self.active.recycle(tree);
        }
    }

    fn close(&mut self, here: &Here<'r>, tree: &Haplotypes) {
        let Some(coding) = here.model.coding(tree.transcript) else { return };
        let spliced = self.spliced(here, coding);
        let mut leaves = std::mem::take(&mut self.leaves);
        tree.leaves(&mut leaves.nodes, &mut leaves.stack);
        leaves.told_of.clear();
        leaves.told_of.resize(tree.nodes.len(), (0, 0));
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
                reverse: here.around(tree.transcript).reverse,
                len: coding.len,
                path: &leaves.path,
                ends: &leaves.ends,
                bases: &leaves.bases,
                transcript: tree.transcript,
                most: self.options.max_residues,
            };
            let from = leaves.told.len();
            line.tell(&mut self.held, &here.identity(), &mut self.scratch, &mut leaves.told);
            leaves.told_of[*leaf as usize] = (from, leaves.told.len());
        }
        if self.samples > 0 {
            self.mark(tree, &leaves);
        }
        self.leaves = leaves;
    }

    fn mark(&mut self, tree: &Haplotypes, leaves: &Leaves) {
        let heads = tree.heads.iter().enumerate().map(|(haplotype, node)| (*node, haplotype));
        let alone = tree.alone.iter().map(|(node, haplotype)| (*node, *haplotype as usize));
        for (node, haplotype) in heads.chain(alone) {
            let Some((from, to)) = leaves.told_of.get(node as usize).copied() else { continue };
            for (record, place) in &leaves.told[from..to] {
                let (sample, side) = (haplotype / 2, haplotype % 2);
                if !self.held.mark(*record, sample, side, *place as usize) {
                    break;
                }
            }
        }
    }
}

/// Buffers for the haplotypes of a transcript.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    nodes: Vec<u32>,
    stack: Vec<u32>,
    path: Vec<u32>,
    ends: Vec<i32>,
    bases: Vec<u8>,
    /// Calls of all haplotypes, and by node the part that is its own.
    told: Told,
    told_of: Vec<(usize, usize)>,
}
