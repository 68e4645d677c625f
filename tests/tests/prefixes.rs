//! Code that is being typed: every beginning of the example kernels is analysed without a panic.

use std::path::Path;
use std::sync::Arc;

use analyzer::{Host, NoFiles, Settings};

#[test]
fn every_prefix_of_a_kernel_is_analysed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
    let path = Path::new("/project/kernel.py");
    for entry in std::fs::read_dir(folder).expect("the kernels are there").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a kernel is text");
        let mut host = Host::new(Arc::new(NoFiles), Settings::default());
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            host.set_text(path, Some(&text[..end]));
            let snapshot = host.snapshot();
            // A message about what is not there yet would have an empty name in it.
            let nameless = snapshot.diagnostics(path).into_iter().find(|found| found.message.contains("``"));
            assert_eq!(nameless, None, "{}", &text[..end]);
            snapshot.kernels(path);
            snapshot.inlay_hints(path, 0, end as u32);
            snapshot.hover(path, end.saturating_sub(1) as u32);
        }
    }
}

#[test]
fn recursion_that_wraps_its_argument_again_and_again_ends() {
    let path = Path::new("/project/kernel.py");
    let wrapped =
        ["[n, 2.5]", "(n, n)", "[n, n]", "{1: n}", "{n}", "zip(n, n)", "enumerate(n)", "{'a': n, 'b': 1}"];
    for argument in wrapped {
        for rest in ["", " + f(n)"] {
            let text =
                format!("from numba import njit\n\n\n@njit\ndef f(n):\n    return f({argument}){rest}\n");
            let mut host = Host::new(Arc::new(NoFiles), Settings::default());
            host.set_text(path, Some(&text));
            host.snapshot().diagnostics(path);
        }
    }
}
