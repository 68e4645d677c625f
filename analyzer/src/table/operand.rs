//! How NumPy's functions read their arguments: dtypes, shapes, array-likes, numbers. Shared by the rules of the rows.
//!
//! Every question has a third answer, "a hole decides"; a rule refuses only on a certain "no".

use crate::ty::{ArrayTy, BufferKind, IntTy, IterTy, Layout, Literal, Name, Ty, Why};

use super::{Args, Outcome, RefusalKind};

/// A rule's body: the result's type, or the outcome that ends it early.
pub type Typing = Result<Ty, Outcome>;

/// Runs a rule's body, in which `?` ends with a refusal or a hole.
pub fn typing(body: impl FnOnce() -> Typing) -> Outcome {
    match body() {
        Ok(Ty::Hole(why)) => Outcome::Hole(why),
        Ok(ret) => Outcome::known(ret),
        Err(outcome) => outcome,
    }
}

/// What a dtype argument says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DtypeArg {
    Known(Ty),
    /// `int`, `bool` ... : no NumPy dtype in Numba. `float` is accepted by some functions.
    PythonType(Name),
    Hole,
    Refused,
}

/// Reads a dtype argument. An omitted or `None` one is for the caller to handle.
pub fn dtype_of(arg: &Ty) -> DtypeArg {
    match arg {
        hole if hole.is_hole() => DtypeArg::Hole,
        Ty::NumberClass(ty) | Ty::DType(ty) | Ty::TypeRef(ty) => DtypeArg::Known((**ty).clone()),
        Ty::Literal(Literal::Str(text)) => match dtype_from_text(text) {
            Some(ty) => DtypeArg::Known(ty),
            None => DtypeArg::Refused,
        },
        Ty::Function(path) => match path.strip_prefix("builtins.") {
            Some(name) => DtypeArg::PythonType(name.into()),
            None => DtypeArg::Refused,
        },
        Ty::Opaque(_) => DtypeArg::Hole,
        _ => DtypeArg::Refused,
    }
}

/// `numpy.dtype(text)` for the spellings that Numba can type.
pub fn dtype_from_text(text: &str) -> Option<Ty> {
    let text = text.strip_prefix(['<', '=', '|']).unwrap_or(text);
    let long = match text {
        "?" | "b1" => "bool",
        "b" | "i1" => "int8",
        "B" | "u1" => "uint8",
        "h" | "i2" => "int16",
        "H" | "u2" => "uint16",
        "i" | "i4" => "int32",
        "I" | "u4" => "uint32",
        "int" | "l" | "q" | "p" | "i8" => "int64",
        "L" | "Q" | "P" | "u8" => "uint64",
        "e" | "f2" => "float16",
        "f" | "f4" => "float32",
        "float" | "d" | "f8" => "float64",
        "F" | "c8" => "complex64",
        "complex" | "D" | "c16" => "complex128",
        "bool_" | "int_" => text,
        other => other,
    };
    if let Some(ty) = super::names::scalar_type(&format!("numpy.{long}")) {
        return (!matches!(ty, Ty::PyObject)).then_some(ty);
    }
    let (code, rest) = text.split_at(text.char_indices().nth(1).map_or(text.len(), |(index, _)| index));
    let count = if rest.is_empty() { Some(0) } else { rest.parse::<u32>().ok() };
    match (code, count) {
        ("U", Some(count)) => Some(Ty::UnicodeChars(count)),
        ("S" | "a", Some(count)) => Some(Ty::Chars(count)),
        _ => time_from_text(text),
    }
}

fn time_from_text(text: &str) -> Option<Ty> {
    let (name, rest) = text.split_once('[')?;
    let unit: Name = rest.strip_suffix(']')?.into();
    match name {
        "datetime64" | "M8" => Some(Ty::DateTime(unit)),
        "timedelta64" | "m8" => Some(Ty::TimeDelta(unit)),
        _ => None,
    }
}

/// What a shape argument says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    Rank(u8),
    ListAsShape,
    FloatAsShape,
    Hole,
    Refused,
}

/// Reads a shape argument: an integer, or a tuple of integers of any widths.
pub fn shape(arg: &Ty) -> Shape {
    match arg {
        hole if hole.is_hole() => Shape::Hole,
        Ty::AnyTuple(_) | Ty::Opaque(_) => Shape::Hole,
        Ty::Int(_) | Ty::Literal(Literal::Int(_)) => Shape::Rank(1),
        Ty::Float(_) => Shape::FloatAsShape,
        Ty::List { .. } | Ty::LiteralList(_) | Ty::TypedList(_) => Shape::ListAsShape,
        Ty::Tuple(items) | Ty::StarArgs(items) => {
            if items.iter().any(|item| matches!(item, Ty::Float(_))) {
                Shape::FloatAsShape
            } else if items.iter().all(|item| item.is_hole() || is_index(item)) {
                u8::try_from(items.len()).map_or(Shape::Refused, Shape::Rank)
            } else {
                Shape::Refused
            }
        }
        _ => Shape::Refused,
    }
}

