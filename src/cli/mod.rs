//! The command line. Errors are one clear line on standard error and exit code 2; a server that breaks down ends with
//! 70.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "commands answer on the terminal")]

mod account;
mod demo;
mod doctor;
mod images;
mod key;
mod lights;
mod listeners;
mod open_files;
mod serve;
mod setup;
mod signals;
mod streamhub_parts;
mod worker;

use crate::{
    app::access::keys::Plane,
    config::{Config, LogFormat},
    store::FolderLock,
    tasks::VitalTaskEnded,
};
use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};
use std::{io::IsTerminal, path::PathBuf, process::ExitCode};
use uuid::Uuid;

/// One server for live production: streams in, switched, dressed, recorded, published.
#[derive(Debug, Parser)]
#[command(name = "lumencast", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where settings come from and where data goes.
#[derive(Debug, Clone, clap::Args)]
pub struct Paths {
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
        paths: Paths,
        /// Start with a demo show where the settings name no inputs, and print what to try.
        #[arg(long)]
        demo: bool,
    },
    /// Make, list and revoke API keys.
    Key {
        #[command(subcommand)]
        action: KeyAction,
        #[command(flatten)]
        paths: Paths,
    },
    /// Make accounts for image jobs, and give them credits.
    Account {
        #[command(subcommand)]
        action: AccountAction,
        #[command(flatten)]
        paths: Paths,
    },
    /// Work on image jobs alone, for servers that share database and objects.
    Worker {
        #[command(flatten)]
        paths: Paths,
        /// Beside a server, which tells of jobs on standard input.
        #[arg(long, hide = true)]
        beside: bool,
    },
    /// Say what is missing on this machine.
    Doctor {
        #[command(flatten)]
        paths: Paths,
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
        /// The account, by name or id, that a lumely key works for; without it the account "default".
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
    },
    /// List keys.
    List,
    /// Revoke a key at once.
    Revoke {
        /// As `key list` shows it.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum AccountAction {
    /// Make an account and print its id.
    Create {
        /// What it is called.
        name: String,
        /// Its id, where sessions are signed elsewhere: the `sub` of their JWTs. A random one otherwise.
        #[arg(long, value_name = "UUID")]
        id: Option<Uuid>,
        /// What it begins with.
        #[arg(long, default_value_t = 0)]
        credits: u32,
        #[command(flatten)]
        terms: account::Terms,
    },
    /// List accounts with what they have left.
    List,
    /// Change an account.
    Set {
        /// Name or id.
        name: String,
        #[command(flatten)]
        terms: account::Terms,
    },
    /// Add credits and print what there is then.
    Topup {
        /// Name or id.
        name: String,
        /// How many.
        credits: u32,
        /// Why, for the ledger.
        #[arg(long)]
        note: Option<String>,
    },
    /// Correct what an account has by hand, up or down, and print what there is then.
    Adjust {
        /// Name or id.
        name: String,
        /// How many; below zero takes them away.
        #[arg(allow_hyphen_values = true)]
        credits: i64,
        /// Why, for the ledger.
        #[arg(long)]
        note: String,
    },
    /// Show what came and went, newest first.
    Ledger {
        /// Name or id.
        name: String,
        /// At most so many rows.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

impl Paths {
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref(), crate::config::environment())?;
        if let Some(data) = &self.data {
            config.data_dir.clone_from(data);
        }
        Ok(config)
    }
}

/// What processes that work on one data folder must have in common.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a command.
pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Serve { paths, demo } => paths.config().and_then(|config| serve::run(config, paths, demo)),
        Command::Account { action, paths } => paths.config().and_then(|config| {
            let _folder = existing_folder(&config)?;
            account::run(&config, action)
        }),
        Command::Worker { paths, beside } => paths.config().and_then(|config| worker::run(&config, beside)),
        Command::Key { action, paths } => paths.config().and_then(|config| {
            let _folder = existing_folder(&config)?;
            key::run(&config, action)
        }),
        Command::Doctor { paths } => paths.config().and_then(|config| doctor::run(&config)),
        Command::Devices => doctor::devices(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lumencast: {}", one_line(&error));
            ExitCode::from(if error.is::<VitalTaskEnded>() { serve::EXIT_VITAL_TASK_ENDED } else { 2 })
        }
    }
}

/// An error and its causes in one line. Many errors contain the text of their cause; such a cause is not told again.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.contains(&cause) {
            let separator = if line.is_empty() { "" } else { ": " };
            line.push_str(separator);
            line.push_str(&cause);
        }
    }
    line
}

/// The lock on a data folder that a server has made: in a new one a misspelt path would look like a server without keys.
fn existing_folder(config: &Config) -> anyhow::Result<FolderLock> {
    let folder = config.data_dir.display();
    let exists = config.data_dir.try_exists().with_context(|| folder.to_string())?;
    ensure!(exists, "{folder}: there is no such data folder; `lumencast serve` makes it");
    Ok(FolderLock::beside(&config.data_dir, VERSION)?)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Writes what happens to standard error, as the settings want it.
fn log(config: &Config) {
    let level = config.log.level.as_str();
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,warp::server=off,lumencast={level}"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written (a full disk, a reader that is gone) is lost; to say so would be another one, and
        // its failure a panic of the task that logs.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_of_an_error_is_told_once_and_in_one_line() {
        let system = || std::io::Error::other("No space left\non device");
        let told = anyhow::Error::new(system()).context("data: No space left on device").context("recordings");
        assert_eq!(one_line(&told), "recordings: data: No space left on device");
        assert_eq!(one_line(&anyhow::Error::new(system()).context("data")), "data: No space left on device");
    }
}
