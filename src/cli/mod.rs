//! The command line. Errors are one clear line on standard error and exit code 2.

mod demo;
mod doctor;
mod doors;
mod hub;
mod key;
mod serve;
mod setup;

use crate::{app::keys::Plane, config::Config};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// One server for live production: streams in, switched, dressed, recorded, published.
#[derive(Debug, Parser)]
#[command(name = "lumencast", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where settings come from and where data goes.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// Settings; see lumencast.example.toml.
    #[arg(long, global = true, value_name = "FILE", env = "LUMENCAST_CONFIG")]
    config: Option<PathBuf>,
    /// The data folder, instead of `data_dir` of the settings.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        #[command(flatten)]
        place: Place,
        /// Start with a demo show where the settings name no inputs, and print what to try.
        #[arg(long)]
        demo: bool,
    },
    /// Make, list and revoke API keys.
    Key {
        #[command(subcommand)]
        action: KeyAction,
        #[command(flatten)]
        place: Place,
    },
    /// Say what is missing on this machine.
    Doctor {
        #[command(flatten)]
        place: Place,
    },
    /// List the capture devices that GStreamer sees.
    Devices,
}

#[derive(Debug, Subcommand)]
enum KeyAction {
    /// Make a key and print it; it is never shown again.
    Create {
        /// lumora, lumely or streamhub.
        #[arg(long)]
        plane: Plane,
        /// What it is for, e.g. "Stream Deck".
        #[arg(long)]
        label: String,
        /// The one app that a streamhub key opens; without it the key opens everything of its plane.
        #[arg(long, value_name = "NAME")]
        app: Option<String>,
    },
    /// List keys.
    List,
    /// Revoke a key at once.
    Revoke {
        /// As `key list` shows it.
        id: String,
    },
}

impl Place {
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref(), crate::config::environment())?;
        if let Some(data) = &self.data {
            config.data_dir.clone_from(data);
        }
        Ok(config)
    }
}

/// Runs a command.
pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Serve { place, demo } => place.config().and_then(|config| serve::run(config, demo)),
        Command::Key { action, place } => place.config().and_then(|config| key::run(&config, action)),
        Command::Doctor { place } => place.config().and_then(|config| doctor::run(&config)),
        Command::Devices => doctor::devices(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lumencast: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
