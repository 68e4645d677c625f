//! Files that are no Python, or too much of it: each gets its answer, and the other files are checked.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const GOOD: &str = "import numpy as np\nfrom numba import njit\n\n\n@njit(\"float64[::1](int64)\")\ndef f(n):\n    return np.zeros([n, 2])\n";

fn check(directory: &Path, path: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jitcheck"))
        .args(["check", "--isolated", "--output-format", "concise", path])
        .current_dir(directory)
        .output()
        .expect("the binary starts")
}

/// The exit code and all that is said of one file.
fn checked(name: &str, bytes: &[u8]) -> (Option<i32>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join(name), bytes).expect("a file");
    let output = check(directory.path(), name);
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    (output.status.code(), text.concat())
}

fn with(more: &str) -> Vec<u8> {
    format!("{GOOD}{more}").into_bytes()
}

#[test]
fn text_in_any_dress_is_read() {
    let dresses: [(&str, Vec<u8>); 5] = [
        ("bom.py", [b"\xef\xbb\xbf", GOOD.as_bytes()].concat()),
        ("crlf.py", GOOD.replace('\n', "\r\n").into_bytes()),
        ("cr.py", GOOD.replace('\n', "\r").into_bytes()),
        ("feed.py", GOOD.replace("\n\n\n", "\n\x0c\n\n").into_bytes()),
        ("tabs.py", GOOD.replace("    ", "\t").into_bytes()),
    ];
    for (name, bytes) in dresses {
        let (code, text) = checked(name, &bytes);
        assert_eq!(code, Some(1), "{name}: {text}");
        assert!(text.contains(":7:") && text.contains("list-as-shape"), "{name}: {text}");
    }
}

#[test]
fn what_is_no_text_is_named_with_the_reason() {
    let files: [(&str, Vec<u8>, &str); 6] = [
        ("latin.py", [GOOD.as_bytes(), b"# caf\xe9\n"].concat(), "is not valid UTF-8 (line 8)"),
        ("wide.py", GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect(), "is a binary file"),
        ("data.py", (0..=255).collect(), "is a binary file"),
        ("broken.ipynb", b"{\"cells\": [".to_vec(), "isn't valid JSON"),
        ("list.ipynb", b"[]".to_vec(), "schema"),
        ("huge.py", vec![b'#'; 70 << 20], "is too large"),
    ];
    for (name, bytes, reason) in files {
        let (code, text) = checked(name, &bytes);
        assert_eq!(code, Some(2), "{name}: {text}");
        assert!(text.contains(name) && text.contains(reason), "{name}: {text}");
    }
}

#[test]
fn python_2_and_half_typed_code_are_syntax_errors_beside_the_others() {
    for more in
        ["print \"x\"\n", "def g(:\n", "@njit\ndef g(a):\n    return a[", "x = 'abc\n", "class\n", "\"\"\""]
    {
        let (code, text) = checked("half.py", &with(more));
        assert_eq!(code, Some(1), "{more}: {text}");
        assert!(text.contains("syntax-error") && text.contains("list-as-shape"), "{more}: {text}");
    }
}

#[test]
fn depth_and_length_are_survived() {
    const DEEP: usize = 10_000;
    let nested = |open: &str, inner: &str, close: &str| {
        with(&format!("@njit\ndef g(a):\n    return {}{inner}{}\n", open.repeat(DEEP), close.repeat(DEEP)))
    };
    let ifs: String = (1..1000).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect();
    let files: [(&str, Vec<u8>); 8] = [
        ("parentheses", nested("(", "a", ")")),
        ("lists", nested("[", "a", "]")),
        ("signs", nested("-", "a", "")),
        ("attributes", nested("", "a", ".T")),
        ("sums", nested("a + ", "a", "")),
        ("ifs", with(&format!("@njit\ndef g(a):\n{ifs}{}return a\n", " ".repeat(1000)))),
        ("statements", with(&format!("@njit\ndef g(a):\n{}    return a\n", "    a = a + 1\n".repeat(5000)))),
        ("line", with(&format!("x = \"{}\"\n", "a".repeat(10 << 20)))),
    ];
    let directory = tempfile::tempdir().expect("a directory");
    for (name, bytes) in files {
        std::fs::write(directory.path().join(format!("{name}.py")), bytes).expect("a file");
    }
    let output = check(directory.path(), ".");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.matches("list-as-shape").count(), 8, "{text}");
}

