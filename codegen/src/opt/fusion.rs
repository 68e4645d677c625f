//! Which array operations are computed inside the loop of the one operation that reads them.
//!
//! An elementwise operation whose result is read once, by another elementwise operation of the same block, makes no
//! array of its own, if nothing in between could change what it reads.

use analyzer::mono::{MonoFunction, MonoInst, MonoOp, MonoTy, Op, ValueId};

use super::facts::Facts;
use super::uses::operands;

/// By [`ValueId`]: the value is computed where it is read.
pub(crate) fn find(function: &MonoFunction, facts: &Facts) -> Vec<bool> {
    let mut fused = vec![false; function.values.len()];
    for block in &function.blocks {
        for (at, inst) in block.insts.iter().enumerate() {
            let Some(dst) = inst.dst else { continue };
            if facts.uses[dst.0 as usize] == 1 && is_elementwise(function, inst) {
                fused[dst.0 as usize] = read_by_elementwise(function, &block.insts[at + 1..], dst);
            }
        }
    }
    fused
}

fn read_by_elementwise(function: &MonoFunction, rest: &[MonoInst], value: ValueId) -> bool {
    for inst in rest {
        let mut reads = false;
        operands(&inst.op, &mut |operand| reads |= operand == value);
        if reads {
            return is_elementwise(function, inst);
        }
        if writes_memory(inst) {
            return false;
        }
    }
    false
}

fn writes_memory(inst: &MonoInst) -> bool {
    match &inst.op {
        MonoOp::SetItem { .. }
        | MonoOp::SetField { .. }
        | MonoOp::DelItem { .. }
        | MonoOp::Call { .. }
        | MonoOp::Next(_)
        | MonoOp::TryBegin { .. }
        | MonoOp::TryEnd
        | MonoOp::Binary { inplace: true, .. } => true,
        MonoOp::Apply { op, values, .. } if stored_arity(*op, values.len()).is_some() => true,
        MonoOp::Apply { op, .. } => matches!(
            op,
            Op::ArrayFill
                | Op::Cholesky
                | Op::Eig
                | Op::Eigh
                | Op::Lu
                | Op::Qr
                | Op::Solve
                | Op::Svd
                | Op::RandomSeed
                | Op::RandomSelect
                | Op::RandomRaw
                | Op::RandomWord
                | Op::RandomNormal
                | Op::Next
                | Op::Print
        ),
        _ => false,
    }
}

/// Whether an instruction makes an array, element by element, from arrays and scalars that broadcast.
pub(crate) fn is_elementwise(function: &MonoFunction, inst: &MonoInst) -> bool {
    let is_array = |value: ValueId| matches!(function.values[value.0 as usize].ty, MonoTy::Array(_));
    let is_item = |value: ValueId| {
        matches!(
            function.values[value.0 as usize].ty,
            MonoTy::Array(_)
                | MonoTy::Bool
                | MonoTy::Int(_)
                | MonoTy::Float(_)
                | MonoTy::Complex(_)
                | MonoTy::DateTime
                | MonoTy::TimeDelta
        )
    };
    let is_without_dimensions = |value: ValueId| match &function.values[value.0 as usize].ty {
        MonoTy::Array(array) => array.ndim == 0,
        _ => false,
    };
    let Some(dst) = inst.dst else { return false };
    if !is_array(dst) {
        return false;
    }
    match &inst.op {
        MonoOp::Unary { value, .. } => is_array(*value),
        MonoOp::Binary { op, left, right, inplace, .. } => {
            !inplace
                && !matches!(op, analyzer::mono::BinaryOp::MatMult)
                && is_item(*left)
                && is_item(*right)
                && (is_array(*left) || is_array(*right))
        }
        MonoOp::Compare { left, right, .. } => {
            is_item(*left) && is_item(*right) && (is_array(*left) || is_array(*right))
        }
        MonoOp::Apply { op, values, .. } => {
            elementwise_arity(*op).is_some_and(|arity| arity == values.len())
                && values.iter().all(|value| is_item(*value))
                && (values.iter().any(|value| is_array(*value)) || is_without_dimensions(dst))
        }
        _ => false,
    }
}

/// How many inputs an elementwise operation has that is given one operand more, the array to store into.
pub(crate) fn stored_arity(op: Op, operands: usize) -> Option<usize> {
    elementwise_arity(op).filter(|arity| *arity < 3 && arity + 1 == operands)
}

/// How many operands an elementwise operation takes; `None` for the others.
pub(crate) fn elementwise_arity(op: Op) -> Option<usize> {
    use Op::*;
    Some(match op {
        Abs | Sqrt | Exp | Expm1 | Exp2 | Log | Log2 | Log10 | Log1p | Sin | Cos | Tan | Asin | Acos
        | Atan | Sinh | Cosh | Tanh | Asinh | Acosh | Atanh | Floor | Ceil | Trunc | Rint | Fabs | Erf
        | Erfc | Gamma | Lgamma | IsNan | IsInf | IsFinite | Sign | Square | Reciprocal | Cbrt | Degrees
        | Radians | Negative | LogicalNot | Invert | Conj | Real | Imag | Angle => 1,
        Atan2 | Hypot | Copysign | Fmod | Ldexp | Nextafter | Maximum | Minimum | Fmax | Fmin
        | FloorDivide | Remainder | Add | Subtract | Multiply | TrueDivide | Power | LogicalAnd
        | LogicalOr | LogicalXor | BitwiseAnd | BitwiseOr | BitwiseXor | LeftShift | RightShift | Equal
        | NotEqual | Less | LessEqual | Greater | GreaterEqual | Gcd | Lcm | Heaviside | Logaddexp => 2,
        Where => 3,
        _ => return None,
    })
}
