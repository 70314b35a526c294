//! The jobs and genes that the command palette has found.

use super::commands::{Command, Group};
use super::{Entry, MAX_ENTRIES};
use crate::app::Route;
use crate::components::status_style;
use gas_shared::explorer::{Filter, Row, url};
use gas_shared::job::JobList;

/// The jobs of a list.
pub fn jobs_of(list: JobList) -> Vec<Entry> {
    let of_job = |job: gas_shared::JobView| {
        let status = status_style(job.state.status()).1;
        // The id tells jobs of one name apart.
        let id = job.id.to_string();
        Entry {
            group: Group::Jobs,
            label: job.shown_name().to_owned(),
            detail: format!("{status} · {}", &id[..8]),
            command: Command::Open(Route::JobDetails { id }),
        }
    };
    list.jobs.into_iter().take(MAX_ENTRIES).map(of_job).collect()
}

/// The genes of rows whose symbol contains a text, with the variants of each. Those that begin with it come first.
pub fn genes_of(job: &str, text: &str, rows: &[Row]) -> Vec<Entry> {
    let typed = text.to_lowercase();
    let mut genes: Vec<&str> = Vec::new();
    for gene in rows.iter().filter_map(|row| row.gene.as_deref()) {
        if gene.to_lowercase().contains(&typed) && !genes.contains(&gene) {
            genes.push(gene);
        }
    }
    genes.sort_by_key(|gene| (!gene.to_lowercase().starts_with(&typed), gene.len(), *gene));
    let of_gene = |gene: &str| {
        let filter = Filter { genes: vec![gene.to_owned()], ..Filter::default() };
        Entry {
            group: Group::Genes,
            label: gene.to_owned(),
            detail: "Variants of this gene".to_owned(),
            command: Command::Open(Route::Results {
                id: job.to_owned(),
                filter: url::write_filter(&filter),
                sort: String::new(),
            }),
        }
    };
    genes.into_iter().take(MAX_ENTRIES).map(of_gene).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genes_are_listed_once_and_the_closest_first() {
        let row = |gene: &str| Row { gene: Some(gene.to_owned()), ..Row::default() };
        let rows =
            [row("XTMC2"), row("TMC2"), row("TMC2"), row("TMC20"), row("BRCA1"), Row::default()];
        let found = genes_of("1", "tmc", &rows);
        let labels: Vec<_> = found.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(labels, ["TMC2", "TMC20", "XTMC2"]);
        let Command::Open(route) = &found[0].command else { panic!("it opens the explorer") };
        assert!(route.to_string().contains("TMC2"), "{route}");
    }
}
