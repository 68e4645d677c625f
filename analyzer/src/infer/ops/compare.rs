//! Comparisons and `in`.

use std::sync::Arc;

use crate::hir::body::CmpOp;
use crate::infer::index::{casts, plain_array};
use crate::table::Outcome;
use crate::ty::{ArrayTy, BufferKind, Layout, Literal, Ty, Why};

use super::sequence::{is_chars, is_str};
use super::{array, datetime, no_overload, scalar, unknowable, unknown};

pub(crate) fn compare(op: CmpOp, a: &Ty, b: &Ty) -> Outcome {
    let equality = matches!(op, CmpOp::Eq | CmpOp::NotEq);
    if let Some(hole) = unknowable(&[a, b]) {
        return hole;
    }
    // Two literals of any kind are compared as they are.
    if equality && is_literal(a) && is_literal(b) && !(a.is_number() && b.is_number()) {
        return Outcome::known(Ty::Bool);
    }
    let (x, y) = (plain_array(&a.unliteral()), plain_array(&b.unliteral()));
    let outcome = compare_exact(op, &x, &y);
    match (&outcome, super::unpacked(&[&x, &y])) {
        (Outcome::Refused(_), Some(args)) => match compare_exact(op, &args[0], &args[1]) {
            Outcome::Refused(_) => outcome,
            other => other,
        },
        _ => outcome,
    }
}

fn is_literal(ty: &Ty) -> bool {
    matches!(ty, Ty::Literal(Literal::Int(_) | Literal::Bool(_) | Literal::Str(_)))
}

fn compare_exact(op: CmpOp, a: &Ty, b: &Ty) -> Outcome {
    let equality = matches!(op, CmpOp::Eq | CmpOp::NotEq);
    if scalar::is_scalar(a) && scalar::is_scalar(b) {
        return scalar::compare_cases(op).resolve(a, b);
    }
    if let (Some(x), Some(y)) = (a.tuple_items(), b.tuple_items()) {
        return tuples(op, &x, &y, &[a, b]);
    }
    let never = Outcome::known(Ty::bool_literal(op == CmpOp::NotEq));
    match (a, b) {
        (Ty::DateTime(_) | Ty::TimeDelta(_), Ty::DateTime(_) | Ty::TimeDelta(_)) => {
            datetime::compare(op, a, b)
        }
        (a, b) if is_str(a) && is_str(b) || is_chars(a, b) => Outcome::known(Ty::Bool),
        // `!=` of a string with one that may be missing is always true; `==` looks at them.
        (Ty::Optional(x), Ty::Optional(y)) if equality && is_str(x) && is_str(y) => Outcome::known(Ty::Bool),
        (Ty::Optional(x), y) | (y, Ty::Optional(x)) if op == CmpOp::Eq && is_str(x) && is_str(y) => {
            Outcome::known(Ty::Bool)
        }
        (a, b) if equality && (is_str(a) || is_str(b)) => never,
        (Ty::None, Ty::None) if equality => Outcome::known(Ty::bool_literal(op == CmpOp::Eq)),
        (Ty::None, Ty::Optional(_)) | (Ty::Optional(_), Ty::None) if equality => Outcome::known(Ty::Bool),
        (Ty::None, _) | (_, Ty::None) if equality => never,
        (Ty::TypedList(x), Ty::TypedList(y)) => {
            // Lists of nothing but `None` compare by what they are and how long they are.
            if elements_compare(op, x, y) || **x == Ty::None || **y == Ty::None {
                Outcome::known(Ty::Bool)
            } else {
                no_overload(&[a, b])
            }
        }
        (Ty::TypedSet(x), Ty::TypedSet(y)) if equality && x == y => Outcome::known(Ty::Bool),
        (Ty::TypedSet(_), Ty::TypedSet(_)) => Outcome::Hole(Why::NotModelled("an operator of typed sets")),
        // `!=` of a typed list and anything else is `False` too.
        (Ty::TypedList(_), _) => Outcome::known(Ty::bool_literal(false)),
        (Ty::Dict(x), Ty::Dict(y)) if equality => {
            if (x.key == y.key && x.value == y.value) || a.has_hole() || b.has_hole() || op == CmpOp::NotEq {
                Outcome::known(Ty::Bool)
            } else {
                never
            }
        }
        (Ty::Dict(_), _) if op == CmpOp::Eq => never,
        (Ty::Dict(_), _) if op == CmpOp::NotEq => Outcome::known(Ty::Bool),
        (Ty::Array(x), _) | (_, Ty::Array(x)) => {
            // Array expressions are compiled element by element, and complex numbers are not ordered. An array
            // without a dimension makes none of them.
            let complex = |ty: &Ty| match ty {
                Ty::Array(array) => matches!(array.elem, Ty::Complex(_)),
                ty => matches!(ty, Ty::Complex(_)),
            };
            // The result is made with the operands' layout.
            if op == CmpOp::Eq
                && a == b
                && x.layout != Layout::A
                && matches!(x.elem, Ty::Chars(_) | Ty::UnicodeChars(_))
            {
                return Outcome::known(Ty::Array(Arc::new(ArrayTy { elem: Ty::Bool, ..(**x).clone() })));
            }
            let expression = [a, b].iter().any(|ty| ty.as_array().is_some_and(|array| array.ndim > Some(0)));
            if x.kind == BufferKind::Bytes || !equality && expression && (complex(a) || complex(b)) {
                return no_overload(&[a, b]);
            }
            array::ufunc(array::compare_name(op), &[a.clone(), b.clone()])
        }
        (Ty::List { elem: x, .. }, Ty::List { elem: y, .. }) if elements_compare(op, x, y) => {
            Outcome::known(Ty::Bool)
        }
        (Ty::Set { elem: x, .. }, Ty::Set { elem: y, .. }) if x == y || x.has_hole() || y.has_hole() => {
            Outcome::known(Ty::Bool)
        }
        (Ty::EnumMember(x), Ty::EnumMember(y)) if equality && x.class == y.class => Outcome::known(Ty::Bool),
        // Nothing is there for `!=`.
        (Ty::DType(_), Ty::DType(_)) if op == CmpOp::Eq => Outcome::known(Ty::Bool),
        _ => no_overload(&[a, b]),
    }
}

