//! Numba's verdict on Python functions, as an incremental library.
//!
//! Text goes in through [`Host`], questions are asked of a [`Snapshot`], answers are plain data with byte offsets.
//! Nothing here reads files, prints, or knows an editor protocol.

#![forbid(unsafe_code)]

pub mod db;
pub mod hir;
pub mod infer;
pub mod mono;
pub mod passes;
pub mod query;
pub mod rules;
pub mod table;
pub mod ty;

pub use db::{FileLoader, Host, NoFiles, Settings, Snapshot};
pub use salsa::Cancelled;

pub use rules::{Applicability, Diagnostic, Edit, Fix, Related, RuleDecl, Severity};
