//! Strings, printing and the messages of exceptions.

use analyzer::mono::{BinaryOp, Const, FloatTy, IntTy, MonoTy, ValueId};
use analyzer::ty::repr::{complex_repr, float_repr, str_repr};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::func::{FnLower, Vals};
use super::repr::components;
use crate::runtime::symbols::Rt;

impl FnLower<'_, '_> {
    pub(super) fn str_binary(&mut self, op: BinaryOp, left: ValueId, right: ValueId) -> Vals {
        let (x, y) = (self.get(left), self.get(right));
        match (op, self.ty(left), self.ty(right)) {
            (BinaryOp::Mult, MonoTy::Str, count) => {
                let count = self.cast(y, count, &MonoTy::Int(IntTy::I64))[0];
                vec![self.runtime_value(Rt::StrRepeat, &[x[0], count])]
            }
            (BinaryOp::Mult, count, MonoTy::Str) => {
                let count = self.cast(x, count, &MonoTy::Int(IntTy::I64))[0];
                vec![self.runtime_value(Rt::StrRepeat, &[y[0], count])]
            }
            _ => vec![self.runtime_value(Rt::StrConcat, &[x[0], y[0]])],
        }
    }

    pub(super) fn list_binary(&mut self, op: BinaryOp, left: ValueId, right: ValueId, elem: &MonoTy) -> Vals {
        let zero = self.iconst(0);
        let list = self.list_new(elem, zero);
        if op == BinaryOp::Mult {
            let (source, count) =
                if let MonoTy::List(_) = self.ty(left) { (left, right) } else { (right, left) };
            let from = self.get(source)[0];
            let count = self.get_as(count, &MonoTy::Int(IntTy::I64))[0];
            self.counted(count, &[], |lower, _, _| {
                lower.append_list(list, from, elem, elem);
                Vec::new()
            });
        } else {
            for side in [left, right] {
                self.list_extend(list, elem, side);
            }
        }
        vec![list]
    }

    pub(super) fn str_getitem(&mut self, target: ValueId, index: ValueId) -> Vals {
        let text = self.get(target)[0];
        let len = self.object_len(text);
        if *self.ty(index) == MonoTy::Slice {
            let bounds = self.get(index);
            let (first, _, count) = self.slice_indices(Some(bounds[0]), Some(bounds[1]), bounds[2], len);
            return vec![self.runtime_value(Rt::StrSlice, &[text, first, bounds[2], count])];
        }
        let at = self.get_as(index, &MonoTy::Int(IntTy::I64))[0];
        let at = self.wrap_list(at, len, "string index out of range");
        vec![self.runtime_value(Rt::StrAt, &[text, at])]
    }

    /// The parts of an f-string joined.
    pub(super) fn join_strings(&mut self, parts: &[ValueId]) -> Vals {
        let mut joined: Option<Value> = None;
        for part in parts {
            let vals = self.get(*part);
            let text = self.text_of(&vals, self.ty(*part), false);
            joined = Some(match joined {
                None => text,
                Some(before) => {
                    let both = self.runtime_value(Rt::StrConcat, &[before, text]);
                    self.release_object(before);
                    self.release_object(text);
                    both
                }
            });
        }
        vec![joined.unwrap_or_else(|| self.string(""))]
    }

