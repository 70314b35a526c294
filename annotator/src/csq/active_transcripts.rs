//! Transcripts whose haplotypes may still grow, as a priority queue by their ends.

use super::haplotype_tree::HaplotypeTree;

/// A binary heap with the transcript that ends first on top. `bcftools csq` uses the same heap, and
/// the order of transcripts with the same end decides which consequences FORMAT/BCSQ can refer to.
#[derive(Debug, Default)]
pub(super) struct ActiveTranscripts {
    heap: Vec<HaplotypeTree>,
    /// Trees whose memory can be reused.
    spare: Vec<HaplotypeTree>,
}

impl ActiveTranscripts {
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Takes the haplotypes of a transcript out of the heap, adding the transcript if it is not
    /// active. [`put`](Self::put) returns them.
    pub(super) fn take(
        &mut self,
        transcript: u32,
        end: i32,
        haplotypes: usize,
    ) -> (usize, HaplotypeTree) {
        let known = self.heap.iter().position(|tree| tree.transcript == transcript);
        let index = known.unwrap_or_else(|| {
            let mut tree = self.spare.pop().unwrap_or_default();
            tree.begin(transcript, end, haplotypes);
            self.insert(tree)
        });
        (index, std::mem::take(&mut self.heap[index]))
    }

    pub(super) fn put(&mut self, index: usize, tree: HaplotypeTree) {
        self.heap[index] = tree;
    }

    /// Keeps the memory of a flushed transcript for the next one.
    pub(super) fn recycle(&mut self, tree: HaplotypeTree) {
        self.spare.push(tree);
    }

    fn insert(&mut self, tree: HaplotypeTree) -> usize {
        self.heap.push(tree);
        let mut at = self.heap.len() - 1;
        while at > 0 && self.heap[at].end < self.heap[(at - 1) / 2].end {
            self.heap.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
        at
    }

    /// Removes the transcript that ends first if it ends before a position.
    pub(super) fn pop_before(&mut self, pos: i32) -> Option<HaplotypeTree> {
        if self.heap.first()?.end >= pos {
            return None;
        }
        let first = self.heap.swap_remove(0);
        let mut at = 0;
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if self.heap.get(child).is_some_and(|tree| tree.end < self.heap[least].end) {
                    least = child;
                }
            }
            if least == at {
                return Some(first);
            }
            self.heap.swap(at, least);
            at = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transcripts_are_popped_in_the_order_of_their_ends() {
        let mut active = ActiveTranscripts::default();
        for (transcript, end) in [(1, 50), (2, 10), (3, 30), (4, 10), (5, 10)] {
            let (index, tree) = active.take(transcript, end, 1);
            active.put(index, tree);
        }
        let (index, tree) = active.take(3, 30, 1);
        assert_eq!(tree.transcript, 3);
        active.put(index, tree);
        let mut order = Vec::new();
        while let Some(tree) = active.pop_before(50) {
            order.push((tree.end, tree.transcript));
        }
        assert_eq!(order, [(10, 2), (10, 5), (10, 4), (30, 3)]);
        assert!(!active.is_empty());
    }
}
