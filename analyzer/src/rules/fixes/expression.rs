//! Edits inside expressions.

use crate::hir::source_map::Span;
use crate::rules::report::Place;
use crate::rules::scan::{arguments, is_name, is_path, part, without};
use crate::rules::{Applicability, Edit, Fix};
use crate::ty::Ty;

use super::{numpy, replace};

/// `[a, b]` becomes `(a, b)`; one item keeps a comma.
pub(super) fn list_to_tuple(source: &str, span: Span, title: &str) -> Option<Fix> {
    let inner = source.strip_prefix('[')?.strip_suffix(']')?;
    Some(replace(title, Applicability::Safe, span, tuple(inner)?))
}

pub(super) fn tuple(inner: &str) -> Option<String> {
    match top_level_items(inner)? {
        0 => None,
        1 if !inner.trim_end().ends_with(',') => Some(format!("({inner},)")),
        _ => Some(format!("({inner})")),
    }
}

/// How many items a display has. `None` where a string or comment makes counting unsafe.
fn top_level_items(inner: &str) -> Option<usize> {
    if inner.trim().is_empty() {
        return Some(0);
    }
    let mut depth = 0_i32;
    let mut items = 1;
    for char in inner.trim_end().trim_end_matches(',').chars() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => items += 1,
            '"' | '\'' | '#' => return None,
            _ => {}
        }
    }
    Some(items)
}

/// `n / 2` becomes `n // 2`.
pub(crate) fn floor_division(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let at = source.find('/').filter(|_| source.matches('/').count() == 1)?;
    Some(replace("divide with `//`", Applicability::Unsafe, part(span, at, at + 1), "//"))
}

/// `1e6` becomes `1000000`.
pub(crate) fn float_to_int(place: &Place<'_>, span: Span, value: f64) -> Option<Fix> {
    let source = place.source(span);
    let literal =
        !source.is_empty() && source.chars().all(|char| char.is_ascii_digit() || "eE+._".contains(char));
    let whole = value.fract() == 0.0 && value.abs() < 9e15;
    (literal && whole)
        .then(|| replace("write it as an integer", Applicability::Safe, span, format!("{}", value as i64)))
}

/// `a.T` becomes `np.ascontiguousarray(a.T)`.
pub(crate) fn contiguous(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let text = format!("{}.ascontiguousarray({source})", numpy(place)?);
    (!source.is_empty())
        .then(|| replace("copy it first with `np.ascontiguousarray`", Applicability::Unsafe, span, text))
}

/// `prange(n)` inside another one becomes `range(n)`.
pub(crate) fn serial_range(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let path = source.split('(').next().filter(|path| is_path(path) && path.ends_with("prange"))?;
    Some(replace("write `range`", Applicability::Safe, part(span, 0, path.len()), "range"))
}

/// `a == b` of arrays becomes `np.all(a == b)`; `(a) and (b)` becomes `(a) & (b)`.
pub(crate) fn wrap_truth(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let single = !source.contains('\n') && !source.contains(" and ") && !source.contains(" or ");
    let compared = ["==", "!=", "<", ">"].iter().any(|op| source.contains(op));
    let after = place.text.get(span.end as usize..)?.trim_start_matches(')').trim_start();
    if after.starts_with("and ") || after.starts_with("or ") {
        return super::array::mask_operator(place, span);
    }
    let np = numpy(place)?;
    (single && compared).then(|| {
        replace("ask for all items: `np.all(..)`", Applicability::Unsafe, span, format!("{np}.all({source})"))
    })
}

/// `dtype=int` becomes `dtype=np.int64`.
pub(super) fn python_dtype(place: &Place<'_>, span: Span, python: &str) -> Option<Fix> {
    let np = numpy(place)?;
    let dtype = match python {
        "int" => "int64",
        "bool" => "bool_",
        "float" => "float64",
        "complex" => "complex128",
        _ => return None,
    };
    let title = format!("use `{np}.{dtype}`");
    let text = format!("{np}.{dtype}");
    let source = place.source(span);
    if source.trim() == python {
        return Some(replace(title, Applicability::Unsafe, span, text));
    }
    let (_, given) = arguments(source)?;
    let argument = given.iter().find(|argument| source[argument.value..argument.end].trim() == python)?;
    Some(replace(title, Applicability::Unsafe, part(span, argument.value, argument.end), text))
}

