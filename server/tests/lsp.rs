//! The language server as an editor meets it: the real binary, over pipes.

#[path = "lsp/client.rs"]
mod client;
#[path = "lsp/flood.rs"]
mod flood;

use std::time::{Duration, Instant};

use client::{Client, PATIENCE};
use serde_json::{Value, json};

const KERNELS: &str = "\
import numpy as np
from numba import njit


@njit
def zeros(n):
    return np.zeros([n, 2])


@njit('float64(int64)')
def half(n):
    return n / 2
";

const UNBOUNDED: &str = "\
from numba import njit


@njit('int64(int64)')
def spin(n):
    while n >= 0:
        n = n ^ 1
    return n
";

const WILD: &str = "\
import numpy as np
from numba import njit


@njit('float64(int64)')
def wild(n):
    a = np.zeros(4)
    a[n] = 1.0
    return a[0]
";

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|it| it["code"].as_str()).collect()
}

fn span(line: u32, start: u32, end: u32) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

fn lens_titles(client: &mut Client, uri: &str) -> Vec<String> {
    let lenses = client.about("textDocument/codeLens", uri, json!({}));
    let titles = lenses.as_array().into_iter().flatten().filter_map(|lens| lens["command"]["title"].as_str());
    titles.map(str::to_owned).collect()
}

#[test]
fn diagnostics_follow_the_text() {
    let mut client = Client::plain();
    let uri = client.open("k.py", KERNELS);
    let found = client.diagnostics(&uri, json!(1));
    assert_eq!(codes(&found), ["list-as-shape"]);
    assert_eq!(found[0]["range"], span(6, 20, 26));
    assert_eq!((&found[0]["severity"], &found[0]["source"]), (&json!(1), &json!("jitcheck")));
    client.edit(&uri, 2, [6, 20, 6, 26], "(n, 2)");
    assert_eq!(codes(&client.diagnostics(&uri, json!(2))), [""; 0]);
    client.edit(&uri, 3, [6, 20, 6, 26], "[n, 2]");
    assert_eq!(codes(&client.diagnostics(&uri, json!(3))), ["list-as-shape"]);
    client.edit(&uri, 4, [0, 0, 0, 0], "# above\r\n");
    assert_eq!(client.diagnostics(&uri, json!(4))[0]["range"], span(7, 20, 26));
    client.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(codes(&client.diagnostics(&uri, json!(4))), ["list-as-shape"]);
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(codes(&client.diagnostics(&uri, Value::Null)), [""; 0]);
    assert!(client.shut_down().success());
}

#[test]
fn columns_are_counted_as_was_agreed() {
    let text = KERNELS.replace("    return np.z", "    π = '𝛼'; return np.z");
    for (offered, agreed, start) in [(json!(["utf-8", "utf-16"]), "utf-8", 33), (Value::Null, "utf-16", 30)] {
        let mut client = Client::greeted(json!({ "general": { "positionEncodings": offered } }), Value::Null);
        assert_eq!(client.capabilities["positionEncoding"], agreed);
        let uri = client.open("k.py", &text);
        assert_eq!(client.diagnostics(&uri, json!(1))[0]["range"], span(6, start, start + 6));
        client.edit(&uri, 2, [6, start, 6, start + 6], "n");
        assert_eq!(codes(&client.diagnostics(&uri, json!(2))), [""; 0]);
    }
}

#[test]
fn a_client_that_pulls_is_never_pushed() {
    let mut client = Client::greeted(json!({ "textDocument": { "diagnostic": {} } }), Value::Null);
    assert!(client.capabilities["diagnosticProvider"].is_object());
    let uri = client.open("k.py", KERNELS);
    let report = client.about("textDocument/diagnostic", &uri, json!({}));
    assert_eq!(codes(report["items"].as_array().expect("items")), ["list-as-shape"]);
    client.edit(&uri, 2, [6, 20, 6, 26], "n");
    let report = client.about("textDocument/diagnostic", &uri, json!({}));
    assert_eq!(report["items"], json!([]));
    assert!(!client.has_seen("textDocument/publishDiagnostics"));
}

