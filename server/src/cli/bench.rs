//! `jitcheck bench`

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value as Json, json};

use crate::args::{Against, BenchArgs, BenchFormat};
use crate::call::{Call, Function};
use crate::cli::bench_html::Timed;
use crate::cli::run::{call_text, duration, head, job, limits};
use crate::exit::{Exit, misuse, warning};
use crate::job::{Done, Outcome};
use crate::output;
use crate::values::compare::{OTHER_ORDER_TOLERANCE, Types};
use crate::verify;

/// How long a kernel is timed.
const SECONDS: f64 = 0.6;

pub(crate) fn bench(args: &BenchArgs) -> Exit {
    one(args).unwrap_or_else(misuse)
}

/// Says, where somebody watches, what is being timed and since when.
struct Busy(ProgressBar);

impl Busy {
    fn with(name: &str) -> Busy {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} timing {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(250));
        Busy(bar)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A time somewhere else.
struct Other {
    name: &'static str,
    steady_ms: f64,
    compile_ms: Option<f64>,
    /// The very first call: under Numba it compiles.
    first_ms: Option<f64>,
    samples_ms: Vec<f64>,
    difference: Option<String>,
}

fn one(args: &BenchArgs) -> Result<Exit, String> {
    let started = crate::job::now();
    let function = Function::read(&args.target, &args.call, &args.config)?;
    let call = function.call(&args.call, true)?;
    let mut job = job(&function, &args.call, None)?;
    // Making the arguments in Python is not part of a first result.
    job.started = started + call.python_time.as_secs_f64();
    job.types = Some(call.args.iter().map(|arg| arg.ty.clone()).collect());
    job.bench_seconds = Some(SECONDS);
    let busy = Busy::with("jitcheck");
    let outcome = job.run(Some(&call.args), limits(&args.call))?;
    drop(busy);
    let done = match finished(outcome, &function.name, args)? {
        Ok(done) => done,
        Err(why) => {
            crate::exit::error(why);
            return Ok(Exit::Problems);
        }
    };
    let mut others = Vec::new();
    let mut failed = false;
    for against in [Against::Python, Against::Numba].into_iter().filter(|one| args.against.contains(one)) {
        let busy = Busy::with(name(against));
        let other = other(against, &function, args, &call, &done);
        drop(busy);
        match other {
            Ok(other) => others.push(other),
            Err(why) => {
                failed = true;
                warning(format_args!("{}: {why}", name(against)));
            }
        }
    }
    let differs = others.iter().any(|other| other.difference.is_some());
    match args.output_format {
        BenchFormat::Json => {
            output::print(&format!("{:#}\n", object(&function, &call, &done, &others, failed)))
        }
        BenchFormat::Text => output::print(&table(&function, &call, &done, &others)),
        BenchFormat::Html => {
            let object = object(&function, &call, &done, &others, failed);
            output::print(&super::bench_html::page(&object, &timed(&done, &others), done.result.as_ref()))
        }
    }
    Ok(if differs { Exit::Problems } else { Exit::Clean })
}

/// What there is to time, or why the function gives no result. It is an error of ours where we cannot compile it.
fn finished(outcome: Outcome, name: &str, args: &BenchArgs) -> Result<Result<Done, String>, String> {
    let done = match outcome {
        Outcome::Done(done) => done,
        Outcome::TimedOut => {
            return Ok(Err(format!("{name}: stopped after {} s (--timeout)", args.call.timeout)));
        }
        Outcome::Crashed(why) => return Ok(Err(format!("{name}: {why}"))),
    };
    let why = done.answer.why.as_deref().unwrap_or_default();
    match done.answer.status.as_str() {
        "refused" => Ok(Err(format!("Numba refuses {name}: {why}"))),
        "unsupported" => Err(format!("{name} cannot be compiled here: {why}")),
        "raised" => {
            let raised = done.answer.exception.as_ref();
            let text =
                raised.map_or_else(String::new, |raised| format!("{}: {}", raised.class, raised.message));
            Ok(Err(format!("{name} raised {text}")))
        }
        _ => Ok(Ok(*done)),
    }
}

fn name(against: Against) -> &'static str {
    match against {
        Against::Python => "python",
        Against::Numba => "numba",
    }
}

fn other(
    against: Against,
    function: &Function,
    args: &BenchArgs,
    call: &Call,
    done: &Done,
) -> Result<Other, String> {
    let numba = against == Against::Numba;
    let reference = verify::ask(function, &args.call, call, numba, Some(SECONDS))?;
    let types = if numba { Types::Same } else { Types::Kinds };
    Ok(Other {
        name: name(against),
        steady_ms: reference.answer["steady_ms"].as_f64().unwrap_or(f64::NAN),
        compile_ms: reference.answer["compile_ms"].as_f64().filter(|_| numba),
        first_ms: reference.answer["first_ms"].as_f64(),
        samples_ms: reference.answer["samples_ms"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_f64)
            .collect(),
        difference: reference.difference(done, types),
    })
}

/// All that was timed, ourselves first.
fn timed<'a>(done: &'a Done, others: &'a [Other]) -> Vec<Timed<'a>> {
    let answer = &done.answer;
    let mut rows = vec![Timed {
        name: "jitcheck",
        compile_ms: Some(answer.compile_ms),
        first_ms: answer.run_ms.map(|run| answer.parse_ms + answer.infer_ms + answer.compile_ms + run),
        steady_ms: median(&answer.samples_ms),
        samples_ms: &answer.samples_ms,
    }];
    rows.extend(others.iter().map(|other| Timed {
        name: other.name,
        compile_ms: other.compile_ms,
        first_ms: other.first_ms,
        steady_ms: other.steady_ms,
        samples_ms: &other.samples_ms,
    }));
    rows
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
    }
}

