//! Conversions between types, and truth.

use analyzer::mono::{Const, FloatTy, IntTy, MonoTy};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::func::{FnLower, Vals};
use super::repr::components;
use crate::runtime::object::OFFSET_LEN;
use crate::runtime::symbols::Rt;

impl FnLower<'_, '_> {
    /// Casts a value. Ownership of the references in it stays as it is.
    pub(crate) fn cast(&mut self, vals: Vals, from: &MonoTy, to: &MonoTy) -> Vals {
        if from == to {
            return vals;
        }
        match (from, to) {
            (_, MonoTy::Unit) => Vec::new(),
            (MonoTy::Optional(from), MonoTy::Optional(to)) => {
                let mut out = vec![vals[0]];
                out.extend(self.cast(vals[1..].to_vec(), from, to));
                out
            }
            (MonoTy::Unit, to) => self.zero(to),
            (from, MonoTy::Optional(to)) => {
                let mut out = vec![self.b.ins().iconst(types::I8, 1)];
                out.extend(self.cast(vals, from, to));
                out
            }
            (MonoTy::Optional(from), MonoTy::Bool) => {
                vec![self.truth(&vals, &MonoTy::Optional(from.clone()))]
            }
            (MonoTy::Optional(from), to) => {
                let absent = self.b.ins().icmp_imm_s(IntCC::Equal, vals[0], 0);
                self.raise_if(absent, "TypeError", "expected a value, got None");
                self.cast(vals[1..].to_vec(), from, to)
            }
            (MonoTy::Tuple(from), MonoTy::Tuple(to)) => {
                let mut rest = vals.as_slice();
                let mut out = Vec::new();
                for (from, to) in from.iter().zip(to) {
                    let (item, tail) = rest.split_at(components(from).len());
                    rest = tail;
                    out.extend(self.cast(item.to_vec(), from, to));
                }
                out
            }
            (MonoTy::Range(from), MonoTy::Range(to)) => {
                vals.into_iter().map(|val| self.int_to_int(val, *from, *to)).collect()
            }
            (MonoTy::Pair(from), MonoTy::Pair(to)) => {
                let flag = vals[vals.len() - 1];
                let mut out = self.cast(vals[..vals.len() - 1].to_vec(), from, to);
                out.push(flag);
                out
            }
            _ => self.cast_number(vals, from, to),
        }
    }

    fn cast_number(&mut self, vals: Vals, from: &MonoTy, to: &MonoTy) -> Vals {
        match (from, to) {
            (from, MonoTy::Bool) => vec![self.truth(&vals, from)],
            (MonoTy::Bool, MonoTy::Int(to)) => vec![self.int_to_int(vals[0], IntTy::U8, *to)],
            (MonoTy::Bool, MonoTy::Float(to)) => vec![self.int_to_float(vals[0], IntTy::U8, *to)],
            (MonoTy::Int(from), MonoTy::Int(to)) => vec![self.int_to_int(vals[0], *from, *to)],
            (MonoTy::Int(from), MonoTy::Float(to)) => vec![self.int_to_float(vals[0], *from, *to)],
            (MonoTy::Float(from), MonoTy::Float(to)) => vec![self.float_to_float(vals[0], *from, *to)],
            (MonoTy::Float(from), MonoTy::Int(to)) => vec![self.float_to_int(vals[0], *from, *to)],
            (MonoTy::Bool | MonoTy::Int(_) | MonoTy::Float(_), MonoTy::Complex(to)) => {
                let re = self.cast(vals, from, &MonoTy::Float(to.part()))[0];
                vec![re, self.float_const(0.0, to.part())]
            }
            (MonoTy::Complex(from), MonoTy::Complex(to)) => {
                vals.into_iter().map(|part| self.float_to_float(part, from.part(), to.part())).collect()
            }
            (MonoTy::Complex(from), to @ (MonoTy::Float(_) | MonoTy::Int(_))) => {
                self.cast(vec![vals[0]], &MonoTy::Float(from.part()), to)
            }
            (MonoTy::Int(from), MonoTy::DateTime | MonoTy::TimeDelta) => {
                vec![self.int_to_int(vals[0], *from, IntTy::I64)]
            }
            // Arrays of other layouts, iterators and containers have one representation.
            _ => vals,
        }
    }

    pub(crate) fn int_to_int(&mut self, val: Value, from: IntTy, to: IntTy) -> Value {
        let ty = super::scalar::int_type(to);
        match (from.bits(), to.bits()) {
            (a, b) if a == b => val,
            (a, b) if a > b => self.b.ins().ireduce(ty, val),
            _ if from.signed() => self.b.ins().sextend(ty, val),
            _ => self.b.ins().uextend(ty, val),
        }
    }

