//! `isinstance-width`: `isinstance(x, int)` of a number that is neither int64 nor float64.

use crate::rules::{ISINSTANCE_WIDTH, report::Text, words};
use crate::ty::{FloatTy, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        if cx.function(call).is_none_or(|path| &*path != "builtins.isinstance") {
            continue;
        }
        let [value, class] = call.args.as_slice() else { continue };
        let (ty, Ty::Function(class)) = (cx.ty(value.var), cx.ty(class.var)) else { continue };
        let surprising = match (&**class, ty) {
            ("builtins.int", Ty::Int(int)) => Ty::Int(*int) != Ty::INT64,
            ("builtins.int", Ty::Bool) => true,
            ("builtins.float", Ty::Float(float)) => *float != FloatTy::F64,
            _ => false,
        };
        if !surprising {
            continue;
        }
        let class = words::callee(class);
        let text = Text::new(
            &ISINSTANCE_WIDTH,
            format!("{} is no `{class}` here: the test is False", words::ty(ty)),
        )
        .note(format!("Numba takes `{class}` for the 64-bit type only"));
        out.push(Finding::new(inst.origin, text));
    }
}
