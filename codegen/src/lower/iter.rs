//! Iteration. An iterator's state is a few mutable variables; ranges become counted loops on plain integers.

use analyzer::mono::{IntTy, Layout, MonoArray, MonoIter, MonoOp, MonoTerm, MonoTy, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};

use super::array::ArrayParts;
use super::func::{FnLower, Vals};
use super::repr::components;
use super::scalar::int_type;
use crate::runtime::symbols::Rt;

/// An item of a container that is loaded where control enters the loop's body, not where the loop is tested: the
/// test and the body are then one branch apart.
pub(crate) struct LateItem {
    pair: ValueId,
    /// What reads the item from the pair.
    firsts: Vec<ValueId>,
    iter: MonoIter,
    container: Vals,
    at: Value,
}

impl FnLower<'_, '_> {
    /// As [`Self::next`], with the item left to the branch at the end of the block. Only where the block asks for
    /// nothing but whether there is an item, and the item owns nothing.
    pub(super) fn next_late(&mut self, dst: ValueId, iterator: ValueId, out: &MonoTy) -> Option<Vals> {
        let MonoTy::Iter(iter) = self.ty(iterator) else { return None };
        let plain = match &**iter {
            MonoIter::Array(array) => array.ndim == 1 && !matches!(array.elem, MonoTy::Record(_)),
            MonoIter::List(elem) => components(elem).iter().all(|component| !component.object),
            _ => false,
        };
        if !plain || *out != MonoTy::Pair(Box::new(item_type(iter))) {
            return None;
        }
        let block = &self.function.blocks[self.at.0 as usize];
        let place = block.insts.iter().position(|inst| inst.dst == Some(dst))?;
        let rest = &block.insts[place + 1..];
        let MonoTerm::Branch { cond, .. } = &block.term else { return None };
        let tests = rest.iter().any(|inst| {
            inst.dst == Some(*cond) && matches!(&inst.op, MonoOp::PairSecond(pair) if *pair == dst)
        });
        let only = rest.iter().all(|inst| match &inst.op {
            MonoOp::PairFirst(pair) | MonoOp::PairSecond(pair) => *pair == dst,
            MonoOp::Const(_) => true,
            _ => false,
        });
        if !tests || !only {
            return None;
        }
        let firsts = rest.iter().filter(|inst| matches!(inst.op, MonoOp::PairFirst(_)));
        let firsts = firsts.filter_map(|inst| inst.dst).collect();
        let mut state = self.get(iterator);
        let at = state.pop()?;
        let container = state.clone();
        let len = match &**iter {
            MonoIter::Array(_) => container[2],
            _ => self.object_len(container[0]),
        };
        let valid = self.b.ins().icmp(IntCC::SignedLessThan, at, len);
        state.push(self.b.ins().iadd_imm_s(at, 1));
        self.set(iterator, state);
        let mut pair = self.zero(&item_type(iter));
        pair.push(valid);
        self.late = Some(LateItem { pair: dst, firsts, iter: (**iter).clone(), container, at });
        Some(pair)
    }

    pub(super) fn load_late(&mut self, late: &LateItem) {
        let item = self.item_at(&late.iter, &late.container, late.at);
        for first in &late.firsts {
            let vals = self.cast(item.clone(), &item_type(&late.iter), self.ty(*first));
            self.set(*first, vals);
        }
        let mut pair = item;
        pair.push(self.b.ins().iconst(types::I8, 1));
        self.set(late.pair, pair);
    }

