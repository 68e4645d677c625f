//! The rest of NumPy: diagonals, limits of types, iterators over indices, polynomials.

use std::sync::Arc;

use crate::ty::{ArrayTy, FloatTy, IterTy, Layout, Literal, NamedTupleTy, Ty, Why};

use super::numpy_reduce::numeric;
use super::operand::{
    DtypeArg, Shape, array, array_arg, array_of, as_dtype, asarray, asarray_arg, bad, dtype_of, flag_arg,
    is_bool_ty, is_integer, is_number_ty, is_uniform, known, need, open_result, optional_arg, promote, shape,
    typing, unwrap_optional,
};
use super::{Args, Function, Op, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.diag", "v, k=0", diag),
    Function::new("numpy.diagflat", "v, k=0", diagflat),
    Function::new("numpy.dtype", "dtype", dtype),
    Function::new("numpy.finfo", "dtype", finfo),
    Function::new("numpy.iinfo", "int_type", iinfo),
    Function::new("numpy.ndenumerate", "arr, /", ndenumerate).op(Op::NdEnumerate),
    Function::new("numpy.ndindex", "*shape", ndindex).op(Op::NdIndex),
    Function::new("numpy.nditer", "op, /", nditer),
    Function::new("numpy.polynomial.polynomial.Polynomial", "coef, domain=None, window=None", polynomial),
    Function::new("numpy.polynomial.polynomial.polyadd", "c1, c2", poly_sum),
    Function::new("numpy.polynomial.polynomial.polydiv", "c1, c2", poly_division),
    Function::new("numpy.polynomial.polynomial.polyint", "c, m=1", poly_integral),
    Function::new("numpy.polynomial.polynomial.polymul", "c1, c2", poly_sum),
    Function::new("numpy.polynomial.polynomial.polysub", "c1, c2", poly_sum),
    Function::new("numpy.polynomial.polynomial.polyval", "x, c, tensor=True", poly_value),
    Function::new("numpy.polynomial.polyutils.as_series", "alist, trim=True", as_series),
    Function::new("numpy.polynomial.polyutils.trimseq", "seq", trimseq),
    Function::new("numpy.roots", "p", roots),
    Function::new("numpy.vander", "x, N=None, increasing=False", vander),
];

fn vector(elem: Ty) -> Ty {
    array(elem, Some(1), Layout::C)
}

/// A matrix of a vector, the diagonal of a matrix.
fn diag(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "v")?;
        super::numpy_manip::offset_arg(args, "k")?;
        match source.ndim {
            Some(1) => Ok(array(source.elem, Some(2), Layout::C)),
            Some(2) => Ok(vector(source.elem)),
            Some(_) => Err(bad(args, "v")),
            None => Ok(array(source.elem, None, Layout::C)),
        }
    })
}

fn diagflat(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "v")?;
        if let Some(offset) = args.get("k") {
            need(known(offset, |ty| matches!(ty.unliteral(), Ty::Int(int) if int.signed())), args, "k")?;
        }
        Ok(array(source.elem, Some(2), Layout::C))
    })
}

fn dtype(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("dtype");
        match dtype_of(given) {
            DtypeArg::Known(_) if matches!(given, Ty::DType(_)) => Err(bad(args, "dtype")),
            DtypeArg::Known(ty) => Ok(Ty::DType(ty.into())),
            DtypeArg::PythonType(name) => Err(args.refuse("dtype", RefusalKind::PythonDtype(name))),
            DtypeArg::Hole => Ok(Ty::Hole(given.why().unwrap_or(Why::NotModelled("a dtype")))),
            DtypeArg::Refused => Err(bad(args, "dtype")),
        }
    })
}

/// The scalar type whose limits are asked for: that of a number, of a class, or of the elements of anything.
fn limits_of(args: &Args<'_>, param: &str) -> Result<Ty, Outcome> {
    let given = args.req(param);
    let elem = match given {
        Ty::Array(array) => array.elem.clone(),
        Ty::List { elem, .. } | Ty::TypedList(elem) | Ty::Set { elem, .. } => (**elem).clone(),
        Ty::Range(int) => Ty::Int(*int),
        Ty::Iter(iter) => match &**iter {
            IterTy::Flat(array) => array.as_array().map_or(Ty::None, |array| array.elem.clone()),
            _ => Ty::None,
        },
        _ => match given.tuple_items() {
            Some(items) => {
                let items: Vec<Ty> = items.iter().map(Ty::unliteral).collect();
                need(Some(is_uniform(items.iter())), args, param)?;
                items.first().cloned().unwrap_or(Ty::None)
            }
            None => as_dtype(given).ok_or_else(|| bad(args, param))?,
        },
    };
    Ok(elem.unliteral())
}

fn info(name: &str, fields: Vec<(&str, Ty)>) -> Ty {
    let fields = fields.into_iter().map(|(field, ty)| (field.into(), ty)).collect();
    Ty::NamedTuple(Arc::new(NamedTupleTy { name: name.into(), fields }))
}

