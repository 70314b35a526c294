//! The haplotypes of a transcript as a tree. A node is an allele that follows the alleles of its
//! ancestors, so haplotypes with the same alleles share nodes.

use super::flags::ConsequenceFlags;
use std::collections::HashMap;
use std::ops::Range;

/// The parent of the first allele of a haplotype.
pub(crate) const ROOT: u32 = u32::MAX;

/// A haplotype of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Haplotype {
    /// Index of the sample.
    pub(crate) sample: u32,
    /// Number of the haplotype, from 0.
    pub(crate) number: u16,
}

impl Haplotype {
    /// The only haplotype of a file without samples.
    pub(crate) const ONLY: Self = Self { sample: 0, number: 0 };

    pub(crate) const fn new(sample: usize, number: usize) -> Self {
        Self { sample: sample as u32, number: number as u16 }
    }

    /// The index of the first two haplotypes of a sample.
    const fn index(self) -> Option<usize> {
        if self.number < 2 { Some(2 * self.sample as usize + self.number as usize) } else { None }
    }
}

/// The haplotypes of a sample in a file with phase sets.
#[derive(Clone, Copy, Debug)]
struct SamplePhase {
    /// The phase set of the last heterozygous genotype; `None` before the first one.
    set: Option<u64>,
    /// By haplotype: the last node of the homozygous alleles since then.
    homozygous: [u32; 2],
}

/// A replacement of bases of a segment of a coding sequence. An insertion or deletion in a repeat can be at
/// several places, which are named by the genomic position of their first base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Coding bases before the replaced ones, in genomic direction.
    pub(crate) offset: i32,
    /// The place at which the allele is described if it is the only one of its haplotype. `offset` is that of
    /// this place, and it is in the segment.
    pub(crate) place: i32,
    /// The place that the record gives, which may be outside of the coding sequence.
    pub(crate) given: i32,
    /// The outermost places.
    pub(crate) places: (i32, i32),
    /// Number of bases replaced.
    pub(crate) removed: i32,
    /// Number of new bases.
    pub(crate) inserted: i32,
    /// First and last genomic position of the segment.
    pub(crate) segment: (i32, i32),
    /// Position of the record. It orders insertions at one place.
    pub(crate) pos: i32,
}

impl Edit {
    /// Bases by which the sequence becomes longer; negative for a deletion.
    pub(crate) const fn added(&self) -> i32 {
        self.inserted - self.removed
    }

    /// Whether bases are only inserted or only deleted.
    pub(crate) const fn is_indel(&self) -> bool {
        self.removed == 0 || self.inserted == 0
    }

    /// The position after the last base replaced, where the record places the allele.
    pub(crate) const fn given_end(&self) -> i32 {
        self.given + self.removed
    }

    /// Whether two alleles replace the same base where their records place them, or records at one position
    /// insert bases at the same place.
    fn overlaps(&self, other: &Self) -> bool {
        let (start, end) = (self.given, self.given_end());
        let (other_start, other_end) = (other.given, other.given_end());
        (start < other_end && other_start < end)
            || ((start, end) == (other_start, other_end) && start == end && self.pos == other.pos)
    }
}

/// An allele in the coding sequence.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) parent: u32,
    /// Index of the record in the buffer.
    pub(crate) record: u32,
    /// ALT number, from 1.
    pub(crate) allele: u16,
    /// Consequences of the allele alone.
    pub(crate) flags: ConsequenceFlags,
    /// What the allele does to the coding sequence.
    pub(crate) edit: Edit,
    /// The new bases, as a range of [`HaplotypeTree::bases`].
    pub(crate) bases: Range<usize>,
    /// The greatest [`Edit::given_end`] of this allele and its ancestors.
    pub(crate) max_end: i32,
    /// Number of haplotypes that end here.
    pub(crate) haplotypes: u32,
    first_child: u32,
    last_child: u32,
    /// The first child that belongs to the record of the last one.
    newest_child: u32,
    next_sibling: u32,
}

/// The haplotypes of one transcript. The memory is reused for the next transcript.
#[derive(Clone, Debug, Default)]
pub(crate) struct HaplotypeTree {
    pub(crate) transcript: u32,
    /// Last genomic position of the transcript.
    pub(crate) end: i32,
    /// Work that the haplotypes have taken, in units of about a nanosecond.
    pub(crate) work: u64,
    /// Whether that is too much, so that no more of them are reported.
    pub(crate) is_left_out: bool,
    pub(crate) nodes: Vec<Node>,
    pub(crate) bases: Vec<u8>,
    /// By haplotype (two per sample): its last node.
    heads: Vec<u32>,
    /// The last nodes of the third and later haplotypes of polyploid samples.
    further_heads: HashMap<Haplotype, u32>,
    /// By sample, if the file has phase sets.
    phases: Vec<SamplePhase>,
    /// By haplotype (two per sample), if there are any: the last genomic position of the deletions whose
    /// new sequence is unknown.
    deleted_to: Vec<i32>,
    /// Further nodes where haplotypes end, with the haplotype as in `heads`: unphased alleles, which are
    /// separate from the haplotype's other alleles, and the ends of earlier phase sets. The memory of
    /// files with many unphased samples is mostly this.
    further_ends: Vec<(u32, u32)>,
    first_root: u32,
    last_root: u32,
    newest_root: u32,
}

