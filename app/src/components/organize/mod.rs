//! The editors of what an owner has added to a job. Pages load them on demand
//! ([`JobEditor`](crate::page_modules::JobEditor)).

mod editor;
mod organize_form;
mod rename_form;

pub use organize_form::OrganizeForm;
pub use rename_form::RenameForm;
