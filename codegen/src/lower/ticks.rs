//! Dates and durations: counts of a unit. The least integer is "not a time" and stays so.

use analyzer::mono::{BinaryOp, CmpOp, FloatTy, IntTy, MonoTy};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::func::FnLower;
use super::scalar::{Operand, int_cc};

const NOT_A_TIME: i64 = i64::MIN;

pub(crate) fn is_ticks(ty: &MonoTy) -> bool {
    matches!(ty, MonoTy::DateTime | MonoTy::TimeDelta)
}

impl FnLower<'_, '_> {
    /// An operator with at least one time among its operands, both counted in one unit.
    pub(crate) fn ticks_op(&mut self, op: BinaryOp, left: &Operand, right: &Operand, out: &MonoTy) -> Value {
        let both = is_ticks(&left.ty) && is_ticks(&right.ty);
        if both && matches!(out, MonoTy::Float(_)) {
            let (a, b) = (self.ticks_as_float(left), self.ticks_as_float(right));
            return self.b.ins().fdiv(a, b);
        }
        let by_float = matches!(left.ty, MonoTy::Float(_)) || matches!(right.ty, MonoTy::Float(_));
        let mut result = if by_float {
            self.scaled_by_float(op, left, right)
        } else {
            let int = MonoTy::Int(IntTy::I64);
            let mut count = |operand: &Operand| match is_ticks(&operand.ty) {
                true => operand.vals[0],
                false => self.cast(operand.vals.clone(), &operand.ty, &int)[0],
            };
            let (a, b) = (count(left), count(right));
            match op {
                BinaryOp::Sub => self.b.ins().isub(a, b),
                BinaryOp::Mult => self.b.ins().imul(a, b),
                BinaryOp::Div | BinaryOp::FloorDiv => self.ticks_quotient(a, b),
                _ => self.b.ins().iadd(a, b),
            }
        };
        for operand in [left, right] {
            if is_ticks(&operand.ty) {
                let missing = self.b.ins().icmp_imm_s(IntCC::Equal, operand.vals[0], NOT_A_TIME);
                result = self.b.ins().select(missing, operand.vals[0], result);
            }
        }
        result
    }

    /// A duration divided by an integer, rounded to zero. Divided by zero it is not a time.
    fn ticks_quotient(&mut self, a: Value, b: Value) -> Value {
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
        let minus = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let trapping = self.b.ins().bor(zero, minus);
        let one = self.iconst(1);
        let safe = self.b.ins().select(trapping, one, b);
        let quotient = self.b.ins().sdiv(a, safe);
        let negated = self.b.ins().ineg(a);
        let quotient = self.b.ins().select(minus, negated, quotient);
        let missing = self.iconst(NOT_A_TIME);
        self.b.ins().select(zero, missing, quotient)
    }

    /// A duration times or divided by a float, rounded to zero. Divided by zero it is not a time.
    fn scaled_by_float(&mut self, op: BinaryOp, left: &Operand, right: &Operand) -> Value {
        let double = MonoTy::Float(FloatTy::F64);
        let mut float = |operand: &Operand| match is_ticks(&operand.ty) {
            true => self.b.ins().fcvt_from_sint(types::F64, operand.vals[0]),
            false => self.cast(operand.vals.clone(), &operand.ty, &double)[0],
        };
        let (a, b) = (float(left), float(right));
        if op == BinaryOp::Mult {
            let product = self.b.ins().fmul(a, b);
            return self.float_to_ticks(product);
        }
        let zero = self.float_const(0.0, FloatTy::F64);
        let by_zero = self.b.ins().fcmp(FloatCC::Equal, b, zero);
        let quotient = self.b.ins().fdiv(a, b);
        let quotient = self.float_to_ticks(quotient);
        let missing = self.iconst(NOT_A_TIME);
        self.b.ins().select(by_zero, missing, quotient)
    }

    /// What the machine's own conversion gives: the least integer for everything that no integer holds.
    fn float_to_ticks(&mut self, value: Value) -> Value {
        let double = MonoTy::Float(FloatTy::F64);
        self.cast(vec![value], &double, &MonoTy::Int(IntTy::I64))[0]
    }

    fn ticks_as_float(&mut self, operand: &Operand) -> Value {
        let missing = self.b.ins().icmp_imm_s(IntCC::Equal, operand.vals[0], NOT_A_TIME);
        let float = self.b.ins().fcvt_from_sint(types::F64, operand.vals[0]);
        let nan = self.float_const(f64::NAN, FloatTy::F64);
        self.b.ins().select(missing, nan, float)
    }

    /// What is not a time differs from everything, itself included, and is neither earlier nor later.
    pub(crate) fn compare_ticks(&mut self, op: CmpOp, a: Value, b: Value) -> Value {
        let compared = self.b.ins().icmp(int_cc(op, true), a, b);
        let first = self.b.ins().icmp_imm_s(IntCC::Equal, a, NOT_A_TIME);
        let second = self.b.ins().icmp_imm_s(IntCC::Equal, b, NOT_A_TIME);
        let missing = self.b.ins().bor(first, second);
        if op == CmpOp::NotEq {
            return self.b.ins().bor(compared, missing);
        }
        self.b.ins().band_not(compared, missing)
    }
}
