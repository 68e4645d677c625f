//! Operations of the library whose first operand is an array.

use analyzer::mono::{Layout, MonoArray, MonoTy, Op, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::array::{ArrayParts, itemsize};
use super::func::{FnLower, Vals};

impl FnLower<'_, '_> {
    /// Operations whose first operand is an array. `None` if the operation has no such form.
    pub(super) fn array_apply(
        &mut self,
        op: Op,
        values: &[ValueId],
        array: &MonoArray,
        out: &MonoTy,
    ) -> Option<Vals> {
        let vals = self.get(values[0]);
        let parts = ArrayParts::of(&vals, array.ndim);
        Some(match op {
            Op::ArrayShape => parts.shape,
            Op::ArrayStrides => parts.strides,
            Op::ArraySize => vec![self.array_size(&vals, array.ndim)],
            Op::ArrayNdim => vec![self.iconst(i64::from(array.ndim))],
            Op::ArrayItemsize => vec![self.iconst(itemsize(&array.elem))],
            Op::ArrayTranspose => {
                self.retain_object(parts.owner);
                let (shape, strides) =
                    (parts.shape.into_iter().rev().collect(), parts.strides.into_iter().rev().collect());
                ArrayParts { owner: parts.owner, data: parts.data, shape, strides }.vals()
            }
            Op::ArrayReshape => self.reshape(&parts, array, values, out),
            Op::ArrayRavel => self.ravel(&vals, array, out, true),
            Op::AsContiguous => {
                let MonoTy::Array(to) = out else { return None };
                self.contiguous_or_copy(&vals, array, to)
            }
            Op::ArrayCopy | Op::ArrayAstype => {
                let MonoTy::Array(to) = out else { return None };
                self.copy_array(&vals, array, &to.elem, to.layout).vals()
            }
            Op::ArrayFromSequence => {
                let MonoTy::Array(to) = out else { return None };
                self.copy_array(&vals, array, &to.elem, to.layout).vals()
            }
            Op::EmptyLike | Op::ZerosLike => {
                let MonoTy::Array(to) = out else { return None };
                self.new_array(&to.elem, &parts.shape, to.layout, op == Op::ZerosLike).vals()
            }
            Op::ArrayFill => {
                let strided = MonoArray { layout: Layout::A, ..array.clone() };
                let item = self.get_as(values[1], &array.elem);
                let shape = parts.shape.clone();
                self.nest(&shape, &mut |lower, index| {
                    let address = lower.element_address(&parts, index, &strided);
                    lower.store_element(address, &array.elem, &item);
                });
                Vec::new()
            }
            Op::ArrayItem => {
                let size = self.array_size(&vals, array.ndim);
                let bad = self.b.ins().icmp_imm_s(IntCC::NotEqual, size, 1);
                self.raise_if(bad, "ValueError", "item(): cannot convert array to scalar");
                let item = self.load_element(parts.data, &array.elem);
                self.cast(item, &array.elem, out)
            }
            Op::ArrayReal | Op::ArrayImag | Op::Real | Op::Imag if matches!(out, MonoTy::Array(_)) => {
                let is_imag = matches!(op, Op::ArrayImag | Op::Imag);
                if let MonoTy::Complex(complex) = array.elem {
                    self.retain_object(parts.owner);
                    let offset = if is_imag { i64::from(complex.part().bits() / 8) } else { 0 };
                    let data = self.b.ins().iadd_imm_s(parts.data, offset);
                    ArrayParts { data, ..parts }.vals()
                } else if is_imag {
                    let MonoTy::Array(to) = out else { return None };
                    self.new_array(&to.elem, &parts.shape, to.layout, true).vals()
                } else {
                    self.retain_object(parts.owner);
                    vals
                }
            }
            Op::ArrayView => {
                let MonoTy::Array(to) = out else { return None };
                self.view_as(&parts, array, to)
            }
            Op::Int | Op::Float | Op::Bool | Op::Complex | Op::Cast if !matches!(out, MonoTy::Array(_)) => {
                if array.ndim == 0 {
                    let item = self.load_element(parts.data, &array.elem);
                    self.cast(item, &array.elem, out)
                } else {
                    vec![self.truth(&vals, self.ty(values[0]))]
                }
            }
            Op::Dot => self.dot(values, out),
            _ => return None,
        })
    }

    fn view_as(&mut self, parts: &ArrayParts, from: &MonoArray, to: &MonoArray) -> Vals {
        self.retain_object(parts.owner);
        let (own, other) = (itemsize(&from.elem), itemsize(&to.elem));
        let mut view = parts.clone();
        if own != other
            && let (Some(len), Some(stride)) = (view.shape.last_mut(), view.strides.last_mut())
        {
            let bytes = self.b.ins().imul_imm_s(*len, own);
            let rest = self.b.ins().srem_imm_s(bytes, other);
            self.raise_if(rest, "ValueError", "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array.");
            *len = self.b.ins().sdiv_imm_s(bytes, other);
            *stride = self.b.ins().iconst(types::I64, other);
        }
        view.vals()
    }

    /// Whether the strides are those of C order, as far as they matter.
    fn is_contiguous(&mut self, parts: &ArrayParts, item: i64) -> Value {
        let mut step = self.iconst(item);
        let mut holds = self.b.ins().iconst(types::I8, 1);
        for (len, stride) in parts.shape.iter().zip(&parts.strides).rev() {
            let same = self.b.ins().icmp(IntCC::Equal, *stride, step);
            let one = self.b.ins().icmp_imm_s(IntCC::Equal, *len, 1);
            let fits = self.b.ins().bor(same, one);
            holds = self.b.ins().band(holds, fits);
            step = self.b.ins().imul(step, *len);
        }
        holds
    }

    /// The array itself where it is contiguous, else a copy in C order.
    fn contiguous_or_copy(&mut self, vals: &[Value], array: &MonoArray, to: &MonoArray) -> Vals {
        if array.layout == Layout::C && to.layout == Layout::C {
            self.retain_object(vals[0]);
            return vals.to_vec();
        }
        let parts = ArrayParts::of(vals, array.ndim);
        let (same, copy, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        for _ in vals {
            self.b.append_block_param(done, types::I64);
        }
        let holds = self.is_contiguous(&parts, itemsize(&array.elem));
        self.b.ins().brif(holds, same, &[], copy, &[]);
        self.b.switch_to_block(same);
        self.retain_object(parts.owner);
        let strides = self.contiguous_strides(&parts.shape, itemsize(&array.elem), Layout::C);
        let own = ArrayParts { strides, ..parts.clone() }.vals();
        let args: Vec<_> = own.into_iter().map(cranelift_codegen::ir::BlockArg::Value).collect();
        self.b.ins().jump(done, &args);
        self.b.switch_to_block(copy);
        let copied = self.copy_array(vals, array, &array.elem, Layout::C).vals();
        let args: Vec<_> = copied.into_iter().map(cranelift_codegen::ir::BlockArg::Value).collect();
        self.b.ins().jump(done, &args);
        self.b.switch_to_block(done);
        self.b.block_params(done).to_vec()
    }

    /// One dimension over all elements; a copy (always, or where the array is not contiguous).
    fn ravel(&mut self, vals: &[Value], array: &MonoArray, out: &MonoTy, may_share: bool) -> Vals {
        let MonoTy::Array(to) = out else { return self.zero(out) };
        let c = MonoArray { layout: Layout::C, ..array.clone() };
        let flat = if may_share {
            self.contiguous_or_copy(vals, array, &c)
        } else {
            self.copy_array(vals, array, &array.elem, Layout::C).vals()
        };
        let size = self.array_size(&flat, array.ndim);
        let stride = self.iconst(itemsize(&to.elem));
        vec![flat[0], flat[1], size, stride]
    }

    fn reshape(&mut self, parts: &ArrayParts, array: &MonoArray, values: &[ValueId], out: &MonoTy) -> Vals {
        let MonoTy::Array(to) = out else { return self.zero(out) };
        let mut shape = Vec::new();
        for value in &values[1..] {
            shape.extend(self.shape_of(*value));
        }
        let size = self.product(&parts.shape);
        // One length may be -1: it is what remains.
        let mut known = self.iconst(1);
        let mut unknown = self.iconst(0);
        for len in &shape {
            let missing = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, *len, 0);
            let one = self.iconst(1);
            let factor = self.b.ins().select(missing, one, *len);
            known = self.b.ins().imul(known, factor);
            let flag = self.b.ins().uextend(types::I64, missing);
            unknown = self.b.ins().iadd(unknown, flag);
        }
        let several = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, unknown, 1);
        self.raise_if(several, "ValueError", "multiple negative shape values");
        let one = self.iconst(1);
        let none = self.b.ins().icmp_imm_s(IntCC::Equal, known, 0);
        let divisor = self.b.ins().select(none, one, known);
        let rest = self.b.ins().sdiv(size, divisor);
        let shape: Vec<Value> = shape
            .into_iter()
            .map(|len| {
                let missing = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, len, 0);
                self.b.ins().select(missing, rest, len)
            })
            .collect();
        let total = self.product(&shape);
        let differs = self.b.ins().icmp(IntCC::NotEqual, total, size);
        self.raise_if(differs, "ValueError", "total size of new array must be unchanged");
        let source = if array.layout == Layout::F && to.layout == Layout::F && to.ndim == 1
            || array.layout != Layout::C
        {
            let vals = parts.vals();
            let flat =
                self.contiguous_or_copy(&vals, array, &MonoArray { layout: Layout::C, ..array.clone() });
            (flat[0], flat[1])
        } else {
            self.retain_object(parts.owner);
            (parts.owner, parts.data)
        };
        let strides = self.contiguous_strides(&shape, itemsize(&to.elem), Layout::C);
        ArrayParts { owner: source.0, data: source.1, shape, strides }.vals()
    }
}
