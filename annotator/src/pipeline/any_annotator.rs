//! A common interface to the two annotation modes.

use super::{Mode, Options};
use crate::annotate::Annotator;
use crate::csq::{CsqAnnotator, CsqModel};
use crate::error::InputError;
use crate::record_reader::RecordOptions;
use crate::reference::Reference;
use crate::report::Counts;
use gas_shared::vcf::Header;
use gas_sources::Damaged;
use std::collections::HashSet;

/// An annotator of either mode. Each thread has its own.
pub(super) enum AnyAnnotator<'r> {
    Full(Box<Annotator<'r>>),
    Csq(Box<CsqAnnotator<'r>>),
}

impl<'r> AnyAnnotator<'r> {
    pub(super) fn new(
        reference: &'r Reference,
        model: &'r CsqModel,
        options: &'r Options,
        header: &Header,
        excluded_contigs: &HashSet<Box<[u8]>>,
        max_work: u64,
    ) -> Self {
        let (samples, sources) = (header.samples.len(), &options.sources);
        let records = RecordOptions {
            limits: options.limits,
            annotates_mismatches: options.annotate_mismatches,
            excluded_contigs: excluded_contigs.clone(),
        };
        match options.mode {
            Mode::Full(format) => {
                let annotator = Annotator::new(reference, samples, format).with_options(&records);
                let annotator = annotator.with_sources(sources);
                let annotator = annotator.with_predicted_proteins(options.hgvsp_predicted);
                let annotator = annotator.with_annotations(&options.annotations);
                Self::Full(Box::new(annotator))
            }
            Mode::Csq(csq) => {
                let annotator = CsqAnnotator::new(reference, model, csq, samples);
                let annotator = annotator.with_sources(sources);
                let annotator = annotator.with_options(&records).with_max_work(max_work);
                Self::Csq(Box::new(annotator))
            }
        }
    }

    pub(super) fn record(
        &mut self,
        number: u64,
        line: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<u64, InputError> {
        match self {
            Self::Full(annotator) => annotator.record(number, line, out),
            Self::Csq(annotator) => annotator.record(number, line, out),
        }
    }

    /// Writes the records that are still buffered.
    pub(super) fn finish_chunk(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Full(_) => {}
            Self::Csq(annotator) => annotator.finish_chunk(out),
        }
    }

    /// Why a source cannot be read, if so. Records since then lack its values.
    pub(super) fn damage(&self) -> Option<Damaged> {
        match self {
            Self::Full(annotator) => annotator.damage(),
            Self::Csq(annotator) => annotator.damage(),
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        match self {
            Self::Full(annotator) => annotator.counts(),
            Self::Csq(annotator) => annotator.counts(),
        }
    }

    pub(super) fn into_counts(self) -> Counts {
        match self {
            Self::Full(annotator) => annotator.into_counts(),
            Self::Csq(annotator) => annotator.into_counts(),
        }
    }
}
