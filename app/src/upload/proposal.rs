//! Which reference a file is annotated with, and whether the user has to decide first.

use crate::components::sentence;
use gas_shared::assembly::FileAssembly;
use gas_shared::job_options::JobOptions;
use gas_shared::reference::{Proposal, ReferenceChoice, ReferenceChoices, ReferenceId};

/// What the user has chosen for the files that are added next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission {
    /// The references that can be chosen; empty if they are not known, and the service decides.
    pub references: ReferenceChoices,
    /// The options of new files. Without a reference, that of each file is detected.
    pub options: JobOptions,
    /// The reference of the user's last file, which is taken if several fit.
    pub last_reference: Option<ReferenceId>,
    /// Whether the user wants to review each file before it is sent.
    pub reviews_all: bool,
    /// Whether [`remember`](Self::remember) was called.
    is_loaded: bool,
}

/// The next step for a checked file.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It can be sent with these options.
    Send(JobOptions),
    /// The user decides first, beginning with these options.
    Review(JobOptions),
    /// No reference fits. The text is an error for the user.
    Reject(String),
}

impl Submission {
    /// Begins with what the user has chosen for an earlier file. Later calls change nothing, so that
    /// choices on the page stay. The reference of a file does not decide about that of the next one.
    pub fn remember(&mut self, options: JobOptions) {
        if !std::mem::replace(&mut self.is_loaded, true) {
            self.last_reference = options.reference.clone();
            self.options = JobOptions { reference: None, ..options };
        }
    }

    /// Decides about a file.
    pub fn verdict(&self, file: &FileAssembly) -> Verdict {
        let references = &self.references;
        let options = self.options.clone();
        let explicit = options.reference.as_ref().and_then(|id| references.find(Some(id)));
        let last = self.last_reference.as_ref().and_then(|id| references.find(Some(id)));
        let proposal = references.propose(file, explicit.or(last));
        let can_choose = references.choices.len() > 1;
        if let (Some(explicit), false) = (explicit, proposal == Proposal::NoneFits) {
            // The user's choice is never changed without asking.
            let options = options.for_assembly(Some(&explicit.assembly));
            return if explicit.fit(file).is_rejected() || self.reviews_all {
                Verdict::Review(options)
            } else {
                Verdict::Send(options)
            };
        }
        let with = |choice: &ReferenceChoice| JobOptions {
            reference: can_choose.then(|| choice.id.clone()),
            ..options.clone().for_assembly(Some(&choice.assembly))
        };
        // The service decides about the reference.
        let without = || options.clone().for_assembly(None);
        let is_contradicted = can_choose && file.detection.contradiction().is_some();
        match proposal {
            Proposal::NoneFits => Verdict::Reject(self.mismatch(file)),
            Proposal::Undecided(choice) => Verdict::Review(with(choice)),
            Proposal::Reference(choice) if self.reviews_all || is_contradicted => {
                Verdict::Review(with(choice))
            }
            Proposal::Reference(choice) => Verdict::Send(with(choice)),
            Proposal::Unknown if self.reviews_all => Verdict::Review(without()),
            Proposal::Unknown => Verdict::Send(without()),
        }
    }

    /// Why a file cannot be sent with options, as a sentence; `None` if it can.
    pub fn problem(&self, file: &FileAssembly, options: &JobOptions) -> Option<String> {
        let chosen = self.references.find(options.reference.as_ref())?;
        let mismatch = chosen.mismatch(file, chosen.fit(file))?;
        Some(format!("{} Choose another reference.", sentence(&mismatch)))
    }

    /// Why no reference fits a file.
    fn mismatch(&self, file: &FileAssembly) -> String {
        let mismatches = self.references.choices.iter();
        let reasons: Vec<String> =
            mismatches.filter_map(|choice| choice.mismatch(file, choice.fit(file))).collect();
        match (reasons.as_slice(), file.detection.assembly()) {
            ([only], Some(stated)) => format!(
                "{only}; lift the file over, or ask the operator to add a reference of {}",
                stated.name
            ),
            ([only], None) => format!("{only}; ask the operator to add a reference that fits"),
            (_, Some(stated)) => format!(
                "this file is {}, but the references of this service are for {}; lift the file over, or \
                 ask the operator to add one",
                stated.name,
                self.assemblies()
            ),
            (_, None) => format!(
                "no reference of this service has the contigs of this file; the references are for {}; ask the \
                 operator to add one that fits",
                self.assemblies()
            ),
        }
    }

