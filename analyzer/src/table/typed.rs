//! `numba.typed`: lists, dicts and sets whose item type is settled by the first item.

use std::sync::Arc;

use crate::infer::index;
use crate::infer::iter::{getiter, iternext};
use crate::ty::{IntTy, Ty};

use super::builtins::sort_key;
use super::list::comparable;
use super::{Args, Function, Outcome, RefusalKind, Typed};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("numba.typed.Dict", "iterable=None, /", new_dict),
    Function::new("numba.typed.Dict.empty", "key_type, value_type, n_keys=0", empty_dict),
    Function::new("numba.typed.List", "iterable=None, /", new_list),
    Function::new("numba.typed.List.empty_list", "item_type, allocated=0", empty_list),
    Function::new("numba.typed.Set", "iterable=None, /", new_set).since((0, 66)),
    Function::new("numba.typed.Set.empty", "item_type, n_keys=0", empty_set).since((0, 66)),
    Function::new("numba.typed.dictobject.new_dict", "key, value, n_keys=0", dict_object),
    Function::new("numba.typed.typeddict.Dict", "iterable=None, /", new_dict),
    Function::new("numba.typed.typedlist.List", "iterable=None, /", new_list),
    Function::new("typed.Dict.empty", "key_type, value_type, n_keys=0", empty_dict),
    Function::new("typed.List.append", "item", append),
    Function::new("typed.List.clear", "", none),
    Function::new("typed.List.copy", "", copy),
    Function::new("typed.List.count", "item", count),
    Function::new("typed.List.empty_list", "item_type, allocated=0", empty_list),
    Function::new("typed.List.extend", "iterable", extend),
    Function::new("typed.List.getitem_unchecked", "index", getitem_unchecked),
    Function::new("typed.List.index", "item, start=None, end=None", position),
    Function::new("typed.List.insert", "index, item", insert),
    Function::new("typed.List.pop", "index=-1", pop),
    Function::new("typed.List.remove", "item", remove),
    Function::new("typed.List.reverse", "", none),
    Function::new("typed.List.sort", "key=None, reverse=False", sort),
    Function::new("typed.Set.add", "key", add),
    Function::new("typed.Set.copy", "", copy),
    Function::new("typed.Set.discard", "key", discard),
];

/// Makes a container of the items of an iterable, if one is given.
fn items(args: &Args<'_>) -> Result<Option<Ty>, Outcome> {
    let Some(iterable) = args.get("iterable").filter(|ty| **ty != Ty::None) else { return Ok(None) };
    let iter = match getiter(iterable) {
        Outcome::Known(iter) => iter.ret,
        Outcome::Hole(why) => return Ok(Some(Ty::Hole(why))),
        Outcome::Refused(_) => return Err(args.no_overload()),
    };
    match iternext(&iter) {
        Outcome::Known(item) => Ok(Some(item.ret.unliteral())),
        Outcome::Hole(why) => Ok(Some(Ty::Hole(why))),
        Outcome::Refused(_) => Err(args.no_overload()),
    }
}

fn new_list(args: &Args<'_>) -> Outcome {
    // An array without dimensions is a list of its one item.
    if let Some(Ty::Array(array)) = args.get("iterable")
        && array.ndim == Some(0)
    {
        return Outcome::known(Ty::TypedList(Arc::new(array.elem.clone())));
    }
    match items(args) {
        Ok(item) => Outcome::known(Ty::TypedList(Arc::new(item.unwrap_or(Ty::Undefined)))),
        Err(outcome) => outcome,
    }
}

fn dict_of(key: Ty, value: Ty) -> Outcome {
    Outcome::known(Ty::dict(key, value))
}

fn new_dict(args: &Args<'_>) -> Outcome {
    if let Some(dict @ Ty::Dict(_)) = args.get("iterable") {
        return Outcome::known(dict.unliteral());
    }
    match items(args) {
        Ok(None) => dict_of(Ty::Undefined, Ty::Undefined),
        Ok(Some(pair)) => match pair.tuple_items().as_deref() {
            Some([key, value]) => dict_of(key.unliteral(), value.unliteral()),
            _ => match pair.why() {
                Some(why) => dict_of(Ty::Hole(why.clone()), Ty::Hole(why)),
                None => args.no_overload(),
            },
        },
        Err(outcome) => outcome,
    }
}

fn new_set(args: &Args<'_>) -> Outcome {
    match items(args) {
        Ok(item) => Outcome::known(Ty::TypedSet(Arc::new(item.unwrap_or(Ty::Undefined)))),
        Err(outcome) => outcome,
    }
}

/// The type that an argument stands for: `types.int64`, `np.float64`, `types.unicode_type`.
fn stands_for(args: &Args<'_>, param: &str) -> Result<Ty, Outcome> {
    match args.req(param) {
        Ty::NumberClass(ty) | Ty::TypeRef(ty) => Ok((**ty).clone()),
        ty if ty.is_hole() || matches!(ty, Ty::Opaque(_)) => {
            Ok(Ty::Hole(ty.why().unwrap_or(crate::ty::Why::NotModelled("a type as an argument"))))
        }
        // A container stands for its own type.
        ty @ (Ty::Dict(_) | Ty::TypedList(_) | Ty::TypedSet(_)) => Ok(ty.unliteral()),
        _ => Err(args.no_overload()),
    }
}

