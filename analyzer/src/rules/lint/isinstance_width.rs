//! `isinstance-width`: `isinstance(x, int)` of a number that is neither int64 nor float64.

use crate::hir::body::{InstKind, Value};
use crate::rules::{ISINSTANCE_WIDTH, report::Text, words};
use crate::ty::{Const, FloatTy, Ty};

use super::Finding;
use super::context::Cx;

/// The test itself is a constant in the body that was typed; the source tells what it was about.
pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let InstKind::Assign { value: Value::Const(Const::Bool(false)), .. } = &inst.kind else { continue };
        let source = cx.place.source(cx.place.span(inst.origin));
        let Some(inner) = source.strip_prefix("isinstance(").and_then(|rest| rest.strip_suffix(')')) else {
            continue;
        };
        let Some((name, class)) = inner.split_once(',') else { continue };
        let (name, class) = (name.trim(), class.trim());
        let mut types =
            cx.body.vars.iter().zip(&cx.typed.types).filter(|(var, _)| var.name.as_deref() == Some(name));
        let (Some((_, ty)), None) = (types.next(), types.next()) else { continue };
        if !surprising(class, ty) {
            continue;
        }
        let text = Text::new(
            &ISINSTANCE_WIDTH,
            format!("{} is no `{class}` here: the test is False", words::ty(ty)),
        )
        .note(format!("Numba takes `{class}` for the 64-bit type only"))
        .help(format!("name the type too: `isinstance({name}, ({class}, np.{}))`", words::ty(ty)));
        out.push(Finding::new(inst.origin, text));
    }
}

fn surprising(class: &str, ty: &Ty) -> bool {
    match (class, ty) {
        ("int", Ty::Int(int)) => Ty::Int(*int) != Ty::INT64,
        ("int", Ty::Bool) => true,
        ("float", Ty::Float(float)) => *float != FloatTy::F64,
        _ => false,
    }
}
