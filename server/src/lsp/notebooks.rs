//! Notebooks: the editor sends cells, the analyzer sees one module, all code cells one after the other.
//!
//! The protocol library knows nothing of notebooks, so the messages are declared here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    TextDocumentContentChangeEvent, TextDocumentIdentifier, TextDocumentItem, Url,
    VersionedTextDocumentIdentifier,
};

use super::documents::{Document, Kind};
use super::from_proto;
use super::line_index::Encoding;

/// `NotebookCellKind` of the protocol.
const CODE: u8 = 2;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Opened {
    notebook_document: Full,
    cell_text_documents: Vec<TextDocumentItem>,
}

#[derive(Debug, Deserialize)]
struct Full {
    uri: Url,
    version: i32,
    cells: Vec<Cell>,
}

#[derive(Clone, Debug, Deserialize)]
struct Cell {
    kind: u8,
    document: Url,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changed {
    pub notebook_document: VersionedTextDocumentIdentifier,
    change: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    cells: Option<CellChanges>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CellChanges {
    structure: Option<Structure>,
    text_content: Option<Vec<TextChange>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Structure {
    array: Splice,
    #[serde(default)]
    did_open: Vec<TextDocumentItem>,
    #[serde(default)]
    did_close: Vec<TextDocumentIdentifier>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Splice {
    start: usize,
    delete_count: usize,
    #[serde(default)]
    cells: Vec<Cell>,
}

#[derive(Debug, Deserialize)]
struct TextChange {
    document: VersionedTextDocumentIdentifier,
    changes: Vec<TextDocumentContentChangeEvent>,
}

/// `didSave` and `didClose`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    pub notebook_document: TextDocumentIdentifier,
}

/// One open notebook.
pub(crate) struct Notebook {
    uri: Url,
    version: i32,
    cells: Vec<Cell>,
    /// The texts of its Python cells, each as if it were a file.
    texts: HashMap<Url, Document>,
}

impl Notebook {
    pub(crate) fn new(opened: Opened) -> Notebook {
        let Full { uri, version, cells } = opened.notebook_document;
        let mut notebook = Notebook { uri, version, cells, texts: HashMap::new() };
        notebook.add(opened.cell_text_documents);
        notebook
    }

    fn add(&mut self, items: Vec<TextDocumentItem>) {
        for item in items.into_iter().filter(|item| item.language_id == "python") {
            let document = Document::new(item.uri.clone(), Some(item.version), &item.text);
            self.texts.insert(item.uri, document);
        }
    }

    pub(crate) fn change(&mut self, changed: Changed, encoding: Encoding) {
        self.version = changed.notebook_document.version;
        let Some(cells) = changed.change.cells else { return };
        if let Some(Structure { array, did_open, did_close }) = cells.structure {
            // A client that counts wrongly must not bring the server down.
            let start = array.start.min(self.cells.len());
            let end = start.saturating_add(array.delete_count).min(self.cells.len());
            self.cells.splice(start..end, array.cells);
            for closed in did_close {
                self.texts.remove(&closed.uri);
            }
            self.add(did_open);
        }
        for TextChange { document, changes } in cells.text_content.unwrap_or_default() {
            if let Some(text) = self.texts.get_mut(&document.uri) {
                *text = text.changed(document.version, changes, encoding);
            }
        }
    }

    /// The module, and its cells as parts of it.
    pub(crate) fn documents(&self) -> (Document, Vec<Document>) {
        let module = from_proto::path(&self.uri);
        let mut text = String::new();
        let mut python = String::new();
        let mut cells = Vec::new();
        let mut starts = Vec::new();
        let code = self.cells.iter().filter(|cell| cell.kind == CODE);
        for cell in code.filter_map(|cell| self.texts.get(&cell.document)) {
            let start = text.len() as u32;
            starts.push((cell.path.clone(), start));
            cells.push(cell.part_of(&module, start));
            text.push_str(&cell.text);
            text.push('\n');
            match is_python(&cell.text) {
                true => python.push_str(&cell.text),
                false => python.extend(cell.text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' })),
            }
            python.push('\n');
        }
        let code = Arc::from(analyzer::hir::comments::without_commands(&python).as_ref());
        let whole = Document::new(self.uri.clone(), Some(self.version), &text);
        (Document { kind: Kind::Notebook { cells: starts, code }, ..whole }, cells)
    }
}

/// Whether a code cell holds Python, as for `check`: one that starts with `%%bash` or `pip install` does not.
fn is_python(text: &str) -> bool {
    let file = as_file(text, &[(PathBuf::new(), 0)]);
    ruff_notebook::Notebook::from_source_code(&file)
        .is_ok_and(|notebook| notebook.index().iter().next().is_some())
}

/// A notebook as a file holds it, for a program that reads files.
pub(crate) fn as_file(text: &str, cells: &[(PathBuf, u32)]) -> String {
    let ends = cells.iter().skip(1).map(|(_, start)| *start as usize).chain([text.len()]);
    let source =
        |start: usize, end: usize| text.get(start..end).map(|it| it.strip_suffix('\n').unwrap_or(it));
    let cells: Vec<Value> = cells
        .iter()
        .zip(ends)
        .filter_map(|((_, start), end)| source(*start as usize, end))
        .map(|source| {
            json!({ "cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": source })
        })
        .collect();
    let metadata = json!({ "language_info": { "name": "python" } });
    json!({ "cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4 }).to_string()
}

/// The cell that holds a place in the module.
pub(crate) fn cell_at(cells: &[(PathBuf, u32)], offset: u32) -> Option<&Path> {
    let after = cells.partition_point(|(_, start)| *start <= offset);
    after.checked_sub(1).map(|index| cells[index].0.as_path())
}

/// What the server says about notebooks when it is initialized.
pub(crate) fn capability() -> Value {
    json!({ "notebookSelector": [{ "notebook": "*", "cells": [{ "language": "python" }] }], "save": true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Notebook {
        let cell = |name: &str, text: &str| json!({ "uri": format!("vscode-notebook-cell:/n.ipynb#{name}"), "languageId": "python", "version": 1, "text": text });
        let kind = |name: &str, kind: u8| json!({ "kind": kind, "document": format!("vscode-notebook-cell:/n.ipynb#{name}") });
        let opened = json!({
            "notebookDocument": { "uri": "file:///n.ipynb", "notebookType": "jupyter-notebook", "version": 1,
                "cells": [kind("a", 2), kind("text", 1), kind("b", 2)] },
            "cellTextDocuments": [cell("a", "x = 1"), cell("b", "y = x\n")],
        });
        Notebook::new(serde_json::from_value(opened).expect("a message"))
    }

    #[test]
    fn code_cells_make_one_module() {
        let (module, cells) = opened().documents();
        assert_eq!(&*module.text, "x = 1\ny = x\n\n");
        let starts: Vec<_> = cells.iter().map(Document::start).collect();
        assert_eq!(starts, [0, 6]);
        assert!(cells.iter().all(|cell| cell.module() == Path::new("/n.ipynb")));
        let Kind::Notebook { cells, .. } = &module.kind else { panic!("not a notebook") };
        assert_eq!(cell_at(cells, 7), Some(Path::new("vscode-notebook-cell:/n.ipynb#b")));
        let file: Value = serde_json::from_str(&as_file(&module.text, cells)).expect("JSON");
        assert_eq!(
            (&file["cells"][0]["source"], &file["cells"][1]["source"]),
            (&json!("x = 1"), &json!("y = x\n"))
        );
    }

    #[test]
    fn what_is_not_python_is_blank_to_the_analyzer() {
        let mut notebook = opened();
        let change = |name: &str, text: &str| {
            json!({
                "notebookDocument": { "uri": "file:///n.ipynb", "version": 2 },
                "change": { "cells": { "textContent": [{
                    "document": { "uri": format!("vscode-notebook-cell:/n.ipynb#{name}"), "version": 2 },
                    "changes": [{ "text": text }],
                }] } },
            })
        };
        for (name, text) in [("a", "%%bash\nls é"), ("b", "%time x = 1\ny = !ls\n")] {
            let change = serde_json::from_value(change(name, text)).expect("a message");
            notebook.change(change, Encoding::Utf16);
        }
        let (module, _) = notebook.documents();
        assert_eq!(&**module.code(), "      \n     \n...        \ny = ...\n\n");
        assert_eq!(module.code().len(), module.text.len());
    }

    #[test]
    fn cells_are_edited_taken_out_and_put_in() {
        let mut notebook = opened();
        let change = json!({
            "notebookDocument": { "uri": "file:///n.ipynb", "version": 2 },
            "change": { "cells": {
                "structure": {
                    "array": { "start": 0, "deleteCount": 1, "cells": [{ "kind": 2, "document": "vscode-notebook-cell:/n.ipynb#c" }] },
                    "didOpen": [{ "uri": "vscode-notebook-cell:/n.ipynb#c", "languageId": "python", "version": 1, "text": "x = 2" }],
                    "didClose": [{ "uri": "vscode-notebook-cell:/n.ipynb#a" }],
                },
                "textContent": [{
                    "document": { "uri": "vscode-notebook-cell:/n.ipynb#b", "version": 2 },
                    "changes": [{ "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 1 } }, "text": "z" }],
                }],
            } },
        });
        notebook.change(serde_json::from_value(change).expect("a message"), Encoding::Utf16);
        let (module, cells) = notebook.documents();
        assert_eq!(&*module.text, "x = 2\nz = x\n\n");
        assert_eq!((module.version, cells[1].version), (Some(2), Some(2)));
    }
}
