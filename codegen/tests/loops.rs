//! What the passes over loops do, and that results stay as they were.

mod common;

use analyzer::mono::{FloatTy, IntTy};
use codegen::{ArrayValue, CompileOptions, Compiled, DType, OptLevel, Value};

fn compiled(text: &str, args: &[&str], opt: OptLevel) -> Compiled {
    let text = format!("import numpy as np\nfrom numba import njit\n\n{text}");
    common::compiled(&text, args, &CompileOptions { opt, ..CompileOptions::default() })
}

/// Runs with and without optimisation, wants the same result, and gives it with the passes that fired.
fn both(text: &str, types: &[&str], args: &dyn Fn() -> Vec<Value>) -> (Value, Vec<&'static str>) {
    let fast = compiled(text, types, OptLevel::Speed);
    let plain = compiled(text, types, OptLevel::None);
    let passes = fast.stats().passes.iter().map(|(name, _)| *name).collect();
    let (fast, plain) = (fast.call(&mut args()), plain.call(&mut args()));
    assert_eq!(fast, plain);
    (fast.expect("nothing is raised"), passes)
}

fn int(value: i128) -> Value {
    Value::Int(IntTy::I64, value)
}

fn floats(n: usize) -> Value {
    let bytes: Vec<u8> = (0..n).flat_map(|at| (1.0 / (at as f64 + 1.5)).to_le_bytes()).collect();
    let array = ArrayValue::from_bytes(DType::Float(FloatTy::F64), &[n], &bytes);
    Value::Array(array.expect("there is memory for a few numbers"))
}

#[test]
fn the_sum_of_a_range_is_a_formula() {
    let text = "@njit\ndef f(n):\n    s = 0\n    for i in range(1, n + 1):\n        s += 3 * i - 2\n    return s, i\n";
    for n in [1, 2, 3, 1000, 6_000_000_000] {
        if n > 1000 {
            let fast = compiled(text, &["int64"], OptLevel::Speed);
            assert!(fast.stats().passes.iter().any(|(name, _)| *name == "induction-sum"));
            let total = 3 * n * (n + 1) / 2 - 2 * n;
            let expected = Value::Tuple(vec![int(i128::from(total as i64)), int(n)]);
            assert_eq!(fast.call(&mut [int(n)]), Ok(expected));
            continue;
        }
        let (sum, _) = both(text, &["int64"], &|| vec![int(n)]);
        assert_eq!(sum, Value::Tuple(vec![int(3 * n * (n + 1) / 2 - 2 * n), int(n)]));
    }
    let (empty, _) = both(
        "@njit\ndef f(n):\n    s = 5\n    for i in range(n):\n        s += i\n    return s\n",
        &["int64"],
        &|| vec![int(-3)],
    );
    assert_eq!(empty, int(5));
}

#[test]
fn elements_side_by_side_are_computed_in_vectors() {
    let text = "@njit\ndef f(a, b):\n    c = np.empty(len(a))\n    for i in range(len(a)):\n        \
                c[i] = a[i] * 2.0 + b[i] / 3.0\n    return c.sum(), c[len(a) - 1]\n";
    for n in [1, 7, 8, 9, 16, 17, 100] {
        let types = ["array(float64, 1d, C)", "array(float64, 1d, C)"];
        let (_, passes) = both(text, &types, &|| vec![floats(n), floats(n)]);
        assert!(passes.contains(&"vectorize"), "{passes:?}");
    }
}

#[test]
fn a_loop_that_reads_what_it_wrote_keeps_its_order() {
    let text = "@njit\ndef f(a):\n    b = a[1:]\n    for i in range(len(b)):\n        b[i] = a[i] + 1.0\n    \
                return a[len(a) - 1]\n";
    let (last, _) = both(text, &["array(float64, 1d, C)"], &|| vec![floats(50)]);
    assert_eq!(last, Value::Float64(1.0 / 1.5 + 49.0));
}

#[test]
fn the_items_of_an_array_of_integers_are_summed_in_vectors() {
    let text = "@njit\ndef f(n):\n    s = 0\n    for x in np.arange(n):\n        s += x\n    return s\n";
    for n in [0, 1, 9, 100] {
        let (sum, passes) = both(text, &["int64"], &|| vec![int(n)]);
        assert_eq!(sum, int(n * (n - 1) / 2));
        assert!(passes.contains(&"vectorize"), "{passes:?}");
    }
}

