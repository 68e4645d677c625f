//! The operations of the library that are compiled in place: one arm for each.

use analyzer::mono::{CmpOp, Const, FloatTy, IntTy, Layout, MonoArray, MonoTy, Op, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::array::ArrayParts;
use super::func::{FnLower, Vals};
use super::repr::components;
use super::scalar::Operand;
use crate::opt::fusion::elementwise_arity;
use crate::runtime::symbols::Rt;

impl FnLower<'_, '_> {
    /// An operation of the library. The result owns its references.
    pub(super) fn apply(&mut self, op: Op, args: &[MonoTy], values: &[ValueId], out: &MonoTy) -> Vals {
        if let MonoTy::List(elem) = values.first().map_or(&MonoTy::Unit, |value| self.ty(*value))
            && is_list_method(op)
        {
            return self.list_method(op, values, elem);
        }
        if let Op::Lu | Op::Solve | Op::Cholesky | Op::Qr | Op::Svd | Op::Eigh | Op::Eig = op {
            return self.factorize(op, values);
        }
        if let Some(MonoTy::Array(array)) = values.first().map(|value| self.ty(*value))
            && let Some(vals) = self.array_apply(op, values, array, out)
        {
            return vals;
        }
        match op {
            Op::SetAdd | Op::SetDiscard | Op::SetRemove | Op::TableClear | Op::DictGet | Op::DictPop => {
                self.table_apply(op, values, out)
            }
            Op::Next => self.next_item(values[0], out),
            Op::DictKeys | Op::DictValues | Op::DictItems => self.new_iter(values, out),
            Op::Str if values.is_empty() => self.constant(&Const::Str("".into()), out),
            Op::Str => {
                let vals = self.get(values[0]);
                vec![self.text_of(&vals, self.ty(values[0]), false)]
            }
            Op::StrLower | Op::StrUpper => {
                let text = self.get(values[0]);
                let change = if op == Op::StrLower { Rt::StrLower } else { Rt::StrUpper };
                vec![self.runtime_value(change, &text)]
            }
            Op::Len => vec![self.sequence_len(values[0])],
            Op::Range | Op::Prange => self.range(values, out),
            Op::Min | Op::Max => self.minmax(op, values, out),
            Op::Enumerate | Op::Zip | Op::NdEnumerate | Op::NdIndex | Op::ArrayFlat => {
                self.new_iter(values, out)
            }
            Op::Print => {
                self.print(values);
                Vec::new()
            }
            Op::TupleNew => self.tuple_new(values, out),
            Op::ListNew => self.list_new_from(values, out),
            Op::Empty | Op::Zeros => self.empty(op, values, out),
            Op::ArrayFromSequence => self.array_from(values[0], out),
            Op::RandomSelect => {
                let state = self.get_as(values[0], &MonoTy::Int(IntTy::I64));
                self.call_runtime(Rt::RandomSelect, &state);
                Vec::new()
            }
            Op::RandomSeed => {
                let seed = self.get_as(values[0], &MonoTy::Int(IntTy::U32));
                let seed = self.int_to_int(seed[0], IntTy::U32, IntTy::U64);
                self.call_runtime(Rt::RandomSeed, &[seed]);
                Vec::new()
            }
            Op::RandomRaw => {
                let raw = vec![self.runtime_value(Rt::RandomDouble, &[])];
                self.cast(raw, &MonoTy::Float(FloatTy::F64), out)
            }
            Op::RandomWord => {
                let word = vec![self.runtime_value(Rt::RandomWord, &[])];
                self.cast(word, &MonoTy::Int(IntTy::U64), out)
            }
            Op::RandomNormal => {
                let normal = vec![self.runtime_value(Rt::RandomNormal, &[])];
                self.cast(normal, &MonoTy::Float(FloatTy::F64), out)
            }
            Op::Frexp => self.frexp(values[0], out),
            Op::Round if values.len() == 2 && *self.ty(values[1]) != MonoTy::Unit => {
                self.round_digits(values, out)
            }
            Op::Reinterpret | Op::ArrayView => self.reinterpret(values[0], out),
            _ => self.numeric_apply(op, args, values, out),
        }
    }

    fn numeric_apply(&mut self, op: Op, args: &[MonoTy], values: &[ValueId], out: &MonoTy) -> Vals {
        let wanted = elementwise_arity(op).unwrap_or(values.len()).min(values.len());
        let operands: Vec<Operand> = values[..wanted]
            .iter()
            .enumerate()
            .map(|(at, value)| match args.get(at) {
                Some(ty) if ty.is_scalar() => self.operand_as(*value, ty),
                _ => self.operand(*value),
            })
            .filter(|operand| operand.ty != MonoTy::Unit)
            .collect();
        self.scalar_apply(op, &operands, out).unwrap_or_else(|| self.zero(out))
    }

    fn table_apply(&mut self, op: Op, values: &[ValueId], out: &MonoTy) -> Vals {
        let table = self.get(values[0])[0];
        match (op, self.ty(values[0])) {
            (Op::SetAdd, MonoTy::Set(elem)) => {
                let key = self.owned_as(values[1], elem);
                self.table_insert(table, &key, elem, &[], &MonoTy::Unit);
                Vec::new()
            }
            (Op::SetRemove, MonoTy::Set(elem)) => {
                let missing = ("KeyError", "'set.remove(): key not in set'");
                self.table_remove(table, values[1], elem, &MonoTy::Unit, missing)
            }
            (Op::SetDiscard, MonoTy::Set(elem)) => {
                let key = self.get_as(values[1], elem);
                self.table_discard(table, &key, elem);
                Vec::new()
            }
            (Op::DictGet, MonoTy::Dict(_)) => {
                self.dict_get(values[0], values[1], values.get(2).copied(), out)
            }
            (Op::DictPop, MonoTy::Dict(_)) => {
                self.dict_pop(values[0], values[1], values.get(2).copied(), out)
            }
            _ => {
                self.call_runtime(Rt::TableClear, &[table]);
                Vec::new()
            }
        }
    }

    fn range(&mut self, values: &[ValueId], out: &MonoTy) -> Vals {
        let MonoTy::Range(int) = out else { return self.zero(out) };
        let ty = MonoTy::Int(*int);
        let given: Vec<ValueId> =
            values.iter().copied().filter(|value| *self.ty(*value) != MonoTy::Unit).collect();
        let vals: Vec<Value> = given.into_iter().map(|value| self.get_as(value, &ty)[0]).collect();
        let (zero, one) = (self.constant(&Const::int(0), &ty)[0], self.constant(&Const::int(1), &ty)[0]);
        match vals.as_slice() {
            [stop] => vec![zero, *stop, one],
            [start, stop] => vec![*start, *stop, one],
            [start, stop, step, ..] => vec![*start, *stop, *step],
            [] => vec![zero, zero, one],
        }
    }

    /// `min` and `max` of several values or of one sequence: the first of equal ones.
    fn minmax(&mut self, op: Op, values: &[ValueId], out: &MonoTy) -> Vals {
        let cmp = if op == Op::Min { CmpOp::Lt } else { CmpOp::Gt };
        let items: Vec<(Vals, MonoTy)> = match (values, values.first().map(|value| self.ty(*value))) {
            ([one], Some(MonoTy::Tuple(tys))) => {
                let vals = self.get(*one);
                let mut rest = vals.as_slice();
                let mut items = Vec::new();
                for ty in tys {
                    let (item, tail) = rest.split_at(components(ty).len());
                    rest = tail;
                    items.push((item.to_vec(), ty.clone()));
                }
                items
            }
            ([one], _) => return self.minmax_of(cmp, *one, out),
            _ => values.iter().map(|value| (self.get_as(*value, out), out.clone())).collect(),
        };
        let mut best: Option<Vals> = None;
        for (item, ty) in items {
            let item = self.cast(item, &ty, out);
            best = Some(match best {
                None => item,
                Some(best) => {
                    let better = self.compare_values(cmp, &item, out, &best, out);
                    item.into_iter()
                        .zip(best)
                        .map(|(item, best)| self.b.ins().select(better, item, best))
                        .collect()
                }
            });
        }
        let best = best.unwrap_or_else(|| self.zero(out));
        self.retain(&best, out);
        best
    }

    fn minmax_of(&mut self, cmp: CmpOp, value: ValueId, out: &MonoTy) -> Vals {
        let n = self.sequence_len(value);
        let empty = self.b.ins().icmp_imm_s(IntCC::Equal, n, 0);
        let name = if cmp == CmpOp::Lt { "min" } else { "max" };
        self.raise_if(empty, "ValueError", &format!("{name}() iterable argument is empty"));
        let vars: Vec<_> = components(out).iter().map(|part| self.b.declare_var(part.class.clif())).collect();
        let started = self.b.declare_var(types::I8);
        let zero = self.zero(out);
        vars.iter().zip(zero).for_each(|(var, val)| self.b.def_var(*var, val));
        let no = self.b.ins().iconst(types::I8, 0);
        self.b.def_var(started, no);
        let vals = self.get(value);
        self.retain(&vals, self.ty(value));
        self.each_item(value, &mut |lower, item, ty| {
            let item = lower.cast(item, ty, out);
            let best: Vals = vars.iter().map(|var| lower.b.use_var(*var)).collect();
            let better = lower.compare_values(cmp, &item, out, &best, out);
            let seen = lower.b.use_var(started);
            let first = lower.b.ins().bxor_imm_s(seen, 1);
            let take = lower.b.ins().bor(better, first);
            for (var, (item, best)) in vars.iter().zip(item.into_iter().zip(best)) {
                let next = lower.b.ins().select(take, item, best);
                lower.b.def_var(*var, next);
            }
            let yes = lower.b.ins().iconst(types::I8, 1);
            lower.b.def_var(started, yes);
        });
        self.release(&vals, self.ty(value));
        vars.iter().map(|var| self.b.use_var(*var)).collect()
    }

    fn new_iter(&mut self, values: &[ValueId], out: &MonoTy) -> Vals {
        use analyzer::mono::MonoIter;
        let MonoTy::Iter(iter) = out else { return self.zero(out) };
        match &**iter {
            MonoIter::Zip(parts) => {
                let mut state = Vec::new();
                for (value, part) in values.iter().zip(parts) {
                    let vals = self.get(*value);
                    self.retain(&vals, self.ty(*value));
                    state.extend(self.start_iter(vals, self.ty(*value), part, None));
                }
                state
            }
            MonoIter::NdIndex(_) => {
                let mut shape = Vec::new();
                for value in values {
                    let vals = self.get(*value);
                    match self.ty(*value) {
                        MonoTy::Tuple(tys) => {
                            for (val, ty) in vals.into_iter().zip(tys) {
                                shape.extend(self.cast(vec![val], ty, &MonoTy::Int(IntTy::I64)));
                            }
                        }
                        ty => shape.extend(self.cast(vals, ty, &MonoTy::Int(IntTy::I64))),
                    }
                }
                self.start_iter(shape, &MonoTy::Unit, iter, None)
            }
            MonoIter::Enumerate(_) => {
                let vals = self.get(values[0]);
                self.retain(&vals, self.ty(values[0]));
                let mut state = self.start_iter(vals, self.ty(values[0]), iter, None);
                if let Some(start) = values.get(1).filter(|start| *self.ty(**start) != MonoTy::Unit) {
                    let start = self.get_as(*start, &MonoTy::Int(IntTy::I64))[0];
                    if let Some(last) = state.last_mut() {
                        *last = start;
                    }
                }
                state
            }
            _ => {
                let vals = self.get(values[0]);
                self.retain(&vals, self.ty(values[0]));
                self.start_iter(vals, self.ty(values[0]), iter, None)
            }
        }
    }

    fn tuple_new(&mut self, values: &[ValueId], out: &MonoTy) -> Vals {
        match values.first() {
            Some(value) => self.owned_as(*value, out),
            None => self.zero(out),
        }
    }

    fn list_new_from(&mut self, values: &[ValueId], out: &MonoTy) -> Vals {
        match out {
            MonoTy::Set(_) => self.set_from(values.first().copied(), out),
            MonoTy::Dict(_) => self.dict_of(&[], out),
            MonoTy::List(elem) => {
                let zero = self.iconst(0);
                let list = self.list_new(elem, zero);
                if let Some(from) = values.first().filter(|value| *self.ty(**value) != MonoTy::Unit) {
                    self.list_extend(list, elem, *from);
                }
                vec![list]
            }
            _ => self.zero(out),
        }
    }

    /// The lengths that an int or a tuple of ints asks for.
    pub(crate) fn shape_of(&mut self, value: ValueId) -> Vec<Value> {
        let vals = self.get(value);
        let int = MonoTy::Int(IntTy::I64);
        match self.ty(value) {
            MonoTy::Tuple(tys) => {
                vals.into_iter().zip(tys).map(|(val, ty)| self.cast(vec![val], ty, &int)[0]).collect()
            }
            ty => self.cast(vals, ty, &int),
        }
    }

    fn empty(&mut self, op: Op, values: &[ValueId], out: &MonoTy) -> Vals {
        let MonoTy::Array(array) = out else { return self.zero(out) };
        let shape = self.shape_of(values[0]);
        self.new_array(&array.elem, &shape, array.layout, op == Op::Zeros).vals()
    }

    /// `np.array(sequence)`.
    fn array_from(&mut self, value: ValueId, out: &MonoTy) -> Vals {
        let MonoTy::Array(array) = out else { return self.zero(out) };
        let vals = self.get(value);
        let ty = self.ty(value);
        let mut shape = Vec::new();
        self.sequence_shape(&vals, ty, array.ndim as usize, &mut shape);
        let dest = self.new_array(&array.elem, &shape, array.layout, false);
        self.store_sequence(&vals, ty, &dest, array);
        dest.vals()
    }

    /// The length of a nested sequence and of its first item, and so on.
    fn sequence_shape(&mut self, vals: &[Value], ty: &MonoTy, ndim: usize, shape: &mut Vec<Value>) {
        if shape.len() == ndim {
            return;
        }
        match ty {
            MonoTy::Tuple(tys) => {
                shape.push(self.iconst(tys.len() as i64));
                if let Some(first) = tys.first() {
                    self.sequence_shape(&vals[..components(first).len()], first, ndim, shape);
                }
            }
            MonoTy::List(elem) => {
                let len = self.object_len(vals[0]);
                shape.push(len);
                if shape.len() < ndim {
                    let some = self.b.ins().icmp_imm_s(IntCC::NotEqual, len, 0);
                    let list = vals[0];
                    let first = self.where_valid(some, elem, |lower| {
                        let zero = lower.iconst(0);
                        lower.list_load(list, zero, elem)
                    });
                    self.sequence_shape(&first, elem, ndim, shape);
                }
            }
            MonoTy::Array(array) => {
                let parts = ArrayParts::of(vals, array.ndim);
                shape.extend(parts.shape);
            }
            _ => {}
        }
        while shape.len() < ndim {
            shape.push(self.iconst(0));
        }
    }

    fn store_sequence(&mut self, vals: &[Value], ty: &MonoTy, dest: &ArrayParts, array: &MonoArray) {
        let inner = MonoArray { ndim: array.ndim.saturating_sub(1), layout: Layout::A, ..array.clone() };
        let strided = MonoArray { layout: Layout::A, ..array.clone() };
        let part = |lower: &mut Self, at: Value| {
            let offset = lower.dim_offset(dest, 0, at, &strided);
            let data = lower.b.ins().iadd(dest.data, offset);
            ArrayParts {
                owner: dest.owner,
                data,
                shape: dest.shape[1..].to_vec(),
                strides: dest.strides[1..].to_vec(),
            }
        };
        match ty {
            _ if dest.shape.is_empty() => {
                let item = self.cast(vals.to_vec(), ty, &array.elem);
                self.store_element(dest.data, &array.elem, &item);
            }
            MonoTy::Tuple(tys) => {
                let mut rest = vals;
                for (at, ty) in tys.iter().enumerate() {
                    let (item, tail) = rest.split_at(components(ty).len());
                    rest = tail;
                    let at = self.iconst(at as i64);
                    self.check_row(item, ty, dest);
                    let row = part(self, at);
                    self.store_sequence(item, ty, &row, &inner);
                }
            }
            MonoTy::List(elem) => {
                let list = vals[0];
                self.counted(dest.shape[0], &[], |lower, at, _| {
                    let item = lower.list_load(list, at, elem);
                    lower.check_row(&item, elem, dest);
                    let row = part(lower, at);
                    lower.store_sequence(&item, elem, &row, &inner);
                    Vec::new()
                });
            }
            MonoTy::Array(from) => {
                let source = ArrayParts::of(vals, from.ndim);
                let shape = dest.shape.clone();
                self.nest(&shape, &mut |lower, index| {
                    let address = lower.element_address(&source, index, from);
                    let item = lower.load_element(address, &from.elem);
                    let item = lower.cast(item, &from.elem, &array.elem);
                    let address = lower.element_address(dest, index, &strided);
                    lower.store_element(address, &array.elem, &item);
                });
            }
            _ => {}
        }
    }

    /// Rows of one array have one length.
    fn check_row(&mut self, item: &[Value], ty: &MonoTy, dest: &ArrayParts) {
        if let (MonoTy::List(_), Some(len)) = (ty, dest.shape.get(1)) {
            let own = self.object_len(item[0]);
            let differs = self.b.ins().icmp(IntCC::NotEqual, own, *len);
            self.raise_if(differs, "ValueError", "incompatible sequence shape");
        }
    }

    fn frexp(&mut self, value: ValueId, out: &MonoTy) -> Vals {
        let MonoTy::Tuple(tys) = out else { return self.zero(out) };
        let f64 = MonoTy::Float(FloatTy::F64);
        let x = self.get_as(value, &f64)[0];
        let address = self.frame_slots(1);
        let mantissa = vec![self.runtime_value(Rt::Frexp, &[x, address])];
        let exponent = vec![self.b.ins().load(types::I64, MemFlagsData::trusted(), address, 0)];
        let mut vals = self.cast(mantissa, &f64, &tys[0]);
        vals.extend(self.cast(exponent, &MonoTy::Int(IntTy::I64), &tys[1]));
        vals
    }

    fn round_digits(&mut self, values: &[ValueId], out: &MonoTy) -> Vals {
        let f64 = MonoTy::Float(FloatTy::F64);
        let x = self.get_as(values[0], &f64)[0];
        let digits = self.get_as(values[1], &MonoTy::Int(IntTy::I64))[0];
        let address = self.frame_slots(1);
        let rounded = vec![self.runtime_value(Rt::RoundDigits, &[x, digits, address])];
        let status = self.b.ins().load(types::I64, MemFlagsData::trusted(), address, 0);
        self.raise_if(status, "OverflowError", "rounded value too large to represent");
        self.cast(rounded, &f64, out)
    }

    /// The same bits as another type of the same width.
    fn reinterpret(&mut self, value: ValueId, out: &MonoTy) -> Vals {
        let vals = self.get(value);
        let (from, to) = (components(self.ty(value)), components(out));
        let ([val], [from], [to]) = (vals.as_slice(), from.as_slice(), to.as_slice()) else {
            return self.zero(out);
        };
        if from.class == to.class {
            return vec![*val];
        }
        let (a, b) = (from.class.clif(), to.class.clif());
        if a.bits() == b.bits() {
            return vec![self.b.ins().bitcast(b, MemFlagsData::new(), *val)];
        }
        self.zero(out)
    }
}

fn is_list_method(op: Op) -> bool {
    matches!(
        op,
        Op::ListAppend
            | Op::ListPop
            | Op::ListExtend
            | Op::ListInsert
            | Op::ListClear
            | Op::ListCopy
            | Op::ListReverse
    )
}
