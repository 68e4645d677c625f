//! Comments that silence findings: `# jitcheck: ignore[code]` and `# noqa: code`, on a line of the finding or, alone on
//! a line, for the line below. `# jitcheck: ignore-file[code]` holds for the whole file.

use std::collections::BTreeSet;
use std::ops::Range;

use analyzer::{Applicability, Diagnostic, Edit, Fix, rules};

use crate::config::{known_rule, nearest_name};
use crate::files::Source;

/// One comment that silences.
#[derive(Debug, PartialEq, Eq)]
struct Suppression {
    /// Bytes of the instruction, from its `#` to its end.
    range: Range<usize>,
    /// The line it speaks about, from 0; `None` for the whole file.
    line: Option<usize>,
    /// Names and their bytes; none for "everything".
    codes: Option<Vec<(String, Range<usize>)>>,
    /// `# noqa` belongs to other tools too: what is not ours in it is none of our business.
    shared: bool,
    /// What is wrong with it, if it is one of ours that nobody can read. It silences nothing.
    fault: Option<String>,
}

/// Takes out the findings that comments silence, and adds a finding for each comment that silences nothing.
pub(crate) fn apply(source: &Source, enabled: &BTreeSet<&str>, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let suppressions = read(source);
    if suppressions.is_empty() {
        return findings;
    }
    let mut used: Vec<BTreeSet<&'static str>> = vec![BTreeSet::new(); suppressions.len()];
    let broken = findings.iter().any(|finding| finding.rule.code == rules::SYNTAX_ERROR.code);
    let mut kept: Vec<Diagnostic> = Vec::new();
    for finding in findings {
        let lines = source.line(finding.start)..=source.line(finding.end.max(finding.start + 1) - 1);
        let code = finding.rule.code;
        let matching = |suppression: &Suppression| {
            suppression.fault.is_none()
                && suppression.line.is_none_or(|line| lines.contains(&line))
                && suppression.codes.as_ref().is_none_or(|codes| codes.iter().any(|(name, _)| name == code))
        };
        let silencing: Vec<usize> =
            (0..suppressions.len()).filter(|index| matching(&suppressions[*index])).collect();
        if silencing.is_empty() || code == rules::SYNTAX_ERROR.code {
            kept.push(finding);
        }
        silencing.into_iter().for_each(|index| {
            used[index].insert(code);
        });
    }
    // What follows a syntax error may not have been looked at.
    if !broken && enabled.contains(rules::UNUSED_IGNORE.code) {
        kept.extend(
            suppressions.iter().zip(&used).filter_map(|(one, used)| unused(source, one, used, enabled)),
        );
    }
    kept
}

/// The lists of codes in comments of ours that hold for a line: which line, from 0, and where the last code ends.
pub(crate) fn lists(source: &Source) -> Vec<(usize, usize)> {
    let own = read(source).into_iter().filter(|one| !one.shared);
    own.filter_map(|one| Some((one.line?, one.codes?.last()?.1.end))).collect()
}

fn unused(
    source: &Source,
    one: &Suppression,
    used: &BTreeSet<&'static str>,
    enabled: &BTreeSet<&str>,
) -> Option<Diagnostic> {
    if let Some(fault) = &one.fault {
        // What was meant is wanted: nobody but its writer should take it out.
        return Some(Diagnostic { fix: None, ..report(source, one, fault.clone(), None, &[]) });
    }
    let Some(codes) = &one.codes else {
        if one.shared || !used.is_empty() {
            return None;
        }
        return Some(report(source, one, "nothing here is silenced by this comment".to_owned(), None, &[]));
    };
    let mut idle: Vec<usize> = Vec::new();
    let mut messages = Vec::new();
    for (index, (code, _)) in codes.iter().enumerate() {
        match known_rule(code) {
            Ok(rule) if used.contains(rule.code) || !enabled.contains(rule.code) => {}
            Ok(rule) if rule.code == rules::UNUSED_IGNORE.code => {}
            Ok(_) => {
                idle.push(index);
                messages.push(format!("no `{code}` is found here"));
            }
            Err(_) if one.shared => {}
            Err(message) => {
                idle.push(index);
                messages.push(message);
            }
        }
    }
    if idle.is_empty() {
        return None;
    }
    let range =
        if idle.len() == codes.len() { None } else { idle.first().map(|index| codes[*index].1.clone()) };
    Some(report(source, one, messages.join("; "), range, &idle))
}