/// A keyword that nopython mode does not have.
pub(super) fn keyword(place: &Place<'_>, span: Span, what: &str, keyword: &str) -> Option<Fix> {
    let source = place.source(span);
    let (open, given) = arguments(source)?;
    let argument = given.iter().find(|argument| argument.name == Some(keyword))?;
    let positional = given.iter().filter(|argument| argument.name.is_none()).count();
    match keyword {
        // A ufunc takes its output by position, after its one or two inputs.
        "out" if given.len() == positional + 1 && matches!(positional, 1 | 2) => Some(replace(
            "pass the output by position",
            Applicability::Safe,
            part(span, argument.start, argument.value),
            "",
        )),
        "copy" if what == "numpy.array" && given.len() == 2 && positional == 1 => {
            let index = given.iter().position(|other| other == argument)?;
            let (start, end) = without(source, &given, index)?;
            let name = part(span, 0, open);
            let gone = part(span, start, end);
            Some(Fix {
                title: "use `np.asarray`".to_string(),
                applicability: Applicability::Unsafe,
                edits: vec![
                    Edit { start: name.start, end: name.end, text: format!("{}.asarray", numpy(place)?) },
                    Edit { start: gone.start, end: gone.end, text: String::new() },
                ],
            })
        }
        "axis" | "ddof" | "endpoint" | "p" => rewritten(place, span, what, keyword),
        "flush" | "inplace" | "stable" => drop_keyword(place, span, keyword, Applicability::Unsafe),
        _ => None,
    }
}

/// What a reduction with a keyword means, written with what nopython mode has.
fn rewritten(place: &Place<'_>, span: Span, what: &str, keyword: &str) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let (_, given) = arguments(source)?;
    let value =
        |argument: &crate::rules::scan::Argument<'_>| source[argument.value..argument.end].to_string();
    let option = value(given.iter().find(|argument| argument.name == Some(keyword))?);
    let positional: Vec<String> =
        given.iter().filter(|argument| argument.name.is_none()).map(value).collect();
    let plain = given.len() == positional.len() + 1
        && option.chars().all(|char| char.is_alphanumeric() || char == '_');
    let text = match (what, keyword, positional.as_slice()) {
        _ if !plain => return None,
        ("numpy.mean", "axis", [a]) if is_name(a) => format!("{a}.sum(axis={option}) / {a}.shape[{option}]"),
        ("numpy.linalg.norm", "axis", [a]) if is_name(a) => {
            format!("{np}.sqrt(({a} * {a}).sum(axis={option}))")
        }
        ("numpy.std", "ddof", [a]) if is_name(a) => {
            format!("{np}.sqrt((({a} - {a}.mean()) ** 2).sum() / ({a}.size - {option}))")
        }
        ("numpy.var", "ddof", [a]) if is_name(a) => {
            format!("(({a} - {a}.mean()) ** 2).sum() / ({a}.size - {option})")
        }
        ("numpy.linspace", "endpoint", [from, to, n]) if is_name(n) && option == "False" => {
            format!("{from} + ({to} - {from}) * {np}.arange({n}) / {n}")
        }
        ("numpy.random.choice", "p", [_]) => {
            format!("{np}.searchsorted({np}.cumsum({option}), {np}.random.random())")
        }
        _ => return None,
    };
    Some(replace(format!("write `{text}`"), Applicability::Unsafe, span, text))
}

/// Leaves one keyword argument out.
pub(super) fn drop_keyword(
    place: &Place<'_>,
    span: Span,
    keyword: &str,
    applicability: Applicability,
) -> Option<Fix> {
    let source = place.source(span);
    let (_, given) = arguments(source)?;
    let index = given.iter().position(|argument| argument.name == Some(keyword))?;
    let (start, end) = without(source, &given, index)?;
    Some(replace(format!("leave `{keyword}=` out"), applicability, part(span, start, end), ""))
}

