//! Arrays: elements, allocation, shapes, copies.

use analyzer::mono::{Layout, MonoArray, MonoTy};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::func::{FnLower, Vals};
use super::repr::{Class, components};
use crate::value::DType;

/// The bytes of an element.
pub(crate) fn itemsize(elem: &MonoTy) -> i64 {
    match DType::of(elem) {
        Some(dtype) => dtype.itemsize() as i64,
        // A tuple or another value that NumPy has no dtype for is stored in slots.
        None => components(elem).len() as i64 * 8,
    }
}

fn class_size(class: Class) -> i32 {
    match class {
        Class::I8 => 1,
        Class::I16 => 2,
        Class::I32 | Class::F32 => 4,
        Class::I64 | Class::F64 => 8,
    }
}

/// The parts of an array value.
#[derive(Clone, Debug)]
pub(crate) struct ArrayParts {
    pub(crate) owner: Value,
    pub(crate) data: Value,
    pub(crate) shape: Vec<Value>,
    pub(crate) strides: Vec<Value>,
}

impl ArrayParts {
    pub(crate) fn of(vals: &[Value], ndim: u8) -> ArrayParts {
        let n = ndim as usize;
        ArrayParts {
            owner: vals[0],
            data: vals[1],
            shape: vals[2..2 + n].to_vec(),
            strides: vals[2 + n..2 + 2 * n].to_vec(),
        }
    }

    pub(crate) fn vals(&self) -> Vals {
        let mut vals = vec![self.owner, self.data];
        vals.extend(&self.shape);
        vals.extend(&self.strides);
        vals
    }
}

impl FnLower<'_, '_> {
    pub(crate) fn load_element(&mut self, address: Value, elem: &MonoTy) -> Vals {
        if let MonoTy::Record(_) = elem {
            return vec![self.iconst(0), address];
        }
        let slots = DType::of(elem).is_none();
        components(elem)
            .iter()
            .enumerate()
            .map(|(index, component)| {
                let step = if slots { 8 } else { class_size(component.class) };
                let flags = MemFlagsData::new().with_notrap();
                self.b.ins().load(component.class.clif(), flags, address, index as i32 * step)
            })
            .collect()
    }

    pub(crate) fn store_element(&mut self, address: Value, elem: &MonoTy, vals: &[Value]) {
        if let MonoTy::Record(record) = elem {
            let size = self.iconst(i64::from(record.size));
            self.call_runtime(crate::runtime::symbols::Rt::CopyBytes, &[address, vals[1], size]);
            return;
        }
        let slots = DType::of(elem).is_none();
        for (index, (component, val)) in components(elem).iter().zip(vals).enumerate() {
            let step = if slots { 8 } else { class_size(component.class) };
            let flags = MemFlagsData::new().with_notrap();
            self.b.ins().store(flags, *val, address, index as i32 * step);
        }
    }

    pub(crate) fn array_size(&mut self, vals: &[Value], ndim: u8) -> Value {
        self.product(&vals[2..2 + ndim as usize])
    }

    pub(crate) fn product(&mut self, factors: &[Value]) -> Value {
        let mut size = None;
        for factor in factors {
            size = Some(match size {
                Some(size) => self.b.ins().imul(size, *factor),
                None => *factor,
            });
        }
        size.unwrap_or_else(|| self.iconst(1))
    }

