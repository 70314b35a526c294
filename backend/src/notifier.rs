//! The ports of a process that tells users by mail.

use crate::mail::{Composer, MailSettings};
use crate::ports::{Accounts, MailPreferences, Mailer, Outbox};
use crate::{Gas, JobRepository, PublicUrl, aws, postgres};
use std::sync::Arc;

/// What it takes to tell users by mail.
#[derive(Clone)]
pub struct Notifier {
    /// The jobs, and the time.
    pub records: JobRepository,
    /// The users' profiles.
    pub accounts: Arc<dyn Accounts>,
    /// What was sent.
    pub outbox: Arc<dyn Outbox>,
    /// Who wants mail.
    pub preferences: Arc<dyn MailPreferences>,
    /// What sends.
    pub mailer: Arc<dyn Mailer>,
    /// What composes.
    pub composer: Composer,
}

impl Notifier {
    /// The adapters of a deployment, beside those of `gas`. Nothing is called yet. Links of
    /// mails lead to `site`.
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
            records: gas.records.clone(),
            accounts: gas.accounts.clone(),
            outbox: mails.clone(),
            preferences: mails,
            mailer: Arc::new(sdk.mailer(&settings.mail_from, set)),
            composer: Composer { site: site.clone(), key: settings.unsubscribe_key.clone() },
        }
    }
}
