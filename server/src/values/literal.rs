//! Computes simple expressions as Python and NumPy would, so that no Python has to start for `--arg n=3`.
//!
//! What is not simple is `None`, and Python's business.

use analyzer::hir::example::Expr;
use analyzer::mono::{FloatTy, IntTy};
use codegen::{ArrayValue, DType, Value};

use super::{dtype, element, parts, to_bytes};

/// Larger arrays are left to NumPy.
const MAX_ITEMS: usize = 1 << 24;

/// Looks up the value that a module gives a name.
pub(crate) type Names<'a> = dyn Fn(&str) -> Option<Expr> + 'a;

pub(crate) fn evaluate(expr: &Expr, names: &Names) -> Option<Value> {
    eval(expr, names, 0)
}

fn eval(expr: &Expr, names: &Names, depth: usize) -> Option<Value> {
    if depth > 40 {
        return None;
    }
    let all =
        |items: &[Expr]| items.iter().map(|item| eval(item, names, depth + 1)).collect::<Option<Vec<_>>>();
    Some(match expr {
        Expr::None => Value::None,
        Expr::Bool(value) => Value::Bool(*value),
        Expr::Int(value) => integer(*value)?,
        Expr::Float(value) => Value::Float64(*value),
        Expr::Imaginary(value) => Value::Complex128(0.0, *value),
        Expr::Str(text) => Value::Str(text.clone()),
        Expr::Tuple(items) => Value::Tuple(all(items)?),
        Expr::List(items) => Value::List(all(items)?),
        Expr::Set(items) => Value::Set(all(items)?),
        Expr::Dict(_) | Expr::Other => return None,
        Expr::Name(name) => match name.as_str() {
            "np.pi" | "numpy.pi" | "math.pi" => Value::Float64(std::f64::consts::PI),
            "np.e" | "numpy.e" | "math.e" => Value::Float64(std::f64::consts::E),
            "np.inf" | "numpy.inf" | "math.inf" => Value::Float64(f64::INFINITY),
            "np.nan" | "numpy.nan" | "math.nan" => Value::Float64(f64::NAN),
            name => eval(&names(name)?, names, depth + 8)?,
        },
        Expr::Negative(inner) => negative(eval(inner, names, depth + 1)?)?,
        Expr::Binary(left, op, right) => {
            binary(&eval(left, names, depth + 1)?, *op, &eval(right, names, depth + 1)?)?
        }
        Expr::Call { function, args, keywords } => {
            let args = all(args)?;
            let mut given = Vec::new();
            for (name, value) in keywords {
                // A dtype is a name, not a value.
                let value = match value {
                    Expr::Name(path) if name == "dtype" => Value::Str(path.clone()),
                    value => eval(value, names, depth + 1)?,
                };
                given.push((name.as_str(), value));
            }
            call(function, args, given)?
        }
    })
}

fn integer(value: i128) -> Option<Value> {
    match value {
        value if i64::try_from(value).is_ok() => Some(Value::Int(IntTy::I64, value)),
        value if u64::try_from(value).is_ok() => Some(Value::Int(IntTy::U64, value)),
        _ => None,
    }
}

fn negative(value: Value) -> Option<Value> {
    Some(match value {
        Value::Int(_, value) => integer(-value)?,
        Value::Float64(value) => Value::Float64(-value),
        Value::Complex128(re, im) => Value::Complex128(-re, -im),
        Value::Bool(value) => integer(-i128::from(value))?,
        _ => return None,
    })
}

fn binary(left: &Value, op: char, right: &Value) -> Option<Value> {
    if let (Value::Int(_, a), Value::Int(_, b)) = (left, right) {
        match op {
            '+' => return integer(a.checked_add(*b)?),
            '-' => return integer(a.checked_sub(*b)?),
            '*' => return integer(a.checked_mul(*b)?),
            '|' if *b != 0 => return integer(a.div_euclid(*b) - i128::from(*b < 0 && a.rem_euclid(*b) != 0)),
            '%' if *b > 0 => return integer(a.rem_euclid(*b)),
            '^' if (0..128).contains(b) => return integer(a.checked_pow(*b as u32)?),
            _ => {}
        }
    }
    if let (Value::List(items), '*', Value::Int(_, times)) = (left, op, right) {
        let times =
            usize::try_from(*times).ok().filter(|times| times.saturating_mul(items.len()) < MAX_ITEMS)?;
        return Some(Value::List(items.iter().cycle().take(items.len() * times).cloned().collect()));
    }
    let complex = matches!(left, Value::Complex128(..)) || matches!(right, Value::Complex128(..));
    let scalar = |value: &Value| matches!(value, Value::Int(..) | Value::Float64(_) | Value::Complex128(..));
    if !scalar(left) || !scalar(right) {
        return None;
    }
    let ((a, ai), (b, bi)) = (parts(left)?, parts(right)?);
    Some(match (op, complex) {
        ('+', true) => Value::Complex128(a + b, ai + bi),
        ('-', true) => Value::Complex128(a - b, ai - bi),
        ('+', false) => Value::Float64(a + b),
        ('-', false) => Value::Float64(a - b),
        ('*', false) => Value::Float64(a * b),
        ('/', false) if b != 0.0 => Value::Float64(a / b),
        _ => return None,
    })
}

