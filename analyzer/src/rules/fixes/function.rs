//! Edits that look at a whole function: renamed variables, converted variables, values taken out of it.

use crate::hir::body::Origin;
use crate::hir::source_map::Span;
use crate::rules::report::Place;
use crate::rules::scan::{closing, is_name, is_path, names};
use crate::rules::{Applicability, Edit, Fix};
use crate::ty::{Layout, Ty};

use super::numpy;
use super::statement::first_import;

/// The text of the function from its `def` on, with its offset: all lines that are indented further.
pub(super) fn function<'a>(place: &Place<'a>) -> Option<(usize, &'a str)> {
    let start = place.text.get(..place.fallback.start as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = place.text.get(start..)?;
    let depth = rest.len() - rest.trim_start().len();
    let mut end = 0;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        let code = line.trim();
        let inside = line.len() - line.trim_start().len() > depth || code.starts_with(')');
        if number > 0 && !code.is_empty() && !inside {
            break;
        }
        end += line.len();
    }
    Some((start, &rest[..end]))
}

/// Where the statements of the function start, after its docstring, and how they are indented.
fn body_start<'a>(place: &Place<'a>) -> Option<(u32, &'a str)> {
    let (start, text) = function(place)?;
    let open = text.find('(')?;
    let close = open + closing(&text[open..])?;
    let mut at = close + text[close..].find(":\n")? + 2;
    let first = text[at..].trim_start_matches('\n');
    let indent = &first[..first.len() - first.trim_start().len()];
    let quoted = first.trim_start();
    for quotes in ["\"\"\"", "'''"] {
        if let Some(doc) = quoted.strip_prefix(quotes) {
            let end = text.len() - doc.len() + doc.find(quotes)?;
            at = end + text[end..].find('\n')? + 1;
        }
    }
    Some((u32::try_from(start + at).ok()?, indent))
}

fn edit(start: usize, end: usize, text: impl Into<String>) -> Edit {
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Edit { start: at(start), end: at(end), text: text.into() }
}

fn suggestion(title: impl Into<String>, edits: Vec<Edit>) -> Fix {
    Fix { title: title.into(), applicability: Applicability::Unsafe, edits }
}

/// Renames the uses of a local that `keep` does not claim; what follows a name decides.
fn rename(place: &Place<'_>, name: &str, keep: impl Fn(&str) -> bool) -> Option<Fix> {
    let (start, text) = function(place)?;
    let new = format!("{name}_");
    let all = names(text)?;
    if all.iter().any(|(from, to)| text[*from..*to] == new) {
        return None;
    }
    let edits: Vec<Edit> = all
        .iter()
        .filter(|(from, to)| {
            &text[*from..*to] == name && !keep(&text[*to..]) && !text[..*from].ends_with('.')
        })
        .map(|(from, to)| edit(start + from, start + to, new.as_str()))
        .collect();
    (!edits.is_empty()).then(|| suggestion(format!("call the variable `{new}`"), edits))
}

/// `max = max(max, x)` becomes `max_ = max(max_, x)`: a local that hides the builtin that is called.
pub(super) fn unshadow_builtin(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let name = &source[..source.find('(')?];
    const BUILTINS: &[&str] = &[
        "abs",
        "all",
        "any",
        "bool",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "hash",
        "int",
        "iter",
        "len",
        "list",
        "map",
        "max",
        "min",
        "next",
        "pow",
        "print",
        "range",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    ];
    if !BUILTINS.contains(&name) {
        return None;
    }
    rename(place, name, |after| after.starts_with('('))
}

/// A parameter that hides a module gets another name.
pub(super) fn unshadow_module(place: &Place<'_>, span: Span) -> Option<Fix> {
    let name = place.source(span).split('.').next()?;
    let imported = place.around.text().lines().any(|line| {
        line.strip_prefix("import ").is_some_and(|rest| {
            let module = rest.split('#').next().unwrap_or_default().trim();
            module == name || module.ends_with(&format!(" as {name}"))
        })
    });
    let param = place.typed?.body.params.iter().any(|param| &*param.name == name);
    if !(imported && param && is_name(name)) {
        return None;
    }
    rename(place, name, |after| after.starts_with('.'))
}

