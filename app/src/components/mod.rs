//! The parts that pages are made of, one a file.

mod copy_button;
mod error_note;
mod file_picker;
mod icon;
mod job_progress;
mod live_dot;
mod page;
mod shell;
mod skeleton;
mod status_badge;
mod when;

pub use copy_button::CopyButton;
pub use error_note::ErrorNote;
pub use file_picker::FilePicker;
pub use icon::{Icon, Shape};
pub use job_progress::JobProgress;
pub use live_dot::LiveDot;
pub use page::Page;
pub use shell::{Shell, use_account};
pub use skeleton::Skeleton;
pub use status_badge::StatusBadge;
pub use when::When;
