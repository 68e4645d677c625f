//! The builtin functions and classes of Python that Numba has.

use std::sync::{Arc, OnceLock};

use crate::hir::body::BinaryOp;
use crate::infer::iter::{getiter, iternext};
use crate::infer::ops;
use crate::infer::overload::{self, Case};
use crate::ty::unify::{Unified, promote, unify};
use crate::ty::{BufferKind, IntTy, IterTy, Literal, Ty};

use super::introspect::{getattr, hasattr, hash, isinstance, repr, str, type_of};
use super::{Args, Function, Op, Outcome, RefusalKind};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("builtins.abs", "x", abs).op(Op::Abs),
    Function::new("builtins.bool", "x", boolean).op(Op::Bool),
    Function::new("builtins.bytes", "s", bytes),
    Function::new("builtins.chr", "i", chr),
    Function::new("builtins.complex", "real=0, imag=0", complex).op(Op::Complex),
    Function::new("builtins.dict", "iterable=None, /", dict),
    Function::new("builtins.divmod", "x, y, /", divmod),
    Function::new("builtins.enumerate", "iterable, start=0, /", enumerate).op(Op::Enumerate),
    Function::new("builtins.filter", "func, iterable", filter),
    Function::new("builtins.float", "x, /", float).op(Op::Float),
    Function::new("builtins.getattr", "obj, name, default=0", getattr),
    Function::new("builtins.hasattr", "obj, name", hasattr),
    Function::new("builtins.hash", "x", hash),
    Function::new("builtins.int", "x, /", int).op(Op::Int),
    Function::new("builtins.isinstance", "var, typs", isinstance),
    Function::new("builtins.iter", "iterable, /", iter),
    Function::new("builtins.len", "x, /", len).op(Op::Len),
    Function::new("builtins.list", "iterable=(), /", list).op(Op::ListNew),
    Function::new("builtins.map", "func, iterable, *args", map),
    Function::new("builtins.max", "first, *rest", extremum).op(Op::Max),
    Function::new("builtins.min", "first, *rest", extremum).op(Op::Min),
    Function::new("builtins.next", "iterator, /", next).op(Op::Next),
    Function::new("builtins.ord", "c", ord),
    Function::new("builtins.pow", "base, exp", pow).op(Op::Pow),
    Function::new("builtins.print", "*values", print).op(Op::Print),
    Function::new("builtins.range", "start, stop=None, step=None, /", range).op(Op::Range),
    Function::new("builtins.repr", "obj", repr),
    Function::new("builtins.round", "number, ndigits=None", round).op(Op::Round),
    Function::new("builtins.set", "iterable=(), /", set),
    Function::new("builtins.slice", "start, stop=None, step=None, /", slice),
    Function::new("builtins.sorted", "iterable, key=None, reverse=False", sorted),
    Function::new("builtins.str", "object=''", str),
    Function::new("builtins.sum", "iterable, start=0", sum),
    Function::new("builtins.tuple", "iterable=(), /", tuple).op(Op::TupleNew),
    Function::new("builtins.type", "object, /", type_of),
    Function::new("builtins.zip", "*iterables", zip).op(Op::Zip),
];

/// Whether Python has a builtin of this name that Numba has not.
pub(super) fn absent(name: &str) -> bool {
    const NAMES: &str = " aiter all anext any ascii bin breakpoint bytearray callable classmethod compile delattr dir \
        eval exec exit format frozenset globals help hex id input issubclass locals memoryview object oct open \
        property quit reversed setattr staticmethod super vars __import__ ";
    NAMES.split_whitespace().any(|absent| absent == name)
}

fn abs(args: &Args<'_>) -> Outcome {
    let x = args.req("x");
    if let Ty::TimeDelta(_) = x {
        return Outcome::known(x.clone());
    }
    let ints = [IntTy::I8, IntTy::I16, IntTy::I32, IntTy::I64, IntTy::U8, IntTy::U16, IntTy::U32, IntTy::U64];
    let same = ints.into_iter().map(Ty::Int).chain([Ty::FLOAT32, Ty::FLOAT64]);
    let mut cases: Vec<Case> = same.map(|ty| Case::new([ty.clone()], ty)).collect();
    cases.push(Case::new([Ty::COMPLEX64], Ty::FLOAT32));
    cases.push(Case::new([Ty::COMPLEX128], Ty::FLOAT64));
    resolve(args, &cases)
}

