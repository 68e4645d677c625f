//! What a file makes known to Numba: functions, classes and attributes it registers implementations for.

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
    for (at, found) in EXTENDS.iter().flat_map(|call| text.match_indices(call)) {
        let dotted: String = text[at + found.len()..]
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
