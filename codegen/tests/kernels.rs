//! Kernels from source to result.

mod common;

use analyzer::mono::IntTy;
use codegen::{ArrayValue, CompileOptions, DType, Exception, Object, Value, live_objects};
use common::compiled;

fn run(text: &str, types: &[&str], mut args: Vec<Value>) -> Result<Value, Exception> {
    let text = format!("import math\nimport numpy as np\nfrom numba import njit\n\n@njit\n{text}");
    let options = CompileOptions { boundscheck: Some(true), ..CompileOptions::default() };
    compiled(&text, types, &options).call(&mut args)
}

fn int(value: i128) -> Value {
    Value::Int(IntTy::I64, value)
}

fn floats(values: &[f64]) -> ArrayValue {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let float = DType::Float(analyzer::mono::FloatTy::F64);
    ArrayValue::from_bytes(float, &[values.len()], &bytes).expect("there is memory for a few numbers")
}

#[test]
fn integers_wrap_and_divide_like_pythons() {
    let text = "def f(a, b):\n    return a // b, a % b, a * a * a * a\n";
    let result = run(text, &["int64", "int64"], vec![int(-7), int(3)]);
    assert_eq!(result, Ok(Value::Tuple(vec![int(-3), int(2), int(2401)])));
    let least = run(text, &["int64", "int64"], vec![int(i64::MIN.into()), int(-1)]);
    assert_eq!(least, Ok(Value::Tuple(vec![int(i64::MIN.into()), int(0), int(0)])));
}

#[test]
fn division_by_zero_raises_on_the_line_of_the_division() {
    let raised = run("def f(a):\n    b = 0\n    return a // (b * a)\n", &["int64"], vec![int(1)]);
    let expected =
        Exception { class: "ZeroDivisionError".into(), message: "integer division by zero".into(), line: 8 };
    assert_eq!(raised, Err(expected));
}

#[test]
fn an_array_argument_is_shared_with_the_kernel() {
    let array = floats(&[1.0, 2.0, 3.0]);
    let text = "def f(a):\n    for i in range(len(a)):\n        a[i] *= 2.0\n    return a\n";
    let result = run(text, &["array(float64, 1d, C)"], vec![Value::Array(array.clone())]);
    assert_eq!(array, floats(&[2.0, 4.0, 6.0]));
    let Ok(Value::Array(returned)) = result else { panic!("an array comes back") };
    assert!(returned.buffer().same(array.buffer()));
}

#[test]
fn an_index_outside_is_refused_where_bounds_are_checked() {
    let text = "def f(a, i):\n    return a[i]\n";
    let types = ["array(float64, 1d, C)", "int64"];
    let args = |index| vec![Value::Array(floats(&[1.0, 2.0])), int(index)];
    assert_eq!(run(text, &types, args(-1)), Ok(Value::Float64(2.0)));
    assert_eq!(run(text, &types, args(2)).map_err(|exception| exception.class), Err("IndexError".into()));
}

#[test]
fn a_loop_that_allocates_gives_everything_back() {
    let text = "def f(n):\n    total = 0.0\n    kept = np.zeros(3)\n    for i in range(n):\n        a = np.ones(i + 1)\n        \
                b = a[1:] + 1.0\n        kept, a = a, kept\n        names = [b, a]\n        total += names[0].sum() + len(names)\n    return total, kept\n";
    let before = live_objects();
    let result = run(text, &["int64"], vec![int(50)]);
    assert!(result.is_ok(), "{result:?}");
    drop(result);
    assert_eq!(live_objects(), before);
}

#[test]
fn an_exception_leaves_no_object_behind() {
    let texts = [
        "def f(n):\n    a = np.ones(n)\n    b = [a, a + 1.0]\n    d = {1: a, n: b[1]}\n    return d[7].sum()\n",
        "def f(n):\n    s = {'x': n}\n    t = 'name' + str(n)\n    return s[t] + len(t)\n",
        "def f(n):\n    kept = np.zeros(2)\n    for i in range(n):\n        a = np.ones(i + 1)\n        try:\n            b = a[1:] * 2.0\n            \
             if i % 2 == 1:\n                raise ValueError('odd')\n            kept = b\n        except Exception:\n            pass\n    return kept\n",
    ];
    for text in texts {
        let before = live_objects();
        let result = run(text, &["int64"], vec![int(9)]);
        drop(result);
        assert_eq!(live_objects(), before, "{text}");
    }
}

