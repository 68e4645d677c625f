//! Values as JSON, with the data of arrays beside it: the form in which they travel between processes, and the form of
//! recorded calls.

use analyzer::mono::IntTy;
use codegen::{ArrayValue, Buffer, DType, Value};
use serde_json::{Value as Json, json};

use super::npz::Npz;
use super::{Typed, descr, dtype, element, type_of};

/// Where the data of arrays is.
pub(crate) enum Data<'a> {
    /// One after the other, found by `offset`.
    Raw(&'a [u8]),
    /// By `key`.
    Npz(&'a Npz),
}

/// Reads a value. What no kernel takes is an error that names it.
pub(crate) fn decode(value: &Json, data: &Data) -> Result<Typed, String> {
    let decoded = decode_value(value, data)?;
    if value["k"] == "list" && value["typed"] == true {
        let Value::List(items) = &decoded else { return Err("a list was expected".to_owned()) };
        let item = items.first().ok_or("an empty list has no type")?;
        let ty = format!("ListType[{}]", type_of(item)?);
        return Ok(Typed::of(decoded, ty));
    }
    Typed::new(decoded)
}

pub(crate) fn decode_value(value: &Json, data: &Data) -> Result<Value, String> {
    let kind = value["k"].as_str().ok_or("a value has no `k`")?;
    let items = || -> Result<Vec<Value>, String> {
        let items = value["items"].as_array().ok_or("a value has no `items`")?;
        items.iter().map(|item| decode_value(item, data)).collect()
    };
    Ok(match kind {
        "none" | "omitted" => Value::None,
        "bool" => Value::Bool(match &value["v"] {
            Json::Bool(value) => *value,
            other => other.as_str() == Some("True"),
        }),
        "int" => {
            let text = value["v"].as_str().map(str::to_owned).unwrap_or_else(|| value["v"].to_string());
            let number: i128 =
                text.parse().map_err(|_| format!("`{text}` is no integer that a kernel takes"))?;
            let int = if i64::try_from(number).is_ok() { IntTy::I64 } else { IntTy::U64 };
            if int == IntTy::U64 && u64::try_from(number).is_err() {
                return Err(format!("{number} does not fit into 64 bits"));
            }
            Value::Int(int, number)
        }
        "float" => Value::Float64(float(
            value["hex"].as_str().or(value["v"].as_str()).ok_or("a float has no value")?,
        )?),
        "complex" => complex(&value["v"])?,
        "str" => Value::Str(value["v"].as_str().ok_or("a string has no value")?.to_owned()),
        "range" => match value["v"]
            .as_array()
            .map(|parts| parts.iter().filter_map(Json::as_i64).collect::<Vec<_>>())
            .as_deref()
        {
            Some([start, stop, step]) => Value::Range(*start, *stop, *step),
            _ => return Err("a range has three parts".to_owned()),
        },
        "tuple" => Value::Tuple(items()?),
        "list" => Value::List(items()?),
        "set" => Value::Set(items()?),
        "dict" => {
            let items = value["items"].as_array().ok_or("a dict has no `items`")?;
            let pair = |item: &Json| Ok((decode_value(&item[0], data)?, decode_value(&item[1], data)?));
            Value::Dict(items.iter().map(pair).collect::<Result<_, String>>()?)
        }
        "npscalar" | "ndarray" => array(kind, value, data)?,
        "opaque" => {
            let what = value["type"].as_str().unwrap_or("?");
            return Err(format!("a value of type {what} cannot be passed to a kernel here"));
        }
        other => return Err(format!("values of kind `{other}` are not known")),
    })
}

fn array(kind: &str, value: &Json, data: &Data) -> Result<Value, String> {
    let text = value["dtype"].as_str().unwrap_or_default();
    let dtype = dtype(text).ok_or_else(|| format!("arrays of dtype {text} are not supported"))?;
    let shape: Vec<usize> = value["shape"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_u64)
        .map(|length| length as usize)
        .collect();
    let size = super::bytes_of(&shape, dtype.itemsize()).ok_or("an array is larger than memory can be")?;
    let (bytes, fortran_data): (&[u8], bool) = match data {
        Data::Raw(raw) => {
            let start = value["offset"].as_u64().unwrap_or(0) as usize;
            (raw.get(start..start + size).ok_or("an array's data is missing")?, value["layout"] == "F")
        }
        Data::Npz(npz) => {
            let key = value["key"].as_str().unwrap_or_default();
            let array = npz.get(key).ok_or_else(|| format!("the .npz has no `{key}`"))?;
            (&array.bytes, array.fortran && array.shape.len() > 1)
        }
    };
    if kind == "npscalar" {
        return Ok(element(&dtype, bytes));
    }
    let flag = |key: &str| value[key].as_bool();
    // Recorded arrays say by flags what their order was; ours by `layout`.
    let layout = value["layout"].as_str().unwrap_or(match (flag("c"), flag("f")) {
        (Some(false), Some(true)) => "F",
        (Some(false), _) => "A",
        _ => "C",
    });
    let unfit = || "an array's data and shape disagree, or there is no memory".to_owned();
    let mut array = match (layout, fortran_data) {
        ("C", false) => ArrayValue::from_bytes(dtype, &shape, bytes).ok_or_else(unfit)?,
        ("F", true) => fortran(dtype, &shape, bytes)?,
        (layout, fortran_data) => {
            let plain = if fortran_data {
                fortran(dtype.clone(), &shape, bytes)?
            } else {
                ArrayValue::from_bytes(dtype.clone(), &shape, bytes).ok_or_else(unfit)?
            };
            relayout(&plain, layout).ok_or_else(unfit)?
        }
    };
    array.readonly = flag("writeable") == Some(false);
    Ok(Value::Array(array))
}

/// An array over bytes in Fortran order.
pub(crate) fn fortran(dtype: DType, shape: &[usize], bytes: &[u8]) -> Result<ArrayValue, String> {
    let unfit = || "an array's data and shape disagree, or there is no memory".to_owned();
    let item = dtype.itemsize();
    if super::bytes_of(shape, item) != Some(bytes.len()) {
        return Err(unfit());
    }
    let buffer = Buffer::new(bytes.len()).ok_or_else(unfit)?;
    buffer.write(0, bytes);
    let mut step = item as isize;
    let strides: Vec<isize> = shape
        .iter()
        .map(|length| {
            let stride = step;
            step *= *length as isize;
            stride
        })
        .collect();
    ArrayValue::view(buffer, dtype, shape, &strides, 0).ok_or_else(unfit)
}

/// The same elements in another order in memory: `F`, `C`, or with gaps.
pub(crate) fn relayout(array: &ArrayValue, layout: &str) -> Option<ArrayValue> {
    let item = array.dtype.itemsize();
    let gap = if layout == "A" { 2 } else { 1 };
    let buffer = Buffer::new(array.size() * item * gap)?;
    let mut strides = vec![0; array.shape.len()];
    let mut step = (item * gap) as isize;
    let order: Vec<usize> =
        if layout == "F" { (0..strides.len()).collect() } else { (0..strides.len()).rev().collect() };
    for dim in order {
        strides[dim] = step;
        step *= array.shape[dim] as isize;
    }
    let copy = ArrayValue::view(buffer, array.dtype.clone(), &array.shape, &strides, 0)?;
    copy.write_bytes(&array.to_bytes());
    Some(copy)
}

fn complex(value: &Json) -> Result<Value, String> {
    if let Some([re, im]) = value.as_array().map(Vec::as_slice) {
        let part = |part: &Json| float(part.as_str().ok_or("a complex number has two parts")?);
        return Ok(Value::Complex128(part(re)?, part(im)?));
    }
    let text = value.as_str().ok_or("a complex number has no value")?.trim_matches(['(', ')']);
    let body = text.strip_suffix(['j', 'J']).ok_or_else(|| format!("`{text}` is no complex number"))?;
    // The sign that separates the parts is not the first character and not an exponent's.
    let bytes = body.as_bytes();
    let split = (1..bytes.len())
        .rev()
        .find(|at| matches!(bytes[*at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E'));
    let (re, im) = split.map_or(("0", body), |at| body.split_at(at));
    Ok(Value::Complex128(float(re)?, float(im)?))
}

/// A float as Python's `repr` or `hex` writes it.
pub(crate) fn float(text: &str) -> Result<f64, String> {
    let plain = text.trim();
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let bad = || format!("`{text}` is no float");
    let magnitude = match digits.strip_prefix("0x") {
        None => digits.parse::<f64>().map_err(|_| bad())?,
        Some(hex) => {
            let (mantissa, exponent) = hex.split_once('p').ok_or_else(bad)?;
            let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            let digits = u64::from_str_radix(&format!("{whole}{fraction}"), 16).map_err(|_| bad())?;
            let exponent: i32 = exponent.parse().map_err(|_| bad())?;
            // In two steps, so that the smallest numbers are not rounded away. Python's digits are exact.
            let shift = exponent - 4 * fraction.len() as i32;
            let half = shift / 2;
            digits as f64 * 2f64.powi(half) * 2f64.powi(shift - half)
        }
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// Array data on its way out.
#[derive(Default)]
pub(crate) struct Out {
    pub bytes: Vec<u8>,
}

impl Out {
    fn add(&mut self, bytes: &[u8]) -> usize {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(64), 0);
        start
    }

    /// Writes a value; the data of its arrays goes to `self`.
    pub(crate) fn encode(&mut self, value: &Value) -> Json {
        let numeric = |out: &mut Out, text: &str, bytes: &[u8]| json!({ "k": "npscalar", "dtype": text, "offset": out.add(bytes) });
        match value {
            Value::None => json!({ "k": "none" }),
            Value::Bool(value) => json!({ "k": "bool", "v": value }),
            Value::Int(IntTy::I64, value) => json!({ "k": "int", "v": value.to_string() }),
            Value::Int(int, value) => {
                let size = int.bits() as usize / 8;
                numeric(self, &descr(&DType::Int(*int)), &value.to_le_bytes()[..size])
            }
            Value::Float64(value) => json!({ "k": "float", "v": super::text::float(*value) }),
            Value::Float32(value) => numeric(self, "<f4", &value.to_le_bytes()),
            Value::Complex128(re, im) => {
                json!({ "k": "complex", "v": [super::text::float(*re), super::text::float(*im)] })
            }
            Value::Complex64(re, im) => numeric(self, "<c8", &[re.to_le_bytes(), im.to_le_bytes()].concat()),
            Value::Str(text) => json!({ "k": "str", "v": text }),
            Value::Tuple(items) => json!({ "k": "tuple", "items": self.all(items) }),
            Value::List(items) => json!({ "k": "list", "items": self.all(items) }),
            Value::Set(items) => json!({ "k": "set", "items": self.all(items) }),
            Value::Dict(items) => {
                let items: Vec<Json> =
                    items.iter().map(|(key, value)| json!([self.encode(key), self.encode(value)])).collect();
                json!({ "k": "dict", "items": items })
            }
            Value::Range(start, stop, step) => json!({ "k": "range", "v": [start, stop, step] }),
            Value::DateTime(ticks) => numeric(self, "<M8[ns]", &ticks.to_le_bytes()),
            Value::TimeDelta(ticks) => numeric(self, "<m8[ns]", &ticks.to_le_bytes()),
            Value::Array(array) => {
                let layout = if array.is_c_contiguous() {
                    "C"
                } else if array.is_f_contiguous() {
                    "F"
                } else {
                    "A"
                };
                let bytes = match (layout, array.shape.len()) {
                    ("F", 2..) => transposed_bytes(array),
                    _ => array.to_bytes(),
                };
                json!({
                    "k": "ndarray", "dtype": descr(&array.dtype), "shape": array.shape, "layout": layout,
                    "writeable": !array.readonly, "offset": self.add(&bytes),
                })
            }
            Value::Slice(..) | Value::Record(_) => json!({ "k": "opaque", "type": format!("{value:?}") }),
        }
    }

    fn all(&mut self, items: &[Value]) -> Vec<Json> {
        items.iter().map(|item| self.encode(item)).collect()
    }
}

/// The elements in Fortran order.
fn transposed_bytes(array: &ArrayValue) -> Vec<u8> {
    let shape: Vec<usize> = array.shape.iter().rev().copied().collect();
    let strides: Vec<isize> = array.strides.iter().rev().copied().collect();
    let turned =
        ArrayValue::view(array.buffer().clone(), array.dtype.clone(), &shape, &strides, array.offset);
    turned.map_or_else(Vec::new, |turned| turned.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read_exactly() {
        assert_eq!(float("0x1.999999999999ap-4"), Ok(0.1));
        assert_eq!(float("-0x0.0000000000001p-1022"), Ok(-5e-324));
        assert_eq!(float("-inf"), Ok(f64::NEG_INFINITY));
        assert_eq!(complex(&json!("(1-2.5e-3j)")).unwrap(), Value::Complex128(1.0, -0.0025));
    }

    #[test]
    fn arrays_keep_their_order_in_memory() {
        for layout in ["C", "F", "A"] {
            let plain = ArrayValue::from_bytes(DType::Int(IntTy::I8), &[2, 3], &[1, 2, 3, 4, 5, 6]).unwrap();
            let array = Value::Array(relayout(&plain, layout).unwrap());
            let mut out = Out::default();
            let json = out.encode(&array);
            let back = decode(&json, &Data::Raw(&out.bytes)).unwrap();
            assert_eq!(back.value, array);
            assert_eq!(back.ty, format!("array(int8, 2d, {layout})"));
        }
    }
}
