//! Displays and other forms of syntax that build a value: slices, dicts, attribute stores.

use std::sync::Arc;

use crate::hir::JitKind;
use crate::hir::globals::UNREAD;
use crate::table::{self, Outcome, RefusalKind};
use crate::ty::convert::{Conversion, can_convert};
use crate::ty::{Const, DictTy, Layout, Literal, Name, SliceLiteral, Ty, Why};

use super::finish::literal_const;
use super::index::{casts, may_be_key};
use super::solve::Solver;
use super::{Callee, LibraryRef, attr};

/// The type of `start:stop:step`. Constant bounds stay part of the type, so that tuples can be sliced.
pub(super) fn slice(start: Option<&Ty>, stop: Option<&Ty>, step: Option<&Ty>) -> Outcome {
    let bounds = [start, stop, step];
    if let Some(why) = bounds.iter().flatten().find_map(|ty| ty.why()) {
        let known = if step.is_none() { Ty::Slice2 } else { Ty::Slice3 };
        return if bounds.iter().flatten().any(|ty| matches!(ty, Ty::Hole(_))) {
            Outcome::known(known)
        } else {
            Outcome::Hole(why)
        };
    }
    let constant = |ty: Option<&Ty>| match ty {
        None | Some(Ty::None) => Some(None),
        Some(Ty::Literal(Literal::Int(value))) => i64::try_from(value.get()).ok().map(Some),
        Some(_) => None,
    };
    match (constant(start), constant(stop), constant(step)) {
        // Written out, a step makes the slice one of three parts, even a step of 1.
        (Some(_), Some(_), Some(Some(1))) => Outcome::known(Ty::Slice3),
        (Some(start), Some(stop), Some(step)) => {
            let slice = SliceLiteral { start, stop, step };
            Outcome::known(Ty::Literal(Literal::Slice(Arc::new(slice))))
        }
        _ => {
            let sized = |ty: Option<&Ty>| match ty {
                None | Some(Ty::None | Ty::Poison) => true,
                Some(ty) => can_convert(ty, &Ty::INT64).is_some(),
            };
            if let Some(bad) = bounds.iter().flatten().find(|ty| !sized(Some(ty))) {
                return Outcome::refused(RefusalKind::IndexType((*bad).clone()));
            }
            Outcome::known(match step {
                None | Some(Ty::None) => Ty::Slice2,
                Some(_) => Ty::Slice3,
            })
        }
    }
}

/// The slice that a call of `slice` makes of constants. Its type does not tell them, but tuples can be sliced by it.
pub(super) fn constant_slice(bounds: &[Ty]) -> Option<Ty> {
    let constant = |ty: &Ty| match ty {
        Ty::None => Some(None),
        Ty::Literal(Literal::Int(value)) => i64::try_from(value.get()).ok().map(Some),
        _ => None,
    };
    if let Some(hole) = bounds.iter().find(|ty| ty.is_hole()) {
        return Some(hole.clone());
    }
    let bounds: Vec<Option<i64>> = bounds.iter().map(constant).collect::<Option<_>>()?;
    let (start, stop, step) = match bounds[..] {
        [stop] => (None, stop, None),
        [start, stop] => (start, stop, None),
        [start, stop, step] => (start, stop, step),
        _ => return None,
    };
    Some(Ty::Literal(Literal::Slice(Arc::new(SliceLiteral { start, stop, step }))))
}

