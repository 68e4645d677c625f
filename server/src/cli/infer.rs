//! `jitcheck infer`: one function with its types, or a batch of cases, one JSON object a line.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use analyzer::hir::example;
use analyzer::infer::Verdict;
use analyzer::query::{InferAnswer, InferRequest};
use analyzer::{Host, Snapshot};
use serde_json::{Map, Value, json};

use crate::args::{InferArgs, Target, TextFormat};
use crate::call::left_out;
use crate::config::{Configs, batch_settings};
use crate::exit::{Exit, misuse, panic_message};
use crate::files::{self, Disk, Source};
use crate::{output, view};

pub(crate) fn infer(args: &InferArgs) -> Exit {
    let result = match (&args.batch, &args.target) {
        (Some(cases), _) => batch(args, cases),
        (None, Some(target)) => one(args, target),
        (None, None) => Err("nothing to infer: give FILE::FUNCTION or --batch".to_owned()),
    };
    result.unwrap_or_else(misuse)
}

fn one(args: &InferArgs, target: &Target) -> Result<Exit, String> {
    let path = files::absolute(&target.file);
    let source = Source::read(&path).map_err(|message| format!("{}: {message}", target.file.display()))?;
    let configs = Configs::new(&args.config, &[], false)?;
    let mut settings = configs.of_file(&path)?.settings();
    settings.roots.splice(0..0, args.root.iter().map(|root| files::absolute(root)));
    let mut host = Host::frozen(Arc::new(Disk), settings, Vec::new());
    host.set_text(&path, Some(&source.code));
    let snapshot = host.snapshot();
    let request = InferRequest {
        path: path.clone(),
        function: target.function.clone(),
        line: None,
        args: args.args.as_deref().map(|text| arguments(text, &source, &target.function)).transpose()?,
        options: Vec::new(),
    };
    let answer = snapshot.infer(&request).map_err(|why| unknown_function(&snapshot, &request, &why))?;
    match args.output_format {
        TextFormat::Json => {
            let mut object = answer_object(&answer);
            object.insert("function".to_owned(), json!(target.function));
            object.insert("args".to_owned(), json!(request.args));
            output::print(&format!("{}\n", serde_json::to_string_pretty(&object).unwrap_or_default()));
        }
        TextFormat::Text => {
            output::print(&view::function(&source, &target.function, &answer, output::look().width));
        }
    }
    Ok(if answer.verdict == Verdict::Error { Exit::Problems } else { Exit::Clean })
}

/// Says what functions there are, when the one asked for is not there.
fn unknown_function(snapshot: &Snapshot, request: &InferRequest, why: &str) -> String {
    let why = why.strip_prefix(&format!("{}: ", request.path.display())).unwrap_or(why);
    let kernels = snapshot.kernels(&request.path);
    if kernels.iter().any(|kernel| *kernel.name == *request.function) {
        return format!("{}::{}: {why}", files::shown(&request.path), request.function);
    }
    let names: Vec<&str> = kernels.iter().map(|kernel| &*kernel.name).collect();
    let hint = match crate::config::nearest_name(&request.function, names.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if names.is_empty() => String::new(),
        None => format!("; it has {}", names.join(", ")),
    };
    format!("{}::{}: {why}{hint}", files::shown(&request.path), request.function)
}

/// The argument types of a call: those of `--args`, and the defaults of the parameters that are left out.
fn arguments(text: &str, source: &Source, function: &str) -> Result<Vec<String>, String> {
    let mut given = types(text)?;
    let found = example::example(&source.text, source.notebook.is_some(), function);
    let params = found.map_or_else(Vec::new, |found| found.params);
    if let Some(rest) = params.get(given.len()..)
        && let Ok(defaults) = rest.iter().map(left_out).collect::<Result<Vec<_>, _>>()
    {
        given.extend(defaults.into_iter().map(|default| default.ty));
    }
    Ok(given)
}

/// The argument types of `--args`, spelled as Numba spells them.
fn types(text: &str) -> Result<Vec<String>, String> {
    let types = analyzer::ty::parse::arguments(text).map_err(|error| format!("--args: {error}"))?;
    Ok(types.iter().map(ToString::to_string).collect())
}

fn batch(args: &InferArgs, cases: &Path) -> Result<Exit, String> {
    let input = open(cases)?;
    let root = files::absolute(args.root.as_deref().unwrap_or(Path::new(".")));
    let settings = batch_settings(&args.config, &root)?;
    let host = Host::frozen(Arc::new(Disk), settings, Vec::new());
    let answer = |snapshot: &Snapshot, line: &str| answer_line(snapshot, &root, line);
    in_order(input, &host, &answer).map_err(|error| error.to_string())?;
    Ok(Exit::Clean)
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, String> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = std::fs::File::open(path)
        .map_err(|error| format!("{}: {}", path.display(), files::io_message(&error)))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Answers lines on several threads and prints the answers in the order of the lines, each as soon as it can be.
fn in_order(
    mut input: Box<dyn BufRead + Send>,
    host: &Host,
    answer: &(dyn Fn(&Snapshot, &str) -> String + Sync),
) -> std::io::Result<()> {
    let (jobs, queue) = sync_channel::<(usize, String)>(64);
    let queue = Mutex::new(queue);
    let (done, answers) = channel::<(usize, String)>();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (snapshot, done, queue) = (host.snapshot(), done.clone(), &queue);
            let work = move || work(&snapshot, queue, &done, answer);
            std::thread::Builder::new().stack_size(crate::STACK).spawn_scoped(scope, work)?;
        }
        drop(done);
        std::thread::Builder::new().spawn_scoped(scope, move || {
            let mut bytes = Vec::new();
            let mut number = 0;
            while input.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
                let line = String::from_utf8_lossy(&bytes).trim().to_owned();
                bytes.clear();
                if !line.is_empty() {
                    if jobs.send((number, line)).is_err() {
                        break;
                    }
                    number += 1;
                }
            }
        })?;
        print_in_order(&answers)
    })
}

