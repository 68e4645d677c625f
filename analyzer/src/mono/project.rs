//! The gate's questions, answered by the database.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::db::Db;
use crate::hir::body::{InstKind, Origin, Value};
use crate::hir::globals::{self, Global};
use crate::hir::module;
use crate::hir::source_map::SourceMap;
use crate::infer::query::infer;
use crate::infer::{SpecKey, TypedBody};
use crate::ty::{Const, KernelRef, Name};

use super::gate::Project;
use super::prelude;

/// A project with the lines of its functions, read once each.
pub(crate) struct DbProject<'a> {
    db: &'a dyn Db,
    lines: RefCell<FxHashMap<KernelRef, Arc<Lines>>>,
}

/// A function's source map, where its segment starts, and the offsets of the file's lines.
struct Lines {
    map: Arc<SourceMap>,
    start: u32,
    starts: Vec<u32>,
}

impl<'a> DbProject<'a> {
    pub(crate) fn new(db: &'a dyn Db) -> DbProject<'a> {
        DbProject { db, lines: RefCell::default() }
    }

    fn lines(&self, kernel: &KernelRef) -> Option<Arc<Lines>> {
        if let Some(lines) = self.lines.borrow().get(kernel) {
            return Some(lines.clone());
        }
        let (map, start) = module::source_map(self.db, kernel.clone())?;
        let text = kernel.file.text(self.db).clone().unwrap_or_default();
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
        let lines = Arc::new(Lines { map, start, starts });
        self.lines.borrow_mut().insert(kernel.clone(), lines.clone());
        Some(lines)
    }
}

impl Project for DbProject<'_> {
    fn infer(&self, key: &SpecKey) -> Arc<TypedBody> {
        infer(self.db, key)
    }

    fn line(&self, kernel: &KernelRef, origin: Origin) -> u32 {
        let found = self.lines(kernel).and_then(|lines| {
            let place = lines.map.span(origin)?.start + lines.start;
            Some(lines.starts.partition_point(|start| *start <= place) as u32)
        });
        found.unwrap_or(0)
    }

    fn constant(&self, kernel: &KernelRef, name: &Name, free: bool) -> Option<Const> {
        value_of(if free {
            globals::free(self.db, kernel.clone(), name)
        } else {
            globals::global(self.db, kernel.file, name)
        })
    }

    fn default(&self, kernel: &KernelRef, param: &Name) -> Option<Const> {
        value_of(globals::default(self.db, kernel.clone(), param))
    }

    fn member(&self, kernel: &KernelRef, module: &Name, attr: &Name) -> Option<Const> {
        value_of(globals::member(self.db, kernel.file, module, attr))
    }

    fn enum_value(&self, kernel: &KernelRef, path: &[Name], member: &Name) -> Option<Const> {
        globals::enum_value(self.db, kernel.file, path, member)
    }

    fn c_function(&self, kernel: &KernelRef, name: &Name) -> Option<Name> {
        globals::c_function(self.db, kernel.file, name)
    }

    fn prelude(&self, name: &str) -> Option<KernelRef> {
        let file = self.db.source(&prelude::file_of(name)?);
        Some(KernelRef::new(file, name, 0))
    }

    fn last_param(&self, kernel: &KernelRef) -> Option<Name> {
        module::body(self.db, kernel.clone())?.params.last().map(|param| param.name.clone())
    }

    fn unread_params(&self, kernel: &KernelRef) -> Vec<usize> {
        let Some(body) = module::body(self.db, kernel.clone()) else { return Vec::new() };
        let (mut holders, mut read) = (Vec::new(), Vec::new());
        for block in &body.blocks {
            for inst in &block.insts {
                if let InstKind::Assign { dst, value: Value::Param(place) } = &inst.kind {
                    holders.push((*place as usize, *dst));
                }
                inst.kind.clone().uses_mut(&mut |used| read.push(used.var));
            }
            block.term.clone().uses_mut(&mut |used| read.push(used.var));
        }
        let unread = holders.into_iter().filter(|(_, var)| !read.contains(var));
        unread.map(|(place, _)| place).collect()
    }

    fn is_prelude(&self, kernel: &KernelRef) -> bool {
        kernel.file.path(self.db).starts_with(prelude::FOLDER)
    }
}

fn value_of(global: Global) -> Option<Const> {
    match global {
        Global::Const(value) | Global::Scalar(_, value) => Some(value),
        _ => None,
    }
}
