//! What one instruction of stack code does to the stack and to the body.

use super::code::{At, Capture, Instr, Op};
use super::simulate::{Sim, Slot};
use crate::hir::body::BlockId;
use crate::hir::body::{Call, CmpOp, Inst, InstId, InstKind, RefusedKind, UnaryOp, Use, Value, VarId};
use crate::ty::{Const, Name};

impl Sim<'_> {
    /// One instruction that does not end a block.
    pub(super) fn step(&mut self, instr: &Instr) {
        let at = instr.at;
        match &instr.op {
            Op::Resume => self.parameters(),
            Op::Nop => {}
            Op::Const(value) => self.constant(value, at),
            Op::RawConst(value) => self.push_value(Value::Const(value.clone()), at),
            Op::Local(var) => self.local(*var, at),
            Op::Global(name) => self.push_value(Value::Global(name.clone()), at),
            Op::Free(name) => self.push_value(Value::Free(name.clone()), at),
            Op::Store(var) => self.store(*var, instr.guarded, at),
            Op::Pop => {
                self.pop_slot(at);
            }
            Op::Copy(depth) => match self.stack.len().checked_sub(*depth as usize) {
                Some(index) => self.stack.push(self.stack[index]),
                None => self.push_value(Value::Undef, at),
            },
            Op::Swap(depth) => {
                let len = self.stack.len();
                if let (Some(top), Some(other)) = (len.checked_sub(1), len.checked_sub(*depth as usize)) {
                    self.stack.swap(top, other);
                }
            }
            Op::Unary(op) => self.unary(*op, at),
            Op::Binary(op) => self.binary(|a, b| Value::Binary(*op, a, b), at),
            Op::InPlace(op) => self.binary(|a, b| Value::InPlace(*op, a, b), at),
            Op::Compare(op) => self.compare(*op, at),
            Op::Item => self.binary(Value::Item, at),
            Op::Concat => self.binary(Value::TupleConcat, at),
            Op::ToTuple => {
                self.refuse_branch_in_star(at);
                let value = self.pop(at);
                self.push_value(Value::ToTuple(value), at);
            }
            Op::SetItem => {
                let index = self.pop(at);
                let target = self.pop(at);
                let value = self.pop_to_store(at);
                self.push_inst(at, InstKind::SetItem { target, index, value });
            }
            Op::DelItem => {
                let index = self.pop(at);
                let target = self.pop(at);
                self.push_inst(at, InstKind::DelItem { target, index });
            }
            Op::Attr(name) => {
                let value = self.pop(at);
                self.push_value(Value::Attr(value, name.clone()), at);
            }
            Op::SetAttr(attr) => {
                let target = self.pop(at);
                let value = self.pop_to_store(at);
                self.push_inst(at, InstKind::SetAttr { target, attr: attr.clone(), value });
            }
            Op::Slice(parts) => self.slice(*parts, at),
            Op::Tuple(n) => self.display(*n, Value::Tuple, at),
            Op::List(n) => self.display(*n, Value::List, at),
            Op::Set(n) => self.display(*n, Value::Set, at),
            Op::FString(n) => self.display(*n, Value::FString, at),
            Op::Dict(n) => {
                let flat = self.pop_many(2 * n, at);
                let items = flat.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
                self.push_value(Value::Dict(items), at);
            }
            Op::Format => {
                let value = self.pop(at);
                let func = self.assign_temp(Value::Global("str".into()), at);
                self.push_value(call(func, vec![value]), at);
            }
            Op::DictUpdate => self.dict_update(at),
            Op::Extend(method) => {
                if *method == "extend" {
                    self.refuse_branch_in_star(at);
                }
                let value = self.pop(at);
                self.call_method(1, method, value, at);
            }
            Op::Append(depth) => {
                let value = self.pop(at);
                self.call_method(*depth, "append", value, at);
            }
            Op::MapAdd(depth) => {
                let value = self.pop_to_store(at);
                let index = self.pop(at);
                let target = self.peek(*depth, at);
                self.push_inst(at, InstKind::SetItem { target, index, value });
            }
            Op::ComprehensionList => self.push_value(Value::ComprehensionList, at),
            Op::NeedsCell(var) => {
                if !self.is_defined(*var) {
                    self.refuse(RefusedKind::EarlyCapture, at);
                }
            }
            Op::Iter => {
                let value = self.pop(at);
                self.push_value(Value::Iter(value), at);
            }
            Op::Unpack(n) => self.unpack(*n, at),
            Op::Call { args, names, guarded } => {
                let keywords = self.pop_many(names.len() as u32, at);
                let args = self.pop_many(*args, at);
                let func = self.pop(at);
                let kwargs = names.iter().cloned().zip(keywords).collect();
                if *guarded && !names.is_empty() {
                    self.body.guarded_calls.push(InstId(self.body.n_insts));
                }
                self.push_value(Value::Call(Box::new(Call { func, args, kwargs, star: None })), at);
            }
            Op::CallStar => {
                let star = Some(self.pop(at));
                let func = self.pop(at);
                self.push_value(
                    Value::Call(Box::new(Call { func, args: Vec::new(), kwargs: Vec::new(), star })),
                    at,
                );
            }
            Op::MakeFunction(index, captures) => self.make_function(*index, captures, at),
            Op::Yield => {
                let value = self.pop(at);
                self.push_value(Value::Yield(Some(value)), at);
            }
            Op::ExceptionMatch => self.push_value(Value::ExceptionCheck, at),
            Op::TryEnd => self.push_inst(at, InstKind::TryEnd),
            Op::ObjMode { outputs, inputs } => self.objmode(outputs, inputs, at),
            Op::Undeclared(var) => {
                let (block, inst) = (BlockId(self.body.blocks.len() as u32), self.current.insts.len());
                self.undeclared.push((block, inst, *var));
                self.push_inst(at, InstKind::Assign { dst: *var, value: Value::Undef });
                self.define(*var);
            }
            Op::Refuse { kind, pops, pushes } => {
                (0..*pops).for_each(|_| {
                    self.pop_slot(at);
                });
                if **kind != RefusedKind::Missing {
                    self.refuse((**kind).clone(), at);
                }
                (0..*pushes).for_each(|_| self.push_value(Value::Undef, at));
            }
            Op::ForIter(_) | Op::Jump(_) | Op::JumpIf { .. } | Op::Return | Op::Raise | Op::Reraise => {}
            Op::TryBegin(_) => {}
        }
    }

    fn parameters(&mut self) {
        for index in 0..self.body.params.len() {
            let (dst, origin) = (self.body.params[index].var, self.body.params[index].origin);
            let at = At { origin, line: 0 };
            self.push_inst(at, InstKind::Assign { dst, value: Value::Param(index as u32) });
            self.define(dst);
        }
    }

    fn is_defined(&self, var: VarId) -> bool {
        self.defined[var.0 as usize]
    }

    fn define(&mut self, var: VarId) {
        self.defined[var.0 as usize] = true;
    }

    /// A tuple of constants is built from its items; a tuple inside it stays one constant.
    fn constant(&mut self, value: &Const, at: At) {
        match value {
            Const::Tuple(items) => {
                let items =
                    items.iter().map(|item| self.assign_temp(Value::Const(item.clone()), at)).collect();
                self.push_value(Value::Tuple(items), at);
            }
            _ => self.push_value(Value::Const(value.clone()), at),
        }
    }

    fn local(&mut self, var: VarId, at: At) {
        if self.is_defined(var) {
            let value = Use { var, origin: at.origin };
            return self.stack.push(Slot { value, moved: None });
        }
        let name = self.body.var(var).name.clone().unwrap_or_default();
        if self.module {
            return self.push_value(Value::Global(name), at);
        }
        self.refuse(RefusedKind::UndefinedLocal(name), at);
        self.push_value(Value::Undef, at);
    }

    fn store(&mut self, var: VarId, guarded: bool, at: At) {
        let value = self.pop_to_store(at);
        self.keep_old_value(var, value.var);
        self.define(var);
        if let Some(Inst { kind: InstKind::Assign { dst, value: made }, .. }) = self.current.insts.last_mut()
            && *dst == value.var
            && self.body.vars[value.var.0 as usize].name.is_none()
            && !self.merges.contains(&value.var)
            && (!is_operator_on(made, var) || self.renames)
        {
            *dst = var;
            let moved = !guarded;
            for slot in self.stack.iter_mut().filter(|slot| slot.value.var == value.var) {
                match moved {
                    true => slot.moved = Some(var),
                    false => slot.value.var = var,
                }
            }
            return;
        }
        self.push_inst(at, InstKind::Assign { dst: var, value: Value::Copy(value) });
    }

    /// The stack may still hold the variable's value from before the assignment of `value`.
    fn keep_old_value(&mut self, var: VarId, value: VarId) {
        let Some(old) = self.stack.iter().find(|slot| slot.value.var == var).map(|slot| slot.value) else {
            return;
        };
        let at = At { origin: old.origin, line: 0 };
        // The instruction that makes the value stays last: it may be turned into the assignment. Where the value is the
        // variable itself, that instruction made what is saved here.
        let made = self.current.insts.pop_if(|inst| inst.kind.dst() == Some(value) && value != var);
        let saved = self.assign_temp(Value::Copy(old), at);
        self.current.insts.extend(made);
        for slot in self.stack.iter_mut().filter(|slot| slot.value.var == var) {
            slot.value = Use { var: saved.var, origin: slot.value.origin };
        }
    }

    fn unary(&mut self, op: UnaryOp, at: At) {
        let value = self.pop(at);
        self.push_value(Value::Unary(op, value), at);
    }

    fn binary(&mut self, make: impl FnOnce(Use, Use) -> Value, at: At) {
        let right = self.pop(at);
        let left = self.pop(at);
        self.push_value(make(left, right), at);
    }

    fn compare(&mut self, op: CmpOp, at: At) {
        self.binary(|a, b| Value::Compare(op, a, b), at);
    }

    fn slice(&mut self, parts: [bool; 3], at: At) {
        let mut given = self.pop_many(parts.iter().filter(|given| **given).count() as u32, at).into_iter();
        let bounds = parts.map(|present| if present { given.next() } else { None });
        self.push_value(Value::Slice(Box::new(bounds)), at);
    }

    fn display(&mut self, n: u32, make: impl FnOnce(Vec<Use>) -> Value, at: At) {
        let items = self.pop_many(n, at);
        self.push_value(make(items), at);
    }

    fn call_method(&mut self, depth: u32, method: &str, value: Use, at: At) {
        let target = self.peek(depth, at);
        let func = self.assign_temp(Value::Attr(target, method.into()), at);
        self.assign_temp(call(func, vec![value]), at);
    }

    /// Numba reads a `*` in a display only when nothing branches inside it.
    fn refuse_branch_in_star(&mut self, at: At) {
        if self.current.insts.is_empty() && self.numba_block > 0 && self.numba_block == self.body.blocks.len()
        {
            self.refuse(RefusedKind::Other("a condition inside a starred display".into()), at);
        }
    }

    /// Numba joins dicts only when both were written out in the same block, and not used since.
    fn dict_update(&mut self, at: At) {
        let added = self.pop(at);
        let base = self.pop(at);
        let (Some(mut items), Some(more)) = (self.written_dict(base.var), self.written_dict(added.var))
        else {
            self.refuse(RefusedKind::Other("`**` of a dict that is not written out beside it".into()), at);
            return self.push_value(Value::Undef, at);
        };
        for block in self.body.blocks[self.numba_block..].iter_mut().chain([&mut self.current]) {
            block.insts.retain(|inst| inst.kind.dst() != Some(base.var));
        }
        items.extend(more);
        self.push_value(Value::Dict(items), at);
    }

    /// The items of a dict display of this block that nothing has read yet.
    fn written_dict(&mut self, var: VarId) -> Option<Vec<(Use, Use)>> {
        let mut found = None;
        let mut used = false;
        for block in self.body.blocks[self.numba_block..].iter_mut().chain([&mut self.current]) {
            for inst in &mut block.insts {
                match &inst.kind {
                    InstKind::Assign { dst, value: Value::Dict(items) } if *dst == var => {
                        found = Some(items.clone())
                    }
                    _ => inst.kind.uses_mut(&mut |mention| used |= mention.var == var),
                }
            }
        }
        found.filter(|_| !used)
    }

    fn unpack(&mut self, n: u32, at: At) {
        let value = self.pop_to_store(at);
        let all = self.assign_temp(Value::Exhaust(value, n), at);
        let mut items = Vec::new();
        for i in 0..n {
            let index = self.assign_temp(Value::Const(Const::int(i)), at);
            items.push(self.assign_temp(Value::Item(all, index), at));
        }
        self.stack.extend(items.into_iter().rev().map(|value| Slot { value, moved: None }));
    }

    fn make_function(&mut self, index: u32, captures: &[(Name, Capture)], at: At) {
        let mut captured = Vec::new();
        for (name, capture) in captures {
            let value = match capture {
                Capture::Local(var) if self.is_defined(*var) => Use { var: *var, origin: at.origin },
                Capture::Local(_) => self.assign_temp(Value::Undef, at),
                Capture::Outer => self.assign_temp(Value::Free(name.clone()), at),
            };
            captured.push((name.clone(), value));
        }
        self.push_value(Value::MakeFunction(index, captured), at);
    }

    /// The outputs are temporaries that the block defines; their copies are what the rest of the body sees.
    fn objmode(&mut self, outputs: &[(VarId, Name)], inputs: &[VarId], at: At) {
        let inputs = inputs
            .iter()
            .filter(|var| self.defined[var.0 as usize])
            .map(|var| Use { var: *var, origin: at.origin })
            .collect();
        let temps: Vec<(VarId, Name)> = outputs.iter().map(|(_, ty)| (self.temp(), ty.clone())).collect();
        self.push_inst(at, InstKind::ObjMode { outputs: temps.clone().into(), inputs });
        for ((var, _), (temp, _)) in outputs.iter().zip(temps) {
            let (block, inst) = (BlockId(self.body.blocks.len() as u32), self.current.insts.len());
            self.declared.push((block, inst, *var));
            let value = Value::Copy(Use { var: temp, origin: at.origin });
            self.push_inst(at, InstKind::Assign { dst: *var, value });
            self.define(*var);
        }
    }
}

fn call(func: Use, args: Vec<Use>) -> Value {
    Value::Call(Box::new(Call { func, args, kwargs: Vec::new(), star: None }))
}

/// Numba keeps the temporary of `x = x + 1`.
fn is_operator_on(value: &Value, var: VarId) -> bool {
    match value {
        Value::Binary(_, a, b) | Value::InPlace(_, a, b) | Value::Compare(_, a, b) => {
            a.var == var || b.var == var
        }
        _ => false,
    }
}