fn call(function: &str, args: Vec<Value>, mut keywords: Vec<(&str, Value)>) -> Option<Value> {
    let name = function.strip_prefix("np.").or_else(|| function.strip_prefix("numpy."));
    let Some(name) = name else {
        return match (function, args.as_slice(), keywords.is_empty()) {
            ("float", [value], true) => Some(Value::Float64(float_of(value)?)),
            ("int", [Value::Int(..)], true) => args.into_iter().next(),
            ("complex", [re, im], true) => Some(Value::Complex128(parts(re)?.0, parts(im)?.0)),
            _ => None,
        };
    };
    let take = |keywords: &mut Vec<(&str, Value)>, key: &str| {
        let at = keywords.iter().position(|(name, _)| *name == key)?;
        Some(keywords.swap_remove(at).1)
    };
    let wanted = match take(&mut keywords, "dtype") {
        Some(Value::Str(text)) => Some(dtype(&text)?),
        Some(_) => return None,
        None => None,
    };
    if !keywords.is_empty() {
        return None;
    }
    match (name, args.as_slice()) {
        ("array" | "asarray", [list @ (Value::List(_) | Value::Tuple(_))]) => array(list, wanted),
        ("zeros" | "empty", [shape]) => {
            filled(shape, &Value::Float64(0.0), wanted.unwrap_or(DType::Float(FloatTy::F64)))
        }
        ("ones", [shape]) => {
            filled(shape, &Value::Float64(1.0), wanted.unwrap_or(DType::Float(FloatTy::F64)))
        }
        ("full", [shape, value]) => {
            let dtype = wanted.or_else(|| dtype_of(value))?;
            filled(shape, value, dtype)
        }
        ("eye" | "identity", [Value::Int(_, n)]) => {
            eye(usize::try_from(*n).ok()?, wanted.unwrap_or(DType::Float(FloatTy::F64)))
        }
        ("arange", [stop]) => arange(&Value::Int(IntTy::I64, 0), stop, &Value::Int(IntTy::I64, 1), wanted),
        ("arange", [start, stop]) => arange(start, stop, &Value::Int(IntTy::I64, 1), wanted),
        ("arange", [start, stop, step]) => arange(start, stop, step, wanted),
        ("linspace", [start, stop]) => linspace(start, stop, 50, wanted),
        ("linspace", [start, stop, Value::Int(_, count)]) => {
            linspace(start, stop, usize::try_from(*count).ok()?, wanted)
        }
        (name, [value]) if wanted.is_none() => scalar(name, value),
        _ => None,
    }
}

fn float_of(value: &Value) -> Option<f64> {
    match value {
        Value::Str(text) => text.trim().parse().ok(),
        Value::Complex128(..) => None,
        value => parts(value).map(|(re, _)| re),
    }
}

/// `np.float32(1.5)`
fn scalar(name: &str, value: &Value) -> Option<Value> {
    let dtype =
        dtype(name).filter(|dtype| dtype.name() == name && !matches!(dtype, DType::Float(FloatTy::F16)))?;
    if let (DType::Int(int), Value::Int(_, value)) = (&dtype, value) {
        let bits = int.bits();
        let fits = if int.signed() {
            -(1i128 << (bits - 1)) <= *value && *value < 1i128 << (bits - 1)
        } else {
            0 <= *value && *value < 1i128 << bits
        };
        if !fits {
            return None;
        }
    }
    let mut bytes = Vec::new();
    to_bytes(value, &dtype, &mut bytes).ok()?;
    Some(element(&dtype, &bytes))
}

fn dtype_of(value: &Value) -> Option<DType> {
    Some(match value {
        Value::Bool(_) => DType::Bool,
        Value::Int(int, _) => DType::Int(*int),
        Value::Float32(_) => DType::Float(FloatTy::F32),
        Value::Float64(_) => DType::Float(FloatTy::F64),
        Value::Complex64(..) => DType::Complex(analyzer::mono::ComplexTy::C64),
        Value::Complex128(..) => DType::Complex(analyzer::mono::ComplexTy::C128),
        _ => return None,
    })
}

