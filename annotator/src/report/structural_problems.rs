//! Counts of structural alleles whose annotation is incomplete or uncertain.

use crate::structural_variant::StructuralProblem;

/// Alleles by problem, with the first line that has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StructuralProblems([(u64, u64); StructuralProblem::ALL.len()]);

impl StructuralProblems {
    /// Counts an allele in a line.
    pub(crate) fn add(&mut self, problem: StructuralProblem, line: u64) {
        self.merge_one(problem, (1, line));
    }

    /// Adds the counts of another thread.
    pub(crate) fn merge(&mut self, other: &Self) {
        for problem in StructuralProblem::ALL {
            self.merge_one(problem, other.0[problem as usize]);
        }
    }

    fn merge_one(&mut self, problem: StructuralProblem, (alleles, line): (u64, u64)) {
        let (sum, first) = &mut self.0[problem as usize];
        if alleles > 0 && (*sum == 0 || line < *first) {
            *first = line;
        }
        *sum += alleles;
    }

    /// A warning for each problem. `name_line` names a line, such as `line 5`.
    pub fn warnings(&self, name_line: impl Fn(u64) -> String) -> impl Iterator<Item = String> {
        StructuralProblem::ALL.into_iter().filter_map(move |problem| {
            let (alleles, line) = self.0[problem as usize];
            let (field, text) = (problem.field(), problem.as_str());
            let first = || format!("first in {}, {field}", name_line(line));
            (alleles > 0).then(|| format!("{alleles} {text} ({})", first()))
        })
    }
}
