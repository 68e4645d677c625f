//! Temporary directories that go away whatever ends the command.

use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};

use tempfile::TempDir;

/// The exit code of a command that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A new directory, removed when it is dropped or when the command is interrupted.
pub(crate) fn directory() -> Result<TempDir, String> {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        // Where there is no handler an interrupted command leaves its directory to the system.
        let _ = ctrlc::set_handler(|| {
            remove_all();
            std::process::exit(INTERRUPTED);
        });
    });
    let directory = tempfile::Builder::new()
        .prefix("jitcheck-")
        .tempdir()
        .map_err(|error| format!("no temporary directory: {error}"))?;
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.retain(|path| path.exists());
    made.push(directory.path().to_path_buf());
    Ok(directory)
}

fn remove_all() {
    for path in MADE.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _ = std::fs::remove_dir_all(path);
    }
}
