//! Generators: what they give, in which order, and that nothing is left of one that is not walked to its end.

mod common;

use analyzer::mono::IntTy;
use codegen::{CompileOptions, Compiled, Value, live_objects};

fn compiled(text: &str) -> Compiled {
    let text = format!("import numpy as np\nfrom numba import njit\n\n{text}");
    common::compiled(&text, &["int64"], &CompileOptions::default())
}

/// Calls `f` with an integer and wants that one. Every object it makes is freed.
fn assert_gives(text: &str, n: i128, expected: i128) {
    let kernel = compiled(text);
    let before = live_objects();
    assert_eq!(kernel.call(&mut [Value::Int(IntTy::I64, n)]), Ok(Value::Int(IntTy::I64, expected)));
    assert_eq!(live_objects(), before);
}

const COUNT: &str = "@njit
def count(n, step=1):
    i = 0
    while i < n:
        yield i
        i += step
";

#[test]
fn a_loop_walks_a_generator_to_its_end() {
    let text = "@njit
def f(n):
    total = 0
    for x in count(n):
        for y in count(n, step=2):
            total = total * 3 + x - y
    return total
";
    let expected =
        (0..5).flat_map(|x| [0, 2, 4].map(|y| x - y)).fold(0, |total, difference| total * 3 + difference);
    assert_gives(&format!("{COUNT}\n{text}"), 5, expected);
}

#[test]
fn a_generator_of_arrays_keeps_its_own_variables() {
    let text = "@njit
def arrays(a):
    for i, v in enumerate(a):
        if v == 1.0:
            continue
        b = np.full(i + 1, v)
        yield b
        b[0] = 7.0
        yield b[:1]

@njit
def f(n):
    total = 0.0
    for x in arrays(np.arange(n) * 0.5):
        total = total * 2.0 + x.sum()
    return int(total)
";
    // The items are 0, 7, 1.0, 7 (of 0.5 twice), and, behind the 1.0 that is left out, 6.0 (1.5 four times) and 7.
    assert_gives(text, 4, ((((7 * 2 + 1) * 2 + 7) * 2) + 6) * 2 + 7);
}

#[test]
fn a_generator_that_is_left_early_is_freed() {
    let text = "@njit
def words(s):
    word = ''
    for c in s:
        if c == ' ':
            yield word, np.ones(3)
            word = ''
        else:
            word += c

@njit
def f(n):
    total = 0
    for word, ones in words('ab cde f ghi ' * n):
        total += len(word) * ones.size
        if word == 'f':
            break
    unused = words('a b')
    return total
";
    assert_gives(text, 3, 3 * (2 + 3 + 1));
}

#[test]
fn iterators_that_hold_a_generator_advance_it() {
    let text = "@njit
def nested(n):
    for a in count(n):
        for b in count(a):
            yield a * 10 + b

@njit
def consume(items):
    total = 0
    for i, (x, y) in enumerate(zip(items, nested(4))):
        total = total * 7 + i + x * y
    return total

@njit
def f(n):
    items = count(n)
    first = next(items)
    return consume(items) * 100 + len(list(nested(n))) + next(iter([first + 50]))
";
    let pairs = [(1, 10), (2, 20), (3, 21), (4, 30)];
    let total = pairs.iter().enumerate().fold(0, |total, (i, (x, y))| total * 7 + i as i128 + x * y);
    assert_gives(&format!("{COUNT}\n{text}"), 5, total * 100 + 10 + 50);
}

#[test]
fn an_exception_in_a_generator_reaches_its_caller() {
    let text = "@njit
def raises(n):
    held = np.ones(n)
    for i in range(n):
        if i == 2:
            raise ValueError('two')
        yield held[i]

@njit
def f(n):
    total = 0.0
    for x in raises(n):
        total += x
    return next(count(int(total) - n))
";
    let kernel = compiled(&format!("{COUNT}\n{text}"));
    let before = live_objects();
    let raised = |n| kernel.call(&mut [Value::Int(IntTy::I64, n)]).expect_err("it raises").class;
    assert_eq!(raised(3), "ValueError");
    assert_eq!(raised(2), "StopIteration");
    assert_eq!(live_objects(), before);
}
