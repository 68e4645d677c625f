//! Indexing with arrays: masks and arrays of integers.

use analyzer::mono::{IntTy, Layout, MonoArray, MonoTy, ValueId};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::array::ArrayParts;
use super::func::FnLower;
use super::index::{Mismatch, Part};
use crate::runtime::object::HEADER_SIZE;

/// What an array in an index selects: byte offsets into the dimensions it stands for.
struct Selection {
    /// A buffer of byte offsets.
    offsets: Value,
    /// The shape that the selection has in the result.
    shape: Vec<Value>,
    /// Before which dimension of the rest the selection stands.
    place: usize,
    /// The dimensions that are not selected by an array.
    rest: ArrayParts,
}

impl FnLower<'_, '_> {
    fn select(&mut self, source: &ArrayParts, array: &MonoArray, parts: &[Part]) -> Selection {
        let mut rest =
            ArrayParts { owner: source.owner, data: source.data, shape: Vec::new(), strides: Vec::new() };
        let mut found = None;
        let mut dim = 0;
        for part in parts {
            if let Part::Array { vals, ty } = part {
                let place = rest.shape.len();
                let (offsets, shape) = if ty.elem == MonoTy::Bool {
                    let dims = ty.ndim as usize;
                    let strides = source.strides[dim..dim + dims].to_vec();
                    dim += dims;
                    self.mask_offsets(vals, ty, &strides)
                } else {
                    let (len, stride) = (source.shape[dim], source.strides[dim]);
                    dim += 1;
                    self.int_offsets(vals, ty, len, stride)
                };
                found = Some((offsets, shape, place));
                continue;
            }
            let n = usize::from(!matches!(part, Part::NewAxis));
            let one = ArrayParts {
                owner: rest.owner,
                data: rest.data,
                shape: source.shape[dim..dim + n].to_vec(),
                strides: source.strides[dim..dim + n].to_vec(),
            };
            let strided = MonoArray { ndim: n as u8, layout: Layout::A, ..array.clone() };
            let view = self.basic_view(&one, &strided, std::slice::from_ref(part));
            rest.data = view.data;
            rest.shape.extend(view.shape);
            rest.strides.extend(view.strides);
            dim += n;
        }
        let (offsets, shape, place) = found.unwrap_or_else(|| (rest.owner, Vec::new(), 0));
        Selection { offsets, shape, place, rest }
    }

    /// The offsets of the true elements of a mask.
    fn mask_offsets(&mut self, vals: &[Value], mask: &MonoArray, strides: &[Value]) -> (Value, Vec<Value>) {
        let parts = ArrayParts::of(vals, mask.ndim);
        let shape = parts.shape.clone();
        let counter = self.b.declare_var(types::I64);
        let zero = self.iconst(0);
        self.b.def_var(counter, zero);
        self.nest(&shape, &mut |lower, index| {
            let address = lower.element_address(&parts, index, mask);
            let flag = lower.load_element(address, &MonoTy::Bool)[0];
            let flag = lower.b.ins().uextend(types::I64, flag);
            let count = lower.b.use_var(counter);
            let count = lower.b.ins().iadd(count, flag);
            lower.b.def_var(counter, count);
        });
        let n = self.b.use_var(counter);
        // One more than there are: the slot after the last true one is written before it is known to be unused.
        let bytes = self.b.ins().iadd_imm_s(n, 1);
        let bytes = self.b.ins().ishl_imm_s(bytes, 3);
        let offsets = self.new_buffer(bytes, false);
        self.b.def_var(counter, zero);
        self.nest(&shape, &mut |lower, index| {
            let address = lower.element_address(&parts, index, mask);
            let flag = lower.load_element(address, &MonoTy::Bool)[0];
            let mut offset = lower.iconst(0);
            for (at, stride) in index.iter().zip(strides) {
                let step = lower.b.ins().imul(*at, *stride);
                offset = lower.b.ins().iadd(offset, step);
            }
            let count = lower.b.use_var(counter);
            lower.store_offset(offsets, count, offset);
            let flag = lower.b.ins().uextend(types::I64, flag);
            let count = lower.b.ins().iadd(count, flag);
            lower.b.def_var(counter, count);
        });
        (offsets, vec![n])
    }

