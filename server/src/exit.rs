//! How the process ends: three codes, and no panic that reaches a user as anything else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ExitCode, Termination};

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Nothing to report.
    Clean,
    /// Problems were found, a kernel raised, or a comparison differed.
    Problems,
    /// The request cannot be carried out: misuse, unreadable input, our own failure.
    Misuse,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        match self {
            Exit::Clean => ExitCode::SUCCESS,
            Exit::Problems => ExitCode::from(1),
            Exit::Misuse => ExitCode::from(2),
        }
    }
}

/// Prints what went wrong, on stderr, and gives the exit code for it.
pub(crate) fn misuse(message: impl std::fmt::Display) -> Exit {
    error(message);
    Exit::Misuse
}

/// A message about what cannot be done, on stderr.
pub(crate) fn error(message: impl std::fmt::Display) {
    let (on, off) = (anstyle::AnsiColor::Red.on_default().bold(), anstyle::Reset);
    anstream::eprintln!("{on}error{off}: {message}");
}

/// What is going on, on stderr.
pub(crate) fn note(message: impl std::fmt::Display) {
    let (on, off) = (anstyle::AnsiColor::Blue.on_default().bold(), anstyle::Reset);
    anstream::eprintln!("{on}note{off}: {message}");
}

/// A message about what the user may want to know, on stderr.
pub(crate) fn warning(message: impl std::fmt::Display) {
    let (on, off) = (anstyle::AnsiColor::Yellow.on_default().bold(), anstyle::Reset);
    anstream::eprintln!("{on}warning{off}: {message}");
}

/// Replaces Rust's report of a panic by one line that a user can do something with.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let message = panic_message(info.payload());
        let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        error(format_args!("internal error: {message}{place}"));
    }));
}

/// Runs a command; a panic in it, already reported by the hook, ends as misuse and never as 101.
pub(crate) fn guard(run: impl FnOnce() -> Exit) -> Exit {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Misuse)
}

/// The text of a panic.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown cause".to_owned())
}
