//! Which files may call the kernels of a file: those of the project that import the name of one.
//!
//! The names are read from the text, so no file is parsed that calls nothing; what a name means is decided later.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::found::plain_code;
use crate::db::{Db, SourceFile, Workspace};
use crate::hir::module;
use crate::table::modules;
use crate::ty::{KernelRef, Name};

/// Packages beside the standard library that define no kernels of the project.
const FOREIGN: &[&str] = &[
    "__future__",
    "hypothesis",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "pytest",
    "scipy",
    "sklearn",
    "unittest",
];

/// The other files that may call kernels of this one.
#[salsa::tracked(returns(deref))]
fn callers(db: &dyn Db, file: SourceFile) -> Vec<SourceFile> {
    let Some(workspace) = db.workspace() else { return Vec::new() };
    let index = index(db, workspace);
    let importers = kernel_names(db, file).iter().filter_map(|name| index.get(name)).flatten();
    let mut found: Vec<Numbered> = importers.copied().filter(|(_, caller)| *caller != file).collect();
    found.sort_by_key(|(number, _)| *number);
    found.dedup();
    found.into_iter().map(|(_, caller)| caller).collect()
}

/// The files with calls of the kernels of a file, by kernel: the file itself first, the others by path.
#[salsa::tracked(returns(ref))]
fn calling_files(db: &dyn Db, file: SourceFile) -> FxHashMap<KernelRef, Vec<SourceFile>> {
    let mut files: FxHashMap<KernelRef, Vec<SourceFile>> = FxHashMap::default();
    for caller in std::iter::once(file).chain(callers(db, file).iter().copied()) {
        for kernel in plain_code(db, caller).kernels().filter(|kernel| kernel.file == file) {
            files.entry(kernel.clone()).or_default().push(caller);
        }
    }
    files
}

/// The files with calls of a kernel.
pub(super) fn files_calling<'db>(db: &'db dyn Db, kernel: &KernelRef) -> &'db [SourceFile] {
    calling_files(db, kernel.file).get(kernel).map(Vec::as_slice).unwrap_or_default()
}

/// The names that may be kernels where a file uses them: its own, and what it imports under the name of one.
#[salsa::tracked(returns(deref))]
pub(super) fn names_of_kernels(db: &dyn Db, file: SourceFile) -> Vec<Name> {
    let mut names = kernel_names(db, file).to_vec();
    if let Some(workspace) = db.workspace() {
        let all = all_kernel_names(db, workspace);
        let imported = imported_names(db, file).iter();
        names.extend(imported.filter(|(name, _)| all.contains(name)).map(|(_, local)| local.clone()));
    }
    names.sort();
    names.dedup();
    names
}

/// The names of the kernels of a file, without what is around them.
#[salsa::tracked(returns(deref))]
pub(super) fn kernel_names(db: &dyn Db, file: SourceFile) -> Vec<Name> {
    let last = |name: &Name| name.rsplit('.').next().map(Name::from);
    let mut names: Vec<Name> =
        module::decorated(db, file).iter().filter_map(|item| last(&item.kernel.of(db).qualname)).collect();
    names.sort();
    names.dedup();
    names
}

#[salsa::tracked(returns(clone))]
fn all_kernel_names(db: &dyn Db, workspace: Workspace) -> Arc<FxHashSet<Name>> {
    let any_name = !db.project().settings(db).extra_decorators.is_empty();
    let may_hold = |file: &SourceFile| any_name || names_decorators(db, *file);
    let files = workspace.paths(db).iter().map(|path| db.source(path)).filter(may_hold);
    Arc::new(files.flat_map(|file| kernel_names(db, file)).cloned().collect())
}

/// Whether a file has the name of a decorator of Numba's.
#[salsa::tracked(returns(copy))]
fn names_decorators(db: &dyn Db, file: SourceFile) -> bool {
    let text = file.text(db).as_deref().unwrap_or_default();
    ["jit", "vectorize", "stencil", "cfunc"].iter().any(|word| text.contains(word))
}

/// A file with its number in the workspace, which goes by path.
type Numbered = (u32, SourceFile);

/// The files that import a name, by name.
#[salsa::tracked(returns(clone))]
fn index(db: &dyn Db, workspace: Workspace) -> Arc<FxHashMap<Name, Vec<Numbered>>> {
    let mut index: FxHashMap<Name, Vec<Numbered>> = FxHashMap::default();
    for (number, path) in (0..).zip(workspace.paths(db)) {
        let file = db.source(path);
        for (name, _) in imported_names(db, file) {
            index.entry(name.clone()).or_default().push((number, file));
        }
    }
    Arc::new(index)
}

/// The names that a file takes from other files of the project, each with what it is called here: imported ones, and
/// members of imported modules that are called.
#[salsa::tracked(returns(deref))]
pub(super) fn imported_names(db: &dyn Db, file: SourceFile) -> Vec<(Name, Name)> {
    let Some(text) = file.text(db) else { return Vec::new() };
    let imports = Imports::of(text);
    let mut names: FxHashSet<(&str, &str)> = imports.names.iter().copied().collect();
    for head in imports.heads.iter().filter(|head| !head.is_empty()) {
        let places = memchr::memmem::find_iter(text.as_bytes(), *head);
        let members = places.filter_map(|at| called_member(text, at, head.len()));
        names.extend(members.map(|name| (name, name)));
    }
    let mut names: Vec<(Name, Name)> =
        names.into_iter().map(|(name, local)| (Name::from(name), Name::from(local))).collect();
    names.sort();
    names
}

