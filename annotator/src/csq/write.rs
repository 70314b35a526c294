//! Writes buffered records with their consequences as VCF lines, and counts them.

use super::annotator::CsqAnnotator;
use super::flags::ConsequenceFlags;
use super::genotypes::is_polyploid;
use super::header::KEY;
use super::record_buffer::{AlleleSet, BufferedRecord, Consequence, RecordBuffer};
use crate::consequence::{SoTerm, SoTerms};
use crate::info::{begin_field, copy_info};
use crate::reference::ContigView;
use crate::report::{AnnotationGap, Counts, RegionClass, RegionClasses};
use crate::text::{push_escaped, push_int};
use gas_shared::vcf::AltKind;
use std::ops::Range;

impl<'r> CsqAnnotator<'r> {
    /// Counts and writes all buffered records, and empties the buffer.
    pub(super) fn write_buffer(&mut self, out: &mut Vec<u8>) {
        for n in 0..self.buffer.records.len() {
            self.count(n);
            self.write(&self.buffer.records[n], out);
        }
        self.buffer.clear();
    }

    fn write(&self, record: &BufferedRecord, out: &mut Vec<u8>) {
        let line = self.buffer.line(record);
        out.extend_from_slice(&line[..record.info_start]);
        let start = out.len();
        let info = &line[record.info_start..record.info_end];
        copy_info(out, info, &self.own_keys);
        if !record.extra_info.is_empty() {
            begin_field(out, start);
            out.extend_from_slice(&self.buffer.extra_info[record.extra_info.clone()]);
        }
        if !record.gaps.is_empty() {
            begin_field(out, start);
            record.gaps.write(out);
        }
        let mut first = true;
        for consequence in self.buffer.consequences_of(record) {
            if first {
                begin_field(out, start);
                out.extend_from_slice(KEY.as_bytes());
                out.push(b'=');
            } else {
                out.push(b',');
            }
            first = false;
            self.write_consequence(consequence, out);
        }
        if out.len() == start {
            out.push(b'.');
        }
        let rest = &line[record.info_end..];
        // A tab at the end of a line does not begin a column. Without samples, FORMAT is left out.
        let rest = if rest == b"\t" || self.samples == 0 { &[] } else { rest };
        if record.mask_len == 0 && !has_key(rest) {
            out.extend_from_slice(rest);
        } else {
            write_samples(&self.buffer, record, rest, out);
        }
        out.push(b'\n');
    }

    fn write_consequence(&self, consequence: &Consequence, out: &mut Vec<u8>) {
        let Some(contig) = self.buffered_contig() else { return };
        let flags = consequence.flags.without_redundant();
        if let Some(record) = self.buffer.records.get(consequence.reported_at as usize)
            && flags.intersects(ConsequenceFlags::ELSEWHERE)
        {
            out.push(b'@');
            push_int(out, record.pos);
            return;
        }
        if flags.intersects(ConsequenceFlags::AFTER_STOP) {
            out.push(b'*');
        }
        let transcript = &contig.model.transcripts[consequence.transcript as usize];
        let gene = &contig.model.genes[transcript.gene as usize];
        let biotypes = &self.model.contigs[contig.number as usize].biotypes;
        let biotype = biotypes[consequence.transcript as usize];
        let names_transcript = !flags.difference(ConsequenceFlags::GENE_LEVEL).is_empty();
        let nmd = names_transcript && self.model.nmd_biotype == Some(biotype);
        for (n, name) in flags.names().chain(nmd.then_some("NMD_transcript")).enumerate() {
            if n > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(name.as_bytes());
        }
        out.push(b'|');
        let symbol = if gene.symbol.is_empty() { &gene.id } else { &gene.symbol };
        push_escaped(out, symbol.as_bytes());
        out.push(b'|');
        if names_transcript {
            push_escaped(out, bare_id(&transcript.id).as_bytes());
        }
        out.push(b'|');
        push_escaped(out, self.model.biotypes[usize::from(biotype)].as_bytes());
        let Range { start, end } = consequence.change;
        let change = &self.buffer.changes[start as usize..end as usize];
        if flags.names_strand() || !change.is_empty() {
            out.push(b'|');
            out.extend_from_slice(transcript.strand.sign().as_bytes());
            out.extend_from_slice(change);
        }
    }

