//! The answers to the client's questions. Each is a function of a [`View`] and returns protocol types.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use analyzer::infer::Verdict;
use analyzer::query::{Action, HintKind, KernelInfo};
use analyzer::{Applicability, Severity};
use serde_json::Value;
use tower_lsp::lsp_types as lsp;

use super::commands::{Command, Remembered};
use super::documents::{Document, Kind};
use super::main_loop::View;
use super::settings::DiagnosticMode;
use super::{from_proto, notebooks, to_proto};
use crate::files::Source;
use crate::silence;

/// The findings of one document, as the user wants them.
pub(crate) fn diagnostics(view: &View, document: &Document) -> Vec<lsp::Diagnostic> {
    let found = findings(view, document);
    let mut diagnostics: Vec<_> =
        found.iter().map(|found| to_proto::diagnostic(view, document, found)).collect();
    diagnostics.extend(view.results.raised(document).iter().map(|it| to_proto::raised(view, document, it)));
    diagnostics
}

fn findings(view: &View, document: &Document) -> Vec<analyzer::Diagnostic> {
    if !view.config.user.enable {
        return Vec::new();
    }
    let Some(module) = view.module(document) else { return Vec::new() };
    let mut found = view.config.project.filter(&module, view.snapshot.diagnostics(&module.path));
    found.retain(|it| document.holds(it.start));
    found
}

/// The kernels that start in a document.
fn kernels(view: &View, document: &Document) -> Vec<KernelInfo> {
    let mut kernels = view.snapshot.kernels(document.module());
    kernels.retain(|kernel| document.holds(kernel.start));
    kernels
}

pub(crate) fn hover(view: &View, document: &Document, position: lsp::Position) -> Option<lsp::Hover> {
    let encoding = view.config.client.encoding;
    let offset = from_proto::offset(document, position, encoding);
    let hover = view.snapshot.hover(document.module(), offset)?;
    let kind =
        if view.config.client.markdown { lsp::MarkupKind::Markdown } else { lsp::MarkupKind::PlainText };
    let value = match view.config.client.markdown {
        true => hover.text + &rule_links(view, document, offset),
        false => to_proto::plain_text(&hover.text),
    };
    Some(lsp::Hover {
        contents: lsp::HoverContents::Markup(lsp::MarkupContent { kind, value }),
        range: Some(to_proto::range(view, document, hover.start, hover.end)),
    })
}

