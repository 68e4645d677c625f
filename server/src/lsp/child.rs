//! Another process of our own binary: started, fed, limited, and killed with everything it started.
//!
//! Compiled kernels may read past an array, loop for ever or overflow the stack, so none runs in the server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// A result is for a person to look at; what is longer is cut.
const MAX_OUTPUT: u64 = 64 << 20;

/// What to start.
pub(crate) struct Job {
    /// `None` is our own binary.
    pub program: Option<PathBuf>,
    pub arguments: Vec<OsString>,
    pub stdin: Option<Arc<str>>,
    pub directory: Option<PathBuf>,
    /// Where machine code is kept between runs.
    pub kept: Option<PathBuf>,
    /// The child has its own, shorter limit; this one is for a child that does not keep it.
    pub limit: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Exited(ExitStatus),
    TimedOut,
    Cancelled,
}

pub(crate) struct Outcome {
    pub ended: Ended,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

/// Runs a job to its end. `cancelled` resolves, in whatever way, when nobody wants the result any more.
pub(crate) async fn run(job: Job, cancelled: oneshot::Receiver<()>) -> std::io::Result<Outcome> {
    // A child that is killed cannot clean up after itself.
    let scratch = tempfile::tempdir()?;
    let mut child = spawn(&job, scratch.path())?;
    let stdin = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let text = job.stdin.clone();
    let feed = async move {
        if let (Some(mut stdin), Some(text)) = (stdin, text) {
            // A child that does not read its input says why on stderr.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
    };
    let mut work = Box::pin(async { tokio::join!(feed, read(stdout), read(stderr)) });
    let stopped = tokio::select! {
        biased;
        _ = cancelled => Some(Ended::Cancelled),
        () = tokio::time::sleep(job.limit) => Some(Ended::TimedOut),
        ((), stdout, stderr) = &mut work => {
            let status = wait(&mut child).await?;
            return Ok(Outcome { ended: Ended::Exited(status), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() });
        }
    };
    kill(&mut child).await;
    Ok(Outcome { ended: stopped.unwrap_or(Ended::Cancelled), stdout: Vec::new(), stderr: String::new() })
}

fn spawn(job: &Job, scratch: &Path) -> std::io::Result<Child> {
    let program = match &job.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?,
    };
    let mut command = Command::new(program);
    command.args(&job.arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.stdin(if job.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    command.env("TMPDIR", scratch).env(crate::child::ENDS_WITH_PARENT, std::process::id().to_string());
    if let Some(kept) = &job.kept {
        command.env(crate::kept::ENVIRONMENT, kept);
    }
    if let Some(directory) = &job.directory {
        command.current_dir(directory);
    }
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = (&mut pipe).take(MAX_OUTPUT).read_to_end(&mut bytes).await;
        // The rest is read and thrown away, or the child would wait for ever.
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    bytes
}

/// Both pipes are closed, so the child is about to end; one that is not is killed.
async fn wait(child: &mut Child) -> std::io::Result<ExitStatus> {
    match tokio::time::timeout(Duration::from_secs(5), child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            kill(child).await;
            child.wait().await
        }
    }
}

/// Ends the child and the processes that it started, and collects its status.
async fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = child.id().and_then(|id| rustix::process::Pid::from_raw(id as i32)) {
        // The child leads a process group of its own, and it is not collected yet, so the number is still its.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.start_kill();
    let _ = child.wait().await;
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::time::Instant;

    use super::*;

    /// Runs a shell script, and says what became of it and how many seconds that took.
    fn shell(script: &str, stdin: Option<&str>, limit: f64, cancel_after: Option<f64>) -> (Outcome, f64) {
        let job = Job {
            program: Some("/bin/sh".into()),
            arguments: vec!["-c".into(), script.into()],
            stdin: stdin.map(Arc::from),
            directory: None,
            kept: None,
            limit: Duration::from_secs_f64(limit),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let started = Instant::now();
        let outcome = runtime.block_on(async {
            let (cancel, cancelled) = oneshot::channel();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs_f64(cancel_after.unwrap_or(1e6))).await;
                drop(cancel);
            });
            run(job, cancelled).await
        });
        (outcome.expect("a shell"), started.elapsed().as_secs_f64())
    }

    #[test]
    fn a_child_reads_its_text_and_answers() {
        let text = "x".repeat(1 << 20);
        let (outcome, _) = shell("wc -c; echo no >&2; exit 3", Some(&text), 60.0, None);
        assert_eq!(String::from_utf8_lossy(&outcome.stdout).trim(), "1048576");
        assert_eq!(outcome.stderr, "no\n");
        assert!(matches!(outcome.ended, Ended::Exited(status) if status.code() == Some(3)));
    }

    #[test]
    fn a_child_that_crashes_is_told_from_one_that_ends() {
        let (outcome, _) = shell("kill -SEGV $$", None, 60.0, None);
        assert!(matches!(outcome.ended, Ended::Exited(status) if status.signal() == Some(11)));
    }

    #[test]
    fn a_child_that_does_not_end_is_killed_with_what_it_started() {
        let (outcome, seconds) = shell("sleep 1000 & sleep 1000", None, 0.2, None);
        assert_eq!(outcome.ended, Ended::TimedOut);
        assert!(seconds < 30.0);
    }

    #[test]
    fn a_child_is_killed_when_nobody_wants_its_answer() {
        let (outcome, seconds) = shell("exec sleep 1000", None, 1000.0, Some(0.1));
        assert_eq!(outcome.ended, Ended::Cancelled);
        assert!(seconds < 30.0);
    }
}
