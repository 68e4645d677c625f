//! Syntax to kernel IR, faithful to what Numba reads from CPython 3.11's bytecode.
//!
//! Three steps: the syntax is compiled to stack code as CPython does ([`expr`], [`stmt`], [`loops`], [`protect`]),
//! its control flow is tidied as CPython does ([`flow`]), and the stack is run symbolically as Numba does
//! ([`simulate`]). Nothing here knows types.

mod builder;
mod code;
mod exposed;
mod expr;
mod flow;
mod fold;
mod loops;
mod objmode;
mod pattern;
mod protect;
mod scope;
mod simulate;
mod step;
mod stmt;
#[cfg(test)]
mod tests;
mod trim;

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr, Stmt};

use super::Lowered;
use super::body::{Body, DefaultValue, Origin, Param, ParamKind, RefusedKind};
use super::segment::SyntaxError;
use super::source_map::Syntax;
use crate::ty::Name;
use builder::{Gen, Source};
use code::{At, Op};
use scope::Bound;

/// The body of a function. `source` is the text that the ranges refer to, `errors` are those of its syntax; `enclosing`
/// are the variables of the functions around it.
pub(crate) fn function(
    def: &ast::StmtFunctionDef,
    source: &str,
    errors: &[SyntaxError],
    enclosing: &[Name],
) -> Lowered {
    let mut text = Source::new(source, errors);
    let bound = Bound::of_function(&def.body);
    let (body, _) = compile(&mut text, enclosing.to_vec(), Some(&def.parameters), &bound, false, |cx| {
        // A coroutine that awaits nothing is compiled as any function.
        cx.function_body(&def.body);
    });
    lowered(text, body)
}

/// A module's own statements, to find calls of kernels in. Nothing in it is refused.
pub(crate) fn module(stmts: &[Stmt], source: &str, errors: &[SyntaxError]) -> Lowered {
    let mut text = Source::new(source, errors);
    let bound = Bound::of_module(stmts);
    let (body, _) = compile(&mut text, Vec::new(), None, &bound, true, |cx| cx.function_body(stmts));
    lowered(text, body)
}

fn lowered(text: Source, body: Body) -> Lowered {
    Lowered { body: Arc::new(body), map: Arc::new(text.map) }
}

/// The body of a function inside the one that `outer` compiles, and the outer variables it reads.
fn inner<'b>(
    outer: &mut Gen<'_, '_>,
    parameters: Option<&'b ast::Parameters>,
    bound: &Bound,
    emit: impl FnOnce(&mut Gen<'b, '_>),
) -> (Body, Vec<Name>) {
    let enclosing = if outer.module { Vec::new() } else { outer.scope.visible() };
    compile(outer.source, enclosing, parameters, bound, false, emit)
}

fn compile<'b>(
    source: &mut Source,
    enclosing: Vec<Name>,
    parameters: Option<&'b ast::Parameters>,
    bound: &Bound,
    module: bool,
    emit: impl FnOnce(&mut Gen<'b, '_>),
) -> (Body, Vec<Name>) {
    let mut cx = Gen::new(source, bound, enclosing);
    cx.module = module;
    let params = parameters.map_or_else(Vec::new, |parameters| self::parameters(&mut cx, parameters));
    cx.add_locals(bound);
    cx.emit(Op::Resume, At { origin: params.first().map_or(Origin::NONE, |param| param.origin), line: 1 });
    for param in params.iter().filter(|param| param.kind == ParamKind::KwArgs) {
        let kind = RefusedKind::KwArgs(param.name.clone());
        cx.refuse(kind, 0, 0, At { origin: param.origin, line: 0 });
    }
    emit(&mut cx);
    let Gen { mut code, scope, vars, functions, broken, comprehensions, .. } = cx;
    flow::tidy(&mut code);
    let is_generator = bound.yields;
    let body = Body { params, vars, functions, broken, comprehensions, is_generator, ..Body::default() };
    let mut sim = simulate::Sim::new(&code, body, module).run();
    trim::trim(&mut sim);
    (sim.body, scope.free)
}

fn parameters(cx: &mut Gen<'_, '_>, parameters: &ast::Parameters) -> Vec<Param> {
    let mut params = Vec::new();
    let mut add = |cx: &mut Gen<'_, '_>, parameter: &ast::Parameter, kind, default: Option<&Expr>| {
        let name: Name = parameter.name.as_str().into();
        let var = cx.new_var(Some(name.clone()));
        cx.scope.add_local(name.clone(), var);
        let origin = cx.source.at(parameter.name.range, Syntax::Name).origin;
        params.push(Param { name, var, kind, default: default.map(default_value), origin });
    };
    for parameter in &parameters.posonlyargs {
        add(cx, &parameter.parameter, ParamKind::PositionalOnly, parameter.default());
    }
    for parameter in &parameters.args {
        add(cx, &parameter.parameter, ParamKind::Positional, parameter.default());
    }
    // CPython numbers keyword-only parameters before the variadic one.
    for parameter in &parameters.kwonlyargs {
        add(cx, &parameter.parameter, ParamKind::KeywordOnly, parameter.default());
    }
    if let Some(parameter) = &parameters.vararg {
        add(cx, parameter, ParamKind::VarArgs, None);
    }
    if let Some(parameter) = &parameters.kwarg {
        add(cx, parameter, ParamKind::KwArgs, None);
    }
    params
}

fn default_value(expr: &Expr) -> DefaultValue {
    fn dotted(expr: &Expr) -> Option<String> {
        match expr {
            Expr::Name(name) => Some(name.id.to_string()),
            Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
            _ => None,
        }
    }
    match (fold::constant(expr), dotted(expr)) {
        (Some(value), _) => DefaultValue::Const(value),
        (None, Some(path)) => DefaultValue::Global(path.into()),
        (None, None) => DefaultValue::Other,
    }
}
