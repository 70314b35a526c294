//! The haplotypes of a transcript as a tree. A node is an allele that follows the alleles of its
//! ancestors, so haplotypes with the same alleles share nodes.

use super::flags::ConsequenceFlags;
use std::ops::Range;

/// The parent of the first allele of a haplotype.
pub(crate) const ROOT: u32 = u32::MAX;

/// An allele in the coding sequence.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) parent: u32,
    /// Index of the record in the buffer.
    pub(crate) record: u32,
    /// ALT number, from 1.
    pub(crate) allele: u16,
    /// Consequences found by comparing the allele with its segment.
    pub(crate) flags: ConsequenceFlags,
    /// Index of the segment of the coding sequence.
    pub(crate) segment: u16,
    /// First genomic position replaced.
    pub(crate) start: i32,
    /// Number of bases replaced.
    pub(crate) removed: i32,
    /// Coding bases before `start`, in genomic direction.
    pub(crate) offset: i32,
    /// Bases by which the allele changes the length; negative for a deletion.
    pub(crate) added: i32,
    /// The coding bases between the parent and the allele, then the allele's own bases, as a range
    /// of [`HaplotypeTree::bases`].
    pub(crate) bases: Range<usize>,
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
    pub(crate) nodes: Vec<Node>,
    pub(crate) bases: Vec<u8>,
    /// By haplotype (two per sample): its last node.
    pub(crate) heads: Vec<u32>,
    /// Nodes of unphased alleles, each with its haplotype. They are separate from the haplotype's
    /// other alleles.
    pub(crate) unphased: Vec<(u32, u32)>,
    first_root: u32,
    last_root: u32,
    newest_root: u32,
}

impl HaplotypeTree {
    /// Resets the tree for a transcript with a number of haplotypes.
    pub(crate) fn begin(&mut self, transcript: u32, end: i32, haplotypes: usize) {
        self.transcript = transcript;
        self.end = end;
        self.nodes.clear();
        self.bases.clear();
        self.unphased.clear();
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

    /// Makes a node the end of a haplotype.
    pub(crate) fn extend(&mut self, haplotype: usize, node: u32) {
        let before = std::mem::replace(&mut self.heads[haplotype], node);
        if let Some(before) = self.nodes.get_mut(before as usize) {
            before.haplotypes -= 1;
        }
        self.nodes[node as usize].haplotypes += 1;
    }

    /// Makes a node an end of a haplotype in addition to its head.
    pub(crate) fn add_unphased(&mut self, haplotype: usize, node: u32) {
        self.unphased.push((node, haplotype as u32));
        self.nodes[node as usize].haplotypes += 1;
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
            segment: 0,
            start: 0,
            removed: 0,
            offset: 0,
            added: 0,
            bases: 0..0,
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
        tree.begin(0, 100, 3);
        let first = tree.add(Node::new(ROOT, 0, 1, ConsequenceFlags::empty()));
        for haplotype in 0..3 {
            assert_eq!(tree.child(ROOT, 0, 1), Some(first));
            tree.extend(haplotype, first);
        }
        let second = tree.add(Node::new(first, 1, 1, ConsequenceFlags::empty()));
        tree.extend(2, second);
        let other = tree.add(Node::new(ROOT, 2, 1, ConsequenceFlags::empty()));
        tree.add_unphased(0, other);
        assert_eq!(tree.child(first, 1, 2), None);
        let (mut leaves, mut path) = (Vec::new(), Vec::new());
        tree.leaves(&mut leaves, &mut Vec::new());
        assert_eq!(leaves, [first, second, other]);
        tree.path(second, &mut path);
        assert_eq!((path.as_slice(), tree.nodes[0].haplotypes), (&[first, second][..], 2));
    }
}
