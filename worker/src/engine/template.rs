//! The engine's command line with placeholders.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// An argument vector with the placeholders `{input}`, `{output}`, `{log}` and `{bundle}` for
/// paths, and `{options}`, an argument of its own, for the arguments that differ from job to job.
///
/// Only `{input}` is required. Without `{output}` or `{log}` the program must write these files
/// where AnnTools does: for the input `X.vcf`, to `X.annot.vcf` and `X.vcf.count.log` in the same
/// folder.
///
/// Placeholders are replaced after the command line is split, so that a path cannot become two
/// arguments or an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<String>);

/// The paths of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paths<'a> {
    pub(crate) input: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) log: &'a Path,
    /// The folder of the reference.
    pub(crate) bundle: &'a Path,
}

/// The reason why a command line is not a valid template.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    #[error("a quote is not closed")]
    Quotes,
    #[error("the command line is empty")]
    Empty,
    #[error("{{input}} is missing")]
    NoInput,
    #[error(
        "{{{0}}} is not a placeholder; use {{input}}, {{output}}, {{log}} or {{bundle}}, and \
         {{options}} as an argument of its own"
    )]
    Unknown(String),
}

const PLACEHOLDERS: [&str; 4] = ["input", "output", "log", "bundle"];

/// The argument that stands for the arguments of a job.
const OPTIONS: &str = "{options}";

impl Template {
    /// Splits a command line like a shell and checks its placeholders.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let arguments = shlex::split(text).ok_or(TemplateError::Quotes)?;
        if arguments.is_empty() {
            return Err(TemplateError::Empty);
        }
        let with_paths = arguments.iter().filter(|argument| *argument != OPTIONS);
        let names: Vec<&str> = with_paths.flat_map(|argument| placeholders(argument)).collect();
        if let Some(unknown) = names.iter().find(|name| !PLACEHOLDERS.contains(name)) {
            return Err(TemplateError::Unknown((*unknown).to_owned()));
        }
        if names.contains(&"input") { Ok(Self(arguments)) } else { Err(TemplateError::NoInput) }
    }

    /// The program to run.
    pub(crate) fn program(&self) -> &OsStr {
        // `parse` rejects empty command lines.
        OsStr::new(self.0.first().map_or("", String::as_str))
    }

    /// Whether the command line names the output file (`{output}`).
    pub(crate) fn names_output(&self) -> bool {
        self.names("output")
    }

    /// Whether the command line names the reference (`{bundle}`).
    pub(crate) fn names_reference(&self) -> bool {
        self.names("bundle")
    }

    fn names(&self, placeholder: &str) -> bool {
        self.0.iter().any(|argument| placeholders(argument).any(|name| name == placeholder))
    }

    /// Whether the program takes arguments that differ from job to job (`{options}`).
    pub(crate) fn takes_options(&self) -> bool {
        self.0.iter().any(|argument| argument == OPTIONS)
    }

    /// The argument vector of a run, including the program.
    pub(crate) fn fill(&self, paths: Paths<'_>, options: &[String]) -> Vec<OsString> {
        let mut filled = Vec::new();
        for argument in &self.0 {
            if argument == OPTIONS {
                filled.extend(options.iter().map(OsString::from));
            } else {
                filled.push(fill(argument, paths));
            }
        }
        filled
    }
}

/// The names in braces within an argument.
fn placeholders(argument: &str) -> impl Iterator<Item = &str> {
    argument.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn fill(argument: &str, paths: Paths<'_>) -> OsString {
    let mut filled = OsString::new();
    let mut rest = argument;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
    {
        filled.push(before);
        match name {
            "input" => filled.push(paths.input),
            "output" => filled.push(paths.output),
            "log" => filled.push(paths.log),
            _ => filled.push(paths.bundle),
        }
        rest = after;
    }
    filled.push(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, input: &str) -> Vec<OsString> {
        let (input, output) = (Path::new(input), Path::new("/w/out.vcf"));
        let (log, bundle) = (Path::new("/w/log"), Path::new("/ref"));
        let options = ["--select", "pick {log}"].map(str::to_owned);
        Template::parse(template).unwrap().fill(Paths { input, output, log, bundle }, &options)
    }

    #[test]
    fn placeholders_are_replaced_within_arguments() {
        assert_eq!(
            filled("annotate {input} --out={output} -l {log} {bundle}/x", "/w/in.vcf"),
            ["annotate", "/w/in.vcf", "--out=/w/out.vcf", "-l", "/w/log", "/ref/x"]
        );
    }

    #[test]
    fn the_options_of_a_job_are_arguments_of_their_own() {
        assert_eq!(
            filled("annotate {options} {input} {output} {log}", "/i"),
            ["annotate", "--select", "pick {log}", "/i", "/w/out.vcf", "/w/log"]
        );
        for (text, takes) in [("a {input} {options}", true), ("a {input}", false)] {
            assert_eq!(Template::parse(text).unwrap().takes_options(), takes, "{text}");
        }
    }

    #[test]
    fn a_path_stays_one_argument_whatever_it_contains() {
        let odd = "/w/$(touch x); {log} \"a b\".vcf";
        assert_eq!(filled("a {input} {output} {log}", odd)[1], odd);
    }

    #[test]
    fn a_quoted_program_may_contain_spaces() {
        assert_eq!(filled("'/my tools/a' {input} {output} {log}", "/i")[0], "/my tools/a");
    }

    #[test]
    fn invalid_command_lines_are_rejected() {
        for (text, error) in [
            ("", TemplateError::Empty),
            ("a '{input}", TemplateError::Quotes),
            ("a {output} {log}", TemplateError::NoInput),
            ("a {input} --x={options}", TemplateError::Unknown("options".into())),
            ("a {input} {output} {log} {file}", TemplateError::Unknown("file".into())),
        ] {
            assert_eq!(Template::parse(text), Err(error), "{text:?}");
        }
    }
}
