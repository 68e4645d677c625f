//! Whether two results are the same: integers exactly, floats to a part of their size.

use codegen::{ArrayValue, DType, Value};

use super::text::repr;
use super::{element, parts, type_of};

/// How far floats may be apart, relative to their size.
pub(crate) const TOLERANCE: f64 = 1e-12;
/// The same where sums are taken in another order: in a loop that runs in parts, and in linear algebra.
pub(crate) const OTHER_ORDER_TOLERANCE: f64 = 1e-9;

/// How strictly types are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Types {
    /// As Numba gave them: the very same.
    Same,
    /// As Python gave them, which has one integer and one float.
    Kinds,
}

/// Says what differs; `None` if nothing does. `theirs` is what the reference gave.
pub(crate) fn difference(ours: &Value, theirs: &Value, types: Types, tolerance: f64) -> Option<String> {
    if let (Value::Array(a), Value::Array(b)) = (ours, theirs) {
        return arrays(a, b, tolerance);
    }
    if let Some((a, b)) = items(ours).zip(items(theirs)) {
        if std::mem::discriminant(ours) != std::mem::discriminant(theirs) {
            return Some(format!("{} here, {} there", kind(ours), kind(theirs)));
        }
        if a.len() != b.len() {
            return Some(format!("{} items here, {} there", a.len(), b.len()));
        }
        let found = a
            .iter()
            .zip(&b)
            .enumerate()
            .find_map(|(index, (a, b))| Some((index, difference(a, b, types, tolerance)?)));
        return found.map(|(index, difference)| format!("item {index}: {difference}"));
    }
    let wrong_type = match types {
        Types::Kinds => kind(ours) != kind(theirs),
        Types::Same => type_of(ours).ok() != type_of(theirs).ok() && !boxed_alike(ours, theirs),
    };
    if wrong_type {
        return Some(format!(
            "{} ({}) here, {} ({}) there",
            repr(ours),
            kind(ours),
            repr(theirs),
            kind(theirs)
        ));
    }
    let same = match (parts(ours), parts(theirs)) {
        (Some(a), Some(b)) if is_float(ours) => near(a.0, b.0, tolerance) && near(a.1, b.1, tolerance),
        _ => exact(ours) == exact(theirs),
    };
    (!same).then(|| format!("{} here, {} there", repr(ours), repr(theirs)))
}

/// Numba gives integers and floats of every width back as Python's.
fn boxed_alike(a: &Value, b: &Value) -> bool {
    kind(a) == kind(b)
}

fn exact(value: &Value) -> String {
    repr(value)
}

fn is_float(value: &Value) -> bool {
    matches!(value, Value::Float32(_) | Value::Float64(_) | Value::Complex64(..) | Value::Complex128(..))
}

fn items(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Tuple(items) | Value::List(items) => Some(items.clone()),
        Value::Set(items) => {
            let mut items = items.clone();
            items.sort_by_key(repr);
            Some(items)
        }
        Value::Dict(items) => {
            let mut items: Vec<Value> =
                items.iter().map(|(key, value)| Value::Tuple(vec![key.clone(), value.clone()])).collect();
            items.sort_by_key(repr);
            Some(items)
        }
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::None => "None",
        Value::Bool(_) => "bool",
        Value::Int(..) => "int",
        Value::Float32(_) | Value::Float64(_) => "float",
        Value::Complex64(..) | Value::Complex128(..) => "complex",
        Value::Str(_) => "str",
        Value::Tuple(_) => "tuple",
        Value::List(_) => "list",
        Value::Set(_) => "set",
        Value::Dict(_) => "dict",
        Value::Array(_) => "array",
        Value::Slice(..) => "slice",
        Value::Range(..) => "range",
        Value::DateTime(_) => "datetime64",
        Value::TimeDelta(_) => "timedelta64",
        Value::Record(_) => "record",
    }
}

fn arrays(a: &ArrayValue, b: &ArrayValue, tolerance: f64) -> Option<String> {
    if a.dtype != b.dtype {
        return Some(format!("dtype {} here, {} there", a.dtype.name(), b.dtype.name()));
    }
    if a.shape != b.shape {
        return Some(format!("shape {:?} here, {:?} there", a.shape, b.shape));
    }
    let (ours, theirs) = (a.to_bytes(), b.to_bytes());
    if ours == theirs {
        return None;
    }
    let item = a.dtype.itemsize().max(1);
    let floats = matches!(a.dtype, DType::Float(_) | DType::Complex(_));
    let single = item == 4 || (item == 8 && a.dtype.name() == "complex64");
    let tolerance = if single { tolerance.max(1e-6) } else { tolerance };
    for (index, (x, y)) in ours.chunks_exact(item).zip(theirs.chunks_exact(item)).enumerate() {
        if x == y {
            continue;
        }
        let (x, y) = (element(&a.dtype, x), element(&b.dtype, y));
        let same = floats
            && match (parts(&x), parts(&y)) {
                (Some(x), Some(y)) => near(x.0, y.0, tolerance) && near(x.1, y.1, tolerance),
                _ => false,
            };
        if !same {
            return Some(format!("element {index}: {} here, {} there", repr(&x), repr(&y)));
        }
    }
    None
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::{OTHER_ORDER_TOLERANCE, TOLERANCE, Types, difference};
    use codegen::Value;

    #[test]
    fn sums_of_the_parts_of_a_parallel_loop_may_be_further_apart() {
        let (ours, theirs) = (Value::Float64(1.0), Value::Float64(1.0 + 2.4e-11));
        assert!(difference(&ours, &theirs, Types::Same, TOLERANCE).is_some());
        assert_eq!(difference(&ours, &theirs, Types::Same, OTHER_ORDER_TOLERANCE), None);
    }
}
