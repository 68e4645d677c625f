//! Arguments bound to the parameters of a function of the project.

use crate::hir::body::{DefaultValue, ParamKind};
use crate::infer::ProblemKind;
use crate::infer::context::{Context, NameValue};
use crate::infer::finish::literal_const;
use crate::table::{Refusal, RefusalKind};
use crate::ty::{Const, KernelRef, Name, Ty, Why};

use super::Given;

pub(super) enum Fold {
    Unknown(Why),
    Refused(ProblemKind),
}

/// Binds arguments to a kernel's parameters; left-out defaults become `omitted(default=..)`, `*args` a tuple.
pub(super) fn fold(
    cx: &dyn Context,
    kernel: &KernelRef,
    params: &[crate::hir::body::Param],
    given: &Given,
) -> Result<Vec<Ty>, Fold> {
    // From Python every parameter can be named, and those after `*` need not be.
    if cx.is_python() || !params.iter().any(|param| param.kind == ParamKind::KeywordOnly) {
        return bind(cx, kernel, params, given);
    }
    let bound = keyword_only_by_position(params, given).map(|given| bind(cx, kernel, params, &given));
    match bound {
        Some(Ok(args)) => Ok(args),
        Some(Err(Fold::Unknown(why))) => Err(Fold::Unknown(why)),
        Some(Err(Fold::Refused(_))) | None => {
            let text = format!(
                "`{}` cannot be called like this: Numba gives parameters after `*` the last positional \
                 arguments; take the `*` out of the signature",
                kernel.qualname
            );
            Err(Fold::Refused(refused(kernel, RefusalKind::Other(text.into()), given)))
        }
    }
}

fn bind(
    cx: &dyn Context,
    kernel: &KernelRef,
    params: &[crate::hir::body::Param],
    given: &Given,
) -> Result<Vec<Ty>, Fold> {
    let var_args = params.iter().any(|param| param.kind == ParamKind::VarArgs);
    let is_plain = |kind: ParamKind| {
        kind.is_positional() || kind == ParamKind::KeywordOnly && cx.is_python() && !var_args
    };
    let plain = params.iter().filter(|param| is_plain(param.kind)).count();
    if given.positional.len() > plain && !var_args {
        let kind = ProblemKind::ArgumentCount { takes: plain as u32, given: given.positional.len() as u32 };
        return Err(Fold::Refused(kind));
    }
    let mut folded = Vec::with_capacity(params.len());
    let mut used_keywords = 0;
    let mut position = 0;
    for param in params {
        match param.kind {
            ParamKind::VarArgs => {
                let rest = given.positional.get(plain..).unwrap_or_default();
                folded.push(Ty::StarArgs(rest.to_vec().into()));
                continue;
            }
            ParamKind::KwArgs => {
                let kind = RefusalKind::Other("a function with `**kwargs` cannot be compiled".into());
                return Err(Fold::Refused(refused(kernel, kind, given)));
            }
            ParamKind::PositionalOnly | ParamKind::Positional | ParamKind::KeywordOnly => {}
        }
        let by_position = if is_plain(param.kind) { given.positional.get(position) } else { None };
        position += usize::from(is_plain(param.kind));
        let by_keyword = given.keywords.iter().find(|(name, _)| *name == param.name).map(|(_, ty)| ty);
        if by_keyword.is_some() && param.kind == ParamKind::PositionalOnly && !cx.is_python() {
            let text = format!("`{}` takes `{}` by position only", kernel.qualname, param.name);
            return Err(Fold::Refused(refused(kernel, RefusalKind::Other(text.into()), given)));
        }
        used_keywords += usize::from(by_keyword.is_some());
        match (by_position, by_keyword, &param.default) {
            (Some(_), Some(_), _) => {
                return Err(Fold::Refused(unexpected_keyword(kernel, &param.name, given)));
            }
            (Some(ty), None, _) | (None, Some(ty), _) => folded.push(ty.clone()),
            (None, None, Some(DefaultValue::Const(value))) => folded.push(Ty::omitted(value.clone())),
            (None, None, Some(DefaultValue::Global(_) | DefaultValue::Other)) => {
                match cx.default_of(kernel, &param.name) {
                    NameValue::Ty(ty) => folded.push(omitted(ty)),
                    NameValue::Refused(_) => {
                        return Err(Fold::Unknown(Why::UnknownGlobal(param.name.clone())));
                    }
                }
            }
            (None, None, None) => {
                let kind = RefusalKind::MissingArgument(param.name.clone());
                return Err(Fold::Refused(refused(kernel, kind, given)));
            }
        }
    }
    if used_keywords < given.keywords.len() {
        let unknown = given.keywords.iter().find(|(name, _)| !params.iter().any(|param| param.name == *name));
        if let Some((name, _)) = unknown {
            return Err(Fold::Refused(unexpected_keyword(kernel, name, given)));
        }
    }
    Ok(folded)
}

/// Gives the parameters that want a keyword the last of the positional arguments, whatever keywords say: so does
/// Numba's `fold_arguments`. Nothing where there are fewer arguments than such parameters: it fails.
fn keyword_only_by_position(params: &[crate::hir::body::Param], given: &Given) -> Option<Given> {
    let wanting = params.iter().filter(|param| param.kind == ParamKind::KeywordOnly);
    let wanting: Vec<&Name> = wanting.map(|param| &param.name).collect();
    let bound = given.positional.len().checked_sub(wanting.len())?;
    let mut keywords = given.keywords.clone();
    keywords.retain(|(name, _)| !wanting.contains(&name));
    let last = given.positional[bound..].iter().cloned();
    keywords.extend(wanting.into_iter().cloned().zip(last));
    Some(Given { positional: given.positional[..bound].to_vec(), keywords })
}

fn unexpected_keyword(kernel: &KernelRef, name: &Name, given: &Given) -> ProblemKind {
    refused(kernel, RefusalKind::UnknownKeyword(name.clone()), given)
}

fn refused(kernel: &KernelRef, kind: RefusalKind, given: &Given) -> ProblemKind {
    let refusal = Refusal { kind, arg: None };
    ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() }
}

/// A default that a global names: its constant where it has one.
fn omitted(ty: Ty) -> Ty {
    match literal_const(&ty) {
        Some(value) => Ty::omitted(value),
        None if ty == Ty::None => Ty::omitted(Const::None),
        None => ty,
    }
}
