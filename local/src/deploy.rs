//! Creates the AWS resources from the CloudFormation template.

use crate::command;
use crate::config::StackConfig;
use crate::environment::{self, Environment};
use crate::error::{Error, Result};

/// The ratio of a queue's visibility timeout to the timeout of its Lambda function, as AWS recommends
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>).
const VISIBILITY_FACTOR: u32 = 6;

/// The root user of the emulated account. The GAS processes assume their roles as this user.
const ROOT: &str = "arn:aws:iam::000000000000:root";

/// Creates or updates the CloudFormation stack, and returns its outputs.
pub(crate) async fn deploy(config: &StackConfig) -> Result<Environment> {
    let mut arguments = vec![
        config.programs.python.display().to_string(),
        config.emulators().join("deploy_stack.py").display().to_string(),
        "--stack".to_owned(),
        config.prefix.clone(),
        "--template".to_owned(),
        config.template().display().to_string(),
        "--restore-function".to_owned(),
        config.programs.binaries.join("bootstrap").display().to_string(),
        "--mail-identity".to_owned(),
        environment::MAIL_IDENTITY.to_owned(),
    ];
    let mut parameters = vec![
        format!("Prefix={}", config.prefix),
        format!("WebOrigin={}", config.public_url()),
        format!("TrustedPrincipalArn={ROOT}"),
        format!("ArchiveBackEnd={}", config.archive.as_str()),
        // The emulator authorizes mails without their identity, and has no TLS.
        "MailIdentity=*".to_owned(),
        "RequireTls=false".to_owned(),
    ];
    if let Some(seconds) = config.free_window_secs {
        parameters.push(format!("FreeWindowSeconds={seconds}"));
    }
    if let Some(seconds) = config.job_visibility_secs {
        parameters.push(format!("JobVisibilitySeconds={seconds}"));
    }
    if let Some(seconds) = config.restore_timeout_secs {
        parameters.push(format!("RestoreTimeoutSeconds={seconds}"));
        parameters.push(format!("RestoreVisibilitySeconds={}", seconds * VISIBILITY_FACTOR));
    }
    for parameter in parameters {
        arguments.extend(["--parameter".to_owned(), parameter]);
    }
    let what = "the deployment of deploy/template.yaml";
    let output = command::run_with(what, &arguments, &environment::root(config)).await?;
    serde_json::from_str(&output)
        .map_err(|source| Error::Json { what: format!("the output of {what}"), source })
}