    /// The assemblies that there are, such as `GRCh37 and GRCm39`.
    fn assemblies(&self) -> String {
        let mut names: Vec<&str> =
            self.references.choices.iter().map(|choice| choice.assembly.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::assembly::FileAssembly;
    use gas_shared::vcf::check_preview;
    use serde_json::json;

    const GRCH37: &str = "homo_sapiens/GRCh37/demo";
    const GRCH38: &str = "homo_sapiens/GRCh38/small";

    fn reference(id: &str) -> ReferenceChoice {
        let assembly = id.split('/').nth(1);
        serde_json::from_value(json!({
            "id": id, "sha256": "1".repeat(64), "species": "Homo sapiens", "assembly": assembly,
            "gene_set": null, "genes": 1, "contig_count": 1, "attribution": null, "license": null,
            "transcripts": {"all": 1, "canonical": 0, "mane_select": 0, "mane_plus_clinical": 0},
            "contigs": [{"name": "20", "length": 1000}],
        }))
        .unwrap()
    }

    fn submission(ids: &[&str]) -> Submission {
        let choices: Vec<_> = ids.iter().map(|id| reference(id)).collect();
        let default = choices.first().map(|choice| choice.id.clone());
        Submission { references: ReferenceChoices { default, choices }, ..Submission::default() }
    }

    fn file(header: &str, chrom: &str) -> FileAssembly {
        let text = format!(
            "##fileformat=VCFv4.2\n{header}\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
             {chrom}\t5\t.\tA\tC\t.\t.\t.\n"
        );
        FileAssembly::of(&check_preview(text.as_bytes(), true).unwrap(), true)
    }

    fn of(id: &str) -> JobOptions {
        JobOptions { reference: id.parse().ok(), ..JobOptions::default() }
    }

    #[test]
    fn a_file_that_states_its_assembly_is_sent_with_the_reference_of_it() {
        let two = submission(&[GRCH37, GRCH38]);
        assert_eq!(two.verdict(&file("##reference=hg19", "20")), Verdict::Send(of(GRCH37)));
        assert_eq!(two.verdict(&file("##reference=hg38", "chr20")), Verdict::Send(of(GRCH38)));
        let reviewed = Submission { reviews_all: true, ..two };
        assert_eq!(reviewed.verdict(&file("##reference=hg19", "20")), Verdict::Review(of(GRCH37)));
    }

    #[test]
    fn the_user_decides_if_the_file_does_not_say_and_there_is_a_choice() {
        let silent = file("##source=x", "20");
        let two = submission(&[GRCH37, GRCH38]);
        assert_eq!(two.verdict(&silent), Verdict::Review(of(GRCH37)));
        let last = Submission { last_reference: GRCH38.parse().ok(), ..two };
        assert_eq!(last.verdict(&silent), Verdict::Review(of(GRCH38)));
        let conflict = file("##reference=hg19ToHg38.chain", "20");
        assert_eq!(last.verdict(&conflict), Verdict::Review(of(GRCH38)));
        let one = submission(&[GRCH37]);
        assert_eq!(one.verdict(&silent), Verdict::Send(JobOptions::default()));
        assert_eq!(submission(&[]).verdict(&silent), Verdict::Send(JobOptions::default()));
    }

    #[test]
    fn remembered_sources_are_those_of_files_of_their_assembly() {
        let sources = Some(vec!["clinvar/GRCh38/2026-11".parse().unwrap()]);
        let remembered = JobOptions { sources: sources.clone(), ..of(GRCH38) };
        let mut two = submission(&[GRCH37, GRCH38]);
        two.remember(remembered.clone());
        assert_eq!(two.verdict(&file("##reference=hg38", "20")), Verdict::Send(remembered.clone()));
        assert_eq!(two.verdict(&file("##reference=hg19", "20")), Verdict::Send(of(GRCH37)));
        assert_eq!(two.verdict(&file("##source=x", "20")), Verdict::Review(remembered));
        let mut unknown = submission(&[]);
        unknown.remember(JobOptions { sources, ..JobOptions::default() });
        let silent = file("##source=x", "20");
        assert_eq!(unknown.verdict(&silent), Verdict::Send(JobOptions::default()));
    }

    #[test]
    fn a_chosen_reference_is_kept_or_rejected_with_the_choice_and_never_changed() {
        let chosen = Submission { options: of(GRCH37), ..submission(&[GRCH37, GRCH38]) };
        assert_eq!(chosen.verdict(&file("##source=x", "20")), Verdict::Send(of(GRCH37)));
        let other = file("##reference=hg38", "20");
        assert_eq!(chosen.verdict(&other), Verdict::Review(of(GRCH37)));
        assert_eq!(
            chosen.problem(&other, &of(GRCH37)).unwrap(),
            "This file is GRCh38; the reference is GRCh37. Choose another reference."
        );
        assert_eq!(chosen.problem(&other, &of(GRCH38)), None);
    }

    #[test]
    fn a_file_that_no_reference_fits_is_rejected_before_it_is_sent() {
        let rejected = |submission: Submission, file: FileAssembly| match submission.verdict(&file)
        {
            Verdict::Reject(text) => text,
            other => panic!("{other:?}"),
        };
        let one = submission(&[GRCH37]);
        insta::assert_snapshot!(rejected(one.clone(), file("##reference=hg38", "20")), @"this file is GRCh38; the reference is GRCh37; lift the file over, or ask the operator to add a reference of GRCh38");
        insta::assert_snapshot!(rejected(one, file("##source=x", "scaffold_1")), @"the reference GRCh37 has none of this file's contigs (scaffold_1); it has 20; ask the operator to add a reference that fits");
        let two = submission(&[GRCH37, GRCH38]);
        insta::assert_snapshot!(rejected(two.clone(), file("##reference=hg18", "20")), @"this file is NCBI36, but the references of this service are for GRCh37 and GRCh38; lift the file over, or ask the operator to add one");
        insta::assert_snapshot!(rejected(two, file("##source=x", "scaffold_1")), @"no reference of this service has the contigs of this file; the references are for GRCh37 and GRCh38; ask the operator to add one that fits");
    }
}
