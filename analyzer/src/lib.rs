//! Numba's verdict on Python functions, as an incremental library.
//!
//! Text goes in through [`Host`], questions are asked of a [`Snapshot`], answers are plain data with byte offsets.
//! Nothing here reads files, prints, or knows an editor protocol.

#![forbid(unsafe_code)]

mod check;
pub mod db;
pub mod hir;
mod ide;
pub mod infer;
pub mod mono;
mod options;
pub mod passes;
pub mod query;
pub mod rules;
mod specialize;
pub mod table;
pub mod ty;

pub use db::{ExtraDecorator, FileLoader, Host, NoFiles, Settings, Snapshot};
pub use salsa::Cancelled;

pub use rules::{Applicability, CallPlace, Diagnostic, Edit, Fix, Related, RuleDecl, Severity, TypesFrom};
