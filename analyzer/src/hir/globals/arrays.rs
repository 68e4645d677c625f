//! Arrays at module level: what functions, methods, operators and subscripts of NumPy make of arrays whose types are
//! known. The typing rules of kernels tell it wherever NumPy and Numba agree; where they do not, nothing is told.

use std::sync::Arc;

use ruff_python_ast::{CmpOp, Operator};

use super::eval::Eval;
use super::value::{Args, SeqKind, V, unknown, value};
use super::{Global, dtype};
use crate::infer::{attr, index};
use crate::table::args::NoCallees;
use crate::table::{self, Outcome};
use crate::ty::{ArrayTy, BufferKind, Const, FloatTy, Layout, Name, Ty};

/// Functions whose results differ: those that give Python's own numbers or views, and those that Numba types
/// otherwise than NumPy.
const UNLIKE: &[&str] = &[
    "allclose",
    "array_equal",
    "ceil",
    "count_nonzero",
    "diag",
    "diagonal",
    "fix",
    "floor",
    "isscalar",
    "ndim",
    "roots",
    "round",
    "shape",
    "size",
    "trunc",
];

/// Functions that give one of NumPy's scalars.
const SCALARS: &[&str] = &[
    "absolute",
    "argmax",
    "argmin",
    "average",
    "cbrt",
    "cos",
    "dot",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "max",
    "mean",
    "median",
    "min",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanstd",
    "nansum",
    "nanvar",
    "nextafter",
    "percentile",
    "prod",
    "quantile",
    "sin",
    "sqrt",
    "std",
    "sum",
    "tan",
    "trace",
    "var",
    "vdot",
];

/// A call of a function of NumPy that has a typing rule.
pub(super) fn call<'db>(eval: &Eval<'db>, path: &str, args: &Args<'db>) -> V<'db> {
    let path = table::names::canonical(path);
    let Some(name) = path.strip_prefix("numpy.") else { return unknown("a call") };
    if gauss(name) {
        let nodes = || array(Ty::FLOAT64, 1, Layout::C);
        return Eval::tuple(vec![nodes(), nodes()]);
    }
    let first = args.positional.first().and_then(|arg| typed(eval, arg));
    let alike = match (name, &first) {
        ("linalg.inv" | "linalg.pinv", Some(Ty::Array(of)))
            if of.ndim == Some(2) && of.elem == Ty::FLOAT64 =>
        {
            return array(Ty::FLOAT64, 2, Layout::C);
        }
        ("diag", Some(Ty::Array(of))) => of.ndim == Some(1),
        (name, _) => name.starts_with("random.") || !name.contains('.') && !UNLIKE.contains(&name),
    };
    match table::find(path) {
        Some(row) if alike => by_rule(eval, row, None, args),
        _ => unknown("a call"),
    }
}

/// Nodes and weights of a quadrature.
fn gauss(name: &str) -> bool {
    matches!(
        name.strip_prefix("polynomial.").and_then(|name| name.rsplit('.').next()),
        Some("leggauss" | "chebgauss" | "hermgauss" | "hermegauss" | "laggauss")
    )
}

/// A function of `scipy.special`, which is applied to every item.
pub(super) fn special<'db>(eval: &Eval<'db>, name: &str, args: &Args<'db>) -> V<'db> {
    const ELEMENTWISE: &[&str] = &[
        "binom",
        "comb",
        "digamma",
        "ellipe",
        "ellipk",
        "erf",
        "erfc",
        "erfcinv",
        "erfinv",
        "expit",
        "factorial",
        "gamma",
        "gammaln",
        "i0",
        "i1",
        "j0",
        "j1",
        "jv",
        "kv",
        "logit",
        "ndtr",
        "ndtri",
        "psi",
        "zeta",
    ];
    if !ELEMENTWISE.contains(&name) || !args.keywords.is_empty() {
        return unknown("a call");
    }
    let mut ndim = None;
    for arg in &args.positional {
        match typed(eval, arg) {
            Some(Ty::Array(array)) if array.elem == Ty::FLOAT64 || array.elem == Ty::INT64 => {
                ndim = ndim.max(array.ndim);
            }
            Some(ty) if ty.unliteral() == Ty::FLOAT64 || ty.unliteral() == Ty::INT64 => {}
            _ => return unknown("a call"),
        }
    }
    match ndim {
        Some(ndim) => array(Ty::FLOAT64, ndim, Layout::C),
        None => value(Ty::FLOAT64),
    }
}