    /// The state of `iter(value)` at its start. Takes over the references in the value.
    pub(crate) fn start_iter(
        &mut self,
        vals: Vals,
        from: &MonoTy,
        iter: &MonoIter,
        step: Option<i64>,
    ) -> Vals {
        // An enumeration of an iterator counts from where that one is; any other iterator goes on itself.
        if matches!(from, MonoTy::Iter(own) if **own == *iter || !matches!(iter, MonoIter::Enumerate(_))) {
            return vals;
        }
        let zero = self.iconst(0);
        match (iter, from) {
            (MonoIter::Range(int), _) => self.start_range(&vals, *int, step),
            (MonoIter::Enumerate(inner), _) => {
                let mut state = self.start_iter(vals, from, inner, None);
                state.push(zero);
                state
            }
            (MonoIter::NdEnumerate(array) | MonoIter::Flat(array), _) => {
                let n = array.ndim as usize;
                let size = self.array_size(&vals, array.ndim);
                let mut state = vals;
                state.extend(vec![zero; n]);
                state.push(self.is_zero(size));
                state
            }
            (MonoIter::NdIndex(n), _) => {
                let size = self.product(&vals);
                let mut state = vals;
                state.extend(vec![zero; *n as usize]);
                state.push(self.is_zero(size));
                state
            }
            _ => {
                let mut state = vals;
                state.push(zero);
                state
            }
        }
    }

    fn is_zero(&mut self, val: Value) -> Value {
        let flag = self.b.ins().icmp_imm_s(IntCC::Equal, val, 0);
        self.b.ins().uextend(types::I64, flag)
    }

    /// The next item, the step, and how many are left; with a step of 1 or -1, where to stop.
    fn start_range(&mut self, vals: &[Value], int: IntTy, step: Option<i64>) -> Vals {
        let wide = if int.signed() { IntTy::I64 } else { IntTy::U64 };
        let stop = self.int_to_int(vals[1], int, wide);
        if step == Some(1) || (step == Some(-1) && int.signed()) {
            return vec![vals[0], vals[2], stop];
        }
        let (start, step) = (self.int_to_int(vals[0], int, wide), self.int_to_int(vals[2], int, wide));
        let (_, count) = self.range_len(start, stop, step, int.signed());
        vec![vals[0], vals[2], count]
    }

    /// Whether the range is not empty, and its length.
    pub(crate) fn range_len(
        &mut self,
        start: Value,
        stop: Value,
        step: Value,
        signed: bool,
    ) -> (Value, Value) {
        let zero = self.iconst(0);
        if signed {
            let is_zero = self.b.ins().icmp_imm_s(IntCC::Equal, step, 0);
            self.raise_if(is_zero, "ValueError", "range() arg 3 must not be zero");
        }
        let down = if signed {
            self.b.ins().icmp_imm_s(IntCC::SignedLessThan, step, 0)
        } else {
            self.b.ins().iconst(types::I8, 0)
        };
        let (low, high) = (self.b.ins().select(down, stop, start), self.b.ins().select(down, start, stop));
        let cc = if signed { IntCC::SignedLessThan } else { IntCC::UnsignedLessThan };
        let some = self.b.ins().icmp(cc, low, high);
        let negated = self.b.ins().ineg(step);
        let size = self.b.ins().select(down, negated, step);
        let one = self.iconst(1);
        let is_zero = self.b.ins().icmp_imm_s(IntCC::Equal, size, 0);
        let size = self.b.ins().select(is_zero, one, size);
        let span = self.b.ins().isub(high, low);
        let span = self.b.ins().iadd_imm_s(span, -1);
        let count = self.b.ins().udiv(span, size);
        let count = self.b.ins().iadd_imm_s(count, 1);
        (some, self.b.ins().select(some, count, zero))
    }

    /// Advances the iterator: its next item (zero where there is none) and whether there was one.
    pub(crate) fn next(&mut self, iterator: ValueId) -> Vals {
        let MonoTy::Iter(iter) = self.ty(iterator) else { return Vec::new() };
        let state = self.get(iterator);
        let step = self.facts.range_step[iterator.0 as usize];
        let (item, valid, state) = self.advance(iter, &state, step);
        self.set(iterator, state);
        let mut pair = item;
        pair.push(valid);
        pair
    }