/// An attribute that is not there: names that NumPy has dropped, methods of other classes.
pub(super) fn attribute(place: &Place<'_>, span: Span, on: &Ty, name: &str) -> Option<Fix> {
    let source = place.source(span);
    match on {
        Ty::Module(module) if &**module == "numpy" => {
            let current = match name {
                "float_" | "float" | "Float64" => "float64",
                "int" | "Int" => "int64",
                "bool" | "bool8" => "bool_",
                "complex_" | "complex" | "cfloat" => "complex128",
                "unicode_" | "str" => "str_",
                "object" => "object_",
                "Inf" | "Infinity" | "PINF" | "infty" => "inf",
                "NaN" | "NAN" => "nan",
                "product" => "prod",
                "cumproduct" => "cumprod",
                "alltrue" => "all",
                "sometrue" => "any",
                "in1d" => "isin",
                "trapz" => "trapezoid",
                "row_stack" => "vstack",
                "round_" => "round",
                _ => return None,
            };
            let (path, old) = source.rsplit_once('.')?;
            (old == name && is_path(path)).then(|| {
                let at = path.len() + 1;
                replace(
                    format!("use `np.{current}`"),
                    Applicability::Safe,
                    part(span, at, source.len()),
                    current,
                )
            })
        }
        Ty::Array(_) if name == "tolist" => {
            let array = source.strip_suffix(".tolist")?;
            let after = place.text.get(span.end as usize..)?;
            after.starts_with("()").then(|| {
                let whole = Span::new(span.start, span.end + 2);
                replace("use `list(..)`", Applicability::Unsafe, whole, format!("list({array})"))
            })
        }
        Ty::Array(_) if name == "append" => {
            let array = source.strip_suffix(".append").filter(|array| is_name(array))?;
            let np = numpy(place)?;
            let after = place.text.get(span.end as usize..)?;
            let open = Span::new(span.start, span.end + 1);
            after.starts_with('(').then(|| {
                replace(
                    "use `np.append`",
                    Applicability::Unsafe,
                    open,
                    format!("{array} = {np}.append({array}, "),
                )
            })
        }
        Ty::Str | Ty::Literal(_) if name == "format" => {
            let after = place.text.get(span.end as usize..)?;
            let template = source.strip_suffix(".format")?;
            let close = crate::rules::scan::closing(after)?;
            let whole = Span::new(span.start, span.end + u32::try_from(close).ok()? + 1);
            let value = after.get(1..close)?;
            let inner = template.strip_prefix('"')?.strip_suffix('"')?;
            let plain = inner.matches("{}").count() == 1 && inner.matches(['{', '}', '"', '\\']).count() == 2;
            (plain && is_path(value)).then(|| {
                let text = format!("f\"{}\"", inner.replace("{}", &format!("{{{value}}}")));
                replace("write an f-string", Applicability::Unsafe, whole, text)
            })
        }
        _ => None,
    }
}

/// `a[[0, 2]]` becomes `a[np.array([0, 2])]`.
pub(super) fn list_index(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let np = numpy(place)?;
    let (at, list) = if source.starts_with('[') {
        (0, source)
    } else {
        let at = source.find("[[")?;
        let list = source.get(at + 1..source.len() - 1)?;
        (at + 1, list)
    };
    let whole = crate::rules::scan::closing(list) == Some(list.len() - 1);
    whole.then(|| {
        let text = format!("{np}.array({list})");
        replace("index with an array", Applicability::Safe, part(span, at, at + list.len()), text)
    })
}