fn finfo(args: &Args<'_>) -> Outcome {
    typing(|| {
        let float = match limits_of(args, "dtype")? {
            Ty::Float(float @ (FloatTy::F32 | FloatTy::F64)) => Ty::Float(float),
            Ty::Complex(complex) => Ty::Float(complex.part()),
            hole if hole.is_hole() => return Ok(hole),
            _ => return Err(bad(args, "dtype")),
        };
        let int = Ty::INT64;
        let fields = [
            ("eps", &float),
            ("epsneg", &float),
            ("iexp", &int),
            ("machep", &int),
            ("max", &float),
            ("maxexp", &int),
            ("min", &float),
            ("minexp", &int),
            ("negep", &int),
            ("nexp", &int),
            ("nmant", &int),
            ("precision", &int),
            ("resolution", &float),
            ("tiny", &float),
            ("bits", &int),
        ];
        Ok(info("finfo", fields.into_iter().map(|(name, ty)| (name, ty.clone())).collect()))
    })
}

fn iinfo(args: &Args<'_>) -> Outcome {
    typing(|| {
        let max = match limits_of(args, "int_type")? {
            Ty::Int(int) if int.bits() == 64 && !int.signed() => Ty::UINT64,
            Ty::Int(_) => Ty::INT64,
            hole if hole.is_hole() => return Ok(hole),
            _ => return Err(bad(args, "int_type")),
        };
        Ok(info("iinfo", vec![("min", Ty::INT64), ("max", max), ("bits", Ty::INT64)]))
    })
}

fn ndenumerate(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_of(unwrap_optional(args.req("arr"))).ok_or_else(|| bad(args, "arr"))?;
        Ok(Ty::Iter(IterTy::NdEnumerate(Ty::Array(source.into())).into()))
    })
}

/// Integers, or one tuple of integers of one type.
fn ndindex(args: &Args<'_>) -> Outcome {
    typing(|| {
        let index = |ndim: usize| match u8::try_from(ndim) {
            Ok(ndim) => Ok(Ty::Iter(IterTy::NdIndex(ndim).into())),
            Err(_) => Err(args.no_overload()),
        };
        if let [Ty::Tuple(items)] = args.rest.as_slice() {
            let items: Vec<Ty> = items.iter().map(Ty::unliteral).collect();
            let fits = items.iter().all(|item| is_integer(item) != Some(false))
                && (items.is_empty() || is_uniform(items.iter()) || items.iter().any(Ty::is_hole));
            return if fits { index(items.len()) } else { Err(args.no_overload()) };
        }
        if let [only] = args.rest.as_slice()
            && shape(only) == Shape::Hole
        {
            return Ok(Ty::Hole(only.why().unwrap_or(Why::NotModelled("a shape"))));
        }
        for (place, arg) in args.rest.iter().enumerate() {
            if is_integer(unwrap_optional(arg)) == Some(false) {
                let kind = RefusalKind::ArgumentType { param: "shape".into(), got: arg.clone() };
                return Err(Outcome::refused_arg(place, kind));
            }
        }
        index(args.rest.len())
    })
}

/// An array, a scalar, or a tuple of them.
fn nditer(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("op");
        let inputs: Vec<Ty> = match given.tuple_items() {
            Some(items) if items.is_empty() => return Err(bad(args, "op")),
            Some(items) => items.iter().map(Ty::unliteral).collect(),
            None if given.is_hole() => return Ok(given.clone()),
            None => vec![given.unliteral()],
        };
        Ok(Ty::Iter(IterTy::NdIter(inputs.into()).into()))
    })
}

/// Coefficients: an array-like of numbers, of one dimension at most. A scalar is a constant.
fn coefficients(args: &Args<'_>, param: &str) -> Result<Ty, Outcome> {
    let source = asarray_arg(args, param)?;
    need(source.ndim.map(|ndim| ndim <= 1), args, param)?;
    need(known(&source.elem, numeric), args, param)?;
    let given = args.req(param);
    let fits = |ty: &Ty| !matches!(ty, Ty::TypedList(_) | Ty::Literal(Literal::Bool(_)) | Ty::Bool);
    need(known(given, fits), args, param)?;
    Ok(source.elem)
}

/// Sums and products of polynomials are computed in double precision.
fn doubled(args: &Args<'_>, elems: &[Ty]) -> Result<Ty, Outcome> {
    let mut elem = Ty::FLOAT64;
    for other in elems {
        elem = promote(&elem, other).ok_or_else(|| args.no_overload())?;
    }
    Ok(elem)
}

fn poly_sum(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elems = [coefficients(args, "c1")?, coefficients(args, "c2")?];
        Ok(vector(doubled(args, &elems)?))
    })
}

fn poly_division(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elems = [coefficients(args, "c1")?, coefficients(args, "c2")?];
        Ok(Ty::uni_tuple(vector(doubled(args, &elems)?), 2))
    })
}

