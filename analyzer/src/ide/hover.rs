//! The type of the expression under the pointer, in the kernel's chosen specialization.

use crate::db::{Db, SourceFile};
use crate::hir::body::{InstKind, Origin, Value, VarId};
use crate::hir::source_map::Span;
use crate::query::Hover;
use crate::specialize::Source;
use crate::table;
use crate::ty::Ty;

use super::{Shown, kernel_at};

/// Markdown for the smallest expression around an offset.
pub(crate) fn hover(db: &dyn Db, file: SourceFile, offset: u32) -> Option<Hover> {
    let shown = kernel_at(db, file, offset)?;
    let text = file.text(db).clone()?;
    if let Some(hover) = on_name(&shown, offset) {
        return Some(hover);
    }
    let (span, origin, var) = smallest(&shown, offset)?;
    let source = text.get(span.start as usize..span.end as usize)?;
    let ty = shown.typed.ty(var);
    let mut lines = vec![format!("```python\n{}: {}\n```", first_line(source), display(ty))];
    if let Some(row) = library(&shown, origin, ty) {
        lines.push(format!("`{}({})` in nopython mode", crate::rules::words::callee(row.path), row.params));
    }
    if let Ty::Dispatcher(kernel) = ty {
        lines.push(format!("jitted function `{}`", kernel.qualname));
    }
    lines.push(specialization(&shown));
    Some(Hover { start: span.start, end: span.end, text: lines.join("\n\n") })
}

/// On the kernel's own name: its specialization and what it returns.
fn on_name(shown: &Shown, offset: u32) -> Option<Hover> {
    let (start, end) = shown.item.name_range;
    if offset < start || offset > end {
        return None;
    }
    let args: Vec<String> = shown
        .typed
        .body
        .params
        .iter()
        .zip(&shown.wanted.key.args)
        .map(|(param, ty)| format!("{}: {}", param.name, display(ty)))
        .collect();
    let name = &shown.item.kernel.qualname;
    let signature = format!("def {name}({}) -> {}", args.join(", "), display(&shown.typed.ret));
    let text = format!("```python\n{signature}\n```\n\n{}", specialization(shown));
    Some(Hover { start, end, text })
}

fn specialization(shown: &Shown) -> String {
    match shown.wanted.source {
        Source::Signature => "specialized by its signature".to_string(),
        Source::Call(_) => "specialized by a call".to_string(),
        Source::Example(_) => "specialized by an example".to_string(),
        Source::Annotations => "specialized by its annotations".to_string(),
        Source::Docstring => "specialized by its docstring".to_string(),
        Source::Unknown | Source::Tried => "argument types unknown".to_string(),
    }
}

/// Types as Numba spells them; literals keep their value, unknown parts are `?`.
fn display(ty: &Ty) -> String {
    match ty {
        Ty::Hole(_) | Ty::Poison => "?".to_string(),
        ty => ty.to_string(),
    }
}

fn first_line(source: &str) -> &str {
    source.lines().next().unwrap_or_default()
}

fn smallest(shown: &Shown, offset: u32) -> Option<(Span, Origin, VarId)> {
    let mut best: Option<(Span, Origin, VarId)> = None;
    shown.places(&mut |origin, var| {
        let Some(span) = shown.map.span(origin).map(|span| span.offset(shown.offset)) else { return };
        if span.start > offset || offset > span.end {
            return;
        }
        let smaller = best.is_none_or(|(known, ..)| span.end - span.start < known.end - known.start);
        if smaller {
            best = Some((span, origin, var));
        }
    });
    best
}

/// The row of a library function that stands at this place.
fn library(shown: &Shown, origin: Origin, ty: &Ty) -> Option<&'static table::Function> {
    match ty {
        Ty::Function(path) => return table::find(path),
        Ty::Method(method) => {
            return crate::infer::attr::method_path(&method.0, &method.1).and_then(|path| table::find(&path));
        }
        _ => {}
    }
    let insts = shown.typed.body.blocks.iter().flat_map(|block| &block.insts);
    for inst in insts {
        if let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind
            && inst.origin == origin
            && let Ty::Function(path) = shown.typed.ty(call.func.var)
        {
            return table::find(path);
        }
    }
    None
}
