//! Finds the kernels of every Python file below a folder, lowers them and evaluates every global they name; with a
//! file of cases also says which of their decorated functions were not found.

#![expect(clippy::print_stdout, reason = "a program that prints its findings")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use analyzer::db::{Database, Db};
use analyzer::hir::body::{InstKind, Value};
use analyzer::hir::globals::{self, Global};
use analyzer::hir::{JitKind, module};
use analyzer::{FileLoader, Host, Settings};

struct Disk;

impl FileLoader for Disk {
    fn read(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            out.push(path);
        }
    }
}

/// What a global turned out to be, for counting.
fn class(global: &Global) -> String {
    match global {
        Global::Const(_) => "constant".into(),
        Global::Scalar(..) => "scalar".into(),
        Global::Value(ty) => format!("{ty:?}").split(['(', '{', ' ']).next().unwrap_or("value").to_string(),
        Global::Unknown(why) => {
            format!("unknown: {}", format!("{why:?}").split('(').next().unwrap_or_default())
        }
        other => format!("{other:?}").split(['(', '{']).next().unwrap_or_default().to_string(),
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(root) = args.next() else { return };
    let cases = args.next();
    let verbose = std::env::var_os("VERBOSE").is_some();
    let mut paths = Vec::new();
    files(Path::new(&root), &mut paths);
    paths.sort();
    let settings = Settings { roots: vec![PathBuf::from(&root)], ..Settings::default() };
    let host = Host::new(Arc::new(Disk), settings);
    let db: &Database = host.database();
    if let Some(cases) = cases {
        check_cases(db, Path::new(&root), &cases);
        return;
    }
    let start = Instant::now();
    let (mut kernels, mut bodies) = (0, 0);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    for path in &paths {
        let file = db.source(path);
        for item in module::kernels(db, file) {
            kernels += 1;
            *kinds.entry(format!("{:?}", item.declared.kind)).or_default() += 1;
            if item.declared.kind == JitKind::Extension {
                continue;
            }
            let Some(body) = module::body(db, item.kernel.clone()) else { continue };
            bodies += 1;
            for inst in body.blocks.iter().flat_map(|block| &block.insts) {
                let InstKind::Assign { value, .. } = &inst.kind else { continue };
                let (name, global) = match value {
                    Value::Global(name) => (name, globals::global(db, file, name)),
                    Value::Free(name) => (name, globals::free(db, item.kernel.clone(), name)),
                    _ => continue,
                };
                if std::env::var_os("DUMP").is_some()
                    && let Value::Global(name) = value
                {
                    let ty = global.ty().map_or(format!("{global:?}"), |ty| ty.to_string());
                    println!("DUMP\t{}\t{name}\t{}\t{ty}", path.display(), item.kernel.qualname);
                }
                let class = class(&global);
                if verbose && (class.starts_with("unknown") || class == "Undefined" || class == "Plain") {
                    println!("{}: {}: {name}: {global:?}", path.display(), item.kernel.qualname);
                }
                *classes.entry(class).or_default() += 1;
            }
        }
    }
    println!("{} files, {kernels} kernels, {bodies} bodies in {:?}", paths.len(), start.elapsed());
    println!("{kinds:?}");
    for (class, count) in classes {
        println!("{count:7} {class}");
    }
}

/// Lines of `file<TAB>function<TAB>line<TAB>first_line`.
fn check_cases(db: &Database, root: &Path, cases: &str) {
    let text = std::fs::read_to_string(cases).unwrap_or_default();
    let (mut total, mut found) = (0, 0);
    for line in text.lines() {
        let [file, function, def_line] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        total += 1;
        let source = db.source(&root.join(file));
        let line = def_line.parse().ok();
        let kernel = module::find_function(db, source, function, line);
        let declared = kernel.clone().map(|kernel| module::declared(db, kernel));
        match declared {
            Some(declared) if declared.kind != JitKind::Plain => found += 1,
            Some(_) => println!("not decorated: {file}:{def_line} {function}"),
            None => println!("not found: {file}:{def_line} {function}"),
        }
    }
    println!("{found} of {total}");
}
