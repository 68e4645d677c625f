//! Linear algebra of kernels: what the library computes satisfies its definition at every size, and errors are Numba's.

mod common;

use analyzer::mono::IntTy;
use codegen::{CompileOptions, Value};

fn run(text: &str, n: i128) -> Result<Value, String> {
    let text = format!("import numpy as np\nfrom numba import njit\n\n@njit\n{text}");
    let compiled = common::compiled(&text, &["int64"], &CompileOptions::default());
    let returned = compiled.call(&mut [Value::Int(IntTy::I64, n)]);
    returned.map_err(|exception| format!("{}: {}", exception.class, exception.message))
}

/// The kernel returns how far off it is, at sizes below and above those for which products are computed on the spot.
#[track_caller]
fn is_exact(body: &str) {
    let text = format!(
        "def f(n):\n    np.random.seed(n)\n    a = np.random.randn(n, n)\n    b = np.random.randn(n)\n{}",
        body.lines().map(|line| format!("    {line}\n")).collect::<String>()
    );
    for n in [1, 2, 3, 8, 40] {
        let Ok(Value::Float64(off)) = run(&text, n) else { panic!("a number comes back") };
        assert!(off < 1e-9, "{n}: off by {off}");
    }
}

#[test]
fn products_are_sums_of_products() {
    is_exact(
        "c = a @ a.T\noff = 0.0\nfor i in range(n):\n    for j in range(n):\n        total = 0.0\n        \
         for k in range(n):\n            total += a[i, k] * a[j, k]\n        off += abs(total - c[i, j])\n\
         x = a @ b\ny = b @ a.T\noff += np.abs(x - y).sum()\nreturn off + abs(b @ b - (b * b).sum())",
    );
    is_exact(
        "c = np.empty((n, n))\nd = np.dot(a, a, c)\nreturn np.abs(c - a @ a).max() + np.abs(d - c).max()",
    );
    is_exact(
        "c = a[::2] @ a[:, ::2]\nd = np.ascontiguousarray(a[::2]) @ np.ascontiguousarray(a[:, ::2])\nreturn np.abs(c - d).max()",
    );
}

#[test]
fn solutions_and_factors_satisfy_their_equations() {
    is_exact("return np.abs(a @ np.linalg.solve(a, b) - b).max()");
    is_exact("return np.abs(a @ np.linalg.inv(a) - np.eye(n)).max()");
    is_exact("q, r = np.linalg.qr(a)\nreturn np.abs(q @ r - a).max() + np.abs(q.T @ q - np.eye(n)).max()");
    is_exact("u, s, vh = np.linalg.svd(a)\nreturn np.abs((u * s) @ vh - a).max()");
    is_exact("s = a @ a.T + np.eye(n)\nc = np.linalg.cholesky(s)\nreturn np.abs(c @ c.T - s).max()");
    is_exact("s = a + a.T\nw, v = np.linalg.eigh(s)\nreturn np.abs(s @ v - v * w).max()");
    is_exact("w, v = np.linalg.eig(a + 0j)\nreturn np.abs((a + 0j) @ v - v * w).max()");
    is_exact("sign, size = np.linalg.slogdet(a)\nreturn abs(sign * np.exp(size) / np.linalg.det(a) - 1.0)");
    is_exact(
        "return np.abs(np.linalg.pinv(a) @ a - np.eye(n)).max() + np.abs(np.linalg.lstsq(a, b)[0] - np.linalg.solve(a, b)).max()",
    );
}

#[test]
fn errors_are_numbas() {
    let singular = run("def f(n):\n    return np.linalg.inv(np.zeros((n, n)))\n", 2);
    assert_eq!(singular, Err("LinAlgError: Matrix is singular to machine precision.".into()));
    let flat = run("def f(n):\n    return np.linalg.cholesky(np.ones((n, n + 1)))\n", 2);
    assert_eq!(flat, Err("LinAlgError: Last 2 dimensions of the array must be square.".into()));
    let turning =
        run("def f(n):\n    return np.linalg.eigvals(np.array([[0.0, -1.0], [1.0, 0.0]]) * n)\n", 2);
    assert_eq!(turning, Err("ValueError: eigvals() argument must not cause a domain change.".into()));
}