fn is_index(ty: &Ty) -> bool {
    ty.is_integer() || ty.is_int_enum_member() || matches!(ty, Ty::Opaque(_))
}

/// The rank that a shape parameter asks for, `None` for a hole; refuses what is no shape.
pub fn rank_of(args: &Args<'_>, param: &str) -> Result<Option<u8>, Outcome> {
    let arg = args.req(param);
    match shape(arg) {
        Shape::Rank(ndim) => Ok(Some(ndim)),
        Shape::Hole => Ok(None),
        Shape::ListAsShape => Err(args.refuse(param, RefusalKind::ListAsShape)),
        Shape::FloatAsShape => Err(args.refuse(param, RefusalKind::FloatAsShape(arg.clone()))),
        Shape::Refused => Err(bad(args, param)),
    }
}

/// The argument of this parameter has a type that no overload takes.
pub fn bad(args: &Args<'_>, param: &str) -> Outcome {
    let got = args.get(param).cloned().unwrap_or(Ty::None);
    args.refuse(param, RefusalKind::ArgumentType { param: param.into(), got })
}

/// Refuses unless the answer is yes or open.
pub fn need(answer: Option<bool>, args: &Args<'_>, param: &str) -> Result<(), Outcome> {
    if answer == Some(false) { Err(bad(args, param)) } else { Ok(()) }
}

/// The test's answer for a known type, `None` for a hole. A "no" for a type with a hole inside is no answer either.
pub fn known(ty: &Ty, test: impl FnOnce(&Ty) -> bool) -> Option<bool> {
    if ty.is_hole() || matches!(ty, Ty::Opaque(_)) {
        return None;
    }
    match test(ty) {
        true => Some(true),
        false => (!ty.has_hole()).then_some(false),
    }
}

pub fn is_integer(ty: &Ty) -> Option<bool> {
    known(ty, Ty::is_integer)
}

pub fn is_integer_or_bool(ty: &Ty) -> Option<bool> {
    known(ty, |ty| ty.is_integer() || is_bool_ty(ty))
}

pub fn is_bool_ty(ty: &Ty) -> bool {
    matches!(ty, Ty::Bool | Ty::Literal(Literal::Bool(_)))
}

/// Numba's `Number`: an integer, float or complex, not a bool.
pub fn is_number_ty(ty: &Ty) -> bool {
    ty.is_number() && !is_bool_ty(ty)
}

/// Numba's `is_nonelike`.
pub fn is_nonelike(ty: &Ty) -> bool {
    ty.is_none()
}

pub fn unwrap_optional(ty: &Ty) -> &Ty {
    match ty {
        Ty::Optional(inner) => inner,
        other => other,
    }
}

/// The dtype that Numba sees in a scalar type, a class, a dtype object or an enum member; `None` for what has none.
pub fn as_dtype(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Literal(Literal::Int(_) | Literal::Bool(_)) => Some(ty.unliteral()),
        Ty::Bool
        | Ty::Int(_)
        | Ty::Float(_)
        | Ty::Complex(_)
        | Ty::DateTime(_)
        | Ty::TimeDelta(_)
        | Ty::Chars(_)
        | Ty::UnicodeChars(_)
        | Ty::Record(_)
        | Ty::NestedArray(_)
        | Ty::Hole(_)
        | Ty::Poison
        | Ty::Opaque(_) => Some(ty.clone()),
        Ty::EnumMember(of) => as_dtype(&of.base),
        Ty::DType(inner) | Ty::NumberClass(inner) => as_dtype(inner),
        _ => None,
    }
}

/// Numba's `type_can_asarray`.
pub fn can_asarray(ty: &Ty) -> Option<bool> {
    known(ty, |ty| match ty {
        Ty::Array(array) => array.kind == BufferKind::Array,
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::AnyTuple(_) | Ty::List { .. } | Ty::TypedList(_) => true,
        Ty::NamedTuple(tuple) => is_uniform(tuple.fields.iter().map(|(_, ty)| ty)),
        Ty::Literal(Literal::Str(_)) => true,
        Ty::Iter(iter) => matches!(**iter, IterTy::Flat(_)),
        ty => ty.is_number(),
    })
}

