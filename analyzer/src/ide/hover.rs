//! The type of the expression under the pointer, in the kernel's chosen specialization.

use crate::db::{Db, SourceFile};
use crate::hir::body::{InstKind, Origin, Value, VarId};
use crate::hir::names;
use crate::hir::source_map::{Span, Syntax};
use crate::query::Hover;
use crate::specialize::Source;
use crate::table;
use crate::ty::Ty;

use super::{Shown, argument, display, kernel_at, parameters};

/// Markdown for the smallest expression around an offset.
pub(crate) fn hover(db: &dyn Db, file: SourceFile, offset: u32) -> Option<Hover> {
    let shown = kernel_at(db, file, offset)?;
    let text = file.text(db).clone()?;
    if let Some(hover) = on_name(db, &shown, offset) {
        return Some(hover);
    }
    let found = [smallest(&shown, offset), assigned(db, file, &shown, offset)];
    let (span, origin, var) = found.into_iter().flatten().min_by_key(|(span, ..)| span.end - span.start)?;
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
fn on_name(db: &dyn Db, shown: &Shown, offset: u32) -> Option<Hover> {
    let (start, end) = shown.item.name_range;
    if offset < start || offset > end {
        return None;
    }
    let (params, types) = (&shown.typed.body.params, &shown.wanted.key.args);
    let args = parameters(db, &shown.item.kernel, &|name| argument(params, types, name).cloned());
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

fn first_line(source: &str) -> &str {
    source.lines().next().unwrap_or_default()
}

fn smallest(shown: &Shown, offset: u32) -> Option<(Span, Origin, VarId)> {
    let mut best: Option<(Span, Origin, VarId)> = None;
    shown.places(&mut |origin, var| {
        // A statement as a whole has no type; what meets at its head is said where it is read.
        if shown.map.syntax(origin) == Some(Syntax::Statement) {
            return;
        }
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

/// The variable whose assignment is written at an offset: its instruction stands at the value.
fn assigned(db: &dyn Db, file: SourceFile, shown: &Shown, offset: u32) -> Option<(Span, Origin, VarId)> {
    let (_, names) = names::around(db, file, offset)?;
    let insts = shown.typed.body.blocks.iter().flat_map(|block| &block.insts);
    insts
        .filter_map(|inst| {
            let InstKind::Assign { dst, value } = &inst.kind else { return None };
            let name =
                shown.typed.body.var(*dst).name.as_deref().filter(|_| !matches!(value, Value::Phi(_)))?;
            let span = shown.target(names, inst.origin, name)?.offset(shown.offset);
            (span.start <= offset && offset <= span.end).then_some((span, inst.origin, *dst))
        })
        .next()
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