#[test]
fn the_workspace_is_searched_for_kernels() {
    let mut client = Client::greeted(json!({ "textDocument": { "diagnostic": {} } }), Value::Null);
    std::fs::write(client.path("closed.py"), KERNELS).expect("a file");
    std::fs::write(client.path("other.py"), "x = [1, 2]\n").expect("a file");
    let symbols = client.request("workspace/symbol", json!({ "query": "zr" }));
    assert_eq!(symbols["result"][0]["name"], "zeros", "{symbols}");
    let ask = |previous: Value| json!({ "identifier": "jitcheck", "previousResultIds": previous });
    let report = client.request("workspace/diagnostic", ask(json!([])));
    let items = report["result"]["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(items.len(), 1, "{report}");
    assert_eq!((&items[0]["uri"], &items[0]["kind"]), (&json!(client.uri("closed.py")), &json!("full")));
    assert_eq!(codes(items[0]["items"].as_array().expect("items")), ["list-as-shape"]);
    // Nothing new: the answer comes when there is.
    let known = json!([{ "uri": items[0]["uri"], "value": items[0]["resultId"] }]);
    let waiting = client.ask("workspace/diagnostic", ask(known));
    client.open_unsaved("closed.py", &KERNELS.replace("[n, 2]", "n"));
    let report = client.response(waiting);
    assert_eq!(report["result"]["items"][0]["items"], json!([]), "{report}");
}

#[test]
fn an_open_file_wins_over_the_one_on_disk() {
    let mut client = Client::plain();
    std::fs::write(client.path("other.py"), "def helper(x):\n    return x\n").expect("a file");
    let text =
        "from numba import njit\nfrom other import helper\n\n\n@njit\ndef f(x):\n    return helper(x)\n";
    let uri = client.open("k.py", text);
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), ["undecorated-callee"]);
    client.open_unsaved("other.py", "from numba import njit\n\n\n@njit\ndef helper(x):\n    return x\n");
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), [""; 0]);
    let other = client.uri("other.py");
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": other } }));
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), ["undecorated-callee"]);
    std::fs::write(client.path("other.py"), "from numba import njit\nhelper = njit(lambda x: x)\n")
        .expect("a file");
    let changes = json!({ "changes": [{ "uri": other, "type": 2 }] });
    client.notify("workspace/didChangeWatchedFiles", changes);
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), [""; 0]);
}

#[test]
fn types_are_shown_in_place() {
    let markdown = json!({ "textDocument": { "hover": { "contentFormat": ["markdown"] } } });
    let mut client = Client::greeted(markdown, Value::Null);
    let uri = client.open("k.py", KERNELS);
    let hover =
        client.about("textDocument/hover", &uri, json!({ "position": { "line": 11, "character": 11 } }));
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.contains("int64")), "{hover}");
    let hover =
        client.about("textDocument/hover", &uri, json!({ "position": { "line": 6, "character": 21 } }));
    let text = hover["contents"]["value"].as_str().unwrap_or_default();
    assert!(text.contains("[list-as-shape](https://"), "{hover}");
    let hints = client.about(
        "textDocument/inlayHint",
        &uri,
        json!({ "range": span(0, 0, 0).as_object().map(|_| {
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 12, "character": 0 } })
    }) }),
    );
    let labels: Vec<_> =
        hints.as_array().into_iter().flatten().filter_map(|hint| hint["label"].as_str()).collect();
    assert_eq!(labels, [": int64", " -> float64"]);
    let symbols = client.about("textDocument/documentSymbol", &uri, json!({}));
    let names: Vec<_> =
        symbols.as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["zeros", "half"]);
    let settings = json!({ "settings": { "jitcheck": { "inlayHints": { "returns": false, "variables": false, "parameters": false } } } });
    client.notify("workspace/didChangeConfiguration", settings);
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 12, "character": 0 } });
    assert_eq!(client.about("textDocument/inlayHint", &uri, json!({ "range": range })), json!([]));
}

