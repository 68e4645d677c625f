//! Products of vectors and matrices, and the factorizations that the linear-algebra library makes.

use analyzer::mono::{BinaryOp, FloatTy, IntTy, Layout, MonoArray, MonoTy, Op, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};
use cranelift_frontend::Variable;
use linalg::{Elem, Function};

use super::array::ArrayParts;
use super::func::{FnLower, Vals};
use super::repr::components;
use super::scalar::Operand;
use crate::runtime::symbols::Rt;

/// From so many multiplications on, a product is the library's work; a smaller one is done on the spot.
const LIBRARY_PRODUCT: i64 = 64;

/// A matrix in memory as the library takes it: address, rows, columns, and the strides of both in bytes.
struct Described {
    words: [Value; 5],
    elem: Elem,
}

/// The element type as the library has it.
fn library_elem(elem: &MonoTy) -> Option<Elem> {
    Some(match elem {
        MonoTy::Float(FloatTy::F32) => Elem::F32,
        MonoTy::Float(FloatTy::F64) => Elem::F64,
        MonoTy::Complex(complex) if complex.part() == FloatTy::F32 => Elem::C32,
        MonoTy::Complex(_) => Elem::C64,
        MonoTy::Int(IntTy::I64) => Elem::I64,
        _ => return None,
    })
}

impl FnLower<'_, '_> {
    /// A factorization into arrays that the prelude made. The result is the library's status.
    pub(super) fn factorize(&mut self, op: Op, values: &[ValueId]) -> Vals {
        let function = match op {
            Op::Lu => Function::Lu,
            Op::Solve => Function::Solve,
            Op::Cholesky => Function::Cholesky,
            Op::Qr => Function::Qr,
            Op::Svd => Function::Svd,
            Op::Eigh => Function::Eigh,
            _ => Function::Eig,
        };
        let matrices: Vec<Described> = values.iter().filter_map(|value| self.described(*value)).collect();
        debug_assert_eq!(
            matrices.len(),
            function.arity(),
            "the prelude passes arrays of the library's types"
        );
        vec![self.call_library(function, &matrices)]
    }

    fn described(&mut self, value: ValueId) -> Option<Described> {
        let MonoTy::Array(array) = self.ty(value) else { return None };
        let vals = self.get(value);
        let parts = ArrayParts::of(&vals, array.ndim);
        let elem = library_elem(&array.elem)?;
        Some(Described { words: self.matrix_words(&parts, false), elem })
    }

    /// A vector is one column, or one row where it stands on the left.
    fn matrix_words(&mut self, parts: &ArrayParts, is_row: bool) -> [Value; 5] {
        let (one, zero) = (self.iconst(1), self.iconst(0));
        match (parts.shape.as_slice(), parts.strides.as_slice()) {
            ([rows, columns], [down, across]) => [parts.data, *rows, *columns, *down, *across],
            ([len], [stride]) if is_row => [parts.data, one, *len, zero, *stride],
            ([len], [stride]) => [parts.data, *len, one, *stride, zero],
            _ => [parts.data, one, one, zero, zero],
        }
    }

    fn call_library(&mut self, function: Function, matrices: &[Described]) -> Value {
        const WORDS: usize = size_of::<linalg::Matrix>() / 8;
        let at = self.frame_slots(matrices.len() * WORDS);
        for (index, matrix) in matrices.iter().enumerate() {
            let elem = self.iconst(matrix.elem as i64);
            for (word, value) in matrix.words.into_iter().chain([elem]).enumerate() {
                let offset = i32::try_from((index * WORDS + word) * 8).unwrap_or(i32::MAX);
                self.b.ins().store(MemFlagsData::trusted(), value, at, offset);
            }
        }
        let function = self.iconst(function as i64);
        self.runtime_value(Rt::Linalg, &[function, at])
    }

