//! The operations of the library that are compiled in place: one arm for each.

use analyzer::mono::{BinaryOp, CmpOp, Const, FloatTy, IntTy, Layout, MonoArray, MonoTy, Op, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::array::{ArrayParts, itemsize};
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
        if let Some(MonoTy::Array(array)) = values.first().map(|value| self.ty(*value))
            && let Some(vals) = self.array_apply(op, values, array, out)
        {
            return vals;
        }
        match op {
            Op::SetAdd | Op::SetDiscard | Op::SetRemove | Op::TableClear | Op::DictGet | Op::DictPop => {
                self.table_apply(op, values, out)
            }
            Op::DictKeys | Op::DictValues | Op::DictItems => self.new_iter(values, out),
            Op::Str => {
                let vals = self.get(values[0]);
                vec![self.text_of(&vals, self.ty(values[0]), false)]
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
                Some(ty) if super::values::is_number(ty) => self.operand_as(*value, ty),
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
            (Op::SetRemove, MonoTy::Set(elem)) => self.table_remove(table, values[1], elem, &MonoTy::Unit),
            (Op::SetDiscard, MonoTy::Set(elem)) => {
                let key = self.get_as(values[1], elem);
                self.table_discard(table, &key, elem);
                Vec::new()
            }
            (Op::DictGet, MonoTy::Dict(_)) => {
                self.dict_get(values[0], values[1], values.get(2).copied(), out)
            }
            (Op::DictPop, MonoTy::Dict(tys)) => {
                let vals = self.table_remove(table, values[1], &tys.0, &tys.1);
                self.cast(vals, &tys.1, out)
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
        let vals: Vec<Value> = values
            .iter()
            .filter(|value| *self.ty(**value) != MonoTy::Unit)
            .map(|value| *value)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|value| self.get_as(value, &ty)[0])
            .collect();
        let (zero, one) = (self.constant(&Const::Int(0), &ty)[0], self.constant(&Const::Int(1), &ty)[0]);
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
        let empty = self.b.ins().icmp_imm(IntCC::Equal, n, 0);
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
            let first = lower.b.ins().bxor_imm(seen, 1);
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
                    if !matches!(self.ty(*from), MonoTy::List(_)) {
                        let vals = self.get(*from);
                        self.retain(&vals, self.ty(*from));
                    }
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
                    let some = self.b.ins().icmp_imm(IntCC::NotEqual, len, 0);
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

    /// Operations whose first operand is an array. `None` if the operation has no such form.
    fn array_apply(&mut self, op: Op, values: &[ValueId], array: &MonoArray, out: &MonoTy) -> Option<Vals> {
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
                let bad = self.b.ins().icmp_imm(IntCC::NotEqual, size, 1);
                self.raise_if(bad, "ValueError", "item(): cannot convert array to scalar");
                let item = self.load_element(parts.data, &array.elem);
                self.cast(item, &array.elem, out)
            }
            Op::ArrayReal | Op::ArrayImag | Op::Real | Op::Imag if matches!(out, MonoTy::Array(_)) => {
                let is_imag = matches!(op, Op::ArrayImag | Op::Imag);
                if let MonoTy::Complex(complex) = array.elem {
                    self.retain_object(parts.owner);
                    let offset = if is_imag { i64::from(complex.part().bits() / 8) } else { 0 };
                    let data = self.b.ins().iadd_imm(parts.data, offset);
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
            let bytes = self.b.ins().imul_imm(*len, own);
            let rest = self.b.ins().srem_imm(bytes, other);
            self.raise_if(rest, "ValueError", "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array.");
            *len = self.b.ins().sdiv_imm(bytes, other);
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
            let one = self.b.ins().icmp_imm(IntCC::Equal, *len, 1);
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
            let missing = self.b.ins().icmp_imm(IntCC::SignedLessThan, *len, 0);
            let one = self.iconst(1);
            let factor = self.b.ins().select(missing, one, *len);
            known = self.b.ins().imul(known, factor);
            let flag = self.b.ins().uextend(types::I64, missing);
            unknown = self.b.ins().iadd(unknown, flag);
        }
        let several = self.b.ins().icmp_imm(IntCC::SignedGreaterThan, unknown, 1);
        self.raise_if(several, "ValueError", "multiple negative shape values");
        let one = self.iconst(1);
        let none = self.b.ins().icmp_imm(IntCC::Equal, known, 0);
        let divisor = self.b.ins().select(none, one, known);
        let rest = self.b.ins().sdiv(size, divisor);
        let shape: Vec<Value> = shape
            .into_iter()
            .map(|len| {
                let missing = self.b.ins().icmp_imm(IntCC::SignedLessThan, len, 0);
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

    /// `np.dot` and `@` of vectors and matrices, summed in order.
    pub(crate) fn dot(&mut self, values: &[ValueId], out: &MonoTy) -> Vals {
        let (MonoTy::Array(left), MonoTy::Array(right)) = (self.ty(values[0]), self.ty(values[1])) else {
            return self.zero(out);
        };
        let (x, y) = (self.get(values[0]), self.get(values[1]));
        let (a, b) = (ArrayParts::of(&x, left.ndim), ArrayParts::of(&y, right.ndim));
        let inner = *a.shape.last().unwrap_or(&a.data);
        let rows = b.shape[b.shape.len().saturating_sub(2)];
        let differs = self.b.ins().icmp(IntCC::NotEqual, inner, rows);
        let message = match (left.ndim, right.ndim) {
            (1, 1) => "np.dot(): incompatible array sizes for np.dot(a, b) (vector * vector)",
            (1, _) => "incompatible array sizes for np.dot(a, b) (vector * matrix)",
            (_, 1) => "incompatible array sizes for np.dot(a, b) (matrix * vector)",
            _ => "incompatible array sizes for np.dot(a, b) (matrix * matrix)",
        };
        self.raise_if(differs, "ValueError", message);
        let elem = super::elementwise::element(out);
        let mut shape: Vec<Value> = a.shape[..a.shape.len() - 1].to_vec();
        if right.ndim == 2 {
            shape.push(b.shape[1]);
        }
        let dest = match out {
            MonoTy::Array(array) => Some(self.new_array(&array.elem, &shape, array.layout, false)),
            _ => None,
        };
        let result: Vec<_> =
            components(&elem).iter().map(|part| self.b.declare_var(part.class.clif())).collect();
        self.nest(&shape, &mut |lower, index| {
            let zero = lower.zero(&elem);
            let row = &index[..a.shape.len() - 1];
            let column = &index[a.shape.len() - 1..];
            let sums = lower.counted(inner, &zero, |lower, k, sums| {
                let left_index: Vec<Value> = row.iter().copied().chain([k]).collect();
                let right_index: Vec<Value> = [k].into_iter().chain(column.iter().copied()).collect();
                let p = lower.element_address(&a, &left_index, left);
                let q = lower.element_address(&b, &right_index, right);
                let p = Operand::new(lower.load_element(p, &left.elem), left.elem.clone());
                let q = Operand::new(lower.load_element(q, &right.elem), right.elem.clone());
                let product = Operand::new(lower.arithmetic(BinaryOp::Mult, &p, &q, &elem), elem.clone());
                let sum = Operand::new(sums.to_vec(), elem.clone());
                lower.arithmetic(BinaryOp::Add, &sum, &product, &elem)
            });
            match &dest {
                Some(dest) => {
                    let strided = MonoArray {
                        elem: elem.clone(),
                        ndim: index.len() as u8,
                        layout: Layout::A,
                        readonly: false,
                    };
                    let address = lower.element_address(dest, index, &strided);
                    lower.store_element(address, &elem, &sums);
                }
                None => result.iter().zip(&sums).for_each(|(var, sum)| lower.b.def_var(*var, *sum)),
            }
        });
        match dest {
            Some(dest) => dest.vals(),
            None => {
                let vals: Vals = result.iter().map(|var| self.b.use_var(*var)).collect();
                self.cast(vals, &elem, out)
            }
        }
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
