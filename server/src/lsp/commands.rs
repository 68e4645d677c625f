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
use tower_lsp::lsp_types::Url;

use super::child::{Ended, Job, Outcome};
use super::documents::{Document, Kind};
use super::settings::Config;
use super::{from_proto, notebooks};
use crate::args::MIN_MEMORY;

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
    pub(crate) const ALL: [Command; 5] =
        [Command::Run, Command::Bench, Command::Verify, Command::ShowTypes, Command::ShowAssembly];

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
        Ok(Call { command, uri, function, options })
    }

    pub(crate) fn path(&self) -> PathBuf {
        from_proto::path(&self.uri)
    }

    /// The child that carries it out, over the text as the editor has it.
    pub(crate) fn job(&self, config: &Config, document: &Document) -> Job {
        let timeout = self.options.timeout.unwrap_or(config.user.run.timeout).clamp(0.01, 24.0 * 3600.0);
        let file = match &document.kind {
            Kind::Notebook { cells, code } => Arc::from(notebooks::as_file(code, cells)),
            Kind::File | Kind::Cell { .. } => Arc::clone(&document.text),
        };
        let saved = std::fs::read(&document.path).is_ok_and(|disk| disk == file.as_bytes());
        // Starting, compiling and the user's Python come on top of what the kernel may take.
        let slack = if matches!(self.command, Command::Run) { 15.0 } else { 60.0 + timeout };
        let parent = document.path.parent().filter(|it| it.is_dir());
        Job {
            program: None,
            arguments: self.arguments(config, &document.path, timeout, !saved),
            stdin: (!saved).then_some(file),
            directory: parent.map(Path::to_path_buf),
            kept: None,
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
        let memory = self.options.memory.unwrap_or(user.run.memory).max(MIN_MEMORY);
        words.extend(["--memory".into(), memory.to_string().into()]);
        // A benchmark leaves the checks out unless asked, as Numba does.
        let checked =
            self.options.boundscheck.or((self.command != Command::Bench).then_some(user.run.boundscheck));
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
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(text);
    line.strip_prefix("error: ").unwrap_or(line)
}

/// What came out of a command the last time.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub command: Command,
    pub summary: String,
    source: u64,
}

/// What a kernel raised when it ran, as a finding about the text it was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raised {
    function: String,
    /// Of the document; any later one is not what ran.
    version: Option<i32>,
    /// From 0.
    pub line: usize,
    pub message: String,
}

impl Raised {
    /// What the answer to a command says about it, if the line is known.
    pub(crate) fn of(function: &str, document: &Document, answer: &Value) -> Option<Raised> {
        let exception = &answer["exception"];
        let class = exception["class"].as_str()?;
        let line = usize::try_from(exception["line"].as_u64()?).ok()?.checked_sub(1)?;
        let message = match exception["message"].as_str() {
            Some(message) if !message.is_empty() => format!("{class}: {message}"),
            _ => class.to_owned(),
        };
        // The lines of a notebook are counted in its cells.
        (document.kind == Kind::File).then(|| Raised {
            function: function.to_owned(),
            version: document.version,
            line,
            message,
        })
    }
}

/// The last results, by file and function. They are shown as long as the function reads the same.
#[derive(Debug, Default)]
pub(crate) struct Results {
    last: DashMap<(PathBuf, String), Vec<Remembered>>,
    raised: DashMap<PathBuf, Vec<Raised>>,
}

impl Results {
    pub(crate) fn remember(
        &self,
        path: &Path,
        function: &str,
        command: Command,
        summary: String,
        source: u64,
    ) {
        let mut last = self.last.entry((path.to_path_buf(), function.to_owned())).or_default();
        last.retain(|it| it.command != command && it.source == source);
        last.push(Remembered { command, summary, source });
    }

    /// Takes the place of what the function raised before. Says whether anything changed.
    pub(crate) fn remember_raised(&self, path: &Path, function: &str, raised: Option<Raised>) -> bool {
        let mut all = self.raised.entry(path.to_path_buf()).or_default();
        let before = all.clone();
        all.retain(|it| it.function != function);
        all.extend(raised);
        *all != before
    }

    /// What kernels raised in the text as it stands.
    pub(crate) fn raised(&self, document: &Document) -> Vec<Raised> {
        let all = self.raised.get(&document.path);
        let current = all.iter().flat_map(|all| all.iter()).filter(|it| it.version == document.version);
        current.cloned().collect()
    }

    pub(crate) fn last(&self, document: &Document, kernel: &KernelInfo) -> Vec<Remembered> {
        let Some(last) = self.last.get(&(document.path.clone(), kernel.name.to_string())) else {
            return Vec::new();
        };
        let source = source_of(document, Some(kernel));
        last.iter().filter(|it| it.source == source).cloned().collect()
    }
}

/// Tells one text of a function from another.
pub(crate) fn source_of(document: &Document, kernel: Option<&KernelInfo>) -> u64 {
    let range = kernel.map_or(0..document.text.len(), |kernel| kernel.start as usize..kernel.end as usize);
    BuildHasherDefault::<FxHasher>::default().hash_one(document.text.get(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(options: Value) -> Result<Call, String> {
        Call::parse("jitcheck.bench", vec![json!("file:///w/k.py"), json!("C.f"), options])
    }

    #[test]
    fn options_become_flags_before_the_target() {
        let call = call(json!({ "args": { "x": "-1" }, "against": ["python"] })).expect("a call");
        let config = Config { roots: vec!["/w".into()], ..Config::default() };
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
    fn the_editors_know_every_command() {
        let read = |path: &str| {
            let path = format!("{}/../editors/{path}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}"))
        };
        let package: Value = serde_json::from_str(&read("vscode/package.json")).expect("JSON");
        let offered = package["contributes"]["commands"].as_array().into_iter().flatten();
        let offered = offered.filter_map(|it| it["command"].as_str()?.strip_suffix("AtCursor"));
        assert_eq!(offered.collect::<Vec<_>>(), Command::ALL.map(Command::name));
        let nvim = read("nvim/lua/jitcheck/init.lua");
        let line = nvim.lines().find(|line| line.contains("M.commands[\"jitcheck.\" .. name]"));
        let known: Vec<&str> = line.unwrap_or_default().split('"').skip(1).step_by(2).collect();
        let names = Command::ALL.map(|command| command.name().trim_start_matches("jitcheck."));
        assert_eq!(known[..names.len()], names);
    }
}
