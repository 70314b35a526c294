//! Structural variants: symbolic alleles and breakends (VCF 4.5, sections 1.6.1 and 5).
//!
//! INFO says how far they reach. If END is before POS or missing, the variant is taken as its first
//! base, which is a [`StructuralProblem`]. Uncertain ends are kept as such, so that no description
//! shows them as exact.

use crate::allele::Allele;
use crate::consequence::coding::is_plain_dna;
use crate::model::Strand;
use crate::reference::ContigView;
use std::ops::{Range, RangeInclusive};

/// The kind of a structural variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructuralKind {
    /// `<DEL>`, `<CN0>`
    Deletion,
    /// `<DUP>`, `<DUP:TANDEM>`
    Duplication,
    /// `<CN2>`, whose second copy can be anywhere.
    CopyGain,
    /// `<CN3>` and more copies.
    CopyGains,
    /// `<DUP:DISPERSED>`, `<DUP:INV>`, `<INVDUP>`: copies elsewhere or in reverse orientation, which
    /// are no duplication of HGVS.
    OtherDuplication,
    /// `<INS>`
    Insertion,
    /// `<INV>`
    Inversion,
    /// `<CNV>`, `<CN1>`: another number of copies, or the same one.
    CopyNumber,
    /// `<CNV:TR>` with more bases than the reference.
    RepeatExpansion,
    /// `<CNV:TR>` with fewer bases than the reference.
    RepeatContraction,
    /// A breakend, or `<BND>`.
    Breakend,
    /// All others.
    Other,
}

impl StructuralKind {
    /// Whether the variant is a place between two bases, whatever END says.
    const fn is_place(self) -> bool {
        matches!(self, Self::Insertion | Self::Breakend)
    }

    /// The kind of a symbolic allele without its angle brackets; `sv_type` is INFO/SVTYPE.
    fn of(name: &[u8], sv_type: &[u8]) -> Self {
        Self::named(name).or_else(|| Self::named(sv_type)).unwrap_or(Self::Other)
    }

    fn named(name: &[u8]) -> Option<Self> {
        let upper = |len: usize| name.get(..len).map(<[u8]>::to_ascii_uppercase);
        Some(match upper(3).as_deref() {
            Some(b"DEL") => Self::Deletion,
            Some(b"DUP") => {
                let rest = name[3..].to_ascii_uppercase();
                let has = |word: &[u8]| rest.windows(word.len()).any(|part| part == word);
                if has(b"INV") || has(b"DISPERSED") {
                    Self::OtherDuplication
                } else {
                    Self::Duplication
                }
            }
            Some(b"INS") => Self::Insertion,
            // Sniffles writes INVDUP for a duplication in reverse orientation.
            Some(b"INV") if upper(6).as_deref() == Some(b"INVDUP") => Self::OtherDuplication,
            Some(b"INV") => Self::Inversion,
            Some(b"CNV") => Self::CopyNumber,
            Some(b"BND" | b"TRA" | b"CTX") => Self::Breakend,
            _ if upper(2).as_deref() == Some(b"CN") => {
                let copies = &name[2..];
                let copies = copies.strip_prefix(b"=").unwrap_or(copies);
                match number(copies)? {
                    0 => Self::Deletion,
                    1 => Self::CopyNumber,
                    2 => Self::CopyGain,
                    _ => Self::CopyGains,
                }
            }
            _ => return None,
        })
    }
}

/// How well the ends of a structural variant are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// To the base.
    Exact,
    /// The first affected position is in the first range, the last one in the second (CIPOS, CIEND).
    Within((i32, i32), (i32, i32)),
    /// Not to the base, or not at all.
    Unknown,
}

/// The other end of a breakend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mate<'a> {
    /// The name of its contig.
    pub contig: &'a [u8],
    /// The position after the break.
    pub start: i32,
    /// Which parts the junction joins, if the record says so.
    pub junction: Option<Junction>,
}

/// Which sides of the two breaks a junction joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Junction {
    /// Whether it keeps what is before the break (to the left) at this end.
    pub keeps_left: bool,
    /// The same at the mate.
    pub mate_keeps_left: bool,
}

impl Junction {
    /// The junction of a deletion, at its first break.
    pub(crate) const DELETION: Self = Self { keeps_left: true, mate_keeps_left: false };
    /// The junction between the two copies of a tandem duplication: what is before its last break is
    /// joined to what is after the first one.
    pub(crate) const TANDEM: Self = Self { keeps_left: false, mate_keeps_left: true };
    /// The junctions of an inversion.
    pub(crate) const INVERSION: [Self; 2] = [
        Self { keeps_left: true, mate_keeps_left: true },
        Self { keeps_left: false, mate_keeps_left: false },
    ];

    /// The junction as seen from the mate.
    pub(crate) const fn reversed(self) -> Self {
        Self { keeps_left: self.mate_keeps_left, mate_keeps_left: self.keeps_left }
    }

