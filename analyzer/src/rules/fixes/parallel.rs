//! Edits of parallel loops.

use crate::hir::source_map::Span;
use crate::rules::report::Place;
use crate::rules::scan::{arguments, closing, is_name, is_path};
use crate::rules::{Applicability, Edit, Fix};

use super::statement::{line, span};

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// The line of a `prange` loop around an offset: its start and text.
fn loop_line<'a>(place: &Place<'a>, at: Span) -> Option<(usize, &'a str)> {
    let (mut start, end) = line(place.text, at.start)?;
    let mut depth = indent(&place.text[start..end]).len();
    loop {
        let (above, end) = line(place.text, u32::try_from(start.checked_sub(1)?).ok()?)?;
        let text = &place.text[above..end];
        start = above;
        if text.trim().is_empty() || indent(text).len() >= depth {
            continue;
        }
        depth = indent(text).len();
        if text.trim_start().starts_with("for ") {
            return text.contains("prange(").then_some((above, text));
        }
    }
}

/// The end of the block that a line opens, after its last line with code.
fn block_end(text: &str, start: usize) -> usize {
    let depth = indent(&text[start..]).len();
    let (mut at, mut end) = (start, start);
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        if number > 0 && !line.trim().is_empty() && indent(line).len() <= depth {
            break;
        }
        at += line.len();
        if !line.trim().is_empty() {
            end = at;
        }
    }
    end
}

/// `out[0] += x` becomes `out_sum += x` with a variable that is added to the item after the loop.
pub(crate) fn reduce_item(place: &Place<'_>, at: Span) -> Option<Fix> {
    let (start, end) = line(place.text, at.start)?;
    let statement = place.text[start..end].split('#').next()?.trim_end();
    let (target, value) = statement.trim_start().split_once(" += ")?;
    let array = target.split('[').next().filter(|array| is_name(array))?;
    let name = format!("{array}_sum");
    if place.text.contains(&name) {
        return None;
    }
    let (head, text) = loop_line(place, at)?;
    let outer = indent(text);
    let after = block_end(place.text, head);
    let item = start + indent(&place.text[start..]).len();
    let plain = target[array.len()..].chars().all(|char| char.is_ascii_digit() || "[], ()".contains(char));
    let newline = if place.text[..after].ends_with('\n') { "" } else { "\n" };
    (plain && !value.contains(array)).then(|| Fix {
        title: format!("add up in a variable `{name}`"),
        applicability: Applicability::Unsafe,
        edits: vec![
            insert(head, format!("{outer}{name} = 0.0\n")),
            Edit { text: name.clone(), ..range(item, item + target.len()) },
            insert(after, format!("{newline}{outer}{target} += {name}\n")),
        ],
    })
}

fn range(start: usize, end: usize) -> Edit {
    let at = span(start, end);
    Edit { start: at.start, end: at.end, text: String::new() }
}

fn insert(at: usize, text: String) -> Edit {
    Edit { text, ..range(at, at) }
}

/// `if x > best: best = x` becomes `best = max(best, x)`.
pub(crate) fn reduce_branch(place: &Place<'_>, at: Span, name: &str) -> Option<Fix> {
    let (start, end) = line(place.text, at.start)?;
    let condition = place.text[start..end].split('#').next()?.trim_end();
    let test = condition.trim_start().strip_prefix("if ")?.strip_suffix(':')?;
    let below = place.text.get(end + 1..)?;
    let assignment = below.lines().next()?;
    let value =
        assignment.split('#').next()?.trim().strip_prefix(name)?.trim_start().strip_prefix('=')?.trim();
    let function = ["<=", ">=", "<", ">"].into_iter().find_map(|op| {
        let (left, right) = test.split_once(op)?;
        let larger = op.starts_with('>');
        match (left.trim(), right.trim()) {
            (left, right) if left == value && right == name => Some(if larger { "max" } else { "min" }),
            (left, right) if left == name && right == value => Some(if larger { "min" } else { "max" }),
            _ => None,
        }
    })?;
    // Nothing else may hang on the condition.
    let rest = below.get(assignment.len() + 1..).unwrap_or_default();
    let next = rest.lines().find(|line| !line.trim().is_empty());
    let depth = indent(condition).len();
    let alone = next.is_none_or(|line| {
        let code = line.trim_start();
        indent(line).len() <= depth && !code.starts_with("else") && !code.starts_with("elif")
    });
    alone.then(|| Fix {
        title: format!("write `{name} = {function}({name}, ..)`"),
        applicability: Applicability::Unsafe,
        edits: vec![Edit {
            text: format!("{}{name} = {function}({name}, {value})", indent(condition)),
            ..range(start, end + 1 + assignment.len())
        }],
    })
}

/// `for i in prange(a, b, s)` becomes a loop over the number of steps.
pub(crate) fn unit_step(place: &Place<'_>, at: Span) -> Option<Fix> {
    let (start, end) = line(place.text, at.start)?;
    let text = &place.text[start..end];
    let variable =
        text.trim_start().strip_prefix("for ")?.split(" in ").next().filter(|name| is_name(name))?;
    let open = text.find("prange(")? + "prange".len();
    let close = open + closing(&text[open..])?;
    let (_, given) = arguments(&text[..=close])?;
    let [from, to, step] = given.as_slice() else { return None };
    let [from, to, step] = [from, to, step].map(|argument| &text[argument.start..argument.end]);
    let size: u32 = step.parse().ok().filter(|size| *size > 1)?;
    let simple = |text: &str| is_path(text) || text.chars().all(|char| char.is_ascii_digit());
    if !simple(from) || !(simple(to) || to.ends_with(')')) {
        return None;
    }
    let offset = if from == "0" { String::new() } else { format!("{from} + ") };
    let count = if from == "0" { to.to_string() } else { format!("{to} - {from}") };
    let depth = indent(text);
    let inner = place.text.get(end + 1..)?.lines().find(|line| !line.trim().is_empty()).map(indent)?;
    let path = text[..open].rsplit(' ').next()?;
    let step_name = format!("{variable}_step");
    let comment = text[close + 1..].trim_start_matches(':');
    Some(Fix {
        title: "loop over the number of steps".to_string(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit {
            text: format!(
                "{depth}for {step_name} in {path}(({count} + {}) // {step}):{comment}\n{inner}{variable} = {offset}{step} * {step_name}",
                size - 1
            ),
            ..range(start, end)
        }],
    })
}

/// An `assert` alone on its line goes.
pub(crate) fn without_assert(place: &Place<'_>, at: Span) -> Option<Fix> {
    let (start, end) = line(place.text, at.start)?;
    let text = &place.text[start..end];
    let alone = text.trim_start().starts_with("assert ") && !text.trim_end().ends_with(['(', '\\', ',']);
    let statement = span(start + indent(text).len(), start + text.split('#').next()?.trim_end().len());
    let fix = super::statement::remove(place, statement).filter(|_| alone)?;
    Some(Fix { title: "leave the `assert` out".to_string(), applicability: Applicability::Unsafe, ..fix })
}
