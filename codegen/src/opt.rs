//! Analyses of typed programs that make the machine code better.

pub(crate) mod clif;
pub(crate) mod facts;
pub(crate) mod fusion;
pub(crate) mod liveness;
pub(crate) mod uses;
