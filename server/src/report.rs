//! What `check` found, as the output formats see it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use analyzer::{CallPlace, Diagnostic, Severity, TypesFrom};

use crate::files::{Position, Source};
use crate::fix;

/// The findings of one file, sorted by place.
pub(crate) struct FileReport {
    pub source: Source,
    pub findings: Vec<Diagnostic>,
    /// How many kernels it has.
    pub kernels: usize,
    /// The codes of the findings that `--fix` repaired.
    pub fixed: Vec<&'static str>,
}

/// The findings of a run. Files are sorted by path.
#[derive(Default)]
pub(crate) struct Report {
    pub files: Vec<FileReport>,
    /// Sources of other files that findings speak about.
    pub others: BTreeMap<PathBuf, Source>,
    pub unsafe_fixes: bool,
}

impl Report {
    pub(crate) fn new(mut files: Vec<FileReport>, unsafe_fixes: bool) -> Report {
        files.sort_by(|a, b| a.source.path.cmp(&b.source.path));
        let mut others = BTreeMap::new();
        for file in &files {
            for related in file.findings.iter().flat_map(|finding| &finding.related) {
                if related.path != file.source.path
                    && !others.contains_key(&related.path)
                    && let Ok(source) = Source::read(&related.path)
                {
                    others.insert(related.path.clone(), source);
                }
            }
        }
        Report { files, others, unsafe_fixes }
    }

    /// Every finding with its file.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&FileReport, &Diagnostic)> {
        self.files.iter().flat_map(|file| file.findings.iter().map(move |finding| (file, finding)))
    }

    /// The source of a related place; `None` if it cannot be read.
    pub(crate) fn source<'a>(&'a self, file: &'a FileReport, path: &Path) -> Option<&'a Source> {
        if path == file.source.path { Some(&file.source) } else { self.others.get(path) }
    }

    pub(crate) fn fixable(&self, finding: &Diagnostic) -> bool {
        fix::applies(finding, self.unsafe_fixes)
    }

    /// `Found 3 errors and 1 warning (2 fixable with --fix) in 41 kernels`
    pub(crate) fn summary(&self) -> String {
        let kernels: usize = self.files.iter().map(|file| file.kernels).sum();
        let place = count(kernels, "kernel");
        let fixed: usize = self.files.iter().map(|file| file.fixed.len()).sum();
        let left = self.findings().count();
        if left + fixed == 0 {
            return format!("All checks passed: {place} in {}", count(self.files.len(), "file"));
        }
        if fixed > 0 {
            let total = count(left + fixed, "problem");
            return format!("Found {total} ({fixed} fixed, {left} remaining) in {place}");
        }
        let mut kinds = Vec::new();
        for (severity, word) in
            [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Information, "note")]
        {
            let found = self.findings().filter(|(_, finding)| finding.rule.severity == severity).count();
            if found > 0 {
                kinds.push(count(found, word));
            }
        }
        let fixable = self.findings().filter(|(_, finding)| self.fixable(finding)).count();
        let hint = if fixable > 0 { format!(" ({fixable} fixable with --fix)") } else { String::new() };
        format!("Found {}{hint} in {place}", join(&kinds))
    }
}

/// Where a finding begins and ends.
pub(crate) fn span(source: &Source, start: u32, end: u32) -> (Position, Position) {
    (source.position(start), source.position(end.max(start)))
}

/// `kernels.py:3:5`, and `nb.ipynb:cell 2:3:5` in a notebook.
pub(crate) fn place(source: &Source, offset: u32) -> String {
    let at = source.position(offset);
    format!("{}:{}", source.line_place(source.line(offset)), at.column)
}

/// Where argument types come from: `the call on line 39`, `its signature`.
pub(crate) fn types_from(source: &Source, from: &TypesFrom) -> String {
    let place = |place: &CallPlace| match place {
        CallPlace::Here(offset) => format!("on {}", source.line_name(source.line(*offset))),
        CallPlace::There(path, line) => format!("on line {line} of {path}"),
    };
    match from {
        TypesFrom::Signature => "its signature".to_owned(),
        TypesFrom::Call(call) => format!("the call {}", place(call)),
        TypesFrom::Example(call) => format!("the example {}", place(call)),
        TypesFrom::Annotations => "its annotations".to_owned(),
        TypesFrom::Docstring => "its docstring".to_owned(),
        TypesFrom::Any => "any argument types".to_owned(),
        TypesFrom::Tried => "any argument types, for example these".to_owned(),
    }
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
    }
}

/// Where the page of a rule is on the web.
pub(crate) fn url(code: &str) -> String {
    format!("{}/blob/main/analyzer/src/rules/{code}.md", env!("CARGO_PKG_REPOSITORY"))
}

/// `1 kernel`, `2 kernels`
pub(crate) fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn join(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
