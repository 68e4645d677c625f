//! `jitcheck run --batch`: recorded calls, done again.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use analyzer::Settings;
use codegen::{ArrayValue, Value};
use serde_json::{Map, Value as Json, json};

use crate::args::RunArgs;
use crate::child::Limits;
use crate::cli::run::limits;
use crate::config::batch_settings;
use crate::exit::Exit;
use crate::files;
use crate::job::{self, Job, Outcome};
use crate::values::npz::{self, Npz};
use crate::values::{Typed, descr, text, wire};

/// Reads calls, a JSON object a line, and writes one answer a line, in the same order, as soon as it is known.
pub(crate) fn replay(args: &RunArgs, calls: &Path, out: &Path) -> Result<Exit, String> {
    let mut input = super::infer::open(calls)?;
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let root = files::absolute(args.call.root.first().map_or(Path::new("."), PathBuf::as_path));
    // Arrays lie beside the calls.
    let beside = calls.parent().filter(|_| calls.as_os_str() != "-").unwrap_or(Path::new(".")).to_path_buf();
    let settings = batch_settings(&args.config, &root)?;
    let replay = Replay { args, root, settings, beside, out: out.to_path_buf(), limits: limits(&args.call) };
    let mut line = Vec::new();
    let mut number = 0;
    let mut stdout = std::io::stdout().lock();
    while input.read_until(b'\n', &mut line).map_err(|error| error.to_string())? > 0 {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        line.clear();
        if text.is_empty() {
            continue;
        }
        let answer = replay.answer(&text, number);
        number += 1;
        let written = writeln!(stdout, "{answer}").and_then(|()| stdout.flush());
        if written.is_err() {
            break;
        }
    }
    Ok(Exit::Clean)
}

struct Replay<'a> {
    args: &'a RunArgs,
    root: PathBuf,
    settings: Settings,
    beside: PathBuf,
    out: PathBuf,
    limits: Limits,
}

/// Values on their way to a file.
#[derive(Default)]
struct Recorded {
    arrays: Vec<(String, ArrayValue)>,
}

impl Replay<'_> {
    fn answer(&self, line: &str, number: usize) -> Json {
        let call: Json = match serde_json::from_str(line) {
            Ok(call) => call,
            Err(error) => return blank(&Json::Null, "unsupported", &format!("not a JSON object: {error}")),
        };
        let id = call.get("id").cloned().unwrap_or(Json::Null);
        self.done(&call, &id, number).unwrap_or_else(|why| blank(&id, "unsupported", &why))
    }

    fn done(&self, call: &Json, id: &Json, number: usize) -> Result<Json, String> {
        let text = |key: &str| {
            call.get(key).and_then(Json::as_str).ok_or_else(|| format!("the call has no `{key}`"))
        };
        let path = files::absolute(&self.root.join(text("file")?));
        let given = call.get("args").and_then(Json::as_array).ok_or("the call has no `args`")?;
        let npz = match call.get("npz").and_then(Json::as_str) {
            Some(name) => Npz::read(&self.npz_path(name))?,
            None => Npz::default(),
        };
        let data = wire::Data::Npz(&npz);
        let values =
            given.iter().map(|value| wire::decode_value(value, &data)).collect::<Result<Vec<Value>, _>>()?;
        let types: Vec<String> = call
            .get("arg_types")
            .and_then(Json::as_array)
            .ok_or("the call has no `arg_types`")?
            .iter()
            .map(|ty| ty.as_str().unwrap_or_default().to_owned())
            .collect();
        let mut args: Vec<Typed> =
            values.into_iter().zip(&types).map(|(value, ty)| Typed::of(value, ty.clone())).collect();
        // Defaults that were left out have a type and no value.
        args.extend(types.iter().skip(args.len()).map(|ty| Typed::of(Value::None, ty.clone())));
        let options: HashMap<String, Json> = call
            .get("options")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let mut options: Vec<(String, String)> =
            options.into_iter().map(|(key, value)| (key, value.to_string())).collect();
        options.sort();
        let check = match (self.args.call.boundscheck, self.args.call.no_boundscheck) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            // A recorded call ran under its decorator's options.
            _ => None,
        };
        let mut job = Job {
            file: path,
            text: None,
            function: text("function")?.to_owned(),
            line: call.get("line").and_then(Json::as_u64).map(|line| line as u32),
            settings: (&self.settings).into(),
            args: None,
            data: Vec::new(),
            types: Some(types),
            dispatch: false,
            options,
            boundscheck: check,
            memory: self.limits.memory,
            emit: None,
            bench_seconds: None,
            started: job::now(),
            code: None,
            keep: None,
        };
        let done = match job.run(Some(&args), self.limits)? {
            Outcome::Done(done) => done,
            Outcome::TimedOut => {
                return Ok(blank(id, "timeout", &format!("stopped after {} s", self.args.call.timeout)));
            }
            Outcome::Crashed(why) => return Ok(blank(id, "crashed", &why)),
        };
        let mut recorded = Recorded::default();
        let mut answer = Map::new();
        let status =
            if done.answer.status == "refused" { "unsupported" } else { done.answer.status.as_str() };
        answer.insert("id".to_owned(), id.clone());
        answer.insert("status".to_owned(), json!(status));
        answer.insert(
            "return".to_owned(),
            done.result.as_ref().map_or(Json::Null, |value| recorded.encode(value, 'r')),
        );
        let after: Vec<Json> = done.after.iter().map(|value| recorded.encode(value, 'b')).collect();
        answer.insert("args_after".to_owned(), json!(after));
        answer.insert("return_type".to_owned(), json!(done.answer.result_type));
        answer.insert("exception".to_owned(), job::exception_json(done.answer.exception.as_ref()));
        answer.insert("compile_ms".to_owned(), json!(done.answer.compile_ms));
        answer.insert("run_ms".to_owned(), json!(done.answer.run_ms));
        answer.insert("why".to_owned(), json!(done.answer.why));
        let file = if recorded.arrays.is_empty() {
            Json::Null
        } else {
            let name = format!("{number:06}.npz");
            npz::write(&self.out.join(&name), &recorded.arrays)?;
            json!(name)
        };
        answer.insert("npz".to_owned(), file);
        Ok(Json::Object(answer))
    }

    fn npz_path(&self, name: &str) -> PathBuf {
        let beside = self.beside.join(name);
        if beside.exists() { beside } else { self.root.join(name) }
    }
}

