//! Methods of arrays. Many are NumPy's functions with the array as first argument.

use std::sync::Arc;

use crate::infer::attr::transposed;
use crate::infer::overload::cost;
use crate::ty::{ArrayTy, Layout, Literal, Name, Ty, Why};

use super::builtins::unwrapped;
use super::operand::{DtypeArg, Shape, dtype_of, shape};
use super::{Args, Function, Op, Outcome, RefusalKind};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("array.all", "", delegate),
    Function::new("array.allclose", "b, rtol=1e-05, atol=1e-08, equal_nan=False", delegate),
    Function::new("array.any", "", delegate),
    Function::new("array.argmax", "axis=None", delegate),
    Function::new("array.argmin", "axis=None", delegate),
    Function::new("array.argsort", "*, kind='quicksort'", argsort),
    Function::new("array.astype", "dtype, /", astype),
    Function::new("array.clip", "a_min=None, a_max=None, out=None", clip),
    Function::new("array.conj", "", delegate),
    Function::new("array.conjugate", "", delegate),
    Function::new("array.copy", "", copy).op(Op::ArrayCopy),
    Function::new("array.cumprod", "", delegate),
    Function::new("array.cumsum", "axis=None, dtype=None", delegate).params_since(&[("axis", (0, 67)), ("dtype", (0, 67))]),
    Function::new("array.dot", "other", delegate_dot),
    Function::new("array.fill", "val", fill).op(Op::ArrayFill),
    Function::new("array.flatten", "", flatten),
    Function::new("array.item", "", item).op(Op::ArrayItem),
    Function::new("array.max", "", delegate),
    Function::new("array.mean", "", delegate),
    Function::new("array.min", "", delegate),
    Function::new("array.nonzero", "", nonzero),
    Function::new("array.prod", "", delegate),
    Function::new("array.ravel", "", ravel),
    Function::new("array.repeat", "repeats", delegate),
    Function::new("array.reshape", "*shape", reshape),
    Function::new("array.sort", "*, kind='quicksort'", sort),
    Function::new("array.std", "", delegate),
    Function::new("array.sum", "axis=None, dtype=None", delegate),
    Function::new("array.take", "indices, axis=None", delegate).params_since(&[("axis", (0, 61))]),
    Function::new("array.tobytes", "", tobytes).since((0, 62)),
    Function::new("array.transpose", "*axes", transpose),
    Function::new("array.var", "", delegate),
    Function::new("array.view", "dtype, /", view),
];

/// NumPy's function of the method's name, with the receiver in front.
fn delegate(args: &Args<'_>) -> Outcome {
    let path = format!("numpy.{}", args.path.trim_start_matches("array."));
    forward(args, &path)
}

fn delegate_dot(args: &Args<'_>) -> Outcome {
    forward(args, "numpy.dot")
}

/// Bounds that are left out are `None` to the function.
fn clip(args: &Args<'_>) -> Outcome {
    match args.get("out") {
        None | Some(Ty::None | Ty::Omitted(_) | Ty::Array(_)) => {}
        Some(out) if out.is_hole() => {}
        Some(_) => return args.no_overload(),
    }
    let bound = |name: &str| args.get(name).cloned().unwrap_or(Ty::None);
    match (bound("a_min"), bound("a_max")) {
        // Typed as what raises.
        (Ty::None | Ty::Omitted(_), Ty::None | Ty::Omitted(_)) => Outcome::known(Ty::None),
        (low, high) => {
            let out = args.get("out").cloned();
            forward_with(args, "numpy.clip", [low, high].into_iter().chain(out).map(Some).collect())
        }
    }
}

/// Types the call as one of another row, the receiver being the first argument.
fn forward(args: &Args<'_>, path: &str) -> Outcome {
    forward_with(args, path, args.named().map(|(_, ty)| ty.cloned()).collect())
}

/// Generic rules are tried with optional values first, and then without.
fn forward_with(args: &Args<'_>, path: &str, given: Vec<Option<Ty>>) -> Outcome {
    let outcome = forward_exact(args, path, args.recv(), &given);
    let optional = |ty: &Ty| matches!(ty, Ty::Optional(_));
    let any = optional(args.recv()) || given.iter().flatten().any(optional);
    match &outcome {
        Outcome::Refused(_) if any => {
            let plain: Vec<Option<Ty>> =
                given.iter().map(|ty| ty.as_ref().map(|ty| unwrapped(ty).clone())).collect();
            match forward_exact(args, path, unwrapped(args.recv()), &plain) {
                Outcome::Refused(_) => outcome,
                other => other,
            }
        }
        _ => outcome,
    }
}

