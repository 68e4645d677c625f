//! `numpy.random` and `random`: distributions drawn one number at a time, or into an array by `size`.

use crate::ty::{IntTy, Layout, Ty, Why};

use super::numpy_reduce::real;
use super::operand::{
    Typing, array, array_of, asarray_arg, bad, is_nonelike, is_number_ty, is_uniform, known, need, rank_of,
    typing, unify, unwrap_optional,
};
use super::{Args, Function, Op, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.random.beta", "a, b, size=None", draw),
    Function::new("numpy.random.binomial", "n, p, size=None", binomial),
    Function::new("numpy.random.chisquare", "df, size=None", draw),
    Function::new("numpy.random.choice", "a, size=None, replace=True", choice),
    Function::new("numpy.random.dirichlet", "alpha, size=None", dirichlet),
    Function::new("numpy.random.exponential", "scale=1.0, size=None", draw),
    Function::new("numpy.random.f", "dfnum, dfden, size=None", draw),
    Function::new("numpy.random.gamma", "shape, scale=1.0, size=None", draw),
    Function::new("numpy.random.geometric", "p, size=None", draw_integer),
    Function::new("numpy.random.gumbel", "loc, scale, size=None", draw),
    Function::new("numpy.random.hypergeometric", "ngood, nbad, nsample, size=None", draw_integer),
    Function::new("numpy.random.laplace", "loc=0.0, scale=1.0, size=None", draw),
    Function::new("numpy.random.logistic", "loc=0.0, scale=1.0, size=None", draw),
    Function::new("numpy.random.lognormal", "mean=0.0, sigma=1.0, size=None", draw),
    Function::new("numpy.random.logseries", "p, size=None", draw_integer),
    Function::new("numpy.random.multinomial", "n, pvals, size=None", multinomial),
    Function::new("numpy.random.negative_binomial", "n, p", draw_integer),
    Function::new("numpy.random.noncentral_chisquare", "df, nonc, size=None", draw),
    Function::new("numpy.random.normal", "loc=0.0, scale=1.0, size=None", draw),
    Function::new("numpy.random.pareto", "a, size=None", draw_from_float),
    Function::new("numpy.random.permutation", "x", permutation),
    Function::new("numpy.random.poisson", "lam=1.0, size=None", draw_integer),
    Function::new("numpy.random.power", "a, size=None", draw),
    Function::new("numpy.random.rand", "*size", by_dimensions),
    Function::new("numpy.random.randint", "low, high=None, size=None", randint),
    Function::new("numpy.random.randn", "*size", by_dimensions),
    Function::new("numpy.random.random", "size=None", draw),
    Function::new("numpy.random.rayleigh", "scale=1.0, size=None", draw),
    Function::new("numpy.random.seed", "seed", seed).op(Op::RandomSeed),
    Function::new("numpy.random.shuffle", "x", shuffle),
    Function::new("numpy.random.standard_cauchy", "size=None", draw),
    Function::new("numpy.random.standard_exponential", "size=None", draw),
    Function::new("numpy.random.standard_gamma", "shape, size=None", draw),
    Function::new("numpy.random.standard_normal", "size=None", draw),
    Function::new("numpy.random.standard_t", "df, size=None", draw),
    Function::new("numpy.random.triangular", "left, mode, right, size=None", draw),
    Function::new("numpy.random.uniform", "low=0.0, high=1.0, size=None", uniform),
    Function::new("numpy.random.vonmises", "mu, kappa, size=None", draw_from_float),
    Function::new("numpy.random.wald", "mean, scale, size=None", draw_from_float),
    Function::new("numpy.random.weibull", "a, size=None", draw),
    Function::new("numpy.random.zipf", "a, size=None", draw_integer_from_float),
    Function::new("random.betavariate", "alpha, beta", draw),
    Function::new("random.expovariate", "lambd", draw_from_float),
    Function::new("random.gammavariate", "alpha, beta", draw),
    Function::new("random.gauss", "mu, sigma", draw),
    Function::new("random.getrandbits", "k", getrandbits),
    Function::new("random.lognormvariate", "mu, sigma", draw_from_float),
    Function::new("random.normalvariate", "mu, sigma", draw),
    Function::new("random.paretovariate", "alpha", draw_from_float),
    Function::new("random.randint", "a, b", randrange),
    Function::new("random.random", "", draw),
    Function::new("random.randrange", "start, stop=None, step=None", randrange),
    Function::new("random.seed", "a", seed),
    Function::new("random.shuffle", "x", shuffle),
    Function::new("random.triangular", "low, high, mode=None", draw),
    Function::new("random.uniform", "a, b", draw),
    Function::new("random.vonmisesvariate", "mu, kappa", draw_from_float),
    Function::new("random.weibullvariate", "alpha, beta", draw),
];