    /// Whether genes on these strands, at this end and at the mate, are read in the same direction after
    /// the junction: one of them is read towards it and the other one away from it.
    pub(crate) fn is_colinear(self, strand: Strand, mate_strand: Strand) -> bool {
        let towards = |keeps_left, strand: Strand| keeps_left != strand.is_reverse();
        towards(self.keeps_left, strand) != towards(self.mate_keeps_left, mate_strand)
    }
}

/// A symbolic allele or breakend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructuralVariant<'a> {
    /// The kind.
    pub kind: StructuralKind,
    /// First affected position.
    pub start: i32,
    /// Last affected position; `start - 1` for a place between two bases.
    pub end: i32,
    /// How well `start` and `end` are known.
    pub ends: Ends,
    /// The other end of a breakend, if it is known.
    pub mate: Option<Mate<'a>>,
    /// Why its span is not the one that INFO gives, or not exact.
    pub problem: Option<StructuralProblem>,
}

/// Why the annotation of a structural variant is not what its record would suggest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StructuralProblem {
    /// INFO has neither END nor SVLEN.
    NoEnd,
    /// The value of END is no number.
    UnreadableEnd,
    /// The value of SVLEN is no number.
    UnreadableLength,
    /// SVLEN has another number of values than there are alleles.
    LengthsPerAllele,
    /// END is not after POS.
    EndBeforePos,
    /// The variant extends past the end of the contig.
    PastContig,
    /// The ends are uncertain: CIPOS, CIEND or IMPRECISE.
    Uncertain,
    /// The mate of a breakend is on a contig that the reference does not have.
    MateContig,
    /// The mate of a breakend is after the last base of its contig.
    MatePastContig,
    /// END and SVLEN of the only allele contradict each other.
    LengthDiffers,
    /// A breakend does not say which sides it joins.
    NoJunction,
    /// The bases of a tandem repeat are not known.
    UnknownRepeat,
    /// The fields of tandem repeats contradict each other.
    RepeatDiffers,
    /// The haplotype mode knows insertions and deletions only.
    NotInHaplotypeMode,
}

impl StructuralProblem {
    /// All problems.
    pub const ALL: [Self; 14] = [
        Self::NoEnd,
        Self::UnreadableEnd,
        Self::UnreadableLength,
        Self::LengthsPerAllele,
        Self::EndBeforePos,
        Self::PastContig,
        Self::Uncertain,
        Self::MateContig,
        Self::MatePastContig,
        Self::LengthDiffers,
        Self::NoJunction,
        Self::UnknownRepeat,
        Self::RepeatDiffers,
        Self::NotInHaplotypeMode,
    ];

    /// Where the record shows the problem.
    pub const fn field(self) -> &'static str {
        match self {
            Self::NoEnd | Self::UnreadableEnd | Self::EndBeforePos | Self::PastContig => "INFO/END",
            Self::Uncertain => "INFO/CIPOS",
            Self::UnreadableLength | Self::LengthsPerAllele | Self::LengthDiffers => "INFO/SVLEN",
            Self::NoJunction => "INFO/CT",
            Self::UnknownRepeat | Self::RepeatDiffers => "INFO/RUC",
            Self::MateContig | Self::MatePastContig | Self::NotInHaplotypeMode => "ALT",
        }
    }

    /// The INFO key whose value the report of the problem shows.
    pub(crate) const fn shown_key(self) -> Option<&'static [u8]> {
        match self {
            Self::UnreadableEnd => Some(b"END"),
            Self::UnreadableLength | Self::LengthsPerAllele => Some(b"SVLEN"),
            _ => None,
        }
    }

    /// The problem of the alleles, and how the engine treats them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEnd => {
                "structural alleles have neither END nor SVLEN; only their first base is annotated"
            }
            Self::UnreadableEnd => {
                "structural alleles have an END that is not a number; without SVLEN, only their first base is \
                 annotated"
            }
            Self::UnreadableLength => {
                "structural alleles have an SVLEN that is not a number; without END, only their first base is \
                 annotated"
            }
            Self::LengthsPerAllele => {
                "structural alleles have an SVLEN with another number of values than ALT; a single value \
                 is taken for all alleles, others are ignored"
            }
            Self::EndBeforePos => {
                "structural alleles have an END that is not after POS; without SVLEN, only their first \
                 base is annotated"
            }
            Self::PastContig => {
                "structural alleles extend past the end of the contig; they are annotated up to it"
            }
            Self::Uncertain => {
                "structural alleles have uncertain ends (CIPOS, CIEND, IMPRECISE); consequences are \
                 those of POS and END"
            }
            Self::MateContig => {
                "breakends have a mate on a contig that the reference does not have; only their own \
                 end is annotated"
            }
            Self::MatePastContig => {
                "breakends have a mate after the last base of its contig; only their own end is \
                 annotated"
            }
            Self::LengthDiffers => {
                "structural alleles have an END and an SVLEN that contradict each other; they are \
                 annotated up to END"
            }
            Self::NoJunction => {
                "breakends do not say which sides they join (CT or STRANDS), so that no gene fusions are \
                 reported for them"
            }
            Self::UnknownRepeat => {
                "tandem repeats (<CNV:TR>) are not known to the base (RUS and RUC, at most 10,000 bases, no \
                 RUB or CIRUC); they are annotated as a change of length"
            }
            Self::RepeatDiffers => {
                "tandem repeats (<CNV:TR>) have RN, RUS, RUC or RB that contradict each other, or give no \
                 whole number of bases; they are annotated as a change of length, or of the number of \
                 copies where the lengths differ in that"
            }
            Self::NotInHaplotypeMode => {
                "structural alleles are neither insertions nor deletions; --mode csq does not annotate \
                 them"
            }
        }
    }
}

