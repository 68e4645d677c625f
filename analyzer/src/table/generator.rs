//! Methods of NumPy's random generators, which are passed in as arguments.

use std::sync::Arc;

use crate::ty::{ArrayTy, FloatTy, Layout, Literal, Ty, Why};

use super::operand::{DtypeArg, Shape, dtype_of, shape};
use super::{Args, Function, Outcome, RefusalKind};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("generator.beta", "a, b, size=None", real),
    Function::new("generator.binomial", "n, p, size=None", whole),
    Function::new("generator.chisquare", "df, size=None", real),
    Function::new("generator.exponential", "scale=1.0, size=None", real),
    Function::new("generator.f", "dfnum, dfden, size=None", real),
    Function::new("generator.gamma", "shape, scale=1.0, size=None", real),
    Function::new("generator.geometric", "p, size=None", whole),
    Function::new("generator.integers", "low, high, size=None, dtype=int64, endpoint=False", integers),
    Function::new("generator.laplace", "loc=0.0, scale=1.0, size=None", real),
    Function::new("generator.logistic", "loc=0.0, scale=1.0, size=None", real),
    Function::new("generator.lognormal", "mean=0.0, sigma=1.0, size=None", real),
    Function::new("generator.logseries", "p, size=None", whole),
    Function::new("generator.negative_binomial", "n, p, size=None", whole),
    Function::new("generator.noncentral_chisquare", "df, nonc, size=None", real),
    Function::new("generator.noncentral_f", "dfnum, dfden, nonc, size=None", real),
    Function::new("generator.normal", "loc=0.0, scale=1.0, size=None", real),
    Function::new("generator.pareto", "a, size=None", real),
    Function::new("generator.permutation", "x, axis=0", permutation),
    Function::new("generator.poisson", "lam, size=None", whole),
    Function::new("generator.power", "a, size=None", real),
    Function::new("generator.random", "size=None, dtype=float64", typed),
    Function::new("generator.rayleigh", "scale=1.0, size=None", real),
    Function::new("generator.shuffle", "x, axis=0", shuffle),
    Function::new("generator.standard_cauchy", "size=None", real),
    Function::new("generator.standard_exponential", "size=None, dtype=float64, method='zig'", typed),
    Function::new("generator.standard_gamma", "shape, size=None, dtype=float64", typed),
    Function::new("generator.standard_normal", "size=None, dtype=float64", typed),
    Function::new("generator.standard_t", "df, size=None", real),
    Function::new("generator.triangular", "left, mode, right, size=None", real),
    Function::new("generator.uniform", "low=0.0, high=1.0, size=None", real),
    Function::new("generator.wald", "mean, scale, size=None", real),
    Function::new("generator.weibull", "a, size=None", real),
    Function::new("generator.zipf", "a, size=None", whole),
];

/// A parameter of a distribution: a number that is neither bool nor complex.
fn is_parameter(ty: &Ty) -> bool {
    matches!(ty, Ty::Int(_) | Ty::Float(_) | Ty::Literal(Literal::Int(_)) | Ty::Omitted(_) | Ty::Opaque(_))
        || ty.is_hole()
}

/// One number, or an array of them by `size`: an int or a tuple of ints of one type.
fn drawn(args: &Args<'_>, elem: Ty) -> Outcome {
    let Some(size) = args.get("size").filter(|ty| !matches!(ty, Ty::None | Ty::Omitted(_))) else {
        return Outcome::known(elem);
    };
    let uniform = |items: &[Ty]| items.windows(2).all(|pair| pair[0].unliteral() == pair[1].unliteral());
    match size {
        Ty::Tuple(items) if !uniform(items) && !size.has_hole() => args.no_overload(),
        size => match shape(size) {
            Shape::Rank(ndim) => Outcome::known(Ty::array(elem, ndim, Layout::C)),
            Shape::Hole => Outcome::Hole(size.why().unwrap_or(Why::NotModelled("a size"))),
            Shape::ListAsShape => args.refuse("size", RefusalKind::ListAsShape),
            Shape::FloatAsShape => args.refuse("size", RefusalKind::FloatAsShape(size.clone())),
            Shape::Refused => args.no_overload(),
        },
    }
}

