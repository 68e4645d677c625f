//! `**`: Numba multiplies out constant exponents, loops over the bits of others, and calls the C library for floats.

use analyzer::mono::{BinaryOp, FloatTy, IntTy, MonoTy};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::func::{FnLower, Vals};
use super::scalar::{Operand, int_type};
use crate::runtime::symbols::Rt;

/// Above this exponent Numba leaves multiplication to `pow`.
const LARGEST: i128 = 0x10000;
const ZERO_BASE: &str = "0 cannot be raised to a negative power";

impl FnLower<'_, '_> {
    pub(crate) fn power(&mut self, base: &Operand, exponent: &Operand, out: &MonoTy) -> Vals {
        match (&base.ty, &exponent.ty, out) {
            (_, _, MonoTy::Complex(_)) => self.complex_power(base, exponent, out),
            (_, MonoTy::Int(_) | MonoTy::Bool, MonoTy::Int(_) | MonoTy::Float(_)) => match exponent.int {
                Some(exp) if exp.abs() <= LARGEST => {
                    let val = self.cast(base.vals.clone(), &base.ty, out)[0];
                    vec![self.constant_power(val, exp, out)]
                }
                _ => vec![self.integer_power(base, exponent, out)],
            },
            (_, _, MonoTy::Float(float)) => {
                let x = self.cast(base.vals.clone(), &base.ty, out)[0];
                vec![self.float_power(x, exponent, base.int.map(|int| int as f64).or(base.float), *float)]
            }
            _ => self.zero(out),
        }
    }

    fn times(&mut self, a: Value, b: Value, ty: &MonoTy) -> Value {
        if let MonoTy::Int(_) = ty { self.b.ins().imul(a, b) } else { self.b.ins().fmul(a, b) }
    }

    fn constant_power(&mut self, base: Value, exponent: i128, ty: &MonoTy) -> Value {
        let one = self.constant(&analyzer::mono::Const::int(1), ty)[0];
        let mut result = None;
        let (mut square, mut left) = (base, exponent.unsigned_abs());
        while left != 0 {
            if left & 1 == 1 {
                result = Some(match result {
                    Some(result) => self.times(result, square, ty),
                    None => square,
                });
            }
            left >>= 1;
            if left != 0 {
                square = self.times(square, square, ty);
            }
        }
        let result = result.unwrap_or(one);
        if exponent < 0 { self.invert(result, ty) } else { result }
    }

    /// The reciprocal: of integers only those of 1 and -1 are not zero.
    fn invert(&mut self, value: Value, ty: &MonoTy) -> Value {
        match ty {
            MonoTy::Int(int) => {
                let zero = self.b.ins().icmp_imm_s(IntCC::Equal, value, 0);
                self.zero_base(zero);
                let least = self.b.ins().iconst(int_type(*int), least(*int));
                let (one, minus) = (
                    self.b.ins().icmp_imm_s(IntCC::Equal, value, 1),
                    self.b.ins().icmp_imm_s(IntCC::Equal, value, -1),
                );
                let unit = self.b.ins().bor(one, minus);
                let none = self.b.ins().iconst(int_type(*int), 0);
                let result = self.b.ins().select(unit, value, none);
                self.b.ins().select(zero, least, result)
            }
            MonoTy::Float(float) => {
                let (one, zero) = (self.float_const(1.0, *float), self.float_const(0.0, *float));
                // Numba's power is a library function, for which the error model is Python's.
                let by_zero = self.b.ins().fcmp(FloatCC::Equal, value, zero);
                self.raise_if(by_zero, "ZeroDivisionError", "division by zero");
                self.b.ins().fdiv(one, value)
            }
            _ => value,
        }
    }

    fn zero_base(&mut self, zero: Value) {
        if !self.numpy_errors {
            self.raise_if(zero, "ZeroDivisionError", ZERO_BASE);
        }
    }

