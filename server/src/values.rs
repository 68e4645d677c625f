//! Values on their way: from literals, files and Python into kernels, and from there to people, JSON and files.

pub(crate) mod coerce;
pub(crate) mod compare;
pub(crate) mod invent;
pub(crate) mod literal;
pub(crate) mod npz;
pub(crate) mod text;
pub(crate) mod wire;

use std::path::PathBuf;
use std::sync::Arc;

use codegen::{ArrayValue, DType, Value};

use analyzer::mono::{ComplexTy, FloatTy, IntTy};

/// A value and its Numba type, spelled as Numba spells it.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub value: Value,
    pub ty: String,
    /// The form in which it came from Python, so that large arrays need not be written again.
    pub sent: Option<Sent>,
}

/// A value as it lies in a file.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub json: serde_json::Value,
    pub file: Arc<DataFile>,
}

/// The data of arrays in a temporary directory that goes when nobody needs it.
#[derive(Debug)]
pub(crate) struct DataFile {
    pub path: PathBuf,
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub directory: tempfile::TempDir,
}

impl Typed {
    /// A value of the type that Numba sees in it.
    pub(crate) fn new(value: Value) -> Result<Typed, String> {
        let ty = type_of(&value)?;
        Ok(Typed::of(value, ty))
    }

    /// A value of a type that is known.
    pub(crate) fn of(value: Value, ty: String) -> Typed {
        Typed { value, ty, sent: None }
    }
}

/// `str(numba.typeof(value))`
pub(crate) fn type_of(value: &Value) -> Result<String, String> {
    Ok(match value {
        Value::None => "none".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Int(int, _) => int_name(*int),
        Value::Float32(_) => "float32".to_owned(),
        Value::Float64(_) => "float64".to_owned(),
        Value::Complex64(..) => "complex64".to_owned(),
        Value::Complex128(..) => "complex128".to_owned(),
        Value::Str(_) => "unicode_type".to_owned(),
        Value::Tuple(items) => {
            let types = items.iter().map(type_of).collect::<Result<Vec<_>, _>>()?;
            match types.as_slice() {
                [] => "Tuple()".to_owned(),
                [first, rest @ ..] if rest.iter().all(|ty| ty == first) => {
                    format!("UniTuple({first} x {})", types.len())
                }
                _ => format!("Tuple({})", types.join(", ")),
            }
        }
        Value::List(items) => {
            let first = items.first().ok_or("an empty list has no type")?;
            format!("reflected list({})<iv=None>", type_of(first)?)
        }
        Value::Set(items) => {
            format!("reflected set({})", type_of(items.first().ok_or("an empty set has no type")?)?)
        }
        Value::Dict(items) => {
            let (key, value) = items.first().ok_or("an empty dict has no type")?;
            format!("DictType[{},{}]<iv=None>", type_of(key)?, type_of(value)?)
        }
        Value::Array(array) => array_type(array),
        Value::Slice(..) => "slice<a:b>".to_owned(),
        Value::Range(..) => "range_state_int64".to_owned(),
        Value::DateTime(_) => "datetime64[ns]".to_owned(),
        Value::TimeDelta(_) => "timedelta64[ns]".to_owned(),
        Value::Record(_) => return Err("a record has no type of its own".to_owned()),
    })
}

fn array_type(array: &ArrayValue) -> String {
    let layout = if array.is_c_contiguous() {
        'C'
    } else if array.is_f_contiguous() {
        'F'
    } else {
        'A'
    };
    let (dtype, ndim) = (array.dtype.name(), array.shape.len());
    if array.readonly {
        format!("Array({dtype}, {ndim}, '{layout}', False, aligned)")
    } else {
        format!("array({dtype}, {ndim}d, {layout})")
    }
}

pub(crate) fn int_name(int: IntTy) -> String {
    format!("{}int{}", if int.signed() { "" } else { "u" }, int.bits())
}

/// The dtype of a NumPy type string or name: `<f8`, `|b1`, `float64`.
pub(crate) fn dtype(text: &str) -> Option<DType> {
    let name = text.strip_prefix("np.").or_else(|| text.strip_prefix("numpy.")).unwrap_or(text);
    Some(match name.trim_start_matches(['<', '|', '=']) {
        "b1" | "?" | "bool" | "bool_" => DType::Bool,
        "i1" | "int8" => DType::Int(IntTy::I8),
        "i2" | "int16" => DType::Int(IntTy::I16),
        "i4" | "int32" | "intc" => DType::Int(IntTy::I32),
        "i8" | "int64" | "intp" | "int" | "int_" => DType::Int(IntTy::I64),
        "u1" | "uint8" => DType::Int(IntTy::U8),
        "u2" | "uint16" => DType::Int(IntTy::U16),
        "u4" | "uint32" => DType::Int(IntTy::U32),
        "u8" | "uint64" | "uintp" | "uint" => DType::Int(IntTy::U64),
        "f2" | "float16" => DType::Float(FloatTy::F16),
        "f4" | "float32" | "single" => DType::Float(FloatTy::F32),
        "f8" | "float64" | "float" | "double" | "float_" => DType::Float(FloatTy::F64),
        "c8" | "complex64" => DType::Complex(ComplexTy::C64),
        "c16" | "complex128" | "complex" => DType::Complex(ComplexTy::C128),
        name if name.starts_with("M8") => DType::DateTime,
        name if name.starts_with("m8") => DType::TimeDelta,
        _ => return None,
    })
}