    /// `np.dot` and `@` of vectors and matrices: summed on the spot where they are small, else by the library. With a
    /// third operand the result goes there.
    pub(crate) fn dot(&mut self, values: &[ValueId], out: &MonoTy) -> Vals {
        let (MonoTy::Array(left), MonoTy::Array(right)) = (self.ty(values[0]), self.ty(values[1])) else {
            return self.zero(out);
        };
        let (x, y) = (self.get(values[0]), self.get(values[1]));
        let factors =
            Factors { a: ArrayParts::of(&x, left.ndim), b: ArrayParts::of(&y, right.ndim), left, right };
        let inner = *factors.a.shape.last().unwrap_or(&factors.a.data);
        let rows = factors.b.shape[factors.b.shape.len().saturating_sub(2)];
        let differs = self.b.ins().icmp(IntCC::NotEqual, inner, rows);
        self.raise_if(differs, "ValueError", factors.mismatch());
        let elem = super::elementwise::element(out);
        let shape = factors.shape();
        let dest = self.product_place(values.get(2).copied(), &shape, out);
        let sum: Vec<_> =
            components(&elem).iter().map(|part| self.b.declare_var(part.class.clif())).collect();
        let elem_of_library = library_elem(&elem).filter(|_| left.elem == elem && right.elem == elem);
        match elem_of_library.filter(|elem| *elem != Elem::I64) {
            None => self.small_product(&factors, inner, &elem, &shape, dest.as_ref(), &sum),
            Some(of) => {
                let (small, large, done) =
                    (self.b.create_block(), self.b.create_block(), self.b.create_block());
                let results = self.product(&shape);
                let work = self.b.ins().imul(results, inner);
                let is_small = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, work, LIBRARY_PRODUCT);
                self.b.ins().brif(is_small, small, &[], large, &[]);
                self.b.switch_to_block(small);
                self.small_product(&factors, inner, &elem, &shape, dest.as_ref(), &sum);
                self.b.ins().jump(done, &[]);
                self.b.switch_to_block(large);
                self.large_product(&factors, of, &elem, dest.as_ref(), &sum);
                self.b.ins().jump(done, &[]);
                self.b.switch_to_block(done);
            }
        }
        match dest {
            Some(dest) => dest.vals(),
            None => {
                let vals: Vals = sum.iter().map(|var| self.b.use_var(*var)).collect();
                self.cast(vals, &elem, out)
            }
        }
    }

    /// Where a product that is an array goes: a new array, or the one given, which must have its shape.
    fn product_place(&mut self, given: Option<ValueId>, shape: &[Value], out: &MonoTy) -> Option<ArrayParts> {
        let MonoTy::Array(array) = out else { return None };
        let Some(given) = given.filter(|given| matches!(self.ty(*given), MonoTy::Array(_))) else {
            return Some(self.new_array(&array.elem, shape, array.layout, false));
        };
        let vals = self.get(given);
        let parts = ArrayParts::of(&vals, array.ndim);
        for (has, wanted) in parts.shape.iter().zip(shape) {
            let differs = self.b.ins().icmp(IntCC::NotEqual, *has, *wanted);
            let message = "incompatible output array size for np.dot(a, b, out)";
            self.raise_if(differs, "ValueError", message);
        }
        self.retain_object(parts.owner);
        Some(parts)
    }

    fn large_product(
        &mut self,
        factors: &Factors<'_>,
        of: Elem,
        elem: &MonoTy,
        dest: Option<&ArrayParts>,
        sum: &[Variable],
    ) {
        let left = Described { words: self.matrix_words(&factors.a, true), elem: of };
        let right = Described { words: self.matrix_words(&factors.b, false), elem: of };
        match dest {
            Some(dest) => {
                let words = self.matrix_words(dest, factors.left.ndim == 1);
                self.call_library(Function::Product, &[Described { words, elem: of }, left, right]);
            }
            None => {
                let at = self.frame_slots(2);
                let (one, zero) = (self.iconst(1), self.iconst(0));
                let place = Described { words: [at, one, one, zero, zero], elem: of };
                self.call_library(Function::Product, &[place, left, right]);
                let vals = self.load_element(at, elem);
                sum.iter().zip(vals).for_each(|(var, val)| self.b.def_var(*var, val));
            }
        }
    }

    fn small_product(
        &mut self,
        factors: &Factors<'_>,
        inner: Value,
        elem: &MonoTy,
        shape: &[Value],
        dest: Option<&ArrayParts>,
        sum: &[Variable],
    ) {
        let Factors { a, b, left, right } = factors;
        self.nest(shape, &mut |lower, index| {
            let zero = lower.zero(elem);
            let (row, column) = index.split_at(a.shape.len() - 1);
            let sums = lower.counted(inner, &zero, |lower, k, sums| {
                let left_index: Vec<Value> = row.iter().copied().chain([k]).collect();
                let right_index: Vec<Value> = [k].into_iter().chain(column.iter().copied()).collect();
                let p = lower.element_address(a, &left_index, left);
                let q = lower.element_address(b, &right_index, right);
                let p = Operand::new(lower.load_element(p, &left.elem), left.elem.clone());
                let q = Operand::new(lower.load_element(q, &right.elem), right.elem.clone());
                let product = Operand::new(lower.arithmetic(BinaryOp::Mult, &p, &q, elem), elem.clone());
                let sum = Operand::new(sums.to_vec(), elem.clone());
                lower.arithmetic(BinaryOp::Add, &sum, &product, elem)
            });
            match dest {
                Some(dest) => {
                    let strided = MonoArray {
                        elem: elem.clone(),
                        ndim: index.len() as u8,
                        layout: Layout::A,
                        readonly: false,
                    };
                    let address = lower.element_address(dest, index, &strided);
                    lower.store_element(address, elem, &sums);
                }
                None => sum.iter().zip(&sums).for_each(|(var, sum)| lower.b.def_var(*var, *sum)),
            }
        });
    }
}

/// The two sides of a product.
struct Factors<'t> {
    a: ArrayParts,
    b: ArrayParts,
    left: &'t MonoArray,
    right: &'t MonoArray,
}

impl Factors<'_> {
    fn shape(&self) -> Vec<Value> {
        let mut shape: Vec<Value> = self.a.shape[..self.a.shape.len() - 1].to_vec();
        if self.right.ndim == 2 {
            shape.push(self.b.shape[1]);
        }
        shape
    }

    fn mismatch(&self) -> &'static str {
        match (self.left.ndim, self.right.ndim) {
            (1, 1) => "np.dot(): incompatible array sizes for np.dot(a, b) (vector * vector)",
            (1, _) => "incompatible array sizes for np.dot(a, b) (vector * matrix)",
            (_, 1) => "incompatible array sizes for np.dot(a, b) (matrix * vector)",
            _ => "incompatible array sizes for np.dot(a, b) (matrix * matrix)",
        }
    }
}
