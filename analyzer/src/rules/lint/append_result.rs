//! `append-result`: the result of `xs.append(..)`, which is None, is kept under a name.

use crate::hir::body::{InstKind, Value};
use crate::rules::{APPEND_RESULT, fixes, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((dst, call)) = Cx::call(inst) else { continue };
        let Some((on, method)) = cx.method(call) else { continue };
        let receiver = match cx.ty(on.var) {
            Ty::Optional(inner) => &**inner,
            ty => ty,
        };
        let list = matches!(receiver, Ty::List { .. } | Ty::TypedList(_));
        if !list
            || !matches!(&*method, "append" | "extend" | "insert" | "reverse" | "sort" | "remove" | "clear")
        {
            continue;
        }
        let named = cx.name(dst).or_else(|| {
            cx.insts().find_map(|(_, copy)| match &copy.kind {
                InstKind::Assign { dst: to, value: Value::Copy(from) } if from.var == dst => cx.name(*to),
                _ => None,
            })
        });
        let Some(name) = named else { continue };
        let text =
            Text::new(&APPEND_RESULT, format!("`.{method}` returns None, so `{name}` is None from here on"))
                .note("a later use of it as a list raises");
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::drop_assignment(cx.place, cx.place.span(inst.origin));
        out.push(finding);
    }
}
