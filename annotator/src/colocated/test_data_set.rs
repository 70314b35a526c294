//! A data set that exists in tests only. It shows everything that a field of a new data set takes in the
//! engine, be it a number or a category: this module and its line in [`super::DATA_SETS`].

use super::data_set::Found;
use super::track::{Field, FieldType, Track, TrackFile, TrackKind};
use super::variant_table::{AltOfRecord, VariantTable};
use crate::variant::Variant;

pub(super) const KIND: TrackKind = TrackKind {
    name: "test_score",
    tag: 2,
    fields: &[
        Field {
            name: "TEST_SCORE",
            value: FieldType::Number,
            description: Some("Score of the allele"),
        },
        Field {
            name: "TEST_CLASS",
            value: FieldType::Text,
            description: Some("Class of the allele"),
        },
    ],
    info_description: None,
    build: |source, genome| {
        let (table, fit) = VariantTable::read(source, genome, |alt| Ok((score(alt)?, class(alt))))?;
        TrackFile::new(&table, fit, source)
    },
    open: |_, bytes| Ok(Box::new(Scores(postcard::from_bytes(bytes)?))),
};

#[derive(Debug)]
struct Scores(VariantTable<(Option<f32>, Option<String>)>);

fn score(alt: &AltOfRecord<'_>) -> Result<Option<f32>, String> {
    let Some(text) = alt.info_of_alt(b"SCORE=").filter(|text| *text != b".") else {
        return Ok(None);
    };
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| "SCORE is not a number".to_owned())
}

fn class(alt: &AltOfRecord<'_>) -> Option<String> {
    let text = alt.info_of_alt(b"CLASS=").filter(|text| *text != b".")?;
    Some(String::from_utf8_lossy(text).into_owned())
}

impl Track for Scores {
    fn look_up(&self, contig: u32, variant: &Variant<'_>, found: &mut Found<'_>) -> bool {
        let Variant::Sequence(places) = variant else { return false };
        let mut any = false;
        for (score, class) in self.0.find(contig, places) {
            any = true;
            if let Some(score) = score {
                found.push(0, score.to_string().as_bytes());
            }
            if let Some(class) = class {
                found.push(1, class.as_bytes());
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use crate::Error;
    use crate::pipeline::{Options, annotate_file};
    use crate::reference::{BuildOptions, Reference, build_reference};
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

    fn reference(folder: &Path, scores: &str) -> Result<Reference, Error> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let gff = "1\tx\tgene\t50\t90\t.\t+\t.\tID=g1;Name=G1\n\
                   1\tx\tmRNA\t50\t90\t.\t+\t.\tID=t1;Parent=g1\n\
                   1\tx\texon\t50\t90\t.\t+\t.\tParent=t1\n";
        let known = "1\t60\trs7\tT\tC,G\t.\t.\tAF=0.25,0.5;CLNSIG=Benign\n";
        let out = folder.join("bundle");
        build_reference(&BuildOptions {
            gff: vec![write("m.gff3", gff)],
            fasta: vec![write("s.fa", &format!(">1\n{}\n", "ACGT".repeat(30)))],
            vcf_tracks: vec![
                ("test_score".to_owned(), write("scores.vcf", scores)),
                ("dbsnp".to_owned(), write("known.vcf", known)),
            ],
            bed_tracks: vec![("segdup".to_owned(), write("r.bed", "chr1\t0\t30\tD 1\n"))],
            assembly: "test".to_owned(),
            out: out.clone(),
        })?;
        Reference::open(&out)
    }

    #[test]
    fn a_number_and_a_text_of_a_new_data_set_are_fields_of_csq() {
        let folder = tempfile::tempdir().unwrap();
        let scores =
            "1\t60\t.\tT\tC,G\t.\t.\tSCORE=.,23.5;CLASS=mild,.\n1\t20\t.\tTA\tT\t.\t.\tSCORE=0.5\n";
        let reference = reference(folder.path(), scores).unwrap();
        let (input, output) = (folder.path().join("in.vcf"), folder.path().join("out.vcf"));
        let records =
            "1\t20\t.\tTA\tT\t.\t.\t.\n1\t60\t.\tT\tC,G\t.\t.\t.\n1\t100\t.\tT\tC\t.\t.\t.\n";
        fs::write(&input, format!("##fileformat=VCFv4.2\n{COLUMNS}{records}")).unwrap();
        let options = Options::default();
        let never = AtomicBool::new(false);
        let outcome =
            annotate_file(&input, &output, &reference, &options, &never, &|_| {}).unwrap();
        let text = fs::read_to_string(output).unwrap();
        assert!(
            text.contains("|NEAREST_DISTANCE|AF|CLIN_SIG|TEST_SCORE|TEST_CLASS\">\n"),
            "{text}"
        );
        assert!(
            text.contains(
                "\n##CSQ=<ID=TEST_SCORE,Type=Float,Description=\"Score of the allele\">\n"
            ),
            "{text}"
        );
        let records: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let values = |entry: &str| entry.rsplit('|').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(values(records[0]), [";segdup=D_1", "0.5", "", ""]);
        let entries: Vec<&str> = records[1].split(',').collect();
        assert_eq!(values(entries[1]), ["mild", "", "Benign", "0.25"]);
        assert_eq!(values(entries[2]), ["", "23.5", "Benign", "0.5"]);
        assert_eq!(values(records[2]), ["", "", "", ""]);
        assert_eq!(outcome.counts.tracks, [2, 1, 1]);
    }

    #[test]
    fn a_score_that_is_not_a_number_names_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let scores = "##fileformat=VCFv4.2\n1\t60\t.\tT\tC\t.\t.\tSCORE=high\n";
        let error = reference(folder.path(), scores).unwrap_err().to_string();
        assert!(error.ends_with("scores.vcf, line 2: SCORE is not a number"), "{error}");
    }
}
