//! Sets and dicts, membership, and comparison of containers.

use analyzer::mono::{BinaryOp, CmpOp, MonoIter, MonoTy, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, StackSlotData, StackSlotKind, Value, types};

use super::array::ArrayParts;
use super::func::{FnLower, Vals};
use super::repr::{Class, components, slot_mask};
use super::scalar::Operand;
use crate::runtime::symbols::Rt;

impl FnLower<'_, '_> {
    /// Memory in the frame for so many slots.
    pub(crate) fn frame_slots(&mut self, n: usize) -> Value {
        let slot = self.b.create_sized_stack_slot(StackSlotData::new(
            StackSlotKind::ExplicitSlot,
            n.max(1) as u32 * 8,
            3,
        ));
        self.b.ins().stack_addr(types::I64, slot, 0)
    }

    fn in_frame(&mut self, vals: &[Value], ty: &MonoTy) -> Value {
        let address = self.frame_slots(vals.len());
        self.store_slots(address, ty, vals);
        address
    }

    fn new_table(&mut self, key: &MonoTy, value: &MonoTy) -> Value {
        let (keys, key_objects) = slot_mask(key);
        let (values, value_objects) = slot_mask(value);
        // Two bits for each slot of the key: how it compares.
        let parts = components(key).iter().enumerate().fold(0u64, |parts, (slot, component)| {
            let code = match component.class {
                Class::F32 => 1,
                Class::F64 => 2,
                _ if component.object => 3,
                _ => 0,
            };
            parts | code << (2 * slot)
        });
        let args = [keys, parts, key_objects, values, value_objects].map(|word| self.iconst(word as i64));
        let table = self.runtime_value(Rt::TableNew, &args);
        self.check_memory(table);
        table
    }

    pub(super) fn set_of(&mut self, items: &[ValueId], out: &MonoTy) -> Vals {
        let MonoTy::Set(elem) = out else { return self.zero(out) };
        let table = self.new_table(elem, &MonoTy::Unit);
        for item in items {
            let key = self.owned_as(*item, elem);
            self.table_insert(table, &key, elem, &[], &MonoTy::Unit);
        }
        vec![table]
    }

    pub(super) fn dict_of(&mut self, items: &[(ValueId, ValueId)], out: &MonoTy) -> Vals {
        let MonoTy::Dict(tys) = out else { return self.zero(out) };
        let table = self.new_table(&tys.0, &tys.1);
        for (key, value) in items {
            let key = self.owned_as(*key, &tys.0);
            let value = self.owned_as(*value, &tys.1);
            self.table_insert(table, &key, &tys.0, &value, &tys.1);
        }
        vec![table]
    }

    /// A set of the items of anything that can be iterated.
    pub(crate) fn set_from(&mut self, from: Option<ValueId>, out: &MonoTy) -> Vals {
        let MonoTy::Set(elem) = out else { return self.zero(out) };
        let table = self.new_table(elem, &MonoTy::Unit);
        if let Some(from) = from {
            self.each_item(from, &mut |lower, item, ty| {
                let key = lower.cast(item, ty, elem);
                lower.table_insert(table, &key, elem, &[], &MonoTy::Unit);
            });
        }
        vec![table]
    }

    /// Sets the value of a key; takes over their references.
    pub(crate) fn table_insert(
        &mut self,
        table: Value,
        key: &[Value],
        key_ty: &MonoTy,
        value: &[Value],
        value_ty: &MonoTy,
    ) {
        let key = self.in_frame(key, key_ty);
        let value = self.in_frame(value, value_ty);
        self.call_runtime(Rt::TableInsert, &[table, key, value]);
    }

    /// Whether there is a value for the key, and the address of its slots.
    fn table_find(
        &mut self,
        table: Value,
        key: &[Value],
        key_ty: &MonoTy,
        value_ty: &MonoTy,
    ) -> (Value, Value) {
        let key = self.in_frame(key, key_ty);
        let out = self.frame_slots(components(value_ty).len());
        let found = self.runtime_value(Rt::TableGet, &[table, key, out]);
        (self.b.ins().icmp_imm_s(IntCC::NotEqual, found, 0), out)
    }