fn empty_list(args: &Args<'_>) -> Outcome {
    match stands_for(args, "item_type") {
        Ok(item) => Outcome::known(Ty::TypedList(Arc::new(item))),
        Err(outcome) => outcome,
    }
}

fn empty_set(args: &Args<'_>) -> Outcome {
    match stands_for(args, "item_type") {
        Ok(item) => Outcome::known(Ty::TypedSet(Arc::new(item))),
        Err(outcome) => outcome,
    }
}

fn empty_dict(args: &Args<'_>) -> Outcome {
    match (stands_for(args, "key_type"), stands_for(args, "value_type")) {
        (Ok(key), Ok(value)) => dict_of(key, value),
        (Err(outcome), _) | (_, Err(outcome)) => outcome,
    }
}

/// What `Dict.empty` calls.
fn dict_object(args: &Args<'_>) -> Outcome {
    match (stands_for(args, "key"), stands_for(args, "value")) {
        (Ok(key), Ok(value)) => dict_of(key, value),
        (Err(outcome), _) | (_, Err(outcome)) => outcome,
    }
}

/// The item type of the receiver.
fn item_type(args: &Args<'_>) -> Result<Ty, Outcome> {
    match args.recv() {
        Ty::TypedList(elem) | Ty::TypedSet(elem) => Ok((**elem).clone()),
        _ => Err(args.no_overload()),
    }
}

/// Takes an item: the first settles the type, later ones are cast without loss.
fn take(args: &Args<'_>, item: &Ty, ret: Ty) -> Outcome {
    let elem = match item_type(args) {
        Ok(elem) => elem,
        Err(outcome) => return outcome,
    };
    let item = item.unliteral();
    if elem == Ty::Undefined {
        if matches!(item, Ty::Optional(_)) {
            return args.no_overload();
        }
        let refined = match args.recv() {
            Ty::TypedSet(_) => Ty::TypedSet(Arc::new(item)),
            _ => Ty::TypedList(Arc::new(item)),
        };
        return Outcome::Known(Typed { ret, args: None, refine: Some(refined) });
    }
    if index::casts(&item, &elem) {
        Outcome::known(ret)
    } else {
        Outcome::refused(RefusalKind::UnsafeCast { from: item, to: elem })
    }
}

fn append(args: &Args<'_>) -> Outcome {
    take(args, args.req("item"), Ty::None)
}

fn add(args: &Args<'_>) -> Outcome {
    take(args, args.req("key"), Ty::None)
}

/// Says whether the item was there, in C's way.
fn discard(args: &Args<'_>) -> Outcome {
    take(args, args.req("key"), Ty::Int(IntTy::I32))
}

fn insert(args: &Args<'_>) -> Outcome {
    if !is_index(args.req("index")) {
        return args.no_overload();
    }
    take(args, args.req("item"), Ty::None)
}

fn is_index(index: &Ty) -> bool {
    index.is_integer() || index.is_hole() || matches!(index, Ty::Omitted(_))
}

fn extend(args: &Args<'_>) -> Outcome {
    let iter = match getiter(args.req("iterable")) {
        Outcome::Known(iter) => iter.ret,
        Outcome::Hole(why) => return take(args, &Ty::Hole(why), Ty::None),
        Outcome::Refused(_) => return args.no_overload(),
    };
    match iternext(&iter) {
        Outcome::Known(item) => take(args, &item.ret, Ty::None),
        Outcome::Hole(why) => take(args, &Ty::Hole(why), Ty::None),
        refused => refused,
    }
}

fn none(args: &Args<'_>) -> Outcome {
    item_type(args).map_or_else(|outcome| outcome, |_| Outcome::known(Ty::None))
}

fn copy(args: &Args<'_>) -> Outcome {
    item_type(args).map_or_else(|outcome| outcome, |_| Outcome::known(args.recv().clone()))
}

fn getitem_unchecked(args: &Args<'_>) -> Outcome {
    pop(args)
}

fn pop(args: &Args<'_>) -> Outcome {
    match (item_type(args), args.get("index")) {
        (Ok(_), Some(index)) if !is_index(index) => args.no_overload(),
        (Ok(elem), _) => Outcome::known(elem),
        (Err(outcome), _) => outcome,
    }
}

fn search(args: &Args<'_>, ret: Ty) -> Outcome {
    let elem = match item_type(args) {
        Ok(elem) => elem,
        Err(outcome) => return outcome,
    };
    let item = args.req("item");
    if !index::casts(item, &elem) {
        return args.no_overload();
    }
    comparable(args, &elem, &elem).map_or_else(|outcome| outcome, |()| Outcome::known(ret))
}

fn count(args: &Args<'_>) -> Outcome {
    search(args, Ty::INT64)
}

fn remove(args: &Args<'_>) -> Outcome {
    search(args, Ty::None)
}

fn position(args: &Args<'_>) -> Outcome {
    for bound in ["start", "end"] {
        match args.get(bound) {
            Some(ty) if !(is_index(ty) || *ty == Ty::None) => return args.no_overload(),
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
    sort_key(args, &elem).unwrap_or_else(|| Outcome::known(Ty::None))
}
