//! Arithmetic on numbers, as Numba compiles Python's operators.

use analyzer::mono::{BinaryOp, CmpOp, ComplexTy, FloatTy, IntTy, MonoTy, UnaryOp};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

use super::func::{FnLower, Vals};
use super::ticks::is_ticks;
use crate::runtime::symbols::Rt;

pub(crate) fn int_type(int: IntTy) -> Type {
    match int.bits() {
        8 => types::I8,
        16 => types::I16,
        32 => types::I32,
        _ => types::I64,
    }
}

pub(crate) fn float_type(float: FloatTy) -> Type {
    if float == FloatTy::F64 { types::F64 } else { types::F32 }
}

/// A value with what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) vals: Vals,
    pub(crate) ty: MonoTy,
    /// Its value, where it is a constant integer.
    pub(crate) int: Option<i128>,
    /// Its value, where it is a constant float.
    pub(crate) float: Option<f64>,
    pub(crate) nonneg: bool,
}

impl Operand {
    pub(crate) fn new(vals: Vals, ty: MonoTy) -> Operand {
        Operand { vals, ty, int: None, float: None, nonneg: false }
    }
}

impl FnLower<'_, '_> {
    pub(crate) fn unary(&mut self, op: UnaryOp, value: &Operand, out: &MonoTy) -> Vals {
        match op {
            UnaryOp::Not => {
                let truth = self.truth(&value.vals, &value.ty);
                vec![self.b.ins().bxor_imm_s(truth, 1)]
            }
            UnaryOp::Pos => self.cast(value.vals.clone(), &value.ty, out),
            UnaryOp::Neg => {
                let (vals, ty) = match (&value.ty, out) {
                    // Unsigned numbers are negated before they are widened.
                    (MonoTy::Int(_) | MonoTy::TimeDelta, _) => (value.vals.clone(), value.ty.clone()),
                    _ => (self.cast(value.vals.clone(), &value.ty, out), out.clone()),
                };
                let negated = match ty {
                    MonoTy::Int(_) | MonoTy::TimeDelta => vec![self.b.ins().ineg(vals[0])],
                    MonoTy::Bool => vals,
                    _ => vals.into_iter().map(|val| self.b.ins().fneg(val)).collect(),
                };
                self.cast(negated, &ty, out)
            }
            UnaryOp::Invert => {
                let inverted = match value.ty {
                    MonoTy::Bool if *out == MonoTy::Bool => vec![self.b.ins().bxor_imm_s(value.vals[0], 1)],
                    MonoTy::Bool => {
                        let vals = self.cast(value.vals.clone(), &MonoTy::Bool, out);
                        return vec![self.b.ins().bnot(vals[0])];
                    }
                    _ => vec![self.b.ins().bnot(value.vals[0])],
                };
                self.cast(inverted, &value.ty, out)
            }
        }
    }

    /// An operator on numbers. The result has the type `out`.
    pub(crate) fn arithmetic(&mut self, op: BinaryOp, left: &Operand, right: &Operand, out: &MonoTy) -> Vals {
        if op == BinaryOp::Pow {
            return self.power(left, right, out);
        }
        if [&left.ty, &right.ty].into_iter().any(is_ticks) {
            return vec![self.ticks_op(op, left, right, out)];
        }
        let a = self.cast(left.vals.clone(), &left.ty, out);
        let b = self.cast(right.vals.clone(), &right.ty, out);
        match out {
            MonoTy::Int(int) => vec![self.int_op(op, *int, a[0], b[0], left, right)],
            MonoTy::Bool => vec![self.bool_op(op, a[0], b[0])],
            MonoTy::Float(float) => vec![self.float_op(op, *float, a[0], b[0], right)],
            MonoTy::Complex(complex) => self.complex_op(op, *complex, &a, &b),
            _ => self.zero(out),
        }
    }

    fn bool_op(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        match op {
            BinaryOp::BitAnd | BinaryOp::Mult => self.b.ins().band(a, b),
            BinaryOp::BitXor | BinaryOp::Sub => self.b.ins().bxor(a, b),
            _ => self.b.ins().bor(a, b),
        }
    }

    fn int_op(
        &mut self,
        op: BinaryOp,
        int: IntTy,
        a: Value,
        b: Value,
        left: &Operand,
        right: &Operand,
    ) -> Value {
        match op {
            BinaryOp::Add => self.b.ins().iadd(a, b),
            BinaryOp::Sub => self.b.ins().isub(a, b),
            BinaryOp::Mult => self.b.ins().imul(a, b),
            BinaryOp::BitAnd => self.b.ins().band(a, b),
            BinaryOp::BitOr => self.b.ins().bor(a, b),
            BinaryOp::BitXor => self.b.ins().bxor(a, b),
            BinaryOp::LShift => self.b.ins().ishl(a, b),
            BinaryOp::RShift if int.signed() => self.b.ins().sshr(a, b),
            BinaryOp::RShift => self.b.ins().ushr(a, b),
            BinaryOp::FloorDiv | BinaryOp::Div => self.int_divmod(int, a, b, left, right, true),
            BinaryOp::Mod => self.int_divmod(int, a, b, left, right, false),
            BinaryOp::Pow | BinaryOp::MatMult => a,
        }
    }

