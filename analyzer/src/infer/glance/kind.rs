//! What a variable can hold, as far as a glance tells kinds of types apart.

use crate::hir::body::BinaryOp;
use crate::ty::{BufferKind, IntTy, IterTy, Layout, Ty};

/// An int that is part of its type, `int64`, `float64`, and `bool` of either sort.
pub(super) const WRITTEN: u8 = 1;
pub(super) const INT: u8 = 2;
pub(super) const FLOAT: u8 = 4;
pub(super) const BOOL: u8 = 8;

/// What a variable can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Each of these in some round: they grow from the first to the last.
    Number(u8),
    /// The type at this place, in every round. Those of variables that no argument reaches come first.
    Is(u32),
    /// What this display of a tuple makes.
    Tuple(u32),
    /// A part of a loop over a range of `int64`.
    Range(Walk),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    Range,
    Iterator,
    /// The next item, and whether there was one.
    Item,
}

impl Walk {
    pub(super) fn ty(self) -> Ty {
        match self {
            Walk::Range => Ty::Range(IntTy::I64),
            Walk::Iterator => Ty::Iter(IterTy::Range(IntTy::I64).into()),
            Walk::Item => Ty::Pair((Ty::INT64, Ty::Bool).into()),
        }
    }
}

/// The numbers without those that are part of their type.
pub(super) fn widened(bits: u8) -> u8 {
    if bits & WRITTEN == 0 { bits } else { bits & !WRITTEN | INT }
}

/// What arithmetic makes of ints and floats. Of `bool`, and by the bit, it is left to the rules.
pub(super) fn arithmetic(op: BinaryOp, a: u8, b: u8) -> Option<u8> {
    if (a | b) & BOOL != 0 {
        return None;
    }
    let (a, b) = (widened(a), widened(b));
    match op {
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mult
        | BinaryOp::FloorDiv
        | BinaryOp::Mod
        | BinaryOp::Pow => Some((a & b & INT) | ((a | b) & FLOAT)),
        BinaryOp::Div => Some(FLOAT),
        _ => None,
    }
}

/// Types that no later instruction can refine, and that have no functions of the project behind their operators.
pub(super) fn is_simple(ty: &Ty) -> bool {
    match ty {
        Ty::Hole(_)
        | Ty::None
        | Ty::Ellipsis
        | Ty::Bool
        | Ty::Int(_)
        | Ty::Float(_)
        | Ty::Complex(_)
        | Ty::Literal(_)
        | Ty::Str
        | Ty::Slice2
        | Ty::Slice3
        | Ty::Range(_)
        | Ty::Module(_)
        | Ty::Function(_)
        | Ty::ExceptionClass(_)
        | Ty::Exception(_)
        | Ty::Dispatcher(_) => true,
        Ty::NumberClass(ty) | Ty::DType(ty) => ty.is_number(),
        Ty::Array(array) => {
            array.kind == BufferKind::Array
                && array.ndim.is_some()
                && array.layout != Layout::Hole
                && array.elem.is_number()
        }
        Ty::Tuple(items) => items.iter().all(is_simple),
        Ty::Pair(pair) => is_simple(&pair.0),
        Ty::Method(method) => is_simple(&method.0),
        Ty::Iter(iter) => match &**iter {
            IterTy::Range(_) | IterTy::NdIndex(_) => true,
            IterTy::Array(ty)
            | IterTy::Tuple(ty)
            | IterTy::Enumerate(ty)
            | IterTy::NdEnumerate(ty)
            | IterTy::Flat(ty) => is_simple(ty) && !ty.has_hole(),
            IterTy::Zip(parts) => parts.iter().all(|ty| is_simple(ty) && !ty.has_hole()),
            _ => false,
        },
        _ => false,
    }
}
