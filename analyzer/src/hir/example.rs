//! Expressions and example calls as plain data, for tools that look for arguments to call a function with.

use std::ops::RangeInclusive;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    Expr as Ast, ModModule, Number, Operator, PySourceType, Stmt, StmtFunctionDef, UnaryOp,
};
use ruff_python_parser::{ParseOptions, Parsed, parse_expression, parse_unchecked};
use ruff_text_size::Ranged;

/// An expression simple enough to be computed without Python.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// An imaginary literal.
    Imaginary(f64),
    Str(String),
    /// A dotted name.
    Name(String),
    Tuple(Vec<Expr>),
    List(Vec<Expr>),
    Set(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Negative(Box<Expr>),
    /// `+ - * / %`, and `^` for a power, `|` for a floor division.
    Binary(Box<Expr>, char, Box<Expr>),
    Call {
        function: String,
        args: Vec<Expr>,
        keywords: Vec<(String, Expr)>,
    },
    /// Anything else.
    Other,
}

/// A parameter of a function as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub default: Option<String>,
    /// `*args`
    pub variadic: bool,
}

/// A function of a file, and the calls that show how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub params: Vec<Parameter>,
    /// From 1; the line of `def`.
    pub line: u32,
    /// From 1; from the first decorator to the end of the body.
    pub lines: RangeInclusive<u32>,
    pub calls: Vec<ExampleCall>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKind {
    /// `# jitcheck: run f(1, 2)`
    Comment,
    /// `>>> f(1, 2)`
    Doctest,
    /// A call at the module's top level, conditions and loops included.
    Module,
    /// A call in another function.
    Inner,
}

/// A call, best kind first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleCall {
    pub kind: CallKind,
    /// From 1.
    pub line: u32,
    pub text: String,
}

/// Reads one expression.
pub fn expression(text: &str) -> Option<Expr> {
    parse_expression(text.trim()).ok().map(|parsed| convert(parsed.expr()))
}

/// Looks for a function by its `__qualname__`, and for calls of it. The last definition of a name holds, as in Python.
pub fn example(text: &str, notebook: bool, function: &str) -> Option<Example> {
    let parsed = parse(text, notebook)?;
    let mut path: Vec<&str> = function.split('.').filter(|part| *part != "<locals>").collect();
    let name = path.pop()?;
    let definition = find(&parsed.syntax().body, &path, name)?;
    let line = line_of(text, definition.name.start().to_usize());
    let mut calls = comment_calls(text, notebook, name);
    calls.extend(doctest_calls(text, definition, name));
    if path.is_empty() {
        let mut visitor = ModuleCalls { text, name, inside: 0, calls: Vec::new() };
        visitor.visit_body(&parsed.syntax().body);
        calls.extend(visitor.calls);
    }
    calls.sort_by_key(|call| (call.kind, call.line));
    let (start, end) = (definition.range.start().to_usize(), definition.range.end().to_usize());
    let lines = line_of(text, start)..=line_of(text, end);
    Some(Example { params: parameters(text, definition), line, lines, calls })
}

/// The value that a module-level name is assigned, where it is assigned once.
pub fn assigned(text: &str, notebook: bool, name: &str) -> Option<Expr> {
    let parsed = parse(text, notebook)?;
    let mut found = Assignments { name, values: Vec::new(), others: 0 };
    found.visit_body(&parsed.syntax().body);
    match (found.values.as_slice(), found.others) {
        ([value], 0) => Some(value.clone()),
        _ => None,
    }
}

/// Whether the module defines this function at its top level.
pub fn defines(text: &str, notebook: bool, function: &str) -> bool {
    parse(text, notebook).is_some_and(|parsed| find(&parsed.syntax().body, &[], function).is_some())
}

fn parse(text: &str, notebook: bool) -> Option<Parsed<ModModule>> {
    let kind = if notebook { PySourceType::Ipynb } else { PySourceType::Python };
    parse_unchecked(text, ParseOptions::from(kind)).try_into_module()
}

fn line_of(text: &str, offset: usize) -> u32 {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() as u32 + 1
}

