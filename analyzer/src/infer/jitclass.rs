//! Instances of jitclasses: their constructor, methods and properties are functions of the project, which are typed
//! for the instance; operators and some builtins call methods by Python's names.

use crate::hir::body::{BinaryOp, CmpOp, Inst, UnaryOp, VarId};
use crate::hir::globals::ClassMember;
use crate::table::{Refusal, RefusalKind};
use crate::ty::{KernelRef, Name, Ty, Why};

use super::ProblemKind;
use super::call::Given;
use super::solve::Solver;

/// The fields of a class and its path, as types have them.
type Class = (Name, Vec<(Name, Ty)>);

impl Solver<'_> {
    fn member(&self, class: &Class, name: &str) -> ClassMember {
        match self.cx.class_member(&class.0, &name.into()) {
            // A field of an unknown name may be this one.
            ClassMember::Missing
                if class.1.iter().any(|(field, _)| &**field == crate::hir::globals::UNREAD) =>
            {
                ClassMember::Unknown
            }
            member => member,
        }
    }

    fn call_member(&mut self, inst: &Inst, dst: VarId, method: &KernelRef, recv: Option<&Ty>, given: Given) {
        let positional = recv.into_iter().cloned().chain(given.positional).collect();
        self.call_body(inst, dst, method, &Given { positional, keywords: given.keywords });
    }

    fn hole(&mut self, dst: Option<VarId>, inst: &Inst, why: Why) {
        match dst {
            Some(dst) => self.add(dst, Ty::Hole(why), inst.origin),
            None => self.callee_whys.push(why),
        }
    }

    /// `c.name`
    pub(super) fn instance_attribute(&mut self, inst: &Inst, dst: VarId, recv: &Ty, name: &Name) {
        let Ty::JitClassInstance(class) = recv else { return };
        match self.member(class, name) {
            ClassMember::Property { get: Some(get), .. } => {
                self.call_member(inst, dst, &get, Some(recv), Given::default());
            }
            ClassMember::Unknown => {
                self.hole(Some(dst), inst, Why::NotModelled("an attribute of a jitclass"))
            }
            ClassMember::Method(_) | ClassMember::Static(_) => {
                self.add(dst, Ty::Method(std::sync::Arc::new((recv.clone(), name.clone()))), inst.origin);
            }
            ClassMember::Property { get: None, .. } | ClassMember::Missing => {
                let refusal = Refusal { kind: RefusalKind::NoAttribute(name.clone()), arg: None };
                self.refuse(inst.origin, format!(".{name}"), refusal, vec![recv.clone()]);
            }
        }
    }

    /// `c.name(...)`
    pub(super) fn call_instance_method(
        &mut self,
        inst: &Inst,
        dst: VarId,
        recv: &Ty,
        name: &Name,
        given: Given,
    ) {
        let Ty::JitClassInstance(class) = recv else { return };
        match self.member(class, name) {
            ClassMember::Method(method) => self.call_member(inst, dst, &method, Some(recv), given),
            ClassMember::Static(method) => self.call_member(inst, dst, &method, None, given),
            _ => self.hole(Some(dst), inst, Why::NotModelled("a method of a jitclass")),
        }
    }

    /// `C(...)`: the constructor is typed for the instance, whose type is known.
    pub(super) fn call_jitclass(&mut self, inst: &Inst, dst: VarId, class: &Class, given: Given) {
        let instance = Ty::JitClassInstance(std::sync::Arc::new(class.clone()));
        match self.member(class, "__init__") {
            ClassMember::Method(init) => {
                // Numba passes on what is given, and neither names nor defaults.
                let takes = self.cx.body_of(&init).map_or(0, |body| body.params.len().saturating_sub(1));
                if !given.keywords.is_empty() || takes > given.positional.len() {
                    let sentence = "a jitclass is made with all arguments of `__init__`, by position";
                    let refusal = Refusal { kind: RefusalKind::Other(sentence.into()), arg: None };
                    self.refuse(inst.origin, class.0.clone(), refusal, given.positional);
                    return;
                }
                let positional = std::iter::once(instance.clone()).chain(given.positional).collect();
                let before = self.problems.len();
                let given = Given { positional, keywords: given.keywords };
                match self.result_of(inst, &init, &given) {
                    Some(Ty::None) | None => {}
                    Some(hole) if hole.is_hole() => self.callee_whys.extend(hole.why()),
                    Some(other) => {
                        let kind = RefusalKind::Other(format!("`__init__` returns {other}, not None").into());
                        self.refuse(inst.origin, "__init__", Refusal { kind, arg: None }, vec![other]);
                    }
                }
                if self.problems.len() == before {
                    self.add(dst, instance, inst.origin);
                }
            }
            _ => {
                self.callee_whys.push(Why::NotModelled("the constructor of a jitclass"));
                self.add(dst, instance, inst.origin);
            }
        }
    }

    /// `c.name = value`. Says whether it is settled: a field is for the rules of fields.
    pub(super) fn set_instance_attribute(
        &mut self,
        inst: &Inst,
        target: &Ty,
        name: &Name,
        value: &Ty,
    ) -> bool {
        let Ty::JitClassInstance(class) = target else { return false };
        if class.1.iter().any(|(field, _)| field == name) {
            return false;
        }
        match self.member(class, name) {
            ClassMember::Property { set: Some(set), .. } => {
                let given = Given { positional: vec![target.clone(), value.clone()], keywords: Vec::new() };
                if let Some(hole) = self.result_of(inst, &set, &given).filter(Ty::is_hole) {
                    self.callee_whys.extend(hole.why());
                }
            }
            ClassMember::Unknown => self.hole(None, inst, Why::NotModelled("an attribute of a jitclass")),
            _ => {
                let refusal = Refusal { kind: RefusalKind::NoAttribute(name.clone()), arg: None };
                let args = vec![target.clone(), value.clone()];
                self.refuse(inst.origin, format!(".{name} ="), refusal, args);
            }
        }
        true
    }

    /// An operation that calls the first of these methods that the class has. Says whether the operand is an instance.
    pub(super) fn special(
        &mut self,
        inst: &Inst,
        dst: Option<VarId>,
        recv: &Ty,
        names: &[&str],
        args: &[Ty],
        what: &str,
    ) -> bool {
        let Ty::JitClassInstance(class) = recv else { return false };
        for name in names {
            let method = match self.member(class, &format!("__{name}__")) {
                ClassMember::Method(method) => method,
                ClassMember::Missing => continue,
                _ => {
                    self.hole(dst, inst, Why::NotModelled("an operator of a jitclass"));
                    return true;
                }
            };
            let positional = std::iter::once(recv.clone()).chain(args.iter().cloned()).collect();
            let given = Given { positional, keywords: Vec::new() };
            match dst {
                Some(dst) => self.call_body(inst, dst, &method, &given),
                None => {
                    if let Some(hole) = self.result_of(inst, &method, &given).filter(Ty::is_hole) {
                        self.callee_whys.extend(hole.why());
                    }
                }
            }
            return true;
        }
        let all: Vec<Ty> = std::iter::once(recv.clone()).chain(args.iter().cloned()).collect();
        let refusal = Refusal { kind: RefusalKind::NoOverload(all.clone()), arg: None };
        self.report(inst.origin, None, ProblemKind::Refused { what: what.into(), refusal, args: all });
        true
    }
}

