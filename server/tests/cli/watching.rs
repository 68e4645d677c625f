//! `check --watch`: what changes is answered, and nothing else is.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::{KERNELS, Project, command};

const PATIENCE: Duration = Duration::from_secs(20);

/// A watching process, stopped with the test.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watching {
    fn start(project: &Project) -> Watching {
        let mut child = command(project.0.path())
            .args(["check", "--watch", "--output-format", "concise"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Watching { child, lines }
    }

    /// Reads on until a line of the output contains the text.
    fn wait_for(&self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = String::new();
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            seen.push_str(&line);
            seen.push('\n');
        }
        panic!("`{text}` is not printed: {seen}");
    }
}

#[test]
fn a_saved_edit_is_answered_in_all_files_that_it_concerns() {
    let project = Project::new(&[
        ("size.py", "SHAPE = (3, 4)\n"),
        (
            "kernels.py",
            "import numpy as np\nfrom numba import njit\nfrom size import SHAPE\n\n\n@njit\ndef f():\n    return np.zeros(SHAPE)\n",
        ),
    ]);
    let watching = Watching::start(&project);
    watching.wait_for("All checks passed");
    project.write("size.py", "SHAPE = [3, 4]\n");
    watching.wait_for("kernels.py:8:");
    project.write("size.py", "SHAPE = (3, 5)\n");
    watching.wait_for("All checks passed");
    project.write("new.py", KERNELS);
    watching.wait_for("new.py:7:21: error[list-as-shape]");
    project.write("sub/folder/deep.py", KERNELS);
    watching.wait_for("deep.py:7:21: error[list-as-shape]");
    std::fs::remove_dir_all(project.0.path().join("sub")).expect("it goes");
    std::fs::remove_file(project.0.path().join("new.py")).expect("it goes");
    watching.wait_for("All checks passed");
}

#[test]
fn a_configuration_that_breaks_and_heals_is_followed() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    let watching = Watching::start(&project);
    watching.wait_for("list-as-shape");
    project.write("jitcheck.toml", "ignore = [\"list-as-shape\", \"unused-ignore\"]\n");
    watching.wait_for("All checks passed");
    project.write("jitcheck.toml", "ignore = [\n");
    project.write("jitcheck.toml", "ignore = [\"unused-ignore\"]\n");
    watching.wait_for("error[list-as-shape]");
}
