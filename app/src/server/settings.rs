//! The web server's settings, from flags or environment variables.

use super::billing_settings::BillingSettings;
use super::price_settings::PriceSettings;
use clap::{Args, CommandFactory, FromArgMatches, Parser};
use gas_backend::imports::ImportSettings;
use gas_backend::mail::UnsubscribeKey;
use gas_backend::references::ReferenceSettings;
use gas_backend::sources::SourceSettings;
use gas_backend::webhooks::WebhookSettings;
use gas_backend::{Database, DatabaseOwner, Deployment, PublicUrl, Secret};
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

/// What the program is started for.
#[derive(Debug)]
pub enum Task {
    /// To serve.
    Serve(Box<Settings>),
    /// To bring the schema of the database to this version.
    Migrate(DatabaseOwner),
}

impl Task {
    /// Reads the arguments and environment variables. Without the command `migrate`, the program serves.
    ///
    /// # Errors
    /// A missing or invalid setting, or the text that `--help` or `--version` prints.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        const MIGRATE: &str = "migrate";
        let migrate = DatabaseOwner::augment_args(clap::Command::new(MIGRATE))
            .about("Bring the schema of the database to this version, and exit");
        let matches = Settings::command()
            .subcommand(migrate)
            .subcommand_negates_reqs(true)
            .try_get_matches_from(arguments)?;
        if let Some((MIGRATE, arguments)) = matches.subcommand() {
            return DatabaseOwner::from_arg_matches(arguments).map(Self::Migrate);
        }
        Settings::from_arg_matches(&matches).map(|settings| Self::Serve(Box::new(settings)))
    }
}

/// The GAS web server.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Settings {
    /// Address and port to listen on.
    #[arg(long, env = "GAS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// URL at which browsers reach this server, without a path, such as https://gas.example.org
    #[arg(long, env = "GAS_PUBLIC_URL", value_parser = PublicUrl::from_str)]
    pub public_url: PublicUrl,
    /// Issuer URL of the OpenID provider, such as https://auth.globus.org
    #[arg(long, env = "GAS_OIDC_ISSUER")]
    pub oidc_issuer: String,
    /// Client id of this service at the OpenID provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_ID")]
    pub oidc_client_id: String,
    /// Client secret of this service at the OpenID provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_SECRET", hide_env_values = true)]
    pub oidc_client_secret: Secret,
    /// URL that ends the provider's own session after sign-out, such as
    /// https://auth.globus.org/v2/web/logout. Without it, sign-out returns to the home page.
    #[arg(long, env = "GAS_OIDC_LOGOUT_URL")]
    pub oidc_logout_url: Option<String>,
    /// The group whose members are operators: a value of the claim GAS_OIDC_GROUPS_CLAIM. Without it, nobody is.
    #[arg(long, env = "GAS_OPERATOR_GROUP")]
    pub operator_group: Option<String>,
    /// The claim of the OpenID provider with the groups of a user: a text, or a list of texts.
    #[arg(long, env = "GAS_OIDC_GROUPS_CLAIM", default_value = "groups")]
    pub oidc_groups_claim: String,
    /// Further scopes to ask the OpenID provider for, separated by commas, if it needs one for the groups.
    #[arg(long, env = "GAS_OIDC_SCOPES", value_delimiter = ',')]
    pub oidc_scopes: Vec<String>,
    /// How users get Premium.
    #[command(flatten)]
    pub billing: BillingSettings,
    /// Key that signs unsubscribe links: at least 32 characters, the same key as on the utility
    /// node.
    #[arg(long, env = "GAS_UNSUBSCRIBE_KEY", hide_env_values = true)]
    pub unsubscribe_key: UnsubscribeKey,
    /// The key that CloudFront sends with each request. Only with this key is the client's address taken from CloudFront's
    /// header. Leave it out if no CloudFront is in front of the load balancer.
    #[arg(long, env = "GAS_EDGE_KEY", hide_env_values = true)]
    pub edge_key: Option<Secret>,
    /// Where webhooks of users may lead.
    #[command(flatten)]
    pub webhooks: WebhookSettings,
    /// Where the files of imports may be.
    #[command(flatten)]
    pub imports: ImportSettings,
    /// The number of event streams that this process keeps open, one for each browser that shows GAS.
    /// Further browsers get no live updates. Each needs about 20 KB of memory.
    #[arg(long, env = "GAS_MAX_EVENT_STREAMS", default_value_t = 4000)]
    pub max_event_streams: usize,
    /// The folder of this release's programs, of which users can download gas-cli at /downloads/. Without it, or without the
    /// program in it, the help says how to build it.
    #[arg(long, env = "GAS_DOWNLOADS_FOLDER")]
    pub downloads_folder: Option<PathBuf>,
    /// Address and port at which the metrics of this process are offered to Prometheus (path /metrics), such as
    /// 127.0.0.1:9464. Without it, they are not. It must not be reachable from outside.
    #[arg(long, env = "GAS_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
    /// The references, the same as on the workers. Without them, jobs cannot choose one, and the genome
    /// browser shows no genes.
    #[command(flatten)]
    pub references: ReferenceSettings,
    /// The sources, the same as on the workers. Without them, jobs cannot choose any.
    #[command(flatten)]
    pub sources: SourceSettings,
    /// The prices that operators see the costs of jobs with.
    #[command(flatten)]
    pub prices: PriceSettings,
    /// AWS region of the buckets, shown to users.
    #[arg(long, env = "AWS_REGION")]
    pub region: String,
    /// The AWS resources.
    #[command(flatten)]
    pub deployment: Deployment,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Task, clap::Error> {
        Task::read(std::iter::once("gas-web").chain(arguments.iter().copied()).map(OsString::from))
    }

    #[test]
    fn a_migration_needs_the_url_of_the_owner_only() {
        let url = "postgres://owner@localhost/gas";
        let task = read(&["migrate", "--migration-database-url", url]).unwrap();
        assert!(
            matches!(task, Task::Migrate(owner) if owner.migration_database_url.expose() == url)
        );
        let error = read(&["migrate"]).unwrap_err().to_string();
        assert!(error.contains("--migration-database-url"), "{error}");
        assert!(!error.contains("--database-url"), "{error}");
    }

    #[test]
    fn without_a_command_the_settings_of_the_server_are_required() {
        let error = read(&[]).unwrap_err().to_string();
        assert!(error.contains("--database-url") && error.contains("--oidc-issuer"), "{error}");
    }
}
