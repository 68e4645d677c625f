//! Builtins that ask about a value: its text, its hash, its class, its attributes.

use std::sync::Arc;

use crate::infer::{attr, ops};
use crate::ty::{Literal, Name, Ty, Why};

use super::builtins::{hashable, unwrapped};
use super::{Args, Outcome, RefusalKind};

/// What has no hash is typed as if its `__hash__` were `None`, and so is the call.
pub(super) fn hash(args: &Args<'_>) -> Outcome {
    let x = args.req("x");
    if x.has_hole() {
        return ops::unknown(x);
    }
    match unwrapped(x) {
        x if hashable(x) || x.is_int_enum_member() => Outcome::known(Ty::INT64),
        Ty::DateTime(_) | Ty::TimeDelta(_) | Ty::UnicodeChars(_) | Ty::Chars(_) => Outcome::known(Ty::INT64),
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) | Ty::Record(_) => args.no_overload(),
        _ => Outcome::known(Ty::None),
    }
}

pub(super) fn str(args: &Args<'_>) -> Outcome {
    let Some(object) = args.get("object") else { return Outcome::known(Ty::Str) };
    match text_of(object) {
        Some(outcome) => outcome,
        None if matches!(object, Ty::UnicodeChars(_)) => Outcome::known(Ty::Str),
        None => described(args, object),
    }
}

pub(super) fn repr(args: &Args<'_>) -> Outcome {
    let object = args.req("obj");
    match text_of(object) {
        Some(outcome) => outcome,
        None => described(args, object),
    }
}

/// Types that become text at run time.
fn text_of(object: &Ty) -> Option<Outcome> {
    match unwrapped(object) {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) => Some(ops::unknown(object)),
        Ty::Bool | Ty::Int(_) | Ty::Str | Ty::Literal(_) => Some(Outcome::known(Ty::Str)),
        _ => None,
    }
}

/// Everything else becomes a constant text with the name of its type.
fn described(args: &Args<'_>, object: &Ty) -> Outcome {
    if matches!(object, Ty::Record(_)) {
        return args.no_overload();
    }
    if object.has_hole() {
        return ops::unknown(object);
    }
    let object = object.unliteral();
    Outcome::known(Ty::str_literal(format!("<object type:{object}>")))
}

pub(super) fn type_of(args: &Args<'_>) -> Outcome {
    match unwrapped(args.req("object")) {
        object if object.is_number() => Outcome::known(Ty::NumberClass(Arc::new(object.unliteral()))),
        object @ (Ty::DateTime(_) | Ty::TimeDelta(_)) => {
            Outcome::known(Ty::NumberClass(Arc::new(object.clone())))
        }
        Ty::NamedTuple(_) => Outcome::Hole(Why::NotModelled("the class of a value")),
        // The class of a container is no type to Numba, whatever it holds.
        container @ (Ty::AnyTuple(_)
        | Ty::List { .. }
        | Ty::TypedList(_)
        | Ty::Array(_)
        | Ty::Dict(_)
        | Ty::Set { .. }
        | Ty::Iter(_)) => Outcome::refused(RefusalKind::NoOverload(vec![container.clone()])),
        _ => args.no_overload(),
    }
}

fn constant_name(args: &Args<'_>) -> Result<Name, Outcome> {
    match args.req("name") {
        Ty::Literal(Literal::Str(name)) => Ok(Name::clone(name)),
        name if name.is_hole() => Err(ops::unknown(name)),
        _ => Err(args.refuse("name", RefusalKind::NeedsLiteral("name".into()))),
    }
}

pub(super) fn hasattr(args: &Args<'_>) -> Outcome {
    let name = match constant_name(args) {
        Ok(name) => name,
        Err(other) => return other,
    };
    match attr::attribute(args.req("obj"), &name) {
        Outcome::Known(_) => Outcome::known(Ty::bool_literal(true)),
        Outcome::Refused(_) => Outcome::known(Ty::bool_literal(false)),
        Outcome::Hole(why) => Outcome::Hole(why),
    }
}

/// A missing attribute without a default raises when the code runs, so the call has the type of nothing.
pub(super) fn getattr(args: &Args<'_>) -> Outcome {
    let name = match constant_name(args) {
        Ok(name) => name,
        Err(other) => return other,
    };
    match (attr::attribute(args.req("obj"), &name), args.get("default")) {
        (Outcome::Refused(_), None) => Outcome::known(Ty::None),
        (Outcome::Refused(_), Some(Ty::Function(_))) => args.no_overload(),
        (Outcome::Refused(_), Some(default @ Ty::Omitted(_))) => Outcome::known(default.unliteral()),
        (Outcome::Refused(_), Some(default)) => Outcome::known(default.clone()),
        (other, _) => other,
    }
}

/// Always a constant: the types decide.
pub(super) fn isinstance(args: &Args<'_>) -> Outcome {
    let var = args.req("var");
    if let Some(why) = var.why() {
        return Outcome::Hole(why);
    }
    match super::isinstance::instance(var, args.req("typs")) {
        Some(answer) => Outcome::known(Ty::bool_literal(answer)),
        // Numba's own classes of types are not asked for.
        None if args.req("typs").why().is_some() => {
            Outcome::refused(RefusalKind::Other("`isinstance` does not take a class of Numba's types".into()))
        }
        None => args.no_overload(),
    }
}
