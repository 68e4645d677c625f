//! The example kernels, end to end: checked, compiled, run, and compared with CPython and Numba.
//!
//! Needs a Python with NumPy and Numba: `JITCHECK_TEST_PYTHON`, which `tests/run.sh` sets.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn kernels() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/kernels")
}

fn python() -> String {
    std::env::var("JITCHECK_TEST_PYTHON").unwrap_or_else(|_| "python3".to_string())
}

fn jitcheck(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jitcheck")).args(args).output().expect("the binary starts")
}

fn json(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}\nstdout: {text}\nstderr: {}", String::from_utf8_lossy(&output.stderr))
    })
}

/// Runs a kernel and compares the result with Python and Numba.
fn verified(file: &str, function: &str) -> serde_json::Value {
    let target = format!("{}::{function}", kernels().join(file).display());
    let python = python();
    let answer =
        json(&jitcheck(&["run", &target, "--python", &python, "--verify", "--output-format", "json"]));
    assert_eq!(answer["verified"], true, "{file}: {answer}");
    answer
}

#[test]
fn every_example_kernel_gives_pythons_and_numbas_result() {
    let functions = [
        "calculate_sum",
        "distance_matrix",
        "nested_loop",
        "polynomial",
        "sincos",
        "stable_type",
        "sum_array",
        "sum_of_squares",
        "unstable_type",
    ];
    for function in functions {
        verified(&format!("{function}.py"), function);
    }
    let decision = verified("decision.py", "decide");
    assert_eq!(decision["function"], "decide");
}

#[test]
fn the_decision_as_first_written_fails_in_six_places_at_once() {
    let file = kernels().join("decision_first.py");
    let output = jitcheck(&["check", &file.display().to_string(), "--output-format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings = json(&output);
    let found: Vec<(u64, &str)> = findings
        .as_array()
        .expect("an array of findings")
        .iter()
        .map(|finding| {
            let row = finding["location"]["row"].as_u64().expect("a row");
            (row, finding["code"].as_str().expect("a code"))
        })
        .collect();
    let shape = "list-as-shape";
    let expected =
        [(12, "type-instability"), (14, shape), (15, shape), (17, shape), (24, shape), (39, "list-argument")];
    assert_eq!(found, expected);
}

#[test]
fn fixes_turn_the_shapes_into_tuples_and_leave_the_rest() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("decision.py");
    std::fs::copy(kernels().join("decision_first.py"), &copy).expect("the example is readable");
    let path = copy.display().to_string();
    jitcheck(&["check", "--fix", &path]);
    let text = std::fs::read_to_string(&copy).expect("the fixed file is text");
    assert_eq!(text.matches("(nd, 1000)").count(), 4);
    assert!(!text.contains("[nd, 1000]"));
    let findings = json(&jitcheck(&["check", &path, "--output-format", "json"]));
    let codes: Vec<&str> = findings
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect();
    assert_eq!(codes, ["type-instability", "list-argument"]);
}

#[test]
fn a_kernel_that_never_ends_is_stopped_and_said_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("endless.py");
    let text = "from numba import njit\n\n\n@njit\ndef endless(n):\n    while n > 0:\n        n += 1\n    return n\n";
    std::fs::write(&file, text).expect("the folder is writable");
    let target = format!("{}::endless", file.display());
    let output = jitcheck(&["run", &target, "--arg", "n=1", "--timeout", "1", "--output-format", "json"]);
    assert_ne!(output.status.code(), Some(0));
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("time"), "{said}");
}

#[test]
fn an_index_out_of_bounds_raises_pythons_error_with_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("beyond.py");
    let text = "from numba import njit\n\n\n@njit\ndef beyond(a):\n    return a[len(a)]\n";
    std::fs::write(&file, text).expect("the folder is writable");
    let target = format!("{}::beyond", file.display());
    let arg = "a=np.array([1.0, 2.0])";
    let answer = json(&jitcheck(&["run", &target, "--arg", arg, "--output-format", "json"]));
    assert_eq!(answer["exception"]["class"], "IndexError");
    assert_eq!(answer["exception"]["line"], 6);
}