    fn int_offsets(
        &mut self,
        vals: &[Value],
        ty: &MonoArray,
        len: Value,
        stride: Value,
    ) -> (Value, Vec<Value>) {
        let parts = ArrayParts::of(vals, ty.ndim);
        let n = self.product(&parts.shape);
        let bytes = self.b.ins().ishl_imm_s(n, 3);
        let offsets = self.new_buffer(bytes, false);
        let counter = self.b.declare_var(types::I64);
        let zero = self.iconst(0);
        self.b.def_var(counter, zero);
        let shape = parts.shape.clone();
        let nonneg = matches!(ty.elem, MonoTy::Int(int) if !int.signed());
        self.nest(&shape, &mut |lower, index| {
            let address = lower.element_address(&parts, index, ty);
            let item = lower.load_element(address, &ty.elem);
            let item = lower.cast(item, &ty.elem, &MonoTy::Int(IntTy::I64))[0];
            let at = lower.wrap(item, nonneg, len);
            let offset = lower.b.ins().imul(at, stride);
            let count = lower.b.use_var(counter);
            lower.store_offset(offsets, count, offset);
            let count = lower.b.ins().iadd_imm_s(count, 1);
            lower.b.def_var(counter, count);
        });
        (offsets, parts.shape)
    }

    fn store_offset(&mut self, offsets: Value, at: Value, offset: Value) {
        let at = self.b.ins().ishl_imm_s(at, 3);
        let address = self.b.ins().iadd(offsets, at);
        self.b.ins().store(MemFlagsData::trusted(), offset, address, HEADER_SIZE as i32);
    }

    /// Runs `body` with the address of each selected element and its index in the result.
    fn each_selected(&mut self, selection: &Selection, body: &mut dyn FnMut(&mut Self, Value, &[Value])) {
        let dims = selection.shape.len();
        let mut shape = selection.rest.shape[..selection.place].to_vec();
        shape.extend(&selection.shape);
        shape.extend(&selection.rest.shape[selection.place..]);
        let place = selection.place;
        self.nest(&shape, &mut |lower, index| {
            let mut flat = lower.iconst(0);
            for (at, len) in index[place..place + dims].iter().zip(&selection.shape) {
                flat = lower.b.ins().imul(flat, *len);
                flat = lower.b.ins().iadd(flat, *at);
            }
            let slot = lower.b.ins().ishl_imm_s(flat, 3);
            let slot = lower.b.ins().iadd(selection.offsets, slot);
            let offset = lower.b.ins().load(types::I64, MemFlagsData::trusted(), slot, HEADER_SIZE as i32);
            let mut address = lower.b.ins().iadd(selection.rest.data, offset);
            let others = index[..place].iter().chain(&index[place + dims..]);
            for (at, stride) in others.zip(&selection.rest.strides) {
                let step = lower.b.ins().imul(*at, *stride);
                address = lower.b.ins().iadd(address, step);
            }
            body(lower, address, index);
        });
    }

    fn selected_shape(selection: &Selection) -> Vec<Value> {
        let mut shape = selection.rest.shape[..selection.place].to_vec();
        shape.extend(&selection.shape);
        shape.extend(&selection.rest.shape[selection.place..]);
        shape
    }

    /// A new array of what an index with an array selects.
    pub(super) fn fancy_get(&mut self, source: &ArrayParts, array: &MonoArray, parts: &[Part]) -> ArrayParts {
        let selection = self.select(source, array, parts);
        let shape = Self::selected_shape(&selection);
        let result = self.new_array(&array.elem, &shape, Layout::C, false);
        let to = MonoArray { ndim: shape.len() as u8, layout: Layout::C, ..array.clone() };
        self.each_selected(&selection, &mut |lower, address, index| {
            let item = lower.load_element(address, &array.elem);
            let address = lower.element_address(&result, index, &to);
            lower.store_element(address, &array.elem, &item);
        });
        self.release_object(selection.offsets);
        result
    }

    /// Stores into what an index with an array selects.
    pub(super) fn fancy_set(&mut self, dest: &ArrayParts, array: &MonoArray, parts: &[Part], value: ValueId) {
        let selection = self.select(dest, array, parts);
        if let MonoTy::Array(from) = self.ty(value) {
            let shape = Self::selected_shape(&selection);
            let vals = self.get(value);
            let source = ArrayParts::of(&vals, from.ndim);
            let source = self.broadcast_to(&source, &shape, Mismatch::Slice);
            let from = MonoArray { ndim: shape.len() as u8, layout: Layout::A, ..(**from).clone() };
            self.each_selected(&selection, &mut |lower, address, index| {
                let at = lower.element_address(&source, index, &from);
                let item = lower.load_element(at, &from.elem);
                let item = lower.cast(item, &from.elem, &array.elem);
                lower.store_element(address, &array.elem, &item);
            });
        } else {
            let item = self.get_as(value, &array.elem);
            self.each_selected(&selection, &mut |lower, address, _| {
                lower.store_element(address, &array.elem, &item);
            });
        }
        self.release_object(selection.offsets);
    }
}
