//! The modules of Python's standard library that kernels meet. Every other module is looked up as a file.

/// Modules of which Numba compiles something, or whose names stand for types, constants and decorators.
const COMPILED: &[&str] = &[
    "abc",
    "argparse",
    "array",
    "ast",
    "atexit",
    "base64",
    "bisect",
    "builtins",
    "cmath",
    "copy",
    "ctypes",
    "dataclasses",
    "enum",
    "heapq",
    "importlib",
    "math",
    "numbers",
    "operator",
    "random",
    "types",
    "typing_extensions",
];

/// Modules of which Numba compiles nothing.
const FOREIGN: &[&str] = &[
    "asyncio",
    "bz2",
    "calendar",
    "collections",
    "concurrent",
    "contextlib",
    "csv",
    "datetime",
    "decimal",
    "fractions",
    "functools",
    "gc",
    "glob",
    "gzip",
    "hashlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "queue",
    "re",
    "secrets",
    "shutil",
    "signal",
    "socket",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "traceback",
    "typing",
    "urllib",
    "uuid",
    "warnings",
    "weakref",
    "zlib",
];

/// Packages outside the standard library of which Numba itself compiles nothing.
const FOREIGN_PACKAGES: &[&str] = &["numpy.fft", "numpy.polynomial", "scipy"];

/// Whether this is a package of the standard library, by its first name.
pub fn is_standard(root: &str) -> bool {
    COMPILED.contains(&root) || FOREIGN.contains(&root)
}

/// Whether Numba has an implementation of nothing in the module that this path leads into, and nobody's jitted
/// functions live there: calling something in it is always refused.
pub fn is_foreign(path: &str) -> bool {
    let leads_into = |module: &&str| {
        path.strip_prefix(*module).is_some_and(|rest| rest.starts_with('.') || rest.is_empty())
    };
    FOREIGN.iter().any(leads_into) || FOREIGN_PACKAGES.iter().any(leads_into)
}
