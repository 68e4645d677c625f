//! From typed programs to Cranelift's IR.

mod apply;
mod array;
mod array_ops;
mod cast;
mod elementwise;
mod fancy;
mod func;
mod generator;
mod index;
mod inline;
mod iter;
mod linalg;
mod list;
pub(crate) mod math;
pub(crate) mod module;
mod power;
mod promote;
pub(crate) mod repr;
mod scalar;
mod table;
mod text;
mod ticks;
mod tries;
mod values;
