//! Types beside the first assignment of each version of a variable, parameters, and the return type.

use crate::db::{Db, SourceFile};
use crate::hir::body::{InstKind, Origin, Value};
use crate::hir::module;
use crate::hir::names::{self, Occurrence, Role};
use crate::hir::source_map::{Span, Syntax};
use crate::query::{HintKind, InlayHint};
use crate::ty::Ty;

use super::{Shown, shown};

/// The hints of every kernel that touches a range of a file.
pub(crate) fn inlay_hints(db: &dyn Db, file: SourceFile, start: u32, end: u32) -> Vec<InlayHint> {
    let Some(text) = file.text(db).clone() else { return Vec::new() };
    let mut hints = Vec::new();
    for item in module::kernels(db, file).iter() {
        if item.range.1 < start || item.range.0 > end {
            continue;
        }
        if let Some(shown) = shown(db, item.clone()) {
            let names = names::around(db, file, item.range.0).map_or(&[][..], |(_, names)| names);
            kernel_hints(&shown, names, &text, &mut hints);
        }
    }
    hints.retain(|hint| start <= hint.offset && hint.offset <= end);
    hints.sort_by_key(|hint| hint.offset);
    hints
}

fn kernel_hints(shown: &Shown, names: &[Occurrence], text: &str, hints: &mut Vec<InlayHint>) {
    let mut last: Vec<(&str, String)> = Vec::new();
    for block in &shown.typed.body.blocks {
        for inst in &block.insts {
            let InstKind::Assign { dst, value } = &inst.kind else { continue };
            let Some(name) = shown.typed.body.var(*dst).name.as_deref() else { continue };
            if matches!(value, Value::Phi(_)) {
                continue;
            }
            let (Some(label), Some(span)) =
                (label(shown.typed.ty(*dst)), target(shown, names, inst.origin, name))
            else {
                continue;
            };
            let kind = match value {
                Value::Param(_) => HintKind::Parameter,
                _ => HintKind::Variable,
            };
            // A name that is assigned the same type again says nothing new.
            match last.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) if *known == label => continue,
                Some((_, known)) => known.clone_from(&label),
                None => last.push((name, label.clone())),
            }
            hints.push(InlayHint { offset: span.end + shown.offset, label: format!(": {label}"), kind });
        }
    }
    if let (Some(label), Some(offset)) = (label(&shown.typed.ret), after_parameters(shown, text)) {
        hints.push(InlayHint { offset, label: format!(" -> {label}"), kind: HintKind::Return });
    }
}

/// The name that an instruction assigns, as it is written: the target of an assignment stands before its value.
fn target(shown: &Shown, names: &[Occurrence], origin: Origin, name: &str) -> Option<Span> {
    let at = shown.map.span(origin)?;
    if shown.map.syntax(origin) == Some(Syntax::Name) {
        return Some(at);
    }
    let range = shown.item.range;
    let own = |span: &Span| span.start + shown.offset >= range.0 && span.end + shown.offset <= range.1;
    let written = || {
        let written = names.iter().filter(|it| it.role == Role::Write && &*it.name == name);
        written.map(|it| it.span).filter(own)
    };
    let inside = written().filter(|span| at.start <= span.start && span.end <= at.end).min();
    inside.or_else(|| written().filter(|span| span.end <= at.start).max())
}

/// The type as Numba spells it, without literal values; `None` where it is not known.
fn label(ty: &Ty) -> Option<String> {
    if ty.has_hole() || !ty.is_precise() {
        return None;
    }
    match ty {
        Ty::Function(_) | Ty::Method(_) | Ty::Module(_) | Ty::Dispatcher(_) | Ty::Closure(_) => None,
        ty => Some(ty.unliteral().to_string()),
    }
}

/// Just after the `)` that closes the parameter list.
fn after_parameters(shown: &Shown, text: &str) -> Option<u32> {
    let start = shown.item.name_range.1 as usize;
    let mut depth = 0_i32;
    for (index, byte) in text.as_bytes().get(start..)?.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return u32::try_from(start + index + 1).ok();
                }
            }
            b'\n' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}
