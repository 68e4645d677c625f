//! Constant expressions, folded as CPython 3.11 folds them.
//!
//! Only what CPython folds is folded: the literal types of a kernel depend on it.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr, Number, Operator, UnaryOp};

use crate::ty::Const;

/// Larger tuples and strings are not made at compile time.
const MAX_TUPLE: i128 = 256;
const MAX_STR: i128 = 4096;
/// Larger integers are not made by multiplication, shifts and powers.
const MAX_INT_BITS: u32 = 128;

/// The value of a constant expression.
pub(super) fn constant(expr: &Expr) -> Option<Const> {
    match expr {
        Expr::NumberLiteral(number) => self::number(&number.value),
        Expr::BooleanLiteral(boolean) => Some(Const::Bool(boolean.value)),
        Expr::NoneLiteral(_) => Some(Const::None),
        Expr::EllipsisLiteral(_) => Some(Const::Ellipsis),
        Expr::StringLiteral(string) => Some(Const::Str(string.value.to_str().into())),
        Expr::BytesLiteral(bytes) => {
            let all: Vec<u8> = bytes.value.iter().flat_map(|part| part.value.iter().copied()).collect();
            Some(Const::Bytes(all.into()))
        }
        Expr::Name(name) if name.id.as_str() == "__debug__" => Some(Const::Bool(true)),
        Expr::Tuple(tuple) if tuple.ctx.is_load() => tuple_of(&tuple.elts),
        Expr::UnaryOp(unary) => self::unary(unary.op, &constant(&unary.operand)?),
        Expr::BinOp(binary) => {
            // The right operand first: chains lean to the left, and most operands are not constant.
            let right = constant(&binary.right)?;
            self::binary(binary.op, &constant(&binary.left)?, &right)
        }
        Expr::Subscript(subscript) if subscript.ctx.is_load() => {
            let index = constant(&subscript.slice)?;
            item(&constant(&subscript.value)?, &index)
        }
        _ => None,
    }
}

pub(super) fn tuple_of(elts: &[Expr]) -> Option<Const> {
    Some(Const::Tuple(elts.iter().map(constant).collect::<Option<Vec<_>>>()?.into()))
}

fn number(value: &Number) -> Option<Const> {
    match value {
        Number::Int(int) => match int.as_u64() {
            Some(small) => Some(Const::int(small)),
            None => parse_int(&int.to_string()).map(Const::int),
        },
        Number::Float(float) => Some(Const::float(*float)),
        Number::Complex { real, imag } => Some(Const::Complex(real.to_bits(), imag.to_bits())),
    }
}

fn parse_int(text: &str) -> Option<i128> {
    let text = text.replace('_', "").to_lowercase();
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0o") => (&text[2..], 8),
        Some("0b") => (&text[2..], 2),
        _ => (&*text, 10),
    };
    i128::from_str_radix(digits, radix).ok()
}

fn unary(op: UnaryOp, value: &Const) -> Option<Const> {
    match (op, value) {
        (UnaryOp::Not, value) => Some(Const::Bool(!value.truth())),
        (UnaryOp::Invert, Const::Int(_) | Const::Bool(_)) => Some(Const::int(!int(value)?)),
        (UnaryOp::USub, Const::Int(_) | Const::Bool(_)) => Some(Const::int(int(value)?.checked_neg()?)),
        (UnaryOp::UAdd, Const::Int(_) | Const::Bool(_)) => Some(Const::int(int(value)?)),
        (UnaryOp::USub, Const::Float(bits)) => Some(Const::float(-f64::from_bits(*bits))),
        (UnaryOp::USub, Const::Complex(re, im)) => Some(complex(-f64::from_bits(*re), -f64::from_bits(*im))),
        (UnaryOp::UAdd, Const::Float(_) | Const::Complex(..)) => Some(value.clone()),
        _ => None,
    }
}

fn int(value: &Const) -> Option<i128> {
    match value {
        Const::Int(int) => Some(int.get()),
        Const::Bool(boolean) => Some(i128::from(*boolean)),
        _ => None,
    }
}

fn float(value: &Const) -> Option<f64> {
    match value {
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        _ => int(value).map(|int| int as f64),
    }
}

fn parts(value: &Const) -> Option<(f64, f64)> {
    match value {
        Const::Complex(re, im) => Some((f64::from_bits(*re), f64::from_bits(*im))),
        _ => float(value).map(|re| (re, 0.0)),
    }
}

fn complex(re: f64, im: f64) -> Const {
    Const::Complex(re.to_bits(), im.to_bits())
}

fn bits(value: i128) -> u32 {
    128 - value.unsigned_abs().leading_zeros()
}

