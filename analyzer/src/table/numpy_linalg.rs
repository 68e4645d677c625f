//! Products of arrays and `numpy.linalg`. LAPACK's functions take matrices of floats or complex numbers only; Numba
//! refuses integers.

use crate::ty::{ArrayTy, IntTy, Layout, Ty, Why};

use super::numpy_reduce::{numeric, real};
use super::operand::{
    array, array_arg, array_of, asarray_arg, bad, is_integer, is_nonelike, is_number_ty, known, max_rank,
    need, promote, typing, unwrap_optional,
};
use super::{Args, Function, Op, Outcome};

pub static ROWS: &[Function] = &[
    Function::new("numpy.cross", "a, b", cross),
    Function::new("numpy.dot", "a, b, out=None", dot).op(Op::Dot).opens_optional(),
    Function::new("numpy.kron", "a, b", kron),
    Function::new("numpy.linalg.cholesky", "a", cholesky),
    Function::new("numpy.linalg.cond", "x, p=None", cond),
    Function::new("numpy.linalg.det", "a", det),
    Function::new("numpy.linalg.eig", "a", eig),
    Function::new("numpy.linalg.eigh", "a", eigh),
    Function::new("numpy.linalg.eigvals", "a", eigvals),
    Function::new("numpy.linalg.eigvalsh", "a", eigvalsh),
    Function::new("numpy.linalg.inv", "a", inv),
    Function::new("numpy.linalg.lstsq", "a, b, rcond=-1.0", lstsq),
    Function::new("numpy.linalg.matrix_power", "a, n", matrix_power),
    Function::new("numpy.linalg.matrix_rank", "A, tol=None", matrix_rank),
    Function::new("numpy.linalg.norm", "x, ord=None", norm),
    Function::new("numpy.linalg.pinv", "a, rcond=1e-15", pinv),
    Function::new("numpy.linalg.qr", "a", qr),
    Function::new("numpy.linalg.slogdet", "a", slogdet),
    Function::new("numpy.linalg.solve", "a, b", solve),
    Function::new("numpy.linalg.svd", "a, full_matrices=1", svd),
    Function::new("numpy.outer", "a, b, out=None", outer).opens_optional(),
    Function::new("numpy.trace", "a, offset=0", trace).opens_optional(),
    Function::new("numpy.vdot", "left, right", vdot).opens_optional(),
];

fn vector(elem: Ty) -> Ty {
    array(elem, Some(1), Layout::C)
}

fn matrix(elem: Ty, layout: Layout) -> Ty {
    array(elem, Some(2), layout)
}

/// A LAPACK type: float or complex.
fn inexact(ty: &Ty) -> bool {
    matches!(ty, Ty::Float(_) | Ty::Complex(_))
}

/// The real type that belongs to a LAPACK type: singular values, norms.
fn real_part(elem: &Ty) -> Ty {
    match elem {
        Ty::Complex(complex) => Ty::Float(complex.part()),
        other => other.clone(),
    }
}

/// An array of floats or complex numbers whose rank is in this range.
fn lapack(args: &Args<'_>, param: &str, ranks: [u8; 2]) -> Result<ArrayTy, Outcome> {
    let source = array_arg(args, param)?;
    need(known(&source.elem, inexact), args, param)?;
    need(source.ndim.map(|ndim| (ranks[0]..=ranks[1]).contains(&ndim)), args, param)?;
    Ok(source)
}

/// The element type of a matrix.
fn square(args: &Args<'_>) -> Result<Ty, Outcome> {
    Ok(lapack(args, "a", [2, 2])?.elem)
}

/// The result of a product: the ranks of the factors decide it.
pub fn product(left: &ArrayTy, right: &ArrayTy) -> Option<Ty> {
    let elem = if left.elem.is_hole() { right.elem.clone() } else { left.elem.clone() };
    Some(match (left.ndim, right.ndim) {
        (Some(1), Some(1)) => elem,
        (Some(1), Some(2)) | (Some(2), Some(1)) => vector(elem),
        (Some(2), Some(2)) => matrix(elem, Layout::C),
        (None, Some(1 | 2)) | (Some(1 | 2), None) | (None, None) => {
            Ty::Hole(elem.why().unwrap_or(Why::NotModelled("a product of arrays of unknown rank")))
        }
        _ => return None,
    })
}

/// Both factors have one dtype, and one or two dimensions.
fn factors(args: &Args<'_>, params: [&str; 2], ranks: [u8; 2]) -> Result<(ArrayTy, ArrayTy), Outcome> {
    let (left, right) = (array_arg(args, params[0])?, array_arg(args, params[1])?);
    for (factor, param) in [(&left, params[0]), (&right, params[1])] {
        // The code is BLAS's, which has no integers.
        need(known(&factor.elem, |elem| matches!(elem, Ty::Float(_) | Ty::Complex(_))), args, param)?;
        need(factor.ndim.map(|ndim| (ranks[0]..=ranks[1]).contains(&ndim)), args, param)?;
    }
    if !left.elem.has_hole() && !right.elem.has_hole() && left.elem != right.elem {
        return Err(args.no_overload());
    }
    Ok((left, right))
}

