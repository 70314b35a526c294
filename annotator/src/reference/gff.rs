//! Parses features from GFF3 and GTF files.

use crate::Error;
use crate::model::Strand;
use crate::source_file::SourceFile;
use std::collections::HashSet;

/// A feature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Contig name in the file.
    pub contig: String,
    /// Type, such as `mRNA`.
    pub kind: String,
    /// First position.
    pub start: i32,
    /// Last position.
    pub end: i32,
    /// Strand; `None` if it is not given.
    pub strand: Option<Strand>,
    /// Phase of a CDS feature, if it is given.
    pub phase: Option<u8>,
    /// Attributes in file order, with decoded values. A feature with several parents has several
    /// `Parent` attributes.
    pub attributes: Vec<(String, String)>,
}

impl Feature {
    /// The value of the first of the named attributes that the feature has.
    pub fn attribute(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        })
    }

    /// The identifiers of the parents.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        let parents = self.attributes.iter().filter(|(key, _)| key == "Parent");
        parents.map(|(_, id)| id.as_str()).filter(|id| !id.is_empty())
    }

    /// Whether NCBI's attributes say that it is (part of) a pseudogene.
    pub fn is_pseudogene(&self) -> bool {
        self.attribute(&["pseudo"]) == Some("true") || self.attribute(&["pseudogene"]).is_some()
    }

    /// Whether it is (part of) an untranslated region.
    pub fn is_utr(&self) -> bool {
        let names =
            ["five_prime_UTR", "three_prime_UTR", "UTR", "5UTR", "3UTR", "5'-UTR", "3'-UTR"];
        names.iter().any(|name| self.kind.eq_ignore_ascii_case(name))
    }

    /// Whether the `tag` attributes contain a tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        let tags = self.attributes.iter().filter(|(key, _)| key == "tag");
        tags.flat_map(|(_, value)| value.split(',')).any(|t| t.trim() == tag)
    }
}

/// The features of a file and the lines that were skipped.
#[derive(Debug, Default)]
pub struct Features {
    /// Features in file order.
    pub features: Vec<Feature>,
    /// Whether the attributes are in GTF syntax.
    pub is_gtf: bool,
    has_cds: bool,
    /// Whether there are exons, UTRs or mRNA features.
    has_spliced: bool,
    /// Whether there are stop codons, which show where coding sequences end.
    pub has_stop_codons: bool,
    /// Whether it is a file of NCBI, which names every genetic code but the standard one.
    pub names_codes: bool,
    /// Texts by which the header names the assembly, each with its line.
    pub assemblies: Vec<(u64, String)>,
    /// The contigs of `##sequence-region` lines that begin at position 1: line, name, length.
    pub regions: Vec<(u64, String, u64)>,
    /// Lines that are not feature lines, each with the reason.
    pub skipped: Vec<String>,
    /// The transcripts of which such a line is a part, by identifier: they are incomplete.
    pub incomplete: HashSet<String>,
}

impl Features {
    /// Reads a line of the header: `##sequence-region`, and what GFF3, NCBI, Ensembl and GENCODE use to
    /// name the assembly.
    fn read_directive(&mut self, text: &str, line: u64) {
        self.names_codes |= text.contains("NCBI annotwriter") || text.contains("NCBI_Assembly:");
        let bare = text.trim_start_matches(['#', '!']).trim();
        let Some((key, value)) = bare.split_once([' ', '\t', ':', '=']) else { return };
        match key {
            "genome-build" | "genome-version" | "genome-build-accession" | "assembly" => {
                self.assemblies.push((line, value.trim().to_owned()));
            }
            // GENCODE: `… of the human genome (GRCh38), version 49 (Ensembl 115), mapped to GRCh37 with …`
            "description" if value.contains("genome (") || value.contains("mapped to ") => {
                let mapped = value.split("mapped to ").nth(1);
                self.assemblies.push((line, mapped.unwrap_or(value).trim().to_owned()));
            }
            "sequence-region" => {
                let mut parts = value.split_whitespace();
                let (name, start, end) = (parts.next(), parts.next(), parts.next());
                let length = end.and_then(|end| end.parse().ok()).filter(|_| start == Some("1"));
                if let (Some(name), Some(length)) = (name, length) {
                    self.regions.push((line, percent_decoded(name), length));
                }
            }
            _ => {}
        }
    }