#[test]
fn what_a_kernel_put_into_a_list_before_it_raised_is_kept() {
    let text = "def f(l):\n    l.append(np.ones(2))\n    raise ValueError('late')\n";
    let before = live_objects();
    let array = Value::Array(floats(&[1.0]));
    let kernel = compiled(
        &format!("import numpy as np\nfrom numba import njit\n\n@njit\n{text}"),
        &["ListType[array(float64, 1d, C)]"],
        &CompileOptions::default(),
    );
    let mut args = vec![Value::List(vec![array])];
    assert!(kernel.call(&mut args).is_err());
    let Value::List(items) = &args[0] else { panic!("a list stays a list") };
    assert_eq!(items[1], Value::Array(floats(&[1.0, 1.0])));
    drop(args);
    assert_eq!(live_objects(), before);
}

#[test]
fn a_missing_key_is_named() {
    let raised = run("def f(k):\n    d = {1: 2.0}\n    return d[k]\n", &["int64"], vec![int(5)]);
    assert_eq!(
        raised.map_err(|exception| (exception.class, exception.message)),
        Err(("KeyError".into(), "5".into()))
    );
}

#[test]
fn a_callee_inherits_the_error_model_of_its_caller() {
    let text = "from numba import njit\n\n@njit\ndef g(x, y):\n    return x / y\n\n@njit(error_model='numpy')\ndef f(x, y):\n    return g(x, y)\n";
    let kernel = compiled(text, &["float64", "float64"], &CompileOptions::default());
    let infinite = kernel.call(&mut [Value::Float64(1.0), Value::Float64(0.0)]);
    assert_eq!(infinite, Ok(Value::Float64(f64::INFINITY)));
}

#[test]
fn python_and_numpy_have_random_numbers_of_their_own() {
    let text = "import random\nimport numpy as np\nfrom numba import njit\n\n@njit\ndef f():\n    np.random.seed(42)\n    random.seed(1)\n    \
                a = random.random()\n    return np.random.random(), a == np.random.random()\n";
    let kernel = compiled(text, &[], &CompileOptions::default());
    let expected = Value::Tuple(vec![Value::Float64(0.3745401188473625), Value::Bool(false)]);
    assert_eq!(kernel.call(&mut []), Ok(expected));
}

#[test]
fn a_list_argument_is_copied_back() {
    let text =
        "import numpy\nfrom numba import njit\n\n@njit\ndef f(l):\n    l.append(4)\n    return len(l)\n";
    let kernel = compiled(text, &["reflected list(int64)<iv=None>"], &CompileOptions::default());
    let mut args = vec![Value::List(vec![int(1)])];
    assert_eq!(kernel.call(&mut args), Ok(int(2)));
    assert_eq!(args, vec![Value::List(vec![int(1), int(4)])]);
}

#[test]
fn arguments_of_another_type_never_enter_the_kernel() {
    let text = "from numba import njit\n\n@njit\ndef f(a):\n    return a\n";
    let kernel = compiled(text, &["array(float64, 2d, C)"], &CompileOptions::default());
    let refused = kernel.call(&mut [Value::Array(floats(&[1.0]))]);
    assert_eq!(refused.map_err(|exception| exception.class), Err("TypeError".into()));
}

#[test]
fn an_exception_in_a_try_region_goes_to_its_handler() {
    let text = "def f(n):\n    r = 0\n    try:\n        r = 10 // n\n        if r > 4:\n            raise ValueError('big')\n    \
                except Exception:\n        r = -1\n    return r\n";
    for (given, expected) in [(5, 2), (0, -1), (1, -1)] {
        assert_eq!(run(text, &["int64"], vec![int(given)]), Ok(int(expected)));
    }
}

#[test]
fn random_numbers_are_numpys() {
    let text = "def f(seed):\n    np.random.seed(seed)\n    return np.random.random(), np.random.random()\n";
    let expected = Value::Tuple(vec![Value::Float64(0.3745401188473625), Value::Float64(0.9507143064099162)]);
    assert_eq!(run(text, &["int64"], vec![int(42)]), Ok(expected));
}