#[test]
fn floats_are_summed_in_order_without_fastmath() {
    let body = "def f(a):\n    s = 0.0\n    for i in range(len(a)):\n        s += a[i]\n    return s\n";
    let types = ["array(float64, 1d, C)"];
    let (_, passes) = both(&format!("@njit\n{body}"), &types, &|| vec![floats(100)]);
    assert!(!passes.contains(&"vectorize"), "{passes:?}");
    let fast = compiled(&format!("@njit(fastmath=True)\n{body}"), &types, OptLevel::Speed);
    assert!(fast.stats().passes.iter().any(|(name, _)| *name == "vectorize"));
}

#[test]
fn a_branch_that_picks_integers_is_a_selection() {
    let text = "@njit\ndef f(a):\n    n = 0\n    far = 0\n    for i in range(len(a)):\n        if a[i] > 0.1:\n            n += 1\n        \
                cost = 0 if a[i] < 0.05 else 7\n        far += cost\n    return n, far\n";
    let (_, passes) = both(text, &["array(float64, 1d, C)"], &|| vec![floats(30)]);
    assert!(passes.contains(&"select"), "{passes:?}");
}

#[test]
fn the_inner_loop_of_a_nest_is_computed_in_vectors() {
    let text = "@njit\ndef f(n):\n    a = np.ones((n, n))\n    for i in range(1, n - 1):\n        for j in range(1, n - 1):\n            \
                a[i, j] += 0.5 * a[i - 1, j] + i\n    return a.sum(), a[n - 2, n - 2]\n";
    for n in [3, 12, 40] {
        let (_, passes) = both(text, &["int64"], &|| vec![int(n)]);
        assert!(passes.contains(&"vectorize"), "{passes:?}");
    }
}

#[test]
fn what_one_round_stores_and_the_next_loads_stays_in_a_register() {
    let text = "@njit\ndef f(a, n):\n    row = np.arange(n + 1)\n    old = np.arange(n + 1) * 3 % 7\n    for j in range(n):\n        \
                cost = 0 if a[j] > 0.3 else 1\n        row[j + 1] = min(old[j + 1] + 1, row[j] + 1, old[j] + cost)\n    return row\n";
    for n in [0, 1, 5] {
        let (_, passes) = both(text, &["array(float64, 1d, C)", "int64"], &|| vec![floats(6), int(n)]);
        assert!(passes.contains(&"forward-stores"), "{passes:?}");
    }
}

const MATRICES: [&str; 2] = ["array(float64, 2d, C)", "array(float64, 2d, C)"];

fn matrix(n: usize, m: usize) -> Value {
    let bytes: Vec<u8> = (0..n * m).flat_map(|at| (1.0 / (at as f64 + 0.7)).to_le_bytes()).collect();
    let array = ArrayValue::from_bytes(DType::Float(FloatTy::F64), &[n, m], &bytes);
    Value::Array(array.expect("there is memory for a few numbers"))
}

#[test]
fn rounds_of_an_outer_loop_run_at_once() {
    let rows = "@njit\ndef f(a, b):\n    c = np.zeros((a.shape[0], b.shape[1]))\n    for i in range(a.shape[0]):\n        \
                for k in range(a.shape[1]):\n            for j in range(b.shape[1]):\n                \
                c[i, j] += a[i, k] * b[k, j]\n    return c\n";
    let dots = "@njit\ndef f(a, b):\n    c = np.zeros((a.shape[0], b.shape[1]))\n    for i in range(a.shape[0]):\n        \
                for j in range(b.shape[1]):\n            s = 0.0\n            for k in range(a.shape[1]):\n                \
                s += a[i, k] * b[k, j]\n            c[i, j] = s\n    return c\n";
    for text in [rows, dots] {
        for (n, m, p) in [(1, 1, 1), (3, 20, 17), (5, 19, 33), (4, 16, 16), (2, 3, 40), (9, 40, 4)] {
            let (_, passes) = both(text, &MATRICES, &|| vec![matrix(n, m), matrix(m, p)]);
            assert!(passes.contains(&"jam"), "{passes:?}");
        }
    }
}

