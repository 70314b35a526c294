//! The environment of the GAS processes: the same variables that the user data sets on AWS.

use std::collections::BTreeMap;

use crate::config::{OWNER_ROLE, PROCESSES_ROLE, References, StackConfig};

/// Environment variables of a process, in addition to those it inherits.
pub type Environment = BTreeMap<String, String>;

/// The region of the local stack.
pub(crate) const REGION: &str = "us-east-1";

/// The client id at the local identity provider.
pub(crate) const OIDC_CLIENT: &str = "gas-local";

/// The client secret at the local identity provider. It is not confidential.
pub(crate) const OIDC_CLIENT_SECRET: &str = "local-only";

/// The group of the operators: users whose name begins with "operator" are in it.
const OPERATOR_GROUP: &str = "gas-operators";

/// The values of Stripe's test mode. They are valid only for the Stripe emulator.
pub(crate) const STRIPE_SECRET_KEY: &str = "sk_test_local";
pub(crate) const STRIPE_PUBLISHABLE_KEY: &str = "pk_test_local";
pub(crate) const STRIPE_WEBHOOK_SECRET: &str = "whsec_local";
pub(crate) const STRIPE_PRICE_ID: &str = "price_gas_premium";

/// The sender of mails. The emulator stores mails and sends nothing.
const MAIL_FROM: &str = "GAS <gas@example.org>";

/// The identity that SES verifies: the address of [`MAIL_FROM`].
pub(crate) const MAIL_IDENTITY: &str = "gas@example.org";

/// The key that signs unsubscribe links. It is not confidential, because the stack is only
/// reachable locally.
const UNSUBSCRIBE_KEY: &str = "local-only-local-only-local-only";