fn blank(id: &Json, status: &str, why: &str) -> Json {
    json!({
        "id": id, "status": status, "return": null, "args_after": [], "return_type": null, "exception": null,
        "compile_ms": null, "run_ms": null, "why": why, "npz": null,
    })
}

impl Recorded {
    /// A value in the form of recorded calls; arrays are kept for the .npz under a key.
    fn encode(&mut self, value: &Value, prefix: char) -> Json {
        match value {
            Value::Array(array) => {
                let key = format!("{prefix}{}", self.arrays.len());
                self.arrays.push((key.clone(), array.clone()));
                json!({
                    "k": "ndarray", "key": key, "dtype": descr(&array.dtype), "shape": array.shape,
                    "strides": array.strides, "c": array.is_c_contiguous(), "f": array.is_f_contiguous(),
                    "writeable": !array.readonly, "aligned": true,
                })
            }
            Value::Tuple(items) => json!({ "k": "tuple", "items": self.all(items, prefix) }),
            Value::List(items) => json!({ "k": "list", "items": self.all(items, prefix) }),
            Value::Set(items) => json!({ "k": "set", "items": self.all(items, prefix) }),
            Value::Dict(items) => {
                let pair = |(key, value): &(Value, Value)| {
                    json!([self.encode(key, prefix), self.encode(value, prefix)])
                };
                json!({ "k": "dict", "items": items.iter().map(pair).collect::<Vec<_>>() })
            }
            Value::None => json!({ "k": "none" }),
            Value::Bool(value) => json!({ "k": "bool", "v": value }),
            Value::Int(_, value) => json!({ "k": "int", "v": value.to_string() }),
            Value::Float32(value) => float(f64::from(*value)),
            Value::Float64(value) => float(*value),
            Value::Complex64(re, im) => complex(f64::from(*re), f64::from(*im)),
            Value::Complex128(re, im) => complex(*re, *im),
            Value::Str(text) => json!({ "k": "str", "v": text }),
            other => json!({ "k": "opaque", "type": text::repr(other), "repr": text::repr(other) }),
        }
    }

    fn all(&mut self, items: &[Value], prefix: char) -> Vec<Json> {
        items.iter().map(|item| self.encode(item, prefix)).collect()
    }
}

fn float(value: f64) -> Json {
    json!({ "k": "float", "v": text::float(value), "hex": text::hex(value) })
}

fn complex(re: f64, im: f64) -> Json {
    json!({ "k": "complex", "v": [text::hex(re), text::hex(im)], "repr": text::repr(&Value::Complex128(re, im)) })
}
