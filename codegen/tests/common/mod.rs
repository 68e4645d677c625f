//! What the tests share: a kernel from its text.

use std::path::Path;
use std::sync::Arc;

use analyzer::query::InferRequest;
use analyzer::{Host, NoFiles, Settings};
use codegen::{CompileOptions, Compiled, compile};

/// Compiles the function `f` of a module for these types.
pub(crate) fn compiled(text: &str, args: &[&str], options: &CompileOptions) -> Compiled {
    let mut host = Host::new(Arc::new(NoFiles), Settings::default());
    let path = Path::new("/test.py");
    host.set_text(path, Some(text));
    let request = InferRequest {
        path: path.into(),
        function: "f".into(),
        line: None,
        args: Some(args.iter().map(|arg| (*arg).to_string()).collect()),
        options: Vec::new(),
    };
    let program = host.snapshot().mono(&request).expect("the kernel passes the gate");
    compile(&program, options).expect("what passes the gate compiles")
}
