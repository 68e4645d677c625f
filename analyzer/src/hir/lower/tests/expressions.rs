//! Expressions, targets and inner functions become instructions.

use super::*;

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
fn a_swap_of_one_name_stores_twice() {
    check(
        r#"
        def f(a):
            a, a = a, a
            return a
        "#,
        r#"
        b0:
          a = param 0
          %1 = a
          a = a
          a = %1
          return a
        "#,
    );
}

#[test]
fn what_waits_for_a_comprehension_is_one_value() {
    check(
        r#"
        def f(g):
            return g([k for k in range(4) if k])
        "#,
        r#"
        b0:
          g = param 0
          %3 = global range
          %4 = 4
          %5 = %3(%4)
          %6 = iter %5
          %7 = comprehension list
          %2 = g
          jump b1
        b1:
          %8 = next %6
          %9 = first %8
          %10 = second %8
          if %10 then b2 else b5
        b2:
          listcomp.k = %9
          if listcomp.k then b3 else b4
        b3:
          %11 = %7.append
          %12 = %11(listcomp.k)
          jump b4
        b4:
          jump b1
        b5:
          %13 = %2(%7)
          return %13
        "#,
    );
}