    /// Division that rounds down, or its remainder, which has the divisor's sign.
    fn int_divmod(
        &mut self,
        int: IntTy,
        a: Value,
        b: Value,
        left: &Operand,
        right: &Operand,
        quotient: bool,
    ) -> Value {
        match right.int {
            Some(divisor) if divisor > 0 => {
                if divisor & (divisor - 1) == 0 {
                    let shift = i64::from(divisor.trailing_zeros());
                    return match (quotient, int.signed()) {
                        (true, true) => self.b.ins().sshr_imm_s(a, shift),
                        (true, false) => self.b.ins().ushr_imm_s(a, shift),
                        (false, _) => self.b.ins().band_imm_s(a, (divisor - 1) as i64),
                    };
                }
                return self.divmod_nonzero(int, a, b, left.nonneg, quotient);
            }
            _ => {}
        }
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
        if self.numpy_errors {
            // The answer is zero, so it is safe to divide by one and discard the result.
            let one = self.b.ins().iconst(int_type(int), 1);
            let divisor = self.b.ins().select(zero, one, b);
            let result = self.divmod_nonzero(int, a, divisor, false, quotient);
            return self.b.ins().select(zero, b, result);
        }
        let message = if quotient { "integer division by zero" } else { "integer modulo by zero" };
        self.raise_if(zero, "ZeroDivisionError", message);
        self.divmod_nonzero(int, a, b, left.nonneg && right.nonneg, quotient)
    }

