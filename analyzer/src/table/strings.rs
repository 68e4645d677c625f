//! Methods of strings.

use crate::infer::iter::{getiter, iternext};
use crate::ty::{Const, IntTy, Literal, Ty};

use super::{Args, Function, Op, Outcome};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("str.capitalize", "", text),
    Function::new("str.casefold", "", text),
    Function::new("str.center", "width, fillchar=' '", justify),
    Function::new("str.count", "sub, start=None, end=None", count),
    Function::new("str.endswith", "substr, start=None, end=None", affix),
    Function::new("str.expandtabs", "tabsize=8", expandtabs),
    Function::new("str.find", "substr, start=None, end=None", find),
    Function::new("str.index", "sub, start=None, end=None", find),
    Function::new("str.isalnum", "", count_of),
    Function::new("str.isalpha", "", count_of),
    Function::new("str.isascii", "", ascii),
    Function::new("str.isdecimal", "", count_of),
    Function::new("str.isdigit", "", count_of),
    Function::new("str.isidentifier", "", test),
    Function::new("str.islower", "", test),
    Function::new("str.isnumeric", "", test),
    Function::new("str.isprintable", "", test),
    Function::new("str.isspace", "", test),
    Function::new("str.istitle", "", test),
    Function::new("str.isupper", "", test),
    Function::new("str.join", "iterable", join),
    Function::new("str.ljust", "width, fillchar=' '", justify),
    Function::new("str.lower", "", text).op(Op::StrLower),
    Function::new("str.lstrip", "chars=None", strip),
    Function::new("str.partition", "sep", partition),
    Function::new("str.replace", "old_str, new_str, count=-1", replace),
    Function::new("str.rfind", "substr, start=None, end=None", rfind),
    Function::new("str.rindex", "sub, start=None, end=None", rfind),
    Function::new("str.rjust", "width, fillchar=' '", justify),
    Function::new("str.rpartition", "sep", partition),
    Function::new("str.rsplit", "sep=None, maxsplit=-1", rsplit),
    Function::new("str.rstrip", "chars=None", strip),
    Function::new("str.split", "sep=None, maxsplit=-1", split),
    Function::new("str.splitlines", "keepends=False", splitlines),
    Function::new("str.startswith", "prefix, start=None, end=None", affix),
    Function::new("str.strip", "chars=None", strip),
    Function::new("str.swapcase", "", text),
    Function::new("str.title", "", text),
    Function::new("str.upper", "", text).op(Op::StrUpper),
    Function::new("str.zfill", "width", zfill),
];

fn text(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::Str)
}

fn test(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::Bool)
}

/// Some tests are typed by the number that their implementation returns.
fn count_of(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::INT64)
}

fn ascii(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::Int(IntTy::U32))
}

/// Whether this is a string; holes may be.
pub(super) fn stringy(ty: &Ty) -> bool {
    match ty {
        Ty::Optional(inner) => stringy(inner),
        Ty::Omitted(value) => matches!(**value, Const::Str(_)),
        ty => matches!(ty, Ty::Str | Ty::UnicodeChars(_) | Ty::Literal(Literal::Str(_))) || ty.is_hole(),
    }
}

fn int_like(ty: &Ty) -> bool {
    match ty {
        Ty::Omitted(value) => matches!(**value, Const::Int(_)),
        ty => ty.is_integer() || ty.is_hole(),
    }
}

/// Left out, `None`, or what the test takes.
fn optional(args: &Args<'_>, param: &str, test: fn(&Ty) -> bool) -> bool {
    match args.get(param) {
        None | Some(Ty::None | Ty::Omitted(_)) => true,
        Some(ty) => test(ty),
    }
}

fn accept(args: &Args<'_>, ok: bool, ret: Ty) -> Outcome {
    if ok { Outcome::known(ret) } else { args.no_overload() }
}

/// The fill is a string: unlike other options it cannot be `None`.
fn justify(args: &Args<'_>) -> Outcome {
    let fill = match args.get("fillchar") {
        None | Some(Ty::Omitted(_)) => true,
        Some(fill) => stringy(fill),
    };
    accept(args, int_like(args.req("width")) && fill, Ty::Str)
}

