//! The protocol's methods. None computes: each sends an [`Event`] and awaits the answer.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::{oneshot, watch};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::notification::ShowMessage;
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer};

use super::capabilities;
use super::commands::{Call, Results};
use super::documents::Document;
use super::main_loop::{Event, Failure, View, guarded};
use super::runs::{Runs, Session};
use super::settings::{Config, UserSettings};
use super::transport::{Outbox, error};
use super::{from_proto, handlers, notebooks, syntax};
use crate::files;

/// `RequestFailed` and `ServerCancelled` of the protocol.
const REQUEST_FAILED: ErrorCode = ErrorCode::ServerError(-32803);
const SERVER_CANCELLED: ErrorCode = ErrorCode::ServerError(-32802);

pub(crate) struct Backend {
    client: Client,
    events: mpsc::Sender<Event>,
    /// Tells when the state changed.
    changes: watch::Receiver<u64>,
    outbox: Outbox,
    config: Arc<Mutex<Arc<Config>>>,
    results: Arc<Results>,
    runs: Arc<Runs>,
}

impl Backend {
    pub(crate) fn new(
        client: Client,
        events: mpsc::Sender<Event>,
        changes: watch::Receiver<u64>,
        outbox: Outbox,
        results: Arc<Results>,
        runs: Arc<Runs>,
    ) -> Backend {
        Backend { client, events, changes, outbox, config: Arc::default(), results, runs }
    }

    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn configure(&self, change: impl FnOnce(&mut Config)) {
        configure(&self.config, &self.events, &self.outbox, change);
    }

    fn send(&self, event: Event) {
        // Fails only when the main loop is gone, and then requests say so.
        let _ = self.events.send(event);
    }

    /// Asks the present state.
    async fn view<T: Send + 'static>(&self, job: impl FnOnce(&View) -> T + Send + 'static) -> Result<T> {
        match ask(&self.events, job).await {
            Ok(answer) => Ok(answer),
            Err(Failure::Cancelled) => Err(Error::new(ErrorCode::ContentModified)),
            Err(Failure::Panicked(why)) => Err(error(ErrorCode::InternalError, why)),
        }
    }

    /// Asks about one document; there is no answer about one that does not exist.
    async fn read<T: Send + 'static>(
        &self,
        uri: &Url,
        job: impl FnOnce(&View, &Document) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let path = from_proto::path(uri);
        self.view(move |view| view.document(&path).map(|document| job(view, &document))).await
    }

    /// Takes settings from a client that must be asked for them.
    fn pull_settings(&self) {
        let (client, config, events) = (self.client.clone(), Arc::clone(&self.config), self.events.clone());
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let item = ConfigurationItem { scope_uri: None, section: Some("jitcheck".to_owned()) };
            let Ok(values) = client.configuration(vec![item]).await else {
                return;
            };
            match values.first().map(UserSettings::read) {
                Some(Ok(Some(user))) => {
                    configure(&config, &events, &outbox, |config| config.user = user);
                    refresh(&client, &config).await;
                }
                Some(Err(why)) => super::main_loop::log(&outbox, why),
                _ => {}
            }
        });
    }

    fn refresh(&self) {
        let (client, config) = (self.client.clone(), Arc::clone(&self.config));
        tokio::spawn(async move { refresh(&client, &config).await });
    }

    /// `notebookDocument/didOpen`
    pub(crate) async fn did_open_notebook(&self, opened: notebooks::Opened) {
        self.send(Event::NotebookOpened(opened));
    }

    /// `notebookDocument/didChange`
    pub(crate) async fn did_change_notebook(&self, changed: notebooks::Changed) {
        self.send(Event::NotebookChanged(changed));
    }

    /// `notebookDocument/didSave`
    pub(crate) async fn did_save_notebook(&self, saved: notebooks::Named) {
        self.send(Event::NotebookSaved { uri: saved.notebook_document.uri });
    }

    /// `notebookDocument/didClose`
    pub(crate) async fn did_close_notebook(&self, closed: notebooks::Named) {
        self.send(Event::NotebookClosed { uri: closed.notebook_document.uri });
    }

    /// `window/workDoneProgress/cancel`
    pub(crate) async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        self.runs.cancel(&params.token);
    }
}