fn dot(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (left, right) = factors(args, ["a", "b"], [1, 2])?;
        let ret = product(&left, &right).ok_or_else(|| args.no_overload())?;
        let Some(out) = args.get("out") else { return Ok(ret) };
        let target = array_of(out).ok_or_else(|| bad(args, "out"))?;
        if !target.elem.has_hole() && !left.elem.has_hole() {
            need(Some(target.elem == left.elem), args, "out")?;
        }
        Ok(out.clone())
    })
}

fn vdot(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (left, right) = factors(args, ["left", "right"], [1, 1])?;
        Ok(if left.elem.is_hole() { right.elem } else { left.elem })
    })
}

/// The element type of a product of two operands of any dtypes.
fn multiplied(args: &Args<'_>, left: &Ty, right: &Ty) -> Result<Ty, Outcome> {
    if left.is_hole() || right.is_hole() {
        return Ok(Ty::Hole(left.why().or(right.why()).unwrap_or(Why::NotModelled("a product"))));
    }
    let (_, elem) = super::ufunc::scalar_loop("multiply", &[left.clone(), right.clone()])
        .ok_or_else(|| args.no_overload())?;
    Ok(elem)
}

fn outer(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (left, right) = (asarray_arg(args, "a")?, asarray_arg(args, "b")?);
        let elem = multiplied(args, &left.elem, &right.elem)?;
        match args.get("out").filter(|out| !is_nonelike(out)) {
            None => Ok(matrix(elem, Layout::C)),
            Some(out) if out.is_hole() => Ok(out.clone()),
            Some(out) => {
                let target = array_of(out).ok_or_else(|| bad(args, "out"))?;
                need(known(&target.elem, numeric), args, "out")?;
                if let (false, false) = (target.elem.has_hole(), elem.has_hole()) {
                    let fits =
                        super::ufunc::resolve("multiply", &[elem.clone(), elem, out.clone()]).ty().is_some();
                    need(Some(fits), args, "out")?;
                }
                Ok(out.clone())
            }
        }
    })
}

/// The result has the dtype of the first operand.
fn kron(args: &Args<'_>) -> Outcome {
    typing(|| {
        let side = |param: &str| {
            let given = args.req(param);
            let source = match array_of(given) {
                Some(source) => source,
                None if is_number_ty(given) => {
                    super::operand::array_ty(given.unliteral(), Some(1), Layout::C)
                }
                None => return Err(bad(args, param)),
            };
            need(known(&source.elem, numeric), args, param)?;
            need(source.ndim.map(|ndim| ndim > 0 && ndim <= 2), args, param)?;
            need(Some(source.layout != Layout::A), args, param)?;
            Ok(source)
        };
        let (left, right) = (side("a")?, side("b")?);
        let complex = |ty: &Ty| matches!(ty, Ty::Complex(_));
        if complex(&right.elem) && known(&left.elem, complex) == Some(false) {
            return Err(args.no_overload());
        }
        Ok(array(left.elem, max_rank(left.ndim, right.ndim), Layout::C))
    })
}

fn cross(args: &Args<'_>) -> Outcome {
    typing(|| {
        let side = |param: &str| {
            let source = asarray_arg(args, param)?;
            need(source.ndim.map(|ndim| ndim == 1 || ndim == 2), args, param)?;
            need(known(args.req(param), |ty| !matches!(ty, Ty::TypedList(_))), args, param)?;
            Ok(source)
        };
        let (left, right) = (side("a")?, side("b")?);
        let elem = promote(&left.elem, &right.elem).ok_or_else(|| args.no_overload())?;
        Ok(array(elem, max_rank(left.ndim, right.ndim), Layout::C))
    })
}

fn trace(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elem = double(&square(args)?);
        if let Some(offset) = args.get("offset") {
            need(is_integer(offset), args, "offset")?;
        }
        Ok(elem)
    })
}

fn cholesky(args: &Args<'_>) -> Outcome {
    typing(|| Ok(matrix(square(args)?, Layout::C)))
}

fn inv(args: &Args<'_>) -> Outcome {
    typing(|| Ok(matrix(square(args)?, Layout::F)))
}

fn pinv(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elem = square(args)?;
        tolerance(args, "rcond")?;
        Ok(matrix(elem, Layout::F))
    })
}

/// A real number, or an array that is compared with the singular values.
fn tolerance(args: &Args<'_>, param: &str) -> Result<(), Outcome> {
    let fits = |ty: &Ty| match unwrap_optional(ty) {
        Ty::Array(_) => true,
        ty => real(ty),
    };
    match args.get(param) {
        Some(tolerance) => need(known(tolerance, fits), args, param),
        None => Ok(()),
    }
}

fn det(args: &Args<'_>) -> Outcome {
    typing(|| Ok(double(&square(args)?)))
}

/// Determinants and norms of matrices are computed in double precision.
fn double(elem: &Ty) -> Ty {
    match elem {
        Ty::Float(_) => Ty::FLOAT64,
        Ty::Complex(_) => Ty::COMPLEX128,
        other => other.clone(),
    }
}