    /// `str(value)` or `repr(value)` as a new string object.
    pub(crate) fn text_of(&mut self, vals: &[Value], ty: &MonoTy, repr: bool) -> Value {
        match ty {
            MonoTy::Str if repr => self.runtime_value(Rt::StrRepr, &[vals[0]]),
            MonoTy::Str => {
                self.retain_object(vals[0]);
                vals[0]
            }
            MonoTy::Bool => {
                let (yes, no) = (self.string("True"), self.string("False"));
                self.b.ins().select(vals[0], yes, no)
            }
            MonoTy::Int(int) => {
                let wide = if int.signed() { IntTy::I64 } else { IntTy::U64 };
                let val = self.int_to_int(vals[0], *int, wide);
                let signed = self.iconst(i64::from(int.signed()));
                self.runtime_value(Rt::IntText, &[val, signed])
            }
            MonoTy::Float(float) => {
                let val = self.float_to_float(vals[0], *float, FloatTy::F64);
                self.runtime_value(Rt::FloatText, &[val])
            }
            MonoTy::Complex(complex) => {
                let re = self.float_to_float(vals[0], complex.part(), FloatTy::F64);
                let im = self.float_to_float(vals[1], complex.part(), FloatTy::F64);
                self.runtime_value(Rt::ComplexText, &[re, im])
            }
            MonoTy::Tuple(tys) => self.tuple_text(vals, tys),
            MonoTy::Optional(inner) => {
                let none = self.string("None");
                let (some, done) = (self.b.create_block(), self.b.create_block());
                self.b.append_block_param(done, types::I64);
                self.b.ins().brif(vals[0], some, &[], done, &[none.into()]);
                self.b.switch_to_block(some);
                let text = self.text_of(&vals[1..], inner, repr);
                self.b.ins().jump(done, &[text.into()]);
                self.b.switch_to_block(done);
                self.b.block_params(done)[0]
            }
            MonoTy::Unit => self.string("None"),
            MonoTy::DateTime | MonoTy::TimeDelta => {
                let signed = self.iconst(1);
                self.runtime_value(Rt::IntText, &[vals[0], signed])
            }
            _ => self.string("<object>"),
        }
    }

    fn tuple_text(&mut self, vals: &[Value], tys: &[MonoTy]) -> Value {
        let mut text = self.string("(");
        let mut rest = vals;
        for (place, ty) in tys.iter().enumerate() {
            let (item, tail) = rest.split_at(components(ty).len());
            rest = tail;
            let item = self.text_of(item, ty, true);
            let end = match (place + 1 == tys.len(), tys.len()) {
                (true, 1) => ",)",
                (true, _) => ")",
                (false, _) => ", ",
            };
            let end = self.string(end);
            for part in [item, end] {
                let longer = self.runtime_value(Rt::StrConcat, &[text, part]);
                self.release_object(text);
                self.release_object(part);
                text = longer;
            }
        }
        if tys.is_empty() { self.string("()") } else { text }
    }

    pub(crate) fn print(&mut self, values: &[ValueId]) {
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                let space = self.string(" ");
                self.call_runtime(Rt::Print, &[space]);
            }
            let text = match &self.facts.consts[value.0 as usize] {
                Some(Const::Str(text)) => {
                    let text = text.clone();
                    self.string(&text)
                }
                _ => {
                    let vals = self.get(*value);
                    self.text_of(&vals, self.ty(*value), false)
                }
            };
            self.call_runtime(Rt::Print, &[text]);
            self.release_object(text);
        }
        let end = self.string("\n");
        self.call_runtime(Rt::Print, &[end]);
    }

    /// `str(exception)` for these arguments, as a string object.
    pub(super) fn message_of(&mut self, args: &[ValueId]) -> Value {
        let mut vals = Vec::new();
        let mut tys = Vec::new();
        for arg in args {
            let known = self.facts.consts[arg.0 as usize].clone();
            match known {
                Some(Const::Str(text)) => {
                    vals.push(self.string(&text));
                    tys.push(MonoTy::Str);
                }
                _ => {
                    vals.extend(self.get(*arg));
                    tys.push(self.ty(*arg).clone());
                }
            }
        }
        match tys.as_slice() {
            [] => self.string(""),
            [ty] => self.text_of(&vals, ty, false),
            tys => self.tuple_text(&vals, tys),
        }
    }
}

/// `str(exception)` for constant arguments.
pub(super) fn message(args: &[&Const]) -> String {
    match args {
        [] => String::new(),
        [Const::Str(text)] => text.to_string(),
        [one] => repr(one),
        several => format!("({})", several.iter().map(|item| repr(item)).collect::<Vec<_>>().join(", ")),
    }
}

fn repr(constant: &Const) -> String {
    match constant {
        Const::None => "None".into(),
        Const::Ellipsis => "Ellipsis".into(),
        Const::Bool(true) => "True".into(),
        Const::Bool(false) => "False".into(),
        Const::Int(int) => int.to_string(),
        Const::Float(bits) => float_repr(f64::from_bits(*bits)),
        Const::Complex(re, im) => complex_repr(f64::from_bits(*re), f64::from_bits(*im)),
        Const::Str(text) => str_repr(text),
        Const::Bytes(bytes) => format!("b'{}'", bytes.escape_ascii()),
        Const::Tuple(items) => match &**items {
            [one] => format!("({},)", repr(one)),
            items => format!("({})", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        },
    }
}
