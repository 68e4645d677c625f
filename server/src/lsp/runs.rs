//! Commands under way: their progress, how they are cancelled, and what the user is told at the end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use dashmap::DashMap;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Semaphore, oneshot};
use tower_lsp::Client;
use tower_lsp::jsonrpc::{ErrorCode, Result};
use tower_lsp::lsp_types::notification::{Progress, ShowMessage};
use tower_lsp::lsp_types::request::WorkDoneProgressCreate;
use tower_lsp::lsp_types::*;

use super::child;
use super::commands::{Call, Command, Raised, Results};
use super::documents::Document;
use super::main_loop::Event;
use super::settings::Config;
use super::summary::{Kind, Summary};
use super::transport::{Outbox, error};
use crate::kept;

/// A client that does not answer must not hold up a run.
const CREATE_PROGRESS: Duration = Duration::from_millis(500);

/// The commands under way. Removing one ends it.
#[derive(Debug)]
pub(crate) struct Runs {
    cancels: DashMap<NumberOrString, oneshot::Sender<()>>,
    next: AtomicU64,
    /// Kernels at once; a third waits.
    kernels: Semaphore,
    /// Benchmarks disturb each other.
    benchmarks: Semaphore,
    alive: AtomicU64,
    /// The machine code of earlier runs, made with the first; `None` where there is no place for it.
    kept: OnceLock<Option<TempDir>>,
}

impl Default for Runs {
    fn default() -> Runs {
        Runs {
            cancels: DashMap::new(),
            next: AtomicU64::new(0),
            kernels: Semaphore::new(2),
            benchmarks: Semaphore::new(1),
            alive: AtomicU64::new(0),
            kept: OnceLock::new(),
        }
    }
}

impl Runs {
    pub(crate) fn cancel(&self, token: &NumberOrString) {
        self.cancels.remove(token);
    }

    pub(crate) fn cancel_all(&self) {
        self.cancels.clear();
    }

    /// Waits until every child is gone.
    pub(crate) async fn idle(&self) {
        while self.alive.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn kept(&self) -> Option<PathBuf> {
        Some(self.kept.get_or_init(kept::directory).as_ref()?.path().to_path_buf())
    }

    fn gate(&self, command: Command) -> &Semaphore {
        if command == Command::Bench { &self.benchmarks } else { &self.kernels }
    }
}

/// Ends its run when it is dropped: so does a request whose client cancels it.
struct Guard {
    runs: Arc<Runs>,
    token: NumberOrString,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.runs.cancel(&self.token);
    }
}

/// Counts a run as alive, however it ends.
struct Alive(Arc<Runs>);

