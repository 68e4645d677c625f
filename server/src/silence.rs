//! Where the comment that silences a finding goes, for `check --add-ignore` and the editor's quick fix.

use std::collections::{BTreeMap, BTreeSet};

use analyzer::hir::comments::comments;
use analyzer::{Applicability, Diagnostic, Edit, Fix, rules};

use crate::files::Source;
use crate::suppress;

/// Codes to silence on a line, with the finding that comes first.
type Lines<'a> = BTreeMap<usize, (BTreeSet<&'static str>, &'a Diagnostic)>;

/// Whether a comment can silence it: what does not parse is always told, and an unused comment is taken out.
pub(crate) fn can_be_silenced(finding: &Diagnostic) -> bool {
    finding.rule.code != rules::SYNTAX_ERROR.code && finding.rule.code != rules::UNUSED_IGNORE.code
}

/// One edit per line that has findings: a longer list in a comment of ours, a comment behind the line, or where a string
/// or a backslash is in the way, one above it.
pub(crate) fn edits(source: &Source, findings: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut lines: Lines<'_> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| can_be_silenced(finding)) {
        let (codes, _) = lines.entry(source.line(finding.start)).or_insert((BTreeSet::new(), finding));
        codes.insert(finding.rule.code);
    }
    let mut edits = Vec::new();
    for (line, end) in suppress::lists(source) {
        if let Some((codes, finding)) = lines.remove(&line) {
            let text = codes.iter().map(|code| format!(", {code}")).collect();
            edits.push(with_edit(finding, end, text));
        }
    }
    let behind = |line: usize, comment: &str| {
        let end = source.line_start(line) + line_text(source, line).len();
        (end, format!("  {comment}"))
    };
    let above = |line: usize, comment: &str| {
        let text = line_text(source, line);
        let indent = &text[..text.len() - text.trim_start().len()];
        let newline = if source.text.contains("\r\n") { "\r\n" } else { "\n" };
        (source.line_start(line), format!("{indent}{comment}{newline}"))
    };
    let continued = |line: usize| line_text(source, line).ends_with('\\');
    let mut later = lines.clone();
    lines.retain(|line, _| !continued(*line));
    place(source, &lines, &behind, &mut later, &mut edits);
    let mut rest = later.clone();
    later.retain(|line, _| line.checked_sub(1).is_none_or(|before| !continued(before)));
    place(source, &later, &above, &mut rest, &mut edits);
    edits
}

/// Tries a place for the comments of all lines at once, and keeps those that are comments there.
fn place<'a>(
    source: &Source,
    lines: &Lines<'a>,
    insertion: &dyn Fn(usize, &str) -> (usize, String),
    missing: &mut Lines<'a>,
    edits: &mut Vec<Diagnostic>,
) {
    let mut text = String::with_capacity(source.text.len() + 40 * lines.len());
    let mut done = 0;
    let mut tried = Vec::new();
    for (line, (codes, finding)) in lines {
        let list: Vec<&str> = codes.iter().copied().collect();
        let (at, inserted) = insertion(*line, &format!("# jitcheck: ignore[{}]", list.join(", ")));
        text.push_str(&source.text[done..at]);
        let hash = text.len() + inserted.find('#').unwrap_or(0);
        text.push_str(&inserted);
        done = at;
        tried.push((*line, *finding, at, inserted, hash));
    }
    text.push_str(&source.text[done..]);
    let found = comments(&text, source.notebook.is_some());
    for (line, finding, at, inserted, hash) in tried {
        if found.iter().any(|comment| comment.contains(&hash)) {
            missing.remove(&line);
            edits.push(with_edit(finding, at, inserted));
        }
    }
}

/// A line without its end.
fn line_text(source: &Source, line: usize) -> &str {
    source.text[source.line_start(line)..source.line_start(line + 1)].trim_end_matches(['\n', '\r'])
}

/// The finding with an insertion as its fix.
fn with_edit(finding: &Diagnostic, at: usize, text: String) -> Diagnostic {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    let edits = vec![Edit { start: at, end: at, text }];
    let fix = Fix { title: "Silence it".to_owned(), applicability: Applicability::Safe, edits };
    Diagnostic { fix: Some(fix), ..finding.clone() }
}