/// Makes a new configuration, reading its files again, and tells the main loop.
fn configure(
    config: &Mutex<Arc<Config>>,
    events: &mpsc::Sender<Event>,
    outbox: &Outbox,
    change: impl FnOnce(&mut Config),
) {
    let mut current = config.lock().unwrap_or_else(PoisonError::into_inner);
    let next = Arc::make_mut(&mut current);
    change(next);
    for problem in next.reread() {
        outbox.notify::<ShowMessage>(ShowMessageParams {
            typ: MessageType::WARNING,
            message: format!("jitcheck: {problem}"),
        });
    }
    let _ = events.send(Event::Configured(Arc::clone(&current)));
}

/// Has the client ask again for what a change of settings or files may have changed.
async fn refresh(client: &Client, config: &Mutex<Arc<Config>>) {
    let config = Arc::clone(&config.lock().unwrap_or_else(PoisonError::into_inner));
    if config.client.refresh_diagnostics && config.client.pulls {
        let _ = client.workspace_diagnostic_refresh().await;
    }
    if config.client.refresh_lenses {
        let _ = client.code_lens_refresh().await;
    }
    if config.client.refresh_hints {
        let _ = client.inlay_hint_refresh().await;
    }
}

/// Runs a job over the present state, on the blocking pool.
async fn ask<T: Send + 'static>(
    events: &mpsc::Sender<Event>,
    job: impl FnOnce(&View) -> T + Send + 'static,
) -> std::result::Result<T, Failure> {
    let (reply, answer) = oneshot::channel();
    let job = Box::new(move |view: View| {
        let result = guarded(|| job(&view));
        drop(view);
        let _ = reply.send(result);
    });
    let gone = || Failure::Panicked("the server is shutting down".to_owned());
    events.send(Event::Read(job)).map_err(|_| gone())?;
    answer.await.unwrap_or_else(|_| Err(gone()))
}

