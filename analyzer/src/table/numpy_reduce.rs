//! NumPy's reductions and running totals: from an array to a scalar, or to an array of one rank less.

use crate::ty::{ArrayTy, FloatTy, IntTy, Layout, Ty, Why};

use super::operand::{
    Typing, array, array_of, array_ty, asarray, bad, dtype_arg, is_bool_ty, is_integer, is_nonelike,
    is_number_ty, is_open, known, need, open_result, typing, unwrap_optional, widened,
};
use super::{Args, Function, Outcome, Version};

pub static ROWS: &[Function] = &[
    Function::new("numpy.all", "a", truth),
    Function::new("numpy.any", "a", truth),
    Function::new("numpy.argmax", "a, axis=None", arg_extremum),
    Function::new("numpy.argmin", "a, axis=None", arg_extremum),
    Function::new("numpy.average", "a, axis=None, weights=None", average),
    Function::new("numpy.count_nonzero", "a, axis=None", count_nonzero),
    Function::new("numpy.cumprod", "a", cumprod),
    Function::new("numpy.cumsum", "a, axis=None, dtype=None", cumsum)
        .params_since(&[("axis", (0, 67)), ("dtype", (0, 67))]),
    Function::new("numpy.max", "a", extremum),
    Function::new("numpy.mean", "a", mean),
    Function::new("numpy.median", "a", median),
    Function::new("numpy.min", "a", extremum),
    Function::new("numpy.nanargmax", "a, axis=None", nan_arg_extremum).since((0, 68)),
    Function::new("numpy.nanargmin", "a, axis=None", nan_arg_extremum).since((0, 68)),
    Function::new("numpy.nancumprod", "a", cumprod),
    Function::new("numpy.nancumsum", "a", nancumsum),
    Function::new("numpy.nanmax", "a", nan_extremum),
    Function::new("numpy.nanmean", "a", nanmean),
    Function::new("numpy.nanmedian", "a", nanmedian),
    Function::new("numpy.nanmin", "a", nan_extremum),
    Function::new("numpy.nanpercentile", "a, q", percentile),
    Function::new("numpy.nanprod", "a", nanprod),
    Function::new("numpy.nanquantile", "a, q", percentile),
    Function::new("numpy.nanstd", "a, axis=None, dtype=None, out=None, ddof=0", nanvar)
        .params_since(&[("axis", (0, 67)), ("ddof", (0, 67))]),
    Function::new("numpy.nansum", "a", nansum),
    Function::new("numpy.nanvar", "a, axis=None, dtype=None, out=None, ddof=0", nanvar)
        .params_since(&[("axis", (0, 67)), ("ddof", (0, 67))]),
    Function::new("numpy.percentile", "a, q", percentile),
    Function::new("numpy.prod", "a", prod),
    Function::new("numpy.ptp", "a", ptp),
    Function::new("numpy.quantile", "a, q", percentile),
    Function::new("numpy.std", "a", std),
    Function::new("numpy.sum", "a, axis=None, dtype=None", sum),
    Function::new("numpy.var", "a", var),
];

/// What a reduction runs over: an array, or a number that stands for itself.
pub struct Operand {
    pub array: ArrayTy,
    pub scalar: bool,
}

/// Numbers as well as arrays: Numba gives numbers the methods of an array of rank 0.
pub fn array_or_number(args: &Args<'_>, elems: fn(&Ty) -> bool) -> Result<Operand, Outcome> {
    let given = unwrap_optional(args.req("a"));
    if given.is_number() || is_time(given) {
        need(Some(elems(given)), args, "a")?;
        return Ok(Operand { array: array_ty(given.unliteral(), Some(0), Layout::C), scalar: true });
    }
    Ok(Operand { array: only_array(args, elems)?, scalar: false })
}

/// An array whose elements pass the test.
pub fn only_array(args: &Args<'_>, elems: fn(&Ty) -> bool) -> Result<ArrayTy, Outcome> {
    let array = array_of(unwrap_optional(args.req("a"))).ok_or_else(|| bad(args, "a"))?;
    need(known(&array.elem, elems), args, "a")?;
    Ok(array)
}

pub fn is_time(ty: &Ty) -> bool {
    matches!(ty, Ty::DateTime(_) | Ty::TimeDelta(_))
}

pub fn is_text(ty: &Ty) -> bool {
    matches!(ty, Ty::Chars(_) | Ty::UnicodeChars(_))
}