    pub(crate) fn int_to_float(&mut self, val: Value, from: IntTy, to: FloatTy) -> Value {
        let ty = super::scalar::float_type(to);
        let wide = if from.signed() { IntTy::I64 } else { IntTy::U64 };
        if from.bits() < 32 {
            let wide = self.int_to_int(val, from, IntTy::I32);
            return self.b.ins().fcvt_from_sint(ty, wide);
        }
        if from == IntTy::U32 {
            let wide = self.int_to_int(val, from, wide);
            return self.b.ins().fcvt_from_sint(ty, wide);
        }
        if from.signed() {
            self.b.ins().fcvt_from_sint(ty, val)
        } else {
            self.b.ins().fcvt_from_uint(ty, val)
        }
    }

    pub(crate) fn float_to_float(&mut self, val: Value, from: FloatTy, to: FloatTy) -> Value {
        match (from, to) {
            (FloatTy::F64, FloatTy::F64) => val,
            (FloatTy::F64, _) => self.b.ins().fdemote(types::F32, val),
            (_, FloatTy::F64) => self.b.ins().fpromote(types::F64, val),
            _ => val,
        }
    }

    /// Truncates toward zero. What does not fit becomes the least integer of the machine's conversion, as in the
    /// code that Numba makes for x86.
    pub(crate) fn float_to_int(&mut self, val: Value, from: FloatTy, to: IntTy) -> Value {
        let val = self.float_to_float(val, from, FloatTy::F64);
        if to == IntTy::U64 {
            return self.float_to_u64(val);
        }
        let narrow = to.bits() <= 32 && to != IntTy::U32;
        let (wide, limit) =
            if narrow { (IntTy::I32, 2147483648.0) } else { (IntTy::I64, 9223372036854775808.0) };
        // One comparison is enough: what lies between the least integer and the next below it is truncated to it.
        let size = self.b.ins().fabs(val);
        let (limit, lowest) = (self.b.ins().f64const(limit), self.b.ins().f64const(-limit));
        let fits = self.b.ins().fcmp(FloatCC::LessThan, size, limit);
        let safe = self.b.ins().select(fits, val, lowest);
        let int = self.b.ins().fcvt_to_sint(super::scalar::int_type(wide), safe);
        self.int_to_int(int, wide, to)
    }

    fn float_to_u64(&mut self, val: Value) -> Value {
        let (zero, high) = (self.b.ins().f64const(-1.0), self.b.ins().f64const(18446744073709551616.0));
        let above = self.b.ins().fcmp(FloatCC::GreaterThan, val, zero);
        let below = self.b.ins().fcmp(FloatCC::LessThan, val, high);
        let fits = self.b.ins().band(above, below);
        let zero = self.b.ins().f64const(0.0);
        let safe = self.b.ins().select(fits, val, zero);
        let int = self.b.ins().fcvt_to_uint_sat(types::I64, safe);
        let ones = self.iconst(-1);
        self.b.ins().select(fits, int, ones)
    }

    pub(crate) fn float_const(&mut self, value: f64, ty: FloatTy) -> Value {
        match ty {
            FloatTy::F64 => self.b.ins().f64const(value),
            _ => self.b.ins().f32const(value as f32),
        }
    }

    pub(crate) fn constant(&mut self, constant: &Const, ty: &MonoTy) -> Vals {
        match (constant, ty) {
            (_, MonoTy::Unit) => Vec::new(),
            (Const::None, ty) => self.zero(ty),
            (constant, MonoTy::Optional(inner)) => {
                let mut vals = vec![self.b.ins().iconst(types::I8, 1)];
                vals.extend(self.constant(constant, inner));
                vals
            }
            (Const::Bool(flag), MonoTy::Bool) => vec![self.b.ins().iconst(types::I8, i64::from(*flag))],
            (Const::Bool(flag), ty) => self.constant(&Const::int(*flag), ty),
            (Const::Int(int), MonoTy::Bool) => {
                vec![self.b.ins().iconst(types::I8, i64::from(int.get() != 0))]
            }
            (Const::Int(int), MonoTy::Int(to)) => {
                let ty = super::scalar::int_type(*to);
                let mask = if to.bits() == 64 { u64::MAX } else { (1u64 << to.bits()) - 1 };
                vec![self.b.ins().iconst(ty, (int.get() as u64 & mask) as i64)]
            }
            (Const::Int(int), MonoTy::Float(to)) => vec![self.float_const(int.get() as f64, *to)],
            (Const::Int(int), MonoTy::Complex(to)) => {
                vec![self.float_const(int.get() as f64, to.part()), self.float_const(0.0, to.part())]
            }
            (Const::Int(int), MonoTy::DateTime | MonoTy::TimeDelta) => vec![self.iconst(int.get() as i64)],
            (Const::Float(bits), MonoTy::Float(to)) => vec![self.float_const(f64::from_bits(*bits), *to)],
            (Const::Float(bits), MonoTy::Complex(to)) => {
                vec![self.float_const(f64::from_bits(*bits), to.part()), self.float_const(0.0, to.part())]
            }
            (Const::Float(bits), ty) => {
                let vals = vec![self.b.ins().f64const(f64::from_bits(*bits))];
                self.cast(vals, &MonoTy::Float(FloatTy::F64), ty)
            }
            (Const::Complex(re, im), MonoTy::Complex(to)) => {
                [re, im].map(|bits| self.float_const(f64::from_bits(*bits), to.part())).to_vec()
            }
            (Const::Str(text), MonoTy::Str) => vec![self.string(text)],
            (Const::Tuple(items), MonoTy::Tuple(tys)) => {
                items.iter().zip(tys).flat_map(|(item, ty)| self.constant(item, ty)).collect()
            }
            (Const::Bytes(bytes), MonoTy::Array(_)) => {
                let data = self.env.bytes_in(bytes, self.b.func);
                let address = self.b.ins().symbol_value(types::I64, data);
                vec![self.iconst(0), address, self.iconst(bytes.len() as i64), self.iconst(1)]
            }
            (_, ty) => self.zero(ty),
        }
    }

