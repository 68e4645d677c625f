//! Compiled code in a process of its own.
//!
//! A kernel may loop for ever, exhaust memory, overflow the stack or, without bounds checks, write anywhere. So the
//! binary starts itself with a hidden command, hands over a request in a directory of temporary files, and reads the
//! answer from there. Whatever happens to the child is a message here.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The hidden command by which the binary starts itself.
pub(crate) const COMMAND: &str = "__child";

/// The number of the process that this one must not outlive.
pub(crate) const ENDS_WITH_PARENT: &str = "JITCHECK_ENDS_WITH_PARENT";

/// How far a child may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub timeout: Duration,
    /// In MiB.
    pub memory: u64,
}

/// How a child ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It answered, and this is what the kernel printed.
    Answered(Value, String),
    TimedOut,
    /// Why it did not answer, for people.
    Crashed(String),
}

/// Starts the binary on the request in this directory (`request.json`), and waits for its answer.
pub(crate) fn run(directory: &Path, limits: Limits) -> Result<Ended, String> {
    let binary = std::env::current_exe().map_err(|error| format!("our own binary is gone: {error}"))?;
    let mut child = Command::new(binary)
        .arg(COMMAND)
        .arg(directory)
        .env(ENDS_WITH_PARENT, std::process::id().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("a child process cannot be started: {error}"))?;
    let printed = drain(child.stdout.take());
    let said = drain(child.stderr.take());
    let status = wait(&mut child, limits.timeout).map_err(|error| error.to_string())?;
    let printed = printed.join().unwrap_or_default();
    let said = said.join().unwrap_or_default();
    let Some(status) = status else { return Ok(Ended::TimedOut) };
    let answer = std::fs::read_to_string(directory.join("answer.json")).ok();
    match answer.and_then(|text| serde_json::from_str(&text).ok()) {
        Some(answer) if status.success() => Ok(Ended::Answered(answer, printed)),
        _ => Ok(Ended::Crashed(why(status, &said, limits))),
    }
}

/// Waits for a process; one that takes longer is killed, and there is no status.
pub(crate) fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now().checked_add(timeout);
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Reads a pipe on a thread of its own, so that the child never waits for us. What is too long to look at is cut.
fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(16 << 20).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn why(status: ExitStatus, said: &str, limits: Limits) -> String {
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if said.contains("memory allocation") {
        return format!("the kernel needs more memory than the limit of {} MiB", limits.memory);
    }
    if said.contains("stack overflow") {
        return "the kernel overflowed the stack".to_owned();
    }
    match signal(status) {
        Some(signal) => format!("the kernel crashed ({signal})"),
        None if last.is_empty() => format!("the kernel's process ended with {status}"),
        None => format!("the kernel's process ended with {status}: {last}"),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    let number = status.signal()?;
    let name = match number {
        4 => "SIGILL: an impossible instruction",
        6 => "SIGABRT: aborted",
        7 => "SIGBUS: a bad memory access",
        8 => "SIGFPE: an integer division that the processor refuses",
        9 => "SIGKILL: killed, perhaps for want of memory",
        11 => "SIGSEGV: a memory access out of bounds, or a stack overflow",
        24 => "SIGXCPU: too much processor time",
        25 => "SIGXFSZ: a file that is too large",
        _ => return Some(format!("signal {number}")),
    };
    Some(name.to_owned())
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<String> {
    None
}

/// Holds the child itself to its limits, before it compiles anything.
pub(crate) fn limit_self(memory: u64) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // What is mapped already, the stack of the kernel's thread above all, is not the kernel's doing.
        let bytes = memory.saturating_mul(1 << 20).saturating_add(mapped());
        let limit = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
        // A limit that cannot be set, because a lower one holds, is there already.
        let _ = setrlimit(Resource::As, limit(bytes));
        let _ = setrlimit(Resource::Core, limit(0));
        // An answer is never larger than the memory that it was made in.
        let _ = setrlimit(Resource::Fsize, limit(bytes));
    }
    #[cfg(not(unix))]
    let _ = memory;
}

/// Has the system end this process when the one that started it ends, where the system can. `parent` is the number of
/// that process: it may have ended already.
pub(crate) fn end_with_parent(parent: &str) {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
        let now = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
        if parent.parse().is_ok_and(|parent: i32| parent != now) {
            std::process::exit(1);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = parent;
}

/// The bytes of address space in use.
#[cfg(target_os = "linux")]
fn mapped() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(1 << 20) << 10
}

#[cfg(all(unix, not(target_os = "linux")))]
fn mapped() -> u64 {
    1 << 30
}