/// A hole for an argument that decides the result.
pub(super) fn hole(ty: &Ty) -> Outcome {
    ops::unknown(ty)
}

/// The choice among concrete signatures; a hole where an argument is one.
pub(super) fn resolve(args: &Args<'_>, cases: &[Case]) -> Outcome {
    overload::resolve(cases, &args.given(), true)
}

fn boolean(args: &Args<'_>) -> Outcome {
    ops::truth(args.req("x"))
}

fn bytes(args: &Args<'_>) -> Outcome {
    match args.req("s") {
        chars @ Ty::Chars(_) => Outcome::known(chars.clone()),
        _ => args.no_overload(),
    }
}

fn chr(args: &Args<'_>) -> Outcome {
    match unwrapped(args.req("i")) {
        i if i.is_integer() => Outcome::known(Ty::Str),
        i if i.is_hole() => Outcome::known(Ty::Str),
        _ => args.no_overload(),
    }
}

fn ord(args: &Args<'_>) -> Outcome {
    match unwrapped(args.req("c")) {
        Ty::Str | Ty::Literal(Literal::Str(_)) => Outcome::known(Ty::INT64),
        _ => args.no_overload(),
    }
}

/// The payload of an optional type, which most generic rules fall back to.
pub(super) fn unwrapped(ty: &Ty) -> &Ty {
    match ty {
        Ty::Optional(inner) => inner,
        ty => ty,
    }
}

fn complex(args: &Args<'_>) -> Outcome {
    let given = args.given();
    if given.is_empty() {
        return Outcome::known(Ty::COMPLEX128);
    }
    for ty in &given {
        match ty {
            Ty::Int(_) | Ty::Float(_) | Ty::Complex(_) | Ty::Literal(Literal::Int(_)) => {}
            Ty::Hole(why) => return Outcome::Hole(why.clone()),
            _ => return args.no_overload(),
        }
    }
    let narrow = given.iter().all(|ty| *ty == Ty::FLOAT32);
    Outcome::known(if narrow { Ty::COMPLEX64 } else { Ty::COMPLEX128 })
}

fn float(args: &Args<'_>) -> Outcome {
    match args.req("x") {
        Ty::Int(_) | Ty::Literal(Literal::Int(_) | Literal::Str(_)) => Outcome::known(Ty::FLOAT64),
        x @ Ty::Float(_) => Outcome::known(x.clone()),
        Ty::Str => args.refuse("x", RefusalKind::NeedsLiteral("x".into())),
        _ => args.no_overload(),
    }
}

fn int(args: &Args<'_>) -> Outcome {
    match unwrapped(args.req("x")) {
        x @ Ty::Int(_) => Outcome::known(x.clone()),
        x if x.is_hole() => args.no_overload(),
        Ty::Bool | Ty::Float(_) | Ty::TimeDelta(_) => Outcome::known(Ty::INT64),
        x @ Ty::Literal(Literal::Int(_)) => Outcome::known(x.unliteral()),
        Ty::Literal(Literal::Bool(_)) => Outcome::known(Ty::INT64),
        _ => args.no_overload(),
    }
}

fn divmod(args: &Args<'_>) -> Outcome {
    let domain = [Ty::INT64, Ty::UINT64, Ty::FLOAT32, Ty::FLOAT64];
    let cases = domain.map(|ty| Case::new([ty.clone(), ty.clone()], Ty::uni_tuple(ty, 2)));
    resolve(args, &cases)
}

fn pow(args: &Args<'_>) -> Outcome {
    overload::resolve(ops::number_cases(BinaryOp::Pow), &args.given(), true)
}