    /// The contigs that the file says are mitochondria: the line of NCBI for a whole contig has `genome=mitochondrion`, that of
    /// GenBank's converters `organelle=mitochondrion`.
    pub fn mitochondria(&self) -> impl Iterator<Item = &str> {
        let is_mitochondrion = |feature: &&Feature| {
            let organelle = feature.attribute(&["genome", "organelle"]).unwrap_or_default();
            // `mitochondrion:kinetoplast` is a value of INSDC, too.
            let organelle = organelle.split(':').next().unwrap_or_default();
            feature.start == 1 && organelle.eq_ignore_ascii_case("mitochondrion")
        };
        self.features.iter().filter(is_mitochondrion).map(|feature| feature.contig.as_str())
    }

    /// Whether the file is of the kind that Prokka, Bakta and Prodigal write: coding sequences without
    /// exons and mRNA. They use genetic code 11, without saying so.
    pub fn is_prokaryotic(&self) -> bool {
        self.has_cds && !self.has_spliced
    }
}

/// Reads the features of a file up to its end or its `##FASTA` section.
///
/// # Errors
/// [`Error`] if the file cannot be read or has no features.
pub fn read_features(source: &mut SourceFile) -> Result<Features, Error> {
    let mut found = Features::default();
    while let Some(line) = source.next_line()? {
        if line.starts_with(b"##FASTA") || line.starts_with(b">") {
            break;
        }
        if line.is_empty() {
            continue;
        }
        if line[0] == b'#' {
            let text = String::from_utf8_lossy(line).into_owned();
            found.read_directive(&text, source.line);
            continue;
        }
        let text = String::from_utf8_lossy(line).into_owned();
        match parse_feature(&text) {
            Ok((feature, gtf)) => {
                found.is_gtf |= gtf;
                found.has_cds |= feature.kind == "CDS";
                found.has_stop_codons |= feature.kind == "stop_codon";
                found.has_spliced |=
                    matches!(feature.kind.as_str(), "exon" | "mRNA" | "transcript")
                        || feature.is_utr();
                found.features.push(feature);
            }
            Err(reason) => {
                found.incomplete.extend(transcripts_of(&text));
                found.skipped.push(format!("line {}: {reason}", source.line));
            }
        }
    }
    if found.features.is_empty() {
        let reason = found.skipped.first().cloned().unwrap_or_else(|| "the file is empty".into());
        return Err(
            source.error(format!("the file has no gene models ({reason}); it must be GFF3 or GTF"))
        );
    }
    Ok(found)
}

/// Biotypes of transcripts that the GTF of Ensembl up to release 74 has in the column of the source.
const ENSEMBL_BIOTYPES: [&str; 33] = [
    "protein_coding",
    "nonsense_mediated_decay",
    "non_stop_decay",
    "processed_transcript",
    "retained_intron",
    "antisense",
    "sense_intronic",
    "sense_overlapping",
    "3prime_overlapping_ncrna",
    "lincRNA",
    "miRNA",
    "misc_RNA",
    "rRNA",
    "snRNA",
    "snoRNA",
    "Mt_rRNA",
    "Mt_tRNA",
    "pseudogene",
    "processed_pseudogene",
    "unprocessed_pseudogene",
    "transcribed_processed_pseudogene",
    "transcribed_unprocessed_pseudogene",
    "unitary_pseudogene",
    "polymorphic_pseudogene",
    "non_coding",
    "IG_C_gene",
    "IG_D_gene",
    "IG_J_gene",
    "IG_V_gene",
    "TR_C_gene",
    "TR_D_gene",
    "TR_J_gene",
    "TR_V_gene",
];

