//! What names mean outside a function: the values of module-level names, of names of enclosing functions and of
//! members of modules, as far as a reader of the source can tell.
//!
//! The work is done by a small evaluator ([`eval`]) that is lazy, bounded and knows no side effects. What it cannot
//! tell is [`Global::Unknown`] with the reason; it never guesses.

pub(super) mod arith;
mod arrays;
pub(super) mod builtins;
pub(super) mod classes;
pub(super) mod ctypes;
pub(super) mod dtype;
pub(super) mod eval;
pub(super) mod exec;
pub(super) mod extension;
mod finish;
pub(super) mod imports;
mod instances;
pub(super) mod library;
pub(super) mod lookup;
mod members;
pub(super) mod modules;
pub(super) mod structs;
mod supposed;
#[cfg(test)]
mod tests;
pub(super) mod value;

use std::sync::Arc;

pub(crate) use classes::{NO_DEFAULT, UNREAD};

pub use super::decorator::Adds;
use super::decorator::Jit;
use super::module::{Kernel, syntax};
use super::{Declared, JitKind};
use crate::db::{Db, SourceFile};
use crate::ty::{Const, KernelRef, Name, Ty, Why};
use eval::{Env, Eval};
pub use extension::{added, added_member, implementation, intrinsic, overloads_itself};
pub use instances::instances;
pub use members::{ClassMember, class_member};

/// What a name outside a function stands for when Numba compiles it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Global {
    /// A Python constant, or a tuple of such.
    Const(Const),
    /// A NumPy scalar: `np.float32(1)` has a type that its value does not tell.
    Scalar(Ty, Const),
    /// Anything else with a type: modules, functions and classes of the library, arrays, dtypes, enums.
    Value(Ty),
    /// A function of the project that a decorator or a call makes Numba's.
    Jitted(KernelRef, Arc<Declared>),
    /// A function of the project that Numba knows nothing of.
    Plain(KernelRef),
    /// An ordinary class, by its qualified name.
    Class(Name),
    /// An instance of an ordinary class.
    Instance(Name),
    /// A list, dict or set, which Numba refuses as a global; with the type it would have as an argument.
    Container(Ty),
    /// Defined nowhere: using it is a `NameError`.
    Undefined,
    Unknown(Why),
}

impl Global {
    /// The type that the name has in a kernel; `None` for what Numba refuses or nobody knows.
    pub fn ty(&self) -> Option<Ty> {
        match self {
            Global::Const(value) => Some(frozen(value)),
            Global::Scalar(ty, _) | Global::Value(ty) => Some(ty.clone()),
            Global::Jitted(_, declared) if declared.kind == JitKind::Extension => {
                Some(Ty::Hole(Why::NotModelled("a function that another compiler takes")))
            }
            Global::Jitted(kernel, _) => Some(Ty::dispatcher(kernel.clone())),
            Global::Unknown(why) => Some(Ty::Hole(why.clone())),
            Global::Plain(_)
            | Global::Class(_)
            | Global::Instance(_)
            | Global::Container(_)
            | Global::Undefined => None,
        }
    }
}

/// The type of a frozen constant. The members of a tuple are literals only if all of them can be; those of a
/// tuple inside a tuple never are.
fn frozen(value: &Const) -> Ty {
    let Const::Tuple(items) = value else { return Ty::of_const(value) };
    let types: Vec<Ty> = items.iter().map(Ty::of_const).collect();
    match types.iter().all(|ty| matches!(ty, Ty::Literal(_))) {
        true => Ty::tuple(types),
        false => Ty::tuple(items.iter().map(plain)),
    }
}

fn plain(value: &Const) -> Ty {
    match value {
        Const::Tuple(items) => Ty::tuple(items.iter().map(plain)),
        value => Ty::of_const(value).unliteral(),
    }
}

/// A name as a key of queries. There are few, so they are kept.
#[salsa::interned(debug, revisions = usize::MAX)]
struct GlobalName<'db> {
    #[returns(copy)]
    file: SourceFile,
    #[returns(ref)]
    name: Name,
}

/// Most functions of a file have the same decorator.
#[salsa::tracked(returns(ref))]
fn decorator_query<'db>(db: &'db dyn Db, name: GlobalName<'db>) -> Option<Jit> {
    match Eval::new(db).module_name(name.file(db), name.name(db)) {
        value::V::Jit(jit) => Some((*jit).clone()),
        _ => None,
    }
}

/// The decorator of Numba's that a module-level name is.
pub(super) fn decorator<'db>(db: &'db dyn Db, file: SourceFile, name: &str) -> Option<&'db Jit> {
    decorator_query(db, GlobalName::new(db, file, Name::from(name))).as_ref()
}

#[salsa::tracked(returns(clone))]
fn global_query<'db>(db: &'db dyn Db, name: GlobalName<'db>) -> Global {
    let eval = Eval::new(db);
    let file = name.file(db);
    let value = eval.module_name(file, name.name(db));
    eval.finish(&value)
}

