//! Functions of numbers: `math`, NumPy's elementwise functions on one element, and the numeric builtins.

use analyzer::mono::{BinaryOp, CmpOp, FloatTy, MonoTy, Op, UnaryOp};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types};

use super::func::{FnLower, Vals};
use super::promote;
use super::scalar::{Operand, int_type};
use crate::runtime::symbols::Rt;

/// Functions of complex numbers that the C library provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComplexFn {
    Pow,
    Sqrt,
    Exp,
    Log,
    Sin,
    Cos,
    Tan,
    Sinh,
    Cosh,
    Tanh,
    Asin,
    Acos,
    Atan,
    Asinh,
    Acosh,
    Atanh,
}

/// The C functions for both widths, for functions of one float.
fn libm1(op: Op) -> Option<(Rt, Rt)> {
    Some(match op {
        Op::Exp => (Rt::Exp, Rt::Expf),
        Op::Expm1 => (Rt::Expm1, Rt::Expm1f),
        Op::Exp2 => (Rt::Exp2, Rt::Exp2f),
        Op::Log => (Rt::Log, Rt::Logf),
        Op::Log2 => (Rt::Log2, Rt::Log2f),
        Op::Log10 => (Rt::Log10, Rt::Log10f),
        Op::Log1p => (Rt::Log1p, Rt::Log1pf),
        Op::Sin => (Rt::Sin, Rt::Sinf),
        Op::Cos => (Rt::Cos, Rt::Cosf),
        Op::Tan => (Rt::Tan, Rt::Tanf),
        Op::Asin => (Rt::Asin, Rt::Asinf),
        Op::Acos => (Rt::Acos, Rt::Acosf),
        Op::Atan => (Rt::Atan, Rt::Atanf),
        Op::Sinh => (Rt::Sinh, Rt::Sinhf),
        Op::Cosh => (Rt::Cosh, Rt::Coshf),
        Op::Tanh => (Rt::Tanh, Rt::Tanhf),
        Op::Asinh => (Rt::Asinh, Rt::Asinhf),
        Op::Acosh => (Rt::Acosh, Rt::Acoshf),
        Op::Atanh => (Rt::Atanh, Rt::Atanhf),
        Op::Erf => (Rt::Erf, Rt::Erff),
        Op::Erfc => (Rt::Erfc, Rt::Erfcf),
        Op::Gamma => (Rt::Tgamma, Rt::Tgammaf),
        Op::Lgamma => (Rt::Lgamma, Rt::Lgammaf),
        Op::Cbrt => (Rt::Cbrt, Rt::Cbrtf),
        _ => return None,
    })
}

fn libm2(op: Op) -> Option<(Rt, Rt)> {
    Some(match op {
        Op::Atan2 => (Rt::Atan2, Rt::Atan2f),
        Op::Hypot => (Rt::Hypot, Rt::Hypotf),
        Op::Fmod => (Rt::Fmod, Rt::Fmodf),
        Op::Nextafter => (Rt::Nextafter, Rt::Nextafterf),
        _ => return None,
    })
}

fn complex_fn(op: Op) -> Option<ComplexFn> {
    Some(match op {
        Op::Sqrt => ComplexFn::Sqrt,
        Op::Exp => ComplexFn::Exp,
        Op::Log => ComplexFn::Log,
        Op::Sin => ComplexFn::Sin,
        Op::Cos => ComplexFn::Cos,
        Op::Tan => ComplexFn::Tan,
        Op::Sinh => ComplexFn::Sinh,
        Op::Cosh => ComplexFn::Cosh,
        Op::Tanh => ComplexFn::Tanh,
        Op::Asin => ComplexFn::Asin,
        Op::Acos => ComplexFn::Acos,
        Op::Atan => ComplexFn::Atan,
        Op::Asinh => ComplexFn::Asinh,
        Op::Acosh => ComplexFn::Acosh,
        Op::Atanh => ComplexFn::Atanh,
        _ => return None,
    })
}

