//! Methods of Python's lists, reflected or not. What is appended widens the item type.

use std::sync::Arc;

use crate::infer::iter::{getiter, iternext};
use crate::infer::ops;
use crate::ty::Ty;
use crate::ty::unify::{Unified, unify};

use super::builtins::sort_key;
use super::{Args, Function, Op, Outcome, RefusalKind, Typed};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("list.append", "item, /", append).op(Op::ListAppend),
    Function::new("list.clear", "", none).op(Op::ListClear),
    Function::new("list.copy", "", copy).op(Op::ListCopy),
    Function::new("list.count", "value", count),
    Function::new("list.extend", "iterable, /", extend).op(Op::ListExtend),
    Function::new("list.index", "value, start=0, stop=9223372036854775807", index),
    Function::new("list.insert", "index, item, /", insert).op(Op::ListInsert),
    Function::new("list.pop", "index=-1, /", pop).op(Op::ListPop),
    Function::new("list.remove", "value", remove),
    Function::new("list.reverse", "", reverse).op(Op::ListReverse),
    Function::new("list.sort", "key=None, reverse=False", sort),
];

/// The item type of the receiver; a refusal for lists of constants, which cannot change.
fn item_type(args: &Args<'_>) -> Result<Ty, Outcome> {
    match args.recv() {
        Ty::List { elem, .. } => Ok((**elem).clone()),
        Ty::Optional(inner) => match &**inner {
            Ty::List { elem, .. } => Ok((**elem).clone()),
            _ => Err(args.no_overload()),
        },
        Ty::LiteralList(_) => Err(Outcome::refused(RefusalKind::Other(
            "a list of constants of several types cannot be changed".into(),
        ))),
        _ => Err(args.no_overload()),
    }
}

/// Methods that Numba writes in Python take a list without its constants, and so does whoever shares it from then on.
fn forget_constants(args: &Args<'_>, ret: Ty) -> Outcome {
    let refine = match args.recv() {
        list @ Ty::List { .. } => list.without_iv(),
        _ => None,
    };
    Outcome::Known(Typed { ret, args: None, refine })
}

/// The receiver with another item type. Its initial value stays part of the type.
fn with_item(list: &Ty, item: Ty) -> Ty {
    match list {
        Ty::List { source, .. } => Ty::List { elem: Arc::new(item), source: source.clone() },
        other => other.clone(),
    }
}

/// The list takes an item of this type, and widens for it.
fn widen(args: &Args<'_>, item: &Ty) -> Outcome {
    let elem = match item_type(args) {
        Ok(elem) => elem,
        Err(outcome) => return outcome,
    };
    let joined = match unify(&elem, item) {
        Unified::Ty(joined) => joined,
        Unified::Clash => return args.no_overload(),
    };
    // Only `list(undefined)` takes a literal's type, and without the value.
    let joined = joined.unliteral();
    // The caller's list would have to change its type.
    if joined != elem && elem != Ty::Undefined && args.recv().is_reflected() {
        if joined.has_hole() {
            return Outcome::known(Ty::None);
        }
        return Outcome::refused(RefusalKind::UnsafeCast { from: joined, to: elem });
    }
    let refine = (joined != elem).then(|| with_item(args.recv(), joined.clone()));
    Outcome::Known(Typed { ret: Ty::None, args: None, refine })
}

fn append(args: &Args<'_>) -> Outcome {
    widen(args, args.req("item"))
}

fn insert(args: &Args<'_>) -> Outcome {
    let index = args.req("index");
    if !index.is_integer() && !index.is_hole() {
        return args.no_overload();
    }
    widen(args, args.req("item"))
}

fn extend(args: &Args<'_>) -> Outcome {
    let iter = match getiter(args.req("iterable")) {
        Outcome::Known(iter) => iter.ret,
        Outcome::Hole(why) => return widen(args, &Ty::Hole(why)),
        Outcome::Refused(_) => return args.no_overload(),
    };
    match iternext(&iter) {
        Outcome::Known(item) => widen(args, &item.ret),
        Outcome::Hole(why) => widen(args, &Ty::Hole(why)),
        refused => refused,
    }
}

fn none(args: &Args<'_>) -> Outcome {
    item_type(args).map_or_else(|outcome| outcome, |_| Outcome::known(Ty::None))
}

fn reverse(args: &Args<'_>) -> Outcome {
    item_type(args).map_or_else(|outcome| outcome, |_| forget_constants(args, Ty::None))
}

fn copy(args: &Args<'_>) -> Outcome {
    if let constants @ Ty::LiteralList(_) = args.recv() {
        return Outcome::known(constants.clone());
    }
    item_type(args).map_or_else(|outcome| outcome, |elem| forget_constants(args, Ty::list(elem)))
}

fn pop(args: &Args<'_>) -> Outcome {
    let elem = match item_type(args) {
        Ok(elem) => elem,
        Err(outcome) => return outcome,
    };
    match args.get("index") {
        Some(index) if !is_index(index) => args.no_overload(),
        _ => Outcome::known(elem),
    }
}

fn is_index(index: &Ty) -> bool {
    match index {
        Ty::Optional(inner) => is_index(inner),
        index => index.is_integer() || index.is_hole(),
    }
}

/// Whether items of this type can be searched for the value with `==`.
pub(super) fn comparable(args: &Args<'_>, elem: &Ty, value: &Ty) -> Result<(), Outcome> {
    match ops::compare(crate::hir::body::CmpOp::Eq, elem, value) {
        Outcome::Known(equal) => match ops::truth(&equal.ret) {
            Outcome::Refused(_) => Err(args.no_overload()),
            _ => Ok(()),
        },
        Outcome::Hole(_) => Ok(()),
        Outcome::Refused(_) => Err(args.no_overload()),
    }
}

fn search(args: &Args<'_>, ret: Ty) -> Outcome {
    let found = item_type(args).and_then(|elem| comparable(args, &elem, args.req("value")));
    found.map_or_else(|outcome| outcome, |()| forget_constants(args, ret))
}

fn count(args: &Args<'_>) -> Outcome {
    if let Ty::LiteralList(_) = args.recv() {
        return Outcome::known(Ty::INT64);
    }
    search(args, Ty::INT64)
}

fn remove(args: &Args<'_>) -> Outcome {
    search(args, Ty::None)
}

fn index(args: &Args<'_>) -> Outcome {
    for bound in ["start", "stop"] {
        match args.get(bound) {
            Some(ty) if !(ty.is_integer() || ty.is_hole() || matches!(ty, Ty::Omitted(_))) => {
                return args
                    .refuse(bound, RefusalKind::ArgumentType { param: bound.into(), got: ty.clone() });
            }
            _ => {}
        }
    }
    search(args, Ty::INT64)
}

fn sort(args: &Args<'_>) -> Outcome {
    let elem = match item_type(args) {
        Ok(elem) => elem,
        Err(outcome) => return outcome,
    };
    sort_key(args, &elem).unwrap_or_else(|| forget_constants(args, Ty::None))
}
