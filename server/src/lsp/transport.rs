//! Messages in and out of the process: framing, dispatch, and the order of what is written.
//!
//! tower-lsp's own loop ends at the first message that is not JSON, keeps running after `exit` until stdin closes,
//! and polls its handlers on one task. This one answers a bad message and goes on, ends at `exit`, and spawns every
//! request; the part of a handler before its first `await` still runs in order of arrival.

use std::future::Future;
use std::io::{BufRead, Read, Write};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::{FutureExt, SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::lsp_types::notification::Notification;
use tower_lsp::{ClientSocket, LanguageServer, LspService};
use tower_service::Service;

use super::notebooks;
use crate::exit::{Exit, panic_message};

/// Longer messages are taken for a broken header.
const MAX_MESSAGE: usize = 1 << 30;

/// Writes messages, each whole, in the order they are sent. Never waits for the client.
#[derive(Clone, Debug)]
pub(crate) struct Outbox(mpsc::Sender<Out>);

#[derive(Debug)]
enum Out {
    Frame(Vec<u8>),
    /// Answered once everything before it is written.
    Flush(mpsc::Sender<()>),
}

impl Outbox {
    /// An outbox on stdout, with a thread that empties it.
    pub(crate) fn stdout() -> std::io::Result<Outbox> {
        let (sender, receiver) = mpsc::channel();
        std::thread::Builder::new().name("writer".into()).spawn(move || {
            let mut out = std::io::stdout().lock();
            while let Ok(message) = receiver.recv() {
                match message {
                    Out::Frame(frame) => {
                        if out.write_all(&frame).and_then(|()| out.flush()).is_err() {
                            return;
                        }
                    }
                    Out::Flush(done) => drop(done.send(())),
                }
            }
        })?;
        Ok(Outbox(sender))
    }

    /// Waits until what was sent is written, but not for ever: the client may have stopped reading.
    pub(crate) fn flush(&self, limit: Duration) {
        let (done, written) = mpsc::channel();
        if self.0.send(Out::Flush(done)).is_ok() {
            let _ = written.recv_timeout(limit);
        }
    }

    fn send(&self, message: &impl Serialize) {
        let Ok(body) = serde_json::to_vec(message) else {
            return;
        };
        let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        frame.extend_from_slice(&body);
        // The writer is gone when the client is; then there is nobody to tell.
        let _ = self.0.send(Out::Frame(frame));
    }

    pub(crate) fn notify<N: Notification>(&self, params: N::Params)
    where
        N::Params: Serialize,
    {
        self.send(&json!({ "jsonrpc": "2.0", "method": N::METHOD, "params": params }));
    }
}

/// Reads messages until `exit` or the end of the input, and says how the process should end.
pub(crate) fn serve<S: LanguageServer>(
    mut service: LspService<S>,
    socket: ClientSocket,
    outbox: &Outbox,
    mut input: impl BufRead,
    runtime: &Handle,
) -> Exit {
    let (mut requests, mut responses) = socket.split();
    let forward = outbox.clone();
    runtime.spawn(async move {
        while let Some(request) = requests.next().await {
            forward.send(&request);
        }
    });
    let mut shut_down = false;
    loop {
        let body = match read_frame(&mut input) {
            Frame::Body(body) => body,
            Frame::Broken(why) => {
                outbox.send(&Response::from_error(Id::Null, error(ErrorCode::ParseError, why)));
                continue;
            }
            // A client that goes away without `exit` has crashed or was killed.
            Frame::End => return if shut_down { Exit::Clean } else { Exit::Problems },
        };
        match parse(&body) {
            Ok(Message::Request(request)) => {
                let method = request.method().to_owned();
                dispatch(&mut service, request, outbox, runtime);
                match &*method {
                    "shutdown" => shut_down = true,
                    "exit" => return if shut_down { Exit::Clean } else { Exit::Problems },
                    _ => {}
                }
            }
            Ok(Message::Response(response)) => {
                let _ = responses.send(response).now_or_never();
            }
            Err(response) => outbox.send(&*response),
        }
    }
}

/// Polls the handler once, here and now, and leaves the rest of it to the runtime.
fn dispatch<S: LanguageServer>(
    service: &mut LspService<S>,
    request: Request,
    outbox: &Outbox,
    runtime: &Handle,
) {
    let id = request.id().cloned();
    let method = request.method().to_owned();
    let _guard = runtime.enter();
    let handler = AssertUnwindSafe(service.call(request)).catch_unwind();
    let mut answered = Box::pin(async move {
        match handler.await {
            Ok(Ok(response)) if method == "initialize" => response.map(with_notebooks),
            Ok(Ok(response)) => response,
            // The service refuses everything after `exit`.
            Ok(Err(_)) => id.map(|id| Response::from_error(id, Error::invalid_request())),
            Err(panic) => {
                let why = format!("{method}: {}", panic_message(&*panic));
                id.map(|id| Response::from_error(id, error(ErrorCode::InternalError, why)))
            }
        }
    });
    match pin!(&mut answered).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(response)) => outbox.send(&response),
        Poll::Ready(None) => {}
        Poll::Pending => {
            let outbox = outbox.clone();
            runtime.spawn(async move {
                if let Some(response) = answered.await {
                    outbox.send(&response);
                }
            });
        }
    }
}

