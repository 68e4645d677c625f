//! The commands behind the code lenses: each becomes a child process, and its JSON becomes the answer.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use analyzer::query::KernelInfo;
use dashmap::DashMap;
use rustc_hash::FxHasher;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{MessageType, Url};

use super::child::{Ended, Job, Outcome};
use super::documents::Document;
use super::from_proto;
use super::settings::Config;

/// What a client may ask for with `workspace/executeCommand`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run,
    Bench,
    Verify,
    ShowTypes,
    ShowAssembly,
}

impl Command {
    pub(crate) const ALL: [Command; 5] = [
        Command::Run,
        Command::Bench,
        Command::Verify,
        Command::ShowTypes,
        Command::ShowAssembly,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Command::Run => "jitcheck.run",
            Command::Bench => "jitcheck.bench",
            Command::Verify => "jitcheck.verify",
            Command::ShowTypes => "jitcheck.showTypes",
            Command::ShowAssembly => "jitcheck.showAssembly",
        }
    }

    pub(crate) fn find(name: &str) -> Option<Command> {
        Command::ALL.into_iter().find(|command| command.name() == name)
    }

    /// On the lens.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Command::Run => "▶ Run",
            Command::Bench => "⏱ Benchmark",
            Command::Verify => "✓ Verify",
            Command::ShowTypes => "Types",
            Command::ShowAssembly => "Assembly",
        }
    }

    /// Beside a progress bar.
    pub(crate) fn activity(self) -> &'static str {
        match self {
            Command::Run => "Running",
            Command::Bench => "Benchmarking",
            Command::Verify => "Verifying",
            Command::ShowTypes => "Typing",
            Command::ShowAssembly => "Compiling",
        }
    }
}

/// One call of a command: `[uri, function]` or `[uri, function, options]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub command: Command,
    pub uri: Url,
    /// Python's `__qualname__`.
    pub function: String,
    pub options: Options,
}

/// What a client may say about a call besides the function; the settings say the rest.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Options {
    /// Arguments by name, as Python expressions.
    pub args: BTreeMap<String, String>,
    pub boundscheck: Option<bool>,
    pub timeout: Option<f64>,
    pub memory: Option<u64>,
    pub against: Option<Vec<String>>,
}

impl Call {
    pub(crate) fn parse(name: &str, arguments: Vec<Value>) -> Result<Call, String> {
        let command = Command::find(name).ok_or_else(|| format!("there is no command `{name}`"))?;
        let usage = || format!("`{name}` takes a document's URI, a function's name, and perhaps options");
        let mut arguments = arguments.into_iter();
        let (Some(Value::String(uri)), Some(Value::String(function))) = (arguments.next(), arguments.next())
        else {
            return Err(usage());
        };
        let uri = Url::parse(&uri).map_err(|why| format!("`{uri}` is no URI: {why}"))?;
        let options = match arguments.next() {
            None | Some(Value::Null) => Options::default(),
            Some(options) => {
                serde_json::from_value(options).map_err(|why| format!("options of `{name}`: {why}"))?
            }
        };
        Ok(Call {
            command,
            uri,
            function,
            options,
        })
    }

    pub(crate) fn path(&self) -> PathBuf {
        from_proto::path(&self.uri)
    }

    /// The child that carries it out, over the text as the editor has it.
    pub(crate) fn job(&self, config: &Config, document: &Document) -> Job {
        let timeout = self
            .options
            .timeout
            .unwrap_or(config.user.run.timeout)
            .clamp(0.01, 24.0 * 3600.0);
        let saved = std::fs::read(&document.path).is_ok_and(|disk| disk == document.text.as_bytes());
        // Starting, compiling and the user's Python come on top of what the kernel may take.
        let slack = if matches!(self.command, Command::Run) {
            15.0
        } else {
            60.0 + timeout
        };
        let parent = document.path.parent().filter(|it| it.is_dir());
        Job {
            program: None,
            arguments: self.arguments(config, &document.path, timeout, !saved),
            stdin: (!saved).then(|| Arc::clone(&document.text)),
            directory: parent.map(Path::to_path_buf),
            limit: Duration::from_secs_f64(timeout + slack),
        }
    }