    /// `next(iterator)`, which raises where there is no item.
    pub(super) fn next_item(&mut self, iterator: ValueId, out: &MonoTy) -> Vals {
        let MonoTy::Iter(iter) = self.ty(iterator) else { return self.zero(out) };
        let mut pair = self.next(iterator);
        let Some(valid) = pair.pop() else { return self.zero(out) };
        let ended = self.b.ins().bxor_imm_s(valid, 1);
        self.raise_if(ended, "StopIteration", "");
        self.cast(pair, &item_type(iter), out)
    }

    /// Item, whether there is one, and the state after it.
    pub(crate) fn advance(
        &mut self,
        iter: &MonoIter,
        state: &[Value],
        step: Option<i64>,
    ) -> (Vals, Value, Vals) {
        match iter {
            MonoIter::Range(int) => self.advance_range(*int, state, step),
            MonoIter::Enumerate(inner) => {
                let (count, inner_state) = state.split_last().expect("an enumeration has a counter");
                let (item, valid, mut next) = self.advance(inner, inner_state, None);
                next.push(self.b.ins().iadd_imm_s(*count, 1));
                let mut pair = vec![*count];
                pair.extend(item);
                (pair, valid, next)
            }
            MonoIter::Zip(parts) => {
                let (mut rest, mut items, mut next) = (state, Vec::new(), Vec::new());
                let mut all = self.b.ins().iconst(types::I8, 1);
                for part in parts {
                    let n = components(&MonoTy::Iter(Box::new(part.clone()))).len();
                    let (own, tail) = rest.split_at(n);
                    rest = tail;
                    let (item, valid, state) = self.advance(part, own, None);
                    items.extend(item);
                    next.extend(state);
                    all = self.b.ins().band(all, valid);
                }
                (items, all, next)
            }
            MonoIter::NdEnumerate(array) => self.advance_nd(Some(array), state, true),
            MonoIter::Flat(array) if array.ndim > 0 && (array.layout == Layout::C || array.ndim == 1) => {
                self.advance_flat(array, state)
            }
            MonoIter::Flat(array) => self.advance_nd(Some(array), state, false),
            MonoIter::NdIndex(_) => self.advance_nd(None, state, true),
            MonoIter::Generator(item) => self.advance_generator(item, state),
            _ => self.advance_indexed(iter, state),
        }
    }

