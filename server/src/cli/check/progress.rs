//! A progress bar, where somebody watches and the work is long enough.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::CheckArgs;

/// Shorter work shows none.
const PATIENCE: Duration = Duration::from_millis(400);

pub(super) struct Progress {
    files: u64,
    started: Instant,
    /// `None` where nobody watches.
    bar: Option<OnceLock<ProgressBar>>,
    done: std::sync::atomic::AtomicU64,
}

impl Progress {
    pub(super) fn new(files: usize, args: &CheckArgs) -> Progress {
        let seen = !args.quiet && !args.no_progress && !args.watch && std::io::stderr().is_terminal();
        Progress {
            files: files as u64,
            started: Instant::now(),
            bar: seen.then(OnceLock::new),
            done: std::sync::atomic::AtomicU64::new(0),
        }
    }

    /// One more file is done.
    pub(super) fn step(&self) {
        let Some(bar) = &self.bar else { return };
        let done = self.done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        if self.started.elapsed() >= PATIENCE {
            bar.get_or_init(|| shown(self.files)).set_position(done);
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.as_ref().and_then(OnceLock::get) {
            bar.finish_and_clear();
        }
    }
}

fn shown(files: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(files), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("checking [{bar:40}] {pos}/{len} files");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar
}
