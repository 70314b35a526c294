//! Transcripts whose haplotypes grow, the one that ends first on top.

use super::haplotypes::Haplotypes;

/// A binary heap by the transcripts' ends. Of several that end at the same place the order is that
/// of `bcftools csq`, as it decides which consequences FORMAT/BCSQ still names.
#[derive(Debug, Default)]
pub(super) struct Active {
    heap: Vec<Haplotypes>,
    /// Haplotypes whose memory can be used again.
    spare: Vec<Haplotypes>,
}

impl Active {
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The haplotypes of a transcript, which begins here where it is not among the active ones;
    /// to be given back by [`put`](Self::put).
    pub(super) fn take(
        &mut self,
        transcript: u32,
        end: i32,
        haplotypes: usize,
    ) -> (usize, Haplotypes) {
        let known = self.heap.iter().position(|tree| tree.transcript == transcript);
        let place = known.unwrap_or_else(|| {
            let mut tree = self.spare.pop().unwrap_or_default();
            tree.begin(transcript, end, haplotypes);
            self.insert(tree)
        });
        (place, std::mem::take(&mut self.heap[place]))
    }

    pub(super) fn put(&mut self, place: usize, tree: Haplotypes) {
        self.heap[place] = tree;
    }

    /// Gives a closed transcript's memory back.
    pub(super) fn recycle(&mut self, tree: Haplotypes) {
        self.spare.push(tree);
    }

    fn insert(&mut self, tree: Haplotypes) -> usize {
        self.heap.push(tree);
        let mut at = self.heap.len() - 1;
        while at > 0 && self.heap[at].end < self.heap[(at - 1) / 2].end {
            self.heap.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
        at
    }

    /// Takes out the transcript that ends first, where it ends before a position.
    pub(super) fn pop_before(&mut self, pos: i32) -> Option<Haplotypes> {
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
    fn what_ends_first_comes_first() {
        let mut active = Active::default();
        for (transcript, end) in [(1, 50), (2, 10), (3, 30), (4, 10), (5, 10)] {
            let (place, tree) = active.take(transcript, end, 1);
            active.put(place, tree);
        }
        let (place, tree) = active.take(3, 30, 1);
        assert_eq!(tree.transcript, 3);
        active.put(place, tree);
        let mut order = Vec::new();
        while let Some(tree) = active.pop_before(50) {
            order.push((tree.end, tree.transcript));
        }
        assert_eq!(order, [(10, 2), (10, 5), (10, 4), (30, 3)]);
        assert!(!active.is_empty());
    }
}
