//! `jitcheck run`

use std::time::Duration;

use analyzer::query::InferRequest;
use serde_json::{Map, Value as Json, json};

use crate::args::{CallArgs, Emit, RunArgs, Target, TextFormat};
use crate::call::{Call, Function};
use crate::child::Limits;
use crate::exit::{Exit, misuse, warning};
use crate::job::{self, Done, Job, Outcome};
use crate::render::wrap;
use crate::values::{text, wire};
use crate::verify::{self, Verified};
use crate::{fix, output};

/// A kernel's result is for a person to look at, below what it was called with.
const MAX_LINES: usize = 40;

pub(crate) fn run(args: &RunArgs) -> Exit {
    let result = match (&args.batch, &args.out, &args.target) {
        (Some(calls), Some(out), _) => super::replay::replay(args, calls, out),
        (_, _, Some(target)) => one(args, target),
        _ => Err("nothing to run: give FILE::FUNCTION or --batch".to_owned()),
    };
    result.unwrap_or_else(misuse)
}

pub(crate) fn limits(args: &CallArgs) -> Limits {
    Limits { timeout: Duration::from_secs_f64(args.timeout.clamp(0.01, 1e7)), memory: args.memory }
}

/// A job for this function; bounds are checked unless asked otherwise, or always left to the decorator.
pub(crate) fn job(function: &Function, args: &CallArgs, default_check: Option<bool>) -> Result<Job, String> {
    // What does not lie on the disk goes along as its file would hold it: a notebook with its cells.
    let text = match args.stdin {
        true => Some(String::from_utf8_lossy(&fix::contents(&function.source)?).into_owned()),
        false => None,
    };
    Ok(Job {
        text,
        line: Some(function.example.line),
        boundscheck: args.bounds_checked(default_check),
        memory: args.memory,
        ..Job::new(function.source.path.clone(), function.name.clone(), &function.settings)
    })
}

fn one(args: &RunArgs, target: &Target) -> Result<Exit, String> {
    let function = Function::read(target, &args.call, &args.config)?;
    let mut job = job(&function, &args.call, Some(true))?;
    if let Some(emit) = args.emit {
        return emitted(args, &function, job, emit);
    }
    let call = function.call(&args.call, false)?;
    job.types = Some(call.args.iter().map(|arg| arg.ty.clone()).collect());
    let outcome = job.run(Some(&call.args), limits(&args.call))?;
    let Outcome::Done(done) = outcome else { return Ok(not_done(args, &function, &call, &outcome)) };
    if matches!(done.answer.status.as_str(), "refused" | "unsupported") {
        return Ok(not_run(args, &function, &call, &done));
    }
    let verified = args.verify.then(|| verify::verify(&function, &args.call, &call, &done));
    let exit = match (&done.answer.exception, &verified) {
        (_, Some(Ok(verified))) if verified.same => Exit::Clean,
        (_, Some(_)) | (Some(_), None) => Exit::Problems,
        (None, None) => Exit::Clean,
    };
    match args.output_format {
        TextFormat::Json => {
            if !done.printed.is_empty() {
                anstream::eprint!("{}", done.printed);
            }
            output::print(&format!("{:#}\n", object(&function, &call, &done, verified.as_ref())));
        }
        TextFormat::Text => output::print(&report(&function, &call, &done, verified.as_ref())),
    }
    Ok(exit)
}