/// `math.sin(a)` becomes `np.sin(a)`.
pub(super) fn numpy_for_math(place: &Place<'_>, span: Span) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let (path, _) = source.split_once('(')?;
    let (module, name) = path.rsplit_once('.')?;
    let known = matches!(
        name,
        "sin"
            | "cos"
            | "tan"
            | "sinh"
            | "cosh"
            | "tanh"
            | "exp"
            | "expm1"
            | "log"
            | "log2"
            | "log10"
            | "log1p"
            | "sqrt"
            | "floor"
            | "ceil"
            | "trunc"
            | "isnan"
            | "isinf"
            | "isfinite"
            | "degrees"
            | "radians"
            | "fabs"
            | "hypot"
            | "copysign"
    );
    (known && is_name(module)).then(|| {
        replace(format!("use `{np}.{name}`"), Applicability::Safe, part(span, 0, module.len()), &*np)
    })
}

/// `np.mean([a, b])` becomes `np.mean(np.array([a, b]))`, `np.array([row, row])` becomes `np.stack((row, row))`.
pub(super) fn list_argument(place: &Place<'_>, span: Span, what: &str, list: &Ty) -> Option<Fix> {
    let Ty::List { elem, .. } = list else { return None };
    let np = numpy(place)?;
    let source = place.source(span);
    let (open, given) = arguments(source)?;
    let first = given.first().filter(|first| first.name.is_none())?;
    let display = &source[first.start..first.end];
    if what == "numpy.array" || what == "numpy.asarray" {
        let inner = display.strip_prefix('[')?.strip_suffix(']')?;
        let same = matches!(&**elem, Ty::Array(_)) && given.len() == 1;
        let text = format!("{np}.stack({})", tuple(inner)?);
        return same
            .then(|| replace("use `np.stack`", Applicability::Unsafe, part(span, 0, source.len()), text));
    }
    let numbers = elem.is_number() && display.starts_with('[') && open > 0;
    numbers.then(|| {
        let text = format!("{np}.array({display})");
        replace("make it an array", Applicability::Safe, part(span, first.start, first.end), text)
    })
}

/// `np.array(a)` of an array becomes `np.copy(a)`, `np.array(a, dtype=np.float32)` becomes `a.astype(np.float32)`.
pub(super) fn copied_array(place: &Place<'_>, span: Span) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let (open, given) = arguments(source)?;
    match &given[..] {
        [only] if only.name.is_none() => {
            let name = part(span, 0, open);
            Some(replace("use `np.copy`", Applicability::Safe, name, format!("{np}.copy")))
        }
        [array, dtype] if array.name.is_none() && matches!(dtype.name, None | Some("dtype")) => {
            let (array, dtype) = (&source[array.start..array.end], &source[dtype.value..dtype.end]);
            let text = format!("{array}.astype({dtype})");
            is_path(array).then(|| replace("use `.astype`", Applicability::Safe, span, text))
        }
        _ => None,
    }
}

/// `List.empty_list(float)` becomes `List.empty_list(nb.float64)`.
pub(super) fn item_type(place: &Place<'_>, span: Span) -> Option<Fix> {
    let nb = place.around.imported_as("numba")?;
    let source = place.source(span);
    let (_, given) = arguments(source)?;
    let first = given.first()?;
    let written = &source[first.value..first.end];
    let name = match written.rsplit('.').next()? {
        "float" | "float64" | "float_" => "float64",
        "int" | "int64" | "int_" => "int64",
        "bool" | "bool_" => "boolean",
        name @ ("float32" | "int32" | "int16" | "int8" | "uint8" | "uint16" | "uint32" | "uint64") => name,
        _ => return None,
    };
    let title = format!("use `{nb}.{name}`");
    Some(replace(title, Applicability::Safe, part(span, first.value, first.end), format!("{nb}.{name}")))
}

/// `np.zeros(n, m)` becomes `np.zeros((n, m))`.
pub(super) fn two_sizes(place: &Place<'_>, span: Span) -> Option<Fix> {
    // The problem may stand on the second size alone.
    let line = place.text.get(..span.start as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = place.text.get(line..)?;
    let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let call = ["zeros(", "ones(", "empty("]
        .iter()
        .find_map(|name| rest.find(name).map(|at| at + name.len() - 1))?;
    let close = call + crate::rules::scan::closing(&rest[call..])?;
    let (_, given) = arguments(&rest[call..=close])?;
    let plain = given.len() == 2 && given.iter().all(|argument| argument.name.is_none());
    plain.then(|| {
        let at = |offset: usize| u32::try_from(line + offset).unwrap_or(0);
        let text = format!("({})", &rest[call..=close]);
        replace("write the sizes as a tuple", Applicability::Unsafe, Span::new(at(call), at(close + 1)), text)
    })
}

/// `x in a` becomes `np.any(a == x)`.
pub(super) fn membership(place: &Place<'_>, span: Span) -> Option<Fix> {
    let np = numpy(place)?;
    let (item, array) = place.source(span).split_once(" in ")?;
    (is_path(item) && is_path(array))
        .then(|| replace("use `np.any`", Applicability::Unsafe, span, format!("{np}.any({array} == {item})")))
}

/// `"n=%d" % n` becomes `f"n={n}"`.
pub(super) fn percent_format(place: &Place<'_>, span: Span) -> Option<Fix> {
    let (template, given) = place.source(span).rsplit_once(" % ")?;
    let inner = template.trim().strip_prefix('"')?.strip_suffix('"')?;
    let values: Vec<&str> = match given.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(items) => items.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
        None => vec![given],
    };
    if inner.contains(['{', '}', '"', '\\']) || !values.iter().all(|value| is_path(value)) {
        return None;
    }
    let mut parts = inner.split('%');
    let mut text = parts.next()?.to_string();
    for value in &values {
        let rest = parts.next()?.strip_prefix(['d', 'i', 's'])?;
        text.push_str(&format!("{{{value}}}{rest}"));
    }
    let fix = || replace("write an f-string", Applicability::Unsafe, span, format!("f\"{text}\""));
    parts.next().is_none().then(fix)
}

/// `type(x) == int` becomes `isinstance(x, int)`.
pub(super) fn type_test(place: &Place<'_>, span: Span) -> Option<Fix> {
    let (left, class) = place.source(span).split_once("==")?;
    let value = left.trim().strip_prefix("type(")?.strip_suffix(')')?;
    let class = class.trim();
    (is_path(value) && is_path(class)).then(|| {
        replace("use `isinstance`", Applicability::Unsafe, span, format!("isinstance({value}, {class})"))
    })
}

/// `f"{x:.2f}"` becomes `f"{x}"`.
pub(super) fn plain_interpolation(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let open = source.find('{')?;
    let close = open + source[open..].find('}')?;
    let inner = &source[open + 1..close];
    let at = inner.find([':', '!'])?;
    (source.matches('{').count() == 1 && is_path(&inner[..at])).then(|| {
        let gone = part(span, open + 1 + at, close);
        replace("leave the format out", Applicability::Unsafe, gone, "")
    })
}

/// `sum(x for x in xs)` becomes `sum([x for x in xs])`.
pub(super) fn generator_to_list(place: &Place<'_>, span: Span) -> Option<Fix> {
    let title = "write a list comprehension";
    // `tuple` wants a length that is known; a list has none.
    if place.text.get(..span.start as usize)?.trim_end_matches('(').ends_with("tuple") {
        return None;
    }
    let source = place.source(span);
    let Some(inner) = source.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
        return (!source.is_empty())
            .then(|| replace(title, Applicability::Safe, span, format!("[{source}]")));
    };
    // The parentheses of a sole argument are the call's.
    let called = place
        .text
        .get(..span.start as usize)?
        .ends_with(|char: char| char.is_alphanumeric() || "_)]".contains(char));
    let text = if called { format!("([{inner}])") } else { format!("[{inner}]") };
    Some(replace(title, Applicability::Safe, span, text))
}