#[test]
fn normal_numbers_and_integers_are_numpys() {
    let text = "def f():\n    np.random.seed(42)\n    a = np.random.normal(0.0, 1.0)\n    np.random.seed(42)\n    return a, np.random.randint(0, 100)\n";
    let expected = Value::Tuple(vec![Value::Float64(0.4967141530112327), int(51)]);
    assert_eq!(run(text, &[], vec![]), Ok(expected));
}

#[test]
fn percentiles_lie_between_the_nearest_ranks() {
    let text = "def f(a):\n    return np.percentile(a, 25)\n";
    let result = run(text, &["array(float64, 1d, C)"], vec![Value::Array(floats(&[4.0, 1.0, 2.0, 3.0]))]);
    assert_eq!(result, Ok(Value::Float64(1.75)));
}

#[test]
fn kept_machine_code_computes_the_same() {
    let texts = [
        "@njit\ndef f(n):\n    return n + 1\n",
        "@njit\ndef g(a, s):\n    return a.sum() + len(s)\n\n@njit\ndef f(n):\n    d = {n: 'a name' + str(n)}\n    return [g(np.arange(n) * 0.5, d[n]), math.sin(n) ** 2.0]\n",
        "@njit\ndef f(n):\n    t = (1.5, np.ones((n, 2)), [n])\n    return np.sort(t[1][:, 0] * -np.arange(n)), t, np.exp(t[1]).std()\n",
        "@njit\ndef f(n):\n    l = [n, n]\n    return l[n]\n",
        "@njit(parallel=True)\ndef f(n):\n    a = np.zeros(100 * n)\n    for i in prange(100 * n):\n        a[i] = i * 0.5\n    return a\n",
        "@njit\ndef f(n):\n    return np.random.normal(0.0, 1.0) // (n - n)\n",
    ];
    for text in texts {
        let text = format!("import math\nimport numpy as np\nfrom numba import njit, prange\n\n{text}");
        let options = CompileOptions { keep_object: true, ..CompileOptions::default() };
        let kernel = compiled(&text, &["int64"], &options);
        let bytes = kernel.object().expect("the kernel can be kept").to_bytes();
        let expected = kernel.call(&mut [int(5)]);
        drop(kernel);
        let loaded = Object::from_bytes(&bytes).expect("what was written can be read").load();
        let loaded = loaded.expect("what can be read can be loaded");
        assert_eq!(loaded.call(&mut [int(5)]), expected);
        for cut in [0, 7, bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(Object::from_bytes(&bytes[..cut]), None);
        }
    }
}

#[test]
fn a_hundred_kernels_later_the_memory_is_what_it_was() {
    let one = |at: usize| {
        let text = format!(
            "def f(n):\n    a = np.arange(n) * {at}.5\n    l = [a, np.sort(a + 1.0)]\n    d = {{n: a, {at}: l[1]}}\n    return d, l[1].sum()\n"
        );
        assert!(run(&text, &["int64"], vec![int(1000)]).is_ok());
    };
    // In Linux's pages; other systems are not asked.
    let memory = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        pages.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
    };
    (0..20).for_each(one);
    let (objects, before) = (live_objects(), memory());
    (20..120).for_each(one);
    assert_eq!(live_objects(), objects);
    assert!(memory() < before + (24 << 20), "{before} bytes, then {}", memory());
}

#[test]
fn an_item_through_flat_is_the_arrays_own() {
    let text = "def f():\n    a = np.zeros((2, 2))\n    a.flat[2] = 5.0\n    return a[1, 0]\n";
    assert_eq!(run(text, &[], vec![]), Ok(Value::Float64(5.0)));
}

#[test]
fn no_memory_is_an_exception() {
    let raised = run("def f(n):\n    return np.ones(n)\n", &["int64"], vec![int(1 << 58)]);
    assert_eq!(raised.map_err(|exception| exception.class), Err("MemoryError".into()));
}

#[test]
fn times_of_several_units_are_counted_in_the_finer_one() {
    let text = "def f(a, b):\n    return a / b, a > b, a != b, a - b, a + b\n";
    let run = |a, b| {
        let types = ["timedelta64[m]", "timedelta64[s]"];
        let Ok(Value::Tuple(items)) = run(text, &types, vec![Value::TimeDelta(a), Value::TimeDelta(b)])
        else {
            panic!("a tuple comes back")
        };
        items
    };
    let same = |value: bool| Value::Bool(value);
    let items = run(3, 8);
    let expected =
        [Value::Float64(22.5), same(true), same(true), Value::TimeDelta(172), Value::TimeDelta(188)];
    assert_eq!(items, expected);
    let missing = run(i64::MIN, i64::MIN);
    assert!(matches!(missing[0], Value::Float64(quotient) if quotient.is_nan()));
    assert_eq!(missing[1..3], [same(false), same(true)]);
    assert_eq!(missing[3..], [Value::TimeDelta(i64::MIN), Value::TimeDelta(i64::MIN)]);
}

