//! What the language server answers about names and the shape of a file.

#[path = "lsp/client.rs"]
#[expect(dead_code, reason = "the other tests of the server use the rest")]
mod client;

use client::Client;
use serde_json::{Value, json};

const LIBRARY: &str = "\
from numba import njit


@njit
def scale(x, factor=2.0):
    π = x * factor
    return π
";

const USER: &str = "\
import numpy as np
from numba import njit

from library import scale as enlarge
import library

LIMIT = 3


@njit
def total(values):
    acc = 0.0
    for i in range(LIMIT):
        acc += enlarge(values[i])
    return acc + library.scale(1.0)


def main():
    return total(np.ones(3))


main()
";

fn at(line: u32, character: u32) -> Value {
    json!({ "position": { "line": line, "character": character } })
}

fn uses(line: u32, character: u32, declaration: bool) -> Value {
    let mut params = at(line, character);
    params["context"] = json!({ "includeDeclaration": declaration });
    params
}

/// Where the locations start: file, line and column.
fn places(locations: &Value) -> Vec<String> {
    let locations = locations.as_array().expect("locations").iter();
    let place = |it: &Value| {
        let file = it["uri"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        let start = &it["range"]["start"];
        format!("{file}:{}:{}", start["line"], start["character"])
    };
    locations.map(place).collect()
}

#[test]
fn a_function_is_found_wherever_it_is_used() {
    let mut client = Client::plain();
    std::fs::write(client.path("library.py"), LIBRARY).expect("a file");
    let uri = client.open("user.py", USER);
    let everywhere = ["library.py:4:4", "user.py:3:20", "user.py:3:29", "user.py:13:15", "user.py:14:25"];
    assert_eq!(places(&client.about("textDocument/references", &uri, uses(13, 17, true))), everywhere);
    let library = client.uri("library.py");
    assert_eq!(places(&client.about("textDocument/references", &library, uses(4, 5, true))), everywhere);
    let without = client.about("textDocument/references", &library, uses(4, 5, false));
    assert_eq!(without.as_array().map(Vec::len), Some(3));
}

#[test]
fn a_hover_tells_the_type_where_a_name_is_read_assigned_or_defined() {
    let mut client = Client::plain();
    std::fs::write(client.path("library.py"), LIBRARY).expect("a file");
    let uri = client.open("user.py", USER);
    let mut told = |line: u32, character: u32| {
        let answer = client.about("textDocument/hover", &uri, at(line, character));
        let text = answer["contents"]["value"].as_str().unwrap_or_default().to_owned();
        text.lines().find(|line| !line.starts_with("```")).unwrap_or_default().to_owned()
    };
    assert_eq!(told(10, 4), "def total(values: array(float64, 1d, C)) -> float64");
    assert_eq!(told(11, 5), "acc: float64");
    assert_eq!(told(12, 8), "i: int64");
    assert_eq!(told(13, 9), "acc: float64");
    assert_eq!(told(13, 24), "values: array(float64, 1d, C)");
}

#[test]
fn the_types_of_arguments_stand_beside_their_own_names() {
    let mut client = Client::plain();
    let text =
        "from numba import njit\n\n\n@njit\ndef f(x, *rest, by=2, to):\n    return x\n\n\nf(1.5, to=3)\nf(";
    let uri = client.open("order.py", text);
    let expected = "f(x: float64, *rest: StarArgTuple(), by=2, to: int64) -> float64";
    let hover = client.about("textDocument/hover", &uri, at(4, 4));
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.contains(expected)), "{hover}");
    let help = client.about("textDocument/signatureHelp", &uri, at(9, 2));
    assert_eq!(help["signatures"][0]["label"], expected);
}

#[test]
fn a_variable_is_found_in_its_function_and_a_global_in_its_file() {
    let mut client = Client::plain();
    let uri = client.open("user.py", USER);
    let acc = places(&client.about("textDocument/references", &uri, uses(14, 12, true)));
    assert_eq!(acc, ["user.py:11:4", "user.py:13:8", "user.py:14:11"]);
    let limit = places(&client.about("textDocument/references", &uri, uses(6, 0, true)));
    assert_eq!(limit, ["user.py:6:0", "user.py:12:19"]);
    assert_eq!(client.about("textDocument/references", &uri, uses(8, 0, true)), json!([]));
}

