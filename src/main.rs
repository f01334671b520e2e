//! The program: reads the command line and hands over.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    lumencast::cli::run(lumencast::cli::Cli::parse())
}
