//! Erasure of objects in versioned buckets.
//!
//! A plain deletion leaves the previous version for a day, as a way back after an accident. What users
//! delete has no way back: every version and every delete marker is deleted by its ID.

use crate::ports::{PortError, PortResult};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

/// Deletes all versions and delete markers of the objects whose keys begin with `prefix`.
pub(in crate::aws) async fn erase(client: &Client, bucket: &str, prefix: &str) -> PortResult<()> {
    let action = |what: &str| format!("{what} s3://{bucket}/{prefix}*");
    if prefix.is_empty() {
        return Err(PortError::permanent(action("erase"), "the prefix is empty"));
    }
    loop {
        // Always the first page, at most 1,000 versions: those of the previous page are gone.
        let listed = client.list_object_versions().bucket(bucket).prefix(prefix).send().await;
        let listed =
            listed.map_err(|error| PortError::new(action("list the versions of"), error))?;
        let versions = identifiers(&listed);
        let versions = versions.map_err(|error| PortError::permanent(action("erase"), error))?;
        if versions.is_empty() {
            return Ok(());
        }
        let delete = Delete::builder().set_objects(Some(versions)).quiet(true).build();
        let delete = delete.map_err(|error| PortError::permanent(action("erase"), error))?;
        let deleted = client.delete_objects().bucket(bucket).delete(delete).send().await;
        let deleted = deleted.map_err(|error| PortError::new(action("erase"), error))?;
        if let Some(error) = deleted.errors().first() {
            let code = error.code().unwrap_or("an error without a code").to_owned();
            return Err(PortError::new(action("erase"), code));
        }
    }
}

fn identifiers(listed: &ListObjectVersionsOutput) -> Result<Vec<ObjectIdentifier>, BuildError> {
    let versions = listed.versions().iter().map(|one| (one.key(), one.version_id()));
    let markers = listed.delete_markers().iter().map(|one| (one.key(), one.version_id()));
    let identifier = |(key, version): (Option<&str>, Option<&str>)| {
        let version = version.map(str::to_owned);
        ObjectIdentifier::builder().set_key(key.map(str::to_owned)).set_version_id(version).build()
    };
    versions.chain(markers).map(identifier).collect()
}
