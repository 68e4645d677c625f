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
    // Numba binds parameters that want a keyword by position only.
    let bare = params.iter().any(|param| param.kind == ParamKind::KeywordOnly);
    if bare && !params.iter().any(|param| matches!(param.kind, ParamKind::VarArgs | ParamKind::KwArgs)) {
        return by_position(kernel, params, given);
    }
    let plain = params.iter().filter(|param| param.kind == ParamKind::Positional).count();
    let var_args = params.iter().any(|param| param.kind == ParamKind::VarArgs);
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
                let refusal = Refusal { kind, arg: None };
                let kind = ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() };
                return Err(Fold::Refused(kind));
            }
            ParamKind::Positional | ParamKind::KeywordOnly => {}
        }
        let by_position =
            if param.kind == ParamKind::Positional { given.positional.get(position) } else { None };
        position += usize::from(param.kind == ParamKind::Positional);
        let by_keyword = given.keywords.iter().find(|(name, _)| *name == param.name).map(|(_, ty)| ty);
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
                let refusal = Refusal { kind: RefusalKind::MissingArgument(param.name.clone()), arg: None };
                let kind = ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() };
                return Err(Fold::Refused(kind));
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

fn by_position(
    kernel: &KernelRef,
    params: &[crate::hir::body::Param],
    given: &Given,
) -> Result<Vec<Ty>, Fold> {
    if given.keywords.is_empty() && given.positional.len() == params.len() {
        return Ok(given.positional.clone());
    }
    let missing = params.get(given.positional.len());
    let kind = match missing {
        Some(param) => {
            let refusal = Refusal { kind: RefusalKind::MissingArgument(param.name.clone()), arg: None };
            ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() }
        }
        None => {
            ProblemKind::ArgumentCount { takes: params.len() as u32, given: given.positional.len() as u32 }
        }
    };
    Err(Fold::Refused(kind))
}

fn unexpected_keyword(kernel: &KernelRef, name: &Name, given: &Given) -> ProblemKind {
    let refusal = Refusal { kind: RefusalKind::UnknownKeyword(name.clone()), arg: None };
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
