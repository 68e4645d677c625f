//! NumPy's functions of samples: covariance, convolution, differences, interpolation, windows.

use crate::ty::{ArrayTy, Layout, Literal, Ty, Why};

use super::numpy_math::{double, vector};
use super::numpy_reduce::{numeric, real};
use super::operand::{
    array, array_of, asarray, asarray_arg, bad, flag_arg, is_bool_ty, is_integer, is_nonelike, is_number_ty,
    is_open, known, max_rank, need, open_result, optional_arg, promote, typing, unwrap_optional,
};
use super::{Args, Function, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.bartlett", "M", window),
    Function::new("numpy.blackman", "M", window),
    Function::new("numpy.convolve", "a, v, mode='full'", convolve),
    Function::new("numpy.corrcoef", "x, y=None, rowvar=True", corrcoef),
    Function::new("numpy.correlate", "a, v, mode='valid'", convolve),
    Function::new("numpy.cov", "m, y=None, rowvar=True, bias=False, ddof=None", cov),
    Function::new("numpy.diff", "a, n=1", diff),
    Function::new("numpy.ediff1d", "ary, to_end=None, to_begin=None", ediff1d),
    Function::new("numpy.hamming", "M", signed_window),
    Function::new("numpy.hanning", "M", signed_window),
    Function::new("numpy.interp", "x, xp, fp", interp),
    Function::new("numpy.kaiser", "M, beta", kaiser),
    Function::new("numpy.trapezoid", "y, x=None, dx=1.0", trapezoid).since((0, 61)),
    Function::new("numpy.unwrap", "p, discont=None, axis=-1, period=6.283185307179586", unwrap),
];

fn diff(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_of(unwrap_optional(args.req("a"))).ok_or_else(|| bad(args, "a"))?;
        need(source.ndim.map(|ndim| ndim > 0), args, "a")?;
        need(known(&source.elem, |elem| elem.is_number() || matches!(elem, Ty::TimeDelta(_))), args, "a")?;
        if source.layout == Layout::A {
            return Err(args.refuse("a", RefusalKind::NotContiguous));
        }
        if let Some(times) = args.get("n") {
            need(super::operand::is_integer_or_bool(unwrap_optional(times)), args, "n")?;
        }
        Ok(array(source.elem, source.ndim, Layout::C))
    })
}

/// What is put at the ends must cast safely to the array's dtype.
fn ediff1d(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("ary");
        let source = uniform_asarray(args, "ary")?;
        let allowed = |elem: &Ty| is_number_ty(elem) || (is_bool_ty(elem) && !matches!(given, Ty::Array(_)));
        need(known(&source.elem, allowed), args, "ary")?;
        for param in ["to_end", "to_begin"] {
            if args.get(param).is_none_or(is_nonelike) {
                continue;
            }
            let ends = uniform_asarray(args, param)?;
            need(known(&ends.elem, numeric), args, param)?;
            if !ends.elem.has_hole() && !source.elem.has_hole() {
                need(Some(promote(&ends.elem, &source.elem).as_ref() == Some(&source.elem)), args, param)?;
            }
        }
        Ok(vector(source.elem))
    })
}

/// An array-like with one dtype: no tuple of different types, no typed list.
fn uniform_asarray(args: &Args<'_>, param: &str) -> Result<ArrayTy, Outcome> {
    let source = asarray_arg(args, param)?;
    let given = args.req(param);
    let uniform = match given {
        Ty::TypedList(_) | Ty::Literal(Literal::Str(_)) => false,
        ty => match ty.tuple_items() {
            Some(items) => {
                let items: Vec<Ty> = items.iter().map(Ty::unliteral).collect();
                items.is_empty() || super::operand::is_uniform(items.iter()) || items.iter().any(Ty::has_hole)
            }
            None => true,
        },
    };
    need(known(given, |_| uniform), args, param)?;
    Ok(source)
}