    /// The contig of the buffered records. They are written before the annotator moves to another
    /// contig.
    fn buffered_contig(&self) -> Option<ContigView<'r>> {
        self.position.map(|(contig, _)| contig)
    }

    /// Counts a buffered record. Each allele is counted by its consequences. A record without any is
    /// counted by the reason, if there is one; otherwise its alleles are intergenic, because
    /// everything in a transcript has a consequence.
    fn count(&mut self, n: usize) {
        let record = &self.buffer.records[n];
        let counts = &mut self.records.counts;
        counts.unnamed += u64::from(record.mask_overflow);
        if record.is_left_out {
            return;
        }
        let mut gap = None;
        if !record.gaps.is_empty() {
            gap = record.gaps.iter().find(|gap| *gap != AnnotationGap::RefMismatch);
            if record.gaps.contains(AnnotationGap::TooManyConsequences) {
                counts.add_cut((1, record.line_number));
            }
            if let Some(gap) = gap.filter(|_| record.is_empty()) {
                counts.add_gap(gap);
                return;
            }
        }
        let alts = &self.buffer.line(record)[record.alt.clone()];
        if memchr::memchr(b',', alts).is_some() {
            return self.count_alleles(n);
        }
        let (mut all, mut region_classes) = (SoTerms::EMPTY, RegionClasses::default());
        count_consequences(counts, (&self.buffer, record), 1, &mut region_classes, |_, terms| {
            all = all.union(terms);
        });
        count_allele(counts, all, record.is_coding || gap.is_some(), &mut region_classes);
        counts.add_region_classes(region_classes);
    }

    /// Counts a record with several ALTs. Those that an [`AlleleSet`] does not tell apart are counted with
    /// the same terms.
    fn count_alleles(&mut self, n: usize) {
        let record = &self.buffer.records[n];
        let line = self.buffer.line(record);
        let reference = &line[record.reference.clone()];
        let alts = || (1..=u16::MAX).zip(line[record.alt.clone()].split(|b| *b == b','));
        let kind_of =
            |alt| AltKind::of(alt).filter(|kind: &AltKind| kind.is_variant(reference, alt));
        let variants = alts().filter(|(_, alt)| kind_of(alt).is_some()).count() as u64;
        let counts = &mut self.records.counts;
        let mut region_classes = RegionClasses::default();
        let mut by_slot = [SoTerms::EMPTY; AlleleSet::SLOTS];
        let buffered = (&self.buffer, record);
        count_consequences(counts, buffered, variants, &mut region_classes, |counted, terms| {
            for slot in counted.slots() {
                by_slot[slot] = by_slot[slot].union(terms);
            }
        });
        let unsupported = record.gaps.contains(AnnotationGap::UnsupportedAllele);
        for (number, alt) in alts() {
            let Some(kind) = kind_of(alt) else { continue };
            let is_left_out = record.is_coding || (unsupported && kind != AltKind::Sequence);
            let all = by_slot[AlleleSet::slot(number)];
            count_allele(counts, all, is_left_out, &mut region_classes);
        }
        counts.add_region_classes(region_classes);
    }
}

/// Counts the consequences of a record with a number of variants, and passes them on with their alleles.
fn count_consequences(
    counts: &mut Counts,
    (buffer, record): (&RecordBuffer, &BufferedRecord),
    variants: u64,
    region_classes: &mut RegionClasses,
    mut add: impl FnMut(AlleleSet, SoTerms),
) {
    for consequence in buffer.consequences_of(record) {
        let flags = consequence.counted_flags();
        let terms = flags.terms();
        add_region_classes(flags, region_classes);
        for term in terms.iter() {
            counts.terms[term as usize] += consequence.counted.len().min(variants);
        }
        add(consequence.counted, terms);
    }
}

