//! A hundred random kernels under jitcheck and under Numba.
//!
//! Needs a Python with NumPy and Numba: `JITCHECK_TEST_PYTHON`, which `tests/run.sh` sets.

use std::path::Path;
use std::process::Command;

#[test]
fn random_kernels_give_numbas_results() {
    let python = std::env::var("JITCHECK_TEST_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/fuzz.py");
    let output = Command::new(python)
        .arg(script)
        .args(["--jitcheck", env!("CARGO_BIN_EXE_jitcheck"), "--count", "100", "--batch", "100"])
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("numba: same"), "{said}\n{complained}");
}
