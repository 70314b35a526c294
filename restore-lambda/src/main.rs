//! The Lambda function `<prefix>_restore`: takes from queue `complete_thaw` what the archive has
//! ready and puts it back into S3.

mod batch;
mod settings;

use aws_lambda_events::sqs::SqsEvent;
use clap::Parser;
use gas_backend::aws::Sdk;
use lambda_runtime::{LambdaEvent, service_fn};
use settings::Settings;
use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise.
const LOG_FILTER: &str = "info,aws_config=warn";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG_FILTER));
    // CloudWatch notes the time of every line itself.
    tracing_subscriber::fmt().json().without_time().with_env_filter(filter).init();
    let settings = Settings::parse();
    let restorer = settings.restorer(&Sdk::from_env().await);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
        Ok::<_, lambda_runtime::Error>(batch::handle(&restorer, event.payload).await)
    }))
    .await
}
