//! The settings of the utility node, from arguments or the environment.

use clap::{Args, ValueEnum};
use gas_backend::imports::ImportSettings;
use gas_backend::mail::MailSettings;
use gas_backend::webhooks::WebhookSettings;
use gas_backend::{Database, Deployment, PublicUrl};
use std::num::NonZeroU8;
use std::time::Duration;

/// Settings of role `utility`.
#[derive(Args, Debug)]
pub(crate) struct UtilitySettings {
    #[command(flatten)]
    pub(crate) deployment: Deployment,
    #[command(flatten)]
    pub(crate) database: Database,
    /// The origin of the web server, such as https://gas.example.org, for links in mails.
    #[arg(long, env = "GAS_PUBLIC_URL")]
    pub(crate) public_url: PublicUrl,
    #[command(flatten)]
    pub(crate) mail: MailSettings,
    #[command(flatten)]
    pub(crate) webhooks: WebhookSettings,
    #[command(flatten)]
    pub(crate) imports: ImportSettings,
    /// The roles of this process, separated by commas; all roles by default.
    #[arg(long, env = "GAS_UTILITY_ROLES", value_enum, value_delimiter = ',')]
    roles: Vec<UtilityRole>,
    /// How long a message stays invisible to other processes without a heartbeat, in seconds.
    #[arg(long, env = "GAS_UTILITY_VISIBILITY_SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(6..=43_200))]
    visibility_secs: u64,
    /// How many messages of each queue are handled at the same time.
    #[arg(long, env = "GAS_UTILITY_SLOTS", default_value = "4")]
    pub(crate) slots: NonZeroU8,
    /// The pause between two rounds of reconciliation, in seconds.
    #[arg(long, env = "GAS_RECONCILE_SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    reconcile_secs: u64,
    /// Address and port at which the metrics of this process are offered to Prometheus (path /metrics), such as
    /// 127.0.0.1:9464. Without it, they are not. It must not be reachable from outside.
    #[arg(long, env = "GAS_METRICS_LISTEN")]
    pub(crate) metrics_listen: Option<String>,
    /// How long running work may continue after SIGTERM, in seconds.
    #[arg(long, env = "GAS_SHUTDOWN_GRACE_SECS", default_value_t = 30)]
    grace_secs: u64,
}

/// A role of the utility node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum UtilityRole {
    /// Archive results whose download window has ended, and delete the files of deleted jobs.
    Archive,
    /// Request the archived results of users who changed to Premium.
    Thaw,
    /// Restore retrieved files that are too large for the restore function.
    Restore,
    /// Send mail to users, and store the messages to their webhooks.
    Notify,
    /// Send messages to webhooks.
    Webhooks,
    /// Copy files from URLs of users.
    Imports,
    /// Erase closed accounts.
    Erase,
    /// Repair overdue jobs and send overdue mails.
    Reconcile,
}

impl UtilitySettings {
    pub(crate) fn roles(&self) -> Vec<UtilityRole> {
        if self.roles.is_empty() {
            UtilityRole::value_variants().to_vec()
        } else {
            self.roles.clone()
        }
    }

    pub(crate) fn visibility(&self) -> Duration {
        Duration::from_secs(self.visibility_secs)
    }

    pub(crate) fn reconcile_every(&self) -> Duration {
        Duration::from_secs(self.reconcile_secs)
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_secs)
    }
}