fn work(
    snapshot: &Snapshot,
    queue: &Mutex<Receiver<(usize, String)>>,
    done: &Sender<(usize, String)>,
    answer: &(dyn Fn(&Snapshot, &str) -> String + Sync),
) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, line)) = job else { break };
        if done.send((number, answer(snapshot, &line))).is_err() {
            break;
        }
    }
}

fn print_in_order(answers: &Receiver<(usize, String)>) -> std::io::Result<()> {
    let mut waiting: BTreeMap<usize, String> = BTreeMap::new();
    let mut next = 0;
    let mut stdout = std::io::stdout().lock();
    for (number, line) in answers {
        waiting.insert(number, line);
        while let Some(line) = waiting.remove(&next) {
            writeln!(stdout, "{line}")?;
            next += 1;
        }
        stdout.flush()?;
    }
    Ok(())
}

/// The answer to one line of a batch. Whatever the line holds, there is one.
fn answer_line(snapshot: &Snapshot, root: &Path, line: &str) -> String {
    let case: Value = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => return unknown(&readable_id(line), &format!("not a JSON object: {error}")),
    };
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    let request = match request(&case, root) {
        Ok(request) => request,
        Err(why) => return unknown(&id, &why),
    };
    match catch_unwind(AssertUnwindSafe(|| snapshot.infer(&request))) {
        Ok(Ok(answer)) => {
            let mut object = Map::new();
            object.insert("id".to_owned(), id);
            object.append(&mut answer_object(&answer));
            Value::Object(object).to_string()
        }
        Ok(Err(why)) => unknown(&id, &why),
        Err(payload) => unknown(&id, &format!("internal error: {}", panic_message(&*payload))),
    }
}

fn request(case: &Value, root: &Path) -> Result<InferRequest, String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str).map(str::to_owned);
    let file = text("file").ok_or("the case has no `file`")?;
    let function = text("function").ok_or("the case has no `function`")?;
    let path: PathBuf = files::absolute(&root.join(&file));
    if !path.is_file() {
        return Err(format!("{file}: no such file"));
    }
    let args = match case.get("args") {
        None | Some(Value::Null) => None,
        Some(Value::Array(items)) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            Some(texts.ok_or("`args` is no list of strings")?)
        }
        Some(_) => return Err("`args` is no list of strings".to_owned()),
    };
    let options = case.get("options").and_then(Value::as_object).into_iter().flatten();
    let line = case.get("line").and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok());
    let options = options.map(|(name, value)| (name.clone(), value.to_string())).collect();
    Ok(InferRequest { path, function, line, args, options })
}

/// The id of a line that is no JSON object, if a prefix of it shows one.
fn readable_id(line: &str) -> Value {
    let after =
        line.split_once("\"id\"").map(|(_, after)| after.trim_start().trim_start_matches(':').trim_start());
    let mut values = serde_json::Deserializer::from_str(after.unwrap_or_default()).into_iter::<Value>();
    match values.next() {
        Some(Ok(id @ (Value::String(_) | Value::Number(_)))) => id,
        _ => Value::Null,
    }
}

fn unknown(id: &Value, why: &str) -> String {
    json!({
        "id": id,
        "verdict": "unknown",
        "return_type": null,
        "locals": {},
        "diagnostics": [],
        "why": [why],
    })
    .to_string()
}

pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Error => "error",
        Verdict::Unknown => "unknown",
    }
}

fn answer_object(answer: &InferAnswer) -> Map<String, Value> {
    let locals: Map<String, Value> =
        answer.locals.iter().map(|(name, types)| (name.to_string(), json!(types))).collect();
    let diagnostics: Vec<Value> = answer
        .diagnostics
        .iter()
        .map(|found| json!({ "code": found.code, "line": found.line, "column": found.column, "message": found.message }))
        .collect();
    let mut object = Map::new();
    object.insert("verdict".to_owned(), json!(verdict(answer.verdict)));
    object.insert("return_type".to_owned(), json!(answer.return_type));
    object.insert("locals".to_owned(), Value::Object(locals));
    object.insert("diagnostics".to_owned(), json!(diagnostics));
    let whys: Vec<String> = answer.why.iter().map(ToString::to_string).collect();
    object.insert("why".to_owned(), json!(whys));
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_may_be_written_as_in_a_signature() {
        assert_eq!(types("float64[:, ::1], int64").unwrap(), ["array(float64, 2d, C)", "int64"]);
        assert_eq!(types("(int64, int64)").unwrap(), ["int64", "int64"]);
    }

    #[test]
    fn a_broken_line_keeps_its_id() {
        assert_eq!(readable_id(r#"{"id": "a/b", "file": "#), json!("a/b"));
        assert_eq!(readable_id("nonsense"), Value::Null);
    }
}
