//! The one thread that owns the [`Host`]: it takes events in order, applies edits, and lets others read.
//!
//! Reads run on the blocking pool, each with its own snapshot. An edit waits until every snapshot is dropped, and
//! makes those that are still computing give up; so a snapshot never outlives its job.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use analyzer::{Cancelled, Host, Snapshot};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tower_lsp::lsp_types::notification::{LogMessage, PublishDiagnostics};
use tower_lsp::lsp_types::{
    Diagnostic, LogMessageParams, MessageType, PublishDiagnosticsParams, TextDocumentContentChangeEvent, Url,
};

use super::commands::Results;
use super::documents::{Document, Documents, Kind, Loader};
use super::notebooks::{self, Notebook};
use super::settings::Config;
use super::transport::Outbox;
use super::{from_proto, handlers};
use crate::exit::panic_message;

/// Everything that can happen to the state.
pub(crate) enum Event {
    Configured(Arc<Config>),
    Opened {
        uri: Url,
        version: i32,
        text: String,
    },
    Changed {
        uri: Url,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
    },
    Saved {
        uri: Url,
    },
    Closed {
        uri: Url,
    },
    /// A kernel of this file was run, and what is said about its last run changed.
    Ran(PathBuf),
    /// Files that changed, appeared or vanished on disk.
    FilesChanged(Vec<PathBuf>),
    NotebookOpened(notebooks::Opened),
    NotebookChanged(notebooks::Changed),
    NotebookSaved {
        uri: Url,
    },
    NotebookClosed {
        uri: Url,
    },
    /// Somebody wants to know something.
    Read(Box<dyn FnOnce(View) + Send>),
}

/// One state of everything, for one job.
pub(crate) struct View {
    pub snapshot: Snapshot,
    pub config: Arc<Config>,
    pub results: Arc<Results>,
    documents: Documents,
}

impl View {
    /// The open files, notebooks and their cells left out.
    pub(crate) fn open(&self) -> Vec<PathBuf> {
        let files = self.documents.iter().filter(|document| document.kind == Kind::File);
        files.map(|document| document.path.clone()).collect()
    }

    /// The module that a document is, or is a part of.
    pub(crate) fn module(&self, document: &Document) -> Option<Arc<Document>> {
        self.document(document.module())
    }

    /// The document at this path: as the editor has it, else as the disk has it.
    pub(crate) fn document(&self, path: &Path) -> Option<Arc<Document>> {
        if let Some(document) = self.documents.get(path) {
            return Some(Arc::clone(&document));
        }
        let text = self.snapshot.text(path)?;
        Document::closed(path, &text).map(Arc::new)
    }
}

/// Why a job has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An edit overtook it.
    Cancelled,
    Panicked(String),
}

/// Runs a job, so that neither an edit nor a panic gets past it.
pub(crate) fn guarded<T>(job: impl FnOnce() -> T) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(|| Cancelled::catch(AssertUnwindSafe(job)))) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Failure::Cancelled),
        Err(panic) => Err(Failure::Panicked(panic_message(&*panic))),
    }
}

/// What the client was last told about a file.
struct Published {
    revision: u64,
    version: Option<i32>,
    diagnostics: Vec<Diagnostic>,
}

/// Sends diagnostics, and never older ones after newer ones.
#[derive(Clone)]
struct Publisher {
    outbox: Outbox,
    documents: Documents,
    last: Arc<Mutex<HashMap<PathBuf, Published>>>,
}

impl Publisher {
    /// Every version of an open file is answered; after that, only what differs from the last answer is sent.
    fn publish(&self, document: &Document, revision: u64, diagnostics: Vec<Diagnostic>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.documents.get(&document.path).and_then(|open| open.version);
        if current.is_none() || current != document.version {
            return;
        }
        if let Some(before) = last.get(&document.path)
            && (before.revision > revision
                || (before.version == document.version && before.diagnostics == diagnostics))
        {
            return;
        }
        self.send(document.uri.clone(), document.version, diagnostics.clone());
        last.insert(document.path.clone(), Published { revision, version: document.version, diagnostics });
    }