fn distribution(args: &Args<'_>, elem: Ty) -> Outcome {
    let parameters =
        args.named().filter(|(name, _)| !matches!(*name, "size" | "dtype" | "method" | "endpoint"));
    for (name, ty) in parameters {
        match ty {
            Some(ty) if !is_parameter(ty) => {
                return args.refuse(name, RefusalKind::ArgumentType { param: name.into(), got: ty.clone() });
            }
            _ => {}
        }
    }
    drawn(args, elem)
}

fn real(args: &Args<'_>) -> Outcome {
    distribution(args, Ty::FLOAT64)
}

fn whole(args: &Args<'_>) -> Outcome {
    distribution(args, Ty::INT64)
}

/// The dtype of the result, if the call gives one.
fn dtype(args: &Args<'_>) -> Result<Option<Ty>, Outcome> {
    let Some(arg) = args.get("dtype").filter(|ty| !matches!(ty, Ty::Omitted(_))) else { return Ok(None) };
    match dtype_of(arg) {
        DtypeArg::Known(ty) => Ok(Some(ty)),
        DtypeArg::Hole => Ok(Some(Ty::Hole(arg.why().unwrap_or(Why::NotModelled("a dtype"))))),
        DtypeArg::PythonType(name) => Err(args.refuse("dtype", RefusalKind::PythonDtype(name))),
        DtypeArg::Refused => Err(args.no_overload()),
    }
}

/// Floats of 32 or 64 bits.
fn typed(args: &Args<'_>) -> Outcome {
    match dtype(args) {
        Ok(None) => distribution(args, Ty::FLOAT64),
        Ok(Some(elem @ Ty::Float(FloatTy::F32 | FloatTy::F64))) => distribution(args, elem),
        Ok(Some(hole)) if hole.is_hole() => distribution(args, hole),
        Ok(Some(_)) => args.no_overload(),
        Err(outcome) => outcome,
    }
}

fn integers(args: &Args<'_>) -> Outcome {
    for bound in ["low", "high"] {
        let ty = args.req(bound);
        let fits = ty.is_integer()
            || matches!(ty, Ty::Bool | Ty::Literal(Literal::Bool(_)) | Ty::Opaque(_))
            || ty.is_hole();
        if !fits {
            return args.refuse(bound, RefusalKind::ArgumentType { param: bound.into(), got: ty.clone() });
        }
    }
    match dtype(args) {
        Ok(None) => drawn(args, Ty::INT64),
        Ok(Some(elem)) if elem.is_integer() || elem == Ty::Bool || elem.is_hole() => drawn(args, elem),
        Ok(Some(_)) => args.no_overload(),
        Err(outcome) => outcome,
    }
}

fn axis(args: &Args<'_>) -> bool {
    args.get("axis").is_none_or(|ty| ty.is_integer() || ty.is_hole() || matches!(ty, Ty::Omitted(_)))
}

/// A shuffled copy, or a shuffled range of ints.
fn permutation(args: &Args<'_>) -> Outcome {
    if !axis(args) {
        return args.no_overload();
    }
    match args.req("x") {
        x if x.is_integer() => Outcome::known(Ty::array(Ty::INT64, 1, Layout::C)),
        Ty::Array(array) => Outcome::known(Ty::Array(Arc::new(ArrayTy {
            layout: Layout::C,
            readonly: false,
            ..(**array).clone()
        }))),
        x if x.is_hole() => Outcome::Hole(x.why().unwrap_or(Why::NotModelled("what is permuted"))),
        _ => args.no_overload(),
    }
}

fn shuffle(args: &Args<'_>) -> Outcome {
    match args.req("x") {
        x @ Ty::Array(array) if array.readonly => args.refuse("x", RefusalKind::Readonly(x.clone())),
        Ty::Array(_) if axis(args) => Outcome::known(Ty::None),
        x if x.is_hole() && axis(args) => Outcome::known(Ty::None),
        _ => args.no_overload(),
    }
}