#[test]
fn a_duration_is_scaled_by_numbers_and_rounded_to_zero() {
    let text = "def f(a, n, x):\n    return a * n, a / n, a * x, a / x, -a\n";
    let types = ["timedelta64[s]", "int64", "float64"];
    let run = |a, n, x| run(text, &types, vec![Value::TimeDelta(a), int(n), Value::Float64(x)]);
    let times = |times: [i64; 5]| Ok(Value::Tuple(times.map(Value::TimeDelta).to_vec()));
    assert_eq!(run(-7, 2, 2.5), times([-14, -3, -17, -2, 7]));
    assert_eq!(run(7, 0, 0.0), times([0, i64::MIN, 0, i64::MIN, -7]));
}

/// How often a pass fired, and the result for 5.
fn passes_and_result(text: &str, pass: &str) -> (usize, Value) {
    let text = format!("import math\nimport numpy as np\nfrom numba import njit\n\n{text}");
    let options = CompileOptions { boundscheck: Some(false), ..CompileOptions::default() };
    let kernel = compiled(&text, &["int64"], &options);
    let times = kernel.stats().passes.iter().find(|(name, _)| *name == pass).map_or(0, |(_, times)| *times);
    (times, kernel.call(&mut [int(5)]).expect("nothing is raised"))
}

#[test]
fn loops_of_a_few_rounds_are_written_out_and_compute_the_same() {
    let nested = "@njit\ndef f(n):\n    s = 0\n    for i in range(-1, 2):\n        for j in range(3):\n            if i == 0 and j == 1:\n                continue\n            s += (n + i) % 4 * 10 + j\n    return s * 100 + i * 10 + j\n";
    let left = "@njit\ndef f(n):\n    s = 1\n    for i in range(6):\n        if i * i > n:\n            break\n        s = s * 3 + i\n    else:\n        s = -1\n    return s + i\n";
    let python = |n: i128| {
        let rounds = (-1..2).flat_map(|i| (0..3).map(move |j| (i, j))).filter(|at| *at != (0, 1));
        rounds.map(|(i, j)| (n + i) % 4 * 10 + j).sum::<i128>() * 100 + 12
    };
    assert_eq!(passes_and_result(nested, "unroll"), (2, int(python(5))));
    assert_eq!(passes_and_result(left, "unroll").1, int(35));
    let many = "@njit\ndef f(n):\n    s = 0\n    for i in range(50):\n        s += i * n\n    return s\n";
    assert_eq!(passes_and_result(many, "unroll"), (0, int(6125)));
}

#[test]
fn small_functions_become_a_part_of_their_callers() {
    let returns = "@njit\ndef g(a, b):\n    if a > b:\n        return a, b, 1.5\n    return b, a, 0.5\n\n@njit\ndef f(n):\n    s = 0.0\n    for i in range(n):\n        x, y, z = g(i, 2)\n        s += x * 10 + y * z\n    return s\n";
    assert_eq!(passes_and_result(returns, "inline"), (1, Value::Float64(137.5)));
    let raises = "@njit\ndef g(a):\n    if a > 3:\n        raise ValueError('a name')\n    return a * 2\n\n@njit\ndef f(n):\n    s = 0\n    for i in range(n):\n        try:\n            s += g(i)\n        except Exception:\n            s += 1000\n    return s\n";
    assert_eq!(passes_and_result(raises, "inline"), (1, int(1012)));
    let itself = "@njit\ndef f(n):\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n";
    assert_eq!(passes_and_result(itself, "inline"), (0, int(5)));
}

#[test]
fn what_calls_linear_algebra_says_so() {
    let of = |body: &str| {
        let text =
            format!("import numpy as np\nfrom numba import njit\n\n@njit\ndef f(n):\n    return {body}\n");
        compiled(&text, &["int64"], &CompileOptions::default()).stats().linalg
    };
    assert!(of("np.linalg.inv(np.eye(n))"));
    assert!(!of("np.eye(n).sum()"));
}