/// The call around a span that is one of its arguments, on one line; the span itself if it is a call.
pub(super) fn call_around(place: &Place<'_>, span: Span) -> Option<Span> {
    if arguments(place.source(span)).is_some() {
        return Some(span);
    }
    let line = place.text.get(..span.start as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = place.text.get(line..span.start as usize)?;
    for (at, _) in before.char_indices().rev().filter(|(_, char)| *char == '(') {
        let rest = place.text.get(line + at..)?;
        let close = line + at + crate::rules::scan::closing(rest)?;
        if close < span.end as usize {
            continue;
        }
        let path = before[..at]
            .rfind(|char: char| !(char.is_alphanumeric() || "_.".contains(char)))
            .map_or(0, |end| end + before[end..].chars().next().map_or(1, char::len_utf8));
        let start = u32::try_from(line + path).ok()?;
        return (path < at).then(|| Span::new(start, u32::try_from(close + 1).unwrap_or(start)));
    }
    None
}

/// `a - b` becomes `np.int64(a) - np.int64(b)`.
pub(crate) fn signed(place: &Place<'_>, operands: [Span; 2]) -> Option<Fix> {
    let np = numpy(place)?;
    let wrap = |span: &Span| Edit {
        start: span.start,
        end: span.end,
        text: format!("{np}.int64({})", place.source(*span)),
    };
    let apart = operands[0].end <= operands[1].start && operands.iter().all(|span| span.start < span.end);
    apart.then(|| Fix {
        title: format!("convert first with `{np}.int64`"),
        applicability: Applicability::Unsafe,
        edits: operands.iter().map(wrap).collect(),
    })
}

/// `b ** k` becomes `float(b) ** k`.
pub(crate) fn float_base(place: &Place<'_>, base: Span) -> Option<Fix> {
    let source = place.source(base);
    is_path(source)
        .then(|| replace("make the base a float", Applicability::Unsafe, base, format!("float({source})")))
}

/// `a @ b` of integers becomes a product of floats.
pub(super) fn float_operands(place: &Place<'_>, span: Span) -> Option<Fix> {
    let np = numpy(place)?;
    let (left, right) = place.source(span).split_once(" @ ")?;
    (is_path(left) && is_path(right)).then(|| {
        let text = format!("{left}.astype({np}.float64) @ {right}.astype({np}.float64)");
        replace("convert to float64", Applicability::Unsafe, span, text)
    })
}

/// `np.linalg.inv(a)` becomes `np.linalg.inv(a.astype(np.float64))`.
pub(super) fn float_argument(place: &Place<'_>, span: Span) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let (_, given) = arguments(source)?;
    let first = given.first()?;
    let written = &source[first.value..first.end];
    is_path(written).then(|| {
        let text = format!("{written}.astype({np}.float64)");
        replace("convert to float64", Applicability::Unsafe, part(span, first.value, first.end), text)
    })
}

/// `for x in (a, b)` becomes `for x in literal_unroll((a, b))`.
pub(super) fn unroll(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let display = source.starts_with('(') && source.ends_with(')') || is_path(source);
    let file = place.around.text();
    let imported =
        file.lines().any(|line| line.starts_with("from numba import ") && line.contains("literal_unroll"));
    let mut edits =
        vec![Edit { start: span.start, end: span.end, text: format!("literal_unroll({source})") }];
    if !imported {
        let at = super::statement::first_import(place)?;
        edits.insert(
            0,
            Edit { start: at.start, end: at.end, text: "from numba import literal_unroll\n".to_string() },
        );
    }
    display.then(|| Fix {
        title: "use `literal_unroll`".to_string(),
        applicability: Applicability::Unsafe,
        edits,
    })
}

/// `{f(x) for x in xs}` becomes `set([f(x) for x in xs])`.
pub(super) fn set_of_list(place: &Place<'_>, span: Span) -> Option<Fix> {
    let inner = place.source(span).strip_prefix('{')?.strip_suffix('}')?;
    Some(replace("make a set of a list", Applicability::Unsafe, span, format!("set([{inner}])")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(source: &str) -> Option<String> {
        let span = Span::new(0, source.len() as u32);
        list_to_tuple(source, span, "").map(|fix| fix.edits[0].text.clone())
    }

    #[test]
    fn a_display_of_two_items_changes_its_brackets() {
        assert_eq!(fixed("[n, 2]").as_deref(), Some("(n, 2)"));
        assert_eq!(fixed("[f(a, b), 2,]").as_deref(), Some("(f(a, b), 2,)"));
    }

    #[test]
    fn one_item_keeps_a_comma() {
        assert_eq!(fixed("[n]").as_deref(), Some("(n,)"));
        assert_eq!(fixed("[f(a, b)]").as_deref(), Some("(f(a, b),)"));
    }

    #[test]
    fn an_empty_display_has_no_fix() {
        assert_eq!(fixed("[]"), None);
    }
}