/// Whether these members make a `UniTuple`: they do when they are all one type, and there is one. Holes may be it.
pub fn is_uniform<'a>(members: impl Iterator<Item = &'a Ty>) -> bool {
    let members: Vec<&Ty> = members.collect();
    let mut full = members.iter().filter(|member| !member.has_hole());
    let Some(first) = full.next() else { return !members.is_empty() };
    full.all(|member| member == first)
}

/// An array of which nothing is known.
pub fn unknown_array(why: Why) -> ArrayTy {
    array_ty(Ty::Hole(why), None, Layout::Hole)
}

pub fn array_ty(elem: Ty, ndim: Option<u8>, layout: Layout) -> ArrayTy {
    let aligned = elem.is_aligned();
    ArrayTy { elem, ndim, layout, readonly: false, aligned, kind: BufferKind::Array }
}

/// An array type; a layout of rank 0 or 1 is never F.
pub fn array(elem: Ty, ndim: Option<u8>, layout: Layout) -> Ty {
    Ty::Array(array_ty(elem, ndim, layout).into())
}

/// The array argument of this parameter; a hole is an unknown array. Refuses everything else.
pub fn array_arg(args: &Args<'_>, param: &str) -> Result<ArrayTy, Outcome> {
    array_of(args.req(param)).ok_or_else(|| bad(args, param))
}

/// An array, or an unknown one for a hole. Bytes and other buffers are not arrays.
pub fn array_of(ty: &Ty) -> Option<ArrayTy> {
    match ty {
        Ty::Array(array) if array.kind == BufferKind::Array => Some((**array).clone()),
        Ty::Hole(why) => Some(unknown_array(why.clone())),
        Ty::Poison => Some(unknown_array(Why::NotModelled("an argument that is refused"))),
        Ty::Opaque(name) => Some(unknown_array(Why::UnknownType(name.clone()))),
        _ => None,
    }
}

/// The array that `numpy.asarray(x)` gives. A hole gives an unknown array.
pub fn asarray(ty: &Ty) -> Option<ArrayTy> {
    match ty {
        Ty::TypedList(elem) if elem.has_hole() || elem.is_number() => {
            Some(array_ty((**elem).clone(), Some(1), Layout::C))
        }
        Ty::TypedList(_) => None,
        Ty::Literal(Literal::Str(text)) => {
            Some(array_ty(Ty::UnicodeChars(text.chars().count() as u32), Some(0), Layout::C))
        }
        Ty::Literal(_) => as_dtype(ty).map(|elem| array_ty(elem, Some(0), Layout::C)),
        ty if ty.is_number() => Some(array_ty(ty.clone(), Some(0), Layout::C)),
        Ty::AnyTuple(_) => Some(unknown_array(Why::NotModelled("a tuple of unknown length"))),
        ty if can_asarray(ty) == Some(false) => None,
        ty => array_of(ty).or_else(|| {
            let (ndim, elem) = nested(ty)?;
            Some(array_ty(elem, ndim, Layout::C))
        }),
    }
}

/// Depth and element type of nested lists and tuples, as `numpy.array` reads them. Arrays inside are not allowed.
pub fn nested(ty: &Ty) -> Option<(Option<u8>, Ty)> {
    let deeper = |ty: &Ty| nested(ty).map(|(depth, elem)| (depth.map(|depth| depth + 1), elem));
    match ty {
        Ty::Array(_) => None,
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => Some((None, ty.clone())),
        Ty::List { elem, .. } | Ty::AnyTuple(elem) => deeper(elem),
        Ty::Iter(iter) => match &**iter {
            IterTy::Flat(array) => deeper(&array.as_array()?.elem),
            _ => None,
        },
        _ => match ty.tuple_items() {
            Some(items) if items.is_empty() => Some((Some(1), Ty::FLOAT64)),
            Some(items) => nested_items(&items),
            None => {
                as_dtype(ty)?;
                Some((Some(0), ty.unliteral()))
            }
        },
    }
}

fn nested_items(items: &[Ty]) -> Option<(Option<u8>, Ty)> {
    let mut members = items.iter().map(nested);
    let (mut depth, mut elem) = members.next()??;
    for member in members {
        let (other_depth, other) = member?;
        match (depth, other_depth) {
            (Some(left), Some(right)) if left != right => return None,
            (None, right) => depth = right,
            _ => {}
        }
        elem = unify(&elem, &other)?;
    }
    Some((depth.map(|depth| depth + 1), elem))
}

