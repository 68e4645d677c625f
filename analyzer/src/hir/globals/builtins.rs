//! Calls of builtins and of `math` on values that are known: their results are constants, types or classes.

use std::cell::RefCell;
use std::rc::Rc;

use super::eval::Eval;
use super::value::{Args, SeqKind, V, constant, unknown, value};
use super::{Global, extension};
use crate::ty::{Const, Ty};

pub(super) fn call<'db>(eval: &Eval<'db>, name: &str, args: &Args<'db>) -> V<'db> {
    if args.open {
        return unknown("the arguments of a call");
    }
    let first = args.positional.first();
    let list = |kind: SeqKind, items: Vec<V<'db>>| V::Seq(kind, Rc::new(RefCell::new(items)));
    match (name, first) {
        ("tuple", None) => list(SeqKind::Tuple, Vec::new()),
        ("list", None) => list(SeqKind::List, Vec::new()),
        ("set" | "frozenset", None) => list(SeqKind::Set, Vec::new()),
        ("tuple" | "list" | "set" | "sorted" | "frozenset", Some(items)) => match items.iterated() {
            Some(items) if name == "tuple" => list(SeqKind::Tuple, items),
            Some(items) if name == "list" => list(SeqKind::List, items),
            Some(items) if name == "set" => list(SeqKind::Set, items),
            Some(items) if name == "sorted" && args.keywords.is_empty() => match sorted(&items) {
                Some(items) => list(SeqKind::List, items),
                None => unknown("a sequence"),
            },
            _ => unknown("a sequence"),
        },
        ("dict", _) => {
            let mut items = match first {
                None => Vec::new(),
                Some(V::Dict(items)) => items.borrow().clone(),
                Some(_) => return unknown("a dict"),
            };
            items.extend(
                args.keywords.iter().map(|(name, arg)| (constant(Const::Str(name.clone())), arg.clone())),
            );
            V::Dict(Rc::new(RefCell::new(items)))
        }
        ("len", Some(items)) => match (items.items(), items.as_str()) {
            (Some(items), _) => constant(Const::int(items.len())),
            (None, Some(text)) => constant(Const::int(text.chars().count())),
            _ => unknown("a length"),
        },
        // Which character it is decides the value only.
        ("ord", Some(V::Unknown(_))) => value(Ty::INT64),
        ("range", Some(_)) => range(args),
        ("enumerate", Some(items)) => match items.items() {
            Some(items) => {
                let pairs = items
                    .into_iter()
                    .zip(0i128..)
                    .map(|(item, at)| Eval::tuple(vec![constant(Const::int(at)), item]));
                list(SeqKind::List, pairs.collect())
            }
            None => unknown("a sequence"),
        },
        ("divmod", Some(a)) => match args.positional.get(1) {
            Some(b) => Eval::tuple(vec![
                super::arith::binary(ruff_python_ast::Operator::FloorDiv, a, b),
                super::arith::binary(ruff_python_ast::Operator::Mod, a, b),
            ]),
            None => unknown("a call"),
        },
        ("sum", Some(items)) if args.keywords.is_empty() => {
            let start = args.positional.get(1).cloned().unwrap_or_else(|| constant(Const::int(0)));
            match items.items() {
                Some(items) => items.iter().fold(start, |total, item| {
                    super::arith::binary(ruff_python_ast::Operator::Add, &total, item)
                }),
                None => unknown("a sum"),
            }
        }
        ("zip", Some(_)) => {
            let columns: Option<Vec<Vec<V<'db>>>> = args.positional.iter().map(V::items).collect();
            let Some(columns) = columns else { return unknown("a sequence") };
            let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
            let row = |at: usize| Eval::tuple(columns.iter().map(|column| column[at].clone()).collect());
            list(SeqKind::List, (0..rows).map(row).collect())
        }
        ("isinstance", Some(object)) => is_instance(object, args.positional.get(1)),
        ("getattr", Some(object)) => match args.positional.get(1).and_then(V::as_str) {
            Some(name) => eval.attribute(object, name),
            None => unknown("an attribute"),
        },
        ("callable", Some(V::Function(_) | V::Jitted(..) | V::Class(_) | V::Jit(_))) => {
            constant(Const::Bool(true))
        }
        ("type", Some(_)) => match args.positional.get(2) {
            Some(V::Dict(members)) => made_class(eval, &members.borrow()),
            _ => unknown("a class made by a call"),
        },
        ("object", None) => V::Global(Global::Instance("object".into())),
        ("property" | "super" | "open", _) => unknown("a call"),
        (_, Some(_)) => numbers(eval, name, args),
        _ => unknown("a call"),
    }
}

/// Integers or texts in order.
fn sorted<'db>(items: &[V<'db>]) -> Option<Vec<V<'db>>> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        match item.as_const()? {
            Const::Int(int) => keyed.push(((int.get(), Default::default()), item.clone())),
            Const::Str(text) => keyed.push(((0, text.clone()), item.clone())),
            _ => return None,
        }
    }
    let texts = keyed.iter().filter(|(_, item)| item.as_str().is_some()).count();
    if texts != 0 && texts != keyed.len() {
        return None;
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    Some(keyed.into_iter().map(|(_, item)| item).collect())
}

