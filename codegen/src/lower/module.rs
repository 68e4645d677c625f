//! One Cranelift module for a program: its functions and the trampoline into the first.

use std::fmt::Write;

use analyzer::mono::{FuncId as MonoFuncId, MonoFunction, MonoIter, MonoOp, MonoProgram, MonoTy, Op};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, MemFlagsData, Signature, UserFuncName, types};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, ir};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{DataId, FuncId, Linkage, Module};
use rustc_hash::FxHashMap;

use crate::call::Compiled;
use crate::compile::{CompileError, CompileOptions, OptLevel, Stats, timed};
use crate::object::{Recorder, define_data};
use crate::opt;
use crate::opt::clif::Rows;
use crate::opt::clif::outline::Outside;
use crate::runtime::object::{HEADER_SIZE, IMMORTAL, KIND_STR};
use crate::runtime::symbols::Rt;
use crate::runtime::vector_math;

use super::func::FnLower;
use super::inline::{self, Inlined};
use super::repr::components;

/// What becomes of a function.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    /// Machine code that is called.
    Own,
    /// A part of its callers.
    Part,
}

/// The module and what has been declared in it.
pub(crate) struct Env<'p> {
    pub(crate) module: JITModule,
    pub(crate) program: &'p MonoProgram,
    pub(crate) options: CompileOptions,
    pub(crate) stats: Stats,
    /// The machine with Cranelift's optimiser, if it is wanted.
    optimizer: Option<OwnedTargetIsa>,
    /// Frees an object and keeps every register, so that a release at the end of a function costs its loops nothing.
    free: FuncId,
    /// Functions of the runtime that keep every register, too: they find their arguments at an address, and put their
    /// result there.
    kept: FxHashMap<Rt, FuncId>,
    funcs: FxHashMap<MonoFuncId, FuncId>,
    inlined: Inlined,
    /// The functions that are compiled, in the order in which calls of them were met.
    wanted: Vec<MonoFuncId>,
    runtime: FxHashMap<Rt, FuncId>,
    strings: FxHashMap<String, DataId>,
    data: FxHashMap<Vec<u8>, DataId>,
    recorder: Option<Recorder>,
    /// The tests of the loops over `prange` of the function that was lowered last.
    pub(crate) pranges: Vec<ir::Block>,
}

/// Lowers and compiles every function.
pub(crate) fn build(program: &MonoProgram, options: &CompileOptions) -> Result<Compiled, CompileError> {
    let mut env = Env::new(program, *options)?;
    let (mut clif, mut asm) = (String::new(), String::new());
    let mut builder_context = FunctionBuilderContext::new();
    let mut context = env.module.make_context();
    for id in env.optimizer.as_ref().map(|_| inline::candidates(program)).unwrap_or_default() {
        let function = &program.functions[id.0 as usize];
        env.lower(id, Form::Part, &mut context, &mut builder_context)?;
        env.inlined.keep(id, function, &context.func);
        env.module.clear_context(&mut context);
    }
    // What is only ever a part of others is not compiled for itself.
    env.function(MonoFuncId(0));
    let mut next = 0;
    while let Some(id) = env.wanted.get(next).copied() {
        next += 1;
        let function = &program.functions[id.0 as usize];
        env.lower(id, Form::Own, &mut context, &mut builder_context)?;
        let parts = env.outline(function, &mut context);
        if env.optimizer.is_some() {
            env.optimize_part(function, &mut context)?;
        }
        let declared = env.function(id);
        env.define(declared, &function.name, &mut context, &mut clif, &mut asm)?;
        for (id, part) in parts {
            context.func = part;
            env.optimize_part(function, &mut context)?;
            env.define(id, &format!("{}.prange", function.name), &mut context, &mut clif, &mut asm)?;
        }
    }
    env.define_thunk(env.free, &mut context, &mut builder_context, &|env, builder, object| {
        let callee = env.runtime_in(Rt::Free, builder.func);
        builder.ins().call(callee, &[object]);
    })?;
    env.define_kept(&mut context, &mut builder_context)?;
    let entry = env.trampoline(&mut context, &mut builder_context, &mut clif, &mut asm)?;
    let mut codegen = std::time::Duration::ZERO;
    timed(&mut codegen, || env.module.finalize_definitions()).map_err(internal)?;
    env.stats.codegen += codegen;
    env.stats.functions = program.functions.len();
    env.stats.linalg = env.kept.contains_key(&Rt::Linalg);
    let address = env.module.get_finalized_function(entry);
    let first = &program.functions[0];
    let params: Vec<MonoTy> =
        first.params.iter().map(|param| first.values[param.0 as usize].ty.clone()).collect();
    let object =
        env.recorder.take().and_then(|recorder| recorder.finish(&env.module, entry, &params, &first.ret));
    let compiled = Compiled::new(env.module, address, params, first.ret.clone(), clif, asm, env.stats);
    Ok(compiled.with_object(object))
}

