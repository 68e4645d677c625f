//! Types beside the first assignment of each version of a variable, parameters, and the return type.

use crate::db::{Db, SourceFile};
use crate::hir::body::{InstKind, Value};
use crate::hir::module;
use crate::hir::names::{self, Occurrence};
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
                (label(shown.typed.ty(*dst)), shown.target(names, inst.origin, name))
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