/// Counts an allele by its terms. One without any is intergenic, unless it is left out.
fn count_allele(
    counts: &mut Counts,
    mut terms: SoTerms,
    is_left_out: bool,
    region_classes: &mut RegionClasses,
) {
    if terms.is_empty() {
        if is_left_out {
            return;
        }
        terms.insert(SoTerm::Intergenic);
        counts.terms[SoTerm::Intergenic as usize] += 1;
        region_classes.insert(RegionClass::Intergenic);
    }
    counts.add_terms(terms);
}

fn add_region_classes(flags: ConsequenceFlags, region_classes: &mut RegionClasses) {
    let splice = ConsequenceFlags::SPLICE_ACCEPTOR
        | ConsequenceFlags::SPLICE_DONOR
        | ConsequenceFlags::SPLICE_REGION;
    let utr = ConsequenceFlags::UTR5 | ConsequenceFlags::UTR3;
    for (any, place) in [
        (ConsequenceFlags::COMPOUND | ConsequenceFlags::CODING_SEQUENCE, RegionClass::Cds),
        (ConsequenceFlags::COMPOUND | utr, RegionClass::Exonic),
        (ConsequenceFlags::UTR5, RegionClass::FivePrimeUtr),
        (ConsequenceFlags::UTR3, RegionClass::ThreePrimeUtr),
        (ConsequenceFlags::INTRON, RegionClass::Intronic),
        (ConsequenceFlags::NON_CODING, RegionClass::NonCodingExonic),
        (splice, RegionClass::Splice),
    ] {
        if flags.intersects(any) {
            region_classes.insert(place);
        }
    }
}

/// An Ensembl identifier without its version. In other identifiers a dot is part of the name.
fn bare_id(id: &str) -> &str {
    match id.split_once('.') {
        Some((bare, _)) if id.starts_with("ENS") => bare,
        _ => id,
    }
}

/// Whether FORMAT, the first of the columns, has the key already.
fn has_key(columns: &[u8]) -> bool {
    let format = columns.get(1..).unwrap_or_default();
    let format = &format[..memchr::memchr(b'\t', format).unwrap_or(format.len())];
    memchr::memmem::find(format, KEY.as_bytes()).is_some()
}

/// Appends FORMAT and the samples, with the masks of the record as the last value.
fn write_samples(buffer: &RecordBuffer, record: &BufferedRecord, rest: &[u8], out: &mut Vec<u8>) {
    let mut columns = rest.split(|b| *b == b'\t').skip(1);
    let Some(format) = columns.next() else { return };
    let old = format.split(|b| *b == b':').position(|key| key == KEY.as_bytes());
    let genotypes = format.split(|b| *b == b':').position(|key| key == b"GT").unwrap_or(0);
    let keys = format.split(|b| *b == b':').count() - usize::from(old.is_some());
    let copy = |column: &[u8], out: &mut Vec<u8>| {
        let fields = column.split(|b| *b == b':').enumerate().filter(|(n, _)| Some(*n) != old);
        let mut written = 0;
        for (_, field) in fields {
            if written > 0 {
                out.push(b':');
            }
            out.extend_from_slice(field);
            written += 1;
        }
        written
    };
    out.push(b'\t');
    // Without genotypes there are no masks.
    if keys == 0 {
        out.push(b'.');
        columns.for_each(|_| out.extend_from_slice(b"\t."));
        return;
    }
    copy(format, out);
    if record.mask_len > 0 {
        out.push(b':');
        out.extend_from_slice(KEY.as_bytes());
    }
    for (sample, column) in columns.enumerate() {
        out.push(b'\t');
        let mut written = copy(column, out);
        if written == 0 {
            // The sample has the first value only, which is left out.
            out.push(b'.');
            written = 1;
        }
        if record.mask_len == 0 {
            continue;
        }
        // Omitted trailing values count as missing.
        for _ in written..keys {
            out.extend_from_slice(b":.");
        }
        // The masks have two haplotypes.
        let genotype = || column.split(|b| *b == b':').nth(genotypes).unwrap_or_default();
        if record.is_polyploid && is_polyploid(genotype()) {
            out.extend_from_slice(b":.");
            continue;
        }
        for (n, value) in buffer.mask(record, sample).iter().enumerate() {
            out.push(if n == 0 { b':' } else { b',' });
            push_int(out, *value as i32);
        }
    }
}
