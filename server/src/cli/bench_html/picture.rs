//! What a kernel returned: an array of two dimensions is an image, one of one dimension a line, the rest is text.

use codegen::{ArrayValue, Value};

use super::{escape, plot};
use crate::values::text::{float, repr, shape_text};
use crate::values::{element, parts};

/// More pixels than these an image has not along a side.
const MOST_PIXELS: usize = 320;
/// More items of a tuple than these are not shown.
const MOST_ITEMS: usize = 6;
/// Longer texts are cut.
const MOST_TEXT: usize = 2000;

/// From the lowest value to the highest: dark to light, and alike for all eyes.
const COLOURS: [[u8; 3]; 9] = [
    [68, 1, 84],
    [71, 45, 123],
    [59, 82, 139],
    [44, 114, 142],
    [33, 145, 140],
    [40, 174, 128],
    [94, 201, 98],
    [173, 220, 48],
    [253, 231, 37],
];
const NOTHING: [u8; 3] = [200, 200, 200];

pub(super) fn show(result: &Value) -> String {
    let shown: String = match result {
        Value::None => return String::new(),
        Value::Tuple(items) => items.iter().take(MOST_ITEMS).map(one).collect(),
        value => one(value),
    };
    format!("<section>\n<h2>Result</h2>\n{shown}</section>\n")
}

fn one(value: &Value) -> String {
    let Value::Array(array) = value else { return text(value) };
    let shape: Vec<usize> = array.shape.clone();
    let numbers = || -> Option<Vec<f64>> {
        let bytes = array.to_bytes();
        let items = bytes.chunks(array.dtype.itemsize().max(1));
        items.map(|item| parts(&element(&array.dtype, item)).map(|(real, _)| real)).collect()
    };
    let drawn = match shape.as_slice() {
        [n] if *n > 1 => numbers().map(|numbers| (plot::line(&numbers), plot::range(&numbers))),
        [n, m] if *n > 1 && *m > 1 => {
            numbers().map(|numbers| (image(&numbers, *n, *m), plot::range(&numbers)))
        }
        _ => None,
    };
    let Some((drawn, (low, high))) = drawn else { return text(value) };
    let between = match low <= high {
        true => format!("{} to {}", short(low), short(high)),
        false => "nothing finite".to_owned(),
    };
    format!("<figure>\n<figcaption><b>{}</b> {between}</figcaption>\n{drawn}</figure>\n", caption(array))
}

/// Six digits of a float are enough for a caption.
fn short(value: f64) -> String {
    float(format!("{value:.5e}").parse().unwrap_or(value))
}

fn caption(array: &ArrayValue) -> String {
    escape(&format!("{} {}", array.dtype.name(), shape_text(&array.shape)))
}

fn text(value: &Value) -> String {
    let full = repr(value);
    let mut cut: String = full.chars().take(MOST_TEXT).collect();
    if cut.len() < full.len() {
        cut.push('…');
    }
    format!("<pre>{}</pre>\n", escape(&cut))
}

/// An image with the array's first row on top, no larger than a page shows.
fn image(values: &[f64], rows: usize, columns: usize) -> String {
    let (low, high) = plot::range(values);
    let span = if high > low { high - low } else { 1.0 };
    let (height, width) = (rows.min(MOST_PIXELS), columns.min(MOST_PIXELS));
    let mut pixels = Vec::with_capacity(height * width * 3);
    // The lowest row comes first in the file.
    for y in (0..height).rev() {
        for x in 0..width {
            let value = values[y * rows / height * columns + x * columns / width];
            let [red, green, blue] = if value.is_finite() { colour((value - low) / span) } else { NOTHING };
            pixels.extend([blue, green, red]);
        }
        pixels.extend(std::iter::repeat_n(0, (4 - width * 3 % 4) % 4));
    }
    let ratio = columns as f64 / rows as f64;
    let shown = (480.0 * ratio).clamp(120.0, 720.0);
    format!(
        "<img alt=\"the array as an image\" style=\"width:{shown:.0}px\" src=\"data:image/bmp;base64,{}\">\n\
         <div class=scale></div>\n",
        base64(&bitmap(width, height, &pixels))
    )
}

fn colour(part: f64) -> [u8; 3] {
    let at = part.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f64;
    let index = (at as usize).min(COLOURS.len() - 2);
    let rest = at - index as f64;
    std::array::from_fn(|channel| {
        let (a, b) = (f64::from(COLOURS[index][channel]), f64::from(COLOURS[index + 1][channel]));
        (a + (b - a) * rest).round() as u8
    })
}

/// A file of 24-bit pixels, whose rows are padded to four bytes.
fn bitmap(width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
    const HEADERS: u32 = 54;
    let size = HEADERS + pixels.len() as u32;
    let mut file = b"BM".to_vec();
    for word in [size, 0, HEADERS, 40, width as u32, height as u32, 24 << 16 | 1, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend((pixels.len() as u32).to_le_bytes());
    file.extend([0; 16]);
    file.extend(pixels);
    file
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word =
            three.iter().enumerate().fold(0u32, |word, (at, byte)| word | u32::from(*byte) << (16 - 8 * at));
        for digit in 0..4 {
            match digit <= three.len() {
                true => text.push(DIGITS[(word >> (18 - 6 * digit)) as usize & 63] as char),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, bitmap};

    #[test]
    fn bytes_are_written_in_base_64() {
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
        assert_eq!(base64(b"abc"), "YWJj");
    }

    #[test]
    fn a_bitmap_says_how_long_it_is() {
        let file = bitmap(1, 2, &[0; 8]);
        assert_eq!(file.len(), 62);
        assert_eq!(&file[2..6], &62u32.to_le_bytes());
    }
}