    /// The next answer is sent even if it says the same as the last.
    fn forget(&self, path: &Path) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }

    fn clear(&self, uri: Url, path: &Path) {
        self.forget(path);
        self.send(uri, None, Vec::new());
    }

    fn send(&self, uri: Url, version: Option<i32>, diagnostics: Vec<Diagnostic>) {
        self.outbox.notify::<PublishDiagnostics>(PublishDiagnosticsParams { uri, version, diagnostics });
    }
}

/// The state, and how it changes.
struct MainLoop {
    host: Host,
    documents: Documents,
    notebooks: HashMap<PathBuf, Notebook>,
    config: Arc<Config>,
    results: Arc<Results>,
    publisher: Publisher,
    outbox: Outbox,
    runtime: Handle,
    /// Counts the times that the state changed.
    revision: watch::Sender<u64>,
    /// Files that were touched since diagnostics were last computed; theirs come first.
    touched: HashSet<PathBuf>,
    changed: bool,
}

/// Starts the thread, and says how to send it events and how to hear of changes. It ends when nobody can send any more.
pub(crate) fn start(
    documents: Documents,
    results: Arc<Results>,
    outbox: Outbox,
    runtime: Handle,
) -> std::io::Result<(mpsc::Sender<Event>, watch::Receiver<u64>)> {
    let (sender, events) = mpsc::channel();
    let (revision, changes) = watch::channel(0);
    std::thread::Builder::new().name("main loop".into()).stack_size(crate::STACK).spawn(move || {
        let config = Arc::new(Config::default());
        let loader = Arc::new(Loader { documents: Arc::clone(&documents) });
        let publisher =
            Publisher { outbox: outbox.clone(), documents: Arc::clone(&documents), last: Arc::default() };
        let mut state = MainLoop {
            host: Host::new(loader, config.analyzer()),
            documents,
            notebooks: HashMap::new(),
            config,
            results,
            publisher,
            outbox,
            runtime,
            revision,
            touched: HashSet::new(),
            changed: false,
        };
        while let Ok(event) = events.recv() {
            state.handle_guarded(event);
            // Diagnostics are computed for the newest state only, however many edits led to it.
            while let Ok(event) = events.try_recv() {
                state.handle_guarded(event);
            }
            state.push_diagnostics();
        }
    })?;
    Ok((sender, changes))
}