impl HaplotypeTree {
    /// Resets the tree for a transcript with a number of haplotypes.
    pub(crate) fn begin(&mut self, transcript: u32, end: i32, haplotypes: usize) {
        self.transcript = transcript;
        self.end = end;
        (self.work, self.is_left_out) = (0, false);
        self.nodes.clear();
        self.bases.clear();
        self.further_heads.clear();
        self.phases.clear();
        self.further_ends.clear();
        self.deleted_to.clear();
        self.heads.clear();
        self.heads.resize(haplotypes, ROOT);
        (self.first_root, self.last_root, self.newest_root) = (ROOT, ROOT, ROOT);
    }

    pub(crate) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }

    /// The child of a node for an allele of the latest record. Children are added in the order of
    /// their records, so only the newest ones are searched.
    pub(crate) fn child(&self, parent: u32, record: u32, allele: u16) -> Option<u32> {
        let mut next = self.node(parent).map_or(self.newest_root, |node| node.newest_child);
        while let Some(node) = self.node(next).filter(|node| node.record == record) {
            if node.allele == allele {
                return Some(next);
            }
            next = node.next_sibling;
        }
        None
    }

    /// Adds a node as the last child of its parent.
    pub(crate) fn add(&mut self, mut node: Node) -> u32 {
        let number = self.nodes.len() as u32;
        let end = node.edit.given_end();
        node.max_end = self.node(node.parent).map_or(end, |parent| parent.max_end.max(end));
        (node.first_child, node.last_child) = (ROOT, ROOT);
        (node.newest_child, node.next_sibling) = (ROOT, ROOT);
        let parent = self.node(node.parent);
        let before = parent.map_or(self.last_root, |parent| parent.last_child);
        let is_newer = self.node(before).is_none_or(|before| before.record != node.record);
        let (first, last, newest) = match self.nodes.get_mut(node.parent as usize) {
            Some(parent) => {
                (&mut parent.first_child, &mut parent.last_child, &mut parent.newest_child)
            }
            None => (&mut self.first_root, &mut self.last_root, &mut self.newest_root),
        };
        *last = number;
        if *first == ROOT {
            *first = number;
        }
        if is_newer {
            *newest = number;
        }
        self.nodes.push(node);
        if let Some(before) = self.nodes.get_mut(before as usize) {
            before.next_sibling = number;
        }
        number
    }

    /// The last node of a haplotype.
    #[inline]
    pub(crate) fn head(&self, haplotype: Haplotype) -> u32 {
        match haplotype.index() {
            Some(index) => self.heads[index],
            None => self.further_heads.get(&haplotype).copied().unwrap_or(ROOT),
        }
    }

    /// Makes a node the end of a haplotype.
    #[inline]
    pub(crate) fn extend(&mut self, haplotype: Haplotype, node: u32) {
        let before = match haplotype.index() {
            Some(index) => std::mem::replace(&mut self.heads[index], node),
            None => self.further_heads.insert(haplotype, node).unwrap_or(ROOT),
        };
        if let Some(before) = self.nodes.get_mut(before as usize) {
            before.haplotypes -= 1;
        }
        self.nodes[node as usize].haplotypes += 1;
    }

    /// Makes a node an end of a haplotype in addition to its head.
    pub(crate) fn add_end(&mut self, haplotype: Haplotype, node: u32) {
        if let Some(index) = haplotype.index() {
            self.further_ends.push((node, index as u32));
        }
        self.nodes[node as usize].haplotypes += 1;
    }

    /// Notes that the bases of a haplotype are deleted up to a genomic position.
    pub(crate) fn delete_to(&mut self, haplotype: Haplotype, end: i32) {
        let Some(index) = haplotype.index() else { return };
        if self.deleted_to.is_empty() {
            self.deleted_to.resize(self.heads.len(), 0);
        }
        self.deleted_to[index] = self.deleted_to[index].max(end);
    }

    /// Whether a genomic position is within a deletion of the haplotype.
    #[inline]
    pub(crate) fn is_deleted(&self, haplotype: Haplotype, pos: i32) -> bool {
        let end = haplotype.index().and_then(|index| self.deleted_to.get(index));
        end.is_some_and(|end| pos <= *end)
    }

    /// Whether an allele of a record overlaps one of a haplotype. Returns the number of alleles compared,
    /// too.
    pub(crate) fn overlaps(&self, parent: u32, record: u32, edit: &Edit) -> (bool, u64) {
        let (mut at, mut compared) = (parent, 0);
        // Records are in the order of their positions, but a REF can begin long before its allele.
        while let Some(node) = self.node(at).filter(|node| node.max_end >= edit.given) {
            compared += 1;
            // With ribosomal slippage, an allele has a node for each reading.
            if node.record != record && node.edit.overlaps(edit) {
                return (true, compared);
            }
            at = node.parent;
        }
        (false, compared)
    }

    /// The nodes where the first two haplotypes of the samples end.
    pub(crate) fn ends(&self) -> impl Iterator<Item = (u32, usize, usize)> {
        let heads = self.heads.iter().copied().zip(0..);
        let ends = heads.chain(self.further_ends.iter().copied());
        ends.map(|(node, index)| (node, index as usize / 2, index as usize % 2))
    }

    /// Starts a heterozygous genotype of a phase set. How the haplotypes of different sets belong
    /// together is unknown: in a new set, the haplotypes of the sample begin with the homozygous
    /// alleles since the last heterozygous one.
    pub(crate) fn begin_heterozygous(&mut self, sample: usize, set: u64) {
        let phase = *self.phase(sample);
        if phase.set.is_some_and(|last| last != set) {
            for number in 0..2 {
                let index = 2 * sample + number;
                let (head, next) = (self.heads[index], phase.homozygous[number]);
                if head == next {
                    continue;
                }
                if head != ROOT {
                    self.further_ends.push((head, index as u32));
                }
                self.heads[index] = next;
                if let Some(next) = self.nodes.get_mut(next as usize) {
                    next.haplotypes += 1;
                }
            }
        }
        *self.phase(sample) = SamplePhase { set: Some(set), homozygous: [ROOT; 2] };
    }

    /// The last node of the homozygous alleles of a haplotype since the last heterozygous one.
    pub(crate) fn homozygous_head(&mut self, sample: usize, number: usize) -> u32 {
        self.phase(sample).homozygous[number]
    }

    /// Adds a homozygous allele, whose haplotypes are known whatever its phase set.
    pub(crate) fn extend_homozygous(&mut self, sample: usize, number: usize, node: u32) {
        self.phase(sample).homozygous[number] = node;
    }

    fn phase(&mut self, sample: usize) -> &mut SamplePhase {
        if self.phases.is_empty() {
            let none = SamplePhase { set: None, homozygous: [ROOT; 2] };
            self.phases.resize(self.heads.len() / 2, none);
        }
        &mut self.phases[sample]
    }

    /// Collects the nodes where haplotypes end, parents before children and siblings in the order
    /// of their records.
    pub(crate) fn leaves(&self, out: &mut Vec<u32>, stack: &mut Vec<u32>) {
        out.clear();
        stack.clear();
        stack.push(self.first_root);
        while let Some(number) = stack.pop() {
            let Some(node) = self.node(number) else { continue };
            if node.haplotypes > 0 {
                out.push(number);
            }
            stack.push(node.next_sibling);
            stack.push(node.first_child);
        }
    }

    /// Collects the nodes from the root to a node.
    pub(crate) fn path(&self, leaf: u32, out: &mut Vec<u32>) {
        out.clear();
        let mut at = leaf;
        while let Some(node) = self.node(at) {
            out.push(at);
            at = node.parent;
        }
        out.reverse();
    }
}

