//! Which bucket and object key each file of a job has.
//!
//! The files that a run stores beside its result stay in S3 when the result is archived, and serve it again
//! when it is restored.

use gas_shared::job::{ClaimId, ObjectLocation};
use gas_shared::private_reference::{PrivateReference, SourceRole};
use gas_shared::{FileName, JobId, UserId};
use jiff::Timestamp;

/// The object keys of a deployment. All files of a job share the prefix `<prefix>/<user>/<job>~`.
#[derive(Clone, Debug)]
pub struct ObjectKeys {
    /// The deployment's prefix, with which every key begins.
    pub prefix: String,
    /// The bucket for uploaded inputs.
    pub inputs_bucket: String,
    /// The bucket for everything that a run writes: results, indexes, summaries and logs.
    pub results_bucket: String,
}

impl ObjectKeys {
    /// The location of the input: `<prefix>/<user>/<job>~<name>`.
    pub fn input(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        let key = format!("{}{}", self.prefix(owner, job), name.key_part());
        ObjectLocation { bucket: self.inputs_bucket.clone(), key }
    }

    /// The location of the result, the annotated file: `<prefix>/<user>/<job>~<stem>.annot.vcf`.
    pub fn result(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "annot.vcf")
    }

    /// The location of the explorer's index: `<prefix>/<user>/<job>~<stem>.annot.idx`.
    pub fn index(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "annot.idx")
    }

    /// The location of the region index of a result that is BGZF:
    /// `<prefix>/<user>/<job>~<stem>.annot.vcf.gz.tbi` or `.csi`.
    pub fn region_index(
        &self,
        owner: UserId,
        job: JobId,
        name: &FileName,
        format: RegionIndex,
    ) -> ObjectLocation {
        self.output(owner, job, name, &format!("annot.vcf.gz.{}", format.ending()))
    }

    /// The locations of all files that a run may have stored beside its result.
    pub fn beside_result(
        &self,
        owner: UserId,
        job: JobId,
        name: &FileName,
    ) -> impl Iterator<Item = ObjectLocation> {
        let region_index = |format| self.region_index(owner, job, name, format);
        [
            self.run_log(owner, job, name),
            self.log(owner, job, name),
            self.summary(owner, job, name),
            self.index(owner, job, name),
        ]
        .into_iter()
        .chain(RegionIndex::ALL.map(region_index))
    }

    /// The location of the engine's count log: `<prefix>/<user>/<job>~<stem>.vcf.count.log`.
    pub fn log(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "vcf.count.log")
    }

    /// The location of the run log, which is rewritten as it grows:
    /// `<prefix>/<user>/<job>~<stem>.run.log`.
    pub fn run_log(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "run.log")
    }

    /// The location of the counts behind the charts:
    /// `<prefix>/<user>/<job>~<stem>.annot.summary.json`.
    pub fn summary(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "annot.summary.json")
    }

    /// The location of a result that was restored from the archive:
    /// `<prefix>/<user>/<job>~<stem>.restored-<second>.annot.vcf`, where `<second>` is the time at
    /// which it was archived. The key differs from the original one, so that a late deletion of the
    /// original object cannot remove the restored one.
    pub fn restored(
        &self,
        owner: UserId,
        job: JobId,
        name: &FileName,
        archived_at: Timestamp,
    ) -> ObjectLocation {
        let ending = format!("restored-{}.annot.vcf", archived_at.as_second());
        self.output(owner, job, name, &ending)
    }

    /// The location of a file that a run in shards stores: `<prefix>/<user>/<job>~shards/<claim>/<file>`.
    /// The names of other files of a job have no slash.
    pub fn shard_file(
        &self,
        owner: UserId,
        job: JobId,
        claim: ClaimId,
        file: &str,
    ) -> ObjectLocation {
        let key = format!("{}{}/{file}", self.shards_prefix(owner, job), claim.0);
        ObjectLocation { bucket: self.results_bucket.clone(), key }
    }

    /// The location of an object that exists if a job is not to be annotated in shards again.
    pub fn whole_mark(&self, owner: UserId, job: JobId) -> ObjectLocation {
        let key = format!("{}whole", self.shards_prefix(owner, job));
        ObjectLocation { bucket: self.results_bucket.clone(), key }
    }

    /// The prefix of the keys of the files that runs of a job in shards have stored.
    pub fn shards_prefix(&self, owner: UserId, job: JobId) -> String {
        format!("{}shards/", self.prefix(owner, job))
    }

    /// The location of a file that a private reference is built from:
    /// `<prefix>/<user>/reference~<build>~<role>`.
    pub fn reference_source(
        &self,
        reference: &PrivateReference,
        role: SourceRole,
    ) -> ObjectLocation {
        let (prefix, owner, build) = (&self.prefix, reference.owner, reference.build);
        let key = format!("{prefix}/{owner}/reference~{build}~{}", role.as_str());
        ObjectLocation { bucket: self.inputs_bucket.clone(), key }
    }

    /// The prefix of the keys of all objects of a job, in both buckets.
    pub fn prefix(&self, owner: UserId, job: JobId) -> String {
        format!("{}/{owner}/{job}~", self.prefix)
    }

    fn output(&self, owner: UserId, job: JobId, name: &FileName, ending: &str) -> ObjectLocation {
        let part = name.key_part();
        let stem = &part[..part.len() - (name.as_str().len() - name.stem().len())];
        let key = format!("{}{stem}.{ending}", self.prefix(owner, job));
        ObjectLocation { bucket: self.results_bucket.clone(), key }
    }
}