/// Where to read about what is found at a place.
fn rule_links(view: &View, document: &Document, offset: u32) -> String {
    let mut links: Vec<String> = Vec::new();
    for found in findings(view, document).iter().filter(|it| (it.start..=it.end).contains(&offset)) {
        let code = found.rule.code;
        let link = format!("\n\n[{code}]({}): {}", crate::report::url(code), found.rule.summary);
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links.concat()
}

pub(crate) fn inlay_hints(view: &View, document: &Document, range: lsp::Range) -> Vec<lsp::InlayHint> {
    let wanted = &view.config.user.inlay_hints;
    let (start, end) = from_proto::range(document, range, view.config.client.encoding);
    let hints = view.snapshot.inlay_hints(document.module(), start, end).into_iter();
    hints
        .filter(|hint| document.holds(hint.offset))
        .filter(|hint| match hint.kind {
            HintKind::Variable => wanted.variables,
            HintKind::Parameter => wanted.parameters,
            HintKind::Return => wanted.returns,
        })
        .map(|hint| to_proto::inlay_hint(view, document, hint))
        .collect()
}

pub(crate) fn document_symbols(view: &View, document: &Document) -> lsp::DocumentSymbolResponse {
    let kernels = kernels(view, document);
    if view.config.client.hierarchical_symbols {
        let symbols = kernels.iter().map(|kernel| to_proto::symbol(view, document, kernel)).collect();
        return lsp::DocumentSymbolResponse::Nested(symbols);
    }
    let flat = kernels.iter().map(|kernel| to_proto::flat_symbol(view, document, kernel));
    lsp::DocumentSymbolResponse::Flat(flat.collect())
}

/// Above each kernel: what can be done with it, what came out of it last, and the types it is shown with.
pub(crate) fn code_lenses(view: &View, document: &Document) -> Vec<lsp::CodeLens> {
    let mut lenses = Vec::new();
    let Some(module) = view.module(document) else { return lenses };
    let found = view.snapshot.diagnostics(&module.path);
    for kernel in kernels(view, document) {
        let range = to_proto::range(view, document, kernel.start, kernel.start);
        let last = view.results.last(&module, &kernel);
        let refused = is_refused(&kernel, &found);
        for command in kernel_commands(view, document, &kernel, &last, refused) {
            lenses.push(lsp::CodeLens { range, command: Some(command), data: None });
        }
    }
    lenses
}

/// Whether there is nothing to run.
fn is_refused(kernel: &KernelInfo, found: &[analyzer::Diagnostic]) -> bool {
    match kernel.specializations.first() {
        Some(shown) => shown.verdict == Verdict::Error,
        // What is refused without knowing the arguments is refused with any.
        None => found
            .iter()
            .any(|it| it.rule.severity == Severity::Error && it.function.as_ref() == Some(&kernel.name)),
    }
}

fn kernel_commands(
    view: &View,
    document: &Document,
    kernel: &KernelInfo,
    last: &[Remembered],
    refused: bool,
) -> Vec<lsp::Command> {
    let wanted = &view.config.user.code_lens;
    let shown = kernel.specializations.first();
    let mut commands = Vec::new();
    let runs =
        [(Command::Run, wanted.run), (Command::Bench, wanted.benchmark), (Command::Verify, wanted.verify)];
    let runs = runs.into_iter().filter(|(_, wanted)| *wanted && view.config.trusted);
    let runs: Vec<Command> = runs.map(|(command, _)| command).collect();
    if refused && !runs.is_empty() {
        // Where the buttons would be.
        let title = "not run: Numba refuses it".to_owned();
        commands.push(lsp::Command { title, command: String::new(), arguments: None });
    }
    for command in runs.into_iter().filter(|_| !refused) {
        let outcome = last.iter().find(|it| it.command == command);
        let title = match outcome {
            Some(outcome) => format!("{} {}", command.title(), outcome.summary),
            None => command.title().to_owned(),
        };
        commands.push(lens_command(command, title, document, kernel));
    }
    if wanted.specialization
        && let Some(shown) = shown
    {
        let more = match kernel.specializations.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let title = format!("({}) → {}{more}", shown.args.join(", "), shown.ret.as_deref().unwrap_or("?"));
        commands.push(match view.config.trusted {
            true => lens_command(Command::ShowTypes, title, document, kernel),
            false => lsp::Command { title, command: String::new(), arguments: None },
        });
    }
    commands
}

fn lens_command(command: Command, title: String, document: &Document, kernel: &KernelInfo) -> lsp::Command {
    let arguments = vec![Value::from(document.uri.as_str()), Value::from(&*kernel.name)];
    lsp::Command { title, command: command.name().to_owned(), arguments: Some(arguments) }
}

/// The kind under which an editor asks for every safe fix at once, for example on save.
pub(crate) const FIX_ALL: &str = "source.fixAll.jitcheck";

pub(crate) fn code_actions(
    view: &View,
    document: &Document,
    range: lsp::Range,
    only: Option<&[lsp::CodeActionKind]>,
) -> Vec<lsp::CodeActionOrCommand> {
    let wanted = |kind: &str| match only {
        None => true,
        // A kind stands for those below it: `source` asks for `source.fixAll.jitcheck`.
        Some(only) => only.iter().any(|it| {
            kind.strip_prefix(it.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }),
    };
    let (start, end) = from_proto::range(document, range, view.config.client.encoding);
    let found = findings(view, document);
    let mut actions = Vec::new();
    if wanted("quickfix") {
        let source = LazyCell::new(|| Source::from_text(&document.path, &document.text));
        for finding in found.iter().filter(|it| it.start <= end && it.end >= start) {
            actions.extend(quick_fix(view, document, finding));
            actions.extend(ignore_comment(view, document, &source, finding));
        }
    }
    if wanted("refactor.rewrite") {
        for action in view.snapshot.actions(document.module(), start, end) {
            actions.extend(rewrite(view, document, action));
        }
    }
    if wanted(FIX_ALL) {
        actions.extend(fix_all(view, document, &found));
    }
    actions.into_iter().map(lsp::CodeActionOrCommand::CodeAction).collect()
}

fn quick_fix(view: &View, document: &Document, finding: &analyzer::Diagnostic) -> Option<lsp::CodeAction> {
    let fix = finding.fix.as_ref().filter(|fix| fix.applicability != Applicability::Display)?;
    if !fix.edits.iter().all(|edit| document.holds(edit.start) && document.holds(edit.end)) {
        return None;
    }
    Some(lsp::CodeAction {
        title: fix.title.clone(),
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![to_proto::diagnostic(view, document, finding)]),
        edit: Some(to_proto::workspace_edit(view, document, &fix.edits)),
        is_preferred: Some(fix.applicability == Applicability::Safe),
        ..lsp::CodeAction::default()
    })
}

fn rewrite(view: &View, document: &Document, action: Action) -> Option<lsp::CodeAction> {
    let inside = |edit: &analyzer::Edit| document.holds(edit.start) && document.holds(edit.end);
    action.edits.iter().all(inside).then(|| lsp::CodeAction {
        title: action.title,
        kind: Some(lsp::CodeActionKind::REFACTOR_REWRITE),
        edit: Some(to_proto::workspace_edit(view, document, &action.edits)),
        ..lsp::CodeAction::default()
    })
}

fn fix_all(view: &View, document: &Document, found: &[analyzer::Diagnostic]) -> Option<lsp::CodeAction> {
    let safe =
        found.iter().filter_map(|it| it.fix.as_ref()).filter(|fix| fix.applicability == Applicability::Safe);
    let mut edits: Vec<analyzer::Edit> = Vec::new();
    for fix in safe {
        // Of two fixes that touch the same text the first is taken; the other is offered again afterwards.
        let clash =
            |new: &analyzer::Edit| edits.iter().any(|old| new.start <= old.end && old.start <= new.end);
        let inside = |edit: &analyzer::Edit| document.holds(edit.start) && document.holds(edit.end);
        if fix.edits.iter().all(inside) && !fix.edits.iter().any(clash) {
            edits.extend(fix.edits.iter().cloned());
        }
    }
    if edits.is_empty() {
        return None;
    }
    Some(lsp::CodeAction {
        title: "jitcheck: fix all".to_owned(),
        kind: Some(lsp::CodeActionKind::new(FIX_ALL)),
        edit: Some(to_proto::workspace_edit(view, document, &edits)),
        ..lsp::CodeAction::default()
    })
}

/// A comment that silences a finding, as `check --add-ignore` writes it. `source` is the document's text.
fn ignore_comment(
    view: &View,
    document: &Document,
    source: &Source,
    finding: &analyzer::Diagnostic,
) -> Option<lsp::CodeAction> {
    let from = document.start();
    let own =
        analyzer::Diagnostic { start: finding.start - from, end: finding.end - from, ..finding.clone() };
    let edits = silence::edits(source, &[own]).pop()?.fix?.edits.into_iter();
    let edits: Vec<analyzer::Edit> =
        edits.map(|edit| analyzer::Edit { start: edit.start + from, end: edit.end + from, ..edit }).collect();
    Some(lsp::CodeAction {
        title: format!("jitcheck: ignore {} on this line", finding.rule.code),
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![to_proto::diagnostic(view, document, finding)]),
        edit: Some(to_proto::workspace_edit(view, document, &edits)),
        ..lsp::CodeAction::default()
    })
}

