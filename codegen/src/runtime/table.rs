//! Sets and dicts: hash tables that keep the order of insertion.

use analyzer::mono::MonoTy;
use rustc_hash::FxHashMap;

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

/// A part of a key in the form that hashes and compares as Python's `==` does. A NaN equals no other.
#[derive(PartialEq, Eq, Hash, Clone)]
enum Hashed {
    Bits(u64),
    Str(Box<[u32]>),
}

/// Slots of a key and of its value.
pub(crate) type Entry = (Box<[u64]>, Box<[u64]>);

pub(crate) struct Table {
    parts: Vec<Part>,
    key_objects: u64,
    values: usize,
    value_objects: u64,
    entries: Vec<Option<Entry>>,
    index: FxHashMap<Vec<Hashed>, usize>,
}

impl Table {
    fn hash(&self, key: &[u64]) -> Vec<Hashed> {
        let of_float = |value: f64, bits| Hashed::Bits(if value == 0.0 { 0 } else { bits });
        key.iter()
            .zip(&self.parts)
            .map(|(bits, part)| match part {
                Part::Bits => Hashed::Bits(*bits),
                Part::Float64 => of_float(f64::from_bits(*bits), *bits),
                Part::Float32 => of_float(f64::from(f32::from_bits(*bits as u32)), *bits),
                Part::Str => Hashed::Str(str_points(*bits as *const Header).into()),
            })
            .collect()
    }
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
    let table = Table {
        parts: parts(key),
        key_objects: repr::slot_mask(key).1,
        values: repr::slot_mask(value).0 as usize,
        value_objects: repr::slot_mask(value).1,
        entries: Vec::new(),
        index: FxHashMap::default(),
    };
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
        let hash = table.hash(key);
        match table.index.get(&hash) {
            Some(&place) => {
                each_object(key, table.key_objects, jc_decref);
                if let Some(entry) = &mut table.entries[place] {
                    each_object(&entry.1, table.value_objects, jc_decref);
                    entry.1 = value.into();
                }
            }
            None => {
                table.index.insert(hash, table.entries.len());
                table.entries.push(Some((key.into(), value.into())));
            }
        }
        table.index.len()
    });
    count(object, len);
}

/// The slots of a key's value; the table keeps its references.
pub(crate) fn get(object: *mut Header, key: &[u64]) -> Option<Box<[u64]>> {
    with(object, |table| {
        let place = *table.index.get(&table.hash(key))?;
        table.entries[place].as_ref().map(|entry| entry.1.clone())
    })
}

/// Removes a key; the references of its value go to the caller.
pub(crate) fn remove(object: *mut Header, key: &[u64]) -> Option<Box<[u64]>> {
    let (removed, len) = with(object, |table| {
        let hash = table.hash(key);
        let removed = table.index.remove(&hash).and_then(|place| table.entries[place].take());
        if let Some((key, _)) = &removed {
            each_object(key, table.key_objects, jc_decref);
        }
        if table.index.is_empty() {
            table.entries.clear();
        }
        (removed, table.index.len())
    });
    count(object, len);
    removed.map(|(_, value)| value)
}

/// The entry at this place of the order or the next one there is, and its place.
pub(crate) fn entry_from(object: *mut Header, place: usize) -> Option<(usize, Entry)> {
    with(object, |table| {
        let found =
            table.entries.iter().enumerate().skip(place).find_map(|(at, entry)| Some((at, entry.as_ref()?)));
        found.map(|(at, (key, value))| (at, (key.clone(), value.clone())))
    })
}

/// Every entry, in order; the table keeps the references.
pub(crate) fn entries(object: *mut Header) -> Vec<Entry> {
    with(object, |table| table.entries.iter().flatten().cloned().collect())
}

pub(crate) fn clear(object: *mut Header) {
    let entries = with(object, |table| {
        table.index.clear();
        let masks = (table.key_objects, table.value_objects);
        (std::mem::take(&mut table.entries), masks)
    });
    let (entries, (keys, values)) = entries;
    for (key, value) in entries.into_iter().flatten() {
        each_object(&key, keys, jc_decref);
        each_object(&value, values, jc_decref);
    }
    count(object, 0);
}

/// Calls `each` for every object that a table holds.
pub(super) fn each_child(object: *mut Header, each: &mut dyn FnMut(*mut Header)) {
    with(object, |table| {
        for (key, value) in table.entries.iter().flatten() {
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
    let table = Table {
        parts: (0..keys).map(part).collect(),
        key_objects,
        values: values as usize,
        value_objects,
        entries: Vec::new(),
        index: FxHashMap::default(),
    };
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
    let object = table as *mut Header;
    let (keys, values) = sizes(object);
    match get(object, frame(key, keys)) {
        Some(value) => {
            frame(out, values).copy_from_slice(&value);
            1
        }
        None => 0,
    }
}

/// Moves the value of a key to `out` and removes it; 0 where there is none.
pub(crate) extern "C" fn table_remove(table: u64, key: u64, out: u64) -> u64 {
    let object = table as *mut Header;
    let (keys, values) = sizes(object);
    match remove(object, frame(key, keys)) {
        Some(value) => {
            frame(out, values).copy_from_slice(&value);
            1
        }
        None => 0,
    }
}

/// Copies the entry at or after a place; gives the place after it, 0 where there is none.
pub(crate) extern "C" fn table_next(table: u64, place: u64, keys_out: u64, values_out: u64) -> u64 {
    let object = table as *mut Header;
    let (keys, values) = sizes(object);
    match entry_from(object, place as usize) {
        Some((at, (key, value))) => {
            frame(keys_out, keys).copy_from_slice(&key);
            frame(values_out, values).copy_from_slice(&value);
            at as u64 + 1
        }
        None => 0,
    }
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