/// A scalar for a scalar, an array of doubles for an array.
fn interp(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("x");
        let points = asarray_arg(args, "x")?;
        need(known(&points.elem, real), args, "x")?;
        let (xp, fp) = (asarray_arg(args, "xp")?, asarray_arg(args, "fp")?);
        for (side, param) in [(&xp, "xp"), (&fp, "fp")] {
            need(side.ndim.map(|ndim| ndim == 1), args, param)?;
            need(known(&side.elem, numeric), args, param)?;
        }
        need(known(&xp.elem, real), args, "xp")?;
        let elem = double(&[&fp.elem]);
        if given.is_hole() {
            return Ok(given.clone());
        }
        Ok(if given.is_number() { elem } else { array(elem, points.ndim, Layout::C) })
    })
}

/// Vectors, or lists. A mode of `None` always raises.
fn convolve(args: &Args<'_>) -> Outcome {
    typing(|| {
        let side = |param: &str| {
            let source = asarray_arg(args, param)?;
            let listed = |ty: &Ty| matches!(ty, Ty::Array(_) | Ty::List { .. });
            need(known(args.req(param), listed), args, param)?;
            need(source.ndim.map(|ndim| ndim == 1), args, param)?;
            need(known(&source.elem, numeric), args, param)?;
            Ok(source.elem)
        };
        let (left, right) = (side("a")?, side("v")?);
        if is_open(args, "mode") {
            return Ok(open_result(args));
        }
        if args.get("mode").is_some_and(is_nonelike) {
            return Ok(Ty::None);
        }
        if left.is_hole() || right.is_hole() {
            return Ok(vector(if left.is_hole() { left } else { right }));
        }
        let elem = promote(&left, &right).ok_or_else(|| args.no_overload())?;
        // Numba multiplies and adds bools as `int8` here.
        let narrow = is_bool_ty(&elem) && args.path == "numpy.correlate";
        Ok(vector(if narrow { Ty::Int(crate::ty::IntTy::I8) } else { elem }))
    })
}

/// Whether the covariance is one number: a single variable, and no second one.
fn covariance(args: &Args<'_>, param: &str) -> Result<(Ty, Option<bool>), Outcome> {
    let mut elems = Vec::new();
    let mut single = Some(true);
    flag_arg(args, "rowvar")?;
    for param in [param, "y"] {
        let Some(given) = args.get(param).filter(|given| param != "y" || !is_nonelike(given)) else {
            continue;
        };
        need(known(given, |ty| !matches!(ty, Ty::TypedList(_) | Ty::Iter(_))), args, param)?;
        // Numba does not look inside an optional, and takes it for a matrix.
        if matches!(given, Ty::Optional(_)) {
            single = single.and(Some(false));
        }
        let given = unwrap_optional(given);
        let source = asarray(given).ok_or_else(|| bad(args, param))?;
        need(known(&source.elem, numeric), args, param)?;
        need(source.ndim.map(|ndim| ndim <= 2), args, param)?;
        single = match (source.ndim, single) {
            _ if param == "y" && given.is_hole() => single.filter(|single| !single),
            _ if param == "y" => Some(false),
            (Some(0), single) if given.is_number() => single,
            (Some(1), single) => single,
            (Some(_), _) => Some(false),
            (None, _) => None,
        };
        elems.push(source.elem);
    }
    Ok((double(&elems.iter().collect::<Vec<_>>()), single))
}

fn cov(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (elem, single) = covariance(args, "m")?;
        flag_arg(args, "bias")?;
        optional_arg(args, "ddof", |ddof| ddof.is_integer() || is_bool_ty(ddof))?;
        let ndim = single.map(|single| if single { 0 } else { 2 });
        Ok(array(elem, ndim, Layout::C))
    })
}

