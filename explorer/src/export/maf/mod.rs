//! Mutation Annotation Format: a row for each ALT allele and each sample that has it, or for each ALT allele if the
//! result has no samples.
//!
//! The columns are the 34 of MAF 2.4 (Genomic Data Commons, "MAF Format"), then those that vcf2maf adds and that a result
//! has, then the columns of sources. Values that a VCF file does not state, such as validations and matched normals, are
//! empty. Alleles, types and classifications follow vcf2maf 1.6 (<https://github.com/mskcc/vcf2maf>); decision 0057
//! lists the differences.

mod allele;
mod calls;
mod classification;
mod protein;
mod transcript;

use super::row_encoder::{ExportedRecord, RowEncoder};
use super::table::{TableColumn, neutral, registered_columns};
use crate::Error;
use crate::explorer::Explorer;
use crate::rows::record_text;
use allele::{Change, change};
use calls::{Calls, SampleReads};
use classification::classification;
use gas_shared::assembly::{Assembly, plain_name};
use gas_shared::explorer::Row;
use gas_shared::vcf::{Record, parse_record};
use std::borrow::Cow;
use std::sync::Arc;
use transcript::{Transcript, Transcripts};

/// The columns before those of sources.
const COLUMNS: [&str; 53] = [
    "Hugo_Symbol",
    "Entrez_Gene_Id",
    "Center",
    "NCBI_Build",
    "Chromosome",
    "Start_Position",
    "End_Position",
    "Strand",
    "Variant_Classification",
    "Variant_Type",
    "Reference_Allele",
    "Tumor_Seq_Allele1",
    "Tumor_Seq_Allele2",
    "dbSNP_RS",
    "dbSNP_Val_Status",
    "Tumor_Sample_Barcode",
    "Matched_Norm_Sample_Barcode",
    "Match_Norm_Seq_Allele1",
    "Match_Norm_Seq_Allele2",
    "Tumor_Validation_Allele1",
    "Tumor_Validation_Allele2",
    "Match_Norm_Validation_Allele1",
    "Match_Norm_Validation_Allele2",
    "Verification_Status",
    "Validation_Status",
    "Mutation_Status",
    "Sequencing_Phase",
    "Sequence_Source",
    "Validation_Method",
    "Score",
    "BAM_File",
    "Sequencer",
    "Tumor_Sample_UUID",
    "Matched_Norm_Sample_UUID",
    "HGVSc",
    "HGVSp",
    "HGVSp_Short",
    "Transcript_ID",
    "Exon_Number",
    "t_depth",
    "t_ref_count",
    "t_alt_count",
    "Gene",
    "Consequence",
    "IMPACT",
    "BIOTYPE",
    "CANONICAL",
    "MANE",
    "Existing_variation",
    "FILTER",
    "vcf_id",
    "vcf_qual",
    "vcf_pos",
];

/// The name of the sample in rows of results without samples.
const NO_SAMPLE: &str = "UNKNOWN";

/// Writes MAF.
pub(super) struct Maf {
    explorer: Arc<Explorer>,
    /// The names of all samples.
    samples: Vec<String>,
    transcripts: Transcripts,
    registered: Vec<TableColumn>,
    /// The name of the assembly; empty if the lengths of the contigs are of no known one.
    assembly: &'static str,
    calls: Calls,
    out: String,
}

impl Maf {
    /// Starts a file of a result with some samples.
    pub fn begin(explorer: Arc<Explorer>, samples: Vec<String>) -> Result<Self, Error> {
        // Readers of two columns with the same name take either of them, or reject the file.
        let is_other = |column: &TableColumn| !COLUMNS.contains(&column.name.as_str());
        let registered: Vec<TableColumn> =
            registered_columns(explorer.columns()).filter(is_other).collect();
        let assembly = explorer
            .contig_lengths()
            .find_map(|(name, length)| Assembly::of_length(&plain_name(name), length?))
            .map_or("", |assembly| assembly.name);
        let transcripts = Transcripts::of(explorer.header.format.as_ref());
        let mut maf = Self {
            explorer,
            samples,
            transcripts,
            registered,
            assembly,
            calls: Calls::default(),
            out: "#version 2.4\n".to_owned(),
        };
        let of_sources = maf.registered.iter().map(|column| column.name.clone());
        let names = COLUMNS.map(str::to_owned).into_iter().chain(of_sources);
        let names: Vec<String> = names.collect();
        maf.write_row(names.iter().map(|name| Cow::Borrowed(name.as_str())));
        Ok(maf)
    }