/// The unification of two scalar types, `None` where Numba has none.
pub fn unify(left: &Ty, right: &Ty) -> Option<Ty> {
    if left == right {
        return Some(left.clone());
    }
    if left.has_hole() {
        return Some(left.clone());
    }
    if right.has_hole() {
        return Some(right.clone());
    }
    crate::ty::unify::unify(left, right).ty()
}

/// The dtype of a parameter that is left out or `None` by default; a hole for one that cannot be known. Python's
/// types and other things are refused.
pub fn dtype_arg(args: &Args<'_>, param: &str) -> Result<Option<Ty>, Outcome> {
    let Some(arg) = args.get(param).filter(|arg| !is_nonelike(arg)) else { return Ok(None) };
    match dtype_of(arg) {
        DtypeArg::Known(ty) => Ok(Some(ty)),
        DtypeArg::PythonType(name) => Err(args.refuse(param, RefusalKind::PythonDtype(name))),
        DtypeArg::Hole => Ok(Some(Ty::Hole(arg.why().unwrap_or(Why::NotModelled("a dtype"))))),
        DtypeArg::Refused => Err(bad(args, param)),
    }
}

/// The first integer type NumPy sums narrower integers and bools in: `int64` or `uint64`.
pub fn widened(elem: &Ty) -> Ty {
    match elem {
        Ty::Bool | Ty::Literal(Literal::Bool(_)) => Ty::INT64,
        Ty::Int(int) if int.signed() => Ty::INT64,
        Ty::Int(IntTy::U8 | IntTy::U16 | IntTy::U32 | IntTy::U64) => Ty::UINT64,
        other => other.unliteral(),
    }
}

/// The layout of a copy: A becomes C.
pub fn contiguous(layout: Layout) -> Layout {
    if layout == Layout::A { Layout::C } else { layout }
}

/// `numpy.asarray` of the argument of this parameter; refuses what it does not take.
pub fn asarray_arg(args: &Args<'_>, param: &str) -> Result<ArrayTy, Outcome> {
    asarray(args.req(param)).ok_or_else(|| bad(args, param))
}

/// `numpy.promote_types`, with a hole where one of the types is one.
pub fn promote(left: &Ty, right: &Ty) -> Option<Ty> {
    match (left.is_hole(), right.is_hole()) {
        (true, _) => Some(left.clone()),
        (_, true) => Some(right.clone()),
        _ => super::ufunc::promote(left, right),
    }
}

/// The larger of two ranks, `None` where a hole decides it.
pub fn max_rank(left: Option<u8>, right: Option<u8>) -> Option<u8> {
    Some(left?.max(right?))
}

/// What an optional parameter must be, where it is given at all; `None` counts as left out. Answers whether it is
/// given, `None` where a hole decides.
pub fn optional_arg(args: &Args<'_>, param: &str, test: fn(&Ty) -> bool) -> Result<Option<bool>, Outcome> {
    let Some(arg) = args.get(param).filter(|arg| !is_nonelike(arg)) else { return Ok(Some(false)) };
    need(known(arg, test), args, param)?;
    Ok((!arg.is_hole()).then_some(true))
}

/// A parameter used as a condition only: anything but classes and functions.
pub fn flag_arg(args: &Args<'_>, param: &str) -> Result<(), Outcome> {
    let has_truth =
        |ty: &Ty| !matches!(ty, Ty::NumberClass(_) | Ty::DType(_) | Ty::Function(_) | Ty::Dispatcher(_));
    match args.get(param) {
        Some(flag) => need(known(flag, has_truth), args, param),
        None => Ok(()),
    }
}

/// Whether the argument is a hole, which may turn out to be `None`.
pub fn is_open(args: &Args<'_>, param: &str) -> bool {
    args.get(param).is_some_and(Ty::is_hole)
}

/// A hole for a result that cannot be known, with the reason of the first hole among the arguments.
pub fn open_result(args: &Args<'_>) -> Ty {
    let why = args.given().iter().find_map(Ty::why);
    Ty::Hole(why.unwrap_or(Why::NotModelled("the rank or order of an array")))
}

/// A parameter whose value must be one of these strings, known when compiling.
pub fn one_of(args: &Args<'_>, param: &str, allowed: &[&str]) -> Result<(), Outcome> {
    match args.get(param) {
        Some(Ty::Literal(Literal::Str(text))) if !allowed.contains(&&***text) => Err(bad(args, param)),
        Some(Ty::Str) => Err(args.refuse(param, RefusalKind::NeedsLiteral(param.into()))),
        Some(Ty::Literal(Literal::Str(_))) | None => Ok(()),
        Some(other) => need(known(other, |_| false), args, param),
    }
}