fn internal(error: impl std::fmt::Debug) -> CompileError {
    CompileError(format!("the code generator failed: {error:?}"))
}

/// The machine, with this much of Cranelift's scalar optimiser.
fn host_isa(opt: &str) -> Result<OwnedTargetIsa, CompileError> {
    let mut flags = settings::builder();
    for (name, value) in [
        ("use_colocated_libcalls", "false"),
        ("is_pic", "false"),
        ("opt_level", opt),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
    ] {
        flags.set(name, value).map_err(internal)?;
    }
    let isa = cranelift_native::builder()
        .map_err(|why| CompileError(format!("this machine is not supported: {why}")))?;
    isa.finish(settings::Flags::new(flags)).map_err(internal)
}

/// A module that knows the functions of the runtime.
pub(crate) fn empty_module() -> Result<JITModule, CompileError> {
    // The optimiser runs before the passes over loops, so it must not run again when the code is made.
    let mut builder = JITBuilder::with_isa(host_isa("none")?, Box::new(libcall_name));
    builder.symbols(Rt::ALL.iter().map(|rt| (rt.symbol().name, rt.symbol().address)));
    // Nothing is looked up in the process: a name that is not in the table is our own mistake.
    builder.symbol_lookup_fn(Box::new(|name| panic!("the runtime has no function `{name}`")));
    Ok(JITModule::new(builder))
}