/// `{key: value, ...}`: string keys with values of several types make an immutable literal dict, else the first
/// pair decides.
pub(super) fn dict_display(items: &[(Ty, Ty)]) -> Outcome {
    let Some((key, value)) = items.first() else {
        let dict = DictTy { key: Ty::Undefined, value: Ty::Undefined, iv: Some(Vec::new()) };
        return Outcome::known(Ty::Dict(Arc::new(dict)));
    };
    if let Some(why) = items.iter().find_map(|(key, value)| key.why().or_else(|| value.why())) {
        return Outcome::Hole(why);
    }
    let string_keys = items.iter().all(|(key, _)| matches!(key, Ty::Literal(Literal::Str(_))));
    let first = value.unliteral();
    let fits = |ty: &Ty| {
        can_convert(&ty.unliteral(), &first).is_some_and(|conversion| conversion < Conversion::Unsafe)
    };
    let mut homogeneous = items.iter().all(|(_, value)| fits(value));
    if let [(_, Ty::LiteralStrKeyDict(_) | Ty::List { .. } | Ty::LiteralList(_))] = items {
        homogeneous = false;
    }
    if string_keys && !homogeneous {
        let mut fields: Vec<(Name, Ty)> = Vec::new();
        for (key, value) in items {
            if let Ty::Literal(Literal::Str(key)) = key {
                fields.retain(|(known, _)| *known != **key);
                fields.push((Name::clone(key), value.clone()));
            }
        }
        return Outcome::known(Ty::LiteralStrKeyDict(fields.into()));
    }
    // The pairs are stored one by one, and a store takes more conversions than a dict of strings.
    let stored = |value: &Ty| fits(value) || casts(value, &first);
    let lonely = (items.len() == 1 && !homogeneous).then_some(value);
    if let Some(bad) = items.iter().map(|(_, value)| value).find(|value| !stored(value)).or(lonely) {
        return Outcome::refused(RefusalKind::UnsafeCast { from: bad.unliteral(), to: first });
    }
    let key_ty = key.unliteral();
    if !may_be_key(&key_ty) {
        let sentence = format!("a dict cannot have keys of type {key_ty}");
        return Outcome::refused(RefusalKind::Other(sentence.into()));
    }
    if let Some((bad, _)) = items.iter().find(|(key, _)| !casts(key, &key_ty)) {
        return Outcome::refused(RefusalKind::UnsafeCast { from: bad.unliteral(), to: key_ty });
    }
    if matches!(first, Ty::List { .. } | Ty::Set { .. } | Ty::None | Ty::Optional(_)) {
        let sentence = format!("a dict cannot have values of type {first}");
        return Outcome::refused(RefusalKind::Other(sentence.into()));
    }
    // Of pairs whose values are all constants, those with constant keys are kept.
    let values: Option<Vec<Const>> = items.iter().map(|(_, value)| literal_const(value)).collect();
    let iv = values.map(|values| {
        let pairs =
            items.iter().zip(values).filter_map(|((key, _), value)| Some((literal_const(key)?, value)));
        pairs.collect()
    });
    Outcome::known(Ty::Dict(Arc::new(DictTy { key: key_ty, value: first, iv })))
}

/// `target.name = value`.
pub(super) fn set_attribute(target: &Ty, name: &str, value: &Ty) -> Outcome {
    match target {
        Ty::Record(_) => match attr::attribute(target, name) {
            Outcome::Known(field) if can_convert(value, &field.ret).is_some() => Outcome::known(Ty::None),
            Outcome::Known(_) => {
                Outcome::refused(RefusalKind::NoOverload(vec![target.clone(), value.clone()]))
            }
            other => other,
        },
        Ty::StructRef(class) => match class.fields.iter().find(|(field, _)| &**field == name) {
            Some((_, ty)) if value.has_hole() || ty.has_hole() || can_convert(value, ty).is_some() => {
                Outcome::known(Ty::None)
            }
            Some((_, ty)) => {
                Outcome::refused(RefusalKind::UnsafeCast { from: value.clone(), to: ty.clone() })
            }
            None => Outcome::refused(RefusalKind::NoAttribute(name.into())),
        },
        Ty::JitClassInstance(class) => match class.1.iter().find(|(field, _)| &**field == name) {
            Some((_, ty)) if value.has_hole() || ty.has_hole() || stores(value, ty) => {
                Outcome::known(Ty::None)
            }
            Some((_, ty)) => {
                Outcome::refused(RefusalKind::UnsafeCast { from: value.clone(), to: ty.clone() })
            }
            None if class.1.iter().all(|(field, _)| &**field != UNREAD) => {
                Outcome::refused(RefusalKind::NoAttribute(name.into()))
            }
            None => Outcome::Hole(Why::NotModelled("an attribute of a jitclass")),
        },
        Ty::Array(_) if matches!(attr::attribute(target, name), Outcome::Known(_)) => Outcome::refused(
            RefusalKind::Other(format!("the attribute `{name}` of an array cannot be assigned").into()),
        ),
        Ty::Int(_)
        | Ty::Float(_)
        | Ty::Bool
        | Ty::Tuple(_)
        | Ty::NamedTuple(_)
        | Ty::Str
        | Ty::Array(_)
        | Ty::TypedList(_)
        | Ty::Dict(_)
        | Ty::Set { .. }
        | Ty::None
        | Ty::List { .. } => Outcome::refused(RefusalKind::NoAttribute(name.into())),
        _ => Outcome::Hole(Why::NotModelled("an assigned attribute")),
    }
}