    pub(super) fn dict_getitem(&mut self, target: ValueId, tys: &(MonoTy, MonoTy), index: ValueId) -> Vals {
        let table = self.get(target)[0];
        let key = self.get_as(index, &tys.0);
        let (found, out) = self.table_find(table, &key, &tys.0, &tys.1);
        let (missing, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(missing);
        self.b.ins().brif(found, next, &[], missing, &[]);
        self.b.switch_to_block(missing);
        let text = self.text_of(&key, &tys.0, true);
        self.raise_text("KeyError", text);
        self.b.switch_to_block(next);
        let vals = self.load_slots(out, &tys.1);
        self.retain(&vals, &tys.1);
        vals
    }

    /// `dict.get(key, default)`.
    pub(crate) fn dict_get(
        &mut self,
        target: ValueId,
        index: ValueId,
        default: Option<ValueId>,
        out: &MonoTy,
    ) -> Vals {
        let MonoTy::Dict(tys) = self.ty(target) else { return self.zero(out) };
        let table = self.get(target)[0];
        let key = self.get_as(index, &tys.0);
        let (found, at) = self.table_find(table, &key, &tys.0, &tys.1);
        let there = |lower: &mut Self| {
            let vals = lower.load_slots(at, &tys.1);
            lower.retain(&vals, &tys.1);
            lower.cast(vals, &tys.1, out)
        };
        self.either(found, out, there, |lower| match default {
            Some(default) => lower.owned_as(default, out),
            None => lower.zero(out),
        })
    }

    /// `dict.pop(key)`, which raises without the key, or `dict.pop(key, default)`.
    pub(crate) fn dict_pop(
        &mut self,
        target: ValueId,
        index: ValueId,
        default: Option<ValueId>,
        out: &MonoTy,
    ) -> Vals {
        let MonoTy::Dict(tys) = self.ty(target) else { return self.zero(out) };
        let table = self.get(target)[0];
        let Some(default) = default else {
            let vals = self.table_remove(table, index, &tys.0, &tys.1, ("KeyError", ""));
            return self.cast(vals, &tys.1, out);
        };
        let key = self.get_as(index, &tys.0);
        let key = self.in_frame(&key, &tys.0);
        let at = self.frame_slots(components(&tys.1).len());
        let found = self.runtime_value(Rt::TableRemove, &[table, key, at]);
        let there = |lower: &mut Self| {
            let vals = lower.load_slots(at, &tys.1);
            lower.cast(vals, &tys.1, out)
        };
        self.either(found, out, there, |lower| lower.owned_as(default, out))
    }

    pub(super) fn dict_setitem(
        &mut self,
        target: ValueId,
        tys: &(MonoTy, MonoTy),
        index: ValueId,
        value: ValueId,
    ) {
        let table = self.get(target)[0];
        let key = self.owned_as(index, &tys.0);
        let value = self.owned_as(value, &tys.1);
        self.table_insert(table, &key, &tys.0, &value, &tys.1);
    }

    pub(super) fn dict_delitem(&mut self, target: ValueId, tys: &(MonoTy, MonoTy), index: ValueId) {
        let table = self.get(target)[0];
        // `del` of a key that is not there fails an assertion of Numba's own.
        let vals = self.table_remove(table, index, &tys.0, &tys.1, ("AssertionError", ""));
        self.release(&vals, &tys.1);
    }

    /// Removes a key. Raises this exception where there is none.
    pub(crate) fn table_remove(
        &mut self,
        table: Value,
        index: ValueId,
        key: &MonoTy,
        value: &MonoTy,
        (class, message): (&str, &str),
    ) -> Vals {
        let vals = self.get_as(index, key);
        let key = self.in_frame(&vals, key);
        let out = self.frame_slots(components(value).len());
        let found = self.runtime_value(Rt::TableRemove, &[table, key, out]);
        let missing = self.b.ins().icmp_imm_s(IntCC::Equal, found, 0);
        self.raise_if(missing, class, message);
        self.load_slots(out, value)
    }

    /// Removes a key if it is there.
    pub(crate) fn table_discard(&mut self, table: Value, key: &[Value], ty: &MonoTy) {
        let key = self.in_frame(key, ty);
        let out = self.frame_slots(0);
        self.call_runtime(Rt::TableRemove, &[table, key, out]);
    }

    /// `a | b`, `a & b`, `a - b`, `a ^ b` of sets.
    pub(super) fn set_binary(&mut self, op: BinaryOp, left: ValueId, right: ValueId, out: &MonoTy) -> Vals {
        let MonoTy::Set(elem) = out else { return self.zero(out) };
        let (a, b) = (self.get(left)[0], self.get(right)[0]);
        let table = self.new_table(elem, &MonoTy::Unit);
        let add = |lower: &mut Self, from: ValueId, other: Value, wanted: Option<bool>| {
            lower.each_item(from, &mut |lower, item, ty| {
                let key = lower.cast(item, ty, elem);
                let (found, _) = lower.table_find(other, &key, elem, &MonoTy::Unit);
                let take = match wanted {
                    None => lower.b.ins().iconst(types::I8, 1),
                    Some(true) => found,
                    Some(false) => lower.b.ins().bxor_imm_s(found, 1),
                };
                let (some, none, next) =
                    (lower.b.create_block(), lower.b.create_block(), lower.b.create_block());
                lower.b.ins().brif(take, some, &[], none, &[]);
                lower.b.switch_to_block(some);
                lower.table_insert(table, &key, elem, &[], &MonoTy::Unit);
                lower.b.ins().jump(next, &[]);
                lower.b.switch_to_block(none);
                lower.release(&key, elem);
                lower.b.ins().jump(next, &[]);
                lower.b.switch_to_block(next);
            });
        };
        match op {
            BinaryOp::BitAnd => add(self, left, b, Some(true)),
            BinaryOp::Sub => add(self, left, b, Some(false)),
            BinaryOp::BitXor => {
                add(self, left, b, Some(false));
                add(self, right, a, Some(false));
            }
            _ => {
                add(self, left, b, None);
                add(self, right, a, None);
            }
        }
        vec![table]
    }

    /// The next entry of a set or dict, at or after a place.
    pub(super) fn advance_table(&mut self, iter: &MonoIter, table: Value, at: Value) -> (Vals, Value, Vals) {
        let (key, value) = match iter {
            MonoIter::Set(key) => (key.clone(), MonoTy::Unit),
            MonoIter::DictKeys(key, value)
            | MonoIter::DictValues(key, value)
            | MonoIter::DictItems(key, value) => (key.clone(), value.clone()),
            _ => (MonoTy::Unit, MonoTy::Unit),
        };
        let (keys, values) =
            (self.frame_slots(components(&key).len()), self.frame_slots(components(&value).len()));
        // The place after the entry, or 0 where there is none.
        let next = self.runtime_value(Rt::TableNext, &[table, at, keys, values]);
        let valid = self.b.ins().icmp_imm_s(IntCC::NotEqual, next, 0);
        let item_ty = super::iter::item_type(iter);
        let item = self.where_valid(valid, &item_ty, |lower| {
            let mut vals = Vec::new();
            if !matches!(iter, MonoIter::DictValues(..)) {
                vals.extend(lower.load_slots(keys, &key));
            }
            if matches!(iter, MonoIter::DictValues(..) | MonoIter::DictItems(..)) {
                vals.extend(lower.load_slots(values, &value));
            }
            lower.retain(&vals, &item_ty);
            vals
        });
        (item, valid, vec![table, next])
    }

    /// `item in container`.
    pub(super) fn contains(&mut self, container: ValueId, item: ValueId) -> Value {
        let (vals, item_vals, item_ty) = (self.get(container), self.get(item), self.ty(item));
        match self.ty(container) {
            MonoTy::Set(key) => {
                let key_vals = self.get_as(item, key);
                self.table_find(vals[0], &key_vals, key, &MonoTy::Unit).0
            }
            MonoTy::Dict(tys) => {
                let key_vals = self.get_as(item, &tys.0);
                self.table_find(vals[0], &key_vals, &tys.0, &tys.1).0
            }
            MonoTy::Str => {
                let found = self.runtime_value(Rt::StrFind, &[vals[0], item_vals[0]]);
                self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, found, 0)
            }
            MonoTy::Tuple(tys) => {
                let mut found = self.b.ins().iconst(types::I8, 0);
                let mut rest = vals.as_slice();
                for ty in tys {
                    let (own, tail) = rest.split_at(components(ty).len());
                    rest = tail;
                    let same = self.compare_values(CmpOp::Eq, own, ty, &item_vals, item_ty);
                    found = self.b.ins().bor(found, same);
                }
                found
            }
            MonoTy::Array(array) => {
                let parts = ArrayParts::of(&vals, array.ndim);
                let seen = self.b.declare_var(types::I8);
                let none = self.b.ins().iconst(types::I8, 0);
                self.b.def_var(seen, none);
                let shape = parts.shape.clone();
                self.nest(&shape, &mut |lower, index| {
                    let address = lower.element_address(&parts, index, array);
                    let own = lower.load_element(address, &array.elem);
                    let same = lower.compare_values(CmpOp::Eq, &own, &array.elem, &item_vals, item_ty);
                    let before = lower.b.use_var(seen);
                    let after = lower.b.ins().bor(before, same);
                    lower.b.def_var(seen, after);
                });
                self.b.use_var(seen)
            }
            _ => {
                let seen = self.b.declare_var(types::I8);
                let none = self.b.ins().iconst(types::I8, 0);
                self.b.def_var(seen, none);
                self.retain(&vals, self.ty(container));
                self.each_item(container, &mut |lower, own, ty| {
                    let same = lower.compare_values(CmpOp::Eq, &own, ty, &item_vals, item_ty);
                    lower.release(&own, ty);
                    let before = lower.b.use_var(seen);
                    let after = lower.b.ins().bor(before, same);
                    lower.b.def_var(seen, after);
                });
                self.release(&vals, self.ty(container));
                self.b.use_var(seen)
            }
        }
    }