impl<'p> Env<'p> {
    fn new(program: &'p MonoProgram, options: CompileOptions) -> Result<Env<'p>, CompileError> {
        let mut module = empty_module()?;
        let free =
            module.declare_function("free", Linkage::Local, &free_signature(&module)).map_err(internal)?;
        Ok(Env {
            module,
            free,
            kept: FxHashMap::default(),
            program,
            options,
            stats: Stats::default(),
            optimizer: match options.opt {
                OptLevel::None => None,
                OptLevel::Speed => Some(host_isa("speed")?),
            },
            funcs: FxHashMap::default(),
            inlined: Inlined::default(),
            wanted: Vec::new(),
            runtime: FxHashMap::default(),
            strings: FxHashMap::default(),
            data: FxHashMap::default(),
            recorder: options.keep_object.then(Recorder::default),
            pranges: Vec::new(),
        })
    }

    /// Parameters are the components of the parameters (of the generator itself where there is one). Returned are the
    /// status and the components of the result; machine code of its own returns only one, and puts more at an address
    /// that it is given first.
    pub(crate) fn signature(&self, function: &MonoFunction, form: Form) -> Signature {
        let mut signature = self.module.make_signature();
        let ret = components(&function.ret);
        if form == Form::Own && ret.len() > 1 {
            signature.params.push(AbiParam::new(types::I64));
        }
        let given: Vec<MonoTy> = if function.is_generator {
            vec![MonoTy::Iter(Box::new(MonoIter::Generator(MonoTy::Unit)))]
        } else {
            function.params.iter().map(|param| function.values[param.0 as usize].ty.clone()).collect()
        };
        let given = given.iter().flat_map(components);
        signature.params.extend(given.map(|component| AbiParam::new(component.class.clif())));
        signature.returns.push(AbiParam::new(types::I64));
        if form == Form::Part || ret.len() == 1 {
            signature.returns.extend(ret.iter().map(|component| AbiParam::new(component.class.clif())));
        }
        signature
    }

    pub(crate) fn func_in(&mut self, callee: MonoFuncId, func: &mut Function) -> ir::FuncRef {
        let id = self.function(callee);
        self.module.declare_func_in_func(id, func)
    }

    /// Declares the machine code of a function, which is compiled then.
    fn function(&mut self, id: MonoFuncId) -> FuncId {
        if let Some(declared) = self.funcs.get(&id) {
            return *declared;
        }
        let function = &self.program.functions[id.0 as usize];
        let name = format!("f{}.{}", id.0, function.name);
        let signature = self.signature(function, Form::Own);
        let declared = self.module.declare_function(&name, Linkage::Local, &signature);
        let declared = declared.expect("a function is declared once, with one signature");
        self.funcs.insert(id, declared);
        self.wanted.push(id);
        declared
    }

    /// The function as a part of the one that is lowered, if it may become that.
    pub(crate) fn inlined_in(
        &mut self,
        callee: MonoFuncId,
        caller: &MonoFunction,
        func: &mut Function,
    ) -> Option<ir::FuncRef> {
        let mut inlined = std::mem::take(&mut self.inlined);
        let function = &self.program.functions[callee.0 as usize];
        let declared = inlined.declare(callee, caller, || self.signature(function, Form::Part), func);
        self.inlined = inlined;
        declared
    }

    pub(crate) fn free_in(&mut self, func: &mut Function) -> ir::FuncRef {
        self.module.declare_func_in_func(self.free, func)
    }

    /// The function that calls one of the runtime's and keeps every register.
    pub(crate) fn kept_in(&mut self, rt: Rt, func: &mut Function) -> ir::FuncRef {
        let id = match self.kept.get(&rt) {
            Some(id) => *id,
            None => {
                let (name, signature) = (format!("{}.kept", rt.symbol().name), free_signature(&self.module));
                let id = self.module.declare_function(&name, Linkage::Local, &signature);
                let id = id.expect("a function is declared once, with one signature");
                self.kept.insert(rt, id);
                id
            }
        };
        self.module.declare_func_in_func(id, func)
    }

    pub(crate) fn runtime_in(&mut self, rt: Rt, func: &mut Function) -> ir::FuncRef {
        let id = match self.runtime.get(&rt) {
            Some(id) => *id,
            None => {
                let symbol = rt.symbol();
                let mut signature = self.module.make_signature();
                signature.params.extend(symbol.params.iter().map(|ty| AbiParam::new(*ty)));
                signature.returns.extend(symbol.ret.map(AbiParam::new));
                let id = self
                    .module
                    .declare_function(symbol.name, Linkage::Import, &signature)
                    .expect("a runtime function is declared once, with one signature");
                self.runtime.insert(rt, id);
                id
            }
        };
        self.module.declare_func_in_func(id, func)
    }

    /// A string object that is never freed.
    pub(crate) fn string_in(&mut self, text: &str, func: &mut Function) -> ir::GlobalValue {
        let id = match self.strings.get(text) {
            Some(id) => *id,
            None => {
                let points: Vec<u32> = text.chars().map(u32::from).collect();
                let mut bytes = Vec::with_capacity(HEADER_SIZE + points.len() * 4);
                for word in [IMMORTAL as u64, KIND_STR, 0, points.len() as u64, 0, 0, 0, 0] {
                    bytes.extend(word.to_le_bytes());
                }
                points.iter().for_each(|point| bytes.extend(point.to_le_bytes()));
                let id = self.define_data(bytes, Some(HEADER_SIZE as u32));
                self.strings.insert(text.into(), id);
                id
            }
        };
        self.module.declare_data_in_func(id, func)
    }

    /// Constant bytes, aligned to 64.
    pub(crate) fn bytes_in(&mut self, bytes: &[u8], func: &mut Function) -> ir::GlobalValue {
        let id = match self.data.get(bytes) {
            Some(id) => *id,
            None => {
                let id = self.define_data(bytes.to_vec(), None);
                self.data.insert(bytes.to_vec(), id);
                id
            }
        };
        self.module.declare_data_in_func(id, func)
    }

    /// As [`define_data`], noted for the object.
    fn define_data(&mut self, bytes: Vec<u8>, own: Option<u32>) -> DataId {
        if let Some(recorder) = &mut self.recorder {
            recorder.data(&bytes, own);
        }
        define_data(&mut self.module, bytes, own)
    }

    /// Lowers a function, with the small ones that it calls in their places, and optimises it but for its loops.
    fn lower(
        &mut self,
        id: MonoFuncId,
        form: Form,
        context: &mut Context,
        builder_context: &mut FunctionBuilderContext,
    ) -> Result<(), CompileError> {
        let function = &self.program.functions[id.0 as usize];
        self.inlined.start();
        let mut lower = std::time::Duration::ZERO;
        timed(&mut lower, || {
            let signature = self.signature(function, form);
            context.func = Function::with_name_signature(UserFuncName::user(0, id.0), signature);
            FnLower::lower(self, function, form, &mut context.func, builder_context);
        });
        self.stats.lower += lower;
        let Some(isa) = self.optimizer.clone() else { return Ok(()) };
        let mut taken = std::time::Duration::ZERO;
        let [mut threaded, mut unrolled] = [0, 0];
        timed(&mut taken, || {
            if self.inlined.put_into(context)? {
                threaded = opt::clif::thread::run(context);
                context.eliminate_unreachable_code(&*isa)?;
            }
            context.optimize(&*isa, &mut ControlPlane::default())?;
            // What was different in each round is constant then, and the loop around may be an innermost one.
            loop {
                let written = opt::clif::unroll::run(context, &self.pranges);
                if written == 0 {
                    return Ok(());
                }
                unrolled += written;
                context.optimize(&*isa, &mut ControlPlane::default())?;
            }
        })
        .map_err(|error: cranelift_codegen::CodegenError| internal(error))?;
        self.stats.codegen += taken;
        for (name, times) in [("inline", threaded), ("unroll", unrolled)] {
            if times > 0 {
                self.note(&[(name, times)]);
            }
        }
        Ok(())
    }

    fn optimize_part(&mut self, function: &MonoFunction, context: &mut Context) -> Result<(), CompileError> {
        let rows = self.rows(&mut context.func);
        let mut taken = std::time::Duration::ZERO;
        // The partial sums of a parallel loop have no order, so those of a function without other loops have none.
        let reorder = function.options.fastmath || (function.options.parallel && has_only_prange(function));
        let fired = timed(&mut taken, || opt::clif::run(context, reorder, &rows));
        self.stats.codegen += taken;
        self.note(&fired);
        if let Some(isa) = self.optimizer.as_ref().filter(|_| cfg!(debug_assertions)) {
            cranelift_codegen::verify_function(&context.func, &**isa).map_err(internal)?;
        }
        Ok(())
    }

    fn note(&mut self, fired: &[(&'static str, usize)]) {
        for (name, times) in fired {
            match self.stats.passes.iter_mut().find(|(seen, _)| seen == name) {
                Some((_, total)) => *total += times,
                None => self.stats.passes.push((name, *times)),
            }
        }
    }

    /// Makes functions of the loops over `prange` that several threads may run.
    fn outline(&mut self, function: &MonoFunction, context: &mut Context) -> Vec<(FuncId, Function)> {
        let headers = std::mem::take(&mut self.pranges);
        if self.optimizer.is_none() {
            return Vec::new();
        }
        let by_id: FxHashMap<u32, Rt> = self.runtime.iter().map(|(rt, id)| (id.as_u32(), *rt)).collect();
        let is_pure = |func: &Function, callee: ir::FuncRef| match &func.dfg.ext_funcs[callee].name {
            ir::ExternalName::User(name) => {
                by_id.get(&func.params.user_named_funcs()[*name].index).is_some_and(|rt| rt.is_pure())
            }
            _ => false,
        };
        let mut ids = Vec::new();
        let mut declare = |func: &mut Function, signature: Signature| {
            let name = format!("{}.{}.prange{}", func.name, function.name, ids.len());
            let id = self.module.declare_function(&name, Linkage::Local, &signature);
            let id = id.expect("the name is new");
            ids.push(id);
            [self.module.declare_func_in_func(id, func), self.runtime_in(Rt::Parallel, func)]
        };
        let mut outside = Outside { is_pure: &is_pure, declare: &mut declare };
        let parts = opt::clif::outline::run(context, &headers, &mut outside);
        if !parts.is_empty() {
            self.note(&[("prange", parts.len())]);
        }
        ids.into_iter().zip(parts).collect()
    }

    /// For the functions of floats that are called: those that compute several at once.
    fn rows(&mut self, func: &mut Function) -> Rows {
        let mut rows = Rows::default();
        if !vector_math::is_available() {
            return rows;
        }
        let known = [
            (Rt::Sin, Rt::SinRow),
            (Rt::Cos, Rt::CosRow),
            (Rt::Exp, Rt::ExpRow),
            (Rt::Log, Rt::LogRow),
            (Rt::Pow, Rt::PowerRow),
        ];
        for (one, row) in known {
            let Some(id) = self.runtime.get(&one).copied() else { continue };
            let names = func.params.user_named_funcs();
            let called: Vec<ir::FuncRef> = func
                .dfg
                .ext_funcs
                .iter()
                .filter(|(_, data)| {
                    matches!(data.name, ir::ExternalName::User(name) if names[name].index == id.as_u32())
                })
                .map(|(callee, _)| callee)
                .collect();
            for callee in called {
                let row = self.runtime_in(row, func);
                rows.insert(callee, (row, one == Rt::Pow));
            }
        }
        rows
    }

    fn define(
        &mut self,
        id: FuncId,
        name: &str,
        context: &mut Context,
        clif: &mut String,
        asm: &mut String,
    ) -> Result<(), CompileError> {
        if self.options.emit_clif {
            let _ = writeln!(clif, ";; {name}\n{}", context.func.display());
        }
        context.set_disasm(self.options.emit_asm);
        let mut codegen = std::time::Duration::ZERO;
        let defined = timed(&mut codegen, || self.module.define_function(id, context));
        self.stats.codegen += codegen;
        if let Err(error) = defined {
            return Err(CompileError(format!(
                "the code generator failed on `{name}`: {error:?}\n{}",
                context.func.display()
            )));
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.function(id, context);
        }
        if let Some(code) = context.compiled_code() {
            self.stats.code_size += code.code_info().total_size as usize;
            if let Some(listing) = &code.vcode {
                let _ = writeln!(asm, ";; {name}\n{listing}");
            }
        }
        self.module.clear_context(context);
        Ok(())
    }

    /// Defines what [`Self::kept_in`] declared.
    fn define_kept(
        &mut self,
        context: &mut Context,
        builder_context: &mut FunctionBuilderContext,
    ) -> Result<(), CompileError> {
        let mut kept: Vec<(Rt, FuncId)> = self.kept.iter().map(|(rt, id)| (*rt, *id)).collect();
        kept.sort_by_key(|(_, id)| id.as_u32());
        for (rt, id) in kept {
            let symbol = rt.symbol();
            self.define_thunk(id, context, builder_context, &|env, builder, at| {
                let flags = MemFlagsData::trusted();
                let callee = env.runtime_in(rt, builder.func);
                let args: Vec<ir::Value> = (0..)
                    .zip(symbol.params)
                    .map(|(place, ty)| builder.ins().load(*ty, flags, at, place * 8))
                    .collect();
                let call = builder.ins().call(callee, &args);
                if symbol.ret.is_some() {
                    let result = builder.inst_results(call)[0];
                    builder.ins().store(flags, result, at, 0);
                }
            })?;
        }
        Ok(())
    }

    /// A function of one word that keeps every register.
    fn define_thunk(
        &mut self,
        id: FuncId,
        context: &mut Context,
        builder_context: &mut FunctionBuilderContext,
        body: &dyn Fn(&mut Self, &mut FunctionBuilder<'_>, ir::Value),
    ) -> Result<(), CompileError> {
        context.func =
            Function::with_name_signature(UserFuncName::user(2, id.as_u32()), free_signature(&self.module));
        let mut builder = FunctionBuilder::new(&mut context.func, builder_context);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        let word = builder.block_params(block)[0];
        body(self, &mut builder, word);
        builder.ins().return_(&[]);
        builder.seal_all_blocks();
        builder.finalize(self.module.target_config());
        self.define(id, "thunk", context, &mut String::new(), &mut String::new())
    }

    /// `extern "C" fn(*mut u64) -> i64`: loads the arguments from slots, calls the entry, stores the result.
    fn trampoline(
        &mut self,
        context: &mut Context,
        builder_context: &mut FunctionBuilderContext,
        clif: &mut String,
        asm: &mut String,
    ) -> Result<FuncId, CompileError> {
        let mut signature = self.module.make_signature();
        signature.params.push(AbiParam::new(types::I64));
        signature.returns.push(AbiParam::new(types::I64));
        let id = self.module.declare_function("trampoline", Linkage::Local, &signature).map_err(internal)?;
        context.func = Function::with_name_signature(UserFuncName::user(1, 0), signature);
        let entry = &self.program.functions[0];
        let callee = self.func_in(MonoFuncId(0), &mut context.func);
        let mut builder = FunctionBuilder::new(&mut context.func, builder_context);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        let slots = builder.block_params(block)[0];
        let flags = MemFlagsData::trusted();
        let ret = components(&entry.ret);
        let mut args = if ret.len() > 1 { vec![slots] } else { Vec::new() };
        let tys: Vec<&MonoTy> = entry.params.iter().map(|param| &entry.values[param.0 as usize].ty).collect();
        for (slot, component) in tys.iter().flat_map(|ty| components(ty)).enumerate() {
            args.push(builder.ins().load(component.class.clif(), flags, slots, slot as i32 * 8));
        }
        let call = builder.ins().call(callee, &args);
        let results = builder.inst_results(call).to_vec();
        if ret.len() == 1 {
            builder.ins().store(flags, results[1], slots, 0);
        }
        builder.ins().return_(&[results[0]]);
        builder.seal_all_blocks();
        builder.finalize(self.module.target_config());
        self.define(id, "trampoline", context, clif, asm)?;
        Ok(id)
    }
}

fn free_signature(module: &JITModule) -> Signature {
    let mut signature = module.make_signature();
    signature.call_conv = CallConv::PreserveAll;
    signature.params.push(AbiParam::new(types::I64));
    signature
}

/// Cranelift's own calls into the C library, where an instruction set lacks something.
fn libcall_name(libcall: ir::LibCall) -> String {
    match libcall {
        ir::LibCall::CeilF64 => Rt::Ceil,
        ir::LibCall::FloorF64 => Rt::Floor,
        ir::LibCall::TruncF64 => Rt::Trunc,
        ir::LibCall::NearestF64 => Rt::Rint,
        ir::LibCall::CeilF32 => Rt::Ceilf,
        ir::LibCall::FloorF32 => Rt::Floorf,
        ir::LibCall::TruncF32 => Rt::Truncf,
        ir::LibCall::NearestF32 => Rt::Rintf,
        other => return format!("{other}"),
    }
    .symbol()
    .name
    .into()
}

/// Whether all loops over ranges may run in parallel.
fn has_only_prange(function: &MonoFunction) -> bool {
    let ops = function.blocks.iter().flat_map(|block| &block.insts);
    !ops.into_iter().any(|inst| matches!(&inst.op, MonoOp::Apply { op: Op::Range, .. } | MonoOp::Call { .. }))
}
