//! The comparison with `bcftools csq`: its test cases, and the output of release 1.16 for larger
//! files.

use crate::known::{OTHER, is_known, known, other_case};
use crate::{Args, build, unpack};
use anyhow::Context;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, annotate_file};
use gas_annotate::reference::Reference;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The results of the test cases.
#[derive(Debug, Default)]
pub(crate) struct Score {
    same: u64,
    /// Cases that are known to have another answer, with the reason.
    decided: Vec<String>,
    different: Vec<String>,
}

impl Score {
    pub(crate) fn passes(&self) -> bool {
        self.different.is_empty()
    }

    fn add(&mut self, name: &str, expected: &str, found: &str) {
        if expected.trim_end() == found.trim_end() {
            self.same += 1;
            return;
        }
        // The line with the expected consequences is before that with those found.
        if let Some(case) = other_case(name)
            && let Some((before, after)) = expected.rsplit_once(case.theirs)
            && format!("{before}{}{after}", case.ours).trim_end() == found.trim_end()
        {
            return self.decided.push(format!("{name}: {}", case.why));
        }
        let mut text = name.to_owned();
        let lines = expected.lines().zip(found.lines()).filter(|(a, b)| a != b);
        for (expected, found) in lines.take(5) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n      expected {expected}\n      found    {found}");
        }
        self.different.push(text);
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (decided, different) = (self.decided.len(), self.different.len());
        writeln!(
            f,
            "{} cases same, {decided} decided otherwise, {different} different",
            self.same
        )?;
        self.decided.iter().try_for_each(|case| writeln!(f, "    decided: {case}"))?;
        self.different.iter().try_for_each(|case| writeln!(f, "    {case}"))
    }
}

/// Runs all cases of the folder: each VCF file with a `.txt` (haplotypes) or `.txt-l` (`--local`)
/// file next to it.
pub(crate) fn cases(args: &Args) -> anyhow::Result<Score> {
    let mut score = Score::default();
    let folder = args.data.join("bcftools-csq");
    let mut names: Vec<PathBuf> =
        fs::read_dir(&folder)?.flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect();
    names.sort();
    for case in names {
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (gff, fasta) = (case.join(format!("{name}.gff")), case.join(format!("{name}.fa")));
        if !gff.is_file() || !fasta.is_file() {
            continue;
        }
        let reference = build(&args.work.join("csq.reference"), &gff, &fasta)?;
        let mut files: Vec<PathBuf> = fs::read_dir(&case)?.flatten().map(|e| e.path()).collect();
        files.sort();
        for vcf in files.iter().filter(|p| p.extension().is_some_and(|e| e == "vcf")) {
            for (ending, local) in [("txt", false), ("txt-l", true)] {
                let expected = vcf.with_extension(ending);
                if expected.is_file() {
                    let options = CsqOptions { local, ..CsqOptions::default() };
                    let found = query(&annotated(args, &reference, vcf, options)?);
                    let name = format!("{name}/{}", file_name(&expected));
                    score.add(&name, &fs::read_to_string(&expected)?, &found);
                }
            }
        }
    }
    special(args, &folder, &mut score)?;
    Ok(score)
}

