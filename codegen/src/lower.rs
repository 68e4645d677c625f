//! From typed programs to Cranelift's IR.

pub(crate) mod module;
pub(crate) mod repr;
