//! stub
use super::*;
use crate::db::Db;
pub fn declared(_db: &dyn Db, _kernel: &KernelRef) -> Declared {
    Declared { kind: JitKind::Plain, signatures: Vec::new(), options: JitOptions::default() }
}