    /// Multiplies by the squares that the exponent's bits select.
    fn integer_power(&mut self, base: &Operand, exponent: &Operand, out: &MonoTy) -> Value {
        let a = self.cast(base.vals.clone(), &base.ty, out)[0];
        let from = if let MonoTy::Int(int) = exponent.ty { int } else { IntTy::U8 };
        let b = self.int_to_int(exponent.vals[0], from, IntTy::I64);
        let clif = super::repr::components(out)[0].class.clif();
        let done = self.b.create_block();
        self.b.append_block_param(done, clif);
        let signed = from.signed() && !exponent.nonneg;
        let negative = if signed { Some(self.b.ins().icmp_imm_s(IntCC::SignedLessThan, b, 0)) } else { None };
        let mut exp = b;
        if let Some(negative) = negative {
            let positive = self.b.ins().ineg(b);
            exp = self.b.ins().select(negative, positive, b);
            let overflow = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, exp, 0);
            self.raise_if(overflow, "OverflowError", "");
            if let MonoTy::Int(int) = out {
                self.negative_integer_power(a, negative, *int, done);
            }
        }
        let large = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, exp, LARGEST as i64);
        let (call, start) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(call);
        self.b.ins().brif(large, call, &[], start, &[]);
        self.b.switch_to_block(call);
        let x = self.cast(vec![a], out, &MonoTy::Float(FloatTy::F64))[0];
        let y = self.int_to_float(b, IntTy::I64, FloatTy::F64);
        let power = self.call_kept(Rt::Pow, &[x, y]).expect("a power has a result");
        let power = self.cast(vec![power], &MonoTy::Float(FloatTy::F64), out)[0];
        self.b.ins().jump(done, &[power.into()]);
        self.b.switch_to_block(start);
        let result = self.power_loop(a, exp, out);
        if let (Some(negative), MonoTy::Float(_)) = (negative, out) {
            let (invert, plain) = (self.b.create_block(), self.b.create_block());
            self.b.ins().brif(negative, invert, &[], plain, &[]);
            self.b.switch_to_block(invert);
            let inverse = self.invert(result, out);
            self.b.ins().jump(done, &[inverse.into()]);
            self.b.switch_to_block(plain);
        }
        self.b.ins().jump(done, &[result.into()]);
        self.b.switch_to_block(done);
        self.b.block_params(done)[0]
    }

    /// An integer to a negative power is 0 unless it is 1 or -1.
    fn negative_integer_power(
        &mut self,
        a: Value,
        negative: Value,
        int: IntTy,
        done: cranelift_codegen::ir::Block,
    ) {
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, a, 0);
        let bad = self.b.ins().band(zero, negative);
        let least = self.b.ins().iconst(int_type(int), least(int));
        if self.numpy_errors {
            let next = self.b.create_block();
            self.b.ins().brif(bad, done, &[least.into()], next, &[]);
            self.b.switch_to_block(next);
        } else {
            self.zero_base(bad);
        }
        let (one, minus) =
            (self.b.ins().icmp_imm_s(IntCC::NotEqual, a, 1), self.b.ins().icmp_imm_s(IntCC::NotEqual, a, -1));
        let other = self.b.ins().band(one, minus);
        let vanishes = self.b.ins().band(other, negative);
        let (none, next) = (self.b.ins().iconst(int_type(int), 0), self.b.create_block());
        self.b.ins().brif(vanishes, done, &[none.into()], next, &[]);
        self.b.switch_to_block(next);
    }

    fn power_loop(&mut self, a: Value, exp: Value, ty: &MonoTy) -> Value {
        let clif = super::repr::components(ty)[0].class.clif();
        let (head, body, exit) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        for ty in [clif, clif, types::I64] {
            self.b.append_block_param(head, ty);
        }
        let one = self.constant(&analyzer::mono::Const::int(1), ty)[0];
        self.b.ins().jump(head, &[one.into(), a.into(), exp.into()]);
        self.b.switch_to_block(head);
        let params = self.b.block_params(head).to_vec();
        self.b.ins().brif(params[2], body, &[], exit, &[]);
        self.b.switch_to_block(body);
        let odd = self.b.ins().band_imm_s(params[2], 1);
        let product = self.times(params[0], params[1], ty);
        let result = self.b.ins().select(odd, product, params[0]);
        let square = self.times(params[1], params[1], ty);
        let rest = self.b.ins().sshr_imm_s(params[2], 1);
        self.b.ins().jump(head, &[result.into(), square.into(), rest.into()]);
        self.b.switch_to_block(exit);
        params[0]
    }

    /// `pow`, with the constant exponents and bases that LLVM simplifies.
    pub(crate) fn float_power(
        &mut self,
        x: Value,
        exponent: &Operand,
        base: Option<f64>,
        float: FloatTy,
    ) -> Value {
        let y = self.cast(exponent.vals.clone(), &exponent.ty, &MonoTy::Float(float))[0];
        let wide = float == FloatTy::F64;
        match exponent.float.or(exponent.int.map(|int| int as f64)) {
            Some(0.0) => return self.float_const(1.0, float),
            Some(1.0) => return x,
            Some(2.0) => return self.b.ins().fmul(x, x),
            Some(-1.0) => {
                let one = self.float_const(1.0, float);
                return self.b.ins().fdiv(one, x);
            }
            Some(0.5) => {
                let root = self.b.ins().sqrt(x);
                let root = self.b.ins().fabs(root);
                let (low, high) =
                    (self.float_const(f64::NEG_INFINITY, float), self.float_const(f64::INFINITY, float));
                let is_low = self.b.ins().fcmp(FloatCC::Equal, x, low);
                return self.b.ins().select(is_low, high, root);
            }
            _ => {}
        }
        match base {
            Some(1.0) => self.float_const(1.0, float),
            Some(2.0) => self.runtime_value(if wide { Rt::Exp2 } else { Rt::Exp2f }, &[y]),
            _ => self.runtime_value(if wide { Rt::Pow } else { Rt::Powf }, &[x, y]),
        }
    }

    fn complex_power(&mut self, base: &Operand, exponent: &Operand, out: &MonoTy) -> Vals {
        let x = self.cast(base.vals.clone(), &base.ty, out);
        let y = self.cast(exponent.vals.clone(), &exponent.ty, out);
        let part = if let MonoTy::Complex(complex) = out { complex.part() } else { FloatTy::F64 };
        let (two, zero) = (self.float_const(2.0, part), self.float_const(0.0, part));
        let (re, im) =
            (self.b.ins().fcmp(FloatCC::Equal, y[0], two), self.b.ins().fcmp(FloatCC::Equal, y[1], zero));
        let is_square = self.b.ins().band(re, im);
        let square = self.complex_mul(&x, &x);
        let power = self.complex_call(super::math::ComplexFn::Pow, &x, &y, part);
        square
            .into_iter()
            .zip(power)
            .map(|(square, power)| self.b.ins().select(is_square, square, power))
            .collect()
    }

    /// `np.power`, whose exponents are of the base's type.
    pub(crate) fn numpy_power(&mut self, base: &Operand, exponent: &Operand, out: &MonoTy) -> Vals {
        match out {
            MonoTy::Float(float) => {
                let x = self.cast(base.vals.clone(), &base.ty, out)[0];
                vec![self.float_power(x, exponent, None, *float)]
            }
            _ => self.arithmetic(BinaryOp::Pow, base, exponent, out),
        }
    }
}

/// What a power without a value is under NumPy's error model.
fn least(int: IntTy) -> i64 {
    i64::MIN >> (64 - int.bits()) & low_bits(int)
}

fn low_bits(int: IntTy) -> i64 {
    if int.bits() == 64 { -1 } else { (1 << int.bits()) - 1 }
}
