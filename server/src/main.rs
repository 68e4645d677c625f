//! `jitcheck`: checks Python kernels meant for Numba's nopython mode, and runs them.

#![forbid(unsafe_code)]

mod args;
mod call;
mod child;
mod cli;
mod config;
mod environment;
mod exit;
mod files;
mod fix;
mod job;
mod kept;
mod lsp;
mod output;
mod python;
mod render;
mod report;
mod sandbox;
mod scratch;
mod silence;
mod suppress;
mod values;
mod verify;
mod view;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::exit::Exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Exit {
    exit::report_panics();
    exit::guard(|| match Cli::try_parse() {
        Ok(cli) => on_deep_stack(|| run(cli)),
        Err(error) => cli::usage(&error),
    })
}

/// Deeply nested code makes the parser and everything after it recurse as deeply. Only what is used is taken.
const STACK: usize = 256 << 20;

fn on_deep_stack(run: impl FnOnce() -> Exit + Send) -> Exit {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        match worker {
            Ok(worker) => worker.join().unwrap_or(Exit::Misuse),
            Err(error) => exit::misuse(format_args!("a thread cannot be started: {error}")),
        }
    })
}

fn run(cli: Cli) -> Exit {
    cli.color.write_global();
    if let Ok(parent) = std::env::var(child::ENDS_WITH_PARENT) {
        child::end_with_parent(&parent);
    }
    match cli.command {
        Command::Check(args) => cli::check(&args),
        Command::Infer(args) => cli::infer(&args),
        Command::Run(args) => cli::run(&args),
        Command::Bench(args) => cli::bench(&args),
        Command::Explain(args) => cli::explain(&args),
        Command::Rules(args) => cli::rules(&args),
        Command::Server(_) => lsp::run(),
        Command::Doctor(args) => cli::doctor(&args),
        Command::Config(args) => cli::config(&args),
        Command::Man(args) => cli::man(&args),
        Command::Completions(args) => cli::completions(&args),
        Command::Child(args) => job::child(&args),
    }
}
