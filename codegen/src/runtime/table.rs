//! Sets and dicts: hash tables that keep the order of insertion.

use analyzer::mono::MonoTy;
use rustc_hash::FxHashMap;

use crate::lower::repr;

use super::object::{Header, KIND_TABLE, jc_decref, jc_incref, new_object, str_points};

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
    value_objects: u64,
    entries: Vec<Option<Entry>>,
    index: FxHashMap<Vec<Hashed>, usize>,
    /// Deleted entries still in `entries`.
    holes: usize,
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
        value_objects: repr::slot_mask(value).1,
        entries: Vec::new(),
        index: FxHashMap::default(),
        holes: 0,
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
            table.holes += 1;
        }
        if table.index.is_empty() {
            table.entries.clear();
            table.holes = 0;
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
        table.holes = 0;
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

/// Adds to the count of every object that an entry's slots hold.
pub(crate) fn retain(object: *mut Header, key: &[u64], value: &[u64]) {
    let (keys, values) = with(object, |table| (table.key_objects, table.value_objects));
    each_object(key, keys, jc_incref);
    each_object(value, values, jc_incref);
}

/// Frees what a table object owns, not the object itself.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(super) fn free_table(object: *mut Header) {
    clear(object);
    // SAFETY: `extra` is the box that `new_table` leaked, and this is the last use of the object.
    drop(unsafe { Box::from_raw((*object).extra as *mut Table) });
}
