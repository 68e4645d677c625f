//! Operators with an array on either side: they are NumPy's element-wise functions, and `@`.

use crate::hir::body::{BinaryOp, CmpOp, UnaryOp};
use crate::table::{Outcome, RefusalKind};
use crate::ty::{ArrayTy, Layout, Ty, Why};

use super::{join_layouts, no_overload, unknown};

/// The element-wise function behind an operator.
pub(crate) fn unary_name(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "numpy.negative",
        UnaryOp::Pos => "numpy.positive",
        UnaryOp::Invert => "numpy.invert",
        UnaryOp::Not => "numpy.logical_not",
    }
}

pub(crate) fn binary_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "numpy.add",
        BinaryOp::Sub => "numpy.subtract",
        BinaryOp::Mult => "numpy.multiply",
        BinaryOp::MatMult => "numpy.matmul",
        BinaryOp::Div => "numpy.true_divide",
        BinaryOp::FloorDiv => "numpy.floor_divide",
        BinaryOp::Mod => "numpy.remainder",
        BinaryOp::Pow => "numpy.power",
        BinaryOp::LShift => "numpy.left_shift",
        BinaryOp::RShift => "numpy.right_shift",
        BinaryOp::BitAnd => "numpy.bitwise_and",
        BinaryOp::BitOr => "numpy.bitwise_or",
        BinaryOp::BitXor => "numpy.bitwise_xor",
    }
}

pub(crate) fn compare_name(op: CmpOp) -> &'static str {
    match op {
        CmpOp::NotEq => "numpy.not_equal",
        CmpOp::Lt => "numpy.less",
        CmpOp::LtE => "numpy.less_equal",
        CmpOp::Gt => "numpy.greater",
        CmpOp::GtE => "numpy.greater_equal",
        CmpOp::Eq | CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => "numpy.equal",
    }
}

/// The element-wise function applied to these operands.
pub(crate) fn ufunc(name: &'static str, args: &[Ty]) -> Outcome {
    minimal::resolve(name, args)
}

/// `array op= b`: the element-wise function with the target as output. Numba types a result that does not fit the
/// target's element type and then crashes, so that is refused.
pub(crate) fn inplace(op: BinaryOp, target: &ArrayTy, b: &Ty) -> Outcome {
    let array = Ty::Array(std::sync::Arc::new(target.clone()));
    let outcome = ufunc(binary_name(op), &[array.clone(), b.clone()]);
    let Some(Ty::Array(result)) = outcome.ty() else {
        return outcome;
    };
    if result.elem.has_hole() || target.elem.has_hole() {
        return Outcome::known(array);
    }
    if !same_kind(&result.elem, &target.elem) {
        return Outcome::refused(RefusalKind::UnsafeCast {
            from: result.elem.clone(),
            to: target.elem.clone(),
        });
    }
    if let (Some(target_rank), Some(rank)) = (target.ndim, result.ndim)
        && rank > target_rank
    {
        return Outcome::refused(RefusalKind::NoOverload(vec![array, b.clone()]));
    }
    Outcome::known(array)
}

/// NumPy's `same_kind` casting between element types.
fn same_kind(from: &Ty, to: &Ty) -> bool {
    fn kind(ty: &Ty) -> Option<u8> {
        match ty {
            Ty::Bool => Some(0),
            Ty::Int(int) if !int.signed() => Some(1),
            Ty::Int(_) => Some(2),
            Ty::Float(_) => Some(3),
            Ty::Complex(_) => Some(4),
            _ => None,
        }
    }
    match (kind(from), kind(to)) {
        (Some(from), Some(to)) => from <= to,
        _ => from == to,
    }
}

/// `a @ b`: floats or complex numbers of one type, one or two dimensions each.
pub(crate) fn matmul(a: &Ty, b: &Ty) -> Outcome {
    for operand in [a, b] {
        match operand {
            Ty::Array(array) => {
                if array.ndim.is_some_and(|ndim| !matches!(ndim, 1 | 2))
                    || !(array.elem.is_hole() || inexact(&array.elem))
                {
                    return Outcome::refused(RefusalKind::NoOverload(vec![a.clone(), b.clone()]));
                }
            }
            operand if super::is_unknowable(operand) => {}
            Ty::Optional(inner) if matches!(**inner, Ty::Array(_)) => {}
            _ => return Outcome::refused(RefusalKind::NoOverload(vec![a.clone(), b.clone()])),
        }
    }
    if let Some(args) = super::unpacked(&[a, b]) {
        return matmul(&args[0], &args[1]);
    }
    match (a, b) {
        (Ty::Array(x), Ty::Array(y)) => matmul_arrays(x, y, &[a, b]),
        (Ty::Array(_), other) | (other, _) => unknown(other),
    }
}

