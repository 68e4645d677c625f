//! Writing to stdout, where a reader may stop reading, and knowing what it looks like.

use std::io::{self, ErrorKind, Write};

use crate::render::Look;

/// Writes to stdout. A reader that has seen enough is no failure.
pub(crate) fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Writes a text to stdout; colours in it are dropped where nobody would see them.
pub(crate) fn print(text: &str) {
    if look().color {
        let _ = write(text.as_bytes());
    } else {
        let _ = write(anstream::adapter::strip_str(text).to_string().as_bytes());
    }
}

/// How stdout looks: the width of the terminal between 60 and 120 columns, 80 where there is none.
pub(crate) fn look() -> Look {
    let width = terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0));
    let color = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    Look { width: width.clamp(60, 120), color }
}
