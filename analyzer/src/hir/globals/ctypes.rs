//! Functions of C that `ctypes` makes: prototypes called with an address, and functions of a loaded library whose
//! `argtypes` and `restype` are assigned.

use std::rc::Rc;
use std::sync::Arc;

use super::Global;
use super::eval::{Env, Eval};
use super::value::{Args, SeqKind, V, unknown, value};
use crate::hir::Signature;
use crate::hir::module::index;
use crate::ty::{Const, FloatTy, IntTy, Name, Ty};

/// The class of loaded libraries, of which an attribute is a function.
const LIBRARY: &str = "CDLL";

/// The "method" of a signature that makes a function of an address.
pub(super) const PROTOTYPE: &str = "<prototype>";

/// A call of a function or class of the module.
pub(super) fn call<'db>(name: &str, args: &Args<'db>) -> V<'db> {
    match name {
        "CDLL" | "PyDLL" | "cdll.LoadLibrary" | "pydll.LoadLibrary" => {
            V::Global(Global::Instance(LIBRARY.into()))
        }
        "CFUNCTYPE" | "PYFUNCTYPE" if !args.open => {
            let [ret, params @ ..] = &args.positional[..] else { return unknown("a prototype of C") };
            match (result(ret), params.iter().map(c_type).collect()) {
                (Some(ret), Some(params)) => {
                    let signature = V::Signature(Rc::new(Signature { args: params, ret: Some(ret) }));
                    V::Method(Rc::new(signature), PROTOTYPE.into())
                }
                _ => unknown("a prototype of C"),
            }
        }
        "POINTER" => match args.positional.first().and_then(c_type) {
            Some(of) => V::Type(Ty::Opaque(format!("{of}*").into())),
            None => unknown("a type of C"),
        },
        _ => unknown("a call"),
    }
}

/// A function of C with this signature.
pub(super) fn function<'db>(signature: &Signature) -> V<'db> {
    match &signature.ret {
        Some(ret) => value(Ty::ExternalFunction(Arc::new((ret.clone(), signature.args.clone())))),
        None => unknown("a function of C"),
    }
}

/// Whether this is a loaded library, whose attributes are functions that get their types later.
pub(super) fn is_library(of: &V<'_>) -> bool {
    matches!(of, V::Global(Global::Instance(class)) if &**class == LIBRARY)
}

/// A function of a loaded library under a module-level name, with the types that are assigned to its attributes:
/// those of this name, or of the path that made it.
pub(super) fn with_types<'db>(eval: &Eval<'db>, env: &Env<'db>, name: &str, of: V<'db>) -> V<'db> {
    let V::Method(library, function_name) = &of else { return of };
    let Env::Module(file) = env else { return of };
    if !is_library(library) {
        return of;
    }
    let bindings = &index(eval.db, *file).bindings;
    let assigned = |attr: &str| {
        let own = format!("{name}.{attr}");
        if bindings.contains_key(own.as_str()) {
            return Some(eval.name(env, &own));
        }
        let end = format!(".{function_name}.{attr}");
        let path = bindings.keys().find(|path| path.ends_with(&end))?;
        Some(eval.name(env, path))
    };
    // Without `restype` it is a C int.
    let ret = assigned("restype").map_or(Some(Ty::Int(IntTy::I32)), |ret| result(&ret));
    let params = assigned("argtypes").and_then(|params| match params {
        V::Seq(SeqKind::List | SeqKind::Tuple, params) => {
            params.borrow().iter().map(c_type).collect::<Option<Vec<Ty>>>()
        }
        V::Global(Global::Const(Const::Tuple(params))) if params.is_empty() => Some(Vec::new()),
        _ => None,
    });
    match (ret, params) {
        (Some(ret), Some(params)) => value(Ty::ExternalFunction(Arc::new((ret, params)))),
        _ => of,
    }
}

/// Names of attributes that tell the types of a function of C.
pub(in crate::hir) fn is_signature_attribute(attr: &str) -> bool {
    matches!(attr, "argtypes" | "restype")
}

/// What a function of C returns; an address is an integer.
fn result(of: &V<'_>) -> Option<Ty> {
    match c_type(of)? {
        Ty::Opaque(name) if &*name == VOID_POINTER => Some(Ty::UINT64),
        ty => Some(ty),
    }
}

const VOID_POINTER: &str = "void*";

/// Numba's type for one of `ctypes`, on the platforms where `long` has 64 bits.
fn c_type(of: &V<'_>) -> Option<Ty> {
    let path: &Name = match of {
        V::Global(Global::Const(Const::None)) => return Some(Ty::None),
        V::Type(pointer @ Ty::Opaque(_)) => return Some(pointer.clone()),
        V::Global(Global::Value(Ty::Function(path))) => path,
        _ => return None,
    };
    Some(match path.strip_prefix("ctypes.")? {
        "c_bool" => Ty::Bool,
        "c_byte" | "c_int8" => Ty::Int(IntTy::I8),
        "c_short" | "c_int16" => Ty::Int(IntTy::I16),
        "c_int" | "c_int32" => Ty::Int(IntTy::I32),
        "c_long" | "c_longlong" | "c_int64" | "c_ssize_t" => Ty::INT64,
        "c_ubyte" | "c_uint8" => Ty::Int(IntTy::U8),
        "c_ushort" | "c_uint16" => Ty::Int(IntTy::U16),
        "c_uint" | "c_uint32" => Ty::Int(IntTy::U32),
        "c_ulong" | "c_ulonglong" | "c_uint64" | "c_size_t" => Ty::UINT64,
        "c_float" => Ty::Float(FloatTy::F32),
        "c_double" => Ty::FLOAT64,
        "c_void_p" => Ty::Opaque(VOID_POINTER.into()),
        _ => return None,
    })
}