    fn advance_range(&mut self, int: IntTy, state: &[Value], step: Option<i64>) -> (Vals, Value, Vals) {
        let (item, by, left) = (state[0], state[1], state[2]);
        let wide = if int.signed() { IntTy::I64 } else { IntTy::U64 };
        let next = match step {
            Some(step) => {
                let by = self
                    .b
                    .ins()
                    .iconst(int_type(int), step & if int.bits() == 64 { -1 } else { (1 << int.bits()) - 1 });
                self.b.ins().iadd(item, by)
            }
            None => self.b.ins().iadd(item, by),
        };
        if step == Some(1) || (step == Some(-1) && int.signed()) {
            let cc = match (step, int.signed()) {
                (Some(1), true) => IntCC::SignedLessThan,
                (Some(1), false) => IntCC::UnsignedLessThan,
                _ => IntCC::SignedGreaterThan,
            };
            let now = self.int_to_int(item, int, wide);
            let valid = self.b.ins().icmp(cc, now, left);
            return (vec![item], valid, vec![next, by, left]);
        }
        let valid = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, left, 0);
        let less = self.b.ins().iadd_imm_s(left, -1);
        (vec![item], valid, vec![next, by, less])
    }

    /// Containers walked by position: arrays, lists, tuples, strings, sets and dicts.
    fn advance_indexed(&mut self, iter: &MonoIter, state: &[Value]) -> (Vals, Value, Vals) {
        let (at, container) = state.split_last().expect("an iterator has a position");
        let at = *at;
        if matches!(
            iter,
            MonoIter::Set(_) | MonoIter::DictKeys(..) | MonoIter::DictValues(..) | MonoIter::DictItems(..)
        ) {
            return self.advance_table(iter, container[0], at);
        }
        let len = match iter {
            MonoIter::Array(_) => container[2],
            MonoIter::Tuple(_, len) => self.iconst(i64::from(*len)),
            _ => self.object_len(container[0]),
        };
        let valid = self.b.ins().icmp(IntCC::SignedLessThan, at, len);
        let item_ty = item_type(iter);
        let item = self.where_valid(valid, &item_ty, |lower| lower.item_at(iter, container, at));
        let next = self.b.ins().iadd_imm_s(at, 1);
        let mut state = container.to_vec();
        state.push(next);
        (item, valid, state)
    }

    /// Runs `load` where the flag holds; zero elsewhere.
    pub(crate) fn where_valid(
        &mut self,
        valid: Value,
        ty: &MonoTy,
        load: impl FnOnce(&mut Self) -> Vals,
    ) -> Vals {
        self.either(valid, ty, load, |lower| lower.zero(ty))
    }

    /// The value of this type that one of two branches gives.
    pub(crate) fn either(
        &mut self,
        cond: Value,
        ty: &MonoTy,
        then: impl FnOnce(&mut Self) -> Vals,
        orelse: impl FnOnce(&mut Self) -> Vals,
    ) -> Vals {
        let [yes, no, done] = [(); 3].map(|()| self.b.create_block());
        for component in components(ty) {
            self.b.append_block_param(done, component.class.clif());
        }
        self.b.ins().brif(cond, yes, &[], no, &[]);
        self.b.switch_to_block(yes);
        let vals: Vec<BlockArg> = then(self).into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(done, &vals);
        self.b.switch_to_block(no);
        let vals: Vec<BlockArg> = orelse(self).into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(done, &vals);
        self.b.switch_to_block(done);
        self.b.block_params(done).to_vec()
    }

    fn item_at(&mut self, iter: &MonoIter, container: &[Value], at: Value) -> Vals {
        match iter {
            MonoIter::Array(array) => {
                let parts = ArrayParts::of(container, array.ndim);
                self.sub_array(&parts, array, at)
            }
            MonoIter::List(elem) => {
                let item = self.list_load(container[0], at, elem);
                self.retain(&item, elem);
                item
            }
            MonoIter::Tuple(elem, _) => {
                let item = self.tuple_select(container, elem, at);
                self.retain(&item, elem);
                item
            }
            _ => vec![self.runtime_value(Rt::StrAt, &[container[0], at])],
        }
    }

    /// The element or the sub-array at an index that is inside; an owned value.
    pub(crate) fn sub_array(&mut self, parts: &ArrayParts, array: &MonoArray, at: Value) -> Vals {
        let offset = self.dim_offset(parts, 0, at, array);
        let address = self.b.ins().iadd(parts.data, offset);
        if array.ndim == 1 {
            return self.load_element(address, &array.elem);
        }
        self.retain_object(parts.owner);
        let view = ArrayParts {
            owner: parts.owner,
            data: address,
            shape: parts.shape[1..].to_vec(),
            strides: parts.strides[1..].to_vec(),
        };
        view.vals()
    }

    /// The item of a homogeneous tuple at a position known at run time.
    pub(crate) fn tuple_select(&mut self, vals: &[Value], elem: &MonoTy, at: Value) -> Vals {
        let n = components(elem).len();
        if n == 0 {
            return Vec::new();
        }
        let mut items = vals.chunks(n).enumerate();
        let Some((_, first)) = items.next() else { return self.zero(elem) };
        let mut found = first.to_vec();
        for (place, item) in items {
            let here = self.b.ins().icmp_imm_s(IntCC::Equal, at, place as i64);
            for (slot, val) in found.iter_mut().zip(item) {
                *slot = self.b.ins().select(here, *val, *slot);
            }
        }
        found
    }

    /// The elements of a contiguous array, or of one dimension: the first index counts all of them.
    fn advance_flat(&mut self, array: &MonoArray, state: &[Value]) -> (Vals, Value, Vals) {
        let n = array.ndim as usize;
        let parts = ArrayParts::of(state, array.ndim);
        let counter = 2 + 2 * n;
        let at = state[counter];
        let size = self.product(&parts.shape);
        let valid = self.b.ins().icmp(IntCC::SignedLessThan, at, size);
        let item = self.where_valid(valid, &array.elem, |lower| {
            let offset = lower.dim_offset(&parts, n - 1, at, array);
            let address = lower.b.ins().iadd(parts.data, offset);
            lower.load_element(address, &array.elem)
        });
        let mut next = state.to_vec();
        next[counter] = self.b.ins().iadd_imm_s(at, 1);
        (item, valid, next)
    }

    /// `np.ndenumerate`, `array.flat` and `np.ndindex`: an index of every dimension that counts like an odometer.
    fn advance_nd(
        &mut self,
        array: Option<&MonoArray>,
        state: &[Value],
        with_index: bool,
    ) -> (Vals, Value, Vals) {
        let n = array.map_or((state.len() - 1) / 2, |array| array.ndim as usize);
        let container = &state[..state.len() - n - 1];
        let index = state[state.len() - n - 1..state.len() - 1].to_vec();
        let shape = match array {
            Some(array) => ArrayParts::of(container, array.ndim).shape,
            None => container.to_vec(),
        };
        let done = state[state.len() - 1];
        let valid = self.b.ins().icmp_imm_s(IntCC::Equal, done, 0);
        let mut item = if with_index { index.clone() } else { Vec::new() };
        if let Some(array) = array {
            let parts = ArrayParts::of(container, array.ndim);
            item.extend(self.where_valid(valid, &array.elem, |lower| {
                let address = lower.element_address(&parts, &index, array);
                lower.load_element(address, &array.elem)
            }));
        }
        let mut next = index.clone();
        let mut carry = self.b.ins().iconst(types::I8, 1);
        let zero = self.iconst(0);
        for dim in (0..n).rev() {
            let step = self.b.ins().uextend(types::I64, carry);
            let at = self.b.ins().iadd(index[dim], step);
            carry = self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, at, shape[dim]);
            next[dim] = self.b.ins().select(carry, zero, at);
        }
        let over = self.b.ins().uextend(types::I64, carry);
        let done = self.b.ins().bor(done, over);
        let mut state = container.to_vec();
        state.extend(next);
        state.push(done);
        (item, valid, state)
    }
}

