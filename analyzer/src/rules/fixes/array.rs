//! Edits of what is done with arrays: reductions along an axis, masks, records, dtypes.

use crate::hir::body::{InstKind, Origin, Value};
use crate::hir::source_map::Span;
use crate::rules::report::Place;
use crate::rules::scan::{Argument, arguments, closing, is_path, part};
use crate::rules::{Applicability, Fix};
use crate::ty::Ty;

use super::statement::{line, span as span_of};
use super::{numpy, replace};

fn suggest(title: impl Into<String>, span: Span, text: impl Into<String>) -> Option<Fix> {
    Some(replace(title, Applicability::Unsafe, span, text))
}

/// The functions that make one number of an array.
const REDUCTIONS: &[&str] = &[
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "max",
    "mean",
    "median",
    "min",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
];

/// `a.max(axis=1)` becomes `np.array([row.max() for row in a])`, for arrays of two dimensions.
pub(super) fn by_rows(place: &Place<'_>, span: Span, what: &str, args: &[Ty], origin: Origin) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let (open, given) = arguments(source)?;
    let text = |argument: &Argument<'_>| &source[argument.value..argument.end];
    let axis = text(given.iter().find(|argument| argument.name == Some("axis"))?);
    let name = what.rsplit('.').next().filter(|name| REDUCTIONS.contains(name))?;
    let others: Vec<&Argument<'_>> = given.iter().filter(|argument| argument.name != Some("axis")).collect();
    let receiver = receiver(place, origin);
    let (array, rank, call) = if what.starts_with("array.") {
        let array = source[..open].strip_suffix(name)?.strip_suffix('.')?;
        (array, receiver?, format!("row.{name}()"))
    } else {
        let [first] = others.as_slice() else { return None };
        (text(first), args.first()?.as_array()?.ndim?, format!("{}(row)", &source[..open]))
    };
    let left = if what.starts_with("array.") { 0 } else { 1 };
    if rank != 2 || others.len() != left || !is_path(array) {
        return None;
    }
    let rows = match axis {
        "0" | "-2" => format!("{array}.T"),
        "1" | "-1" => array.to_string(),
        _ => return None,
    };
    suggest("reduce row by row", span, format!("{np}.array([{call} for row in {rows}])"))
}

/// The rank of the array whose method is called at an origin.
fn receiver(place: &Place<'_>, origin: Origin) -> Option<u8> {
    let typed = place.typed?;
    let insts = || typed.body.blocks.iter().flat_map(|block| &block.insts);
    let func = insts().find_map(|inst| match &inst.kind {
        InstKind::Assign { value: Value::Call(call), .. }
            if inst.origin == origin
                || call
                    .args
                    .iter()
                    .chain(call.kwargs.iter().map(|(_, used)| used))
                    .any(|used| used.origin == origin) =>
        {
            Some(call.func.var)
        }
        _ => None,
    })?;
    insts().find_map(|inst| match &inst.kind {
        InstKind::Assign { dst, value: Value::Attr(on, _) } if *dst == func => {
            typed.ty(on.var).as_array()?.ndim
        }
        _ => None,
    })
}

/// `np.sum(a, axis=0, keepdims=True)` becomes `np.expand_dims(np.sum(a, axis=0), 0)`.
pub(super) fn keep_dimensions(place: &Place<'_>, span: Span, what: &str) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let (_, given) = arguments(source)?;
    let index = given.iter().position(|argument| argument.name == Some("keepdims"))?;
    let kept = &source[given[index].value..given[index].end] == "True";
    let axis = given.iter().find(|argument| argument.name == Some("axis"))?;
    let axis = &source[axis.value..axis.end];
    let (from, to) = crate::rules::scan::without(source, &given, index)?;
    let plain = format!("{}{}", &source[..from], &source[to..]);
    let constant = axis.trim_start_matches('-').chars().all(|char| char.is_ascii_digit());
    // Numba's `sum` is the one with an axis.
    (kept && constant && matches!(what, "numpy.sum" | "array.sum"))
        .then(|| suggest("add the axis back", span, format!("{np}.expand_dims({plain}, {axis})")))?
}

/// The operands of a product of matrices get one float dtype.
pub(super) fn product_dtype(place: &Place<'_>, span: Span, args: &[Ty]) -> Option<Fix> {
    let np = numpy(place)?;
    let [left, right] = args else { return None };
    let (left, right) = (left.as_array()?, right.as_array()?);
    let rank = |ty: &Ty| match ty {
        Ty::Bool | Ty::Int(_) => Some(0),
        Ty::Float(float) => Some(float.bits()),
        _ => None,
    };
    let wide = rank(&left.elem)?.max(rank(&right.elem)?);
    let dtype = if wide == 32 { format!("{np}.float32") } else { format!("{np}.float64") };
    let source = place.source(span);
    let pieces: [(usize, usize); 2] = match source.split_once(" @ ") {
        Some((a, _)) => [(0, a.len()), (a.len() + 3, source.len())],
        None => {
            let (_, given) = arguments(source)?;
            let [a, b] = given.as_slice() else { return None };
            [(a.value, a.end), (b.value, b.end)]
        }
    };
    let mut edits = Vec::new();
    for ((from, to), elem) in pieces.into_iter().zip([&left.elem, &right.elem]) {
        let written = &source[from..to];
        if rank(elem)? == wide && wide > 0 {
            continue;
        }
        if !is_path(written) {
            return None;
        }
        let fix =
            replace("", Applicability::Unsafe, part(span, from, to), format!("{written}.astype({dtype})"));
        edits.extend(fix.edits);
    }
    let title = format!("convert to `{dtype}`");
    (!edits.is_empty()).then_some(Fix { title, applicability: Applicability::Unsafe, edits })
}

