//! A gene with one exon, and what the engine says about its alleles. Tests and fuzz targets include this
//! file by its path.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use super::small_reference::small_reference;
use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::reference::Reference;

/// Bases before and after the gene on the contig.
pub const FLANK: &str = "GTCAGGATCCTAGGCATTGC";

/// A gene with one exon.
pub struct Gene {
    /// Bases of the contig on the forward strand.
    contig: String,
    /// Whether the gene is on the reverse strand.
    pub reverse: bool,
    /// The reference that contains only this gene.
    pub reference: Reference,
}

fn reverse_complement(bases: &str) -> String {
    let complement = |base| match base {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        _ => 'A',
    };
    bases.chars().rev().map(complement).collect()
}

impl Gene {
    /// A gene on the contig `contig`. `attributes` are those of its CDS feature, and `tags` those of
    /// its transcript. `sec` is the place of a selenocysteine codon in the CDS.
    pub fn new(
        contig_name: &str,
        [utr5, cds, utr3]: [&str; 3],
        reverse: bool,
        (phase, attributes, tags): (usize, &str, &str),
        sec: Option<usize>,
    ) -> Self {
        let spliced = format!("{FLANK}{utr5}{cds}{utr3}{FLANK}");
        let len = spliced.len();
        let contig = if reverse { reverse_complement(&spliced) } else { spliced };
        let range = |from: usize, to: usize| {
            let (from, to) = if reverse { (len - to, len - from) } else { (from, to) };
            format!("{}\t{to}", from + 1)
        };
        let strand = if reverse { '-' } else { '+' };
        let cds_at = FLANK.len() + utr5.len();
        let all = range(FLANK.len(), len - FLANK.len());
        let line = |kind: &str, range: &str, phase: &str, attributes: &str| {
            format!("{contig_name}\tx\t{kind}\t{range}\t.\t{strand}\t{phase}\t{attributes}\n")
        };
        let mut gff = line("gene", &all, ".", "ID=gene:G;Name=G;biotype=protein_coding");
        let transcript = format!("ID=transcript:T;Parent=gene:G;biotype=protein_coding{tags}");
        gff += &line("mRNA", &all, ".", &transcript);
        gff += &line("exon", &all, ".", "Parent=transcript:T");
        let attributes = format!("ID=CDS:P;Parent=transcript:T;protein_id=P{attributes}");
        let coding = range(cds_at, cds_at + cds.len());
        gff += &line("CDS", &coding, &phase.to_string(), &attributes);
        if let Some(sec) = sec {
            let codon = range(cds_at + sec, cds_at + sec + 3);
            let kind = "stop_codon_redefined_as_selenocysteine";
            gff += &line(kind, &codon, ".", "Parent=transcript:T");
        }
        let reference = small_reference(&format!(">{contig_name}\n{contig}\n"), &gff);
        Self { contig, reverse, reference }
    }

    /// A complete gene with the standard code and these UTRs.
    pub fn standard([utr5, cds, utr3]: [&str; 3], reverse: bool) -> Self {
        Self::new("1", [utr5, cds, utr3], reverse, (0, "", ""), None)
    }

    /// The record (POS, REF, ALT) that replaces `removed` bases of the transcript from `from` (from
    /// 0, counted from its first base) by `alt`.
    pub fn record(&self, from: usize, removed: usize, alt: &str) -> (usize, String, String) {
        let from = from + FLANK.len();
        let (low, alt) = if self.reverse {
            (self.contig.len() - from - removed, reverse_complement(alt))
        } else {
            (from, alt.to_owned())
        };
        let reference = &self.contig[low..low + removed];
        if !reference.is_empty() && !alt.is_empty() {
            return (low + 1, reference.to_owned(), alt);
        }
        let before = &self.contig[low - 1..low];
        (low, format!("{before}{reference}"), format!("{before}{alt}"))
    }

    /// Terms, HGVSc and HGVSp of an allele, without identifiers.
    pub fn effect(&self, from: usize, removed: usize, alt: &str) -> [String; 3] {
        self.effect_of(&self.record(from, removed, alt), false)
    }

    /// The same for a record; `predicted` is the option of the annotator.
    pub fn effect_of(
        &self,
        (pos, reference, alt): &(usize, String, String),
        predicted: bool,
    ) -> [String; 3] {
        let annotator = Annotator::new(&self.reference, 0, AnnotationFormat::Csq);
        let mut annotator = annotator.with_predicted_proteins(predicted);
        let name = &self.reference.manifest.contigs[0].name;
        let line = format!("{name}\t{pos}\t.\t{reference}\t{alt}\t.\t.\t.");
        let mut out = Vec::new();
        annotator.record(1, line.as_bytes(), &mut out).unwrap();
        let line = String::from_utf8(out).unwrap();
        let entry = line.split("CSQ=").nth(1).unwrap().split(',').next().unwrap().to_owned();
        let fields: Vec<&str> = entry.split('|').collect();
        let bare = |text: &str| {
            text.split(':').next_back().unwrap_or_default().replace("%3D", "=").replace("p.", "")
        };
        [fields[1].replace("_variant", ""), bare(fields[10]), bare(fields[11])]
    }
}