impl Node {
    /// A node without children.
    pub(crate) fn new(parent: u32, record: u32, allele: u16, flags: ConsequenceFlags) -> Self {
        Self {
            parent,
            record,
            allele,
            flags,
            edit: Edit::default(),
            bases: 0..0,
            max_end: 0,
            haplotypes: 0,
            first_child: ROOT,
            last_child: ROOT,
            newest_child: ROOT,
            next_sibling: ROOT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn haplotypes_with_the_same_alleles_share_nodes() {
        let mut tree = HaplotypeTree::default();
        tree.begin(0, 100, 4);
        let first = tree.add(Node::new(ROOT, 0, 1, ConsequenceFlags::empty()));
        let haplotypes = [(0, 0), (0, 1), (1, 0), (1, 5)].map(|(s, n)| Haplotype::new(s, n));
        for haplotype in haplotypes {
            assert_eq!(tree.child(ROOT, 0, 1), Some(first));
            tree.extend(haplotype, first);
        }
        let second = tree.add(Node::new(first, 1, 1, ConsequenceFlags::empty()));
        tree.extend(haplotypes[2], second);
        tree.extend(haplotypes[3], second);
        assert_eq!(
            haplotypes.map(|haplotype| tree.head(haplotype)),
            [first, first, second, second]
        );
        let other = tree.add(Node::new(ROOT, 2, 1, ConsequenceFlags::empty()));
        tree.add_end(haplotypes[0], other);
        assert_eq!(tree.child(first, 1, 2), None);
        let (mut leaves, mut path) = (Vec::new(), Vec::new());
        tree.leaves(&mut leaves, &mut Vec::new());
        assert_eq!(leaves, [first, second, other]);
        tree.path(second, &mut path);
        assert_eq!((path.as_slice(), tree.nodes[0].haplotypes), (&[first, second][..], 2));
    }
}
