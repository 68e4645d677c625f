//! Annotations that the body contradicts. Nobody enforces an annotation: where a parameter is used as nothing of its
//! annotated type can be used, it is the annotation that is wrong.

use super::probe;
use crate::db::{Db, SourceFile};
use crate::hir::body::{Body, InstKind, Use, Value, VarId};
use crate::hir::globals::{self, Global};
use crate::infer::attr;
use crate::table::Outcome;
use crate::ty::Ty;

/// Whether a body uses a parameter as Python itself could not use a value of this type: as an array that is annotated as
/// a number, as a list that is annotated as text, as a member of an enum.
pub(super) fn contradicts(db: &dyn Db, file: SourceFile, body: &Body, number: u32, ty: &Ty) -> bool {
    let insts = || body.blocks.iter().flat_map(|block| &block.insts);
    let param = insts().find_map(|inst| match &inst.kind {
        InstKind::Assign { dst, value: Value::Param(found) } if *found == number => Some(*dst),
        _ => None,
    });
    let Some(param) = param else { return false };
    if insts().filter(|inst| inst.kind.dst() == Some(param)).count() > 1 {
        return false;
    }
    let scalar = ty.is_number() || *ty == Ty::Bool;
    let plain = scalar || *ty == Ty::Str;
    insts().any(|inst| match &inst.kind {
        InstKind::Assign { value: Value::Attr(on, name), .. } if on.var == param => {
            matches!(attr::attribute(ty, name), Outcome::Refused(_)) && probe::is_builtin_attribute(name)
        }
        InstKind::Assign { value: Value::Item(on, _) | Value::Iter(on), .. } => scalar && on.var == param,
        InstKind::Assign { value: Value::Call(call), .. } => call.func.var == param,
        InstKind::Assign { value: Value::Compare(_, left, right), .. } => {
            plain
                && ((left.var == param && is_enum_member(db, file, body, right, 0))
                    || (right.var == param && is_enum_member(db, file, body, left, 0)))
        }
        InstKind::SetItem { target, .. } => plain && target.var == param,
        _ => false,
    })
}

/// Whether a value is a member of an enum that is no number, or a display of such.
fn is_enum_member(db: &dyn Db, file: SourceFile, body: &Body, of: &Use, depth: u32) -> bool {
    let all = |items: &[Use]| {
        depth < 2
            && !items.is_empty()
            && items.iter().all(|item| is_enum_member(db, file, body, item, depth + 1))
    };
    match assigned(body, of.var) {
        Some(Value::Attr(class, _)) => match assigned(body, class.var) {
            Some(Value::Global(name)) => {
                matches!(globals::global(db, file, name), Global::Value(Ty::EnumClass(of)) if !of.int)
            }
            _ => false,
        },
        Some(Value::Tuple(items) | Value::List(items) | Value::Set(items)) => all(items),
        _ => false,
    }
}

fn assigned(body: &Body, var: VarId) -> Option<&Value> {
    body.blocks.iter().flat_map(|block| &block.insts).find_map(|inst| match &inst.kind {
        InstKind::Assign { dst, value } if *dst == var => Some(value),
        _ => None,
    })
}