pub fn numeric(ty: &Ty) -> bool {
    ty.is_number()
}

pub fn real(ty: &Ty) -> bool {
    ty.is_number() && !matches!(ty, Ty::Complex(_))
}

fn number_or_delta(ty: &Ty) -> bool {
    ty.is_number() || matches!(ty, Ty::TimeDelta(_))
}

fn real_or_delta(ty: &Ty) -> bool {
    real(ty) || matches!(ty, Ty::TimeDelta(_))
}

fn ordered(ty: &Ty) -> bool {
    ty.is_number() || is_time(ty) || is_text(ty)
}

fn anything(_: &Ty) -> bool {
    true
}

/// A reduction along an axis: an array of one rank less, or a scalar where none is left.
pub fn reduced(elem: Ty, source: &ArrayTy, removed: u8) -> Ty {
    match source.ndim {
        Some(ndim) if ndim > removed => array(elem, Some(ndim - removed), Layout::C),
        Some(_) => elem,
        None => Ty::Hole(source.elem.why().unwrap_or(Why::NotModelled("an array of unknown rank"))),
    }
}

/// What an `axis` argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axes {
    All,
    Some(u8),
    /// A hole, which may be `None`.
    Open,
}

fn axes(args: &Args<'_>, tuples: bool) -> Result<Axes, Outcome> {
    let Some(axis) = args.get("axis").filter(|axis| !is_nonelike(axis)) else { return Ok(Axes::All) };
    if axis.is_hole() {
        return Ok(Axes::Open);
    }
    match axis.tuple_items() {
        Some(items)
            if tuples && items.iter().all(|item| is_integer(item) != Some(false)) && !items.is_empty() =>
        {
            Ok(u8::try_from(items.len()).map_or(Axes::Open, Axes::Some))
        }
        _ => {
            need(is_integer(axis), args, "axis")?;
            Ok(Axes::Some(1))
        }
    }
}

/// A reduction over these axes.
fn reduced_over(args: &Args<'_>, elem: Ty, source: &ArrayTy, axes: Axes) -> Ty {
    match axes {
        Axes::All => elem,
        Axes::Some(removed) => reduced(elem, source, removed),
        Axes::Open if source.ndim.is_some_and(|ndim| ndim <= 1) => elem,
        Axes::Open => open_result(args),
    }
}

/// The `dtype` of a running total or sum. Anything with a `dtype` of its own will do, arrays and lists included.
fn total_dtype(args: &Args<'_>) -> Result<Option<Ty>, Outcome> {
    let Some(arg) = args.get("dtype").filter(|arg| !is_nonelike(arg)) else { return Ok(None) };
    match arg {
        Ty::Array(array) => Ok(Some(array.elem.clone())),
        Ty::List { elem, .. } | Ty::TypedList(elem) => Ok(Some((**elem).clone())),
        Ty::Literal(_) => Err(bad(args, "dtype")),
        Ty::Tuple(items) if super::operand::is_uniform(items.iter()) => Ok(items.first().cloned()),
        _ => dtype_arg(args, "dtype"),
    }
}

/// Refuses what only a later Numba takes.
fn since(args: &Args<'_>, used: bool, version: Version) -> Result<(), Outcome> {
    if used && args.numba() < version { Err(args.no_overload()) } else { Ok(()) }
}

fn truth(args: &Args<'_>) -> Outcome {
    typing(|| {
        array_or_number(args, |ty| ty.is_number() || is_time(ty) || is_text(ty))?;
        Ok(Ty::Bool)
    })
}

fn sum(args: &Args<'_>) -> Outcome {
    typing(|| {
        let operand = array_or_number(args, anything)?;
        let dtype = total_dtype(args)?;
        let removed = axes(args, true)?;
        let elem = dtype.unwrap_or_else(|| match widened(&operand.array.elem) {
            Ty::Int(IntTy::U64) if args.numba() == (0, 67) && operand.array.elem != Ty::UINT64 => Ty::INT64,
            elem => elem,
        });
        since(args, operand.scalar, (0, 67))?;
        since(args, matches!(removed, Axes::Some(axes) if axes > 1), (0, 68))?;
        Ok(if operand.scalar { elem } else { reduced_over(args, elem, &operand.array, removed) })
    })
}