/// INFO of a record, as far as its structural alleles need it. It is searched once per record, and
/// only if the record has such an allele.
pub(crate) struct StructuralInfo<'a> {
    info: &'a [u8],
    alts: &'a [u8],
    fields: Option<Fields<'a>>,
}

/// A whole number of INFO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Value {
    /// Not given, or `.`.
    #[default]
    Missing,
    Number(i64),
    Unreadable,
}

impl Value {
    fn read(text: &[u8]) -> Self {
        match number(text) {
            Some(number) => Self::Number(number),
            None if matches!(text, b"" | b".") => Self::Missing,
            None => Self::Unreadable,
        }
    }

    const fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Missing | Self::Unreadable => None,
        }
    }
}

#[derive(Default)]
struct Fields<'a> {
    alleles: usize,
    sv_type: &'a [u8],
    end: Value,
    imprecise: bool,
    mate_contig: Option<&'a [u8]>,
    mate_position: Option<i64>,
    junction: Option<Junction>,
    lengths: Vec<Value>,
    start_interval: Vec<Option<i64>>,
    end_interval: Vec<Option<i64>>,
    claims: Vec<&'a [u8]>,
    repeats: Repeats<'a>,
}

impl<'a> StructuralInfo<'a> {
    /// Will read INFO when it is needed.
    pub(crate) const fn new(info: &'a [u8], alts: &'a [u8]) -> Self {
        Self { info, alts, fields: None }
    }

    /// Writes the bases that a tandem repeat (`<CNV:TR>`) has in place of those of `variant`. The number
    /// of the ALT is from 0.
    ///
    /// # Errors
    /// Why they are not known to the base.
    pub(crate) fn write_repeat(
        &mut self,
        number: usize,
        variant: &StructuralVariant<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), StructuralProblem> {
        let repeats = &self.fields().repeats;
        if repeats.contradict(number) {
            return Err(StructuralProblem::RepeatDiffers);
        }
        let sequence = (variant.ends == Ends::Exact).then(|| repeats.write_sequence(number, out));
        sequence.flatten().ok_or(StructuralProblem::UnknownRepeat)
    }

    fn fields(&mut self) -> &Fields<'a> {
        let (info, alts) = (self.info, self.alts);
        self.fields.get_or_insert_with(|| Fields::read(info, alts))
    }
}

impl<'a> Fields<'a> {
    fn read(info: &'a [u8], alts: &'a [u8]) -> Self {
        let alleles = alts.split(|b| *b == b',').count();
        let mut out = Self { alleles, ..Self::default() };
        let repeats = &mut out.repeats;
        for field in info.split(|b| *b == b';') {
            let (key, value) = match field.iter().position(|b| *b == b'=') {
                Some(equals) => (&field[..equals], &field[equals + 1..]),
                None => (field, &b""[..]),
            };
            match key {
                b"SVTYPE" => out.sv_type = value,
                b"END" => out.end = Value::read(first(value)),
                b"SVLEN" => out.lengths = value.split(|b| *b == b',').map(Value::read).collect(),
                b"IMPRECISE" => out.imprecise = true,
                b"CIPOS" => out.start_interval = numbers(value),
                b"CIEND" => out.end_interval = numbers(value),
                b"SVCLAIM" => out.claims = value.split(|b| *b == b',').collect(),
                b"CHR2" => out.mate_contig = Some(value),
                b"CT" | b"STRANDS" => out.junction = Junction::of_info(value).or(out.junction),
                b"END2" | b"POS2" => out.mate_position = number(first(value)),
                b"RN" => repeats.motifs = numbers(value),
                b"RUS" => repeats.units = value.split(|b| *b == b',').collect(),
                b"RUL" => repeats.unit_lengths = numbers(value),
                b"RUB" => repeats.is_inexact = true,
                b"CIRUC" | b"CIRB" => {
                    let is_zero = |n: &Option<f64>| n.is_none_or(|n| n == 0.0);
                    repeats.is_inexact |= !decimals(value).iter().all(is_zero);
                }
                b"RUC" => repeats.unit_counts = decimals(value),
                b"RB" => repeats.bases = numbers(value),
                _ => {}
            }
        }
        repeats.assign(alts);
        out
    }

