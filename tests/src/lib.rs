//! What the test binaries share: literate fixtures, read from Markdown.
//!
//! A fixture is a fenced `python` block; what it claims stands in comments.
//!
//! - `# error: [code]`, `# warning: [code]` and `# information: [code]` at the end of a line claim a diagnostic there.
//!   A block claims all of its diagnostics.
//! - `# case: f(int64, float64) -> float64` claims what comes of compiling `f` for these types: the type that it
//!   returns, `error`, `error [code]`, or `unknown`. An error is claimed for a line by standing at its end, or directly
//!   above it with the same indentation; above the function it is claimed for no line, because Numba blames none.
//! - `# numba: f(int64, float64) -> ..` below a case says what Numba answers where we do not yet.
//! - `# revealed: name: type` claims the type of a variable, for the case above it, or else for the declared signature
//!   of the function that it stands in. `return` is what is returned.
//!
//! - `# numba-version: 0.65` holds for the whole block: its claims are about that Numba, not about the newest.
//!
//! A block marked `python notest` is only for reading.

pub mod mutate;

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

/// What is claimed of one function for one list of argument types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Of the comment, from 1, in the block.
    pub line: usize,
    /// `__qualname__`
    pub function: String,
    pub args: Vec<String>,
    pub expected: Expected,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It compiles, and returns this type.
    Ok(String),
    Error {
        code: Option<String>,
        line: Option<usize>,
    },
    Unknown,
}

impl Block {
    pub fn name(&self) -> String {
        let name =
            |path: Option<&Path>| path.and_then(Path::file_stem).unwrap_or_default().display().to_string();
        let (folder, file) = (name(self.file.parent()), name(Some(&self.file)));
        format!("{folder}/{file}: {} (line {})", self.heading, self.line)
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

impl Block {
    /// The Numba that the block is about, where that is not the newest: major and minor.
    pub fn numba(&self) -> Option<(u16, u16)> {
        let version = self.text.lines().find_map(|line| line.strip_prefix("# numba-version: "))?;
        let (major, minor) = version.split_once('.').expect("a version is `0.65`");
        Some((major.parse().expect("a number"), minor.parse().expect("a number")))
    }

    pub fn cases(&self) -> Vec<Case> {
        let lines: Vec<&str> = self.text.lines().collect();
        let case = |index: usize| {
            let (code, claim) = lines[index].split_once("# case: ")?;
            let (call, answer) = claim.split_once(") -> ").expect("a case is `f(types) -> answer`");
            let (function, args) = call.split_once('(').expect("a case is `f(types) -> answer`");
            let expected = match answer.trim() {
                "unknown" => Expected::Unknown,
                "error" => Expected::Error { code: None, line: claimed_line(&lines, index, code) },
                answer => match answer.strip_prefix("error [").and_then(|rest| rest.strip_suffix(']')) {
                    Some(code_name) => Expected::Error {
                        code: Some(code_name.to_string()),
                        line: claimed_line(&lines, index, code),
                    },
                    None => Expected::Ok(answer.to_string()),
                },
            };
            Some(Case { line: index + 1, function: function.to_string(), args: split_types(args), expected })
        };
        (0..lines.len()).filter_map(case).collect()
    }
}

/// The line that a comment is about: its own if there is code before it, else the next line of code. A comment that is
/// not indented is about none.
fn claimed_line(lines: &[&str], comment: usize, code: &str) -> Option<usize> {
    if !code.trim().is_empty() {
        return Some(comment + 1);
    }
    if code.is_empty() {
        return None;
    }
    let is_code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    (comment + 1..lines.len()).find(|index| is_code(lines[*index])).map(|index| index + 1)
}

/// Types separated by commas; a type may have commas inside brackets.
fn split_types(text: &str) -> Vec<String> {
    let mut types = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (index, char) in text.char_indices() {
        match char {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth -= 1,
            ',' if depth == 0 => {
                types.push(text[start..index].trim().to_string());
                start = index + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        types.push(last.to_string());
    }
    types
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
