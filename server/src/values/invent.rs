//! Made-up data of a type, for kernels that nobody has called yet.

use analyzer::mono::Layout;
use analyzer::ty::{Literal, Ty};
use codegen::{ArrayValue, DType, Value};

use super::wire;

/// The length of each dimension of a made-up array, by rank.
const LENGTHS: [usize; 4] = [8, 4, 3, 2];

/// A harmless value of this type; `None` where there is none.
pub(crate) fn invent(ty: &str) -> Option<Value> {
    value(&ty.parse().ok()?)
}

fn value(ty: &Ty) -> Option<Value> {
    Some(match ty {
        Ty::None => Value::None,
        Ty::Bool => Value::Bool(true),
        Ty::Int(int) => Value::Int(*int, 3),
        Ty::Float(float) if float.bits() == 32 => Value::Float32(1.5),
        Ty::Float(_) => Value::Float64(1.5),
        Ty::Complex(complex) if complex.part().bits() == 32 => Value::Complex64(1.5, 0.5),
        Ty::Complex(_) => Value::Complex128(1.5, 0.5),
        Ty::Literal(Literal::Int(int)) => Value::Int(analyzer::mono::IntTy::I64, int.get()),
        Ty::Literal(Literal::Bool(value)) => Value::Bool(*value),
        Ty::Literal(Literal::Str(text)) => Value::Str(text.to_string()),
        Ty::Omitted(_) => Value::None,
        Ty::Array(array) => {
            let dtype = super::dtype(&array.elem.to_string())?;
            let rank = usize::from(array.ndim?);
            let length = LENGTHS.get(rank.saturating_sub(1)).copied().unwrap_or(2);
            return invented_array(&dtype, &vec![length; rank], array.layout).map(Value::Array);
        }
        ty => match ty.tuple_items() {
            Some(items) => Value::Tuple(items.iter().map(value).collect::<Option<_>>()?),
            None if ty.to_string() == "unicode_type" => Value::Str("kernel".to_owned()),
            None => {
                let text = ty.to_string();
                let item = text.strip_prefix("reflected list(").and_then(|rest| rest.split_once(")<"));
                let item = invent(item?.0)?;
                Value::List(vec![item.clone(), item.clone(), item])
            }
        },
    })
}

/// Small numbers that differ and are never zero.
fn invented_array(dtype: &DType, shape: &[usize], layout: Layout) -> Option<ArrayValue> {
    let mut bytes = Vec::new();
    for index in 0..shape.iter().product() {
        let number = match dtype {
            DType::Bool => Value::Bool(index % 2 == 0),
            DType::Int(int) => Value::Int(*int, (index as i128 % 7) + 1),
            _ => Value::Float64(0.5 + 0.25 * (index as f64)),
        };
        super::to_bytes(&number, dtype, &mut bytes).ok()?;
    }
    let plain = ArrayValue::from_bytes(dtype.clone(), shape, &bytes)?;
    match layout {
        Layout::F => wire::relayout(&plain, "F"),
        Layout::A => wire::relayout(&plain, "A"),
        _ => Some(plain),
    }
}
