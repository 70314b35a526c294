//! Counts of structural alleles whose annotation is incomplete or uncertain.

use crate::structural_variant::StructuralProblem;
use serde::{Deserialize, Serialize};

/// The most characters of a value that a warning shows.
const MOST_SHOWN: usize = 40;

/// Alleles by problem, with the first line that has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StructuralProblems([Found; StructuralProblem::ALL.len()]);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    alleles: u64,
    /// The first line.
    line: u64,
    /// The value there, if the warning shows it.
    value: Option<Box<str>>,
}

impl StructuralProblems {
    /// Counts an allele in a line with this INFO.
    pub(crate) fn add(&mut self, problem: StructuralProblem, line: u64, info: &[u8]) {
        let found = &mut self.0[problem as usize];
        if found.alleles == 0 || line < found.line {
            let value = problem.shown_key().and_then(|key| value_of(info, key));
            (found.line, found.value) = (line, value);
        }
        found.alleles += 1;
    }

    /// Adds the counts of another thread.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (sum, found) in self.0.iter_mut().zip(&other.0).filter(|(_, found)| found.alleles > 0) {
            if sum.alleles == 0 || found.line < sum.line {
                (sum.line, sum.value) = (found.line, found.value.clone());
            }
            sum.alleles += found.alleles;
        }
    }

    /// Counts lines from another start: `before` lines are before the first one.
    pub(super) fn shift_lines(&mut self, before: u64) {
        self.0.iter_mut().for_each(|found| found.line += before);
    }

    /// A warning for each problem. `name_line` names a line, such as `line 5`.
    pub fn warnings(&self, name_line: impl Fn(u64) -> String) -> impl Iterator<Item = String> {
        StructuralProblem::ALL.into_iter().filter_map(move |problem| {
            let Found { alleles, line, value } = &self.0[problem as usize];
            let (field, text) = (problem.field(), problem.as_str());
            let value = value.as_deref().map(|value| format!("={value}")).unwrap_or_default();
            let first = || format!("first in {}, {field}{value}", name_line(*line));
            (*alleles > 0).then(|| format!("{alleles} {text} ({})", first()))
        })
    }
}

/// The last value of a key of INFO, shortened.
fn value_of(info: &[u8], key: &[u8]) -> Option<Box<str>> {
    let mut values = info
        .split(|b| *b == b';')
        .filter_map(|field| field.strip_prefix(key).and_then(|rest| rest.strip_prefix(b"=")));
    let text = String::from_utf8_lossy(values.next_back()?).into_owned();
    let shown: String = text.chars().take(MOST_SHOWN).collect();
    let rest = if shown.len() < text.len() { "…" } else { "" };
    Some(format!("{shown}{rest}").into())
}
