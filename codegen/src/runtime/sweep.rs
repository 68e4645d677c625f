//! Frees what an exception left behind. Machine code drops its references on its way through a function, not on its
//! way out of it with an exception; so after a call in which one was raised, objects that were made during the call
//! and that nothing reaches any more are freed here.

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashSet;

use super::object::{self, Header};

/// The low byte of an object's `kind` says what it is, the next 24 bits the call that made it, the others where it
/// stands in the register.
const CALL_SHIFT: u32 = 8;
const PLACE_SHIFT: u32 = 32;
const CALL_MASK: u64 = 0xff_ffff;

thread_local! {
    /// Every object of this thread that is alive.
    static REGISTER: RefCell<Vec<*mut Header>> = const { RefCell::new(Vec::new()) };
    static CALL: Cell<u64> = const { Cell::new(0) };
    static RAISED: Cell<bool> = const { Cell::new(false) };
}

/// What an object's `kind` becomes once it is registered.
pub(super) fn register(object: *mut Header, kind: u64) -> u64 {
    REGISTER.with_borrow_mut(|register| {
        register.push(object);
        kind | CALL.get() << CALL_SHIFT | ((register.len() - 1) as u64) << PLACE_SHIFT
    })
}

/// Takes an object out of the register, before it is freed. Gives the object that has its place now, with its `kind`.
pub(super) fn unregister(kind: u64) -> Option<(*mut Header, u64)> {
    REGISTER.with_borrow_mut(|register| {
        let place = (kind >> PLACE_SHIFT) as usize;
        if place >= register.len() {
            return None;
        }
        register.swap_remove(place);
        register.get(place).map(|moved| (*moved, kind >> PLACE_SHIFT << PLACE_SHIFT))
    })
}

/// How many objects of this thread are alive.
pub(super) fn count() -> usize {
    REGISTER.with_borrow(Vec::len)
}

/// The low bits of a moved object's `kind` stay as they are.
pub(super) fn moved(kind: u64, place: u64) -> u64 {
    kind << PLACE_SHIFT >> PLACE_SHIFT | place
}

/// A call begins: what is made from now on belongs to it.
pub(crate) fn begin() {
    let mut call = CALL.get() + 1;
    if call > CALL_MASK {
        // The numbers begin again; whatever is alive is older than all of them.
        REGISTER.with_borrow(|register| {
            register.iter().for_each(|object| {
                let kind = object::kind_bits(*object);
                object::set_kind(*object, kind & !(CALL_MASK << CALL_SHIFT));
            });
        });
        call = 1;
    }
    CALL.set(call);
    RAISED.set(false);
}

/// An exception was raised in this call.
pub(crate) fn note_raise() {
    RAISED.set(true);
}

/// A call is over; `result` are the objects that it returned.
pub(crate) fn end(result: impl Iterator<Item = *mut Header>) {
    if !RAISED.replace(false) {
        return;
    }
    let call = CALL.get();
    let all = REGISTER.with_borrow(Clone::clone);
    let is_new = |object: &*mut Header| object::kind_bits(*object) >> CALL_SHIFT & CALL_MASK == call;
    let mut reached: FxHashSet<*mut Header> = FxHashSet::default();
    let mut todo: Vec<*mut Header> = all.iter().copied().filter(|object| !is_new(object)).collect();
    todo.extend(result);
    while let Some(object) = todo.pop() {
        if !object.is_null() && reached.insert(object) {
            object::each_child(object, &mut |child| todo.push(child));
        }
    }
    let garbage: Vec<*mut Header> =
        all.into_iter().filter(|object| is_new(object) && !reached.contains(object)).collect();
    // None of them is freed while another one still names it.
    garbage.iter().for_each(|object| object::jc_incref(*object));
    garbage.iter().for_each(|object| object::clear(*object));
    garbage.iter().for_each(|object| object::jc_free(*object));
}