/// Whether an array has a method that [`method`] may know.
pub(super) fn has_method(array: &Ty, name: &str) -> bool {
    attr::method_path(array, name).is_some_and(|path| table::find(&path).is_some())
}

/// A call of an array's method.
pub(super) fn method<'db>(eval: &Eval<'db>, recv: &Ty, name: &str, args: &Args<'db>) -> V<'db> {
    match attr::method_path(recv, name).and_then(|path| table::find(&path)) {
        Some(row) if !UNLIKE.contains(&name) && !matches!(name, "item" | "tolist" | "view") => {
            by_rule(eval, row, Some(&writable(recv)), args)
        }
        _ => unknown("a call"),
    }
}

fn by_rule<'db>(
    eval: &Eval<'db>,
    row: &'static table::Function,
    recv: Option<&Ty>,
    args: &Args<'db>,
) -> V<'db> {
    let positional: Option<Vec<Ty>> = args.positional.iter().map(|arg| typed(eval, arg)).collect();
    let keyword = |(name, arg): &(Name, V<'db>)| {
        let ty = match &**name {
            "dtype" => dtype::of_value(eval, arg).map(|ty| Ty::DType(Arc::new(ty))),
            _ => typed(eval, arg),
        };
        Some((name.clone(), ty?))
    };
    let keywords: Option<Vec<(Name, Ty)>> = args.keywords.iter().map(keyword).collect();
    let (Some(mut positional), Some(keywords), false) = (positional, keywords, args.open) else {
        return unknown("the arguments of a call");
    };
    let narrow = recv.into_iter().chain(&positional).any(is_narrow);
    if narrow && positional.len() > 1 {
        match &positional[..] {
            [a, b] if recv.is_none() => match weak(a, b) {
                Some((a, b)) => positional = vec![a, b],
                None => return unknown("a call"),
            },
            _ => return unknown("a call"),
        }
    }
    let name = row.path.rsplit('.').next().unwrap_or(row.path);
    if narrow && matches!(name, "std" | "var" | "nanstd" | "nanvar") {
        return unknown("a call");
    }
    let params = row.cached_params();
    let Ok(bound) = table::Args::bind(row.path, params, recv, &positional, &keywords, &NoCallees) else {
        return unknown("a call");
    };
    let outcome = (row.rule)(&bound);
    if recv.into_iter().chain(&positional).any(is_short) && gives_floats(&outcome) {
        return unknown("a call");
    }
    result(outcome, SCALARS.contains(&name))
}

/// Integers of which NumPy makes floats as short, that Numba has not.
fn is_short(ty: &Ty) -> bool {
    let elem = ty.as_array().map_or(ty, |array| &array.elem);
    matches!(elem, Ty::Int(int) if int.bits() < 32)
}

fn gives_floats(outcome: &Outcome) -> bool {
    let Outcome::Known(typed) = outcome else { return false };
    let elem = typed.ret.as_array().map_or(&typed.ret, |array| &array.elem);
    matches!(elem, Ty::Float(_) | Ty::Complex(_))
}

/// Whether NumPy would keep a width that Python's numbers do not have.
fn is_narrow(ty: &Ty) -> bool {
    let elem = ty.as_array().map_or(ty, |array| &array.elem);
    elem.is_number() && ![Ty::Bool, Ty::INT64, Ty::FLOAT64, Ty::COMPLEX128].contains(&elem.unliteral())
}