fn round(args: &Args<'_>) -> Outcome {
    let cases = [
        Case::new([Ty::FLOAT32], Ty::INT64),
        Case::new([Ty::FLOAT64], Ty::INT64),
        Case::new([Ty::FLOAT32, Ty::INT64], Ty::FLOAT32),
        Case::new([Ty::FLOAT64, Ty::INT64], Ty::FLOAT64),
    ];
    resolve(args, &cases)
}

fn range(args: &Args<'_>) -> Outcome {
    static CASES: [OnceLock<[Case; 3]>; 4] = [const { OnceLock::new() }; 4];
    let n = args.given().len();
    let list =
        || [IntTy::I32, IntTy::I64, IntTy::U64].map(|int| Case::new(vec![Ty::Int(int); n], Ty::Range(int)));
    match CASES.get(n) {
        Some(cases) => resolve(args, cases.get_or_init(list)),
        None => resolve(args, &list()),
    }
}

/// `prange` is `range` to the type rules.
pub(super) fn prange(args: &Args<'_>) -> Outcome {
    range(args)
}

fn slice(args: &Args<'_>) -> Outcome {
    let given = args.given();
    let bounds = [Ty::INT64, Ty::None];
    let mut cases = Vec::new();
    match given.len() {
        1 => cases.extend(bounds.iter().map(|a| Case::new([a.clone()], Ty::Slice2))),
        2 => cases.extend(
            bounds
                .iter()
                .flat_map(|a| bounds.iter().map(move |b| (a, b)))
                .map(|(a, b)| Case::new([a.clone(), b.clone()], Ty::Slice2)),
        ),
        _ => {
            for a in &bounds {
                for b in &bounds {
                    cases.push(Case::new([a.clone(), b.clone(), Ty::INT64], Ty::Slice3));
                    cases.push(Case::new([a.clone(), b.clone(), Ty::None], Ty::Slice2));
                }
            }
        }
    }
    resolve(args, &cases)
}

fn len(args: &Args<'_>) -> Outcome {
    let x = args.req("x");
    Outcome::known(match unwrapped(x) {
        Ty::Range(int) => Ty::Int(*int),
        Ty::LiteralList(items) => Ty::int_literal(items.len()),
        Ty::LiteralStrKeyDict(items) => Ty::int_literal(items.len()),
        // Whatever has a length has this one, but for ranges and lists of constants.
        Ty::Hole(_) | Ty::Poison => Ty::INT64,
        Ty::Array(_)
        | Ty::Tuple(_)
        | Ty::StarArgs(_)
        | Ty::NamedTuple(_)
        | Ty::AnyTuple(_)
        | Ty::List { .. }
        | Ty::TypedList(_)
        | Ty::Dict(_)
        | Ty::Set { .. }
        | Ty::TypedSet(_)
        | Ty::Str
        | Ty::Literal(Literal::Str(_))
        | Ty::UnicodeChars(_)
        | Ty::Chars(_) => Ty::INT64,
        Ty::Iter(iter) if has_length(iter) => Ty::INT64,
        _ => return args.no_overload(),
    })
}

fn has_length(iter: &IterTy) -> bool {
    use IterTy::{DictItems, DictKeys, DictValues, Flat};
    matches!(iter, Flat(_) | DictKeys(_) | DictValues(_) | DictItems(_))
}

fn print(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::None)
}

/// Whether values of this type may be items of sets and keys of dicts. A hole may.
pub(crate) fn hashable(ty: &Ty) -> bool {
    match ty {
        Ty::Literal(literal) => !matches!(literal, Literal::Slice(..)),
        Ty::EnumMember(of) => of.int,
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) => {
            ty.tuple_items().is_some_and(|items| !items.is_empty() && items.iter().all(hashable))
        }
        Ty::Opaque(_) | Ty::AnyTuple(_) | Ty::Undefined | Ty::JitClassInstance(_) => true,
        ty => ty.is_number() || *ty == Ty::Str || ty.is_hole(),
    }
}

