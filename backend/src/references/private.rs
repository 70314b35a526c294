//! The private references of users: their table, their catalogs, and what a user may have.

use crate::catalog::ObjectCatalog;
use crate::ports::{ObjectStore, PortResult, PrivateReferenceStore, Queue, ReferenceCatalog};
use gas_shared::UserId;
use std::sync::Arc;

/// The catalogs of users' private references. Each user has one of their own, in the bucket of references.
#[derive(Clone)]
pub struct PrivateCatalogs {
    objects: Arc<dyn ObjectStore>,
    bucket: String,
    prefix: String,
}

impl PrivateCatalogs {
    /// The catalogs of the deployment with a prefix, in a bucket.
    pub fn new(objects: Arc<dyn ObjectStore>, bucket: &str, prefix: &str) -> Self {
        Self { objects, bucket: bucket.to_owned(), prefix: format!("{prefix}/private") }
    }

    /// The catalog of a user.
    pub fn of(&self, owner: UserId) -> Arc<dyn ReferenceCatalog> {
        let prefix = self.prefix_of(owner);
        Arc::new(ObjectCatalog::new(self.objects.clone(), &self.bucket, &prefix))
    }

    /// Deletes the catalog of a user with all versions of its objects.
    ///
    /// # Errors
    /// If the object store fails.
    pub async fn erase(&self, owner: UserId) -> PortResult<()> {
        self.objects.erase(&self.bucket, &format!("{}/", self.prefix_of(owner))).await
    }

    fn prefix_of(&self, owner: UserId) -> String {
        format!("{}/{owner}", self.prefix)
    }
}

/// What private references need. Deployments whose stack has no table for them do not have it.
#[derive(Clone)]
pub struct PrivateReferences {
    /// The table.
    pub store: Arc<dyn PrivateReferenceStore>,
    /// The files of the built references.
    pub catalogs: PrivateCatalogs,
    /// The queue of references that a worker has to build.
    pub builds: Arc<dyn Queue>,
    /// What a user may have.
    pub limits: PrivateReferenceLimits,
}

/// What a user may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateReferenceLimits {
    /// The number of references.
    pub max_count: u32,
    /// The bytes of all references.
    pub max_bytes: u64,
    /// How long references are kept after the end of Premium, in days.
    pub keep_days: u32,
}