/// The open files and those of the workspace that may hold kernels.
fn workspace(view: &View) -> impl Iterator<Item = Arc<Document>> {
    let settings = view.config.analyzer();
    let mut paths = view.open();
    if view.config.user.diagnostic_mode == DiagnosticMode::Workspace {
        paths.extend(view.config.project.files(&view.config.roots));
        paths.sort();
        paths.dedup();
    }
    paths.into_iter().filter_map(move |path| {
        let text = view.snapshot.text(&path)?;
        let concerned = view.config.project.may_hold_kernels(&text, &settings);
        view.document(&path).filter(|document| concerned || document.version.is_some())
    })
}

/// What changed since the client was last told, by the results that it names.
pub(crate) fn workspace_diagnostics(
    view: &View,
    previous: &[lsp::PreviousResultId],
) -> Vec<lsp::WorkspaceDocumentDiagnosticReport> {
    let mut gone: HashMap<&lsp::Url, &str> = previous.iter().map(|it| (&it.uri, it.value.as_str())).collect();
    let mut reports = Vec::new();
    for document in workspace(view) {
        let before = gone.remove(&document.uri);
        let items = diagnostics(view, &document);
        let result_id = to_proto::result_id(&items);
        // The client knows it already, or there never was anything to know.
        if before.map_or(items.is_empty(), |before| before == result_id) {
            continue;
        }
        reports.push(to_proto::workspace_report(
            document.uri.clone(),
            document.version,
            Some(result_id),
            items,
        ));
    }
    let nothing = to_proto::result_id(&[]);
    let vanished = gone.into_iter().filter(|(_, before)| *before != nothing);
    reports.extend(vanished.map(|(uri, _)| to_proto::workspace_report(uri.clone(), None, None, Vec::new())));
    reports
}