fn tuple(args: &Args<'_>) -> Outcome {
    match args.get("iterable") {
        None => Outcome::known(Ty::tuple([])),
        Some(tuple @ (Ty::Tuple(_) | Ty::StarArgs(_))) => Outcome::known(tuple.unliteral()),
        Some(tuple @ (Ty::NamedTuple(_) | Ty::AnyTuple(_))) => Outcome::known(tuple.clone()),
        Some(hole) if hole.is_hole() => Outcome::known(Ty::AnyTuple(Arc::new(hole.clone()))),
        // Their length is no part of their type, whatever they hold.
        Some(
            list @ (Ty::List { .. }
            | Ty::TypedList(_)
            | Ty::Array(_)
            | Ty::Dict(_)
            | Ty::Set { .. }
            | Ty::Iter(_)),
        ) => Outcome::refused(RefusalKind::NoOverload(vec![list.clone()])),
        Some(_) => args.no_overload(),
    }
}

/// The items of what can be walked over.
pub(super) fn item_of(args: &Args<'_>, iterable: &Ty) -> Result<Ty, Outcome> {
    let iter = match getiter(iterable) {
        Outcome::Known(iter) => iter.ret,
        Outcome::Hole(why) => return Err(Outcome::Hole(why)),
        Outcome::Refused(_) => return Err(args.no_overload()),
    };
    match iternext(&iter) {
        Outcome::Known(item) => Ok(item.ret),
        Outcome::Hole(why) => Err(Outcome::Hole(why)),
        Outcome::Refused(_) => Err(args.no_overload()),
    }
}

fn list(args: &Args<'_>) -> Outcome {
    let Some(iterable) = args.get("iterable") else { return Outcome::known(Ty::list(Ty::Undefined)) };
    match item_of(args, iterable) {
        Ok(item) => Outcome::known(Ty::list(item.unliteral())),
        Err(Outcome::Hole(why)) => Outcome::known(Ty::list(Ty::Hole(why))),
        Err(other) => other,
    }
}

fn set(args: &Args<'_>) -> Outcome {
    let of = |elem: Ty| Outcome::known(Ty::Set { elem: Arc::new(elem), reflected: false });
    let Some(iterable) = args.get("iterable") else { return of(Ty::Undefined) };
    match item_of(args, iterable) {
        Ok(item) if hashable(&item) => of(item.unliteral()),
        Ok(_) => args.no_overload(),
        Err(Outcome::Hole(why)) => of(Ty::Hole(why)),
        Err(other) => other,
    }
}

fn dict(args: &Args<'_>) -> Outcome {
    let of = |key: Ty, value: Ty| Outcome::known(Ty::dict(key, value));
    let Some(iterable) = args.get("iterable") else { return of(Ty::Undefined, Ty::Undefined) };
    // The keys of a dict are no pairs even where they are tuples of two.
    if matches!(iterable, Ty::Dict(_) | Ty::LiteralStrKeyDict(_)) {
        return args.no_overload();
    }
    let pairs = match item_of(args, iterable) {
        Ok(pair) => pair,
        Err(other) => return other,
    };
    match pairs.tuple_items().as_deref() {
        Some([key, value]) if hashable(key) => of(key.unliteral(), value.unliteral()),
        _ => match pairs.why() {
            Some(why) => of(Ty::Hole(why.clone()), Ty::Hole(why)),
            None => args.no_overload(),
        },
    }
}

fn iterator_of(iterable: &Ty) -> Result<Ty, Outcome> {
    match getiter(iterable) {
        Outcome::Known(iter) => Ok(iter.ret),
        other => Err(other),
    }
}

fn enumerate(args: &Args<'_>) -> Outcome {
    match args.get("start") {
        Some(start) if !start.is_integer() && !start.is_hole() => {
            return args
                .refuse("start", RefusalKind::ArgumentType { param: "start".into(), got: start.clone() });
        }
        _ => {}
    }
    match iterator_of(args.req("iterable")) {
        Ok(iter) => Outcome::known(Ty::Iter(Arc::new(IterTy::Enumerate(iter)))),
        Err(other) => other,
    }
}

fn zip(args: &Args<'_>) -> Outcome {
    let mut iters = Vec::new();
    for iterable in &args.rest {
        match iterator_of(iterable) {
            Ok(iter) => iters.push(iter),
            Err(Outcome::Hole(why)) => iters.push(Ty::Hole(why)),
            Err(other) => return other,
        }
    }
    Outcome::known(Ty::Iter(Arc::new(IterTy::Zip(iters.into()))))
}

