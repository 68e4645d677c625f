//! The shape of the main constructs.

mod control;
mod expressions;
mod refusals;

use ruff_python_ast::Stmt;

use super::function;
use crate::hir::Lowered;
use crate::hir::body::{InstKind, Value};
use crate::hir::segment::parse;

fn lower(source: &str) -> Lowered {
    let parsed = parse(source);
    let def = parsed.stmts.into_iter().find_map(|stmt| match stmt {
        Stmt::FunctionDef(def) => Some(def),
        _ => None,
    });
    function(&def.expect("the test has a function"), source, &parsed.errors, &[])
}

#[track_caller]
fn check(source: &str, expected: &str) {
    let trim = |text: &str| text.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let source: Vec<&str> = source.lines().skip(1).map(|line| line.get(8..).unwrap_or("")).collect();
    assert_eq!(trim(&lower(&source.join("\n")).body.to_string()), trim(expected));
}
