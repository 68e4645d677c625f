//! `check --add-ignore`: silences every finding where it is, with a comment.

use std::collections::{BTreeMap, BTreeSet};

use analyzer::hir::comments::comments;
use analyzer::{Applicability, Diagnostic, Edit, Fix, rules};

use super::Run;
use super::group::{Checked, Group};
use super::print;
use crate::exit::{Exit, warning};
use crate::files::Source;
use crate::report::count;
use crate::{fix, output, suppress};

/// Codes to silence on a line, with the finding that comes first.
type Lines<'a> = BTreeMap<usize, (BTreeSet<&'static str>, &'a Diagnostic)>;

pub(super) fn add(run: &Run<'_>, groups: &mut [Group], checked: Vec<Checked>) -> Result<Exit, String> {
    let (mut silenced, mut left, mut files) = (0, 0, 0);
    for file in checked {
        let report = file.report;
        let before = report.findings.iter().filter(|finding| can_be_silenced(finding)).count();
        left += report.findings.len() - before;
        let edits = edits(&report.source, &report.findings);
        let Some(fixed) = fix::apply(&report.source, &edits, true) else { continue };
        let mut source = fixed.source(&report.source);
        source.shown.clone_from(&report.source.shown);
        let Some(group) = groups.iter_mut().find(|group| group.has(&source.path)) else { continue };
        let after = group.again(run, source).map_err(|(_, message)| message)?;
        let still = after.findings.iter().filter(|finding| can_be_silenced(finding)).count();
        print::write(run, &after.source)?;
        if still > 0 {
            warning(format_args!(
                "{}: {} cannot be silenced in place",
                after.source.shown,
                count(still, "finding")
            ));
        }
        silenced += before.saturating_sub(still);
        left += still;
        files += 1;
    }
    output::print(&format!("Silenced {} in {}\n", count(silenced, "finding"), count(files, "file")));
    Ok(if left == 0 || run.args.exit_zero { Exit::Clean } else { Exit::Problems })
}

fn can_be_silenced(finding: &Diagnostic) -> bool {
    finding.rule.code != rules::SYNTAX_ERROR.code && finding.rule.code != rules::UNUSED_IGNORE.code
}

/// One edit per line that has findings: a longer list in a comment of ours, a comment behind the line, or where a string
/// or a backslash is in the way, one above it.
fn edits(source: &Source, findings: &[Diagnostic]) -> Vec<Diagnostic> {
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