fn forward_exact(args: &Args<'_>, path: &str, recv: &Ty, given: &[Option<Ty>]) -> Outcome {
    let Some(row) = super::find(path) else { return Outcome::Hole(Why::NotInTable(path.into())) };
    let params = row.cached_params();
    let mut positional = vec![recv.clone()];
    let mut keywords: Vec<(Name, Ty)> = Vec::new();
    let mut gap = false;
    for (place, ty) in given.iter().enumerate() {
        match (ty, params.0.get(place + 1)) {
            (Some(ty), Some(param)) if gap => keywords.push((param.name.into(), ty.clone())),
            (Some(ty), _) => positional.push(ty.clone()),
            (None, _) => gap = true,
        }
    }
    let mut outcome = match Args::bind(row.path, params, None, &positional, &keywords, args.callees) {
        Ok(bound) => (row.rule)(&bound),
        Err(refusal) => Outcome::Refused(refusal),
    };
    // The place of the blame counts without the receiver.
    if let Outcome::Refused(refusal) = &mut outcome {
        refusal.arg = refusal.arg.and_then(|arg| arg.checked_sub(1));
    }
    if let Outcome::Known(typed) = &mut outcome {
        typed.args = None;
    }
    outcome
}

/// The receiver, which is an array or an optional one.
fn array<'a>(args: &'a Args<'_>) -> Result<&'a ArrayTy, Outcome> {
    match args.recv() {
        Ty::Array(array) => Ok(array),
        Ty::Optional(inner) => inner.as_array().ok_or_else(|| args.no_overload()),
        _ => Err(args.no_overload()),
    }
}

fn with(args: &Args<'_>, change: impl FnOnce(&ArrayTy) -> Outcome) -> Outcome {
    match array(args) {
        Ok(array) => change(array),
        Err(outcome) => outcome,
    }
}

fn known(array: ArrayTy) -> Outcome {
    Outcome::known(Ty::Array(Arc::new(array)))
}

fn copy(args: &Args<'_>) -> Outcome {
    with(args, |array| known(ArrayTy { layout: Layout::C, readonly: false, ..array.clone() }))
}

fn flatten(args: &Args<'_>) -> Outcome {
    with(args, |array| known(ArrayTy { ndim: Some(1), layout: Layout::C, readonly: false, ..array.clone() }))
}

/// A contiguous array is not copied, so it stays read-only.
fn ravel(args: &Args<'_>) -> Outcome {
    with(args, |array| {
        let readonly = array.readonly && array.layout == Layout::C;
        known(ArrayTy { ndim: Some(1), layout: Layout::C, readonly, ..array.clone() })
    })
}

fn item(args: &Args<'_>) -> Outcome {
    with(args, |array| Outcome::known(array.elem.clone()))
}

fn fill(args: &Args<'_>) -> Outcome {
    with(args, |array| {
        if array.readonly {
            return Outcome::refused(RefusalKind::Readonly(args.recv().clone()));
        }
        match crate::infer::index::setitem(args.recv(), &Ty::Slice2, args.req("val")) {
            Outcome::Known(_) => Outcome::known(Ty::None),
            Outcome::Refused(_) => args.no_overload(),
            hole => hole,
        }
    })
}

fn tobytes(args: &Args<'_>) -> Outcome {
    with(args, |_| Outcome::known(Ty::of_const(&crate::ty::Const::Bytes([].into()))))
}

fn nonzero(args: &Args<'_>) -> Outcome {
    with(args, |array| match array.ndim {
        Some(0) => args.no_overload(),
        Some(ndim) => Outcome::known(Ty::uni_tuple(Ty::array(Ty::INT64, 1, Layout::C), usize::from(ndim))),
        None => Outcome::known(Ty::AnyTuple(Arc::new(Ty::array(Ty::INT64, 1, Layout::C)))),
    })
}

/// `kind` is a constant, one of three.
fn sort_kind(args: &Args<'_>) -> Option<Outcome> {
    match args.get("kind") {
        None | Some(Ty::Hole(_) | Ty::Poison) => None,
        Some(Ty::Literal(Literal::Str(kind))) if matches!(&***kind, "quicksort" | "mergesort" | "stable") => {
            None
        }
        Some(_) => Some(args.refuse("kind", RefusalKind::NeedsLiteral("kind".into()))),
    }
}

fn sort(args: &Args<'_>) -> Outcome {
    with(args, |array| match sort_kind(args) {
        Some(refused) => refused,
        None if array.readonly => Outcome::refused(RefusalKind::Readonly(args.recv().clone())),
        None => Outcome::known(Ty::None),
    })
}

fn argsort(args: &Args<'_>) -> Outcome {
    with(args, |array| match (sort_kind(args), array.ndim) {
        (Some(refused), _) => refused,
        (None, None | Some(1)) => Outcome::known(Ty::array(Ty::INT64, 1, Layout::C)),
        (None, Some(_)) => args.no_overload(),
    })
}

