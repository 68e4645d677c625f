//! The protocol's terms to ours.

use std::path::PathBuf;

use tower_lsp::lsp_types::{Position, Range, Url};

use super::documents::Document;
use super::line_index::Encoding;

/// The path that stands for a document. One that is in no file keeps its URI as a name.
pub(crate) fn path(uri: &Url) -> PathBuf {
    let file = (uri.scheme() == "file").then(|| uri.to_file_path().ok()).flatten();
    file.unwrap_or_else(|| PathBuf::from(uri.as_str()))
}

/// The place in the module.
pub(crate) fn offset(document: &Document, position: Position, encoding: Encoding) -> u32 {
    document.start() + document.index.offset(&document.text, position, encoding)
}

pub(crate) fn range(document: &Document, range: Range, encoding: Encoding) -> (u32, u32) {
    let start = offset(document, range.start, encoding);
    (start, offset(document, range.end, encoding).max(start))
}