    /// Compares two sets of one type: by which holds the items of the other.
    pub(super) fn compare_sets(&mut self, op: CmpOp, left: ValueId, right: ValueId) -> Value {
        if matches!(op, CmpOp::Gt | CmpOp::GtE) {
            let turned = if op == CmpOp::Gt { CmpOp::Lt } else { CmpOp::LtE };
            return self.compare_sets(turned, right, left);
        }
        let (x, y) = (self.get(left)[0], self.get(right)[0]);
        let inside = self.b.declare_var(types::I8);
        let yes = self.b.ins().iconst(types::I8, 1);
        self.b.def_var(inside, yes);
        self.each_item(left, &mut |lower, own, ty| {
            let (found, _) = lower.table_find(y, &own, ty, &MonoTy::Unit);
            lower.release(&own, ty);
            let before = lower.b.use_var(inside);
            let after = lower.b.ins().band(before, found);
            lower.b.def_var(inside, after);
        });
        let subset = self.b.use_var(inside);
        let (n, m) = (self.object_len(x), self.object_len(y));
        let lengths = match op {
            CmpOp::Lt => IntCC::SignedLessThan,
            CmpOp::LtE => IntCC::SignedLessThanOrEqual,
            _ => IntCC::Equal,
        };
        let fits = self.b.ins().icmp(lengths, n, m);
        let holds = self.b.ins().band(subset, fits);
        if op == CmpOp::NotEq { self.b.ins().bxor_imm_s(holds, 1) } else { holds }
    }

