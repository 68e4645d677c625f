//! How values are represented: as bundles of scalar components, each of which lives in a register.
//!
//! In memory that holds values of any type (items of lists, keys of dicts, arguments) each component takes one
//! eight-byte slot. Elements of arrays are stored as NumPy stores them.

use analyzer::mono::{FloatTy, MonoIter, MonoTy};
use cranelift_codegen::ir::{Type, types};

/// A component's class of register and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

/// One scalar of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) class: Class,
    /// A counted reference to a heap object, or null.
    pub(crate) object: bool,
}

impl Class {
    pub(crate) fn clif(self) -> Type {
        match self {
            Class::I8 => types::I8,
            Class::I16 => types::I16,
            Class::I32 => types::I32,
            Class::I64 => types::I64,
            Class::F32 => types::F32,
            Class::F64 => types::F64,
        }
    }
}

fn plain(class: Class) -> Component {
    Component { class, object: false }
}

const OBJECT: Component = Component { class: Class::I64, object: true };

/// The components of a value of this type, in order.
///
/// An array is its owner, the address of its first element, its shape and its strides in bytes. A string, a list, a
/// set and a dict are one object. An optional is a flag and the value, zero where absent.
pub(crate) fn components(ty: &MonoTy) -> Vec<Component> {
    let mut out = Vec::new();
    push(ty, &mut out);
    out
}

fn push(ty: &MonoTy, out: &mut Vec<Component>) {
    match ty {
        MonoTy::Unit => {}
        MonoTy::Bool => out.push(plain(Class::I8)),
        MonoTy::Int(int) => out.push(plain(int_class(int.bits()))),
        MonoTy::Float(float) => out.push(plain(float_class(*float))),
        MonoTy::Complex(complex) => out.extend([plain(float_class(complex.part())); 2]),
        MonoTy::DateTime | MonoTy::TimeDelta => out.push(plain(Class::I64)),
        MonoTy::Str | MonoTy::List(_) | MonoTy::Set(_) | MonoTy::Dict(_) => out.push(OBJECT),
        MonoTy::Array(array) => push_array(array.ndim, out),
        MonoTy::Tuple(items) => items.iter().for_each(|item| push(item, out)),
        MonoTy::Optional(inner) => {
            out.push(plain(Class::I8));
            push(inner, out);
        }
        MonoTy::Slice => out.extend([plain(Class::I64); 3]),
        MonoTy::Range(int) => out.extend([plain(int_class(int.bits())); 3]),
        MonoTy::Iter(iter) => push_iter(iter, out),
        MonoTy::Pair(item) => {
            push(item, out);
            out.push(plain(Class::I8));
        }
        MonoTy::Record(_) => out.extend([OBJECT, plain(Class::I64)]),
    }
}

fn push_array(ndim: u8, out: &mut Vec<Component>) {
    out.extend([OBJECT, plain(Class::I64)]);
    out.extend(vec![plain(Class::I64); 2 * ndim as usize]);
}

/// The state of an iterator: what it walks over and a position.
fn push_iter(iter: &MonoIter, out: &mut Vec<Component>) {
    let position = plain(Class::I64);
    match iter {
        // The next item, the step, and how many are left.
        MonoIter::Range(int) => {
            out.extend([plain(int_class(int.bits())), plain(int_class(int.bits())), position])
        }
        MonoIter::Array(array) => {
            push_array(array.ndim, out);
            out.push(position);
        }
        MonoIter::List(_)
        | MonoIter::Str
        | MonoIter::Set(_)
        | MonoIter::DictKeys(..)
        | MonoIter::DictValues(..)
        | MonoIter::DictItems(..) => out.extend([OBJECT, position]),
        MonoIter::Tuple(item, len) => {
            (0..*len).for_each(|_| push(item, out));
            out.push(position);
        }
        MonoIter::Enumerate(inner) => {
            push_iter(inner, out);
            out.push(position);
        }
        // The words of its frame, and the objects of it.
        MonoIter::Generator(_) => out.extend([OBJECT, OBJECT]),
        MonoIter::Zip(parts) => parts.iter().for_each(|part| push_iter(part, out)),
        // The array, the index of each dimension, and whether it is exhausted.
        MonoIter::NdEnumerate(array) | MonoIter::Flat(array) => {
            push_array(array.ndim, out);
            out.extend(vec![position; array.ndim as usize + 1]);
        }
        // The shape, the index of each dimension, and whether it is exhausted.
        MonoIter::NdIndex(ndim) => out.extend(vec![position; 2 * *ndim as usize + 1]),
    }
}

fn int_class(bits: u32) -> Class {
    match bits {
        8 => Class::I8,
        16 => Class::I16,
        32 => Class::I32,
        _ => Class::I64,
    }
}

fn float_class(float: FloatTy) -> Class {
    match float {
        FloatTy::F64 => Class::F64,
        FloatTy::F32 | FloatTy::F16 => Class::F32,
    }
}

/// How many slots a value takes in memory, and a bit for each that holds an object.
pub(crate) fn slot_mask(ty: &MonoTy) -> (u64, u64) {
    let components = components(ty);
    let mask = components.iter().enumerate().filter(|(_, component)| component.object);
    (components.len() as u64, mask.fold(0, |mask, (slot, _)| mask | 1 << slot))
}

/// Whether values of this type hold counted references.
pub(crate) fn has_objects(ty: &MonoTy) -> bool {
    components(ty).iter().any(|component| component.object)
}

/// What Numba puts in a slice for bounds left out: limits that every array clips.
pub(crate) fn slice_bounds(start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> (i64, i64, i64) {
    let step = step.unwrap_or(1);
    let (first, last) = if step >= 0 { (0, i64::MAX) } else { (i64::MAX, i64::MIN) };
    (start.unwrap_or(first), stop.unwrap_or(last), step)
}