#[derive(Default)]
struct Imports<'a> {
    /// `a` and `b` of `from m import a as b`
    names: Vec<(&'a str, &'a str)>,
    /// What modules may be called: `b` of it, `m` of `import m`.
    heads: Vec<&'a str>,
}

impl<'a> Imports<'a> {
    fn of(text: &'a str) -> Imports<'a> {
        let mut imports = Imports::default();
        // Where the lines start that were not looked at.
        let mut next = 0;
        for at in memchr::memmem::find_iter(text.as_bytes(), "import ") {
            if at < next {
                continue;
            }
            let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
            next = imports.line(text, start);
        }
        imports
    }

    /// Reads the import that may start at `start`. Says where the line after it starts.
    fn line(&mut self, text: &'a str, start: usize) -> usize {
        let cut = |rest: &'a str| rest.split_once('\n').unwrap_or((rest, ""));
        let (line, mut rest) = cut(&text[start..]);
        let code = line.trim_start().trim_start_matches(['>', '.', ' ']);
        if let Some(modules) = code.strip_prefix("import ") {
            modules.split(',').for_each(|module| self.module(module));
        } else if let Some((module, names)) =
            code.strip_prefix("from ").and_then(|code| code.split_once(" import "))
            && !is_foreign(module)
        {
            self.from(names);
            // The names of a list in parentheses go on until it is closed.
            let mut open = names.contains('(') && !names.contains(')');
            while open && !rest.is_empty() {
                let (line, after) = cut(rest);
                self.from(line);
                open = !line.contains(')');
                rest = after;
            }
        }
        text.len() - rest.len()
    }

    fn module(&mut self, module: &'a str) {
        let mut words = module.split_whitespace();
        let Some(path) = words.next() else { return };
        let head = path.split('.').next().unwrap_or(path);
        if !is_foreign(path) {
            self.heads.push(words.nth(1).unwrap_or(head));
        }
    }

    fn from(&mut self, names: &'a str) {
        let names = names.split('#').next().unwrap_or_default();
        for name in names.split([',', '(', ')', '\\']) {
            let mut words = name.split_whitespace();
            let Some(name) = words.next() else { continue };
            let local = words.nth(1).unwrap_or(name);
            self.names.push((name, local));
            self.heads.push(local);
        }
    }
}

fn is_foreign(module: &str) -> bool {
    module.trim().split('.').next().is_some_and(|head| FOREIGN.contains(&head) || modules::is_standard(head))
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// `f` of `head.part.f(` at a place in the text.
fn called_member(text: &str, at: usize, len: usize) -> Option<&str> {
    if text[..at].chars().next_back().is_some_and(|before| is_word(before) || before == '.') {
        return None;
    }
    let mut rest = text[at + len..].strip_prefix('.')?;
    loop {
        let end = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None => return (after.starts_with('(') && !name.is_empty()).then_some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;
    use crate::db::{Host, NoFiles, Settings};
    use crate::{CallPlace, TypesFrom};

    #[test]
    fn imports_are_read_from_the_text() {
        let text = "import numpy as np\nfrom pkg.a import (f as g,  # the fast one\n    h)\nimport pkg.b as b\n\
                    def t():\n    from .c import k\n    b.run(1); np.sum(2); b.c.go (3)\n";
        let imports = Imports::of(text);
        assert_eq!(imports.names, [("f", "g"), ("h", "h"), ("k", "k")]);
        assert_eq!(imports.heads, ["g", "h", "b", "k"]);
        let at = text.find("b.run").unwrap();
        assert_eq!(called_member(text, at, 1), Some("run"));
    }

    const KERNEL: &str = "from numba import njit\n\n@njit\ndef f(x):\n    return x.shape\n";
    const CALLER: &str = "from k import f\n\n\ndef test_f():\n    assert f(1.5) == 3\n";

    fn host() -> (Host, Arc<Mutex<Vec<String>>>) {
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let writer = log.clone();
        let write = move |event: &str| {
            writer.lock().expect("no test panics while it holds the log").push(event.to_owned());
        };
        let settings = Settings { roots: vec!["/p".into()], ..Settings::default() };
        let mut host = Host::with_log(Arc::new(NoFiles), settings, Some(Arc::new(write)));
        host.set_text(Path::new("/p/k.py"), Some(KERNEL));
        host.set_text(Path::new("/p/tests/test_k.py"), Some(CALLER));
        host.set_workspace(vec!["/p/k.py".into(), "/p/tests/test_k.py".into()]);
        (host, log)
    }

    #[test]
    fn a_call_in_another_file_gives_the_types() {
        let (host, _) = host();
        let found = host.snapshot().diagnostics(Path::new("/p/k.py"));
        let said: Vec<_> = found
            .iter()
            .map(|found| (found.rule.code, found.specialization.clone(), found.types_from.clone()))
            .collect();
        let types = Some(vec!["float64".to_string()]);
        assert_eq!(
            said,
            [(
                "unsupported-attribute",
                types,
                Some(TypesFrom::Call(CallPlace::There("tests/test_k.py".into(), 5)))
            )]
        );
    }

    #[test]
    fn an_edit_of_the_caller_that_changes_no_call_checks_no_kernel_again() {
        let (mut host, log) = host();
        host.snapshot().diagnostics(Path::new("/p/k.py"));
        log.lock().expect("no test panics while it holds the log").clear();
        host.set_text(Path::new("/p/tests/test_k.py"), Some(&format!("{CALLER}\n\nother = 1\n")));
        host.snapshot().diagnostics(Path::new("/p/k.py"));
        let again = log.lock().expect("no test panics while it holds the log").clone();
        assert!(!again.iter().any(|event| event.contains("kernel_findings")), "{again:#?}");
    }
}
