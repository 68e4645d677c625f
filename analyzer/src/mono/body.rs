//! One function: each instruction of the typed body as operations over values with representations.

use rustc_hash::FxHashMap;

use crate::hir::body::{BinaryOp, BlockId, CmpOp, Inst, InstKind, Terminator, Use, Value, VarId};
use crate::infer::{Resolved, SpecKey, TypedBody};
use crate::ty::{Const, Layout, Literal, Name, Ty};

use super::gate::Gate;
use super::types::mono_type;
use super::{
    MonoArray, MonoBlock, MonoBlockId, MonoFunction, MonoInst, MonoIter, MonoOp, MonoOptions, MonoPhi,
    MonoTerm, MonoTy, MonoValue, NotCompiled, Op, ValueId,
};

/// State while one function is translated.
pub(super) struct Translate<'a, 'g> {
    pub(super) gate: &'a mut Gate<'g>,
    pub(super) key: &'a SpecKey,
    pub(super) typed: &'a TypedBody,
    values: Vec<MonoValue>,
    /// What each variable is assigned, for following it back.
    pub(super) defs: FxHashMap<VarId, &'a Value>,
    /// Operations of the present block.
    insts: Vec<MonoInst>,
    line: u32,
}

pub(super) fn translate(
    gate: &mut Gate<'_>,
    key: &SpecKey,
    typed: &TypedBody,
) -> Result<MonoFunction, NotCompiled> {
    let mut defs = FxHashMap::default();
    for inst in typed.body.blocks.iter().flat_map(|block| &block.insts) {
        if let InstKind::Assign { dst, value } = &inst.kind {
            defs.insert(*dst, value);
        }
    }
    let library = gate.project.is_prelude(&key.kernel);
    let translate = Translate { gate, key, typed, values: Vec::new(), defs, insts: Vec::new(), line: 0 };
    translate.function(library)
}

