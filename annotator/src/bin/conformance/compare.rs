//! Counts agreement by field.

use crate::known::{OTHER, is_known, known};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The agreement of one field.
#[derive(Debug, Default)]
pub(crate) struct Field {
    /// Pairs for which at least one annotator has a value.
    pub(crate) compared: u64,
    /// Pairs with equal values.
    pub(crate) same: u64,
    /// Differences and how often they occur.
    pub(crate) differences: BTreeMap<String, u64>,
    /// Differences in which the other annotator is not followed, by the name of the decision. They are
    /// not among the compared pairs.
    pub(crate) decided: BTreeMap<&'static str, u64>,
}

/// The agreement by field, each with its target in percent.
#[derive(Debug, Default)]
pub(crate) struct Score {
    /// The name of the compared file.
    pub(crate) set: &'static str,
    /// Fields by name.
    pub(crate) fields: BTreeMap<&'static str, (f64, Field)>,
    /// Pairs that only one annotator has.
    pub(crate) unpaired: u64,
}

impl Score {
    /// Counts a pair. `difference` describes it if the values differ.
    pub(crate) fn add(
        &mut self,
        name: &'static str,
        target: f64,
        theirs: &str,
        ours: &str,
        difference: impl Fn() -> String,
    ) {
        let field = &mut self.fields.entry(name).or_insert_with(|| (target, Field::default())).1;
        if theirs.is_empty() && ours.is_empty() {
            return;
        }
        field.compared += 1;
        if theirs == ours {
            field.same += 1;
        } else {
            *field.differences.entry(difference()).or_default() += 1;
        }
    }

    /// Counts a difference in which the other annotator is not followed.
    pub(crate) fn add_decided(&mut self, name: &'static str, target: f64, decision: &'static str) {
        let field = &mut self.fields.entry(name).or_insert_with(|| (target, Field::default())).1;
        *field.decided.entry(decision).or_default() += 1;
    }

    /// Whether every field reaches its target, and no more pairs differ than are known to.
    pub(crate) fn passes(&self) -> bool {
        self.unpaired == 0
            && self.fields.values().all(|(target, field)| percent(field) >= *target)
            && self.explained().all(|(_, _, pairs, known)| is_known(pairs, known))
    }

    /// The differences: field, decision, pairs and known pairs.
    pub(crate) fn explained(&self) -> impl Iterator<Item = (&'static str, &'static str, u64, u64)> {
        self.fields.iter().flat_map(|(name, (_, field))| {
            let decided = field.decided.iter().map(|(decision, pairs)| (*decision, *pairs));
            let other = (field.same < field.compared).then(|| (OTHER, field.compared - field.same));
            decided
                .chain(other)
                .map(|(decision, pairs)| (*name, decision, pairs, known(self.set, name, decision)))
        })
    }

    /// Formats a table with the ten most frequent differences of each field.
    pub(crate) fn table(&self) -> String {
        let mut out = format!("pairs that only one annotator has: {}\n", self.unpaired);
        for (name, (target, field)) in &self.fields {
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{name:<18} {:>8} compared  {:>8.3}%  (target {target}%)",
                field.compared,
                percent(field)
            );
            let mut most: Vec<_> = field.differences.iter().collect();
            most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (what, count) in most.into_iter().take(10) {
                let _ = writeln!(out, "    {count:>5} x {what}");
            }
        }
        let _ = writeln!(
            out,
            "decisions of annotator/README.md, which are not among the compared pairs:"
        );
        for (field, decision, pairs, known) in self.explained() {
            let grown = if is_known(pairs, known) { "" } else { ": MORE THAN KNOWN" };
            let _ = writeln!(out, "{field:<18} {pairs:>8} x {decision} (known: {known}){grown}");
        }
        out
    }
}

/// The percentage of equal values.
pub(crate) fn percent(field: &Field) -> f64 {
    if field.compared == 0 { 100.0 } else { field.same as f64 * 100.0 / field.compared as f64 }
}