fn draw(args: &Args<'_>) -> Outcome {
    typing(|| distribution(args, is_real, Ty::FLOAT64))
}

fn draw_integer(args: &Args<'_>) -> Outcome {
    typing(|| distribution(args, is_real, Ty::INT64))
}

fn draw_from_float(args: &Args<'_>) -> Outcome {
    typing(|| distribution(args, is_float, Ty::FLOAT64))
}

fn draw_integer_from_float(args: &Args<'_>) -> Outcome {
    typing(|| distribution(args, is_float, Ty::INT64))
}

/// A number of trials, and a probability that is not optional.
fn binomial(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(known(args.req("n"), Ty::is_integer), args, "n")?;
        need(known(args.req("p"), is_real), args, "p")?;
        sized(args, Ty::INT64, 0)
    })
}

/// Both bounds or none.
fn uniform(args: &Args<'_>) -> Outcome {
    if args.get("low").is_some() != args.get("high").is_some() {
        return Outcome::refused(RefusalKind::MissingArgument("high".into()));
    }
    draw(args)
}

fn is_real(ty: &Ty) -> bool {
    is_number_ty(ty) && !matches!(ty, Ty::Complex(_))
}

fn is_float(ty: &Ty) -> bool {
    matches!(ty, Ty::Float(_))
}

fn is_integer_arg(args: &Args<'_>, param: &str) -> Result<(), Outcome> {
    match args.get(param) {
        Some(arg) => need(known(unwrap_optional(arg), Ty::is_integer), args, param),
        None => Ok(()),
    }
}

/// Parameters are given from the left, and a size only with all of them: Numba has one overload for each number of
/// arguments, and no defaults. `np.random.normal(size=3)` is refused.
fn distribution(args: &Args<'_>, test: fn(&Ty) -> bool, elem: Ty) -> Typing {
    let mut missing = None;
    for (param, arg) in args.params() {
        let Some(arg) = arg else {
            missing = missing.or(Some(param));
            continue;
        };
        if let Some(missing) = missing {
            return Err(Outcome::refused(RefusalKind::MissingArgument(missing.into())));
        }
        if param != "size" {
            need(known(unwrap_optional(arg), test), args, param)?;
        }
    }
    sized(args, elem, 0)
}

/// One number, or an array of the shape `size`.
fn sized(args: &Args<'_>, elem: Ty, more: u8) -> Typing {
    let has_size = args.params().any(|(param, arg)| param == "size" && arg.is_some());
    if !has_size || is_nonelike(args.req("size")) {
        return Ok(if more == 0 { elem } else { array(elem, Some(more), Layout::C) });
    }
    let size = args.req("size");
    if let Ty::Optional(inner) = size {
        need(known(inner, Ty::is_integer), args, "size")?;
        return Ok(array(elem, Some(1 + more), Layout::C));
    }
    if size.is_hole() {
        return Ok(size.clone());
    }
    if let Ty::Tuple(items) = size {
        let items: Vec<Ty> = items.iter().map(Ty::unliteral).collect();
        let one_type = items.is_empty() || is_uniform(items.iter()) || items.iter().any(Ty::is_hole);
        need(Some(one_type), args, "size")?;
    }
    let ndim = rank_of(args, "size")?;
    Ok(array(elem, ndim.map(|ndim| ndim + more), Layout::C))
}

/// Two bounds of narrower types give the type that they unify to; one bound gives `int64`.
fn randint(args: &Args<'_>) -> Outcome {
    typing(|| {
        let mut bounds = Vec::new();
        for (param, bound) in args.params() {
            if param != "size" {
                is_integer_arg(args, param)?;
                bounds.extend(bound.map(Ty::unliteral));
            }
        }
        let elem = match bounds.as_slice() {
            [hole, _] | [_, hole] if hole.is_hole() => hole.clone(),
            [low, high] => unify(low, high).filter(|ty| matches!(ty, Ty::Int(_))).unwrap_or(Ty::INT64),
            _ => Ty::INT64,
        };
        distribution(args, is_real, elem)
    })
}

