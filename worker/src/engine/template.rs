//! The engine's command line, with places to fill in.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// An argument vector in which `{input}`, `{output}`, `{log}` and `{bundle}` stand for paths.
///
/// Only `{input}` must be there. A program that is told no `{output}` or `{log}` leaves them where
/// AnnTools does: for `X.vcf` beside it, as `X.annot.vcf` and `X.vcf.count.log`.
///
/// The places are filled after the command line is split, so that no path can become two
/// arguments or an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<String>);

/// The paths of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paths<'a> {
    pub(crate) input: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) log: &'a Path,
    pub(crate) bundle: &'a Path,
}

/// Why a text is no template.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    #[error("a quote is not closed")]
    Quotes,
    #[error("it names no program")]
    Empty,
    #[error("it lacks {{input}}")]
    NoInput,
    #[error("{{{0}}} stands for nothing; there are {{input}}, {{output}}, {{log}} and {{bundle}}")]
    Unknown(String),
}

const KNOWN: [&str; 4] = ["input", "output", "log", "bundle"];

impl Template {
    /// Splits a command line as a shell would and checks its places.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let arguments = shlex::split(text).ok_or(TemplateError::Quotes)?;
        if arguments.is_empty() {
            return Err(TemplateError::Empty);
        }
        let places: Vec<&str> = arguments.iter().flat_map(|argument| places(argument)).collect();
        if let Some(unknown) = places.iter().find(|place| !KNOWN.contains(place)) {
            return Err(TemplateError::Unknown((*unknown).to_owned()));
        }
        if places.contains(&"input") { Ok(Self(arguments)) } else { Err(TemplateError::NoInput) }
    }

    /// The program to run.
    pub(crate) fn program(&self) -> &OsStr {
        // `parse` accepts no empty vector.
        OsStr::new(self.0.first().map_or("", String::as_str))
    }

    /// The argument vector of a run, the program first.
    pub(crate) fn fill(&self, paths: Paths<'_>) -> Vec<OsString> {
        self.0.iter().map(|argument| fill(argument, paths)).collect()
    }
}

/// The names in braces within an argument.
fn places(argument: &str) -> impl Iterator<Item = &str> {
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
        Template::parse(template).unwrap().fill(Paths { input, output, log, bundle })
    }

    #[test]
    fn places_are_filled_within_arguments_too() {
        assert_eq!(
            filled("annotate {input} --out={output} -l {log} {bundle}/x", "/w/in.vcf"),
            ["annotate", "/w/in.vcf", "--out=/w/out.vcf", "-l", "/w/log", "/ref/x"]
        );
    }

    #[test]
    fn a_path_stays_one_argument_whatever_it_holds() {
        let odd = "/w/$(touch x); {log} \"a b\".vcf";
        assert_eq!(filled("a {input} {output} {log}", odd)[1], odd);
    }

    #[test]
    fn quotes_hold_a_program_with_spaces_together() {
        assert_eq!(filled("'/my tools/a' {input} {output} {log}", "/i")[0], "/my tools/a");
    }

    #[test]
    fn a_command_line_that_cannot_work_is_refused() {
        for (text, error) in [
            ("", TemplateError::Empty),
            ("a '{input}", TemplateError::Quotes),
            ("a {output} {log}", TemplateError::NoInput),
            ("a {input} {output} {log} {file}", TemplateError::Unknown("file".into())),
        ] {
            assert_eq!(Template::parse(text), Err(error), "{text:?}");
        }
    }
}
