//! The shape of the main constructs.

use ruff_python_ast::Stmt;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::function;
use crate::hir::Lowered;
use crate::hir::body::{InstKind, Value};

fn lower(source: &str) -> Lowered {
    let ruff_python_ast::Mod::Module(module) =
        parse_unchecked(source, ParseOptions::from(Mode::Module)).into_syntax()
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
    let source: Vec<&str> = source.lines().skip(1).map(|line| line.get(8..).unwrap_or("")).collect();
    assert_eq!(trim(&lower(&source.join("\n")).body.to_string()), trim(expected));
}

#[test]
fn a_while_loop_tests_its_condition_again_at_its_end() {
    check(
        r#"
        def f(n):
            x = 0
            while n > 0:
                n -= 1
                if n == 3:
                    break
            return x
        "#,
        r#"
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
        "#,
    );
}

#[test]
fn the_body_of_a_for_starts_with_its_target_and_else_follows_the_header() {
    check(
        r#"
        def f(a):
            s = 0
            for i, x in a:
                if x:
                    continue
                s = i
                break
            else:
                s = 2
            return s
        "#,
        r#"
        b0:
          a = param 0
          s = 0
          %4 = iter a
          jump b1
        b1:
          %5 = next %4
          %6 = first %5
          %7 = second %5
          if %7 then b2 else b5
        b2:
          %8 = exhaust %6 2
          %9 = 0
          %10 = %8[%9]
          %11 = 1
          %12 = %8[%11]
          i = %10
          x = %12
          if x then b3 else b4
        b3:
          jump b1
        b4:
          s = i
          jump b6
        b5:
          s = 2
          jump b6
        b6:
          return s
        "#,
    );
}

#[test]
fn and_and_or_leave_their_operand_on_the_way_out() {
    check(
        r#"
        def f(a, b, c):
            x = a and b or c
            return x
        "#,
        r#"
        b0:
          a = param 0
          b = param 1
          c = param 2
          if a then b1 else b2
        b1:
          %4 = b
          if b then b3 else b2
        b2:
          %4 = c
          jump b3
        b3:
          x = %4
          return x
        "#,
    );
}

#[test]
fn not_turns_a_branch_and_a_chain_drops_its_middle() {
    check(
        r#"
        def f(a, b, c):
            if not a < b < c:
                return 1
            return 2
        "#,
        r#"
        b0:
          a = param 0
          b = param 1
          c = param 2
          %3 = a < b
          if %3 then b1 else b3
        b1:
          %4 = b < c
          if %4 then b5 else b2
        b2:
          jump b4
        b3:
          jump b4
        b4:
          %5 = 1
          return %5
        b5:
          %6 = 2
          return %6
        "#,
    );
}

#[test]
fn none_is_tested_so_that_truth_falls_through() {
    check(
        r#"
        def f(a):
            if a is None:
                return 1
            return 2
        "#,
        r#"
        b0:
          a = param 0
          %1 = None
          %2 = a is %1
          if %2 then b1 else b2
        b1:
          %3 = 1
          return %3
        b2:
          %4 = 2
          return %4
        "#,
    );
}

#[test]
fn constants_are_folded_and_branches_on_them_go() {
    check(
        r#"
        def f():
            if False:
                import os
            x = 2 * 3 + 1
            y = (1, (2, -3))
            z = 'a' 'b'
            while True:
                return x
            return y, z
        "#,
        r#"
        b0:
          x = 7
          %3 = 1
          %4 = (2, -3, )
          y = tuple(%3, %4)
          z = "ab"
          return x
        "#,
    );
}

#[test]
fn a_list_that_nobody_else_sees_is_a_tuple() {
    check(
        r#"
        def f(a, b):
            for x in [a, b]:
                if x in [1, 2]:
                    return [1, 2, (3, 4)]
        "#,
        r#"
        b0:
          a = param 0
          b = param 1
          %3 = tuple(a, b)
          %4 = iter %3
          jump b1
        b1:
          %5 = next %4
          %6 = first %5
          %7 = second %5
          if %7 then b2 else b5
        b2:
          x = %6
          %8 = 1
          %9 = 2
          %10 = tuple(%8, %9)
          %11 = x in %10
          if %11 then b3 else b4
        b3:
          %12 = 1
          %13 = 2
          %14 = (3, 4, )
          %15 = list(%12, %13, %14)
          return %15
        b4:
          jump b1
        b5:
          %16 = None
          return %16
        "#,
    );
}

#[test]
fn a_swap_keeps_the_old_value() {
    check(
        r#"
        def f(a, b):
            a, b = b, a
            return a
        "#,
        r#"
        b0:
          a = param 0
          b = param 1
          %2 = b
          b = a
          a = %2
          return a
        "#,
    );
}

