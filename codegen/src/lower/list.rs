//! Lists: growable arrays of slots.

use analyzer::mono::{IntTy, MonoTy, Op, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::func::{FnLower, Vals};
use super::repr::{components, slot_mask};
use crate::runtime::object::{OFFSET_DATA, OFFSET_LEN};
use crate::runtime::symbols::Rt;

impl FnLower<'_, '_> {
    /// An empty list with room for so many items.
    pub(crate) fn list_new(&mut self, elem: &MonoTy, cap: Value) -> Value {
        let (slots, objects) = slot_mask(elem);
        let (slots, objects) = (self.iconst(slots.max(1) as i64), self.iconst(objects as i64));
        let list = self.runtime_value(Rt::ListNew, &[slots, objects, cap]);
        self.check_memory(list);
        list
    }

    fn list_item(&mut self, list: Value, at: Value, elem: &MonoTy) -> Value {
        let data = self.b.ins().load(types::I64, MemFlagsData::trusted(), list, OFFSET_DATA);
        let size = components(elem).len().max(1) as i64 * 8;
        let offset = self.b.ins().imul_imm_s(at, size);
        self.b.ins().iadd(data, offset)
    }

    /// The item at a position that is inside; borrowed.
    pub(crate) fn list_load(&mut self, list: Value, at: Value, elem: &MonoTy) -> Vals {
        let address = self.list_item(list, at, elem);
        self.load_slots(address, elem)
    }

    pub(crate) fn load_slots(&mut self, address: Value, ty: &MonoTy) -> Vals {
        let flags = MemFlagsData::trusted();
        components(ty)
            .iter()
            .enumerate()
            .map(|(slot, component)| {
                self.b.ins().load(component.class.clif(), flags, address, slot as i32 * 8)
            })
            .collect()
    }

    /// Stores components into slots, integers widened so that equal values have equal slots.
    pub(crate) fn store_slots(&mut self, address: Value, ty: &MonoTy, vals: &[Value]) {
        let flags = MemFlagsData::trusted();
        for (slot, val) in vals.iter().enumerate() {
            let clif = self.b.func.dfg.value_type(*val);
            let wide = if clif.is_int() && clif.bits() < 64 {
                let signed = matches!(ty, MonoTy::Int(int) if int.signed());
                if signed {
                    self.b.ins().sextend(types::I64, *val)
                } else {
                    self.b.ins().uextend(types::I64, *val)
                }
            } else if clif == types::F32 {
                let bits = self.b.ins().bitcast(types::I32, MemFlagsData::new(), *val);
                self.b.ins().uextend(types::I64, bits)
            } else {
                *val
            };
            self.b.ins().store(flags, wide, address, slot as i32 * 8);
        }
    }

    pub(super) fn set_len(&mut self, list: Value, len: Value) {
        self.b.ins().store(MemFlagsData::trusted(), len, list, OFFSET_LEN);
    }

    /// Appends an item and takes over its references.
    pub(crate) fn list_push(&mut self, list: Value, elem: &MonoTy, item: &[Value]) {
        let len = self.object_len(list);
        let longer = self.b.ins().iadd_imm_s(len, 1);
        let cap =
            self.b.ins().load(types::I64, MemFlagsData::trusted(), list, crate::runtime::object::OFFSET_CAP);
        let full = self.b.ins().icmp(IntCC::SignedGreaterThan, longer, cap);
        let (grow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(grow);
        self.b.ins().brif(full, grow, &[], next, &[]);
        self.b.switch_to_block(grow);
        let done = self.runtime_value(Rt::ListReserve, &[list, longer]);
        self.check_memory(done);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
        let address = self.list_item(list, len, elem);
        self.store_slots(address, elem, item);
        self.set_len(list, longer);
    }

    /// A list of these values.
    pub(crate) fn list_of(&mut self, items: &[ValueId], elem: &MonoTy) -> Vals {
        let cap = self.iconst(items.len() as i64);
        let list = self.list_new(elem, cap);
        for item in items {
            let vals = self.get_as(*item, elem);
            self.retain(&vals, elem);
            self.list_push(list, elem, &vals);
        }
        vec![list]
    }

    /// An index put inside the list. Raises `IndexError`.
    fn list_index(&mut self, list: Value, index: ValueId, message: &str) -> Value {
        let at = self.get_as(index, &MonoTy::Int(IntTy::I64))[0];
        let len = self.object_len(list);
        self.wrap_list(at, len, message)
    }

    pub(crate) fn wrap_list(&mut self, at: Value, len: Value, message: &str) -> Value {
        let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, at, 0);
        let wrapped = self.b.ins().iadd(at, len);
        let at = self.b.ins().select(negative, wrapped, at);
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, at, len);
        self.raise_if(outside, "IndexError", message);
        at
    }

    pub(crate) fn list_getitem(&mut self, list: Value, elem: &MonoTy, index: ValueId) -> Vals {
        if *self.ty(index) == MonoTy::Slice {
            return self.list_slice(list, elem, index);
        }
        let at = self.list_index(list, index, "getitem out of range");
        let item = self.list_load(list, at, elem);
        self.retain(&item, elem);
        item
    }

    fn list_slice(&mut self, list: Value, elem: &MonoTy, index: ValueId) -> Vals {
        let bounds = self.get(index);
        let len = self.object_len(list);
        let (first, _, count) = self.slice_indices(Some(bounds[0]), Some(bounds[1]), bounds[2], len);
        let copy = self.list_new(elem, count);
        self.counted(count, &[], |lower, at, _| {
            let offset = lower.b.ins().imul(at, bounds[2]);
            let from = lower.b.ins().iadd(first, offset);
            let item = lower.list_load(list, from, elem);
            lower.retain(&item, elem);
            lower.list_push(copy, elem, &item);
            Vec::new()
        });
        vec![copy]
    }

    pub(crate) fn list_setitem(&mut self, list: Value, elem: &MonoTy, index: ValueId, value: ValueId) {
        if *self.ty(index) == MonoTy::Slice {
            return self.list_set_slice(list, elem, index, value);
        }
        let at = self.list_index(list, index, "setitem out of range");
        let item = self.get_as(value, elem);
        self.retain(&item, elem);
        let old = self.list_load(list, at, elem);
        let address = self.list_item(list, at, elem);
        self.store_slots(address, elem, &item);
        self.release(&old, elem);
    }

    /// `list[slice] = other`, which gives the list another length if the slice has no step.
    fn list_set_slice(&mut self, list: Value, elem: &MonoTy, index: ValueId, value: ValueId) {
        let source = self.get(value)[0];
        let bounds = self.get(index);
        let len = self.object_len(list);
        let (first, _, count) = self.slice_indices(Some(bounds[0]), Some(bounds[1]), bounds[2], len);
        let [whole, apart, next] = [(); 3].map(|()| self.b.create_block());
        let plain = self.b.ins().icmp_imm_s(IntCC::Equal, bounds[2], 1);
        self.b.ins().brif(plain, whole, &[], apart, &[]);
        self.b.switch_to_block(whole);
        self.list_splice(list, elem, first, count, Some(source));
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(apart);
        let given = self.object_len(source);
        let differs = self.b.ins().icmp(IntCC::NotEqual, given, count);
        self.raise_if(differs, "ValueError", "cannot resize extended list slice with step != 1");
        self.counted(count, &[], |lower, at, _| {
            let offset = lower.b.ins().imul(at, bounds[2]);
            let to = lower.b.ins().iadd(first, offset);
            let item = lower.list_load(source, at, elem);
            lower.retain(&item, elem);
            let old = lower.list_load(list, to, elem);
            let address = lower.list_item(list, to, elem);
            lower.store_slots(address, elem, &item);
            lower.release(&old, elem);
            Vec::new()
        });
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// `del list[slice]`
    pub(super) fn list_del_slice(&mut self, list: Value, elem: &MonoTy, index: ValueId) {
        let bounds = self.get(index);
        let len = self.object_len(list);
        let (first, _, count) = self.slice_indices(Some(bounds[0]), Some(bounds[1]), bounds[2], len);
        let stepped = self.b.ins().icmp_imm_s(IntCC::NotEqual, bounds[2], 1);
        let message = "unsupported del list[start:stop:step] with step != 1";
        self.raise_if(stepped, "NotImplementedError", message);
        self.list_splice(list, elem, first, count, None);
    }

    /// Puts the items of another list in the place of so many. The list takes the items of a new one, which goes with
    /// the old items.
    fn list_splice(&mut self, list: Value, elem: &MonoTy, first: Value, count: Value, other: Option<Value>) {
        let len = self.object_len(list);
        let fresh = self.list_new(elem, len);
        let push = |lower: &mut Self, from: Value, start: Value, n: Value| {
            lower.counted(n, &[], |lower, at, _| {
                let at = lower.b.ins().iadd(start, at);
                let item = lower.list_load(from, at, elem);
                lower.retain(&item, elem);
                lower.list_push(fresh, elem, &item);
                Vec::new()
            });
        };
        let zero = self.iconst(0);
        push(self, list, zero, first);
        if let Some(other) = other {
            let given = self.object_len(other);
            // Numba copies a list into itself item by item, and reads what it has just written.
            let same = self.b.ins().icmp(IntCC::Equal, other, list);
            let later = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, first, 0);
            let both = self.b.ins().band(same, later);
            let from = self.b.ins().select(both, fresh, other);
            push(self, from, zero, given);
        }
        let behind = self.b.ins().iadd(first, count);
        let left = self.b.ins().isub(len, behind);
        push(self, list, behind, left);
        let flags = MemFlagsData::trusted();
        for offset in [OFFSET_DATA, OFFSET_LEN, crate::runtime::object::OFFSET_CAP] {
            let [old, new] = [list, fresh].map(|list| self.b.ins().load(types::I64, flags, list, offset));
            self.b.ins().store(flags, new, list, offset);
            self.b.ins().store(flags, old, fresh, offset);
        }
        self.release_object(fresh);
    }

    /// Removes the item at a position that is inside; its references go to the caller.
    pub(crate) fn list_take(&mut self, list: Value, elem: &MonoTy, at: Value) -> Vals {
        let item = self.list_load(list, at, elem);
        let len = self.object_len(list);
        let last = self.b.ins().iadd_imm_s(len, -1);
        let count = self.b.ins().isub(last, at);
        self.counted(count, &[], |lower, step, _| {
            let to = lower.b.ins().iadd(at, step);
            let from = lower.b.ins().iadd_imm_s(to, 1);
            let item = lower.list_load(list, from, elem);
            let address = lower.list_item(list, to, elem);
            lower.store_slots(address, elem, &item);
            Vec::new()
        });
        self.set_len(list, last);
        item
    }

    /// A method of a list; `values` starts with the list.
    pub(crate) fn list_method(&mut self, op: Op, values: &[ValueId], elem: &MonoTy) -> Vals {
        let list = self.get(values[0])[0];
        match (op, values) {
            (Op::ListAppend, [_, item]) => {
                let vals = self.get_as(*item, elem);
                self.retain(&vals, elem);
                self.list_push(list, elem, &vals);
                Vec::new()
            }
            (Op::ListPop, [_]) => {
                let len = self.object_len(list);
                let empty = self.b.ins().icmp_imm_s(IntCC::Equal, len, 0);
                self.raise_if(empty, "IndexError", "pop from empty list");
                let at = self.b.ins().iadd_imm_s(len, -1);
                self.list_take(list, elem, at)
            }
            (Op::ListPop, [_, index]) => {
                let len = self.object_len(list);
                let empty = self.b.ins().icmp_imm_s(IntCC::Equal, len, 0);
                self.raise_if(empty, "IndexError", "pop from empty list");
                let at = self.list_index(list, *index, "pop index out of range");
                self.list_take(list, elem, at)
            }
            (Op::ListExtend, [_, from]) => {
                self.list_extend(list, elem, *from);
                Vec::new()
            }
            (Op::ListInsert, [_, index, item]) => {
                self.list_insert(list, elem, *index, *item);
                Vec::new()
            }
            (Op::ListClear, _) => {
                self.call_runtime(Rt::ListClear, &[list]);
                Vec::new()
            }
            (Op::ListReverse, _) => {
                self.list_reverse(list, elem);
                Vec::new()
            }
            _ => {
                let len = self.object_len(list);
                let copy = self.list_new(elem, len);
                self.append_list(copy, list, elem, elem);
                vec![copy]
            }
        }
    }

    /// Appends the items of another list, as many as it has now.
    pub(crate) fn append_list(&mut self, to: Value, from: Value, from_elem: &MonoTy, elem: &MonoTy) {
        let len = self.object_len(from);
        self.counted(len, &[], |lower, at, _| {
            let item = lower.list_load(from, at, from_elem);
            let item = lower.cast(item, from_elem, elem);
            lower.retain(&item, elem);
            lower.list_push(to, elem, &item);
            Vec::new()
        });
    }

    pub(crate) fn list_extend(&mut self, list: Value, elem: &MonoTy, from: ValueId) {
        let ty = self.ty(from);
        if let MonoTy::List(other) = ty {
            let source = self.get(from)[0];
            return self.append_list(list, source, other, elem);
        }
        self.each_item(from, &mut |lower, item, ty| {
            let item = lower.cast(item, ty, elem);
            lower.list_push(list, elem, &item);
        });
    }

    fn list_insert(&mut self, list: Value, elem: &MonoTy, index: ValueId, item: ValueId) {
        let at = self.get_as(index, &MonoTy::Int(IntTy::I64))[0];
        let len = self.object_len(list);
        let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, at, 0);
        let wrapped = self.b.ins().iadd(at, len);
        let at = self.b.ins().select(negative, wrapped, at);
        let zero = self.iconst(0);
        let at = self.b.ins().smax(at, zero);
        let at = self.b.ins().smin(at, len);
        let vals = self.get_as(item, elem);
        self.retain(&vals, elem);
        self.list_push(list, elem, &vals);
        let count = self.b.ins().isub(len, at);
        self.counted(count, &[], |lower, step, _| {
            let to = lower.b.ins().isub(len, step);
            let from = lower.b.ins().iadd_imm_s(to, -1);
            let moved = lower.list_load(list, from, elem);
            let address = lower.list_item(list, to, elem);
            lower.store_slots(address, elem, &moved);
            Vec::new()
        });
        let address = self.list_item(list, at, elem);
        self.store_slots(address, elem, &vals);
    }

    fn list_reverse(&mut self, list: Value, elem: &MonoTy) {
        let len = self.object_len(list);
        let half = self.b.ins().ushr_imm_s(len, 1);
        let last = self.b.ins().iadd_imm_s(len, -1);
        self.counted(half, &[], |lower, at, _| {
            let other = lower.b.ins().isub(last, at);
            let (first, second) = (lower.list_load(list, at, elem), lower.list_load(list, other, elem));
            let address = lower.list_item(list, at, elem);
            lower.store_slots(address, elem, &second);
            let address = lower.list_item(list, other, elem);
            lower.store_slots(address, elem, &first);
            Vec::new()
        });
    }

    /// Walks anything that can be iterated; `body` takes over the references of each item.
    pub(crate) fn each_item(&mut self, value: ValueId, body: &mut dyn FnMut(&mut Self, Vals, &MonoTy)) {
        let Some(iter) = iter_of(self.ty(value)) else { return };
        let vals = self.get(value);
        let step = self.facts.range_step[value.0 as usize];
        let state = self.start_iter(vals, self.ty(value), &iter, step);
        self.walk(&iter, state, step, body);
    }

    /// Advances an iterator's state until there is no item.
    fn walk(
        &mut self,
        iter: &analyzer::mono::MonoIter,
        state: Vals,
        step: Option<i64>,
        body: &mut dyn FnMut(&mut Self, Vals, &MonoTy),
    ) {
        let (head, inner, exit) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        for val in &state {
            let ty = self.b.func.dfg.value_type(*val);
            self.b.append_block_param(head, ty);
        }
        let args: Vec<_> = state.into_iter().map(cranelift_codegen::ir::BlockArg::Value).collect();
        self.b.ins().jump(head, &args);
        self.b.switch_to_block(head);
        let state = self.b.block_params(head).to_vec();
        let (item, valid, next) = self.advance(iter, &state, step);
        self.b.ins().brif(valid, inner, &[], exit, &[]);
        self.b.switch_to_block(inner);
        body(self, item, &super::iter::item_type(iter));
        let args: Vec<_> = next.into_iter().map(cranelift_codegen::ir::BlockArg::Value).collect();
        self.b.ins().jump(head, &args);
        self.b.switch_to_block(exit);
    }
}

/// The iterator over values of this type.
pub(crate) fn iter_of(ty: &MonoTy) -> Option<analyzer::mono::MonoIter> {
    use analyzer::mono::MonoIter;
    Some(match ty {
        MonoTy::Iter(iter) => (**iter).clone(),
        MonoTy::Range(int) => MonoIter::Range(*int),
        MonoTy::Array(array) => MonoIter::Array((**array).clone()),
        MonoTy::List(elem) => MonoIter::List((**elem).clone()),
        MonoTy::Tuple(items) => {
            MonoIter::Tuple(items.first().cloned().unwrap_or(MonoTy::Unit), items.len() as u32)
        }
        MonoTy::Str => MonoIter::Str,
        MonoTy::Set(elem) => MonoIter::Set((**elem).clone()),
        MonoTy::Dict(items) => MonoIter::DictKeys(items.0.clone(), items.1.clone()),
        _ => return None,
    })
}