    fn divmod_nonzero(&mut self, int: IntTy, a: Value, b: Value, nonneg: bool, quotient: bool) -> Value {
        if !int.signed() || nonneg {
            return if quotient { self.b.ins().udiv(a, b) } else { self.b.ins().urem(a, b) };
        }
        // The machine traps on the least integer divided by -1; dividing by 1 and negating wraps around. What divides
        // is never 0, either, so that the division can be moved to where it is not known whether it is wanted.
        let minus = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let one = self.b.ins().iconst(int_type(int), 1);
        let above = self.b.ins().iadd(b, one);
        let traps = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, above, 2);
        let safe = self.b.ins().select(traps, one, b);
        let div = self.b.ins().sdiv(a, safe);
        let product = self.b.ins().imul(div, safe);
        let rem = self.b.ins().isub(a, product);
        let signs = self.b.ins().bxor(rem, b);
        let differ = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        let inexact = self.b.ins().icmp_imm_s(IntCC::NotEqual, rem, 0);
        let adjust = self.b.ins().band(differ, inexact);
        if quotient {
            let negated = self.b.ins().ineg(a);
            let div = self.b.ins().select(minus, negated, div);
            let less = self.b.ins().iadd_imm_s(div, -1);
            self.b.ins().select(adjust, less, div)
        } else {
            let more = self.b.ins().iadd(rem, b);
            self.b.ins().select(adjust, more, rem)
        }
    }

    fn float_op(&mut self, op: BinaryOp, float: FloatTy, a: Value, b: Value, right: &Operand) -> Value {
        match op {
            BinaryOp::Add => self.b.ins().fadd(a, b),
            BinaryOp::Sub => self.b.ins().fsub(a, b),
            BinaryOp::Mult => self.b.ins().fmul(a, b),
            BinaryOp::Div => {
                self.check_divisor(float, b, right, "division by zero");
                self.b.ins().fdiv(a, b)
            }
            BinaryOp::FloorDiv => {
                self.check_divisor(float, b, right, "division by zero");
                let floor = self.float_divmod(float, a, b).0;
                let zero = self.float_const(0.0, float);
                let by_zero = self.b.ins().fcmp(FloatCC::Equal, b, zero);
                let quotient = self.b.ins().fdiv(a, b);
                self.b.ins().select(by_zero, quotient, floor)
            }
            BinaryOp::Mod => {
                self.check_divisor(float, b, right, "modulo by zero");
                self.float_divmod(float, a, b).1
            }
            _ => a,
        }
    }

    fn check_divisor(&mut self, float: FloatTy, b: Value, right: &Operand, message: &str) {
        let known = right.int.is_some_and(|int| int != 0) || right.float.is_some_and(|float| float != 0.0);
        if self.numpy_errors || known {
            return;
        }
        let zero = self.float_const(0.0, float);
        let by_zero = self.b.ins().fcmp(FloatCC::Equal, b, zero);
        self.raise_if(by_zero, "ZeroDivisionError", message);
    }

    /// Python's `divmod` of floats: quotient and remainder.
    pub(crate) fn float_divmod(&mut self, float: FloatTy, x: Value, y: Value) -> (Value, Value) {
        let rt = if float == FloatTy::F64 { Rt::Fmod } else { Rt::Fmodf };
        let rem = self.runtime_value(rt, &[x, y]);
        let zero = self.float_const(0.0, float);
        let (one, half) = (self.float_const(1.0, float), self.float_const(0.5, float));
        let diff = self.b.ins().fsub(x, rem);
        let div = self.b.ins().fdiv(diff, y);
        let y_negative = self.b.ins().fcmp(FloatCC::LessThan, y, zero);
        let rem_negative = self.b.ins().fcmp(FloatCC::LessThan, rem, zero);
        let rem_true = self.b.ins().fcmp(FloatCC::NotEqual, rem, zero);
        let signs = self.b.ins().bxor(y_negative, rem_negative);
        let adjust = self.b.ins().band(rem_true, signs);
        let (less, more) = (self.b.ins().fsub(div, one), self.b.ins().fadd(rem, y));
        let div = self.b.ins().select(adjust, less, div);
        let minus_zero = self.b.ins().fneg(zero);
        let zero_rem = self.b.ins().select(y_negative, minus_zero, zero);
        let moved = self.b.ins().select(adjust, more, rem);
        let rem = self.b.ins().select(rem_true, moved, zero_rem);
        let floor = self.b.ins().floor(div);
        let fraction = self.b.ins().fsub(div, floor);
        let up = self.b.ins().fcmp(FloatCC::GreaterThan, fraction, half);
        let next = self.b.ins().fadd(floor, one);
        let snapped = self.b.ins().select(up, next, floor);
        let square = self.b.ins().fmul(div, div);
        let signed = self.b.ins().fmul(square, x);
        let zero_div = self.b.ins().fdiv(signed, y);
        // Ordered: a NaN takes the second branch.
        let div_true = self.b.ins().fcmp(FloatCC::OrderedNotEqual, div, zero);
        (self.b.ins().select(div_true, snapped, zero_div), rem)
    }

    fn complex_op(&mut self, op: BinaryOp, complex: ComplexTy, x: &[Value], y: &[Value]) -> Vals {
        let (a, b, c, d) = (x[0], x[1], y[0], y[1]);
        match op {
            BinaryOp::Sub => vec![self.b.ins().fsub(a, c), self.b.ins().fsub(b, d)],
            BinaryOp::Mult => self.complex_mul(x, y),
            BinaryOp::Div => self.complex_div(complex, x, y),
            _ => vec![self.b.ins().fadd(a, c), self.b.ins().fadd(b, d)],
        }
    }

    pub(crate) fn complex_mul(&mut self, x: &[Value], y: &[Value]) -> Vals {
        let (ac, bd) = (self.b.ins().fmul(x[0], y[0]), self.b.ins().fmul(x[1], y[1]));
        let (ad, bc) = (self.b.ins().fmul(x[0], y[1]), self.b.ins().fmul(x[1], y[0]));
        vec![self.b.ins().fsub(ac, bd), self.b.ins().fadd(ad, bc)]
    }

    /// CPython's division, which scales by the larger part of the divisor.
    fn complex_div(&mut self, complex: ComplexTy, x: &[Value], y: &[Value]) -> Vals {
        let part = complex.part();
        let (re, im) = (self.b.ins().fabs(y[0]), self.b.ins().fabs(y[1]));
        let zero = self.float_const(0.0, part);
        let (re_zero, im_zero) =
            (self.b.ins().fcmp(FloatCC::Equal, re, zero), self.b.ins().fcmp(FloatCC::Equal, im, zero));
        if !self.numpy_errors {
            let both = self.b.ins().band(re_zero, im_zero);
            self.raise_if(both, "ZeroDivisionError", "complex division by zero");
        }
        let by_re = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, re, im);
        let (large, small) = (self.b.ins().select(by_re, y[0], y[1]), self.b.ins().select(by_re, y[1], y[0]));
        let ratio = self.b.ins().fdiv(small, large);
        let scaled = self.b.ins().fmul(small, ratio);
        // `breal + bimag * ratio` or `breal * ratio + bimag`: addition commutes.
        let denom = self.b.ins().fadd(large, scaled);
        let (first, second) =
            (self.b.ins().select(by_re, x[0], x[1]), self.b.ins().select(by_re, x[1], x[0]));
        let product = self.b.ins().fmul(second, ratio);
        let top_re = self.b.ins().fadd(first, product);
        let im_by_re = self.b.ins().fmul(x[0], ratio);
        let im_by_re = self.b.ins().fsub(x[1], im_by_re);
        let im_by_im = self.b.ins().fmul(x[1], ratio);
        let im_by_im = self.b.ins().fsub(im_by_im, x[0]);
        let top_im = self.b.ins().select(by_re, im_by_re, im_by_im);
        vec![self.b.ins().fdiv(top_re, denom), self.b.ins().fdiv(top_im, denom)]
    }

    /// Comparison of numbers.
    pub(crate) fn compare_numbers(&mut self, op: CmpOp, left: &Operand, right: &Operand) -> Value {
        match (&left.ty, &right.ty) {
            (MonoTy::Int(a), MonoTy::Int(b))
                if a.signed() != b.signed() && a.bits() == 64 && b.bits() == 64 =>
            {
                self.compare_mixed(op, left.vals[0], right.vals[0], a.signed())
            }
            (MonoTy::Complex(_), _) | (_, MonoTy::Complex(_)) => {
                let wide = super::promote::common(&left.ty, &right.ty);
                let a = self.cast(left.vals.clone(), &left.ty, &wide);
                let b = self.cast(right.vals.clone(), &right.ty, &wide);
                let cc = float_cc(op);
                let (re, im) = (self.b.ins().fcmp(cc, a[0], b[0]), self.b.ins().fcmp(cc, a[1], b[1]));
                if op == CmpOp::NotEq { self.b.ins().bor(re, im) } else { self.b.ins().band(re, im) }
            }
            (left_ty, right_ty) if is_ticks(left_ty) && is_ticks(right_ty) => {
                self.compare_ticks(op, left.vals[0], right.vals[0])
            }
            _ => {
                let wide = super::promote::common(&left.ty, &right.ty);
                let a = self.cast(left.vals.clone(), &left.ty, &wide)[0];
                let b = self.cast(right.vals.clone(), &right.ty, &wide)[0];
                match wide {
                    MonoTy::Float(_) => self.b.ins().fcmp(float_cc(op), a, b),
                    MonoTy::Int(int) => self.b.ins().icmp(int_cc(op, int.signed()), a, b),
                    MonoTy::Bool => self.b.ins().icmp(int_cc(op, false), a, b),
                    _ => self.b.ins().icmp(int_cc(op, true), a, b),
                }
            }
        }
    }

    /// A signed with an unsigned integer: a negative one is below all.
    fn compare_mixed(&mut self, op: CmpOp, a: Value, b: Value, a_signed: bool) -> Value {
        let unsigned = self.b.ins().icmp(int_cc(op, false), a, b);
        let zero = self.iconst(0);
        let (negative, signed) = if a_signed {
            let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, a, 0);
            (negative, self.b.ins().icmp(int_cc(op, true), a, zero))
        } else {
            let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, b, 0);
            (negative, self.b.ins().icmp(int_cc(op, true), zero, b))
        };
        self.b.ins().select(negative, signed, unsigned)
    }
}

