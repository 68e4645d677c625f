//! `integer-too-large`: a constant of more than 64 bits, of which the lowest are kept.

use crate::hir::body::{BinaryOp, InstKind, Value};
use crate::rules::{INTEGER_TOO_LARGE, report::Text};
use crate::ty::Const;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let InstKind::Assign { value, .. } = &inst.kind else { continue };
        let value = match value {
            Value::Const(Const::Int(value)) => value.get(),
            Value::Binary(BinaryOp::Pow, base, exponent) => {
                let (Some(base), Some(exponent)) = (cx.int(base.var), cx.int(exponent.var)) else { continue };
                // What does not fit into 128 bits does not fit into 64.
                u32::try_from(exponent).map_or(0, |exponent| base.checked_pow(exponent).unwrap_or(i128::MAX))
            }
            _ => continue,
        };
        if value <= i128::from(u64::MAX) && value >= i128::from(i64::MIN) {
            continue;
        }
        let text = Text::new(
            &INTEGER_TOO_LARGE,
            "this constant needs more than 64 bits, of which the lowest 64 are left",
        )
        .help("write it as a float, for example `2.0**70`");
        out.push(Finding::new(inst.origin, text));
    }
}
