//! Random changes to Python text: what people do to it, and what happens to it while they do.

use fastrand::Rng;

/// Things that are typed.
const TYPED: &[&str] = &[
    "x", "0", "(", ")", "[", ":", "\n", "    ", "\"", "#", "@njit\n", "return ", "None", ".T", ", axis=0",
    "é",
];

/// One edit: a character, a few that go, a line or a stretch that goes, a line that is doubled or moved.
pub fn change(text: &str, rng: &mut Rng) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let line = rng.usize(..lines.len().max(1));
    match rng.u8(..10) {
        0..=3 => {
            let at = boundary(text, rng.usize(..=text.len()));
            format!("{}{}{}", &text[..at], TYPED[rng.usize(..TYPED.len())], &text[at..])
        }
        4..=5 => without(text, rng, 6),
        6 if !lines.is_empty() => {
            lines.remove(line);
            lines.concat()
        }
        7 if !lines.is_empty() => {
            lines.insert(rng.usize(..=lines.len()), lines[line]);
            lines.concat()
        }
        8 if !lines.is_empty() => {
            let moved = lines.remove(line);
            lines.insert(rng.usize(..=lines.len()), moved);
            lines.concat()
        }
        _ => without(text, rng, 200),
    }
}

/// A text that stays Python more often than after [`change`]: words become other words that occur in the texts.
pub fn exchange(text: &str, words: &[&str], rng: &mut Rng) -> String {
    let tokens = tokens(text);
    if tokens.is_empty() || words.is_empty() {
        return text.to_owned();
    }
    let at = rng.usize(..tokens.len());
    let mut changed = String::with_capacity(text.len() + 8);
    for (index, token) in tokens.iter().enumerate() {
        let is_word = !token.trim().is_empty();
        changed.push_str(if index == at && is_word { words[rng.usize(..words.len())] } else { token });
    }
    changed
}

/// Words, numbers, and every other character by itself.
pub fn tokens(text: &str) -> Vec<&str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match is_word(first) {
            true => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

fn without(text: &str, rng: &mut Rng, most: usize) -> String {
    let start = boundary(text, rng.usize(..=text.len()));
    let end = boundary(text, (start + rng.usize(1..most)).min(text.len()));
    format!("{}{}", &text[..start], &text[end..])
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
