//! Reference-counted heap objects that kernels and the caller share: array buffers, lists and strings.
//!
//! Counts are not atomic: an object belongs to one thread, which the raw pointer inside [`Object`] enforces.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use super::sweep;

/// What an object is, which decides how it is freed.
pub(crate) const KIND_BUFFER: u64 = 0;
pub(crate) const KIND_LIST: u64 = 1;
pub(crate) const KIND_STR: u64 = 2;
pub(crate) const KIND_TABLE: u64 = 3;

/// The part of `kind` that is one of these.
const KIND_MASK: u64 = 0xff;

/// The count of an object that is never freed, such as a string constant.
pub(crate) const IMMORTAL: i64 = 1 << 62;

/// The first 64 bytes of every object. Machine code knows these offsets.
#[repr(C)]
pub(crate) struct Header {
    pub(crate) count: i64,
    pub(crate) kind: u64,
    /// Behind the header for buffers and strings, a separate allocation for lists.
    pub(crate) data: *mut u8,
    /// Bytes of a buffer, items of a list, code points of a string.
    pub(crate) len: u64,
    /// Items that a list has room for.
    pub(crate) cap: u64,
    /// Eight-byte slots that one item of a list takes.
    pub(crate) slots: u64,
    /// Which slots of an item hold objects, one bit each.
    pub(crate) objects: u64,
    /// A table's key type and storage.
    pub(crate) extra: u64,
}

pub(crate) const HEADER_SIZE: usize = 64;
pub(crate) const OFFSET_DATA: i32 = 16;
pub(crate) const OFFSET_LEN: i32 = 24;
pub(crate) const OFFSET_CAP: i32 = 32;
/// Alignment of objects and of the data of arrays.
pub(crate) const ALIGN: usize = 64;

const _: () = assert!(size_of::<Header>() == HEADER_SIZE);

/// How many objects of this thread are alive. For tests of leaks.
pub fn live_objects() -> i64 {
    sweep::count() as i64
}

fn inline_layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.checked_add(HEADER_SIZE)?, ALIGN).ok()
}

/// Memory for a list's items.
fn items_layout(cap: u64, slots: u64) -> Option<Layout> {
    let bytes = usize::try_from(cap.checked_mul(slots)?.checked_mul(8)?).ok()?;
    Layout::from_size_align(bytes, 8).ok()
}

#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
fn new_inline(kind: u64, bytes: usize, len: u64, zeroed: bool) -> *mut Header {
    let Some(layout) = inline_layout(bytes) else {
        return std::ptr::null_mut();
    };
    // SAFETY: the layout is not empty, it contains the header; the header is written before anybody reads it, and
    // it fits because the block is HEADER_SIZE bytes longer than the data.
    unsafe {
        let memory = if zeroed { alloc_zeroed(layout) } else { alloc(layout) };
        if memory.is_null() {
            return std::ptr::null_mut();
        }
        let header = memory.cast::<Header>();
        header.write(Header {
            count: 1,
            kind: sweep::register(header, kind),
            data: memory.add(HEADER_SIZE),
            len,
            cap: 0,
            slots: 0,
            objects: 0,
            extra: 0,
        });
        header
    }
}

/// An object without data of its own but `extra`, or null.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) fn new_object(kind: u64, extra: u64) -> *mut Header {
    let header = new_inline(kind, 0, 0, false);
    if !header.is_null() {
        // SAFETY: the header was made just now and nobody else knows it.
        unsafe { (*header).extra = extra };
    }
    header
}

/// Sets the length that `len()` reads.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) fn set_len(object: *mut Header, len: u64) {
    // SAFETY: the caller holds a reference to the object, and no Rust reference to the header is held anywhere.
    unsafe { (*object).len = len };
}

/// A buffer of so many bytes with one reference, or null.
pub(crate) extern "C" fn jc_buffer_new(bytes: u64, zeroed: u64) -> *mut Header {
    match usize::try_from(bytes) {
        Ok(size) if size < isize::MAX as usize => new_inline(KIND_BUFFER, size, bytes, zeroed != 0),
        _ => std::ptr::null_mut(),
    }
}

