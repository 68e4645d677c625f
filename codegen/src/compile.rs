//! From a [`MonoProgram`] to a [`Compiled`] program.

use std::time::{Duration, Instant};

use analyzer::mono::MonoProgram;

use crate::call::Compiled;

/// How much work Cranelift puts into the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptLevel {
    None,
    #[default]
    Speed,
}

/// How a program is compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompileOptions {
    /// Checks every index against its array's shape, whatever the decorator says. `None` leaves it to the decorator.
    pub boundscheck: Option<bool>,
    pub opt: OptLevel,
    /// Keeps Cranelift's IR for [`Compiled::clif`].
    pub emit_clif: bool,
    /// Keeps the assembly for [`Compiled::asm`].
    pub emit_asm: bool,
    /// Keeps the machine code for [`Compiled::object`].
    pub keep_object: bool,
}

/// Times and sizes of one compilation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    pub functions: usize,
    /// Bytes of machine code.
    pub code_size: usize,
    /// From typed program to Cranelift's IR.
    pub lower: Duration,
    /// Cranelift's part.
    pub codegen: Duration,
    /// The optimisations of ours that fired, with how often.
    pub passes: Vec<(&'static str, usize)>,
    /// Linear algebra is called, which takes its sums in an order of its own.
    pub linalg: bool,
}

/// Why a program could not be compiled. No program that passed the gate gives one on a supported machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError(pub String);

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CompileError {}

/// Compiles a program. Its first function is the one that [`Compiled::call`] calls.
pub fn compile(program: &MonoProgram, options: &CompileOptions) -> Result<Compiled, CompileError> {
    let build = std::panic::AssertUnwindSafe(|| crate::lower::module::build(program, options));
    std::panic::catch_unwind(build).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().cloned();
        let what = what.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_string()));
        Err(CompileError(format!("the code generator failed: {}", what.unwrap_or_default())))
    })
}

/// Measures what a closure takes and adds it to a total.
pub(crate) fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    *total += start.elapsed();
    done
}
