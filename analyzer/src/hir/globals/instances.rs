//! The functions that the calls of a factory make: what an inner function sees of the calls around it.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::super::module::{index, segment_count};
use super::super::segment::{parsed, segment_text};
use super::eval::{Env, Eval};
use super::supposed::made_by_calls;
use super::value::V;
use super::{Global, package_folder};
use crate::db::{Db, SourceFile};
use crate::ty::KernelRef;

/// The calls of one name: whether each stands inside a function or class, and the call that takes its result.
struct Calls<'a> {
    name: &'a str,
    inside: bool,
    around: Option<&'a Expr>,
    found: Vec<(&'a Expr, bool, Option<&'a Expr>)>,
}

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let outer = self.inside;
        self.inside |= matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_));
        walk_stmt(self, stmt);
        self.inside = outer;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let named = match expr {
            Expr::Call(call) => match &*call.func {
                Expr::Name(name) => name.id.as_str() == self.name,
                Expr::Attribute(attribute) => attribute.attr.as_str() == self.name,
                _ => false,
            },
            _ => false,
        };
        if named {
            self.found.push((expr, self.inside, self.around));
        }
        let around = std::mem::replace(&mut self.around, expr.is_call_expr().then_some(expr));
        walk_expr(self, expr);
        self.around = around;
    }
}

/// The functions that the package makes of an inner function of a factory.
pub struct Instances {
    pub kernels: Vec<KernelRef>,
    /// The factory is called where the arguments depend on further calls: others than those found may give it others.
    pub supposed: bool,
}

/// Every function that the package makes of an inner function of a factory, as far as its calls can be followed. No
/// query may ask, since files come and go unnoticed.
pub fn instances(db: &dyn Db, kernel: &KernelRef) -> Instances {
    let none = Instances { kernels: Vec::new(), supposed: false };
    let Some((factory, _)) = kernel.qualname.split_once(".<locals>.") else { return none };
    if kernel.captured.is_some() {
        return none;
    }
    match made_by_modules(db, kernel, factory) {
        Some(kernels) => Instances { kernels, supposed: false },
        None => Instances { kernels: made_by_calls(db, kernel), supposed: true },
    }
}

/// Every function made, if all calls of the factory stand at module level.
fn made_by_modules(db: &dyn Db, kernel: &KernelRef, factory: &str) -> Option<Vec<KernelRef>> {
    if factory.contains('.') {
        return None;
    }
    let mut files = vec![kernel.file];
    for path in db.python_files(&package_folder(db, kernel.file)) {
        let file = db.source(&path);
        if !files.contains(&file) && file.text(db).as_deref().is_some_and(|text| text.contains(factory)) {
            files.push(file);
        }
    }
    let mut made = Made::default();
    for file in files {
        calls_in(db, file, factory, kernel, &mut made)?;
    }
    // Of functions that the factory leaves plain, those count that are jitted where it is called.
    Some(if made.jitted.is_empty() { made.plain } else { made.jitted })
}

/// The functions that the calls of a factory make.
#[derive(Default)]
struct Made {
    plain: Vec<KernelRef>,
    jitted: Vec<KernelRef>,
}

/// Adds what the calls in a file make; `None` if one of them depends on more than the module's names.
fn calls_in(db: &dyn Db, file: SourceFile, factory: &str, kernel: &KernelRef, made: &mut Made) -> Option<()> {
    let known = |name: &str| index(db, file).bindings.contains_key(name);
    for number in 0..segment_count(db, file) {
        let Some(segment) = segment_text(db, file, number) else { continue };
        let mut calls = Calls { name: factory, inside: false, around: None, found: Vec::new() };
        calls.visit_body(&parsed(db, segment).stmts);
        for (call, inside, around) in calls.found {
            let method = matches!(call, Expr::Call(call) if call.func.is_attribute_expr());
            if !method && !known(factory) {
                continue;
            }
            if inside {
                return None;
            }
            let eval = Eval::new(db);
            eval.expr(&Env::Module(file), call);
            let around = around.map(|around| Eval::new(db).expr(&Env::Module(file), around));
            let around =
                around.filter(|value| matches!(value, V::Jitted(function, _) if function.kernel == *kernel));
            for value in eval.made.take() {
                let (V::Jitted(function, _) | V::Function(function)) = &value else { continue };
                if function.kernel != *kernel {
                    continue;
                }
                let (instance, jitted) = match eval.finish(around.as_ref().unwrap_or(&value)) {
                    Global::Jitted(instance, _) => (instance, true),
                    Global::Plain(instance) => (instance, false),
                    _ => continue,
                };
                let kind = if jitted { &mut made.jitted } else { &mut made.plain };
                if !kind.contains(&instance) {
                    kind.push(instance);
                }
            }
        }
    }
    Some(())
}