/// An empty list whose items take `slots` slots, those in `objects` holding objects; or null.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) extern "C" fn jc_list_new(slots: u64, objects: u64, cap: u64) -> *mut Header {
    let header = new_inline(KIND_LIST, 0, 0, false);
    if header.is_null() {
        return header;
    }
    // SAFETY: the header was made just now and nobody else knows it.
    unsafe {
        (*header).slots = slots;
        (*header).objects = objects;
        (*header).data = std::ptr::null_mut();
    }
    if jc_list_reserve(header, cap) == 0 {
        jc_free(header);
        return std::ptr::null_mut();
    }
    header
}

/// Makes room for at least `cap` items; 0 if there is no memory.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) extern "C" fn jc_list_reserve(list: *mut Header, cap: u64) -> u64 {
    // SAFETY: machine code passes a list it holds a reference to; its data and cap describe one live allocation.
    unsafe {
        let list = &mut *list;
        if cap <= list.cap || list.slots == 0 {
            return 1;
        }
        let wanted = cap.max(list.cap.saturating_mul(2)).max(4);
        let Some(layout) = items_layout(wanted, list.slots) else {
            return 0;
        };
        let memory = match items_layout(list.cap, list.slots) {
            Some(old) if !list.data.is_null() => std::alloc::realloc(list.data, old, layout.size()),
            _ => alloc(layout),
        };
        if memory.is_null() {
            return 0;
        }
        list.data = memory;
        list.cap = wanted;
        1
    }
}

/// A string of these code points, or null.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) fn new_str(points: &[u32]) -> *mut Header {
    let header = new_inline(KIND_STR, points.len() * 4, points.len() as u64, false);
    if !header.is_null() {
        // SAFETY: the block has room for the points behind the header and was made just now.
        unsafe { std::ptr::copy_nonoverlapping(points.as_ptr(), (*header).data.cast(), points.len()) };
    }
    header
}

/// The code points of a string object; none for null.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) fn str_points<'a>(text: *const Header) -> &'a [u32] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: a string's data holds `len` initialised code points for as long as somebody holds a reference, and
    // nobody writes to a string.
    unsafe { std::slice::from_raw_parts((*text).data.cast(), (*text).len as usize) }
}

/// The text of a string object. Code points that Rust cannot hold become U+FFFD.
pub(crate) fn str_text(text: *const Header) -> String {
    str_points(text).iter().map(|point| char::from_u32(*point).unwrap_or('\u{fffd}')).collect()
}

#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) extern "C" fn jc_incref(object: *mut Header) {
    if !object.is_null() {
        // SAFETY: the caller holds a reference, so the object is alive.
        unsafe { (*object).count += 1 };
    }
}

#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) extern "C" fn jc_decref(object: *mut Header) {
    if object.is_null() {
        return;
    }
    // SAFETY: the caller gives up a reference it holds, so the object is alive until the count reaches zero.
    unsafe {
        (*object).count -= 1;
        if (*object).count == 0 {
            jc_free(object);
        }
    }
}

/// Drops the references that the items from `from` to `to` hold.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) fn drop_items(list: *mut Header, from: u64, to: u64) {
    // SAFETY: the caller holds the list; its items below `len` are initialised and `to` is at most `len`.
    unsafe {
        let (slots, objects, data) = ((*list).slots, (*list).objects, (*list).data.cast::<*mut Header>());
        if objects == 0 {
            return;
        }
        for item in from..to {
            for slot in (0..slots).filter(|slot| objects >> slot & 1 == 1) {
                jc_decref(*data.add((item * slots + slot) as usize));
            }
        }
    }
}

/// All of an object's `kind`.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(super) fn kind_bits(object: *const Header) -> u64 {
    // SAFETY: the object is in the register of live ones.
    unsafe { (*object).kind }
}

#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(super) fn set_kind(object: *mut Header, kind: u64) {
    // SAFETY: the object is in the register of live ones, and no Rust reference to the header is held anywhere.
    unsafe { (*object).kind = kind };
}

/// Calls `each` for every object that an object holds a reference to.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(super) fn each_child(object: *mut Header, each: &mut dyn FnMut(*mut Header)) {
    // SAFETY: the object is alive; the items of a list below `len` are initialised.
    unsafe {
        match (*object).kind & KIND_MASK {
            KIND_LIST if (*object).objects != 0 => {
                let (slots, objects) = ((*object).slots, (*object).objects);
                let data = (*object).data.cast::<*mut Header>();
                for item in 0..(*object).len {
                    for slot in (0..slots).filter(|slot| objects >> slot & 1 == 1) {
                        each(*data.add((item * slots + slot) as usize));
                    }
                }
            }
            KIND_TABLE => super::table::each_child(object, each),
            _ => {}
        }
    }
}

