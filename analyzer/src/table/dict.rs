//! Methods of dicts: `{}`, `dict()` and `numba.typed.Dict` are one type.

use std::sync::Arc;

use crate::infer::index;
use crate::ty::unify::unify;
use crate::ty::{IterTy, Ty};

use super::{Args, Function, Outcome, RefusalKind, Typed};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("dict.clear", "", clear),
    Function::new("dict.copy", "", copy),
    Function::new("dict.get", "key, default=None", get),
    Function::new("dict.items", "", items),
    Function::new("dict.keys", "", keys),
    Function::new("dict.pop", "key, default=None", get),
    Function::new("dict.popitem", "", popitem),
    Function::new("dict.setdefault", "key, default=None", setdefault),
    Function::new("dict.update", "other", update),
    Function::new("dict.values", "", values),
];

/// The types of keys and values of the receiver.
fn parts(args: &Args<'_>) -> Result<(Ty, Ty), Outcome> {
    match args.recv() {
        Ty::Dict(dict) => Ok((dict.key.clone(), dict.value.clone())),
        Ty::LiteralStrKeyDict(_) => Err(Outcome::refused(RefusalKind::Other(
            "a dict with values of several types has constant keys only".into(),
        ))),
        _ => Err(args.no_overload()),
    }
}

fn clear(args: &Args<'_>) -> Outcome {
    parts(args).map_or_else(|outcome| outcome, |_| Outcome::known(Ty::None))
}

fn copy(args: &Args<'_>) -> Outcome {
    parts(args).map_or_else(|outcome| outcome, |_| Outcome::known(args.recv().unliteral()))
}

/// With a default as without, the result is optional.
fn get(args: &Args<'_>) -> Outcome {
    let (key, value) = match parts(args) {
        Ok(parts) => parts,
        Err(outcome) => return outcome,
    };
    if !index::casts(args.req("key"), &key) {
        return args.no_overload();
    }
    match args.get("default") {
        None | Some(Ty::None | Ty::Omitted(_)) => {}
        Some(default) if index::casts(default, &value) => {
            // The default is returned as it is, not cast to the type of the values.
            return Outcome::known(match unify(&value, &default.unliteral()).ty() {
                Some(unknown) if unknown.is_hole() => unknown,
                Some(joined) => Ty::optional(joined),
                None => Ty::optional(value),
            });
        }
        Some(_) => return args.no_overload(),
    }
    Outcome::known(Ty::optional(value))
}

fn setdefault(args: &Args<'_>) -> Outcome {
    let (key, value) = match parts(args) {
        Ok(parts) => parts,
        Err(outcome) => return outcome,
    };
    if !index::casts(args.req("key"), &key) {
        return args.no_overload();
    }
    match args.get("default") {
        Some(default) if index::casts(default, &value) => Outcome::known(value),
        _ => args.no_overload(),
    }
}

fn popitem(args: &Args<'_>) -> Outcome {
    parts(args).map_or_else(|outcome| outcome, |(key, value)| Outcome::known(Ty::tuple([key, value])))
}

fn iterator(args: &Args<'_>, of: fn(Ty) -> IterTy) -> Outcome {
    match args.recv() {
        // The views of a dict of constants are tuples.
        Ty::LiteralStrKeyDict(items) => {
            let keys = items.iter().map(|(key, _)| Ty::str_literal(key.clone()));
            let values = items.iter().map(|(_, value)| value.clone());
            Outcome::known(match of(Ty::None) {
                IterTy::DictKeys(_) => Ty::tuple(keys),
                IterTy::DictValues(_) => Ty::tuple(values),
                _ => Ty::tuple(keys.zip(values).map(|(key, value)| Ty::tuple([key, value]))),
            })
        }
        _ => match parts(args) {
            Ok(_) => Outcome::known(Ty::Iter(Arc::new(of(args.recv().unliteral())))),
            Err(outcome) => outcome,
        },
    }
}

fn items(args: &Args<'_>) -> Outcome {
    iterator(args, IterTy::DictItems)
}

fn keys(args: &Args<'_>) -> Outcome {
    iterator(args, IterTy::DictKeys)
}

fn values(args: &Args<'_>) -> Outcome {
    iterator(args, IterTy::DictValues)
}

fn update(args: &Args<'_>) -> Outcome {
    let (key, value) = match parts(args) {
        Ok(parts) => parts,
        Err(outcome) => return outcome,
    };
    match args.req("other") {
        other if other.is_hole() => Outcome::known(Ty::None),
        Ty::Dict(other) if key == Ty::Undefined => {
            let refined = Ty::dict(other.key.clone(), other.value.clone());
            Outcome::Known(Typed { ret: Ty::None, args: None, refine: Some(refined) })
        }
        Ty::Dict(other) if index::casts(&other.key, &key) && index::casts(&other.value, &value) => {
            Outcome::known(Ty::None)
        }
        _ => args.no_overload(),
    }
}
