//! Our terms to the protocol's. The only place that makes lines and columns of offsets.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};

use analyzer::Severity;
use analyzer::query::{HintKind, InlayHint, KernelInfo};
use rustc_hash::FxHasher;
use tower_lsp::lsp_types as lsp;

use super::commands::Raised;
use super::documents::Document;
use super::handlers;
use super::main_loop::View;
use super::settings::Client;
use crate::report::url;

/// A place in the module, which must be in this document.
pub(crate) fn range(view: &View, document: &Document, start: u32, end: u32) -> lsp::Range {
    let (start, end) = (start.saturating_sub(document.start()), end.saturating_sub(document.start()));
    document.index.range(&document.text, start, end, view.config.client.encoding)
}

pub(crate) fn diagnostic(view: &View, document: &Document, found: &analyzer::Diagnostic) -> lsp::Diagnostic {
    let client = &view.config.client;
    let mut message = found.message.clone();
    for more in [&found.note, &found.help].into_iter().flatten() {
        message.push('\n');
        message.push_str(more);
    }
    let related = found.related.iter().filter_map(|related| {
        let location = handlers::location(view, &related.path, related.start, related.end)?;
        Some(lsp::DiagnosticRelatedInformation { location, message: related.message.clone() })
    });
    lsp::Diagnostic {
        range: range(view, document, found.start, found.end),
        severity: Some(severity(found.rule.severity)),
        code: Some(lsp::NumberOrString::String(found.rule.code.to_owned())),
        code_description: code_description(client, found.rule.code),
        source: Some("jitcheck".to_owned()),
        message,
        related_information: (client.related && !found.related.is_empty()).then(|| related.collect()),
        tags: None,
        data: None,
    }
}

/// An exception of a kernel, on the line that raised it.
pub(crate) fn raised(view: &View, document: &Document, raised: &Raised) -> lsp::Diagnostic {
    let line = raised.line.min(document.index.line(document.text.len() as u32));
    let (start, end) = (document.index.line_start(line), document.index.line_end(&document.text, line));
    let text = document.text.get(start as usize..end as usize).unwrap_or_default();
    let start = end - text.trim_start().len() as u32;
    lsp::Diagnostic {
        range: range(view, document, start, end),
        severity: Some(lsp::DiagnosticSeverity::ERROR),
        code: Some(lsp::NumberOrString::String("raised".to_owned())),
        source: Some("jitcheck".to_owned()),
        message: format!("{} (when it was run)", raised.message),
        ..lsp::Diagnostic::default()
    }
}

/// Names what a client was told, so that it need not be told again.
pub(crate) fn result_id(items: &[lsp::Diagnostic]) -> String {
    let text = serde_json::to_string(items).unwrap_or_default();
    format!("{:x}", BuildHasherDefault::<FxHasher>::default().hash_one(text))
}

pub(crate) fn workspace_report(
    uri: lsp::Url,
    version: Option<i32>,
    result_id: Option<String>,
    items: Vec<lsp::Diagnostic>,
) -> lsp::WorkspaceDocumentDiagnosticReport {
    lsp::WorkspaceDocumentDiagnosticReport::Full(lsp::WorkspaceFullDocumentDiagnosticReport {
        uri,
        version: version.map(i64::from),
        full_document_diagnostic_report: lsp::FullDocumentDiagnosticReport { result_id, items },
    })
}

fn code_description(client: &Client, code: &str) -> Option<lsp::CodeDescription> {
    let href = lsp::Url::parse(&url(code)).ok().filter(|_| client.code_description)?;
    Some(lsp::CodeDescription { href })
}

fn severity(severity: Severity) -> lsp::DiagnosticSeverity {
    match severity {
        Severity::Error => lsp::DiagnosticSeverity::ERROR,
        Severity::Warning => lsp::DiagnosticSeverity::WARNING,
        Severity::Information => lsp::DiagnosticSeverity::INFORMATION,
    }
}

pub(crate) fn inlay_hint(view: &View, document: &Document, hint: InlayHint) -> lsp::InlayHint {
    lsp::InlayHint {
        position: range(view, document, hint.offset, hint.offset).start,
        label: lsp::InlayHintLabel::String(hint.label),
        kind: Some(match hint.kind {
            HintKind::Variable | HintKind::Parameter | HintKind::Return => lsp::InlayHintKind::TYPE,
        }),
        text_edits: None,
        tooltip: None,
        padding_left: None,
        padding_right: None,
        data: None,
    }
}

pub(crate) fn symbol(view: &View, document: &Document, kernel: &KernelInfo) -> lsp::DocumentSymbol {
    #[expect(deprecated, reason = "the field has no default and must be named")]
    lsp::DocumentSymbol {
        name: kernel.name.to_string(),
        detail: signature(kernel),
        kind: lsp::SymbolKind::FUNCTION,
        tags: None,
        deprecated: None,
        range: range(view, document, kernel.start, kernel.end),
        selection_range: range(view, document, kernel.name_start, kernel.name_end),
        children: None,
    }
}

pub(crate) fn flat_symbol(view: &View, document: &Document, kernel: &KernelInfo) -> lsp::SymbolInformation {
    let range = range(view, document, kernel.name_start, kernel.name_end);
    #[expect(deprecated, reason = "the field has no default and must be named")]
    lsp::SymbolInformation {
        name: kernel.name.to_string(),
        kind: lsp::SymbolKind::FUNCTION,
        tags: None,
        deprecated: None,
        location: lsp::Location { uri: document.uri.clone(), range },
        container_name: None,
    }
}

fn signature(kernel: &KernelInfo) -> Option<String> {
    let shown = kernel.specializations.first()?;
    Some(format!("({}) → {}", shown.args.join(", "), shown.ret.as_deref().unwrap_or("?")))
}

/// Edits of one document, in the form that every client takes.
pub(crate) fn workspace_edit(
    view: &View,
    document: &Document,
    edits: &[analyzer::Edit],
) -> lsp::WorkspaceEdit {
    let edits = edits.iter().map(|edit| lsp::TextEdit {
        range: range(view, document, edit.start, edit.end),
        new_text: edit.text.clone(),
    });
    lsp::WorkspaceEdit {
        changes: Some(HashMap::from([(document.uri.clone(), edits.collect())])),
        document_changes: None,
        change_annotations: None,
    }
}

/// Markdown for a client that shows it as it is: without fences and emphasis.
pub(crate) fn plain_text(markdown: &str) -> String {
    let lines = markdown.lines().filter(|line| !line.trim_start().starts_with("```"));
    lines.map(|line| line.replace("**", "").replace('`', "")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_fences() {
        assert_eq!(plain_text("```python\nx: int64\n```\n**why**: `y`"), "x: int64\nwhy: y");
    }
}