fn cumsum(args: &Args<'_>) -> Outcome {
    typing(|| {
        let operand = array_or_number(args, anything)?;
        let dtype = total_dtype(args)?;
        let along = axes(args, false)?;
        let elem = dtype.unwrap_or_else(|| match widened(&operand.array.elem) {
            Ty::Int(IntTy::U64) if args.numba() < (0, 67) => operand.array.elem.clone(),
            Ty::Int(IntTy::U64) if args.numba() == (0, 67) && operand.array.elem != Ty::UINT64 => Ty::INT64,
            elem => elem,
        });
        Ok(match along {
            _ if operand.scalar => elem,
            _ if args.req("a").is_hole() => open_result(args),
            Axes::All => array(elem, Some(1), Layout::C),
            Axes::Some(_) => array(elem, operand.array.ndim, Layout::C),
            Axes::Open => array(elem, operand.array.ndim.filter(|ndim| *ndim == 1), Layout::C),
        })
    })
}

fn cumprod(args: &Args<'_>) -> Outcome {
    typing(|| Ok(array(widened(&only_array(args, numeric)?.elem), Some(1), Layout::C)))
}

fn nancumsum(args: &Args<'_>) -> Outcome {
    typing(|| Ok(array(widened(&only_array(args, number_or_delta)?.elem), Some(1), Layout::C)))
}

fn prod(args: &Args<'_>) -> Outcome {
    typing(|| Ok(widened(&array_or_number(args, numeric)?.array.elem)))
}

fn nanprod(args: &Args<'_>) -> Outcome {
    typing(|| Ok(widened(&only_array(args, numeric)?.elem)))
}

fn nansum(args: &Args<'_>) -> Outcome {
    typing(|| Ok(widened(&only_array(args, number_or_delta)?.elem)))
}

fn extremum(args: &Args<'_>) -> Outcome {
    typing(|| {
        let operand = array_or_number(args, ordered)?;
        since(args, operand.scalar, (0, 65))?;
        Ok(operand.array.elem)
    })
}

/// Integers and bools are averaged in `float64`.
fn averaged(elem: &Ty) -> Ty {
    match elem {
        Ty::Bool | Ty::Int(_) => Ty::FLOAT64,
        other => other.clone(),
    }
}

fn mean(args: &Args<'_>) -> Outcome {
    typing(|| match averaged(&array_or_number(args, number_or_delta)?.array.elem) {
        Ty::Float(_) if args.numba() < (0, 66) => Ok(Ty::FLOAT64),
        elem => Ok(elem),
    })
}

fn nanmean(args: &Args<'_>) -> Outcome {
    typing(|| {
        Ok(match only_array(args, numeric)?.elem {
            Ty::Complex(_) => Ty::COMPLEX128,
            hole if hole.is_hole() => hole,
            _ => Ty::FLOAT64,
        })
    })
}

/// The deviation of an array is a `float64`; that of a single-precision number stays one.
fn std(args: &Args<'_>) -> Outcome {
    typing(|| {
        let operand = array_or_number(args, numeric)?;
        Ok(match operand.array.elem {
            Ty::Float(float) if operand.scalar => Ty::Float(float),
            Ty::Complex(complex) if operand.scalar => Ty::Float(complex.part()),
            _ if operand.scalar || !args.req("a").is_hole() => Ty::Float(FloatTy::F64),
            elem => elem,
        })
    })
}

fn var(args: &Args<'_>) -> Outcome {
    typing(|| {
        only_array(args, numeric)?;
        Ok(Ty::FLOAT64)
    })
}

/// The parameters besides `ddof` must be left out or `None`.
fn nanvar(args: &Args<'_>) -> Outcome {
    typing(|| {
        only_array(args, numeric)?;
        for param in ["axis", "dtype", "out"] {
            if let Some(arg) = args.get(param) {
                need(known(arg, is_nonelike), args, param)?;
            }
        }
        if let Some(ddof) = args.get("ddof") {
            need(known(ddof, is_number_ty), args, "ddof")?;
        }
        Ok(Ty::FLOAT64)
    })
}

fn median(args: &Args<'_>) -> Outcome {
    typing(|| {
        Ok(match only_array(args, real_or_delta)?.elem {
            open @ (Ty::TimeDelta(_) | Ty::Hole(_)) => open,
            _ => Ty::FLOAT64,
        })
    })
}

fn nanmedian(args: &Args<'_>) -> Outcome {
    typing(|| {
        only_array(args, real)?;
        Ok(Ty::FLOAT64)
    })
}