/// The operator that a NumPy function stands for, with NumPy's error model.
pub(crate) fn as_binary(op: Op) -> Option<BinaryOp> {
    Some(match op {
        Op::Add => BinaryOp::Add,
        Op::Subtract => BinaryOp::Sub,
        Op::Multiply => BinaryOp::Mult,
        Op::TrueDivide => BinaryOp::Div,
        Op::FloorDivide => BinaryOp::FloorDiv,
        Op::Remainder => BinaryOp::Mod,
        Op::BitwiseAnd => BinaryOp::BitAnd,
        Op::BitwiseOr => BinaryOp::BitOr,
        Op::BitwiseXor => BinaryOp::BitXor,
        Op::LeftShift => BinaryOp::LShift,
        Op::RightShift => BinaryOp::RShift,
        _ => return None,
    })
}

pub(crate) fn as_compare(op: Op) -> Option<CmpOp> {
    Some(match op {
        Op::Equal => CmpOp::Eq,
        Op::NotEqual => CmpOp::NotEq,
        Op::Less => CmpOp::Lt,
        Op::LessEqual => CmpOp::LtE,
        Op::Greater => CmpOp::Gt,
        Op::GreaterEqual => CmpOp::GtE,
        _ => return None,
    })
}

impl FnLower<'_, '_> {
    /// A function of numbers. `None` if the operation is none.
    pub(crate) fn scalar_apply(&mut self, op: Op, args: &[Operand], out: &MonoTy) -> Option<Vals> {
        if let (Some(binary), [left, right]) = (as_binary(op), args) {
            let model = std::mem::replace(&mut self.numpy_errors, true);
            let vals = self.arithmetic(binary, left, right, out);
            self.numpy_errors = model;
            return Some(vals);
        }
        if let (Some(compare), [left, right]) = (as_compare(op), args) {
            let flag = self.compare_numbers(compare, left, right);
            return Some(self.cast(vec![flag], &MonoTy::Bool, out));
        }
        match args {
            [x] => self.apply1(op, x, out),
            [x, y] => self.apply2(op, x, y, out),
            [cond, x, y] if op == Op::Where => {
                let truth = self.truth(&cond.vals, &cond.ty);
                let (x, y) = (self.cast(x.vals.clone(), &x.ty, out), self.cast(y.vals.clone(), &y.ty, out));
                Some(x.into_iter().zip(y).map(|(x, y)| self.b.ins().select(truth, x, y)).collect())
            }
            _ => None,
        }
    }

    fn apply1(&mut self, op: Op, x: &Operand, out: &MonoTy) -> Option<Vals> {
        if let MonoTy::Complex(_) = x.ty {
            return self.apply_complex(op, x, out);
        }
        if let Some((wide, narrow)) = libm1(op) {
            let ty = float_out(out, &x.ty);
            let val = self.cast(x.vals.clone(), &x.ty, &ty)[0];
            let rt = if ty == MonoTy::Float(FloatTy::F64) { wide } else { narrow };
            let result = vec![self.runtime_value(rt, &[val])];
            return Some(self.cast(result, &ty, out));
        }
        Some(match op {
            Op::Int | Op::Float | Op::Cast | Op::Complex | Op::Real => self.cast(x.vals.clone(), &x.ty, out),
            Op::Conj => self.cast(x.vals.clone(), &x.ty, out),
            Op::Imag => self.zero(out),
            Op::Bool => vec![self.truth(&x.vals, &x.ty)],
            Op::LogicalNot => {
                let truth = self.truth(&x.vals, &x.ty);
                let flipped = vec![self.b.ins().bxor_imm_s(truth, 1)];
                self.cast(flipped, &MonoTy::Bool, out)
            }
            Op::Negative => self.unary(UnaryOp::Neg, x, out),
            Op::Invert => self.unary(UnaryOp::Invert, x, out),
            Op::Abs | Op::Fabs => self.absolute(x, out),
            Op::Sign => self.sign(x, out),
            Op::Square => {
                let vals = self.cast(x.vals.clone(), &x.ty, out);
                let operand = Operand::new(vals, out.clone());
                self.arithmetic(BinaryOp::Mult, &operand, &operand, out)
            }
            Op::Reciprocal => {
                let one = Operand::new(self.constant(&analyzer::mono::Const::int(1), out), out.clone());
                self.scalar_apply(
                    if let MonoTy::Int(_) = out { Op::FloorDivide } else { Op::TrueDivide },
                    &[one, x.clone()],
                    out,
                )?
            }
            Op::IsNan | Op::IsInf | Op::IsFinite => vec![self.classify(op, x)],
            Op::Sqrt
            | Op::Floor
            | Op::Ceil
            | Op::Trunc
            | Op::Rint
            | Op::Degrees
            | Op::Radians
            | Op::Angle
            | Op::Round => {
                if matches!(x.ty, MonoTy::Int(_) | MonoTy::Bool) && matches!(out, MonoTy::Int(_)) {
                    return Some(self.cast(x.vals.clone(), &x.ty, out));
                }
                let ty = if let MonoTy::Float(_) = out { out.clone() } else { promote::floating(&x.ty) };
                let val = self.cast(x.vals.clone(), &x.ty, &ty)[0];
                let result = vec![self.float_function(op, val, &ty)];
                self.cast(result, &ty, out)
            }
            _ => return None,
        })
    }

