//! What an editor asks: the type under the pointer, hints between the words, where a name is defined and used.

mod actions;
mod hover;
mod inlay_hints;
mod references;
mod semantic_tokens;
mod signature_help;

pub(crate) use actions::actions;
pub(crate) use hover::hover;
pub(crate) use inlay_hints::inlay_hints;
pub(crate) use references::{definition, references};
pub(crate) use semantic_tokens::semantic_tokens;
pub(crate) use signature_help::signature_help;

use std::sync::Arc;

use crate::db::{Db, SourceFile};
use crate::hir::KernelItem;
use crate::hir::body::{InstKind, Origin, Param, Terminator, Use, VarId};
use crate::hir::module;
use crate::hir::names::{Occurrence, Role};
use crate::hir::source_map::{SourceMap, Span, Syntax};
use crate::infer::TypedBody;
use crate::infer::query::infer;
use crate::specialize::{Wanted, wanted};
use crate::ty::{KernelRef, Name, Ty};

/// A kernel with the specialization that editors show: declared, else of the nearest call, else with holes.
struct Shown {
    item: KernelItem,
    wanted: Wanted,
    typed: Arc<TypedBody>,
    map: Arc<SourceMap>,
    /// Where the map's positions start in the file.
    offset: u32,
}

/// The innermost kernel around an offset.
fn kernel_at(db: &dyn Db, file: SourceFile, offset: u32) -> Option<Shown> {
    let items = module::kernels(db, file);
    let around = items.iter().filter(|item| item.range.0 <= offset && offset <= item.range.1);
    let item = around.min_by_key(|item| item.range.1 - item.range.0)?.clone();
    shown(db, item)
}

fn shown(db: &dyn Db, item: KernelItem) -> Option<Shown> {
    let wanted = wanted(db, &item.kernel).into_iter().next()?;
    let typed = infer(db, &wanted.key);
    let (map, offset) = module::source_map(db, item.kernel.clone())?;
    Some(Shown { item, wanted, typed, map, offset })
}

/// A function's parameters as the source lists them, and what it returns, as far as types are known.
fn shown_signature(db: &dyn Db, kernel: &KernelRef) -> (Vec<String>, Option<Ty>) {
    let known = |ty: &Ty| (!ty.has_hole() && ty.is_precise()).then(|| ty.clone());
    let wanted = wanted(db, kernel).into_iter().next();
    let typed = wanted.as_ref().map(|wanted| infer(db, &wanted.key));
    let args = wanted.as_ref().map_or(&[][..], |wanted| &wanted.key.args);
    let params = typed.as_ref().map_or(&[][..], |typed| &typed.body.params);
    let ty = |name: &str| argument(params, args, name).and_then(known);
    (parameters(db, kernel, &ty), typed.as_ref().and_then(|typed| known(&typed.ret)))
}

/// The type of the argument for a parameter. Numba counts those that are given by name only before `*args`.
fn argument<'a>(params: &[Param], args: &'a [Ty], name: &str) -> Option<&'a Ty> {
    let name = name.trim_start_matches('*');
    args.get(params.iter().position(|param| &*param.name == name)?)
}

/// The parameters of a function in the order of the source: `x: float64`, `order: int64 = 2`, and `order=2` where a
/// call leaves it out.
fn parameters(db: &dyn Db, kernel: &KernelRef, ty: &dyn Fn(&str) -> Option<Ty>) -> Vec<String> {
    let one = |(name, default): (Name, Option<String>)| {
        let ty = ty(&name).filter(|ty| !matches!(ty, Ty::Omitted(_)));
        match (ty, default) {
            (Some(ty), Some(default)) => format!("{name}: {} = {default}", display(&ty)),
            (Some(ty), None) => format!("{name}: {}", display(&ty)),
            (None, Some(default)) => format!("{name}={default}"),
            (None, None) => name.to_string(),
        }
    };
    module::params(db, kernel.clone()).into_iter().map(one).collect()
}

impl Shown {
    /// Calls `each` with every place that has a variable: where it is assigned and where it is read.
    fn places(&self, each: &mut dyn FnMut(Origin, VarId)) {
        for block in &self.typed.body.blocks {
            for inst in &block.insts {
                inst.kind.clone().uses_mut(&mut |used: &mut Use| each(used.origin, used.var));
                if let InstKind::Assign { dst, .. } = &inst.kind {
                    each(inst.origin, *dst);
                }
            }
            match &block.term {
                Terminator::Branch { cond: used, .. }
                | Terminator::Return(used)
                | Terminator::Raise(Some(used)) => {
                    each(used.origin, used.var);
                }
                Terminator::Jump(_) | Terminator::Raise(None) | Terminator::Unreachable => {}
            }
        }
    }

    /// The name that an instruction assigns, as it is written: the target of an assignment stands before its value.
    /// `names` are those of the statement that holds the kernel.
    fn target(&self, names: &[Occurrence], origin: Origin, name: &str) -> Option<Span> {
        let at = self.map.span(origin)?;
        if self.map.syntax(origin) == Some(Syntax::Name) {
            return Some(at);
        }
        let range = self.item.range;
        let own = |span: &Span| span.start + self.offset >= range.0 && span.end + self.offset <= range.1;
        let written = || {
            let written = names.iter().filter(|it| it.role == Role::Write && &*it.name == name);
            written.map(|it| it.span).filter(own)
        };
        let inside = written().filter(|span| at.start <= span.start && span.end <= at.end).min();
        inside.or_else(|| written().filter(|span| span.end <= at.start).max())
    }
}

/// A type as Numba spells it; unknown parts are `?`.
fn display(ty: &Ty) -> String {
    match ty {
        Ty::Hole(_) | Ty::Poison => "?".to_string(),
        ty => ty.to_string(),
    }
}