/// Tuples compare pair by pair, up to the shorter one's length.
fn tuples(op: CmpOp, x: &[Ty], y: &[Ty], operands: &[&Ty]) -> Outcome {
    if x.iter().zip(y).all(|(x, y)| elements_compare(op, x, y)) {
        Outcome::known(Ty::Bool)
    } else {
        no_overload(operands)
    }
}

/// Whether elements compare to something that has a truth value. Unrelated types are never equal, which is typed as
/// a constant that the code generator cannot use here; arrays compare to arrays.
fn elements_compare(op: CmpOp, x: &Ty, y: &Ty) -> bool {
    match compare(op, x, y) {
        Outcome::Known(typed) => match typed.ret {
            Ty::Bool => true,
            Ty::Literal(_) => *x == Ty::None || *y == Ty::None || matches!(x, Ty::TypedList(_) | Ty::Dict(_)),
            ret => ret.has_hole(),
        },
        Outcome::Hole(_) => true,
        Outcome::Refused(_) => false,
    }
}

/// `item in container`.
pub(crate) fn contains(container: &Ty, item: &Ty) -> Outcome {
    if let Some(hole) = unknowable(&[container]) {
        // Only an empty tuple and a range answer with a constant, so even that is not certain.
        return hole;
    }
    match container {
        Ty::Tuple(items) | Ty::StarArgs(items) if items.is_empty() => Outcome::known(Ty::bool_literal(false)),
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) => uniform(container, item),
        Ty::AnyTuple(elem) | Ty::List { elem, .. } => searched(container, elem, item),
        Ty::Set { elem, .. } if never_cast(item, elem) => no_overload(&[container, item]),
        Ty::Set { .. } => Outcome::known(Ty::Bool),
        container if is_str(container) => match item {
            item if is_str(item) => Outcome::known(Ty::Bool),
            Ty::Optional(inner) if is_str(inner) => Outcome::known(Ty::Bool),
            item if item.is_hole() => Outcome::known(Ty::Bool),
            _ => no_overload(&[container, item]),
        },
        Ty::TypedList(elem) | Ty::TypedSet(elem) => keyed(container, elem, item),
        Ty::Dict(dict) => keyed(container, &dict.key, item),
        Ty::LiteralStrKeyDict(_) | Ty::LiteralList(_) => Outcome::known(Ty::Bool),
        Ty::Range(_) => match item {
            item if item.is_hole() => unknown(item),
            item if item.is_number() => Outcome::known(Ty::Bool),
            _ => Outcome::known(Ty::bool_literal(false)),
        },
        container if is_chars(container, item) => Outcome::known(Ty::Bool),
        Ty::Array(array) if array.kind == BufferKind::Bytes && is_str(item) => {
            no_overload(&[container, item])
        }
        Ty::Array(array) => match super::compare(CmpOp::Eq, &array.elem, item) {
            Outcome::Refused(_) => no_overload(&[container, item]),
            _ => Outcome::known(Ty::Bool),
        },
        Ty::Optional(inner) => contains(inner, item),
        _ => no_overload(&[container, item]),
    }
}

/// A tuple is searched only if its members are of one type, literal values aside.
fn uniform(container: &Ty, item: &Ty) -> Outcome {
    let items: Vec<Ty> = container.tuple_items().unwrap_or_default().iter().map(Ty::unliteral).collect();
    match items.split_first() {
        Some((first, rest)) if rest.iter().any(|ty| ty != first && !ty.has_hole() && !first.has_hole()) => {
            no_overload(&[container, item])
        }
        Some((first, _)) => searched(container, first, item),
        None => Outcome::known(Ty::Bool),
    }
}

/// The items are compared with what is searched, one by one.
fn searched(container: &Ty, elem: &Ty, item: &Ty) -> Outcome {
    match compare(CmpOp::Eq, elem, item) {
        Outcome::Refused(_) => no_overload(&[container, item]),
        _ => Outcome::known(Ty::Bool),
    }
}

/// Whether there is no code that makes a value an item of a set, which searching does.
fn never_cast(item: &Ty, elem: &Ty) -> bool {
    let (item, elem) = (item.unliteral(), elem.unliteral());
    match (&item, &elem) {
        (Ty::Complex(_), elem) => elem.is_number() && !matches!(elem, Ty::Complex(_)),
        (
            Ty::Record(_)
            | Ty::List { .. }
            | Ty::Tuple(_)
            | Ty::Str
            | Ty::None
            | Ty::UnicodeChars(_)
            | Ty::TypedList(_)
            | Ty::Dict(_)
            | Ty::Set { .. },
            elem,
        ) => elem.is_number(),
        _ => false,
    }
}

/// The item is cast to the key's type.
fn keyed(container: &Ty, key: &Ty, item: &Ty) -> Outcome {
    if casts(item, key) { Outcome::known(Ty::Bool) } else { no_overload(&[container, item]) }
}
