//! What must hold of every fixture: nothing is refused that some filling of the holes makes right, and the same
//! question has one answer.

use std::path::Path;
use std::sync::Arc;

use analyzer::infer::Verdict;
use analyzer::query::{InferAnswer, InferRequest};
use analyzer::{Host, NoFiles, Settings, Snapshot};
use jitcheck_tests::{Block, Case, Expected, blocks};

const PATH: &str = "/fixture.py";
/// Numba's spelling of no type: the analyzer reads it as one that it does not know.
const HOLE: &str = "?";

fn fixtures() -> Vec<Block> {
    let found = blocks(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"));
    assert!(found.len() > 1000, "the fixtures are found");
    found
}

fn snapshot(block: &Block) -> Snapshot {
    let mut host = Host::new(Arc::new(NoFiles), Settings::default());
    host.set_text(Path::new(PATH), Some(&block.text));
    host.snapshot()
}

fn infer(snapshot: &Snapshot, function: &str, args: &[String]) -> Option<InferAnswer> {
    let request = InferRequest {
        path: PATH.into(),
        function: function.to_string(),
        line: None,
        args: Some(args.to_vec()),
        options: Vec::new(),
    };
    snapshot.infer(&request).ok()
}

/// The arguments with one after the other unknown, wholly or in its parts, and with all unknown.
fn with_holes(args: &[String]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for index in 0..args.len() {
        let mut some = args.to_vec();
        some[index] = HOLE.to_string();
        found.push(some);
        let mut some = args.to_vec();
        some[index] = args[index].replace("float64", HOLE).replace("int64", HOLE);
        if some[index] != args[index] && some[index] != HOLE && !some[index].contains("u?") {
            found.push(some);
        }
    }
    found.push(vec![HOLE.to_string(); args.len()]);
    found
}

#[test]
fn nothing_is_refused_that_could_compile() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for block in fixtures() {
        let snapshot = snapshot(&block);
        let compiles = |case: &&Case| {
            let denied = format!("# numba: {}({}) -> error", case.function, case.args.join(", "));
            matches!(case.expected, Expected::Ok(_)) && !case.args.is_empty() && !block.text.contains(&denied)
        };
        for case in block.cases().iter().filter(compiles) {
            for args in with_holes(&case.args) {
                asked += 1;
                let Some(answer) = infer(&snapshot, &case.function, &args) else {
                    wrong.push(format!("{}: {args:?} cannot be read", block.name()));
                    continue;
                };
                if answer.verdict == Verdict::Error {
                    let message = answer.diagnostics.first().map(|first| first.message.clone());
                    wrong.push(format!(
                        "{}: {}({}): {}",
                        block.name(),
                        case.function,
                        args.join(", "),
                        message.unwrap_or_default()
                    ));
                }
            }
        }
    }
    assert!(asked > 1000, "cases with arguments are found");
    assert!(wrong.is_empty(), "{} of {asked} refused:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_same_question_has_the_same_answer_in_any_order() {
    for block in fixtures() {
        let cases = block.cases();
        let forwards = snapshot(&block);
        let first: Vec<_> = cases.iter().map(|case| infer(&forwards, &case.function, &case.args)).collect();
        let diagnostics = forwards.diagnostics(Path::new(PATH));
        let backwards = snapshot(&block);
        assert_eq!(backwards.diagnostics(Path::new(PATH)), diagnostics, "{}", block.name());
        let mut second: Vec<_> =
            cases.iter().rev().map(|case| infer(&backwards, &case.function, &case.args)).collect();
        second.reverse();
        assert_eq!(first, second, "{}", block.name());
    }
}
