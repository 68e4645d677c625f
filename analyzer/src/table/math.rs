//! The functions of `math`. All take numbers only, by concrete signatures; none takes keywords.

use crate::ty::{FloatTy, IntTy, Ty};

use super::concrete::{Case, choose};
use super::{Args, Function, Op, Outcome};

pub static ROWS: &[Function] = &[
    Function::new("math.acos", "x, /", float_unary).op(Op::Acos),
    Function::new("math.acosh", "x, /", float_unary).op(Op::Acosh),
    Function::new("math.asin", "x, /", float_unary).op(Op::Asin),
    Function::new("math.asinh", "x, /", float_unary).op(Op::Asinh),
    Function::new("math.atan", "x, /", float_unary).op(Op::Atan),
    Function::new("math.atan2", "y, x, /", float_binary).op(Op::Atan2),
    Function::new("math.atanh", "x, /", float_unary).op(Op::Atanh),
    Function::new("math.ceil", "x, /", rounding).op(Op::Ceil),
    Function::new("math.copysign", "x, y, /", floats_binary).op(Op::Copysign),
    Function::new("math.cos", "x, /", float_unary).op(Op::Cos),
    Function::new("math.cosh", "x, /", float_unary).op(Op::Cosh),
    Function::new("math.degrees", "x, /", float_unary).op(Op::Degrees),
    Function::new("math.erf", "x, /", float_unary).op(Op::Erf),
    Function::new("math.erfc", "x, /", float_unary).op(Op::Erfc),
    Function::new("math.exp", "x, /", float_unary).op(Op::Exp),
    Function::new("math.exp2", "x, /", float_unary).since((0, 63)).op(Op::Exp2),
    Function::new("math.expm1", "x, /", float_unary).op(Op::Expm1),
    Function::new("math.fabs", "x, /", float_unary).op(Op::Fabs),
    Function::new("math.floor", "x, /", rounding).op(Op::Floor),
    Function::new("math.frexp", "x, /", frexp).op(Op::Frexp),
    Function::new("math.gamma", "x, /", float_unary).op(Op::Gamma),
    Function::new("math.gcd", "x, y, /", gcd).op(Op::Gcd),
    Function::new("math.hypot", "x, y, /", float_binary).op(Op::Hypot),
    Function::new("math.isfinite", "x, /", predicate).op(Op::IsFinite),
    Function::new("math.isinf", "x, /", predicate).op(Op::IsInf),
    Function::new("math.isnan", "x, /", predicate).op(Op::IsNan),
    Function::new("math.ldexp", "x, i, /", ldexp).op(Op::Ldexp),
    Function::new("math.lgamma", "x, /", float_unary).op(Op::Lgamma),
    Function::new("math.log", "x, /", float_unary).op(Op::Log),
    Function::new("math.log10", "x, /", float_unary).op(Op::Log10),
    Function::new("math.log1p", "x, /", float_unary).op(Op::Log1p),
    Function::new("math.log2", "x, /", float_unary).op(Op::Log2),
    Function::new("math.nextafter", "x, y, /", nextafter).op(Op::Nextafter),
    Function::new("math.pow", "x, y, /", power).op(Op::Power),
    Function::new("math.radians", "x, /", float_unary).op(Op::Radians),
    Function::new("math.sin", "x, /", float_unary).op(Op::Sin),
    Function::new("math.sinh", "x, /", float_unary).op(Op::Sinh),
    Function::new("math.sqrt", "x, /", float_unary).op(Op::Sqrt),
    Function::new("math.tan", "x, /", float_unary).op(Op::Tan),
    Function::new("math.tanh", "x, /", float_unary).op(Op::Tanh),
    Function::new("math.trunc", "x, /", rounding).op(Op::Trunc),
];

const I64: Ty = Ty::INT64;
const U64: Ty = Ty::UINT64;
const F32: Ty = Ty::FLOAT32;
const F64: Ty = Ty::FLOAT64;

/// `float32` stays, everything else is computed in `float64`.
fn float_unary(args: &Args<'_>) -> Outcome {
    unary(args, [F64, F64, F32, F64])
}

fn predicate(args: &Args<'_>) -> Outcome {
    unary(args, [Ty::Bool, Ty::Bool, Ty::Bool, Ty::Bool])
}

/// `math.floor` and friends give integers; unsigned ones stay unsigned.
fn rounding(args: &Args<'_>) -> Outcome {
    unary(args, [I64, U64, I64, I64])
}

fn unary(args: &Args<'_>, rets: [Ty; 4]) -> Outcome {
    let operands = [[I64], [U64], [F32], [F64]];
    let cases: Vec<Case<'_>> =
        operands.iter().zip(rets).map(|(operand, ret)| Case { args: operand, ret }).collect();
    choose(args, &cases)
}

fn float_binary(args: &Args<'_>) -> Outcome {
    choose(
        args,
        &[
            Case { args: &[I64, I64], ret: F64 },
            Case { args: &[U64, U64], ret: F64 },
            Case { args: &[F32, F32], ret: F32 },
            Case { args: &[F64, F64], ret: F64 },
        ],
    )
}

/// Without signatures for integers: two bools are closest to `float32`.
fn floats_binary(args: &Args<'_>) -> Outcome {
    choose(args, &[Case { args: &[F32, F32], ret: F32 }, Case { args: &[F64, F64], ret: F64 }])
}

fn nextafter(args: &Args<'_>) -> Outcome {
    choose(args, &[Case { args: &[F64, F64], ret: F64 }, Case { args: &[F32, F32], ret: F32 }])
}

fn power(args: &Args<'_>) -> Outcome {
    choose(
        args,
        &[
            Case { args: &[F64, I64], ret: F64 },
            Case { args: &[F64, U64], ret: F64 },
            Case { args: &[F32, F32], ret: F32 },
            Case { args: &[F64, F64], ret: F64 },
        ],
    )
}

fn ldexp(args: &Args<'_>) -> Outcome {
    let exponent = Ty::Int(IntTy::I32);
    choose(
        args,
        &[Case { args: &[F64, exponent.clone()], ret: F64 }, Case { args: &[F32, exponent], ret: F32 }],
    )
}

fn frexp(args: &Args<'_>) -> Outcome {
    let parts = |float: FloatTy| Ty::tuple([Ty::Float(float), Ty::Int(IntTy::I32)]);
    choose(
        args,
        &[Case { args: &[F64], ret: parts(FloatTy::F64) }, Case { args: &[F32], ret: parts(FloatTy::F32) }],
    )
}

fn gcd(args: &Args<'_>) -> Outcome {
    use IntTy::{I8, I16, I32, I64, U8, U16, U32, U64};
    let operands: Vec<[Ty; 2]> =
        [I64, I32, I16, I8, U64, U32, U16, U8].map(|int| [Ty::Int(int), Ty::Int(int)]).to_vec();
    let cases: Vec<Case<'_>> =
        operands.iter().map(|operand| Case { args: operand, ret: operand[0].clone() }).collect();
    choose(args, &cases)
}
