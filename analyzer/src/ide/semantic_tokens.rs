//! What the names in kernels are to Numba: a type checker for Python does not know what compilation freezes.

use rustc_hash::FxHashMap;

use crate::db::{Db, SourceFile};
use crate::hir::globals::{self, Global};
use crate::hir::names::{self, Occurrence, Owner, Role};
use crate::hir::{KernelItem, module};
use crate::query::{SemanticToken, TokenKind};
use crate::ty::{Name, Ty};

use super::{Shown, shown};

/// The names in the kernels that touch a range of a file, in order.
pub(crate) fn semantic_tokens(db: &dyn Db, file: SourceFile, start: u32, end: u32) -> Vec<SemanticToken> {
    let mut tokens = Vec::new();
    for item in module::kernels(db, file).iter() {
        if item.range.1 >= start && item.range.0 <= end {
            kernel_tokens(db, file, item, &mut tokens);
        }
    }
    tokens.retain(|token| token.end >= start && token.start <= end);
    // A kernel in a kernel is met twice.
    tokens.sort_by_key(|token| (token.start, token.end));
    tokens.dedup_by_key(|token| token.start);
    tokens
}

fn kernel_tokens(db: &dyn Db, file: SourceFile, item: &KernelItem, tokens: &mut Vec<SemanticToken>) {
    let Some((offset, occurrences)) = names::around(db, file, item.range.0) else { return };
    let shown = shown(db, item.clone());
    let types = shown.as_ref().map(types_by_end).unwrap_or_default();
    for it in occurrences {
        let span = it.span.offset(offset);
        if span.start < item.range.0 || span.end > item.range.1 {
            continue;
        }
        if let Some((kind, constant)) = classify(db, file, it, types.get(&span.end)) {
            let definition = it.role == Role::Definition;
            tokens.push(SemanticToken { start: span.start, end: span.end, kind, definition, constant });
        }
    }
}

/// The types of expressions by where they end: a dotted name ends where its last part does.
fn types_by_end(shown: &Shown) -> FxHashMap<u32, Ty> {
    let mut types = FxHashMap::default();
    shown.places(&mut |origin, var| {
        if let Some(span) = shown.map.span(origin) {
            // Of the expressions that end here, the first is the innermost.
            types.entry(span.end + shown.offset).or_insert_with(|| shown.typed.ty(var).clone());
        }
    });
    types
}

fn classify(db: &dyn Db, file: SourceFile, it: &Occurrence, ty: Option<&Ty>) -> Option<(TokenKind, bool)> {
    match &it.of {
        Owner::Scope { parameter: true, .. } => Some((TokenKind::Parameter, false)),
        Owner::Scope { .. } => match ty {
            Some(Ty::Closure(_) | Ty::Dispatcher(_)) => Some((TokenKind::Function, false)),
            _ => Some((TokenKind::Variable, false)),
        },
        Owner::Module => module_name(db, file, &it.name),
        Owner::Attribute(_) => Some(match ty {
            Some(Ty::Module(_)) => (TokenKind::Namespace, false),
            Some(Ty::Function(_) | Ty::Dispatcher(_)) => (TokenKind::Function, false),
            Some(Ty::Method(_)) => (TokenKind::Method, false),
            Some(Ty::NumberClass(_) | Ty::DType(_)) => (TokenKind::Type, false),
            _ => (TokenKind::Property, false),
        }),
        Owner::Import { .. } => None,
    }
}

/// A name outside the kernel: compiled code sees the value that it had.
fn module_name(db: &dyn Db, file: SourceFile, name: &Name) -> Option<(TokenKind, bool)> {
    Some(match globals::global(db, file, name) {
        Global::Jitted(..) | Global::Plain(_) => (TokenKind::Function, false),
        Global::Class(_) => (TokenKind::Class, false),
        Global::Const(_) | Global::Scalar(..) | Global::Instance(_) | Global::Container(_) => {
            (TokenKind::Variable, true)
        }
        Global::Value(ty) => match ty {
            Ty::Module(_) => (TokenKind::Namespace, false),
            Ty::Function(_) | Ty::Dispatcher(_) => (TokenKind::Function, false),
            Ty::NumberClass(_) | Ty::DType(_) | Ty::TypeRef(_) => (TokenKind::Type, false),
            Ty::ExceptionClass(_) | Ty::NamedTupleClass(_) | Ty::EnumClass(_) => (TokenKind::Class, false),
            _ => (TokenKind::Variable, true),
        },
        Global::Undefined | Global::Unknown(_) => return None,
    })
}