pub(crate) fn int_cc(op: CmpOp, signed: bool) -> IntCC {
    match (op, signed) {
        (CmpOp::NotEq | CmpOp::IsNot | CmpOp::NotIn, _) => IntCC::NotEqual,
        (CmpOp::Lt, true) => IntCC::SignedLessThan,
        (CmpOp::LtE, true) => IntCC::SignedLessThanOrEqual,
        (CmpOp::Gt, true) => IntCC::SignedGreaterThan,
        (CmpOp::GtE, true) => IntCC::SignedGreaterThanOrEqual,
        (CmpOp::Lt, false) => IntCC::UnsignedLessThan,
        (CmpOp::LtE, false) => IntCC::UnsignedLessThanOrEqual,
        (CmpOp::Gt, false) => IntCC::UnsignedGreaterThan,
        (CmpOp::GtE, false) => IntCC::UnsignedGreaterThanOrEqual,
        (CmpOp::Eq | CmpOp::Is | CmpOp::In, _) => IntCC::Equal,
    }
}

pub(crate) fn float_cc(op: CmpOp) -> FloatCC {
    match op {
        CmpOp::Eq | CmpOp::Is | CmpOp::In => FloatCC::Equal,
        CmpOp::NotEq | CmpOp::IsNot | CmpOp::NotIn => FloatCC::NotEqual,
        CmpOp::Lt => FloatCC::LessThan,
        CmpOp::LtE => FloatCC::LessThanOrEqual,
        CmpOp::Gt => FloatCC::GreaterThan,
        CmpOp::GtE => FloatCC::GreaterThanOrEqual,
    }
}