    /// The value of an allele (from 0) in a list with `stride` values per allele. A list of one
    /// allele is that of all.
    fn value<T: Copy>(&self, list: &[T], stride: usize, allele: usize, at: usize) -> Option<T> {
        if list.len() == stride * self.alleles {
            return list.get(stride * allele + at).copied();
        }
        if list.len() == stride { list.get(at).copied() } else { None }
    }

    /// The last affected position of an allele that reaches from `pos + 1` on.
    fn end(
        &self,
        pos: i32,
        allele: usize,
        is_deletion: bool,
    ) -> (Option<i64>, Option<StructuralProblem>) {
        let length = self.value(&self.lengths, 1, allele, 0).unwrap_or_default();
        let by_length = length
            .number()
            .map(i64::saturating_abs)
            .filter(|length| *length > 0)
            .map(|length| i64::from(pos).saturating_add(length));
        // END is the end of the longest allele.
        if self.alleles > 1 && self.lengths.len() == self.alleles && by_length.is_some() {
            return (by_length, None);
        }
        let problem_of_length = || match length {
            Value::Unreadable => Some(StructuralProblem::UnreadableLength),
            _ if matches!(self.lengths.len(), 0) || self.lengths.len() == self.alleles => None,
            _ => Some(StructuralProblem::LengthsPerAllele),
        };
        match self.end {
            Value::Number(end) if end > i64::from(pos) => {
                // Some programs count the base at POS, too.
                let differs = |other: i64| self.alleles == 1 && other.abs_diff(end) > 1;
                let contradiction = is_deletion && by_length.is_some_and(differs);
                let problem = contradiction.then_some(StructuralProblem::LengthDiffers);
                let unreadable = length == Value::Unreadable;
                (Some(end), problem.or(unreadable.then_some(StructuralProblem::UnreadableLength)))
            }
            Value::Number(_) => (by_length, Some(StructuralProblem::EndBeforePos)),
            Value::Unreadable => (by_length, Some(StructuralProblem::UnreadableEnd)),
            Value::Missing if by_length.is_some() => (by_length, problem_of_length()),
            Value::Missing => (None, problem_of_length().or(Some(StructuralProblem::NoEnd))),
        }
    }

    /// The confidence interval of an end.
    fn interval(&self, list: &[Option<i64>], allele: usize) -> Option<(i64, i64)> {
        let low = self.value(list, 2, allele, 0).flatten()?;
        let high = self.value(list, 2, allele, 1).flatten()?;
        (low <= high && (low, high) != (0, 0)).then_some((low, high))
    }

    /// Whether the allele is known from the depth of reads only (SVCLAIM, VCF 4.4).
    fn is_claimed_by_depth(&self, allele: usize) -> bool {
        self.value(&self.claims, 1, allele, 0) == Some(b"D")
    }
}

/// The most bases of a symbolic allele that are looked at. Few bytes of a file stand for all of them.
const MAX_SYMBOLIC_BASES: usize = 10_000;

/// The fields of `<CNV:TR>` alleles (VCF 4.4, section 5.7), whose lists run over all motifs of all
/// alleles.
#[derive(Default)]
struct Repeats<'a> {
    motifs: Vec<Option<i64>>,
    units: Vec<&'a [u8]>,
    unit_lengths: Vec<Option<i64>>,
    unit_counts: Vec<Option<f64>>,
    bases: Vec<Option<i64>>,
    /// Whether units differ (RUB), or counts are uncertain (CIRUC, CIRB).
    is_inexact: bool,
    /// Whether the lists have other numbers of values than there are motifs.
    differs: bool,
    /// The motifs of each allele; `None` where RN, or the number of values, leaves them unknown.
    of_alleles: Vec<Option<Range<usize>>>,
}

impl<'a> Repeats<'a> {
    /// Distributes the motifs over the alleles, if the lists have a value for each of them.
    fn assign(&mut self, alts: &[u8]) {
        let all = self.bases.len().max(self.unit_counts.len());
        if all == 0 {
            return;
        }
        let mut next = 0usize;
        let of_allele = |(allele, alt): (usize, &[u8])| {
            let motifs = match self.motifs.get(allele) {
                Some(motifs) => *motifs,
                None => is_tandem_repeat(alt).then_some(1),
            };
            let from = next;
            next = next.saturating_add(usize::try_from(motifs?).ok()?);
            Some(from..next)
        };
        let of_alleles = alts.split(|b| *b == b',').enumerate().map(of_allele).collect();
        let lists =
            [self.bases.len(), self.unit_counts.len(), self.units.len(), self.unit_lengths.len()];
        self.differs = next != all || lists.iter().any(|values| *values != 0 && *values != all);
        self.of_alleles = if self.differs { Vec::new() } else { of_alleles };
    }

