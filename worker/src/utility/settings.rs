//! What the utility node is told: by arguments, or by the environment.

use clap::{Args, ValueEnum};
use gas_backend::mail::MailSettings;
use gas_backend::{Deployment, PublicUrl};
use std::time::Duration;

/// Settings of role `utility`.
#[derive(Args, Debug)]
pub(crate) struct UtilitySettings {
    #[command(flatten)]
    pub(crate) deployment: Deployment,
    /// Where browsers reach the web server, such as https://gas.example.org; links in mails lead
    /// there.
    #[arg(long, env = "GAS_PUBLIC_URL")]
    pub(crate) public_url: PublicUrl,
    #[command(flatten)]
    pub(crate) mail: MailSettings,
    /// What this process does; all of it unless told.
    #[arg(long, env = "GAS_UTILITY_ROLES", value_enum, value_delimiter = ',')]
    roles: Vec<UtilityRole>,
    /// How long a message stays invisible to others without a sign of life, in seconds.
    #[arg(long, env = "GAS_UTILITY_VISIBILITY_SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(6..=43_200))]
    visibility_secs: u64,
    /// How often what got lost is looked for, in seconds.
    #[arg(long, env = "GAS_RECONCILE_SECS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    reconcile_secs: u64,
    /// How long work may go on after SIGTERM, in seconds.
    #[arg(long, env = "GAS_SHUTDOWN_GRACE_SECS", default_value_t = 30)]
    grace_secs: u64,
}

/// A part of the utility node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum UtilityRole {
    /// Takes results whose time is out to the archive.
    Archive,
    /// Asks the archive for the results of users who went to Premium.
    Thaw,
    /// Tells users by mail.
    Notify,
    /// Deletes the jobs and profiles of users who leave.
    Erase,
    /// Finds what got lost.
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
