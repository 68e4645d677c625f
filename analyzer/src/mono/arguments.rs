//! What becomes of operands before they are passed.

use std::sync::Arc;

use crate::table::Op;
use crate::ty::{ArrayTy, Layout, Ty};

use super::body::Translate;
use super::calls::Operand;
use super::types::mono_type;
use super::{MonoOp, NotCompiled};

/// Functions that join arrays, whatever their types and layouts.
pub(super) const JOINS: [&str; 7] = [
    "numpy.column_stack",
    "numpy.concatenate",
    "numpy.dstack",
    "numpy.hstack",
    "numpy.row_stack",
    "numpy.stack",
    "numpy.vstack",
];

impl Translate<'_, '_> {
    /// An operand that may be `None`, where `None` is no operand: raises `TypeError` if it is.
    pub(super) fn unwrap(&mut self, operand: &mut Operand) -> Result<(), NotCompiled> {
        if let Ty::Optional(inner) = operand.ty.clone() {
            let mono = mono_type(&inner).map_err(|why| self.refuse(why))?;
            *operand = Operand { value: self.make(mono, MonoOp::Copy(operand.value)), ty: (*inner).clone() };
        }
        Ok(())
    }

    /// A tuple of arrays of several types as one of arrays with these elements, so that a loop can run over it.
    pub(super) fn make_uniform(&mut self, operand: &mut Operand, elem: &Ty) -> Result<(), NotCompiled> {
        let Some(items) = operand.ty.tuple_items() else { return Ok(()) };
        let arrays: Option<Vec<&ArrayTy>> = items.iter().map(Ty::as_array).collect();
        let Some(arrays) = arrays.filter(|arrays| arrays.windows(2).all(|two| two[0].ndim == two[1].ndim))
        else {
            return Ok(());
        };
        if items.windows(2).all(|two| two[0] == two[1]) {
            return Ok(());
        }
        let (mut tys, mut values) = (Vec::new(), Vec::new());
        for (field, array) in arrays.into_iter().enumerate() {
            let own = mono_type(&items[field]).map_err(|why| self.refuse(why))?;
            let taken = MonoOp::Field { target: operand.value, field: field as u32 };
            let mut value = self.make(own, taken);
            let strided = ArrayTy { elem: elem.clone(), layout: Layout::A, readonly: false, ..array.clone() };
            if array.elem != *elem {
                let made = Ty::Array(Arc::new(ArrayTy { layout: Layout::C, ..strided.clone() }));
                let made = mono_type(&made).map_err(|why| self.refuse(why))?;
                value = self
                    .make(made, MonoOp::Apply { op: Op::ArrayAstype, args: Vec::new(), values: vec![value] });
            }
            tys.push(Ty::Array(Arc::new(strided)));
            values.push(value);
        }
        let ty = Ty::tuple(tys);
        let mono = mono_type(&ty).map_err(|why| self.refuse(why))?;
        *operand = Operand { value: self.make(mono, MonoOp::Tuple(values)), ty };
        Ok(())
    }
}

/// Whether an operation has a meaning for `None`.
pub(super) fn keeps_none(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        Cast | DictGet
            | DictPop
            | ListAppend
            | ListInsert
            | Print
            | SetAdd
            | SetDiscard
            | SetRemove
            | Str
            | TupleNew
    )
}
