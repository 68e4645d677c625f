//! From text to kernel bodies: segments, functions, decorators, names.
//!
//! A file is cut into top-level segments; each is parsed and lowered on its own and cached by its text, so an edit
//! touches one segment. Everything in a segment is positioned from the segment's start. With [`crate::db`], this
//! is the only place that names `ruff_*`.

pub(crate) mod annotation;
pub mod body;
pub mod comments;
pub mod decorator;
pub(crate) mod doctest;
mod dump;
pub mod example;
pub mod extends;
pub mod folding;
pub mod globals;
pub(crate) mod guarded;
pub mod lower;
pub mod module;
pub mod module_code;
pub(crate) mod names;
pub mod segment;
pub mod source_map;
mod walk;

use std::sync::Arc;

use crate::ty::{KernelRef, Name, Ty};
use body::Body;
use source_map::SourceMap;

/// What makes a function Numba's business.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum JitKind {
    /// `jit`, `njit` and wrappers around them.
    #[default]
    Jit,
    Vectorize,
    GuVectorize,
    Stencil,
    CFunc,
    GeneratedJit,
    /// `overload`, `overload_method`, `typeof_impl` ...: Python that runs while others are compiled.
    Overload,
    /// Tells the types of its calls, and makes their machine code.
    Intrinsic,
    /// Compiled by something else than `jit`: recognised, never checked.
    Extension,
    /// A method of a `@jitclass`.
    JitClassMethod,
    /// Not decorated. `infer` may still ask for it, and callers need to know it.
    Plain,
}

/// One explicit signature: `"float64(float64[:], int64)"`. The return type may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    pub args: Vec<Ty>,
    pub ret: Option<Ty>,
}

/// The options of a decorator that change what Numba does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct JitOptions {
    pub parallel: bool,
    pub fastmath: bool,
    /// `fastmath` lets the compiler assume that there are no NaNs and infinities.
    pub no_nans: bool,
    pub cache: bool,
    pub nogil: bool,
    pub boundscheck: Option<bool>,
    pub inline_always: bool,
    pub forceobj: bool,
    /// Both `nopython=True` and `forceobj=True`, which is refused.
    pub contradictory: bool,
    /// A decorator of `jit` above another one, which raises.
    pub jitted_twice: bool,
    /// `error_model="numpy"`: division by zero gives inf or nan instead of raising.
    pub numpy_errors: bool,
    /// `locals={"x": float64}`
    pub locals: Vec<(Name, Ty)>,
    /// For `guvectorize`: the layout string.
    pub layout: Option<Name>,
    /// Some option has a value that only running the file would tell.
    pub computed: bool,
    /// `register_jitable`: compiled where jitted code calls it, plain Python everywhere else.
    pub python_outside: bool,
    /// Options given by name that are not any of Numba's.
    pub unknown: Vec<Name>,
}

/// What the decorators of a function say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Declared {
    pub kind: JitKind,
    pub signatures: Vec<Signature>,
    pub options: JitOptions,
}

/// A function as found in the text.
#[derive(Clone, Debug)]
pub struct KernelItem {
    pub kernel: KernelRef,
    pub declared: Declared,
    /// Byte ranges in the file: the whole function with its decorators, and its name.
    pub range: (u32, u32),
    pub name_range: (u32, u32),
    /// Lines from 1: of the first decorator (or `def`) and of `def`.
    pub first_line: u32,
    pub def_line: u32,
}

/// The body of a function and where its parts stand. Only `map` changes when the function is moved or reformatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lowered {
    pub body: Arc<Body>,
    pub map: Arc<SourceMap>,
}
