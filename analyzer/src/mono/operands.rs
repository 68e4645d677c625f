//! Operands that are not what their operation computes with: arrays without dimensions, and times of several units.

use crate::hir::body::{BinaryOp, CmpOp, Use};
use crate::ty::{Const, Layout, Name, Ty};

use super::body::Translate;
use super::types::mono_type;
use super::{MonoArray, MonoOp, MonoTy, NotCompiled, ValueId};

/// What stands in the way of comparing two values item by item.
pub(super) fn incomparable(left: &MonoTy, right: &MonoTy) -> Option<&'static str> {
    match (left, right) {
        (MonoTy::Set(a), MonoTy::Set(b)) if a == b => None,
        (MonoTy::Set(_), _) | (_, MonoTy::Set(_)) => Some("a set with something else"),
        (MonoTy::Dict(_), _) | (_, MonoTy::Dict(_)) => Some("dicts"),
        (MonoTy::List(a), MonoTy::List(b)) => inside(a, b),
        (MonoTy::Tuple(a), MonoTy::Tuple(b)) => a.iter().zip(b).find_map(|(a, b)| inside(a, b)),
        (MonoTy::Optional(a), b) | (b, MonoTy::Optional(a)) => inside(a, b),
        _ => None,
    }
}

fn inside(left: &MonoTy, right: &MonoTy) -> Option<&'static str> {
    match (left, right) {
        (MonoTy::Set(_), MonoTy::Set(_)) => Some("sets inside of something else"),
        (MonoTy::Array(_), _) | (_, MonoTy::Array(_)) => Some("arrays inside of something else"),
        _ => incomparable(left, right),
    }
}

impl Translate<'_, '_> {
    /// Whether an operation takes arrays and gives a number: those have no dimensions, and NumPy gives items of them.
    pub(super) fn is_item_of_arrays(&self, out: ValueId, op: &MonoOp) -> bool {
        let is_array = |value: &ValueId| matches!(self.mono(*value), MonoTy::Array(_));
        let takes = match op {
            MonoOp::Unary { value, .. } => is_array(value),
            MonoOp::Binary { op, left, right, .. } => {
                *op != BinaryOp::MatMult && (is_array(left) || is_array(right))
            }
            MonoOp::Compare { op, left, right, .. } => {
                let of_items = !matches!(op, CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn);
                of_items && (is_array(left) || is_array(right))
            }
            MonoOp::Apply { values, .. } => values.iter().any(is_array),
            _ => false,
        };
        takes && self.mono(out).is_scalar()
    }

    /// The operation on whole arrays, and the one item of its result.
    pub(super) fn item_of_arrays(&mut self, out: ValueId, op: MonoOp) -> Result<(), NotCompiled> {
        let elem = self.mono(out).clone();
        let array = MonoArray { elem, ndim: 0, layout: Layout::C, readonly: false };
        let op = match op {
            MonoOp::Binary { op, args, left, right, .. } => {
                MonoOp::Binary { op, args, left, right, inplace: false }
            }
            op => op,
        };
        let target = self.make(MonoTy::Array(Box::new(array)), op);
        let index = self.make(MonoTy::Tuple(Vec::new()), MonoOp::Tuple(Vec::new()));
        self.emit(Some(out), MonoOp::GetItem { target, index });
        Ok(())
    }

    /// The operands of an operator on times, counted in one unit, and a quotient's as floats. `None` if neither
    /// operand is a time.
    pub(super) fn ticks(
        &mut self,
        op: BinaryOp,
        left: Use,
        right: Use,
    ) -> Result<Option<[ValueId; 2]>, NotCompiled> {
        let units = (unit(self.ty(left.var)), unit(self.ty(right.var)));
        if !matches!(units, (Some(_), Some(_))) {
            return Ok(None);
        }
        if !matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Div) {
            return Err(self.refuse("this operator on two times is not compiled yet".into()));
        }
        self.in_one_unit(left, right).map(Some)
    }

    /// Two operands; if both are times, counted in the finer unit of the two.
    pub(super) fn in_one_unit(&mut self, left: Use, right: Use) -> Result<[ValueId; 2], NotCompiled> {
        let values = [self.value(left)?, self.value(right)?];
        let (Some(a), Some(b)) = (unit(self.ty(left.var)), unit(self.ty(right.var))) else {
            return Ok(values);
        };
        if a == b {
            return Ok(values);
        }
        let mut scaled = values;
        for (value, (from, to)) in scaled.iter_mut().zip([(&a, &b), (&b, &a)]) {
            let Some(factor) = factor(from, to) else {
                return Err(
                    self.refuse(format!("times in `{a}` together with times in `{b}` are not compiled yet"))
                );
            };
            if factor > 1 {
                let ty = self.mono(*value).clone();
                let count = self.constant(&Const::int(factor));
                let args = [ty.clone(), mono_type(&Ty::INT64).unwrap_or(MonoTy::Unit)];
                let op =
                    MonoOp::Binary { op: BinaryOp::Mult, args, left: *value, right: count, inplace: false };
                *value = self.make(ty, op);
            }
        }
        Ok(scaled)
    }
}

/// The unit of a time or of an array of times.
fn unit(ty: &Ty) -> Option<Name> {
    match ty {
        Ty::DateTime(unit) | Ty::TimeDelta(unit) => Some(unit.clone()),
        Ty::Array(array) => unit(&array.elem),
        _ => None,
    }
}

/// How many of the second unit one of the first is, where that is always the same number: 1 if the first is finer.
fn factor(from: &str, to: &str) -> Option<i128> {
    /// The units of fixed length, each with how many of it the one before it is.
    const UNITS: [(&str, i128); 11] = [
        ("W", 1),
        ("D", 7),
        ("h", 24),
        ("m", 60),
        ("s", 60),
        ("ms", 1000),
        ("us", 1000),
        ("ns", 1000),
        ("ps", 1000),
        ("fs", 1000),
        ("as", 1000),
    ];
    let place = |unit: &str| UNITS.iter().position(|(name, _)| *name == unit);
    let (from, to) = (place(from)?, place(to)?);
    Some(UNITS.get(from + 1..=to).unwrap_or_default().iter().map(|(_, count)| count).product())
}

#[cfg(test)]
mod tests {
    use super::factor;

    #[test]
    fn a_week_is_so_many_of_a_finer_unit() {
        assert_eq!(factor("W", "D"), Some(7));
        assert_eq!(factor("D", "ms"), Some(86_400_000));
        assert_eq!(factor("ms", "D"), Some(1));
        assert_eq!(factor("s", "s"), Some(1));
        assert_eq!(factor("M", "D"), None);
    }
}