fn arg_extremum(args: &Args<'_>) -> Outcome {
    typing(|| {
        // Numba asks for the dtype before it unpacks what may be `None`.
        need(Some(!matches!(args.req("a"), Ty::Optional(_))), args, "a")?;
        let array = only_array(args, |ty| real(ty) || is_time(ty) || is_text(ty))?;
        position(args, &array)
    })
}

fn nan_arg_extremum(args: &Args<'_>) -> Outcome {
    typing(|| {
        let array = only_array(args, real)?;
        position(args, &array)
    })
}

/// An index, or indices along an axis.
fn position(args: &Args<'_>, array: &ArrayTy) -> Typing {
    match axes(args, false)? {
        Axes::Some(_) if array.ndim == Some(0) => Err(bad(args, "axis")),
        axes => Ok(reduced_over(args, Ty::INT64, array, axes)),
    }
}

fn count_nonzero(args: &Args<'_>) -> Outcome {
    typing(|| {
        let array = array_of(args.req("a")).ok_or_else(|| bad(args, "a"))?;
        need(known(&array.elem, numeric), args, "a")?;
        Ok(reduced_over(args, Ty::INT64, &array, axes(args, true)?))
    })
}

/// Array-likes of numbers; complex ones only as arrays and numbers.
fn nan_extremum(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = unwrap_optional(args.req("a"));
        let source = asarray(given).ok_or_else(|| bad(args, "a"))?;
        let allowed = |elem: &Ty| {
            real(elem)
                || (matches!(given, Ty::Array(_)) && is_time(elem))
                || (matches!(elem, Ty::Complex(_)) && (given.is_number() || matches!(given, Ty::Array(_))))
        };
        need(known(&source.elem, allowed), args, "a")?;
        Ok(source.elem)
    })
}

/// The difference of the extremes, computed as Numba's `-` of two scalars. Arrays of bools have no `-`.
fn ptp(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = unwrap_optional(args.req("a"));
        if matches!(given, Ty::TypedList(_)) {
            return Err(bad(args, "a"));
        }
        let source = asarray(given).ok_or_else(|| bad(args, "a"))?;
        let allowed = |elem: &Ty| is_number_ty(elem) || (is_bool_ty(elem) && given.is_number());
        need(known(&source.elem, allowed), args, "a")?;
        Ok(match source.elem {
            Ty::Int(int) if int.signed() => Ty::INT64,
            Ty::Bool => Ty::INT64,
            Ty::Int(_) | Ty::Float(_) => Ty::FLOAT64,
            Ty::Complex(_) => Ty::COMPLEX128,
            other => other,
        })
    })
}

/// A number for a number, a vector for anything else. Data must be real, the percentage need not.
fn percentile(args: &Args<'_>) -> Outcome {
    typing(|| {
        let data = asarray(args.req("a")).ok_or_else(|| bad(args, "a"))?;
        need(known(&data.elem, real), args, "a")?;
        let rank = args.req("q");
        if rank.is_hole() {
            return Ok(rank.clone());
        }
        let points = asarray(rank).ok_or_else(|| bad(args, "q"))?;
        if rank.is_number() {
            return Ok(Ty::FLOAT64);
        }
        need(known(&points.elem, real), args, "q")?;
        Ok(array(Ty::FLOAT64, Some(1), Layout::C))
    })
}

/// Numba accepts any `axis` and then raises when the function runs.
fn average(args: &Args<'_>) -> Outcome {
    typing(|| {
        if is_open(args, "axis") || is_open(args, "weights") {
            return Ok(open_result(args));
        }
        if args.get("axis").is_some_and(|axis| !is_nonelike(axis)) {
            return Ok(Ty::None);
        }
        let data = asarray(unwrap_optional(args.req("a"))).ok_or_else(|| bad(args, "a"))?;
        need(known(&data.elem, number_or_delta), args, "a")?;
        let elem = averaged(&data.elem);
        let Some(weights) = args.get("weights").filter(|weights| !is_nonelike(weights)) else {
            return Ok(elem);
        };
        let weights = asarray(unwrap_optional(weights)).ok_or_else(|| bad(args, "weights"))?;
        need(known(&weights.elem, numeric), args, "weights")?;
        Ok(match super::ufunc::scalar_loop("multiply", &[data.elem.clone(), weights.elem.clone()]) {
            Some((_, product)) => averaged(&product),
            None => Ty::Hole(data.elem.why().or(weights.elem.why()).unwrap_or(Why::NotModelled("a weight"))),
        })
    })
}