/// Runs the cases with other gene models or options.
fn special(args: &Args, folder: &Path, score: &mut Score) -> anyhow::Result<()> {
    use gas_annotate::model::CodonTable::Standard;
    let plain = CsqOptions::default();
    let trimmed = |local, max_residues| CsqOptions { local, max_residues, ..plain };
    let standard = CsqOptions { genetic_code: Some(Standard), ..plain };
    let many = CsqOptions { max_consequences: 64, ..plain };
    for (folder_name, gff, fasta, vcf, expected, options, shown) in [
        ("_top", "csq.gff3", "csq.fa", "csq", "csq.1.out", plain, Shown::Expected),
        ("_top", "csq.chr.gff3", "csq.fa", "csq", "csq.1.out", plain, Shown::Expected),
        ("_top", "csq.2.gff", "csq.fa", "csq.2", "csq.2.out", plain, Shown::Haplotypes),
        ("_top", "csq.2.gff", "csq.fa", "csq.2", "csq.3.out", many, Shown::Haplotypes),
        (
            "_top",
            "csq.ychr.gff",
            "csq.nchr.fa",
            "csq.ychr",
            "csq.chr.out",
            plain,
            Shown::Haplotypes,
        ),
        (
            "_top",
            "csq.nchr.gff",
            "csq.ychr.fa",
            "csq.nchr",
            "csq.chr.out",
            plain,
            Shown::Haplotypes,
        ),
        (
            "_top",
            "csq.yychr.gff",
            "csq.yychr.fa",
            "csq.yychr",
            "csq.yychr.out",
            plain,
            Shown::Haplotypes,
        ),
        (
            "EMN908947",
            "simple.gff",
            "EMN908947.fa",
            "simple",
            "simple.cmd.out",
            plain,
            Shown::Expected,
        ),
        (
            "EMN908947",
            "ribosomal-slippage.gff",
            "EMN908947.fa",
            "ribosomal-slippage",
            "ribosomal-slippage.cmd.out",
            plain,
            Shown::Expected,
        ),
        (
            "ENST00000368801.2",
            "ENST00000368801.2.gff",
            "ENST00000368801.2.fa",
            "alt-gencode",
            "alt-gencode.1.cmd.out",
            plain,
            Shown::Consequences,
        ),
        (
            "ENST00000368801.2",
            "ENST00000368801.2.gff",
            "ENST00000368801.2.fa",
            "alt-gencode",
            "alt-gencode.2.cmd.out",
            standard,
            Shown::Consequences,
        ),
        (
            "ENST00000410009",
            "ENST00000410009.gff",
            "ENST00000410009.fa",
            "frameshift",
            "frameshift.1.cmd.out",
            trimmed(false, 1),
            Shown::Records,
        ),
        (
            "ENST00000410009",
            "ENST00000410009.gff",
            "ENST00000410009.fa",
            "frameshift",
            "frameshift.2.cmd.out",
            trimmed(true, 1),
            Shown::Records,
        ),
        (
            "ENST00000410009",
            "ENST00000410009.gff",
            "ENST00000410009.fa",
            "frameshift",
            "frameshift.3.cmd.out",
            trimmed(false, 5),
            Shown::Records,
        ),
    ] {
        let folder = folder.join(folder_name);
        let path = folder.join(expected);
        if !path.is_file() {
            continue;
        }
        let reference =
            build(&args.work.join("csq.reference"), &folder.join(gff), &folder.join(fasta))?;
        let vcf = folder.join(format!("{vcf}.vcf"));
        let text = show(&annotated(args, &reference, &vcf, options)?, shown);
        score.add(&format!("{folder_name}/{expected}"), &fs::read_to_string(path)?, &text);
    }
    Ok(())
}

fn annotated(
    args: &Args,
    reference: &Path,
    vcf: &Path,
    options: CsqOptions,
) -> anyhow::Result<String> {
    let output = args.work.join("csq.out.vcf");
    let reference = Reference::open(reference)?;
    let options = Options { mode: Mode::Csq(options), ..Options::default() };
    annotate_file(vcf, &output, &reference, &options, &AtomicBool::new(false), &|_| {})
        .with_context(|| format!("cannot annotate {}", vcf.display()))?;
    Ok(fs::read_to_string(output)?)
}

/// The part of an annotated file that is compared, as in the tests of `bcftools csq`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Position and alleles with the expected and with the found consequences, sorted.
    Expected,
    /// Position, alleles and consequences, sorted.
    Records,
    /// Consequences, sorted.
    Consequences,
    /// The consequences of every haplotype of every sample, one per line, sorted.
    Haplotypes,
}

/// The columns of a record line that are compared.
struct Row<'a> {
    columns: Vec<&'a str>,
}

impl Row<'_> {
    fn info(&self, key: &str) -> Vec<&str> {
        let fields = self.columns[7].split(';').filter_map(|field| field.split_once('='));
        let value = fields.into_iter().find(|(k, _)| *k == key).map_or(".", |(_, value)| value);
        value.split(',').collect()
    }

    fn sorted(&self, key: &str) -> String {
        let mut values = self.info(key);
        values.sort_unstable();
        values.join(",")
    }

    fn position_and_alleles(&self) -> String {
        [self.columns[1], self.columns[3], self.columns[4]].join("\t")
    }

    /// The consequences of both haplotypes of every sample; `None` for a sample without any.
    fn samples(&self) -> Vec<Option<[String; 2]>> {
        let consequences = self.info("BCSQ");
        let format = self.columns.get(8).copied().unwrap_or_default();
        let index = format.split(':').position(|key| key == "BCSQ");
        let of = |column: &&str| {
            let masks = column.split(':').nth(index?)?;
            let masks: Vec<u32> = masks.split(',').filter_map(|mask| mask.parse().ok()).collect();
            let named = |side: usize| {
                let has = |n: usize| {
                    let bit = 2 * n + side;
                    masks.get(bit / 30).is_some_and(|mask| mask >> (bit % 30) & 1 == 1)
                };
                let named: Vec<&str> =
                    (0..consequences.len()).filter(|n| has(*n)).map(|n| consequences[n]).collect();
                if named.is_empty() { ".".to_owned() } else { named.join(",") }
            };
            masks.iter().any(|mask| *mask != 0).then(|| [named(0), named(1)])
        };
        self.columns.iter().skip(9).map(of).collect()
    }
}

