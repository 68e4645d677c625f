//! Python files and notebooks: finding them, reading them, and saying where in them something is.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ruff_notebook::Notebook;
use ruff_source_file::{LineIndex, OneIndexed};

use crate::config::Configs;

/// Larger files are data, not source.
const MAX_BYTES: u64 = 32 << 20;

/// A text to check, with what is needed to speak about places in it.
#[derive(Clone)]
pub(crate) struct Source {
    /// Absolute.
    pub path: PathBuf,
    /// As shown to people: relative to the working directory where it lies below it.
    pub shown: String,
    pub text: Arc<str>,
    /// The text for the analyzer: every byte at the same place, a notebook's commands left out.
    pub code: Arc<str>,
    pub lines: LineIndex,
    /// Its code cells make up `text`.
    pub notebook: Option<Box<Notebook>>,
}

/// A place as people count it, rows and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// The notebook's cell, from 1.
    pub cell: Option<usize>,
    pub row: usize,
    pub column: usize,
}

impl Source {
    /// Reads a file, or says why it cannot be read.
    pub(crate) fn read(path: &Path) -> Result<Source, String> {
        let meta = std::fs::metadata(path).map_err(|error| io_message(&error))?;
        if meta.is_dir() {
            return Err("is a directory".to_owned());
        }
        // A pipe would be waited for.
        if !meta.is_file() {
            return Err("is not a regular file".to_owned());
        }
        if meta.len() > MAX_BYTES {
            return Err(format!("is too large ({} MiB; the limit is {})", meta.len() >> 20, MAX_BYTES >> 20));
        }
        let bytes = std::fs::read(path).map_err(|error| io_message(&error))?;
        Source::from_bytes(path, bytes)
    }

    /// A text that comes from elsewhere under the name of a file.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Source, String> {
        if bytes.contains(&0) {
            return Err("is a binary file".to_owned());
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("is not valid UTF-8 (line {line})")
        })?;
        if is_notebook(path) {
            let notebook = Notebook::from_source_code(&text).map_err(|error| error.to_string())?;
            // A notebook of another language has no kernels to check.
            let code = if notebook.is_python_notebook() { notebook.source_code() } else { "" };
            let source = Source::from_text(path, code);
            return Ok(source.with_notebook(notebook));
        }
        Ok(Source::from_text(path, &text))
    }

    /// Says that the text is that of a notebook's code cells.
    pub(crate) fn with_notebook(mut self, notebook: Notebook) -> Source {
        self.code = Arc::from(analyzer::hir::comments::without_commands(&self.text).as_ref());
        self.notebook = Some(Box::new(notebook));
        self
    }

    pub(crate) fn from_text(path: &Path, text: &str) -> Source {
        let text: Arc<str> = Arc::from(text);
        Source {
            path: path.to_path_buf(),
            shown: shown(path),
            code: Arc::clone(&text),
            lines: LineIndex::from_source_text(&text),
            text,
            notebook: None,
        }
    }

    /// Where a byte offset is. An offset outside the text, or inside a character, counts as the nearest place before.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = self.text.floor_char_boundary(offset as usize);
        let at = self.lines.line_column(to_size(offset), &self.text);
        let (cell, row) = self.cell_row(at.line.to_zero_indexed());
        Position { cell, row, column: at.column.get() }
    }

    /// What a line of `text`, from 0, is called in a sentence: `line 3`, and `line 3 of cell 2` in a notebook.
    pub(crate) fn line_name(&self, line: usize) -> String {
        match self.cell_row(line) {
            (None, row) => format!("line {row}"),
            (Some(cell), row) => format!("line {row} of cell {cell}"),
        }
    }

    /// Where a line of `text`, from 0, is: `kernels.py:3`, and `nb.ipynb:cell 2:3` in a notebook.
    pub(crate) fn line_place(&self, line: usize) -> String {
        match self.cell_row(line) {
            (None, row) => format!("{}:{row}", self.shown),
            (Some(cell), row) => format!("{}:cell {cell}:{row}", self.shown),
        }
    }

    /// The cell of a line of `text`, which counts from 0, and the row in it, both from 1.
    fn cell_row(&self, line: usize) -> (Option<usize>, usize) {
        let line = OneIndexed::from_zero_indexed(line);
        match &self.notebook {
            None => (None, line.get()),
            Some(notebook) => {
                let index = notebook.index();
                let row = index.cell_row(line).unwrap_or(OneIndexed::MIN);
                (index.cell(line).map(OneIndexed::get), row.get())
            }
        }
    }

    /// The line of a byte offset, from 0, in `text` as a whole.
    pub(crate) fn line(&self, offset: u32) -> usize {
        let offset = self.text.floor_char_boundary(offset as usize);
        self.lines.line_index(to_size(offset)).to_zero_indexed()
    }

    /// Where a line of `text` starts; the end of the text for lines past it.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        if line >= self.lines.line_count() {
            return self.text.len();
        }
        self.lines.line_start(OneIndexed::from_zero_indexed(line), &self.text).to_usize()
    }

    /// The lines of the notebook's cell that holds this line, or of the whole file.
    pub(crate) fn cell_lines(&self, line: usize) -> std::ops::Range<usize> {
        let all = 0..self.lines.line_count();
        let Some(notebook) = &self.notebook else { return all };
        let starts: Vec<usize> =
            notebook.index().iter().map(|cell| cell.start_row().to_zero_indexed()).collect();
        let after = starts.partition_point(|start| *start <= line);
        let start = after.checked_sub(1).map_or(0, |index| starts[index]);
        start..starts.get(after).copied().unwrap_or(all.end)
    }
}

