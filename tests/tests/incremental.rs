//! What an edit must not compute again. Each test edits a file of three kernels and counts inferences.

use std::path::Path;
use std::sync::{Arc, Mutex};

use analyzer::{Host, NoFiles, Settings};

const PATH: &str = "/project/kernels.py";

const KERNELS: &str = r#"import numpy as np
from numba import njit

SCALE = 2.0


@njit("float64(float64)")
def first(x):
    return x * SCALE


@njit("float64(float64)")
def second(x):
    return first(x) + 1.0


@njit("float64[::1](int64)")
def third(n):
    return np.zeros([n, 2])
"#;

struct Session {
    host: Host,
    log: Arc<Mutex<Vec<String>>>,
}

impl Session {
    fn open(text: &str) -> Session {
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = log.clone();
        let record =
            move |event: &str| sink.lock().expect("no test panics while logging").push(event.to_string());
        let mut host = Host::with_log(Arc::new(NoFiles), Settings::default(), Some(Arc::new(record)));
        host.set_text(Path::new(PATH), Some(text));
        let session = Session { host, log };
        session.check();
        session.taken();
        session
    }

    fn check(&self) -> Vec<(u32, &'static str)> {
        let found = self.host.snapshot().diagnostics(Path::new(PATH));
        found.into_iter().map(|diagnostic| (diagnostic.start, diagnostic.rule.code)).collect()
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().expect("no test panics while logging"))
    }

    /// How many specializations an edit infers again.
    fn inferred_after(&mut self, text: &str) -> usize {
        self.host.set_text(Path::new(PATH), Some(text));
        self.check();
        self.taken().iter().filter(|event| event.contains("infer_query")).count()
    }
}

fn edited(from: &str, to: &str) -> usize {
    let text = KERNELS.replace(from, to);
    assert_ne!(text, KERNELS, "the edit changes something");
    Session::open(KERNELS).inferred_after(&text)
}

#[test]
fn opening_a_file_infers_every_kernel_once() {
    let mut session = Session::open("");
    assert_eq!(session.inferred_after(KERNELS), 3);
}

#[test]
fn an_edit_in_one_kernel_infers_only_that_kernel() {
    assert_eq!(edited("np.zeros([n, 2])", "np.zeros((n, 2))"), 1);
}

#[test]
fn a_caller_is_left_alone_while_its_callee_returns_the_same_type() {
    assert_eq!(
        edited("return x * SCALE", "return x * SCALE + 3.0"),
        2,
        "the callee, and the caller that looks at it"
    );
}

#[test]
fn a_blank_line_or_a_comment_between_kernels_infers_none() {
    assert_eq!(edited("SCALE = 2.0\n", "SCALE = 2.0\n\n# a comment\n\n"), 0);
    assert_eq!(edited("\n\n@njit(\"float64[", "\n\n\n\n\n@njit(\"float64["), 0);
}

#[test]
fn a_comment_or_spaces_inside_a_kernel_infer_none() {
    assert_eq!(edited("return x * SCALE", "return x * SCALE  # doubled"), 0);
    assert_eq!(edited("return x * SCALE", "return x   *   SCALE"), 0);
    assert_eq!(edited("return x * SCALE", "# first\n\n    return x * SCALE"), 0);
}

#[test]
fn a_constant_that_changes_infers_its_readers() {
    assert_eq!(edited("SCALE = 2.0", "SCALE = 2"), 2, "the reader, and the caller that looks at its result");
    assert_eq!(edited("SCALE = 2.0", "SCALE = 3.0"), 1, "no type changes, so the caller is left alone");
}

#[test]
fn an_unrelated_global_infers_none() {
    assert_eq!(edited("SCALE = 2.0", "SCALE = 2.0\nOTHER = 1"), 0);
}

#[test]
fn findings_move_with_the_text() {
    let mut session = Session::open(KERNELS);
    let before = session.check();
    let moved = KERNELS.replace("SCALE = 2.0\n", "SCALE = 2.0\n# moved\n");
    assert_eq!(session.inferred_after(&moved), 0);
    let after = session.check();
    let shifted: Vec<_> = before.iter().map(|(start, code)| (start + 8, *code)).collect();
    assert_eq!(after, shifted);
}

#[test]
fn the_answer_after_edits_is_that_of_a_fresh_start() {
    let mut session = Session::open(KERNELS);
    for (from, to) in [("[n, 2]", "(n, 2)"), ("x * SCALE", "x * 'a'"), ("SCALE = 2.0", "SCALE = (1, 2)")] {
        let text = KERNELS.replace(from, to);
        session.inferred_after(&text);
        assert_eq!(session.check(), Session::open(&text).check(), "{from} -> {to}");
    }
}

fn found(host: &Host) -> Vec<(u32, String)> {
    let found = host.snapshot().diagnostics(Path::new(PATH));
    found.into_iter().map(|diagnostic| (diagnostic.start, diagnostic.message)).collect()
}

#[test]
fn a_frozen_host_answers_as_another_one_and_takes_edits_all_the_same() {
    let mut host = Host::frozen(Arc::new(NoFiles), Settings::default(), vec![PATH.into()]);
    host.set_text(Path::new(PATH), Some(KERNELS));
    let mut other = Host::new(Arc::new(NoFiles), Settings::default());
    other.set_text(Path::new(PATH), Some(KERNELS));
    let before = found(&host);
    assert!(!before.is_empty());
    assert_eq!(before, found(&other));

    let right = KERNELS.replace("np.zeros([n, 2])", "np.zeros(n)");
    for text in [right.as_str(), KERNELS] {
        host.set_text(Path::new(PATH), Some(text));
        other.set_text(Path::new(PATH), Some(text));
        assert_eq!(found(&host), found(&other));
    }
    assert_eq!(found(&host), before);
    host.set_settings(Settings { numba: (0, 60), ..Settings::default() });
    host.set_workspace(Vec::new());
    assert_eq!(found(&host), before);
}