/// The kernels whose names contain the query's letters, in this order.
pub(crate) fn workspace_symbols(view: &View, query: &str) -> Vec<lsp::SymbolInformation> {
    let mut symbols = Vec::new();
    for document in workspace(view) {
        let kernels = kernels(view, &document);
        let matching = kernels.iter().filter(|kernel| contains_letters(&kernel.name, query));
        symbols.extend(matching.map(|kernel| to_proto::flat_symbol(view, &document, kernel)));
    }
    symbols
}

fn contains_letters(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted))
}

pub(crate) fn definition(view: &View, document: &Document, position: lsp::Position) -> Option<lsp::Location> {
    let offset = from_proto::offset(document, position, view.config.client.encoding);
    let (path, start, end) = view.snapshot.definition(document.module(), offset)?;
    location(view, &path, start, end)
}

/// The uses of a name. A function may be used anywhere in the workspace.
pub(crate) fn references(
    view: &View,
    document: &Document,
    position: lsp::Position,
    declaration: bool,
) -> Vec<lsp::Location> {
    let offset = from_proto::offset(document, position, view.config.client.encoding);
    let mut files = view.open();
    files.extend(view.config.project.files(&view.config.roots));
    let found = view.snapshot.references(document.module(), offset, &files);
    let wanted = found.iter().filter(|it| declaration || !it.definition);
    wanted.filter_map(|it| location(view, &it.path, it.start, it.end)).collect()
}

pub(crate) fn signature_help(
    view: &View,
    document: &Document,
    position: lsp::Position,
) -> Option<lsp::SignatureHelp> {
    let offset = from_proto::offset(document, position, view.config.client.encoding);
    let help = view.snapshot.signature_help(document.module(), offset)?;
    let ret = help.ret.map(|ty| format!(" -> {ty}")).unwrap_or_default();
    let parameters = help.parameters.iter().map(|label| lsp::ParameterInformation {
        label: lsp::ParameterLabel::Simple(label.clone()),
        documentation: None,
    });
    let active_parameter = help.active.and_then(|at| u32::try_from(at).ok());
    Some(lsp::SignatureHelp {
        signatures: vec![lsp::SignatureInformation {
            label: format!("{}({}){ret}", help.name, help.parameters.join(", ")),
            documentation: help.note.map(lsp::Documentation::String),
            parameters: Some(parameters.collect()),
            active_parameter,
        }],
        active_signature: Some(0),
        active_parameter,
    })
}

pub(crate) fn location(view: &View, path: &Path, start: u32, end: u32) -> Option<lsp::Location> {
    let mut target = view.document(path)?;
    if let Kind::Notebook { cells, .. } = &target.kind {
        target = view.document(notebooks::cell_at(cells, start)?)?;
    }
    Some(lsp::Location { uri: target.uri.clone(), range: to_proto::range(view, &target, start, end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_found_by_some_of_their_letters() {
        assert!(contains_letters("Model.step_forward", "mdlSF"));
        assert!(!contains_letters("step", "pets"));
    }
}