fn parse_feature(line: &str) -> Result<(Feature, bool), String> {
    let mut columns = line.split('\t');
    let mut next = || columns.next().ok_or("fewer than 9 columns");
    let (contig, source, kind) = (next()?, next()?, next()?);
    let position =
        |text: &str| text.trim().parse::<i32>().map_err(|_| format!("{text:?} is not a position"));
    let (start, end) = (position(next()?)?, position(next()?)?);
    let (_, strand, phase, attributes) = (next()?, next()?, next()?, next()?);
    if end < start || end < 1 {
        return Err(format!("{start}-{end} is not a region"));
    }
    // Models cut out of a larger region may begin before position 1.
    let start = start.max(1);
    let (mut attributes, gtf) = parse_attributes(attributes);
    let has_biotype = |pairs: &[(String, String)]| {
        pairs.iter().any(|(key, _)| key == "transcript_biotype" || key == "transcript_type")
    };
    if gtf && ENSEMBL_BIOTYPES.contains(&source) && !has_biotype(&attributes) {
        attributes.push(("transcript_biotype".to_owned(), source.to_owned()));
    }
    let usual_case = ["CDS", "exon"].into_iter().find(|name| name.eq_ignore_ascii_case(kind));
    let feature = Feature {
        contig: if gtf { contig.to_owned() } else { percent_decoded(contig) },
        kind: usual_case.unwrap_or(kind).to_owned(),
        start,
        end,
        strand: match strand {
            "+" => Some(Strand::Forward),
            "-" => Some(Strand::Reverse),
            _ => None,
        },
        phase: phase.parse().ok().filter(|p| *p < 3),
        attributes,
    };
    Ok((feature, gtf))
}

/// The identifiers of the transcripts that a line names, whatever else of it cannot be read. The attributes
/// are the last column.
fn transcripts_of(line: &str) -> Vec<String> {
    let (attributes, _) = parse_attributes(line.rsplit('\t').next().unwrap_or_default());
    let names = |key: &str| key == "Parent" || key == "transcript_id";
    attributes.into_iter().filter(|(key, _)| names(key)).map(|(_, value)| value).collect()
}

/// Parses `key=value;…` (GFF3) or `key "value"; …` (GTF), which the first pair distinguishes.
/// Returns the pairs and whether the syntax is GTF.
fn parse_attributes(text: &str) -> (Vec<(String, String)>, bool) {
    let first = text.split(';').next().unwrap_or_default().trim();
    // White space around `=` is no syntax of GFF3, but unambiguous.
    let key = first.split('=').next().unwrap_or_default().trim();
    let gtf = key.contains([' ', '"']);
    let mut pairs = Vec::new();
    // A semicolon within the quotes of GTF does not end a value.
    let mut quoted = false;
    let ends_part = |c: char| {
        quoted ^= gtf && c == '"';
        c == ';' && !quoted
    };
    for part in text.split(ends_part) {
        let part = part.trim();
        let pair = if gtf { part.split_once(char::is_whitespace) } else { part.split_once('=') };
        let Some((key, value)) = pair else { continue };
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        if gtf {
            pairs.push((key.to_owned(), value.to_owned()));
        } else if key == "Parent" {
            // A comma separates parents, an escaped comma is part of an identifier.
            let parents = value.split(',').map(|id| percent_decoded(id.trim()));
            pairs.extend(parents.map(|id| (key.to_owned(), id)));
        } else {
            pairs.push((key.to_owned(), percent_decoded(value)));
        }
    }
    (pairs, gtf)
}

fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code = text.get(i + 1..i + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[i], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gff3_and_gtf_attributes_are_parsed() {
        let gff = "1\tx\tgene\t5\t9\t.\t-\t.\tID=gene:G1;Name=A%3BB;tag=basic,MANE_Select";
        let (feature, gtf) = parse_feature(gff).unwrap();
        assert!(!gtf && feature.strand == Some(Strand::Reverse) && feature.has_tag("MANE_Select"));
        assert_eq!(feature.attribute(&["Name"]), Some("A;B"));
        let line = "1\tx\tCDS\t5\t9\t.\t+\t2\tgene_id \"G1\"; transcript_id \"T1\"; tag \"basic\";";
        let (feature, gtf) = parse_feature(line).unwrap();
        assert!(gtf && feature.phase == Some(2) && feature.has_tag("basic"));
        assert_eq!(feature.attribute(&["transcript_id"]), Some("T1"));
    }

    #[test]
    fn an_invalid_line_is_rejected_with_a_reason() {
        assert_eq!(parse_feature("1\tx\tgene\t9").unwrap_err(), "fewer than 9 columns");
        assert_eq!(
            parse_feature("1\tx\tgene\tx\t9\t.\t-\t.\t.").unwrap_err(),
            "\"x\" is not a position"
        );
        assert_eq!(
            parse_feature("1\tx\tgene\t9\t5\t.\t-\t.\t.").unwrap_err(),
            "9-5 is not a region"
        );
    }
}
