//! `float-in-string`: a float turned into a string, which gives `<object type:float64>`.

use crate::rules::{FLOAT_IN_STRING, fixes, report::Text, words};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        let ([arg], Some(path)) = (call.args.as_slice(), cx.function(call)) else { continue };
        let ty = cx.ty(arg.var);
        let printed = matches!(ty, Ty::Float(_) | Ty::Complex(_) | Ty::Array(_));
        if !printed
            || ty.has_hole()
            || !matches!(&*path, "builtins.str" | "builtins.repr" | "builtins.format")
        {
            continue;
        }
        let ty = words::ty(ty);
        let text = Text::new(
            &FLOAT_IN_STRING,
            format!("the string of this {ty} is `<object type:{ty}>`, not its value"),
        )
        .note("Numba turns only integers, booleans and strings into text")
        .help("print the value as an argument of its own: `print(\"x =\", x)`");
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::print_parts(cx.place, cx.place.span(inst.origin));
        out.push(finding);
    }
}
