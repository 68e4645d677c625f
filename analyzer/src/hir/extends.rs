//! What a file makes known to Numba: functions, classes and attributes it registers implementations for.

use std::path::PathBuf;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::globals::package_folder;
use super::segment::{SegmentText, segments};
use crate::db::{Db, SourceFile};
use crate::ty::Name;

/// The functions of Numba's whose first argument is what they give a type or a compiled form.
const EXTENDS: [&str; 14] = [
    "overload(",
    "overload_attribute(",
    "overload_classmethod(",
    "overload_method(",
    ".register(",
    "type_callable(",
    "lower_builtin(",
    "lower(",
    "infer_global(",
    "register_global(",
    "define_boxing(",
    "define_constructor(",
    "define_proxy(",
    "as_numba_type(",
];

/// Searches for [`EXTENDS`], in order.
static EXTENDING: LazyLock<[Finder<'static>; 14]> =
    LazyLock::new(|| EXTENDS.map(|call| Finder::new(call.as_bytes())));

/// The functions and classes that this file makes known to Numba, as `@overload(name)` and
/// `@typeof_impl.register(Name)` do: the last part of what is named. Changes only with that list.
#[salsa::tracked(returns(deref))]
pub fn extended(db: &dyn Db, file: SourceFile) -> Vec<Name> {
    let of_segments = segments(db, file).iter().flat_map(|segment| extended_by(db, segment.text));
    let mut names: Vec<Name> = of_segments.cloned().collect();
    names.sort();
    names.dedup();
    names
}

#[salsa::tracked(returns(deref))]
fn extended_by<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<Name> {
    let text = segment.text(db);
    let mut names: Vec<Name> = Vec::new();
    let calls = EXTENDING
        .iter()
        .flat_map(|call| call.find_iter(text.as_bytes()).map(move |at| at + call.needle().len()));
    for after in calls {
        let dotted: String = text[after..]
            .trim_start()
            .chars()
            .take_while(|char| char.is_alphanumeric() || matches!(char, '_' | '.'))
            .collect();
        let name = dotted.rsplit('.').next().unwrap_or_default();
        if !name.is_empty() {
            names.push(name.into());
        }
    }
    names
}

/// The attributes and methods that this file gives to types, as `@overload_method(types.Array, "name")` does.
#[salsa::tracked(returns(deref))]
pub fn extended_attributes(db: &dyn Db, file: SourceFile) -> Vec<Name> {
    let of_segments = segments(db, file).iter().flat_map(|segment| attributes_by(db, segment.text));
    let mut names: Vec<Name> = of_segments.cloned().collect();
    names.sort();
    names.dedup();
    names
}

#[salsa::tracked(returns(deref))]
fn attributes_by<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<Name> {
    let text = segment.text(db);
    let mut names: Vec<Name> = Vec::new();
    for call in ["overload_method(", "overload_attribute(", "overload_classmethod("] {
        for (at, _) in text.match_indices(call) {
            let given = text[at + call.len()..].split(')').next().unwrap_or_default();
            let quoted = given.split(['"', '\'']).nth(1);
            names.extend(quoted.map(Name::from));
        }
    }
    names
}

/// Whether `file` makes the function or class of this qualified name known to Numba.
pub fn extends(db: &dyn Db, file: SourceFile, qualname: &str) -> bool {
    let name = qualname.rsplit('.').next().unwrap_or(qualname);
    extended(db, file).iter().any(|known| **known == *name)
}

/// A folder as a key of queries.
#[salsa::interned(debug)]
struct Package<'db> {
    #[returns(ref)]
    folder: PathBuf,
}

/// What a package makes known to Numba, in whichever of its files: registering works for the whole process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Extensions {
    names: Vec<Name>,
    attributes: Vec<Name>,
    /// Where they are made known.
    files: Vec<SourceFile>,
}

/// Reads every file of a package, so only what would be refused asks for it.
#[salsa::tracked(returns(ref))]
fn of_package<'db>(db: &'db dyn Db, package: Package<'db>) -> Extensions {
    // Files come and go unnoticed.
    db.report_untracked_read();
    let mut found = Extensions::default();
    for path in db.python_files(package.folder(db)) {
        let file = db.source(&path);
        let registers = |text: &str| {
            text.contains("numba") && EXTENDING.iter().any(|call| call.find(text.as_bytes()).is_some())
        };
        if file.text(db).as_deref().is_some_and(registers) {
            found.files.push(file);
            found.names.extend_from_slice(extended(db, file));
            found.attributes.extend_from_slice(extended_attributes(db, file));
        }
    }
    found
}

/// The extensions of the package that a file belongs to; of a file outside packages nothing is known.
fn around(db: &dyn Db, file: SourceFile) -> Option<&Extensions> {
    let folder = package_folder(db, file);
    db.source(&folder.join("__init__.py")).text(db).as_ref()?;
    Some(of_package(db, Package::new(db, folder)))
}

/// The files of the package of `file` that make something known to Numba.
pub fn registering(db: &dyn Db, file: SourceFile) -> &[SourceFile] {
    around(db, file).map_or(&[], |found| &found.files)
}

/// Whether the package of `file` makes a function or class of this name known to Numba.
pub fn package_extends(db: &dyn Db, file: SourceFile, path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    around(db, file).is_some_and(|found| found.names.iter().any(|known| **known == *name))
}

/// Whether the package of `file` gives types an attribute of this name.
pub fn package_adds_attribute(db: &dyn Db, file: SourceFile, name: &str) -> bool {
    around(db, file).is_some_and(|found| found.attributes.iter().any(|known| **known == *name))
}