    fn motifs_of(&self, allele: usize) -> Option<Range<usize>> {
        self.of_alleles.get(allele)?.clone()
    }

    /// The least and the most bases of an allele; `None` if its length is not given.
    fn length(&self, allele: usize) -> Option<RangeInclusive<i64>> {
        let mut motifs = self.motifs_of(allele)?;
        motifs.try_fold(0..=0, |sum, motif| {
            let bases = self.motif_bases(motif)?;
            let (start, end) =
                (sum.start() + bases.start(), sum.end().saturating_add(*bases.end()));
            Some(start..=end)
        })
    }

    /// The least and the most bases of a motif by RB and RUC, which may contradict each other; `None` if
    /// neither is given.
    fn motif_bases(&self, motif: usize) -> Option<RangeInclusive<i64>> {
        let given = self.bases.get(motif).copied().flatten();
        let unit = self.unit_length(motif);
        let count = self.unit_counts.get(motif).copied().flatten();
        let Some((count, unit)) = count.zip(unit) else { return given.map(|bases| bases..=bases) };
        let counted = count * unit as f64;
        // Counts are often rounded to a tenth.
        let is_whole = (counted - counted.round()).abs() <= unit as f64 / 20.0;
        let (low, high) = if is_whole {
            (counted.round() as i64, counted.round() as i64)
        } else {
            (counted.floor() as i64, counted.ceil() as i64)
        };
        Some(
            given.map_or(low, |bases| low.min(bases))..=given.map_or(high, |bases| high.max(bases)),
        )
    }

    /// The length of the unit of a motif (RUS or RUL).
    fn unit_length(&self, motif: usize) -> Option<i64> {
        match self.units.get(motif) {
            Some(unit) if *unit != b"." => Some(unit.len() as i64),
            _ => self.unit_lengths.get(motif).copied().flatten(),
        }
    }

    /// Whether the fields of an allele contradict each other, or give no whole number of bases.
    fn contradict(&self, allele: usize) -> bool {
        self.differs || self.length(allele).is_some_and(|bases| bases.start() != bases.end())
    }

    /// Writes the bases of an allele; `None` if they are not known to the base.
    fn write_sequence(&self, allele: usize, out: &mut Vec<u8>) -> Option<()> {
        out.clear();
        let motifs =
            self.motifs_of(allele).filter(|motifs| !motifs.is_empty() && !self.is_inexact)?;
        for motif in motifs {
            let unit = *self.units.get(motif)?;
            let is_base = |b: &u8| matches!(b.to_ascii_uppercase(), b'A' | b'C' | b'G' | b'T');
            let count = self.unit_counts.get(motif).copied().flatten()?;
            let is_whole =
                count.fract() == 0.0 && (0.0..=MAX_SYMBOLIC_BASES as f64).contains(&count);
            let length = unit.len().saturating_mul(count as usize);
            let given = self.bases.get(motif).copied().flatten();
            if unit.is_empty()
                || !unit.iter().all(is_base)
                || !is_whole
                || out.len() + length > MAX_SYMBOLIC_BASES
                || given.is_some_and(|given| given != length as i64)
            {
                return None;
            }
            (0..count as usize).for_each(|_| out.extend_from_slice(unit));
        }
        Some(())
    }
}

/// Whether an ALT is a tandem repeat, whose bases INFO may have.
pub(crate) fn is_tandem_repeat(alt: &[u8]) -> bool {
    alt.eq_ignore_ascii_case(b"<CNV:TR>")
}