/// What an iterator yields.
pub(crate) fn item_type(iter: &MonoIter) -> MonoTy {
    match iter {
        MonoIter::Range(int) => MonoTy::Int(*int),
        MonoIter::Array(array) | MonoIter::Flat(array) if array.ndim == 1 => array.elem.clone(),
        MonoIter::Flat(array) => array.elem.clone(),
        MonoIter::Array(array) => {
            MonoTy::Array(Box::new(MonoArray { ndim: array.ndim - 1, ..array.clone() }))
        }
        MonoIter::List(elem) | MonoIter::Tuple(elem, _) | MonoIter::Set(elem) => elem.clone(),
        MonoIter::DictKeys(key, _) => key.clone(),
        MonoIter::DictValues(_, value) => value.clone(),
        MonoIter::DictItems(key, value) => MonoTy::Tuple(vec![key.clone(), value.clone()]),
        MonoIter::Str => MonoTy::Str,
        MonoIter::Enumerate(inner) => MonoTy::Tuple(vec![MonoTy::Int(IntTy::I64), item_type(inner)]),
        MonoIter::Zip(parts) => MonoTy::Tuple(parts.iter().map(item_type).collect()),
        MonoIter::NdEnumerate(array) => {
            let index = MonoTy::Tuple(vec![MonoTy::Int(IntTy::I64); array.ndim as usize]);
            MonoTy::Tuple(vec![index, array.elem.clone()])
        }
        MonoIter::NdIndex(n) => MonoTy::Tuple(vec![MonoTy::Int(IntTy::I64); *n as usize]),
        MonoIter::Generator(item) => item.clone(),
    }
}
