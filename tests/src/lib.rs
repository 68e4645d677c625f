//! What the test binaries share: literate fixtures, read from Markdown.
//!
//! A fixture is a fenced `python` block. `# error: [code]`, `# warning: [code]` and `# information: [code]` at the end
//! of a line claim a diagnostic there, `# revealed: name: type` claims the type of a variable assigned on that line,
//! `# run: f(1) == 2` claims a result. A block marked `python notest` is only for reading.

use std::path::{Path, PathBuf};

/// One fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    pub file: PathBuf,
    /// The nearest heading above, for the test's name.
    pub heading: String,
    /// The line of the fence, from 1.
    pub line: usize,
    pub text: String,
}

/// A claim that a comment makes about its line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// From 1, in the block.
    pub line: usize,
    pub severity: String,
    pub code: String,
}

impl Block {
    pub fn name(&self) -> String {
        let file = self.file.file_stem().unwrap_or_default().to_string_lossy();
        format!("{file}: {} (line {})", self.heading, self.line)
    }

    /// The diagnostics that the comments claim.
    pub fn claims(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            let Some((_, comment)) = line.split_once('#') else { continue };
            for part in comment.split('#') {
                let Some((severity, rest)) = part.trim().split_once(':') else { continue };
                if !matches!(severity, "error" | "warning" | "information") {
                    continue;
                }
                let code = rest.trim().trim_start_matches('[').split(']').next().unwrap_or_default();
                claims.push(Claim {
                    line: index + 1,
                    severity: severity.to_string(),
                    code: code.to_string(),
                });
            }
        }
        claims
    }

    /// `(line, name, type)` of each `# revealed: name: type`.
    pub fn revealed(&self) -> Vec<(usize, String, String)> {
        let lines = self.text.lines().enumerate();
        lines
            .filter_map(|(index, line)| {
                let (_, claim) = line.split_once("# revealed:")?;
                let (name, ty) = claim.split_once(':')?;
                Some((index + 1, name.trim().to_string(), ty.trim().to_string()))
            })
            .collect()
    }
}

/// The blocks of every Markdown file below a folder, in order of path.
pub fn blocks(folder: &Path) -> Vec<Block> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

fn read(file: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match &mut open {
            Some((start, block)) if line == "```" => {
                found.push(Block {
                    file: file.to_path_buf(),
                    heading: heading.clone(),
                    line: *start,
                    text: std::mem::take(block),
                });
                open = None;
            }
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
            None if line.starts_with('#') => heading = line.trim_start_matches('#').trim().to_string(),
            None if line == "```python" => open = Some((index + 1, String::new())),
            None => {}
        }
    }
    found
}

/// The 1-based line of a byte offset.
pub fn line_of(text: &str, offset: u32) -> usize {
    text[..(offset as usize).min(text.len())].matches('\n').count() + 1
}
