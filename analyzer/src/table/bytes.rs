//! Methods of bytes and of the cells of character arrays.

use crate::infer::iter::{getiter, iternext};
use crate::ty::{BufferKind, Const, Ty};

use super::{Args, Function, Outcome};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("bytes.center", "width, fillchar=' '", justify),
    Function::new("bytes.endswith", "b", test_with),
    Function::new("bytes.find", "b", find),
    Function::new("bytes.isascii", "", test),
    Function::new("bytes.join", "parts", join),
    Function::new("bytes.ljust", "width, fillchar=' '", justify),
    Function::new("bytes.lstrip", "chars=None", strip),
    Function::new("bytes.rfind", "b", find),
    Function::new("bytes.rjust", "width, fillchar=' '", justify),
    Function::new("bytes.rstrip", "chars=None", strip),
    Function::new("bytes.split", "sep=None, maxsplit=-1", split),
    Function::new("bytes.startswith", "b", test_with),
    Function::new("bytes.strip", "chars=None", strip),
    Function::new("bytes.zfill", "width", zfill),
    Function::new("chars.center", "width, fillchar=' '", justify),
    Function::new("chars.endswith", "b", test_with),
    Function::new("chars.find", "b", find),
    Function::new("chars.isascii", "", test),
    Function::new("chars.isupper", "", test),
    Function::new("chars.join", "parts", join),
    Function::new("chars.ljust", "width, fillchar=' '", justify),
    Function::new("chars.lstrip", "chars=None", strip),
    Function::new("chars.rfind", "b", find),
    Function::new("chars.rjust", "width, fillchar=' '", justify),
    Function::new("chars.rstrip", "chars=None", strip),
    Function::new("chars.split", "sep=None, maxsplit=-1", split),
    Function::new("chars.startswith", "b", test_with),
    Function::new("chars.strip", "chars=None", strip),
    Function::new("chars.upper", "", upper),
    Function::new("chars.zfill", "width", zfill),
];

/// The family of text that a type belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Bytes,
}

fn family(ty: &Ty) -> Option<Family> {
    match ty {
        Ty::Optional(inner) => family(inner),
        Ty::Chars(_) => Some(Family::Bytes),
        Ty::Array(array) if array.kind == BufferKind::Bytes => Some(Family::Bytes),
        ty if !ty.is_hole() && super::strings::stringy(ty) => Some(Family::Text),
        _ => None,
    }
}

/// What the methods that make text return: a string, or bytes.
fn text(args: &Args<'_>) -> Ty {
    match family(args.recv()) {
        Some(Family::Bytes) => Ty::of_const(&Const::Bytes([].into())),
        _ => Ty::Str,
    }
}

/// Whether this argument is of the receiver's family. A hole may be.
fn kindred(args: &Args<'_>, ty: &Ty) -> bool {
    ty.is_hole() || family(ty).is_some() && family(ty) == family(args.recv())
}

fn accept(args: &Args<'_>, ok: bool, ret: Ty) -> Outcome {
    if ok { Outcome::known(ret) } else { args.no_overload() }
}

fn given(args: &Args<'_>, param: &str, test: impl Fn(&Ty) -> bool) -> bool {
    match args.get(param) {
        None | Some(Ty::None | Ty::Omitted(_)) => true,
        Some(ty) => test(ty),
    }
}

fn int_like(ty: &Ty) -> bool {
    match ty {
        Ty::Optional(inner) => int_like(inner),
        ty => ty.is_integer() || ty.is_hole(),
    }
}

fn justify(args: &Args<'_>) -> Outcome {
    let fill = match args.get("fillchar") {
        None | Some(Ty::Omitted(_)) => true,
        Some(fill) => kindred(args, fill),
    };
    accept(args, int_like(args.req("width")) && fill, text(args))
}

fn zfill(args: &Args<'_>) -> Outcome {
    accept(args, int_like(args.req("width")), text(args))
}

fn test(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::Bool)
}

fn upper(args: &Args<'_>) -> Outcome {
    Outcome::known(text(args))
}

fn test_with(args: &Args<'_>) -> Outcome {
    accept(args, kindred(args, args.req("b")), Ty::Bool)
}

fn find(args: &Args<'_>) -> Outcome {
    accept(args, kindred(args, args.req("b")), Ty::INT64)
}

fn strip(args: &Args<'_>) -> Outcome {
    accept(args, given(args, "chars", |ty| kindred(args, ty)), text(args))
}

fn split(args: &Args<'_>) -> Outcome {
    let ok = given(args, "sep", |ty| kindred(args, ty)) && args.get("maxsplit").is_none_or(int_like);
    accept(args, ok, Ty::list(text(args)))
}

fn join(args: &Args<'_>) -> Outcome {
    let item = match getiter(args.req("parts")) {
        Outcome::Known(iter) => iternext(&iter.ret),
        Outcome::Hole(_) => return Outcome::known(text(args)),
        Outcome::Refused(_) => return args.no_overload(),
    };
    match item {
        Outcome::Known(item) => accept(args, kindred(args, &item.ret), text(args)),
        Outcome::Hole(_) => Outcome::known(text(args)),
        Outcome::Refused(_) => args.no_overload(),
    }
}
