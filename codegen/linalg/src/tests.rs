//! Factors multiplied give what was factored.

use faer::{Mat, c32, c64};

use crate::matrix::{Elem, Matrix, Number};
use crate::{DONE, Function, SINGULAR, call};

/// A matrix with memory of its own, by rows.
struct Owned {
    items: Vec<c64>,
    rows: usize,
    columns: usize,
}

impl Owned {
    fn zeros(rows: usize, columns: usize) -> Owned {
        Owned { items: vec![c64::new(0.0, 0.0); rows * columns], rows, columns }
    }

    fn made(rows: usize, columns: usize, item: impl Fn(usize, usize) -> c64) -> Owned {
        let items = (0..rows * columns).map(|at| item(at / columns, at % columns)).collect();
        Owned { items, rows, columns }
    }

    fn view(&mut self) -> Matrix {
        Matrix {
            data: self.items.as_mut_ptr().cast(),
            rows: self.rows,
            columns: self.columns,
            row_stride: 16 * self.columns as isize,
            column_stride: 16,
            elem: Elem::C64,
        }
    }

    fn mat(&mut self) -> Mat<c64> {
        self.view().read()
    }
}

/// Numbers between -1 and 1 without a pattern.
fn noise(row: usize, column: usize) -> c64 {
    let part = |seed: f64| (seed * 12.9898).sin() * 43758.5453 % 1.0;
    c64::new(part(1.0 + row as f64 * 7.0 + column as f64), part(2.0 + row as f64 + column as f64 * 3.0))
}

fn run(function: Function, matrices: &[Matrix]) -> u64 {
    // SAFETY: the matrices describe memory of the tests' own vectors.
    unsafe { call(function as u64, matrices.as_ptr() as u64) }
}

fn near(left: &Mat<c64>, right: &Mat<c64>) {
    let difference = (left - right).norm_max();
    assert!(difference < 1e-10, "{difference}");
}

#[test]
fn a_solution_multiplied_by_its_matrix_is_the_right_side() {
    let mut a = Owned::made(5, 5, noise);
    let mut b = Owned::made(5, 2, |row, column| noise(row + 9, column));
    let wanted = b.mat();
    assert_eq!(run(Function::Solve, &[a.view(), b.view()]), DONE);
    near(&(a.mat() * b.mat()), &wanted);
    let mut zero = Owned::zeros(3, 3);
    let mut right = Owned::zeros(3, 1);
    assert_eq!(run(Function::Solve, &[zero.view(), right.view()]), SINGULAR);
}

#[test]
fn the_factors_of_an_elimination_give_the_rows_in_their_order() {
    let mut a = Owned::made(4, 4, noise);
    let given = a.mat();
    let mut order = Owned::zeros(4, 1);
    assert_eq!(run(Function::Lu, &[a.view(), order.view()]), DONE);
    let factors = a.mat();
    let lower = Mat::from_fn(4, 4, |row, column| match row.cmp(&column) {
        std::cmp::Ordering::Less => c64::new(0.0, 0.0),
        std::cmp::Ordering::Equal => c64::new(1.0, 0.0),
        std::cmp::Ordering::Greater => factors[(row, column)],
    });
    let upper = Mat::from_fn(
        4,
        4,
        |row, column| if row <= column { factors[(row, column)] } else { c64::new(0.0, 0.0) },
    );
    let exchanged = Mat::from_fn(4, 4, |row, column| given[(order.items[row].re as usize, column)]);
    near(&(lower * upper), &exchanged);
}

#[test]
fn a_matrix_is_the_product_of_its_factors() {
    for (rows, columns) in [(5, 3), (3, 5), (4, 4)] {
        let least = rows.min(columns);
        let mut a = Owned::made(rows, columns, noise);
        let (mut q, mut r) = (Owned::zeros(rows, least), Owned::zeros(least, columns));
        assert_eq!(run(Function::Qr, &[a.view(), q.view(), r.view()]), DONE);
        near(&(q.mat() * r.mat()), &a.mat());
        for width in [least, rows.max(columns)] {
            let (left, right) = if width == least { (least, least) } else { (rows, columns) };
            let (mut u, mut s, mut vh) =
                (Owned::zeros(rows, left), Owned::zeros(least, 1), Owned::zeros(right, columns));
            assert_eq!(run(Function::Svd, &[a.view(), u.view(), s.view(), vh.view()]), DONE);
            let sizes =
                Mat::from_fn(
                    left,
                    right,
                    |row, column| {
                        if row == column { s.items[row] } else { c64::new(0.0, 0.0) }
                    },
                );
            near(&(u.mat() * sizes * vh.mat()), &a.mat());
        }
    }
}

