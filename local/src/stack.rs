//! Starts, describes and stops the stack.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::{StackConfig, Verbosity};
use crate::environment::{self, Environment};
use crate::error::{Error, Result};
use crate::handle::Description;
use crate::log::Log;
use crate::owner::Ownership;
use crate::process::{Process, ProcessSpec};
use crate::{deploy, ports, postgres, services};

/// A running stack. Stop it with [`Stack::stop`]: dropping it kills its processes.
pub struct Stack {
    config: StackConfig,
    outputs: Environment,
    /// The processes, in the order of their start.
    processes: Vec<Process>,
    /// Released last, when all processes have exited.
    _ownership: Ownership,
}

/// Creates a folder. What an earlier stack has left there is deleted.
fn empty(folder: &Path) -> Result<()> {
    let deleted = if folder.exists() { fs::remove_dir_all(folder) } else { Ok(()) };
    let created = deleted.and_then(|()| fs::create_dir_all(folder));
    created.map_err(Error::io(format!("empty {}", folder.display())))
}

impl Stack {
    /// Starts the configured processes and waits until they are ready. `report` receives the name and duration
    /// of each step.
    ///
    /// # Errors
    /// If the data folder is in use, a port is taken, a program is missing, or a process does not
    /// become ready. Processes that were already started are stopped again.
    pub async fn start(config: StackConfig, report: impl Fn(&str, Duration)) -> Result<Self> {
        for folder in [config.data_dir.clone(), config.logs()] {
            fs::create_dir_all(&folder)
                .map_err(Error::io(format!("create {}", folder.display())))?;
        }
        let ownership = Ownership::claim(&config.data_dir)?;
        empty(&config.ministack_temporary())?;
        ports::check(config.ports)?;
        let mut stack = Self {
            config,
            outputs: Environment::new(),
            processes: Vec::new(),
            _ownership: ownership,
        };
        match stack.start_all(report).await {
            Ok(()) => Ok(stack),
            Err(error) => {
                stack.stop().await;
                Err(error)
            }
        }
    }

    async fn start_all(&mut self, report: impl Fn(&str, Duration)) -> Result<()> {
        let config = self.config.clone();
        let clock = Instant::now();
        postgres::initialize(&config).await?;
        self.run(postgres::server(&config)).await?;
        postgres::create_database(&config).await?;
        services::migrate(&config).await?;
        postgres::create_role_of_processes(&config).await?;
        report("PostgreSQL", clock.elapsed());

        let clock = Instant::now();
        self.run(services::ministack(&config)).await?;
        report("MiniStack (AWS)", clock.elapsed());

        let clock = Instant::now();
        self.run(services::glacier(&config)).await?;
        self.run(services::stripe(&config)).await?;
        report("Glacier and Stripe", clock.elapsed());

        let clock = Instant::now();
        self.run(services::oidc(&config)).await?;
        report("identity provider", clock.elapsed());

        let clock = Instant::now();
        self.outputs = deploy::deploy(&config).await?;
        let profiles = config.data_dir.join("aws-config");
        fs::write(&profiles, environment::aws_config_file(&self.outputs))
            .map_err(Error::io(format!("write {}", profiles.display())))?;
        report("CloudFormation stack", clock.elapsed());

        if config.processes {
            let clock = Instant::now();
            self.run(services::web(&config, &self.outputs)).await?;
            self.run(services::worker(&config, &self.outputs)).await?;
            self.run(services::utility(&config, &self.outputs)).await?;
            report("GAS web server, worker and utility node", clock.elapsed());
        }
        self.description().write(&self.description_path())
    }

    async fn run(&mut self, mut spec: ProcessSpec) -> Result<()> {
        spec.restart |= self.config.restart_all;
        let is_product = matches!(spec.name, "web" | "worker" | "utility");
        let echo = is_product && self.config.verbosity == Verbosity::Product;
        let log = Log::open(&self.config.logs(), spec.name, echo)?;
        self.processes.push(Process::start(spec, log, &self.config.data_dir).await?);
        Ok(())
    }

    /// Returns the addresses and environments.
    pub fn description(&self) -> Description {
        Description {
            web_url: self.config.public_url(),
            aws_url: self.config.aws_url(),
            glacier_url: self.config.glacier_url(),
            stripe_url: self.config.stripe_url(),
            prefix: self.config.prefix.clone(),
            data_dir: self.config.data_dir.clone(),
            root: environment::root(&self.config),
            migration: environment::migration(&self.config),
            web: environment::web(&self.config, &self.outputs),
            worker: environment::worker(&self.config, &self.outputs),
            utility: environment::utility(&self.config, &self.outputs),
        }
    }

    /// The file that contains the [`Description`].
    pub fn description_path(&self) -> std::path::PathBuf {
        self.config.data_dir.join("stack.json")
    }

    /// Waits until a process has exited unexpectedly and is not restarted, and returns its name.
    pub async fn failed(&self) -> &'static str {
        loop {
            if let Some(over) = self.processes.iter().find(|process| process.is_over()) {
                return over.name();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Stops all processes in reverse order: first the GAS processes, while their services still
    /// run, then the emulators, which save their state.
    pub async fn stop(mut self) {
        while let Some(process) = self.processes.pop() {
            process.stop().await;
        }
        let _ = fs::remove_file(self.description_path());
    }

    /// Deletes all data of a stack that is not running.
    ///
    /// # Errors
    /// If a folder cannot be deleted.
    pub fn wipe(data_dir: &Path) -> Result<()> {
        for folder in [postgres::data_folder(data_dir), data_dir.to_owned()] {
            if folder.exists() {
                fs::remove_dir_all(&folder)
                    .map_err(Error::io(format!("delete {}", folder.display())))?;
            }
        }
        Ok(())
    }
}
