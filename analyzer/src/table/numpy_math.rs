//! NumPy's element-wise functions that are not ufuncs.

use crate::ty::convert::can_convert;
use crate::ty::{ArrayTy, ComplexTy, Layout, Literal, Ty};

use super::numpy_reduce::{numeric, real};
use super::operand::{
    array, array_arg, array_of, array_ty, asarray, asarray_arg, bad, can_asarray, contiguous, flag_arg,
    is_bool_ty, is_nonelike, is_number_ty, known, max_rank, need, open_result, optional_arg, typing, unify,
    unwrap_optional,
};
use super::{Args, Function, Op, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.allclose", "a, b, rtol=1e-05, atol=1e-08, equal_nan=False", allclose),
    Function::new("numpy.angle", "z, deg=False", angle),
    Function::new("numpy.array_equal", "a1, a2", array_equal),
    Function::new("numpy.clip", "a, a_min, a_max, out=None", clip),
    Function::new("numpy.imag", "val", imag).op(Op::Imag),
    Function::new("numpy.isclose", "a, b, rtol=1e-05, atol=1e-08, equal_nan=False", isclose),
    Function::new("numpy.iscomplex", "x", is_complex).opens_optional(),
    Function::new("numpy.iscomplexobj", "x", is_complex_object),
    Function::new("numpy.isneginf", "x, out=None", is_signed_infinity),
    Function::new("numpy.isposinf", "x, out=None", is_signed_infinity),
    Function::new("numpy.isreal", "x", is_complex).opens_optional(),
    Function::new("numpy.isrealobj", "x", is_real_object),
    Function::new("numpy.isscalar", "element", is_scalar),
    Function::new("numpy.nan_to_num", "x, copy=True, nan=0.0, posinf=None, neginf=None", nan_to_num)
        .params_since(&[("posinf", (0, 62)), ("neginf", (0, 62))]),
    Function::new("numpy.real", "val", np_real).op(Op::Real),
    Function::new("numpy.round", "a, decimals=0, out=None", round),
    Function::new("numpy.sinc", "x", sinc),
];

pub fn vector(elem: Ty) -> Ty {
    array(elem, Some(1), Layout::C)
}

fn part(elem: &Ty) -> Ty {
    match elem {
        Ty::Complex(complex) => Ty::Float(complex.part()),
        other => other.clone(),
    }
}

pub fn is_complex_ty(ty: &Ty) -> bool {
    matches!(ty, Ty::Complex(_))
}

/// `float64`, or `complex128` where one of the operands is complex.
pub fn double(elems: &[&Ty]) -> Ty {
    if elems.iter().any(|elem| is_complex_ty(elem)) {
        return Ty::COMPLEX128;
    }
    match elems.iter().find(|elem| elem.is_hole()) {
        Some(hole) => (*hole).clone(),
        None => Ty::FLOAT64,
    }
}

/// A new array like this one, with another element type.
fn same_shape(source: &ArrayTy, elem: Ty) -> Ty {
    array(elem, source.ndim, contiguous(source.layout))
}

/// The real or imaginary part of numbers; bools have none. `of_real` is that of an array without complex numbers.
fn part_of(args: &Args<'_>, of_real: impl FnOnce(ArrayTy) -> Result<ArrayTy, Outcome>) -> Outcome {
    typing(|| {
        let given = unwrap_optional(args.req("val"));
        if is_number_ty(given) || given.is_hole() {
            return Ok(part(&given.unliteral()));
        }
        let source = array_of(given).ok_or_else(|| bad(args, "val"))?;
        need(known(&source.elem, is_number_ty), args, "val")?;
        Ok(match source.elem {
            Ty::Complex(complex) => {
                Ty::Array(ArrayTy { elem: Ty::Float(complex.part()), layout: Layout::A, ..source }.into())
            }
            Ty::Hole(why) => array(Ty::Hole(why), source.ndim, Layout::Hole),
            _ => Ty::Array(of_real(source)?.into()),
        })
    })
}

fn np_real(args: &Args<'_>) -> Outcome {
    part_of(args, Ok)
}

/// The imaginary part of a real array is read-only.
fn imag(args: &Args<'_>) -> Outcome {
    part_of(args, |source| match source.layout {
        // The zeros are made in the layout of the array.
        Layout::A => Err(bad(args, "val")),
        _ => Ok(ArrayTy { readonly: true, ..source }),
    })
}

