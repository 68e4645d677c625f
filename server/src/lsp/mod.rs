//! The language server, on stdin and stdout.
//!
//! Messages are read on the main thread ([`transport`]); [`backend`] turns each into an event; one thread owns the
//! state and hands out snapshots ([`main_loop`]); answers are computed on the blocking pool ([`handlers`]). Kernels run
//! in child processes ([`runs`], [`child`]).

use std::sync::Arc;
use std::time::Duration;

use tower_lsp::LspService;

use crate::exit::{Exit, misuse};

mod backend;
mod capabilities;
mod child;
mod commands;
mod documents;
mod from_proto;
mod handlers;
mod line_index;
mod main_loop;
mod notebooks;
mod project;
mod runs;
mod settings;
mod summary;
mod syntax;
mod to_proto;
mod transport;

/// Serves one client until it leaves.
pub(crate) fn run() -> Exit {
    match serve() {
        Ok(exit) => exit,
        Err(why) => misuse(format_args!("the server cannot start: {why}")),
    }
}

fn serve() -> std::io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(crate::STACK)
        .enable_all()
        .build()?;
    let outbox = transport::Outbox::stdout()?;
    let runs = Arc::<runs::Runs>::default();
    let results = Arc::<commands::Results>::default();
    let (events, changes) =
        main_loop::start(Arc::default(), Arc::clone(&results), outbox.clone(), runtime.handle().clone())?;
    let backend =
        |client| backend::Backend::new(client, events, changes, outbox.clone(), results, Arc::clone(&runs));
    let (service, socket) = LspService::build(backend)
        .custom_method("window/workDoneProgress/cancel", backend::Backend::cancel_progress)
        .custom_method("notebookDocument/didOpen", backend::Backend::did_open_notebook)
        .custom_method("notebookDocument/didChange", backend::Backend::did_change_notebook)
        .custom_method("notebookDocument/didSave", backend::Backend::did_save_notebook)
        .custom_method("notebookDocument/didClose", backend::Backend::did_close_notebook)
        .finish();
    let exit = transport::serve(service, socket, &outbox, std::io::stdin().lock(), runtime.handle());
    runs.cancel_all();
    runtime.block_on(async {
        // Children are killed, not waited for: this takes no longer than the kernel's housekeeping.
        let _ = tokio::time::timeout(Duration::from_secs(2), runs.idle()).await;
    });
    outbox.flush(Duration::from_secs(1));
    runtime.shutdown_background();
    Ok(exit)
}