/// A module-level or builtin name, as the functions of a file see it. Changes only with the name's value.
pub fn global(db: &dyn Db, file: SourceFile, name: &Name) -> Global {
    global_query(db, GlobalName::new(db, file, name.clone()))
}

#[salsa::tracked(returns(clone))]
fn free_query<'db>(db: &'db dyn Db, kernel: Kernel<'db>, name: Name) -> Global {
    let of = kernel.of(db);
    if let Some(captured) = &of.captured {
        if let Some((_, value)) = captured.names.iter().find(|(captured, _)| *captured == name) {
            return value.clone();
        }
        if of.qualname.rsplit('.').next() == Some(&*name) {
            return match &captured.declared {
                Some(declared) => Global::Jitted(of.clone(), declared.clone()),
                None => Global::Plain(of.clone()),
            };
        }
    }
    let Some((_, scopes)) = syntax(db, kernel) else { return Global::Unknown(Why::BrokenSource) };
    let eval = Eval::new(db);
    let env = Env::of_scopes(of.file, &scopes);
    let value = eval.name(&env, &name);
    eval.finish(&value)
}

/// A name of a function around `kernel`: what its single assignment says. A parameter is unknown.
pub fn free(db: &dyn Db, kernel: KernelRef, name: &Name) -> Global {
    free_query(db, Kernel::new(db, kernel), name.clone())
}

/// The name of the function of `scipy.special` that a file's name is a pointer to.
pub fn c_function(db: &dyn Db, file: SourceFile, name: &Name) -> Option<Name> {
    Eval::new(db).c_function(file, name)
}

/// The value of a member of an enum that a file has under a name, `module.Enum` or `Enum`.
pub fn enum_value(db: &dyn Db, file: SourceFile, path: &[Name], member: &Name) -> Option<Const> {
    let eval = Eval::new(db);
    let (first, rest) = path.split_first()?;
    let class = rest.iter().fold(eval.module_name(file, first), |of, attr| eval.attribute(&of, attr));
    match class {
        value::V::Class(class) => eval.enum_value(&class, member),
        _ => None,
    }
}

#[salsa::tracked(returns(clone))]
fn member_query(db: &dyn Db, file: SourceFile, module: Name, attr: Name) -> Global {
    let eval = Eval::new(db);
    let Some(module) = eval.resolve_module(file, &module) else {
        return Global::Unknown(Why::UnresolvedImport(module));
    };
    let value = eval.member(&module, &attr);
    eval.finish(&value)
}

/// An attribute of a module, which is given by its real name as `Ty::Module` has it; `file` is where it is used.
pub fn member(db: &dyn Db, file: SourceFile, module: &Name, attr: &Name) -> Global {
    member_query(db, file, module.clone(), attr.clone())
}

#[salsa::tracked(returns(clone))]
fn default_query<'db>(db: &'db dyn Db, kernel: Kernel<'db>, param: Name) -> Global {
    let of = kernel.of(db);
    let Some((def, scopes)) = syntax(db, kernel) else { return Global::Unknown(Why::BrokenSource) };
    let default = def
        .parameters
        .iter_non_variadic_params()
        .find(|candidate| candidate.parameter.name.as_str() == &*param)
        .and_then(|candidate| candidate.default.as_deref());
    let Some(default) = default else { return Global::Undefined };
    if let (Some(captured), ruff_python_ast::Expr::Name(name)) = (&of.captured, default)
        && let Some((_, value)) = captured.names.iter().find(|(captured, _)| **captured == *name.id.as_str())
    {
        return value.clone();
    }
    let eval = Eval::at_definition(db, kernel, &scopes);
    let value = eval.expr(&Env::of_scopes(of.file, &scopes), default);
    eval.finish(&value)
}

/// The value of a parameter's default.
pub fn default(db: &dyn Db, kernel: KernelRef, param: &Name) -> Global {
    default_query(db, Kernel::new(db, kernel), param.clone())
}

/// Whether an enum of this name has a member; `None` if the class is not known entirely.
pub(crate) fn enum_has(db: &dyn Db, file: SourceFile, class: &str, member: &str) -> Option<bool> {
    let eval = Eval::new(db);
    match eval.module_name(file, class) {
        value::V::Class(class) => eval.enum_has(&class, member),
        _ => None,
    }
}

/// The class of this name, if calling it certainly makes objects that Numba has no type for.
pub(crate) fn makes_objects(db: &dyn Db, file: SourceFile, name: &str) -> bool {
    let eval = Eval::new(db);
    match eval.module_name(file, name) {
        value::V::Class(class) => eval.makes_objects(&class, 0),
        _ => false,
    }
}