#[test]
fn a_finding_offers_its_fix_and_a_comment() {
    let mut client = Client::plain();
    let uri = client.open("k.py", KERNELS);
    let ask = |client: &mut Client, only: Value| {
        let context = json!({ "diagnostics": [], "only": only });
        client.about("textDocument/codeAction", &uri, json!({ "range": span(6, 21, 21), "context": context }))
    };
    let actions = ask(&mut client, Value::Null);
    let titles: Vec<_> =
        actions.as_array().into_iter().flatten().filter_map(|it| it["title"].as_str()).collect();
    assert!(titles.contains(&"jitcheck: ignore list-as-shape on this line"), "{titles:?}");
    assert_eq!(actions[0]["isPreferred"], true);
    let all = ask(&mut client, json!(["source.fixAll"]));
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    assert_eq!(all[0]["kind"], "source.fixAll.jitcheck");
    let edits = all[0]["edit"]["changes"][&uri].as_array().cloned().unwrap_or_default();
    assert!(!edits.is_empty());
    assert_eq!(ask(&mut client, json!(["refactor"])), json!([]));
}

#[test]
fn a_lens_runs_its_kernel_and_remembers_the_result() {
    let refresh = json!({ "workspace": { "codeLens": { "refreshSupport": true } }, "window": { "workDoneProgress": true } });
    let mut client = Client::greeted(refresh, Value::Null);
    let uri = client.open("k.py", KERNELS);
    let before = lens_titles(&mut client, &uri);
    assert!(before.iter().any(|title| title == "▶ Run"), "{before:?}");
    assert_eq!(before.iter().filter(|title| *title == "▶ Run").count(), 1, "{before:?}");
    assert!(before.iter().any(|title| title == "(int64) → float64"), "{before:?}");
    // The text that counts is the editor's, saved or not.
    client.edit(&uri, 2, [11, 15, 11, 16], "4");
    let answer = client.execute("jitcheck.run", &uri, "half", json!({ "args": { "n": "5" } }));
    assert_eq!(answer["result"]["function"], "half", "{answer}");
    assert_eq!(answer["result"]["exception"], Value::Null, "{answer}");
    let message = client.notification("window/showMessage");
    assert!(message["message"].as_str().is_some_and(|text| text.starts_with("half → 1.25")), "{message}");
    client.notification("workspace/codeLens/refresh");
    assert!(client.has_seen("$/progress"));
    let after = lens_titles(&mut client, &uri);
    assert!(after.iter().any(|title| title.starts_with("▶ Run → 1.25")), "{after:?}");
    // Another text is another kernel, and nothing is known about it.
    client.edit(&uri, 3, [11, 15, 11, 16], "8");
    assert!(lens_titles(&mut client, &uri).iter().any(|title| title == "▶ Run"));
}

#[test]
fn a_kernel_that_does_not_end_is_stopped() {
    let mut client = Client::plain();
    let uri = client.open("k.py", UNBOUNDED);
    let params = json!({ "command": "jitcheck.run", "arguments": [uri, "spin", { "timeout": 1, "args": { "n": "1" } }] });
    let running = client.ask("workspace/executeCommand", params);
    let asked = Instant::now();
    client.about("textDocument/codeLens", &uri, json!({}));
    assert!(asked.elapsed() < Duration::from_secs(1), "the server must answer while a kernel runs");
    let answer = client.response(running);
    assert_eq!(answer["result"]["status"], "timeout", "{answer}");
    assert!(client.children().is_empty());
}