/// Whether a field takes the value. Arrays may change their layout for `A`, and gain or lose the right to be written.
fn stores(value: &Ty, field: &Ty) -> bool {
    if let (Ty::Array(from), Ty::Array(to)) = (value, field) {
        return from == to
            || from.elem == to.elem
                && from.ndim == to.ndim
                && (to.layout == Layout::A || from.readonly != to.readonly);
    }
    // Lists of the same items are one structure, shared with Python or not.
    if let (Ty::List { elem: from, .. }, Ty::List { elem: to, .. }) = (value, field) {
        return from == to || from.has_hole() || to.has_hole();
    }
    // Numba stores an array in a number's place, whatever that means.
    can_convert(value, field).is_some() || field.is_number() && matches!(value, Ty::Array(_))
}

/// What an attribute that is no method resolves to, for code generation.
pub(super) fn attribute_callee(recv: &Ty, name: &str) -> Callee {
    let field = match recv {
        Ty::NamedTuple(tuple) => tuple.fields.iter().position(|(field, _)| &**field == name),
        Ty::Record(record) => record.fields.iter().position(|field| &*field.name == name),
        Ty::JitClassInstance(class) => class.1.iter().position(|(field, _)| &**field == name),
        _ => None,
    };
    if let Some(field) = field.and_then(|field| u32::try_from(field).ok()) {
        return Callee::Field(field);
    }
    match attr::method_path(recv, name).and_then(|path| table::find(&path)) {
        Some(row) => Callee::Library(LibraryRef(row)),
        None => Callee::Other,
    }
}

impl Solver<'_> {
    /// The tuple of several functions that are compiled for one signature: its items are of the type of such
    /// functions, so that it can be walked over and indexed. Functions that are compiled for nothing yet join in.
    pub(super) fn functions_of_one_type(&self, items: &[Ty]) -> Option<Ty> {
        let mut function: Option<Ty> = None;
        for item in items {
            let of = match item {
                Ty::FunctionType(_) => item.clone(),
                Ty::Dispatcher(kernel) => {
                    let declared = self.cx.declared(kernel);
                    match &declared.signatures[..] {
                        [] if declared.kind == JitKind::Jit => continue,
                        [signature] if matches!(declared.kind, JitKind::Jit | JitKind::CFunc) => {
                            let ret = signature.ret.clone();
                            let ret = ret.unwrap_or(Ty::Hole(Why::NotModelled("what a function returns")));
                            Ty::FunctionType(Arc::new((ret, signature.args.clone())))
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            };
            match &function {
                Some(known) if *known != of => return None,
                _ => function = Some(of),
            }
        }
        let same = items.windows(2).all(|pair| pair[0] == pair[1]);
        let function = function.filter(|_| !same && self.alike(items))?;
        Some(Ty::tuple(items.iter().map(|_| function.clone())))
    }
}
