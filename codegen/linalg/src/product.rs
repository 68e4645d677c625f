//! The product of two matrices.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par, c32, c64};

use crate::matrix::{Elem, Matrix};
use crate::{DONE, FAILED};

pub(crate) fn product(out: &Matrix, a: &Matrix, b: &Matrix) -> u64 {
    match out.elem {
        Elem::F32 => of::<f32>(out, a, b),
        Elem::F64 => of::<f64>(out, a, b),
        Elem::C32 => of::<c32>(out, a, b),
        Elem::C64 => of::<c64>(out, a, b),
        Elem::I64 => FAILED,
    }
}

/// An element type whose memory is read in place.
trait Plain: faer::traits::ComplexField + Copy {}

impl Plain for f32 {}
impl Plain for f64 {}
impl Plain for c32 {}
impl Plain for c64 {}

/// The strides in elements, if the memory can be read in place: records' fields may lie anywhere.
fn steps<T>(matrix: &Matrix) -> Option<(isize, isize)> {
    let size = size_of::<T>() as isize;
    let whole = matrix.row_stride % size == 0 && matrix.column_stride % size == 0;
    (whole && (matrix.data as usize).is_multiple_of(align_of::<T>()))
        .then(|| (matrix.row_stride / size, matrix.column_stride / size))
}

/// The matrix in memory of its own, by columns.
fn copied<T: Plain>(matrix: &Matrix) -> Vec<T> {
    let mut items = Vec::with_capacity(matrix.rows * matrix.columns);
    for column in 0..matrix.columns {
        for row in 0..matrix.rows {
            // SAFETY: the element is inside of the memory that the matrix describes.
            items.push(unsafe { matrix.address(row, column).cast::<T>().read_unaligned() });
        }
    }
    items
}

fn of<T: Plain>(out: &Matrix, a: &Matrix, b: &Matrix) -> u64 {
    let (kept_a, kept_b);
    // SAFETY: strides and lengths are those of memory that the caller vouches for; it is aligned, or has been copied.
    let (left, right) = unsafe {
        let left = match steps::<T>(a) {
            Some((row, column)) => MatRef::from_raw_parts(a.data.cast::<T>(), a.rows, a.columns, row, column),
            None => {
                kept_a = copied::<T>(a);
                MatRef::from_raw_parts(kept_a.as_ptr(), a.rows, a.columns, 1, a.rows as isize)
            }
        };
        let right = match steps::<T>(b) {
            Some((row, column)) => MatRef::from_raw_parts(b.data.cast::<T>(), b.rows, b.columns, row, column),
            None => {
                kept_b = copied::<T>(b);
                MatRef::from_raw_parts(kept_b.as_ptr(), b.rows, b.columns, 1, b.rows as isize)
            }
        };
        (left, right)
    };
    let Some((row, column)) = steps::<T>(out) else { return FAILED };
    // SAFETY: the memory of the result is its own, new or given by the user for nothing else.
    let result =
        unsafe { MatMut::from_raw_parts_mut(out.data.cast::<T>(), out.rows, out.columns, row, column) };
    matmul(result, Accum::Replace, left, right, T::one_impl(), Par::Seq);
    DONE
}
