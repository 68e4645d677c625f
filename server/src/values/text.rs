//! Values as Python and NumPy print them, large arrays abbreviated, and as plain JSON.

use codegen::{ArrayValue, DType, Value};
use serde_json::{Value as Json, json};

use super::element;

/// NumPy abbreviates arrays of more elements.
const THRESHOLD: usize = 1000;
const EDGE: usize = 3;
const LINE: usize = 75;
/// Longer arrays are not spelled out in JSON.
const MAX_JSON: usize = 10_000;

/// `repr(value)`
pub(crate) fn repr(value: &Value) -> String {
    let list = |items: &[Value], open: &str, close: &str| {
        let shown: Vec<String> = items.iter().take(THRESHOLD).map(repr).collect();
        let more = if items.len() > THRESHOLD { ", ..." } else { "" };
        format!("{open}{}{more}{close}", shown.join(", "))
    };
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        Value::Int(_, value) => value.to_string(),
        Value::Float64(value) => float(*value),
        Value::Float32(value) => float32(*value),
        Value::Complex128(re, im) => complex(float(*re), float(*im), *re == 0.0 && re.is_sign_positive()),
        Value::Complex64(re, im) => complex(float32(*re), float32(*im), *re == 0.0 && re.is_sign_positive()),
        Value::Str(text) => quoted(text),
        Value::Tuple(items) if items.len() == 1 => format!("({},)", repr(&items[0])),
        Value::Tuple(items) => list(items, "(", ")"),
        Value::List(items) => list(items, "[", "]"),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => list(items, "{", "}"),
        Value::Dict(items) => {
            let items: Vec<String> =
                items.iter().map(|(key, value)| format!("{}: {}", repr(key), repr(value))).collect();
            format!("{{{}}}", items.join(", "))
        }
        Value::Array(array) => array_repr(array),
        Value::Slice(start, stop, step) => {
            let part = |part: &Option<i64>| part.map_or_else(|| "None".to_owned(), |part| part.to_string());
            format!("slice({}, {}, {})", part(start), part(stop), part(step))
        }
        Value::Range(start, stop, 1) => format!("range({start}, {stop})"),
        Value::Range(start, stop, step) => format!("range({start}, {stop}, {step})"),
        Value::DateTime(ticks) => format!("datetime64({ticks})"),
        Value::TimeDelta(ticks) => format!("timedelta64({ticks})"),
        Value::Record(bytes) => format!("record of {} bytes", bytes.len()),
    }
}

/// `repr(float)`: the shortest digits that give the number back.
pub(crate) fn float(value: f64) -> String {
    from_shortest(&format!("{value:e}"), value.is_finite(), value.is_nan(), value < 0.0)
}

/// `float.hex()`
pub(crate) fn hex(value: f64) -> String {
    if !value.is_finite() {
        return float(value);
    }
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    match (exponent, fraction) {
        (0, 0) => format!("{sign}0x0.0p+0"),
        (0, fraction) => format!("{sign}0x0.{fraction:013x}p-1022"),
        (exponent, fraction) => format!("{sign}0x1.{fraction:013x}p{:+}", exponent - 1023),
    }
}

fn float32(value: f32) -> String {
    from_shortest(&format!("{value:e}"), value.is_finite(), value.is_nan(), value < 0.0)
}

