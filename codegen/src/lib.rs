//! Machine code for typed kernels.
//!
//! [`compile`] takes a [`MonoProgram`], which cannot be wrong, and makes machine code with Cranelift;
//! [`Compiled::call`] runs it on [`Value`]s. Results are Numba's, bit for bit, wherever Numba's are determined.
//!
//! A kernel runs in the calling thread and in the calling process: it may loop for ever, exhaust memory or, without
//! bounds checks, read and write anywhere. Whoever calls arbitrary kernels does so in a process of its own.

mod call;
mod compile;
mod lower;
mod object;
mod opt;
mod runtime;
mod value;

pub use analyzer::mono::MonoProgram;
pub use call::{Compiled, Exception, Prepared};
pub use compile::{CompileError, CompileOptions, OptLevel, Stats, compile};
pub use object::Object;
pub use runtime::object::live_objects;
pub use value::{ArrayValue, Buffer, DType, Value};
