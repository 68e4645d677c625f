//! Clients that ask too much, that make no sense, that go away, and that are two.

use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Value, json};

use super::client::Client;
use super::{KERNELS, codes, wait_until};

const METHODS: [&str; 8] = [
    "hover",
    "inlayHint",
    "codeLens",
    "semanticTokens/full",
    "foldingRange",
    "codeAction",
    "definition",
    "references",
];

/// Parameters that fit most requests about a document.
fn params(uri: &str, rng: &mut Rng) -> Value {
    let position = json!({ "line": rng.u32(..12), "character": rng.u32(..30) });
    json!({
        "textDocument": { "uri": uri }, "position": position,
        "range": { "start": { "line": 0, "character": 0 }, "end": position },
        "context": { "diagnostics": [], "includeDeclaration": true },
    })
}

#[test]
fn a_flood_of_cancelled_requests_leaves_the_server_quick() {
    let mut client = Client::plain();
    let uri = client.open("k.py", &KERNELS.repeat(40));
    client.diagnostics(&uri, json!(1));
    let mut rng = Rng::with_seed(3);
    let mut asked = Vec::new();
    for round in 0..2000 {
        let method = format!("textDocument/{}", METHODS[rng.usize(..METHODS.len())]);
        let id = client.ask(&method, params(&uri, &mut rng));
        asked.push(id);
        // Most are given up, some before they were sent.
        if rng.u8(..4) > 0 {
            client.notify("$/cancelRequest", json!({ "id": id + i64::from(rng.u8(..2)) }));
        }
        if round % 50 == 0 {
            client.edit(&uri, 2 + round / 50, [0, 0, 0, 0], "# typed\n");
        }
    }
    // Each is answered once, with a result or with why there is none.
    for id in asked {
        let response = client.response(id);
        let code = response["error"]["code"].as_i64();
        assert!(matches!(code, None | Some(-32800 | -32801)), "{response}");
    }
    let started = Instant::now();
    client.about("textDocument/foldingRange", &uri, json!({}));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(client.shut_down().success());
}

