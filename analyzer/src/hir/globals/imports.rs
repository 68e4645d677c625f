//! Imports: which file or library a dotted name means, and the members of either.

use std::path::{Path, PathBuf};

use ruff_python_ast::Expr;

use super::super::module::{BindingPlace, index};
use super::super::walk::Syntax;
use super::eval::{Env, Eval};
use super::value::V;
use super::{Global, library, modules};
use crate::db::{Db, SourceFile};
use crate::mono::prelude;
use crate::table::{internal, names};
use crate::ty::{Name, Why};

/// A module: one of the library by its real name, or a file of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hir) enum Module {
    Library(Name),
    Project(SourceFile),
}

impl<'db> Eval<'db> {
    pub(super) fn import_from(&self, file: SourceFile, level: u32, module: &str, name: &str) -> V<'db> {
        let unresolved = || {
            let dots = ".".repeat(level as usize);
            let dotted = if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") };
            if level == 0 {
                return self.outside(&dotted);
            }
            V::Unknown(Why::UnresolvedImport(format!("{dots}{dotted}").into()))
        };
        let found = match level {
            0 => self.resolve_module(file, module),
            level => self.resolve_relative(file, level, module),
        };
        match found {
            Some(module) => match self.member(&module, name) {
                V::Global(Global::Undefined) => unresolved(),
                value => value,
            },
            None => unresolved(),
        }
    }

    /// An attribute of a module: a name in it, or a submodule.
    pub(in crate::hir) fn member(&self, module: &Module, name: &str) -> V<'db> {
        match module {
            Module::Library(path) => library::member(path, name),
            Module::Project(file) => {
                // A package's own import of `from . import x` must find the file, not itself.
                let own = {
                    let looking = self.looking.borrow();
                    looking.iter().any(|(at, looked, _)| at == file && &**looked == name)
                };
                if own && let Some(submodule) = self.submodule(*file, name) {
                    return V::Module(submodule);
                }
                let value = self.deeper(|| self.module_name(*file, name));
                let known = index(self.db, *file).bindings.contains_key(name)
                    || !matches!(value, V::Global(Global::Undefined)) && library::builtin(name).is_none();
                match self.submodule(*file, name) {
                    Some(submodule) if !known => V::Module(submodule),
                    _ if !known => V::Global(Global::Undefined),
                    _ => value,
                }
            }
        }
    }

    fn submodule(&self, file: SourceFile, name: &str) -> Option<Module> {
        let path = file.path(self.db);
        (path.file_name()? == "__init__.py").then_some(())?;
        self.file_of(path.parent()?, &[name]).map(Module::Project)
    }

    pub(super) fn through_star(&self, file: SourceFile, place: BindingPlace, name: &str) -> Option<V<'db>> {
        let Some(Syntax::Star(import)) = self.binding_syntax(file, place) else { return None };
        let from = import.module.as_ref().map_or("", |module| module.as_str());
        let module = match import.level {
            0 => self.resolve_module(file, from),
            level => self.resolve_relative(file, level, from),
        };
        match module {
            None if library::builtin(name).is_some() => None,
            None => Some(V::Unknown(Why::UnresolvedImport(from.into()))),
            Some(Module::Library(path)) => {
                if name.starts_with('_') {
                    return None;
                }
                match names::exists(&format!("{path}.{name}")) {
                    Some(true) => Some(library::member(&path, name)),
                    _ if library::is_numba_name(&path, name) => Some(library::member(&path, name)),
                    // Numba's own modules are not all listed.
                    None if path.starts_with("numba.") && library::builtin(name).is_none() => {
                        Some(self.unknown_name(name))
                    }
                    _ => None,
                }
            }
            Some(Module::Project(other)) => {
                let inner = index(self.db, other);
                if !inner.bindings.contains_key(name) && inner.stars.is_empty() {
                    let may_be = is_dynamic(self.db, other) && library::builtin(name).is_none();
                    return may_be.then(|| self.unknown_name(name));
                }
                let listed = match self.exports(other) {
                    Some(items) => items.iter().any(|item| item.as_str().is_some_and(|item| &**item == name)),
                    None => !name.starts_with('_'),
                };
                if !listed {
                    return None;
                }
                let mut looking = self.looking.borrow_mut();
                let star: Name = format!("*{name}").into();
                if looking.iter().any(|(at, looked, _)| *at == other && *looked == star) {
                    return None;
                }
                looking.push((other, star, 0));
                drop(looking);
                let value = self.deeper(|| self.module_name(other, name));
                self.looking.borrow_mut().pop();
                match value {
                    V::Global(Global::Undefined) => None,
                    value => Some(value),
                }
            }
        }
    }

    /// The items of a file's `__all__`, if it is written out as a list that nothing fills later.
    fn exports(&self, file: SourceFile) -> Option<Vec<V<'db>>> {
        let [place] = index(self.db, file).bindings.get("__all__")?.as_slice() else { return None };
        let Syntax::Value(value @ (Expr::List(_) | Expr::Tuple(_) | Expr::BinOp(_))) =
            self.binding_syntax(file, *place)?
        else {
            return None;
        };
        let filled = ["__all__.", "__all__ +="]
            .iter()
            .any(|text| file.text(self.db).as_deref().is_some_and(|source| source.contains(text)));
        if filled { None } else { self.expr(&Env::Module(file), value).items() }
    }

    /// An absolute import as `file` sees it.
    pub(in crate::hir) fn resolve_module(&self, file: SourceFile, dotted: &str) -> Option<Module> {
        if let Some(library) = modules::module(dotted) {
            return Some(Module::Library(library));
        }
        if internal::MODULES.contains(&dotted) && file.path(self.db).starts_with(prelude::FOLDER) {
            return Some(Module::Library(dotted.into()));
        }
        let parts: Vec<&str> = dotted.split('.').collect();
        import_roots(self.db, file).iter().find_map(|root| self.file_of(root, &parts)).map(Module::Project)
    }

    pub(super) fn resolve_relative(&self, file: SourceFile, level: u32, dotted: &str) -> Option<Module> {
        let mut folder = file.path(self.db).parent()?;
        for _ in 1..level {
            folder = folder.parent()?;
        }
        let parts: Vec<&str> = dotted.split('.').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            let init = self.db.source(&folder.join("__init__.py"));
            return init.text(self.db).is_some().then_some(Module::Project(init));
        }
        self.file_of(folder, &parts).map(Module::Project)
    }

    fn file_of(&self, folder: &Path, parts: &[&str]) -> Option<SourceFile> {
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let base = parts.iter().fold(folder.to_path_buf(), |path, part| path.join(part));
        let package = self.db.source(&base.join("__init__.py"));
        if package.text(self.db).is_some() {
            return Some(package);
        }
        let module = self.db.source(&base.with_extension("py"));
        module.text(self.db).is_some().then_some(module)
    }

    /// The name under which an absolute import would find the module.
    pub(in crate::hir) fn module_name_of(&self, module: &Module) -> Name {
        match module {
            Module::Library(path) => path.clone(),
            Module::Project(file) => {
                let path = file.path(self.db);
                let relative =
                    path.strip_prefix(package_root(self.db, *file)).unwrap_or(path).with_extension("");
                let parts: Vec<_> = relative.iter().filter_map(|part| part.to_str()).collect();
                match parts.split_last() {
                    Some((&"__init__", rest)) => rest.join(".").into(),
                    _ => parts.join(".").into(),
                }
            }
        }
    }
}

