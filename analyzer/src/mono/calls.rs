//! Calls and attributes: which operation, prelude function or kernel is meant, and with which operands.

use std::sync::Arc;

use crate::hir::body::{Call, Inst, ParamKind, Use, Value, VarId};
use crate::infer::{Callee, SpecKey};
use crate::table::{Function, Lower, ufunc};
use crate::ty::{Const, FloatTy, Name, NamedTupleTy, Ty};

use super::arguments::{JOINS, keeps_none};
use super::body::{Translate, literal};
use super::prelude_calls::result_number;
use super::types::mono_type;
use super::{MonoOp, MonoTy, NotCompiled, Op, ValueId};

/// One operand of a call with its type; omitted ones are constants.
#[derive(Clone)]
pub(super) struct Operand {
    pub(super) value: ValueId,
    pub(super) ty: Ty,
}

impl<'a> Translate<'a, '_> {
    pub(super) fn call(&mut self, inst: &'a Inst, dst: VarId, call: &'a Call) -> Result<(), NotCompiled> {
        let out = ValueId(dst.0);
        if matches!(self.ty(dst), Ty::Exception(_)) {
            self.emit(Some(out), MonoOp::Const(Const::None));
            return Ok(());
        }
        let what = self.callee_name(call.func);
        let Some(resolved) = self.typed.resolved(inst.id) else {
            return Err(self.refuse(format!("`{what}` is not compiled yet")));
        };
        match &resolved.callee {
            Callee::Kernel(key) => self.kernel_call(out, key, call),
            Callee::Cast(_) => {
                let operands = self.operands(call)?;
                match operands.as_slice() {
                    [operand]
                        if matches!(operand.ty, Ty::Array(_) | Ty::Tuple(_) | Ty::List { .. })
                            && matches!(self.ty(dst), Ty::Array(_)) =>
                    {
                        let values = vec![operand.value];
                        self.emit(
                            Some(out),
                            MonoOp::Apply { op: Op::ArrayFromSequence, args: Vec::new(), values },
                        );
                    }
                    [operand] => {
                        let values = vec![operand.value];
                        self.emit(Some(out), MonoOp::Apply { op: Op::Cast, args: Vec::new(), values });
                    }
                    _ => return Err(self.refuse(format!("`{what}` of these arguments is not compiled yet"))),
                }
                Ok(())
            }
            // The functions of the prelude draw from whichever state is selected.
            Callee::Library(row) if row.0.path.starts_with("random.") => {
                let library = self.gate.project.is_prelude(&self.key.kernel);
                if !library {
                    self.select_random(1);
                }
                self.library_call(out, dst, row.0, call, &resolved.args)?;
                if !library {
                    self.select_random(0);
                }
                Ok(())
            }
            Callee::Library(row) => self.library_call(out, dst, row.0, call, &resolved.args),
            _ if matches!(self.ty(call.func.var), Ty::FunctionType(_) | Ty::ExternalFunction(_)) => {
                self.pointer_call(out, dst, call)
            }
            _ if matches!(self.ty(dst), Ty::NamedTuple(_)) => self.named_tuple(out, dst, call),
            _ => Err(self.refuse(format!("`{what}` is not compiled yet"))),
        }
    }

    fn select_random(&mut self, state: i128) {
        let values = vec![self.constant(&Const::int(state))];
        self.emit(None, MonoOp::Apply { op: Op::RandomSelect, args: Vec::new(), values });
    }

    /// The callee as the user wrote it, or nearly.
    fn callee_name(&self, func: Use) -> Name {
        match self.ty(func.var) {
            Ty::Function(path) => path.clone(),
            Ty::Method(method) => method.1.clone(),
            Ty::Dispatcher(kernel) => kernel.qualname.clone(),
            other => other.to_string().into(),
        }
    }

    /// Positional operands, `*args` expanded.
    pub(super) fn positional(&mut self, call: &Call) -> Result<Vec<Operand>, NotCompiled> {
        let mut operands = Vec::new();
        for used in &call.args {
            operands.push(self.operand(*used)?);
        }
        if let Some(star) = call.star {
            let target = self.value(star)?;
            let items = self.ty(star.var).tuple_items().unwrap_or_default();
            for (field, ty) in items.into_iter().enumerate() {
                let mono = mono_type(&ty).map_err(|why| self.refuse(why))?;
                let value = self.make(mono, MonoOp::Field { target, field: field as u32 });
                operands.push(Operand { value, ty });
            }
        }
        Ok(operands)
    }

    fn operand(&mut self, used: Use) -> Result<Operand, NotCompiled> {
        Ok(Operand { value: self.value(used)?, ty: self.ty(used.var).clone() })
    }

    fn operands(&mut self, call: &Call) -> Result<Vec<Operand>, NotCompiled> {
        let mut operands = self.positional(call)?;
        for (_, used) in &call.kwargs {
            operands.push(self.operand(*used)?);
        }
        Ok(operands)
    }

    /// A call of a jitted function: one operand for each parameter.
    fn kernel_call(&mut self, out: ValueId, key: &SpecKey, call: &Call) -> Result<(), NotCompiled> {
        let func = self.gate.function(key)?;
        let callee = self.gate.project.infer(key);
        let params = callee.body.params.clone();
        let positional = self.positional(call)?;
        let in_order = call.kwargs.is_empty() && positional.len() == params.len();
        let varies = key.args.iter().any(|ty| matches!(ty, Ty::StarArgs(_)));
        if params.iter().any(|param| param.kind == ParamKind::KeywordOnly) && (varies || !in_order) {
            return Err(self.refuse("keyword-only parameters are not compiled yet".into()));
        }
        let mut values = Vec::new();
        let mut place = 0;
        for (param, ty) in params.iter().zip(&key.args) {
            if let Ty::StarArgs(items) = ty {
                let rest: Vec<ValueId> =
                    positional.get(place..).unwrap_or_default().iter().map(|op| op.value).collect();
                let tys =
                    items.iter().map(mono_type).collect::<Result<_, _>>().map_err(|why| self.refuse(why))?;
                values.push(self.make(MonoTy::Tuple(tys), MonoOp::Tuple(rest)));
                place = positional.len();
                continue;
            }
            let named = call.kwargs.iter().find(|(name, _)| *name == param.name);
            let value = match (positional.get(place), named) {
                (_, Some((_, used))) => Some(self.value(*used)?),
                (Some(operand), None) => {
                    place += 1;
                    Some(operand.value)
                }
                (None, None) => None,
            };
            let value = match (value, literal(ty)) {
                (Some(value), _) => value,
                (None, Some(constant)) => self.constant(&constant),
                (None, None) => match self.gate.project.default(&key.kernel, &param.name) {
                    Some(constant) => self.constant(&constant),
                    None => {
                        return Err(self.refuse(format!(
                            "the default of `{}` is not known from the source",
                            param.name
                        )));
                    }
                },
            };
            values.push(value);
        }
        let generator = callee.body.is_generator;
        let op = if generator { MonoOp::Generator { func, values } } else { MonoOp::Call { func, values } };
        self.emit(Some(out), op);
        Ok(())
    }

    fn named_tuple(&mut self, out: ValueId, dst: VarId, call: &Call) -> Result<(), NotCompiled> {
        let Ty::NamedTuple(class) = self.ty(dst) else {
            return Err(self.refuse("this named tuple is not compiled yet".into()));
        };
        let mut values: Vec<ValueId> =
            self.positional(call)?.into_iter().map(|operand| operand.value).collect();
        for (name, _) in class.fields.iter().skip(values.len()) {
            if let Some((_, used)) = call.kwargs.iter().find(|(keyword, _)| keyword == name) {
                values.push(self.value(*used)?);
            }
        }
        self.emit(Some(out), MonoOp::Tuple(values));
        Ok(())
    }

    /// A call of a row of the table: its operands in the order of the row's parameters, receiver first.
    fn library_call(
        &mut self,
        out: ValueId,
        dst: VarId,
        row: &'static Function,
        call: &'a Call,
        given: &[Ty],
    ) -> Result<(), NotCompiled> {
        // `type(x)` and the like: the result is in its type.
        if matches!(self.ty(dst), Ty::NumberClass(_) | Ty::DType(_) | Ty::TypeRef(_)) {
            self.emit(Some(out), MonoOp::Const(Const::None));
            return Ok(());
        }
        if let (Ty::NamedTuple(info), "numpy.iinfo" | "numpy.finfo") = (self.ty(dst), row.path) {
            return self.limits(out, info, given);
        }
        let mut operands = Vec::new();
        let receiver = self.receiver(call.func)?;
        let casts = if receiver.is_none() && call.kwargs.is_empty() { given } else { &[] };
        operands.extend(receiver);
        let bound = self.bind(row, call, &mut operands)?;
        if row.path == "numpy.where" && bound == 3 {
            let values = operands.iter().map(|operand| operand.value).collect();
            self.emit(Some(out), MonoOp::Apply { op: Op::Where, args: Vec::new(), values });
            return Ok(());
        }
        if let ("builtins.iter", [of]) = (row.path, operands.as_slice()) {
            self.emit(Some(out), MonoOp::Iter(of.value));
            return Ok(());
        }
        if row.path == "builtins.slice" {
            let bounds: Vec<ValueId> = operands.iter().take(bound).map(|operand| operand.value).collect();
            let (start, stop, step) = match bounds.as_slice() {
                [stop] => (None, Some(*stop), None),
                all => (all.first().copied(), all.get(1).copied(), all.get(2).copied()),
            };
            self.emit(Some(out), MonoOp::Slice { start, stop, step });
            return Ok(());
        }
        // A random number of its own has an operation; an array of them is filled by the prelude.
        let library = self.gate.project.is_prelude(&self.key.kernel);
        let raw = match row.path {
            "random.getrandbits" if library => Some(Op::RandomWord),
            "random.gauss" if library => Some(Op::RandomNormal),
            "numpy.random.randn" if bound == 0 => Some(Op::RandomNormal),
            _ => None,
        };
        if let Some(op) = raw.or_else(|| row_op(row).filter(|op| *op != Op::RandomRaw || bound == 0)) {
            if matches!(op, Op::Float | Op::Int)
                && operands.iter().any(|operand| operand.ty.unliteral() == Ty::Str)
            {
                return Err(self.refuse(format!("`{}` of a string is not compiled yet", row.path)));
            }
            let mut args: Vec<MonoTy> =
                casts.iter().map(|ty| mono_type(ty).unwrap_or(MonoTy::Unit)).collect();
            if ufunc::inputs(row.path).is_some_and(|inputs| bound > inputs) {
                let tys: Vec<Ty> = operands.iter().map(|operand| operand.ty.clone()).collect();
                let stored = ufunc::loop_output(row.path, &tys).and_then(|ty| mono_type(&ty).ok());
                let Some(stored) = stored else {
                    return Err(
                        self.refuse(format!("`{}` with an output array is not compiled yet", row.path))
                    );
                };
                args = vec![stored];
            }
            if !keeps_none(op) {
                for operand in &mut operands {
                    self.unwrap(operand)?;
                }
            }
            let mut values: Vec<ValueId> = operands.iter().map(|operand| operand.value).collect();
            // Left-out trailing parameters have no operands; those that stand before a given one are units.
            while values.len() > bound {
                values.pop();
            }
            let apply = MonoOp::Apply { op, args, values };
            if ufunc::inputs(row.path).is_some() && self.is_item_of_arrays(out, &apply) {
                return self.item_of_arrays(out, apply);
            }
            self.emit(Some(out), apply);
            return Ok(());
        }
        if matches!(row.path, "numpy.random.rand" | "numpy.random.randn") && bound > 1 {
            operands = self.as_shape(operands)?;
        }
        if JOINS.contains(&row.path) {
            let elem = result_number(self.ty(dst));
            for operand in &mut operands {
                self.make_uniform(operand, &elem)?;
            }
        }
        for name in self.prelude_names(row, &operands) {
            if let Some(kernel) = self.gate.project.prelude(&name) {
                if let Some(option) = self.unread_option(row, &operands, &kernel) {
                    return Err(self.refuse(format!("`{}` with `{option}` is not compiled yet", row.path)));
                }
                return self.prelude_call(out, dst, kernel, &operands, row.path);
            }
        }
        Err(self.refuse(format!("`{}` is not compiled yet", row.path)))
    }

    /// `np.iinfo` and `np.finfo`: a named tuple of constants.
    fn limits(&mut self, out: ValueId, info: &NamedTupleTy, given: &[Ty]) -> Result<(), NotCompiled> {
        let of = given.first().and_then(limited);
        let mut values = Vec::with_capacity(info.fields.len());
        for (field, ty) in &info.fields {
            let Some(constant) = of.as_ref().and_then(|of| limit(of, field)) else {
                return Err(self.refuse(format!("`{}` of this type is not compiled yet", info.name)));
            };
            let mono = mono_type(ty).map_err(|why| self.refuse(why))?;
            values.push(self.make(mono, MonoOp::Const(constant)));
        }
        self.emit(Some(out), MonoOp::Tuple(values));
        Ok(())
    }

    /// The value that a method was taken from.
    fn receiver(&mut self, func: Use) -> Result<Option<Operand>, NotCompiled> {
        let mut at = func.var;
        for _ in 0..16 {
            match self.defs.get(&at) {
                Some(Value::Copy(from)) => at = from.var,
                Some(Value::Attr(target, _)) if matches!(self.ty(at), Ty::Method(_)) => {
                    let mut operand = self.operand(*target)?;
                    self.unwrap(&mut operand)?;
                    return Ok(Some(operand));
                }
                _ => break,
            }
        }
        Ok(None)
    }

    /// Appends the operands in the order of the parameters. Gives how many up to the last one that was written.
    fn bind(
        &mut self,
        row: &'static Function,
        call: &Call,
        operands: &mut Vec<Operand>,
    ) -> Result<usize, NotCompiled> {
        let params = row.cached_params();
        let positional = self.positional(call)?;
        let mut written = operands.len() + positional.len();
        let mut rest = positional.into_iter();
        for param in &params.0 {
            if param.variadic {
                operands.extend(rest.by_ref());
                continue;
            }
            let named = call.kwargs.iter().find(|(name, _)| &**name == param.name);
            let by_position = if param.keyword_only { None } else { rest.next() };
            let operand = match (by_position, named) {
                (Some(operand), _) => operand,
                (None, Some((_, used))) => {
                    written = written.max(operands.len() + 1);
                    self.operand(*used)?
                }
                (None, None) => match param.default {
                    Some(default) => {
                        let constant = parse_default(default);
                        let value = self.constant(&constant);
                        Operand { value, ty: Ty::omitted(constant) }
                    }
                    None => continue,
                },
            };
            operands.push(operand);
        }
        Ok(written)
    }

    /// A member of an enum class, which is followed back to its name.
    pub(super) fn enum_member(&self, class: VarId, member: &Name) -> Result<MonoOp, NotCompiled> {
        let (mut at, mut path) = (class, Vec::new());
        for _ in 0..16 {
            match self.defs.get(&at) {
                Some(Value::Copy(from)) => at = from.var,
                Some(Value::Attr(of, attr)) => {
                    path.insert(0, attr.clone());
                    at = of.var;
                }
                Some(Value::Global(name)) => {
                    path.insert(0, name.clone());
                    let value = self.gate.project.enum_value(&self.key.kernel, &path, member);
                    return value.map(MonoOp::Const).ok_or_else(|| {
                        self.refuse(format!("the value of `{member}` is not known from the source"))
                    });
                }
                _ => break,
            }
        }
        Err(self.refuse(format!("the enum of `{member}` is not known from the source")))
    }

    pub(super) fn attribute(&mut self, dst: VarId, target: Use, name: &Name) -> Result<(), NotCompiled> {
        let out = ValueId(dst.0);
        let recv = match self.ty(target.var) {
            Ty::Optional(inner) => inner,
            other => other,
        };
        let unit = mono_type(self.ty(dst)) == Ok(MonoTy::Unit);
        if unit {
            self.emit(Some(out), MonoOp::Const(Const::None));
            return Ok(());
        }
        let op =
            match recv {
                Ty::Module(module) => match self.gate.project.member(&self.key.kernel, module, name) {
                    Some(constant) => MonoOp::Const(constant),
                    None if &**module == "numba.config" && &**name == "NUMBA_NUM_THREADS" => {
                        return match self.gate.project.prelude("numba_get_num_threads") {
                            Some(kernel) => self.prelude_call(out, dst, kernel, &[], name),
                            None => Err(self.refuse("the number of threads is not known".into())),
                        };
                    }
                    None => {
                        return Err(self
                            .refuse(format!("the value of `{module}.{name}` is not known from the source")));
                    }
                },
                Ty::NamedTuple(tuple) => {
                    let field = tuple.fields.iter().position(|(field, _)| field == name).unwrap_or(0) as u32;
                    MonoOp::Field { target: self.present(target)?, field }
                }
                Ty::Array(array)
                    if matches!(array.elem, Ty::Record(_)) && self.record_field(recv, name).is_some() =>
                {
                    let field = self.record_field(recv, name).unwrap_or(0);
                    MonoOp::Field { target: self.present(target)?, field }
                }
                Ty::Record(_) => match self.record_field(recv, name) {
                    Some(field) => MonoOp::Field { target: self.present(target)?, field },
                    None => return Err(self.refuse(format!("the attribute `{name}` is not compiled yet"))),
                },
                Ty::EnumClass(_) => self.enum_member(target.var, name)?,
                Ty::EnumMember(_) if &**name == "value" => MonoOp::Copy(self.present(target)?),
                _ => {
                    let op = match (recv, &**name) {
                        (Ty::Array(_), "shape") => Op::ArrayShape,
                        (Ty::Array(_), "strides") => Op::ArrayStrides,
                        (Ty::Array(_), "size") => Op::ArraySize,
                        (Ty::Array(_), "ndim") => Op::ArrayNdim,
                        (Ty::Array(_), "itemsize") => Op::ArrayItemsize,
                        (Ty::Array(_), "T") => Op::ArrayTranspose,
                        (Ty::Array(_), "flat") => Op::ArrayFlat,
                        (Ty::Array(_), "real") => Op::ArrayReal,
                        (Ty::Array(_), "imag") => Op::ArrayImag,
                        (recv, "real") if recv.is_number() => Op::Real,
                        (recv, "imag") if recv.is_number() => Op::Imag,
                        _ => {
                            return Err(self
                                .refuse(format!("the attribute `{name}` of `{recv}` is not compiled yet")));
                        }
                    };
                    MonoOp::Apply { op, args: Vec::new(), values: vec![self.present(target)?] }
                }
            };
        self.emit(Some(out), op);
        Ok(())
    }
}