#[test]
fn rounds_that_read_what_others_wrote_keep_their_order() {
    let texts = [
        "@njit\ndef f(a, b):\n    for k in range(a.shape[0] - 1):\n        for j in range(a.shape[1]):\n            \
         a[3, j] += a[k, j] * b[k, j]\n    return a\n",
        "@njit\ndef f(a, b):\n    for i in range(a.shape[0]):\n        s = 0.0\n        for j in range(a.shape[1]):\n            \
         s += a[0, j] * b[i, j]\n        a[0, i] = s\n    return a\n",
        "@njit\ndef f(a, b):\n    for k in range(a.shape[0]):\n        for j in range(a.shape[1]):\n            \
         b[0, j] += a[k, j] * b[0, 3]\n    return b\n",
    ];
    for text in texts {
        both(text, &MATRICES, &|| vec![matrix(12, 30), matrix(12, 30)]);
    }
}

#[test]
fn what_a_loop_leaves_behind_is_the_same_when_its_test_moves() {
    let texts = [
        "@njit\ndef f(n):\n    i = 0\n    s = 1\n    while s < n and i < 50:\n        s = s * 3 + i\n        i += 1\n    return i, s\n",
        "@njit\ndef f(n):\n    s = 0\n    for i in range(n):\n        for j in range(i, n):\n            if j * i % 7 == 3:\n                \
         break\n            s += j\n        if s > 1000:\n            return -i, j\n    return s, i\n",
    ];
    for text in texts {
        for n in [1, 2, 5, 40] {
            let (_, passes) = both(text, &["int64"], &|| vec![int(n)]);
            assert!(passes.contains(&"rotate"), "{passes:?}");
        }
    }
}

#[test]
fn flags_are_counted_in_vectors() {
    let text = "@njit\ndef f(a, n):\n    flags = np.ones(n, dtype=np.bool_)\n    for j in range(3, n, 5):\n        flags[j] = False\n    \
                count = 0\n    for k in range(n):\n        if flags[k]:\n            count += 1\n    far = 7\n    \
                for x in a:\n        if x < 0.1:\n            far += 1\n    return count, far\n";
    for n in [4, 63, 64, 65, 200] {
        let types = ["array(float64, 1d, C)", "int64"];
        let fast = compiled(text, &types, OptLevel::Speed);
        let vectors = fast.stats().passes.iter().find(|(name, _)| *name == "vectorize");
        assert!(vectors.is_some_and(|(_, times)| *times >= 2), "{:?}", fast.stats().passes);
        both(text, &types, &|| vec![floats(n as usize), int(n)]);
    }
}

#[test]
fn an_element_that_all_rounds_read_is_loaded_once_unless_one_writes_it() {
    let text = "@njit\ndef f(a, b, at):\n    for i in range(1, len(a)):\n        a[i] = b[i] * a[at] + b[at]\n    return a\n";
    for at in [0, 1, 5, 29] {
        let types = ["array(float64, 1d, C)", "array(float64, 1d, C)", "int64"];
        let (_, passes) = both(text, &types, &|| vec![floats(30), floats(30), int(at)]);
        assert!(passes.contains(&"vectorize"), "{passes:?}");
    }
}

#[test]
fn one_of_two_vectors_is_picked_by_flags() {
    let text = "@njit\ndef f(a, b):\n    return np.where(a > 3.0 * b, np.sqrt(a), b / 3.0)\n";
    let types = ["array(float64, 1d, C)", "array(float64, 1d, C)"];
    let (_, passes) = both(text, &types, &|| vec![floats(45), floats(45)]);
    assert!(passes.contains(&"vectorize"), "{passes:?}");
}

