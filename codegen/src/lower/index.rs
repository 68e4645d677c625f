//! Reading and writing parts of arrays: `a[i]`, `a[i, :]`, `a[mask]`, `a[1:] = b`.

use analyzer::mono::{Const, IntTy, MonoArray, MonoOp, MonoTy, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::array::ArrayParts;
use super::func::{FnLower, Vals};
use crate::runtime::symbols::Rt;

/// One item of an index.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Int {
        val: Value,
        nonneg: bool,
    },
    /// `None` for a bound that is left out.
    Slice {
        start: Option<(Value, bool)>,
        stop: Option<(Value, bool)>,
        /// `None` for one.
        step: Option<Value>,
    },
    NewAxis,
    Ellipsis,
    Array {
        vals: Vals,
        ty: MonoArray,
    },
}

impl FnLower<'_, '_> {
    /// What defines a value, through copies.
    pub(crate) fn definition(&self, value: ValueId) -> Option<&MonoOp> {
        match self.defs[value.0 as usize] {
            Some(MonoOp::Copy(from)) if *from != value => self.definition(*from),
            found => found,
        }
    }

    /// The items of an index, one for a plain index.
    pub(crate) fn index_parts(&mut self, index: ValueId) -> Vec<Part> {
        let ty = self.ty(index);
        let MonoTy::Tuple(tys) = ty else {
            return vec![self.value_part(index)];
        };
        if let Some(MonoOp::Tuple(items)) = self.definition(index) {
            let items = items.clone();
            return items.into_iter().map(|item| self.value_part(item)).collect();
        }
        let constant = match &self.facts.consts[index.0 as usize] {
            Some(Const::Tuple(items)) => Some(items.clone()),
            _ => None,
        };
        let vals = self.get(index);
        let mut rest = vals.as_slice();
        let mut parts = Vec::new();
        for (place, ty) in tys.iter().enumerate() {
            let (item, tail) = rest.split_at(super::repr::components(ty).len());
            rest = tail;
            let known = constant.as_ref().and_then(|items| items.get(place));
            parts.push(self.part_of(item.to_vec(), ty, known, false));
        }
        parts
    }

    fn value_part(&mut self, value: ValueId) -> Part {
        if let Some(MonoOp::Slice { start, stop, step }) = self.definition(value) {
            let (start, stop, step) = (*start, *stop, *step);
            let step =
                step.filter(|step| *self.ty(*step) != MonoTy::Unit && self.facts.int(*step) != Some(1));
            let mut bound = |value: Option<ValueId>| {
                let value = value.filter(|value| *self.ty(*value) != MonoTy::Unit)?;
                let val = self.get_as(value, &MonoTy::Int(IntTy::I64))[0];
                Some((val, self.facts.nonneg[value.0 as usize]))
            };
            let (start, stop) = (bound(start), bound(stop));
            let step = step.map(|step| self.get_as(step, &MonoTy::Int(IntTy::I64))[0]);
            return Part::Slice { start, stop, step };
        }
        let known = self.facts.consts[value.0 as usize].clone();
        let vals = self.get(value);
        let nonneg = self.facts.nonneg[value.0 as usize];
        let ty = self.ty(value);
        self.part_of(vals, ty, known.as_ref(), nonneg)
    }

    fn part_of(&mut self, vals: Vals, ty: &MonoTy, known: Option<&Const>, nonneg: bool) -> Part {
        match ty {
            MonoTy::Unit if known == Some(&Const::Ellipsis) => Part::Ellipsis,
            MonoTy::Unit => Part::NewAxis,
            MonoTy::Slice => Part::Slice {
                start: Some((vals[0], false)),
                stop: Some((vals[1], false)),
                step: Some(vals[2]),
            },
            // An array without dimensions is the number in it.
            MonoTy::Array(array) if array.ndim == 0 => {
                let item = self.load_element(ArrayParts::of(&vals, 0).data, &array.elem);
                self.part_of(item, &array.elem, None, false)
            }
            MonoTy::Array(array) => Part::Array { vals, ty: (**array).clone() },
            ty => {
                let nonneg = nonneg
                    || matches!(known, Some(Const::Int(int)) if int.get() >= 0)
                    || matches!(ty, MonoTy::Bool)
                    || matches!(ty, MonoTy::Int(int) if !int.signed());
                let val = self.cast(vals, ty, &MonoTy::Int(IntTy::I64))[0];
                Part::Int { val, nonneg }
            }
        }
    }

