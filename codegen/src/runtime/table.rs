//! Sets and dicts: hash tables that keep the order of insertion.

use std::hash::{Hash, Hasher};

use analyzer::mono::MonoTy;
use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::lower::repr;

use super::object::{Header, KIND_TABLE, jc_decref, new_object, str_points};

/// How one slot of a key compares.
#[derive(Clone, Copy)]
enum Part {
    Bits,
    Float32,
    Float64,
    Str,
}

/// Slots of a key and of its value.
pub(crate) type Entry = (Box<[u64]>, Box<[u64]>);

pub(crate) struct Table {
    parts: Vec<Part>,
    key_objects: u64,
    values: usize,
    value_objects: u64,
    /// The entries in order of insertion, each the slots of a key and behind them those of its value.
    slots: Vec<u64>,
    /// By entry: whether it is still there.
    live: Vec<bool>,
    index: HashTable<usize>,
}

impl Part {
    /// What hashes and compares as Python's `==` does where it is not a string: zeros of either sign are one.
    fn bits(self, slot: u64) -> u64 {
        match self {
            Part::Float64 if f64::from_bits(slot) == 0.0 => 0,
            Part::Float32 if f32::from_bits(slot as u32) == 0.0 => 0,
            Part::Bits | Part::Str | Part::Float32 | Part::Float64 => slot,
        }
    }
}

impl Table {
    fn new(parts: Vec<Part>, key_objects: u64, values: usize, value_objects: u64) -> Table {
        let (slots, live, index) = (Vec::new(), Vec::new(), HashTable::new());
        Table { parts, key_objects, values, value_objects, slots, live, index }
    }

    fn entry(&self, place: usize) -> (&[u64], &[u64]) {
        let size = self.parts.len() + self.values;
        self.slots[place * size..][..size].split_at(self.parts.len())
    }

    fn value_mut(&mut self, place: usize) -> &mut [u64] {
        let (keys, size) = (self.parts.len(), self.parts.len() + self.values);
        &mut self.slots[place * size + keys..][..size - keys]
    }

    fn find(&self, key: &[u64]) -> Option<usize> {
        let same = |place: &usize| are_equal(&self.parts, self.entry(*place).0, key);
        self.index.find(hash(&self.parts, key), same).copied()
    }

    /// Adds an entry for a key that has none.
    fn add(&mut self, key: &[u64], value: &[u64]) {
        let place = self.live.len();
        self.slots.extend(key.iter().chain(value));
        self.live.push(true);
        let size = self.parts.len() + self.values;
        let (parts, slots) = (&self.parts, &self.slots);
        let of = |place: &usize| hash(parts, &slots[place * size..][..parts.len()]);
        self.index.insert_unique(hash(parts, key), place, of);
    }

    /// Takes an entry out. Its slots stay readable until the table is empty.
    fn take(&mut self, key: &[u64]) -> Option<Entry> {
        let place = self.find(key)?;
        let entry = self.index.find_entry(hash(&self.parts, key), |at| *at == place);
        entry.ok()?.remove();
        self.live[place] = false;
        let (key, value) = self.entry(place);
        let taken = (key.into(), value.into());
        if self.index.is_empty() {
            self.slots.clear();
            self.live.clear();
        }
        Some(taken)
    }

    fn live_from(&self, place: usize) -> impl Iterator<Item = (usize, (&[u64], &[u64]))> {
        (place..self.live.len()).filter(|at| self.live[*at]).map(|at| (at, self.entry(at)))
    }
}

fn hash(parts: &[Part], key: &[u64]) -> u64 {
    let mut hasher = FxHasher::default();
    for (part, slot) in parts.iter().zip(key) {
        match part {
            Part::Str => str_points(*slot as *const Header).hash(&mut hasher),
            part => hasher.write_u64(part.bits(*slot)),
        }
    }
    hasher.finish()
}

fn are_equal(parts: &[Part], a: &[u64], b: &[u64]) -> bool {
    parts.iter().zip(a.iter().zip(b)).all(|(part, (a, b))| match part {
        Part::Str => str_points(*a as *const Header) == str_points(*b as *const Header),
        part => part.bits(*a) == part.bits(*b),
    })
}

fn parts(ty: &MonoTy) -> Vec<Part> {
    let part = |component: repr::Component| match component.class {
        repr::Class::F32 => Part::Float32,
        repr::Class::F64 => Part::Float64,
        _ if component.object => Part::Str,
        _ => Part::Bits,
    };
    repr::components(ty).into_iter().map(part).collect()
}

/// An empty table, or null.
pub(crate) fn new_table(key: &MonoTy, value: &MonoTy) -> *mut Header {
    let (values, value_objects) = repr::slot_mask(value);
    let table = Table::new(parts(key), repr::slot_mask(key).1, values as usize, value_objects);
    new_object(KIND_TABLE, Box::into_raw(Box::new(table)) as u64)
}

#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
fn with<T>(object: *mut Header, work: impl FnOnce(&mut Table) -> T) -> T {
    // SAFETY: every table's `extra` is the box that `new_table` leaked; the caller holds a reference to the object,
    // no other borrow of the table exists because `work` never calls back into kernels.
    unsafe { work(&mut *((*object).extra as *mut Table)) }
}

