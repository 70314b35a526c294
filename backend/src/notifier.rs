//! The ports of a process that sends mail to users.

use crate::mail::{Composer, MailSettings};
use crate::ports::{Accounts, Dispatches, MailPreferences, Mailer, Outbox, PrivateReferenceStore};
use crate::{Gas, JobRepository, PublicUrl, aws, postgres};
use std::sync::Arc;

/// The ports and settings that mail notifications need.
#[derive(Clone)]
pub struct Notifier {
    /// The job table and the clock.
    pub jobs: JobRepository,
    /// The table of private references; `None` if the deployment offers none.
    pub private_references: Option<Arc<dyn PrivateReferenceStore>>,
    /// The jobs that have not ended.
    pub dispatches: Arc<dyn Dispatches>,
    /// The users' profiles.
    pub accounts: Arc<dyn Accounts>,
    /// The outbox.
    pub outbox: Arc<dyn Outbox>,
    /// Users' mail preferences.
    pub preferences: Arc<dyn MailPreferences>,
    /// The mailer.
    pub mailer: Arc<dyn Mailer>,
    /// The composer of mails.
    pub composer: Composer,
}

impl Notifier {
    /// Builds the adapters of a deployment in addition to those of `gas`, without calling a
    /// service. Links in mails point to `site`.
    pub fn connect(
        gas: &Gas,
        site: &PublicUrl,
        settings: &MailSettings,
        sdk: &aws::Sdk,
        pool: &sqlx::PgPool,
    ) -> Self {
        let mails = Arc::new(postgres::PostgresMails::new(pool.clone()));
        let set = settings.mail_configuration_set.as_deref();
        Self {
            jobs: gas.jobs.clone(),
            private_references: gas.private_references.as_ref().map(|all| all.store.clone()),
            dispatches: gas.dispatches.clone(),
            accounts: gas.accounts.clone(),
            outbox: mails.clone(),
            preferences: mails,
            mailer: Arc::new(sdk.mailer(&settings.mail_from, set)),
            composer: Composer { site: site.clone(), key: settings.unsubscribe_key.clone() },
        }
    }
}