#[test]
fn a_module_of_megabytes_is_read_once() {
    let assignments: String = (0..200_000).map(|number| format!("name_{number} = {number}\n")).collect();
    let (code, text) = checked("long.py", &with(&assignments));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("list-as-shape"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_directory_with_traps_is_walked() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("good.py"), GOOD).expect("a file");
    std::fs::write(at("data.py"), [0; 64]).expect("a file");
    std::fs::create_dir(at("folder.py")).expect("a directory");
    std::fs::write(at("folder.py/inner.py"), GOOD).expect("a file");
    for (link, target) in [("loop.py", "loop.py"), ("self", "."), ("dangling.py", "nowhere.py")] {
        std::os::unix::fs::symlink(target, at(link)).expect("a link");
    }
    assert!(Command::new("mkfifo").arg(at("pipe.py")).status().expect("mkfifo").success());
    let output = check(directory.path(), ".");
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}{said}");
    assert_eq!(text.matches("list-as-shape").count(), 2, "{text}");
    assert!(said.contains("data.py: is a binary file"), "{said}");
    let named = check(directory.path(), "pipe.py");
    assert_eq!(named.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&named.stderr).contains("pipe.py: is not a regular file"));
}

/// A few seconds in every run; `JITCHECK_FUZZ_SECONDS` takes longer, `JITCHECK_SEED` makes another choice.
#[test]
fn damaged_notebooks_are_named_and_the_others_checked() {
    let setting = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let cell = |kind: &str, text: &str| {
        serde_json::json!({
            "cell_type": kind, "metadata": {}, "outputs": [], "execution_count": null,
            "source": text.split_inclusive('\n').collect::<Vec<_>>(),
        })
    };
    let notebook = serde_json::json!({
        "cells": [cell("markdown", "# Kernels\n"), cell("code", "%time\nimport numpy as np\n"), cell("code", GOOD)],
        "metadata": { "language_info": { "name": "python" } }, "nbformat": 4, "nbformat_minor": 5,
    });
    let good = notebook.to_string().into_bytes();
    let seed = setting("JITCHECK_SEED", 1);
    let mut rng = fastrand::Rng::with_seed(seed);
    let end = Instant::now() + Duration::from_secs(setting("JITCHECK_FUZZ_SECONDS", 2));
    while Instant::now() < end {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("good.py"), GOOD).expect("a file");
        for number in 0..40 {
            let bytes = damaged(&good, &mut rng);
            std::fs::write(directory.path().join(format!("n{number}.ipynb")), bytes).expect("a file");
        }
        let output = check(directory.path(), ".");
        let (text, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(matches!(output.status.code(), Some(1 | 2)), "seed {seed}: {said}");
        assert!(!said.contains("internal error"), "seed {seed}: {said}");
        assert!(text.contains("good.py:7"), "seed {seed}: {text}");
    }
}

/// Bytes that change, stretches that go or come twice, an end that is cut off.
fn damaged(good: &[u8], rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..rng.usize(1..5) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.usize(..bytes.len());
        let end = (at + rng.usize(1..30)).min(bytes.len());
        match rng.u8(..5) {
            0 => bytes[at] = rng.u8(..),
            1 => bytes[at] = b"{}[]\",:0n\\"[rng.usize(..10)],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ if rng.u8(..6) == 0 => bytes.truncate(at.max(1)),
            _ => {}
        }
    }
    bytes
}
