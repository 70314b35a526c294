//! The files that the user wants to annotate, and which files the queue accepts.

use super::preview::FilePreview;
use super::proposal::{Submission, Verdict};
use super::state::{UploadEvent, UploadState};
use crate::announcer::Announcer;
use crate::browser::{Blob, ChosenFile};
use crate::error::{ApiError, ErrorCode};
use crate::format;
use crate::live::Live;
use dioxus::prelude::*;
use gas_shared::job_options::JobOptions;
use gas_shared::{FileName, Plan};

/// The most files that are in the queue without being submitted.
pub const MAX_FILES: usize = 10;

/// The most files that are sent at a time. More would only make each of them slower.
const MAX_SENDING: usize = 2;

/// A file of the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedFile {
    /// Its number, which is never reused.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its content.
    pub content: Blob,
    /// What the check found, once the file is checked.
    pub preview: Option<FilePreview>,
    /// The options of its job. The reference is decided when the file is checked.
    pub options: JobOptions,
    /// Whether the user reviews the options before the file is sent.
    pub needs_review: bool,
    /// The state of its upload.
    pub state: UploadState,
}

/// The queue.
#[derive(Clone, Copy, PartialEq)]
pub struct UploadQueue {
    files: Signal<Vec<QueuedFile>>,
    next_id: Signal<u32>,
    /// Files that were dropped on a page, until the page that annotates them has loaded what it needs.
    held: Signal<Vec<ChosenFile>>,
    /// Why some of the files that were added last are not in the queue.
    notice: Signal<Option<String>>,
    /// What the user has chosen for new files.
    submission: Signal<Submission>,
    /// The live state, to which new jobs are announced.
    pub(super) live: Live,
    announcer: Announcer,
}

impl QueuedFile {
    fn new(id: u32, name: String, content: Blob, state: UploadState) -> Self {
        Self {
            id,
            name,
            size: content.size(),
            content,
            preview: None,
            options: JobOptions::default(),
            needs_review: false,
            state,
        }
    }

    /// Why the file cannot be sent with its options, as a sentence; `None` if it can.
    pub fn problem(&self, submission: &Submission) -> Option<String> {
        submission.problem(&self.preview.as_ref()?.assembly, &self.options)
    }
}

/// The queue provided by [`use_upload_queue_provider`](super::use_upload_queue_provider).
pub fn use_upload_queue() -> UploadQueue {
    use_context::<UploadQueue>()
}

impl UploadQueue {
    /// Creates an empty queue for the component's lifetime.
    pub(super) fn create(live: Live, announcer: Announcer) -> Self {
        Self {
            files: use_signal(Vec::new),
            next_id: use_signal(|| 0),
            held: use_signal(Vec::new),
            notice: use_signal(|| None),
            submission: use_signal(Submission::default),
            live,
            announcer,
        }
    }

    /// The files in the order in which they were added.
    pub fn files(self) -> Vec<QueuedFile> {
        self.files.read().clone()
    }

    /// Why some of the files that were added last are not in the queue.
    pub fn notice(self) -> Option<String> {
        self.notice.read().clone()
    }

    /// What the user has chosen for new files.
    pub fn submission(self) -> Submission {
        self.submission.read().clone()
    }

    /// Changes what the user has chosen for new files.
    pub fn edit_submission(mut self, edit: impl FnOnce(&mut Submission)) {
        edit(&mut self.submission.write());
    }

    /// Keeps files until [`take_held`](Self::take_held).
    pub fn hold(mut self, files: Vec<ChosenFile>) {
        self.held.write().extend(files);
    }

    /// The files that are kept. Subscribes to further ones.
    pub fn take_held(mut self) -> Vec<ChosenFile> {
        if self.held.read().is_empty() { Vec::new() } else { self.held.take() }
    }

    /// Changes the options of a file that the user reviews.
    pub fn set_options(mut self, id: u32, options: JobOptions) {
        if let Some(file) = self.files.write().iter_mut().find(|file| file.id == id)
            && file.state == UploadState::Review
        {
            file.options = options;
        }
    }

