//! One request to compiled code, both sides of it: what the commands ask, and what the child process does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use analyzer::infer::Verdict;
use analyzer::query::InferRequest;
use analyzer::{ExtraDecorator, Host, Settings, Snapshot};
use codegen::{CompileOptions, Compiled, Exception, Object, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::args::{ChildArgs, Emit};
use crate::child::{self, Ended, Limits};
use crate::exit::{Exit, misuse};
use crate::files::Source;
use crate::kept::{self, Head, Recording, Store};
use crate::python::ms;
use crate::values::{Typed, coerce, wire};
use crate::{sandbox, scratch};

/// What a child is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub file: PathBuf,
    /// The file's text where it is not the disk's.
    pub text: Option<String>,
    pub function: String,
    pub line: Option<u32>,
    pub settings: JobSettings,
    /// As JSON; `None` only to emit.
    pub args: Option<Vec<Json>>,
    /// Where the data of each argument's arrays is.
    pub data: Vec<PathBuf>,
    pub types: Option<Vec<String>>,
    /// Whether `types` are those of the values, so that explicit signatures have a say.
    pub dispatch: bool,
    pub options: Vec<(String, String)>,
    pub boundscheck: Option<bool>,
    pub memory: u64,
    pub emit: Option<Emit>,
    /// Time it for so long, after the first call.
    pub bench_seconds: Option<f64>,
    /// When the command was started, in seconds since the epoch.
    pub started: f64,
    /// Machine code from an earlier run.
    pub code: Option<PathBuf>,
    /// The key under which the code will be kept, if it will.
    pub keep: Option<String>,
}

/// The analyzer's settings, as they are sent to a child.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct JobSettings {
    roots: Vec<PathBuf>,
    numba: (u16, u16),
    numpy: (u16, u16),
    python: (u16, u16),
    extended: bool,
    /// Path, what it is like, `parallel`, `fastmath`.
    decorators: Vec<(String, String, bool, bool)>,
}

impl From<&Settings> for JobSettings {
    fn from(settings: &Settings) -> JobSettings {
        let decorators = settings.extra_decorators.iter().cloned();
        JobSettings {
            roots: settings.roots.clone(),
            numba: settings.numba,
            numpy: settings.numpy,
            python: settings.python,
            extended: settings.extended,
            decorators: decorators.map(|it| (it.path, it.like, it.parallel, it.fastmath)).collect(),
        }
    }
}

impl JobSettings {
    fn settings(&self) -> Settings {
        let decorators = self.decorators.iter().cloned();
        Settings {
            roots: self.roots.clone(),
            numba: self.numba,
            numpy: self.numpy,
            python: self.python,
            extended: self.extended,
            extra_decorators: decorators
                .map(|(path, like, parallel, fastmath)| ExtraDecorator { path, like, parallel, fastmath })
                .collect(),
        }
    }
}

/// What came of a job.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(Box<Done>),
    TimedOut,
    Crashed(String),
}

