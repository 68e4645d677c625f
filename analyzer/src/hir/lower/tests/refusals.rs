//! What is refused before typing, and code that is not whole.

use super::*;

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
fn a_call_that_is_not_closed_is_a_hole() {
    check(
        r#"
        def f(a, i):
            x = a[i
            y = abs(a
            return a.
        "#,
        r#"
        b0:
          a = param 0
          i = param 1
          %3 = global abs
          x = undef
          %4 = undef
          return %4
        broken
        "#,
    );
}

#[test]
fn a_keyword_in_the_place_of_a_name_is_a_hole() {
    check(
        r#"
        def f(a):
            x = (a +
            return a
        "#,
        r#"
        b0:
          a = param 0
          %2 = undef
          x = a + %2
          %3 = None
          return %3
        broken
        "#,
    );
}

#[test]
fn a_modules_own_statements_refuse_nothing() {
    let source = "import os\nx = [i for i in (1, 2)]\ndef f(): pass\ny = f(x, z)\nwith open('a') as g:\n    y = {f(i) for i in g}\n";
    let parsed = parse(source);
    let body = super::super::module(&parsed.stmts, source, &parsed.errors).body;
    assert!(body.refused.is_empty());
    assert!(body.to_string().contains("global f"));
    assert!(body.to_string().contains("global z"));
}
