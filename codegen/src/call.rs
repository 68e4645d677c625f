//! Compiled programs: calling them and freeing them.
//!
//! A program is entered through one trampoline, `extern "C" fn(*mut u64) -> i64`. It loads the arguments' components
//! from slots, calls the kernel, stores the result's components to the slots and returns the status.

use analyzer::mono::MonoTy;
use cranelift_jit::JITModule;

use crate::compile::Stats;
use crate::lower::repr;
use crate::object::Object;
use crate::runtime::error;
use crate::runtime::object::{Header, jc_decref};
use crate::runtime::sweep;
use crate::value::Value;

mod marshal;

/// What a kernel raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// `ZeroDivisionError`
    pub class: String,
    /// `str(exception)`
    pub message: String,
    /// The line in the file, from 1; 0 where the exception has no line.
    pub line: u32,
}

/// A program's machine code. Freed when dropped.
pub struct Compiled {
    module: Option<JITModule>,
    entry: *const u8,
    params: Vec<MonoTy>,
    ret: MonoTy,
    clif: String,
    asm: String,
    stats: Stats,
    object: Option<Object>,
}

impl Compiled {
    pub(crate) fn new(
        module: JITModule,
        entry: *const u8,
        params: Vec<MonoTy>,
        ret: MonoTy,
        clif: String,
        asm: String,
        stats: Stats,
    ) -> Compiled {
        Compiled { module: Some(module), entry, params, ret, clif, asm, stats, object: None }
    }

    pub(crate) fn with_object(mut self, object: Option<Object>) -> Compiled {
        self.object = object;
        self
    }

    /// The types of the parameters.
    pub fn params(&self) -> &[MonoTy] {
        &self.params
    }

    /// The type of the result.
    pub fn ret(&self) -> &MonoTy {
        &self.ret
    }

    /// Cranelift's IR of every function, if it was asked for.
    pub fn clif(&self) -> &str {
        &self.clif
    }

    /// The assembly of every function, if it was asked for.
    pub fn asm(&self) -> &str {
        &self.asm
    }

    /// The machine code in a form that another process can load, if it was asked for and there is one.
    pub fn object(&self) -> Option<&Object> {
        self.object.as_ref()
    }

    /// Times and sizes of the compilation.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Calls the kernel. Arrays are shared with it; lists, sets and dicts are copied in, and copied back after.
    ///
    /// Arguments that are not what the code was compiled for raise `TypeError` without entering the kernel.
    pub fn call(&self, args: &mut [Value]) -> Result<Value, Exception> {
        let mut prepared = self.prepare(args)?;
        let status = prepared.run();
        prepared.read_back(args);
        if status != 0 {
            return Err(error::take());
        }
        Ok(prepared.result())
    }

    /// Converts arguments once, so that the same call can be timed many times over. See [`Prepared`].
    pub fn prepare(&self, args: &[Value]) -> Result<Prepared<'_>, Exception> {
        if args.len() != self.params.len() {
            return Err(type_error(format!("takes {} arguments, not {}", self.params.len(), args.len())));
        }
        let mut slots = Vec::new();
        let mut marked = Vec::new();
        for (index, (value, ty)) in args.iter().zip(&self.params).enumerate() {
            marked.push(slots.len());
            if let Err(why) = marshal::to_slots(value, ty, &mut slots) {
                release(&slots, &self.params[..index]);
                return Err(type_error(format!("argument {}: {why}", index + 1)));
            }
        }
        let n_args = slots.len();
        slots.resize(n_args.max(repr::components(&self.ret).len()), 0);
        Ok(Prepared {
            compiled: self,
            call_slots: slots.clone(),
            arg_slots: slots,
            n_args,
            marked,
            pending: false,
        })
    }
}

/// Arguments in the kernel's own representation, ready for any number of calls.
pub struct Prepared<'a> {
    compiled: &'a Compiled,
    /// The arguments' components; each holds its own references.
    arg_slots: Vec<u64>,
    /// What the trampoline reads and overwrites.
    call_slots: Vec<u64>,
    n_args: usize,
    /// Where each argument starts.
    marked: Vec<usize>,
    /// Whether `call_slots` holds a result that owns references.
    pending: bool,
}

impl Prepared<'_> {
    /// Calls the kernel and drops its result; an exception is returned.
    pub fn call(&mut self) -> Result<(), Exception> {
        if self.run() == 0 { Ok(()) } else { Err(error::take()) }
    }

    /// The result of the last call that returned.
    pub fn result(&mut self) -> Value {
        if !std::mem::take(&mut self.pending) {
            return Value::None;
        }
        marshal::from_slots(&self.compiled.ret, &mut self.call_slots.as_slice())
    }

    /// Copies what the kernel did to lists, sets and dicts back into the values they were made from.
    pub fn read_back(&self, args: &mut [Value]) {
        for ((value, ty), start) in args.iter_mut().zip(&self.compiled.params).zip(&self.marked) {
            marshal::read_back(value, ty, &self.arg_slots[*start..self.n_args]);
        }
    }

    #[expect(unsafe_code, reason = "compiled code is reached through a raw pointer")]
    fn run(&mut self) -> i64 {
        self.drop_result();
        self.call_slots[..self.n_args].copy_from_slice(&self.arg_slots[..self.n_args]);
        sweep::begin();
        // SAFETY: `entry` is the trampoline of a finished module that `compiled` keeps alive. It was compiled for
        // `params` and `ret`; `prepare` checked the arguments against `params` and made the slots long enough for
        // both. The objects in the slots are kept alive by the references in `arg_slots`.
        let status = unsafe {
            let entry: extern "C" fn(*mut u64) -> i64 = std::mem::transmute(self.compiled.entry);
            entry(self.call_slots.as_mut_ptr())
        };
        self.pending = status == 0;
        let result = if self.pending { repr::components(&self.compiled.ret) } else { Vec::new() };
        let objects = result.iter().zip(&self.call_slots).filter(|(component, _)| component.object);
        sweep::end(objects.map(|(_, slot)| *slot as *mut Header));
        status
    }

    fn drop_result(&mut self) {
        if std::mem::take(&mut self.pending) {
            release(&self.call_slots, std::slice::from_ref(&self.compiled.ret));
        }
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        self.drop_result();
        release(&self.arg_slots, &self.compiled.params);
    }
}

impl Drop for Compiled {
    #[expect(unsafe_code, reason = "the module's memory is freed by hand")]
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: every use of the code borrows `self`, so nothing of it runs now, and `entry` goes with it.
            // Objects that outlive the module hold no pointers into it: their layout is data in their headers.
            unsafe { module.free_memory() };
        }
    }
}

/// Drops the references that slots of these types hold.
fn release(slots: &[u64], tys: &[MonoTy]) {
    let objects = tys.iter().flat_map(repr::components);
    for (slot, component) in slots.iter().zip(objects) {
        if component.object {
            jc_decref(*slot as *mut Header);
        }
    }
}

fn type_error(message: String) -> Exception {
    Exception { class: "TypeError".into(), message, line: 0 }
}