/// Where arrays of several dtypes meet, the narrower ones are converted.
pub(super) fn one_dtype(place: &Place<'_>, inputs: &[(Origin, Ty)]) -> Option<Fix> {
    let np = numpy(place)?;
    let arrays: Option<Vec<_>> = inputs.iter().map(|(origin, ty)| Some((*origin, ty.as_array()?))).collect();
    let arrays = arrays?;
    let first = arrays.first()?.1;
    let wide = arrays.iter().map(|(_, array)| array).max_by_key(|array| width(&array.elem))?;
    let alike = |array: &crate::ty::ArrayTy| array.ndim == first.ndim && width(&array.elem).is_some();
    if !arrays.iter().all(|(_, array)| alike(array)) {
        return None;
    }
    let dtype = format!("{np}.{}", wide.elem);
    let mut edits: Vec<Edit> = Vec::new();
    for (origin, array) in arrays.iter().filter(|(_, array)| array.elem != wide.elem) {
        let _ = array;
        let one = converted(place, *origin, &dtype)?;
        if !edits.contains(&one) {
            edits.push(one);
        }
    }
    (!edits.is_empty()).then(|| suggestion(format!("convert to `{dtype}`"), edits))
}

/// How wide a number is, integers below floats below complex numbers.
fn width(ty: &Ty) -> Option<u32> {
    match ty {
        Ty::Bool => Some(1),
        Ty::Int(int) => Some(int.bits()),
        Ty::Float(float) => Some(1000 + float.bits()),
        Ty::Complex(complex) => Some(2000 + complex.part().bits()),
        _ => None,
    }
}

/// The assignment at an origin with its value converted; for a parameter, a new first statement.
fn converted(place: &Place<'_>, origin: Origin, dtype: &str) -> Option<Edit> {
    let span = place.span(origin);
    let source = place.source(span);
    let params = &place.typed?.body.params;
    if params.iter().any(|param| param.origin == origin) && is_name(source) {
        let (at, indent) = body_start(place)?;
        return Some(Edit {
            start: at,
            end: at,
            text: format!("{indent}{source} = {source}.astype({dtype})\n"),
        });
    }
    let after = place.text.get(span.end as usize..)?;
    let (from, value) = match (source.find(" = "), after.strip_prefix(" = ")) {
        (Some(equals), _) => (span.start as usize + equals + 3, source[equals + 3..].trim_end()),
        (None, Some(value)) => (span.end as usize + 3, value.lines().next()?.split('#').next()?.trim_end()),
        (None, None) => (span.start as usize, source),
    };
    let end = from + value.len();
    let simple = is_path(value) || (value.ends_with(')') && !value.contains(' '));
    let text = if simple { format!("{value}.astype({dtype})") } else { format!("({value}).astype({dtype})") };
    (!value.is_empty()).then(|| edit(from, end, text))
}

/// `Const.G` and `TABLE["a"]` become global names of their own above the function.
pub(super) fn own_global(place: &Place<'_>, span: Span) -> Option<Fix> {
    let global = place.source(span);
    let (global, after) = match global.find(['.', '[']) {
        Some(at) => (&global[..at], place.text.get(span.start as usize + at..)?),
        None => (global, place.text.get(span.end as usize..)?),
    };
    let (part, suffix) = if let Some(rest) = after.strip_prefix('.') {
        let end = rest.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(rest.len());
        (&after[..=end], rest[..end].to_string())
    } else if after.starts_with('[') {
        let close = closing(after)?;
        let key = after[1..close].trim().trim_matches(['"', '\'']);
        let constant =
            after[1..close].trim().starts_with(['"', '\'']) || key.chars().all(|char| char.is_ascii_digit());
        if !constant {
            return None;
        }
        (&after[..=close], key.to_string())
    } else {
        return None;
    };
    let name = format!("{global}_{suffix}");
    let head = place.text.get(..place.head.start as usize)?;
    let top_level = head.is_empty() || head.ends_with('\n');
    if !top_level || !is_name(&name) || !is_name(global) {
        return None;
    }
    let whole = format!("{global}{part}");
    let (start, text) = function(place)?;
    let mut edits =
        vec![edit(place.head.start as usize, place.head.start as usize, format!("{name} = {whole}\n\n\n"))];
    for (from, _) in names(text)?.into_iter().filter(|(from, to)| &text[*from..*to] == global) {
        let longer = text[from..].get(whole.len()..).is_some_and(|rest| {
            suffix.is_empty()
                || whole.ends_with(']')
                || !rest.starts_with(|char: char| char.is_alphanumeric() || char == '_')
        });
        if text[from..].starts_with(&whole) && longer {
            edits.push(edit(start + from, start + from + whole.len(), name.as_str()));
        }
    }
    (edits.len() > 1).then(|| suggestion(format!("give it a global name of its own: `{name}`"), edits))
}

