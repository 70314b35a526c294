//! The text of an action on an object, for errors.

use gas_shared::job::ObjectLocation;

/// What was attempted on an object, as [`PortError::new`](crate::ports::PortError::new) takes it.
pub(in crate::aws) fn action_on(verb: &str, object: &ObjectLocation) -> String {
    format!("{verb} s3://{}/{}", object.bucket, object.key)
}
