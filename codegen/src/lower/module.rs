//! One Cranelift module for a program: its functions and the trampoline into the first.

use analyzer::mono::MonoProgram;

use crate::call::Compiled;
use crate::compile::{CompileError, CompileOptions};

/// Lowers and compiles every function.
pub(crate) fn build(program: &MonoProgram, options: &CompileOptions) -> Result<Compiled, CompileError> {
    let _ = (program, options);
    Err(CompileError("no code is generated yet".into()))
}