    /// Puts an index into its dimension: negative ones count from the end; checked if bounds are.
    pub(crate) fn wrap(&mut self, index: Value, nonneg: bool, dim: Value) -> Value {
        let index = if nonneg {
            index
        } else {
            let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, index, 0);
            let wrapped = self.b.ins().iadd(index, dim);
            self.b.ins().select(negative, wrapped, index)
        };
        if self.boundscheck {
            let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, dim);
            self.raise_if(outside, "IndexError", "index is out of bounds");
        }
        index
    }

    /// Fills an index up to the array's rank: the ellipsis stands for whole dimensions.
    pub(crate) fn full_index(&self, parts: Vec<Part>, ndim: usize) -> Vec<Part> {
        let taken = parts.iter().map(|part| match part {
            Part::NewAxis | Part::Ellipsis => 0,
            Part::Array { ty, .. } if ty.elem == MonoTy::Bool => ty.ndim as usize,
            _ => 1,
        });
        let missing = ndim.saturating_sub(taken.sum());
        let whole = || Part::Slice { start: None, stop: None, step: None };
        let mut full = Vec::new();
        let mut expanded = false;
        for part in parts {
            match part {
                Part::Ellipsis => {
                    full.extend((0..missing).map(|_| whole()));
                    expanded = true;
                }
                part => full.push(part),
            }
        }
        if !expanded {
            full.extend((0..missing).map(|_| whole()));
        }
        full
    }

    /// The view that integers, slices and new axes select. Borrows the array's owner.
    pub(crate) fn basic_view(
        &mut self,
        source: &ArrayParts,
        array: &MonoArray,
        parts: &[Part],
    ) -> ArrayParts {
        let mut view =
            ArrayParts { owner: source.owner, data: source.data, shape: Vec::new(), strides: Vec::new() };
        let mut dim = 0;
        for part in parts {
            match part {
                Part::Int { val, nonneg } => {
                    let at = self.wrap(*val, *nonneg, source.shape[dim]);
                    let offset = self.dim_offset(source, dim, at, array);
                    view.data = self.b.ins().iadd(view.data, offset);
                    dim += 1;
                }
                Part::Slice { start: None, stop: None, step: None } => {
                    view.shape.push(source.shape[dim]);
                    view.strides.push(source.strides[dim]);
                    dim += 1;
                }
                Part::Slice { start, stop, step } => {
                    let (first, len, stride) =
                        self.slice_dim(*start, *stop, *step, source.shape[dim], source.strides[dim]);
                    if let Some(first) = first {
                        let offset = self.dim_offset(source, dim, first, array);
                        view.data = self.b.ins().iadd(view.data, offset);
                    }
                    view.shape.push(len);
                    view.strides.push(stride);
                    dim += 1;
                }
                Part::NewAxis => {
                    view.shape.push(self.iconst(1));
                    view.strides.push(self.iconst(0));
                }
                Part::Ellipsis | Part::Array { .. } => {}
            }
        }
        view
    }

    /// First index, length and stride of a slice of one dimension.
    fn slice_dim(
        &mut self,
        start: Option<(Value, bool)>,
        stop: Option<(Value, bool)>,
        step: Option<Value>,
        dim: Value,
        stride: Value,
    ) -> (Option<Value>, Value, Value) {
        let Some(step) = step else {
            let first = start.map(|(start, nonneg)| self.clip(start, nonneg, dim));
            let last = stop.map_or(dim, |(stop, nonneg)| self.clip(stop, nonneg, dim));
            let len = match first {
                Some(first) => {
                    let len = self.b.ins().isub(last, first);
                    let zero = self.iconst(0);
                    self.b.ins().smax(len, zero)
                }
                None => last,
            };
            return (first, len, stride);
        };
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, step, 0);
        self.raise_if(zero, "ValueError", "slice step cannot be zero");
        let (first, _, len) = self.slice_indices(start.map(|s| s.0), stop.map(|s| s.0), step, dim);
        let stride = self.b.ins().imul(stride, step);
        (Some(first), len, stride)
    }

    /// A bound of a slice with a positive step, put between 0 and the length.
    fn clip(&mut self, bound: Value, nonneg: bool, dim: Value) -> Value {
        let zero = self.iconst(0);
        let bound = if nonneg {
            bound
        } else {
            let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, bound, 0);
            let wrapped = self.b.ins().iadd(bound, dim);
            let bound = self.b.ins().select(negative, wrapped, bound);
            self.b.ins().smax(bound, zero)
        };
        self.b.ins().smin(bound, dim)
    }

    /// Python's `slice.indices` and the number of items, for any step but zero.
    pub(crate) fn slice_indices(
        &mut self,
        start: Option<Value>,
        stop: Option<Value>,
        step: Value,
        len: Value,
    ) -> (Value, Value, Value) {
        let down = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, step, 0);
        let (zero, minus) = (self.iconst(0), self.iconst(-1));
        let last = self.b.ins().iadd_imm_s(len, -1);
        let low = self.b.ins().select(down, minus, zero);
        let high = self.b.ins().select(down, last, len);
        let mut clip = |bound: Option<Value>, default: Value| match bound {
            None => default,
            Some(bound) => {
                let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, bound, 0);
                let wrapped = self.b.ins().iadd(bound, len);
                let bound = self.b.ins().select(negative, wrapped, bound);
                let bound = self.b.ins().smax(bound, low);
                self.b.ins().smin(bound, high)
            }
        };
        // A bound left out is the end that the step starts from or runs to.
        let (first_default, stop_default) = (start.is_none(), stop.is_none());
        let mut first = clip(start, high);
        let mut end = clip(stop, low);
        if first_default {
            first = self.b.ins().select(down, high, low);
        }
        if stop_default {
            end = self.b.ins().select(down, low, high);
        }
        let span = self.b.ins().isub(end, first);
        let span = {
            let negated = self.b.ins().ineg(span);
            self.b.ins().select(down, negated, span)
        };
        let size = self.b.ins().iabs(step);
        let less = self.b.ins().iadd_imm_s(span, -1);
        let whole = self.b.ins().sdiv(less, size);
        let count = self.b.ins().iadd_imm_s(whole, 1);
        let some = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, span, 0);
        (first, end, self.b.ins().select(some, count, zero))
    }

    /// `array[index]`.
    pub(crate) fn array_getitem(
        &mut self,
        target: ValueId,
        array: &MonoArray,
        index: ValueId,
        out: &MonoTy,
    ) -> Vals {
        let vals = self.get(target);
        let source = ArrayParts::of(&vals, array.ndim);
        let parts = self.index_parts(index);
        let parts = self.full_index(parts, array.ndim as usize);
        if parts.iter().any(|part| matches!(part, Part::Array { .. })) {
            return self.fancy_get(&source, array, &parts).vals();
        }
        let view = self.basic_view(&source, array, &parts);
        if let MonoTy::Array(_) = out {
            self.retain_object(view.owner);
            return view.vals();
        }
        let item = self.load_element(view.data, &array.elem);
        if let MonoTy::Record(_) = array.elem {
            self.retain_object(view.owner);
            return vec![view.owner, item[1]];
        }
        self.cast(item, &array.elem, out)
    }

    /// `array[index] = value`.
    pub(crate) fn array_setitem(
        &mut self,
        target: ValueId,
        array: &MonoArray,
        index: ValueId,
        value: ValueId,
    ) {
        let vals = self.get(target);
        let dest = ArrayParts::of(&vals, array.ndim);
        let parts = self.index_parts(index);
        let parts = self.full_index(parts, array.ndim as usize);
        if parts.iter().any(|part| matches!(part, Part::Array { .. })) {
            self.fancy_set(&dest, array, &parts, value);
            return;
        }
        let all_ints = parts.iter().all(|part| matches!(part, Part::Int { .. }));
        if all_ints && !matches!(self.ty(value), MonoTy::Array(_)) {
            let item = self.get_as(value, &array.elem);
            let view = self.basic_view(&dest, array, &parts);
            self.store_element(view.data, &array.elem, &item);
            return;
        }
        let view = self.basic_view(&dest, array, &parts);
        self.assign(&view, &array.elem, value);
    }

    /// Stores a value into every element of a view, broadcast.
    pub(crate) fn assign(&mut self, view: &ArrayParts, elem: &MonoTy, value: ValueId) {
        let strided = MonoArray {
            elem: elem.clone(),
            ndim: view.shape.len() as u8,
            layout: analyzer::mono::Layout::A,
            readonly: false,
        };
        let shape = view.shape.clone();
        match self.ty(value) {
            MonoTy::Array(from) => {
                let vals = self.get(value);
                let source = self.apart(&vals, from, view);
                let broadcast = self.broadcast_to(&source, &shape, Mismatch::Slice);
                let from =
                    MonoArray { ndim: strided.ndim, layout: analyzer::mono::Layout::A, ..(**from).clone() };
                self.nest(&shape, &mut |lower, index| {
                    let address = lower.element_address(&broadcast, index, &from);
                    let item = lower.load_element(address, &from.elem);
                    let item = lower.cast(item, &from.elem, &strided.elem);
                    let address = lower.element_address(view, index, &strided);
                    lower.store_element(address, &strided.elem, &item);
                });
                if source.owner != vals[0] {
                    self.release_object(source.owner);
                }
            }
            MonoTy::Tuple(_) | MonoTy::List(_) => self.assign_sequence(view, &strided, value),
            _ => {
                let item = self.get_as(value, elem);
                self.nest(&shape, &mut |lower, index| {
                    let address = lower.element_address(view, index, &strided);
                    lower.store_element(address, &strided.elem, &item);
                });
            }
        }
    }

    fn assign_sequence(&mut self, view: &ArrayParts, strided: &MonoArray, value: ValueId) {
        let n = self.sequence_len(value);
        let differs = self.b.ins().icmp(IntCC::NotEqual, n, view.shape[0]);
        self.raise_if(differs, "ValueError", "cannot assign slice from input of different size");
        match self.ty(value) {
            MonoTy::Tuple(tys) => {
                let vals = self.get(value);
                let mut rest = vals.as_slice();
                for (place, ty) in tys.iter().enumerate() {
                    let (item, tail) = rest.split_at(super::repr::components(ty).len());
                    rest = tail;
                    let item = self.cast(item.to_vec(), ty, &strided.elem);
                    let at = self.iconst(place as i64);
                    let address = self.element_address(view, &[at], strided);
                    self.store_element(address, &strided.elem, &item);
                }
            }
            MonoTy::List(elem) => {
                let list = self.get(value)[0];
                self.counted(n, &[], |lower, at, _| {
                    let item = lower.list_load(list, at, elem);
                    let item = lower.cast(item, elem, &strided.elem);
                    let address = lower.element_address(view, &[at], strided);
                    lower.store_element(address, &strided.elem, &item);
                    Vec::new()
                });
            }
            _ => {}
        }
    }

    /// An array's parts, copied if it shares its owner with what is written.
    fn apart(&mut self, vals: &[Value], array: &MonoArray, view: &ArrayParts) -> ArrayParts {
        let source = ArrayParts::of(vals, array.ndim);
        let (copy, done) = (self.b.create_block(), self.b.create_block());
        for _ in 0..vals.len() {
            self.b.append_block_param(done, types::I64);
        }
        let shared = self.b.ins().icmp(IntCC::Equal, source.owner, view.owner);
        let null = self.iconst(0);
        let mut own = source.vals();
        own[0] = null;
        let args: Vec<_> = own.iter().map(|val| (*val).into()).collect();
        self.b.ins().brif(shared, copy, &[], done, &args);
        self.b.switch_to_block(copy);
        let copied = self.copy_array(vals, array, &array.elem, analyzer::mono::Layout::C);
        let args: Vec<_> = copied.vals().iter().map(|val| (*val).into()).collect();
        self.b.ins().jump(done, &args);
        self.b.switch_to_block(done);
        ArrayParts::of(self.b.block_params(done), array.ndim)
    }

    /// The array seen with another shape: dimensions of length 1 repeat. Raises `ValueError` where that is impossible.
    pub(crate) fn broadcast_to(
        &mut self,
        source: &ArrayParts,
        shape: &[Value],
        mismatch: Mismatch<'_>,
    ) -> ArrayParts {
        let zero = self.iconst(0);
        let missing = shape.len() as isize - source.shape.len() as isize;
        // Leading dimensions that the target lacks must have length 1.
        for dim in 0..(-missing).max(0) as usize {
            let bad = self.b.ins().icmp_imm_s(IntCC::NotEqual, source.shape[dim], 1);
            self.raise_mismatch(bad, source, shape, mismatch);
        }
        let mut strides = Vec::new();
        for (dim, len) in shape.iter().enumerate() {
            let from = dim as isize - missing;
            if from < 0 {
                strides.push(zero);
                continue;
            }
            let (own, stride) = (source.shape[from as usize], source.strides[from as usize]);
            if own == *len {
                strides.push(stride);
                continue;
            }
            let one = self.b.ins().icmp_imm_s(IntCC::Equal, own, 1);
            let same = self.b.ins().icmp(IntCC::Equal, own, *len);
            let fits = self.b.ins().bor(one, same);
            let bad = self.b.ins().bxor_imm_s(fits, 1);
            self.raise_mismatch(bad, source, shape, mismatch);
            strides.push(self.b.ins().select(same, stride, zero));
        }
        ArrayParts { owner: source.owner, data: source.data, shape: shape.to_vec(), strides }
    }

    fn raise_mismatch(&mut self, bad: Value, source: &ArrayParts, shape: &[Value], mismatch: Mismatch<'_>) {
        if let Mismatch::Text(text) = mismatch {
            return self.raise_if(bad, "ValueError", text);
        }
        let (raise, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(raise);
        self.b.ins().brif(bad, raise, &[], next, &[]);
        self.b.switch_to_block(raise);
        let shape_text = |lower: &mut Self, shape: &[Value]| {
            let ints = vec![MonoTy::Int(IntTy::I64); shape.len()];
            lower.text_of(shape, &MonoTy::Tuple(ints), false)
        };
        let parts = [
            self.string("cannot assign slice of shape "),
            shape_text(self, shape),
            self.string(" from input of shape "),
            shape_text(self, &source.shape),
        ];
        let mut message = parts[0];
        for part in &parts[1..] {
            message = self.runtime_value(Rt::StrConcat, &[message, *part]);
        }
        self.raise_text("ValueError", message);
        self.b.switch_to_block(next);
    }
}

/// What is said where shapes do not fit.
#[derive(Clone, Copy)]
pub(crate) enum Mismatch<'a> {
    Text(&'a str),
    /// The shapes of a slice and of what is assigned to it.
    Slice,
}