fn binary(op: Operator, left: &Const, right: &Const) -> Option<Const> {
    match (left, right) {
        (Const::Int(_) | Const::Bool(_), Const::Int(_) | Const::Bool(_)) => int_binary(op, left, right),
        (Const::Complex(..), _) | (_, Const::Complex(..)) => complex_binary(op, parts(left)?, parts(right)?),
        (Const::Float(_), _) | (_, Const::Float(_)) => float_binary(op, float(left)?, float(right)?),
        (Const::Str(a), Const::Str(b)) if op == Operator::Add => Some(Const::Str(format!("{a}{b}").into())),
        (Const::Bytes(a), Const::Bytes(b)) if op == Operator::Add => {
            Some(Const::Bytes([&**a, &**b].concat().into()))
        }
        (Const::Tuple(a), Const::Tuple(b)) if op == Operator::Add => {
            Some(Const::Tuple([&**a, &**b].concat().into()))
        }
        (sequence, Const::Int(_) | Const::Bool(_)) if op == Operator::Mult => repeat(sequence, int(right)?),
        (Const::Int(_) | Const::Bool(_), sequence) if op == Operator::Mult => repeat(sequence, int(left)?),
        _ => None,
    }
}

fn repeat(sequence: &Const, times: i128) -> Option<Const> {
    let (len, max) = match sequence {
        Const::Tuple(items) => (items.len() as i128, MAX_TUPLE),
        Const::Str(text) => (text.chars().count() as i128, MAX_STR),
        Const::Bytes(bytes) => (bytes.len() as i128, MAX_STR),
        _ => return None,
    };
    if len > 0 && (times < 0 || times > max / len) {
        return None;
    }
    let times = usize::try_from(times).unwrap_or(0).min(4096);
    Some(match sequence {
        Const::Tuple(items) => {
            Const::Tuple(std::iter::repeat_n(&**items, times).flatten().cloned().collect())
        }
        Const::Str(text) => Const::Str(text.repeat(times).into()),
        Const::Bytes(bytes) => Const::Bytes(bytes.repeat(times).into()),
        _ => return None,
    })
}

fn int_binary(op: Operator, left: &Const, right: &Const) -> Option<Const> {
    let (a, b) = (int(left)?, int(right)?);
    let value = match op {
        Operator::Add => a.checked_add(b)?,
        Operator::Sub => a.checked_sub(b)?,
        Operator::Mult => {
            if a != 0 && b != 0 && bits(a) + bits(b) > MAX_INT_BITS {
                return None;
            }
            a.checked_mul(b)?
        }
        Operator::Div => return (b != 0).then(|| Const::float(a as f64 / b as f64)),
        Operator::FloorDiv => floor_div(a, b)?,
        Operator::Mod => a.checked_sub(floor_div(a, b)?.checked_mul(b)?)?,
        Operator::Pow => return int_power(a, b),
        Operator::LShift => {
            let shift = u32::try_from(b).ok()?;
            if shift > MAX_INT_BITS || (a != 0 && bits(a) > MAX_INT_BITS - shift) {
                return None;
            }
            if a == 0 { 0 } else { a.checked_mul(1i128.checked_shl(shift).filter(|power| *power > 0)?)? }
        }
        Operator::RShift => {
            let shift = u32::try_from(b).ok()?;
            a >> shift.min(127)
        }
        Operator::BitOr | Operator::BitXor | Operator::BitAnd => {
            let value = match op {
                Operator::BitOr => a | b,
                Operator::BitXor => a ^ b,
                _ => a & b,
            };
            if let (Const::Bool(_), Const::Bool(_)) = (left, right) {
                return Some(Const::Bool(value != 0));
            }
            value
        }
        Operator::MatMult => return None,
    };
    Some(Const::int(value))
}

fn floor_div(a: i128, b: i128) -> Option<i128> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn int_power(base: i128, exponent: i128) -> Option<Const> {
    if exponent < 0 {
        return (base != 0).then(|| Const::float((base as f64).powf(exponent as f64)));
    }
    let exponent = u32::try_from(exponent).ok()?;
    if base != 0 && exponent != 0 && bits(base).checked_mul(exponent)? > MAX_INT_BITS {
        return None;
    }
    base.checked_pow(exponent).map(Const::int)
}

fn float_binary(op: Operator, a: f64, b: f64) -> Option<Const> {
    let value = match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        Operator::FloorDiv if b != 0.0 => float_divmod(a, b).0,
        Operator::Mod if b != 0.0 => float_divmod(a, b).1,
        Operator::Pow if a == 0.0 && b < 0.0 => return None,
        // A negative base gives a complex number.
        Operator::Pow if a < 0.0 && b.is_finite() && b.fract() != 0.0 => {
            return complex_power((a, 0.0), (b, 0.0));
        }
        Operator::Pow => a.powf(b),
        _ => return None,
    };
    // An overflowing power raises, and is left for run time.
    (op != Operator::Pow || value.is_finite() || !a.is_finite() || !b.is_finite())
        .then(|| Const::float(value))
}

