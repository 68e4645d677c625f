//! Converting arguments to the types that a kernel was compiled for, as Numba's dispatcher does.

use analyzer::mono::{FloatTy, MonoTy};
use codegen::{DType, Value};

use super::{element, parts, to_bytes};

/// Whether the dispatcher converts a value of one type to another, both spelled as Numba spells them.
pub(crate) fn allowed(from: &str, to: &str) -> bool {
    if from == to {
        return true;
    }
    if let Some(inner) = to.strip_prefix("OptionalType(").and_then(|rest| rest.strip_suffix(')')) {
        return from == "none" || allowed(from, inner);
    }
    let rank = |ty: &str| match ty {
        "bool" => Some(0),
        ty if ty.starts_with("int") || ty.starts_with("uint") => Some(1),
        ty if ty.starts_with("float") => Some(2),
        ty if ty.starts_with("complex") => Some(3),
        _ => None,
    };
    if let (Some(from), Some(to)) = (rank(from), rank(to)) {
        // A complex number is not turned into a real one; everything else is, even if it loses something.
        return from < 3 || to == 3;
    }
    // A contiguous array goes where any array goes, if the elements are the same.
    let array = |ty: &str| {
        let inner = ty.strip_prefix("array(").and_then(|rest| rest.strip_suffix(')'))?.to_owned();
        let (rest, layout) = inner.rsplit_once(", ")?;
        Some((rest.to_owned(), layout.to_owned()))
    };
    match (array(from), array(to)) {
        (Some((from, _)), Some((to, layout))) => from == to && layout == "A",
        _ => false,
    }
}

/// The value in the form that a parameter of this type takes.
pub(crate) fn coerce(value: Value, ty: &MonoTy) -> Result<Value, String> {
    let dtype = match ty {
        MonoTy::Unit => return Ok(Value::None),
        MonoTy::Optional(inner) if value != Value::None => return coerce(value, inner),
        MonoTy::Tuple(types) => {
            return match value {
                Value::Tuple(items) if items.len() == types.len() => {
                    let items = items.into_iter().zip(types).map(|(item, ty)| coerce(item, ty));
                    Ok(Value::Tuple(items.collect::<Result<_, _>>()?))
                }
                other => Ok(other),
            };
        }
        MonoTy::List(item) => {
            return match value {
                Value::List(items) => Ok(Value::List(
                    items.into_iter().map(|value| coerce(value, item)).collect::<Result<_, _>>()?,
                )),
                other => Ok(other),
            };
        }
        MonoTy::Bool => DType::Bool,
        MonoTy::Int(int) => DType::Int(*int),
        MonoTy::Float(FloatTy::F16) => return Ok(value),
        MonoTy::Float(float) => DType::Float(*float),
        MonoTy::Complex(complex) => DType::Complex(*complex),
        _ => return Ok(value),
    };
    if parts(&value).is_none() {
        return Ok(value);
    }
    let mut bytes = Vec::new();
    to_bytes(&value, &dtype, &mut bytes)?;
    Ok(element(&dtype, &bytes))
}