/// The format of a region index, with which tabix, bcftools and genome browsers read the records of a
/// region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionIndex {
    /// Tabix.
    Tbi,
    /// CSI, for contigs that are too long for tabix.
    Csi,
}

impl RegionIndex {
    /// All formats, the most frequent first.
    pub const ALL: [Self; 2] = [Self::Tbi, Self::Csi];

    /// The end of the names of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Tbi => "tbi",
            Self::Csi => "csi",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn keys_have_the_form_of_the_original_service() {
        let object_keys = ObjectKeys {
            prefix: "gas".into(),
            inputs_bucket: "in".into(),
            results_bucket: "out".into(),
        };
        let (owner, job) = (UserId::new(Uuid::nil()), JobId::new(Uuid::max()));
        let name = FileName::parse("été 1.vcf.gz").unwrap();
        let user = "00000000-0000-0000-0000-000000000000";
        let id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
        let input = object_keys.input(owner, job, &name);
        assert_eq!(input.bucket, "in");
        assert_eq!(input.key, format!("gas/{user}/{id}~_t__1.vcf.gz"));
        let result = object_keys.result(owner, job, &name);
        assert_eq!(result.key, format!("gas/{user}/{id}~_t__1.annot.vcf"));
        let index = object_keys.index(owner, job, &name);
        assert_eq!(index.key, format!("gas/{user}/{id}~_t__1.annot.idx"));
        let csi = object_keys.region_index(owner, job, &name, RegionIndex::Csi);
        assert_eq!(csi.key, format!("gas/{user}/{id}~_t__1.annot.vcf.gz.csi"));
        let summary = object_keys.summary(owner, job, &name);
        assert_eq!(summary.key, format!("gas/{user}/{id}~_t__1.annot.summary.json"));
        let shard = object_keys.shard_file(owner, job, ClaimId(Uuid::nil()), "3.gz");
        assert_eq!(shard.key, format!("gas/{user}/{id}~shards/{user}/3.gz"));
        let run_log = object_keys.run_log(owner, job, &name);
        assert_eq!(run_log.key, format!("gas/{user}/{id}~_t__1.run.log"));
        assert_eq!(
            object_keys.log(owner, job, &name).key,
            format!("gas/{user}/{id}~_t__1.vcf.count.log")
        );
    }
}