fn first(values: &[u8]) -> &[u8] {
    values.split(|b| *b == b',').next().unwrap_or_default()
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn numbers(values: &[u8]) -> Vec<Option<i64>> {
    values.split(|b| *b == b',').map(number).collect()
}

fn decimals(values: &[u8]) -> Vec<Option<f64>> {
    let decimal =
        |text| std::str::from_utf8(text).ok()?.parse().ok().filter(|n: &f64| n.is_finite());
    values.split(|b| *b == b',').map(decimal).collect()
}

impl<'a> StructuralVariant<'a> {
    /// Reads the ALT with a number (from 0) of a record at `pos`. `limit` is the length of the contig.
    pub(crate) fn read(
        pos: i32,
        alt: &'a [u8],
        number: usize,
        info: &mut StructuralInfo<'a>,
        limit: i32,
    ) -> Self {
        let Some(name) = alt.strip_prefix(b"<").and_then(|a| a.strip_suffix(b">")) else {
            return Self::breakend(pos, alt);
        };
        let fields = info.fields();
        let mut kind = StructuralKind::of(name, fields.sv_type);
        let start = pos.saturating_add(1);
        if kind == StructuralKind::Breakend {
            let mate = Mate::of_info(fields);
            let lacks_junction = mate.is_some_and(|mate| mate.junction.is_none());
            let problem = lacks_junction.then_some(StructuralProblem::NoJunction);
            return Self { mate, problem, ..Self::place(kind, start) };
        }
        let (end, problem) = if kind.is_place() {
            (None, None)
        } else {
            fields.end(pos, number, kind == StructuralKind::Deletion)
        };
        let length = end.map(|end| end.saturating_sub(i64::from(pos)));
        if let (StructuralKind::CopyNumber, Some(length), Some(bases)) =
            (kind, length, fields.repeats.length(number))
        {
            if *bases.start() > length {
                kind = StructuralKind::RepeatExpansion;
            } else if *bases.end() < length {
                kind = StructuralKind::RepeatContraction;
            }
        }
        let mut out = Self { problem, ..Self::place(kind, start) };
        if let Some(end) = end {
            let limit = limit.max(start);
            out.end = end.clamp(i64::from(start), i64::from(limit)) as i32;
            out.ends = Ends::Exact;
            if end > i64::from(limit) {
                out.problem = out.problem.or(Some(StructuralProblem::PastContig));
                out.ends = Ends::Unknown;
            }
        } else if !kind.is_place() {
            out.end = start;
            out.ends = Ends::Unknown;
        }
        out.read_uncertainty(fields, number, limit);
        out
    }

    /// A variant with known ends.
    pub(crate) const fn exact(kind: StructuralKind, start: i32, end: i32) -> Self {
        Self { kind, start, end, ends: Ends::Exact, mate: None, problem: None }
    }

    /// A place before the base `start`.
    const fn place(kind: StructuralKind, start: i32) -> Self {
        Self::exact(kind, start, start.saturating_sub(1))
    }

    fn read_uncertainty(&mut self, fields: &Fields<'_>, number: usize, limit: i32) {
        let start = fields.interval(&fields.start_interval, number);
        let end = fields.interval(&fields.end_interval, number);
        if start.is_none() && end.is_none() && !fields.imprecise {
            if fields.is_claimed_by_depth(number) {
                self.ends = Ends::Unknown;
            }
            return;
        }
        self.problem = self.problem.or(Some(StructuralProblem::Uncertain));
        let around = |pos: i32, interval: Option<(i64, i64)>| {
            let (low, high) = interval.unwrap_or((0, 0));
            let at = |by: i64| {
                i64::from(pos).saturating_add(by).clamp(1, i64::from(limit.max(1))) as i32
            };
            (at(low), at(high))
        };
        self.ends = match self.ends {
            Ends::Exact if start.is_some() || end.is_some() => {
                Ends::Within(around(self.start, start), around(self.end, end))
            }
            _ => Ends::Unknown,
        };
    }

    /// Reads a breakend (VCF 4.5, section 5.4). The break is after POS if the bases come first in ALT,
    /// and before POS if they come last. POS 0 is the telomere, before which there is nothing.
    fn breakend(pos: i32, alt: &'a [u8]) -> Self {
        let comes_last = matches!(alt.first(), Some(b'[' | b']' | b'.'));
        let start = if comes_last { pos.max(1) } else { pos.saturating_add(1) };
        Self { mate: Mate::of_breakend(alt), ..Self::place(StructuralKind::Breakend, start) }
    }

    /// The breakend as seen from its mate. The place of this end is the position after the break.
    pub(crate) fn at_mate(mate: Mate<'_>, (contig, start): (&'a [u8], i32)) -> Self {
        let junction = mate.junction.map(Junction::reversed);
        Self {
            mate: Some(Mate { contig, start, junction }),
            ..Self::place(StructuralKind::Breakend, mate.start)
        }
    }

    /// A tandem duplication as an insertion of the copied bases, if these are known.
    pub(crate) fn as_tandem_copy<'c>(&self, contig: &ContigView<'c>) -> Option<Allele<'c>> {
        let is_known = self.kind == StructuralKind::Duplication && self.ends == Ends::Exact;
        let bases = contig
            .bases(self.start, self.end)
            .filter(|bases| is_known && bases.len() <= MAX_SYMBOLIC_BASES && is_plain_dna(bases))?;
        Some(Allele { start: self.end + 1, end: self.end, reference: b"", alt: bases })
    }

    /// Whether the variant covers a region.
    pub(crate) const fn covers(&self, start: i32, end: i32) -> bool {
        self.start <= start && self.end >= end
    }
}

