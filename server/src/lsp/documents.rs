//! The texts as the editor has them, and the disk behind them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use analyzer::FileLoader;
use dashmap::DashMap;
use tower_lsp::lsp_types::{TextDocumentContentChangeEvent, Url};

use super::from_proto;
use super::line_index::{Encoding, LineIndex};
use crate::files::Disk;

/// One state of an open file.
#[derive(Debug)]
pub(crate) struct Document {
    /// As the client spells it; it expects the same spelling back.
    pub uri: Url,
    pub path: PathBuf,
    /// `None` for a file that no client has open.
    pub version: Option<i32>,
    pub text: Arc<str>,
    pub index: Arc<LineIndex>,
    pub kind: Kind,
}

/// What a document is to the analyzer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    /// A part of a notebook, which is one module, from this byte on.
    Cell {
        module: PathBuf,
        start: u32,
    },
    /// The module: where each of its cells starts, and its text without what is not Python, every byte at its place.
    /// It has no place in the editor of its own.
    Notebook {
        cells: Vec<(PathBuf, u32)>,
        code: Arc<str>,
    },
}

impl Document {
    pub(crate) fn new(uri: Url, version: Option<i32>, text: &str) -> Document {
        let index = Arc::new(LineIndex::new(text));
        Document {
            path: from_proto::path(&uri),
            uri,
            version,
            text: Arc::from(text),
            index,
            kind: Kind::File,
        }
    }

    /// A file that no client has open.
    pub(crate) fn closed(path: &Path, text: &str) -> Option<Document> {
        Some(Document {
            path: path.to_path_buf(),
            ..Document::new(Url::from_file_path(path).ok()?, None, text)
        })
    }

    /// The same text as a part of a notebook.
    pub(crate) fn part_of(&self, module: &Path, start: u32) -> Document {
        Document {
            uri: self.uri.clone(),
            path: self.path.clone(),
            version: self.version,
            text: Arc::clone(&self.text),
            index: Arc::clone(&self.index),
            kind: Kind::Cell { module: module.to_path_buf(), start },
        }
    }

    /// What the analyzer calls it.
    pub(crate) fn module(&self) -> &Path {
        match &self.kind {
            Kind::Cell { module, .. } => module,
            Kind::File | Kind::Notebook { .. } => &self.path,
        }
    }

    /// Its text as the analyzer gets it.
    pub(crate) fn code(&self) -> &Arc<str> {
        match &self.kind {
            Kind::Notebook { code, .. } => code,
            Kind::File | Kind::Cell { .. } => &self.text,
        }
    }

    /// Where its text starts in the module.
    pub(crate) fn start(&self) -> u32 {
        match self.kind {
            Kind::Cell { start, .. } => start,
            Kind::File | Kind::Notebook { .. } => 0,
        }
    }

    /// Whether a place in the module is in this document.
    pub(crate) fn holds(&self, offset: u32) -> bool {
        (self.start()..=self.start() + self.text.len() as u32).contains(&offset)
    }

    /// The next state: the changes apply one after the other, each to what the one before left.
    pub(crate) fn changed(
        &self,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Document {
        let mut text = self.text.to_string();
        let mut index = None;
        for change in changes {
            match change.range {
                Some(range) => {
                    let lines = index.as_ref().unwrap_or(&self.index);
                    let start = lines.offset(&text, range.start, encoding) as usize;
                    let end = lines.offset(&text, range.end, encoding) as usize;
                    text.replace_range(start..end.max(start), &change.text);
                }
                None => text = change.text,
            }
            index = Some(Arc::new(LineIndex::new(&text)));
        }
        Document {
            uri: self.uri.clone(),
            path: self.path.clone(),
            version: Some(version),
            index: index.unwrap_or_else(|| Arc::clone(&self.index)),
            text: Arc::from(text),
            kind: self.kind.clone(),
        }
    }
}

/// The open files. One thread writes; anybody may read.
pub(crate) type Documents = Arc<DashMap<PathBuf, Arc<Document>>>;

/// Reads what the analyzer asks for: from the editor if the file is open there, else from disk.
pub(crate) struct Loader {
    pub documents: Documents,
}

impl FileLoader for Loader {
    fn read(&self, path: &Path) -> Option<String> {
        if let Some(document) = self.documents.get(path) {
            return Some(document.code().to_string());
        }
        Disk.read(path)
    }

    fn python_files(&self, folder: &Path) -> Vec<PathBuf> {
        Disk.python_files(folder)
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp::lsp_types::{Position, Range};

    use super::*;

    fn edit(start: (u32, u32), end: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let range = Range { start: Position::new(start.0, start.1), end: Position::new(end.0, end.1) };
        TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: text.to_owned() }
    }

    #[test]
    fn changes_apply_one_after_the_other() {
        let uri = Url::parse("file:///k.py").expect("a URL");
        let document = Document::new(uri, Some(1), "π = 1\nx = 2\n");
        let changes =
            vec![edit((0, 4), (0, 5), "3\ny = 4"), edit((1, 4), (1, 5), "5"), edit((2, 0), (3, 0), "")];
        let changed = document.changed(2, changes, Encoding::Utf16);
        assert_eq!(&*changed.text, "π = 3\ny = 5\n");
        assert_eq!(changed.version, Some(2));
    }

    #[test]
    fn a_change_without_a_range_replaces_the_text() {
        let uri = Url::parse("untitled:Untitled-1").expect("a URL");
        let document = Document::new(uri, Some(1), "a");
        let whole = TextDocumentContentChangeEvent { range: None, range_length: None, text: "b\n".into() };
        assert_eq!(
            &*document.changed(2, vec![whole, edit((0, 1), (0, 1), "c")], Encoding::Utf8).text,
            "bc\n"
        );
    }
}