/// Empties a list or a table.
pub(super) fn clear(object: *mut Header) {
    match kind_bits(object) & KIND_MASK {
        KIND_LIST => clear_list(object),
        KIND_TABLE => super::table::clear(object),
        _ => {}
    }
}

/// Empties a list.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) fn clear_list(list: *mut Header) {
    // SAFETY: the caller holds a reference to the list, and no Rust reference to the header is held anywhere.
    let len = unsafe { (*list).len };
    drop_items(list, 0, len);
    set_len(list, 0);
}

/// Frees an object whose last reference is gone.
#[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
pub(crate) extern "C" fn jc_free(object: *mut Header) {
    // SAFETY: the count is zero, so nobody else reaches the object; the layouts are those it was allocated with.
    unsafe {
        let inline = match (*object).kind & KIND_MASK {
            KIND_BUFFER => (*object).len as usize,
            KIND_STR => (*object).len as usize * 4,
            KIND_TABLE => {
                super::table::free_table(object);
                0
            }
            _ => {
                drop_items(object, 0, (*object).len);
                if let (Some(layout), false) =
                    (items_layout((*object).cap, (*object).slots), (*object).data.is_null())
                {
                    dealloc((*object).data, layout);
                }
                0
            }
        };
        if let Some(layout) = inline_layout(inline) {
            if let Some((moved, place)) = sweep::unregister((*object).kind) {
                set_kind(moved, sweep::moved(kind_bits(moved), place));
            }
            dealloc(object.cast(), layout);
        }
    }
}

/// A counted reference to an object, held by Rust.
#[derive(Debug)]
pub(crate) struct Object(NonNull<Header>);

impl Object {
    /// Takes over a reference that somebody gives up.
    pub(crate) fn from_raw(raw: *mut Header) -> Option<Object> {
        NonNull::new(raw).map(Object)
    }

    pub(crate) fn as_ptr(&self) -> *mut Header {
        self.0.as_ptr()
    }

    /// Gives the reference away.
    pub(crate) fn into_raw(self) -> *mut Header {
        let raw = self.0.as_ptr();
        std::mem::forget(self);
        raw
    }

    #[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
    fn header(&self) -> &Header {
        // SAFETY: this handle keeps the object alive, and headers change only inside calls, during which the
        // reference is not held.
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn len(&self) -> usize {
        self.header().len as usize
    }

    pub(crate) fn address(&self) -> u64 {
        self.header().data as u64
    }

    /// Copies bytes out of the data. Panics outside of it.
    #[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
    pub(crate) fn read(&self, offset: usize, out: &mut [u8]) {
        assert!(
            offset.checked_add(out.len()).is_some_and(|end| end <= self.byte_len()),
            "read past the object"
        );
        // SAFETY: the range is inside the data, and `out` is memory of Rust's that cannot overlap it.
        unsafe {
            std::ptr::copy_nonoverlapping(self.header().data.add(offset), out.as_mut_ptr(), out.len());
        }
    }

    /// Copies bytes into the data. Panics outside of it.
    #[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) {
        assert!(
            offset.checked_add(bytes.len()).is_some_and(|end| end <= self.byte_len()),
            "write past the object"
        );
        // SAFETY: the range is inside the data, `bytes` cannot overlap it, and no reference into data is ever made.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.header().data.add(offset), bytes.len());
        }
    }

    fn byte_len(&self) -> usize {
        let header = self.header();
        match header.kind & KIND_MASK {
            KIND_BUFFER => header.len as usize,
            KIND_STR => header.len as usize * 4,
            _ => (header.len * header.slots * 8) as usize,
        }
    }

    /// Grows or shrinks a list; new items are uninitialised and must be written next, dropped ones are released.
    #[expect(unsafe_code, reason = "objects live outside Rust's ownership because machine code shares them")]
    pub(crate) fn set_list_len(&self, len: usize) -> bool {
        if jc_list_reserve(self.as_ptr(), len as u64) == 0 {
            return false;
        }
        // SAFETY: the handle keeps the list alive and no reference to its header exists here.
        unsafe { (*self.as_ptr()).len = len as u64 };
        true
    }
}

impl Clone for Object {
    fn clone(&self) -> Object {
        jc_incref(self.as_ptr());
        Object(self.0)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        jc_decref(self.as_ptr());
    }
}
