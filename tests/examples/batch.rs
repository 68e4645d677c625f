//! dev only
use analyzer::query::InferRequest;
use analyzer::{FileLoader, Host, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;
struct Disk;
impl FileLoader for Disk {
    fn read(&self, p: &Path) -> Option<String> {
        std::fs::read_to_string(p).ok()
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&a[1]).unwrap();
    let root = PathBuf::from(&a[2]);
    let host = Host::new(Arc::new(Disk), Settings { roots: vec![root.clone()], ..Settings::default() });
    std::panic::set_hook(Box::new(|_| {}));
    for line in text.lines() {
        let v: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut options = vec![];
        if let Some(o) = v["options"].as_object() {
            for (k, x) in o {
                options.push((k.clone(), x.to_string()));
            }
        }
        let req = InferRequest {
            path: root.join(v["file"].as_str().unwrap()),
            function: v["function"].as_str().unwrap().into(),
            line: v["line"].as_u64().map(|l| l as u32),
            args: v["args"].as_array().map(|a| a.iter().map(|x| x.as_str().unwrap().to_string()).collect()),
            options,
        };
        let snap = host.snapshot();
        let r = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| snap.infer(&req)));
        let out = match r {
            Ok(Ok(x)) => {
                serde_json::json!({"id": v["id"], "verdict": match x.verdict { analyzer::infer::Verdict::Ok => "ok", analyzer::infer::Verdict::Error => "error", _ => "unknown" }, "return_type": x.return_type,
              "locals": x.locals.iter().map(|(n, t)| (n.to_string(), serde_json::json!(t))).collect::<serde_json::Map<_,_>>(),
              "diagnostics": x.diagnostics.iter().map(|d| serde_json::json!({"code": d.code, "line": d.line, "column": d.column, "message": d.message})).collect::<Vec<_>>(), "why": x.why})
            }
            Ok(Err(e)) => serde_json::json!({"id": v["id"], "verdict": "unknown", "why": [e]}),
            Err(p) => {
                serde_json::json!({"id": v["id"], "verdict": "unknown", "why": [format!("PANIC {}", p.downcast_ref::<String>().cloned().or(p.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or("?".into()))]})
            }
        };
        println!("{out}");
    }
}
