//! Pedigrees: PED files (as of PLINK and GATK), which state families, parents, sex and who is affected.

use super::Sex;

/// A line of a PED file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Individual {
    /// The family.
    pub family: String,
    /// The name of the sample.
    pub name: String,
    /// The name of the father's sample.
    pub father: Option<String>,
    /// The name of the mother's sample.
    pub mother: Option<String>,
    /// The sex.
    pub sex: Sex,
    /// Whether the individual is affected; `None` if it is not known.
    pub affected: Option<bool>,
}

/// Why a text is not a PED file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct PedigreeError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// The most bytes of a PED file.
pub const MAX_PEDIGREE_BYTES: usize = 256 << 10;

/// Reads a PED file: family, individual, father, mother, sex (1 male, 2 female) and phenotype (1 unaffected, 2
/// affected), separated by tabs or spaces; 0 for unknown. Further columns, empty lines and lines that begin with `#`
/// are ignored.
///
/// # Errors
/// [`PedigreeError`] with the line of the first problem.
pub fn parse_pedigree(text: &str) -> Result<Vec<Individual>, PedigreeError> {
    let error = |line, problem: String| PedigreeError { line, problem };
    if text.len() > MAX_PEDIGREE_BYTES {
        return Err(error(1, format!("the file has more than {MAX_PEDIGREE_BYTES} bytes")));
    }
    let mut all = Vec::new();
    let mut lines_by_name = std::collections::HashMap::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [family, name, father, mother, sex, rest @ ..] = &fields[..] else {
            let found = fields.len();
            let problem = format!(
                "{found} columns; expected family, individual, father, mother, sex and phenotype"
            );
            return Err(error(line, problem));
        };
        let parent = |name: &str| (!matches!(name, "0" | "." | "-9")).then(|| name.to_owned());
        let sex = match sex.to_ascii_lowercase().as_str() {
            "1" | "m" | "male" => Sex::Male,
            "2" | "f" | "female" => Sex::Female,
            "0" | "." | "-9" | "3" | "other" | "unknown" => Sex::Unknown,
            other => {
                let problem = format!("{other:?} is not a sex; write 1 (male), 2 (female) or 0");
                return Err(error(line, problem));
            }
        };
        let affected = match rest.first().map(|text| text.to_ascii_lowercase()).as_deref() {
            Some("2" | "affected") => Some(true),
            Some("1" | "unaffected") => Some(false),
            None | Some("0" | "." | "-9") => None,
            Some(other) if other.parse::<f64>().is_ok() => None,
            Some(other) => {
                let problem = format!(
                    "{other:?} is not a phenotype; write 1 (unaffected), 2 (affected) or 0"
                );
                return Err(error(line, problem));
            }
        };
        let individual = Individual {
            family: (*family).to_owned(),
            name: (*name).to_owned(),
            father: parent(father),
            mother: parent(mother),
            sex,
            affected,
        };
        let parents = [&individual.father, &individual.mother];
        if parents.into_iter().flatten().any(|parent| *parent == individual.name) {
            return Err(error(line, format!("{name} is a parent of itself")));
        }
        if individual.father.is_some() && individual.father == individual.mother {
            return Err(error(line, format!("{name} has the same father and mother")));
        }
        if let Some(first) = lines_by_name.insert(individual.name.clone(), line) {
            return Err(error(line, format!("{name} is already on line {first}")));
        }
        all.push(individual);
    }
    if all.is_empty() {
        return Err(error(1, "the file has no individuals".to_owned()));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trio_is_read() {
        let text =
            "#family\tid\nF1\tchild dad mom 2 2 extra\n\nF1 dad 0 0 1 1\r\nF1 mom 0 0 2 -9\n";
        let all = parse_pedigree(text).unwrap();
        assert_eq!(all.len(), 3);
        let child = &all[0];
        assert_eq!((child.father.as_deref(), child.mother.as_deref()), (Some("dad"), Some("mom")));
        assert_eq!((child.sex, child.affected), (Sex::Female, Some(true)));
        assert_eq!((all[1].father.as_ref(), all[1].affected), (None, Some(false)));
        assert_eq!((all[2].sex, all[2].affected), (Sex::Female, None));
    }

    #[test]
    fn problems_name_their_line() {
        for (text, line, part) in [
            ("", 1, "no individuals"),
            ("#x\nF1 a 0 0", 2, "4 columns"),
            ("F1 a 0 0 x 1", 1, "not a sex"),
            ("F1 a 0 0 1 sick", 1, "not a phenotype"),
            ("F1 a 0 0 1 1\nF1 b a a 1 1", 2, "same father and mother"),
            ("F1 a a 0 1 1", 1, "parent of itself"),
            ("F1 a 0 0 1 1\nF2 a 0 0 1 1", 2, "already on line 1"),
        ] {
            let error = parse_pedigree(text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
