//! The Lambda function `<prefix>_restore`: restores to S3 the results that the archive has
//! retrieved, as announced in the queue `complete_thaw`.

mod batch;
mod settings;

use aws_lambda_events::sqs::SqsEvent;
use clap::Parser;
use gas_backend::aws::Sdk;
use gas_runtime::{LogFormat, init_logging};
use lambda_runtime::{LambdaEvent, service_fn};
use settings::Settings;

/// The log filter unless `RUST_LOG` is set.
const LOG_FILTER: &str = "info,aws_config=warn";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    init_logging(LogFormat::Lambda, LOG_FILTER);
    let settings = Settings::parse();
    let restorer = settings.restorer(&Sdk::from_env().await);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
        Ok::<_, lambda_runtime::Error>(batch::handle(&restorer, event.payload).await)
    }))
    .await
}