    fn arguments(&self, config: &Config, path: &Path, timeout: f64, stdin: bool) -> Vec<OsString> {
        let user = &config.user;
        let mut words: Vec<OsString> = match self.command {
            Command::Run => vec!["run".into()],
            Command::Verify => vec!["run".into(), "--verify".into()],
            Command::Bench => vec!["bench".into()],
            Command::ShowTypes => vec!["run".into(), "--emit".into(), "types".into()],
            Command::ShowAssembly => vec!["run".into(), "--emit".into(), "asm".into()],
        };
        words.extend(["--output-format".into(), "json".into()]);
        words.extend(["--timeout".into(), timeout.to_string().into()]);
        let memory = self.options.memory.unwrap_or(user.run.memory);
        words.extend(["--memory".into(), memory.to_string().into()]);
        // A benchmark leaves the checks out unless asked, as Numba does.
        let checked = self
            .options
            .boundscheck
            .or((self.command != Command::Bench).then_some(user.run.boundscheck));
        words.extend(checked.map(|on| if on { "--boundscheck" } else { "--no-boundscheck" }.into()));
        if let Some(python) = &user.python {
            words.extend(["--python".into(), python.into()]);
        }
        for (name, value) in &self.options.args {
            words.extend(["--arg".into(), format!("{name}={value}").into()]);
        }
        let against = self.options.against.as_ref().unwrap_or(&user.bench.against);
        if self.command == Command::Bench && !against.is_empty() {
            words.extend(["--against".into(), against.join(",").into()]);
        }
        if let Some(root) = config.roots.iter().find(|root| path.starts_with(root)) {
            words.extend(["--root".into(), root.into()]);
        }
        if stdin {
            words.push("--stdin".into());
        }
        let mut target = path.as_os_str().to_owned();
        target.push("::");
        target.push(&self.function);
        words.push(target);
        words
    }

    /// The command line's JSON; where the child left none, an object of the same kind that says why.
    pub(crate) fn answer(&self, outcome: std::io::Result<Outcome>) -> Value {
        let failed =
            |status: &str, why: String| json!({ "function": self.function, "status": status, "why": why });
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(why) => return failed("failed", format!("cannot be started: {why}")),
        };
        let status = match outcome.ended {
            Ended::Cancelled => return failed("cancelled", "cancelled".to_owned()),
            Ended::TimedOut => return failed("timeout", "stopped: it took too long".to_owned()),
            Ended::Exited(status) => status,
        };
        match serde_json::from_slice::<Value>(&outcome.stdout) {
            Ok(answer) if answer.is_object() => return answer,
            _ => {}
        }
        let said = outcome.stderr.trim();
        match status.code() {
            // The dumps of types and machine code are text.
            Some(0) => json!({ "function": self.function, "text": String::from_utf8_lossy(&outcome.stdout) }),
            Some(_) if !said.is_empty() => failed("failed", last_line(said).to_owned()),
            Some(code) => failed("failed", format!("ended with code {code}")),
            None => failed("crashed", format!("crashed ({status})")),
        }
    }
}

fn last_line(text: &str) -> &str {
    let line = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or(text);
    line.strip_prefix("error: ").unwrap_or(line)
}

/// An answer in a few words, for a lens and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub text: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Good,
    Bad,
    /// Not worth remembering.
    Cancelled,
}

impl Summary {
    pub(crate) fn message_type(&self) -> MessageType {
        match self.kind {
            Kind::Good | Kind::Cancelled => MessageType::INFO,
            Kind::Bad => MessageType::WARNING,
        }
    }

    pub(crate) fn of(command: Command, answer: &Value) -> Summary {
        let good = |text| Summary {
            text,
            kind: Kind::Good,
        };
        let bad = |text: String| Summary {
            text: format!("✗ {}", shorten(&text, 120)),
            kind: Kind::Bad,
        };
        match answer["status"].as_str() {
            Some("cancelled") => {
                return Summary {
                    text: "cancelled".to_owned(),
                    kind: Kind::Cancelled,
                };
            }
            Some("timeout" | "crashed" | "failed" | "unsupported") => {
                let status = answer["status"].as_str().unwrap_or_default();
                return bad(answer["why"].as_str().unwrap_or(status).to_owned());
            }
            _ => {}
        }
        let exception = &answer["exception"];
        if let Some(class) = exception["class"].as_str() {
            return bad(format!(
                "{class}: {}",
                exception["message"].as_str().unwrap_or_default()
            ));
        }
        match command {
            Command::Verify if answer["verified"] == json!(true) => good("same as Python".to_owned()),
            Command::Verify if answer["verified"] == json!(false) => bad("differs from Python".to_owned()),
            Command::Run | Command::Verify => {
                let result = shorten(&plain(&answer["result"]), 60);
                let time = answer["run_ms"]
                    .as_f64()
                    .map(|ms| format!(" in {}", duration(ms)))
                    .unwrap_or_default();
                good(format!("→ {result}{time}"))
            }
            Command::Bench => good(bench(answer)),
            Command::ShowTypes | Command::ShowAssembly => good("done".to_owned()),
        }
    }
}