/// `type(name, bases, members)`: of interest are the classes whose instances stand for compiled code, which tell its
/// address and signature.
fn made_class<'db>(eval: &Eval<'db>, members: &[(V<'db>, V<'db>)]) -> V<'db> {
    let member = |wanted: &str| {
        let found =
            members.iter().rev().find(|(name, _)| name.as_str().is_some_and(|name| &**name == wanted));
        found.map(|(_, member)| member)
    };
    match (member("__wrapper_address__"), member("signature")) {
        (Some(_), Some(signature)) => {
            match eval.call(signature, Args::of(vec![unknown("an instance of a class")])) {
                signature @ V::Signature(_) => V::Method(Rc::new(signature), INSTANCE.into()),
                _ => unknown("a signature"),
            }
        }
        _ => unknown("a class made by a call"),
    }
}

/// The "method" of a signature that makes a function of it.
pub(super) const INSTANCE: &str = "<instance>";

fn range<'db>(args: &Args<'db>) -> V<'db> {
    let int = |at: usize| match args.positional.get(at).and_then(V::as_const) {
        Some(Const::Int(int)) => Some(int.get()),
        _ => None,
    };
    let (start, stop, step) = match args.positional.len() {
        1 => (Some(0), int(0), Some(1)),
        2 => (int(0), int(1), Some(1)),
        _ => (int(0), int(1), int(2)),
    };
    match (start, stop, step) {
        (Some(start), Some(stop), Some(step)) if step > 0 && (stop - start) / step <= 4096 => {
            let items = (0..).map(|at| start + at * step).take_while(|at| *at < stop);
            V::Seq(SeqKind::List, Rc::new(RefCell::new(items.map(|at| constant(Const::int(at))).collect())))
        }
        _ => unknown("a range"),
    }
}

fn is_instance<'db>(object: &V<'db>, class: Option<&V<'db>>) -> V<'db> {
    if let Some(V::Seq(SeqKind::Tuple, classes)) = class {
        let answers: Vec<Option<bool>> =
            classes.borrow().iter().map(|class| is_instance(object, Some(class)).truth()).collect();
        return match (answers.contains(&Some(true)), answers.contains(&None)) {
            (true, _) => constant(Const::Bool(true)),
            (false, false) => constant(Const::Bool(false)),
            (false, true) => unknown("a class"),
        };
    }
    if let (V::Type(ty), Some(V::Class(class))) = (object, class) {
        return match extension::is_of_class(ty, &class.qualname) {
            Some(answer) => constant(Const::Bool(answer)),
            None => unknown("a class"),
        };
    }
    let class = match class {
        Some(V::Global(Global::Value(Ty::Function(path)))) => {
            if let Some(class) = path.strip_prefix("numba.types.") {
                let answer = match object {
                    V::Type(ty) => extension::is_instance(ty, class),
                    V::Global(Global::Const(_)) => Some(false),
                    _ => None,
                };
                return answer.map_or_else(|| unknown("a class"), |answer| constant(Const::Bool(answer)));
            }
            path.strip_prefix("builtins.")
        }
        _ => None,
    };
    let Some(class) = class else { return unknown("a class") };
    let own = match object {
        V::Global(Global::Const(value)) => match value {
            Const::Bool(_) => "bool",
            Const::Int(_) => "int",
            Const::Float(_) => "float",
            Const::Str(_) => "str",
            Const::Tuple(_) => "tuple",
            _ => return unknown("a class"),
        },
        V::Seq(SeqKind::Tuple, _) => "tuple",
        V::Seq(SeqKind::List, _) => "list",
        V::Seq(SeqKind::Set, _) => "set",
        V::Dict(_) => "dict",
        V::Function(_) | V::Jitted(..) | V::Type(_) | V::Signature(_) => "object",
        _ => return unknown("a class"),
    };
    constant(Const::Bool(own == class || class == "object" || own == "bool" && class == "int"))
}

