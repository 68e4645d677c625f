//! Strings: joining, cutting, comparing, and numbers written as Python writes them.

use std::io::Write;

use super::object::{Header, new_str, str_points, str_text};

fn object(text: &str) -> u64 {
    let points: Vec<u32> = text.chars().map(u32::from).collect();
    new_str(&points) as u64
}

fn points<'a>(raw: u64) -> &'a [u32] {
    str_points(raw as *const Header)
}

pub(crate) extern "C" fn concat(left: u64, right: u64) -> u64 {
    new_str(&[points(left), points(right)].concat()) as u64
}

pub(crate) extern "C" fn repeat(text: u64, count: u64) -> u64 {
    let count = usize::try_from(count as i64).unwrap_or(0);
    new_str(&points(text).repeat(count)) as u64
}

/// The character at a position as a string; the position is inside.
pub(crate) extern "C" fn at(text: u64, place: u64) -> u64 {
    new_str(points(text).get(place as usize).map_or(&[], std::slice::from_ref)) as u64
}

pub(crate) extern "C" fn slice(text: u64, first: u64, step: u64, count: u64) -> u64 {
    let all = points(text);
    let (first, step) = (first as i64, step as i64);
    let picked: Vec<u32> = (0..count as i64)
        .filter_map(|at| all.get(usize::try_from(first + at * step).ok()?))
        .copied()
        .collect();
    new_str(&picked) as u64
}

/// Negative, zero or positive, as the first string is before, at or after the second.
pub(crate) extern "C" fn compare(left: u64, right: u64) -> u64 {
    points(left).cmp(points(right)) as i64 as u64
}

/// Where the second string is in the first; -1 where it is not.
pub(crate) extern "C" fn find(text: u64, part: u64) -> u64 {
    let (text, part) = (points(text), points(part));
    if part.is_empty() {
        return 0;
    }
    text.windows(part.len()).position(|window| window == part).map_or(u64::MAX, |place| place as u64)
}

pub(crate) extern "C" fn repr(text: u64) -> u64 {
    object(&str_repr(&str_text(text as *const Header)))
}

pub(crate) extern "C" fn int_text(bits: u64, signed: u64) -> u64 {
    if signed != 0 { object(&(bits as i64).to_string()) } else { object(&bits.to_string()) }
}

pub(crate) extern "C" fn float_text(value: f64) -> u64 {
    object(&float_repr(value))
}

pub(crate) extern "C" fn complex_text(re: f64, im: f64) -> u64 {
    object(&complex_repr(re, im))
}

pub(crate) extern "C" fn print(text: u64) {
    // Nothing sensible can be done when standard output is gone.
    let _ = std::io::stdout().write_all(str_text(text as *const Header).as_bytes());
}

/// `repr(float)`: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e16 on.
pub(crate) fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// `repr(complex)`.
pub(crate) fn complex_repr(re: f64, im: f64) -> String {
    let trim = |value: f64| {
        let text = float_repr(value);
        text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
    };
    let imaginary = trim(im);
    if re == 0.0 && re.is_sign_positive() {
        return format!("{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imaginary}j)", trim(re))
}

/// `repr(str)`.
pub(crate) fn str_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 32 || u32::from(c) == 127 => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
