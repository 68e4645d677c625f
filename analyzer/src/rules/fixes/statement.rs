//! Edits of whole statements and clauses.

use crate::hir::source_map::Span;
use crate::rules::report::Place;
use crate::rules::scan::{closing, is_name};
use crate::rules::{Applicability, Edit, Fix};

use super::expression::tuple;
use super::replace;

/// The line that an offset is in: its start, its end without the newline.
pub(super) fn line(text: &str, at: u32) -> Option<(usize, usize)> {
    let start = text.get(..at as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    Some((start, end))
}

pub(super) fn span(start: usize, end: usize) -> Span {
    Span::new(u32::try_from(start).unwrap_or(0), u32::try_from(end).unwrap_or(0))
}

/// `xs = xs.append(v)` becomes `xs.append(v)`.
pub(crate) fn drop_assignment(place: &Place<'_>, call: Span) -> Option<Fix> {
    let (start, _) = line(place.text, call.start)?;
    let before = place.text.get(start..call.start as usize)?;
    let (name, from) = match before.trim() {
        // The finding may stand on the whole statement.
        "" => {
            let source = place.source(call);
            let (name, rest) = source.split_once('=')?;
            (name.trim(), call.start as usize + (source.len() - rest.trim_start().len()))
        }
        before => (before.strip_suffix('=')?.trim_end(), call.start as usize),
    };
    let indent = place.text[start..].len() - place.text[start..].trim_start().len();
    is_name(name)
        .then(|| replace("leave the assignment out", Applicability::Safe, span(start + indent, from), ""))
}

/// Removes a statement that stands alone on its lines; a block keeps a `pass`.
pub(super) fn remove(place: &Place<'_>, statement: Span) -> Option<Fix> {
    let edit = removal(place, statement)?;
    Some(Fix { title: "leave it out".to_string(), applicability: Applicability::Safe, edits: vec![edit] })
}

fn removal(place: &Place<'_>, statement: Span) -> Option<Edit> {
    let (start, _) = line(place.text, statement.start)?;
    let (_, end) = line(place.text, statement.end)?;
    let before = &place.text[start..statement.start as usize];
    let after = place.text[statement.end as usize..end].trim();
    if !before.trim().is_empty() || !(after.is_empty() || after.starts_with('#')) {
        return None;
    }
    let indent = before.len();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let above = place.text[..start].lines().rev().find(|line| !line.trim().is_empty())?;
    let below = place.text[end..].lines().find(|line| !line.trim().is_empty());
    let alone = above.trim_end().ends_with(':') && below.is_none_or(|line| depth(line) < indent);
    let (at, text) = if alone {
        (Span::new(statement.start, statement.end), "pass")
    } else {
        (span(start, (end + 1).min(place.text.len())), "")
    };
    Some(Edit { start: at.start, end: at.end, text: text.to_string() })
}

/// Moves an import to the top of the file.
pub(super) fn hoist_import(place: &Place<'_>, statement: Span) -> Option<Fix> {
    let (start, end) = line(place.text, statement.start)?;
    let text = place.text[start..end].trim();
    let text = text.split('#').next().unwrap_or_default().trim();
    if !(text.starts_with("import ") || text.starts_with("from ")) || text.contains('(') || text.contains(';')
    {
        return None;
    }
    let indent = start + place.text[start..].len() - place.text[start..].trim_start().len();
    let mut edits = vec![removal(place, span(indent, indent + text.len()))?];
    let before = place.around.absolute(statement).start;
    let known = place.around.text().get(..before as usize)?.lines().any(|line| line.trim_end() == text);
    if !known {
        let at = first_import(place)?;
        edits.insert(0, Edit { start: at.start, end: at.end, text: format!("{text}\n") });
    }
    Some(Fix {
        title: "import it at the top of the file".to_string(),
        applicability: Applicability::Safe,
        edits,
    })
}

/// Where the first import of a file starts, those from `__future__` aside.
pub(super) fn first_import(place: &Place<'_>) -> Option<Span> {
    let mut offset = 0;
    for line in place.around.text().split_inclusive('\n') {
        let import = line.starts_with("import ") || line.starts_with("from ");
        if import && !line.starts_with("from __future__") {
            return Some(place.around.relative(span(offset, offset)));
        }
        offset += line.len();
    }
    None
}

/// The line of the `except` clause that a problem stands in.
fn except_clause<'a>(place: &Place<'a>, at: Span) -> Option<(usize, &'a str)> {
    let (start, end) = line(place.text, at.start)?;
    let text = &place.text[start..end];
    let clause = text.trim_start();
    let offset = start + (text.len() - clause.len());
    clause
        .starts_with("except")
        .then(|| (offset, &clause[..clause.find(':').map_or(clause.len(), |colon| colon)]))
}