fn find<'a>(body: &'a [Stmt], path: &[&str], name: &str) -> Option<&'a StmtFunctionDef> {
    let mut found = None;
    for statement in body {
        let inner: Vec<&'a [Stmt]> = match statement {
            Stmt::FunctionDef(function) if path.is_empty() && function.name.as_str() == name => {
                found = Some(function);
                continue;
            }
            Stmt::FunctionDef(outer) if path.first() == Some(&outer.name.as_str()) => {
                found = find(&outer.body, &path[1..], name).or(found);
                continue;
            }
            Stmt::ClassDef(outer) if path.first() == Some(&outer.name.as_str()) => {
                found = find(&outer.body, &path[1..], name).or(found);
                continue;
            }
            Stmt::If(branch) => std::iter::once(branch.body.as_slice())
                .chain(branch.elif_else_clauses.iter().map(|clause| clause.body.as_slice()))
                .collect(),
            Stmt::Try(block) => vec![&block.body, &block.orelse, &block.finalbody],
            Stmt::With(block) => vec![&block.body],
            _ => continue,
        };
        for body in inner {
            found = find(body, path, name).or(found);
        }
    }
    found
}

fn parameters(text: &str, function: &StmtFunctionDef) -> Vec<Parameter> {
    let parameters = &function.parameters;
    let one = |parameter: &ruff_python_ast::ParameterWithDefault| Parameter {
        name: parameter.parameter.name.to_string(),
        default: parameter.default.as_ref().map(|default| text[default.range()].to_owned()),
        variadic: false,
    };
    let mut all: Vec<Parameter> = parameters.posonlyargs.iter().chain(&parameters.args).map(one).collect();
    if let Some(rest) = &parameters.vararg {
        all.push(Parameter { name: rest.name.to_string(), default: None, variadic: true });
    }
    all.extend(parameters.kwonlyargs.iter().map(one));
    all
}

fn comment_calls(text: &str, notebook: bool, name: &str) -> Vec<ExampleCall> {
    if !text.contains("jitcheck:") {
        return Vec::new();
    }
    let comments = super::comments::comments(text, notebook).into_iter();
    let calls = comments.filter_map(|comment| {
        let body = text[comment.clone()].trim_start_matches('#').trim_start().strip_prefix("jitcheck:")?;
        let call = call_text(body.trim_start().strip_prefix("run")?.trim(), name)?;
        Some(ExampleCall { kind: CallKind::Comment, line: line_of(text, comment.start), text: call })
    });
    calls.collect()
}

fn doctest_calls(text: &str, function: &StmtFunctionDef, name: &str) -> Vec<ExampleCall> {
    let Some(Stmt::Expr(first)) = function.body.first() else { return Vec::new() };
    let Ast::StringLiteral(docstring) = &*first.value else { return Vec::new() };
    let start = line_of(text, docstring.start().to_usize());
    let mut calls = Vec::new();
    for (index, line) in text[docstring.range()].lines().enumerate() {
        if let Some(code) = line.trim_start().strip_prefix(">>> ")
            && let Some(call) = call_text(code, name)
        {
            calls.push(ExampleCall { kind: CallKind::Doctest, line: start + index as u32, text: call });
        }
    }
    calls
}

/// The first call of the function in a line of code.
fn call_text(code: &str, name: &str) -> Option<String> {
    let parsed = parse_unchecked(code, ParseOptions::from(PySourceType::Python)).try_into_module()?;
    if parsed.has_invalid_syntax() {
        return None;
    }
    let mut visitor = ModuleCalls { text: code, name, inside: 0, calls: Vec::new() };
    visitor.visit_body(&parsed.syntax().body);
    visitor.calls.into_iter().next().map(|call| call.text)
}

struct ModuleCalls<'a> {
    text: &'a str,
    name: &'a str,
    /// How many functions are around.
    inside: usize,
    calls: Vec<ExampleCall>,
}

impl<'a> Visitor<'a> for ModuleCalls<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        // What a function does is not what the module does, and what it does itself shows nothing.
        match statement {
            Stmt::FunctionDef(function) if function.name.as_str() == self.name => {}
            Stmt::FunctionDef(_) => {
                self.inside += 1;
                walk_stmt(self, statement);
                self.inside -= 1;
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Ast) {
        if let Ast::Call(call) = expr
            && dotted(&call.func).is_some_and(|name| name.rsplit('.').next() == Some(self.name))
        {
            let line = line_of(self.text, call.start().to_usize());
            let kind = if self.inside > 0 { CallKind::Inner } else { CallKind::Module };
            self.calls.push(ExampleCall { kind, line, text: self.text[call.range()].to_owned() });
        }
        if !matches!(expr, Ast::Lambda(_)) {
            walk_expr(self, expr);
        }
    }
}

struct Assignments<'a> {
    name: &'a str,
    values: Vec<Expr>,
    /// Other ways in which the name is set.
    others: usize,
}