/// The child's answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    /// `returned`, `raised`, `refused` (by Numba), `unsupported` (by us), `emitted`
    pub status: String,
    pub why: Option<String>,
    pub specialization: Vec<String>,
    pub result_type: Option<String>,
    pub result: Option<Json>,
    pub after: Vec<Json>,
    pub exception: Option<Raised>,
    pub parse_ms: f64,
    pub infer_ms: f64,
    pub compile_ms: f64,
    pub run_ms: Option<f64>,
    pub first_result_ms: Option<f64>,
    pub samples_ms: Vec<f64>,
    pub passes: Vec<(String, usize)>,
    /// It calls linear algebra.
    pub linalg: bool,
    /// The machine code is that of an earlier run: nothing was typed or compiled.
    pub cached: bool,
    pub emitted: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Raised {
    pub class: String,
    pub message: String,
    pub line: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Done {
    pub answer: Answer,
    pub result: Option<Value>,
    /// The arguments after the call.
    pub after: Vec<Value>,
    /// What the kernel printed.
    pub printed: String,
}

pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

impl Job {
    /// A job to compile a function of a file on the disk; what else is wanted is set afterwards.
    pub(crate) fn new(file: PathBuf, function: String, settings: &Settings) -> Job {
        Job {
            file,
            text: None,
            function,
            line: None,
            settings: settings.into(),
            args: None,
            data: Vec::new(),
            types: None,
            dispatch: true,
            options: Vec::new(),
            boundscheck: None,
            memory: 4096,
            emit: None,
            bench_seconds: None,
            started: now(),
            code: None,
            keep: None,
        }
    }

    /// Does the job in a child process.
    pub(crate) fn run(&mut self, args: Option<&[Typed]>, limits: Limits) -> Result<Outcome, String> {
        let directory = scratch::directory()?;
        let fail = |error: std::io::Error| error.to_string();
        let mut out = wire::Out::default();
        self.memory = limits.memory;
        let here = directory.path().join("args.bin");
        self.args = args.map(|args| args.iter().map(|arg| self.send(arg, &here, &mut out)).collect());
        std::fs::write(here, &out.bytes).map_err(fail)?;
        let store = Store::of_environment();
        if let Some(store) = &store {
            store.prepare(self);
        }
        let request = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        std::fs::write(directory.path().join("request.json"), request).map_err(fail)?;
        let ended = child::run(directory.path(), limits)?;
        if let Some(store) = &store {
            store.take(self, directory.path());
        }
        let (answer, printed) = match ended {
            Ended::Answered(answer, printed) => (answer, printed),
            Ended::TimedOut => return Ok(Outcome::TimedOut),
            Ended::Crashed(why) => return Ok(Outcome::Crashed(why)),
        };
        let answer: Answer = serde_json::from_value(answer).map_err(|error| error.to_string())?;
        let bytes = std::fs::read(directory.path().join("answer.bin")).unwrap_or_default();
        let data = wire::Data::Raw(&bytes);
        let result = answer.result.as_ref().map(|result| wire::decode_value(result, &data)).transpose()?;
        let after =
            answer.after.iter().map(|value| wire::decode_value(value, &data)).collect::<Result<_, _>>()?;
        Ok(Outcome::Done(Box::new(Done { answer, result, after, printed })))
    }

    /// Puts an argument into the request: what lies in a file already stays there.
    fn send(&mut self, arg: &Typed, here: &Path, out: &mut wire::Out) -> Json {
        match &arg.sent {
            Some(sent) => {
                self.data.push(sent.file.path.clone());
                sent.json.clone()
            }
            None => {
                self.data.push(here.to_path_buf());
                out.encode(&arg.value)
            }
        }
    }
}

/// The child's side: `jitcheck __child DIRECTORY`.
pub(crate) fn child(args: &ChildArgs) -> Exit {
    let directory = args.request.clone();
    // Kernels recurse on this stack, and so does the compiler.
    let worker = std::thread::Builder::new().stack_size(crate::STACK).spawn(move || serve(&directory));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => Exit::Clean,
        Ok(Ok(Err(message))) => misuse(message),
        Ok(Err(_)) => Exit::Misuse,
        Err(error) => misuse(error),
    }
}

fn serve(directory: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| error.to_string();
    let text = std::fs::read(directory.join("request.json")).map_err(fail)?;
    let job: Job = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    child::limit_self(job.memory);
    sandbox::enter(directory);
    let mut data: BTreeMap<&Path, Vec<u8>> = BTreeMap::new();
    for path in &job.data {
        if !data.contains_key(path.as_path()) {
            data.insert(path, std::fs::read(path).map_err(fail)?);
        }
    }
    let mut out = wire::Out::default();
    let answer = Work { job: &job, data: &data, directory }.carry_out(&mut out);
    std::fs::write(directory.join("answer.bin"), &out.bytes).map_err(fail)?;
    // The answer appears when it is complete.
    let part = directory.join("answer.part");
    let bytes = serde_json::to_vec(&answer).map_err(|error| error.to_string())?;
    std::fs::write(&part, bytes).map_err(fail)?;
    std::fs::rename(part, directory.join("answer.json")).map_err(fail)
}

struct Work<'a> {
    job: &'a Job,
    /// By file.
    data: &'a BTreeMap<&'a Path, Vec<u8>>,
    /// Of the request.
    directory: &'a Path,
}

