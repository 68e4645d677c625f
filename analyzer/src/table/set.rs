//! Methods of sets. Two sets work together only if their items are of one type.

use std::sync::Arc;

use crate::infer::iter::{getiter, iternext};
use crate::ty::Ty;
use crate::ty::unify::{Unified, unify};

use super::builtins::hashable;
use super::{Args, Function, Outcome, Typed};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("set.add", "item, /", add),
    Function::new("set.clear", "", none),
    Function::new("set.copy", "", copy),
    Function::new("set.difference", "b", combined),
    Function::new("set.difference_update", "b", updated),
    Function::new("set.discard", "item", discard),
    Function::new("set.intersection", "b", combined),
    Function::new("set.intersection_update", "b", updated),
    Function::new("set.isdisjoint", "b", compared),
    Function::new("set.issubset", "b", compared),
    Function::new("set.issuperset", "b", compared),
    Function::new("set.pop", "", pop),
    Function::new("set.remove", "item", remove),
    Function::new("set.symmetric_difference", "b", combined),
    Function::new("set.symmetric_difference_update", "b", updated),
    Function::new("set.union", "b", combined),
    Function::new("set.update", "iterable, /", update),
];

fn item_type(args: &Args<'_>) -> Result<Ty, Outcome> {
    match args.recv() {
        Ty::Set { elem, .. } => Ok((**elem).clone()),
        _ => Err(args.no_overload()),
    }
}

fn with_item(set: &Ty, item: Ty) -> Ty {
    match set {
        Ty::Set { reflected, .. } => Ty::Set { elem: Arc::new(item), reflected: *reflected },
        other => other.clone(),
    }
}

fn widen(args: &Args<'_>, item: &Ty) -> Outcome {
    let elem = match item_type(args) {
        Ok(elem) => elem,
        Err(outcome) => return outcome,
    };
    match unify(&elem, item) {
        Unified::Ty(joined) if hashable(&joined) => {
            let joined = joined.unliteral();
            let refine = (joined != elem).then(|| with_item(args.recv(), joined.clone()));
            Outcome::Known(Typed { ret: Ty::None, args: None, refine })
        }
        _ => args.no_overload(),
    }
}

fn add(args: &Args<'_>) -> Outcome {
    widen(args, args.req("item"))
}

fn update(args: &Args<'_>) -> Outcome {
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

fn copy(args: &Args<'_>) -> Outcome {
    let plain = |elem: Ty| Outcome::known(Ty::Set { elem: Arc::new(elem), reflected: false });
    item_type(args).map_or_else(|outcome| outcome, plain)
}

fn pop(args: &Args<'_>) -> Outcome {
    item_type(args).map_or_else(|outcome| outcome, Outcome::known)
}

/// The item is not converted: it must be stored as the set's items are.
fn discard(args: &Args<'_>) -> Outcome {
    match item_type(args) {
        Ok(elem) => {
            let (item, elem) = (args.req("item").unliteral(), elem.unliteral());
            let same = match (&item, &elem) {
                (Ty::Int(item), Ty::Int(elem)) => item.bits() == elem.bits(),
                _ => item == elem || item.has_hole() || elem.has_hole(),
            };
            if same { Outcome::known(Ty::None) } else { args.no_overload() }
        }
        Err(outcome) => outcome,
    }
}

fn remove(args: &Args<'_>) -> Outcome {
    match item_type(args) {
        Ok(elem) => {
            let item = args.req("item").unliteral();
            let same = item == elem || item.has_hole() || elem.has_hole();
            if same { Outcome::known(Ty::None) } else { args.no_overload() }
        }
        Err(outcome) => outcome,
    }
}

/// Whether the other operand is a set of the same items.
fn same(args: &Args<'_>) -> Result<(), Outcome> {
    let elem = item_type(args)?;
    match args.req("b") {
        other if other.is_hole() => Ok(()),
        Ty::Set { elem: other, .. } if **other == elem || other.has_hole() || elem.has_hole() => Ok(()),
        _ => Err(args.no_overload()),
    }
}

fn combined(args: &Args<'_>) -> Outcome {
    same(args).map_or_else(|outcome| outcome, |()| Outcome::known(args.recv().clone()))
}

fn updated(args: &Args<'_>) -> Outcome {
    same(args).map_or_else(|outcome| outcome, |()| Outcome::known(Ty::None))
}

fn compared(args: &Args<'_>) -> Outcome {
    same(args).map_or_else(|outcome| outcome, |()| Outcome::known(Ty::Bool))
}