fn emitted(args: &RunArgs, function: &Function, mut job: Job, emit: Emit) -> Result<Exit, String> {
    // Without arguments the types are the declared ones, or those of a call in the project.
    let explicit =
        !args.call.args.is_empty() || args.call.args_npz.is_some() || !function.example.calls.is_empty();
    let call = match (explicit, emit) {
        (true, _) => Some(function.call(&args.call, false)?),
        (false, Emit::Types) => None,
        (false, _) => known_types(function, &args.call)?,
    };
    job.types = call.as_ref().map(|call| call.args.iter().map(|arg| arg.ty.clone()).collect());
    job.emit = Some(emit);
    let done = match job.run(call.as_ref().map(|call| call.args.as_slice()), limits(&args.call))? {
        Outcome::Done(done) => done,
        Outcome::TimedOut => return Err(format!("it took longer than {} s", args.call.timeout)),
        Outcome::Crashed(why) => return Err(why),
    };
    let Some(text) = &done.answer.emitted else {
        return Err(done.answer.why.clone().unwrap_or_else(|| "nothing was compiled".to_owned()));
    };
    match args.output_format {
        TextFormat::Text => output::print(text),
        TextFormat::Json => {
            let object = json!({
                "function": function.name,
                "specialization": done.answer.specialization,
                "result_type": done.answer.result_type,
                "emit": emit,
                "text": anstream::adapter::strip_str(text).to_string(),
            });
            output::print(&format!("{object:#}\n"));
        }
    }
    Ok(Exit::Clean)
}

/// The types that are known without values; made-up arguments have the same.
fn known_types(function: &Function, args: &CallArgs) -> Result<Option<Call>, String> {
    let request = InferRequest {
        path: function.source.path.clone(),
        function: function.name.clone(),
        line: Some(function.example.line),
        args: None,
        options: Vec::new(),
    };
    let known = function.snapshot().infer(&request).is_ok_and(|answer| answer.why.is_empty());
    if known { Ok(None) } else { function.call(args, false).map(Some) }
}

/// A call that ended the child.
fn not_done(args: &RunArgs, function: &Function, call: &Call, outcome: &Outcome) -> Exit {
    let (status, why) = match outcome {
        Outcome::TimedOut => ("timeout", format!("stopped after {} s (--timeout)", args.call.timeout)),
        Outcome::Crashed(why) => ("crashed", why.clone()),
        Outcome::Done(_) => return Exit::Clean,
    };
    if args.output_format == TextFormat::Json {
        let mut object = head(function, call);
        object.insert("status".to_owned(), json!(status));
        object.insert("why".to_owned(), json!(why));
        output::print(&format!("{:#}\n", Json::Object(object)));
    }
    crate::exit::error(format_args!("{}: {why}", function.name));
    Exit::Problems
}

/// A function that was never called, because Numba or we cannot compile it.
fn not_run(args: &RunArgs, function: &Function, call: &Call, done: &Done) -> Exit {
    let why = done.answer.why.clone().unwrap_or_default();
    if args.output_format == TextFormat::Json {
        let mut object = head(function, call);
        object.insert("status".to_owned(), json!(done.answer.status));
        object.insert("why".to_owned(), json!(why));
        output::print(&format!("{:#}\n", Json::Object(object)));
    }
    if done.answer.status == "refused" {
        crate::exit::error(format_args!("Numba refuses {}: {why}", signature(function, call)));
        Exit::Problems
    } else {
        crate::exit::error(format_args!("{} cannot be compiled here: {why}", signature(function, call)));
        Exit::Misuse
    }
}

fn signature(function: &Function, call: &Call) -> String {
    let types: Vec<&str> = call.args.iter().map(|arg| arg.ty.as_str()).collect();
    format!("{}({})", function.name, types.join(", "))
}

/// What every answer has.
pub(crate) fn head(function: &Function, call: &Call) -> Map<String, Json> {
    let arguments: Map<String, Json> = call
        .names
        .iter()
        .zip(&call.args)
        .filter(|(_, arg)| !arg.ty.starts_with("omitted("))
        .map(|(name, arg)| (name.clone(), text::json(&arg.value)))
        .collect();
    let mut object = Map::new();
    object.insert("function".to_owned(), json!(function.name));
    object.insert("specialization".to_owned(), call.args.iter().map(|arg| json!(arg.ty)).collect());
    object.insert("arguments".to_owned(), Json::Object(arguments));
    object.insert("arguments_from".to_owned(), json!(call.origin));
    object.insert("made_up".to_owned(), json!(call.made_up));
    object
}

