//! What a jitclass's methods are: those of the class and of the classes that it extends.

use ruff_python_ast::{Expr, StmtClassDef, StmtFunctionDef};

use super::super::module::{find_functions, functions_in, syntax};
use super::super::walk::Scope;
use super::Global;
use super::eval::{Env, Eval};
use super::imports::Module;
use super::value::V;
use crate::db::{Db, SourceFile};
use crate::ty::{KernelRef, Name};

/// A member of a jitclass that is no field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClassMember {
    Method(KernelRef),
    Static(KernelRef),
    Property {
        get: Option<KernelRef>,
        set: Option<KernelRef>,
    },
    /// The class is not known well enough.
    Unknown,
    Missing,
}

#[salsa::tracked(returns(clone))]
fn member_query(db: &dyn Db, file: SourceFile, class: Name, name: Name) -> ClassMember {
    let Some((module, qualname)) = class.rsplit_once(':') else { return ClassMember::Unknown };
    let eval = Eval::new(db);
    match eval.resolve_module(file, module) {
        Some(Module::Project(file)) => find(&eval, file, qualname, &name, 0),
        _ => ClassMember::Unknown,
    }
}

/// A member of a jitclass by the class's path, as `Ty::JitClass` has it; `file` is where it is used.
pub fn class_member(db: &dyn Db, file: SourceFile, class: &Name, name: &Name) -> ClassMember {
    member_query(db, file, class.clone(), name.clone())
}

fn find(eval: &Eval<'_>, file: SourceFile, class: &str, name: &str, depth: u32) -> ClassMember {
    let found = find_functions(eval.db, file, &format!("{class}.{name}"));
    if let Some(last) = found.last() {
        let mut member = ClassMember::Method(last.clone());
        let mut accessors = (None, None);
        for kernel in &found {
            let Some((def, _)) = syntax(eval.db, kernel.clone()) else { return ClassMember::Unknown };
            member = match role(def) {
                Role::Plain => ClassMember::Method(kernel.clone()),
                Role::Static => ClassMember::Static(kernel.clone()),
                Role::Getter => {
                    accessors = (Some(kernel.clone()), None);
                    ClassMember::Property { get: accessors.0.clone(), set: None }
                }
                Role::Setter => {
                    accessors.1 = Some(kernel.clone());
                    ClassMember::Property { get: accessors.0.clone(), set: accessors.1.clone() }
                }
                Role::Other => ClassMember::Unknown,
            };
        }
        return member;
    }
    // A class without any function cannot be a jitclass; one of its functions shows the class.
    let Some((def, env)) = definition(eval, file, class) else { return ClassMember::Unknown };
    let bases = def.arguments.as_ref().map_or(&[][..], |arguments| &arguments.args[..]);
    for base in bases {
        let found = match eval.expr(&env, base) {
            V::Class(base) if depth < 8 => find(eval, base.file, &base.qualname, name, depth + 1),
            V::Global(Global::Value(_)) => ClassMember::Missing,
            _ => ClassMember::Unknown,
        };
        if found != ClassMember::Missing {
            return found;
        }
    }
    ClassMember::Missing
}

/// The statement of a class, found through one of the functions in it, and where its bases are evaluated.
fn definition<'db>(eval: &Eval<'db>, file: SourceFile, class: &str) -> Option<(&'db StmtClassDef, Env<'db>)> {
    let inside = functions_in(eval.db, file, class);
    let (_, scopes) = syntax(eval.db, inside.first()?.clone())?;
    let (last, outer) = scopes.split_last()?;
    match last {
        Scope::Class(def) => Some((def, Env::of_scopes(file, outer))),
        Scope::Function(_) => None,
    }
}

enum Role {
    Plain,
    Static,
    Getter,
    Setter,
    Other,
}

fn role(def: &StmtFunctionDef) -> Role {
    match &def.decorator_list[..] {
        [] => Role::Plain,
        [only] => match &only.expression {
            Expr::Name(name) if name.id.as_str() == "property" => Role::Getter,
            Expr::Name(name) if name.id.as_str() == "staticmethod" => Role::Static,
            Expr::Attribute(attribute) if attribute.attr.as_str() == "setter" => Role::Setter,
            _ => Role::Other,
        },
        _ => Role::Other,
    }
}
