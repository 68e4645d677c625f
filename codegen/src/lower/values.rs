//! Operations: what each one computes.

use analyzer::mono::{BinaryOp, CmpOp, Const, IntTy, MonoArray, MonoInst, MonoOp, MonoTy, UnaryOp, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types};

use super::array::ArrayParts;
use super::elementwise::{Tree, strided};
use super::func::{FnLower, Vals};
use super::repr::components;
use super::scalar::Operand;
use crate::opt::fusion::is_elementwise;
use crate::runtime::symbols::Rt;

impl<'a> FnLower<'a, '_> {
    /// A value with what is known about it.
    pub(crate) fn operand(&mut self, value: ValueId) -> Operand {
        let ty = self.ty(value).clone();
        self.operand_as(value, &ty)
    }

    /// The operand cast to a type.
    pub(crate) fn operand_as(&mut self, value: ValueId, ty: &MonoTy) -> Operand {
        let float = match self.facts.consts[value.0 as usize] {
            Some(Const::Float(bits)) => Some(f64::from_bits(bits)),
            _ => None,
        };
        Operand {
            vals: self.get_as(value, ty),
            ty: ty.clone(),
            int: self.facts.int(value),
            float,
            nonneg: self.facts.nonneg[value.0 as usize],
        }
    }

    /// The components of an operation's result, with references of their own. `None` where the destination is
    /// another name of an operand.
    pub(super) fn value(&mut self, dst: ValueId, op: &'a MonoOp, inst: &'a MonoInst) -> Option<Vals> {
        let out = self.ty(dst);
        if is_elementwise(self.function, inst)
            && let MonoTy::Array(array) = out
        {
            return Some(self.elementwise(op, array));
        }
        Some(match op {
            MonoOp::Param(index) => {
                let param = self.function.params[*index as usize];
                if param == dst {
                    return None;
                }
                self.get_as(param, out)
            }
            MonoOp::Const(constant) => self.constant(constant, out),
            MonoOp::Undef => self.zero(out),
            MonoOp::Copy(from) => {
                if self.facts.root[dst.0 as usize] != dst {
                    return None;
                }
                self.owned_as(*from, out)
            }
            MonoOp::Unary { op, args, value } => self.unary_value(*op, &args[0], *value, out),
            MonoOp::Binary { op, args, left, right, inplace } => {
                self.binary_value(*op, args, *left, *right, *inplace, out)
            }
            MonoOp::Compare { op, args, left, right } => vec![self.compare(*op, args, *left, *right)],
            MonoOp::Apply { op, args, values } => match self.output_of(*op, values) {
                Some((inputs, output)) => {
                    self.fill_output(*op, inputs, output, args);
                    self.owned_as(output, out)
                }
                None => self.apply(*op, args, values, out),
            },
            MonoOp::Call { func, values } => {
                let ret = &self.env.program.functions[func.0 as usize].ret;
                let vals = self.call(*func, values);
                self.cast(vals, ret, out)
            }
            MonoOp::Generator { func, values } => self.new_generator(*func, values),
            MonoOp::GetItem { target, index } => self.getitem(*target, *index, out),
            MonoOp::Field { target, field } => self.field(*target, *field, out),
            MonoOp::Tuple(items) => {
                let tys = if let MonoTy::Tuple(tys) = out { tys.as_slice() } else { &[] };
                items.iter().zip(tys).flat_map(|(item, ty)| self.owned_as(*item, ty)).collect()
            }
            MonoOp::List(items) => match out {
                MonoTy::List(elem) => self.list_of(items, elem),
                _ => self.zero(out),
            },
            MonoOp::Set(items) => self.set_of(items, out),
            MonoOp::Dict(items) => self.dict_of(items, out),
            MonoOp::Slice { start, stop, step } => self.slice(*start, *stop, *step),
            MonoOp::Iter(from) => {
                if self.facts.root[dst.0 as usize] != dst {
                    return None;
                }
                let MonoTy::Iter(iter) = out else { return Some(self.zero(out)) };
                let vals = self.get(*from);
                self.retain(&vals, self.ty(*from));
                let step = self.facts.range_step[from.0 as usize];
                self.start_iter(vals, self.ty(*from), iter, step)
            }
            MonoOp::Next(iterator) => {
                if let Some(pair) = self.next_late(dst, *iterator, out) {
                    return Some(pair);
                }
                let pair = self.next(*iterator);
                match (self.ty(*iterator), out) {
                    (MonoTy::Iter(iter), MonoTy::Pair(_)) => {
                        let from = MonoTy::Pair(Box::new(super::iter::item_type(iter)));
                        self.cast(pair, &from, out)
                    }
                    _ => pair,
                }
            }
            MonoOp::PairFirst(pair) => {
                let vals = self.get(*pair);
                let item = vals[..vals.len() - 1].to_vec();
                let MonoTy::Pair(from) = self.ty(*pair) else { return Some(item) };
                self.retain(&item, from);
                self.cast(item, from, out)
            }
            MonoOp::PairSecond(pair) => self.get(*pair).last().copied().into_iter().collect(),
            MonoOp::Exhaust { value, len } => self.exhaust(*value, *len, out),
            MonoOp::TupleConcat(left, right) => {
                let mut vals = self.get(*left);
                vals.extend(self.get(*right));
                self.retain(&vals, out);
                vals
            }
            MonoOp::FString(parts) => self.join_strings(parts),
            // A handler is entered with an exception, and `except Exception` takes any.
            MonoOp::ExceptionCheck => vec![self.b.ins().iconst(types::I8, 1)],
            MonoOp::SetItem { .. }
            | MonoOp::SetField { .. }
            | MonoOp::DelItem { .. }
            | MonoOp::TryBegin { .. }
            | MonoOp::TryEnd => {
                self.effect(op, inst);
                self.zero(out)
            }
        })
    }

    /// The value cast to a type, with references of its own.
    pub(crate) fn owned_as(&mut self, value: ValueId, ty: &MonoTy) -> Vals {
        let vals = self.get_as(value, ty);
        self.retain(&vals, ty);
        vals
    }

    /// An operation whose result nobody reads.
    pub(super) fn effect(&mut self, op: &'a MonoOp, inst: &'a MonoInst) {
        match op {
            MonoOp::SetItem { target, index, value } => self.setitem(*target, *index, *value),
            MonoOp::DelItem { target, index } => self.delitem(*target, *index),
            MonoOp::SetField { target, field, value } => self.set_field(*target, *field, *value),
            MonoOp::Apply { op, args, values } => match self.output_of(*op, values) {
                Some((inputs, output)) => self.fill_output(*op, inputs, output, args),
                None => {
                    let out = MonoTy::Unit;
                    self.apply(*op, args, values, &out);
                }
            },
            MonoOp::Call { func, values } => {
                let ret = self.env.program.functions[func.0 as usize].ret.clone();
                let vals = self.call(*func, values);
                self.release(&vals, &ret);
            }
            MonoOp::Binary { op, args, left, right, inplace: true } => {
                let out = self.ty(*left);
                let vals = self.binary_value(*op, args, *left, *right, true, out);
                self.release(&vals, out);
            }
            _ => {
                let _ = inst;
            }
        }
    }

    fn unary_value(&mut self, op: UnaryOp, arg: &MonoTy, value: ValueId, out: &MonoTy) -> Vals {
        let ty = self.ty(value);
        let arg = if matches!(arg, MonoTy::Unit) || op == UnaryOp::Not { ty } else { arg };
        let operand = self.operand_as(value, arg);
        self.unary(op, &operand, out)
    }

    fn binary_value(
        &mut self,
        op: BinaryOp,
        args: &[MonoTy; 2],
        left: ValueId,
        right: ValueId,
        inplace: bool,
        out: &MonoTy,
    ) -> Vals {
        match (self.ty(left), out) {
            (MonoTy::Array(array), MonoTy::Array(_)) if inplace => {
                self.update_array(op, left, right, array);
                let vals = self.get(left);
                self.retain(&vals, out);
                vals
            }
            (MonoTy::List(elem), MonoTy::List(_)) if inplace && op == BinaryOp::Add => {
                let list = self.get(left)[0];
                self.list_extend(list, elem, right);
                self.retain_object(list);
                vec![list]
            }
            (MonoTy::Tuple(_), MonoTy::Tuple(_)) => {
                let mut vals = self.get(left);
                vals.extend(self.get(right));
                self.retain(&vals, out);
                vals
            }
            (_, MonoTy::List(elem)) => self.list_binary(op, left, right, elem),
            (_, MonoTy::Str) => self.str_binary(op, left, right),
            // Numba types a string times a number as one that may be missing.
            (_, MonoTy::Optional(inner)) if **inner == MonoTy::Str => {
                let text = self.str_binary(op, left, right);
                self.cast(text, inner, out)
            }
            (_, MonoTy::Set(_)) => self.set_binary(op, left, right, out),
            _ => {
                let left = self.operand_as(left, &args[0]);
                let right = self.operand_as(right, &args[1]);
                self.arithmetic(op, &left, &right, out)
            }
        }
    }

    /// `a += b` on an array: every element in place.
    fn update_array(&mut self, op: BinaryOp, left: ValueId, right: ValueId, array: &MonoArray) {
        let vals = self.get(left);
        let dest = ArrayParts::of(&vals, array.ndim);
        let whole = MonoOp::Binary { op, args: [MonoTy::Unit, MonoTy::Unit], left, right, inplace: false };
        let mut tree = Tree::default();
        let out = MonoTy::Array(Box::new(array.clone()));
        let expr = self.expression(&whole, &out, &mut tree);
        self.fill(&expr, &tree, &dest, &strided(array));
    }

    fn call(&mut self, func: analyzer::mono::FuncId, values: &[ValueId]) -> Vals {
        let callee = &self.env.program.functions[func.0 as usize];
        let library = callee.options.library;
        let ret = components(&callee.ret);
        let tys: Vec<MonoTy> =
            callee.params.iter().map(|param| callee.values[param.0 as usize].ty.clone()).collect();
        let part = self.env.inlined_in(func, self.function, self.b.func);
        let mut args = Vec::new();
        let mut address = None;
        if part.is_none() && ret.len() > 1 {
            let size = ret.len() as u32 * 8;
            let slot =
                self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
            let at = self.b.ins().stack_addr(types::I64, slot, 0);
            address = Some(at);
            args.push(at);
        }
        for (value, ty) in values.iter().zip(&tys) {
            args.extend(self.get_as(*value, ty));
        }
        let callee = part.unwrap_or_else(|| self.env.func_in(func, self.b.func));
        let call = self.b.ins().call(callee, &args);
        let results = self.b.inst_results(call).to_vec();
        self.check_call(results[0], library && !self.function.options.library);
        let Some(address) = address else { return results[1..].to_vec() };
        let flags = MemFlagsData::trusted();
        (0..)
            .zip(&ret)
            .map(|(slot, component)| self.b.ins().load(component.class.clif(), flags, address, slot * 8))
            .collect()
    }

    /// Goes on where the status is zero. An exception of a library function has the line of the call.
    fn check_call(&mut self, status: Value, library: bool) {
        if !library {
            return self.check_status(status);
        }
        let (failed, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(failed);
        self.b.ins().brif(status, failed, &[], next, &[]);
        self.b.switch_to_block(failed);
        let line = self.iconst(i64::from(self.line));
        self.call_runtime(Rt::Blame, &[line]);
        let fail = self.fail_block();
        self.b.ins().jump(fail, &[]);
        self.b.switch_to_block(next);
    }

    fn getitem(&mut self, target: ValueId, index: ValueId, out: &MonoTy) -> Vals {
        match self.ty(target) {
            MonoTy::Array(array) => self.array_getitem(target, array, index, out),
            MonoTy::List(elem) => {
                let list = self.get(target)[0];
                let item = self.list_getitem(list, elem, index);
                if *self.ty(index) == MonoTy::Slice { item } else { self.cast(item, elem, out) }
            }
            MonoTy::Tuple(tys) => self.tuple_getitem(target, tys, index, out),
            MonoTy::Str => self.str_getitem(target, index),
            MonoTy::Dict(tys) => self.dict_getitem(target, tys, index),
            MonoTy::Range(int) => {
                let vals = self.get(target);
                let at = self.get_as(index, &MonoTy::Int(*int))[0];
                let offset = self.b.ins().imul(at, vals[2]);
                vec![self.b.ins().iadd(vals[0], offset)]
            }
            MonoTy::Optional(inner) => {
                let _ = inner;
                self.zero(out)
            }
            _ => self.zero(out),
        }
    }

    fn tuple_getitem(&mut self, target: ValueId, tys: &[MonoTy], index: ValueId, out: &MonoTy) -> Vals {
        if let Some(at) = self.facts.int(index) {
            let at = if at < 0 { at + tys.len() as i128 } else { at };
            return self.field(target, at as u32, out);
        }
        let vals = self.get(target);
        if let Some(MonoOp::Slice { start, stop, step }) = self.definition(index) {
            let (start, stop, step) = (*start, *stop, *step);
            return self.tuple_slice(&vals, tys, [start, stop, step], out);
        }
        let at = self.get_as(index, &MonoTy::Int(IntTy::I64))[0];
        let len = self.iconst(tys.len() as i64);
        let at = self.wrap_list(at, len, "tuple index out of range");
        let elem = tys.first().cloned().unwrap_or(MonoTy::Unit);
        let item = self.tuple_select(&vals, &elem, at);
        self.retain(&item, &elem);
        self.cast(item, &elem, out)
    }

    fn tuple_slice(
        &mut self,
        vals: &[Value],
        tys: &[MonoTy],
        bounds: [Option<ValueId>; 3],
        out: &MonoTy,
    ) -> Vals {
        let known = bounds.map(|bound| bound.and_then(|value| self.facts.int(value)).map(|int| int as i64));
        let len = tys.len() as i64;
        let step = known[2].unwrap_or(1);
        let clip = |bound: i64| {
            let bound = if bound < 0 { bound + len } else { bound };
            if step < 0 { bound.clamp(-1, len - 1) } else { bound.clamp(0, len) }
        };
        let mut at = known[0].map_or(if step < 0 { len - 1 } else { 0 }, clip);
        let end = known[1].map_or(if step < 0 { -1 } else { len }, clip);
        let mut picked = Vec::new();
        while step != 0 && (if step < 0 { at > end } else { at < end }) {
            let first: usize = tys[..at as usize].iter().map(|ty| components(ty).len()).sum();
            picked.extend(&vals[first..first + components(&tys[at as usize]).len()]);
            at += step;
        }
        self.retain(&picked, out);
        picked
    }

    pub(crate) fn field(&mut self, target: ValueId, field: u32, out: &MonoTy) -> Vals {
        let vals = self.get(target);
        match self.ty(target) {
            MonoTy::Tuple(tys) => {
                let Some(ty) = tys.get(field as usize) else { return self.zero(out) };
                let first: usize = tys[..field as usize].iter().map(|ty| components(ty).len()).sum();
                let item = vals[first..first + components(ty).len()].to_vec();
                self.retain(&item, ty);
                self.cast(item, ty, out)
            }
            // One field of every record: a view with the strides of the records.
            MonoTy::Array(array) => match &array.elem {
                MonoTy::Record(record) if (field as usize) < record.fields.len() => {
                    let offset = i64::from(record.fields[field as usize].2);
                    self.retain_object(vals[0]);
                    let mut view = vals;
                    view[1] = self.b.ins().iadd_imm_s(view[1], offset);
                    view
                }
                _ => self.zero(out),
            },
            MonoTy::Record(record) => match record.fields.get(field as usize) {
                Some((_, ty, offset)) => {
                    let address = self.b.ins().iadd_imm_s(vals[1], i64::from(*offset));
                    let item = self.load_element(address, ty);
                    self.cast(item, ty, out)
                }
                None => self.zero(out),
            },
            _ => self.zero(out),
        }
    }

    fn set_field(&mut self, target: ValueId, field: u32, value: ValueId) {
        if let MonoTy::Record(record) = self.ty(target)
            && let Some((_, ty, offset)) = record.fields.get(field as usize)
        {
            let vals = self.get(target);
            let item = self.get_as(value, ty);
            let address = self.b.ins().iadd_imm_s(vals[1], i64::from(*offset));
            self.store_element(address, ty, &item);
        }
    }

    fn setitem(&mut self, target: ValueId, index: ValueId, value: ValueId) {
        match self.ty(target) {
            MonoTy::Array(array) => self.array_setitem(target, array, index, value),
            MonoTy::List(elem) => {
                let list = self.get(target)[0];
                self.list_setitem(list, elem, index, value);
            }
            MonoTy::Dict(tys) => self.dict_setitem(target, tys, index, value),
            _ => {}
        }
    }

    fn delitem(&mut self, target: ValueId, index: ValueId) {
        match self.ty(target) {
            MonoTy::List(elem) => {
                let list = self.get(target)[0];
                if *self.ty(index) == MonoTy::Slice {
                    return self.list_del_slice(list, elem, index);
                }
                let at = self.get_as(index, &MonoTy::Int(IntTy::I64))[0];
                let len = self.object_len(list);
                let at = self.wrap_list(at, len, "pop index out of range");
                let item = self.list_take(list, elem, at);
                self.release(&item, elem);
            }
            MonoTy::Dict(tys) => self.dict_delitem(target, tys, index),
            _ => {}
        }
    }

    fn slice(&mut self, start: Option<ValueId>, stop: Option<ValueId>, step: Option<ValueId>) -> Vals {
        let int = MonoTy::Int(IntTy::I64);
        let mut given = |value: Option<ValueId>| {
            let value = value.filter(|value| *self.ty(*value) != MonoTy::Unit)?;
            Some(self.get_as(value, &int)[0])
        };
        let (start, stop, step) = (given(start), given(stop), given(step));
        let step = step.unwrap_or_else(|| self.iconst(1));
        let down = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, step, 0);
        let (zero, most, least) = (self.iconst(0), self.iconst(i64::MAX), self.iconst(i64::MIN));
        let start = start.unwrap_or_else(|| self.b.ins().select(down, most, zero));
        let stop = stop.unwrap_or_else(|| self.b.ins().select(down, least, most));
        vec![start, stop, step]
    }

    /// The number of items of a sequence.
    pub(crate) fn sequence_len(&mut self, value: ValueId) -> Value {
        let vals = self.get(value);
        match self.ty(value) {
            MonoTy::Tuple(items) => self.iconst(items.len() as i64),
            MonoTy::Array(_) => vals[2],
            MonoTy::Range(int) => {
                let wide = if int.signed() { IntTy::I64 } else { IntTy::U64 };
                let vals: Vals = vals.into_iter().map(|val| self.int_to_int(val, *int, wide)).collect();
                self.range_len(vals[0], vals[1], vals[2], int.signed()).1
            }
            MonoTy::Str | MonoTy::List(_) | MonoTy::Set(_) | MonoTy::Dict(_) => self.object_len(vals[0]),
            _ => self.iconst(0),
        }
    }

    fn exhaust(&mut self, value: ValueId, len: u32, out: &MonoTy) -> Vals {
        let ty = self.ty(value);
        if let MonoTy::Tuple(_) = ty {
            return self.owned_as(value, out);
        }
        let n = self.sequence_len(value);
        // Numba says nothing about it, whether there are too many or too few.
        let differs = self.b.ins().icmp_imm_s(IntCC::NotEqual, n, i64::from(len));
        self.raise_if(differs, "ValueError", "");
        let vals = self.get(value);
        let MonoTy::Tuple(tys) = out else { return self.zero(out) };
        let mut items = Vec::new();
        for (at, item_ty) in tys.iter().enumerate() {
            let at = self.iconst(at as i64);
            let item = match ty {
                MonoTy::List(elem) => {
                    let item = self.list_load(vals[0], at, elem);
                    self.retain(&item, elem);
                    self.cast(item, elem, item_ty)
                }
                MonoTy::Array(array) => {
                    let parts = ArrayParts::of(&vals, array.ndim);
                    let item = self.sub_array(&parts, array, at);
                    if array.ndim == 1 { self.cast(item, &array.elem, item_ty) } else { item }
                }
                MonoTy::Str => vec![self.runtime_value(Rt::StrAt, &[vals[0], at])],
                MonoTy::Range(_) => {
                    let offset = self.b.ins().imul(at, vals[2]);
                    vec![self.b.ins().iadd(vals[0], offset)]
                }
                _ => self.zero(item_ty),
            };
            items.extend(item);
        }
        items
    }

    /// `raise Class(args)`.
    pub(super) fn raise_values(&mut self, class: &str, args: &[ValueId]) {
        let constants: Option<Vec<&Const>> =
            args.iter().map(|arg| self.facts.consts[arg.0 as usize].as_ref()).collect();
        if let Some(constants) = constants {
            let message = super::text::message(&constants);
            return self.raise(class, &message);
        }
        let message = self.message_of(args);
        self.raise_text(class, message);
    }

    /// Raises with a message made at run time, and takes it over.
    pub(super) fn raise_text(&mut self, class: &str, message: Value) {
        let class = self.string(class);
        let line = self.iconst(i64::from(self.line));
        self.call_runtime(Rt::Raise, &[class, message, line]);
        let fail = self.fail_block();
        self.b.ins().jump(fail, &[]);
    }

    fn compare(&mut self, op: CmpOp, args: &[MonoTy; 2], left: ValueId, right: ValueId) -> Value {
        match (op, self.ty(left), self.ty(right)) {
            (CmpOp::Is | CmpOp::IsNot, a, b) => {
                let same = self.identity(a, b, left, right);
                if op == CmpOp::Is { same } else { self.b.ins().bxor_imm_s(same, 1) }
            }
            (CmpOp::In, ..) => self.contains(right, left),
            (CmpOp::NotIn, ..) => {
                let found = self.contains(right, left);
                self.b.ins().bxor_imm_s(found, 1)
            }
            (_, a, b) if a.is_scalar() && b.is_scalar() => {
                let pick =
                    |arg: &MonoTy, own: &MonoTy| if arg.is_scalar() { arg.clone() } else { own.clone() };
                let left = self.operand_as(left, &pick(&args[0], a));
                let right = self.operand_as(right, &pick(&args[1], b));
                self.compare_numbers(op, &left, &right)
            }
            (_, MonoTy::Set(_), MonoTy::Set(_)) => self.compare_sets(op, left, right),
            (_, a, b) => {
                let (x, y) = (self.get(left), self.get(right));
                self.compare_values(op, &x, a, &y, b)
            }
        }
    }

    fn identity(&mut self, a: &MonoTy, b: &MonoTy, left: ValueId, right: ValueId) -> Value {
        let (x, y) = (self.get(left), self.get(right));
        match (a, b) {
            (MonoTy::Unit, MonoTy::Unit) => self.b.ins().iconst(types::I8, 1),
            (MonoTy::Optional(_), MonoTy::Unit) => self.b.ins().bxor_imm_s(x[0], 1),
            (MonoTy::Unit, MonoTy::Optional(_)) => self.b.ins().bxor_imm_s(y[0], 1),
            (MonoTy::Unit, _) | (_, MonoTy::Unit) => self.b.ins().iconst(types::I8, 0),
            (a, b) if a.is_scalar() && b.is_scalar() => {
                let (left, right) = (Operand::new(x, a.clone()), Operand::new(y, b.clone()));
                self.compare_numbers(CmpOp::Eq, &left, &right)
            }
            (a, b) if a == b && !x.is_empty() => {
                let at = usize::from(matches!(a, MonoTy::Array(_)));
                self.b.ins().icmp(IntCC::Equal, x[at], y[at])
            }
            _ => self.b.ins().iconst(types::I8, 0),
        }
    }
}