fn object(function: &Function, call: &Call, done: &Done, others: &[Other], failed: bool) -> Json {
    let answer = &done.answer;
    let steady = median(&answer.samples_ms);
    let mut object = head(function, call);
    object.remove("arguments");
    object.insert("specialization".to_owned(), json!(answer.specialization));
    object.insert("parse_ms".to_owned(), json!(answer.parse_ms));
    object.insert("infer_ms".to_owned(), json!(answer.infer_ms));
    object.insert("compile_ms".to_owned(), json!(answer.compile_ms));
    object.insert("first_result_ms".to_owned(), json!(answer.first_result_ms));
    object.insert("steady_ms".to_owned(), json!(steady));
    object.insert("samples_ms".to_owned(), json!(answer.samples_ms));
    let mut against = Map::new();
    let mut speedup = Map::new();
    let mut differences = Map::new();
    for other in others {
        let mut times = Map::new();
        if let Some(compile) = other.compile_ms {
            times.insert("compile_ms".to_owned(), json!(compile));
        }
        if let Some(first) = other.first_ms {
            times.insert("first_call_ms".to_owned(), json!(first));
        }
        times.insert("steady_ms".to_owned(), json!(other.steady_ms));
        against.insert(other.name.to_owned(), Json::Object(times));
        speedup.insert(other.name.to_owned(), json!(other.steady_ms / steady));
        if let Some(difference) = &other.difference {
            differences.insert(other.name.to_owned(), json!(difference));
        }
    }
    let matched = if others.is_empty() { None } else { Some(differences.is_empty() && !failed) };
    object.insert("against".to_owned(), Json::Object(against));
    object.insert("speedup".to_owned(), Json::Object(speedup));
    object.insert("results_match".to_owned(), json!(matched));
    object.insert("differences".to_owned(), Json::Object(differences));
    object.insert("tolerance".to_owned(), json!(verify::tolerance(done)));
    object.insert(
        "passes".to_owned(),
        answer.passes.iter().map(|(name, count)| json!([name, count])).collect(),
    );
    Json::Object(object)
}

fn table(function: &Function, call: &Call, done: &Done, others: &[Other]) -> String {
    let width = output::look().width;
    let answer = &done.answer;
    let (bold, dim) = (anstyle::Style::new().bold(), anstyle::Style::new().dimmed());
    let mut out = format!("{bold}{}{bold:#}\n", call_text(function, call, width));
    let made_up = if call.made_up { "made up: " } else { "from " };
    out.push_str(&format!("{dim}arguments {made_up}{}{dim:#}\n\n", call.origin));
    let head = ["", "first call", "warm", "spread", "speedup"];
    out.push_str(&format!("{bold}{}{bold:#}\n", columns(head.map(str::to_owned))));
    let rows = timed(done, others);
    let steady = rows.first().map_or(f64::NAN, |own| own.steady_ms);
    for row in &rows {
        let factor = row.steady_ms / steady;
        let times = if factor >= 10.0 { format!("{factor:.0}x") } else { format!("{factor:.2}x") };
        let first = row.first_ms.map_or_else(|| "-".to_owned(), duration);
        out.push_str(&columns([
            row.name.to_owned(),
            first,
            duration(row.steady_ms),
            spread(row.samples_ms),
            times,
        ]));
        out.push('\n');
    }
    let (parse, infer) = (duration(answer.parse_ms), duration(answer.infer_ms));
    let compiling = format!("parse {parse}, infer {infer}, compile {}", duration(answer.compile_ms));
    out.push_str(&match answer.cached {
        true => format!("\nfirst call cached ({compiling} when made), then one run\n"),
        false => format!("\nfirst call {compiling}, then one run\n"),
    });
    out.push_str(&format!(
        "warm       median of {} samples; spread: the middle half of them\n",
        answer.samples_ms.len()
    ));
    out.push_str(&format!(
        "process    {} from the start of the program to the first result\n",
        duration(answer.first_result_ms.unwrap_or(0.0)),
    ));
    results(&mut out, done, others, width);
    out
}

/// A line of the table: the first column to the left, the others to the right.
fn columns([name, first, warm, spread, times]: [String; 5]) -> String {
    format!("{name:10} {first:>11} {warm:>11} {spread:>23} {times:>10}").trim_end().to_owned()
}

/// Between which times the middle half of the samples lies.
fn spread(samples: &[f64]) -> String {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => "-".to_owned(),
        count => {
            format!("{} to {}", duration(sorted[count / 4]), duration(sorted[(count * 3 / 4).min(count - 1)]))
        }
    }
}

fn results(out: &mut String, done: &Done, others: &[Other], width: usize) {
    let bad = anstyle::AnsiColor::Red.on_default();
    let apart = match verify::other_order(done) {
        Some(why) => format!(" (floats to {OTHER_ORDER_TOLERANCE:e}: {why})"),
        None => String::new(),
    };
    for other in others {
        match &other.difference {
            None => out.push_str(&format!("results    same as {}{apart}\n", other.name)),
            Some(why) => {
                let text =
                    crate::render::wrap(&format!("differ from {}: {why}{apart}", other.name), width - 11);
                out.push_str(&format!("{bad}results    {}{bad:#}\n", text.replace('\n', "\n           ")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{median, spread};

    #[test]
    fn the_median_of_an_even_number_is_between() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn the_spread_is_the_middle_half_of_the_samples() {
        assert_eq!(spread(&[9.0, 1.0, 2.0, 3.0, 4.0]), "2.00 ms to 4.00 ms");
        assert_eq!(spread(&[]), "-");
    }
}
