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
    std::thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap().join().unwrap();
}
fn run() {
    let a: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&a[1]).unwrap();
    let root = PathBuf::from(&a[2]);
    let generate = a.len() > 3;
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
        let r = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let x = snap.infer(&req)?;
            if x.verdict != analyzer::infer::Verdict::Ok { return Ok(("nok".to_string(), String::new())); }
            match snap.mono(&req) {
                Err(e) => Ok(("unsupported".to_string(), format!("{} @{:?}", e.why, e.line))),
                Ok(p) => if generate { match codegen::compile(&p, &Default::default()) {
                    Ok(_) => Ok(("ok".into(), String::new())),
                    Err(e) => Ok(("codegen".into(), e.to_string())),
                }} else { Ok(("ok".into(), String::new())) },
            }
        }));
        let out = match r {
            Ok(Ok((s, w))) => serde_json::json!({"id": v["id"], "status": s, "why": w}),
            Ok(Err(e)) => { let e: String = e; serde_json::json!({"id": v["id"], "status": "nok", "why": e}) }
            Err(_) => serde_json::json!({"id": v["id"], "status": "panic", "why": "panic"}),
        };
        println!("{out}");
    }
}
