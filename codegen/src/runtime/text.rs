//! Strings: joining, cutting, comparing, and numbers written as Python writes them.

use std::io::Write;

use analyzer::ty::repr::{complex_repr, float_repr, str_repr};

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

pub(crate) extern "C" fn lower(text: u64) -> u64 {
    object(&str_text(text as *const Header).to_lowercase())
}

pub(crate) extern "C" fn upper(text: u64) -> u64 {
    object(&str_text(text as *const Header).to_uppercase())
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
