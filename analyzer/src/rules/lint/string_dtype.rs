//! `string-dtype`: a dtype written as a string, which compiles; some prefer the name. Off unless selected.

use crate::hir::body::Use;
use crate::rules::{STRING_DTYPE, fixes, report::Text};
use crate::ty::{Literal, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        let library = cx.function(call).is_some_and(|path| path.starts_with("numpy."));
        let method = cx.method(call).is_some_and(|(on, name)| {
            matches!(cx.ty(on.var), Ty::Array(_)) && matches!(&*name, "astype" | "view")
        });
        let keyword = call.kwargs.iter().find(|(name, _)| &**name == "dtype").map(|(_, used)| *used);
        let positional = || if method { call.args.first().copied() } else { None };
        let dtype: Option<Use> = keyword.filter(|_| library).or_else(positional);
        let Some(dtype) = dtype else { continue };
        let Ty::Literal(Literal::Str(name)) = cx.ty(dtype.var) else { continue };
        let text = Text::new(&STRING_DTYPE, format!("the dtype `{name}` is written as a string"))
            .note("Numba takes constant strings; names are checked by editors and type checkers too");
        let mut finding = Finding::new(dtype.origin, text);
        finding.fix = fixes::named_dtype(cx.place, cx.place.span(dtype.origin), name);
        out.push(finding);
    }
}