impl Junction {
    /// Reads Delly's CT (`3to5`: the 3' end of the part at this end, which is to the left of the break) or
    /// the STRANDS of Lumpy, Sniffles and SURVIVOR (`+-`).
    fn of_info(value: &[u8]) -> Option<Self> {
        let (keeps_left, mate_keeps_left) = match value {
            b"3to5" => (true, false),
            b"5to3" => (false, true),
            b"3to3" => (true, true),
            b"5to5" => (false, false),
            [a @ (b'+' | b'-'), b @ (b'+' | b'-'), ..] => (*a == b'+', *b == b'+'),
            _ => return None,
        };
        Some(Self { keeps_left, mate_keeps_left })
    }
}

impl<'a> Mate<'a> {
    fn of_breakend(alt: &'a [u8]) -> Option<Self> {
        let is_bracket = |b: &u8| matches!(b, b'[' | b']');
        let (open, close) = (alt.iter().position(is_bracket)?, alt.iter().rposition(is_bracket)?);
        let text = alt.get(open + 1..close)?;
        let colon = text.iter().rposition(|b| *b == b':')?;
        let contig = &text[..colon];
        let contig = contig.strip_prefix(b"<").and_then(|c| c.strip_suffix(b">")).unwrap_or(contig);
        // `]` joins the bases up to the position, `[` those from it on.
        let joins_left = alt[open] == b']';
        let start = number(&text[colon + 1..])?.saturating_add(i64::from(joins_left));
        let junction = Junction { keeps_left: open > 0, mate_keeps_left: joins_left };
        Self::at(contig, start, Some(junction))
    }

    /// The mate of `<BND>`, as Delly, Sniffles and others write it.
    fn of_info(fields: &Fields<'a>) -> Option<Self> {
        let start = fields.mate_position.or(fields.end.number())?.saturating_add(1);
        Self::at(fields.mate_contig?, start, fields.junction)
    }

