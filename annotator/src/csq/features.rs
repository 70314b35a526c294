//! What is said of a record feature by feature: coding sequence, UTRs, exons, and where none of
//! them is touched, introns and non-coding transcripts.

use super::allele::Allele;
use super::calls::Calls;
use super::engine::{CsqAnnotator, Here};
use super::held::Call;
use super::model::{Feature, Kind, is_coding_biotype};
use super::splice::{Checks, Place};
use crate::error::InputError;
use crate::variant::{MAX_POSITION, StructuralVariant};
use gas_shared::vcf::Record;

impl<'r> CsqAnnotator<'r> {
    pub(super) fn tell_features(
        &mut self,
        here: &Here<'r>,
        features: &[u32],
        alleles: &[Allele<'_>],
        number: u64,
        same_reference: bool,
    ) -> Result<(), InputError> {
        let mut hit = false;
        for feature in features {
            let feature = here.model.features[*feature as usize];
            match feature.kind {
                Kind::Cds(segment) => {
                    hit = true;
                    // Where REF is not what the reference has, a codon cannot be told.
                    if same_reference {
                        self.tell_coding(here, feature.transcript, segment, alleles, number)?;
                    }
                }
                Kind::Utr5 | Kind::Utr3 => hit |= self.tell_utr(here, &feature, alleles),
                Kind::Exon => hit |= self.tell_exon(here, &feature, alleles),
            }
        }
        if !hit {
            self.tell_transcripts(here, alleles);
        }
        Ok(())
    }

    /// Adds a call to the record at hand, for all haplotypes with the allele.
    pub(super) fn tell_call(
        &mut self,
        here: &Here<'_>,
        calls: Calls,
        transcript: u32,
        allele: u16,
    ) {
        self.tell(here, Call::new(calls, transcript, allele));
    }

    /// Adds a call with its change.
    pub(super) fn tell(&mut self, here: &Here<'_>, call: Call) {
        let (record, allele) = (self.held.last(), call.allele);
        let place = self.held.add(record, call, &here.identity());
        if allele > 0 {
            self.read_genotypes();
            self.held.mark_carriers(record, allele, place, self.genotypes.samples());
        }
    }

    /// Adds what the comparison with a region found.
    pub(super) fn tell_reported(&mut self, here: &Here<'_>, transcript: u32, allele: u16) {
        let reported = std::mem::take(&mut self.scratch.splice.reported);
        for calls in &reported {
            self.tell_call(here, *calls, transcript, allele);
        }
        self.scratch.splice.reported = reported;
    }

    fn tell_utr(&mut self, here: &Here<'_>, utr: &Feature, alleles: &[Allele<'_>]) -> bool {
        let calls = if utr.kind == Kind::Utr5 { Calls::UTR5 } else { Calls::UTR3 };
        let mut hit = false;
        for allele in alleles {
            if self.compare(here, utr.transcript, Checks::default(), allele, (utr.start, utr.end)) {
                self.tell_call(here, calls, utr.transcript, allele.number);
                hit = true;
            }
        }
        hit
    }

    fn tell_exon(&mut self, here: &Here<'_>, exon: &Feature, alleles: &[Allele<'_>]) -> bool {
        let transcript = &here.contig.model.transcripts[exon.transcript as usize];
        let checks = Checks {
            left: transcript.start != exon.start,
            right: transcript.end != exon.end,
            ..Checks::default()
        };
        let mut hit = false;
        for allele in alleles {
            self.compare(here, exon.transcript, checks, allele, (exon.start, exon.end));
            hit |= !self.scratch.splice.calls.is_empty();
        }
        hit
    }

    fn tell_transcripts(&mut self, here: &Here<'_>, alleles: &[Allele<'_>]) {
        let Some(first) = alleles.first() else { return };
        let (start, end) = (first.pos, first.pos + first.ref_len());
        for number in here.model.transcripts(start, end) {
            let transcript = &here.contig.model.transcripts[number as usize];
            let span = (transcript.start, transcript.end);
            if span.0 > end || span.1 < start {
                continue;
            }
            let calls = self.outside_exons(here, number);
            for allele in alleles {
                if self.compare(here, number, Checks::default(), allele, span) {
                    self.tell_call(here, calls, number, 0);
                }
            }
        }
    }

    fn outside_exons(&self, here: &Here<'_>, transcript: u32) -> Calls {
        let biotype = &self.model.biotypes[usize::from(here.model.biotypes[transcript as usize])];
        let coding = here.model.coding(transcript).is_some() || is_coding_biotype(biotype);
        if coding { Calls::INTRON } else { Calls::NON_CODING }
    }

    /// Compares an allele to a region and tells what belongs to the record alone; whether it
    /// touches the region.
    fn compare(
        &mut self,
        here: &Here<'_>,
        transcript: u32,
        checks: Checks,
        allele: &Allele<'_>,
        region: (i32, i32),
    ) -> bool {
        let around = here.around(transcript);
        let place = self.scratch.splice.compare(&around, checks, allele, region);
        if !self.scratch.splice.reported.is_empty() {
            self.tell_reported(here, transcript, allele.number);
        }
        matches!(place, Place::Inside | Place::Across)
    }

    /// Symbolic insertions and deletions: the features they touch.
    pub(super) fn tell_symbolic(&mut self, here: &Here<'_>, record: &Record<'_>, pos: i32) {
        let class = match record.alt.get(..4).map(<[u8]>::to_ascii_uppercase).as_deref() {
            Some(b"<INS") => Calls::ELONGATION,
            Some(b"<DEL") => Calls::TRUNCATION,
            _ => return,
        };
        let limit = here.contig.sequence.len().min(MAX_POSITION as usize) as i32;
        let alt = record.alt.split(|b| *b == b',').next().unwrap_or_default();
        let found = StructuralVariant::read(pos, alt, record.info, limit);
        let (start, end) = (pos + 1, found.end.max(pos + 1));
        let mut hit = false;
        for number in here.model.index.query(start, end) {
            let feature = here.model.features[number as usize];
            if feature.start > end || feature.end < start || feature.kind == Kind::Exon {
                continue;
            }
            let calls = match feature.kind {
                Kind::Utr5 => Calls::UTR5,
                Kind::Utr3 => Calls::UTR3,
                _ => Calls::CODING_SEQUENCE,
            };
            self.tell_call(here, calls.and(class), feature.transcript, 0);
            hit = true;
        }
        if hit {
            return;
        }
        for number in here.model.transcripts(start, end) {
            let transcript = &here.contig.model.transcripts[number as usize];
            if transcript.start <= end && transcript.end >= start {
                let calls = self.outside_exons(here, number).and(class);
                self.tell_call(here, calls, number, 0);
            }
        }
    }
}
