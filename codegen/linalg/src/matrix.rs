//! Matrices in a kernel's memory: read into faer's, written from them.

use faer::{Mat, MatRef, c32, c64};

/// The type of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Elem {
    F32,
    F64,
    C32,
    C64,
    I64,
}

/// A matrix in a kernel's memory. Machine code writes these words.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Matrix {
    pub data: *mut u8,
    pub rows: usize,
    pub columns: usize,
    /// In bytes.
    pub row_stride: isize,
    /// In bytes.
    pub column_stride: isize,
    pub elem: Elem,
}

impl Matrix {
    pub(crate) fn is_complex(&self) -> bool {
        matches!(self.elem, Elem::C32 | Elem::C64)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0 || self.columns == 0
    }

    pub(crate) fn address(&self, row: usize, column: usize) -> *mut u8 {
        let offset = row as isize * self.row_stride + column as isize * self.column_stride;
        self.data.wrapping_offset(offset)
    }

    /// The matrix in double precision.
    pub(crate) fn read<T: Number>(&self) -> Mat<T> {
        Mat::from_fn(self.rows, self.columns, |row, column| {
            let at = self.address(row, column);
            // SAFETY: the element is inside of the memory that the matrix describes; nothing is said of alignment.
            unsafe {
                match self.elem {
                    Elem::F32 => T::from_parts(f64::from(at.cast::<f32>().read_unaligned()), 0.0),
                    Elem::F64 => T::from_parts(at.cast::<f64>().read_unaligned(), 0.0),
                    Elem::C32 => {
                        let value = at.cast::<c32>().read_unaligned();
                        T::from_parts(f64::from(value.re), f64::from(value.im))
                    }
                    Elem::C64 => {
                        let value = at.cast::<c64>().read_unaligned();
                        T::from_parts(value.re, value.im)
                    }
                    Elem::I64 => T::from_parts(at.cast::<i64>().read_unaligned() as f64, 0.0),
                }
            }
        })
    }

    /// Stores one element, narrowed to the matrix's type.
    pub(crate) fn set(&self, row: usize, column: usize, (re, im): (f64, f64)) {
        let at = self.address(row, column);
        // SAFETY: the element is inside of the memory that the matrix describes, which may be written.
        unsafe {
            match self.elem {
                Elem::F32 => at.cast::<f32>().write_unaligned(re as f32),
                Elem::F64 => at.cast::<f64>().write_unaligned(re),
                Elem::C32 => at.cast::<c32>().write_unaligned(c32::new(re as f32, im as f32)),
                Elem::C64 => at.cast::<c64>().write_unaligned(c64::new(re, im)),
                Elem::I64 => at.cast::<i64>().write_unaligned(re as i64),
            }
        }
    }

    /// Stores a matrix, as far as both reach.
    pub(crate) fn write<T: Number>(&self, from: MatRef<'_, T>) {
        for column in 0..self.columns.min(from.ncols()) {
            for row in 0..self.rows.min(from.nrows()) {
                self.set(row, column, from[(row, column)].parts());
            }
        }
    }
}

/// What factorizations compute with: `f64`, or complex numbers of two.
pub(crate) trait Number: faer::traits::ComplexField<Real = f64> + Copy {
    fn from_parts(re: f64, im: f64) -> Self;
    fn parts(self) -> (f64, f64);
    fn is_zero(self) -> bool {
        self.parts() == (0.0, 0.0)
    }
}

impl Number for f64 {
    fn from_parts(re: f64, _: f64) -> f64 {
        re
    }

    fn parts(self) -> (f64, f64) {
        (self, 0.0)
    }
}

impl Number for c64 {
    fn from_parts(re: f64, im: f64) -> c64 {
        c64::new(re, im)
    }

    fn parts(self) -> (f64, f64) {
        (self.re, self.im)
    }
}