/// `except ValueError` becomes `except Exception`.
pub(super) fn except_exception(place: &Place<'_>, at: Span) -> Option<Fix> {
    let (start, clause) = except_clause(place, at)?;
    let class = clause.strip_prefix("except")?.trim();
    if class.is_empty() {
        return None;
    }
    let whole = span(start, start + clause.len());
    Some(replace("catch `Exception`", Applicability::Unsafe, whole, "except Exception"))
}

/// `except Exception as e` becomes `except Exception`.
pub(super) fn except_without_name(place: &Place<'_>, at: Span, name: &str) -> Option<Fix> {
    let (start, clause) = except_clause(place, at)?;
    let cut = clause.find(&format!(" as {name}"))?;
    let below = start + clause.len();
    let block = &place.text[below..];
    let end = block.find("\n\n").unwrap_or(block.len());
    let mut fix =
        replace("leave the name out", Applicability::Unsafe, span(start + cut, start + clause.len()), "");
    // What only prints the exception goes with it.
    let mut at = below;
    for line in block[..end].split_inclusive('\n') {
        let mut words = line.split(|char: char| !(char.is_alphanumeric() || char == '_'));
        if words.any(|word| word == name) {
            let statement = line.split('#').next().unwrap_or_default().trim();
            if !(statement.starts_with("print(") && statement.ends_with(')')) {
                return None;
            }
            let from = at + (line.len() - line.trim_start().len());
            fix.edits.push(removal(place, span(from, from + statement.len()))?);
        }
        at += line.len();
    }
    Some(fix)
}

/// `yield from xs` becomes a loop.
pub(super) fn yield_loop(place: &Place<'_>, at: Span) -> Option<Fix> {
    let (start, end) = line(place.text, at.start)?;
    let text = &place.text[start..end];
    let statement = text.trim();
    let over = statement.split('#').next()?.trim().strip_prefix("yield from ")?;
    let indent = &text[..text.len() - text.trim_start().len()];
    let whole = span(start + indent.len(), start + indent.len() + "yield from ".len() + over.len());
    let loop_text = format!("for item in {over}:\n{indent}    yield item");
    Some(replace("yield in a loop", Applicability::Unsafe, whole, loop_text))
}

/// `raise E(..) from error` becomes `raise E(..)`.
pub(super) fn raise_without_cause(place: &Place<'_>, at: Span) -> Option<Fix> {
    let source = place.source(at);
    let cut = source.rfind(" from ").filter(|_| source.starts_with("raise "))?;
    let start = at.start as usize;
    Some(replace("leave the cause out", Applicability::Unsafe, span(start + cut, start + source.len()), ""))
}

/// Removes the decorator of a function that is defined inside a jitted one.
pub(super) fn inner_decorator(place: &Place<'_>, at: Span) -> Option<Fix> {
    let (start, end) = line(place.text, at.start)?;
    // The problem stands on the decorator or on the `def` below it.
    let (start, end) = if place.text[start..end].trim_start().starts_with('@') {
        (start, end)
    } else {
        line(place.text, u32::try_from(start.checked_sub(1)?).ok()?)?
    };
    let decorator = place.text[start..end].trim();
    let decorator = decorator.split('#').next()?.trim();
    let jit = decorator.strip_prefix('@')?.split('(').next()?.ends_with("jit");
    let indented = place.text[start..].starts_with([' ', '\t']);
    (jit && indented).then(|| {
        replace(
            "leave the decorator out",
            Applicability::Safe,
            span(start, (end + 1).min(place.text.len())),
            "",
        )
    })
}

/// Makes a global list a tuple where it is defined, if nothing in the file changes it.
pub(super) fn global_tuple(place: &Place<'_>, name: &str) -> Option<Fix> {
    let file = place.around.text();
    let mut offset = 0;
    let mut found = None;
    for line in file.split_inclusive('\n') {
        if let Some(value) =
            line.strip_prefix(name).map(str::trim_start).and_then(|rest| rest.strip_prefix('='))
        {
            if found.is_some() {
                return None;
            }
            found = Some(offset + line.len() - value.trim_start().len());
        }
        offset += line.len();
    }
    let start = found?;
    let text = file.get(start..)?;
    let close = text.starts_with('[').then(|| closing(text))??;
    let display = tuple(text.get(1..close)?)?;
    let changed = ["append(", "extend(", "insert(", "pop(", "remove(", "sort(", "clear("]
        .iter()
        .any(|method| file.contains(&format!("{name}.{method}")));
    let written = file.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with(&format!("{name}[")) && line.contains(" = ")
            || line.starts_with(&format!("{name} +="))
    });
    (!changed && !written).then(|| {
        let title = format!("make `{name}` a tuple");
        let display_span = place.around.relative(span(start, start + close + 1));
        replace(title, Applicability::Safe, display_span, display)
    })
}
