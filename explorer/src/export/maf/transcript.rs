//! The transcript of an allele, whose consequence a row of MAF has.

use crate::annotation::{AnnotationDefinition, Entry};
use crate::columns::Sources;
use crate::explorer::Explorer;
use crate::record_features::InfoFields;
use gas_shared::explorer::hgvs_change;
use gas_shared::vcf::Record;
use percent_encoding::percent_decode;

/// What MAF has of a transcript. All values are empty if the allele has no annotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Transcript {
    pub symbol: String,
    pub gene: String,
    pub id: String,
    /// Without the name of the transcript.
    pub hgvs_c: String,
    /// Without the name of the protein.
    pub hgvs_p: String,
    pub exon: String,
    /// All terms, separated by commas.
    pub consequence: String,
    /// The most severe term.
    pub term: String,
    pub impact: String,
    pub biotype: String,
    pub canonical: String,
    pub mane: String,
}

/// Chooses transcripts. The fields of the annotation that no row has are at these positions.
#[derive(Debug, Default)]
pub(super) struct Transcripts {
    allele: Option<usize>,
    allele_number: Option<usize>,
    biotype: Option<usize>,
}

impl Transcripts {
    /// Those of a result with an annotation.
    pub fn of(format: Option<&AnnotationDefinition>) -> Self {
        let at = |names: &[&str]| {
            let fields = &format?.fields;
            fields.iter().position(|field| names.contains(&field.as_str()))
        };
        Self {
            allele: at(&["Allele"]),
            allele_number: at(&["ALLELE_NUM"]),
            biotype: at(&["BIOTYPE", "Transcript_BioType"]),
        }
    }

    /// The transcript of an ALT allele, by the number of the allele from 1: as in the table, the one with the most severe
    /// consequence, of several the picked one, then MANE Select, then a canonical one.
    pub fn choose(
        &self,
        explorer: &Explorer,
        record: &Record<'_>,
        alleles: &[&[u8]],
        allele: u16,
    ) -> Transcript {
        let Some(format) = &explorer.header.format else { return Transcript::default() };
        let info = InfoFields::read(record.info, Some(format), &Sources::default(), |_, _| {});
        let is_of_allele = |text: &&[u8]| self.is_of_allele(text, alleles, allele);
        let entries = info.entries().filter(is_of_allele);
        let entries = entries.map(|text| (text, Entry::read(text, &format.roles, |_, _| {})));
        let chosen =
            entries.min_by_key(|(_, entry)| entry.preference(entry.severity(&explorer.terms)));
        let Some((text, entry)) = chosen else { return Transcript::default() };
        let terms =
            || entry.consequence.split(|byte| *byte == b'&').filter(|term| !term.is_empty());
        let term = terms().min_by_key(|term| explorer.terms.find(term));
        let mane = entry.mane.map_or("", |mane| mane.label());
        Transcript {
            symbol: shown(entry.gene()),
            gene: shown(entry.gene_id),
            id: shown(entry.feature),
            hgvs_c: hgvs_change(&shown(entry.hgvs_c)).to_owned(),
            hgvs_p: hgvs_change(&shown(entry.hgvs_p)).to_owned(),
            exon: shown(entry.exon),
            consequence: terms().map(shown).collect::<Vec<_>>().join(","),
            term: term.map(shown).unwrap_or_default(),
            impact: shown(entry.impact),
            biotype: field(text, self.biotype).map(shown).unwrap_or_default(),
            canonical: if entry.canonical { "YES".to_owned() } else { String::new() },
            mane: mane.to_owned(),
        }
    }

    fn is_of_allele(&self, text: &[u8], alleles: &[&[u8]], allele: u16) -> bool {
        // With one ALT allele, every entry is about it.
        if alleles.len() <= 2 {
            return true;
        }
        if let Some(number) = field(text, self.allele_number).filter(|text| !text.is_empty()) {
            return number == allele.to_string().as_bytes();
        }
        let alternative = alleles.get(usize::from(allele)).copied().unwrap_or_default();
        match field(text, self.allele) {
            Some(named) => named == alternative || named == vep_allele(alleles, alternative),
            None => true,
        }
    }
}

/// An allele as VEP spells it: if the alleles of a record have different lengths and the same first base, without that
/// base; `-` if nothing is left.
fn vep_allele<'a>(alleles: &[&'a [u8]], alternative: &'a [u8]) -> &'a [u8] {
    let is_sequence = |allele: &&&[u8]| allele.iter().all(u8::is_ascii_alphabetic);
    let mut sequences = alleles.iter().filter(is_sequence);
    let Some(first) = sequences.next() else { return alternative };
    let (mut differ, mut same) = (false, true);
    for allele in sequences {
        differ |= allele.len() != first.len();
        same &= allele.first() == first.first();
    }
    match alternative {
        [_, rest @ ..] if differ && same && is_sequence(&&alternative) => {
            if rest.is_empty() {
                b"-"
            } else {
                rest
            }
        }
        _ => alternative,
    }
}

fn field(entry: &[u8], at: Option<usize>) -> Option<&[u8]> {
    entry.split(|byte| *byte == b'|').nth(at?)
}

fn shown(text: &[u8]) -> String {
    percent_decode(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alleles_are_spelled_as_vep_does() {
        let spelled = |alleles: &[&str], n: usize| {
            let alleles: Vec<&[u8]> = alleles.iter().map(|text| text.as_bytes()).collect();
            String::from_utf8(vep_allele(&alleles, alleles[n]).to_vec()).unwrap()
        };
        assert_eq!(spelled(&["A", "G", "T"], 2), "T");
        assert_eq!(spelled(&["ATT", "A", "AT"], 1), "-");
        assert_eq!(spelled(&["ATT", "A", "AT"], 2), "T");
        assert_eq!(spelled(&["A", "G", "AT"], 2), "AT");
        assert_eq!(spelled(&["A", "AT", "*"], 1), "T");
        assert_eq!(spelled(&["A", "AT", "<DEL>"], 2), "<DEL>");
    }
}