fn object(
    function: &Function,
    call: &Call,
    done: &Done,
    verified: Option<&Result<Verified, String>>,
) -> Json {
    let answer = &done.answer;
    let mut object = head(function, call);
    object.insert("specialization".to_owned(), json!(answer.specialization));
    object.insert("status".to_owned(), json!(answer.status));
    object.insert("result".to_owned(), done.result.as_ref().map_or(Json::Null, text::json));
    object.insert("result_text".to_owned(), json!(done.result.as_ref().map(text::repr)));
    object.insert("result_type".to_owned(), json!(answer.result_type));
    let mutated: Map<String, Json> = job::mutated(&call.names, &call.args, &done.after)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), text::json(value)))
        .collect();
    object.insert("mutated".to_owned(), Json::Object(mutated));
    object.insert("parse_ms".to_owned(), json!(answer.parse_ms));
    object.insert("infer_ms".to_owned(), json!(answer.infer_ms));
    object.insert("compile_ms".to_owned(), json!(answer.compile_ms));
    object.insert("cached".to_owned(), json!(answer.cached));
    object.insert("run_ms".to_owned(), json!(answer.run_ms));
    let (same, against, difference) = match verified {
        Some(Ok(verified)) => (json!(verified.same), json!(verified.against), json!(verified.difference)),
        Some(Err(why)) => (Json::Null, Json::Null, json!(why)),
        None => (Json::Null, Json::Null, Json::Null),
    };
    object.insert("verified".to_owned(), same);
    object.insert("verified_against".to_owned(), against);
    object.insert("difference".to_owned(), difference);
    object.insert("exception".to_owned(), job::exception_json(answer.exception.as_ref()));
    object.insert("stdout".to_owned(), json!(done.printed));
    Json::Object(object)
}

/// `1.23 ms`, `45 µs`
pub(crate) fn duration(ms: f64) -> String {
    match ms {
        ms if ms >= 1e3 => format!("{:.2} s", ms / 1e3),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 1.0 => format!("{ms:.2} ms"),
        ms if ms >= 0.001 => format!("{:.1} µs", ms * 1e3),
        ms => format!("{:.0} ns", ms * 1e6),
    }
}

/// `name(x=.., y=..)`, one argument a line where it does not fit.
pub(crate) fn call_text(function: &Function, call: &Call, width: usize) -> String {
    let given = call.names.iter().zip(&call.args).filter(|(_, arg)| !arg.ty.starts_with("omitted("));
    let shown: Vec<String> =
        given.map(|(name, arg)| format!("{name}={}", brief(&arg.value, width, name.len() + 5))).collect();
    let line = format!("{}({})", function.name, shown.join(", "));
    if line.chars().count() <= width && !line.contains('\n') {
        return line;
    }
    let lines: String = shown.iter().map(|arg| format!("    {arg},\n")).collect();
    format!("{}(\n{lines})", function.name)
}

/// A value on one line, by its type and shape if it would be longer.
fn brief(value: &codegen::Value, width: usize, indent: usize) -> String {
    let text = text::repr(value);
    if text.chars().count() + indent <= width && !text.contains('\n') {
        return text;
    }
    match value {
        codegen::Value::Array(array) => {
            format!("<array of {}, shape {}>", array.dtype.name(), text::shape_text(&array.shape))
        }
        codegen::Value::Tuple(items) | codegen::Value::List(items) if items.len() <= 8 => {
            let items: Vec<String> = items.iter().map(|item| brief(item, width / 2, indent)).collect();
            let text = format!("({})", items.join(", "));
            shorten(&text, width.saturating_sub(indent))
        }
        _ => shorten(&text.replace('\n', " "), width.saturating_sub(indent)),
    }
}