fn bench(answer: &Value) -> String {
    let mut text = answer["steady_ms"]
        .as_f64()
        .map_or_else(|| "?".to_owned(), duration);
    let speedups = answer["speedup"].as_object().into_iter().flatten();
    for (name, factor) in speedups.filter_map(|(name, factor)| Some((name, factor.as_f64()?))) {
        text.push_str(&format!(", {factor:.1}× {name}"));
    }
    text
}

/// A value as a person writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shorten(text: &str, length: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None if line.len() < text.trim_end().len() => format!("{line} …"),
        None => line.to_owned(),
    }
}

fn duration(ms: f64) -> String {
    match ms {
        ms if ms < 1e-3 => format!("{:.0} ns", ms * 1e6),
        ms if ms < 1.0 => format!("{:.3} µs", ms * 1e3),
        ms if ms < 1e3 => format!("{ms:.3} ms"),
        ms => format!("{:.3} s", ms / 1e3),
    }
}

/// What came out of a command the last time.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub command: Command,
    pub summary: String,
    source: u64,
}

/// The last results, by file and function. They are shown as long as the function reads the same.
#[derive(Debug, Default)]
pub(crate) struct Results(DashMap<(PathBuf, String), Vec<Remembered>>);

impl Results {
    pub(crate) fn remember(
        &self,
        path: &Path,
        function: &str,
        command: Command,
        summary: String,
        source: u64,
    ) {
        let mut last = self
            .0
            .entry((path.to_path_buf(), function.to_owned()))
            .or_default();
        last.retain(|it| it.command != command && it.source == source);
        last.push(Remembered {
            command,
            summary,
            source,
        });
    }

    pub(crate) fn last(&self, document: &Document, kernel: &KernelInfo) -> Vec<Remembered> {
        let Some(last) = self.0.get(&(document.path.clone(), kernel.name.to_string())) else {
            return Vec::new();
        };
        let source = source_of(document, Some(kernel));
        last.iter().filter(|it| it.source == source).cloned().collect()
    }
}

/// Tells one text of a function from another.
pub(crate) fn source_of(document: &Document, kernel: Option<&KernelInfo>) -> u64 {
    let range = kernel.map_or(0..document.text.len(), |kernel| {
        kernel.start as usize..kernel.end as usize
    });
    BuildHasherDefault::<FxHasher>::default().hash_one(document.text.get(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(options: Value) -> Result<Call, String> {
        Call::parse(
            "jitcheck.bench",
            vec![json!("file:///w/k.py"), json!("C.f"), options],
        )
    }

    #[test]
    fn options_become_flags_before_the_target() {
        let call = call(json!({ "args": { "x": "-1" }, "against": ["python"] })).expect("a call");
        let config = Config {
            roots: vec!["/w".into()],
            ..Config::default()
        };
        let words = call.arguments(&config, Path::new("/w/k.py"), 2.5, true);
        let words: Vec<_> = words.iter().filter_map(|word| word.to_str()).collect();
        assert_eq!(
            words.join(" "),
            "bench --output-format json --timeout 2.5 --memory 4096 --arg x=-1 --against python --root /w --stdin /w/k.py::C.f"
        );
    }

    #[test]
    fn calls_that_make_no_sense_are_refused() {
        assert!(call(json!({ "speed": 3 })).is_err());
        assert!(Call::parse("jitcheck.run", vec![json!("file:///k.py")]).is_err());
        assert!(Call::parse("jitcheck.dance", vec![]).is_err());
    }

    #[test]
    fn summaries_fit_a_lens() {
        let summary = |command, answer| Summary::of(command, &answer).text;
        assert_eq!(
            summary(Command::Run, json!({ "result": 42.0, "run_ms": 0.00123 })),
            "→ 42.0 in 1.230 µs"
        );
        assert_eq!(
            summary(
                Command::Run,
                json!({ "exception": { "class": "ValueError", "message": "no" } })
            ),
            "✗ ValueError: no"
        );
        assert_eq!(
            summary(
                Command::Bench,
                json!({ "steady_ms": 1.5, "speedup": { "python": 33.27 } })
            ),
            "1.500 ms, 33.3× python"
        );
        assert_eq!(
            summary(Command::Verify, json!({ "verified": false })),
            "✗ differs from Python"
        );
        assert_eq!(shorten("array([1,\n 2])", 60), "array([1, …");
    }
}
