//! Edits of decorators.

use crate::hir::source_map::Span;
use crate::rules::report::Place;
use crate::rules::scan::{arguments, closing, part, without};
use crate::rules::{Applicability, Fix};

use super::replace;

/// The `@njit` above a function: the span after the `@`, and its text.
fn jit<'a>(place: &Place<'a>) -> Option<(Span, &'a str)> {
    let head = place.text.get(place.head.start as usize..place.head.end as usize)?;
    let mut offset = 0;
    for line in head.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if let Some(path) = line.trim_start().strip_prefix('@') {
            let name = path.split(['(', '\n', ' ', '#']).next().unwrap_or_default();
            if name.ends_with("jit") {
                let start = offset + indent + 1;
                let rest = &head[start..];
                let open = name.len();
                let end =
                    if rest[open..].starts_with('(') { open + closing(&rest[open..])? + 1 } else { open };
                return Some((part(place.head, start, start + end), &rest[..end]));
            }
        }
        offset += line.len();
    }
    None
}

/// Leaves an option of the decorator out; `@njit()` becomes `@njit`.
pub(crate) fn without_option(place: &Place<'_>, option: &str, applicability: Applicability) -> Option<Fix> {
    let (span, text) = jit(place)?;
    let (open, given) = arguments(text)?;
    let index = given.iter().position(|argument| argument.name == Some(option))?;
    let gone = if given.len() == 1 { (open, text.len()) } else { without(text, &given, index)? };
    Some(replace(format!("leave `{option}=` out"), applicability, part(span, gone.0, gone.1), ""))
}

/// Whether the decorator is `njit`.
pub(crate) fn is_njit(place: &Place<'_>) -> bool {
    jit(place).is_some_and(|(_, text)| text.split('(').next().is_some_and(|path| path.ends_with("njit")))
}

/// The span of an option of the decorator.
pub(crate) fn option(place: &Place<'_>, option: &str) -> Option<Span> {
    let (span, text) = jit(place)?;
    let (_, given) = arguments(text)?;
    let argument = given.iter().find(|argument| argument.name == Some(option))?;
    Some(part(span, argument.start, argument.end))
}

/// `@njit` becomes `@njit(parallel=True)`.
pub(crate) fn parallel(place: &Place<'_>) -> Option<Fix> {
    let (span, text) = jit(place)?;
    let title = "make it `parallel=True`";
    match arguments(text) {
        None if !text.contains('(') => {
            Some(replace(title, Applicability::Unsafe, part(span, text.len(), text.len()), "(parallel=True)"))
        }
        Some((_, given)) if !given.iter().any(|argument| argument.name == Some("parallel")) => {
            let last = given.last()?;
            Some(replace(title, Applicability::Unsafe, part(span, last.end, last.end), ", parallel=True"))
        }
        _ => None,
    }
}

/// `fastmath=True` becomes the flags that keep NaN and infinity.
pub(crate) fn fastmath_flags(place: &Place<'_>) -> Option<Fix> {
    let (span, text) = jit(place)?;
    let (_, given) = arguments(text)?;
    let argument = given.iter().find(|argument| argument.name == Some("fastmath"))?;
    let flags = "{\"reassoc\", \"contract\", \"arcp\", \"nsz\", \"afn\"}";
    let title = "keep NaN and infinity";
    Some(replace(title, Applicability::Unsafe, part(span, argument.value, argument.end), flags))
}

const OPTIONS: &[&str] = &[
    "parallel",
    "fastmath",
    "cache",
    "nogil",
    "boundscheck",
    "inline",
    "error_model",
    "locals",
    "debug",
    "nopython",
];

/// A misspelt option gets its name.
pub(super) fn rename_option(place: &Place<'_>, name: &str) -> Option<Fix> {
    let near = OPTIONS.iter().find(|known| distance(known, name) <= 2)?;
    let (span, text) = jit(place)?;
    let (_, given) = arguments(text)?;
    let argument = given.iter().find(|argument| argument.name == Some(name))?;
    let at = part(span, argument.start, argument.start + name.len());
    Some(replace(format!("write `{near}`"), Applicability::Unsafe, at, *near))
}

/// How many letters have to change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut last = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = if x == *y { last } else { 1 + last.min(row[j]).min(row[j + 1]) };
            last = std::mem::replace(&mut row[j + 1], cost);
        }
    }
    row[b.len()]
}

/// Puts `@njit` above a plain function, spelled as the file spells it.
pub(super) fn decorate(place: &Place<'_>, name: Span) -> Option<Fix> {
    let file = place.around.text();
    let name = place.around.absolute(name);
    let start = file.get(..name.start as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = &file[start..];
    let indent = &line[..line.len() - line.trim_start().len()];
    let above = file[..start].lines().next_back().unwrap_or_default();
    if !line.trim_start().starts_with("def ") || above.trim_start().starts_with('@') {
        return None;
    }
    let imported = file.lines().any(|line| {
        let names = line.strip_prefix("from numba import ");
        names.is_some_and(|names| names.split([',', '(', ')', ' ']).any(|name| name == "njit"))
    });
    let njit =
        if imported { "njit".to_string() } else { format!("{}.njit", place.around.imported_as("numba")?) };
    let at = u32::try_from(start).ok()?;
    Some(replace(
        format!("decorate it with `@{njit}`"),
        Applicability::Safe,
        place.around.relative(Span::new(at, at)),
        format!("{indent}@{njit}\n"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_letter_is_near() {
        assert_eq!(distance("parallel", "paralel"), 1);
        assert!(distance("parallel", "target") > 2);
    }
}