    /// Compares two values of any types that can be compared.
    pub(crate) fn compare_values(
        &mut self,
        op: CmpOp,
        x: &[Value],
        a: &MonoTy,
        y: &[Value],
        b: &MonoTy,
    ) -> Value {
        match (a, b) {
            (a, b) if a.is_scalar() && b.is_scalar() => {
                let (left, right) =
                    (Operand::new(x.to_vec(), a.clone()), Operand::new(y.to_vec(), b.clone()));
                self.compare_numbers(op, &left, &right)
            }
            (MonoTy::Str, MonoTy::Str) => {
                let order = self.runtime_value(Rt::StrCompare, &[x[0], y[0]]);
                self.b.ins().icmp_imm_s(super::scalar::int_cc(op, true), order, 0)
            }
            (MonoTy::Tuple(left), MonoTy::Tuple(right)) => self.compare_tuples(op, x, left, y, right),
            (MonoTy::Unit, MonoTy::Unit) => self.b.ins().iconst(types::I8, i64::from(op == CmpOp::Eq)),
            (MonoTy::Optional(inner), MonoTy::Unit) | (MonoTy::Unit, MonoTy::Optional(inner)) => {
                let _ = inner;
                let flag = if let MonoTy::Optional(_) = a { x[0] } else { y[0] };
                if op == CmpOp::Eq { self.b.ins().bxor_imm_s(flag, 1) } else { flag }
            }
            (MonoTy::Optional(inner), b) => {
                let same = self.compare_values(op, &x[1..], inner, y, b);
                if op == CmpOp::NotEq {
                    let absent = self.b.ins().bxor_imm_s(x[0], 1);
                    self.b.ins().bor(same, absent)
                } else {
                    self.b.ins().band(same, x[0])
                }
            }
            (a, MonoTy::Optional(inner)) => {
                let same = self.compare_values(op, x, a, &y[1..], inner);
                if op == CmpOp::NotEq {
                    let absent = self.b.ins().bxor_imm_s(y[0], 1);
                    self.b.ins().bor(same, absent)
                } else {
                    self.b.ins().band(same, y[0])
                }
            }
            (MonoTy::List(left), MonoTy::List(right)) => self.compare_lists(op, x[0], left, y[0], right),
            _ => self.b.ins().iconst(types::I8, i64::from(op == CmpOp::NotEq)),
        }
    }

