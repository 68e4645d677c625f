//! `isinstance` and `hasattr` are answered by a first, partial typing; the branches they decide are then removed and
//! the rest is typed again. Numba does this in its literal propagation.

use std::sync::Arc;

use crate::hir::JitOptions;
use crate::hir::body::{Body, InstKind, Value};
use crate::passes::{self, Env};
use crate::ty::{Const, Literal, Ty};

use super::context::Context;
use super::{Callee, TypedBody, solve};

const DECIDED_BY_TYPE: [&str; 2] = ["builtins.isinstance", "builtins.hasattr"];

/// Types a prepared body, with the branches that `isinstance` decides removed.
pub(super) fn solve_folding(
    cx: &dyn Context,
    env: &dyn Env,
    body: Arc<Body>,
    args: &[Ty],
    ret: Option<&Ty>,
    options: &JitOptions,
) -> TypedBody {
    let mut typed = solve::solve(cx, &body, args, ret, options);
    for _ in 0..8 {
        let Some(folded) = fold(&typed, args, env) else { break };
        typed = solve::solve(cx, &Arc::new(folded), args, ret, options);
    }
    typed
}

/// The body with decided calls replaced by their answers, if there are any.
fn fold(typed: &TypedBody, args: &[Ty], env: &dyn Env) -> Option<Body> {
    let mut body = (*typed.body).clone();
    let mut any = false;
    for inst in body.blocks.iter_mut().flat_map(|block| &mut block.insts) {
        let InstKind::Assign { dst, value: value @ Value::Call(_) } = &mut inst.kind else { continue };
        let Some(Callee::Library(row)) = typed.resolved(inst.id).map(|resolved| &resolved.callee) else { continue };
        if !DECIDED_BY_TYPE.contains(&row.0.path) {
            continue;
        }
        if let Ty::Literal(Literal::Bool(answer)) = typed.ty(*dst) {
            *value = Value::Const(Const::Bool(*answer));
            any = true;
        }
    }
    if !any {
        return None;
    }
    passes::dead_branch_prune(&mut body, args, env);
    Some(body)
}