/// Python's own, which adds an int to what is left out: only three bounds may be narrower.
fn randrange(args: &Args<'_>) -> Outcome {
    typing(|| {
        let mut bounds = Vec::new();
        for (param, bound) in args.params() {
            is_integer_arg(args, param)?;
            bounds.extend(bound.map(Ty::unliteral));
        }
        let int = |bound: &Ty| if let Ty::Int(int) = bound { Some(*int) } else { None };
        let ints: Vec<IntTy> = bounds.iter().filter_map(int).collect();
        let hole = bounds.iter().find(|bound| bound.is_hole());
        Ok(match (hole, bounds.len()) {
            (None, 3) if ints.len() == 3 => {
                let bits = ints.iter().map(|int| int.bits()).max().unwrap_or(64);
                IntTy::new(bits, ints.iter().any(|int| int.signed())).map_or(Ty::INT64, Ty::Int)
            }
            (Some(hole), 3) => hole.clone(),
            _ => Ty::INT64,
        })
    })
}

fn getrandbits(args: &Args<'_>) -> Outcome {
    typing(|| {
        is_integer_arg(args, "k")?;
        Ok(Ty::UINT64)
    })
}

fn seed(args: &Args<'_>) -> Outcome {
    typing(|| {
        for (param, _) in args.params() {
            is_integer_arg(args, param)?;
        }
        Ok(Ty::None)
    })
}

/// In place, so the array must be writable.
fn shuffle(args: &Args<'_>) -> Outcome {
    typing(|| {
        let target = array_of(args.req("x")).ok_or_else(|| bad(args, "x"))?;
        if target.readonly {
            return Err(args.refuse("x", RefusalKind::Readonly(args.req("x").clone())));
        }
        need(target.ndim.map(|ndim| ndim > 0), args, "x")?;
        Ok(Ty::None)
    })
}

/// A shuffled copy, or a shuffled range. Unsigned integers crash Numba.
fn permutation(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = unwrap_optional(args.req("x"));
        if given.is_hole() {
            return Ok(given.clone());
        }
        if given.is_integer() {
            need(Some(matches!(given.unliteral(), Ty::Int(int) if int.signed())), args, "x")?;
            return Ok(array(Ty::INT64, Some(1), Layout::C));
        }
        let source = array_of(given).ok_or_else(|| bad(args, "x"))?;
        need(source.ndim.map(|ndim| ndim > 0), args, "x")?;
        Ok(array(source.elem, source.ndim, Layout::C))
    })
}

fn choice(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("a");
        let elem = match given {
            ty if ty.is_integer() => Ty::INT64,
            _ => {
                let source = array_of(given).ok_or_else(|| bad(args, "a"))?;
                need(source.ndim.map(|ndim| ndim == 1), args, "a")?;
                source.elem
            }
        };
        if args.get("size").is_some_and(|size| !is_nonelike(size)) {
            super::operand::flag_arg(args, "replace")?;
        }
        sized(args, elem, 0)
    })
}

/// `rand(2, 3)`: integers of one type, one for each dimension.
fn by_dimensions(args: &Args<'_>) -> Outcome {
    typing(|| {
        let dims: Vec<Ty> = args.rest.iter().map(Ty::unliteral).collect();
        for (index, dim) in dims.iter().enumerate() {
            if known(dim, Ty::is_integer) == Some(false)
                || (!dim.is_hole() && !dims[0].is_hole() && *dim != dims[0])
            {
                let kind = RefusalKind::ArgumentType { param: "size".into(), got: dim.clone() };
                return Err(Outcome::refused_arg(index, kind));
            }
        }
        Ok(match u8::try_from(dims.len()) {
            Ok(0) => Ty::FLOAT64,
            Ok(ndim) => array(Ty::FLOAT64, Some(ndim), Layout::C),
            Err(_) => Ty::Hole(Why::NotModelled("an array of more than 255 dimensions")),
        })
    })
}

fn weights(args: &Args<'_>, param: &str) -> Result<(), Outcome> {
    let source = asarray_arg(args, param)?;
    let given = args.req(param);
    need(
        known(given, |ty| !ty.is_number() && !matches!(ty, Ty::TypedList(_) | Ty::Literal(_))),
        args,
        param,
    )?;
    need(source.ndim.map(|ndim| ndim == 1), args, param)?;
    if let Some(items) = given.tuple_items() {
        let items: Vec<Ty> = items.iter().map(Ty::unliteral).collect();
        need(Some(is_uniform(items.iter()) || items.iter().any(Ty::is_hole)), args, param)?;
    }
    need(known(&source.elem, real), args, param)
}

fn dirichlet(args: &Args<'_>) -> Outcome {
    typing(|| {
        weights(args, "alpha")?;
        if let Some(source) = super::operand::asarray(args.req("alpha")) {
            need(known(&source.elem, is_number_ty), args, "alpha")?;
        }
        sized(args, Ty::FLOAT64, 1)
    })
}

fn multinomial(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(known(args.req("n"), Ty::is_integer), args, "n")?;
        weights(args, "pvals")?;
        sized(args, Ty::INT64, 1)
    })
}