impl Alive {
    fn new(runs: &Arc<Runs>) -> Alive {
        runs.alive.fetch_add(1, Ordering::SeqCst);
        Alive(Arc::clone(runs))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a run needs of the server.
pub(crate) struct Session {
    pub client: Client,
    pub events: mpsc::Sender<Event>,
    pub outbox: Outbox,
    pub config: Arc<Config>,
    pub results: Arc<Results>,
    pub runs: Arc<Runs>,
}

impl Session {
    /// Carries a call out. Dropping the future kills the child.
    pub(crate) async fn execute(
        self,
        call: Call,
        document: Arc<Document>,
        source: u64,
        given: Option<ProgressToken>,
    ) -> Result<Value> {
        let number = self.runs.next.fetch_add(1, Ordering::Relaxed);
        let token = given.clone().unwrap_or_else(|| NumberOrString::String(format!("jitcheck/{number}")));
        let (cancel, cancelled) = oneshot::channel();
        self.runs.cancels.insert(token.clone(), cancel);
        let _guard = Guard { runs: Arc::clone(&self.runs), token: token.clone() };
        let alive = Alive::new(&self.runs);
        // The task outlives this future, so that it can kill the child and end the progress.
        let task = tokio::spawn(async move {
            let answer = self.supervise(&call, &document, source, given.is_some(), token, cancelled).await;
            drop(alive);
            answer
        });
        let answer = task.await.map_err(|why| error(ErrorCode::InternalError, why.to_string()))?;
        match answer["status"].as_str() {
            Some("cancelled") => Err(error(ErrorCode::RequestCancelled, "cancelled")),
            _ => Ok(answer),
        }
    }

    async fn supervise(
        &self,
        call: &Call,
        document: &Document,
        source: u64,
        given: bool,
        token: ProgressToken,
        mut cancelled: oneshot::Receiver<()>,
    ) -> Value {
        let _permit = tokio::select! {
            permit = self.runs.gate(call.command).acquire() => permit,
            _ = &mut cancelled => return call.answer(Ok(cancelled_outcome())),
        };
        let progress = self.begin(call, given, token).await;
        let job = child::Job { kept: self.runs.kept(), ..call.job(&self.config, document) };
        let outcome = child::run(job, cancelled).await;
        let answer = call.answer(outcome);
        let summary = Summary::of(call.command, &answer);
        if let Some(token) = progress {
            let end = WorkDoneProgressEnd { message: Some(summary.text.clone()) };
            self.progress(token, WorkDoneProgress::End(end));
        }
        self.point_out(call, document, &answer);
        self.conclude(call, document, source, summary);
        answer
    }

    /// Shows that something is going on, if the client can show it.
    async fn begin(&self, call: &Call, given: bool, token: ProgressToken) -> Option<ProgressToken> {
        if !given {
            if !self.config.client.progress {
                return None;
            }
            let params = WorkDoneProgressCreateParams { token: token.clone() };
            let created = self.client.send_request::<WorkDoneProgressCreate>(params);
            tokio::time::timeout(CREATE_PROGRESS, created).await.ok()?.ok()?;
        }
        let title = format!("{} {}", call.command.activity(), call.function);
        let begin =
            WorkDoneProgressBegin { title, cancellable: Some(true), ..WorkDoneProgressBegin::default() };
        self.progress(token.clone(), WorkDoneProgress::Begin(begin));
        Some(token)
    }

    fn progress(&self, token: ProgressToken, value: WorkDoneProgress) {
        self.outbox.notify::<Progress>(ProgressParams { token, value: ProgressParamsValue::WorkDone(value) });
    }

    /// What a kernel raised becomes a finding on the line that raised it.
    fn point_out(&self, call: &Call, document: &Document, answer: &Value) {
        if matches!(call.command, Command::ShowTypes | Command::ShowAssembly) {
            return;
        }
        let raised = Raised::of(&call.function, document, answer);
        if !self.results.remember_raised(&document.path, &call.function, raised) {
            return;
        }
        // Fails only when the main loop is gone, and then nobody is left to tell.
        let _ = self.events.send(Event::Ran(document.path.clone()));
        if self.config.client.pulls && self.config.client.refresh_diagnostics {
            let client = self.client.clone();
            tokio::spawn(async move { client.workspace_diagnostic_refresh().await });
        }
    }

    fn conclude(&self, call: &Call, document: &Document, source: u64, summary: Summary) {
        let shown =
            !matches!(call.command, Command::ShowTypes | Command::ShowAssembly) || summary.kind == Kind::Bad;
        if summary.kind == Kind::Cancelled || !shown {
            return;
        }
        let message = format!("{} {}", call.function, summary.text);
        self.outbox.notify::<ShowMessage>(ShowMessageParams { typ: summary.message_type(), message });
        self.results.remember(&document.path, &call.function, call.command, summary.text, source);
        if self.config.client.refresh_lenses {
            let client = self.client.clone();
            tokio::spawn(async move { client.code_lens_refresh().await });
        }
    }
}

fn cancelled_outcome() -> child::Outcome {
    child::Outcome { ended: child::Ended::Cancelled, stdout: Vec::new(), stderr: String::new() }
}
