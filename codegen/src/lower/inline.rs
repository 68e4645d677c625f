//! Small functions become a part of their callers, so that what is known where they are called is known in them, and
//! the passes over loops see through them.
//!
//! A function is lowered for this in a form of its own, which returns every component of its result. Callees come
//! before their callers; a function that calls itself, through others or not, stays what it is.

use std::borrow::Cow;

use analyzer::mono::{FuncId, MonoFunction, MonoOp, MonoProgram};
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::function::FunctionParameters;
use cranelift_codegen::ir::{
    ExtFuncData, ExternalName, FuncRef, Function, GlobalValue, GlobalValueData, Inst, Opcode, Signature,
    UserExternalName, Value,
};
use cranelift_codegen::{CodegenResult, Context};
use rustc_hash::FxHashMap;

/// A function of more operations than these is not tried.
const MOST_OPS: usize = 120;
/// One of more of Cranelift's instructions than these is called.
const MOST_INSTS: usize = 160;
/// The instructions that one function takes in at most.
const MOST_GROWTH: usize = 2400;

/// The namespace of the calls that become the function itself.
const NAMESPACE: u32 = 3;

/// The functions that others take in.
#[derive(Default)]
pub(crate) struct Inlined {
    bodies: FxHashMap<FuncId, Body>,
    /// What the function that is lowered has taken in.
    grown: usize,
}

struct Body {
    func: Function,
    size: usize,
    fastmath: bool,
}

impl Inlined {
    /// Starts with another caller.
    pub(crate) fn start(&mut self) {
        self.grown = 0;
    }

    /// Puts the functions that [`Self::declare`] declared in the places of their calls. Returns whether there were any.
    pub(crate) fn put_into(&self, context: &mut Context) -> CodegenResult<bool> {
        let mut globals = context.func.global_values.len();
        let mut putter = Putter { bodies: &self.bodies, taken: Vec::new() };
        let any = context.inline(&mut putter)?;
        for body in putter.taken {
            globals = name_globals(&mut context.func, &body.func, globals);
        }
        // The machine has no call with so many results, not even one that is left nowhere.
        let Function { stencil, params, .. } = &mut context.func;
        for data in stencil.dfg.ext_funcs.values() {
            if inlined_function(params, &data.name).is_some() {
                stencil.dfg.signatures[data.signature].returns.clear();
            }
        }
        Ok(any)
    }

    /// Keeps the optimised code of a function, if it is small.
    pub(crate) fn keep(&mut self, id: FuncId, function: &MonoFunction, func: &Function) {
        let size = func.layout.blocks().map(|block| func.layout.block_insts(block).count()).sum();
        if size <= MOST_INSTS {
            let fastmath = function.options.fastmath;
            self.bodies.insert(id, Body { func: func.clone(), size, fastmath });
        }
    }

    /// Declares a call that becomes the function; `None` where it is to be called. Which sums may be reordered is
    /// said for a whole function.
    pub(crate) fn declare(
        &mut self,
        id: FuncId,
        caller: &MonoFunction,
        signature: impl FnOnce() -> Signature,
        func: &mut Function,
    ) -> Option<FuncRef> {
        let body = self.bodies.get(&id)?;
        if body.fastmath != caller.options.fastmath || self.grown + body.size > MOST_GROWTH {
            return None;
        }
        self.grown += body.size;
        let signature = func.import_signature(signature());
        let name = func.declare_imported_user_function(UserExternalName::new(NAMESPACE, id.0));
        let name = ExternalName::user(name);
        Some(func.import_function(ExtFuncData { name, signature, colocated: true, patchable: false }))
    }
}

/// Gives the symbols of an inlined function their names, which Cranelift leaves as they are numbered in that function.
/// Returns where the next function's begin.
fn name_globals(func: &mut Function, inlined: &Function, from: usize) -> usize {
    for (place, global) in (from..).zip(inlined.global_values.values()) {
        let GlobalValueData::Symbol { name: ExternalName::User(name), .. } = global else { continue };
        let name = func.declare_imported_user_function(inlined.params.user_named_funcs()[*name].clone());
        let global = &mut func.global_values[GlobalValue::from_u32(place as u32)];
        if let GlobalValueData::Symbol { name: own, .. } = global {
            *own = ExternalName::user(name);
        }
    }
    from + inlined.global_values.len()
}

struct Putter<'a> {
    bodies: &'a FxHashMap<FuncId, Body>,
    /// What was put in, in order.
    taken: Vec<&'a Body>,
}

impl Inline for Putter<'_> {
    fn inline(
        &mut self,
        caller: &Function,
        _: Inst,
        _: Opcode,
        callee: FuncRef,
        _: &[Value],
    ) -> InlineCommand<'_> {
        let id = inlined_function(&caller.params, &caller.dfg.ext_funcs[callee].name);
        match id.and_then(|id| self.bodies.get(&id)) {
            Some(body) => {
                self.taken.push(body);
                InlineCommand::Inline { callee: Cow::Borrowed(&body.func), visit_callee: false }
            }
            None => InlineCommand::KeepCall,
        }
    }
}

/// The function that a call becomes.
fn inlined_function(params: &FunctionParameters, name: &ExternalName) -> Option<FuncId> {
    let ExternalName::User(name) = name else { return None };
    let name = &params.user_named_funcs()[*name];
    (name.namespace == NAMESPACE).then_some(FuncId(name.index))
}

/// The functions that may become a part of their callers, callees first.
pub(crate) fn candidates(program: &MonoProgram) -> Vec<FuncId> {
    let mut search = Search { program, seen: vec![Seen::Not; program.functions.len()], order: Vec::new() };
    search.visit(FuncId(0));
    let Search { seen, mut order, .. } = search;
    order.retain(|id| {
        let function = &program.functions[id.0 as usize];
        let ops: usize = function.blocks.iter().map(|block| block.insts.len()).sum();
        id.0 != 0
            && seen[id.0 as usize] != Seen::InItself
            && ops <= MOST_OPS
            && !function.is_generator
            && !function.options.parallel
    });
    order
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Not,
    Open,
    Done,
    InItself,
}

struct Search<'p> {
    program: &'p MonoProgram,
    seen: Vec<Seen>,
    order: Vec<FuncId>,
}

impl Search<'_> {
    fn visit(&mut self, id: FuncId) {
        self.seen[id.0 as usize] = Seen::Open;
        let insts = self.program.functions[id.0 as usize].blocks.iter().flat_map(|block| &block.insts);
        for inst in insts {
            let (MonoOp::Call { func, .. } | MonoOp::Generator { func, .. }) = &inst.op else { continue };
            match self.seen[func.0 as usize] {
                Seen::Not => self.visit(*func),
                Seen::Open => self.seen[func.0 as usize] = Seen::InItself,
                Seen::Done | Seen::InItself => {}
            }
        }
        if self.seen[id.0 as usize] == Seen::Open {
            self.seen[id.0 as usize] = Seen::Done;
        }
        self.order.push(id);
    }
}