impl Work<'_> {
    fn carry_out(&self, out: &mut wire::Out) -> Answer {
        let mut answer = Answer::default();
        if let Err(why) = self.steps(&mut answer, out)
            && answer.status.is_empty()
        {
            answer.status = "unsupported".to_owned();
            answer.why = Some(why);
        }
        answer
    }

    fn steps(&self, answer: &mut Answer, out: &mut wire::Out) -> Result<(), String> {
        let job = self.job;
        if let Some(compiled) = self.kept(answer) {
            return self.call(&compiled, answer, out);
        }
        let start = Instant::now();
        let source = match &job.text {
            Some(text) => Source::from_bytes(&job.file, text.clone().into_bytes())?,
            None => Source::read(&job.file)?,
        };
        let files = Recording::new();
        let mut host = Host::new(Arc::clone(&files) as _, job.settings.settings());
        host.set_text(&job.file, Some(&source.code));
        let snapshot = host.snapshot();
        let signatures = snapshot.signatures(&job.file, &job.function, job.line).unwrap_or_default();
        answer.parse_ms = ms(start);
        let Some(types) = self.types(&signatures, answer) else { return Ok(()) };
        let request = InferRequest {
            path: job.file.clone(),
            function: job.function.clone(),
            line: job.line,
            args: types.clone(),
            options: job.options.clone(),
        };
        let compiled = self.compile(&snapshot, &source, &request, answer)?;
        answer.specialization = types.unwrap_or_default();
        let Some(compiled) = compiled else { return Ok(()) };
        // Before the call, which may never end.
        if let Some(object) = compiled.object()
            && let Some(bytes) = files.entry(job, answer, &object.to_bytes())
        {
            let _ = std::fs::write(self.directory.join(kept::LEFT), bytes);
        }
        self.call(&compiled, answer, out)
    }

    /// The code of an earlier run, linked. What cannot be read is compiled again.
    fn kept(&self, answer: &mut Answer) -> Option<Compiled> {
        let bytes = std::fs::read(self.job.code.as_ref()?).ok()?;
        let start = Instant::now();
        let (head, code) = Head::parse(&bytes)?;
        let compiled = Object::from_bytes(code)?.load().ok()?;
        answer.cached = true;
        answer.compile_ms = ms(start);
        answer.specialization = head.specialization;
        answer.result_type = head.result_type;
        answer.passes = head.passes;
        answer.linalg = head.linalg;
        Some(compiled)
    }

    /// The types to compile for. With explicit signatures Numba compiles for nothing else.
    fn types(&self, signatures: &[Vec<String>], answer: &mut Answer) -> Option<Option<Vec<String>>> {
        let Some(types) = &self.job.types else { return Some(None) };
        if !self.job.dispatch || signatures.is_empty() || signatures.contains(types) {
            return Some(Some(types.clone()));
        }
        let fits = |signature: &&Vec<String>| {
            signature.len() == types.len()
                && signature.iter().zip(types).all(|(to, from)| coerce::allowed(from, to))
        };
        if let Some(signature) = signatures.iter().find(fits) {
            return Some(Some(signature.clone()));
        }
        answer.status = "raised".to_owned();
        answer.specialization.clone_from(types);
        answer.exception = Some(Raised {
            class: "TypeError".to_owned(),
            message: format!("No matching definition for argument type(s) {}", types.join(", ")),
            line: None,
        });
        None
    }

    /// `None` if the answer is complete without a call.
    fn compile(
        &self,
        snapshot: &Snapshot,
        source: &Source,
        request: &InferRequest,
        answer: &mut Answer,
    ) -> Result<Option<Compiled>, String> {
        let start = Instant::now();
        let inferred = snapshot.infer(request)?;
        answer.infer_ms = ms(start);
        answer.result_type.clone_from(&inferred.return_type);
        if self.job.emit == Some(Emit::Types) {
            answer.emitted = Some(crate::view::function(source, &request.function, &inferred, 80));
            answer.status = "emitted".to_owned();
            return Ok(None);
        }
        if inferred.verdict == Verdict::Error {
            let found = inferred.diagnostics.first().map(|found| crate::view::blamed(source, found));
            answer.status = "refused".to_owned();
            answer.why = found.or_else(|| Some("Numba refuses it".to_owned()));
            return Ok(None);
        }
        let start = Instant::now();
        let program = snapshot.mono(request).map_err(|refused| match refused.line {
            Some(line) => {
                format!("{}: {}", source.line_place((line as usize).saturating_sub(1)), refused.why)
            }
            None => refused.why,
        })?;
        let options = CompileOptions {
            boundscheck: self.job.boundscheck,
            emit_clif: self.job.emit == Some(Emit::Clif),
            emit_asm: self.job.emit == Some(Emit::Asm),
            keep_object: self.job.keep.is_some(),
            ..CompileOptions::default()
        };
        let compiled = codegen::compile(&program, &options).map_err(|error| error.to_string())?;
        answer.compile_ms = ms(start);
        answer.linalg = compiled.stats().linalg;
        answer.passes =
            compiled.stats().passes.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        if let Some(emit) = self.job.emit {
            let text = if emit == Emit::Clif { compiled.clif() } else { compiled.asm() };
            answer.emitted = Some(text.to_owned());
            answer.status = "emitted".to_owned();
            return Ok(None);
        }
        Ok(Some(compiled))
    }

    fn arguments(&self, compiled: &Compiled) -> Result<Vec<Value>, String> {
        let given = self.job.args.as_ref().ok_or("there are no arguments")?;
        let mut values: Vec<Value> = Vec::new();
        for (index, (json, ty)) in given.iter().zip(compiled.params()).enumerate() {
            let bytes = self.job.data.get(index).and_then(|path| self.data.get(path.as_path()));
            let value = wire::decode_value(json, &wire::Data::Raw(bytes.map_or(&[], Vec::as_slice)))?;
            values.push(coerce::coerce(value, ty).map_err(|why| format!("argument {}: {why}", index + 1))?);
        }
        Ok(values)
    }

    fn call(&self, compiled: &Compiled, answer: &mut Answer, out: &mut wire::Out) -> Result<(), String> {
        let mut args = self.arguments(compiled)?;
        let start = Instant::now();
        let result = compiled.call(&mut args);
        answer.run_ms = Some(ms(start));
        answer.first_result_ms = Some((now() - self.job.started) * 1e3);
        answer.after = args.iter().map(|value| out.encode(value)).collect();
        match result {
            Ok(value) => {
                answer.status = "returned".to_owned();
                answer.result = Some(out.encode(&value));
            }
            Err(exception) => {
                raised(answer, exception);
                return Ok(());
            }
        }
        drop(args);
        if let Some(seconds) = self.job.bench_seconds {
            answer.samples_ms = self.sample(compiled, seconds, answer.run_ms.unwrap_or(0.0))?;
        }
        Ok(())
    }

    /// Times call after call. A sample of a short kernel is the mean of many calls, so that the clock does not count.
    fn sample(&self, compiled: &Compiled, seconds: f64, first_ms: f64) -> Result<Vec<f64>, String> {
        const SAMPLES: usize = 400;
        let args = self.arguments(compiled)?;
        let failed = |exception: Exception| format!("{}: {}", exception.class, exception.message);
        let mut prepared = compiled.prepare(&args).map_err(failed)?;
        let warm = Instant::now();
        let mut calls = 0u32;
        let budget = Duration::from_millis(50);
        while calls == 0 || (warm.elapsed() < budget && first_ms < 50.0) {
            prepared.call().map_err(failed)?;
            calls += 1;
        }
        let each = warm.elapsed().as_secs_f64() / f64::from(calls);
        let target = (seconds / SAMPLES as f64).max(2e-5);
        let repeat = (target / each.max(1e-10)).clamp(1.0, 1e7) as u32;
        let mut samples = Vec::new();
        let start = Instant::now();
        while samples.len() < 5 || (start.elapsed().as_secs_f64() < seconds && samples.len() < 4 * SAMPLES) {
            let begin = Instant::now();
            for _ in 0..repeat {
                prepared.call().map_err(failed)?;
            }
            samples.push(ms(begin) / f64::from(repeat));
        }
        Ok(samples)
    }
}

fn raised(answer: &mut Answer, exception: Exception) {
    answer.status = "raised".to_owned();
    answer.exception = Some(Raised {
        class: exception.class,
        message: exception.message,
        line: (exception.line > 0).then_some(exception.line),
    });
}

/// The values that differ from what they were, by name. Only what can be changed in place is looked at.
pub(crate) fn mutated<'a>(
    names: &'a [String],
    before: &[Typed],
    after: &'a [Value],
) -> Vec<(&'a str, &'a Value)> {
    let changeable = |value: &Value| {
        matches!(value, Value::Array(_) | Value::List(_) | Value::Set(_) | Value::Dict(_) | Value::Tuple(_))
    };
    let changed = names
        .iter()
        .zip(before)
        .zip(after)
        .filter(|((_, before), after)| changeable(&before.value) && before.value != **after);
    changed.map(|((name, _), after)| (name.as_str(), after)).collect()
}

pub(crate) fn exception_json(exception: Option<&Raised>) -> Json {
    exception.map_or(
        Json::Null,
        |raised| json!({ "class": raised.class, "message": raised.message, "line": raised.line }),
    )
}
