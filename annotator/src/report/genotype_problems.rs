//! Counts of genotypes that the haplotype mode does not use as they are.

use serde::{Deserialize, Serialize};

/// Why a genotype is not used as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GenotypeProblem {
    /// The text is no genotype, or has the number of an allele that the record does not have.
    Invalid,
    /// The genotype has more than two alleles, for which FORMAT/BCSQ has no values.
    Polyploid,
}

impl GenotypeProblem {
    const ALL: [Self; 2] = [Self::Invalid, Self::Polyploid];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => {
                "genotypes are not valid, or name an allele that the record does not have; they are \
                 taken as missing"
            }
            Self::Polyploid => {
                "genotypes have more than two alleles; INFO/BCSQ includes their haplotypes, but \
                 FORMAT/BCSQ is missing for them"
            }
        }
    }
}

/// Genotypes by problem, with the line and the sample (from 0) of the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenotypeProblems([(u64, (u64, usize)); GenotypeProblem::ALL.len()]);

impl GenotypeProblems {
    /// Counts genotypes of a line, of which `sample` is the first one.
    pub(crate) fn add(
        &mut self,
        problem: GenotypeProblem,
        genotypes: u64,
        line: u64,
        sample: usize,
    ) {
        self.merge_one(problem, (genotypes, (line, sample)));
    }

    /// Adds the counts of another thread.
    pub(crate) fn merge(&mut self, other: &Self) {
        for problem in GenotypeProblem::ALL {
            self.merge_one(problem, other.0[problem as usize]);
        }
    }

    /// Counts lines from another start: `before` lines are before the first one.
    pub(super) fn shift_lines(&mut self, before: u64) {
        self.0.iter_mut().for_each(|(_, (line, _))| *line += before);
    }

    fn merge_one(&mut self, problem: GenotypeProblem, (genotypes, place): (u64, (u64, usize))) {
        let (sum, first) = &mut self.0[problem as usize];
        if genotypes > 0 && (*sum == 0 || place < *first) {
            *first = place;
        }
        *sum += genotypes;
    }

    /// A warning for each problem. `name_line` names a line, such as `line 5`, and `samples` are the
    /// names of the samples.
    pub fn warnings(
        &self,
        name_line: impl Fn(u64) -> String,
        samples: &[String],
    ) -> impl Iterator<Item = String> {
        GenotypeProblem::ALL.into_iter().filter_map(move |problem| {
            let (genotypes, (line, sample)) = self.0[problem as usize];
            let name = samples.get(sample).map_or("", String::as_str);
            let text = problem.as_str();
            (genotypes > 0).then(|| {
                format!("{genotypes} {text} (first in {}, sample {name})", name_line(line))
            })
        })
    }
}
