//! The files that the user wants annotated. The queue belongs to the application, not to its page, so
//! that files are sent on while the user looks at other pages.

use super::found::Found;
use super::state::{Event, State};
use crate::components::use_account;
use crate::error::{ApiError, ErrorCode};
use crate::format;
use crate::live::{Live, use_live};
use dioxus::prelude::*;
use gas_shared::{FileName, Plan};

/// At most so many files wait or are sent.
pub const MAX_FILES: usize = 10;

/// At most so many files are sent at a time: more would only make each of them slower.
#[cfg(feature = "web")]
pub const MAX_SENDING: usize = 2;

/// The bytes of a file, which the browser keeps.
#[cfg(feature = "web")]
pub type Content = web_sys::Blob;
/// The server only renders pages.
#[cfg(not(feature = "web"))]
pub type Content = ();

/// A file of the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Its number, never used again.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// What is in it.
    pub content: Content,
    /// What the check found in it.
    pub found: Option<Found>,
    /// Where it is on its way.
    pub state: State,
}

/// The queue.
#[derive(Clone, Copy, PartialEq)]
pub struct Uploads {
    cards: Signal<Vec<Card>>,
    next_id: Signal<u32>,
    /// What to say of the files that were added last and left out.
    notice: Signal<Option<String>>,
    /// Where new jobs are made known.
    pub live: Live,
}

/// Makes the queue for the pages below.
pub fn use_uploads_provider() {
    let live = use_live();
    let uploads = Uploads {
        cards: use_signal(Vec::new),
        next_id: use_signal(|| 0),
        notice: use_signal(|| None),
        live,
    };
    use_context_provider(|| uploads);
    let plan = use_account().map_or(Plan::Free, |account| account.plan);
    // Files that were too large for the plan go on their way once the plan takes them.
    use_effect(use_reactive!(|plan| uploads.raise_limit(plan)));
    #[cfg(feature = "web")]
    use_effect(move || {
        let under_way = uploads.cards.read().iter().any(|card| card.state.is_under_way());
        crate::browser::warn_before_unload(under_way);
    });
}

/// The queue that [`use_uploads_provider`] made.
pub fn use_uploads() -> Uploads {
    use_context::<Uploads>()
}

impl Uploads {
    /// The files, in the order in which they were added.
    pub fn cards(self) -> Vec<Card> {
        self.cards.read().clone()
    }

    /// What to say of the files that were added last and left out.
    pub fn notice(self) -> Option<String> {
        self.notice.read().clone()
    }

    /// Adds files, each with its name and size, and begins to check them.
    pub fn add(mut self, plan: Plan, files: Vec<(String, u64, Content)>) {
        let mut left_out = LeftOut::default();
        for (name, size, content) in files {
            if !left_out.has_room_for(&self.cards.peek(), &name, size) {
                continue;
            }
            let id = *self.next_id.peek();
            self.next_id.set(id + 1);
            let state = match check_name_and_size(&name, size) {
                Ok(()) => State::Checking,
                Err(error) => State::Refused(error),
            };
            #[cfg(feature = "web")]
            let is_open = state == State::Checking;
            self.cards.write().push(Card { id, name, size, content, found: None, state });
            #[cfg(feature = "web")]
            if is_open {
                crate::browser::upload::check(self, id, plan);
            }
            #[cfg(not(feature = "web"))]
            let _ = plan;
        }
        self.notice.set(left_out.notice());
    }

    /// A file of the queue, for tasks: reading it here follows nothing.
    #[cfg(feature = "web")]
    pub fn card(self, id: u32) -> Option<Card> {
        self.cards.peek().iter().find(|card| card.id == id).cloned()
    }

    /// Notes what the check found in a file.
    #[cfg(feature = "web")]
    pub fn note(mut self, id: u32, found: Found) {
        if let Some(card) = self.cards.write().iter_mut().find(|card| card.id == id) {
            card.found = Some(found);
        }
    }

    /// Something happened to a file. Whatever may follow from it begins.
    pub fn tell(mut self, id: u32, event: Event) {
        {
            let mut cards = self.cards.write();
            let Some(card) = cards.iter_mut().find(|card| card.id == id) else { return };
            let state = std::mem::replace(&mut card.state, State::Checking);
            card.state = state.after(event);
        }
        #[cfg(feature = "web")]
        self.start_next();
    }

    /// Notes how much of a file is sent. Nothing else follows from it, so that it may be called from
    /// anywhere.
    #[cfg(feature = "web")]
    pub fn note_progress(mut self, id: u32, bytes: u64, now: f64) {
        if let Some(card) = self.cards.write().iter_mut().find(|card| card.id == id) {
            let state = std::mem::replace(&mut card.state, State::Checking);
            card.state = state.after(Event::Sent { bytes, now });
        }
    }

    /// Sends the files whose turn it is.
    #[cfg(feature = "web")]
    fn start_next(mut self) {
        let next = {
            let cards = self.cards.peek();
            let sending = cards.iter().filter(|card| card.state.is_sending()).count();
            if sending >= MAX_SENDING {
                return;
            }
            let waiting = cards.iter().find(|card| card.state == State::Waiting);
            waiting.map(|card| (card.id, card.size))
        };
        let Some((id, size)) = next else { return };
        if let Some(card) = self.cards.write().iter_mut().find(|card| card.id == id) {
            card.state = State::Waiting.after(Event::Started { size });
        }
        crate::browser::upload::send(self, id);
        self.start_next();
    }

