//! The functions of a file are found, and an edit runs again what it must.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::*;
use crate::db::{Database, Host, NoFiles, Settings};

const CODE: &str = "import numpy as np\nfrom numba import njit\n\nN = 3\n\n@njit\ndef f(x):\n    return x * N\n\n\n\
                    @njit\ndef g(x):\n    def inner(y):\n        return y\n    return inner(x)\n\n\
                    class C:\n    @staticmethod\n    @njit\n    def m(a, b=1):\n        return a\n\n\
                    if N:\n    @njit\n    def h(): return 1\nelse:\n    def h(): return 2\n";

fn file(host: &Host) -> (&Database, SourceFile) {
    let db = host.database();
    (db, db.source(Path::new("/m.py")))
}

fn host_of(text: &str) -> Host {
    let mut host = Host::new(Arc::new(NoFiles), Settings::default());
    host.set_text(Path::new("/m.py"), Some(text));
    host
}

#[test]
fn every_decorated_function_is_found_where_it_stands() {
    let host = host_of(CODE);
    let (db, file) = file(&host);
    let found: Vec<_> = kernels(db, file)
        .iter()
        .map(|item| (&*item.kernel.qualname, item.first_line, item.def_line))
        .collect();
    assert_eq!(found, [("f", 6, 7), ("g", 11, 12), ("C.m", 18, 20), ("h", 24, 25)]);
    let item = &kernels(db, file)[2];
    assert_eq!(&CODE[item.name_range.0 as usize..item.name_range.1 as usize], "m");
    assert!(CODE[item.range.0 as usize..].starts_with("@staticmethod"));
    assert_eq!(params(db, item.kernel.clone()), [("a".into(), None), ("b".into(), Some("1".into()))]);
}

#[test]
fn a_line_decides_between_functions_of_one_name() {
    let host = host_of(CODE);
    let (db, file) = file(&host);
    let ordinal = |line| find_function(db, file, "h", line).map(|kernel| kernel.ordinal);
    assert_eq!(ordinal(Some(24)), Some(0));
    assert_eq!(ordinal(Some(25)), Some(0));
    assert_eq!(ordinal(Some(27)), Some(1));
    assert_eq!(ordinal(None), Some(1));
    assert!(find_function(db, file, "g.<locals>.inner", None).is_some());
    assert_eq!(find_function(db, file, "nothing", None), None);
}

/// The queries that run again for what every function says, after an edit.
fn executed_after(edit: impl Fn(&str) -> String) -> Vec<String> {
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let writer = log.clone();
    let write = move |event: &str| {
        writer.lock().expect("no test panics while it holds the log").push(event.to_owned())
    };
    let mut host = Host::with_log(Arc::new(NoFiles), Settings::default(), Some(Arc::new(write)));
    host.set_text(Path::new("/m.py"), Some(CODE));
    let ask = |host: &Host| {
        let (db, file) = file(host);
        for item in kernels(db, file) {
            body(db, item.kernel.clone());
            source_map(db, item.kernel.clone());
            crate::hir::globals::global(db, file, &"N".into());
        }
    };
    ask(&host);
    log.lock().expect("no test panics while it holds the log").clear();
    host.set_text(Path::new("/m.py"), Some(&edit(CODE)));
    ask(&host);
    log.lock().expect("no test panics while it holds the log").clone()
}

fn count(events: &[String], query: &str) -> usize {
    events.iter().filter(|event| event.contains(query)).count()
}

#[test]
fn a_comment_between_functions_parses_and_lowers_nothing() {
    let events = executed_after(|text| text.replace("N = 3\n", "# about N\nN = 3\n"));
    for query in ["parsed(", "outline(", "lowered_function(", "declared_query(", "global_query("] {
        assert_eq!(count(&events, query), 0, "{query} of {events:#?}");
    }
}

#[test]
fn an_edit_in_one_function_parses_and_lowers_that_function_only() {
    let events = executed_after(|text| text.replace("x * N", "x * N + 1"));
    assert_eq!(count(&events, "parsed("), 1);
    assert_eq!(count(&events, "lowered_function("), 1);
    assert_eq!(count(&events, "global_query("), 0);
}
