//! `jitcheck run --batch`: recorded calls, done again.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use analyzer::Settings;
use codegen::{ArrayValue, Value};
use serde_json::{Value as Json, json};

use crate::args::RunArgs;
use crate::child::Limits;
use crate::cli::run::limits;
use crate::config::batch_settings;
use crate::exit::Exit;
use crate::files;
use crate::job::{self, Done, Job, Outcome};
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
        let (mut job, args) = self.read(call)?;
        match job.run(Some(&args), self.limits)? {
            Outcome::Done(done) => self.record(&done, id, number),
            Outcome::TimedOut => {
                Ok(blank(id, "timeout", &format!("stopped after {} s", self.args.call.timeout)))
            }
            Outcome::Crashed(why) => Ok(blank(id, "crashed", &why)),
        }
    }

    /// The job that a recorded call asks for, and its arguments.
    fn read(&self, call: &Json) -> Result<(Job, Vec<Typed>), String> {
        let text = |key: &str| {
            call.get(key).and_then(Json::as_str).ok_or_else(|| format!("the call has no `{key}`"))
        };
        let list = |key: &str| {
            call.get(key).and_then(Json::as_array).ok_or_else(|| format!("the call has no `{key}`"))
        };
        let npz = match call.get("npz").and_then(Json::as_str) {
            Some(name) => Npz::read(&self.npz_path(name))?,
            None => Npz::default(),
        };
        let data = wire::Data::Npz(&npz);
        let values = list("args")?.iter().map(|value| wire::decode_value(value, &data));
        let values = values.collect::<Result<Vec<Value>, _>>()?;
        let types = list("arg_types")?.iter().map(|ty| ty.as_str().unwrap_or_default().to_owned());
        let types: Vec<String> = types.collect();
        // Defaults that were left out have a type and no value.
        let values = values.into_iter().chain(std::iter::repeat(Value::None));
        let args = values.zip(&types).map(|(value, ty)| Typed::of(value, ty.clone())).collect();
        let options = call.get("options").and_then(Json::as_object).into_iter().flatten();
        let mut options: Vec<(String, String)> =
            options.map(|(key, value)| (key.clone(), value.to_string())).collect();
        options.sort();
        let file = files::absolute(&self.root.join(text("file")?));
        let line = call.get("line").and_then(Json::as_u64).and_then(|line| u32::try_from(line).ok());
        let job = Job {
            line,
            types: Some(types),
            dispatch: false,
            options,
            // A recorded call ran under its decorator's options.
            boundscheck: self.args.call.bounds_checked(None),
            memory: self.limits.memory,
            ..Job::new(file, text("function")?.to_owned(), &self.settings)
        };
        Ok((job, args))
    }

    /// The answer to a call, its arrays in a file of their own.
    fn record(&self, done: &Done, id: &Json, number: usize) -> Result<Json, String> {
        let mut recorded = Recorded::default();
        let answer = &done.answer;
        let status = if answer.status == "refused" { "unsupported" } else { answer.status.as_str() };
        let result = done.result.as_ref().map_or(Json::Null, |value| recorded.encode(value, 'r'));
        let after: Vec<Json> = done.after.iter().map(|value| recorded.encode(value, 'b')).collect();
        let file = if recorded.arrays.is_empty() {
            Json::Null
        } else {
            let name = format!("{number:06}.npz");
            npz::write(&self.out.join(&name), &recorded.arrays)?;
            json!(name)
        };
        Ok(json!({
            "id": id,
            "status": status,
            "return": result,
            "args_after": after,
            "return_type": answer.result_type,
            "exception": job::exception_json(answer.exception.as_ref()),
            "compile_ms": answer.compile_ms,
            "run_ms": answer.run_ms,
            "why": answer.why,
            "npz": file,
        }))
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