/// A value over as many lines as it needs: the items of a tuple or list that is too long for one get one each.
fn spread(value: &codegen::Value, width: usize, indent: usize) -> String {
    let text = text::repr(value);
    let fits = |text: &str| text.lines().all(|line| line.chars().count() + indent <= width);
    let (open, close, items) = match value {
        codegen::Value::Tuple(items) => ("(", ")", items),
        codegen::Value::List(items) => ("[", "]", items),
        _ if fits(&text) => return text.replace('\n', &format!("\n{}", " ".repeat(indent))),
        _ => return brief(value, width, indent),
    };
    if items.is_empty() || (fits(&text) && !text.contains('\n')) {
        return text;
    }
    let pad = " ".repeat(indent + 2);
    let lines: String =
        items.iter().map(|item| format!("{pad}{},\n", spread(item, width - 1, indent + 2))).collect();
    format!("{open}\n{lines}{}{close}", " ".repeat(indent))
}

pub(crate) fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(3)).collect();
    format!("{kept}...")
}

fn clipped(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= MAX_LINES {
        return text.to_owned();
    }
    let left = lines.len() - MAX_LINES + 1;
    format!("{}\n... ({left} more lines)", lines[..MAX_LINES - 1].join("\n"))
}

fn report(
    function: &Function,
    call: &Call,
    done: &Done,
    verified: Option<&Result<Verified, String>>,
) -> String {
    let width = output::look().width;
    let answer = &done.answer;
    let (bold, dim) = (anstyle::Style::new().bold(), anstyle::Style::new().dimmed());
    let (good, bad) = (anstyle::AnsiColor::Green.on_default(), anstyle::AnsiColor::Red.on_default());
    let mut out = done.printed.clone();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&format!("{bold}{}{bold:#}\n", call_text(function, call, width)));
    if call.made_up {
        out.push_str(&format!("{dim}arguments made up ({}); give yours with --arg{dim:#}\n", call.origin));
    } else {
        out.push_str(&format!("{dim}arguments from {}{dim:#}\n", call.origin));
    }
    out.push('\n');
    if let Some(raised) = &answer.exception {
        let place = raised.line.map_or_else(String::new, |line| {
            format!(" at {}", function.source.line_place((line as usize).saturating_sub(1)))
        });
        let text = if raised.message.is_empty() {
            raised.class.clone()
        } else {
            format!("{}: {}", raised.class, raised.message)
        };
        out.push_str(&format!("{bad}{}{bad:#}\n", wrap(&format!("raised {text}{place}"), width)));
    } else if let Some(result) = &done.result {
        out.push_str(&clipped(&spread(result, width, 0)));
        out.push('\n');
    }
    for (name, value) in job::mutated(&call.names, &call.args, &done.after) {
        out.push_str(&format!("{dim}{name} is now{dim:#} {}\n", brief(value, width, name.len() + 8)));
    }
    out.push('\n');
    if let Some(ty) = &answer.result_type {
        out.push_str(&format!("type      {}\n", wrap(ty, width - 10).replace('\n', "\n          ")));
    }
    out.push_str(&format!("compiled  {}\n", duration(answer.parse_ms + answer.infer_ms + answer.compile_ms)));
    if let Some(run) = answer.run_ms {
        out.push_str(&format!("ran       {}\n", duration(run)));
    }
    match verified {
        Some(Ok(verified)) if verified.same => {
            out.push_str(&format!("verified  {good}same as {}{good:#}\n", verified.against))
        }
        Some(Ok(verified)) => {
            let why = verified.difference.clone().unwrap_or_default();
            let text = wrap(&format!("differs from {}: {why}", verified.against), width - 10)
                .replace('\n', "\n          ");
            out.push_str(&format!("verified  {bad}{text}{bad:#}\n"));
        }
        Some(Err(why)) => {
            warning(format_args!("not verified: {why}"));
        }
        None => {}
    }
    out
}

/// The arguments of a call as JSON and their data, for Python.
pub(crate) fn encoded(call: &Call) -> (Vec<Json>, Vec<u8>) {
    let mut out = wire::Out::default();
    let args =
        call.args
            .iter()
            .map(|arg| {
                if arg.ty.starts_with("omitted(") {
                    json!({ "k": "omitted" })
                } else {
                    out.encode(&arg.value)
                }
            })
            .collect();
    (args, out.bytes)
}