/// `range` is the part to mark, if not the whole comment; `idle` the codes to take out.
fn report(
    source: &Source,
    one: &Suppression,
    why: String,
    range: Option<Range<usize>>,
    idle: &[usize],
) -> Diagnostic {
    let marked = range.unwrap_or_else(|| one.range.clone());
    let codes = one.codes.as_deref().unwrap_or_default();
    let edit = if idle.len() == codes.len() {
        whole_comment(source, one)
    } else {
        let left: Vec<&str> = codes
            .iter()
            .enumerate()
            .filter(|(index, _)| !idle.contains(index))
            .map(|(_, (code, _))| code.as_str())
            .collect();
        let start = codes.first().map_or(one.range.start, |(_, range)| range.start);
        let end = codes.last().map_or(one.range.end, |(_, range)| range.end);
        Edit { start: start as u32, end: end as u32, text: left.join(", ") }
    };
    Diagnostic {
        rule: &rules::UNUSED_IGNORE,
        start: marked.start as u32,
        end: marked.end as u32,
        message: format!("unused suppression: {why}"),
        note: None,
        help: None,
        related: Vec::new(),
        fix: Some(Fix {
            title: "remove the unused suppression".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![edit],
        }),
        function: None,
        specialization: None,
        types_from: None,
    }
}

/// The comment with the space before it; with its line if nothing else is on it.
fn whole_comment(source: &Source, one: &Suppression) -> Edit {
    let text = &source.text;
    let mut start = text[..one.range.start].trim_end_matches([' ', '\t']).len();
    let mut end = one.range.end;
    let rest_is_empty = text[end..].starts_with(['\n', '\r']) || end == text.len();
    if rest_is_empty && (start == 0 || text[..start].ends_with('\n')) {
        let newline = text[end..].find('\n').map_or(text.len() - end, |at| at + 1);
        end += newline;
    } else if !rest_is_empty {
        // Words of another comment follow: the space stays with them.
        start = one.range.start;
    }
    Edit { start: start as u32, end: end as u32, text: String::new() }
}

fn read(source: &Source) -> Vec<Suppression> {
    // Most files have none, and are spared the second reading.
    if !source.text.contains("jitcheck:") && !source.text.contains("noqa") && !source.text.contains("NOQA") {
        return Vec::new();
    }
    let comments = analyzer::hir::comments::comments(&source.text, source.notebook.is_some());
    comments.into_iter().flat_map(|comment| read_comment(source, comment)).collect()
}

/// Several instructions may follow one another in one comment: `# type: ignore # jitcheck: ignore[x]`.
fn read_comment(source: &Source, comment: Range<usize>) -> Vec<Suppression> {
    let text = &source.text[comment.clone()];
    let mut found = Vec::new();
    for (at, _) in text.match_indices('#') {
        let start = comment.start + at;
        let rest = text[at + 1..].split('#').next().unwrap_or_default();
        let Some(Instruction { shared, whole_file, codes, length, fault }) = instruction(rest) else {
            continue;
        };
        let offset = start + 1;
        let codes = codes.map(|range| split_codes(&source.text, offset + range.start..offset + range.end));
        let line = source.line(start as u32);
        let alone = source.text[source.line_start(line)..start].trim().is_empty();
        found.push(Suppression {
            range: start..offset + length,
            line: (!whole_file).then_some(if alone && !shared { line + 1 } else { line }),
            codes,
            shared,
            fault,
        });
    }
    found
}

/// What follows a `#`.
struct Instruction {
    shared: bool,
    whole_file: bool,
    /// Where its codes are.
    codes: Option<Range<usize>>,
    /// Where it ends.
    length: usize,
    fault: Option<String>,
}

impl Instruction {
    fn ours(whole_file: bool, codes: Option<Range<usize>>, length: usize) -> Instruction {
        Instruction { shared: false, whole_file, codes, length, fault: None }
    }

    fn noqa(codes: Option<Range<usize>>, length: usize) -> Instruction {
        Instruction { shared: true, whole_file: false, codes, length, fault: None }
    }
}

fn instruction(text: &str) -> Option<Instruction> {
    let body = text.trim_start();
    let lead = text.len() - body.len();
    if let Some(rest) = body.strip_prefix("jitcheck:") {
        return own_instruction(text, rest.trim_start());
    }
    let after = body.get(..4).filter(|word| word.eq_ignore_ascii_case("noqa")).map(|_| &body[4..])?;
    let at = lead + 4;
    match after.strip_prefix(':') {
        Some(list) => {
            let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ',' | ' ' | '\t');
            let end = list.find(|c| !is_code(c)).unwrap_or(list.len());
            let end = list[..end].trim_end().len();
            Some(Instruction::noqa(Some(at + 1..at + 1 + end), at + 1 + end))
        }
        None if after.starts_with(|next: char| next.is_alphanumeric()) => None,
        None => Some(Instruction::noqa(None, at)),
    }
}