#[test]
fn random_edits_and_messages_leave_what_a_fresh_server_says() {
    let seconds = std::env::var("JITCHECK_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let seed = std::env::var("JITCHECK_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut rng = Rng::with_seed(seed);
    let mut client = Client::plain();
    let (mut version, mut sessions) = (1, 0);
    while Instant::now() < end {
        let name = format!("k{sessions}.py");
        let uri = client.open(&name, KERNELS);
        let mut text = KERNELS.to_owned();
        for _ in 0..rng.usize(1..60) {
            version += 1;
            let (at, put) = random_edit(&text, &mut rng);
            text = edited(&text, at, put);
            client.edit(&uri, version, at, put);
            disturb(&mut client, &uri, &mut rng);
        }
        let found =
            client.diagnostics_of(&uri, json!(version), &format!("seed {seed}, session {sessions}:\n{text}"));
        let other = client.open_unsaved(&format!("fresh{sessions}.py"), &text);
        let fresh = client.diagnostics(&other, json!(1));
        assert_eq!(codes(&found), codes(&fresh), "seed {seed}:\n{text}");
        client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
        client.notify("textDocument/didClose", json!({ "textDocument": { "uri": other } }));
        sessions += 1;
    }
    assert!(client.shut_down().success());
}

/// A place in the text, which holds ASCII only, and what replaces it.
fn random_edit(text: &str, rng: &mut Rng) -> ([u32; 4], &'static str) {
    const PUT: [&str; 9] = ["", "x", "(", "\n", "@njit\n", "    ", "[0]", "\"", "np.zeros([n, 2])"];
    let lines: Vec<&str> = text.split('\n').collect();
    let line = rng.usize(..lines.len());
    let column = rng.usize(..=lines[line].len());
    let last = (line + rng.usize(..2)).min(lines.len() - 1);
    let least = if last == line { column } else { 0 };
    let end = rng.usize(least..=lines[last].len().max(least));
    ([line, column, last, end].map(|it| it as u32), PUT[rng.usize(..PUT.len())])
}

fn edited(text: &str, at: [u32; 4], put: &str) -> String {
    let offset = |line: u32, column: u32| {
        text.split('\n').take(line as usize).map(|line| line.len() + 1).sum::<usize>() + column as usize
    };
    let (start, end) = (offset(at[0], at[1]), offset(at[2], at[3]));
    format!("{}{put}{}", &text[..start], &text[end..])
}

/// Something that no editor should send, or that it sends at a bad time.
fn disturb(client: &mut Client, uri: &str, rng: &mut Rng) {
    match rng.u8(..12) {
        0 => client.send_raw(b"Content-Length: 5\r\n\r\n{\"a\":"),
        1 => client.send_raw(b"\r\nContent-Type: none\r\n\r\n"),
        2 => client.notify("textDocument/didChange", json!({ "textDocument": 1 })),
        3 => client.notify("textDocument/didClose", json!({ "textDocument": { "uri": "file:///never.py" } })),
        4 => client.notify("$/cancelRequest", json!({ "id": rng.u32(..) })),
        5 => {
            client.ask(
                "textDocument/hover",
                json!({ "textDocument": { "uri": uri }, "position": { "line": -1 } }),
            );
        }
        6 => {
            let at = json!({ "line": u32::MAX, "character": u32::MAX });
            client.ask("textDocument/hover", json!({ "textDocument": { "uri": uri }, "position": at }));
        }
        7 => {
            client
                .ask("workspace/executeCommand", json!({ "command": "jitcheck.run", "arguments": [uri, 7] }));
        }
        8 => {
            client.ask(&format!("textDocument/{}", METHODS[rng.usize(..METHODS.len())]), params(uri, rng));
        }
        _ => {}
    }
}

#[test]
fn two_servers_on_one_project_do_not_meet() {
    let mut one = Client::plain();
    let mut two = Client::in_directory(one.directory.path());
    let uri = one.open("k.py", KERNELS);
    let also = two.open_unsaved_at(&uri, KERNELS);
    assert_eq!(codes(&one.diagnostics(&uri, json!(1))), codes(&two.diagnostics(&also, json!(1))));
    one.edit(&uri, 2, [6, 20, 6, 26], "(n, 2)");
    assert_eq!(codes(&one.diagnostics(&uri, json!(2))), [""; 0]);
    // The other one has its own text.
    two.edit(&also, 2, [0, 0, 0, 0], "# above\n");
    assert_eq!(codes(&two.diagnostics(&also, json!(2))).len(), 1);
    for client in [&mut one, &mut two] {
        let answer = client.execute("jitcheck.run", &uri, "half", json!({ "args": { "n": "4" } }));
        assert!(answer.get("error").is_none(), "{answer}");
    }
    assert!(one.shut_down().success());
    assert_eq!(
        codes(&{
            two.edit(&also, 3, [0, 0, 1, 0], "");
            two.diagnostics(&also, json!(3))
        })
        .len(),
        1
    );
    assert!(two.shut_down().success());
}

#[test]
fn a_client_that_goes_in_the_middle_takes_everything_along() {
    let mut client = Client::plain();
    let uri = client.open("k.py", super::UNBOUNDED);
    let mut rng = Rng::with_seed(5);
    let run = json!({ "command": "jitcheck.run", "arguments": [uri, "spin", { "args": { "n": "1" } }] });
    client.ask("workspace/executeCommand", run);
    wait_until("the child starts", || !client.children().is_empty());
    for _ in 0..200 {
        client.ask("textDocument/hover", params(&uri, &mut rng));
    }
    client.send_raw(b"Content-Length: 4000\r\n\r\n{\"jsonrpc\":");
    let children = client.children();
    assert_eq!(client.vanish().code(), Some(1));
    for child in children {
        wait_until("the child is gone", || !std::path::Path::new("/proc").join(&child).exists());
    }
}
