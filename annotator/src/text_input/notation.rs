//! The notations of a variant, as they are written: nothing is looked up in a reference.

/// A variant as a line of text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notation<'t> {
    /// A line of a VCF file.
    Record(RecordLine<'t>),
    /// Contig, position (from 1), REF and ALT, such as `chr1:12345:A:G`.
    Alleles(Alleles<'t>),
    /// An allele of NCBI's SPDI, such as `NC_000001.11:12344:A:G`.
    Spdi(Spdi<'t>),
    /// An HGVS description of DNA.
    Hgvs(Hgvs<'t>),
}

/// The columns of a line of a VCF file, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordLine<'t> {
    pub(crate) alleles: Alleles<'t>,
    pub(crate) id: &'t str,
    /// QUAL, FILTER and INFO, or `.`.
    pub(crate) rest: [&'t str; 3],
}

/// Alleles at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alleles<'t> {
    pub(crate) contig: &'t str,
    /// From 1.
    pub(crate) pos: i32,
    pub(crate) reference: &'t str,
    /// One or several, separated by commas.
    pub(crate) alt: &'t str,
}

/// Sequence, position, deletion and insertion (<https://doi.org/10.1093/bioinformatics/btz856>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spdi<'t> {
    pub(crate) sequence: &'t str,
    /// Bases before the deleted ones.
    pub(crate) position: i32,
    pub(crate) deleted: Deleted<'t>,
    /// May be empty.
    pub(crate) inserted: &'t str,
}

/// What an SPDI allele deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted<'t> {
    /// These bases, or none.
    Bases(&'t str),
    /// A number of bases.
    Count(i32),
}

/// An HGVS description (<https://hgvs-nomenclature.org/stable/recommendations/DNA/substitution/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hgvs<'t> {
    /// The reference sequence.
    pub(crate) accession: &'t str,
    /// The text in parentheses after it: a transcript of a genomic sequence, or the symbol of a gene.
    pub(crate) selector: Option<&'t str>,
    pub(crate) system: System,
    pub(crate) first: Position,
    /// The end of a range.
    pub(crate) last: Option<Position>,
    pub(crate) edit: Edit<'t>,
}

/// The coordinate system of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// `g.`
    Genomic,
    /// `m.`
    Mitochondrial,
    /// `c.`
    Coding,
    /// `n.`
    NonCoding,
}

/// A position of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// What it is counted from.
    pub(crate) origin: Origin,
    /// The number, from 1.
    pub(crate) base: i32,
    /// Bases into an intron, from the nearest exon base.
    pub(crate) offset: i32,
}

/// What a position is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The first base: of the sequence, or of the coding sequence with `c.`
    Start,
    /// The base before the coding sequence, backwards: `c.-5`.
    BeforeStart,
    /// The base after the coding sequence: `c.*7`.
    AfterStop,
}

/// The change of a description. Stated reference bases are compared with the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit<'t> {
    /// `A>G`
    Substitution { from: &'t str, to: &'t str },
    /// `del`
    Deletion { stated: Option<&'t str> },
    /// `dup`
    Duplication { stated: Option<&'t str> },
    /// `insA`
    Insertion { bases: &'t str },
    /// `delinsA`
    Delins { stated: Option<&'t str>, bases: &'t str },
    /// `inv`
    Inversion { stated: Option<&'t str> },
    /// `=`
    Unchanged { stated: Option<&'t str> },
}
