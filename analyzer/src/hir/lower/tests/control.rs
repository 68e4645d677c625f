//! Loops, branches, `try` and `match` become blocks.

use super::*;

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
          try b11
          %3 = exception?
          if %3 then b11 else b1
        b1:
          try b5
          %4 = exception?
          if %4 then b5 else b2
        b2:
          %5 = 0
          x = a[%5]
          %6 = exception?
          if %6 then b5 else b3
        b3:
          %7 = 1
          a[%7] = x
          end try
          %8 = exception?
          if %8 then b11 else b4
        b4:
          jump b10
        b5:
          %9 = exception?
          if %9 then b11 else b6
        b6:
          %10 = global Exception
          %11 = exception?
          if %11 then b7 else b9
        b7:
          x = 2
          %12 = exception?
          if %12 then b11 else b8
        b8:
          jump b10
        b9:
          raise
        b10:
          end try
          y = 1
          jump b12
        b11:
          y = 1
          raise
        b12:
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
