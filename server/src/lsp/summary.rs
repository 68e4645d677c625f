//! The answer to a command in a few words, for a lens and a message.

use serde_json::Value;
use tower_lsp::lsp_types::MessageType;

use super::commands::Command;

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
    /// Reads the JSON of the command line, or what stands for it where a child left none.
    pub(crate) fn of(command: Command, answer: &Value) -> Summary {
        let why = || answer["why"].as_str().or(answer["status"].as_str()).unwrap_or_default();
        match (answer["status"].as_str(), command) {
            (Some("cancelled"), _) => Summary { text: "cancelled".to_owned(), kind: Kind::Cancelled },
            (Some("refused"), _) => bad(&format!("Numba refuses it: {}", why())),
            (Some("timeout" | "crashed" | "failed" | "unsupported"), _) => bad(why()),
            (_, Command::Run) => run(answer),
            (_, Command::Verify) => verify(answer),
            (_, Command::Bench) => bench(answer),
            (_, Command::ShowTypes | Command::ShowAssembly) => good("done".to_owned()),
        }
    }

    pub(crate) fn message_type(&self) -> MessageType {
        match self.kind {
            Kind::Good | Kind::Cancelled => MessageType::INFO,
            Kind::Bad => MessageType::WARNING,
        }
    }
}

fn good(text: String) -> Summary {
    Summary { text, kind: Kind::Good }
}

fn bad(text: &str) -> Summary {
    Summary { text: format!("✗ {}", shorten(text, 120)), kind: Kind::Bad }
}

fn run(answer: &Value) -> Summary {
    if let Some(raised) = exception(answer) {
        return bad(&raised);
    }
    let result = match (answer["result_text"].as_str(), &answer["result"]) {
        (Some(text), _) => text.to_owned(),
        (None, Value::Null) => "None".to_owned(),
        (None, value) => value.to_string(),
    };
    let time = answer["run_ms"].as_f64().map(|ms| format!(" in {}", duration(ms))).unwrap_or_default();
    let made_up = if answer["made_up"] == Value::Bool(true) { " (made-up arguments)" } else { "" };
    good(format!("→ {}{time}{made_up}", shorten(&result, 60)))
}

fn verify(answer: &Value) -> Summary {
    let difference = answer["difference"].as_str().unwrap_or_default();
    let colon = if difference.is_empty() { "" } else { ": " };
    match answer["verified"].as_bool() {
        Some(true) => good("same as Python".to_owned()),
        Some(false) => bad(&format!("differs from Python{colon}{difference}")),
        None => bad(&format!("could not be compared{colon}{difference}")),
    }
}

fn bench(answer: &Value) -> Summary {
    if let Some(raised) = exception(answer) {
        return bad(&raised);
    }
    let mut text = answer["steady_ms"].as_f64().map_or_else(|| "?".to_owned(), duration);
    let speedups = answer["speedup"].as_object().into_iter().flatten();
    for (name, factor) in speedups.filter_map(|(name, factor)| Some((name, factor.as_f64()?))) {
        text.push_str(&format!(", {factor:.1}× {name}"));
    }
    if answer["results_match"] == Value::Bool(false) {
        text.push_str(", results differ");
    }
    good(text)
}

fn exception(answer: &Value) -> Option<String> {
    let raised = &answer["exception"];
    let class = raised["class"].as_str()?;
    match raised["message"].as_str() {
        Some(message) if !message.is_empty() => Some(format!("{class}: {message}")),
        _ => Some(class.to_owned()),
    }
}

/// The first line, if more is there or it is long with an ellipsis.
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
        ms if ms < 1.0 => format!("{:.1} µs", ms * 1e3),
        ms if ms < 1e3 => format!("{ms:.2} ms"),
        ms => format!("{:.2} s", ms / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(command: Command, answer: Value) -> String {
        Summary::of(command, &answer).text
    }

    #[test]
    fn a_result_is_shown_as_python_writes_it() {
        let answer = json!({ "result": [1.0, 2.0], "result_text": "array([1.,\n 2.])", "run_ms": 0.00123 });
        assert_eq!(text(Command::Run, answer), "→ array([1., … in 1.2 µs");
        assert_eq!(
            text(Command::Run, json!({ "result": null, "run_ms": 12.0, "made_up": true })),
            "→ None in 12.00 ms (made-up arguments)"
        );
    }

    #[test]
    fn what_went_wrong_is_said() {
        let raised = json!({ "status": "raised", "exception": { "class": "ValueError", "message": "no" } });
        assert_eq!(text(Command::Run, raised.clone()), "✗ ValueError: no");
        assert_eq!(text(Command::Bench, raised), "✗ ValueError: no");
        assert_eq!(
            text(Command::Run, json!({ "status": "timeout", "why": "stopped after 1 s" })),
            "✗ stopped after 1 s"
        );
        assert_eq!(Summary::of(Command::Run, &json!({ "status": "cancelled" })).kind, Kind::Cancelled);
    }

    #[test]
    fn a_comparison_and_a_time_are_summed_up() {
        let same = json!({ "verified": true, "exception": { "class": "ValueError", "message": "no" } });
        assert_eq!(text(Command::Verify, same), "same as Python");
        assert_eq!(
            text(Command::Verify, json!({ "verified": false, "difference": "3 and 4" })),
            "✗ differs from Python: 3 and 4"
        );
        let times = json!({ "steady_ms": 1.5, "speedup": { "python": 33.27 }, "results_match": true });
        assert_eq!(text(Command::Bench, times), "1.50 ms, 33.3× python");
    }
}