fn iter(args: &Args<'_>) -> Outcome {
    getiter(args.req("iterable"))
}

fn next(args: &Args<'_>) -> Outcome {
    match args.req("iterator") {
        iter @ (Ty::Iter(_) | Ty::Generator(_)) => iternext(iter),
        _ => args.no_overload(),
    }
}

fn map(args: &Args<'_>) -> Outcome {
    let mut items = Vec::new();
    for iterable in std::iter::once(args.req("iterable")).chain(&args.rest) {
        match item_of(args, iterable) {
            Ok(item) => items.push(item),
            Err(other) => return other,
        }
    }
    if !callable(args.req("func")) {
        return args.no_overload();
    }
    match args.callees.call(args.req("func"), &items) {
        Outcome::Known(typed) => Outcome::known(Ty::Iter(Arc::new(IterTy::Of(typed.ret)))),
        other => other,
    }
}

fn filter(args: &Args<'_>) -> Outcome {
    let item = match item_of(args, args.req("iterable")) {
        Ok(item) => item,
        Err(other) => return other,
    };
    if !matches!(args.req("func"), Ty::None) {
        if !callable(args.req("func")) {
            return args.no_overload();
        }
        match args.callees.call(args.req("func"), std::slice::from_ref(&item)) {
            Outcome::Known(_) => {}
            other => return other,
        }
    }
    Outcome::known(Ty::Iter(Arc::new(IterTy::Of(item))))
}

fn sorted(args: &Args<'_>) -> Outcome {
    match item_of(args, args.req("iterable")) {
        Ok(item) => match sort_key(args, &item) {
            Some(refused) => refused,
            None => Outcome::known(Ty::list(item.unliteral())),
        },
        Err(Outcome::Hole(why)) => Outcome::known(Ty::list(Ty::Hole(why))),
        Err(other) => other,
    }
}

/// What speaks against sorting items of this type with the call's `key` and `reverse`.
pub(super) fn sort_key(args: &Args<'_>, item: &Ty) -> Option<Outcome> {
    if let Some(reverse) = args.get("reverse")
        && !reverse.is_hole()
        && !matches!(reverse, Ty::Omitted(_))
        && !(unwrapped(reverse).is_integer() || matches!(reverse, Ty::Bool | Ty::Literal(Literal::Bool(_))))
    {
        return Some(args.no_overload());
    }
    let key = match args.get("key") {
        None | Some(Ty::None | Ty::Omitted(_)) => item.clone(),
        Some(Ty::Optional(inner)) if **inner == Ty::None => item.clone(),
        Some(func) if !jitted(func) => return Some(args.no_overload()),
        Some(func) => match args.callees.call(func, std::slice::from_ref(item)) {
            Outcome::Known(typed) => typed.ret,
            Outcome::Hole(_) => return None,
            Outcome::Refused(_) => {
                return Some(args.refuse("key", RefusalKind::NoOverload(vec![item.clone()])));
            }
        },
    };
    match ops::compare(crate::hir::body::CmpOp::Lt, &key, &key) {
        Outcome::Known(less) => match ops::truth(&less.ret) {
            Outcome::Refused(_) => Some(args.no_overload()),
            _ => None,
        },
        Outcome::Hole(_) => None,
        Outcome::Refused(_) => Some(args.no_overload()),
    }
}

/// Whether a value may be the key of a sort: a jitted function, none of the library.
fn jitted(func: &Ty) -> bool {
    matches!(func, Ty::Dispatcher(_) | Ty::Closure(_) | Ty::FunctionType(_) | Ty::Opaque(_)) || func.is_hole()
}

/// Whether a value may be called for each item.
fn callable(func: &Ty) -> bool {
    jitted(func) || matches!(func, Ty::Function(_) | Ty::NumberClass(_) | Ty::TypeRef(_) | Ty::Method(_))
}