    /// A new array. Raises where the shape is negative or there is no memory for it.
    pub(crate) fn new_array(
        &mut self,
        elem: &MonoTy,
        shape: &[Value],
        layout: Layout,
        zeroed: bool,
    ) -> ArrayParts {
        let item = itemsize(elem);
        let mut bytes = self.iconst(item);
        let mut overflow = None;
        for dim in shape {
            let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, *dim, 0);
            self.raise_if(negative, "ValueError", "negative dimensions not allowed");
        }
        for dim in shape {
            let (product, flag) = self.b.ins().smul_overflow(bytes, *dim);
            bytes = product;
            overflow = Some(match overflow {
                Some(seen) => self.b.ins().bor(seen, flag),
                None => flag,
            });
        }
        if let Some(overflow) = overflow {
            self.raise_if(
                overflow,
                "ValueError",
                "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size.",
            );
        }
        let owner = self.new_buffer(bytes, zeroed);
        let data = self.b.ins().iadd_imm_s(owner, crate::runtime::object::HEADER_SIZE as i64);
        let strides = self.contiguous_strides(shape, item, layout);
        ArrayParts { owner, data, shape: shape.to_vec(), strides }
    }

    pub(crate) fn contiguous_strides(&mut self, shape: &[Value], item: i64, layout: Layout) -> Vec<Value> {
        let mut step = self.iconst(item);
        let mut strides = vec![step; shape.len()];
        let order: Vec<usize> =
            if layout == Layout::F { (0..shape.len()).collect() } else { (0..shape.len()).rev().collect() };
        for (place, dim) in order.iter().enumerate() {
            strides[*dim] = step;
            if place + 1 < order.len() {
                step = self.b.ins().imul(step, shape[*dim]);
            }
        }
        strides
    }

    /// Runs `body` for each index below `n`, in a counted loop. `carried` are values that each round replaces.
    pub(crate) fn counted(
        &mut self,
        n: Value,
        carried: &[Value],
        body: impl FnOnce(&mut Self, Value, &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        let (head, inner, exit) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.append_block_param(head, types::I64);
        for val in carried {
            let ty = self.b.func.dfg.value_type(*val);
            self.b.append_block_param(head, ty);
        }
        let zero = self.iconst(0);
        let mut args = vec![zero.into()];
        args.extend(carried.iter().map(|val| cranelift_codegen::ir::BlockArg::Value(*val)));
        self.b.ins().jump(head, &args);
        self.b.switch_to_block(head);
        let params = self.b.block_params(head).to_vec();
        let more = self.b.ins().icmp(IntCC::SignedLessThan, params[0], n);
        self.b.ins().brif(more, inner, &[], exit, &[]);
        self.b.switch_to_block(inner);
        let next = body(self, params[0], &params[1..]);
        let index = self.b.ins().iadd_imm_s(params[0], 1);
        let mut args = vec![index.into()];
        args.extend(next.into_iter().map(cranelift_codegen::ir::BlockArg::Value));
        self.b.ins().jump(head, &args);
        self.b.switch_to_block(exit);
        params[1..].to_vec()
    }

    /// Loops over every index of a shape in C order; `body` gets the index of each dimension.
    pub(crate) fn nest(&mut self, shape: &[Value], body: &mut dyn FnMut(&mut Self, &[Value])) {
        self.nest_level(shape, &mut Vec::new(), body);
    }

    fn nest_level(
        &mut self,
        shape: &[Value],
        index: &mut Vec<Value>,
        body: &mut dyn FnMut(&mut Self, &[Value]),
    ) {
        let Some((dim, rest)) = shape.split_first() else { return body(self, index) };
        self.counted(*dim, &[], |lower, at, _| {
            index.push(at);
            lower.nest_level(rest, index, body);
            index.pop();
            Vec::new()
        });
    }

    /// The address of the element at an index of each dimension.
    pub(crate) fn element_address(
        &mut self,
        parts: &ArrayParts,
        index: &[Value],
        array: &MonoArray,
    ) -> Value {
        let mut address = parts.data;
        for (dim, at) in index.iter().enumerate() {
            let offset = self.dim_offset(parts, dim, *at, array);
            address = self.b.ins().iadd(address, offset);
        }
        address
    }

    /// An index times the stride of its dimension, which is a constant where the layout says so.
    pub(crate) fn dim_offset(
        &mut self,
        parts: &ArrayParts,
        dim: usize,
        index: Value,
        array: &MonoArray,
    ) -> Value {
        let ndim = array.ndim as usize;
        let unit = match array.layout {
            Layout::C => dim + 1 == ndim,
            Layout::F => dim == 0,
            Layout::A | Layout::Hole => false,
        };
        if unit {
            let item = itemsize(&array.elem);
            return match item.trailing_zeros() {
                shift if item == 1 << shift => self.b.ins().ishl_imm_s(index, i64::from(shift)),
                _ => self.b.ins().imul_imm_s(index, item),
            };
        }
        self.b.ins().imul(index, parts.strides[dim])
    }

    /// A new array in this layout with the elements of another.
    pub(crate) fn copy_array(
        &mut self,
        vals: &[Value],
        from: &MonoArray,
        elem: &MonoTy,
        layout: Layout,
    ) -> ArrayParts {
        let source = ArrayParts::of(vals, from.ndim);
        let copy = self.new_array(elem, &source.shape, layout, false);
        let to = MonoArray { elem: elem.clone(), ndim: from.ndim, layout, readonly: false };
        let shape = source.shape.clone();
        self.nest(&shape, &mut |lower, index| {
            let address = lower.element_address(&source, index, from);
            let item = lower.load_element(address, &from.elem);
            let item = lower.cast(item, &from.elem, &to.elem);
            let address = lower.element_address(&copy, index, &to);
            lower.store_element(address, &to.elem, &item);
        });
        copy
    }
}