/// A dataclass whose objects are passed becomes a `NamedTuple`.
pub(super) fn named_tuple(place: &Place<'_>, class: &str) -> Option<Fix> {
    let header = format!("class {class}:");
    let file = place.around.text();
    let at = file.lines().scan(0, |offset, line| {
        let at = *offset;
        *offset += line.len() + 1;
        Some((at, line))
    });
    let lines: Vec<(usize, &str)> = at.collect();
    let number = lines.iter().position(|(_, line)| line.trim_end() == header)?;
    let (above, decorator) = lines.get(number.checked_sub(1)?)?;
    let name = decorator.strip_prefix('@')?.split('(').next()?;
    if !name.ends_with("dataclass") {
        return None;
    }
    let fields =
        lines[number + 1..].iter().take_while(|(_, line)| line.starts_with([' ', '\t']) || line.is_empty());
    let plain = |line: &str| {
        line.trim().is_empty() || line.trim().split(':').next().is_some_and(is_name) && line.contains(':')
    };
    if !fields.clone().all(|(_, line)| plain(line)) {
        return None;
    }
    let (start, _) = lines[number];
    let there = |start: usize, end: usize, text: String| {
        let at = place.around.relative(super::statement::span(start, end));
        Edit { start: at.start, end: at.end, text }
    };
    let mut edits = vec![
        there(*above, start, String::new()),
        there(start, start + header.len(), format!("class {class}(NamedTuple):")),
    ];
    if !file.lines().any(|line| line.starts_with("from typing import") && line.contains("NamedTuple")) {
        let at = first_import(place)?;
        let text = "from typing import NamedTuple\n".to_string();
        edits.insert(0, Edit { start: at.start, end: at.end, text });
    }
    Some(suggestion(format!("make `{class}` a `NamedTuple`"), edits))
}

/// A parameter's default that is a list becomes a tuple, if the function only reads it.
pub(super) fn tuple_default(place: &Place<'_>, param: &str) -> Option<Fix> {
    let (start, text) = function(place)?;
    let all = names(text)?;
    let (_, to) = *all.iter().find(|(from, to)| &text[*from..*to] == param)?;
    let rest = text[to..].trim_start();
    // An annotation would say `list`.
    let value = rest.strip_prefix('=')?.trim_start();
    let at = text.len() - value.len();
    let close = closing(value).filter(|_| value.starts_with('['))?;
    let body = &text[at + close..];
    let changed = ["append", "extend", "insert", "pop", "remove", "sort", "clear", "reverse"]
        .iter()
        .any(|method| body.contains(&format!("{param}.{method}(")));
    let written = body.lines().any(|line| {
        line.trim_start()
            .strip_prefix(param)
            .is_some_and(|rest| rest.starts_with('[') && rest.contains(" = "))
    });
    let tuple = super::expression::tuple(&value[1..close])?;
    (!changed && !written).then(|| {
        let title = format!("make the default of `{param}` a tuple");
        suggestion(title, vec![edit(start + at, start + at + close + 1, tuple)])
    })
}

/// The declared return type of a signature in a string becomes the type that is returned.
pub(super) fn return_type(place: &Place<'_>, from: &Ty, to: &Ty) -> Option<Fix> {
    let head = place.text.get(place.head.start as usize..place.head.end as usize)?;
    let open = head.find(['"', '\''])? + 1;
    let length = head[open..].find('(')?;
    let declared: Ty = head[open..open + length].trim().parse().ok()?;
    let text = shorthand(from)?;
    (declared == *to).then(|| {
        let at = place.head.start as usize + open;
        suggestion(format!("declare that it returns `{text}`"), vec![edit(at, at + length, text.as_str())])
    })
}

/// A type as signatures spell it: `float64[::1]`.
fn shorthand(ty: &Ty) -> Option<String> {
    match ty {
        Ty::Array(array) if array.elem.is_number() => {
            let ndim = array.ndim.filter(|ndim| *ndim > 0)? as usize;
            let mut dims = vec![":"; ndim];
            match array.layout {
                Layout::C => dims[ndim - 1] = "::1",
                Layout::F => dims[0] = "::1",
                Layout::A => {}
                Layout::Hole => return None,
            }
            Some(format!("{}[{}]", array.elem, dims.join(",")))
        }
        ty if ty.is_number() => Some(ty.unliteral().to_string()),
        Ty::Str => Some("unicode_type".to_string()),
        _ => None,
    }
}
