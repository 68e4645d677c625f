//! How a value inside a parallel loop depends on the loop's variable.

use crate::hir::body::{BinaryOp, Call, InstKind, Value, VarId};
use crate::rules::lint::context::uses;

use super::context::{Cx, Loop};

/// What iterations see of a value that is used as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dependence {
    /// The same value in every iteration.
    Same,
    /// Runs over the same values in every iteration: the variable of an inner loop.
    Inner,
    /// Read from an array at the loop's variable: two iterations may read the same value.
    Loaded,
    /// Not known; treated as different.
    Unknown,
    /// The loop's variable, or arithmetic on it that keeps iterations apart.
    Own,
}

use Dependence::{Inner, Loaded, Own, Same, Unknown};

/// The dependence of an index on the variable of a parallel loop.
pub(super) fn dependence(cx: &Cx<'_>, around: &Loop, var: VarId) -> Dependence {
    of(cx, around, var, 24)
}

fn of(cx: &Cx<'_>, around: &Loop, var: VarId, depth: u32) -> Dependence {
    let Some((block, inst)) = cx.def(var) else { return Same };
    if !around.has(block) {
        return Same;
    }
    let (InstKind::Assign { value, .. }, true) = (&inst.kind, depth > 0) else { return Unknown };
    let next = |var: VarId| of(cx, around, var, depth - 1);
    match value {
        Value::Const(_) | Value::Global(_) | Value::Free(_) => Same,
        Value::Copy(from) | Value::Unary(_, from) => next(from.var),
        Value::Binary(op, a, b) => {
            let (a, b) = (next(a.var), next(b.var));
            match op {
                // These bring iterations together.
                BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::BitAnd | BinaryOp::RShift => {
                    if a == Same && b == Same {
                        Same
                    } else if a == Own || b == Own {
                        Unknown
                    } else {
                        a.max(b)
                    }
                }
                _ => join(a, b),
            }
        }
        Value::Tuple(items) => items.iter().map(|item| next(item.var)).fold(Same, join),
        Value::Slice(bounds) => bounds.iter().flatten().map(|part| next(part.var)).fold(Same, join),
        Value::Item(target, index) => match (next(target.var), next(index.var)) {
            (Same, Same) => Same,
            (Same, Own | Loaded) => Loaded,
            _ => Unknown,
        },
        Value::PairFirst(_) if around.item == Some(var) => Own,
        Value::PairFirst(_) => inner(cx, around, block, depth),
        Value::Call(call) if is_cast(cx, call) => next(call.args[0].var),
        _ => Unknown,
    }
}

/// The variable of an inner loop runs over the same values as long as its limits do not depend on the outer one.
fn inner(cx: &Cx<'_>, around: &Loop, block: u32, depth: u32) -> Dependence {
    let Some(inner) = cx.loops.iter().find(|each| each.header() == block) else { return Unknown };
    let Some(range) = inner.iterable.and_then(|over| cx.range_of(over)) else { return Unknown };
    let limits = range.args.iter().map(|arg| of(cx, around, arg.var, depth - 1)).fold(Same, Ord::max);
    if limits == Same { Inner } else { Unknown }
}

/// Iterations stay apart if one part keeps them apart.
fn join(a: Dependence, b: Dependence) -> Dependence {
    a.max(b)
}

fn is_cast(cx: &Cx<'_>, call: &Call) -> bool {
    let cast = |path: &str| {
        matches!(path, "builtins.int" | "builtins.abs")
            || path
                .strip_prefix("numpy.")
                .is_some_and(|name| name.starts_with("int") || name.starts_with("uint"))
    };
    call.args.len() == 1
        && match cx.ty(call.func.var) {
            crate::ty::Ty::NumberClass(_) => true,
            crate::ty::Ty::Function(path) => cast(path),
            _ => false,
        }
}

/// Whether a value is computed from the loop's variable, through loads or not.
pub(super) fn varies(cx: &Cx<'_>, around: &Loop, var: VarId) -> bool {
    let mut todo = vec![var];
    let mut seen = Vec::new();
    while let Some(var) = todo.pop() {
        if seen.contains(&var) || seen.len() > 256 {
            continue;
        }
        seen.push(var);
        let Some((block, inst)) = cx.def(var) else { continue };
        if !around.has(block) {
            continue;
        }
        if around.item == Some(var) {
            return true;
        }
        todo.extend(uses(inst).into_iter().map(|used| used.var));
    }
    false
}