    fn float_function(&mut self, op: Op, val: Value, ty: &MonoTy) -> Value {
        let float = if let MonoTy::Float(float) = ty { *float } else { FloatTy::F64 };
        match op {
            Op::Sqrt => self.b.ins().sqrt(val),
            Op::Floor => self.b.ins().floor(val),
            Op::Ceil => self.b.ins().ceil(val),
            Op::Trunc => self.b.ins().trunc(val),
            Op::Rint | Op::Round => self.b.ins().nearest(val),
            Op::Degrees => {
                let factor = self.float_const(180.0 / std::f64::consts::PI, float);
                self.b.ins().fmul(val, factor)
            }
            Op::Radians => {
                let factor = self.float_const(std::f64::consts::PI / 180.0, float);
                self.b.ins().fmul(val, factor)
            }
            // The angle of a real number: 0, or pi for negative ones.
            _ => {
                let zero = self.float_const(0.0, float);
                let pi = self.float_const(std::f64::consts::PI, float);
                let negative = self.b.ins().fcmp(FloatCC::LessThan, val, zero);
                self.b.ins().select(negative, pi, zero)
            }
        }
    }

    fn absolute(&mut self, x: &Operand, out: &MonoTy) -> Vals {
        match &x.ty {
            MonoTy::Float(_) => {
                let result = vec![self.b.ins().fabs(x.vals[0])];
                self.cast(result, &x.ty, out)
            }
            MonoTy::Int(int) if int.signed() && !matches!(out, MonoTy::Float(_)) => {
                let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, x.vals[0], 0);
                let negated = self.b.ins().ineg(x.vals[0]);
                let result = vec![self.b.ins().select(negative, negated, x.vals[0])];
                self.cast(result, &x.ty, out)
            }
            _ => {
                let vals = self.cast(x.vals.clone(), &x.ty, out);
                if let MonoTy::Float(_) = out { vec![self.b.ins().fabs(vals[0])] } else { vals }
            }
        }
    }

    fn sign(&mut self, x: &Operand, out: &MonoTy) -> Vals {
        let vals = self.cast(x.vals.clone(), &x.ty, out);
        match out {
            MonoTy::Float(float) => {
                let (zero, one, minus) = (
                    self.float_const(0.0, *float),
                    self.float_const(1.0, *float),
                    self.float_const(-1.0, *float),
                );
                let (above, below) = (
                    self.b.ins().fcmp(FloatCC::GreaterThan, vals[0], zero),
                    self.b.ins().fcmp(FloatCC::LessThan, vals[0], zero),
                );
                let rest = self.b.ins().select(below, minus, vals[0]);
                vec![self.b.ins().select(above, one, rest)]
            }
            MonoTy::Int(int) => {
                let ty = int_type(*int);
                let (zero, one, minus) = (
                    self.b.ins().iconst(ty, 0),
                    self.b.ins().iconst(ty, 1),
                    self.constant(&analyzer::mono::Const::int(-1), out)[0],
                );
                let compare = if int.signed() { IntCC::SignedLessThan } else { IntCC::UnsignedLessThan };
                let (above, below) =
                    (self.b.ins().icmp(compare, zero, vals[0]), self.b.ins().icmp(compare, vals[0], zero));
                let rest = self.b.ins().select(below, minus, zero);
                vec![self.b.ins().select(above, one, rest)]
            }
            _ => vals,
        }
    }

    fn classify(&mut self, op: Op, x: &Operand) -> Value {
        let MonoTy::Float(float) = x.ty else {
            return match x.ty {
                MonoTy::DateTime | MonoTy::TimeDelta => {
                    self.b.ins().icmp_imm_s(IntCC::Equal, x.vals[0], i64::MIN)
                }
                _ => self.b.ins().iconst(types::I8, i64::from(op == Op::IsFinite)),
            };
        };
        let val = x.vals[0];
        if op == Op::IsNan {
            return self.b.ins().fcmp(FloatCC::Unordered, val, val);
        }
        let magnitude = self.b.ins().fabs(val);
        let infinity = self.float_const(f64::INFINITY, float);
        let cc = if op == Op::IsInf { FloatCC::Equal } else { FloatCC::LessThan };
        self.b.ins().fcmp(cc, magnitude, infinity)
    }

    fn apply2(&mut self, op: Op, x: &Operand, y: &Operand, out: &MonoTy) -> Option<Vals> {
        if let Some((wide, narrow)) = libm2(op)
            && !(op == Op::Fmod && matches!(out, MonoTy::Int(_)))
        {
            let ty = float_out(out, &promote::common(&x.ty, &y.ty));
            let a = self.cast(x.vals.clone(), &x.ty, &ty)[0];
            let b = self.cast(y.vals.clone(), &y.ty, &ty)[0];
            let rt = if ty == MonoTy::Float(FloatTy::F64) { wide } else { narrow };
            let result = vec![self.runtime_value(rt, &[a, b])];
            return Some(self.cast(result, &ty, out));
        }
        Some(match op {
            Op::Pow => self.power(x, y, out),
            Op::Power => {
                let model = std::mem::replace(&mut self.numpy_errors, true);
                let vals = self.numpy_power(x, y, out);
                self.numpy_errors = model;
                vals
            }
            Op::Copysign => {
                let (a, b) = self.both(x, y, out);
                vec![self.b.ins().fcopysign(a, b)]
            }
            Op::Maximum | Op::Minimum | Op::Fmax | Op::Fmin => self.extremum(op, x, y, out),
            Op::LogicalAnd | Op::LogicalOr | Op::LogicalXor => {
                let (a, b) = (self.truth(&x.vals, &x.ty), self.truth(&y.vals, &y.ty));
                let flag = match op {
                    Op::LogicalAnd => self.b.ins().band(a, b),
                    Op::LogicalOr => self.b.ins().bor(a, b),
                    _ => self.b.ins().bxor(a, b),
                };
                self.cast(vec![flag], &MonoTy::Bool, out)
            }
            Op::Complex => {
                let part = if let MonoTy::Complex(complex) = out { complex.part() } else { FloatTy::F64 };
                let part = MonoTy::Float(part);
                let mut vals = self.cast(x.vals.clone(), &x.ty, &part);
                vals.extend(self.cast(y.vals.clone(), &y.ty, &part));
                vals
            }
            Op::Ldexp => {
                let ty = float_out(out, &x.ty);
                let a = self.cast(x.vals.clone(), &x.ty, &MonoTy::Float(FloatTy::F64))[0];
                let b = self.cast(y.vals.clone(), &y.ty, &MonoTy::Int(analyzer::mono::IntTy::I64))[0];
                let result = vec![self.runtime_value(Rt::Ldexp, &[a, b])];
                let result = self.cast(result, &MonoTy::Float(FloatTy::F64), &ty);
                self.cast(result, &ty, out)
            }
            Op::Fmod => {
                // The remainder of integers with the sign of the dividend.
                let (a, b) = self.both(x, y, out);
                vec![self.int_fmod(a, b, out)]
            }
            Op::Gcd | Op::Lcm => {
                let int = MonoTy::Int(analyzer::mono::IntTy::I64);
                let (a, b) = self.both(x, y, &int);
                let result = vec![self.runtime_value(if op == Op::Gcd { Rt::Gcd } else { Rt::Lcm }, &[a, b])];
                self.cast(result, &int, out)
            }
            Op::Heaviside => {
                let (a, b) = self.both(x, y, out);
                let MonoTy::Float(float) = out else { return None };
                let (zero, one) = (self.float_const(0.0, *float), self.float_const(1.0, *float));
                let above = self.b.ins().fcmp(FloatCC::GreaterThan, a, zero);
                let equal = self.b.ins().fcmp(FloatCC::Equal, a, zero);
                let nan = self.b.ins().fcmp(FloatCC::Unordered, a, a);
                let rest = self.b.ins().select(equal, b, zero);
                let rest = self.b.ins().select(nan, a, rest);
                vec![self.b.ins().select(above, one, rest)]
            }
            Op::Logaddexp => {
                let f64 = MonoTy::Float(FloatTy::F64);
                let (a, b) = self.both(x, y, &f64);
                let result = vec![self.runtime_value(Rt::Logaddexp, &[a, b])];
                self.cast(result, &f64, out)
            }
            _ => return None,
        })
    }

    fn both(&mut self, x: &Operand, y: &Operand, ty: &MonoTy) -> (Value, Value) {
        (self.cast(x.vals.clone(), &x.ty, ty)[0], self.cast(y.vals.clone(), &y.ty, ty)[0])
    }

    fn int_fmod(&mut self, a: Value, b: Value, out: &MonoTy) -> Value {
        let MonoTy::Int(int) = out else { return a };
        let one = self.b.ins().iconst(int_type(*int), 1);
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
        let minus = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let unsafe_divisor = self.b.ins().bor(zero, minus);
        let divisor = self.b.ins().select(unsafe_divisor, one, b);
        if int.signed() { self.b.ins().srem(a, divisor) } else { self.b.ins().urem(a, divisor) }
    }

    /// `np.maximum` and `np.minimum` give the first NaN there is, `np.fmax` and `np.fmin` avoid it.
    fn extremum(&mut self, op: Op, x: &Operand, y: &Operand, out: &MonoTy) -> Vals {
        let a = self.cast(x.vals.clone(), &x.ty, out);
        let b = self.cast(y.vals.clone(), &y.ty, out);
        let is_max = matches!(op, Op::Maximum | Op::Fmax);
        let first = match out {
            MonoTy::Float(_) => {
                let cc = if is_max { FloatCC::GreaterThanOrEqual } else { FloatCC::LessThanOrEqual };
                let holds = self.b.ins().fcmp(cc, a[0], b[0]);
                let checked = if matches!(op, Op::Maximum | Op::Minimum) { a[0] } else { b[0] };
                let nan = self.b.ins().fcmp(FloatCC::Unordered, checked, checked);
                self.b.ins().bor(holds, nan)
            }
            MonoTy::Complex(_) => {
                let re = self.b.ins().fcmp(
                    if is_max { FloatCC::GreaterThan } else { FloatCC::LessThan },
                    a[0],
                    b[0],
                );
                let equal = self.b.ins().fcmp(FloatCC::Equal, a[0], b[0]);
                let cc = if is_max { FloatCC::GreaterThanOrEqual } else { FloatCC::LessThanOrEqual };
                let im = self.b.ins().fcmp(cc, a[1], b[1]);
                let tie = self.b.ins().band(equal, im);
                self.b.ins().bor(re, tie)
            }
            _ => {
                let signed = !matches!(out, MonoTy::Int(int) if !int.signed()) && *out != MonoTy::Bool;
                let op = if is_max { CmpOp::GtE } else { CmpOp::LtE };
                self.b.ins().icmp(super::scalar::int_cc(op, signed), a[0], b[0])
            }
        };
        a.into_iter().zip(b).map(|(a, b)| self.b.ins().select(first, a, b)).collect()
    }

    fn apply_complex(&mut self, op: Op, x: &Operand, out: &MonoTy) -> Option<Vals> {
        let MonoTy::Complex(complex) = x.ty else { return None };
        let part = complex.part();
        if let Some(function) = complex_fn(op) {
            let vals = self.cast(x.vals.clone(), &x.ty, out);
            let part = if let MonoTy::Complex(complex) = out { complex.part() } else { part };
            return Some(self.complex_call(function, &vals, &vals, part));
        }
        let float = MonoTy::Float(part);
        let (re, im) = (x.vals[0], x.vals[1]);
        Some(match op {
            Op::Real => self.cast(vec![re], &float, out),
            Op::Imag => self.cast(vec![im], &float, out),
            Op::Conj => vec![re, self.b.ins().fneg(im)],
            Op::Complex | Op::Cast => self.cast(x.vals.clone(), &x.ty, out),
            Op::Negative => self.unary(UnaryOp::Neg, x, out),
            Op::Bool => vec![self.truth(&x.vals, &x.ty)],
            Op::Abs => {
                let rt = if part == FloatTy::F64 { Rt::Hypot } else { Rt::Hypotf };
                let result = vec![self.runtime_value(rt, &[re, im])];
                self.cast(result, &float, out)
            }
            Op::Angle => {
                let rt = if part == FloatTy::F64 { Rt::Atan2 } else { Rt::Atan2f };
                let result = vec![self.runtime_value(rt, &[im, re])];
                self.cast(result, &float, out)
            }
            Op::Square => self.complex_mul(&x.vals, &x.vals),
            Op::LogicalNot => {
                let truth = self.truth(&x.vals, &x.ty);
                vec![self.b.ins().bxor_imm_s(truth, 1)]
            }
            Op::IsNan | Op::IsInf | Op::IsFinite => {
                let parts = [re, im].map(|val| self.classify(op, &Operand::new(vec![val], float.clone())));
                vec![if op == Op::IsFinite {
                    self.b.ins().band(parts[0], parts[1])
                } else {
                    self.b.ins().bor(parts[0], parts[1])
                }]
            }
            _ => return None,
        })
    }

    /// Calls a function of complex numbers, which are passed in memory as doubles.
    pub(crate) fn complex_call(
        &mut self,
        function: ComplexFn,
        x: &[Value],
        y: &[Value],
        part: FloatTy,
    ) -> Vals {
        let slot = self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 32, 3));
        let address = self.b.ins().stack_addr(types::I64, slot, 0);
        for (index, val) in x.iter().chain(y).enumerate() {
            let wide = self.float_to_float(*val, part, FloatTy::F64);
            self.b.ins().store(MemFlagsData::trusted(), wide, address, index as i32 * 8);
        }
        let which = self.iconst(function as i64);
        let narrow = self.iconst(i64::from(part != FloatTy::F64));
        self.call_runtime(Rt::ComplexCall, &[which, narrow, address]);
        [0, 8]
            .map(|offset| {
                let wide = self.b.ins().load(types::F64, MemFlagsData::trusted(), address, offset);
                self.float_to_float(wide, FloatTy::F64, part)
            })
            .to_vec()
    }
}

/// The float type a function computes in: the result's, or the argument's where the result is an integer.
fn float_out(out: &MonoTy, arg: &MonoTy) -> MonoTy {
    if let MonoTy::Float(_) = out { out.clone() } else { promote::floating(arg) }
}