#[test]
fn a_kernel_that_destroys_its_process_harms_nobody_else() {
    let mut client = Client::plain();
    let uri = client.open("k.py", WILD);
    let far = json!({ "args": { "n": "17592186044416" }, "boundscheck": false });
    let answer = client.execute("jitcheck.run", &uri, "wild", far.clone());
    assert_eq!(answer["result"]["status"], "crashed", "{answer}");
    let checked = json!({ "args": { "n": "17592186044416" }, "boundscheck": true });
    let answer = client.execute("jitcheck.run", &uri, "wild", checked);
    assert_eq!(answer["result"]["exception"]["class"], "IndexError", "{answer}");
    assert!(client.shut_down().success());
}

#[test]
fn the_second_run_of_a_kernel_compiles_nothing() {
    let mut client = Client::plain();
    let helper = client.path("helper.py");
    let write = |factor: u32| {
        let text = format!("from numba import njit\n\n\n@njit\ndef scale(x):\n    return x * {factor}\n");
        std::fs::write(&helper, text).expect("a file");
    };
    write(3);
    let text = "\
import numpy as np
from numba import njit

from helper import scale


@njit
def f(n):
    a = np.ones(4)
    a[n] = scale(n)
    return a.sum()
";
    let uri = client.open("k.py", text);
    let mut run = |n: &str| {
        let answer = client.execute("jitcheck.run", &uri, "f", json!({ "args": { "n": n } }));
        let (result, cached) = (answer["result"]["result"].clone(), answer["result"]["cached"].clone());
        if cached == json!(true) {
            let times = [&answer["result"]["parse_ms"], &answer["result"]["infer_ms"]];
            assert_eq!(times, [&json!(0.0), &json!(0.0)]);
            assert_eq!(answer["result"]["specialization"], json!(["int64"]));
            assert_eq!(answer["result"]["result_type"], "float64");
        }
        (result, cached, answer["result"]["exception"]["line"].clone())
    };
    assert_eq!(run("2"), (json!(9.0), json!(false), Value::Null));
    assert_eq!(run("3"), (json!(12.0), json!(true), Value::Null));
    assert_eq!(run("7"), (Value::Null, json!(true), json!(10)));
    // Any file that had a say makes it another kernel.
    write(5);
    assert_eq!(run("3"), (json!(18.0), json!(false), Value::Null));
    assert_eq!(run("2"), (json!(13.0), json!(true), Value::Null));
    client.edit(&uri, 2, [10, 11, 10, 18], "a.max()");
    let mut run = |n: &str| {
        let answer = client.execute("jitcheck.run", &uri, "f", json!({ "args": { "n": n } }));
        (answer["result"]["result"].clone(), answer["result"]["cached"].clone())
    };
    assert_eq!(run("3"), (json!(15.0), json!(false)));
    assert_eq!(run("1"), (json!(5.0), json!(true)));
}

#[test]
fn kept_code_that_destroys_its_process_harms_nobody_else() {
    let mut client = Client::plain();
    let uri = client.open("k.py", WILD);
    let mut run = |n: &str| {
        let options = json!({ "args": { "n": n }, "boundscheck": false });
        client.execute("jitcheck.run", &uri, "wild", options)["result"].take()
    };
    assert_eq!(run("0")["cached"], json!(false));
    for _ in 0..2 {
        assert_eq!(run("17592186044416")["status"], "crashed");
    }
    let answer = run("1");
    assert_eq!((&answer["result"], &answer["cached"]), (&json!(0.0), &json!(true)), "{answer}");
    let uri = client.open("spin.py", UNBOUNDED);
    for _ in 0..2 {
        let options = json!({ "timeout": 1, "args": { "n": "1" } });
        let answer = client.execute("jitcheck.run", &uri, "spin", options);
        assert_eq!(answer["result"]["status"], "timeout", "{answer}");
    }
    assert!(client.children().is_empty());
    assert!(client.shut_down().success());
}

