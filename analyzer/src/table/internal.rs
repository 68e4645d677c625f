//! Functions that no user names. The prelude's module `jitcheck.linalg` has the factorizations that the backend has from
//! a library: each writes its results into the arrays it is given and returns 0, or why it could not. Numba's bindings
//! of LAPACK and BLAS are reached by the implementations that packages register.

use crate::ty::{IntTy, Ty};

use super::{Args, Function, Op, Outcome};

/// The modules that the prelude imports.
pub const MODULES: [&str; 2] = ["jitcheck", "jitcheck.linalg"];

/// What has Numba's bindings of C libraries as its methods.
pub const BINDINGS: &str = "numba.np.linalg.bindings";

/// A function of a C library, bound for an element type.
pub const BOUND: &str = "numba.np.linalg.bound";

pub(super) static ROWS: &[Function] = &[
    Function::new("jitcheck.linalg.cholesky", "a, out", status).op(Op::Cholesky),
    Function::new("jitcheck.linalg.eig", "a, values, vectors", status).op(Op::Eig),
    Function::new("jitcheck.linalg.eigh", "a, values, vectors", status).op(Op::Eigh),
    Function::new("jitcheck.linalg.lu", "a, order", status).op(Op::Lu),
    Function::new("jitcheck.linalg.qr", "a, q, r", status).op(Op::Qr),
    Function::new("jitcheck.linalg.solve", "a, b", status).op(Op::Solve),
    Function::new("jitcheck.linalg.svd", "a, u, s, vh", status).op(Op::Svd),
    Function::new(BOUND, "*args", bound),
];

fn status(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::INT64)
}

/// Every one of them returns its status as a C `int`.
fn bound(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::Int(IntTy::I32))
}
