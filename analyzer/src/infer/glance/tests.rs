//! What a glance lets pass, inference must have nothing against; what is usual must pass.

use crate::hir::body::BinaryOp;
use crate::infer::ops;
use crate::infer::testing::{glance, typed};
use crate::ty::Ty;

use super::kind::{FLOAT, INT, WRITTEN, arithmetic};

const SMOOTH: &str = "def f(a, w):
    n = a.shape[0]
    out = np.empty_like(a)
    for i in range(1, n - 1):
        acc = a[i - 1] * w[0] + a[i] * w[1]
        out[i] = acc
    out[0] = a[0]
    out[n - 1] = a[n - 1]
    return out
";

const NEWTON: &str = "def f(x, w):
    for it in range(w):
        fx = x * x - 5.0
        if fx == 0.0:
            return x, it
        x = x - fx / (2.0 * x)
        if abs(fx) < 0.1:
            return x, it
    return x, w
";

const GRID: &str = "def f(u, v):
    nx, ny = u.shape
    nxt = np.zeros((nx, ny))
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            nxt[i, j] = 2.0 * u[i, j] - v[i, j] + u[i - 1, j + 1]
    return nxt[1:, 0].sum() + math.sqrt(v[0, 0])
";

/// The array of the first round is one of ints, that of the last one of floats.
const GROWS: &str = "def f(n, w):
    x = 0
    for i in range(n):
        a = np.full(3, x)
        x = x + w
    return a
";

const FLOAT_INDEX: &str = "def f(a, w):
    k = 0
    s = 0.0
    while k < 5:
        s += a[k]
        k = k + w
    return s
";

const MIXED_RETURNS: &str = "def f(a, w):
    if w > 1:
        return a[0]
    return (a[0], w)
";

const COUNTS: &str = "def f(a, w):
    counts = np.zeros(w, dtype=np.int64)
    for v in a:
        if v < 0.5:
            continue
        counts[int(v / 2)] += 1
    return counts
";

const SLICES: &str = "def f(a, w):
    b = a[1:-1]
    if w > 2:
        b = a
    return b[w] + len(b)
";

const BODIES: &[&str] = &[SMOOTH, NEWTON, GRID, GROWS, FLOAT_INDEX, MIXED_RETURNS, COUNTS, SLICES];

#[test]
fn usual_kernels_pass_at_a_glance() {
    assert!(glance(SMOOTH, &["array(float64, 1d, C)", "array(float64, 1d, C)"]));
    assert!(glance(NEWTON, &["int64", "int64"]));
    assert!(glance(GRID, &["array(float64, 2d, C)", "array(float64, 2d, C)"]));
    assert!(glance(COUNTS, &["array(float64, 1d, C)", "int64"]));
}

#[test]
fn an_array_whose_items_grow_into_floats_does_not_pass() {
    assert!(!glance(GROWS, &["int64", "float64"]));
    assert!(!typed(GROWS, &["int64", "float64"]).problems.is_empty());
}

#[test]
fn what_passes_at_a_glance_is_well_typed() {
    let types =
        ["int64", "float64", "bool", "complex128", "int32", "none", "unicode_type", "UniTuple(int64 x 2)"];
    let arrays =
        ["array(float64, 1d, C)", "array(float64, 2d, C)", "array(int64, 1d, A)", "array(bool, 2d, F)"];
    let all: Vec<&str> = types.into_iter().chain(arrays).collect();
    for body in BODIES {
        for a in &all {
            for b in &all {
                if glance(body, &[a, b]) {
                    assert_eq!(typed(body, &[a, b]).problems, [], "{body} for {a} and {b}");
                }
            }
        }
    }
}

#[test]
fn arithmetic_at_a_glance_is_that_of_the_rules() {
    use BinaryOp::{Add, Div, FloorDiv, Mod, Mult, Pow, Sub};
    let numbers = [(WRITTEN, Ty::int_literal(2)), (INT, Ty::INT64), (FLOAT, Ty::FLOAT64)];
    for op in [Add, Sub, Mult, Div, FloorDiv, Mod, Pow] {
        for (a, left) in &numbers {
            for (b, right) in &numbers {
                let ty = ops::binary(op, left, right).ty().cloned();
                let expected = if ty == Some(Ty::INT64) { INT } else { FLOAT };
                assert!(ty == Some(Ty::INT64) || ty == Some(Ty::FLOAT64), "{op:?} {left} {right}");
                assert_eq!(arithmetic(op, *a, *b), Some(expected), "{op:?} {left} {right}");
                assert_eq!(ops::inplace(op, left, right).ty().cloned(), ty);
            }
        }
    }
}