/// The statement that a span is in, on one line: its span and text without a comment.
fn statement<'a>(place: &Place<'a>, at: Span) -> Option<(Span, &'a str)> {
    let (start, end) = line(place.text, at.start)?;
    let text = &place.text[start..end];
    let code = text.split('#').next()?.trim_end();
    let indent = code.len() - code.trim_start().len();
    Some((span_of(start + indent, start + code.len()), &code[indent..]))
}

/// `a[a > 0.5] = 1.0` of several dimensions becomes `a[:] = np.where(a > 0.5, 1.0, a)`.
pub(super) fn masked_store(place: &Place<'_>, span: Span, args: &[Ty]) -> Option<Fix> {
    let np = numpy(place)?;
    let [Ty::Array(array), Ty::Array(mask), value] = args else { return None };
    let (whole, text) = statement(place, span)?;
    let open = text.find('[').filter(|open| is_path(&text[..*open]))?;
    let close = open + closing(&text[open..])?;
    let assigned = text[close + 1..].strip_prefix(" = ")?;
    let fits = mask.elem == Ty::Bool && mask.ndim == array.ndim && value.is_number();
    let (name, mask) = (&text[..open], &text[open + 1..close]);
    fits.then(|| {
        suggest("store with `np.where`", whole, format!("{name}[:] = {np}.where({mask}, {assigned}, {name})"))
    })?
}

/// `r[0] = (1.0, 2.0)` becomes a store to each field.
pub(super) fn record_fields(place: &Place<'_>, span: Span, args: &[Ty]) -> Option<Fix> {
    let [target, _, Ty::Tuple(items)] = args else { return None };
    let Ty::Record(record) = &target.as_array()?.elem else { return None };
    let (whole, text) = statement(place, span)?;
    let (target, values) = text.split_once(" = ")?;
    let (_, given) = arguments(&format!("f{values}")).map(|(open, given)| {
        let texts: Vec<String> =
            given.iter().map(|argument| values[argument.start - 1..argument.end - 1].to_string()).collect();
        (open, texts)
    })?;
    if given.len() != items.len() || record.fields.len() != items.len() {
        return None;
    }
    let (start, _) = line(place.text, span.start)?;
    let indent = &place.text[start..whole.start as usize];
    let stores: Vec<String> = record
        .fields
        .iter()
        .zip(&given)
        .map(|(field, value)| format!("{target}[\"{}\"] = {value}", field.name))
        .collect();
    suggest("set each field", whole, stores.join(&format!("\n{indent}")))
}

/// A loop over the names of fields is unrolled.
pub(super) fn unrolled_fields(place: &Place<'_>, span: Span) -> Option<Fix> {
    let source = place.source(span);
    let key = source.strip_suffix(']')?.rsplit('[').next()?;
    let above = place.text.get(..span.start as usize)?;
    let header = format!("for {key} in (");
    let at = above.rfind(&header)? + header.len() - 1;
    let close = at + closing(&place.text[at..])?;
    super::expression::unroll(place, span_of(at, close + 1))
}

/// `np.zeros((size,))` with a size that may be None: `np.zeros((int(size),))`.
pub(super) fn optional_size(place: &Place<'_>, call: Span, shape: &Ty) -> Option<Fix> {
    let source = place.source(call);
    let (from, to) = if source.starts_with('(') {
        (0, source.len())
    } else {
        let (_, given) = arguments(source)?;
        let first = given.first()?;
        (first.value, first.end)
    };
    let written = &source[from..to];
    let optional = |ty: &Ty| matches!(ty, Ty::Optional(inner) if inner.is_integer());
    let wrap = |name: &str| is_path(name).then(|| format!("int({name})"));
    let text = match shape {
        Ty::Tuple(items) => {
            let (_, inner) = arguments_of(written)?;
            let parts: Option<Vec<String>> = inner
                .iter()
                .zip(items.iter())
                .map(|(item, ty)| if optional(ty) { wrap(item) } else { Some(item.clone()) })
                .collect();
            let comma = if items.len() == 1 { "," } else { "" };
            (inner.len() == items.len()).then_some(format!("({}{comma})", parts?.join(", ")))?
        }
        ty if optional(ty) => wrap(written)?,
        _ => return None,
    };
    suggest("convert it with `int(..)`", part(call, from, to), text)
}