#[test]
fn functions_of_floats_are_computed_side_by_side() {
    let text = "import math\n\n@njit\ndef f(a, n):\n    s = 0.0\n    for i in range(len(a)):\n        \
                s += math.sin(a[i]) * math.cos(a[i]) + math.exp(a[i])\n    \
                b = np.log(a)\n    for i in range(n):\n        b[i] += 10 ** a[i] - 1\n    return s, b\n";
    let types = ["array(float64, 1d, C)", "int64"];
    let (fast, plain) = (compiled(text, &types, OptLevel::Speed), compiled(text, &types, OptLevel::None));
    let vectors = fast.stats().passes.iter().find(|(name, _)| *name == "vectorize");
    assert!(vectors.is_some_and(|(_, times)| *times >= 3), "{:?}", fast.stats().passes);
    for n in [3, 8, 50] {
        let [fast, plain] = [&fast, &plain].map(|own| own.call(&mut [floats(n), int(n as i128)]));
        let [Ok(Value::Tuple(fast)), Ok(Value::Tuple(plain))] = [fast, plain] else {
            panic!("a tuple is given")
        };
        let ([Value::Float64(a), x], [Value::Float64(b), y]) = (fast.as_slice(), plain.as_slice()) else {
            panic!("a float is given")
        };
        assert!((a - b).abs() <= 1e-14 * b.abs(), "{a} and {b}");
        let numbers = |value: &Value| {
            let Value::Array(array) = value else { panic!("an array is given") };
            let bytes = array.to_bytes();
            let items = bytes.chunks(8).map(|item| f64::from_le_bytes(item.try_into().expect("eight bytes")));
            items.collect::<Vec<f64>>()
        };
        let near = |(a, b): (f64, f64)| (a - b).abs() <= 1e-14 * b.abs().max(1.0);
        assert!(numbers(x).into_iter().zip(numbers(y)).all(near), "{x:?} and {y:?}");
    }
}

#[test]
fn cheaper_operations_give_the_same_floats() {
    let text = "@njit\ndef f(x):\n    return 2.0 * x, x / 8.0, x / 3.0, x * 2.0 + x / 0.25\n";
    for x in [0.1, -7.3, 5e-324, 1.7e308, f64::NEG_INFINITY] {
        let (_, passes) = both(text, &["float64"], &|| vec![Value::Float64(x)]);
        assert!(passes.contains(&"strength"), "{passes:?}");
    }
}

#[test]
fn loops_over_prange_run_in_parts() {
    let texts = [
        "@njit(parallel=True)\ndef f(a, n):\n    s = 3.0\n    c = np.zeros(n)\n    for i in prange(n):\n        \
         c[i] = a[i] * i\n        s += a[i]\n    return c, int(s * 1e6)\n",
        "@njit(parallel=True)\ndef f(a, n):\n    s = 1\n    k = n // 2\n    c = np.zeros((n, 4))\n    for i in prange(k, n):\n        \
         for j in range(4):\n            c[i, j] = math.sin(a[i]) + j\n            if a[i] > 0.001 * j:\n                \
         s += i + j\n    return c, s\n",
        "@njit(parallel=True)\ndef f(a, n):\n    s = 1\n    d = 5\n    for i in prange(n):\n        s *= 3\n        \
         d -= i\n    return s, d, n\n",
    ];
    for text in texts {
        for n in [0, 1, 2, 7, 60_000] {
            let types = ["array(float64, 1d, C)", "int64"];
            let header = "from numba import prange\nimport math\n\n";
            let text = format!("{header}{text}");
            let (_, passes) = both(&text, &types, &|| vec![floats(n as usize + 1), int(n)]);
            assert!(passes.contains(&"prange"), "{passes:?}");
        }
    }
}

#[test]
fn loops_over_prange_that_raise_or_leave_their_last_round_stay_whole() {
    let texts = [
        "@njit(parallel=True)\ndef f(a, n):\n    s = 0.0\n    for i in prange(n):\n        s = a[i]\n    return s\n",
        "@njit(parallel=True)\ndef f(a, n):\n    s = 0\n    t = 0\n    for i in prange(n):\n        s += i\n        t += s\n    return s, t\n",
        "@njit(parallel=True)\ndef f(a, n):\n    s = 0\n    for i in prange(n):\n        b = a[i:]\n        s += len(b)\n    return s\n",
        "@njit(parallel=True)\ndef f(a, n):\n    s = 0\n    for i in prange(n):\n        s += n // (i + 1)\n        if i > n:\n            \
         raise ValueError('x')\n    return s\n",
    ];
    for text in texts {
        let text = format!("from numba import prange\n\n{text}");
        let types = ["array(float64, 1d, C)", "int64"];
        let (_, passes) = both(&text, &types, &|| vec![floats(100), int(90)]);
        assert!(!passes.contains(&"prange"), "{passes:?}");
    }
}