#[test]
fn unpacking_takes_items_by_constant_index() {
    check(
        r#"
        def f(t):
            a, (b, c) = d = t
            return a
        "#,
        r#"
        b0:
          t = param 0
          %5 = exhaust t 2
          %6 = 0
          %7 = %5[%6]
          %8 = 1
          %9 = %5[%8]
          a = %7
          %10 = exhaust %9 2
          %11 = 0
          %12 = %10[%11]
          %13 = 1
          %14 = %10[%13]
          b = %12
          c = %14
          d = t
          return a
        "#,
    );
}

#[test]
fn an_augmented_item_evaluates_its_place_once() {
    check(
        r#"
        def f(a, i):
            a[i, 1:] += 2
            a.x += 1
        "#,
        r#"
        b0:
          a = param 0
          i = param 1
          %2 = 1
          %3 = slice(%2::)
          %4 = tuple(i, %3)
          %5 = a[%4]
          %6 = 2
          %7 = %5 += %6
          a[%4] = %7
          %8 = a.x
          %9 = 1
          %10 = %8 += %9
          a.x = %10
          %11 = None
          return %11
        "#,
    );
}

#[test]
fn stars_join_tuples() {
    check(
        r#"
        def f(g, a, t):
            return g(a, *t, 1), [a, *t]
        "#,
        r#"
        b0:
          g = param 0
          a = param 1
          t = param 2
          %3 = tuple(a)
          %4 = totuple t
          %5 = concat %3 %4
          %6 = 1
          %7 = tuple(%6)
          %8 = concat %5 %7
          %9 = g(*%8)
          %10 = list(a)
          %11 = %10.extend
          %12 = %11(t)
          %13 = tuple(%9, %10)
          return %13
        "#,
    );
}

#[test]
fn a_comprehension_is_a_loop_with_variables_of_its_own() {
    check(
        r#"
        def f(a, x):
            return [x * y for x in a if x for y in x]
        "#,
        r#"
        b0:
          a = param 0
          x = param 1
          %4 = iter a
          %5 = comprehension list
          jump b1
        b1:
          %6 = next %4
          %7 = first %6
          %8 = second %6
          if %8 then b2 else b7
        b2:
          listcomp.x = %7
          if listcomp.x then b3 else b6
        b3:
          %9 = iter listcomp.x
          jump b4
        b4:
          %10 = next %9
          %11 = first %10
          %12 = second %10
          if %12 then b5 else b6
        b5:
          listcomp.y = %11
          %13 = listcomp.x * listcomp.y
          %14 = %5.append
          %15 = %14(%13)
          jump b4
        b6:
          jump b1
        b7:
          return %5
        "#,
    );
}

#[test]
fn a_try_can_leave_for_its_handler_after_every_assignment() {
    check(
        r#"
        def f(a):
            try:
                x = a[0]
                a[1] = x
            except Exception:
                x = 2
            finally:
                y = 1
            return x
        "#,
        r#"
        b0:
          a = param 0
          try b9
          %3 = exception?
          if %3 then b9 else b1
        b1:
          try b4
          %4 = exception?
          if %4 then b4 else b2
        b2:
          %5 = 0
          x = a[%5]
          %6 = exception?
          if %6 then b4 else b3
        b3:
          %7 = 1
          a[%7] = x
          end try
          jump b8
        b4:
          %8 = global Exception
          %9 = exception?
          if %9 then b5 else b7
        b5:
          x = 2
          %10 = exception?
          if %10 then b9 else b6
        b6:
          jump b8
        b7:
          raise
        b8:
          end try
          y = 1
          jump b10
        b9:
          y = 1
          raise
        b10:
          return x
        "#,
    );
}

#[test]
fn returning_from_a_try_runs_finally() {
    check(
        r#"
        def f(a):
            for i in a:
                try:
                    return i
                finally:
                    a[0] = 1
        "#,
        r#"
        b0:
          a = param 0
          %2 = iter a
          %3 = next %2
          %4 = first %3
          %5 = second %3
          if %5 then b1 else b4
        b1:
          i = %4
          try b3
          %6 = exception?
          if %6 then b3 else b2
        b2:
          end try
          %7 = 1
          %8 = 0
          a[%8] = %7
          return i
        b3:
          %9 = 1
          %10 = 0
          a[%10] = %9
          raise
        b4:
          %11 = None
          return %11
        "#,
    );
}

#[test]
fn an_assertion_raises_what_it_says() {
    check(
        r#"
        def f(a):
            assert a > 2, 'small'
            raise ValueError
        "#,
        r#"
        b0:
          a = param 0
          %1 = 2
          %2 = a > %1
          if %2 then b2 else b1
        b1:
          %3 = global AssertionError
          %4 = "small"
          %5 = %3(%4)
          raise %5
        b2:
          %6 = global ValueError
          raise %6
        "#,
    );
}

#[test]
fn an_inner_function_captures_by_name() {
    check(
        r#"
        def f(a):
            def g(x, y=2):
                return x + a
            return g(1), lambda z: z * a
        "#,
        r#"
        b0:
          a = param 0
          g = function 0 [a=a]
          %2 = 1
          %3 = g(%2)
          %4 = function 1 [a=a]
          %5 = tuple(%3, %4)
          return %5
        function 0 g reads [a]
            b0:
              x = param 0
              y = param 1
              %2 = free a
              %3 = x + %2
              return %3
        function 1 <lambda> reads [a]
            b0:
              z = param 0
              %1 = free a
              %2 = z * %1
              return %2
        "#,
    );
}