#[test]
fn a_hundred_kernels_later_the_servers_memory_is_what_it_was() {
    const KERNELS: usize = 100;
    let mut client = Client::plain();
    let kernels = (0..KERNELS).map(|at| {
        format!("@njit\ndef f{at}(n):\n    a = np.arange(n) * {at}.5\n    return [a, a + 1.0], a.sum()\n\n\n")
    });
    let text = format!("import numpy as np\nfrom numba import njit\n\n\n{}", kernels.collect::<String>());
    let uri = client.open("k.py", &text);
    let run = |from: usize, to: usize, client: &mut Client| {
        let asked: Vec<i64> = (from..to)
            .map(|at| {
                let options = json!({ "args": { "n": "1000" } });
                let arguments = json!([uri, format!("f{at}"), options]);
                client.ask(
                    "workspace/executeCommand",
                    json!({ "command": "jitcheck.run", "arguments": arguments }),
                )
            })
            .collect();
        for asked in asked {
            let answer = client.response(asked);
            assert_eq!(answer["result"]["status"], "returned", "{answer}");
        }
    };
    // A few at a time: what waits takes memory, too.
    (0..20).step_by(10).for_each(|from| run(from, from + 10, &mut client));
    let before = client.memory();
    (20..KERNELS).step_by(10).for_each(|from| run(from, from + 10, &mut client));
    let after = client.memory();
    // What the server remembers of each is the line in its lens.
    assert!(after < before + (8 << 20), "{before} bytes, then {after}");
}

#[test]
fn what_a_kernel_raises_is_shown_on_its_line_until_the_next_edit() {
    let mut client = Client::plain();
    let uri = client.open("k.py", WILD);
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), [""; 0]);
    client.execute("jitcheck.run", &uri, "wild", json!({ "args": { "n": "9" } }));
    let found = client.diagnostics(&uri, json!(1));
    assert_eq!(codes(&found), ["raised"]);
    assert_eq!(found[0]["range"], span(7, 4, 14));
    assert!(found[0]["message"].as_str().is_some_and(|it| it.starts_with("IndexError")), "{found:?}");
    client.edit(&uri, 2, [0, 0, 0, 0], "# above\n");
    assert_eq!(codes(&client.diagnostics(&uri, json!(2))), [""; 0]);
    client.execute("jitcheck.run", &uri, "wild", json!({ "args": { "n": "9" } }));
    assert_eq!(client.diagnostics(&uri, json!(2))[0]["range"], span(8, 4, 14));
    client.execute("jitcheck.run", &uri, "wild", json!({ "args": { "n": "0" } }));
    assert_eq!(codes(&client.diagnostics(&uri, json!(2))), [""; 0]);
}

#[test]
fn a_cancelled_run_leaves_no_process() {
    let mut client = Client::plain();
    let uri = client.open("k.py", UNBOUNDED);
    let params = json!({ "command": "jitcheck.run", "arguments": [uri, "spin", { "args": { "n": "1" } }] });
    let running = client.ask("workspace/executeCommand", params);
    wait_until("the child starts", || !client.children().is_empty());
    client.notify("$/cancelRequest", json!({ "id": running }));
    assert_eq!(client.response(running)["error"]["code"], -32800);
    wait_until("the child is gone", || client.children().is_empty());
}

#[test]
fn a_run_dies_with_its_server() {
    let mut client = Client::plain();
    let uri = client.open("k.py", UNBOUNDED);
    let params = json!({ "command": "jitcheck.run", "arguments": [uri, "spin", { "args": { "n": "1" } }] });
    client.ask("workspace/executeCommand", params);
    wait_until("the child starts", || !client.children().is_empty());
    let children = client.children();
    client.vanish();
    for child in children {
        wait_until("the child is gone", || !std::path::Path::new("/proc").join(&child).exists());
    }
}

#[test]
fn nothing_runs_in_a_workspace_that_is_not_trusted() {
    let mut client = Client::greeted(json!({}), json!({ "trusted": false }));
    assert_eq!(client.capabilities.get("executeCommandProvider"), None);
    let uri = client.open("k.py", KERNELS);
    let titles = lens_titles(&mut client, &uri);
    assert!(!titles.iter().any(|title| title.contains("Run")), "{titles:?}");
    let answer = client.execute("jitcheck.run", &uri, "half", json!({}));
    assert_eq!(answer["error"]["code"], -32803, "{answer}");
}

