//! The exception that a kernel has raised, until the caller takes it.

use std::cell::RefCell;

use crate::call::Exception;

thread_local! {
    static PENDING: RefCell<Option<Exception>> = const { RefCell::new(None) };
}

/// Sets the pending exception. The caller returns a status other than 0.
pub(crate) fn raise(class: &str, message: String, line: u32) {
    super::random::select(0);
    super::sweep::note_raise();
    PENDING.with(|pending| *pending.borrow_mut() = Some(Exception { class: class.into(), message, line }));
}

/// The pending exception, which is pending no longer.
pub(crate) fn take() -> Exception {
    PENDING.with(|pending| pending.borrow_mut().take()).unwrap_or_else(|| Exception {
        class: "SystemError".into(),
        message: "a kernel failed without an exception".into(),
        line: 0,
    })
}

/// Gives the pending exception a line, if it has none: that of the call of a library function.
pub(crate) extern "C" fn blame(line: u64) {
    PENDING.with(|pending| {
        if let Some(exception) = &mut *pending.borrow_mut() {
            exception.line = line as u32;
        }
    });
}