#[test]
fn the_parameters_of_a_call_are_shown_while_it_is_written() {
    let mut client = Client::plain();
    std::fs::write(client.path("library.py"), LIBRARY).expect("a file");
    let uri = client.open("user.py", USER);
    client.edit(&uri, 2, [13, 8, 13, 33], "acc += enlarge(values[i], fact");
    let help = client.about("textDocument/signatureHelp", &uri, at(13, 38));
    let signature = &help["signatures"][0];
    assert!(signature["label"].as_str().is_some_and(|label| label.starts_with("scale(x")), "{help}");
    assert_eq!(signature["parameters"].as_array().map(Vec::len), Some(2));
    assert_eq!(help["activeParameter"], 1);
    client.edit(&uri, 3, [13, 8, 13, 38], "acc += np.full(");
    let help = client.about("textDocument/signatureHelp", &uri, at(13, 23));
    assert!(help["signatures"][0]["label"].as_str().is_some_and(|it| it.starts_with("np.full(")), "{help}");
    assert_eq!(client.about("textDocument/signatureHelp", &uri, at(11, 7)), Value::Null);
}

#[test]
fn names_in_kernels_are_painted_by_what_they_are_to_numba() {
    let mut client = Client::plain();
    let uri = client.open("library.py", LIBRARY);
    let legend = client.capabilities["semanticTokensProvider"]["legend"].clone();
    let tokens = client.about("textDocument/semanticTokens/full", &uri, json!({}));
    let data: Vec<u64> = tokens["data"].as_array().expect("data").iter().filter_map(Value::as_u64).collect();
    let (mut line, mut column) = (0, 0);
    let mut painted = Vec::new();
    for token in data.chunks(5) {
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        line += token[0];
        let kind = legend["tokenTypes"][token[3] as usize].as_str().unwrap_or_default();
        painted.push(format!("{line}:{column}+{} {kind}", token[2]));
    }
    assert_eq!(
        painted,
        [
            "4:4+5 function",
            "4:10+1 parameter",
            "4:13+6 parameter",
            "5:4+1 variable",
            "5:8+1 parameter",
            "5:12+6 parameter",
            "6:11+1 variable",
        ]
    );
    let range =
        json!({ "range": { "start": { "line": 6, "character": 0 }, "end": { "line": 7, "character": 0 } } });
    let part = client.about("textDocument/semanticTokens/range", &uri, range);
    assert_eq!(part["data"], json!([6, 11, 1, 7, 0]));
}

#[test]
fn blocks_and_imports_fold() {
    let mut client = Client::plain();
    let uri = client.open("user.py", USER);
    let folds = client.about("textDocument/foldingRange", &uri, json!({}));
    let lines: Vec<(u64, u64)> = folds
        .as_array()
        .expect("folds")
        .iter()
        .filter_map(|it| Some((it["startLine"].as_u64()?, it["endLine"].as_u64()?)))
        .collect();
    assert_eq!(lines, [(0, 4), (10, 14), (12, 13), (17, 18)]);
    assert_eq!(folds[0]["kind"], "imports");
}

#[test]
fn a_signature_and_an_array_argument_are_offered() {
    let mut client = Client::plain();
    let text = USER.replace("np.ones(3)", "[1.0, 2.0, 3.0]");
    let uri = client.open("user.py", &text);
    assert_eq!(client.diagnostics(&uri, json!(1))[0]["code"], "list-argument");
    let ask = |line: u32, column: u32| {
        let place = json!({ "line": line, "character": column });
        json!({ "range": { "start": place, "end": place }, "context": { "diagnostics": [] } })
    };
    let actions = client.about("textDocument/codeAction", &uri, ask(18, 20));
    assert_eq!(actions[0]["edit"]["changes"][&uri][0]["newText"], "np.array([1.0, 2.0, 3.0])");
    let uri = client.open("other.py", &LIBRARY.replace("return π\n", "return π\n\nscale(1.5, 2.0)\n"));
    let actions = client.about("textDocument/codeAction", &uri, ask(4, 6));
    assert_eq!(actions[0]["kind"], "refactor.rewrite", "{actions}");
    assert_eq!(actions[0]["edit"]["changes"][&uri][0]["newText"], "(\"float64(float64, float64)\")");
}

#[test]
fn every_variable_has_its_type_where_it_is_first_assigned() {
    let mut client = Client::plain();
    let uri = client.open("user.py", &USER.replace("np.ones(3)", "np.ones(3, np.float32)"));
    std::fs::write(client.path("library.py"), LIBRARY).expect("a file");
    let range =
        json!({ "range": { "start": { "line": 9, "character": 0 }, "end": { "line": 15, "character": 0 } } });
    let hints = client.about("textDocument/inlayHint", &uri, range);
    let shown: Vec<String> = hints
        .as_array()
        .expect("hints")
        .iter()
        .map(|hint| format!("{}{}", hint["position"]["line"], hint["label"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(shown[..1], ["10: array(float32, 1d, C)"]);
    assert!(shown.contains(&"11: float64".to_owned()), "{shown:?}");
    assert!(shown.contains(&"12: int64".to_owned()), "{shown:?}");
}