/// Scalars are rounded by the builtin and come back in double precision; arrays keep their dtype.
fn round(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("a");
        if let Some(decimals) = args.get("decimals") {
            need(known(unwrap_optional(decimals), real), args, "decimals")?;
        }
        let out = args.get("out").filter(|out| !is_nonelike(out));
        let scalar = is_number_ty(given);
        let source = match array_of(given) {
            Some(source) => source,
            None if scalar => array_ty(given.unliteral(), Some(0), Layout::C),
            None => return Err(bad(args, "a")),
        };
        need(known(&source.elem, is_number_ty), args, "a")?;
        if let Some(out) = out {
            if out.is_hole() {
                return Ok(out.clone());
            }
            let target = array_of(out).ok_or_else(|| bad(args, "out"))?;
            if !scalar && let (Some(left), Some(right)) = (source.ndim, target.ndim) {
                need(Some(left == right), args, "out")?;
            }
            if !target.elem.has_hole() && !source.elem.has_hole() {
                need(Some(can_convert(&source.elem, &target.elem).is_some()), args, "out")?;
            }
            return Ok(out.clone());
        }
        if !scalar {
            return Ok(if given.is_hole() {
                given.clone()
            } else {
                same_shape(&source, source.elem.clone())
            });
        }
        Ok(match source.elem {
            Ty::Int(int) if int.signed() || int.bits() < 64 => Ty::INT64,
            Ty::Complex(_) => Ty::COMPLEX128,
            _ => Ty::FLOAT64,
        })
    })
}

/// A bound is a number, or an array-like of the array's own dtype and no larger rank. Two `None`s always raise.
fn clip(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (low, high) = (args.req("a_min"), args.req("a_max"));
        need(can_asarray(args.req("a")), args, "a")?;
        let out = args.get("out").filter(|out| !is_nonelike(out));
        if matches!(low, Ty::None) && matches!(high, Ty::None) {
            return Ok(Ty::None);
        }
        let may_be_none = |bound: &Ty| matches!(bound, Ty::None) || bound.is_hole();
        if may_be_none(low) && may_be_none(high) {
            return Ok(open_result(args));
        }
        let source = array_arg(args, "a")?;
        for (bound, param) in [(low, "a_min"), (high, "a_max")] {
            if matches!(bound, Ty::None) || is_number_ty(bound) || bound.is_hole() {
                continue;
            }
            let values = asarray_arg(args, param)?;
            if !values.elem.has_hole() && !source.elem.has_hole() {
                need(Some(values.elem == source.elem), args, param)?;
            }
            if let (Some(left), Some(right)) = (values.ndim, source.ndim) {
                need(Some(left <= right), args, param)?;
            }
        }
        match out {
            None => Ok(same_shape(&source, source.elem.clone())),
            Some(out) if out.is_hole() => Ok(out.clone()),
            Some(out) => {
                array_of(out).ok_or_else(|| bad(args, "out"))?;
                Ok(out.clone())
            }
        }
    })
}

fn tolerances(args: &Args<'_>) -> Result<(), Outcome> {
    for param in ["rtol", "atol"] {
        if let Some(tolerance) = args.get(param) {
            need(known(tolerance, |ty| matches!(ty, Ty::Float(_))), args, param)?;
        }
    }
    match args.get("equal_nan") {
        Some(flag) => need(known(flag, is_bool_ty), args, "equal_nan"),
        None => Ok(()),
    }
}

/// Two arrays give a read-only view, an array and a number a new array of the array's shape.
fn isclose(args: &Args<'_>) -> Outcome {
    typing(|| {
        tolerances(args)?;
        let (a, b) = (args.req("a"), args.req("b"));
        let single = |ty: &Ty| is_number_ty(ty) || ty.unliteral() == Ty::Bool;
        let singles = [a, b].iter().all(|ty| single(ty) || ty.is_hole());
        let side = |param: &str| {
            let given = args.req(param);
            match array_of(given) {
                Some(source) => {
                    need(known(&source.elem, real), args, param)?;
                    Ok(source)
                }
                // Of single values it takes truth values too.
                None if singles && given.unliteral() == Ty::Bool || is_number_ty(given) && real(given) => {
                    Ok(array_ty(given.unliteral(), Some(0), Layout::C))
                }
                None => Err(bad(args, param)),
            }
        };
        let (left, right) = (side("a")?, side("b")?);
        if a.is_hole() || b.is_hole() {
            return Ok(if a.is_hole() { a.clone() } else { b.clone() });
        }
        Ok(match (single(a), single(b)) {
            (true, true) => Ty::Bool,
            (false, true) => same_rank_bool(args, "a", &left)?,
            (true, false) => same_rank_bool(args, "b", &right)?,
            (false, false) => {
                let ndim = max_rank(left.ndim, right.ndim);
                need(ndim.map(|ndim| ndim > 0), args, "a")?;
                Ty::Array(ArrayTy { readonly: true, ..array_ty(Ty::Bool, ndim, Layout::A) }.into())
            }
        })
    })
}