fn matmul_arrays(x: &ArrayTy, y: &ArrayTy, operands: &[&Ty]) -> Outcome {
    let elem = if x.elem.is_hole() { &y.elem } else { &x.elem };
    if !y.elem.is_hole() && *elem != y.elem {
        return no_overload(operands);
    }
    match (x.ndim, y.ndim) {
        (Some(1), Some(1)) => Outcome::known(elem.clone()),
        (Some(2), Some(2)) => Outcome::known(Ty::array(elem.clone(), 2, Layout::C)),
        (Some(_), Some(_)) => Outcome::known(Ty::array(elem.clone(), 1, Layout::C)),
        _ => Outcome::Hole(Why::NotModelled("the rank of a matrix product")),
    }
}

fn inexact(elem: &Ty) -> bool {
    matches!(elem, Ty::Float(_) | Ty::Complex(_))
}

/// Enough of NumPy's choice of loops for the operators.
mod minimal {
    use super::*;
    use crate::infer::overload::{Cost, cost};
    use crate::ty::{ComplexTy, FloatTy, IntTy};

    pub(super) fn resolve(name: &str, args: &[Ty]) -> Outcome {
        let mut elems = Vec::new();
        let mut ndim = Some(0);
        let mut layouts = Vec::new();
        for arg in args {
            match arg {
                Ty::Array(array) => {
                    elems.push(array.elem.clone());
                    ndim = ndim.zip(array.ndim).map(|(a, b): (u8, u8)| a.max(b));
                    layouts.push(array.layout);
                }
                Ty::Optional(inner) => return with_inner(name, args, inner),
                arg if super::super::scalar::is_scalar(arg) => elems.push(arg.unliteral()),
                arg => return no_overload(&[arg]),
            }
        }
        let elem = match elems.iter().find_map(Ty::why) {
            Some(why) => Ty::Hole(why),
            None => match element(name, &elems) {
                Some(elem) => elem,
                None => return Outcome::refused(RefusalKind::NoOverload(args.to_vec())),
            },
        };
        if ndim == Some(0) {
            return Outcome::known(elem);
        }
        Outcome::known(Ty::Array(std::sync::Arc::new(ArrayTy {
            elem,
            ndim,
            layout: join_layouts(layouts.into_iter()),
            readonly: false,
            aligned: true,
            kind: crate::ty::BufferKind::Array,
        })))
    }

    fn with_inner(name: &str, args: &[Ty], _: &Ty) -> Outcome {
        match super::super::unpacked(&args.iter().collect::<Vec<_>>()) {
            Some(args) => resolve(name, &args),
            None => Outcome::refused(RefusalKind::NoOverload(args.to_vec())),
        }
    }

    fn element(name: &str, elems: &[Ty]) -> Option<Ty> {
        let compares = [
            "equal",
            "not_equal",
            "less",
            "less_equal",
            "greater",
            "greater_equal",
        ];
        let short = name.trim_start_matches("numpy.");
        let mut loops: Vec<Ty> = Vec::new();
        if !matches!(
            short,
            "true_divide"
                | "power"
                | "floor_divide"
                | "remainder"
                | "left_shift"
                | "right_shift"
                | "negative"
                | "positive"
                | "subtract"
        ) {
            loops.push(Ty::Bool);
        }
        if short != "true_divide" {
            for bits in [8, 16, 32, 64] {
                loops.extend(
                    [true, false]
                        .into_iter()
                        .filter_map(|signed| IntTy::new(bits, signed))
                        .map(Ty::Int),
                );
            }
        }
        let bitwise = matches!(
            short,
            "left_shift" | "right_shift" | "bitwise_and" | "bitwise_or" | "bitwise_xor" | "invert"
        );
        if !bitwise {
            if short == "true_divide" {
                loops.push(Ty::FLOAT64);
            }
            loops.extend([FloatTy::F32, FloatTy::F64].map(Ty::Float));
            if !matches!(short, "floor_divide" | "remainder") {
                loops.extend([ComplexTy::C64, ComplexTy::C128].map(Ty::Complex));
            }
        }
        let mixed = elems.iter().any(|ty| matches!(ty, Ty::Int(_) | Ty::Bool))
            && elems.iter().any(|ty| matches!(ty, Ty::Float(_) | Ty::Complex(_)));
        let fits = |ty: &Ty, to: &Ty| {
            cost(ty, to).is_some_and(|cost| cost < Cost::Unsafe)
                || mixed && matches!(ty, Ty::Int(_)) && matches!(to, Ty::Float(_) | Ty::Complex(_))
        };
        let all_ints = elems.iter().all(|ty| matches!(ty, Ty::Int(_) | Ty::Bool));
        let found = loops.into_iter().find(|to| {
            (short != "true_divide" || all_ints || *to != Ty::FLOAT64 || elems.contains(&Ty::FLOAT64))
                && elems.iter().all(|ty| fits(ty, to))
        })?;
        Some(if compares.contains(&short) {
            Ty::Bool
        } else {
            found
        })
    }
}
