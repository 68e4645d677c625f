//! Mutable structs: classes that `structref.define_proxy` or `define_constructor` gives a type and its fields.

use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{Expr, ExprCall, Stmt};

use super::NO_DEFAULT;
use super::eval::{Env, Eval};
use super::value::{Args, Class, V, constant, unknown};
use crate::db::SourceFile;
use crate::hir::extends;
use crate::hir::module::index;
use crate::hir::walk::Syntax;
use crate::ty::{Const, Name, NamedTupleTy, Ty, Why};

/// The name under which the call is bound that makes a struct of a class.
pub(in crate::hir) fn definition_of(class: &str) -> String {
    format!("{class}.<fields>")
}

/// The class that a statement makes a struct, if it may be one that does.
pub(in crate::hir) fn defines(call: &ExprCall) -> Option<&str> {
    let callee = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    match call.arguments.args.first() {
        Some(Expr::Name(class)) if matches!(callee, "define_proxy" | "define_constructor") => {
            Some(class.id.as_str())
        }
        _ => None,
    }
}

/// The type of calls of a class of this name: `None` if nothing makes it a struct.
pub(super) fn class<'db>(eval: &Eval<'db>, class: &Class<'db>) -> Option<Ty> {
    defined_in(eval, class, class.file)
}

/// The same where another file of the package may make it a struct.
pub(super) fn class_of_package<'db>(eval: &Eval<'db>, class: &Class<'db>) -> Option<Ty> {
    let bases = class.def.arguments.as_ref().is_some_and(|arguments| !arguments.args.is_empty());
    if !bases || !extends::package_extends(eval.db, class.file, class.def.name.as_str()) {
        return None;
    }
    let files = extends::registering(eval.db, class.file).iter().filter(|file| **file != class.file);
    files.into_iter().find_map(|file| defined_in(eval, class, *file))
}

fn defined_in<'db>(eval: &Eval<'db>, class: &Class<'db>, file: SourceFile) -> Option<Ty> {
    let place = *index(eval.db, file).bindings.get(definition_of(&class.def.name).as_str())?.last()?;
    let Some(Syntax::Value(Expr::Call(call))) = eval.binding_syntax(file, place) else { return None };
    let env = Env::Module(file);
    match &eval.arguments(&env, &call.arguments).positional[..] {
        [V::Class(proxy), V::Class(ty), fields] if is_same(proxy, class) => {
            let fields: Option<Vec<Name>> =
                fields.items()?.iter().map(|name| name.as_str().cloned()).collect();
            let ty = Ty::StructRefClass(Arc::new(typed(eval, ty, fields?)));
            Some(ty)
        }
        _ => None,
    }
}

fn is_same(a: &Class<'_>, b: &Class<'_>) -> bool {
    (a.file, &a.qualname) == (b.file, &b.qualname)
}

/// The fields have the types of the arguments, if the class of the type does not make others of them.
fn typed<'db>(eval: &Eval<'db>, ty: &Rc<Class<'db>>, fields: Vec<Name>) -> NamedTupleTy {
    let kept = keeps_types(eval, ty, &fields);
    let field = |name: Name| match kept {
        true => (name, NO_DEFAULT),
        false => (name, Ty::Hole(Why::NotModelled("a field of a struct"))),
    };
    NamedTupleTy { name: ty.def.name.as_str().into(), fields: fields.into_iter().map(field).collect() }
}

/// Whether `preprocess_fields` leaves types as they are that are no literals.
fn keeps_types<'db>(eval: &Eval<'db>, ty: &Rc<Class<'db>>, fields: &[Name]) -> bool {
    let own = ty
        .def
        .body
        .iter()
        .any(|stmt| matches!(stmt, Stmt::FunctionDef(def) if def.name.as_str() == "preprocess_fields"));
    if !own {
        return true;
    }
    let pair = |name: &Name| Eval::tuple(vec![constant(Const::Str(name.clone())), V::Type(Ty::INT64)]);
    let given = Eval::tuple(fields.iter().map(pair).collect());
    let method = eval.class_attribute(ty, "preprocess_fields");
    let made = eval.call(&method, Args::of(vec![unknown("an instance of a class"), given])).items();
    let kept = |made: &V<'db>| matches!(made.items().as_deref(), Some([_, V::Type(Ty::INT64)]));
    made.is_some_and(|made| made.len() == fields.len() && made.iter().all(kept))
}
