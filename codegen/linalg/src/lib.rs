//! Matrix products and factorizations of matrices that lie in a kernel's memory, computed by faer.
//!
//! A crate of its own, because its generic code is long to compile and seldom changes. Factorizations run in double
//! precision whatever the elements are; products run in the precision of their elements.
#![allow(unsafe_code)]

mod factor;
mod matrix;
mod product;
#[cfg(test)]
mod tests;

pub use matrix::{Elem, Matrix};

/// What the machine code asks for. The arguments are matrices; a vector is a matrix of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `out, a, b`: the product of `a` and `b`.
    Product,
    /// `a, order`: `a` becomes its factors L and U with exchanged rows, `order` says which row came where.
    Lu,
    /// `a, b`: `b` becomes the solution of `a x = b`.
    Solve,
    /// `a, out`: `out` becomes the lower factor L of `a = L L*`.
    Cholesky,
    /// `a, q, r`
    Qr,
    /// `a, u, s, vh`: with `u` and `vh` without elements, the singular values only.
    Svd,
    /// `a, values, vectors` of a Hermitian matrix given by its lower triangle.
    Eigh,
    /// `a, values, vectors`: with `vectors` without elements, the values only.
    Eig,
}

impl Function {
    const ALL: [Function; 8] = [
        Function::Product,
        Function::Lu,
        Function::Solve,
        Function::Cholesky,
        Function::Qr,
        Function::Svd,
        Function::Eigh,
        Function::Eig,
    ];

    /// How many matrices it takes.
    pub fn arity(self) -> usize {
        match self {
            Function::Lu | Function::Solve | Function::Cholesky => 2,
            Function::Product | Function::Qr | Function::Eigh | Function::Eig => 3,
            Function::Svd => 4,
        }
    }
}

/// It worked.
pub const DONE: u64 = 0;
/// A pivot is zero, or the matrix is not positive definite.
pub const SINGULAR: u64 = 1;
/// The iteration did not converge.
pub const FAILED: u64 = 2;

/// The entry for machine code: the function by its number, and the address of its matrices.
///
/// # Safety
/// `function` is a discriminant of [`Function`]; `matrices` is the address of as many [`Matrix`] as it takes, each of
/// which describes memory that is valid for as long as the call runs, and for writing where the function writes.
pub unsafe extern "C" fn call(function: u64, matrices: u64) -> u64 {
    let Some(function) = usize::try_from(function).ok().and_then(|at| Function::ALL.get(at)) else {
        return FAILED;
    };
    // SAFETY: the caller gives the address of that many matrices.
    let matrices = unsafe { std::slice::from_raw_parts(matrices as *const Matrix, function.arity()) };
    let run = || match (*function, matrices) {
        (Function::Product, [out, a, b]) => product::product(out, a, b),
        (_, all) if all.iter().any(Matrix::is_complex) => factor::run::<faer::c64>(*function, all),
        (_, all) => factor::run::<f64>(*function, all),
    };
    // Nothing may unwind into machine code.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or(FAILED)
}
