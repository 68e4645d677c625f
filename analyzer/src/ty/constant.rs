//! Values that are part of a type.

use super::{Integer, Name};
use std::sync::Arc;

/// A compile-time value that is part of a type: `Literal[int](3)`. Floats and `None` have none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    Int(Integer),
    Bool(bool),
    /// Shared once more than a name is, since a name is two words and a literal is no more.
    Str(Arc<Name>),
    /// `slice(0, 2, None)` of constants.
    Slice(Arc<SliceLiteral>),
}

impl Literal {
    /// The constant of the source that has this type; slices are none.
    pub fn as_const(&self) -> Option<Const> {
        Some(match self {
            Literal::Int(value) => Const::Int(value.clone()),
            Literal::Bool(value) => Const::Bool(*value),
            Literal::Str(value) => Const::Str(Name::clone(value)),
            Literal::Slice(_) => return None,
        })
    }
}

/// `slice(start, stop, step)` of constants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SliceLiteral {
    pub start: Option<i64>,
    pub stop: Option<i64>,
    pub step: Option<i64>,
}

/// A constant of the source: a literal, a folded expression, a frozen global.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    None,
    Ellipsis,
    Bool(bool),
    Int(Integer),
    /// The bits of an `f64`, so that constants compare and hash.
    Float(u64),
    /// The bits of the real and the imaginary part.
    Complex(u64, u64),
    Str(Name),
    Bytes(Arc<[u8]>),
    Tuple(Arc<[Const]>),
}

impl Const {
    pub fn int(value: impl Into<Integer>) -> Const {
        Const::Int(value.into())
    }

    pub fn float(value: f64) -> Const {
        Const::Float(value.to_bits())
    }

    /// Python's truth value.
    pub fn truth(&self) -> bool {
        match self {
            Const::None => false,
            Const::Ellipsis => true,
            Const::Bool(value) => *value,
            Const::Int(value) => value.get() != 0,
            Const::Float(bits) => f64::from_bits(*bits) != 0.0,
            Const::Complex(re, im) => f64::from_bits(*re) != 0.0 || f64::from_bits(*im) != 0.0,
            Const::Str(text) => !text.is_empty(),
            Const::Bytes(bytes) => !bytes.is_empty(),
            Const::Tuple(items) => !items.is_empty(),
        }
    }
}