/// The number type that `np.iinfo` or `np.finfo` is asked about: a type, or that of a value.
fn limited(given: &Ty) -> Option<Ty> {
    match given {
        Ty::Array(array) => Some(array.elem.clone()),
        Ty::NumberClass(inner) | Ty::DType(inner) => Some((**inner).clone()),
        Ty::Function(path) => match &**path {
            "builtins.int" => Some(Ty::INT64),
            "builtins.float" => Some(Ty::FLOAT64),
            _ => None,
        },
        other => Some(other.unliteral()),
    }
}

/// A field of `np.iinfo` or `np.finfo`.
fn limit(ty: &Ty, field: &str) -> Option<Const> {
    let float = match ty {
        Ty::Int(int) => {
            let bits = int.bits();
            let (min, max) = if int.signed() {
                (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
            } else {
                (0, (1i128 << bits) - 1)
            };
            return Some(Const::int(match field {
                "min" => min,
                "max" => max,
                _ => i128::from(bits),
            }));
        }
        Ty::Float(float) => *float,
        Ty::Complex(complex) => complex.part(),
        _ => return None,
    };
    let double = float == FloatTy::F64;
    let pick = |wide: f64, narrow: f32| Const::float(if double { wide } else { f64::from(narrow) });
    let count = |wide: i128, narrow: i128| Const::int(if double { wide } else { narrow });
    Some(match field {
        "eps" => pick(f64::EPSILON, f32::EPSILON),
        "epsneg" => pick(f64::EPSILON / 2.0, f32::EPSILON / 2.0),
        "max" => pick(f64::MAX, f32::MAX),
        "min" => pick(f64::MIN, f32::MIN),
        "tiny" => pick(f64::MIN_POSITIVE, f32::MIN_POSITIVE),
        "resolution" => pick(1e-15, 1e-6),
        "iexp" | "nexp" => count(11, 8),
        "machep" => count(-52, -23),
        "negep" => count(-53, -24),
        "maxexp" => count(1024, 128),
        "minexp" => count(-1022, -126),
        "nmant" => count(52, 23),
        "precision" => count(15, 6),
        "bits" => count(64, 32),
        _ => return None,
    })
}

/// The operation of a row. Methods and functions that share one are named here beside those that name it themselves.
fn row_op(row: &Function) -> Option<Op> {
    if let Lower::Op(op) = row.lower {
        return Some(op);
    }
    Some(match row.path {
        "array.astype" => Op::ArrayAstype,
        "array.reshape" | "numpy.reshape" => Op::ArrayReshape,
        "array.ravel" | "numpy.ravel" => Op::ArrayRavel,
        "array.view" => Op::ArrayView,
        "array.conj" | "array.conjugate" | "numpy.conj" => Op::Conj,
        "array.dot" => Op::Dot,
        "numpy.copy" => Op::ArrayCopy,
        "numpy.random.random"
        | "numpy.random.random_sample"
        | "numpy.random.rand"
        | "numpy.random.ranf"
        | "numpy.random.sample"
        | "random.random" => Op::RandomRaw,
        "random.seed" => Op::RandomSeed,
        "number.item" => Op::Cast,
        "numpy.abs" => Op::Abs,
        "numpy.true_divide" => Op::TrueDivide,
        "numpy.mod" => Op::Remainder,
        "numpy.bitwise_not" => Op::Invert,
        "set.add" => Op::SetAdd,
        "set.discard" => Op::SetDiscard,
        "set.remove" => Op::SetRemove,
        "set.clear" | "dict.clear" => Op::TableClear,
        "dict.get" => Op::DictGet,
        "dict.pop" => Op::DictPop,
        "dict.keys" => Op::DictKeys,
        "dict.values" => Op::DictValues,
        "dict.items" => Op::DictItems,
        "builtins.str" => Op::Str,
        "typed.List.append" => Op::ListAppend,
        "typed.List.clear" => Op::ListClear,
        "typed.List.copy" => Op::ListCopy,
        "typed.List.extend" => Op::ListExtend,
        "typed.List.insert" => Op::ListInsert,
        "typed.List.pop" => Op::ListPop,
        "typed.List.reverse" => Op::ListReverse,
        "numba.typed.List.empty_list"
        | "typed.List.empty_list"
        | "numba.typed.Dict.empty"
        | "typed.Dict.empty"
        | "numba.typed.typedlist.List"
        | "numba.typed.typeddict.Dict"
        | "builtins.dict" => Op::ListNew,
        "builtins.set" | "numba.typed.List" | "numba.typed.Dict" => Op::ListNew,
        _ => return None,
    })
}

/// The value of a default as the table writes it.
fn parse_default(text: &str) -> Const {
    let text = text.trim();
    match text {
        "True" => Const::Bool(true),
        "False" => Const::Bool(false),
        "()" => Const::Tuple(Arc::from([])),
        _ => {
            let quoted = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            if let Some(quoted) = quoted {
                return Const::Str(quoted.into());
            }
            if let Ok(int) = text.parse::<i128>() {
                return Const::int(int);
            }
            // `None`, and names of types, which are the default because their parameter is left out.
            text.parse::<f64>().map_or(Const::None, Const::float)
        }
    }
}
