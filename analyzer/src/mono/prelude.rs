//! Library functions written as kernels, compiled by the same pipeline as the user's.
//!
//! A function of the table without an operation of its own is looked up here under its path with underscores:
//! `numpy.full` is `numpy_full`. The text is an ordinary source file under a path that no disk has.

use std::path::Path;

/// The folder that the prelude's files are in.
pub const FOLDER: &str = "<prelude>";

const FILES: &[(&str, &str)] = &[
    ("create.py", include_str!("prelude/create.py")),
    ("reduce.py", include_str!("prelude/reduce.py")),
    ("sort.py", include_str!("prelude/sort.py")),
    ("shape.py", include_str!("prelude/shape.py")),
    ("random.py", include_str!("prelude/random.py")),
    ("linalg.py", include_str!("prelude/linalg.py")),
    ("stats.py", include_str!("prelude/stats.py")),
    ("pick.py", include_str!("prelude/pick.py")),
    ("sets.py", include_str!("prelude/sets.py")),
    ("special.py", include_str!("prelude/special.py")),
    ("text.py", include_str!("prelude/text.py")),
    ("distributions.py", include_str!("prelude/distributions.py")),
];

/// The text of a file of the prelude.
pub fn text(path: &Path) -> Option<&'static str> {
    let name = path.strip_prefix(FOLDER).ok()?.to_str()?;
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}

/// The file that defines a function.
pub fn file_of(function: &str) -> Option<std::path::PathBuf> {
    let header = format!("\ndef {function}(");
    let (file, _) = FILES.iter().find(|(_, text)| text.contains(&header))?;
    Some(Path::new(FOLDER).join(file))
}
