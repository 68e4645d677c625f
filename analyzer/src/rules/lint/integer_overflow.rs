//! `integer-overflow`: an integer product that grows with every round of a loop.

use crate::hir::body::{BinaryOp, InstKind, Value};
use crate::rules::{INTEGER_OVERFLOW, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;
use super::flow::{Dependence, dependence};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for around in &cx.loops {
        for inst in &cx.body.blocks[around.header() as usize].insts {
            let InstKind::Assign { dst, value: Value::Phi(inputs) } = &inst.kind else { continue };
            if !matches!(cx.ty(*dst), Ty::Int(_)) {
                continue;
            }
            let Some(name) = cx.name(*dst) else { continue };
            for (_, input) in inputs.iter().filter(|(from, _)| around.has(from.0)) {
                let Some((_, update)) = cx.def(cx.source(input.var)) else { continue };
                let InstKind::Assign { value, .. } = &update.kind else { continue };
                let (Value::InPlace(BinaryOp::Mult, left, right)
                | Value::Binary(BinaryOp::Mult, left, right)) = value
                else {
                    continue;
                };
                let factor = if left.var == *dst {
                    right
                } else if right.var == *dst {
                    left
                } else {
                    continue;
                };
                if dependence(cx, around, factor.var) != Dependence::Own {
                    continue;
                }
                let text = Text::new(&INTEGER_OVERFLOW, format!("the product `{name}` wraps around when it exceeds 64 bits"))
                    .note("Python's integers grow, compiled ones do not, and nothing is raised: 21! is wrong already")
                    .help(format!("start with a float: `{name} = 1.0`"));
                out.push(Finding::new(update.origin, text));
            }
        }
    }
}
