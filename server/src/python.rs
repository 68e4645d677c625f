//! The user's Python: which one it is, and the helper script that runs in it.
//!
//! It makes arguments that are more than literals, and does the same call again for comparison. Kernels that are
//! compiled never need it.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::scratch;

/// Run as `python -c HELPER`; reads a request as JSON from stdin, and writes the answer as JSON to a file.
const HELPER: &str = include_str!("python/helper.py");

/// The Python to use: `--python`, the active environment, else `python3`.
pub(crate) fn find(given: Option<&Path>) -> PathBuf {
    if let Some(python) = given {
        return python.to_path_buf();
    }
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        if let Some(environment) = std::env::var_os(variable).filter(|value| !value.is_empty()) {
            let inside = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
            let python = Path::new(&environment).join(inside);
            if python.exists() {
                return python;
            }
        }
    }
    let names = if cfg!(windows) { ["python.exe", "python3.exe"] } else { ["python3", "python"] };
    names.into_iter().find(|name| on_path(name)).unwrap_or("python3").into()
}

pub(crate) fn on_path(name: &str) -> bool {
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
}

/// Asks the helper. What the user's code prints goes to stderr.
pub(crate) fn ask(python: &Path, request: &Value, timeout: Duration) -> Result<Value, String> {
    let name = python.display();
    let directory = scratch::directory()?;
    let answer = directory.path().join("answer.json");
    let question = directory.path().join("request.json");
    std::fs::write(&question, request.to_string()).map_err(|error| error.to_string())?;
    let mut child = Command::new(python)
        .env_remove(crate::child::ENDS_WITH_PARENT)
        .arg("-c")
        .arg(HELPER)
        .arg(&question)
        .arg(&answer)
        .stdin(Stdio::null())
        .stdout(Stdio::from(std::io::stderr()))
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let stderr = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    let status = crate::child::wait(&mut child, timeout).map_err(|error| format!("{name}: {error}"))?;
    let said = reader.join().unwrap_or_default();
    let Some(status) = status else {
        return Err(format!("{name} took longer than {} s", timeout.as_secs_f64()));
    };
    let Ok(text) = std::fs::read_to_string(&answer) else {
        let last = said.trim_end().lines().last().unwrap_or_default().to_owned();
        return Err(format!("{name} ended with {status}: {last}"));
    };
    if !said.trim().is_empty() {
        eprint_raw(&said);
    }
    let answer: Value = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    match answer.get("error").and_then(Value::as_str) {
        Some(message) if message.contains("ModuleNotFoundError") => {
            Err(format!("{message} (in {name}; --python names another)"))
        }
        Some(message) => Err(format!("{message} (in {name})")),
        None => Ok(answer),
    }
}

fn eprint_raw(text: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}

/// What a Python says about itself.
pub(crate) struct About {
    pub version: String,
    /// Names and versions of the packages that matter; `None` where missing.
    pub packages: Vec<(String, Option<String>)>,
}

pub(crate) fn about(python: &Path) -> Result<About, String> {
    let answer = ask(python, &serde_json::json!({ "do": "about" }), Duration::from_secs(20))?;
    let packages = answer["packages"].as_object().into_iter().flatten();
    Ok(About {
        version: answer["version"].as_str().unwrap_or("?").to_owned(),
        packages: packages
            .map(|(name, version)| (name.clone(), version.as_str().map(str::to_owned)))
            .collect(),
    })
}

/// How long something took, in milliseconds.
pub(crate) fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