fn array(list: &Value, wanted: Option<DType>) -> Option<Value> {
    let (mut shape, mut flat) = (Vec::new(), Vec::new());
    flatten(list, 0, &mut shape, &mut flat)?;
    let dtype = match wanted {
        Some(dtype) => dtype,
        // The widest of the kinds, as NumPy finds it; other mixtures are NumPy's to judge.
        None => {
            let kinds: Vec<DType> = flat.iter().map(dtype_of).collect::<Option<_>>()?;
            let rank = |dtype: &DType| match dtype {
                DType::Bool => Some(0),
                DType::Int(IntTy::I64) => Some(1),
                DType::Float(FloatTy::F64) => Some(2),
                DType::Complex(_) => Some(3),
                _ => None,
            };
            if kinds.windows(2).all(|pair| pair[0] == pair[1]) {
                kinds.into_iter().next().unwrap_or(DType::Float(FloatTy::F64))
            } else {
                let ranks: Vec<usize> = kinds.iter().map(rank).collect::<Option<_>>()?;
                let top = (0..kinds.len()).max_by_key(|index| ranks[*index])?;
                kinds[top].clone()
            }
        }
    };
    let mut bytes = Vec::new();
    flat.iter().try_for_each(|value| to_bytes(value, &dtype, &mut bytes)).ok()?;
    ArrayValue::from_bytes(dtype, &shape, &bytes).map(Value::Array)
}

fn flatten(value: &Value, depth: usize, shape: &mut Vec<usize>, flat: &mut Vec<Value>) -> Option<()> {
    match value {
        Value::List(items) | Value::Tuple(items) => {
            match shape.get(depth) {
                None if flat.is_empty() => shape.push(items.len()),
                Some(length) if *length == items.len() => {}
                _ => return None,
            }
            items.iter().try_for_each(|item| flatten(item, depth + 1, shape, flat))
        }
        value if depth == shape.len() && parts(value).is_some() => {
            flat.push(value.clone());
            Some(())
        }
        _ => None,
    }
}

fn dims(shape: &Value) -> Option<Vec<usize>> {
    let one = |value: &Value| match value {
        Value::Int(_, length) => usize::try_from(*length).ok(),
        _ => None,
    };
    let dims = match shape {
        Value::Tuple(items) | Value::List(items) => items.iter().map(one).collect::<Option<Vec<_>>>()?,
        value => vec![one(value)?],
    };
    let size = dims.iter().try_fold(1usize, |size, dim| size.checked_mul(*dim))?;
    (size <= MAX_ITEMS).then_some(dims)
}

fn filled(shape: &Value, value: &Value, dtype: DType) -> Option<Value> {
    let shape = dims(shape)?;
    let mut one = Vec::new();
    to_bytes(value, &dtype, &mut one).ok()?;
    let bytes = one.repeat(shape.iter().product());
    ArrayValue::from_bytes(dtype, &shape, &bytes).map(Value::Array)
}

fn eye(n: usize, dtype: DType) -> Option<Value> {
    let mut bytes = Vec::new();
    if n.checked_mul(n)? > MAX_ITEMS {
        return None;
    }
    for index in 0..n * n {
        to_bytes(&Value::Float64(f64::from(u8::from(index % (n + 1) == 0))), &dtype, &mut bytes).ok()?;
    }
    ArrayValue::from_bytes(dtype, &[n, n], &bytes).map(Value::Array)
}

fn arange(start: &Value, stop: &Value, step: &Value, wanted: Option<DType>) -> Option<Value> {
    let whole = [start, stop, step].iter().all(|value| matches!(value, Value::Int(..)));
    let [(a, _), (b, _), (by, _)] = [parts(start)?, parts(stop)?, parts(step)?];
    let length = ((b - a) / by).ceil().max(0.0);
    if by == 0.0 || !length.is_finite() || length > MAX_ITEMS as f64 {
        return None;
    }
    let natural = if whole { DType::Int(IntTy::I64) } else { DType::Float(FloatTy::F64) };
    let dtype = wanted.unwrap_or(natural);
    let mut bytes = Vec::new();
    // NumPy computes the second element, and goes on with its distance from the first.
    let delta = (a + by) - a;
    for index in 0..length as usize {
        let value = if whole {
            Value::Int(IntTy::I64, a as i128 + by as i128 * index as i128)
        } else {
            Value::Float64(a + delta * index as f64)
        };
        to_bytes(&value, &dtype, &mut bytes).ok()?;
    }
    ArrayValue::from_bytes(dtype, &[length as usize], &bytes).map(Value::Array)
}

fn linspace(start: &Value, stop: &Value, count: usize, wanted: Option<DType>) -> Option<Value> {
    let ((a, ai), (b, bi)) = (parts(start)?, parts(stop)?);
    if count > MAX_ITEMS || ai != 0.0 || bi != 0.0 {
        return None;
    }
    let dtype = wanted.unwrap_or(DType::Float(FloatTy::F64));
    let mut bytes = Vec::new();
    let step = (b - a) / (count.max(2) - 1) as f64;
    for index in 0..count {
        let value = if index + 1 == count && count > 1 { b } else { index as f64 * step + a };
        to_bytes(&Value::Float64(value), &dtype, &mut bytes).ok()?;
    }
    ArrayValue::from_bytes(dtype, &[count], &bytes).map(Value::Array)
}
