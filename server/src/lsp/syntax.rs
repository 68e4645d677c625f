//! What an editor paints and folds: semantic tokens and folding ranges.

use std::collections::BTreeMap;

use analyzer::hir::folding::{Fold, FoldKind};
use analyzer::query::{SemanticToken, TokenKind};
use tower_lsp::lsp_types as lsp;

use super::documents::Document;
use super::main_loop::View;
use super::{from_proto, to_proto};

/// In the order of [`token_type`].
pub(crate) fn legend() -> lsp::SemanticTokensLegend {
    lsp::SemanticTokensLegend {
        token_types: vec![
            lsp::SemanticTokenType::NAMESPACE,
            lsp::SemanticTokenType::TYPE,
            lsp::SemanticTokenType::CLASS,
            lsp::SemanticTokenType::FUNCTION,
            lsp::SemanticTokenType::METHOD,
            lsp::SemanticTokenType::PROPERTY,
            lsp::SemanticTokenType::PARAMETER,
            lsp::SemanticTokenType::VARIABLE,
        ],
        token_modifiers: vec![lsp::SemanticTokenModifier::DECLARATION, lsp::SemanticTokenModifier::READONLY],
    }
}

fn token_type(kind: TokenKind) -> u32 {
    match kind {
        TokenKind::Namespace => 0,
        TokenKind::Type => 1,
        TokenKind::Class => 2,
        TokenKind::Function => 3,
        TokenKind::Method => 4,
        TokenKind::Property => 5,
        TokenKind::Parameter => 6,
        TokenKind::Variable => 7,
    }
}

/// Each token relative to the one before it, as the protocol wants them.
pub(crate) fn tokens(view: &View, document: &Document, range: Option<lsp::Range>) -> lsp::SemanticTokens {
    let (start, end) = match range {
        Some(range) => from_proto::range(document, range, view.config.client.encoding),
        None => (document.start(), document.start() + document.text.len() as u32),
    };
    let mut data = Vec::new();
    let mut last = lsp::Position::default();
    for token in view.snapshot.semantic_tokens(document.module(), start, end) {
        if document.holds(token.start) && document.holds(token.end) {
            data.push(encoded(view, document, token, &mut last));
        }
    }
    lsp::SemanticTokens { result_id: None, data }
}

fn encoded(
    view: &View,
    document: &Document,
    token: SemanticToken,
    last: &mut lsp::Position,
) -> lsp::SemanticToken {
    let range = to_proto::range(view, document, token.start, token.end);
    let line = range.start.line - last.line;
    let column = if line == 0 { range.start.character - last.character } else { range.start.character };
    *last = range.start;
    lsp::SemanticToken {
        delta_line: line,
        delta_start: column,
        length: range.end.character.saturating_sub(range.start.character),
        token_type: token_type(token.kind),
        token_modifiers_bitset: u32::from(token.definition) | u32::from(token.constant) << 1,
    }
}

/// One fold for each line that something can be folded at: the largest.
pub(crate) fn folds(view: &View, document: &Document) -> Vec<lsp::FoldingRange> {
    let mut by_line: BTreeMap<u32, (u32, FoldKind)> = BTreeMap::new();
    for fold in view.snapshot.folds(document.module()) {
        if !(document.holds(fold.start) && document.holds(fold.end)) {
            continue;
        }
        let (start, end) = lines(document, fold);
        let known = by_line.get(&start).map_or(start, |(known, _)| *known);
        if end > known {
            by_line.insert(start, (end, fold.kind));
        }
    }
    let folds = by_line.into_iter().map(|(start_line, (end_line, kind))| lsp::FoldingRange {
        start_line,
        end_line,
        kind: match kind {
            FoldKind::Code => None,
            FoldKind::Comment => Some(lsp::FoldingRangeKind::Comment),
            FoldKind::Imports => Some(lsp::FoldingRangeKind::Imports),
        },
        ..lsp::FoldingRange::default()
    });
    folds.collect()
}

/// The line that stays visible and the last that does not. A line that only closes brackets stays visible, too.
fn lines(document: &Document, fold: Fold) -> (u32, u32) {
    let index = &document.index;
    let start = index.line(fold.start - document.start());
    let mut end = index.line(fold.end - document.start());
    let (from, to) = (index.line_start(end), index.line_end(&document.text, end));
    let last = document.text.get(from as usize..to as usize).unwrap_or_default();
    if end > start && last.trim_start().starts_with([')', ']', '}']) {
        end -= 1;
    }
    (start as u32, end as u32)
}
