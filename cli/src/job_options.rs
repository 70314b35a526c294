//! The options of a job on the command line, with the names of the REST API.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};
use gas_shared::reference::ReferenceId;
use gas_shared::source::SourceId;
use gas_shared::{JobOptions, Layout, Selection, Transcripts};
use serde_json::{Map, Value};
use std::str::FromStr;
use strum::VariantArray;

/// Arguments for the options of a job.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Annotation")]
pub struct JobOptionArgs {
    /// The reference; `gas-cli references` lists them [default: that of the service].
    #[arg(long, value_name = "ID", value_parser = value_parser!(ReferenceId))]
    pub reference: Option<ReferenceId>,
    /// The transcripts to annotate with.
    #[arg(long, default_value = "all", value_parser = names::<Transcripts>())]
    pub transcripts: Transcripts,
    /// Which annotations of an allele are written.
    #[arg(long, default_value = "all", value_parser = names::<Selection>())]
    pub select: Selection,
    /// The annotation format; bcsq describes haplotypes.
    #[arg(long, default_value = "csq", value_parser = names::<Layout>())]
    pub layout: Layout,
    /// Write no HGVS descriptions.
    #[arg(long)]
    pub no_hgvs: bool,
    /// The ids of the sources to annotate with, separated by commas [default: all that fit the reference and permit
    /// commercial use].
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = value_parser!(SourceId))]
    pub sources: Option<Vec<SourceId>>,
    /// Annotate without sources.
    #[arg(long, conflicts_with = "sources")]
    pub no_sources: bool,
}

impl JobOptionArgs {
    /// The options.
    pub fn options(&self) -> JobOptions {
        JobOptions {
            reference: self.reference.clone(),
            transcripts: self.transcripts,
            selection: self.select,
            layout: self.layout,
            hgvs: !self.no_hgvs,
            sources: if self.no_sources { Some(Vec::new()) } else { self.sources.clone() },
        }
    }
}

/// Arguments for the options of another run of a job. What is not given stays as it was.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Annotation")]
pub struct ChangedOptionArgs {
    /// The reference; `gas-cli references` lists them.
    #[arg(long, value_name = "ID", value_parser = value_parser!(ReferenceId))]
    pub reference: Option<ReferenceId>,
    /// The transcripts to annotate with.
    #[arg(long, value_parser = names::<Transcripts>())]
    pub transcripts: Option<Transcripts>,
    /// Which annotations of an allele are written.
    #[arg(long, value_parser = names::<Selection>())]
    pub select: Option<Selection>,
    /// The annotation format; bcsq describes haplotypes.
    #[arg(long, value_parser = names::<Layout>())]
    pub layout: Option<Layout>,
    /// Whether HGVS descriptions are written.
    #[arg(long, value_name = "true|false")]
    pub hgvs: Option<bool>,
    /// The ids of the sources to annotate with, separated by commas.
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = value_parser!(SourceId))]
    pub sources: Option<Vec<SourceId>>,
    /// Annotate without sources.
    #[arg(long, conflicts_with = "sources")]
    pub no_sources: bool,
}

impl ChangedOptionArgs {
    /// The given options by their names in the API; empty if none is given.
    pub fn changes(&self) -> Map<String, Value> {
        let Self { reference, transcripts, select, layout, hgvs, sources, no_sources } = self;
        let text = |value: Option<String>| value.map(Value::from);
        let ids = sources.iter().flatten().map(ToString::to_string).collect::<Vec<_>>();
        let is_changed = *no_sources || sources.is_some();
        let named = [
            ("reference", text(reference.as_ref().map(ToString::to_string))),
            ("transcripts", text(transcripts.map(|value| value.to_string()))),
            ("selection", text(select.map(|value| value.to_string()))),
            ("layout", text(layout.map(|value| value.to_string()))),
            ("hgvs", hgvs.map(Value::from)),
            ("sources", is_changed.then(|| Value::from(ids))),
        ];
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// Parses one of the names of a type.
fn names<T>() -> impl TypedValueParser<Value = T>
where
    T: VariantArray + Into<&'static str> + FromStr + Copy + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let names = T::VARIANTS.iter().map(|value| (*value).into());
    PossibleValuesParser::new(names.collect::<Vec<&'static str>>())
        .try_map(|name| name.parse::<T>())
}

#[cfg(test)]
mod tests {
    use crate::args::{Cli, Command};
    use clap::Parser;
    use gas_shared::{JobOptions, Layout, Selection, Transcripts};

    fn parse(arguments: &[&str]) -> Result<JobOptions, clap::Error> {
        let all = [&["gas-cli", "annotate", "a.vcf"], arguments].concat();
        Cli::try_parse_from(all).map(|cli| match cli.command {
            Command::Annotate(options) => options.job.options(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn another_run_changes_only_the_given_options() {
        let changes = |arguments: &[&str]| {
            let all = [&["gas-cli", "rerun", "00000000-0000-0000-0000-000000000000"], arguments];
            match Cli::try_parse_from(all.concat()).unwrap().command {
                Command::Rerun { options, .. } => serde_json::to_value(options.changes()).unwrap(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(changes(&[]), serde_json::json!({}));
        let some = changes(&["--layout", "ann", "--hgvs", "false"]);
        assert_eq!(some, serde_json::json!({"layout": "ann", "hgvs": false}));
        let sources = changes(&["--sources", "a/GRCh38/1,b/any/2"]);
        assert_eq!(sources, serde_json::json!({"sources": ["a/GRCh38/1", "b/any/2"]}));
        assert_eq!(changes(&["--no-sources"]), serde_json::json!({"sources": []}));
    }

    #[test]
    fn options_have_the_names_of_the_api() {
        assert_eq!(parse(&[]).unwrap(), JobOptions::default());
        let all = "--reference homo_sapiens/GRCh38/ensembl-115 --transcripts mane-canonical \
                   --select flag-pick --layout ann --no-hgvs --sources a/GRCh38/1,b/any/2";
        let options = parse(&all.split_whitespace().collect::<Vec<_>>()).unwrap();
        let expected = JobOptions {
            reference: Some("homo_sapiens/GRCh38/ensembl-115".parse().unwrap()),
            transcripts: Transcripts::ManeCanonical,
            selection: Selection::FlagPick,
            layout: Layout::Ann,
            hgvs: false,
            sources: Some(vec!["a/GRCh38/1".parse().unwrap(), "b/any/2".parse().unwrap()]),
        };
        assert_eq!(options, expected);
        assert_eq!(parse(&["--no-sources"]).unwrap().sources, Some(Vec::new()));
        assert!(parse(&["--no-sources", "--sources", "a/GRCh38/1"]).is_err());
        let error = parse(&["--select", "worst"]).unwrap_err().to_string();
        assert!(error.contains("flag-pick") && error.contains("most-severe"), "{error}");
        assert!(parse(&["--reference", "GRCh38"]).is_err());
    }
}