fn count(object: *mut Header, len: usize) {
    super::object::set_len(object, len as u64);
}

fn each_object(slots: &[u64], objects: u64, work: extern "C" fn(*mut Header)) {
    for (slot, bits) in slots.iter().enumerate() {
        if objects >> slot & 1 == 1 {
            work(*bits as *mut Header);
        }
    }
}

/// Sets the value of a key. Takes over the references in the slots.
pub(crate) fn insert(object: *mut Header, key: &[u64], value: &[u64]) {
    let len = with(object, |table| {
        match table.find(key) {
            Some(place) => {
                each_object(key, table.key_objects, jc_decref);
                let objects = table.value_objects;
                let own = table.value_mut(place);
                each_object(own, objects, jc_decref);
                own.copy_from_slice(value);
            }
            None => table.add(key, value),
        }
        table.index.len()
    });
    count(object, len);
}

/// Every entry, in order; the table keeps the references.
pub(crate) fn entries(object: *mut Header) -> Vec<Entry> {
    with(object, |table| table.live_from(0).map(|(_, (key, value))| (key.into(), value.into())).collect())
}

pub(crate) fn clear(object: *mut Header) {
    let taken = with(object, |table| {
        let empty = Table::new(table.parts.clone(), table.key_objects, table.values, table.value_objects);
        std::mem::replace(table, empty)
    });
    for (_, (key, value)) in taken.live_from(0) {
        each_object(key, taken.key_objects, jc_decref);
        each_object(value, taken.value_objects, jc_decref);
    }
    count(object, 0);
}

/// Calls `each` for every object that a table holds.
pub(super) fn each_child(object: *mut Header, each: &mut dyn FnMut(*mut Header)) {
    with(object, |table| {
        for (_, (key, value)) in table.live_from(0) {
            for (slots, objects) in [(key, table.key_objects), (value, table.value_objects)] {
                let held = slots.iter().enumerate().filter(|(slot, _)| objects >> slot & 1 == 1);
                held.for_each(|(_, bits)| each(*bits as *mut Header));
            }
        }
    });
}

/// An empty table for machine code. `parts` says with two bits for each slot of a key how it compares.
pub(crate) extern "C" fn table_new(
    keys: u64,
    parts: u64,
    key_objects: u64,
    values: u64,
    value_objects: u64,
) -> u64 {
    let part = |slot: u64| match parts >> (2 * slot) & 3 {
        1 => Part::Float32,
        2 => Part::Float64,
        3 => Part::Str,
        _ => Part::Bits,
    };
    let table = Table::new((0..keys).map(part).collect(), key_objects, values as usize, value_objects);
    new_object(KIND_TABLE, Box::into_raw(Box::new(table)) as u64) as u64
}

/// Slots in the frame of machine code.
#[expect(unsafe_code, reason = "machine code passes slots of its frame")]
fn frame<'a>(address: u64, len: usize) -> &'a mut [u64] {
    // SAFETY: machine code passes the address of as many slots as the table's keys or values have, which nobody else
    // touches during the call.
    unsafe { std::slice::from_raw_parts_mut(address as *mut u64, len) }
}

fn sizes(object: *mut Header) -> (usize, usize) {
    with(object, |table| (table.parts.len(), table.values))
}

pub(crate) extern "C" fn table_insert(table: u64, key: u64, value: u64) {
    let object = table as *mut Header;
    let (keys, values) = sizes(object);
    insert(object, frame(key, keys), frame(value, values));
}

/// Copies the value of a key to `out`; 0 where there is none.
pub(crate) extern "C" fn table_get(table: u64, key: u64, out: u64) -> u64 {
    with(table as *mut Header, |table| match table.find(frame(key, table.parts.len())) {
        Some(place) => {
            frame(out, table.values).copy_from_slice(table.entry(place).1);
            1
        }
        None => 0,
    })
}

/// Moves the value of a key to `out` and removes it; 0 where there is none.
pub(crate) extern "C" fn table_remove(table: u64, key: u64, out: u64) -> u64 {
    let object = table as *mut Header;
    let (removed, len, objects) = with(object, |table| {
        let removed = table.take(frame(key, table.parts.len()));
        (removed, table.index.len(), table.key_objects)
    });
    count(object, len);
    let Some((key, value)) = removed else { return 0 };
    each_object(&key, objects, jc_decref);
    frame(out, value.len()).copy_from_slice(&value);
    1
}

/// Copies the entry at or after a place; gives the place after it, 0 where there is none.
pub(crate) extern "C" fn table_next(table: u64, place: u64, keys_out: u64, values_out: u64) -> u64 {
    with(table as *mut Header, |table| match table.live_from(place as usize).next() {
        Some((at, (key, value))) => {
            frame(keys_out, key.len()).copy_from_slice(key);
            frame(values_out, value.len()).copy_from_slice(value);
            at as u64 + 1
        }
        None => 0,
    })
}

pub(crate) extern "C" fn table_clear(table: u64) {
    clear(table as *mut Header);
}

/// Frees what a table object owns, not the object itself.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(super) fn free_table(object: *mut Header) {
    clear(object);
    // SAFETY: `extra` is the box that `new_table` leaked, and this is the last use of the object.
    drop(unsafe { Box::from_raw((*object).extra as *mut Table) });
}