/// The protocol library has no field for what is said about notebooks.
fn with_notebooks(response: Response) -> Response {
    let (id, mut result) = response.into_parts();
    if let Some(capabilities) = result.as_mut().ok().and_then(|result| result.get_mut("capabilities")) {
        capabilities["notebookDocumentSync"] = notebooks::capability();
    }
    Response::from_parts(id, result)
}

pub(crate) fn error(code: ErrorCode, message: impl Into<String>) -> Error {
    Error { code, message: message.into().into(), data: None }
}

enum Message {
    Request(Request),
    Response(Response),
}

/// A message, or the answer to something that is none.
fn parse(body: &[u8]) -> Result<Message, Box<Response>> {
    let refuse = |id, code, why: String| Err(Box::new(Response::from_error(id, error(code, why))));
    let mut value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(why) => return refuse(Id::Null, ErrorCode::ParseError, format!("not JSON: {why}")),
    };
    mend(&mut value);
    let id = value.get("id").cloned().and_then(|id| serde_json::from_value(id).ok()).unwrap_or(Id::Null);
    let parsed = if value.get("method").is_some() {
        serde_json::from_value(value).map(Message::Request)
    } else {
        serde_json::from_value(value).map(Message::Response)
    };
    parsed.or_else(|why| refuse(id, ErrorCode::InvalidRequest, format!("not a JSON-RPC message: {why}")))
}

/// Two things that clients rightly send and the protocol library reads wrongly.
fn mend(message: &mut Value) {
    let Some(fields) = message.as_object_mut() else { return };
    // `null` where there are no parameters.
    if fields.get("params") == Some(&Value::Null) {
        fields.shift_remove("params");
    }
    // The library calls `workspace.diagnostics` of a client by another name.
    if fields.get("method").is_some_and(|method| method == "initialize")
        && let Some(workspace) =
            fields.get_mut("params").and_then(|it| it.pointer_mut("/capabilities/workspace"))
        && let Some(diagnostics) = workspace.get("diagnostics").cloned()
    {
        workspace["diagnostic"] = diagnostics;
    }
}

enum Frame {
    Body(Vec<u8>),
    Broken(String),
    End,
}

/// Reads one header and its body. Lines that are no header are skipped, so that garbage costs one message at most.
fn read_frame(input: &mut impl BufRead) -> Frame {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        // A limit, lest a client that sends no line break fills the memory.
        match input.by_ref().take(1 << 16).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Frame::End,
            Ok(_) => {}
        }
        let header = String::from_utf8_lossy(&line);
        let header = header.trim();
        if header.is_empty() {
            match length.take() {
                Some(Ok(length)) => return read_body(input, length),
                Some(Err(why)) => return Frame::Broken(why),
                None => continue,
            }
        }
        if let Some((name, value)) = header.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = Some(match value.trim().parse::<usize>() {
                Ok(length) if length <= MAX_MESSAGE => Ok(length),
                _ => Err(format!("`{}` is no Content-Length", value.trim())),
            });
        }
    }
}

fn read_body(input: &mut impl BufRead, length: usize) -> Frame {
    let mut body = Vec::new();
    match input.by_ref().take(length as u64).read_to_end(&mut body) {
        Ok(read) if read == length => Frame::Body(body),
        _ => Frame::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_between_messages_is_skipped() {
        let mut input = &b"nonsense\r\n\r\nContent-Length: 2\r\nX-Other: 1\r\n\r\n{}Content-Length: -1\r\n\r\ncontent-length: 4\n\nnull"[..];
        assert!(matches!(read_frame(&mut input), Frame::Body(body) if body == b"{}"));
        assert!(matches!(read_frame(&mut input), Frame::Broken(_)));
        assert!(matches!(read_frame(&mut input), Frame::Body(body) if body == b"null"));
        assert!(matches!(read_frame(&mut input), Frame::End));
    }

    #[test]
    fn what_is_no_message_is_answered_with_an_error() {
        let code = |body: &[u8]| {
            parse(body).err().and_then(|response| response.error().map(|error| error.code.code()))
        };
        assert_eq!(code(b"{"), Some(-32700));
        assert_eq!(code(b"[1]"), Some(-32600));
        assert_eq!(code(br#"{"jsonrpc":"2.0","method":7}"#), Some(-32600));
        assert_eq!(code(br#"{"jsonrpc":"2.0","id":1,"method":"x"}"#), None);
        assert_eq!(code(br#"{"jsonrpc":"2.0","id":1,"result":null}"#), None);
    }
}
