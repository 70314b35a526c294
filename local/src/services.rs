//! The commands of the stack's processes.

use rustix::process::Signal;

use crate::command;
use crate::config::StackConfig;
use crate::environment::{
    self, Environment, OIDC_CLIENT, OIDC_CLIENT_SECRET, STRIPE_PRICE_ID, STRIPE_PUBLISHABLE_KEY,
    STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, pairs,
};
use crate::error::Result;
use crate::health::Ready;
use crate::process::{ProcessSpec, bound_to_owner};

/// MiniStack: all AWS services on one port, with IAM enforced and persistent state.
pub(crate) fn ministack(config: &StackConfig) -> ProcessSpec {
    let state = config.data_dir.join("ministack");
    let mut environment = environment::root(config);
    environment.extend(pairs([
        ("GATEWAY_PORT", config.ports.aws.to_string()),
        ("BIND_HOST", "127.0.0.1".to_owned()),
        ("MINISTACK_HOST", "127.0.0.1".to_owned()),
        ("AUTH", "true".to_owned()),
        ("PERSIST_STATE", "1".to_owned()),
        ("STATE_DIR", state.join("state").display().to_string()),
        ("S3_PERSIST", "1".to_owned()),
        ("S3_DATA_DIR", state.join("s3").display().to_string()),
        // It unpacks every Lambda function into a temporary folder that it does not remove.
        ("TMPDIR", config.ministack_temporary().display().to_string()),
        ("LAMBDA_EXECUTOR", "local".to_owned()),
        // Lambda functions inherit this environment. As on AWS, the template does not contain
        // endpoints.
        ("GAS_S3_PATH_STYLE", "true".to_owned()),
        ("PYTHONUNBUFFERED", "1".to_owned()),
    ]));
    ProcessSpec {
        name: "ministack",
        command: bound_to_owner(
            "TERM",
            &[
                config.programs.python.display().to_string(),
                config.emulators().join("ministack_launcher.py").display().to_string(),
            ],
        ),
        environment,
        ready: Ready::Http { port: config.ports.aws, path: "/_ministack/health" },
        stop: Signal::TERM,
        restart: false,
    }
}

/// The identity provider.
pub(crate) fn oidc(config: &StackConfig) -> ProcessSpec {
    let environment = pairs([
        ("OIDC_PORT", config.ports.oidc.to_string()),
        ("OIDC_ISSUER", config.oidc_url()),
        ("OIDC_CLIENT_ID", OIDC_CLIENT.to_owned()),
        ("OIDC_CLIENT_SECRET", OIDC_CLIENT_SECRET.to_owned()),
        ("OIDC_REDIRECT_URI", format!("{}/authcallback", config.public_url())),
        ("OIDC_KEYS", config.data_dir.join("oidc-keys.json").display().to_string()),
    ]);
    ProcessSpec {
        name: "oidc",
        command: bound_to_owner(
            "TERM",
            &[
                config.programs.node.display().to_string(),
                config.emulators().join("oidc-provider.mjs").display().to_string(),
            ],
        ),
        environment,
        ready: Ready::Http { port: config.ports.oidc, path: "/.well-known/openid-configuration" },
        stop: Signal::TERM,
        restart: false,
    }
}

/// The Glacier emulator. MiniStack does not have Glacier vaults.
pub(crate) fn glacier(config: &StackConfig) -> ProcessSpec {
    let mut environment = environment::root(config);
    environment.extend(pairs([
        ("GLACIER_LISTEN", format!("127.0.0.1:{}", config.ports.glacier)),
        ("GLACIER_DATA_DIR", config.data_dir.join("glacier").display().to_string()),
    ]));
    let glacier = config.programs.binaries.join("gas-local-glacier").display().to_string();
    ProcessSpec {
        name: "glacier",
        command: bound_to_owner("TERM", &[glacier]),
        environment,
        ready: Ready::Http { port: config.ports.glacier, path: "/_control/health" },
        stop: Signal::TERM,
        restart: false,
    }
}

/// The Stripe emulator.
pub(crate) fn stripe(config: &StackConfig) -> ProcessSpec {
    let program = config.programs.binaries.join("gas-local-stripe").display().to_string();
    let arguments = [
        ("--listen", format!("127.0.0.1:{}", config.ports.stripe)),
        ("--public-url", config.stripe_url()),
        ("--webhook-url", format!("http://127.0.0.1:{}/webhooks/stripe", config.ports.web)),
        ("--webhook-secret", STRIPE_WEBHOOK_SECRET.to_owned()),
        ("--secret-key", STRIPE_SECRET_KEY.to_owned()),
        ("--publishable-key", STRIPE_PUBLISHABLE_KEY.to_owned()),
        ("--price-id", STRIPE_PRICE_ID.to_owned()),
        ("--app-origin", config.public_url()),
        ("--data-dir", config.data_dir.join("stripe").display().to_string()),
    ];
    let arguments = arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
    let command: Vec<String> = std::iter::once(program).chain(arguments).collect();
    ProcessSpec {
        name: "stripe",
        command: bound_to_owner("TERM", &command),
        environment: Environment::new(),
        ready: Ready::Http { port: config.ports.stripe, path: "/healthz" },
        stop: Signal::TERM,
        restart: false,
    }
}

fn web_program(config: &StackConfig) -> String {
    config.programs.binaries.join("gas-web").display().to_string()
}

/// Brings the schema of the database to the version of the GAS processes.
pub(crate) async fn migrate(config: &StackConfig) -> Result<()> {
    let command = [web_program(config), "migrate".to_owned()];
    command::run_with("gas-web migrate", &command, &environment::migration(config)).await.map(drop)
}

/// The GAS web server.
pub(crate) fn web(config: &StackConfig, outputs: &Environment) -> ProcessSpec {
    ProcessSpec {
        name: "web",
        command: bound_to_owner("TERM", &[web_program(config)]),
        environment: environment::web(config, outputs),
        ready: Ready::Http { port: config.ports.web, path: "/healthz" },
        stop: Signal::TERM,
        restart: config.restart,
    }
}

/// The GAS worker.
pub(crate) fn worker(config: &StackConfig, outputs: &Environment) -> ProcessSpec {
    let worker = config.programs.binaries.join("gas-worker").display().to_string();
    ProcessSpec {
        name: "worker",
        command: bound_to_owner("TERM", &[worker, "annotate".to_owned()]),
        environment: environment::worker(config, outputs),
        ready: Ready::Line("worker ready"),
        stop: Signal::TERM,
        restart: config.restart,
    }
}

/// The GAS utility node.
pub(crate) fn utility(config: &StackConfig, outputs: &Environment) -> ProcessSpec {
    let worker = config.programs.binaries.join("gas-worker").display().to_string();
    ProcessSpec {
        name: "utility",
        command: bound_to_owner("TERM", &[worker, "utility".to_owned()]),
        environment: environment::utility(config, outputs),
        ready: Ready::Line("utility ready"),
        stop: Signal::TERM,
        restart: config.restart,
    }
}