fn to_size(offset: usize) -> ruff_text_size::TextSize {
    ruff_text_size::TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

/// What the system says about a file, in the words that are the same everywhere.
pub(crate) fn io_message(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

pub(crate) fn is_notebook(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ipynb"))
}

pub(crate) fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py" || extension == "pyw") || is_notebook(path)
}

/// Reads files for the analyzer: modules that a checked file imports.
pub(crate) struct Disk;

impl analyzer::FileLoader for Disk {
    fn read(&self, path: &Path) -> Option<String> {
        if !path.is_file() {
            return None;
        }
        Source::read(path).ok().map(|source| source.code.as_ref().to_owned())
    }

    fn python_files(&self, folder: &Path) -> Vec<PathBuf> {
        let walker = ignore::WalkBuilder::new(folder).sort_by_file_name(Ord::cmp).build();
        let paths = walker.flatten().map(ignore::DirEntry::into_path);
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "py")).collect()
    }
}

/// An absolute path without `.` and `..`, so that one file has one name. Links stay as they are.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

/// The folder of the project that a file belongs to, if something marks it.
pub(crate) fn project_root(path: &Path) -> Option<&Path> {
    const MARKS: &[&str] = &["pyproject.toml", "setup.py", "setup.cfg", "jitcheck.toml", ".git"];
    path.ancestors().skip(1).find(|folder| MARKS.iter().any(|mark| folder.join(mark).exists()))
}

/// A path as people want to read it.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&here).ok().filter(|path| !path.as_os_str().is_empty());
    relative.unwrap_or(path).display().to_string()
}

/// The files to check, and what was asked for and does not exist.
#[derive(Default)]
pub(crate) struct Found {
    pub files: Vec<PathBuf>,
    /// Where they were looked for.
    pub directories: Vec<PathBuf>,
    pub missing: Vec<(PathBuf, String)>,
    /// Whether a file that was named is excluded.
    pub left_out: bool,
}

/// Looks for Python files and notebooks. What is named explicitly is taken unless exclusion is forced, what is found
/// below a directory only if neither `.gitignore` nor an `exclude` of the configuration leaves it out.
pub(crate) fn find(paths: &[PathBuf], configs: &Arc<Configs>) -> Found {
    let mut found = Found::default();
    for path in paths {
        let path = absolute(path);
        if path.is_dir() {
            walk(&path, configs, &mut found);
        } else if let Err(error) = std::fs::metadata(&path) {
            found.missing.push((path, io_message(&error)));
        } else if configs.leaves_out(&path) {
            found.left_out = true;
        } else {
            found.directories.extend(path.parent().map(Path::to_path_buf));
            found.files.push(path);
        }
    }
    found.files.sort();
    found.files.dedup();
    found
}

fn walk(directory: &Path, configs: &Arc<Configs>, found: &mut Found) {
    let respect = configs.get(directory).map_or(true, |config| config.respect_gitignore);
    let filter = Arc::clone(configs);
    let walker = ignore::WalkBuilder::new(directory)
        .hidden(true)
        .git_ignore(respect)
        .git_global(respect)
        .git_exclude(respect)
        .ignore(respect)
        .parents(respect)
        .require_git(false)
        .filter_entry(move |entry| entry.depth() == 0 || !filter.excludes(entry.path()))
        .build();
    for entry in walker {
        match entry {
            Ok(entry) => match entry.file_type() {
                Some(kind) if kind.is_file() && is_python(entry.path()) => {
                    found.files.push(entry.into_path())
                }
                Some(kind) if kind.is_dir() => found.directories.push(entry.into_path()),
                _ => {}
            },
            Err(error) => found.missing.push(unreadable(directory, &error)),
        }
    }
}

/// What could not be looked into below a directory, and why.
fn unreadable(directory: &Path, error: &ignore::Error) -> (PathBuf, String) {
    match error {
        ignore::Error::WithPath { path, err } => (path.clone(), unreadable(directory, err).1),
        ignore::Error::WithDepth { err, .. } => unreadable(directory, err),
        ignore::Error::Io(error) => (directory.to_path_buf(), io_message(error)),
        error => (directory.to_path_buf(), error.to_string()),
    }
}