    fn at(contig: &'a [u8], start: i64, junction: Option<Junction>) -> Option<Self> {
        // The bound keeps sums with positions within `i32`.
        let start = i32::try_from(start).ok().filter(|start| (0..1 << 30).contains(start))?;
        Some(Self { contig, start, junction })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all<'a>(alts: &'a str, info: &'a str) -> Vec<StructuralVariant<'a>> {
        let mut fields = StructuralInfo::new(info.as_bytes(), alts.as_bytes());
        let alts = alts.as_bytes().split(|b| *b == b',').enumerate();
        alts.map(|(n, alt)| StructuralVariant::read(100, alt, n, &mut fields, 1000)).collect()
    }

    fn read<'a>(alt: &'a str, info: &'a str) -> StructuralVariant<'a> {
        read_all(alt, info)[0]
    }

    #[test]
    fn the_kind_follows_from_the_name_and_then_from_svtype() {
        use StructuralKind as Kind;
        for (alt, info, kind) in [
            ("<DEL>", "END=200", Kind::Deletion),
            ("<DEL:ME:ALU>", "END=200", Kind::Deletion),
            ("<CN0>", "END=200", Kind::Deletion),
            ("<CN=0>", "END=200;SVTYPE=CNV", Kind::Deletion),
            ("<CN1>", "END=200", Kind::CopyNumber),
            ("<CN2>", "END=200", Kind::CopyGain),
            ("<CN=13>", "END=200", Kind::CopyGains),
            ("<DUP:TANDEM>", "END=200", Kind::Duplication),
            ("<INVDUP>", "END=200", Kind::OtherDuplication),
            ("<DUP:INV>", "END=200", Kind::OtherDuplication),
            ("<dup:dispersed>", "END=200", Kind::OtherDuplication),
            ("<INS:ME:ALU>", ".", Kind::Insertion),
            ("<inv>", "END=200", Kind::Inversion),
            ("<CNV>", "END=200;SVTYPE=DEL", Kind::CopyNumber),
            ("<ALU>", "SVTYPE=INS", Kind::Insertion),
            ("<TRA>", "CHR2=2;END=200", Kind::Breakend),
            ("<CPX>", "END=200;SVTYPE=CPX", Kind::Other),
            ("<CNV:TR>", "SVLEN=30;RN=1;RUS=CAG;RUC=12", Kind::RepeatExpansion),
            ("<CNV:TR>", "SVLEN=30;RB=12", Kind::RepeatContraction),
            ("<CNV:TR>", "SVLEN=30;RN=2;RUS=CAG,T;RUC=9,3", Kind::CopyNumber),
            ("<CNV:TR>", "SVLEN=30", Kind::CopyNumber),
        ] {
            assert_eq!(read(alt, info).kind, kind, "{alt} {info}");
        }
    }

    #[test]
    fn the_span_follows_from_end_or_from_the_svlen_of_the_allele() {
        for (alt, info, end, problem) in [
            ("<DEL>", "X=1;END=200", 200, None),
            ("<DEL:ME>", "SVLEN=-50", 150, None),
            ("<DUP>", "SVLEN=.", 101, Some(StructuralProblem::NoEnd)),
            ("<DEL>", "END=99999999999", 1000, Some(StructuralProblem::PastContig)),
            ("<DEL>", "END=300;SVLEN=-100", 300, Some(StructuralProblem::LengthDiffers)),
            ("<DEL>", "END=300;SVLEN=-201", 300, None),
            ("<CNV>", "END=300;SVLEN=100", 300, None),
            ("<DEL>", "END=5", 101, Some(StructuralProblem::EndBeforePos)),
            ("<DEL>", "END=0;SVLEN=-9", 109, Some(StructuralProblem::EndBeforePos)),
            ("<DEL>", "SVLEN=9223372036854775807", 1000, Some(StructuralProblem::PastContig)),
            ("<INS>", "END=90;SVLEN=617", 100, None),
            ("<BND>", "END=500;CHR2=2", 100, Some(StructuralProblem::NoJunction)),
        ] {
            let variant = read(alt, info);
            assert_eq!((variant.start, variant.end), (101, end), "{alt} {info}");
            assert_eq!(variant.problem, problem, "{alt} {info}");
        }
        let ends = |alts, info| read_all(alts, info).iter().map(|v| v.end).collect::<Vec<_>>();
        assert_eq!(ends("<DEL>,<DUP>,<INS>", "END=300;SVLEN=20,200,50"), [120, 300, 100]);
        assert_eq!(ends("<CN0>,<CN2>", "END=300;SVLEN=200"), [300, 300]);
        assert_eq!(ends("C,<DEL>", "END=300;SVLEN=.,20"), [100, 120]);
    }

    #[test]
    fn a_breakend_has_a_place_and_the_place_of_its_mate() {
        for (alt, start, mate) in [
            ("G]17:198]", 101, Some((&b"17"[..], 199))),
            ("G[17:198[", 101, Some((b"17", 198))),
            ("]17:198]G", 100, Some((b"17", 199))),
            ("[17:198[G", 100, Some((b"17", 198))),
            ("G[HLA-A*01:01:22[", 101, Some((b"HLA-A*01:01", 22))),
            ("GT]<ctg1>:7]", 101, Some((b"ctg1", 8))),
            ("G.", 101, None),
            (".G", 100, None),
            ("[2:0[A", 100, Some((b"2", 0))),
            ("[2:9999999999[A", 100, None),
        ] {
            let variant = read(alt, "END=500");
            assert_eq!((variant.start, variant.end), (start, start - 1), "{alt}");
            let found = variant.mate.map(|mate| (mate.contig, mate.start));
            assert_eq!(found, mate, "{alt}");
        }
        let mate = read("<TRA>", "CHR2=5;END=400").mate;
        assert_eq!(mate, Some(Mate { contig: b"5", start: 401, junction: None }));
        let mate = read("<BND>", "CHR2=5;END=400;POS2=300").mate;
        assert_eq!(mate, Some(Mate { contig: b"5", start: 301, junction: None }));
        let junction = |alt, info| {
            read(alt, info).mate.unwrap().junction.map(|j| (j.keeps_left, j.mate_keeps_left))
        };
        for (alt, info, expected) in [
            ("N[2:5[", ".", Some((true, false))),
            ("N]2:5]", ".", Some((true, true))),
            ("]2:5]N", ".", Some((false, true))),
            ("[2:5[N", ".", Some((false, false))),
            ("<BND>", "CHR2=2;END=5;CT=3to5", Some((true, false))),
            ("<BND>", "CHR2=2;END=5;CT=5to5", Some((false, false))),
            ("<TRA>", "CHR2=2;END=5;STRANDS=-+:9", Some((false, true))),
            ("<TRA>", "CHR2=2;END=5;CT=NtoN", None),
        ] {
            assert_eq!(junction(alt, info), expected, "{alt} {info}");
        }
    }

    #[test]
    fn uncertain_ends_are_not_exact() {
        for (info, ends) in [
            ("END=200", Ends::Exact),
            ("END=200;CIPOS=0,0;CIEND=0,0", Ends::Exact),
            ("END=200;CIPOS=-3,2", Ends::Within((98, 103), (200, 200))),
            ("END=200;CIPOS=-3,2;CIEND=-5,5;IMPRECISE", Ends::Within((98, 103), (195, 205))),
            ("END=200;CIPOS=-999,9999", Ends::Within((1, 1000), (200, 200))),
            ("END=200;IMPRECISE", Ends::Unknown),
            ("END=200;SVCLAIM=D", Ends::Unknown),
            ("END=200;SVCLAIM=DJ", Ends::Exact),
            ("SVTYPE=DEL", Ends::Unknown),
        ] {
            assert_eq!(read("<DEL>", info).ends, ends, "{info}");
        }
        let pairs = read_all("<DEL>,<DUP>", "END=200;CIPOS=0,0,-1,1");
        assert_eq!(pairs[0].ends, Ends::Exact);
        assert_eq!(pairs[1].ends, Ends::Within((100, 102), (200, 200)));
    }
}