impl MainLoop {
    fn handle_guarded(&mut self, event: Event) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.handle(event))) {
            self.log(format!("an event was lost: {}", panic_message(&*panic)));
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Configured(config) => {
                self.host.set_settings(config.analyzer());
                self.config = config;
                self.find_workspace();
                self.changed = true;
            }
            Event::Opened { uri, version, text } => self.set(Document::new(uri, Some(version), &text)),
            Event::Changed { uri, version, changes } => {
                let path = from_proto::path(&uri);
                let current = self.documents.get(&path).map(|document| Arc::clone(&document));
                // A change of a file that was never opened says nothing about its text.
                if let Some(current) = current {
                    self.set(current.changed(version, changes, self.config.client.encoding));
                }
            }
            Event::Saved { uri } => {
                let path = from_proto::path(&uri);
                self.publisher.forget(&path);
                self.touched.insert(path);
                self.changed = true;
            }
            Event::Closed { uri } => {
                let path = from_proto::path(&uri);
                self.documents.remove(&path);
                self.host.reload(&path);
                if !self.config.client.pulls {
                    self.publisher.clear(uri, &path);
                }
                self.changed = true;
            }
            Event::Ran(path) => {
                self.touched.insert(path);
                self.changed = true;
            }
            Event::FilesChanged(paths) => {
                for path in paths {
                    self.host.reload(&path);
                }
                self.find_workspace();
                self.changed = true;
            }
            Event::NotebookOpened(opened) => self.set_notebook(Notebook::new(opened)),
            Event::NotebookChanged(changed) => {
                let path = from_proto::path(&changed.notebook_document.uri);
                if let Some(mut notebook) = self.notebooks.remove(&path) {
                    notebook.change(changed, self.config.client.encoding);
                    self.set_notebook(notebook);
                }
            }
            Event::NotebookSaved { uri } => {
                for cell in self.cells(&from_proto::path(&uri)) {
                    self.publisher.forget(&cell);
                }
                self.changed = true;
            }
            Event::NotebookClosed { uri } => {
                let path = from_proto::path(&uri);
                self.notebooks.remove(&path);
                for cell in self.cells(&path) {
                    self.close(&cell);
                }
                self.documents.remove(&path);
                self.host.reload(&path);
                self.changed = true;
            }
            Event::Read(job) => {
                let view = self.view();
                self.runtime.spawn_blocking(move || job(view));
            }
        }
    }

    /// Calls of kernels are looked for in all files of the folders that are open.
    fn find_workspace(&mut self) {
        let files = self.config.project.files(&self.config.roots);
        self.host.set_workspace(files);
    }

    fn set(&mut self, document: Document) {
        self.host.set_shared_text(&document.path, Some(&document.text));
        self.touched.insert(document.path.clone());
        self.documents.insert(document.path.clone(), Arc::new(document));
        self.changed = true;
    }

    /// Gives the analyzer a notebook as one module, and the editor its cells.
    fn set_notebook(&mut self, notebook: Notebook) {
        let (module, cells) = notebook.documents();
        for gone in self.cells(&module.path) {
            if !cells.iter().any(|cell| cell.path == gone) {
                self.close(&gone);
            }
        }
        self.host.set_shared_text(&module.path, Some(module.code()));
        for cell in cells {
            self.touched.insert(cell.path.clone());
            self.documents.insert(cell.path.clone(), Arc::new(cell));
        }
        self.notebooks.insert(module.path.clone(), notebook);
        self.documents.insert(module.path.clone(), Arc::new(module));
        self.changed = true;
    }

    /// The cells that the editor was last told about.
    fn cells(&self, module: &Path) -> Vec<PathBuf> {
        match self.documents.get(module).map(|document| document.kind.clone()) {
            Some(Kind::Notebook { cells, .. }) => cells.into_iter().map(|(path, _)| path).collect(),
            _ => Vec::new(),
        }
    }

    /// Forgets a document, and takes back what was said about it.
    fn close(&mut self, path: &Path) {
        self.touched.remove(path);
        if let Some((_, document)) = self.documents.remove(path)
            && !self.config.client.pulls
        {
            self.publisher.clear(document.uri.clone(), path);
        }
    }

    fn view(&self) -> View {
        View {
            snapshot: self.host.snapshot(),
            config: Arc::clone(&self.config),
            results: Arc::clone(&self.results),
            documents: Arc::clone(&self.documents),
        }
    }

    /// Recomputes what may have changed: first the files that were edited, then the other open ones, which may import them.
    fn push_diagnostics(&mut self) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        self.revision.send_modify(|revision| *revision += 1);
        let revision = *self.revision.borrow();
        let touched = std::mem::take(&mut self.touched);
        if self.config.client.pulls {
            return;
        }
        let mut open: Vec<Arc<Document>> =
            self.documents.iter().map(|document| Arc::clone(&document)).collect();
        open.retain(|document| !matches!(document.kind, Kind::Notebook { .. }));
        open.sort_by_cached_key(|document| (!touched.contains(&document.path), document.path.clone()));
        let (view, publisher) = (self.view(), self.publisher.clone());
        self.runtime.spawn_blocking(move || {
            for document in &open {
                match guarded(|| handlers::diagnostics(&view, document)) {
                    Ok(found) => publisher.publish(document, revision, found),
                    // The edit that came in between starts the next round.
                    Err(Failure::Cancelled) => return,
                    Err(Failure::Panicked(why)) => {
                        log(&publisher.outbox, format!("diagnostics were lost: {why}"))
                    }
                }
            }
        });
    }

    fn log(&self, message: String) {
        log(&self.outbox, message);
    }
}

pub(crate) fn log(outbox: &Outbox, message: String) {
    outbox.notify::<LogMessage>(LogMessageParams { typ: MessageType::ERROR, message });
}
