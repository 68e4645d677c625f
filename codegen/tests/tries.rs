//! `try` beside arrays and containers: what handlers see, and that every reference is dropped once.

mod common;

use analyzer::mono::IntTy;
use codegen::{CompileOptions, OptLevel, Value, live_objects};

/// The number that `f(9)` returns, or the class of what it raises. Nothing that the call made may stay alive, and
/// what the handlers see does not depend on optimisation.
fn result(text: &str) -> Result<f64, String> {
    let fast = result_at(text, OptLevel::Speed);
    assert_eq!(fast, result_at(text, OptLevel::None));
    fast
}

fn result_at(text: &str, opt: OptLevel) -> Result<f64, String> {
    let text = text.replace("\ndef f", "\n@njit\ndef f");
    let options = CompileOptions { opt, boundscheck: Some(true), ..CompileOptions::default() };
    let module = format!("import numpy as np\nfrom numba import njit\n{text}");
    let kernel = common::compiled(&module, &["int64"], &options);
    let before = live_objects();
    let result = kernel.call(&mut [Value::Int(IntTy::I64, 9)]);
    let number = match &result {
        Ok(Value::Float64(float)) => Ok(*float),
        Ok(Value::Int(_, int)) => Ok(*int as f64),
        Ok(other) => panic!("a number is returned, not {other:?}"),
        Err(exception) => Err(exception.class.clone()),
    };
    drop(result);
    assert_eq!(live_objects(), before, "{text}");
    number
}

#[test]
fn arrays_reassigned_in_the_body_of_a_loop() {
    let text = "
def f(n):
    a = np.ones(3)
    total = 0.0
    for i in range(n):
        try:
            a = a * 2.0
            c = a + i
            if i % 3 == 1:
                raise ValueError('third')
            a = c
            total += 10 // (i % 4)
        except Exception:
            total += a.sum() + c[0]
    return total + a.sum()
";
    assert_eq!(result(text), Ok(7499.0));
}

#[test]
fn lists_and_dicts_and_tuples_of_arrays() {
    let text = "
def f(n):
    l = [np.zeros(2)]
    d = {0: np.ones(2)}
    t = (np.ones(1), np.zeros(2))
    hits = 0
    for i in range(n):
        try:
            l = [t[1], d[i % 3]]
            t = (l[0] + 1.0, l[1] * 2.0)
            d = {i % 2: t[0], i % 3: t[1]}
            l.append(d[i % 5])
        except Exception:
            hits += len(l) + len(d)
    return hits + t[0].sum() + l[0][0]
";
    assert_eq!(result(text), Ok(49.0));
}

#[test]
fn a_try_in_a_try() {
    let text = "
def f(n):
    x = np.zeros(1)
    y = [0.0]
    s = 0.0
    for i in range(n):
        try:
            x = np.ones(i)
            try:
                y = [x[0], 1.0]
                x = x + y[1]
                if i % 2 == 0:
                    raise ValueError('inner')
                x = x[1:]
            except Exception:
                y = [s, x.sum()]
                x = np.ones(10 // (i % 3))
            z = np.full(2, 1.0 * i)
            if i % 5 == 0:
                raise ValueError('outer')
            s += z[0]
        except Exception:
            s += x.sum() + y[0]
    return s + len(y)
";
    assert_eq!(result(text), Ok(67.0));
}

#[test]
fn a_handler_that_fails_goes_to_the_next_one_which_sees_what_the_inner_body_assigned() {
    let text = "
def f(n):
    x = np.zeros(1)
    s = 0.0
    for i in range(n):
        try:
            try:
                x = np.ones(i + 1)
                if i < 5:
                    raise ValueError('inner')
            except Exception:
                s += 7 // (i - 4)
                x = x * 3.0
            s += 7 // (i - 6)
        except Exception:
            s += 1000.0 * x.sum()
    return s
";
    assert_eq!(result(text), Ok(11978.0));
}

#[test]
fn a_raise_in_a_function_that_is_called() {
    let text = "
@njit
def g(a, i):
    b = a * 2.0
    if i % 2 == 1:
        raise ValueError('odd')
    return b

def f(n):
    a = np.ones(4)
    s = 0
    for i in range(n):
        try:
            a = g(a, i) + 1.0
            s += 1
        except Exception:
            a = a[:2]
    return a.sum() + s
";
    assert_eq!(result(text), Ok(131.0));
}

#[test]
fn else_and_finally() {
    let text = "
def f(n):
    s = 0.0
    a = np.ones(2)
    for i in range(n):
        try:
            b = np.zeros(i + 1) + a[0]
            s += 10 // (i - 3)
        except Exception:
            s += a[1]
        else:
            a = b[-2:]
            s += b.sum()
        finally:
            s += 1000.0
            a = np.concatenate((a, np.ones(2)))
    return s + a.sum()
";
    assert_eq!(result(text), Ok(9049.0));
}

#[test]
fn loops_left_and_results_returned_out_of_a_region() {
    let text = "
def f(n):
    a = np.ones(1)
    for i in range(3 * n):
        try:
            a = np.append(a, 1.0 * i)
            if i == 2:
                continue
            if i > n and i % 7 == 0:
                break
            if i > 2 * n:
                return [a, a[1:]][1].sum()
            s = 'x' * i
            b = 1 // (len(s) % 3)
        except Exception:
            a = a[1:]
            if i > n + 4:
                return a.sum()
    return a.sum()
";
    assert_eq!(result(text), Ok(99.0));
}

#[test]
fn joins_of_branches_in_a_region() {
    let text = "
def f(n):
    s = 0.0
    x = np.zeros(1)
    for i in range(n):
        try:
            if i % 2:
                x = np.ones(i)
            else:
                x = np.full(2, 0.5)
            for j in range(i):
                x = x + j
                if j == 5:
                    raise IndexError('six')
            y = x * 2.0
            while y.sum() < 50.0:
                y = y * (4 // (i % 3))
            s += y.sum()
        except Exception:
            s += x.sum()
    return s
";
    assert_eq!(result(text), Ok(625.0));
}

#[test]
fn strings() {
    let text = "
def f(n):
    out = ''
    for i in range(n):
        s = 'a'
        try:
            s = s + str(i)
            t = s[i % 2:]
            d = {s: len(t)}
            s = t + 'z'
            d['a4'] = d[t]
        except Exception:
            out = out + s
    return len(out)
";
    assert_eq!(result(text), Ok(8.0));
}

#[test]
fn an_exception_that_leaves_the_function_from_a_handler() {
    let text = "
@njit
def g(l, n):
    l.append(np.ones(n))
    return l[0].sum() // (n - n)

def f(n):
    a = np.ones(3)
    l = [a]
    try:
        l.append(a + 1.0)
        a = l[n % 2] * 3.0
        raise ValueError('first')
    except Exception:
        l.append(a)
        a = np.zeros(n)
        a[0] = g(l, n)
    return a.sum()
";
    assert_eq!(result(text), Err("ZeroDivisionError".into()));
}
