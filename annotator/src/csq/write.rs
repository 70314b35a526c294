//! Writes buffered records with their consequences as VCF lines, and counts them.

use super::annotator::CsqAnnotator;
use super::flags::ConsequenceFlags;
use super::header::KEY;
use super::record_buffer::{BufferedRecord, Consequence, RecordBuffer};
use crate::consequence::{SoTerm, SoTerms};
use crate::info::{begin_field, copy_info};
use crate::reference::ContigView;
use crate::report::{RegionClass, RegionClasses};
use crate::text::{push_escaped, push_int};
use std::ops::Range;

impl<'r> CsqAnnotator<'r> {
    /// Counts and writes all buffered records, and empties the buffer.
    pub(super) fn write_buffer(&mut self, out: &mut Vec<u8>) {
        for n in 0..self.buffer.records.len() {
            self.count(&self.buffer.records[n].clone());
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
        if let Some(gap) = record.gap {
            begin_field(out, start);
            gap.write(out);
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
        // A tab at the end of a line is no column.
        let rest = if rest == b"\t" { &[] } else { rest };
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

    fn count(&mut self, record: &BufferedRecord) {
        self.prepass.counts.unnamed += u64::from(record.mask_overflow);
        if record.gap.is_some_and(|gap| !self.prepass.is_annotated(gap)) {
            return;
        }
        let line = self.buffer.line(record);
        let alts = memchr::memchr_iter(b',', &line[record.alt.clone()]).count() + 1;
        let counts = &mut self.prepass.counts;
        let mut region_classes = RegionClasses::default();
        // The terms of each allele, and at index 0 those of all.
        let mut by_allele = vec![SoTerms::EMPTY; alts + 1];
        for consequence in self.buffer.consequences_of(record) {
            let allele = usize::from(consequence.allele);
            let Some(all) = by_allele.get_mut(allele) else { continue };
            add_region_classes(consequence.flags, &mut region_classes);
            for term in consequence.flags.without_redundant().terms().iter() {
                all.insert(term);
                counts.terms[term as usize] += if allele == 0 { alts as u64 } else { 1 };
            }
        }
        for allele in 1..=alts {
            let mut all = by_allele[allele].union(by_allele[0]);
            if all.is_empty() {
                all.insert(SoTerm::Intergenic);
                counts.terms[SoTerm::Intergenic as usize] += 1;
                region_classes.insert(RegionClass::Intergenic);
            }
            counts.add_terms(all);
        }
        counts.add_region_classes(region_classes);
    }
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
        for (n, value) in buffer.mask(record, sample).iter().enumerate() {
            out.push(if n == 0 { b':' } else { b',' });
            push_int(out, *value as i32);
        }
    }
}