impl<'a> Visitor<'a> for Assignments<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [Ast::Name(target)] if target.id.as_str() == self.name => {
                    self.values.push(convert(&assign.value))
                }
                _ => walk_stmt(self, statement),
            },
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Ast) {
        match expr {
            Ast::Name(name) if name.id.as_str() == self.name && name.ctx.is_store() => self.others += 1,
            // `x[0] = 1` and `x.sort()` change what the assignment says.
            Ast::Subscript(subscript)
                if subscript.ctx.is_store() && dotted(&subscript.value).as_deref() == Some(self.name) =>
            {
                self.others += 1;
            }
            Ast::Call(call)
                if dotted(&call.func).is_some_and(|path| path.split('.').next() == Some(self.name)) =>
            {
                self.others += 1;
            }
            _ => walk_expr(self, expr),
        }
    }
}

fn dotted(expr: &Ast) -> Option<String> {
    match expr {
        Ast::Name(name) => Some(name.id.to_string()),
        Ast::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
        _ => None,
    }
}

fn convert(expr: &Ast) -> Expr {
    let all = |items: &[Ast]| items.iter().map(convert).collect();
    match expr {
        Ast::NoneLiteral(_) => Expr::None,
        Ast::BooleanLiteral(literal) => Expr::Bool(literal.value),
        Ast::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => int.to_string().parse().map_or(Expr::Other, Expr::Int),
            Number::Float(value) => Expr::Float(*value),
            Number::Complex { imag, .. } => Expr::Imaginary(*imag),
        },
        Ast::StringLiteral(literal) => Expr::Str(literal.value.to_str().to_owned()),
        Ast::Name(_) | Ast::Attribute(_) => dotted(expr).map_or(Expr::Other, Expr::Name),
        Ast::Tuple(tuple) => Expr::Tuple(all(&tuple.elts)),
        Ast::List(list) => Expr::List(all(&list.elts)),
        Ast::Set(set) => Expr::Set(all(&set.elts)),
        Ast::Dict(dict) => {
            let items =
                dict.items.iter().map(|item| Some((convert(item.key.as_ref()?), convert(&item.value))));
            items.collect::<Option<_>>().map_or(Expr::Other, Expr::Dict)
        }
        Ast::UnaryOp(unary) => match unary.op {
            UnaryOp::USub => Expr::Negative(Box::new(convert(&unary.operand))),
            UnaryOp::UAdd => convert(&unary.operand),
            _ => Expr::Other,
        },
        Ast::BinOp(binary) => {
            let op = match binary.op {
                Operator::Add => '+',
                Operator::Sub => '-',
                Operator::Mult => '*',
                Operator::Div => '/',
                Operator::Pow => '^',
                Operator::FloorDiv => '|',
                Operator::Mod => '%',
                _ => return Expr::Other,
            };
            Expr::Binary(Box::new(convert(&binary.left)), op, Box::new(convert(&binary.right)))
        }
        Ast::Call(call) => {
            let keywords = call.arguments.keywords.iter();
            let keywords =
                keywords.map(|keyword| Some((keyword.arg.as_ref()?.to_string(), convert(&keyword.value))));
            match (dotted(&call.func), keywords.collect::<Option<_>>()) {
                (Some(function), Some(keywords)) => {
                    Expr::Call { function, args: all(&call.arguments.args), keywords }
                }
                _ => Expr::Other,
            }
        }
        _ => Expr::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_best_kind_first() {
        let text = "# jitcheck: run f(1, 2)\ndef f(a, b=2):\n    '''Adds.\n\n    >>> f(3, 4)\n    7\n    '''\n    return a + b\n\nif __name__ == '__main__':\n    print(f(5, 6))\n";
        let found = example(text, false, "f").unwrap();
        let calls: Vec<(&str, u32)> =
            found.calls.iter().map(|call| (call.text.as_str(), call.line)).collect();
        assert_eq!(calls, [("f(1, 2)", 1), ("f(3, 4)", 5), ("f(5, 6)", 11)]);
        assert_eq!(found.params[1].default.as_deref(), Some("2"));
        assert_eq!(found.line, 2);
    }

    #[test]
    fn methods_and_inner_functions_are_found_by_qualified_name() {
        let text =
            "class C:\n    def m(self):\n        pass\n\ndef outer():\n    def inner(x):\n        pass\n";
        assert_eq!(example(text, false, "C.m").unwrap().line, 2);
        assert_eq!(example(text, false, "outer.<locals>.inner").unwrap().line, 6);
        assert!(example(text, false, "inner").is_none());
    }

    #[test]
    fn a_name_assigned_once_has_a_value() {
        assert_eq!(assigned("n = 3\nf(n)\n", false, "n"), Some(Expr::Int(3)));
        assert_eq!(assigned("n = 3\nn += 1\n", false, "n"), None);
    }
}