/// Python's `divmod` of floats: the remainder has the divisor's sign.
fn float_divmod(a: f64, b: f64) -> (f64, f64) {
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 {
        if (b < 0.0) != (remainder < 0.0) {
            remainder += b;
            quotient -= 1.0;
        }
    } else {
        remainder = 0.0f64.copysign(b);
    }
    let floor = if quotient == 0.0 {
        0.0f64.copysign(a / b)
    } else if quotient - quotient.floor() > 0.5 {
        quotient.floor() + 1.0
    } else {
        quotient.floor()
    };
    (floor, remainder)
}

fn complex_binary(op: Operator, (a, b): (f64, f64), (c, d): (f64, f64)) -> Option<Const> {
    match op {
        Operator::Add => Some(complex(a + c, b + d)),
        Operator::Sub => Some(complex(a - c, b - d)),
        Operator::Mult => Some(complex(a * c - b * d, a * d + b * c)),
        Operator::Div if c != 0.0 || d != 0.0 => Some(complex_quotient((a, b), (c, d))),
        Operator::Pow => complex_power((a, b), (c, d)),
        _ => None,
    }
}

/// By multiplication for small whole exponents, else by way of the polar form.
fn complex_power(base: (f64, f64), exponent: (f64, f64)) -> Option<Const> {
    let (re, im) = match exponent {
        (n, 0.0) if n.fract() == 0.0 && n.abs() <= 100.0 => {
            let power = whole_power(base, n.abs() as u32);
            if n > 0.0 {
                power
            } else if power == (0.0, 0.0) {
                return None;
            } else {
                return finite(parts(&complex_quotient((1.0, 0.0), power))?);
            }
        }
        _ if base == (0.0, 0.0) => {
            if exponent.1 != 0.0 || exponent.0 < 0.0 {
                return None;
            }
            (0.0, 0.0)
        }
        (c, d) => {
            let (radius, angle) = (base.0.hypot(base.1), base.1.atan2(base.0));
            let (mut length, mut phase) = (radius.powf(c), angle * c);
            if d != 0.0 {
                length /= (angle * d).exp();
                phase += d * radius.ln();
            }
            (length * phase.cos(), length * phase.sin())
        }
    };
    finite((re, im))
}

fn whole_power(base: (f64, f64), exponent: u32) -> (f64, f64) {
    let times = |(a, b): (f64, f64), (c, d): (f64, f64)| (a * c - b * d, a * d + b * c);
    let (mut power, mut square, mut rest) = ((1.0, 0.0), base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            power = times(power, square);
        }
        square = times(square, square);
        rest >>= 1;
    }
    power
}

/// An overflowing power raises, and is left for run time.
fn finite((re, im): (f64, f64)) -> Option<Const> {
    (re.is_finite() && im.is_finite()).then(|| complex(re, im))
}

/// Smith's method, as CPython divides.
fn complex_quotient((a, b): (f64, f64), (c, d): (f64, f64)) -> Const {
    if c.abs() >= d.abs() {
        let ratio = d / c;
        let denominator = c + d * ratio;
        complex((a + b * ratio) / denominator, (b - a * ratio) / denominator)
    } else {
        let ratio = c / d;
        let denominator = c * ratio + d;
        complex((a * ratio + b) / denominator, (b * ratio - a) / denominator)
    }
}

fn item(value: &Const, index: &Const) -> Option<Const> {
    let index = int(index)?;
    let at = |len: usize| {
        let index = if index < 0 { index + len as i128 } else { index };
        usize::try_from(index).ok().filter(|index| *index < len)
    };
    match value {
        Const::Tuple(items) => Some(items[at(items.len())?].clone()),
        Const::Str(text) => {
            let chars: Vec<char> = text.chars().collect();
            Some(Const::Str(chars[at(chars.len())?].to_string().into()))
        }
        Const::Bytes(bytes) => Some(Const::int(bytes[at(bytes.len())?])),
        _ => None,
    }
}

/// Whether every element is constant.
pub(super) fn all_constant(elts: &[ast::Expr]) -> bool {
    elts.iter().all(|elt| constant(elt).is_some())
}

/// An empty string: the constant between two parts of an f-string.
pub(super) fn text(value: &str) -> Const {
    Const::Str(Arc::from(value))
}