fn corrcoef(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (elem, single) = covariance(args, "x")?;
        Ok(match single {
            Some(true) => elem,
            Some(false) => array(elem, Some(2), Layout::C),
            None => Ty::Hole(args.req("x").why().unwrap_or(Why::NotModelled("an array of unknown rank"))),
        })
    })
}

fn window(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(is_integer(args.req("M")), args, "M")?;
        Ok(vector(Ty::FLOAT64))
    })
}

fn is_signed(ty: &Ty) -> bool {
    matches!(ty.unliteral(), Ty::Int(int) if int.signed())
}

/// Unsigned lengths crash Numba.
fn signed_window(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(known(args.req("M"), is_signed), args, "M")?;
        Ok(vector(Ty::FLOAT64))
    })
}

fn kaiser(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(known(args.req("M"), is_signed), args, "M")?;
        need(known(args.req("beta"), |beta| is_number_ty(beta) && real(beta)), args, "beta")?;
        Ok(vector(Ty::FLOAT64))
    })
}

/// One rank less than the wider of the samples and their positions.
fn trapezoid(args: &Args<'_>) -> Outcome {
    typing(|| {
        let samples = asarray(unwrap_optional(args.req("y"))).ok_or_else(|| bad(args, "y"))?;
        need(samples.ndim.map(|ndim| ndim > 0), args, "y")?;
        if let Ty::TimeDelta(_) = samples.elem {
            return Ok(Ty::TimeDelta("".into()));
        }
        need(known(&samples.elem, numeric), args, "y")?;
        let mut elems = vec![samples.elem.clone()];
        let mut ndim = samples.ndim.map(|ndim| ndim.saturating_sub(1));
        if is_open(args, "x") {
            return Ok(open_result(args));
        }
        let positions = args.get("x").is_some_and(|given| !is_nonelike(given));
        for (param, removed) in [("x", 1), ("dx", 0)] {
            let Some(given) = args.get(param) else { continue };
            // The distance is not looked at where the positions are given.
            if positions != (param == "x") {
                continue;
            }
            let steps = asarray(given).ok_or_else(|| bad(args, param))?;
            need(known(&steps.elem, numeric), args, param)?;
            if param == "x" {
                need(steps.ndim.map(|ndim| ndim > 0), args, param)?;
            }
            let rank = steps.ndim.map(|rank| rank.saturating_sub(removed.max(u8::from(rank > 0))));
            ndim = max_rank(ndim, rank);
            elems.push(steps.elem);
        }
        let elem = double(&elems.iter().collect::<Vec<_>>());
        Ok(match ndim {
            Some(0) => elem,
            Some(_) => array(elem, ndim, Layout::C),
            None => Ty::Hole(samples.elem.why().unwrap_or(Why::NotModelled("an array of unknown rank"))),
        })
    })
}

/// The dtype is that of the data and the period together, at least double by default.
fn unwrap(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "p")?;
        let given = args.req("p");
        need(known(given, |ty| !ty.is_number()), args, "p")?;
        need(source.ndim.map(|ndim| ndim > 0), args, "p")?;
        need(known(&source.elem, real), args, "p")?;
        if let Some(items) = given.tuple_items() {
            let items: Vec<Ty> = items.iter().map(Ty::unliteral).collect();
            need(Some(super::operand::is_uniform(items.iter())), args, "p")?;
        }
        if source.layout == Layout::F {
            return Err(args.refuse("p", RefusalKind::NotContiguous));
        }
        optional_arg(args, "discont", |discont| is_number_ty(discont) && real(discont))?;
        if let Some(axis) = args.get("axis") {
            need(is_integer(axis), args, "axis")?;
        }
        let period = match args.get("period") {
            Some(period) => {
                need(known(period, |period| is_number_ty(period) && real(period)), args, "period")?;
                period.unliteral()
            }
            None => Ty::FLOAT64,
        };
        let elem = promote(&source.elem, &period).ok_or_else(|| bad(args, "p"))?;
        Ok(array(elem, source.ndim, Layout::C))
    })
}