/// The environment variable of an output of the CloudFormation stack: `InputsBucket` becomes
/// `GAS_INPUTS_BUCKET`.
pub fn variable_of_output(output: &str) -> String {
    let mut name = String::from("GAS");
    let mut before_was_small = true;
    for letter in output.chars() {
        if letter.is_ascii_uppercase() && before_was_small {
            name.push('_');
        }
        before_was_small = !letter.is_ascii_uppercase();
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// The environment for access to the local AWS as the account's root user.
pub(crate) fn root(config: &StackConfig) -> Environment {
    pairs([
        ("AWS_ENDPOINT_URL", config.aws_url()),
        ("AWS_ENDPOINT_URL_GLACIER", config.glacier_url()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ])
}

/// The environment of every GAS process: AWS with the role of `profile`, and the outputs.
pub(crate) fn common(config: &StackConfig, outputs: &Environment, profile: &str) -> Environment {
    let mut environment = root(config);
    // Credentials in the environment would take precedence over the profile and its role.
    environment.remove("AWS_ACCESS_KEY_ID");
    environment.remove("AWS_SECRET_ACCESS_KEY");
    environment.extend(pairs([
        ("AWS_PROFILE", profile.to_owned()),
        ("AWS_CONFIG_FILE", config.data_dir.join("aws-config").display().to_string()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("GAS_S3_PATH_STYLE", "true".to_owned()),
        ("GAS_SHARDED_QUEUE_INDEX", "true".to_owned()),
        // All users have the same address here, and tests and benchmarks make many requests.
        ("GAS_LIMIT_FACTOR", "1000".to_owned()),
        ("RUST_BACKTRACE", "1".to_owned()),
        // For developers who read the terminal and the log files.
        ("GAS_LOG_FORMAT", "text".to_owned()),
    ]));
    for (output, value) in outputs {
        environment.insert(variable_of_output(output), value.clone());
    }
    environment
}

/// The environment of `gas-web migrate`.
pub(crate) fn migration(config: &StackConfig) -> Environment {
    pairs([("GAS_MIGRATION_DATABASE_URL", config.database_url(OWNER_ROLE))])
}

/// The environment of `gas-web`.
pub(crate) fn web(config: &StackConfig, outputs: &Environment) -> Environment {
    let mut environment = common(config, outputs, "web");
    environment.extend(pairs([
        ("DATABASE_URL", config.database_url(PROCESSES_ROLE)),
        ("GAS_LISTEN", format!("127.0.0.1:{}", config.ports.web)),
        ("GAS_PUBLIC_URL", config.public_url()),
        ("GAS_OIDC_ISSUER", config.oidc_url()),
        ("GAS_OIDC_CLIENT_ID", OIDC_CLIENT.to_owned()),
        ("GAS_OIDC_CLIENT_SECRET", OIDC_CLIENT_SECRET.to_owned()),
        ("GAS_OPERATOR_GROUP", OPERATOR_GROUP.to_owned()),
        ("GAS_UNSUBSCRIBE_KEY", UNSUBSCRIBE_KEY.to_owned()),
        // The receivers and the files of developers and tests are on this machine.
        ("GAS_WEBHOOKS_TO_ANY_ADDRESS", "true".to_owned()),
        ("GAS_IMPORTS_FROM_ANY_ADDRESS", "true".to_owned()),
        ("GAS_STRIPE_API_URL", format!("{}/", config.stripe_url())),
        ("GAS_STRIPE_SECRET_KEY", STRIPE_SECRET_KEY.to_owned()),
        ("GAS_STRIPE_PRICE_ID", STRIPE_PRICE_ID.to_owned()),
        ("GAS_STRIPE_WEBHOOK_SECRET", STRIPE_WEBHOOK_SECRET.to_owned()),
        ("GAS_STRIPE_PUBLISHABLE_KEY", STRIPE_PUBLISHABLE_KEY.to_owned()),
        ("GAS_STRIPE_JS_URL", format!("{}/stripe.js", config.stripe_url())),
        ("DIOXUS_PUBLIC_PATH", config.public_dir.display().to_string()),
        // It has gas-cli if that was built.
        ("GAS_DOWNLOADS_FOLDER", config.programs.binaries.display().to_string()),
    ]));
    environment.extend(references(config));
    environment
}

/// The variables by which web server and worker find the references and sources.
fn references(config: &StackConfig) -> Environment {
    let sources = config.sources.iter();
    let sources =
        sources.map(|folder| ("GAS_SOURCE_CATALOG".to_owned(), folder.display().to_string()));
    let mut environment: Environment = sources.collect();
    environment.extend(match &config.references {
        References::Bundle(folder) => {
            pairs([("GAS_REFERENCE_BUNDLE", folder.display().to_string())])
        }
        References::Catalog { folder, default } => pairs([
            ("GAS_REFERENCE_CATALOG", folder.display().to_string()),
            ("GAS_REFERENCE", default.clone()),
        ]),
    });
    environment
}

/// The environment of `gas-worker`.
pub(crate) fn worker(config: &StackConfig, outputs: &Environment) -> Environment {
    let mut environment = common(config, outputs, "worker");
    let path = std::env::var("PATH").unwrap_or_default();
    environment.extend(pairs([
        ("GAS_REFERENCE_CACHE", config.data_dir.join("references").display().to_string()),
        ("GAS_WORK_DIR", config.data_dir.join("work").display().to_string()),
        // The script of the tests, which runs instead of the engine, starts the engine.
        (
            "GAS_ENGINE_READ_PATHS",
            config.programs.binaries.join("gas-annotate").display().to_string(),
        ),
        // The worker finds `gas-annotate` and `gas-index` in the PATH.
        ("PATH", format!("{}:{path}", config.programs.binaries.display())),
    ]));
    environment.extend(references(config));
    if let Some(seconds) = config.job_visibility_secs {
        environment.insert("GAS_JOB_VISIBILITY_SECS".to_owned(), seconds.to_string());
    }
    if let Some((threshold, shard)) = config.shards {
        environment.extend(pairs([
            ("GAS_SHARD_THRESHOLD_BYTES", threshold.to_string()),
            ("GAS_SHARD_BYTES", shard.to_string()),
        ]));
    }
    if let Some(command) = &config.annotator {
        environment.insert("GAS_ANNOTATOR".to_owned(), command.clone());
    }
    environment
}

/// The environment of the utility node.
pub(crate) fn utility(config: &StackConfig, outputs: &Environment) -> Environment {
    let mut environment = common(config, outputs, "utility");
    environment.extend(pairs([
        ("DATABASE_URL", config.database_url(PROCESSES_ROLE)),
        ("GAS_PUBLIC_URL", config.public_url()),
        ("GAS_MAIL_FROM", MAIL_FROM.to_owned()),
        ("GAS_UNSUBSCRIBE_KEY", UNSUBSCRIBE_KEY.to_owned()),
        ("GAS_WEBHOOKS_TO_ANY_ADDRESS", "true".to_owned()),
        ("GAS_IMPORTS_FROM_ANY_ADDRESS", "true".to_owned()),
    ]));
    environment
}

/// The AWS configuration file with a profile for the role of each process.
pub(crate) fn aws_config_file(outputs: &Environment) -> String {
    let mut text = format!(
        "[profile root]\naws_access_key_id = test\naws_secret_access_key = test\nregion = {REGION}\n"
    );
    for (profile, output) in
        [("web", "WebRoleArn"), ("worker", "WorkerRoleArn"), ("utility", "UtilityRoleArn")]
    {
        if let Some(role) = outputs.get(output) {
            text.push_str(&format!(
                "\n[profile {profile}]\nrole_arn = {role}\nsource_profile = root\nregion = {REGION}\n"
            ));
        }
    }
    text
}

pub(crate) fn pairs<const N: usize>(list: [(&str, String); N]) -> Environment {
    list.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_become_variables() {
        for (output, variable) in [
            ("Prefix", "GAS_PREFIX"),
            ("InputsBucket", "GAS_INPUTS_BUCKET"),
            ("JobRequestsDlqUrl", "GAS_JOB_REQUESTS_DLQ_URL"),
            ("JobEventsTopicArn", "GAS_JOB_EVENTS_TOPIC_ARN"),
        ] {
            assert_eq!(variable_of_output(output), variable);
        }
    }

    #[test]
    fn a_profile_assumes_the_role_of_its_output() {
        let outputs = pairs([("WebRoleArn", "arn:aws:iam::000000000000:role/gas-web".to_owned())]);
        let text = aws_config_file(&outputs);
        assert!(
            text.contains("[profile web]\nrole_arn = arn:aws:iam::000000000000:role/gas-web\n")
        );
        assert!(!text.contains("[profile worker]"));
    }
}
