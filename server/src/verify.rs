//! The same call under Python, and under Numba where it is installed, for comparison.

use std::time::Duration;

use codegen::Value;
use serde_json::{Value as Json, json};

use crate::args::CallArgs;
use crate::call::{Call, Function};
use crate::cli::encoded;
use crate::job::Done;
use crate::python;
use crate::scratch;
use crate::values::compare::{OTHER_ORDER_TOLERANCE, TOLERANCE, Types, difference};
use crate::values::wire;

/// What a comparison came to.
pub(crate) struct Verified {
    pub same: bool,
    /// `Python` or `Numba`.
    pub against: String,
    pub difference: Option<String>,
}

/// What a reference made of the call.
pub(crate) struct Reference {
    pub answer: Json,
    data: Vec<u8>,
}

/// Compares the call with Python's, and with Numba's where there is one: its types are the ones that count.
pub(crate) fn verify(
    function: &Function,
    args: &CallArgs,
    call: &Call,
    done: &Done,
) -> Result<Verified, String> {
    let interpreter = python::find(args.python.as_deref());
    let about = python::about(&interpreter)?;
    let numba = about.packages.iter().any(|(name, version)| name == "numba" && version.is_some());
    if numba {
        let reference = ask(function, args, call, true, None)?;
        if let Some(why) = reference.difference(done, Types::Same) {
            return Ok(Verified { same: false, against: "Numba".to_owned(), difference: Some(why) });
        }
    }
    let against = if numba { "Python and Numba" } else { "Python" };
    let reference = ask(function, args, call, false, None)?;
    let found = reference.difference(done, Types::Kinds);
    // Numba merges the types of a variable where Python keeps them apart; what Numba itself gives is right.
    match found {
        Some(why) if !numba => {
            Ok(Verified { same: false, against: "Python".to_owned(), difference: Some(why) })
        }
        Some(why) => Ok(Verified {
            same: true,
            against: "Numba".to_owned(),
            difference: Some(format!("Python differs: {why}")),
        }),
        None => Ok(Verified { same: true, against: against.to_owned(), difference: None }),
    }
}

/// Does the call in Python, with the stand-in for Numba or with Numba itself; `seconds` asks for its time.
pub(crate) fn ask(
    function: &Function,
    args: &CallArgs,
    call: &Call,
    numba: bool,
    seconds: Option<f64>,
) -> Result<Reference, String> {
    let directory = scratch::directory()?;
    let (values, data) = encoded(call);
    let given = directory.path().join("args.bin");
    let out = directory.path().join("out.bin");
    std::fs::write(&given, data).map_err(|error| error.to_string())?;
    let mut request = function.module_request();
    request["do"] = json!("call");
    request["numba"] = json!(numba);
    request["args"] = json!(values);
    request["data"] = json!(given);
    request["out"] = json!(out);
    if let Some(seconds) = seconds {
        request["seconds"] = json!(seconds);
        request["least"] = json!(if numba { 5 } else { 2 });
        request["most"] = json!(args.timeout.max(1.0) / 2.0);
    }
    let timeout = Duration::from_secs_f64(args.timeout.clamp(0.1, 1e6) + if numba { 60.0 } else { 0.0 });
    let answer = python::ask(&python::find(args.python.as_deref()), &request, timeout)?;
    let data = std::fs::read(&out).map_err(|error| error.to_string())?;
    Ok(Reference { answer, data })
}

/// Why sums may have been taken in another order than Numba takes them, if they may.
pub(crate) fn other_order(done: &Done) -> Option<&'static str> {
    // On several threads, that is.
    let in_parts = done.answer.passes.iter().any(|(name, _)| name == "prange");
    match (in_parts, done.answer.linalg) {
        (true, _) => Some("a parallel loop is summed in parts"),
        (_, true) => Some("linear algebra sums in its own order"),
        (false, false) => None,
    }
}

/// How far apart floats may be, relative to their size, and count as the same.
pub(crate) fn tolerance(done: &Done) -> f64 {
    if other_order(done).is_some() { OTHER_ORDER_TOLERANCE } else { TOLERANCE }
}

impl Reference {
    /// What differs between our outcome and this one.
    pub(crate) fn difference(&self, done: &Done, types: Types) -> Option<String> {
        let theirs = self.answer.get("exception").filter(|exception| !exception.is_null());
        let class = |exception: &Json| exception["class"].as_str().unwrap_or("?").to_owned();
        match (&done.answer.exception, theirs) {
            (Some(ours), Some(theirs)) => {
                return (ours.class != class(theirs))
                    .then(|| format!("raises {} here, {} there", ours.class, class(theirs)));
            }
            (Some(ours), None) => return Some(format!("raises {} here, returns there", ours.class)),
            (None, Some(theirs)) => return Some(format!("returns here, raises {} there", class(theirs))),
            (None, None) => {}
        }
        let data = wire::Data::Raw(&self.data);
        let read = |value: &Json| wire::decode_value(value, &data);
        let theirs = match read(&self.answer["return"]) {
            Ok(value) => value,
            Err(why) => return Some(format!("the result cannot be compared: {why}")),
        };
        let ours = done.result.clone().unwrap_or(Value::None);
        let tolerance = tolerance(done);
        if let Some(why) = difference(&ours, &theirs, types, tolerance) {
            return Some(format!("result: {why}"));
        }
        let after = self.answer["after"].as_array()?;
        done.after.iter().zip(after).enumerate().find_map(|(index, (ours, theirs))| {
            let theirs = read(theirs).ok()?;
            let changeable =
                matches!(theirs, Value::Array(_) | Value::List(_) | Value::Set(_) | Value::Dict(_));
            let why = changeable.then(|| difference(ours, &theirs, types, tolerance)).flatten()?;
            Some(format!("argument {} afterwards: {why}", index + 1))
        })
    }
}
