//! `isinstance`: Numba compares types at compile time, and only some of them.

use crate::ty::{BufferKind, Literal, Ty, Why};

/// The answer of `isinstance(var, classes)`, `None` where Numba refuses to compare.
pub(super) fn instance(var: &Ty, classes: &Ty) -> Option<bool> {
    if !supported(var) {
        return None;
    }
    let var = var.unliteral();
    match classes {
        Ty::Tuple(items) | Ty::StarArgs(items) => {
            let mut found = false;
            for class in items.iter() {
                if is_a(&var, class)? {
                    found = true;
                    break;
                }
            }
            Some(found)
        }
        class => is_a(&var, class),
    }
}

fn supported(var: &Ty) -> bool {
    match var {
        Ty::Array(array) => matches!(array.kind, BufferKind::Array | BufferKind::Bytes),
        Ty::Literal(literal) => !matches!(literal, Literal::Slice(..)),
        Ty::Bool
        | Ty::Int(_)
        | Ty::Float(_)
        | Ty::Complex(_)
        | Ty::Range(_)
        | Ty::Dict(_)
        | Ty::LiteralStrKeyDict(_)
        | Ty::List { .. }
        | Ty::TypedList(_)
        | Ty::Tuple(_)
        | Ty::StarArgs(_)
        | Ty::Set { .. }
        | Ty::TypedSet(_)
        | Ty::Function(_)
        | Ty::JitClass(_)
        | Ty::JitClassInstance(_)
        | Ty::Str
        | Ty::UnicodeChars(_)
        | Ty::None
        | Ty::DateTime(_)
        | Ty::TimeDelta(_) => true,
        _ => false,
    }
}

/// An `int` is exactly an `int64`: an `int32` is no instance of it.
fn is_a(var: &Ty, class: &Ty) -> Option<bool> {
    Some(match class {
        Ty::Function(name) => match name.trim_start_matches("builtins.") {
            "int" => *var == Ty::INT64,
            "float" => *var == Ty::FLOAT64,
            "complex" => *var == Ty::COMPLEX128,
            "bool" => *var == Ty::Bool,
            "str" => *var == Ty::Str,
            "bytes" => matches!(var, Ty::Array(array) if array.kind == BufferKind::Bytes),
            "range" => matches!(var, Ty::Range(_)),
            "dict" => matches!(var, Ty::Dict(_) | Ty::LiteralStrKeyDict(_)),
            "list" => matches!(var, Ty::List { .. }),
            "tuple" => matches!(var, Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_)),
            "set" => matches!(var, Ty::Set { .. }),
            "numba.typed.List" => matches!(var, Ty::TypedList(_)),
            "numba.typed.Dict" => matches!(var, Ty::Dict(_)),
            "numba.typed.Set" => matches!(var, Ty::TypedSet(_)),
            _ => return None,
        },
        Ty::NumberClass(of) => match (&**of, var) {
            (Ty::DateTime(_), Ty::DateTime(_)) | (Ty::TimeDelta(_), Ty::TimeDelta(_)) => true,
            (of, var) => of == var,
        },
        Ty::TypeRef(of) => match (&**of, var) {
            (Ty::TypedList(_), Ty::TypedList(_)) | (Ty::Dict(_), Ty::Dict(_)) => true,
            (Ty::TypedSet(_), Ty::TypedSet(_)) => true,
            (Ty::TypedList(_) | Ty::Dict(_) | Ty::TypedSet(_), _) => false,
            _ => return None,
        },
        // Numba's own classes of types are not asked for.
        Ty::Hole(Why::NotInTable(path)) if path.starts_with("numba.types.") => return None,
        Ty::JitClass(class) => matches!(var, Ty::JitClassInstance(instance) if instance.0 == class.0),
        _ => return None,
    })
}
