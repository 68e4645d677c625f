//! A language client over pipes: enough of one to see what an editor sees.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Generous, because the machine may be busy; a test that passes never waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Client {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications and requests of the server that no test asked for yet.
    seen: VecDeque<Value>,
    next: i64,
    /// The answer to `workspace/configuration`.
    pub(crate) settings: Value,
    pub(crate) capabilities: Value,
    pub(crate) directory: tempfile::TempDir,
}

impl Client {
    /// Starts the server in an empty workspace, without a word to it.
    pub(crate) fn start() -> Client {
        let mut server = Command::new(env!("CARGO_BIN_EXE_jitcheck"))
            .args(["server", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = server.stdin.take();
        let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let directory = tempfile::tempdir().expect("a directory");
        let settings = Value::Null;
        Client {
            server,
            input,
            messages,
            seen: VecDeque::new(),
            next: 0,
            settings,
            capabilities: Value::Null,
            directory,
        }
    }

    /// Another client for a workspace that there is.
    pub(crate) fn in_directory(directory: &Path) -> Client {
        let mut client = Client::start();
        client.greet(&format!("file://{}", directory.display()), json!({}), Value::Null);
        client
    }

    /// Starts the server and greets it, as a client that can do what `capabilities` says.
    pub(crate) fn greeted(capabilities: Value, options: Value) -> Client {
        let mut client = Client::start();
        let root = client.uri("");
        client.greet(root.trim_end_matches('/'), capabilities, options);
        client
    }

    fn greet(&mut self, root: &str, capabilities: Value, options: Value) {
        let params = json!({
            "processId": null, "capabilities": capabilities, "initializationOptions": options,
            "workspaceFolders": [{ "uri": root, "name": "workspace" }],
        });
        let answer = self.request("initialize", params);
        self.capabilities = answer["result"]["capabilities"].clone();
        self.notify("initialized", json!({}));
    }

    pub(crate) fn plain() -> Client {
        Client::greeted(json!({}), Value::Null)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.directory.path().display())
    }

    /// Writes a file and opens it.
    pub(crate) fn open(&mut self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("a file");
        self.open_unsaved(name, text)
    }

    pub(crate) fn open_unsaved(&mut self, name: &str, text: &str) -> String {
        let uri = self.uri(name);
        self.open_unsaved_at(&uri, text)
    }

    pub(crate) fn open_unsaved_at(&mut self, uri: &str, text: &str) -> String {
        let document = json!({ "uri": uri, "languageId": "python", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        uri.to_owned()
    }

    /// Replaces one range: `[line, column, line, column]`.
    pub(crate) fn edit(&mut self, uri: &str, version: i32, at: [u32; 4], text: &str) {
        let range = json!({
            "start": { "line": at[0], "character": at[1] }, "end": { "line": at[2], "character": at[3] },
        });
        let params = json!({
            "textDocument": { "uri": uri, "version": version },
            "contentChanges": [{ "range": range, "text": text }],
        });
        self.notify("textDocument/didChange", params);
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and says its number.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }));
        self.next
    }

    /// Sends a request and waits for the whole response.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.response(id)
    }

    pub(crate) fn response(&mut self, id: i64) -> Value {
        self.wait(|message| message.get("method").is_none() && message["id"] == json!(id))
    }

    /// A question about a document.
    pub(crate) fn about(&mut self, method: &str, uri: &str, mut params: Value) -> Value {
        params["textDocument"] = json!({ "uri": uri });
        let response = self.request(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    pub(crate) fn execute(&mut self, command: &str, uri: &str, function: &str, options: Value) -> Value {
        let params = json!({ "command": command, "arguments": [uri, function, options] });
        self.request("workspace/executeCommand", params)
    }

    /// The diagnostics that are pushed for a version, or for a file that has none any more.
    pub(crate) fn diagnostics(&mut self, uri: &str, version: Value) -> Vec<Value> {
        self.diagnostics_of(uri, version, "")
    }

    /// The same for a text that is shown if they do not come.
    pub(crate) fn diagnostics_of(&mut self, uri: &str, version: Value, text: &str) -> Vec<Value> {
        let pushed = self.wait_for(text, |message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        pushed["params"]["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    pub(crate) fn notification(&mut self, method: &str) -> Value {
        self.wait(|message| message["method"] == method)["params"].clone()
    }

    /// Has this arrived, up to now?
    pub(crate) fn has_seen(&mut self, method: &str) -> bool {
        while let Ok(message) = self.messages.try_recv() {
            self.receive(message);
        }
        self.seen.iter().any(|message| message["method"] == method)
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        self.wait_for("", wanted)
    }

    fn wait_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.iter().position(&wanted) {
                return self.seen.remove(at).expect("it is there");
            }
            match self.messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(message) => self.receive(message),
                Err(RecvTimeoutError::Timeout) => panic!("{what} not seen in time; seen: {:#?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("{what} the server is gone; seen: {:#?}", self.seen)
                }
            }
        }
    }

    /// Answers what the server asks, as an editor would.
    fn receive(&mut self, message: Value) {
        if let (Some(method), Some(id)) = (message["method"].as_str(), message.get("id")) {
            let result = match method {
                "workspace/configuration" => json!([self.settings]),
                _ => Value::Null,
            };
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
        }
        self.seen.push_back(message);
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the pipe is open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    pub(crate) fn shut_down(mut self) -> ExitStatus {
        let response = self.request("shutdown", Value::Null);
        assert!(response.get("error").is_none(), "{response}");
        self.exit()
    }

    /// Says `exit`, and leaves the pipe open: the server must not need its end.
    pub(crate) fn exit(mut self) -> ExitStatus {
        self.notify("exit", Value::Null);
        self.ended()
    }

    /// Goes away without a word.
    pub(crate) fn vanish(mut self) -> ExitStatus {
        drop(self.input.take());
        self.ended()
    }

    fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.server.try_wait().expect("a status") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end");
    }

    /// The bytes of memory that the server has.
    pub(crate) fn memory(&self) -> u64 {
        let status = Path::new("/proc").join(self.server.id().to_string()).join("status");
        let status = std::fs::read_to_string(status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) << 10
    }

    /// The processes that the server started and that are still there.
    pub(crate) fn children(&self) -> Vec<String> {
        let tasks = Path::new("/proc").join(self.server.id().to_string()).join("task");
        let tasks = std::fs::read_dir(tasks).into_iter().flatten().flatten();
        let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ")?.parse().ok()?,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