impl<'a> Translate<'a, '_> {
    fn function(mut self, library: bool) -> Result<MonoFunction, NotCompiled> {
        let body = &self.typed.body;
        if body.misread {
            let why = "an item of a tuple at another index than that of the loop over `literal_unroll`";
            return Err(self.refuse(why.into()));
        }
        for (var, ty) in body.vars.iter().zip(&self.typed.types) {
            // A value that nothing reads may have any type; what is read is checked where it is.
            let ty = mono_type(ty).unwrap_or(MonoTy::Unit);
            self.values.push(MonoValue { ty, name: var.name.clone() });
        }
        let mut params = Vec::new();
        for (index, ty) in self.key.args.iter().enumerate() {
            let ty = mono_type(ty).map_err(|why| {
                let name = body.params.get(index).map_or("?", |param| &*param.name);
                self.refuse(format!("the argument `{name}`: {why}"))
            })?;
            params.push(self.new_value(ty));
        }
        let blocks = self.blocks(&params)?;
        let ret = mono_type(&self.typed.ret).map_err(|why| self.refuse(format!("the result: {why}")))?;
        let ret = match ret {
            MonoTy::Iter(iter) if body.is_generator => match *iter {
                MonoIter::Generator(item) => MonoTy::Pair(Box::new(item)),
                other => MonoTy::Iter(Box::new(other)),
            },
            ret => ret,
        };
        let options = &self.typed.options;
        Ok(MonoFunction {
            name: self.key.kernel.qualname.clone(),
            params,
            ret,
            values: self.values,
            blocks,
            options: MonoOptions {
                fastmath: self.gate.inherited.fastmath,
                parallel: options.parallel,
                boundscheck: options.boundscheck.unwrap_or(false),
                numpy_errors: self.gate.inherited.numpy_errors,
                library,
            },
            is_generator: body.is_generator,
        })
    }

    /// The blocks under their own numbers; one that yields goes on in another behind them all.
    fn blocks(&mut self, params: &[ValueId]) -> Result<Vec<MonoBlock>, NotCompiled> {
        let body = &self.typed.body;
        if body.sized_loops.iter().any(|sized| sized.is_read_early) {
            let why =
                "reading a list before its loop ends, when Numba has made an array of it, is not compiled";
            return Err(self.refuse(why.to_string()));
        }
        let mut blocks: Vec<MonoBlock> = body.blocks.iter().map(|_| MonoBlock::default()).collect();
        let mut ends: Vec<MonoBlockId> = Vec::with_capacity(body.blocks.len());
        for (at, block) in body.blocks.iter().enumerate() {
            let mut end = at;
            for inst in &block.insts {
                self.line = self.gate.project.line(&self.key.kernel, inst.origin);
                match &inst.kind {
                    InstKind::Assign { dst, value: Value::Phi(inputs) } => {
                        blocks[at].phis.push(self.phi(*dst, inputs)?);
                    }
                    InstKind::Assign { dst, value: Value::Yield(value) } => {
                        let term = self.yields(*value, blocks.len())?;
                        blocks[end].insts = std::mem::take(&mut self.insts);
                        (blocks[end].term, blocks[end].term_line) = (term, self.line);
                        end = blocks.len();
                        blocks.push(MonoBlock::default());
                        self.emit(Some(ValueId(dst.0)), MonoOp::Const(Const::None));
                    }
                    _ => self.inst(inst, params)?,
                }
            }
            let term_line = self.gate.project.line(&self.key.kernel, block.term_origin);
            self.line = term_line;
            blocks[end].term = self.term(&block.term)?;
            blocks[end].insts = std::mem::take(&mut self.insts);
            blocks[end].term_line = term_line;
            ends.push(MonoBlockId(end as u32));
        }
        for (from, _) in blocks.iter_mut().flat_map(|block| &mut block.phis).flat_map(|phi| &mut phi.inputs) {
            *from = ends[from.0 as usize];
        }
        Ok(blocks)
    }

    fn yields(&mut self, value: Option<Use>, resume: usize) -> Result<MonoTerm, NotCompiled> {
        let tries = |inst: &Inst| matches!(inst.kind, InstKind::TryBegin { .. });
        if self.typed.body.blocks.iter().flat_map(|block| &block.insts).any(tries) {
            return Err(self.refuse("a generator with `try` is not compiled yet".into()));
        }
        let value = match value {
            Some(value) => self.value(value)?,
            None => self.constant(&Const::None),
        };
        Ok(MonoTerm::Yield { value, resume: MonoBlockId(resume as u32) })
    }

    pub(super) fn refuse(&self, why: String) -> NotCompiled {
        NotCompiled { why, line: (self.line > 0).then_some(self.line) }
    }

    pub(super) fn new_value(&mut self, ty: MonoTy) -> ValueId {
        self.values.push(MonoValue { ty, name: None });
        ValueId(u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX))
    }

    /// The representation of a value that stands in the function.
    pub(super) fn mono(&self, value: ValueId) -> &MonoTy {
        &self.values[value.0 as usize].ty
    }

    pub(super) fn emit(&mut self, dst: Option<ValueId>, op: MonoOp) {
        self.insts.push(MonoInst { dst, op, line: self.line });
    }

    /// A new value of this type, made by an operation.
    pub(super) fn make(&mut self, ty: MonoTy, op: MonoOp) -> ValueId {
        let dst = self.new_value(ty);
        self.emit(Some(dst), op);
        dst
    }

    pub(super) fn constant(&mut self, value: &Const) -> ValueId {
        let ty = mono_type(&Ty::of_const(value)).unwrap_or(MonoTy::Unit);
        self.make(ty, MonoOp::Const(value.clone()))
    }

    pub(super) fn ty(&self, var: VarId) -> &'a Ty {
        &self.typed.types[var.0 as usize]
    }

    /// A variable that is read: its type must have a representation.
    pub(super) fn value(&self, used: Use) -> Result<ValueId, NotCompiled> {
        self.known(used.var)?;
        Ok(ValueId(used.var.0))
    }

    /// A variable that is read where it must not be `None`: raises `TypeError` if it is.
    pub(super) fn present(&mut self, used: Use) -> Result<ValueId, NotCompiled> {
        let value = self.value(used)?;
        match self.ty(used.var) {
            Ty::Optional(inner) => {
                let inner = mono_type(inner).map_err(|why| self.refuse(why))?;
                Ok(self.make(inner, MonoOp::Copy(value)))
            }
            _ => Ok(value),
        }
    }

    fn known(&self, var: VarId) -> Result<(), NotCompiled> {
        mono_type(self.ty(var)).map(drop).map_err(|why| {
            let name = self.typed.body.var(var).name.as_ref();
            self.refuse(match name {
                Some(name) => format!("`{name}`: {why}"),
                None => format!("a value of this expression: {why}"),
            })
        })
    }

    fn phi(&self, dst: VarId, inputs: &[(BlockId, Use)]) -> Result<MonoPhi, NotCompiled> {
        let inputs = inputs.iter().map(|(from, used)| (MonoBlockId(from.0), ValueId(used.var.0))).collect();
        Ok(MonoPhi { dst: ValueId(dst.0), inputs })
    }

    fn inst(&mut self, inst: &'a Inst, params: &[ValueId]) -> Result<(), NotCompiled> {
        match &inst.kind {
            InstKind::Assign { dst, value } => self.assign(inst, *dst, value, params),
            InstKind::SetItem { target, index, value } => self.set_item(*target, *index, *value),
            InstKind::SetAttr { target, attr, value } => {
                let field = self.record_field(self.ty(target.var), attr);
                match field {
                    Some(field) => {
                        let (target, value) = (self.value(*target)?, self.value(*value)?);
                        self.emit(None, MonoOp::SetField { target, field, value });
                        Ok(())
                    }
                    None => Err(self.refuse(format!("storing the attribute `{attr}` is not compiled yet"))),
                }
            }
            InstKind::DelItem { target, index } => {
                let (target, index) = (self.value(*target)?, self.value(*index)?);
                self.emit(None, MonoOp::DelItem { target, index });
                Ok(())
            }
            InstKind::TryBegin { handler } => {
                self.emit(None, MonoOp::TryBegin { handler: MonoBlockId(handler.0) });
                Ok(())
            }
            InstKind::TryEnd => {
                self.emit(None, MonoOp::TryEnd);
                Ok(())
            }
            InstKind::ObjMode { .. } => {
                Err(self.refuse("`with objmode` needs Python and is not compiled".into()))
            }
        }
    }

    /// The place of a field of a record, or of the records of an array.
    pub(super) fn record_field(&self, ty: &Ty, name: &str) -> Option<u32> {
        let record = match ty {
            Ty::Record(record) => record,
            Ty::Array(array) => match &array.elem {
                Ty::Record(record) => record,
                _ => return None,
            },
            _ => return None,
        };
        record.fields.iter().position(|field| &*field.name == name).map(|place| place as u32)
    }

    fn set_item(&mut self, target: Use, index: Use, value: Use) -> Result<(), NotCompiled> {
        if let (Ty::Record(_), Ty::Literal(Literal::Str(name))) = (self.ty(target.var), self.ty(index.var))
            && let Some(field) = self.record_field(self.ty(target.var), name)
        {
            let (target, value) = (self.value(target)?, self.value(value)?);
            self.emit(None, MonoOp::SetField { target, field, value });
            return Ok(());
        }
        if let Ty::Iter(_) = self.ty(target.var) {
            let target = self.flat(target)?;
            let (index, value) = (self.value(index)?, self.value(value)?);
            self.emit(None, MonoOp::SetItem { target, index, value });
            return Ok(());
        }
        let (target, index, value) = (self.present(target)?, self.present(index)?, self.value(value)?);
        self.emit(None, MonoOp::SetItem { target, index, value });
        Ok(())
    }

    fn assign(
        &mut self,
        inst: &'a Inst,
        dst: VarId,
        value: &'a Value,
        params: &[ValueId],
    ) -> Result<(), NotCompiled> {
        let out = ValueId(dst.0);
        // A value whose type is its value.
        if let (Some(constant), false) = (literal(self.ty(dst)), matches!(value, Value::Call(_))) {
            self.emit(Some(out), MonoOp::Const(constant));
            return Ok(());
        }
        let resolved = self.typed.resolved(inst.id);
        let op = match value {
            Value::Param(index) => match self.key.args.get(*index as usize) {
                Some(Ty::Omitted(value)) => MonoOp::Const((**value).clone()),
                _ => match params.get(*index as usize) {
                    Some(param) => MonoOp::Copy(*param),
                    None => MonoOp::Undef,
                },
            },
            Value::Const(constant) => MonoOp::Const(constant.clone()),
            Value::Global(name) | Value::Free(name) => {
                self.global(dst, name, matches!(value, Value::Free(_)))?
            }
            Value::Undef => MonoOp::Undef,
            Value::Copy(from) => MonoOp::Copy(self.value(*from)?),
            Value::Unary(op, value) => {
                let args = self.resolved_args(resolved, &[*value])?;
                MonoOp::Unary { op: *op, args: [args[0].clone()], value: self.value(*value)? }
            }
            Value::Binary(op, left, right) => self.binary(*op, resolved, *left, *right, false)?,
            Value::InPlace(op, left, right) => self.binary(*op, resolved, *left, *right, true)?,
            Value::Compare(op, left, right) => {
                let args = self.resolved_args(resolved, &[*left, *right])?;
                let [left, right] = self.in_one_unit(*left, *right)?;
                let within = matches!(op, CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn);
                if !within
                    && let Some(what) = super::operands::incomparable(self.mono(left), self.mono(right))
                {
                    return Err(self.refuse(format!("comparing {what} is not compiled yet")));
                }
                MonoOp::Compare { op: *op, args: [args[0].clone(), args[1].clone()], left, right }
            }
            Value::Call(call) => return self.call(inst, dst, call),
            Value::Attr(target, name) => return self.attribute(dst, *target, name),
            Value::Item(target, index) => self.item(*target, *index)?,
            Value::Tuple(items) => MonoOp::Tuple(self.values(items)?),
            Value::List(items) => MonoOp::List(self.values(items)?),
            Value::ComprehensionList => MonoOp::List(Vec::new()),
            Value::Set(items) => MonoOp::Set(self.values(items)?),
            Value::Dict(items) => {
                let items = items.iter().map(|(key, value)| Ok((self.value(*key)?, self.value(*value)?)));
                MonoOp::Dict(items.collect::<Result<_, NotCompiled>>()?)
            }
            Value::Slice(bounds) => {
                let [start, stop, step] = **bounds;
                let bound = |used: Option<Use>| used.map(|used| self.value(used)).transpose();
                MonoOp::Slice { start: bound(start)?, stop: bound(stop)?, step: bound(step)? }
            }
            Value::Iter(source) => MonoOp::Iter(self.present(*source)?),
            Value::Next(source) => MonoOp::Next(self.value(*source)?),
            Value::PairFirst(pair) => MonoOp::PairFirst(self.value(*pair)?),
            Value::PairSecond(pair) => MonoOp::PairSecond(self.value(*pair)?),
            Value::Exhaust(source, len) => MonoOp::Exhaust { value: self.value(*source)?, len: *len },
            Value::TupleConcat(left, right) => MonoOp::TupleConcat(self.value(*left)?, self.value(*right)?),
            Value::ToTuple(source) => MonoOp::Copy(self.value(*source)?),
            // An inner function has no bits; what it captures is in its type or was inlined.
            Value::MakeFunction(..) => MonoOp::Const(Const::None),
            Value::FString(parts) => MonoOp::FString(self.values(parts)?),
            Value::ExceptionCheck => MonoOp::ExceptionCheck,
            // A body that has one was refused.
            Value::Later(_) => return Ok(()),
            Value::Phi(_) | Value::Yield(_) => return Ok(()),
        };
        self.known(dst).or_else(|refused| if self.is_read(dst) { Err(refused) } else { Ok(()) })?;
        if self.is_item_of_arrays(out, &op) {
            return self.item_of_arrays(out, op);
        }
        self.emit(Some(out), op);
        Ok(())
    }

    fn is_read(&self, var: VarId) -> bool {
        let mut read = false;
        for block in &self.typed.body.blocks {
            for inst in &block.insts {
                let mut kind = inst.kind.clone();
                kind.uses_mut(&mut |used| read |= used.var == var);
            }
            let mut term = block.term.clone();
            term.uses_mut(&mut |used| read |= used.var == var);
        }
        read
    }

    pub(super) fn values(&self, items: &[Use]) -> Result<Vec<ValueId>, NotCompiled> {
        items.iter().map(|item| self.value(*item)).collect()
    }

    fn global(&mut self, dst: VarId, name: &Name, free: bool) -> Result<MonoOp, NotCompiled> {
        let ty = mono_type(self.ty(dst)).map_err(|why| self.refuse(format!("`{name}`: {why}")))?;
        if ty == MonoTy::Unit {
            return Ok(MonoOp::Const(Const::None));
        }
        match self.gate.project.constant(&self.key.kernel, name, free) {
            Some(constant) => Ok(MonoOp::Const(constant)),
            None => {
                Err(self.refuse(format!("the value of the global `{name}` is not known from the source")))
            }
        }
    }

    /// The types that operands are cast to: those of the signature, or their own.
    pub(super) fn resolved_args(
        &self,
        resolved: Option<&Resolved>,
        operands: &[Use],
    ) -> Result<Vec<MonoTy>, NotCompiled> {
        operands
            .iter()
            .enumerate()
            .map(|(place, used)| {
                let own = mono_type(self.ty(used.var));
                let wanted = resolved.and_then(|resolved| resolved.args.get(place)).map(mono_type);
                match (wanted, own) {
                    (Some(Ok(wanted)), _) => Ok(wanted),
                    (_, own) => own.map_err(|why| self.refuse(why)),
                }
            })
            .collect()
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        resolved: Option<&Resolved>,
        left: Use,
        right: Use,
        inplace: bool,
    ) -> Result<MonoOp, NotCompiled> {
        let mut args = self.resolved_args(resolved, &[left, right])?;
        for wanted in &mut args {
            if let MonoTy::Optional(inner) = wanted {
                *wanted = (**inner).clone();
            }
        }
        // No operator of two operands has a meaning for `None`.
        let values = match self.ticks(op, left, right)? {
            Some(values) => values,
            None => [self.present(left)?, self.present(right)?],
        };
        if op == BinaryOp::MatMult {
            return Ok(MonoOp::Apply { op: Op::Dot, args, values: values.to_vec() });
        }
        let args = [args[0].clone(), args[1].clone()];
        Ok(MonoOp::Binary { op, args, left: values[0], right: values[1], inplace })
    }

    fn item(&mut self, target: Use, index: Use) -> Result<MonoOp, NotCompiled> {
        let target_ty = self.ty(target.var);
        if let (Ty::EnumClass(_), Ty::Literal(Literal::Str(name))) = (target_ty, self.ty(index.var)) {
            return self.enum_member(target.var, name);
        }
        if let (Ty::Record(_) | Ty::Array(_), Ty::Literal(Literal::Str(name))) =
            (target_ty, self.ty(index.var))
            && let Some(field) = self.record_field(target_ty, name)
        {
            return Ok(MonoOp::Field { target: self.value(target)?, field });
        }
        if let Ty::Iter(_) = target_ty {
            let target = self.flat(target)?;
            return Ok(MonoOp::GetItem { target, index: self.value(index)? });
        }
        Ok(MonoOp::GetItem { target: self.present(target)?, index: self.present(index)? })
    }

    /// The elements behind `array.flat` as an array of one dimension that shares them.
    fn flat(&mut self, iter: Use) -> Result<ValueId, NotCompiled> {
        let mut at = iter.var;
        for _ in 0..16 {
            match self.defs.get(&at) {
                Some(Value::Copy(from)) => at = from.var,
                Some(Value::Attr(array, _)) => {
                    let source = self.value(*array)?;
                    if let Ok(MonoTy::Array(ty)) = mono_type(self.ty(array.var))
                        && ty.layout == Layout::C
                    {
                        let one = MonoTy::Array(Box::new(MonoArray { ndim: 1, ..*ty }));
                        let ravel =
                            MonoOp::Apply { op: Op::ArrayRavel, args: Vec::new(), values: vec![source] };
                        return Ok(self.make(one, ravel));
                    }
                    break;
                }
                _ => break,
            }
        }
        Err(self
            .refuse("an item through `flat` of an array that is not contiguous is not compiled yet".into()))
    }

    fn term(&mut self, term: &Terminator) -> Result<MonoTerm, NotCompiled> {
        Ok(match term {
            Terminator::Jump(to) => MonoTerm::Jump(MonoBlockId(to.0)),
            Terminator::Branch { cond, then, orelse } => MonoTerm::Branch {
                cond: self.value(*cond)?,
                then: MonoBlockId(then.0),
                orelse: MonoBlockId(orelse.0),
            },
            Terminator::Return(value) => MonoTerm::Return(self.value(*value)?),
            Terminator::Raise(Some(value)) => self.raise(value.var)?,
            Terminator::Raise(None) => MonoTerm::Reraise,
            Terminator::Unreachable => MonoTerm::Unreachable,
        })
    }

    /// The class and the arguments of an exception, followed back to where it is made.
    fn raise(&mut self, var: VarId) -> Result<MonoTerm, NotCompiled> {
        let class = match self.ty(var) {
            Ty::ExceptionClass(class) | Ty::Exception(class) => class.clone(),
            _ => return Err(self.refuse("raising this value is not compiled yet".into())),
        };
        let class: Name = class.rsplit('.').next().unwrap_or(&class).into();
        let mut at = var;
        for _ in 0..16 {
            match self.defs.get(&at) {
                Some(Value::Copy(from)) => at = from.var,
                Some(Value::Call(call)) => {
                    let args = self.values(&call.args)?;
                    return Ok(MonoTerm::Raise { class, args });
                }
                _ => break,
            }
        }
        Ok(MonoTerm::Raise { class, args: Vec::new() })
    }
}

/// The constant that a type stands for.
pub(super) fn literal(ty: &Ty) -> Option<Const> {
    match ty {
        Ty::Literal(literal) => literal.as_const(),
        Ty::Omitted(value) => Some((**value).clone()),
        Ty::None => Some(Const::None),
        _ => None,
    }
}
