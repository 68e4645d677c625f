//! Kernels that loop, recurse, allocate or write where they must not: each is an answer, and nothing is left behind.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

struct Place {
    scratch: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { scratch: tempfile::tempdir().expect("a directory") }
    }

    fn command(&self, function: &str, options: &[&str]) -> Command {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/isolation/kernels.py");
        let mut command = Command::new(env!("CARGO_BIN_EXE_jitcheck"));
        command.arg("run").arg(format!("{}::{function}", file.display())).args(options);
        command.env("TMPDIR", self.scratch.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, function: &str, options: &[&str]) -> Output {
        self.command(function, options).output().expect("the binary starts")
    }

    /// The directories of requests, and the processes that work on them.
    fn left(&self) -> (Vec<PathBuf>, Vec<String>) {
        let directories = std::fs::read_dir(self.scratch.path()).expect("a directory").flatten();
        let name = self.scratch.path().display().to_string();
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
        (directories.map(|entry| entry.path()).collect(), lines.filter(|line| line.contains(&name)).collect())
    }

    fn wait_until(&self, what: &str, done: impl Fn(&(Vec<PathBuf>, Vec<String>)) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let left = self.left();
            if done(&left) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn assert_clean(&self) {
        self.wait_until("nothing is left", |(directories, processes)| {
            directories.is_empty() && processes.is_empty()
        });
    }
}

/// The exit code, and all that was said.
fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    (output.status.code(), text.concat())
}

#[test]
fn a_kernel_that_misbehaves_is_an_answer_with_its_reason() {
    let cases: [(&str, &[&str], &str); 7] = [
        ("forever", &["--timeout", "1"], "stopped after 1 s"),
        ("deep", &[], "overflowed the stack"),
        ("eat", &["--memory", "512"], "MemoryError"),
        ("eat_list", &["--memory", "512"], "MemoryError"),
        ("wild", &["--no-boundscheck"], "SIGSEGV"),
        ("wild", &[], "IndexError"),
        ("divide", &[], "ZeroDivisionError: "),
    ];
    let place = Place::new();
    for (function, options, reason) in cases {
        let (code, text) = said(&place.run(function, options));
        assert_eq!(code, Some(1), "{function} {options:?}: {text}");
        assert!(text.contains(reason), "{function} {options:?}: {text}");
        place.assert_clean();
    }
}

#[test]
fn the_smallest_integer_divided_by_minus_one_does_not_trap() {
    let (code, text) = said(&Place::new().run("smallest", &[]));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("-9223372036854775808"), "{text}");
}

#[test]
fn what_a_kernel_prints_is_cut_not_kept() {
    let output = Place::new().run("talk", &["--timeout", "120"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.len() + output.stderr.len() < 64 << 20);
}

fn start(place: &Place) -> Child {
    let mut command = place.command("forever", &["--timeout", "600"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    place.wait_until("the kernel runs", |(_, processes)| !processes.is_empty());
    child
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_run_takes_its_kernel_and_its_files_along() {
    let place = Place::new();
    let mut child = start(&place);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    assert_eq!(child.wait().expect("a status").code(), Some(130));
    place.assert_clean();
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_run_takes_its_kernel_along() {
    let place = Place::new();
    let mut child = start(&place);
    child.kill().expect("it is killed");
    child.wait().expect("a status");
    place.wait_until("the kernel is gone", |(_, processes)| processes.is_empty());
}
