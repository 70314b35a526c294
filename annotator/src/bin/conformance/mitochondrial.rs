//! The comparison with a list of mitochondrial amino-acid changes.

use crate::{Args, FULL, annotate};
use flate2::read::MultiGzDecoder;
use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The agreement with the list.
#[derive(Debug, Default)]
pub(crate) struct Score {
    same: u64,
    /// Rows that assume another sequence than the list names.
    wrong_rows: Vec<String>,
    /// Rows that are not substitutions.
    other_rows: u64,
    different: Vec<String>,
}

impl Score {
    pub(crate) fn passes(&self) -> bool {
        self.different.is_empty()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} same, {} different, {} rows wrong in the source, {} rows that are not substitutions",
            self.same,
            self.different.len(),
            self.wrong_rows.len(),
            self.other_rows
        )?;
        for row in &self.different {
            writeln!(f, "    different: {row}")?;
        }
        for row in &self.wrong_rows {
            writeln!(f, "    wrong in the source: {row}")?;
        }
        Ok(())
    }
}

/// Compares the engine with the list. Passes if the list is missing.
pub(crate) fn compare(args: &Args, reference: &Path) -> anyhow::Result<Score> {
    let mut score = Score::default();
    let list = args.data.join("mtdna/aa_changes.dev.tsv.gz");
    if !list.is_file() {
        return Ok(score);
    }
    let mut text = String::new();
    MultiGzDecoder::new(File::open(&list)?).read_to_string(&mut text)?;
    let mut rows: Vec<Vec<&str>> = text.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    rows.sort_by_key(|r| r[0].parse::<u32>().unwrap_or(0));
    let substitutions: Vec<&Vec<&str>> =
        rows.iter().filter(|r| r[1].len() == 1 && matches!(r[2], "A" | "C" | "G" | "T")).collect();
    score.other_rows = (rows.len() - substitutions.len()) as u64;
    let input = args.work.join("mt.vcf");
    let mut vcf =
        String::from("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n");
    for row in &substitutions {
        vcf.push_str(&format!(
            "MT\t{}\t.\t{}\t{}\t.\t.\tROW={}:{}\n",
            row[0], row[1], row[2], row[3], row[5]
        ));
    }
    fs::write(&input, vcf)?;
    let output = args.work.join("mt.ours.vcf");
    annotate(reference, &input, &output, FULL)?;
    let annotated = fs::read_to_string(&output)?;
    for line in annotated.lines().filter(|l| !l.starts_with('#')) {
        compare_record(line, &mut score);
    }
    Ok(score)
}

fn compare_record(line: &str, score: &mut Score) {
    let columns: Vec<&str> = line.split('\t').collect();
    let info: HashMap<&str, &str> =
        columns[7].split(';').filter_map(|field| field.split_once('=')).collect();
    let (locus, expected) = info["ROW"].split_once(':').unwrap_or_default();
    let found = info.get("CSQ").and_then(|csq| {
        let fields = csq.split(',').map(|entry| entry.split('|').collect::<Vec<_>>());
        fields.into_iter().find(|f| f[3] == locus && !f[15].is_empty())
    });
    let row = format!("{} {}>{} {locus} {expected}", columns[1], columns[3], columns[4]);
    let Some(fields) = found else {
        score.different.push(row);
        return;
    };
    // The list writes a stop codon as X.
    let residues = fields[15].replace('*', "X");
    let (before, after) = residues.split_once('/').unwrap_or((&residues, &residues));
    let ours = format!("{before}{}{after}", fields[14]);
    if ours == expected {
        score.same += 1;
    } else if assumes_other_sequence(columns[1], fields[16], expected) {
        score.wrong_rows.push(format!("{row} (codons {}, {ours})", fields[16]));
    } else {
        score.different.push(format!("{row} (ours {ours})"));
    }
}

/// Sites at which the list assumes another base than the revised Cambridge sequence has. The codon
/// that begins at the site has this base first, so the rows of its second and third base are not
/// changes of the reference that the list names.
const OTHER_SEQUENCE: [(u32, char); 6] =
    [(7146, 'G'), (8701, 'G'), (9540, 'C'), (10398, 'G'), (13105, 'G'), (15326, 'G')];

/// Whether exactly one of these bases explains a row.
fn assumes_other_sequence(pos: &str, codons: &str, expected: &str) -> bool {
    use gas_annotate::model::CodonTable::VertebrateMitochondrial as Code;
    let pos: u32 = pos.parse().unwrap_or(0);
    let site = OTHER_SEQUENCE.iter().find(|(site, _)| pos == site + 1 || pos == site + 2);
    let (Some((_, base)), Some((_, alt))) = (site, codons.split_once('/')) else { return false };
    let codon = format!("{base}{}", &alt[1..]).to_ascii_uppercase();
    expected.ends_with(match Code.translate(codon.as_bytes()) {
        b'*' => 'X',
        residue => residue as char,
    })
}
