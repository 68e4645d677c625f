//! Factorizations, with LAPACK's conventions where its results are free to choose.

use faer::linalg::solvers::{Eigen, PartialPivLu, Qr, SelfAdjointEigen, Solve, Svd};
use faer::{Mat, Side, c64};

use crate::matrix::{Matrix, Number};
use crate::{DONE, FAILED, Function, SINGULAR};

pub(crate) fn run<T: Number>(function: Function, matrices: &[Matrix]) -> u64 {
    // Kernels run beside each other on threads of their own.
    faer::set_global_parallelism(faer::Par::Seq);
    match (function, matrices) {
        (Function::Lu, [a, order]) => lu::<T>(a, order),
        (Function::Solve, [a, b]) => solve::<T>(a, b),
        (Function::Cholesky, [a, out]) => cholesky::<T>(a, out),
        (Function::Qr, [a, q, r]) => qr::<T>(a, q, r),
        (Function::Svd, [a, u, s, vh]) => svd::<T>(a, u, s, vh),
        (Function::Eigh, [a, values, vectors]) => eigh::<T>(a, values, vectors),
        (Function::Eig, [a, values, vectors]) => eig(a, values, vectors),
        _ => FAILED,
    }
}

fn lu<T: Number>(a: &Matrix, order: &Matrix) -> u64 {
    let factors = PartialPivLu::new(a.read::<T>().as_ref());
    let n = a.rows;
    for column in 0..n {
        for row in 0..n {
            let factor = if row > column { factors.L() } else { factors.U() };
            a.set(row, column, factor[(row, column)].parts());
        }
    }
    for (at, from) in factors.P().arrays().0.iter().enumerate() {
        order.set(at, 0, (*from as f64, 0.0));
    }
    DONE
}

fn solve<T: Number>(a: &Matrix, b: &Matrix) -> u64 {
    let factors = PartialPivLu::new(a.read::<T>().as_ref());
    if (0..a.rows).any(|at| factors.U()[(at, at)].is_zero()) {
        return SINGULAR;
    }
    b.write(factors.solve(b.read::<T>()).as_ref());
    DONE
}

fn cholesky<T: Number>(a: &Matrix, out: &Matrix) -> u64 {
    match a.read::<T>().llt(Side::Lower) {
        Ok(factor) => {
            let lower = factor.L();
            for column in 0..a.columns {
                for row in column..a.rows {
                    out.set(row, column, lower[(row, column)].parts());
                }
            }
            DONE
        }
        Err(_) => SINGULAR,
    }
}

/// R's diagonal is real, as LAPACK's is: where a reflection leaves it complex, R's row and Q's column are turned. A
/// reflection takes its pivot to the opposite sign; the last row of a square matrix has none.
fn qr<T: Number>(a: &Matrix, q: &Matrix, r: &Matrix) -> u64 {
    let given = a.read::<T>();
    let factors = Qr::new(given.as_ref());
    let (columns, upper) = (factors.compute_thin_Q(), factors.thin_R());
    for at in 0..r.rows {
        let (re, im) = upper[(at, at)].parts();
        let has_reflection = at + 1 < a.rows;
        let size = re.hypot(im);
        let sign = if (re < 0.0) == has_reflection { -1.0 } else { 1.0 };
        let turn = if im == 0.0 {
            T::from_parts(1.0, 0.0)
        } else {
            T::from_parts(sign * re / size, -sign * im / size)
        };
        let back = T::from_parts(turn.parts().0, -turn.parts().1);
        for column in 0..r.columns {
            let item = if at <= column { times(upper[(at, column)], turn) } else { (0.0, 0.0) };
            r.set(at, column, item);
        }
        for row in 0..q.rows {
            q.set(row, at, times(columns[(row, at)], back));
        }
    }
    DONE
}

fn times<T: Number>(left: T, right: T) -> (f64, f64) {
    let ((a, b), (c, d)) = (left.parts(), right.parts());
    (a * c - b * d, a * d + b * c)
}

fn svd<T: Number>(a: &Matrix, u: &Matrix, s: &Matrix, vh: &Matrix) -> u64 {
    let given = a.read::<T>();
    if u.is_empty() && vh.is_empty() {
        let Ok(sizes) = given.singular_values() else { return FAILED };
        for (at, size) in sizes.iter().enumerate() {
            s.set(at, 0, (*size, 0.0));
        }
        return DONE;
    }
    let is_thin = u.columns.max(vh.rows) == given.nrows().min(given.ncols());
    let found = if is_thin { Svd::new_thin(given.as_ref()) } else { Svd::new(given.as_ref()) };
    let Ok(found) = found else { return FAILED };
    u.write(found.U());
    vh.write(found.V().adjoint().to_owned().as_ref());
    for at in 0..s.rows {
        s.set(at, 0, found.S().column_vector()[at].parts());
    }
    DONE
}

fn eigh<T: Number>(a: &Matrix, values: &Matrix, vectors: &Matrix) -> u64 {
    let Ok(found) = SelfAdjointEigen::new(a.read::<T>().as_ref(), Side::Lower) else { return FAILED };
    for at in 0..values.rows {
        values.set(at, 0, found.S().column_vector()[at].parts());
    }
    vectors.write(found.U());
    DONE
}

/// Vectors have the length 1 and a real largest component.
fn eig(a: &Matrix, values: &Matrix, vectors: &Matrix) -> u64 {
    let found = if a.is_complex() {
        Eigen::new(a.read::<c64>().as_ref())
    } else {
        Eigen::new_from_real(a.read::<f64>().as_ref())
    };
    let Ok(found) = found else { return FAILED };
    for at in 0..values.rows {
        values.set(at, 0, found.S().column_vector()[at].parts());
    }
    if !vectors.is_empty() {
        let mut all: Mat<c64> = found.U().to_owned();
        for column in 0..all.ncols() {
            normalize(&mut all, column);
        }
        vectors.write(all.as_ref());
    }
    DONE
}

fn normalize(vectors: &mut Mat<c64>, column: usize) {
    let rows = vectors.nrows();
    let length = (0..rows).map(|row| vectors[(row, column)].norm_sqr()).sum::<f64>().sqrt();
    let largest = (0..rows)
        .map(|row| vectors[(row, column)])
        .fold(c64::new(0.0, 0.0), |best, item| if item.norm_sqr() > best.norm_sqr() { item } else { best });
    if length == 0.0 {
        return;
    }
    let is_real = (0..rows).all(|row| vectors[(row, column)].im == 0.0);
    let turn = if is_real { c64::new(1.0, 0.0) } else { largest.conj() / largest.norm() };
    for row in 0..rows {
        vectors[(row, column)] = vectors[(row, column)] * turn / length;
    }
}
