//! The shape of the main constructs.

use ruff_python_ast::Stmt;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::function;
use crate::hir::Lowered;

fn lower(source: &str) -> Lowered {
    let ruff_python_ast::Mod::Module(module) = parse_unchecked(source, ParseOptions::from(Mode::Module)).into_syntax()
    else {
        panic!("a module")
    };
    let def = module.body.into_iter().find_map(|stmt| match stmt {
        Stmt::FunctionDef(def) => Some(def),
        _ => None,
    });
    function(&def.expect("the test has a function"), source, &[])
}

#[track_caller]
fn check(source: &str, expected: &str) {
    let trim = |text: &str| text.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert_eq!(trim(&lower(source).body.to_string()), trim(expected));
}

#[test]
fn a_while_loop_tests_its_condition_again_at_its_end() {
    check(
        "def f(n):\n    x = 0\n    while n > 0:\n        n -= 1\n        if n == 3:\n            break\n    return x\n",
        "
        b0:
          n = param 0
          x = 0
          %2 = 0
          %3 = n > %2
          if %3 then b1 else b4
        b1:
          %4 = 1
          %5 = n -= %4
          n = %5
          %6 = 3
          %7 = n == %6
          if %7 then b2 else b3
        b2:
          jump b4
        b3:
          %8 = 0
          %9 = n > %8
          if %9 then b1 else b4
        b4:
          return x
        ",
    );
}
