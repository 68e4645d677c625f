//! One constraint per instruction: the types of its operands decide the type of what it assigns, or it is refused.

use std::sync::Arc;

use crate::hir::JitKind;
use crate::hir::body::{BinaryOp, CmpOp, Inst, InstKind, Origin, Terminator, UnaryOp, Use, Value, VarId};
use crate::hir::globals::Adds;
use crate::table::{Outcome, Refusal, RefusalKind, Typed, modules};
use crate::ty::unify::{Unified, unify_all};
use crate::ty::{Const, FloatTy, ListSource, Literal, Name, Ty, Why};

use super::call::Given;
use super::context::NameValue;
use super::promotion::{self, Operand};
use super::solve::{Refines, Solver};
use super::{Callee, ProblemKind};
use super::{attr, display, finish, index, iter, jitclass, ops};

impl Solver<'_> {
    pub(super) fn constrain(&mut self, inst: &Inst) {
        match &inst.kind {
            InstKind::Assign { dst, value } => self.assign(inst, *dst, value),
            InstKind::SetItem { target, index, value } => self.set_item(inst, *target, *index, *value),
            InstKind::DelItem { target, index } => {
                let (Some(target), Some(index)) = (self.ty(*target), self.ty(*index)) else {
                    return;
                };
                let outcome = index::delitem(&target, &index);
                self.settle(inst, None, "del", Callee::DelItem, vec![target, index], outcome);
            }
            InstKind::SetAttr { target, attr, value } => {
                let (Some(target), Some(value)) = (self.ty(*target), self.ty(*value)) else {
                    return;
                };
                if self.set_instance_attribute(inst, &target, attr, &value) {
                    return;
                }
                let outcome = display::set_attribute(&target, attr, &value);
                self.settle(inst, None, &format!(".{attr} ="), Callee::Other, vec![target, value], outcome);
            }
            InstKind::ObjMode { outputs, inputs } => {
                let types = inputs.iter().filter_map(|used| self.ty(*used));
                let barred = types.filter_map(|ty| match ty {
                    Ty::List { .. } => Some("a list"),
                    Ty::Dispatcher(_) | Ty::Closure(_) => Some("a function"),
                    _ => None,
                });
                if let Some(what) = barred.last() {
                    let kind = RefusalKind::Other(format!("{what} cannot be read by `objmode`").into());
                    self.refuse(inst.origin, "objmode", Refusal { kind, arg: None }, Vec::new());
                }
                for (var, spelling) in outputs {
                    match self.annotation(spelling) {
                        NameValue::Ty(ty) if ty.is_reflected() => {
                            let text = "a reflected list or set cannot come back from `objmode`";
                            let refusal = Refusal { kind: RefusalKind::Other(text.into()), arg: None };
                            self.refuse(inst.origin, "objmode", refusal, Vec::new());
                        }
                        NameValue::Ty(ty) => self.add(*var, ty, inst.origin),
                        NameValue::Refused(kind) => self.report(inst.origin, None, kind),
                    }
                }
            }
            InstKind::TryBegin { .. } | InstKind::TryEnd => {}
        }
    }

    /// The type that `objmode` declares for a variable: a spelling, or Python that has a type as its value.
    fn annotation(&self, spelling: &Name) -> NameValue {
        let ty = self.cx.type_expression(spelling);
        let word = spelling.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if !matches!(ty, Ty::Opaque(_) | Ty::Hole(_)) || !word {
            return NameValue::Ty(ty);
        }
        match self.cx.free(spelling) {
            NameValue::Ty(Ty::TypeRef(named) | Ty::NumberClass(named)) => NameValue::Ty((*named).clone()),
            NameValue::Refused(kind @ ProblemKind::UndefinedGlobal(_)) => NameValue::Refused(kind),
            _ => NameValue::Ty(ty),
        }
    }

    fn assign(&mut self, inst: &Inst, dst: VarId, value: &Value) {
        match value {
            Value::Const(_) | Value::Global(_) | Value::Free(_) | Value::Undef => {}
            Value::Param(number) => self.param(inst, dst, *number),
            Value::Copy(source) | Value::Later(source) => {
                if let Some(ty) = self.ty(*source) {
                    self.add(dst, ty, inst.origin);
                    self.refines[dst.0 as usize] = Some(Refines::Copy(source.var));
                }
            }
            Value::Phi(inputs) => self.phi(inst, dst, inputs),
            Value::Unary(op, a) => {
                let Some(a) = self.ty(*a) else { return };
                let special = *op != UnaryOp::Not
                    && self.special(inst, Some(dst), &a, jitclass::unary_methods(*op), &[], op.symbol());
                if special {
                    return;
                }
                let outcome = ops::unary(*op, &a);
                self.settle(inst, Some(dst), op.symbol(), Callee::Unary(*op), vec![a], outcome);
            }
            Value::Binary(op, left, right) => {
                if *op != BinaryOp::MatMult
                    && let Some(why) = self.unknown_operand(*left, *right)
                {
                    self.add(dst, Ty::Hole(why), inst.origin);
                    return;
                }
                let (Some(a), Some(b)) = (self.precise(*left), self.precise(*right)) else {
                    return;
                };
                let methods = jitclass::binary_methods(*op, false);
                if self.special(inst, Some(dst), &a, methods, std::slice::from_ref(&b), op.symbol()) {
                    return;
                }
                let mut outcome = ops::binary(*op, &a, &b);
                if self.cx.is_python() {
                    outcome = self.in_python(*op, (left.var, &a), (right.var, &b), outcome);
                }
                self.settle(inst, Some(dst), op.symbol(), Callee::Binary(*op), vec![a, b], outcome);
            }
            Value::InPlace(op, left, right) => {
                let (Some(a), Some(b)) = (self.precise(*left), self.precise(*right)) else {
                    return;
                };
                let methods = jitclass::binary_methods(*op, true);
                if self.special(inst, Some(dst), &a, methods, std::slice::from_ref(&b), op.symbol()) {
                    return;
                }
                let mut outcome = ops::inplace(*op, &a, &b);
                // An array keeps its type.
                if self.cx.is_python() && !matches!(a, Ty::Array(_)) {
                    outcome = self.in_python(*op, (left.var, &a), (right.var, &b), outcome);
                }
                self.settle(inst, Some(dst), op.symbol(), Callee::InPlace(*op), vec![a, b], outcome);
            }
            Value::Compare(op, a, b) => {
                let (Some(a), Some(b)) = (self.precise(*a), self.precise(*b)) else {
                    return;
                };
                if matches!(op, CmpOp::In | CmpOp::NotIn) {
                    let item = std::slice::from_ref(&a);
                    if self.special(inst, Some(dst), &b, &["contains"], item, op.symbol()) {
                        return;
                    }
                }
                if let Some(methods) = jitclass::compare_methods(*op) {
                    let other = std::slice::from_ref(&b);
                    if self.special(inst, Some(dst), &a, methods, other, op.symbol()) {
                        return;
                    }
                }
                let outcome = ops::compare(*op, &a, &b);
                self.settle(inst, Some(dst), op.symbol(), Callee::Compare(*op), vec![a, b], outcome);
            }
            Value::Call(call) => match self.of_sized_list(inst, call) {
                Some(array) => self.add(dst, array, inst.origin),
                None => self.call(inst, dst, call),
            },
            Value::Attr(target, name) => self.attribute(inst, dst, *target, name),
            Value::Item(target, index) => {
                if let Some(Ty::Hole(why)) = self.peek(*target)
                    && self.peek(*index).is_some_and(is_operand)
                {
                    let why = why.clone();
                    self.note_reads([*target, *index]);
                    self.add(dst, Ty::Hole(why), inst.origin);
                    return;
                }
                let (Some(target), Some(mut index_ty)) = (self.ty(*target), self.precise(*index)) else {
                    return;
                };
                if matches!(target, Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) | Ty::AnyTuple(_))
                    && let Some(constant) = self.constant_index(index.var)
                {
                    index_ty = constant;
                }
                let index = index_ty;
                if !target.is_precise() && !matches!(target, Ty::Array(_)) {
                    return;
                }
                let key = std::slice::from_ref(&index);
                if self.special(inst, Some(dst), &target, &["getitem"], key, "[]") {
                    return;
                }
                let outcome = index::as_of(self.cx.numba(), &index, index::getitem(&target, &index));
                self.settle(inst, Some(dst), "[]", Callee::GetItem, vec![target, index], outcome);
            }
            Value::Iter(source) => {
                let Some(source) = self.precise(*source) else {
                    return;
                };
                let outcome = iter::getiter(&source);
                self.settle(inst, Some(dst), "for", Callee::GetIter, vec![source], outcome);
            }
            Value::Next(source) => {
                let Some(source) = self.ty(*source) else { return };
                let outcome = match iter::iternext(&source) {
                    Outcome::Known(typed) => Outcome::known(Ty::Pair(Arc::new((typed.ret, Ty::Bool)))),
                    other => other,
                };
                self.settle(inst, Some(dst), "next", Callee::IterNext, vec![source], outcome);
            }
            Value::PairFirst(pair) => self.pair(inst, dst, *pair, |pair| pair.0.clone()),
            Value::PairSecond(pair) => match self.ty(*pair) {
                Some(Ty::Hole(_) | Ty::Poison) => self.add(dst, Ty::Bool, inst.origin),
                _ => self.pair(inst, dst, *pair, |pair| pair.1.clone()),
            },
            Value::Exhaust(source, count) => {
                let Some(source) = self.ty(*source) else { return };
                let outcome = iter::exhaust(&source, *count);
                self.settle(inst, Some(dst), "unpacking", Callee::Other, vec![source], outcome);
            }
            Value::Tuple(items) => {
                let items: Option<Vec<Ty>> = items.iter().map(|item| self.ty(*item)).collect();
                if let Some(items) = items
                    && items.iter().all(Ty::is_precise)
                {
                    let ty = self.functions_of_one_type(&items).unwrap_or_else(|| Ty::tuple(items));
                    self.add(dst, ty, inst.origin);
                }
            }
            Value::List(items) => self.list_display(inst, dst, items),
            Value::Set(items) => {
                let items: Option<Vec<Ty>> = items.iter().map(|item| self.ty(*item)).collect();
                if let Some(items) = items
                    && let Unified::Ty(elem) = unify_all(&items)
                {
                    // One constant, however often it is written, stays part of the type.
                    let elem = if items.is_empty() { Ty::Undefined } else { elem };
                    self.add_refining(dst, Ty::Set { elem: Arc::new(elem), reflected: false }, inst.origin);
                }
            }
            Value::Dict(items) => self.dict_display(inst, dst, items),
            Value::Slice(bounds) => self.slice(inst, dst, **bounds),
            Value::TupleConcat(a, b) => {
                let (Some(a), Some(b)) = (self.ty(*a), self.ty(*b)) else {
                    return;
                };
                let outcome = ops::binary(BinaryOp::Add, &a, &b);
                self.settle(inst, Some(dst), "*", Callee::Binary(BinaryOp::Add), vec![a, b], outcome);
            }
            Value::ToTuple(source) => {
                let Some(source) = self.ty(*source) else { return };
                let outcome = match source.tuple_items() {
                    Some(items) => Outcome::known(Ty::tuple(items)),
                    None if source.has_hole() => {
                        Outcome::Hole(Why::NotModelled("a starred value of unknown type"))
                    }
                    None => Outcome::refused(RefusalKind::NotIterable(source.clone())),
                };
                self.settle(inst, Some(dst), "*", Callee::Other, vec![source], outcome);
            }
            Value::MakeFunction(function, captures) => {
                let captures: Option<Vec<(Name, Ty)>> =
                    captures.iter().map(|(name, used)| self.ty(*used).map(|ty| (name.clone(), ty))).collect();
                if let (Some(captures), Some(function)) =
                    (captures, self.body.functions.get(*function as usize))
                {
                    let ty = self.cx.closure(function.clone(), captures);
                    self.add(dst, ty, inst.origin);
                }
            }
            Value::FString(parts) => {
                if parts.iter().all(|part| self.ty(*part).is_some()) {
                    self.add(dst, Ty::Str, inst.origin);
                }
            }
            Value::Yield(value) => {
                let ty = match value {
                    Some(value) => self.ty(*value),
                    None => Some(Ty::None),
                };
                self.yields.extend(ty.map(|ty| (inst.origin, ty)));
                self.add(dst, Ty::None, inst.origin);
            }
            Value::ExceptionCheck => self.add(dst, Ty::Bool, inst.origin),
            Value::ComprehensionList => self.add_refining(dst, Ty::list(Ty::Undefined), inst.origin),
        }
    }

    /// What a tuple is indexed by, where the type of the index does not tell: a constant of a module, or a slice whose
    /// bounds may turn out to be constants.
    fn constant_index(&self, var: VarId) -> Option<Ty> {
        match self.definition_of(var)? {
            Value::Attr(module, name) => match self.ty(*module)? {
                Ty::Module(module) => {
                    self.cx.member_constant(&module, name).map(|value| Ty::of_const(&value))
                }
                _ => None,
            },
            Value::Slice(bounds) => {
                bounds.iter().flatten().find_map(|bound| self.ty(*bound).filter(Ty::is_hole))
            }
            Value::Call(call) if matches!(self.ty(call.func)?, Ty::Function(path) if &*path == "builtins.slice") =>
            {
                let bounds: Option<Vec<Ty>> = call.args.iter().map(|bound| self.ty(*bound)).collect();
                display::constant_slice(&bounds?)
            }
            _ => None,
        }
    }

    /// What a variable is assigned, through copies.
    pub(super) fn definition_of(&self, var: VarId) -> Option<&Value> {
        let mut var = var;
        for _ in 0..8 {
            let mut insts = self.body.blocks.iter().flat_map(|block| &block.insts);
            let value = insts.find_map(|inst| match &inst.kind {
                InstKind::Assign { dst, value } if *dst == var => Some(value),
                _ => None,
            })?;
            match value {
                Value::Copy(source) => var = source.var,
                value => return Some(value),
            }
        }
        None
    }

    /// What an operator gives in plain Python, by what it gives in compiled code.
    fn in_python(&self, op: BinaryOp, a: (VarId, &Ty), b: (VarId, &Ty), outcome: Outcome) -> Outcome {
        let operand = |(var, ty)| {
            let constant = match self.definition_of(var) {
                Some(Value::Const(_)) => true,
                Some(Value::Unary(_, of)) => matches!(self.definition_of(of.var), Some(Value::Const(_))),
                _ => false,
            };
            Operand { ty, constant }
        };
        promotion::operator(op, &operand(a), &operand(b), outcome)
    }

    /// Whether a variable is a name from outside the function, or an attribute of one.
    fn is_member(&self, var: VarId) -> bool {
        match self.definition_of(var) {
            Some(Value::Global(_) | Value::Free(_)) => true,
            Some(Value::Attr(of, _)) => self.is_member(of.var),
            _ => false,
        }
    }

    /// Why an operator says nothing, where both operands are there and the first that is not known is a hole. That is
    /// the commonest case in a function without types, and asks for no copies.
    fn unknown_operand(&self, a: Use, b: Use) -> Option<Why> {
        let why = match (self.peek(a)?, self.peek(b)?) {
            (Ty::Hole(why), other) if is_operand(other) => why.clone(),
            (Ty::Int(_) | Ty::Float(_) | Ty::Literal(Literal::Int(_)), Ty::Hole(why)) => why.clone(),
            _ => return None,
        };
        self.note_reads([a, b]);
        Some(why)
    }

    /// The type of an operand, once it is known and precise.
    fn precise(&self, used: Use) -> Option<Ty> {
        self.operand(used).filter(is_operand)
    }

    /// The type of an operand as rules see it: an array field of a record is an array.
    pub(super) fn operand(&self, used: Use) -> Option<Ty> {
        self.ty(used).map(|ty| match ty {
            Ty::NestedArray(_) => index::plain_array(&ty),
            ty => ty,
        })
    }

    fn param(&mut self, inst: &Inst, dst: VarId, number: u32) {
        let Some(ty) = self.args.get(number as usize) else {
            return;
        };
        let ty = match ty {
            // A tuple has no literal type: its items are what `typeof` says of them.
            Ty::Omitted(value) if matches!(**value, Const::Tuple(_)) => Ty::of_const(value).unliteral(),
            Ty::Omitted(value) => Ty::of_const(value),
            other => other.clone(),
        };
        let object = ty.any(&mut |ty| ty.as_python_object().is_some()) && !self.cx.is_python();
        // What is always inlined may be the first to put something into a container of the caller.
        let precise = ty.is_precise() || self.options.inline_always && !object;
        if object || !precise || ty.any(&mut |ty| *ty == Ty::Float(FloatTy::F16)) || too_long(&ty) {
            self.report(inst.origin, None, ProblemKind::ArgumentType { index: number, ty });
            return;
        }
        self.add(dst, ty, inst.origin);
    }

    fn pair(&mut self, inst: &Inst, dst: VarId, pair: Use, part: impl Fn(&(Ty, Ty)) -> Ty) {
        match self.ty(pair) {
            Some(Ty::Pair(pair)) => {
                let ty = part(&pair);
                self.add(dst, ty, inst.origin);
            }
            Some(hole @ (Ty::Hole(_) | Ty::Poison)) => self.add(dst, hole, inst.origin),
            _ => {}
        }
    }

    fn list_display(&mut self, inst: &Inst, dst: VarId, items: &[Use]) {
        let items: Option<Vec<Ty>> = items.iter().map(|item| self.ty(*item)).collect();
        let Some(items) = items else { return };
        if items.is_empty() {
            self.add_refining(dst, Ty::list(Ty::Undefined), inst.origin);
            return;
        }
        let ty = match unify_all(&items) {
            Unified::Ty(Ty::Functions(members)) if self.undecided(&members) => {
                let text = "functions of several kinds have no common type before they are compiled";
                let refusal = Refusal { kind: RefusalKind::Other(text.into()), arg: None };
                self.refuse(inst.origin, "a list of functions", refusal, Vec::new());
                Ty::Poison
            }
            Unified::Ty(Ty::Functions(_)) => Ty::Hole(Why::NotModelled("a list of functions")),
            Unified::Ty(elem) => {
                let iv: Option<Vec<_>> = items.iter().map(finish::literal_const).collect();
                Ty::List { elem: Arc::new(elem.unliteral()), source: ListSource::new(false, iv) }
            }
            Unified::Clash => Ty::LiteralList(items.into()),
        };
        self.add_refining(dst, ty, inst.origin);
    }

    /// Whether functions could be one type, and are not compiled for anything that would say which.
    fn undecided(&self, members: &[Ty]) -> bool {
        let open = |member: &Ty| match member {
            Ty::Dispatcher(kernel) => {
                let declared = self.cx.declared(kernel);
                declared.kind == JitKind::Jit && declared.signatures.is_empty()
            }
            _ => false,
        };
        members.len() > 1 && members.iter().all(open) && self.alike(members)
    }

    fn dict_display(&mut self, inst: &Inst, dst: VarId, items: &[(Use, Use)]) {
        let items: Option<Vec<(Ty, Ty)>> =
            items.iter().map(|(key, value)| Some((self.ty(*key)?, self.ty(*value)?))).collect();
        let Some(items) = items else { return };
        let outcome = display::dict_display(&items);
        let args = items.into_iter().flat_map(|(key, value)| [key, value]).collect();
        self.settle(inst, Some(dst), "{}", Callee::Other, args, outcome);
    }

    fn slice(&mut self, inst: &Inst, dst: VarId, bounds: [Option<Use>; 3]) {
        let mut types = Vec::with_capacity(3);
        for bound in bounds {
            match bound {
                None => types.push(None),
                Some(bound) => match self.ty(bound) {
                    Some(ty) => types.push(Some(ty)),
                    None => return,
                },
            }
        }
        let outcome = display::slice(types[0].as_ref(), types[1].as_ref(), types[2].as_ref());
        let args = types.into_iter().flatten().collect();
        self.settle(inst, Some(dst), "slice", Callee::Other, args, outcome);
    }

    fn set_item(&mut self, inst: &Inst, target: Use, index: Use, value: Use) {
        let (Some(target_ty), Some(index_ty), Some(value_ty)) =
            (self.ty(target), self.ty(index), self.ty(value))
        else {
            return;
        };
        let item = [index_ty.clone(), value_ty.clone()];
        if self.special(inst, None, &target_ty, &["setitem"], &item, "[] =") {
            return;
        }
        let outcome = index::setitem(&target_ty, &index_ty, &value_ty);
        let args = vec![target_ty, index_ty, value_ty];
        if let Outcome::Known(Typed { refine: Some(refined), .. }) = &outcome {
            self.add_refining(target.var, refined.clone(), inst.origin);
        }
        // An unknown item leaves it open what an empty container holds from here on.
        if let Outcome::Hole(why) = &outcome
            && !args[0].is_precise()
            && !args[0].is_hole()
        {
            self.add_refining(target.var, Ty::Hole(why.clone()), inst.origin);
        }
        self.settle(inst, None, "[] =", Callee::SetItem, args, outcome);
    }

    fn attribute(&mut self, inst: &Inst, dst: VarId, target: Use, name: &Name) {
        let Some(recv) = self.ty(target) else { return };
        match &recv {
            Ty::Module(module) => match self.cx.member(module, name) {
                NameValue::Ty(ty) => self.add(dst, ty, inst.origin),
                NameValue::Refused(kind) => self.report(inst.origin, None, kind),
            },
            // So that the call of a function of a foreign module names the function.
            // What an operator makes of a member is no member: it only does not know its type for the same reason.
            Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path))
                if modules::is_foreign(path) && self.is_member(target.var) =>
            {
                let path: Name = format!("{path}.{name}").into();
                let member = match crate::table::names::is_exception(&path) {
                    true => Ty::ExceptionClass(path),
                    false => Ty::Hole(Why::NotInTable(path)),
                };
                self.add(dst, member, inst.origin);
            }
            Ty::EnumClass(of) if self.cx.enum_has(&of.class, name) == Some(false) => {
                let refusal = Refusal { kind: RefusalKind::NoAttribute(name.clone()), arg: None };
                self.refuse(inst.origin, format!(".{name}"), refusal, vec![recv.clone()]);
            }
            Ty::JitClassInstance(class) if !class.1.iter().any(|(field, _)| field == name) => {
                self.instance_attribute(inst, dst, &recv, name);
            }
            _ => {
                let mut outcome = attr::attribute(&recv, name);
                if matches!(outcome, Outcome::Refused(_)) && self.cx.adds_attribute(name) {
                    match self.cx.added(&recv, name) {
                        Some(Adds::Attribute) => {
                            return self.call_added(inst, dst, &recv, name, Given::default());
                        }
                        Some(Adds::Method) => {
                            outcome = Outcome::known(Ty::Method(Arc::new((recv.clone(), name.clone()))));
                        }
                        None => {
                            outcome = Outcome::Hole(Why::NotModelled("an attribute that the project adds"))
                        }
                    }
                }
                if let Outcome::Known(typed) = &outcome
                    && matches!(typed.ret, Ty::Method(_))
                {
                    self.refines[dst.0 as usize] = Some(Refines::Receiver(target.var));
                    // A refined receiver gives another method type, which replaces the first.
                    let slot = &mut self.vars[dst.0 as usize];
                    if slot.hole.is_none() && slot.known.as_ref() != Some(&typed.ret) {
                        slot.known = Some(typed.ret.clone());
                        self.note_change(dst);
                    }
                    return;
                }
                self.settle(
                    inst,
                    Some(dst),
                    &format!(".{name}"),
                    display::attribute_callee(&recv, name),
                    vec![recv.clone()],
                    outcome,
                );
            }
        }
    }

    /// A method call refined its receiver: `x.append(1)` on `list(undefined)`.
    pub(super) fn refine_receiver(&mut self, func: Use, refined: Ty, origin: Origin) {
        if let Some(Refines::Receiver(receiver)) = self.refines[func.var.0 as usize] {
            self.add_refining(receiver, refined, origin);
        }
    }

    pub(super) fn terminator(&mut self, origin: Origin, term: &Terminator) {
        match term {
            Terminator::Branch { cond, .. } => {
                let Some(cond_ty) = self.ty(*cond) else { return };
                if let Outcome::Refused(refusal) = ops::truth(&cond_ty) {
                    let place = if cond.origin == Origin::NONE { origin } else { cond.origin };
                    self.refuse(place, "bool", refusal, vec![cond_ty]);
                }
            }
            Terminator::Raise(Some(value)) => {
                let Some(ty) = self.ty(*value) else { return };
                if ty.is_number() || matches!(ty, Ty::Literal(_) | Ty::None | Ty::Tuple(_) | Ty::Array(_)) {
                    let kind = RefusalKind::Other("only exceptions can be raised".into());
                    self.refuse(origin, "raise", Refusal { kind, arg: None }, vec![ty]);
                } else if let Ty::Exception(class) | Ty::ExceptionClass(class) = &ty
                    && beyond_exception(class)
                {
                    let kind = RefusalKind::Other(format!("`{class}` is no `Exception`").into());
                    self.refuse(origin, "raise", Refusal { kind, arg: None }, vec![ty]);
                }
            }
            Terminator::Return(_)
            | Terminator::Raise(None)
            | Terminator::Jump(_)
            | Terminator::Unreachable => {}
        }
    }
}

/// Whether operators wait no longer for the type of an operand.
fn is_operand(ty: &Ty) -> bool {
    ty.is_precise() || matches!(ty, Ty::Array(_))
}

/// Classes of Python that do not extend `Exception`.
fn beyond_exception(class: &str) -> bool {
    matches!(
        class,
        "BaseException" | "BaseExceptionGroup" | "GeneratorExit" | "KeyboardInterrupt" | "SystemExit"
    )
}

/// Numba refuses tuples of a thousand items as arguments.
fn too_long(ty: &Ty) -> bool {
    matches!(ty, Ty::Tuple(items) if items.len() >= 1000)
}