/// Two operands, of which a Python number takes the type of the other where that holds it.
fn weak(a: &Ty, b: &Ty) -> Option<(Ty, Ty)> {
    let kind = |ty: &Ty| match ty.unliteral() {
        Ty::Bool => Some(0),
        Ty::Int(_) => Some(1),
        Ty::Float(_) => Some(2),
        Ty::Complex(_) => Some(3),
        _ => None,
    };
    let elem = |ty: &Ty| ty.as_array().map_or_else(|| ty.clone(), |array| array.elem.clone());
    let python = |ty: &Ty| matches!(ty, Ty::Literal(_)) || *ty == Ty::FLOAT64 || *ty == Ty::COMPLEX128;
    let adapted = |number: &Ty, other: &Ty| {
        let holds = kind(number)? <= kind(&elem(other))?;
        holds.then(|| elem(other))
    };
    match (python(a), python(b)) {
        (false, false) => (elem(a) == elem(b)).then(|| (a.clone(), b.clone())),
        (true, false) => Some((adapted(a, b)?, b.clone())),
        (false, true) => Some((a.clone(), adapted(b, a)?)),
        (true, true) => None,
    }
}

/// `a + b`, where one of them is an array or both are scalars of NumPy.
pub(super) fn operator<'db>(op: Operator, left: &V<'db>, right: &V<'db>) -> V<'db> {
    let path = match op {
        Operator::Add => "numpy.add",
        Operator::Sub => "numpy.subtract",
        Operator::Mult => "numpy.multiply",
        Operator::Div => "numpy.divide",
        Operator::FloorDiv => "numpy.floor_divide",
        Operator::Mod => "numpy.remainder",
        Operator::Pow => "numpy.power",
        Operator::BitAnd => "numpy.bitwise_and",
        Operator::BitOr => "numpy.bitwise_or",
        Operator::BitXor => "numpy.bitwise_xor",
        Operator::LShift => "numpy.left_shift",
        Operator::RShift => "numpy.right_shift",
        Operator::MatMult => "numpy.dot",
    };
    elementwise(path, left, right)
}

/// `a < b` of arrays.
pub(super) fn compare<'db>(op: CmpOp, left: &V<'db>, right: &V<'db>) -> V<'db> {
    let path = match op {
        CmpOp::Eq => "numpy.equal",
        CmpOp::NotEq => "numpy.not_equal",
        CmpOp::Lt => "numpy.less",
        CmpOp::LtE => "numpy.less_equal",
        CmpOp::Gt => "numpy.greater",
        CmpOp::GtE => "numpy.greater_equal",
        CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => return unknown("a comparison"),
    };
    elementwise(path, left, right)
}

fn elementwise<'db>(path: &str, left: &V<'db>, right: &V<'db>) -> V<'db> {
    let (Some(a), Some(b), Some(row)) = (simple(left), simple(right), table::find(path)) else {
        return unknown("an operator");
    };
    if a.as_array().is_none() && b.as_array().is_none() {
        return unknown("an operator");
    }
    // Whether there are no gaps decides how the product is laid out.
    if path == "numpy.dot" && [&a, &b].iter().any(|ty| ty.as_array().is_none_or(|of| of.layout != Layout::C))
    {
        return unknown("an operator");
    }
    let operands = match is_narrow(&a) || is_narrow(&b) {
        true => weak(&a, &b),
        false => Some((a, b)),
    };
    let Some((a, b)) = operands else { return unknown("an operator") };
    let short = is_short(&a) || is_short(&b);
    let given = [a, b];
    let Ok(bound) = table::Args::bind(row.path, row.cached_params(), None, &given, &[], &NoCallees) else {
        return unknown("an operator");
    };
    let outcome = (row.rule)(&bound);
    match short && gives_floats(&outcome) {
        true => unknown("an operator"),
        false => result(outcome, false),
    }
}

/// `array[index]`
pub(super) fn subscript<'db>(of: &Ty, at: &V<'db>) -> V<'db> {
    match index_type(at) {
        Some(at) => result(index::getitem(&writable(of), &at), true),
        None => unknown("a subscript"),
    }
}

fn index_type(at: &V<'_>) -> Option<Ty> {
    match at {
        V::Slice { strided: true, .. } => Some(Ty::Slice3),
        V::Slice { .. } => Some(Ty::Slice2),
        V::Seq(SeqKind::Tuple, items) => {
            items.borrow().iter().map(index_type).collect::<Option<Vec<Ty>>>().map(Ty::tuple)
        }
        V::Global(Global::Const(Const::Int(_))) => Some(Ty::INT64),
        V::Global(Global::Const(Const::None)) => Some(Ty::None),
        V::Global(Global::Const(Const::Ellipsis)) => Some(Ty::Ellipsis),
        V::Global(Global::Value(ty @ Ty::Array(_))) => Some(writable(ty)),
        _ => None,
    }
}