fn rows(text: &str) -> impl Iterator<Item = Row<'_>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| Row { columns: line.split('\t').collect() })
}

/// The text that the files of the cases have: the consequences of haplotypes if there are samples,
/// otherwise those of records.
fn query(text: &str) -> String {
    let mut out = String::new();
    for row in rows(text) {
        if row.columns.len() < 10 {
            return show(text, Shown::Expected);
        }
        for [first, second] in row.samples().into_iter().flatten() {
            out += &format!("{}\t{first}\t{second}\n", row.position_and_alleles());
        }
        out.push('\n');
    }
    out
}

fn show(text: &str, shown: Shown) -> String {
    let mut lines: Vec<String> = Vec::new();
    for row in rows(text) {
        let consequences = row.sorted("BCSQ");
        match shown {
            Shown::Expected => lines.extend([
                format!("{}\t{}", row.position_and_alleles(), row.sorted("EXP")),
                format!("{}\t{consequences}", row.position_and_alleles()),
                String::new(),
            ]),
            Shown::Records => lines.push(format!("{}\t{consequences}", row.position_and_alleles())),
            Shown::Consequences => lines.push(consequences),
            Shown::Haplotypes => {
                let haplotypes = row.samples().into_iter().flatten().flatten();
                lines.extend(
                    haplotypes
                        .flat_map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>()),
                );
            }
        }
    }
    if shown == Shown::Haplotypes {
        lines.sort_unstable();
    }
    lines.join("\n")
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The agreement with `bcftools csq` 1.16, in records with the same consequences in any order.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    set: String,
    same: u64,
    records: u64,
    differences: BTreeMap<String, u64>,
}

impl Agreement {
    pub(crate) fn passes(&self) -> bool {
        is_known(self.records - self.same, known(&self.set, "BCSQ", OTHER))
    }

    fn percent(&self) -> f64 {
        if self.records == 0 { 100.0 } else { self.same as f64 * 100.0 / self.records as f64 }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (different, known) = (self.records - self.same, known(&self.set, "BCSQ", OTHER));
        let (records, percent) = (self.records, self.percent());
        writeln!(
            f,
            "{records} records, {percent:.3}% same, {different} different (known: {known})"
        )?;
        let mut most: Vec<_> = self.differences.iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        most.iter().take(10).try_for_each(|(what, count)| writeln!(f, "    {count:>5} x {what}"))
    }
}

/// Compares the consequences in a file.
pub(crate) fn agreement(
    args: &Args,
    reference: &Path,
    set: &str,
    local: bool,
) -> anyhow::Result<Agreement> {
    let oracle = unpack(args, &format!("oracle/{set}.csq116.vcf.xz"))?;
    let options = CsqOptions { local, ..CsqOptions::default() };
    // The engine replaces the consequences that the file already has.
    let ours = annotated(args, reference, &oracle, options)?;
    let theirs = fs::read_to_string(oracle)?;
    let mut out = Agreement { set: set.to_owned(), ..Agreement::default() };
    for (theirs, ours) in rows(&theirs).zip(rows(&ours)) {
        out.records += 1;
        let (expected, found) = (theirs.sorted("BCSQ"), ours.sorted("BCSQ"));
        if expected == found {
            out.same += 1;
            continue;
        }
        let names = |text: &str| {
            let mut names: Vec<String> = text
                .split(',')
                .map(|consequence| {
                    let residues =
                        consequence.split('|').nth(5).is_some_and(|part| !part.is_empty());
                    let name = consequence.split('|').next().unwrap_or_default();
                    format!("{name}{}", if residues { " with residues" } else { "" })
                })
                .collect();
            names.dedup();
            names.join(", ")
        };
        *out.differences.entry(format!("{} | {}", names(&expected), names(&found))).or_default() +=
            1;
    }
    Ok(out)
}