    fn write_row<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) {
        for (n, cell) in cells.enumerate() {
            if n > 0 {
                self.out.push('\t');
            }
            // The format has no quotes.
            let parts = neutral(cell);
            self.out.extend(
                parts.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }),
            );
        }
        self.out.push('\n');
    }

    fn add_allele(&mut self, record: &Record<'_>, row: &Row, allele: u16, columns: Option<&[u8]>) {
        let alleles: Vec<&[u8]> = std::iter::once(record.reference)
            .chain(record.alt.split(|byte| *byte == b','))
            .collect();
        let Some(change) = change(record, &alleles, usize::from(allele)) else { return };
        let transcript = self.transcripts.choose(&self.explorer, record, &alleles, allele);
        if self.samples.is_empty() {
            let first = change.reference.clone();
            self.write_allele(
                row,
                &change,
                &transcript,
                NO_SAMPLE,
                &first,
                &SampleReads::default(),
            );
            return;
        }
        let mut calls = std::mem::take(&mut self.calls);
        let carriers = calls.carriers(columns, self.samples.len(), allele);
        self.calls = calls;
        for carrier in carriers {
            let first = match carrier.other {
                Some(other) => change.other(&alleles, usize::from(other)),
                None => change.alternative.clone(),
            };
            let name = self.samples[carrier.sample].clone();
            self.write_allele(row, &change, &transcript, &name, &first, &carrier.reads);
        }
    }

    fn write_allele(
        &mut self,
        row: &Row,
        change: &Change,
        transcript: &Transcript,
        sample: &str,
        first: &str,
        reads: &SampleReads,
    ) {
        let count =
            |count: Option<u32>| Cow::Owned(count.map(|n| n.to_string()).unwrap_or_default());
        let none = || Cow::Borrowed("");
        let is_rs = |id: &&String| id.starts_with("rs");
        let rs: Vec<&str> = row.ids.iter().filter(is_rs).map(String::as_str).collect();
        let term = transcript.term.as_str();
        let class = classification(term, change);
        let protein = protein::short(&transcript.hgvs_p, &transcript.hgvs_c, term);
        let symbol = if transcript.symbol.is_empty() { "Unknown" } else { &transcript.symbol };
        let mut cells: Vec<Cow<'_, str>> = vec![
            symbol.into(),
            "0".into(),
            ".".into(),
            self.assembly.into(),
            row.chrom.as_str().into(),
            change.start.to_string().into(),
            change.end.to_string().into(),
            "+".into(),
            class.into(),
            change.kind.into(),
            change.reference.as_str().into(),
            first.into(),
            change.alternative.as_str().into(),
            rs.join(",").into(),
            none(),
            sample.into(),
        ];
        // The matched normal, validations and the sequencing up to the UUIDs.
        cells.extend((cells.len()..34).map(|_| none()));
        cells.extend([
            transcript.hgvs_c.as_str().into(),
            transcript.hgvs_p.as_str().into(),
            protein.into(),
            transcript.id.as_str().into(),
            transcript.exon.as_str().into(),
            count(reads.depth),
            count(reads.reference),
            count(reads.alternative),
            transcript.gene.as_str().into(),
            transcript.consequence.as_str().into(),
            transcript.impact.as_str().into(),
            transcript.biotype.as_str().into(),
            transcript.canonical.as_str().into(),
            transcript.mane.as_str().into(),
            row.ids.join(",").into(),
            row.filter.as_str().into(),
            row.id.as_str().into(),
            row.qual.as_str().into(),
            row.pos.to_string().into(),
        ]);
        let registered: Vec<String> =
            self.registered.iter().map(|column| column.cell(row).to_text().into_owned()).collect();
        cells.extend(registered.into_iter().map(Cow::Owned));
        self.write_row(cells.into_iter());
    }
}

impl RowEncoder for Maf {
    fn add(&mut self, record: &ExportedRecord<'_>) -> Result<(), Error> {
        if let (Some(bytes), false) = (record.line.cut, self.samples.is_empty()) {
            return Err(Error::LongRecord { number: record.line.number, bytes });
        }
        let text = record_text(record.line);
        let parsed = parse_record(&text).map_err(|_| crate::text::MISPLACED)?;
        let count = parsed.alt.split(|byte| *byte == b',').count();
        let columns = record.sample_columns();
        for allele in 1..=u16::try_from(count).unwrap_or(u16::MAX) {
            self.add_allele(&parsed, &record.row, allele, columns);
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<u8>, Error> {
        Ok(std::mem::take(&mut self.out).into_bytes())
    }

    fn finish(&mut self) -> Result<Vec<u8>, Error> {
        self.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_columns_are_those_of_the_format() {
        assert_eq!(COLUMNS[15], "Tumor_Sample_Barcode");
        assert_eq!(COLUMNS[33], "Matched_Norm_Sample_UUID");
    }
}
