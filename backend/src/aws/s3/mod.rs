//! S3: objects, browser uploads and multipart uploads.

mod action;
mod copy;
mod credentials;
mod file_upload;
mod multipart;
mod object_store;
mod part_uploads;
mod post_policy;
mod versions;

pub(super) use action::action_on;
pub(super) use multipart::Multipart;
pub use object_store::S3ObjectStore;
pub use part_uploads::S3PartUploads;
pub(super) use versions::erase;
