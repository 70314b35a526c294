//! Names in a filter that a result does not have, with names that it has.

use crate::format::Footer;
use gas_shared::explorer::{Filter, NameList, UnknownName, contig_alias};
use std::collections::HashSet;

/// The most names that are reported of a list.
const MAX_UNKNOWN: usize = 5;

/// The most suggestions for a name.
const MAX_SUGGESTIONS: usize = 5;

/// The most edits between a name and a similar one.
const MAX_EDITS: usize = 2;

/// The genes and contigs of a filter that no record has.
pub(crate) fn unknown_names(filter: &Filter, footer: &Footer) -> Vec<UnknownName> {
    let mut unknown = Vec::new();
    if !filter.genes.is_empty() {
        let lower: Vec<String> =
            footer.genes.iter().map(|gene| gene.to_ascii_lowercase()).collect();
        let known: HashSet<&str> = lower.iter().map(String::as_str).collect();
        let missing = filter
            .genes
            .iter()
            .filter(|gene| !known.contains(gene.trim().to_ascii_lowercase().as_str()));
        unknown.extend(missing.take(MAX_UNKNOWN).map(|gene| UnknownName {
            list: NameList::Genes,
            name: gene.clone(),
            suggestions: similar(&gene.trim().to_ascii_lowercase(), &lower, &footer.genes),
        }));
    }
    let known: HashSet<String> = footer.contigs.iter().map(|name| contig_alias(name)).collect();
    let missing =
        filter.regions.iter().filter(|region| !known.contains(&contig_alias(&region.contig)));
    unknown.extend(missing.take(MAX_UNKNOWN).map(|region| UnknownName {
        list: NameList::Regions,
        name: region.contig.clone(),
        suggestions: footer.contigs.iter().take(MAX_SUGGESTIONS).cloned().collect(),
    }));
    unknown
}

/// The genes whose names are most similar to one: those that begin with it, then those with the fewest edits. `lower`
/// has the names of `genes` in lower case.
fn similar(name: &str, lower: &[String], genes: &[String]) -> Vec<String> {
    // With as many edits as letters, every short name would be similar.
    let most = MAX_EDITS.min(name.len() / 2);
    let mut found: Vec<(usize, &String)> = Vec::new();
    for (known, gene) in lower.iter().zip(genes) {
        if known.is_empty() {
            continue;
        }
        if known.starts_with(name) {
            found.push((0, gene));
        } else if known.len().abs_diff(name.len()) <= most {
            let edits = strsim::osa_distance(name, known);
            if edits <= most {
                found.push((edits, gene));
            }
        }
    }
    found.sort_unstable();
    found.truncate(MAX_SUGGESTIONS);
    found.into_iter().map(|(_, gene)| gene.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_begin_as_the_name_or_differ_in_few_letters() {
        let genes = ["BRCA2", "BRCA1", "BRAF", "TP53", "TP63", ""].map(str::to_owned);
        let lower = genes.clone().map(|gene| gene.to_ascii_lowercase());
        let of = |name| similar(name, &lower, &genes);
        assert_eq!(of("brca"), ["BRCA1", "BRCA2", "BRAF"]);
        assert_eq!(of("tp35"), ["TP53", "TP63"]);
        assert_eq!(of("foo"), Vec::<String>::new());
    }
}