#[test]
fn messages_that_are_none_are_answered_and_survived() {
    let mut client = Client::plain();
    client.send_raw(b"Content-Length: 8\r\n\r\nnot json");
    client.send_raw(b"Content-Length: 2\r\n\r\n[]");
    client.send_raw(b"Content-Length: 3\r\n\r\n\xff\xfe\xfd");
    client.send_raw(b"Content-Length: many\r\n\r\n");
    client.send_raw(b"what is this?\r\n\r\n");
    assert_eq!(client.request("textDocument/dance", json!({}))["error"]["code"], -32601);
    assert_eq!(client.request("textDocument/hover", json!({ "position": 7 }))["error"]["code"], -32602);
    assert_eq!(client.execute("jitcheck.dance", "file:///k.py", "f", json!({}))["error"]["code"], -32602);
    client.edit("file:///never/opened.py", 7, [0, 0, 9, 9], "x");
    let uri = client.open("k.py", KERNELS);
    client.edit(&uri, 2, [90, 90, 1, 1], "x");
    client.edit(&uri, 3, [0, 3, 0, 1], "x");
    client.diagnostics(&uri, json!(3));
    assert!(client.shut_down().success());
}

#[test]
fn the_protocol_begins_with_initialize_and_ends_with_exit() {
    let mut client = Client::start();
    assert_eq!(client.request("textDocument/hover", json!({}))["error"]["code"], -32002);
    assert_eq!(client.exit().code(), Some(1));
    let mut client = Client::plain();
    assert!(client.request("shutdown", Value::Null)["error"].is_null());
    assert_eq!(client.request("textDocument/hover", json!({}))["error"]["code"], -32600);
    assert_eq!(client.exit().code(), Some(0));
    assert_eq!(Client::plain().vanish().code(), Some(1));
}

#[test]
fn configuration_files_and_comments_hold_as_on_the_command_line() {
    let mut client = Client::plain();
    let ignored = KERNELS.replace("[n, 2])", "[n, 2])  # jitcheck: ignore[list-as-shape]");
    let uri = client.open("ignored.py", &ignored);
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), [""; 0]);
    let uri = client.open("k.py", KERNELS);
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), ["list-as-shape"]);
    let file = client.uri("pyproject.toml");
    let configure = |client: &mut Client, text: &str| {
        std::fs::write(client.path("pyproject.toml"), text).expect("a file");
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": file, "type": 1 }] }));
    };
    configure(&mut client, "[tool.jitcheck]\nignore = [\"list-as-shape\"]\n");
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), [""; 0]);
    configure(&mut client, "[tool.jitcheck]\nignore = [\"list-as-shapes\"]\n");
    let message = client.notification("window/showMessage");
    assert!(
        message["message"].as_str().is_some_and(|text| text.contains("did you mean `list-as-shape`")),
        "{message}"
    );
    assert_eq!(codes(&client.diagnostics(&uri, json!(1))), ["list-as-shape"]);
}

#[test]
fn texts_in_other_languages_are_left_alone() {
    let mut client = Client::plain();
    let open = |client: &mut Client, name: &str, language: &str, text: &str| {
        let uri = client.uri(name);
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        client.notify("textDocument/didOpen", json!({ "textDocument": document }));
        client.about("textDocument/documentSymbol", &uri, json!({}))
    };
    let kernel = "from numba import njit\n\n\n@njit\ndef f(n):\n    return n\n";
    assert_eq!(open(&mut client, "notes.md", "markdown", kernel), Value::Null);
    assert_eq!(open(&mut client, "notes.ipynb", "json", kernel), Value::Null);
    assert_eq!(open(&mut client, "kernel", "python", kernel).as_array().map(Vec::len), Some(1));
    assert_eq!(open(&mut client, "kernel.py", "plaintext", kernel).as_array().map(Vec::len), Some(1));
}

