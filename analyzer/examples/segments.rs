//! Checks on every Python file below a folder that its segments make up the file and parse to the file's statements.

#![expect(clippy::print_stdout, reason = "a program that prints its findings")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use analyzer::hir::segment;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            out.push(path);
        }
    }
}

fn main() {
    let mut paths = Vec::new();
    for root in std::env::args().skip(1) {
        files(Path::new(&root), &mut paths);
    }
    paths.sort();
    let (mut bytes, mut pieces, mut wrong) = (0, 0, 0);
    let mut cutting = Duration::ZERO;
    for path in &paths {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        bytes += text.len();
        let start = Instant::now();
        let cut = segment::cut(&text);
        cutting += start.elapsed();
        pieces += cut.len();
        let mut parts = Vec::new();
        let mut at = 0;
        for piece in &cut {
            assert_eq!(piece.start, at, "{}", path.display());
            at = piece.end;
            let parsed = segment::parse(&text[piece.start..piece.end]);
            if piece.gap {
                assert!(parsed.stmts.is_empty(), "{}", path.display());
            }
            parts.extend(parsed.stmts.iter().map(shape));
        }
        assert_eq!(at, text.len(), "{}", path.display());
        let whole = segment::parse(&text);
        let whole_shapes: Vec<_> = whole.stmts.iter().map(shape).collect();
        if whole_shapes != parts {
            wrong += 1;
            println!(
                "{}: {} statements, {} in segments, {} errors",
                path.display(),
                whole.stmts.len(),
                parts.len(),
                whole.errors.len()
            );
        }
    }
    println!("{} files, {bytes} bytes, {pieces} pieces, {wrong} differ; cut in {cutting:?}", paths.len());
}

/// A statement without its positions.
fn shape(stmt: &impl std::fmt::Debug) -> String {
    let text = format!("{stmt:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("range") {
        out.push_str(&rest[..at]);
        rest = rest[at + "range".len()..].trim_start_matches("_start").trim_start_matches(": ");
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    }
    out.push_str(rest);
    out
}