fn poly_integral(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "c")?;
        need(source.ndim.map(|ndim| ndim > 0), args, "c")?;
        need(known(&source.elem, numeric), args, "c")?;
        if let Some(order) = args.get("m") {
            need(is_integer(order), args, "m")?;
        }
        let layout = match source.layout {
            Layout::F => Layout::A,
            Layout::Hole => Layout::Hole,
            Layout::C | Layout::A => Layout::C,
        };
        Ok(array(doubled(args, &[source.elem])?, source.ndim, layout))
    })
}

/// The rank of the points, and what the coefficients have beyond their first axis.
fn poly_value(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("x");
        let points = asarray_arg(args, "x")?;
        let coefs = asarray_arg(args, "c")?;
        need(known(given, |ty| !is_bool_ty(ty)), args, "x")?;
        need(known(args.req("c"), |ty| !ty.is_number() || !given.is_number()), args, "c")?;
        need(known(&points.elem, numeric), args, "x")?;
        need(known(&coefs.elem, numeric), args, "c")?;
        if let Some(tensor) = args.get("tensor") {
            need(known(tensor, |ty| matches!(ty, Ty::Literal(Literal::Bool(_)))), args, "tensor")?;
        }
        let elem = doubled(args, &[points.elem, coefs.elem])?;
        if given.is_hole() {
            return Ok(given.clone());
        }
        let beyond = coefs.ndim.map(|ndim| ndim.saturating_sub(1));
        // Without a tensor the points are broadcast over the columns of the coefficients.
        let columns = args.get("tensor") == Some(&Ty::bool_literal(false));
        let join = |(left, right): (u8, u8)| if columns { left.max(right) } else { left + right };
        let ndim = points.ndim.zip(beyond).map(join);
        Ok(match ndim {
            Some(0) => elem,
            None => open_result(args),
            ndim => array(elem, ndim, Layout::C),
        })
    })
}

fn polynomial(args: &Args<'_>) -> Outcome {
    typing(|| {
        let mut count = 0;
        for (param, given) in args.params() {
            let Some(given) = given else { continue };
            let source = array_of(unwrap_optional(given)).ok_or_else(|| bad(args, param))?;
            need(source.ndim.map(|ndim| ndim == 1), args, param)?;
            count += 1;
        }
        let other = vector(if count == 1 { Ty::INT64 } else { Ty::FLOAT64 });
        let name = format!("PolynomialType({}, {other}, {other}, {count})", vector(Ty::FLOAT64));
        Ok(Ty::Opaque(name.into()))
    })
}

fn as_series(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("alist");
        if given.is_hole() {
            return Ok(Ty::list(vector(given.clone())));
        }
        if let Some(trim) = args.get("trim") {
            need(known(trim, super::operand::is_bool_ty), args, "trim")?;
        }
        let elem = match given.tuple_items() {
            Some(items) if items.iter().any(|item| matches!(item, Ty::Array(_))) => {
                need(Some(items.iter().all(|item| array_of(item).is_some())), args, "alist")?;
                let elems: Vec<Ty> =
                    items.iter().filter_map(array_of).map(|array: ArrayTy| array.elem).collect();
                doubled(args, &elems)?
            }
            _ => {
                need(Some(!given.is_number()), args, "alist")?;
                let source = asarray_arg(args, "alist")?;
                need(source.ndim.map(|ndim| ndim > 0 && ndim <= 2), args, "alist")?;
                need(known(&source.elem, numeric), args, "alist")?;
                doubled(args, &[source.elem])?
            }
        };
        Ok(Ty::list(vector(elem)))
    })
}

fn trimseq(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("seq");
        let fits = |ty: &Ty| match ty {
            Ty::Array(array) => {
                array.ndim.is_none_or(|ndim| ndim == 1) && !matches!(array.elem, Ty::Record(_))
            }
            Ty::Str | Ty::Literal(Literal::Str(_)) | Ty::TypedList(_) | Ty::List { .. } => true,
            _ => false,
        };
        need(known(given, fits), args, "seq")?;
        Ok(given.unliteral())
    })
}

/// Single precision stays, integers become doubles.
fn roots(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "p")?;
        need(source.ndim.map(|ndim| ndim > 0), args, "p")?;
        need(known(&source.elem, is_number_ty), args, "p")?;
        Ok(vector(match source.elem {
            Ty::Int(_) => Ty::FLOAT64,
            other => other,
        }))
    })
}

fn vander(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = unwrap_optional(args.req("x"));
        let source = asarray(given).ok_or_else(|| bad(args, "x"))?;
        need(
            known(given, |ty| !ty.is_number() && !matches!(ty, Ty::TypedList(_) | Ty::Literal(_))),
            args,
            "x",
        )?;
        need(known(&source.elem, numeric), args, "x")?;
        optional_arg(args, "N", Ty::is_integer)?;
        flag_arg(args, "increasing")?;
        let elem = match given {
            Ty::Array(_) => promote(&source.elem, &Ty::INT64).ok_or_else(|| bad(args, "x"))?,
            _ => source.elem,
        };
        Ok(array(elem, Some(2), Layout::C))
    })
}