fn slogdet(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elem = double(&square(args)?);
        Ok(Ty::tuple([elem.clone(), real_part(&elem)]))
    })
}

fn eig(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elem = square(args)?;
        Ok(Ty::tuple([vector(elem.clone()), matrix(elem, Layout::F)]))
    })
}

fn eigh(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elem = square(args)?;
        Ok(Ty::tuple([vector(real_part(&elem)), matrix(elem, Layout::F)]))
    })
}

fn eigvals(args: &Args<'_>) -> Outcome {
    typing(|| Ok(vector(square(args)?)))
}

fn eigvalsh(args: &Args<'_>) -> Outcome {
    typing(|| Ok(vector(real_part(&square(args)?))))
}

fn qr(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elem = square(args)?;
        Ok(Ty::tuple([matrix(elem.clone(), Layout::A), matrix(elem, Layout::F)]))
    })
}

fn svd(args: &Args<'_>) -> Outcome {
    typing(|| {
        let elem = square(args)?;
        if let Some(flag) = args.get("full_matrices") {
            need(known(flag, has_truth), args, "full_matrices")?;
        }
        let unitary = matrix(elem.clone(), Layout::F);
        Ok(Ty::tuple([unitary.clone(), vector(real_part(&elem)), unitary]))
    })
}

/// What can stand in an `if`.
fn has_truth(ty: &Ty) -> bool {
    ty.is_number()
        || ty.tuple_items().is_some()
        || matches!(
            ty,
            Ty::Str
                | Ty::Literal(_)
                | Ty::Array(_)
                | Ty::List { .. }
                | Ty::TypedList(_)
                | Ty::Dict(_)
                | Ty::Set { .. }
        )
}

/// Solutions keep the rank of the right-hand side.
fn sides(args: &Args<'_>) -> Result<(Ty, Option<u8>), Outcome> {
    let left = lapack(args, "a", [2, 2])?;
    let right = lapack(args, "b", [1, 2])?;
    if !left.elem.has_hole() && !right.elem.has_hole() && left.elem != right.elem {
        return Err(args.no_overload());
    }
    Ok((if left.elem.is_hole() { right.elem } else { left.elem }, right.ndim))
}

fn solve(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (elem, ndim) = sides(args)?;
        let layout = match ndim {
            Some(1) => Layout::C,
            Some(_) => Layout::F,
            None => Layout::Hole,
        };
        Ok(array(elem, ndim, layout))
    })
}

fn lstsq(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (elem, ndim) = sides(args)?;
        if let Some(rcond) = args.get("rcond") {
            need(known(unwrap_optional(rcond), real), args, "rcond")?;
        }
        let values = vector(real_part(&elem));
        Ok(Ty::tuple([array(elem, ndim, Layout::C), values.clone(), Ty::Int(IntTy::I32), values]))
    })
}

/// Numba types the result as optional. Anything whose elements are integers passes for the exponent.
fn matrix_power(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = lapack(args, "a", [2, 2])?;
        let integers = |ty: &Ty| ty.is_integer() || matches!(ty, Ty::Array(array) if array.elem.is_integer());
        need(known(args.req("n"), integers), args, "n")?;
        let layout = match source.layout {
            Layout::F => Layout::A,
            layout => layout,
        };
        Ok(Ty::optional(matrix(source.elem, layout)))
    })
}

fn matrix_rank(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = lapack(args, "A", [1, 2])?;
        if source.ndim == Some(2) && args.get("tol").is_some_and(|tol| !is_nonelike(tol)) {
            tolerance(args, "tol")?;
        }
        Ok(Ty::INT64)
    })
}

fn norm(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = lapack(args, "x", [1, 2])?;
        let vector_norm = real_part(&source.elem);
        let order = args.get("ord").map(unwrap_optional).filter(|order| !is_nonelike(order));
        match (source.ndim, order) {
            (Some(1), Some(order)) => {
                need(known(order, numeric), args, "ord")?;
                Ok(if matches!(order, Ty::Complex(_)) || order.is_hole() {
                    order.clone()
                } else {
                    vector_norm
                })
            }
            (Some(1), None) => Ok(vector_norm),
            (Some(_), order) => {
                if let Some(order) = order {
                    need(known(order, is_order), args, "ord")?;
                }
                Ok(Ty::FLOAT64)
            }
            (None, None) if vector_norm == Ty::FLOAT64 => Ok(vector_norm),
            (None, _) => Ok(super::operand::open_result(args)),
        }
    })
}

/// What Numba can compare with a number: the orders of matrix norms are compared one by one.
fn is_order(ty: &Ty) -> bool {
    ty.is_number()
        || matches!(ty, Ty::Str | Ty::Literal(_) | Ty::TypedList(_))
        || matches!(ty, Ty::Array(array) if array.elem.is_number())
}

fn cond(args: &Args<'_>) -> Outcome {
    typing(|| {
        lapack(args, "x", [2, 2])?;
        if let Some(order) = args.get("p").map(unwrap_optional).filter(|order| !is_nonelike(order)) {
            need(known(order, is_order), args, "p")?;
        }
        Ok(Ty::FLOAT64)
    })
}
