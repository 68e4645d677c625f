//! The commands, one file each: they read, ask a snapshot, print, and return an [`Exit`].

use crate::exit::Exit;

mod bench;
mod bench_html;
mod check;
mod completions;
mod config;
mod doctor;
mod explain;
mod functions;
mod infer;
mod man;
mod replay;
mod run;

pub(crate) use bench::bench;
pub(crate) use check::check;
pub(crate) use completions::completions;
pub(crate) use config::config;
pub(crate) use doctor::doctor;
pub(crate) use explain::{explain, rules};
pub(crate) use infer::infer;
pub(crate) use man::man;
pub(crate) use run::{encoded, run};

/// Prints what clap says: help and version on stdout, misuse on stderr.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    let _ = error.print();
    if error.use_stderr() { Exit::Misuse } else { Exit::Clean }
}