#[tower_lsp::async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let (config, problem) = Config::of(&params);
        if let Some(problem) = problem {
            super::main_loop::log(&self.outbox, problem);
        }
        let capabilities = capabilities::of(&config);
        self.configure(|current| *current = config);
        let version = Some(env!("CARGO_PKG_VERSION").to_owned());
        Ok(InitializeResult {
            capabilities,
            server_info: Some(ServerInfo { name: "jitcheck".to_owned(), version }),
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        let registrations = capabilities::registrations(&self.config().client);
        if !registrations.is_empty() {
            let client = self.client.clone();
            tokio::spawn(async move { client.register_capability(registrations).await });
        }
        if self.config().client.configuration {
            self.pull_settings();
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.runs.cancel_all();
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let TextDocumentItem { uri, language_id, version, text } = params.text_document;
        let path = from_proto::path(&uri);
        let named_so = || files::is_python(&path) && !files::is_notebook(&path);
        // Some clients send every file; one of another language would be one syntax error after the other.
        if language_id.eq_ignore_ascii_case("python") || named_so() {
            self.send(Event::Opened { uri, version, text });
        }
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let VersionedTextDocumentIdentifier { uri, version } = params.text_document;
        self.send(Event::Changed { uri, version, changes: params.content_changes });
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.send(Event::Saved { uri: params.text_document.uri });
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.send(Event::Closed { uri: params.text_document.uri });
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        match UserSettings::read(&params.settings) {
            // A client that can be asked knows better than what it sends along.
            _ if self.config().client.configuration => self.pull_settings(),
            Ok(Some(user)) => {
                self.configure(|config| config.user = user);
                self.refresh();
            }
            Ok(None) => {}
            Err(why) => super::main_loop::log(&self.outbox, why),
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: Vec<WorkspaceFolder>| -> Vec<PathBuf> {
            folders.iter().map(|folder| from_proto::path(&folder.uri)).collect()
        };
        let (added, removed) = (paths(params.event.added), paths(params.event.removed));
        self.configure(|config| {
            config.roots.retain(|root| !removed.contains(root) && !added.contains(root));
            config.roots.extend(added);
        });
        self.refresh();
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let paths: Vec<PathBuf> = params.changes.iter().map(|change| from_proto::path(&change.uri)).collect();
        if paths.iter().any(|path| path.extension().is_some_and(|extension| extension == "toml")) {
            self.configure(|_| ());
        }
        self.send(Event::FilesChanged(paths));
        self.refresh();
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let found = self.read(&params.text_document.uri, handlers::diagnostics).await.map_err(retrigger)?;
        let report = FullDocumentDiagnosticReport { result_id: None, items: found.unwrap_or_default() };
        let report = RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: report,
        };
        Ok(DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(report)))
    }

    /// Answers when there is something to say: the client asks again as soon as it has an answer.
    async fn workspace_diagnostic(
        &self,
        params: WorkspaceDiagnosticParams,
    ) -> Result<WorkspaceDiagnosticReportResult> {
        let previous = Arc::new(params.previous_result_ids);
        let mut changes = self.changes.clone();
        loop {
            changes.mark_unchanged();
            let known = Arc::clone(&previous);
            match ask(&self.events, move |view| handlers::workspace_diagnostics(view, &known)).await {
                Ok(items) if !items.is_empty() || previous.is_empty() => {
                    return Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }));
                }
                Ok(_) | Err(Failure::Cancelled) => {}
                Err(Failure::Panicked(why)) => return Err(error(ErrorCode::InternalError, why)),
            }
            if changes.changed().await.is_err() {
                return Err(Error::request_cancelled());
            }
        }
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<Vec<SymbolInformation>>> {
        self.view(move |view| handlers::workspace_symbols(view, &params.query)).await.map(Some)
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let hover =
            self.read(&text_document.uri, move |view, document| handlers::hover(view, document, position));
        Ok(hover.await?.flatten())
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let range = params.range;
        self.read(&params.text_document.uri, move |view, document| {
            handlers::inlay_hints(view, document, range)
        })
        .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.read(&params.text_document.uri, handlers::code_lenses).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let (range, only) = (params.range, params.context.only);
        let actions = move |view: &View, document: &Document| {
            handlers::code_actions(view, document, range, only.as_deref())
        };
        self.read(&params.text_document.uri, actions).await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        self.read(&params.text_document.uri, handlers::document_symbols).await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let find = move |view: &View, document: &Document| handlers::definition(view, document, position);
        Ok(self.read(&text_document.uri, find).await?.flatten().map(GotoDefinitionResponse::Scalar))
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        let declaration = params.context.include_declaration;
        let find = move |view: &View, document: &Document| {
            handlers::references(view, document, position, declaration)
        };
        self.read(&text_document.uri, find).await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let help = move |view: &View, document: &Document| handlers::signature_help(view, document, position);
        Ok(self.read(&text_document.uri, help).await?.flatten())
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        let tokens = |view: &View, document: &Document| syntax::tokens(view, document, None);
        Ok(self.read(&params.text_document.uri, tokens).await?.map(SemanticTokensResult::Tokens))
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let range = params.range;
        let tokens = move |view: &View, document: &Document| syntax::tokens(view, document, Some(range));
        Ok(self.read(&params.text_document.uri, tokens).await?.map(SemanticTokensRangeResult::Tokens))
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.read(&params.text_document.uri, syntax::folds).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<serde_json::Value>> {
        let call = Call::parse(&params.command, params.arguments)
            .map_err(|why| error(ErrorCode::InvalidParams, why))?;
        if !self.config().trusted {
            return Err(error(REQUEST_FAILED, "code is run in trusted workspaces only"));
        }
        let session = Session {
            client: self.client.clone(),
            events: self.events.clone(),
            outbox: self.outbox.clone(),
            config: self.config(),
            results: Arc::clone(&self.results),
            runs: Arc::clone(&self.runs),
        };
        // The command sees every edit that was sent before it.
        let path = call.path();
        let found = loop {
            let (path, function) = (path.clone(), call.function.clone());
            let job = move |view: &View| {
                let document = view.document(&path).and_then(|document| view.module(&document))?;
                let kernels = view.snapshot.kernels(&document.path);
                let source =
                    super::commands::source_of(&document, kernels.iter().find(|it| *it.name == *function));
                Some((document, source))
            };
            match ask(&self.events, job).await {
                Ok(found) => break found,
                Err(Failure::Cancelled) => {}
                Err(Failure::Panicked(why)) => return Err(error(ErrorCode::InternalError, why)),
            }
        };
        let Some((document, source)) = found else {
            return Err(error(REQUEST_FAILED, format!("there is no file {}", path.display())));
        };
        let token = params.work_done_progress_params.work_done_token;
        session.execute(call, document, source, token).await.map(Some)
    }
}

/// An overtaken request for diagnostics is sent again by the client only if it is told to.
fn retrigger(failure: Error) -> Error {
    match failure.code {
        ErrorCode::ContentModified => {
            let data = Some(serde_json::json!({ "retriggerRequest": true }));
            Error { code: SERVER_CANCELLED, message: "overtaken by an edit".into(), data }
        }
        _ => failure,
    }
}