    /// The first items that differ decide; the shorter one is less.
    fn compare_tuples(
        &mut self,
        op: CmpOp,
        x: &[Value],
        left: &[MonoTy],
        y: &[Value],
        right: &[MonoTy],
    ) -> Value {
        let lengths = match op {
            CmpOp::Lt => left.len() < right.len(),
            CmpOp::LtE => left.len() <= right.len(),
            CmpOp::Gt => left.len() > right.len(),
            CmpOp::GtE => left.len() >= right.len(),
            CmpOp::NotEq => left.len() != right.len(),
            _ => left.len() == right.len(),
        };
        let mut result = self.b.ins().iconst(types::I8, i64::from(lengths));
        if matches!(op, CmpOp::Eq | CmpOp::NotEq) && left.len() != right.len() {
            return result;
        }
        let (mut x, mut y) = (x, y);
        let mut items = Vec::new();
        for (a, b) in left.iter().zip(right) {
            let (own, rest) = x.split_at(components(a).len());
            let (other, tail) = y.split_at(components(b).len());
            (x, y) = (rest, tail);
            items.push((own, a, other, b));
        }
        for (own, a, other, b) in items.into_iter().rev() {
            let same = self.compare_values(CmpOp::Eq, own, a, other, b);
            let here = self.compare_values(op, own, a, other, b);
            result = self.b.ins().select(same, result, here);
        }
        result
    }

    fn compare_lists(&mut self, op: CmpOp, x: Value, left: &MonoTy, y: Value, right: &MonoTy) -> Value {
        let (n, m) = (self.object_len(x), self.object_len(y));
        let shared = self.b.ins().smin(n, m);
        let result = self.b.declare_var(types::I8);
        let decided = self.b.declare_var(types::I8);
        let lengths = self.b.ins().icmp(super::scalar::int_cc(op, true), n, m);
        self.b.def_var(result, lengths);
        let no = self.b.ins().iconst(types::I8, 0);
        self.b.def_var(decided, no);
        self.counted(shared, &[], |lower, at, _| {
            let (own, other) = (lower.list_load(x, at, left), lower.list_load(y, at, right));
            let differ = lower.compare_values(CmpOp::NotEq, &own, left, &other, right);
            let here = lower.compare_values(op, &own, left, &other, right);
            let done = lower.b.use_var(decided);
            let open = lower.b.ins().bxor_imm_s(done, 1);
            let first = lower.b.ins().band(open, differ);
            let before = lower.b.use_var(result);
            let after = lower.b.ins().select(first, here, before);
            lower.b.def_var(result, after);
            let done = lower.b.ins().bor(done, differ);
            lower.b.def_var(decided, done);
            Vec::new()
        });
        self.b.use_var(result)
    }
}