    /// Python's truth value, as 0 or 1.
    pub(crate) fn truth(&mut self, vals: &[Value], ty: &MonoTy) -> Value {
        match ty {
            MonoTy::Bool => vals[0],
            MonoTy::Unit => self.b.ins().iconst(types::I8, 0),
            MonoTy::Int(_) | MonoTy::DateTime | MonoTy::TimeDelta => {
                self.b.ins().icmp_imm_s(IntCC::NotEqual, vals[0], 0)
            }
            MonoTy::Float(float) => {
                let zero = self.float_const(0.0, *float);
                self.b.ins().fcmp(FloatCC::NotEqual, vals[0], zero)
            }
            MonoTy::Complex(complex) => {
                let part = MonoTy::Float(complex.part());
                let (re, im) = (self.truth(&vals[..1], &part), self.truth(&vals[1..], &part));
                self.b.ins().bor(re, im)
            }
            MonoTy::Optional(inner) => {
                let truth = self.truth(&vals[1..], inner);
                self.b.ins().band(vals[0], truth)
            }
            MonoTy::Tuple(items) => self.b.ins().iconst(types::I8, i64::from(!items.is_empty())),
            MonoTy::Str | MonoTy::List(_) | MonoTy::Set(_) | MonoTy::Dict(_) => {
                let len = self.object_len(vals[0]);
                self.b.ins().icmp_imm_s(IntCC::NotEqual, len, 0)
            }
            MonoTy::Array(array) => {
                let n = self.array_size(vals, array.ndim);
                let filled = self.b.ins().icmp_imm_s(IntCC::NotEqual, n, 0);
                let (load, done) = (self.b.create_block(), self.b.create_block());
                self.b.append_block_param(done, types::I8);
                self.b.ins().brif(filled, load, &[], done, &[filled.into()]);
                self.b.switch_to_block(load);
                let item = self.load_element(vals[1], &array.elem);
                let truth = self.truth(&item, &array.elem);
                self.b.ins().jump(done, &[truth.into()]);
                self.b.switch_to_block(done);
                self.b.block_params(done)[0]
            }
            _ => self.b.ins().iconst(types::I8, 1),
        }
    }

    /// The length in an object's header; 0 for null.
    pub(crate) fn object_len(&mut self, object: Value) -> Value {
        let (some, done) = (self.b.create_block(), self.b.create_block());
        self.b.append_block_param(done, types::I64);
        let zero = self.iconst(0);
        self.b.ins().brif(object, some, &[], done, &[zero.into()]);
        self.b.switch_to_block(some);
        let len = self.b.ins().load(types::I64, MemFlagsData::trusted(), object, OFFSET_LEN);
        self.b.ins().jump(done, &[len.into()]);
        self.b.switch_to_block(done);
        self.b.block_params(done)[0]
    }

    /// Raises `MemoryError` where an allocation gave null.
    pub(crate) fn check_memory(&mut self, object: Value) {
        let null = self.b.ins().icmp_imm_s(IntCC::Equal, object, 0);
        self.raise_if(null, "MemoryError", "Allocation failed (probably too large).");
    }

    pub(crate) fn new_buffer(&mut self, bytes: Value, zeroed: bool) -> Value {
        let zeroed = self.iconst(i64::from(zeroed));
        let buffer = self.runtime_value(Rt::BufferNew, &[bytes, zeroed]);
        self.check_memory(buffer);
        buffer
    }
}
