//! Output formats of `check`: each writes a whole [`Report`].

use std::io::{self, Write};

use crate::args::CheckFormat;
use crate::report::Report;

mod concise;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod statistics;

pub(crate) use statistics::statistics;

/// How text formats may look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub width: usize,
    pub color: bool,
}

pub(crate) fn render(
    format: CheckFormat,
    report: &Report,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        CheckFormat::Full => full::render(report, look, out),
        CheckFormat::Concise => concise::render(report, look, out),
        CheckFormat::Json => json::render(report, out),
        CheckFormat::JsonLines => json::render_lines(report, out),
        CheckFormat::Github => github::render(report, out),
        CheckFormat::Gitlab => gitlab::render(report, out),
        CheckFormat::Sarif => sarif::render(report, out),
        CheckFormat::Junit => junit::render(report, out),
    }
}

/// Whether people read the format, so that a summary belongs to it.
pub(crate) fn is_text(format: CheckFormat) -> bool {
    matches!(format, CheckFormat::Full | CheckFormat::Concise)
}

/// Breaks a text at spaces so that no line is wider, if its words allow it. Lines that are there stay.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut length = 0;
        for word in paragraph.split(' ') {
            let word_length = word.chars().count();
            if length > 0 && length + 1 + word_length > width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += word_length;
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// A hash that is the same on every machine and in every version (FNV-1a).
pub(crate) fn stable_hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
