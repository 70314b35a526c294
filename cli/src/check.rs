//! Checks a file before its upload, with the same code as the browser and the worker.

use crate::error::CliError;
use flate2::read::MultiGzDecoder;
use gas_shared::FileName;
use gas_shared::vcf::{LONG_PREVIEW_BYTES, PREVIEW_BYTES, check_preview};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The magic number of gzip (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that passed the check.
#[derive(Debug, PartialEq, Eq)]
pub struct CheckedFile {
    /// The file's name.
    pub name: FileName,
    /// The file's size in bytes.
    pub size: u64,
}

/// Checks the name, the size and the beginning of a file. `limit` is the largest size that the plan
/// allows, in bytes.
pub fn check(path: &Path, limit: u64) -> Result<CheckedFile, CliError> {
    let name = FileName::parse(&path.file_name().unwrap_or_default().to_string_lossy())?;
    let mut file = File::open(path).map_err(CliError::io(path))?;
    let about = file.metadata().map_err(CliError::io(path))?;
    if !about.is_file() {
        return Err(CliError::File("this is not a regular file".to_owned()));
    }
    let size = about.len();
    if size == 0 {
        return Err(CliError::File("the file is empty".to_owned()));
    }
    if size > limit {
        let text = format!("the file has {size} bytes; your plan allows {limit}");
        return Err(CliError::File(text));
    }
    let mut magic = [0; 2];
    let is_gzip = file.read_exact(&mut magic).is_ok() && magic == GZIP;
    match (is_gzip, name.is_gzip()) {
        (false, true) => return Err(CliError::File("the file is not compressed with gzip".into())),
        (true, false) => {
            let text = "the file is compressed; rename it to end with .vcf.gz";
            return Err(CliError::File(text.to_owned()));
        }
        _ => {}
    }
    let file = File::open(path).map_err(CliError::io(path))?;
    let mut read: Box<dyn Read> =
        if is_gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut text = Vec::new();
    for limit in [PREVIEW_BYTES, LONG_PREVIEW_BYTES] {
        // One extra byte shows whether the file is longer than the limit.
        let more = (limit + 1).saturating_sub(text.len());
        read.by_ref().take(more as u64).read_to_end(&mut text).map_err(CliError::io(path))?;
        let is_complete = text.len() <= limit;
        let preview = check_preview(&text, is_complete).map_err(CliError::Vcf)?;
        if is_complete || !preview.has_longer_header() {
            break;
        }
    }
    Ok(CheckedFile { name, size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const VCF: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n20\t5\t.\tA\tC\t.\t.\t.\n";

    fn checked(name: &str, content: &[u8], limit: u64) -> Result<CheckedFile, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        check(&path, limit).map_err(|error| {
            error.to_string().replace(&format!("{}/", folder.path().display()), "")
        })
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn valid_files_pass_plain_and_compressed() {
        assert_eq!(checked("a.vcf", VCF.as_bytes(), 1000).unwrap().size, VCF.len() as u64);
        assert_eq!(checked("a.vcf.gz", &gzip(VCF), 1000).unwrap().name.as_str(), "a.vcf.gz");
    }

    #[test]
    fn a_long_header_is_checked_to_its_end() {
        let contigs = "##contig=<ID=c,length=1>\n".repeat(20_000);
        let long = VCF.replacen("#CHROM", &format!("{contigs}#CHROM"), 1);
        assert!(long.len() > PREVIEW_BYTES);
        checked("a.vcf.gz", &gzip(&long), 1 << 20).unwrap();
        let broken = gzip(&long.replace("\t5\t", "\t5x\t"));
        let rejected = checked("a.vcf.gz", &broken, 1 << 20).unwrap_err();
        assert!(rejected.contains("line 20003, POS: \"5x\""), "{rejected}");
    }

    #[test]
    fn an_invalid_file_is_rejected_with_the_reason() {
        let broken = VCF.replace("\t5\t", "\t5x\t");
        let cases: [(&str, &[u8], &str); 6] = [
            ("a.doc", VCF.as_bytes(), ".vcf"),
            ("a.vcf", b"", "the file is empty"),
            ("a.vcf", broken.as_bytes(), "line 3, POS: \"5x\""),
            ("a.vcf.gz", VCF.as_bytes(), "is not compressed with gzip"),
            ("a.vcf", &gzip(VCF), "to end with .vcf.gz"),
            ("a.vcf.gz", &gzip(&broken), "line 3, POS: \"5x\""),
        ];
        for (name, content, text) in cases {
            let rejected = checked(name, content, 1000).unwrap_err();
            assert!(rejected.contains(text), "{name}: {rejected}");
        }
        let rejected = checked("a.vcf", VCF.as_bytes(), 10).unwrap_err();
        assert!(rejected.contains("your plan allows 10"), "{rejected}");
    }
}