/// `int`, `float`, `abs`, `min` ... of constants.
fn numbers<'db>(eval: &Eval<'db>, name: &str, args: &Args<'db>) -> V<'db> {
    let mut items: Vec<Const> = Vec::new();
    let given = match &args.positional[..] {
        [only] if matches!(name, "min" | "max" | "sum") => only.items(),
        given => Some(given.to_vec()),
    };
    for item in given.into_iter().flatten() {
        match eval.finish(&item) {
            Global::Const(item) => items.push(item),
            Global::Scalar(_, item) if matches!(name, "int" | "float" | "bool" | "str") => items.push(item),
            Global::Value(Ty::Float(_)) if name == "float" => return value(Ty::FLOAT64),
            _ => return unknown("a call"),
        }
    }
    let float = |item: &Const| match item {
        Const::Int(int) => Some(int.get() as f64),
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        Const::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    };
    let result = match (name, &items[..]) {
        ("float", [Const::Str(text)]) => match text.trim().to_lowercase().as_str() {
            "inf" | "+inf" | "infinity" => Some(Const::float(f64::INFINITY)),
            "-inf" | "-infinity" => Some(Const::float(f64::NEG_INFINITY)),
            "nan" => Some(Const::float(f64::NAN)),
            text => text.parse().ok().map(Const::float),
        },
        ("float", [item]) => float(item).map(Const::float),
        ("int", [Const::Str(text)]) => text.trim().parse::<i128>().ok().map(Const::int),
        ("int", [Const::Float(bits)]) if f64::from_bits(*bits).is_finite() => {
            Some(Const::int(f64::from_bits(*bits) as i128))
        }
        ("int", [Const::Int(int)]) => Some(Const::int(int.get())),
        ("int", [Const::Bool(value)]) => Some(Const::int(*value)),
        ("bool", [item]) => Some(Const::Bool(item.truth())),
        ("abs", [Const::Int(int)]) => int.get().checked_abs().map(Const::int),
        ("abs", [Const::Float(bits)]) => Some(Const::float(f64::from_bits(*bits).abs())),
        ("str", [Const::Int(int)]) => Some(Const::Str(int.to_string().into())),
        ("str", [Const::Str(text)]) => Some(Const::Str(text.clone())),
        ("complex", [re, im]) => {
            float(re).zip(float(im)).map(|(re, im)| Const::Complex(re.to_bits(), im.to_bits()))
        }
        ("round", [Const::Float(bits)]) if f64::from_bits(*bits).is_finite() => {
            Some(Const::int(f64::from_bits(*bits).round_ties_even() as i128))
        }
        ("round", [Const::Float(_), Const::Int(_)]) => return value(Ty::FLOAT64),
        ("ord", [Const::Str(text)]) => text.chars().next().map(|c| Const::int(u32::from(c))),
        ("min" | "max", [first, rest @ ..]) => rest.iter().try_fold(first.clone(), |best, item| {
            let (a, b) = (float(&best)?, float(item)?);
            Some(if (name == "min" && b < a) || (name == "max" && b > a) { item.clone() } else { best })
        }),
        ("pow", [a, b]) => {
            return super::arith::binary(
                ruff_python_ast::Operator::Pow,
                &constant(a.clone()),
                &constant(b.clone()),
            );
        }
        _ => None,
    };
    result.map_or_else(|| unknown("a call"), constant)
}

/// A function of `math`, or the NumPy one of the same name, of constants.
pub(super) fn math<'db>(name: &str, args: &Args<'db>, numpy: bool) -> V<'db> {
    let mut numbers = Vec::new();
    for arg in &args.positional {
        match arg {
            V::Global(Global::Const(Const::Int(int))) => numbers.push(int.get() as f64),
            V::Global(
                Global::Const(Const::Float(bits)) | Global::Scalar(Ty::FLOAT64, Const::Float(bits)),
            ) => {
                numbers.push(f64::from_bits(*bits));
            }
            V::Global(Global::Value(Ty::FLOAT64)) => numbers.push(f64::NAN),
            V::Unknown(why) => return V::Unknown(why.clone()),
            _ => return unknown("a call"),
        }
    }
    let known = !args.positional.iter().any(|arg| matches!(arg, V::Global(Global::Value(_))));
    let result = match (name, &numbers[..]) {
        ("sqrt", [x]) if *x >= 0.0 || !known => x.sqrt(),
        ("exp", [x]) => x.exp(),
        ("log", [x]) if *x > 0.0 || !known => x.ln(),
        ("log", [x, base]) if !numpy => x.ln() / base.ln(),
        ("log2", [x]) if *x > 0.0 || !known => x.log2(),
        ("log10", [x]) if *x > 0.0 || !known => x.log10(),
        ("log1p", [x]) => x.ln_1p(),
        ("expm1", [x]) => x.exp_m1(),
        ("sin", [x]) => x.sin(),
        ("cos", [x]) => x.cos(),
        ("tan", [x]) => x.tan(),
        ("atan" | "arctan", [x]) => x.atan(),
        ("radians" | "deg2rad", [x]) => x.to_radians(),
        ("degrees" | "rad2deg", [x]) => x.to_degrees(),
        ("pow" | "power", [x, y]) if *x > 0.0 || !known => x.powf(*y),
        ("hypot", [x, y]) => x.hypot(*y),
        ("floor" | "ceil" | "trunc", [x]) if !numpy && known && x.is_finite() => {
            let rounded = match name {
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                _ => x.trunc(),
            };
            return constant(Const::int(rounded as i128));
        }
        ("factorial", [n]) if !numpy && known && (0.0..=30.0).contains(n) && n.fract() == 0.0 => {
            return constant(Const::int((1..=(*n as i128)).product::<i128>()));
        }
        ("gamma" | "lgamma" | "erf" | "erfc" | "asin" | "acos" | "sinh" | "cosh" | "tanh", [_]) if !numpy => {
            return value(Ty::FLOAT64);
        }
        _ => return unknown("a call"),
    };
    match (known, numpy) {
        (false, _) => value(Ty::FLOAT64),
        (true, true) => V::Global(Global::Scalar(Ty::FLOAT64, Const::float(result))),
        (true, false) => constant(Const::float(result)),
    }
}