/// The methods that an operator on an instance calls, the first that exists.
pub(super) fn binary_methods(op: BinaryOp, in_place: bool) -> &'static [&'static str] {
    let methods: &[&str] = match op {
        BinaryOp::Add => &["iadd", "add"],
        BinaryOp::Sub => &["isub", "sub"],
        BinaryOp::Mult => &["imul", "mul"],
        BinaryOp::MatMult => return &[],
        BinaryOp::Div => &["itruediv", "truediv"],
        BinaryOp::FloorDiv => &["ifloordiv", "floordiv"],
        BinaryOp::Mod => &["imod", "mod"],
        BinaryOp::Pow => &["ipow", "pow"],
        BinaryOp::LShift => &["ilshift", "lshift"],
        BinaryOp::RShift => &["irshift", "rshift"],
        BinaryOp::BitAnd => &["iand", "and"],
        BinaryOp::BitOr => &["ior", "or"],
        BinaryOp::BitXor => &["ixor", "xor"],
    };
    if in_place { methods } else { &methods[1..] }
}

pub(super) fn unary_methods(op: UnaryOp) -> &'static [&'static str] {
    match op {
        UnaryOp::Neg => &["neg"],
        UnaryOp::Pos => &["pos"],
        UnaryOp::Invert => &["invert"],
        UnaryOp::Not => &["bool", "len"],
    }
}

/// `is` is not asked of the class. `!=` falls back to `==`.
pub(super) fn compare_methods(op: CmpOp) -> Option<&'static [&'static str]> {
    Some(match op {
        CmpOp::Eq => &["eq"],
        CmpOp::NotEq => &["ne", "eq"],
        CmpOp::Lt => &["lt"],
        CmpOp::LtE => &["le"],
        CmpOp::Gt => &["gt"],
        CmpOp::GtE => &["ge"],
        CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => return None,
    })
}

/// The method behind a builtin function of one instance.
pub(super) fn builtin_methods(path: &str) -> Option<&'static [&'static str]> {
    Some(match path {
        "builtins.len" => &["len"],
        "builtins.abs" => &["abs"],
        "builtins.hash" => &["hash"],
        "builtins.int" => &["int", "index"],
        "builtins.float" => &["float", "index"],
        _ => return None,
    })
}
