//! Haplotypes of a transcript as a tree: every node is an allele on top of those before it, and
//! haplotypes that are the same share their nodes.

use super::flags::ConsequenceFlags;
use std::ops::Range;

/// The root: no allele yet.
pub(crate) const ROOT: u32 = u32::MAX;

/// An allele in the coding sequence.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) parent: u32,
    /// The record, among the held ones.
    pub(crate) record: u32,
    /// Number of the alternative, from 1.
    pub(crate) allele: u16,
    /// What the allele touches.
    pub(crate) flags: ConsequenceFlags,
    /// Segment of the coding sequence.
    pub(crate) segment: u16,
    /// First position replaced.
    pub(crate) start: i32,
    /// Bases replaced.
    pub(crate) removed: i32,
    /// Coding bases before `start`.
    pub(crate) offset: i32,
    /// Bases by which the allele changes the length.
    pub(crate) added: i32,
    /// Coding bases since the parent's end and the allele's own, in `Haplotypes::bases`.
    pub(crate) bases: Range<usize>,
    /// Haplotypes that end here.
    pub(crate) ends: u32,
    first_child: u32,
    last_child: u32,
    next_sibling: u32,
}

/// The haplotypes of one transcript. Reused from transcript to transcript.
#[derive(Clone, Debug, Default)]
pub(crate) struct Haplotypes {
    pub(crate) transcript: u32,
    /// Last position of the transcript.
    pub(crate) end: i32,
    pub(crate) nodes: Vec<Node>,
    pub(crate) bases: Vec<u8>,
    /// By haplotype (two a sample): the node it has reached.
    pub(crate) heads: Vec<u32>,
    /// Nodes of unphased alleles, each with its haplotype: they belong to no chain.
    pub(crate) alone: Vec<(u32, u32)>,
    first_root: u32,
    last_root: u32,
}

impl Haplotypes {
    /// Begins a transcript with so many haplotypes.
    pub(crate) fn begin(&mut self, transcript: u32, end: i32, haplotypes: usize) {
        self.transcript = transcript;
        self.end = end;
        self.nodes.clear();
        self.bases.clear();
        self.alone.clear();
        self.heads.clear();
        self.heads.resize(haplotypes, ROOT);
        (self.first_root, self.last_root) = (ROOT, ROOT);
    }

    pub(crate) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }

    /// The child of a node that stands for an allele of a record.
    pub(crate) fn child(&self, parent: u32, record: u32, allele: u16) -> Option<u32> {
        let mut next = self.node(parent).map_or(self.first_root, |node| node.first_child);
        while let Some(node) = self.node(next) {
            if node.record == record && node.allele == allele {
                return Some(next);
            }
            next = node.next_sibling;
        }
        None
    }

    /// Hangs a node under its parent.
    pub(crate) fn add(&mut self, mut node: Node) -> u32 {
        let number = self.nodes.len() as u32;
        (node.first_child, node.last_child, node.next_sibling) = (ROOT, ROOT, ROOT);
        let (first, last) = match self.nodes.get_mut(node.parent as usize) {
            Some(parent) => (&mut parent.first_child, &mut parent.last_child),
            None => (&mut self.first_root, &mut self.last_root),
        };
        let before = *last;
        *last = number;
        if *first == ROOT {
            *first = number;
        }
        self.nodes.push(node);
        if let Some(before) = self.nodes.get_mut(before as usize) {
            before.next_sibling = number;
        }
        number
    }

    /// Moves a haplotype to a node.
    pub(crate) fn extend(&mut self, haplotype: usize, node: u32) {
        let before = std::mem::replace(&mut self.heads[haplotype], node);
        if let Some(before) = self.nodes.get_mut(before as usize) {
            before.ends -= 1;
        }
        self.nodes[node as usize].ends += 1;
    }

    /// Makes a node the end of a haplotype that goes on without it.
    pub(crate) fn set_alone(&mut self, haplotype: usize, node: u32) {
        self.alone.push((node, haplotype as u32));
        self.nodes[node as usize].ends += 1;
    }

    /// Nodes where haplotypes end, parents before their children, in order of their records.
    pub(crate) fn leaves(&self, out: &mut Vec<u32>, stack: &mut Vec<u32>) {
        out.clear();
        stack.clear();
        stack.push(self.first_root);
        while let Some(number) = stack.pop() {
            let Some(node) = self.node(number) else { continue };
            if node.ends > 0 {
                out.push(number);
            }
            stack.push(node.next_sibling);
            stack.push(node.first_child);
        }
    }

    /// The nodes from the root to a node.
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
            ends: 0,
            first_child: ROOT,
            last_child: ROOT,
            next_sibling: ROOT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn haplotypes_share_what_they_have_in_common() {
        let mut tree = Haplotypes::default();
        tree.begin(0, 100, 3);
        let first = tree.add(Node::new(ROOT, 0, 1, ConsequenceFlags::empty()));
        for haplotype in 0..3 {
            assert_eq!(tree.child(ROOT, 0, 1), Some(first));
            tree.extend(haplotype, first);
        }
        let second = tree.add(Node::new(first, 1, 1, ConsequenceFlags::empty()));
        tree.extend(2, second);
        let other = tree.add(Node::new(ROOT, 2, 1, ConsequenceFlags::empty()));
        tree.set_alone(0, other);
        assert_eq!(tree.child(first, 1, 2), None);
        let (mut leaves, mut path) = (Vec::new(), Vec::new());
        tree.leaves(&mut leaves, &mut Vec::new());
        assert_eq!(leaves, [first, second, other]);
        tree.path(second, &mut path);
        assert_eq!((path.as_slice(), tree.nodes[0].ends), (&[first, second][..], 2));
    }
}