/// `max` and `min`: of several numbers, or of one iterable.
fn extremum(args: &Args<'_>) -> Outcome {
    let first = args.req("first");
    if args.rest.is_empty() {
        return extremum_of(args, first);
    }
    let mut joined = unwrapped(first).unliteral();
    if !comparable_scalar(&joined) {
        return args.no_overload();
    }
    for other in &args.rest {
        let other = unwrapped(other).unliteral();
        if other.is_hole() || joined.is_hole() {
            joined = other;
            continue;
        }
        match larger(&joined, &other) {
            Some(ty) => joined = ty,
            None => return args.no_overload(),
        }
    }
    match joined.why() {
        Some(why) => Outcome::Hole(why),
        None if args.given().iter().any(Ty::has_hole) => args.no_overload(),
        None => Outcome::known(joined),
    }
}

fn comparable_scalar(ty: &Ty) -> bool {
    ty.is_number() || ty.is_hole() || matches!(ty, Ty::DateTime(_) | Ty::TimeDelta(_))
}

fn larger(a: &Ty, b: &Ty) -> Option<Ty> {
    match (a, b) {
        (Ty::Bool, Ty::Bool) => Some(Ty::Bool),
        (Ty::Bool, other) | (other, Ty::Bool) if other.is_number() => Some(other.clone()),
        (a, b) if a.is_number() && b.is_number() => promote(a, b),
        (Ty::DateTime(_), Ty::DateTime(_)) | (Ty::TimeDelta(_), Ty::TimeDelta(_)) if a == b => {
            Some(a.clone())
        }
        _ => None,
    }
}

fn extremum_of(args: &Args<'_>, value: &Ty) -> Outcome {
    let value = unwrapped(value);
    if comparable_scalar(value) && !value.is_hole() {
        return Outcome::known(value.unliteral());
    }
    if let Some(items) = value.tuple_items()
        && items.iter().any(|item| item.unliteral() != items[0].unliteral())
    {
        let joined = items.iter().map(Ty::unliteral).reduce(|a, b| match larger(&a, &b) {
            Some(ty) => ty,
            None => Ty::Poison,
        });
        return match joined {
            Some(ty) if !ty.is_hole() => Outcome::known(ty),
            _ => args.no_overload(),
        };
    }
    match item_of(args, value) {
        Ok(item) => match ops::compare(crate::hir::body::CmpOp::Lt, &item, &item) {
            Outcome::Refused(_) => args.no_overload(),
            // The items of a set of one constant keep their type.
            _ => match value {
                Ty::Set { elem, .. } => Outcome::known((**elem).clone()),
                _ => Outcome::known(item.unliteral()),
            },
        },
        Err(other) => other,
    }
}

/// The sum starts as an int and is unified with each partial sum. Only some containers have one.
fn sum(args: &Args<'_>) -> Outcome {
    let iterable = unwrapped(args.req("iterable"));
    let start = args.get("start").map_or(Ty::INT64, Ty::unliteral);
    if matches!(start, Ty::Str) {
        return args.no_overload();
    }
    let items = match iterable {
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) => iterable.tuple_items().unwrap_or_default(),
        Ty::Array(array) if array.kind != BufferKind::Array => return args.no_overload(),
        Ty::Array(_) | Ty::List { .. } | Ty::TypedList(_) | Ty::Range(_) | Ty::AnyTuple(_) => {
            match item_of(args, iterable) {
                Ok(item) => vec![item],
                Err(other) => return other,
            }
        }
        hole if hole.is_hole() => return ops::unknown(hole),
        _ => return args.no_overload(),
    };
    let mut total = start;
    for _ in 0..3 {
        let before = total.clone();
        for item in &items {
            let partial = match ops::binary(BinaryOp::Add, &total, item) {
                Outcome::Known(typed) => typed.ret,
                Outcome::Hole(why) => return Outcome::Hole(why),
                Outcome::Refused(_) => return args.no_overload(),
            };
            match unify(&total, &partial) {
                Unified::Ty(joined) => total = joined,
                Unified::Clash => return args.no_overload(),
            }
        }
        if total == before {
            break;
        }
    }
    Outcome::known(total)
}
