//! What compiled kernels call: memory, exceptions, text, random numbers and the C library's mathematics.
//!
//! Every function that machine code may reach is declared in [`symbols`], once, with its signature. Nothing in
//! here unwinds: a runtime function reports an exception by its status and leaves the details in [`error`].

pub(crate) mod complex;
pub(crate) mod error;
pub(crate) mod math;
pub(crate) mod object;
pub(crate) mod random;
pub(crate) mod sweep;
pub(crate) mod symbols;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod threads;
pub(crate) mod vector_math;