#[test]
fn a_positive_definite_matrix_has_a_root_and_another_has_none() {
    let mut base = Owned::made(4, 4, noise);
    let square = base.mat() * base.mat().adjoint();
    let mut a = Owned::made(4, 4, |row, column| square[(row, column)]);
    let mut lower = Owned::zeros(4, 4);
    assert_eq!(run(Function::Cholesky, &[a.view(), lower.view()]), DONE);
    near(&(lower.mat() * lower.mat().adjoint()), &square);
    let mut negative = Owned::made(2, 2, |_, _| c64::new(-1.0, 0.0));
    assert_eq!(run(Function::Cholesky, &[negative.view(), Owned::zeros(2, 2).view()]), SINGULAR);
}

#[test]
fn eigenvectors_keep_their_direction() {
    let mut a = Owned::made(5, 5, noise);
    let (mut values, mut vectors) = (Owned::zeros(5, 1), Owned::zeros(5, 5));
    assert_eq!(run(Function::Eig, &[a.view(), values.view(), vectors.view()]), DONE);
    let scaled = Mat::from_fn(5, 5, |row, column| vectors.mat()[(row, column)] * values.items[column]);
    near(&(a.mat() * vectors.mat()), &scaled);

    let hermitian = a.mat() + a.mat().adjoint();
    let mut b = Owned::made(5, 5, |row, column| hermitian[(row, column)]);
    assert_eq!(run(Function::Eigh, &[b.view(), values.view(), vectors.view()]), DONE);
    let scaled = Mat::from_fn(5, 5, |row, column| vectors.mat()[(row, column)] * values.items[column]);
    near(&(hermitian * vectors.mat()), &scaled);
}

#[test]
fn products_read_any_strides_and_any_place() {
    let plain = |row: usize, column: usize| noise(row, column).re as f32;
    let mut out = [0f32; 6];
    // Every second column of the left factor; the right one lies an odd number of bytes into its memory.
    let mut left: Vec<f32> = (0..12).map(|at| plain(at / 6, at % 6)).collect();
    let mut right = [0u8; 1 + 9 * 4];
    for (at, bytes) in right[1..].chunks_mut(4).enumerate() {
        bytes.copy_from_slice(&plain(at / 3 + 5, at % 3).to_ne_bytes());
    }
    let view = |data: *mut u8, rows, columns, row_stride, column_stride| Matrix {
        data,
        rows,
        columns,
        row_stride,
        column_stride,
        elem: Elem::F32,
    };
    let matrices = [
        view(out.as_mut_ptr().cast(), 2, 3, 12, 4),
        view(left.as_mut_ptr().cast(), 2, 3, 24, 8),
        view(right[1..].as_mut_ptr(), 3, 3, 12, 4),
    ];
    assert_eq!(run(Function::Product, &matrices), DONE);
    for row in 0..2 {
        for column in 0..3 {
            let wanted: f32 = (0..3).map(|k| plain(row, 2 * k) * plain(k + 5, column)).sum();
            assert!((out[row * 3 + column] - wanted).abs() < 1e-5);
        }
    }
    let mut one = [c32::new(1.0, 2.0)];
    let mut result = [c32::new(0.0, 0.0)];
    let single = |data: *mut u8| Matrix { elem: Elem::C32, ..view(data, 1, 1, 8, 8) };
    let matrices = [
        single(result.as_mut_ptr().cast()),
        single(one.as_mut_ptr().cast()),
        single(one.as_mut_ptr().cast()),
    ];
    assert_eq!(run(Function::Product, &matrices), DONE);
    assert_eq!(result[0], c32::new(-3.0, 4.0));
}

#[test]
fn numbers_of_both_kinds_are_read_from_every_element_type() {
    assert_eq!(c64::from_parts(1.0, 2.0).parts(), (1.0, 2.0));
    assert_eq!(f64::from_parts(1.0, 2.0).parts(), (1.0, 0.0));
    let mut ints = [3i64];
    let view = Matrix {
        data: ints.as_mut_ptr().cast(),
        rows: 1,
        columns: 1,
        row_stride: 8,
        column_stride: 8,
        elem: Elem::I64,
    };
    assert_eq!(view.read::<f64>()[(0, 0)], 3.0);
    view.set(0, 0, (5.0, 0.0));
    assert_eq!(ints, [5]);
}
