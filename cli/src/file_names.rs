//! Names of saved files that common file systems accept. The name of a job's file has up to 128 characters, which may be
//! longer than the limit in bytes, and longer still with the endings of what is saved.

use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The most bytes of a name on Linux and macOS.
const MAX_BYTES: usize = 255;

/// The bytes that are left for an ending, such as `.annot.filtered.vcf.gz`.
const ENDING_BYTES: usize = 55;

/// The ending of the file beside an incomplete one that states its version.
pub const VERSION_ENDING: &str = "etag";

/// The beginning of a name, so that an ending fits behind it.
pub fn short_stem(stem: &str) -> &str {
    first(stem, MAX_BYTES - ENDING_BYTES)
}

/// The beginnings of two names, so that both and an ending fit into one.
pub fn short_stems<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    const EACH: usize = (MAX_BYTES - ENDING_BYTES) / 2;
    let rest = |of: &str| MAX_BYTES - ENDING_BYTES - of.len().min(EACH);
    (first(one, rest(other)), first(other, rest(one)))
}

fn first(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// The path of an incomplete file. Its name contains the job id, so that no two jobs share one, and the end of the complete
/// name, which tells the files of a job apart.
pub fn partial_path(path: &Path, id: Uuid) -> PathBuf {
    let ending = format!(".{id}.part");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let left = MAX_BYTES - ending.len() - VERSION_ENDING.len() - 1;
    let last = name.get(name.ceil_char_boundary(name.len().saturating_sub(left))..);
    path.with_file_name(format!("{}{ending}", last.unwrap_or(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_incomplete_file_contains_the_job_id() {
        let part = partial_path(Path::new("out/a.annot.vcf"), Uuid::nil());
        let expected = "out/a.annot.vcf.00000000-0000-0000-0000-000000000000.part";
        assert_eq!(part, Path::new(expected));
    }

    #[test]
    fn names_of_any_length_fit_with_their_endings() {
        let length = |path: &Path| path.file_name().unwrap().len();
        for stem in ["a", &"染".repeat(79), &"😀".repeat(124)] {
            let name = format!("{}.annot.filtered.vcf.gz.tbi", short_stem(stem));
            assert!(length(Path::new(&name)) <= MAX_BYTES, "{name}");
            let part = partial_path(Path::new(&name), Uuid::nil());
            assert!(length(&part.with_added_extension(VERSION_ENDING)) <= MAX_BYTES);
            assert!(part.to_str().unwrap().contains(".annot.filtered.vcf.gz.tbi.0000"));
            for other in ["b", &"é".repeat(120)] {
                let (one, two) = short_stems(stem, other);
                let name = format!("{one}.{two}.differences.consequence.tsv");
                assert!(length(Path::new(&name)) <= MAX_BYTES, "{name}");
            }
        }
        let usual = "patient-7_".repeat(8);
        assert_eq!(short_stem(&usual), usual);
        assert_eq!(short_stems(&usual, &usual), (&*usual, &*usual));
        let result =
            partial_path(Path::new(&format!("{}.annot.vcf", "染".repeat(60))), Uuid::nil());
        assert!(result.to_str().unwrap().contains("染.annot.vcf.0000"), "{}", result.display());
    }
}
