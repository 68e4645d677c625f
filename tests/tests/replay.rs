//! Verdicts of Numba on the example kernels, recorded in `oracle/corpus.jsonl`, must be ours. A line is a request of
//! `jitcheck infer --batch` with what Numba answered under `expect`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use analyzer::infer::Verdict;
use analyzer::query::InferRequest;
use analyzer::{FileLoader, Host, Settings};
use serde_json::Value;

struct Disk;

impl FileLoader for Disk {
    fn read(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }
}

fn request(root: &Path, case: &Value) -> InferRequest {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let args = case["args"].as_array().map(|args| args.iter().map(text).collect());
    InferRequest {
        path: root.join(text(&case["file"])),
        function: text(&case["function"]),
        line: None,
        args,
        options: Vec::new(),
    }
}

#[test]
fn recorded_verdicts_are_repeated() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let corpus =
        std::fs::read_to_string(root.join("oracle/corpus.jsonl")).expect("the corpus is in the repository");
    let host = Host::new(Arc::new(Disk), Settings { roots: vec![root.clone()], ..Settings::default() });
    let snapshot = host.snapshot();
    let mut wrong = Vec::new();
    for line in corpus.lines() {
        let case: Value = serde_json::from_str(line).expect("a line is JSON");
        let answer = match snapshot.infer(&request(&root, &case)) {
            Ok(answer) => answer,
            Err(error) => {
                wrong.push(format!("{}: {error}", case["id"]));
                continue;
            }
        };
        let expect = &case["expect"];
        let blamed = answer.diagnostics.first().map(|first| u64::from(first.line));
        let same = match answer.verdict {
            Verdict::Ok => {
                expect["verdict"] == "ok" && expect["return_type"].as_str() == answer.return_type.as_deref()
            }
            Verdict::Error => {
                let line = expect["error_line"].as_u64();
                expect["verdict"] == "error" && (line.is_none() || line == blamed)
            }
            Verdict::Unknown => false,
        };
        if !same {
            let ret = answer.return_type;
            wrong.push(format!(
                "{}: {:?}, {ret:?}, line {blamed:?}, {:?}; Numba says {expect}",
                case["id"], answer.verdict, answer.why
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
