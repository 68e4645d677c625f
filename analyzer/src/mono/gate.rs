//! From one typed body and the callees it mentions to a whole program.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::hir::JitOptions;
use crate::hir::body::Origin;
use crate::infer::{ProblemKind, SpecKey, TypedBody, Verdict};
use crate::ty::{Const, KernelRef, Name};

use super::body::translate;
use super::{FuncId, MonoProgram, NotCompiled};

/// What the gate asks of the project.
pub trait Project {
    fn infer(&self, key: &SpecKey) -> Arc<TypedBody>;
    /// The line of a place in a function, from 1 in its file.
    fn line(&self, kernel: &KernelRef, origin: Origin) -> u32;
    /// The value of a name of the module or, if `free`, of an enclosing function.
    fn constant(&self, kernel: &KernelRef, name: &Name, free: bool) -> Option<Const>;
    /// The value of a parameter's default.
    fn default(&self, kernel: &KernelRef, param: &Name) -> Option<Const>;
    /// The value of an attribute of a module.
    fn member(&self, kernel: &KernelRef, module: &Name, attr: &Name) -> Option<Const>;
    /// The value of a member of the enum that a dotted name stands for.
    fn enum_value(&self, kernel: &KernelRef, path: &[Name], member: &Name) -> Option<Const>;
    /// The name of the function of `scipy.special` that a global is a pointer to.
    fn c_function(&self, kernel: &KernelRef, name: &Name) -> Option<Name>;
    /// The function of the prelude that has this name.
    fn prelude(&self, name: &str) -> Option<KernelRef>;
    /// The name of a function's last parameter.
    fn last_param(&self, kernel: &KernelRef) -> Option<Name>;
    /// The positions of the parameters that a function's body never reads.
    fn unread_params(&self, kernel: &KernelRef) -> Vec<usize>;
    fn is_prelude(&self, kernel: &KernelRef) -> bool;
}

/// The functions found so far, and those whose bodies are still to be translated.
pub(super) struct Gate<'a> {
    pub(super) project: &'a dyn Project,
    ids: FxHashMap<SpecKey, FuncId>,
    queue: VecDeque<(SpecKey, Arc<TypedBody>, Inherited)>,
    /// What the callees of the function being translated inherit from it.
    pub(super) inherited: Inherited,
}

/// Options that a callee has from the first caller that it is compiled for.
#[derive(Clone, Copy, Default)]
pub(super) struct Inherited {
    pub(super) fastmath: bool,
    pub(super) numpy_errors: bool,
}

impl MonoProgram {
    /// The program behind a specialization, or the value that stands in its way.
    pub fn from_typed(project: &dyn Project, key: &SpecKey) -> Result<MonoProgram, NotCompiled> {
        let mut gate = Gate {
            project,
            ids: FxHashMap::default(),
            queue: VecDeque::new(),
            inherited: Inherited::default(),
        };
        let mut functions = Vec::new();
        if project.infer(key).body.is_generator {
            let why =
                format!("`{}` gives a generator, which only other kernels can walk", key.kernel.qualname);
            return Err(NotCompiled { why, line: None });
        }
        gate.function(key)?;
        while let Some((key, typed, inherited)) = gate.queue.pop_front() {
            gate.inherited = Inherited {
                fastmath: inherited.fastmath || typed.options.fastmath,
                numpy_errors: inherited.numpy_errors || typed.options.numpy_errors,
            };
            functions.push(translate(&mut gate, &key, &typed)?);
        }
        Ok(MonoProgram { functions })
    }
}

impl Gate<'_> {
    /// The number of a callee; its body is translated later.
    pub(super) fn function(&mut self, key: &SpecKey) -> Result<FuncId, NotCompiled> {
        if let Some(id) = self.ids.get(key) {
            return Ok(*id);
        }
        let typed = self.project.infer(key);
        self.check(key, &typed)?;
        let id = FuncId(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
        self.ids.insert(key.clone(), id);
        self.queue.push_back((key.clone(), typed, self.inherited));
        Ok(id)
    }

    fn check(&self, key: &SpecKey, typed: &TypedBody) -> Result<(), NotCompiled> {
        let name = &key.kernel.qualname;
        if let Some(problem) = typed.problems.first()
            && typed.verdict() == Verdict::Error
        {
            let line = Some(self.project.line(&key.kernel, problem.origin));
            let what = match &problem.kind {
                ProblemKind::Refused { what, .. } => format!("Numba refuses `{what}` in `{name}`"),
                _ => format!("Numba refuses `{name}`"),
            };
            return Err(NotCompiled { why: what, line });
        }
        if typed.body.blocks.is_empty() {
            return Err(NotCompiled { why: format!("`{name}` cannot be read"), line: None });
        }
        Ok(())
    }
}

/// The options that functions of the prelude are compiled with.
pub(super) fn prelude_options() -> JitOptions {
    JitOptions { boundscheck: Some(false), ..JitOptions::default() }
}