/// Reads what follows `jitcheck:` at the end of `text`. Words that are like none of the instructions are prose.
fn own_instruction(text: &str, body: &str) -> Option<Instruction> {
    let word = &body[..body
        .find(|next: char| !next.is_alphanumeric() && !matches!(next, '-' | '_'))
        .unwrap_or(body.len())];
    let at = text.len() - body.len() + word.len();
    let after = &text[at..];
    let fault = |length: usize, fault: String| {
        Some(Instruction { fault: Some(fault), ..Instruction::ours(false, None, length) })
    };
    let whole_file = match word {
        "ignore" => false,
        "ignore-file" => true,
        word => {
            let near = nearest_name(word, ["ignore", "ignore-file"])?;
            let end = at + after.find(']').map_or(0, |end| end + 1);
            return fault(end, format!("`{word}` is no instruction; did you mean `{near}`?"));
        }
    };
    match after.strip_prefix('[') {
        Some(list) => match list.find(']') {
            Some(end) => Some(Instruction::ours(whole_file, Some(at + 1..at + 1 + end), at + end + 2)),
            None => fault(text.trim_end().len(), "`[` is not closed".to_owned()),
        },
        None => Some(Instruction::ours(whole_file, None, at)),
    }
}

fn split_codes(text: &str, range: Range<usize>) -> Vec<(String, Range<usize>)> {
    let mut codes = Vec::new();
    let mut start = range.start;
    for part in text[range.clone()].split([',', ' ', '\t']) {
        if !part.is_empty() {
            codes.push((part.to_owned(), start..start + part.len()));
        }
        start += part.len() + 1;
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn finding(start: u32) -> Diagnostic {
        Diagnostic {
            rule: &rules::LIST_AS_SHAPE,
            start,
            end: start + 1,
            message: String::new(),
            note: None,
            help: None,
            related: Vec::new(),
            fix: None,
            function: None,
            specialization: None,
            types_from: None,
        }
    }

    fn left(text: &str, findings: Vec<Diagnostic>) -> Vec<String> {
        let source = Source::from_text(Path::new("/k.py"), text);
        let enabled = rules::ALL.iter().map(|rule| rule.code).collect();
        apply(&source, &enabled, findings)
            .iter()
            .map(|finding| format!("{}: {}", finding.rule.code, finding.message))
            .collect()
    }

    #[test]
    fn a_comment_silences_its_own_line() {
        assert!(left("x = 1  # jitcheck: ignore[list-as-shape]\n", vec![finding(0)]).is_empty());
        assert!(left("x = 1  # noqa: F401, list-as-shape\n", vec![finding(0)]).is_empty());
        assert!(left("x = 1  # noqa\n", vec![finding(0)]).is_empty());
        assert!(left("# jitcheck: ignore[list-as-shape]\nx = 1\n", vec![finding(34)]).is_empty());
    }

    #[test]
    fn an_unused_comment_is_reported_unless_it_may_be_for_others() {
        assert_eq!(left("x = 1  # jitcheck: ignore[list-as-shape]\n", vec![]).len(), 1);
        assert_eq!(left("x = 1  # noqa: F401\n", vec![]).len(), 0);
        assert_eq!(left("x = 1  # noqa\n", vec![]).len(), 0);
        assert_eq!(left("s = '# jitcheck: ignore'\n", vec![]).len(), 0);
        let message = left("x = 1  # jitcheck: ignore[list-as-shap]\n", vec![]).remove(0);
        assert!(message.ends_with("did you mean `list-as-shape`?"), "{message}");
    }

    #[test]
    fn a_comment_that_nobody_can_read_silences_nothing_and_is_reported() {
        for (comment, fault) in [
            ("jitcheck: ignre[list-as-shape]", "did you mean `ignore`?"),
            ("jitcheck: ignore_file", "did you mean `ignore-file`?"),
            ("jitcheck: ignore[list-as-shape", "`[` is not closed"),
        ] {
            let messages = left(&format!("x = 1  # {comment}\n"), vec![finding(0)]);
            assert_eq!(messages.len(), 2, "{messages:?}");
            assert!(messages[1].ends_with(fault), "{messages:?}");
        }
        assert_eq!(left("x = 1  # jitcheck: this takes long\n", vec![]).len(), 0);
    }

    #[test]
    fn removing_an_unused_comment_leaves_the_code() {
        let source = Source::from_text(Path::new("/k.py"), "x = 1  # jitcheck: ignore\ny = 2\n");
        let enabled = rules::ALL.iter().map(|rule| rule.code).collect();
        let found = apply(&source, &enabled, Vec::new());
        let edit = &found[0].fix.as_ref().unwrap().edits[0];
        assert_eq!((edit.start, edit.end), (5, 25));
    }
}