#[test]
fn cells_of_a_notebook_are_one_module() {
    let mut client = Client::plain();
    assert!(client.capabilities["notebookDocumentSync"].is_object());
    let cell = |name: &str| format!("vscode-notebook-cell:/n.ipynb#{name}");
    let text = |name: &str, text: &str| json!({ "uri": cell(name), "languageId": "python", "version": 1, "text": text });
    let (imports, body) = (
        "%matplotlib inline\nimport numpy as np\nfrom numba import njit",
        "@njit\ndef zeros(n):\n    return np.zeros([n, 2])",
    );
    let notebook = client.uri("n.ipynb");
    let opened = json!({
        "notebookDocument": { "uri": notebook, "notebookType": "jupyter-notebook", "version": 1,
            "cells": [{ "kind": 2, "document": cell("a") }, { "kind": 1, "document": cell("t") }, { "kind": 2, "document": cell("b") }] },
        "cellTextDocuments": [text("a", imports), text("b", body)],
    });
    client.notify("notebookDocument/didOpen", opened);
    let found = client.diagnostics(&cell("b"), json!(1));
    assert_eq!(codes(&found), ["list-as-shape"]);
    assert_eq!(found[0]["range"], span(2, 20, 26));
    assert_eq!(codes(&client.diagnostics(&cell("a"), json!(1))), [""; 0]);
    assert!(!lens_titles(&mut client, &cell("b")).is_empty());
    assert!(lens_titles(&mut client, &cell("a")).is_empty());
    let actions =
        json!({ "range": span(2, 21, 21), "context": { "diagnostics": [], "only": ["source.fixAll"] } });
    let actions = client.about("textDocument/codeAction", &cell("b"), actions);
    assert_eq!(actions[0]["edit"]["changes"][cell("b")][0]["range"]["start"]["line"], 2, "{actions}");
    let change = json!({
        "notebookDocument": { "uri": notebook, "version": 2 },
        "change": { "cells": { "textContent": [{ "document": { "uri": cell("b"), "version": 2 },
            "changes": [{ "range": span(2, 20, 26), "text": "n" }] }] } },
    });
    client.notify("notebookDocument/didChange", change);
    assert_eq!(codes(&client.diagnostics(&cell("b"), json!(2))), [""; 0]);
    client.notify(
        "notebookDocument/didClose",
        json!({ "notebookDocument": { "uri": notebook }, "cellTextDocuments": [] }),
    );
    client.diagnostics(&cell("b"), Value::Null);
}

#[test]
fn settings_are_asked_for() {
    let capabilities = json!({ "workspace": {
        "configuration": true, "didChangeConfiguration": { "dynamicRegistration": true },
        "diagnostics": { "refreshSupport": true },
    }, "textDocument": { "diagnostic": {} } });
    let mut client = Client::greeted(capabilities, Value::Null);
    client.settings = json!({ "enable": false });
    client.notification("workspace/configuration");
    let registered = client.notification("client/registerCapability");
    assert_eq!(registered["registrations"][0]["method"], "workspace/didChangeConfiguration");
    let uri = client.open("k.py", KERNELS);
    wait_until("the settings arrive", || {
        let actions = json!({
            "textDocument": { "uri": uri }, "range": span(6, 21, 21), "context": { "diagnostics": [] }
        });
        // A request that the new settings overtake is answered by "content modified".
        client.request("textDocument/codeAction", actions)["result"] == json!([])
    });
    client.notification("workspace/diagnostic/refresh");
    client.settings = json!({ "enable": true });
    client.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    client.notification("workspace/diagnostic/refresh");
    let report = client.about("textDocument/diagnostic", &uri, json!({}));
    assert_eq!(codes(report["items"].as_array().expect("items")), ["list-as-shape"]);
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