fn zfill(args: &Args<'_>) -> Outcome {
    accept(args, int_like(args.req("width")), Ty::Str)
}

fn bounds(args: &Args<'_>) -> bool {
    optional(args, "start", int_like) && optional(args, "end", int_like)
}

fn maybe_int(ty: &Ty) -> bool {
    int_like(ty) || matches!(ty, Ty::Optional(inner) if int_like(inner))
}

/// Where to search; an optional bound will do.
fn range(args: &Args<'_>) -> bool {
    optional(args, "start", maybe_int) && optional(args, "end", maybe_int)
}

fn first<'a>(args: &'a Args<'_>) -> &'a Ty {
    args.at(0).unwrap_or(&Ty::Undefined)
}

fn count(args: &Args<'_>) -> Outcome {
    accept(args, stringy(first(args)) && range(args), Ty::INT64)
}

/// Where the search begins may be what is returned, so an optional bound there makes the position optional.
fn position(args: &Args<'_>, begin: &str) -> Outcome {
    let ret = match args.get(begin) {
        Some(Ty::Optional(_)) => Ty::optional(Ty::INT64),
        _ => Ty::INT64,
    };
    accept(args, stringy(first(args)) && range(args), ret)
}

fn find(args: &Args<'_>) -> Outcome {
    position(args, "start")
}

fn rfind(args: &Args<'_>) -> Outcome {
    position(args, "end")
}

/// One affix, or a tuple or list of them.
fn affix(args: &Args<'_>) -> Outcome {
    let first = first(args);
    let ok = match first {
        Ty::Tuple(items) | Ty::StarArgs(items) => items.iter().all(stringy),
        Ty::List { elem, .. } => stringy(elem),
        ty => stringy(ty),
    };
    accept(args, ok && bounds(args), Ty::Bool)
}

fn expandtabs(args: &Args<'_>) -> Outcome {
    accept(args, args.get("tabsize").is_none_or(maybe_int), Ty::Str)
}

fn strip(args: &Args<'_>) -> Outcome {
    accept(args, optional(args, "chars", stringy), Ty::Str)
}

fn partition(args: &Args<'_>) -> Outcome {
    accept(args, stringy(args.req("sep")), Ty::uni_tuple(Ty::Str, 3))
}

fn replace(args: &Args<'_>) -> Outcome {
    let ok =
        stringy(args.req("old_str")) && stringy(args.req("new_str")) && optional(args, "count", int_like);
    accept(args, ok, Ty::Str)
}

fn split(args: &Args<'_>) -> Outcome {
    let ok = optional(args, "sep", stringy) && args.get("maxsplit").is_none_or(int_like);
    accept(args, ok, Ty::list(Ty::Str))
}

fn rsplit(args: &Args<'_>) -> Outcome {
    let ok = optional(args, "sep", stringy) && args.get("maxsplit").is_none_or(maybe_int);
    accept(args, ok, Ty::list(Ty::Str))
}

fn splitlines(args: &Args<'_>) -> Outcome {
    let ok = args.get("keepends").is_none_or(|ty| {
        int_like(ty)
            || matches!(ty, Ty::Bool | Ty::Literal(Literal::Bool(_)))
            || matches!(ty, Ty::Omitted(value) if matches!(**value, Const::Bool(_)))
    });
    accept(args, ok, Ty::list(Ty::Str))
}

/// Joins what yields strings.
fn join(args: &Args<'_>) -> Outcome {
    let iterable = args.req("iterable");
    let item = match getiter(iterable) {
        Outcome::Known(iter) => iternext(&iter.ret),
        Outcome::Hole(_) => return Outcome::known(Ty::Str),
        Outcome::Refused(_) => return args.no_overload(),
    };
    match item {
        Outcome::Known(item) => accept(args, stringy(&item.ret), Ty::Str),
        Outcome::Hole(_) => Outcome::known(Ty::Str),
        Outcome::Refused(_) => args.no_overload(),
    }
}
