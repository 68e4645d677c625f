//! What Numba does to a body between reading it and typing it, one file per pass, in its order.
//!
//! The passes run for each specialization, since the types of the arguments decide which branches exist.

mod canonicalize_cfg;
mod rename_redefined;

mod dead_branch_prune;
mod dead_code_elimination;
mod inline_arraycall;
mod inline_closure_likes;
mod literal_unroll;
mod make_function_to_jit_function;
mod propagate_literals;
mod reconstruct_ssa;
mod rewrite_semantic_constants;

mod blocks;
pub(crate) mod cfg;
mod definitions;
mod refused;
#[cfg(test)]
mod testing;

pub use dead_branch_prune::{dead_branch_prune, open_branches, take_branches};
pub use inline_closure_likes::inline_closure_likes;
pub use propagate_literals::{MergedArgument, asks_for_types, propagate_literals};
pub use reconstruct_ssa::reconstruct_ssa;
pub use rename_redefined::rename_redefined;
pub use rewrite_semantic_constants::rewrite_semantic_constants;

use crate::hir::body::{Body, InstKind, Value};
use crate::ty::{Const, Name, Ty};
use canonicalize_cfg::canonicalize_cfg;
use cfg::Cfg;
use reconstruct_ssa::reconstruct_ssa_in;
use rename_redefined::rename_redefined_in;

/// What the source tells about a name from outside the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Nothing: an import that cannot be followed, a computed value.
    Unknown,
    Const(Const),
    /// A function, class or module of the library, by its real path: `builtins.len`.
    Library(Name),
    /// A tuple of so many members that are not all constants.
    Tuple(usize),
    /// Any other object that is not `None`, with its truth value where that is known: a function of the project.
    Object(Option<bool>),
}

/// What passes may know about the names that a body reads from outside.
pub trait Env {
    fn global(&self, name: &Name) -> Fact;
    /// A variable of an enclosing function.
    fn free(&self, name: &Name) -> Fact;

    /// Whether the names of keywords are lost where exceptions are caught. Numba makes each instruction a block there,
    /// and up to Python 3.12 the names are loaded by an instruction of their own in front of the call.
    fn loses_keywords(&self) -> bool {
        true
    }
}

/// An [`Env`] that knows nothing.
pub struct NoEnv;

impl Env for NoEnv {
    fn global(&self, _: &Name) -> Fact {
        Fact::Unknown
    }

    fn free(&self, _: &Name) -> Fact {
        Fact::Unknown
    }
}

/// All passes in Numba's order: the body that is typed for these arguments. Where [`asks_for_types`] says so, it is
/// typed twice, with [`propagate_literals`] in between.
pub fn prepare(body: &Body, args: &[Ty], env: &dyn Env) -> Body {
    let mut body = body.clone();
    if body.blocks.is_empty() {
        return body;
    }
    if env.loses_keywords() {
        keywords_by_position(&mut body);
    }
    let cfg = Cfg::new(&body);
    rename_redefined_in(&mut body, &cfg);
    let mut cfg = Some(cfg).filter(|cfg| !canonicalize_cfg(&mut body, cfg));
    if inline_closure_likes(&mut body, env) {
        cfg = None;
        let inlined = Cfg::new(&body);
        canonicalize_cfg(&mut body, &inlined);
    }
    rewrite_semantic_constants(&mut body, args, env);
    let pruned = dead_branch_prune(&mut body, args, env);
    make_function_to_jit_function::refuse_captures(&mut body);
    if pruned {
        cfg = None;
        dead_branch_prune(&mut body, args, env);
    }
    if literal_unroll::literal_unroll(&mut body, args, env) {
        cfg = None;
        let unrolled = Cfg::new(&body);
        canonicalize_cfg(&mut body, &unrolled);
    }
    let cfg = cfg.unwrap_or_else(|| Cfg::new(&body));
    reconstruct_ssa_in(&mut body, cfg);
    dead_branch_prune(&mut body, args, env);
    body
}

/// What is given by keyword where exceptions are caught is given by position.
fn keywords_by_position(body: &mut Body) {
    let Body { blocks, guarded_calls, .. } = body;
    if guarded_calls.is_empty() {
        return;
    }
    for inst in blocks.iter_mut().flat_map(|block| &mut block.insts) {
        if let InstKind::Assign { value: Value::Call(call), .. } = &mut inst.kind
            && guarded_calls.contains(&inst.id)
        {
            let values = std::mem::take(&mut call.kwargs).into_iter().map(|(_, value)| value);
            call.args.extend(values);
        }
    }
}

/// Whether nothing in a body but comparisons with `None` and ranks of arrays asks for the types of its arguments.
pub fn asks_little(body: &Body, env: &dyn Env) -> bool {
    let insts = body.blocks.iter().flat_map(|block| &block.insts);
    let mut values = insts.filter_map(|inst| match &inst.kind {
        InstKind::Assign { value: value @ (Value::Global(_) | Value::Free(_)), .. } => Some(value),
        _ => None,
    });
    !values.any(|value| {
        propagate_literals::is_type_question(value, env).is_some()
            || literal_unroll::is_literal_unroll(Some(value), env)
    })
}

/// Whether a body that [`asks_little`] is prepared for these arguments as for unknown ones.
pub fn prepares_as_unknown(prepared: &Body, args: &[Ty]) -> bool {
    let mut arrays = false;
    let plain = args.iter().all(|ty| match ty {
        Ty::Hole(_) | Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Complex(_) | Ty::Str => true,
        Ty::Array(_) => {
            arrays = true;
            true
        }
        _ => false,
    });
    let mut insts = prepared.blocks.iter().flat_map(|block| &block.insts);
    let is_rank = |kind: &InstKind| matches!(kind, InstKind::Assign { value: Value::Attr(_, name), .. } if &**name == "ndim");
    plain && !(arrays && insts.any(|inst| is_rank(&inst.kind)))
}
