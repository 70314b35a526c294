//! What the tracks say of a record and its alleles. Buffers are reused.

use crate::layout::Known;
use crate::report::Counts;
use crate::tracks::{Track, minimal};
use crate::variant::Variant;

/// Texts and hits of the record at hand.
#[derive(Debug, Default)]
pub(crate) struct KnownText {
    ids: Vec<u8>,
    frequency: Vec<u8>,
    clinical: Vec<u8>,
    /// By track: whether the record touches it.
    hits: Vec<bool>,
    /// By track: names of its regions.
    regions: Vec<Vec<u8>>,
    in_dbsnp: bool,
}

impl KnownText {
    /// Begins a record.
    pub(crate) fn begin_record(&mut self, tracks: &[Track], has_rs_id: bool) {
        self.in_dbsnp = has_rs_id;
        self.hits.clear();
        self.hits.resize(tracks.len(), false);
        self.regions.resize(tracks.len(), Vec::new());
        self.regions.iter_mut().for_each(Vec::clear);
    }

    /// Looks an allele up.
    pub(crate) fn find(&mut self, tracks: &[Track], contig: u32, variant: &Variant<'_>) {
        self.ids.clear();
        self.frequency.clear();
        self.clinical.clear();
        for (n, track) in tracks.iter().enumerate() {
            if track.is_regions() {
                let (start, end) = variant.span();
                for region in track.regions(contig, start.min(end), start.max(end)) {
                    self.hits[n] = true;
                    push_joined(&mut self.regions[n], &region.name, b',');
                }
            } else if let Variant::Sequence(allele) = variant {
                let (start, reference, alt) = minimal(allele.start, allele.reference, allele.alt);
                for known in track.variants(contig, start, reference, alt) {
                    self.hits[n] = true;
                    self.in_dbsnp |= track.is_dbsnp();
                    push_joined(&mut self.ids, &known.id, b'&');
                    push_joined(&mut self.frequency, &known.frequency, b'&');
                    push_joined(&mut self.clinical, &known.clinical, b'&');
                }
            }
        }
    }

    /// What was found of the allele.
    pub(crate) fn known(&self) -> Known<'_> {
        Known { ids: &self.ids, frequency: &self.frequency, clinical: &self.clinical }
    }

    /// Counts the record and appends the regions it touches to INFO.
    pub(crate) fn finish_record(
        &self,
        tracks: &[Track],
        out: &mut Vec<u8>,
        info_start: usize,
        counts: &mut Counts,
    ) {
        counts.in_dbsnp += u64::from(self.in_dbsnp);
        counts.tracks.resize(tracks.len(), 0);
        for (n, track) in tracks.iter().enumerate() {
            counts.tracks[n] += u64::from(self.hits[n]);
            if self.regions[n].is_empty() {
                continue;
            }
            if out.len() > info_start {
                out.push(b';');
            }
            out.extend_from_slice(track.name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(&self.regions[n]);
        }
    }
}

/// Appends an item unless it is empty or there already.
fn push_joined(list: &mut Vec<u8>, item: &[u8], separator: u8) {
    if item.is_empty() || list.split(|b| *b == separator).any(|known| known == item) {
        return;
    }
    if !list.is_empty() {
        list.push(separator);
    }
    list.extend_from_slice(item);
}