    /// Stops a file that is being sent.
    pub fn stop(self, id: u32) {
        #[cfg(feature = "web")]
        crate::browser::upload::command(id, crate::browser::upload::Command::Stop);
        self.tell(id, Event::Stop);
    }

    /// Does not wait any longer after a break.
    pub fn resume(self, id: u32) {
        #[cfg(feature = "web")]
        crate::browser::upload::command(id, crate::browser::upload::Command::Resume);
        #[cfg(not(feature = "web"))]
        let _ = id;
    }

    /// Does again what failed.
    pub fn try_again(self, id: u32) {
        self.tell(id, Event::TryAgain);
        #[cfg(feature = "web")]
        crate::browser::upload::try_again(self, id);
    }

    /// Takes a file off the list.
    pub fn remove(mut self, id: u32) {
        #[cfg(feature = "web")]
        if let Some(card) = self.card(id) {
            crate::browser::upload::forget(self, &card);
        }
        self.cards.write().retain(|card| card.id != id || !card.state.is_at_rest());
    }

    /// Takes all files off the list that are jobs by now.
    pub fn remove_submitted(mut self) {
        self.cards.write().retain(|card| !matches!(card.state, State::Submitted(_)));
    }

    /// Sends what the plan takes now.
    fn raise_limit(self, plan: Plan) {
        let limit = plan.max_upload_bytes();
        let fits = |card: &&Card| card.state == State::OverLimit && card.size <= limit;
        let ids: Vec<u32> = self.cards.peek().iter().filter(fits).map(|card| card.id).collect();
        for id in ids {
            self.tell(id, Event::LimitRaised);
        }
    }
}

/// The files that are not taken, and why.
#[derive(Default)]
struct LeftOut {
    too_many: usize,
    twice: usize,
}

impl LeftOut {
    /// Whether a file can join these, counting it where not. The same file once more would only get
    /// in its own way.
    fn has_room_for(&mut self, cards: &[Card], name: &str, size: u64) -> bool {
        let open = cards.iter().filter(|card| !matches!(card.state, State::Submitted(_)));
        let is_same = |card: &Card| {
            let is_over = matches!(card.state, State::Submitted(_) | State::Refused(_));
            !is_over && card.name == name && card.size == size
        };
        if cards.iter().any(is_same) {
            self.twice += 1;
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
            let left = files(self.too_many);
            parts.push(format!("At most {MAX_FILES} files wait at a time; {left} did not fit."));
        }
        if self.twice > 0 {
            parts.push(format!("{} on the list already.", files(self.twice)));
        }
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// What can be said without a look into the file. The server and S3 check again.
fn check_name_and_size(name: &str, size: u64) -> Result<(), ApiError> {
    let invalid = |text: String| Err(ApiError::new(ErrorCode::Invalid, text));
    let largest = Plan::Premium.max_upload_bytes();
    if let Err(error) = FileName::parse(name) {
        return invalid(error.to_string());
    }
    match size {
        0 => invalid("the file is empty; choose a VCF file with at least one record".into()),
        size if size > largest => invalid(format!(
            "the file has {}, and no plan takes more than {}; split it, for example by chromosome",
            format::bytes(size),
            format::bytes(largest)
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "web"))]
    fn card(id: u32, state: State) -> Card {
        Card { id, name: format!("{id}.vcf"), size: 1, content: (), found: None, state }
    }

    #[cfg(not(feature = "web"))]
    #[test]
    fn ten_files_wait_at_a_time_and_none_twice() {
        let mut cards: Vec<Card> = (0..9).map(|id| card(id, State::Waiting)).collect();
        cards.push(card(9, State::Refused(ApiError::new(ErrorCode::Invalid, "no"))));
        let mut left_out = LeftOut::default();
        assert!(!left_out.has_room_for(&cards, "0.vcf", 1), "it waits already");
        assert!(!left_out.has_room_for(&cards, "new.vcf", 1));
        cards[9].state = State::Stopped;
        cards.pop();
        assert!(left_out.has_room_for(&cards, "new.vcf", 1));
        assert!(left_out.has_room_for(&cards, "0.vcf", 2), "another file of that name");
        let notice = left_out.notice().unwrap();
        assert_eq!(
            notice,
            "At most 10 files wait at a time; 1 file did not fit. 1 file on the list already."
        );
        assert_eq!(LeftOut::default().notice(), None);
    }

    #[test]
    fn name_and_size_are_checked_before_anything_else() {
        let largest = Plan::Premium.max_upload_bytes();
        assert_eq!(check_name_and_size("a.vcf.gz", largest), Ok(()));
        let too_large = check_name_and_size("a.vcf", largest + 1).unwrap_err();
        assert_eq!(too_large.code, ErrorCode::Invalid, "no upgrade would help");
        assert!(too_large.message.contains("no plan takes more than 5.4 GB"), "{too_large}");
        assert_eq!(check_name_and_size("a.txt", 1).unwrap_err().code, ErrorCode::Invalid);
        assert_eq!(check_name_and_size("a.vcf", 0).unwrap_err().code, ErrorCode::Invalid);
    }
}