    /// The files that the user reviews and that can be sent.
    pub fn reviewed(self) -> Vec<u32> {
        let submission = self.submission.read();
        let files = self.files.read();
        let is_ready = |file: &&QueuedFile| {
            file.state == UploadState::Review && file.problem(&submission).is_none()
        };
        files.iter().filter(is_ready).map(|file| file.id).collect()
    }

    /// Whether closing the page now would lose an upload.
    pub(super) fn is_unfinished(self) -> bool {
        self.files.read().iter().any(|file| file.state.is_unfinished())
    }

    /// A file, read without subscribing to changes.
    pub(super) fn file(self, id: u32) -> Option<QueuedFile> {
        self.files.peek().iter().find(|file| file.id == id).cloned()
    }

    /// The files that wait for an upgrade and fit the limit of a plan.
    pub(super) fn fitting(self, plan: Plan) -> Vec<QueuedFile> {
        let limit = plan.max_upload_bytes();
        let fits = |file: &&QueuedFile| file.state == UploadState::OverLimit && file.size <= limit;
        self.files.peek().iter().filter(fits).cloned().collect()
    }

    /// Adds files. Returns the ids of those to check.
    pub(super) fn push(mut self, files: Vec<ChosenFile>) -> Vec<u32> {
        let mut admission = QueueAdmission::default();
        let mut to_check = Vec::new();
        for ChosenFile { name, content } in files {
            let size = content.size();
            if !admission.admits(&self.files.peek(), &name, size) {
                continue;
            }
            let id = *self.next_id.peek();
            self.next_id.set(id + 1);
            let state = match check_name_and_size(&name, size) {
                Ok(()) => {
                    to_check.push(id);
                    UploadState::Checking
                }
                Err(error) => UploadState::Rejected(error),
            };
            self.files.write().push(QueuedFile::new(id, name, content, state));
        }
        self.notice.set(admission.notice());
        to_check
    }

    /// Records what the check found in a file, and decides about its reference. Returns what follows from
    /// that, unless the file can be sent.
    pub(super) fn set_preview(mut self, id: u32, preview: FilePreview) -> Option<UploadEvent> {
        let verdict = self.submission.peek().verdict(&preview.assembly);
        let mut files = self.files.write();
        let file = files.iter_mut().find(|file| file.id == id)?;
        file.preview = Some(preview);
        match verdict {
            Verdict::Send(options) => {
                file.options = options;
                None
            }
            Verdict::Review(options) => {
                (file.options, file.needs_review) = (options, true);
                Some(UploadEvent::ReviewRequired)
            }
            Verdict::Reject(text) => {
                Some(UploadEvent::Rejected(ApiError::new(ErrorCode::Invalid, text)))
            }
        }
    }

    /// Applies an event to a file, and announces its new state.
    pub(super) fn apply(mut self, id: u32, event: UploadEvent) {
        let announcement = {
            let mut files = self.files.write();
            let Some(file) = files.iter_mut().find(|file| file.id == id) else { return };
            let before = file.state.name();
            let state = std::mem::replace(&mut file.state, UploadState::Checking);
            file.state = state.after(event);
            let is_new = file.state.name() != before;
            let text = is_new.then(|| file.state.announcement(&file.name)).flatten();
            text.map(|text| (text, file.state.is_sending()))
        };
        match announcement {
            // A small file is sent before the text appears, and the page of its job is open.
            Some((text, true)) => self.announcer.say_if(text, move || self.is_sending(id)),
            Some((text, false)) => self.announcer.say(text),
            None => {}
        }
    }

    fn is_sending(self, id: u32) -> bool {
        self.files.peek().iter().any(|file| file.id == id && file.state.is_sending())
    }

    /// Starts the transfer of the next waiting file if fewer than [`MAX_SENDING`] are being sent.
    /// Returns that file.
    pub(super) fn start_next(self) -> Option<QueuedFile> {
        let next = {
            let files = self.files.peek();
            let sending = files.iter().filter(|file| file.state.is_sending()).count();
            if sending >= MAX_SENDING {
                return None;
            }
            files.iter().find(|file| file.state == UploadState::Waiting)?.clone()
        };
        self.apply(next.id, UploadEvent::Started { size: next.size });
        Some(next)
    }

    /// Removes a file unless it is being sent.
    pub(super) fn remove_file(mut self, id: u32) {
        self.files.write().retain(|file| file.id != id || !file.state.is_removable());
    }