/// From Rust's shortest scientific form to Python's choice of forms.
fn from_shortest(text: &str, finite: bool, nan: bool, negative: bool) -> String {
    if !finite {
        return if nan {
            "nan"
        } else if negative {
            "-inf"
        } else {
            "inf"
        }
        .to_owned();
    }
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let count = digits.len() as i32;
    if !(-4..16).contains(&exponent) {
        let fraction = &digits[1..];
        let dot = if fraction.is_empty() { "" } else { "." };
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{}{dot}{fraction}e{mark}{:02}", &digits[..1], exponent.abs());
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    if count <= exponent + 1 {
        return format!("{sign}{digits}{}.0", "0".repeat((exponent + 1 - count) as usize));
    }
    let (whole, fraction) = digits.split_at(exponent as usize + 1);
    format!("{sign}{whole}.{fraction}")
}

fn complex(re: String, im: String, real_is_zero: bool) -> String {
    let short = |text: String| text.strip_suffix(".0").map(str::to_owned).unwrap_or(text);
    let (re, im) = (short(re), short(im));
    if real_is_zero {
        return format!("{im}j");
    }
    let plus = if im.starts_with('-') { "" } else { "+" };
    format!("({re}{plus}{im}j)")
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// `repr(array)`, as NumPy's default options print it.
fn array_repr(array: &ArrayValue) -> String {
    let bytes = array.to_bytes();
    let item = array.dtype.itemsize();
    let size = array.size();
    let short = size > THRESHOLD;
    // Which positions of each dimension are printed.
    let shown: Vec<Vec<Option<usize>>> = array
        .shape
        .iter()
        .map(|length| {
            if short && *length > 2 * EDGE {
                let head = (0..EDGE).map(Some);
                head.chain([None]).chain((length - EDGE..*length).map(Some)).collect()
            } else {
                (0..*length).map(Some).collect()
            }
        })
        .collect();
    let mut flat = Vec::new();
    collect(&array.shape, &shown, 0, 0, &mut flat);
    let values: Vec<Value> = flat
        .iter()
        .map(|at| element(&array.dtype, bytes.get(at * item..(at + 1) * item).unwrap_or_default()))
        .collect();
    let mut texts = formatted(&values, &array.dtype).into_iter();
    let prefix = "array(";
    let mut text = if size == 0 { "[]".to_owned() } else { nest(&shown, 0, prefix.len(), &mut texts) };
    let mut notes = Vec::new();
    if short || (size == 0 && array.shape != [0]) {
        notes.push(format!("shape={}", shape_text(&array.shape)));
    }
    let default = matches!(array.dtype.name().as_str(), "int64" | "float64" | "bool" | "complex128");
    if !default || size == 0 {
        notes.push(format!("dtype={}", array.dtype.name()));
    }
    for note in notes {
        let last = text.lines().last().map_or(0, |line| line.chars().count())
            + if text.contains('\n') { 0 } else { prefix.len() };
        if last + note.len() + 3 > LINE {
            text.push_str(&format!(",\n{:width$}{note}", "", width = prefix.len()));
        } else {
            text.push_str(&format!(", {note}"));
        }
    }
    format!("{prefix}{text})")
}

pub(crate) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        shape => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn collect(shape: &[usize], shown: &[Vec<Option<usize>>], dim: usize, base: usize, flat: &mut Vec<usize>) {
    if dim == shape.len() {
        flat.push(base);
        return;
    }
    for index in shown[dim].iter().flatten() {
        collect(shape, shown, dim + 1, base * shape[dim] + index, flat);
    }
}

fn nest(
    shown: &[Vec<Option<usize>>],
    dim: usize,
    indent: usize,
    texts: &mut impl Iterator<Item = String>,
) -> String {
    if dim == shown.len() {
        return texts.next().unwrap_or_default();
    }
    let last = dim + 1 == shown.len();
    let mut out = String::from("[");
    let mut column = indent + 1;
    let blank_lines = "\n".repeat(shown.len() - dim - 1);
    for (number, index) in shown[dim].iter().enumerate() {
        let part = match index {
            Some(_) => nest(shown, dim + 1, indent + 1, texts),
            None => "...".to_owned(),
        };
        if number > 0 {
            out.push(',');
            if !last {
                out.push_str(&format!("{blank_lines}{:width$}", "", width = indent + 1));
            } else if column + 2 + part.len() > LINE {
                out.push_str(&format!("\n{:width$}", "", width = indent + 1));
                column = indent + 1;
            } else {
                out.push(' ');
                column += 2;
            }
        }
        column += part.len();
        out.push_str(&part);
    }
    out.push(']');
    out
}

/// The elements, all as wide as the widest.
fn formatted(values: &[Value], dtype: &DType) -> Vec<String> {
    let texts: Vec<String> = match dtype {
        DType::Float(_) => {
            let numbers: Vec<f64> =
                values.iter().map(|value| super::parts(value).map_or(0.0, |(re, _)| re)).collect();
            let shortest: Vec<String> = values.iter().map(repr).collect();
            floats(&numbers, &shortest)
        }
        DType::Complex(_) => {
            let part = |index: usize| -> Vec<f64> {
                values
                    .iter()
                    .map(|value| {
                        super::parts(value).map_or(0.0, |parts| if index == 0 { parts.0 } else { parts.1 })
                    })
                    .collect()
            };
            let shortest = |numbers: &[f64]| numbers.iter().map(|number| float(*number)).collect::<Vec<_>>();
            let (re, im) = (part(0), part(1));
            let (re, im) = (floats(&re, &shortest(&re)), floats(&im, &shortest(&im)));
            // The sign is always there, and the `j` stands before the spaces that fill a fraction.
            let signed: Vec<(String, usize)> = im
                .iter()
                .map(|text| {
                    let digits = text.trim();
                    let sign = if digits.starts_with('-') { "" } else { "+" };
                    (format!("{sign}{digits}j"), text.len() - text.trim_end().len())
                })
                .collect();
            let width = signed.iter().map(|(text, fill)| text.len() + fill).max().unwrap_or(0);
            let join = |(re, (im, fill)): (String, (String, usize))| {
                format!("{re}{im:>width$}{:fill$}", "", width = width - fill)
            };
            let im = signed;
            let re_width = re.iter().map(String::len).max().unwrap_or(0);
            let re: Vec<String> = re.into_iter().map(|text| format!("{text:>re_width$}")).collect();
            re.into_iter().zip(im).map(join).collect()
        }
        _ => values.iter().map(repr).collect(),
    };
    let width = texts.iter().map(String::len).max().unwrap_or(0);
    texts.into_iter().map(|text| format!("{text:>width$}")).collect()
}

/// NumPy's way with floats: at most 8 digits after the point, as many for each as one of them needs. `shortest` are the
/// shortest texts that read back as the numbers.
fn floats(numbers: &[f64], shortest: &[String]) -> Vec<String> {
    let finite =
        || numbers.iter().map(|number| number.abs()).filter(|number| number.is_finite() && *number != 0.0);
    let (small, large) = (finite().fold(f64::INFINITY, f64::min), finite().fold(0.0, f64::max));
    let scientific = large >= 1e16 || (small.is_finite() && (small < 1e-4 || large / small > 1000.0));
    if scientific { scientific_floats(numbers, shortest) } else { fixed_floats(numbers, shortest) }
}

/// `nan`, `inf` or `-inf`.
fn special(number: f64) -> String {
    match number {
        number if number.is_nan() => "nan".to_owned(),
        number if number < 0.0 => "-inf".to_owned(),
        _ => "inf".to_owned(),
    }
}

fn scientific_floats(numbers: &[f64], shortest: &[String]) -> Vec<String> {
    let digits = |text: &String| {
        text.trim_start_matches('-').split('e').next().map_or(0, |mantissa| {
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            digits.trim_matches('0').len().saturating_sub(1)
        })
    };
    let finite = shortest.iter().zip(numbers).filter(|(_, number)| number.is_finite());
    let places = finite.map(|(text, _)| digits(text)).max().unwrap_or(0).min(8);
    let one = |number: &f64| {
        if !number.is_finite() {
            return special(*number);
        }
        let text = format!("{number:.places$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let dot = if places == 0 { "." } else { "" };
        format!("{mantissa}{dot}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    };
    numbers.iter().map(one).collect()
}

fn fixed_floats(numbers: &[f64], shortest: &[String]) -> Vec<String> {
    let one = |(number, short): (&f64, &String)| {
        if !number.is_finite() {
            return special(*number);
        }
        // The shortest form is exact; only a longer one is rounded.
        match short.split_once('.') {
            Some((_, fraction)) if fraction.len() <= 8 && !short.contains('e') => {
                short.strip_suffix('0').filter(|text| text.ends_with('.')).unwrap_or(short).to_owned()
            }
            _ => format!("{number:.8}").trim_end_matches('0').to_owned(),
        }
    };
    let fixed: Vec<String> = numbers.iter().zip(shortest).map(one).collect();
    let fractions = fixed.iter().filter_map(|text| text.split_once('.'));
    let places = fractions.map(|(_, fraction)| fraction.len()).max().unwrap_or(0);
    // Shorter fractions are filled with spaces, so that the points stand below one another.
    let pad = |text: String| match text.split_once('.') {
        Some((_, fraction)) => format!("{text}{}", " ".repeat(places - fraction.len())),
        None => text,
    };
    fixed.into_iter().map(pad).collect()
}

/// A value as plain JSON: numbers, strings, nested arrays. What JSON has no number for becomes a string.
pub(crate) fn json(value: &Value) -> Json {
    let number =
        |value: f64| serde_json::Number::from_f64(value).map_or_else(|| json!(float(value)), Json::Number);
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(_, value) => match (i64::try_from(*value), u64::try_from(*value)) {
            (Ok(value), _) => json!(value),
            (_, Ok(value)) => json!(value),
            _ => json!(value.to_string()),
        },
        Value::Float64(value) => number(*value),
        Value::Float32(value) => number(float32(*value).parse().unwrap_or(f64::from(*value))),
        Value::Str(text) => json!(text),
        Value::Tuple(items) | Value::List(items) | Value::Set(items) if items.len() <= MAX_JSON => {
            items.iter().map(json).collect()
        }
        Value::Dict(items) => items.iter().map(|(key, value)| json!([json(key), json(value)])).collect(),
        Value::Array(array) if array.size() <= MAX_JSON => {
            let bytes = array.to_bytes();
            let item = array.dtype.itemsize().max(1);
            let mut elements = bytes.chunks_exact(item).map(|bytes| json(&element(&array.dtype, bytes)));
            nested(&array.shape, &mut elements)
        }
        value => json!(repr(value)),
    }
}

fn nested(shape: &[usize], elements: &mut impl Iterator<Item = Json>) -> Json {
    match shape {
        [] => elements.next().unwrap_or(Json::Null),
        [length, inner @ ..] => (0..*length).map(|_| nested(inner, elements)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer::mono::{FloatTy, IntTy};

    #[test]
    fn floats_print_as_python_prints_them() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (123456789012345.0, "123456789012345.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (-2.5e-7, "-2.5e-07"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(value), text);
        }
        assert_eq!(repr(&Value::Float32(0.1)), "0.1");
        assert_eq!(repr(&Value::Complex128(1.0, -2.5)), "(1-2.5j)");
    }

    #[test]
    fn arrays_print_as_numpy_prints_them() {
        let floats = |items: &[f64], shape: &[usize]| {
            let bytes: Vec<u8> = items.iter().flat_map(|item| item.to_le_bytes()).collect();
            Value::Array(ArrayValue::from_bytes(DType::Float(FloatTy::F64), shape, &bytes).unwrap())
        };
        assert_eq!(repr(&floats(&[0.0, 0.5, 1.25], &[3])), "array([0.  , 0.5 , 1.25])");
        assert_eq!(repr(&floats(&[1.0, 2.0, 3.0, -4.0], &[2, 2])), "array([[ 1.,  2.],\n       [ 3., -4.]])");
        assert_eq!(repr(&floats(&[1.0 / 3.0], &[1])), "array([0.33333333])");
        assert_eq!(repr(&floats(&[1e-10, 1.0], &[2])), "array([1.e-10, 1.e+00])");
        let many: Vec<f64> = (0..2000).map(f64::from).collect();
        assert_eq!(
            repr(&floats(&many, &[2000])),
            "array([0.000e+00, 1.000e+00, 2.000e+00, ..., 1.997e+03, 1.998e+03,\n       1.999e+03], shape=(2000,))"
        );
        for (items, text) in [
            (&[1.0 / 3.0, 2.0, -1e-3][..], "array([ 3.33333333e-01,  2.00000000e+00, -1.00000000e-03])"),
            (&[1.5, f64::NAN, f64::INFINITY], "array([1.5, nan, inf])"),
            (&[1e20, 1.0], "array([1.e+20, 1.e+00])"),
            (&[33333.33333333333, 100.25], "array([33333.33333333,   100.25      ])"),
            (&[12345678.9, 100000.0], "array([12345678.9,   100000. ])"),
            (&[], "array([], dtype=float64)"),
        ] {
            assert_eq!(repr(&floats(items, &[items.len()])), text);
        }
        assert_eq!(repr(&floats(&[], &[0, 3])), "array([], shape=(0, 3), dtype=float64)");
        assert_eq!(
            repr(&floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], &[2, 2, 2])),
            "array([[[0., 1.],\n        [2., 3.]],\n\n       [[4., 5.],\n        [6., 7.]]])"
        );
        let pairs: Vec<u8> =
            [1.0, 2.0, 0.5, -1.25].iter().flat_map(|part: &f64| part.to_le_bytes()).collect();
        let complex =
            ArrayValue::from_bytes(DType::Complex(analyzer::mono::ComplexTy::C128), &[2], &pairs).unwrap();
        assert_eq!(repr(&Value::Array(complex)), "array([1. +2.j  , 0.5-1.25j])");
        let ints = ArrayValue::from_bytes(DType::Int(IntTy::I8), &[3], &[1, 20, 255]).unwrap();
        assert_eq!(repr(&Value::Array(ints)), "array([ 1, 20, -1], dtype=int8)");
    }
}