/// The items of a tuple display.
fn arguments_of(display: &str) -> Option<(usize, Vec<String>)> {
    let call = format!("f{display}");
    let (open, given) = arguments(&call)?;
    Some((open, given.iter().map(|item| call[item.start..item.end].to_string()).collect()))
}

/// `a += 0.5` becomes `a = a + 0.5`, which makes a new array.
pub(super) fn new_array(place: &Place<'_>, span: Span) -> Option<Fix> {
    let (whole, text) = statement(place, span)?;
    let at = text.find("= ")?;
    let op = text[..at].trim_end_matches(|char: char| !char.is_whitespace()).len();
    let (name, op) = (text[..op].trim_end(), text[op..at].trim());
    let known = matches!(op, "+" | "-" | "*" | "/" | "//" | "%" | "**");
    (known && is_path(name) && !name.contains('.'))
        .then(|| suggest("make a new array", whole, format!("{name} = {name} {op} ({})", &text[at + 2..])))?
        .map(|mut fix| {
            for edit in &mut fix.edits {
                let simple = text[at + 2..].chars().all(|char| char.is_alphanumeric() || "._".contains(char));
                if simple {
                    edit.text = format!("{name} = {name} {op} {}", &text[at + 2..]);
                }
            }
            fix
        })
}

/// `dtype="float32"` becomes `dtype=np.float32`.
pub(crate) fn named_dtype(place: &Place<'_>, span: Span, name: &str) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let quoted = source.trim_matches(['"', '\'']) == name && source.len() == name.len() + 2;
    let known = crate::table::names::scalar_type(&format!("numpy.{name}")).is_some();
    (quoted && known)
        .then(|| replace(format!("use `{np}.{name}`"), Applicability::Safe, span, format!("{np}.{name}")))
}

/// `a[0] + a[1]` becomes `np.uint8(a[0] + a[1])`.
pub(crate) fn narrow(place: &Place<'_>, span: Span, dtype: &str) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let balanced = !source.contains(['\n', '#', '=']);
    balanced
        .then(|| suggest(format!("convert with `{np}.{dtype}`"), span, format!("{np}.{dtype}({source})")))?
}

/// `a.sum()` of float32 becomes `a.astype(np.float64).sum()`.
pub(crate) fn wide_sum(place: &Place<'_>, span: Span) -> Option<Fix> {
    let np = numpy(place)?;
    let source = place.source(span);
    let (open, given) = arguments(source)?;
    let (path, method) = source[..open].rsplit_once('.')?;
    let wide = |array: &str| format!("{array}.astype({np}.float64)");
    let text = if *path == *np {
        let first = given.first().filter(|first| first.name.is_none())?;
        let array = &source[first.start..first.end];
        is_path(array)
            .then(|| format!("{}{}{}", &source[..first.start], wide(array), &source[first.end..]))?
    } else {
        is_path(path).then(|| format!("{}.{method}{}", wide(path), &source[open..]))?
    };
    suggest("add up in float64", span, text)
}

/// `(a > 0) and (a < 1)` becomes `(a > 0) & (a < 1)`.
pub(super) fn mask_operator(place: &Place<'_>, span: Span) -> Option<Fix> {
    let after = place.text.get(span.end as usize..)?;
    let closed = after.strip_prefix(')')?;
    let rest = closed.strip_prefix(' ')?;
    let (word, op) = [("and", "&"), ("or", "|")].into_iter().find(|(word, _)| rest.starts_with(word))?;
    let bracketed = rest[word.len()..].strip_prefix(' ')?.starts_with('(');
    let opened = place.text.get(..span.start as usize)?.ends_with('(');
    let at = span.end as usize + 2;
    (bracketed && opened)
        .then(|| suggest(format!("combine the masks with `{op}`"), span_of(at, at + word.len()), op))?
}

/// `[]` becomes a list that has a type though it is empty.
pub(super) fn typed_empty(place: &Place<'_>, span: Span, ty: &Ty) -> Option<Fix> {
    let text = match (place.source(span).trim(), ty) {
        ("[]" | "list()", Ty::List { .. }) => "[0.0 for _ in range(0)]",
        ("{}" | "dict()", Ty::Dict(_)) => "{0: 0.0 for _ in range(0)}",
        _ => return None,
    };
    suggest("give it items of a type", span, text)
}

/// `print(f"x = {x}")` becomes `print("x =", x)`.
pub(crate) fn print_parts(place: &Place<'_>, at: Span) -> Option<Fix> {
    let (whole, text) = statement(place, at)?;
    let inner = text.strip_prefix("print(f\"")?.strip_suffix("\")")?;
    if inner.contains(['"', '\\', '\'']) || inner.contains("{{") || inner.contains("}}") {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    let mut rest = inner;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}')?;
        let words = rest[..open].trim();
        if !words.is_empty() {
            parts.push(format!("\"{words}\""));
        }
        let value = rest[open + 1..close].split([':', '!', '=']).next()?;
        parts.push(value.trim().to_string());
        rest = &rest[close + 1..];
    }
    if !rest.trim().is_empty() {
        parts.push(format!("\"{}\"", rest.trim()));
    }
    suggest("print the values themselves", whole, format!("print({})", parts.join(", ")))
}