    /// Removes all files whose jobs are queued.
    pub fn remove_submitted(mut self) {
        self.files.write().retain(|file| !matches!(file.state, UploadState::Submitted(_)));
    }
}

/// Decides which files join the queue, and counts the others.
#[derive(Default)]
struct QueueAdmission {
    too_many: usize,
    duplicates: usize,
}

impl QueueAdmission {
    /// Whether a file can join the queue. A duplicate would interfere with the upload of the first.
    fn admits(&mut self, files: &[QueuedFile], name: &str, size: u64) -> bool {
        let open = files.iter().filter(|file| !matches!(file.state, UploadState::Submitted(_)));
        let is_duplicate = |file: &QueuedFile| {
            let is_over =
                matches!(file.state, UploadState::Submitted(_) | UploadState::Rejected(_));
            !is_over && file.name == name && file.size == size
        };
        if files.iter().any(is_duplicate) {
            self.duplicates += 1;
        } else if open.count() >= MAX_FILES {
            self.too_many += 1;
        } else {
            return true;
        }
        false
    }

    fn notice(&self) -> Option<String> {
        let files = |count: usize| format::counted(count as u64, "file");
        let mut parts = Vec::new();
        if self.too_many > 0 {
            let left_out = files(self.too_many);
            parts.push(format!("The queue holds {MAX_FILES} files; {left_out} did not fit."));
        }
        if self.duplicates > 0 {
            parts.push(format!("{} already in the queue.", files(self.duplicates)));
        }
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Checks a file without reading it. The server and S3 check again.
fn check_name_and_size(name: &str, size: u64) -> Result<(), ApiError> {
    let invalid = |text: String| Err(ApiError::new(ErrorCode::Invalid, text));
    let largest = Plan::Premium.max_upload_bytes();
    if let Err(error) = FileName::parse(name) {
        return invalid(error.to_string());
    }
    match size {
        0 => invalid("the file is empty; choose a VCF file with at least one record".into()),
        size if size > largest => invalid(format!(
            "the file has {}, and no plan allows more than {}; split it, for example by chromosome",
            format::bytes(size),
            format::limit(largest)
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::text_file;

    fn queued(id: u32, state: UploadState) -> QueuedFile {
        let content = text_file("any.vcf", "").unwrap().content;
        QueuedFile { size: 1, ..QueuedFile::new(id, format!("{id}.vcf"), content, state) }
    }

    #[test]
    fn the_queue_holds_ten_files_and_no_duplicates() {
        let mut files: Vec<_> = (0..9).map(|id| queued(id, UploadState::Waiting)).collect();
        let rejected = UploadState::Rejected(ApiError::new(ErrorCode::Invalid, "no"));
        files.push(queued(9, rejected));
        let mut admission = QueueAdmission::default();
        assert!(!admission.admits(&files, "0.vcf", 1), "it is in the queue already");
        assert!(!admission.admits(&files, "new.vcf", 1));
        files[9].state = UploadState::Stopped;
        files.pop();
        assert!(admission.admits(&files, "new.vcf", 1));
        assert!(admission.admits(&files, "0.vcf", 2), "another file with that name");
        let notice = admission.notice().unwrap();
        assert_eq!(
            notice,
            "The queue holds 10 files; 1 file did not fit. 1 file already in the queue."
        );
        assert_eq!(QueueAdmission::default().notice(), None);
    }

    #[test]
    fn name_and_size_are_checked_before_the_content() {
        let largest = Plan::Premium.max_upload_bytes();
        assert_eq!(check_name_and_size("a.vcf.gz", largest), Ok(()));
        let too_large = check_name_and_size("a.vcf", largest + 1).unwrap_err();
        assert_eq!(too_large.code, ErrorCode::Invalid, "an upgrade would not help");
        let limit = format!("no plan allows more than {};", format::limit(largest));
        assert!(too_large.message.contains(&limit), "{too_large}");
        assert_eq!(check_name_and_size("a.doc", 1).unwrap_err().code, ErrorCode::Invalid);
        assert_eq!(check_name_and_size("a.vcf", 0).unwrap_err().code, ErrorCode::Invalid);
    }
}
