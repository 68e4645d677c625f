//! Functions that only the prelude can name, in the module `jitcheck.linalg`: the factorizations that the backend has
//! from a library. Each writes its results into the arrays it is given and returns 0, or why it could not.

use crate::ty::Ty;

use super::{Args, Function, Op, Outcome};

/// The modules that the prelude imports.
pub const MODULES: [&str; 2] = ["jitcheck", "jitcheck.linalg"];

pub(super) static ROWS: &[Function] = &[
    Function::new("jitcheck.linalg.cholesky", "a, out", status).op(Op::Cholesky),
    Function::new("jitcheck.linalg.eig", "a, values, vectors", status).op(Op::Eig),
    Function::new("jitcheck.linalg.eigh", "a, values, vectors", status).op(Op::Eigh),
    Function::new("jitcheck.linalg.lu", "a, order", status).op(Op::Lu),
    Function::new("jitcheck.linalg.qr", "a, q, r", status).op(Op::Qr),
    Function::new("jitcheck.linalg.solve", "a, b", status).op(Op::Solve),
    Function::new("jitcheck.linalg.svd", "a, u, s, vh", status).op(Op::Svd),
];

fn status(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::INT64)
}
