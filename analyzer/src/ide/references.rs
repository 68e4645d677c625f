//! Where a name is bound and where it is used: a variable in its function, a module's name in its file, a function in the whole project.

use std::path::PathBuf;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::db::{Db, SourceFile};
use crate::hir::globals::{self, Global};
use crate::hir::module;
use crate::hir::names::{self, Occurrence, Owner, Role};
use crate::hir::source_map::Span;
use crate::query::Reference;
use crate::ty::{KernelRef, Name, Ty};

/// Every place of what the name at an offset stands for. Functions are looked for in `files`, too.
pub(crate) fn references(db: &dyn Db, file: SourceFile, offset: u32, files: &[PathBuf]) -> Vec<Reference> {
    let Some((start, names)) = names::around(db, file, offset) else { return Vec::new() };
    let at = |it: &&Occurrence| it.span.start + start <= offset && offset <= it.span.end + start;
    let Some(here) = names.iter().find(at) else { return Vec::new() };
    let mut found = Vec::new();
    let mut resolver = Resolver { db, file, known: FxHashMap::default() };
    match (resolver.function(here), &here.of) {
        (Some(kernel), _) => {
            let mut searched: FxHashSet<SourceFile> = FxHashSet::default();
            for file in [file, kernel.file].into_iter().chain(files.iter().map(|path| db.source(path))) {
                if searched.insert(file) {
                    Resolver { db, file, known: FxHashMap::default() }.uses(&kernel, &mut found);
                }
            }
        }
        (None, Owner::Scope { .. }) => {
            for it in names.iter().filter(|it| it.name == here.name && it.of == here.of) {
                found.push(reference(db, file, it.span.offset(start), it.role));
            }
        }
        (None, Owner::Module) => {
            for (start, names) in names::with_word(db, file, &here.name) {
                for it in names.iter().filter(|it| it.name == here.name && it.of == Owner::Module) {
                    found.push(reference(db, file, it.span.offset(start), it.role));
                }
            }
        }
        (None, Owner::Attribute(_) | Owner::Import { .. }) => {}
    }
    found.sort_by(|a, b| (&a.path, a.start).cmp(&(&b.path, b.start)));
    found.dedup();
    found
}

/// Where the name at an offset is first bound; for a function of another file, there.
pub(crate) fn definition(db: &dyn Db, file: SourceFile, offset: u32) -> Option<(PathBuf, u32, u32)> {
    let (start, names) = names::around(db, file, offset)?;
    let at = |it: &&Occurrence| it.span.start + start <= offset && offset <= it.span.end + start;
    let here = names.iter().find(at)?;
    if let Some(kernel) = (Resolver { db, file, known: FxHashMap::default() }).function(here) {
        let span = module::name_span(db, kernel.clone())?;
        return Some((kernel.file.path(db).to_path_buf(), span.start, span.end));
    }
    let binds = |it: &&Occurrence| it.name == here.name && it.of == here.of && it.role != Role::Read;
    let place =
        |start: u32, names: &[Occurrence]| names.iter().filter(binds).map(|it| it.span.offset(start)).min();
    let span = match here.of {
        Owner::Scope { .. } => place(start, names)?,
        Owner::Module => {
            names::with_word(db, file, &here.name).find_map(|(start, names)| place(start, names))?
        }
        Owner::Attribute(_) | Owner::Import { .. } => return None,
    };
    Some((file.path(db).to_path_buf(), span.start, span.end))
}

fn reference(db: &dyn Db, file: SourceFile, span: Span, role: Role) -> Reference {
    Reference {
        path: file.path(db).to_path_buf(),
        start: span.start,
        end: span.end,
        definition: role == Role::Definition,
        write: role != Role::Read,
    }
}

/// Which function of the project the names of one file stand for.
struct Resolver<'a> {
    db: &'a dyn Db,
    file: SourceFile,
    known: FxHashMap<Name, Option<KernelRef>>,
}

impl Resolver<'_> {
    fn function(&mut self, it: &Occurrence) -> Option<KernelRef> {
        match &it.of {
            Owner::Module => self.module_name(&it.name),
            Owner::Import { bound } => self.module_name(bound),
            Owner::Attribute(Some(on)) => self.member(on, &it.name),
            Owner::Attribute(None) | Owner::Scope { .. } => None,
        }
    }

    fn module_name(&mut self, name: &Name) -> Option<KernelRef> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let found = as_function(globals::global(self.db, self.file, name));
        self.known.insert(name.clone(), found.clone());
        found
    }

    /// `module.function`, where the module is one of the project.
    fn member(&self, on: &str, name: &Name) -> Option<KernelRef> {
        let mut parts = on.split('.');
        let mut value = globals::global(self.db, self.file, &parts.next()?.into());
        for part in parts {
            let Global::Value(Ty::Module(module)) = value else { return None };
            value = globals::member(self.db, self.file, &module, &part.into());
        }
        let Global::Value(Ty::Module(module)) = value else { return None };
        as_function(globals::member(self.db, self.file, &module, name))
    }

    fn uses(&mut self, kernel: &KernelRef, found: &mut Vec<Reference>) {
        let db = self.db;
        let word = kernel.qualname.rsplit('.').next().unwrap_or(&kernel.qualname);
        for (start, names) in names::with_word(db, self.file, word) {
            for it in names {
                // An import may give the function another name, which is then looked for by what it stands for.
                let named = &*it.name == word || matches!(it.of, Owner::Module);
                if named && self.function(it).as_ref() == Some(kernel) {
                    found.push(reference(db, self.file, it.span.offset(start), it.role));
                }
            }
        }
        // A nested function or a method is no name of the module, and found at its definition only.
        if kernel.file == self.file
            && let Some(span) = module::name_span(db, kernel.clone())
        {
            found.retain(|it| !(it.path == kernel.file.path(db) && it.start == span.start));
            found.push(reference(db, self.file, span, Role::Definition));
        }
    }
}

fn as_function(global: Global) -> Option<KernelRef> {
    match global {
        Global::Jitted(kernel, _) | Global::Plain(kernel) => Some(kernel),
        Global::Value(Ty::Dispatcher(kernel)) => Some(*kernel),
        _ => None,
    }
}
