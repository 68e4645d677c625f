//! The functions of `cmath`. Half of them are typed by concrete signatures, which cast reals; the others take
//! complex numbers only.

use crate::ty::{ComplexTy, FloatTy, Ty};

use super::concrete::{Case, choose};
use super::operand::{bad, typing, unwrap_optional};
use super::{Args, Function, Op, Outcome};

pub static ROWS: &[Function] = &[
    Function::new("cmath.acos", "z, /", cast_unary).op(Op::Acos),
    Function::new("cmath.acosh", "z", wide).op(Op::Acosh),
    Function::new("cmath.asin", "z, /", cast_unary).op(Op::Asin),
    Function::new("cmath.asinh", "z, /", cast_unary).op(Op::Asinh),
    Function::new("cmath.atan", "z, /", cast_unary).op(Op::Atan),
    Function::new("cmath.atanh", "z, /", cast_unary).op(Op::Atanh),
    Function::new("cmath.cos", "z, /", cast_unary).op(Op::Cos),
    Function::new("cmath.cosh", "z", same).op(Op::Cosh),
    Function::new("cmath.exp", "z, /", cast_unary).op(Op::Exp),
    Function::new("cmath.isfinite", "z, /", predicate).op(Op::IsFinite),
    Function::new("cmath.isinf", "z, /", predicate).op(Op::IsInf),
    Function::new("cmath.isnan", "z, /", predicate).op(Op::IsNan),
    Function::new("cmath.log", "z, base=None, /", log),
    Function::new("cmath.log10", "z", wide).op(Op::Log10),
    Function::new("cmath.phase", "x", part).op(Op::Angle),
    Function::new("cmath.polar", "x", polar),
    Function::new("cmath.rect", "r, phi", rect),
    Function::new("cmath.sin", "z, /", cast_unary).op(Op::Sin),
    Function::new("cmath.sinh", "z", same).op(Op::Sinh),
    Function::new("cmath.sqrt", "z, /", cast_unary).op(Op::Sqrt),
    Function::new("cmath.tan", "z, /", cast_unary).op(Op::Tan),
    Function::new("cmath.tanh", "z", wide).op(Op::Tanh),
];

const C64: Ty = Ty::COMPLEX64;
const C128: Ty = Ty::COMPLEX128;

fn cast_unary(args: &Args<'_>) -> Outcome {
    choose(args, &[Case { args: &[C64], ret: C64 }, Case { args: &[C128], ret: C128 }])
}

fn predicate(args: &Args<'_>) -> Outcome {
    choose(args, &[Case { args: &[C64], ret: Ty::Bool }, Case { args: &[C128], ret: Ty::Bool }])
}

fn log(args: &Args<'_>) -> Outcome {
    choose(
        args,
        &[
            Case { args: &[C64], ret: C64 },
            Case { args: &[C128], ret: C128 },
            Case { args: &[C64, C64], ret: C64 },
            Case { args: &[C128, C128], ret: C128 },
        ],
    )
}

/// The complex type of the first argument; a real is refused.
fn complex(args: &Args<'_>, param: &str) -> Result<ComplexTy, Outcome> {
    match args.req(param) {
        Ty::Complex(complex) => Ok(*complex),
        hole => Err(hole.why().map_or_else(|| bad(args, param), Outcome::Hole)),
    }
}

fn same(args: &Args<'_>) -> Outcome {
    typing(|| Ok(Ty::Complex(complex(args, "z")?)))
}

/// Computed with constants that are `complex128`.
fn wide(args: &Args<'_>) -> Outcome {
    match complex(args, "z") {
        Ok(_) => Outcome::signature(vec![Ty::COMPLEX128], Ty::COMPLEX128),
        Err(other) => other,
    }
}

fn part(args: &Args<'_>) -> Outcome {
    typing(|| Ok(Ty::Float(complex(args, "x")?.part())))
}

fn polar(args: &Args<'_>) -> Outcome {
    typing(|| Ok(Ty::uni_tuple(Ty::Float(complex(args, "x")?.part()), 2)))
}

/// Two floats, not integers.
fn rect(args: &Args<'_>) -> Outcome {
    typing(|| {
        let mut single = true;
        let mut hole = None;
        for param in ["r", "phi"] {
            match unwrap_optional(args.req(param)) {
                Ty::Float(float) => single &= *float == FloatTy::F32,
                other => match other.why() {
                    Some(why) => hole = Some(why),
                    None => return Err(bad(args, param)),
                },
            }
        }
        match hole {
            Some(why) if single => Err(Outcome::Hole(why)),
            _ => Ok(if single { C64 } else { C128 }),
        }
    })
}