/// Whether code writes into its own namespace: it defines names that no reader finds.
#[salsa::tracked(returns(copy))]
pub(super) fn is_dynamic(db: &dyn Db, file: SourceFile) -> bool {
    let words = ["globals()", "vars()", "locals()", "exec("];
    file.text(db).as_deref().is_none_or(|text| words.iter().any(|word| text.contains(word)))
}

/// The folders in which a file's absolute imports are looked up, first match wins.
#[salsa::tracked(returns(deref))]
fn import_roots(db: &dyn Db, file: SourceFile) -> Vec<PathBuf> {
    let path = file.path(db);
    let mut roots = db.project().settings(db).roots.clone();
    // Folders of one workspace may have modules of the same name: a file's own folder comes first.
    roots.sort_by_cached_key(|root| !path.starts_with(root));
    let package = package_root(db, file);
    roots.push(package.to_path_buf());
    roots.extend(path.parent().filter(|own| *own != package).map(Path::to_path_buf));
    roots
}

/// The folder that holds the outermost package of a file: where its absolute imports start.
#[salsa::tracked(returns(deref))]
pub(in crate::hir) fn package_root(db: &dyn Db, file: SourceFile) -> PathBuf {
    let mut folder = file.path(db).parent().unwrap_or(Path::new(""));
    while !folder.as_os_str().is_empty()
        && db.source(&folder.join("__init__.py")).text(db).is_some()
        && let Some(parent) = folder.parent()
    {
        folder = parent;
    }
    folder.to_path_buf()
}