/// The jitted function that a dispatcher's spelling names: one that the file knows by this name, else the only one
/// of the package.
fn dispatcher(db: &dyn Db, file: SourceFile, spelled: &str) -> Option<Ty> {
    let name = spelled.strip_prefix("type(CPUDispatcher(<function ")?;
    let name = name.split(" at 0x").next()?.trim_end_matches(">))");
    // What an inner function is depends on the call of the function around it.
    if name.contains("<locals>") {
        return None;
    }
    let jitted = |kernel: &KernelRef| super::module::declared(db, kernel.clone()).kind == JitKind::Jit;
    match global(db, file, &name.into()) {
        Global::Jitted(kernel, declared) if declared.kind == JitKind::Jit && &*kernel.qualname == name => {
            return Some(Ty::dispatcher(kernel));
        }
        _ => {}
    }
    if let Some(kernel) = super::module::find_function(db, file, name, None).filter(jitted) {
        return Some(Ty::dispatcher(kernel));
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let definition = format!("def {last}(");
    let mut found = db
        .python_files(&package_folder(db, file))
        .into_iter()
        .map(|path| db.source(&path))
        .filter(|other| other.text(db).as_deref().is_some_and(|text| text.contains(&definition)))
        .filter_map(|other| super::module::find_function(db, other, name, None))
        .filter(jitted);
    match (found.next(), found.next()) {
        (Some(only), None) => Some(Ty::dispatcher(only)),
        _ => None,
    }
}

/// The file whose class a spelled type names: this one, or the only one of the package that defines such a class.
fn file_of_class(db: &dyn Db, file: SourceFile, class: &str) -> Option<SourceFile> {
    let heads = ["(", ":"].map(|end| format!("class {class}{end}"));
    let defines = |file: &SourceFile| {
        let text = file.text(db);
        let written = text.as_deref().is_some_and(|text| heads.iter().any(|head| text.contains(head)));
        written && super::module::index(db, *file).bindings.contains_key(class)
    };
    if defines(&file) {
        return Some(file);
    }
    let files = db.python_files(&package_folder(db, file)).into_iter().map(|path| db.source(&path));
    let mut found = files.filter(defines);
    match (found.next(), found.next()) {
        (only, None) => only,
        _ => None,
    }
}

/// The path of the class that a jitclass's spelling names.
fn jitclass_path(db: &dyn Db, file: SourceFile, class: &str) -> Option<Name> {
    let file = file_of_class(db, file, class)?;
    let module = Eval::new(db).module_name_of(&imports::Module::Project(file));
    Some(format!("{module}:{class}").into())
}

/// The folder of the outermost package that a file belongs to, or the file's own.
pub(super) fn package_folder(db: &dyn Db, file: SourceFile) -> std::path::PathBuf {
    let path = file.path(db);
    let root = imports::package_root(db, file);
    let package = path.strip_prefix(root).ok().and_then(|inner| inner.iter().next());
    match package.map(|package| root.join(package)) {
        Some(package) if package != path => package,
        _ => path.parent().unwrap_or(root).to_path_buf(),
    }
}

/// A type that was read from a spelling, with what the file's classes say filled in: the names of fields of named
/// tuples.
pub fn complete(db: &dyn Db, file: SourceFile, ty: &Ty) -> Ty {
    let Ty::NamedTuple(tuple) = ty else {
        return match ty {
            Ty::JitClassInstance(class) if !class.0.contains(':') => match global(db, file, &class.0) {
                Global::Value(Ty::JitClass(known)) if known.1.len() == class.1.len() => {
                    Ty::JitClassInstance(Arc::new((known.0.clone(), class.1.clone())))
                }
                _ => match jitclass_path(db, file, &class.0) {
                    Some(path) => Ty::JitClassInstance(Arc::new((path, class.1.clone()))),
                    None => ty.clone(),
                },
            },
            Ty::Opaque(spelled) => dispatcher(db, file, spelled).unwrap_or_else(|| ty.clone()),
            Ty::Tuple(items) => Ty::tuple(items.iter().map(|item| complete(db, file, item))),
            Ty::List { elem, source } => {
                Ty::List { elem: Arc::new(complete(db, file, elem)), source: source.clone() }
            }
            Ty::TypedList(elem) => Ty::TypedList(Arc::new(complete(db, file, elem))),
            Ty::Optional(inner) => Ty::Optional(Arc::new(complete(db, file, inner))),
            other => other.clone(),
        };
    };
    let mut fields: Vec<(Name, Ty)> =
        tuple.fields.iter().map(|(name, ty)| (name.clone(), complete(db, file, ty))).collect();
    let class = |file: SourceFile| match global(db, file, &tuple.name) {
        Global::Value(Ty::NamedTupleClass(class)) => Some(class),
        _ => None,
    };
    let elsewhere = || class(file_of_class(db, file, &tuple.name)?);
    if let Some(class) = class(file).or_else(elsewhere)
        && class.fields.len() == fields.len()
    {
        for ((name, _), (known, _)) in fields.iter_mut().zip(&class.fields) {
            *name = known.clone();
        }
    }
    Ty::NamedTuple(Arc::new(crate::ty::NamedTupleTy { name: tuple.name.clone(), fields }))
}
