//! The part of a filter that a result can answer.

use super::{ByCategory, ByColumn, ColumnSet, Filter, Sort, SortKey};

/// A filter and a sort order without what a result lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct Applicable {
    /// The criteria that the result can answer.
    pub filter: Filter,
    /// The sort order; the default one if the result lacks its column.
    pub sort: Sort,
    /// The criteria that are left out, for users: names of columns, and `sample` with the name of a sample.
    pub left_out: Vec<String>,
}

impl Applicable {
    /// Leaves out the criteria about columns and samples that a result does not have. How a variant is inherited is left
    /// out if any of the family is missing, since another family would have other variants.
    pub fn of(filter: &Filter, sort: &Sort, columns: &ColumnSet, samples: &[String]) -> Self {
        let mut left_out: Vec<String> = Vec::new();
        let mut lacks = |what: String| {
            if !left_out.contains(&what) {
                left_out.push(what);
            }
        };
        let mut kept = Filter {
            ranges: ByColumn::default(),
            categories: ByCategory::default(),
            samples: Vec::new(),
            inheritance: None,
            ..filter.clone()
        };
        for (name, range) in filter.ranges.iter() {
            match columns.number(name) {
                Some(_) => kept.ranges.set(name, Some(*range)),
                None => lacks(name.to_string()),
            }
        }
        for (name, values) in filter.categories.iter() {
            // Rows may have a category by another name, which filters do not accept.
            let column = columns.categories().iter().find(|column| column.name == *name);
            match column.filter(|column| column.check_values(values).is_ok()) {
                Some(_) => kept.categories.set_values(name, values.clone()),
                None => lacks(name.to_string()),
            }
        }
        let is_known = |name: &String| samples.contains(name);
        for criterion in &filter.samples {
            if is_known(&criterion.sample) {
                kept.samples.push(criterion.clone());
            } else {
                lacks(format!("sample {}", criterion.sample));
            }
        }
        if let Some(how) = &filter.inheritance {
            let family = [Some(&how.child), how.father.as_ref(), how.mother.as_ref()];
            let missing: Vec<&String> =
                family.into_iter().flatten().filter(|name| !is_known(name)).collect();
            for name in &missing {
                lacks(format!("sample {name}"));
            }
            kept.inheritance = Some(how.clone()).filter(|_| missing.is_empty());
        }
        let mut kept_sort = sort.clone();
        if let SortKey::Column(name) = &sort.key {
            let is_sorted = |column: &super::CategoryColumn| {
                column.sort_key() == Some(SortKey::Column(name.clone()))
            };
            let is_category = columns.categories().iter().any(|column| is_sorted(column));
            if columns.number(name).is_none() && !is_category {
                lacks(format!("the order by {name}"));
                kept_sort = Sort::default();
            }
        }
        Self { filter: kept, sort: kept_sort, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::{
        ColumnName, Direction, IMPACT, Inheritance, InheritanceMode, QUALITY, Range, SampleFilter,
        Sex, Zygosity,
    };
    use crate::source::{SourceColumn, SourceColumnKind};

    #[test]
    fn what_a_result_lacks_is_left_out_and_named() {
        let score = ColumnName::Borrowed("score");
        let source = SourceColumn {
            name: "score".to_owned(),
            source: "Scores 1".to_owned(),
            kind: SourceColumnKind::Float,
            description: String::new(),
        };
        let filter = Filter {
            genes: vec!["A".to_owned()],
            samples: vec![
                SampleFilter::of("kid", &[Zygosity::Homozygous]),
                SampleFilter::of("dad", &[]),
            ],
            inheritance: Some(Inheritance {
                mode: InheritanceMode::DeNovo,
                child: "kid".to_owned(),
                father: Some("dad".to_owned()),
                mother: None,
                sex: Sex::Unknown,
            }),
            ..Filter::of_range(&score, Range::default()).with_values(&IMPACT, &["high"])
        };
        let filter = filter.with_values(&ColumnName::Borrowed("region"), &["x"]);
        let sort = Sort { key: SortKey::Column(score.clone()), direction: Direction::Descending };
        let samples = ["kid".to_owned()];

        let found = Applicable::of(&filter, &sort, &ColumnSet::default(), &samples);
        assert_eq!(found.left_out, ["score", "region", "sample dad", "the order by score"]);
        assert_eq!(found.sort, Sort::default());
        let expected = Filter {
            genes: vec!["A".to_owned()],
            samples: vec![SampleFilter::of("kid", &[Zygosity::Homozygous])],
            ..Filter::of_values(&IMPACT, &["high"])
        };
        assert_eq!(found.filter, expected);

        let all = ["kid".to_owned(), "dad".to_owned()];
        let found = Applicable::of(&filter, &sort, &ColumnSet::of([source]), &all);
        assert_eq!((found.left_out, found.sort), (vec!["region".to_owned()], sort));
        assert_eq!(found.filter.inheritance, filter.inheritance);
        let by_quality = Sort { key: SortKey::Column(QUALITY.name.clone()), ..Sort::default() };
        let found = Applicable::of(&expected, &by_quality, &ColumnSet::default(), &samples);
        assert_eq!((found.filter, found.sort, found.left_out), (expected, by_quality, vec![]));
    }
}
