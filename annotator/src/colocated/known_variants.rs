//! Tracks of known variants, such as dbSNP, from VCF files: identifiers, allele frequency (INFO/AF)
//! and clinical significance (INFO/CLNSIG).

use super::data_set::Found;
use super::track::{Field, FieldType, Track, TrackFile, TrackKind};
use super::variant_table::{AltOfRecord, VariantTable};
use crate::variant::Variant;
use serde::{Deserialize, Serialize};

pub(super) const KIND: TrackKind = TrackKind {
    name: "vcf",
    tag: 0,
    fields: &[
        Field { name: "AF", value: FieldType::Number, description: None },
        Field { name: "CLIN_SIG", value: FieldType::Text, description: None },
    ],
    info_description: None,
    build: |source, genome| {
        let (table, fit) = VariantTable::read(source, genome, |alt| Ok(known(alt)))?;
        TrackFile::new(&table, fit, source)
    },
    open: |name, bytes| {
        let is_dbsnp = name.eq_ignore_ascii_case("dbsnp");
        Ok(Box::new(KnownVariants { is_dbsnp, table: postcard::from_bytes(bytes)? }))
    },
};

/// Indices into the fields of [`KIND`].
const AF: usize = 0;
const CLIN_SIG: usize = 1;

#[derive(Debug)]
struct KnownVariants {
    is_dbsnp: bool,
    table: VariantTable<KnownVariant>,
}

/// What a track knows about a variant. Values are empty if the file does not have them.
#[derive(Debug, Serialize, Deserialize)]
struct KnownVariant {
    identifiers: Box<[u8]>,
    frequency: Box<[u8]>,
    clinical_significance: Box<[u8]>,
}

fn known(alt: &AltOfRecord<'_>) -> KnownVariant {
    let id = alt.record.id;
    KnownVariant {
        identifiers: without_reserved(if id == b"." { b"" } else { id }),
        frequency: without_reserved(alt.info_of_alt(b"AF=").unwrap_or_default()),
        clinical_significance: without_reserved(alt.info(b"CLNSIG=").unwrap_or_default()),
    }
}

/// Replaces characters that separate the parts of INFO and CSQ.
fn without_reserved(text: &[u8]) -> Box<[u8]> {
    let reserved = |b: &u8| matches!(b, b',' | b'|' | b';');
    text.iter().map(|b| if reserved(b) { b'&' } else { *b }).collect()
}

impl Track for KnownVariants {
    fn look_up(&self, contig: u32, variant: &Variant<'_>, found: &mut Found<'_>) -> bool {
        let Variant::Sequence(places) = variant else { return false };
        let mut any = false;
        for known in self.table.find(contig, places) {
            any = true;
            found.push_identifier(&known.identifiers);
            found.push(AF, &known.frequency);
            found.push(CLIN_SIG, &known.clinical_significance);
        }
        if any && self.is_dbsnp {
            found.mark_in_dbsnp();
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colocated::fit::Genome;
    use crate::contig_names::ContigNames;
    use crate::reference::Contig;
    use crate::source_file::SourceFile;

    #[test]
    fn the_stored_format_of_a_track_does_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known.vcf");
        std::fs::write(&path, "1\t20\trs7\tTA\tT\t.\t.\tAF=0.25;CLNSIG=Benign\n").unwrap();
        let mut source = SourceFile::open(&path).unwrap();
        let names = ContigNames::new(["1"].into_iter(), "test");
        let contigs =
            [Contig { name: "1".to_owned(), offset: 0, length: 40, mitochondrial: false }];
        let (names, sequence, assembly) = (&names, &b"AT".repeat(20)[..], "test");
        let genome = Genome::new(names, &contigs, sequence, assembly);
        let built = KIND.build("known", &mut source, genome).unwrap();
        assert_eq!(built.bytes, b"\x00\x01\x01\x2a\x01A\x00\x03rs7\x040.25\x06Benign");
        assert_eq!(built.entries, 1);
    }
}