/// The array is flattened by `reshape`, which takes contiguous ones only.
fn same_rank_bool(args: &Args<'_>, param: &str, source: &ArrayTy) -> Result<Ty, Outcome> {
    if source.layout == Layout::A {
        return Err(args.refuse(param, RefusalKind::NotContiguous));
    }
    Ok(array(Ty::Bool, source.ndim, Layout::C))
}

/// Anything with a number; two array-likes must have one dtype.
fn allclose(args: &Args<'_>) -> Outcome {
    typing(|| {
        tolerances(args)?;
        let (left, right) = (asarray_arg(args, "a")?, asarray_arg(args, "b")?);
        for (elem, param) in [(&left.elem, "a"), (&right.elem, "b")] {
            need(known(elem, numeric), args, param)?;
        }
        // Two bools are subtracted, which nothing does.
        if [&left, &right].iter().all(|of| of.elem == Ty::Bool && of.ndim == Some(0)) {
            return Err(args.no_overload());
        }
        let sequences = !is_number_ty(args.req("a")) && !is_number_ty(args.req("b"));
        if sequences && !left.elem.has_hole() && !right.elem.has_hole() && left.elem != right.elem {
            return Err(args.no_overload());
        }
        Ok(Ty::Bool)
    })
}

fn array_equal(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (left, right) = (asarray_arg(args, "a1")?, asarray_arg(args, "a2")?);
        let texts = |elem: &Ty| matches!(elem, Ty::UnicodeChars(_) | Ty::Chars(_));
        if texts(&left.elem) && texts(&right.elem) {
            return Ok(Ty::Bool);
        }
        let outcome = super::ufunc::resolve("equal", &[left.elem, right.elem]);
        if matches!(outcome, Outcome::Refused(_)) { Err(args.no_overload()) } else { Ok(Ty::Bool) }
    })
}

/// The angle of a number is a `float64`; arrays must hold floats or complex numbers.
fn angle(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("z");
        flag_arg(args, "deg")?;
        if is_number_ty(given) {
            return Ok(Ty::FLOAT64);
        }
        let source = array_arg(args, "z")?;
        need(known(&source.elem, |elem| matches!(elem, Ty::Float(_) | Ty::Complex(_))), args, "z")?;
        Ok(if given.is_hole() { given.clone() } else { same_shape(&source, part(&source.elem)) })
    })
}

fn sinc(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("x");
        if is_number_ty(given) {
            return Ok(double(&[&given.unliteral()]));
        }
        let source = array_arg(args, "x")?;
        need(known(&source.elem, is_number_ty), args, "x")?;
        Ok(if given.is_hole() { given.clone() } else { same_shape(&source, source.elem.clone()) })
    })
}

/// Element by element; bools are refused.
fn is_complex(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = unwrap_scalar(args.req("x"));
        if given.is_hole() {
            return Ok(given.clone());
        }
        let source = asarray_arg_of(args, "x", given)?;
        need(known(&source.elem, is_number_ty), args, "x")?;
        let layout = match source.elem {
            _ if source.layout == Layout::Hole => Layout::Hole,
            _ if source.layout != Layout::F => Layout::C,
            Ty::Complex(_) => Layout::C,
            Ty::Hole(_) => Layout::Hole,
            _ => Layout::F,
        };
        Ok(match source.ndim {
            Some(0) => Ty::Bool,
            Some(_) => array(Ty::Bool, source.ndim, layout),
            None => open_result(args),
        })
    })
}

fn unwrap_scalar(ty: &Ty) -> &Ty {
    match ty {
        Ty::Optional(inner) if inner.is_number() => inner,
        other => other,
    }
}

fn asarray_arg_of(args: &Args<'_>, param: &str, given: &Ty) -> Result<ArrayTy, Outcome> {
    asarray(given).ok_or_else(|| bad(args, param))
}

/// The element type that decides whether something is complex, `None` for what is no number.
fn element_of(ty: &Ty) -> Option<Ty> {
    asarray(ty).map(|source| source.elem)
}