/// The type string of a dtype: `<f8`.
pub(crate) fn descr(dtype: &DType) -> String {
    let size = dtype.itemsize();
    match dtype {
        DType::Bool => "|b1".to_owned(),
        DType::Int(int) => {
            let order = if size == 1 { '|' } else { '<' };
            format!("{order}{}{size}", if int.signed() { 'i' } else { 'u' })
        }
        DType::Float(_) => format!("<f{size}"),
        DType::Complex(_) => format!("<c{size}"),
        DType::DateTime => "<M8[ns]".to_owned(),
        DType::TimeDelta => "<m8[ns]".to_owned(),
        DType::Bytes(size) => format!("|V{size}"),
    }
}

/// How many bytes an array takes. `None` where no memory is that large, nor its strides countable.
pub(crate) fn bytes_of(shape: &[usize], itemsize: usize) -> Option<usize> {
    let spanned = shape.iter().try_fold(itemsize, |size, length| size.checked_mul((*length).max(1)))?;
    isize::try_from(spanned).ok()?;
    Some(if shape.contains(&0) { 0 } else { spanned })
}

/// One element of an array as a value.
pub(crate) fn element(dtype: &DType, bytes: &[u8]) -> Value {
    let f4 = |at: usize| f32::from_le_bytes(take(bytes, at));
    let f8 = |at: usize| f64::from_le_bytes(take(bytes, at));
    match dtype {
        DType::Bool => Value::Bool(bytes.first().is_some_and(|byte| *byte != 0)),
        DType::Int(int) => Value::Int(*int, integer(*int, bytes)),
        DType::Float(FloatTy::F16) => Value::Float64(half(u16::from_le_bytes(take(bytes, 0)))),
        DType::Float(FloatTy::F32) => Value::Float32(f4(0)),
        DType::Float(FloatTy::F64) => Value::Float64(f8(0)),
        DType::Complex(ComplexTy::C64) => Value::Complex64(f4(0), f4(4)),
        DType::Complex(ComplexTy::C128) => Value::Complex128(f8(0), f8(8)),
        DType::DateTime => Value::DateTime(i64::from_le_bytes(take(bytes, 0))),
        DType::TimeDelta => Value::TimeDelta(i64::from_le_bytes(take(bytes, 0))),
        DType::Bytes(_) => Value::Record(bytes.to_vec()),
    }
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    if let Some(part) = bytes.get(at..at + N) {
        out.copy_from_slice(part);
    }
    out
}

fn integer(int: IntTy, bytes: &[u8]) -> i128 {
    let size = int.bits() as usize / 8;
    let raw = u64::from_le_bytes({
        let mut all = [0; 8];
        all[..size].copy_from_slice(&bytes[..size.min(bytes.len())]);
        all
    });
    let shift = 64 - int.bits();
    if int.signed() { i128::from((raw << shift) as i64 >> shift) } else { i128::from(raw) }
}

fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The bytes of a scalar as an element of this dtype, converted as NumPy converts.
pub(crate) fn to_bytes(value: &Value, dtype: &DType, out: &mut Vec<u8>) -> Result<(), String> {
    let (re, im) = parts(value).ok_or("only numbers can be put into an array")?;
    match dtype {
        DType::Bool => out.push(u8::from(re != 0.0 || im != 0.0)),
        DType::Int(int) => {
            let exact = match value {
                Value::Int(_, exact) => *exact,
                _ => re as i128,
            };
            let size = int.bits() as usize / 8;
            out.extend_from_slice(&exact.to_le_bytes()[..size]);
        }
        DType::Float(FloatTy::F32) => out.extend_from_slice(&(re as f32).to_le_bytes()),
        DType::Float(FloatTy::F64) => out.extend_from_slice(&re.to_le_bytes()),
        DType::Complex(ComplexTy::C64) => {
            out.extend_from_slice(&(re as f32).to_le_bytes());
            out.extend_from_slice(&(im as f32).to_le_bytes());
        }
        DType::Complex(ComplexTy::C128) => {
            out.extend_from_slice(&re.to_le_bytes());
            out.extend_from_slice(&im.to_le_bytes());
        }
        _ => return Err(format!("no literal makes an array of {}", dtype.name())),
    }
    Ok(())
}

/// The real and imaginary part of a number.
pub(crate) fn parts(value: &Value) -> Option<(f64, f64)> {
    Some(match value {
        Value::Bool(value) => (f64::from(u8::from(*value)), 0.0),
        Value::Int(_, value) => (*value as f64, 0.0),
        Value::Float32(value) => (f64::from(*value), 0.0),
        Value::Float64(value) => (*value, 0.0),
        Value::Complex64(re, im) => (f64::from(*re), f64::from(*im)),
        Value::Complex128(re, im) => (*re, *im),
        _ => return None,
    })
}