#[test]
fn a_nonlocal_may_be_set_once() {
    check(
        r#"
        def f():
            x = 1
            def g():
                nonlocal x
                x = 2
            g()
            return x
        "#,
        r#"
        b0:
          x = 1
          g = function 0 [x=x]
          %2 = g()
          return x
        function 0 g reads [x]
            b0:
              x = 2
              %1 = None
              return %1
        "#,
    );
}

#[test]
fn a_match_on_values_compares() {
    check(
        r#"
        def f(x):
            match x:
                case 1 | 2:
                    return 0
                case y if y > 3:
                    return y
        "#,
        r#"
        b0:
          x = param 0
          %2 = x
          %3 = 1
          %4 = %2 == %3
          if %4 then b1 else b2
        b1:
          jump b3
        b2:
          %5 = 2
          %6 = %2 == %5
          if %6 then b3 else b4
        b3:
          %7 = 0
          return %7
        b4:
          y = %2
          %8 = 3
          %9 = y > %8
          if %9 then b5 else b6
        b5:
          return y
        b6:
          %10 = None
          return %10
        "#,
    );
}

#[test]
fn refusals_come_in_numbas_order() {
    check(
        r#"
        def f(a):
            del a
            try:
                x = z
                z = f'{a:3}'
            except ValueError as e:
                import os
            return print(x, end='')
        "#,
        r#"
        b0:
          a = param 0
          try b4
          %5 = exception?
          if %5 then b4 else b1
        b1:
          x = undef
          %6 = exception?
          if %6 then b4 else b2
        b2:
          z = undef
          %7 = exception?
          if %7 then b4 else b3
        b3:
          end try
          jump b7
        b4:
          %8 = exception?
          if %8 then b5 else b6
        b5:
          e = undef
          os = undef
          jump b7
        b6:
          raise
        b7:
          %9 = global print
          %10 = ""
          %11 = undef
          return %11
        refused FormatSpec
        refused Import("os")
        refused ExceptAs("e")
        refused UndefinedLocal("z")
        refused DeleteVariable("a")
        refused PrintKeyword("end")
        refused ExceptClass("ValueError")
        "#,
    );
}

#[test]
fn a_walrus_that_feeds_an_operator_is_refused() {
    check(
        r#"
        def f(n):
            if (m := n + 1) > 3:
                return m
            x = y = n + 1
            return x
        "#,
        r#"
        b0:
          n = param 0
          %4 = 1
          m = n + %4
          %5 = 3
          %6 = m > %5
          if %6 then b1 else b2
        b1:
          return m
        b2:
          %7 = 1
          x = n + %7
          y = x
          return x
        refused WalrusInOperator("m")
        "#,
    );
}

#[test]
fn objmode_brings_back_what_it_declares() {
    check(
        r#"
        def f(a):
            with objmode(y='float64'):
                y = a.sum()
                z = 1
            return y + z
        "#,
        r#"
        b0:
          a = param 0
          %3: float64 = objmode(a)
          y = %3
          z = undef
          %4 = y + z
          return %4
        refused ObjModeWithoutTypes("z")
        "#,
    );
}

#[test]
fn broken_text_gives_what_is_there() {
    check(
        r#"
        def f(a):
            x = a +
            return x
        "#,
        r#"
        b0:
          a = param 0
          %2 = undef
          x = a + %2
          return x
        broken
        "#,
    );
}

#[test]
fn a_read_of_a_variable_stands_where_its_name_does() {
    let source = "def f(a, b):\n    return b + a\n";
    let lowered = lower(source);
    let Some(Value::Binary(_, left, right)) =
        lowered.body.blocks[0].insts.iter().find_map(|inst| match &inst.kind {
            InstKind::Assign { value: value @ Value::Binary(..), .. } => Some(value),
            _ => None,
        })
    else {
        panic!("the body adds")
    };
    let text = |origin| {
        lowered.map.span(origin).map(|span| (span.start, &source[span.start as usize..span.end as usize]))
    };
    assert_eq!(text(left.origin), Some((24, "b")));
    assert_eq!(text(right.origin), Some((28, "a")));
}

#[test]
fn a_modules_own_statements_refuse_nothing() {
    let source = "import os\nx = [i for i in (1, 2)]\ndef f(): pass\ny = f(x, z)\nwith open('a') as g:\n    y = {f(i) for i in g}\n";
    let ruff_python_ast::Mod::Module(tree) =
        parse_unchecked(source, ParseOptions::from(Mode::Module)).into_syntax()
    else {
        panic!("a module")
    };
    let body = super::module(&tree.body, source).body;
    assert!(body.refused.is_empty());
    assert!(body.to_string().contains("global f"));
    assert!(body.to_string().contains("global z"));
}