/// Tuples of what has no dtype are refused.
fn no_dtype(args: &Args<'_>) -> Result<(), Outcome> {
    let given = args.req("x");
    let fits = match given {
        Ty::Tuple(items) => {
            items.iter().all(|item| item.has_hole() || item.is_number() || item.tuple_items().is_some())
        }
        _ => true,
    };
    need(Some(fits), args, "x")
}

/// Known when compiling.
fn is_complex_object(args: &Args<'_>) -> Outcome {
    typing(|| {
        no_dtype(args)?;
        match element_of(args.req("x")) {
            Some(hole) if hole.is_hole() => Ok(hole),
            elem => Ok(Ty::bool_literal(elem.is_some_and(|elem| is_complex_ty(&elem)))),
        }
    })
}

fn is_real_object(args: &Args<'_>) -> Outcome {
    typing(|| {
        no_dtype(args)?;
        Ok(Ty::Bool)
    })
}

fn is_scalar(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("element");
        if given.is_hole() {
            return Ok(given.clone());
        }
        let scalar = given.is_number()
            || matches!(given, Ty::Str | Ty::Literal(Literal::Str(_)) | Ty::DateTime(_) | Ty::TimeDelta(_));
        Ok(Ty::bool_literal(scalar))
    })
}

/// Typed as the ufunc `isinf` of reals.
fn is_signed_infinity(args: &Args<'_>) -> Outcome {
    let given = args.req("x");
    let elem = match unwrap_optional(given) {
        Ty::Array(array) => array.elem.clone(),
        other => other.clone(),
    };
    if known(&elem, real) == Some(false) {
        return bad(args, "x");
    }
    let operands: Vec<Ty> = args.given().into_iter().filter(|operand| !is_nonelike(operand)).collect();
    super::ufunc::resolve("isinf", &operands)
}

/// Integers have nothing to replace and come back as they are, tuples and lists too.
fn nan_to_num(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("x");
        if given.is_integer() {
            return Ok(given.unliteral());
        }
        if given.is_hole() {
            return Ok(given.clone());
        }
        flag_arg(args, "copy")?;
        for param in ["nan", "posinf", "neginf"] {
            optional_arg(args, param, |value| real(unwrap_optional(value)))?;
        }
        // A float that may be replaced by `None` is optional.
        if given.is_number() && args.get("nan").is_some_and(|nan| nan.is_hole() || is_nonelike(nan)) {
            return Ok(open_result(args));
        }
        if is_number_ty(given) {
            return Ok(match given.unliteral() {
                Ty::Float(float) => replaced(args, Ty::Float(float))?,
                Ty::Complex(_) => Ty::Complex(ComplexTy::C128),
                other => other,
            });
        }
        let source = asarray_arg(args, "x")?;
        if given.is_hole() || (given.has_hole() && !matches!(given, Ty::Array(_))) {
            return Ok(open_result(args));
        }
        match &source.elem {
            Ty::Int(_) => {
                uniform_or_list(args)?;
                Ok(given.unliteral())
            }
            Ty::Float(_) => {
                need(Some(matches!(given, Ty::Array(_))), args, "x")?;
                Ok(Ty::Array(source.into()))
            }
            Ty::Complex(_) => {
                need(Some(matches!(given, Ty::Array(_) | Ty::List { .. })), args, "x")?;
                Ok(Ty::Array(source.into()))
            }
            Ty::Hole(_) => Ok(Ty::Array(source.into())),
            _ => Err(bad(args, "x")),
        }
    })
}

/// A float is merged with what may take its place; by default that is a double.
fn replaced(args: &Args<'_>, float: Ty) -> Result<Ty, Outcome> {
    let nan = args.get("nan").map_or(Ty::FLOAT64, Ty::unliteral);
    let mut merged = unify(&float, &nan).ok_or_else(|| args.no_overload())?;
    for param in ["posinf", "neginf"] {
        if let Some(bound) = args.get(param).filter(|bound| !is_nonelike(bound)) {
            merged = unify(&merged, &bound.unliteral()).ok_or_else(|| args.no_overload())?;
        }
    }
    Ok(merged)
}

fn uniform_or_list(args: &Args<'_>) -> Result<(), Outcome> {
    match args.req("x") {
        Ty::Array(_) => Ok(()),
        Ty::TypedList(_) => Ok(()),
        Ty::List { elem, .. } => need(known(elem, Ty::is_integer), args, "x"),
        given => {
            let items: Vec<Ty> = given.tuple_items().unwrap_or_default().iter().map(Ty::unliteral).collect();
            need(
                Some(super::operand::is_uniform(items.iter()) && items.iter().all(Ty::is_integer)),
                args,
                "x",
            )
        }
    }
}