/// The dtype argument of `astype` and `view`: NumPy's and Numba's types, not Python's.
fn dtype(args: &Args<'_>) -> Result<Ty, Outcome> {
    let arg = args.req("dtype");
    match dtype_of(arg) {
        DtypeArg::Known(ty) => Ok(ty),
        DtypeArg::PythonType(name) => Err(args.refuse("dtype", RefusalKind::PythonDtype(name))),
        DtypeArg::Hole => Ok(Ty::Hole(arg.why().unwrap_or(Why::NotModelled("a dtype")))),
        DtypeArg::Refused if *arg == Ty::Str => {
            Err(args.refuse("dtype", RefusalKind::NeedsLiteral("dtype".into())))
        }
        DtypeArg::Refused => Err(args.no_overload()),
    }
}

/// The copy keeps the order of C and F arrays.
fn astype(args: &Args<'_>) -> Outcome {
    with(args, |array| {
        let elem = match dtype(args) {
            Ok(elem) => elem,
            Err(outcome) => return outcome,
        };
        if !elem.has_hole() && !array.elem.has_hole() && cost(&array.elem, &elem).is_none() {
            return Outcome::refused(RefusalKind::UnsafeCast { from: array.elem.clone(), to: elem });
        }
        let layout = if array.layout == Layout::A { Layout::C } else { array.layout };
        known(ArrayTy { elem, layout, readonly: false, ..array.clone() })
    })
}

fn view(args: &Args<'_>) -> Outcome {
    if matches!(args.req("dtype"), Ty::Literal(_)) {
        return args.no_overload();
    }
    with(args, |array| match dtype(args) {
        Ok(elem) => known(ArrayTy { elem, ..array.clone() }),
        Err(outcome) => outcome,
    })
}

/// Only contiguous arrays are reshaped; the shape is ints, or a tuple of ints of one type.
fn reshape(args: &Args<'_>) -> Outcome {
    with(args, |array| {
        if array.layout == Layout::A {
            return Outcome::refused(RefusalKind::NotContiguous);
        }
        let given = &args.rest;
        let ndim = match given.as_slice() {
            [] => return Outcome::refused(RefusalKind::MissingArgument("shape".into())),
            [one] => match single_shape(one) {
                Ok(ndim) => ndim,
                Err(kind) => return Outcome::refused_arg(0, kind),
            },
            many => {
                if let Some(place) = many.iter().position(|ty| !(ty.is_integer() || ty.is_hole())) {
                    return Outcome::refused_arg(place, shape_refusal(&many[place]));
                }
                u8::try_from(many.len()).ok()
            }
        };
        known(ArrayTy { ndim, ..array.clone() })
    })
}

fn shape_refusal(ty: &Ty) -> RefusalKind {
    match shape(ty) {
        Shape::ListAsShape => RefusalKind::ListAsShape,
        Shape::FloatAsShape => RefusalKind::FloatAsShape(ty.clone()),
        _ => RefusalKind::ArgumentType { param: "shape".into(), got: ty.clone() },
    }
}

fn single_shape(ty: &Ty) -> Result<Option<u8>, RefusalKind> {
    match ty {
        Ty::Int(_) | Ty::Literal(Literal::Int(_)) => Ok(Some(1)),
        ty if ty.is_hole() || matches!(ty, Ty::AnyTuple(_)) => Ok(None),
        Ty::Tuple(items) | Ty::StarArgs(items) => {
            let mut decayed = items.iter().map(Ty::unliteral).filter(|ty| !ty.is_hole());
            let first = decayed.next();
            let uniform =
                first.as_ref().is_none_or(Ty::is_integer) && decayed.all(|ty| Some(&ty) == first.as_ref());
            if uniform { Ok(u8::try_from(items.len()).ok()) } else { Err(shape_refusal(ty)) }
        }
        ty => Err(shape_refusal(ty)),
    }
}

/// Without axes C and F swap; with axes nothing is known of the order.
fn transpose(args: &Args<'_>) -> Outcome {
    with(args, |array| {
        let turned = |layout: Layout| known(ArrayTy { layout, ..array.clone() });
        let wrong = |given: usize| array.ndim.is_some_and(|ndim| usize::from(ndim) != given);
        match args.rest.as_slice() {
            [] | [Ty::None] => turned(transposed(array)),
            [one] if one.is_integer() => {
                if wrong(1) {
                    args.no_overload()
                } else {
                    known(array.clone())
                }
            }
            [one] if one.is_hole() || matches!(one, Ty::AnyTuple(_)) => turned(Layout::Hole),
            [one] => match single_shape(one) {
                Ok(Some(count)) if !wrong(usize::from(count)) => turned(Layout::A),
                Ok(None) => turned(Layout::Hole),
                _ => args.no_overload(),
            },
            many if many.iter().all(|ty| ty.is_integer() || ty.is_hole()) && !wrong(many.len()) => {
                turned(Layout::A)
            }
            _ => args.no_overload(),
        }
    })
}