/// What a rule says as a value: frozen arrays, and scalars of NumPy where the function gives those.
fn result<'db>(outcome: Outcome, scalars: bool) -> V<'db> {
    let Outcome::Known(typed) = outcome else { return unknown("a call") };
    match typed.ret {
        ref ty @ Ty::Array(ref known) if !ty.has_hole() && known.kind == BufferKind::Array => {
            match (known.layout, known.ndim) {
                (layout @ (Layout::C | Layout::F), Some(ndim)) if known.elem.is_number() => {
                    array(known.elem.clone(), ndim, layout)
                }
                // Whether the memory has gaps is seen when the array is there.
                _ => unknown("the layout of an array"),
            }
        }
        Ty::Tuple(items) if !items.is_empty() && items.iter().all(|item| item.as_array().is_some()) => {
            Eval::tuple(items.iter().map(|item| result(Outcome::known(item.clone()), false)).collect())
        }
        ty @ (Ty::Bool | Ty::Int(_) | Ty::Float(FloatTy::F32 | FloatTy::F64) | Ty::Complex(_)) if scalars => {
            value(ty)
        }
        _ => unknown("a call"),
    }
}

fn array<'db>(elem: Ty, ndim: u8, layout: Layout) -> V<'db> {
    let kind = BufferKind::Array;
    value(Ty::Array(Arc::new(ArrayTy {
        elem,
        ndim: Some(ndim),
        layout,
        readonly: true,
        aligned: true,
        kind,
    })))
}

/// An array before it is frozen.
fn writable(ty: &Ty) -> Ty {
    match ty {
        Ty::Array(array) => Ty::Array(Arc::new(ArrayTy { readonly: false, ..(**array).clone() })),
        ty => ty.clone(),
    }
}

/// The type of an array or number.
fn simple(operand: &V<'_>) -> Option<Ty> {
    match operand {
        V::Global(Global::Const(
            known @ (Const::Bool(_) | Const::Int(_) | Const::Float(_) | Const::Complex(..)),
        )) => Some(Ty::of_const(known)),
        V::Global(Global::Scalar(ty, _)) => Some(ty.clone()),
        V::Global(Global::Value(ty @ (Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Complex(_)))) => {
            Some(ty.clone())
        }
        V::Global(Global::Value(ty @ Ty::Array(_))) => Some(writable(ty)),
        _ => None,
    }
}

/// The type that an argument has for the rules: NumPy makes arrays of lists, and a list of arrays is as good as a
/// tuple of them.
fn typed<'db>(eval: &Eval<'db>, arg: &V<'db>) -> Option<Ty> {
    match arg {
        V::Seq(SeqKind::List | SeqKind::Tuple, items) => {
            let items = items.borrow();
            let like_array = |item: &V<'db>| match item {
                V::Seq(SeqKind::List, _) => typed(eval, item),
                other => simple(other),
            };
            let arrays: Option<Vec<Ty>> =
                items.iter().map(|item| like_array(item).filter(|ty| ty.as_array().is_some())).collect();
            let nested = items.iter().all(|item| matches!(item, V::Seq(..)));
            match arrays {
                Some(arrays) if !arrays.is_empty() && !nested => Some(Ty::tuple(arrays)),
                _ if matches!(arg, V::Seq(SeqKind::Tuple, _)) => {
                    items.iter().map(simple).collect::<Option<Vec<Ty>>>().map(Ty::tuple)
                }
                _ => {
                    let (elem, ndim) = dtype::of_object(eval, arg)?;
                    Some(Ty::array(elem, ndim, Layout::C))
                }
            }
        }
        V::Global(Global::Const(known)) => Some(Ty::of_const(known)),
        V::Global(Global::Value(Ty::NumberClass(_) | Ty::DType(_) | Ty::Function(_))) => {
            dtype::of_value(eval, arg).map(|ty| Ty::DType(Arc::new(ty)))
        }
        other => simple(other),
    }
}
