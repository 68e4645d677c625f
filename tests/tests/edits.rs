//! After any edit the incremental answer is the one that a fresh analysis gives.
//!
//! Files are edited at random: characters, words, lines, moves, undo, renames. By default a few hundred edits over the
//! examples of the rules' pages; `JITCHECK_EDITS=10000 JITCHECK_EDITED=DIRECTORY` edits copies of the Python files
//! below a directory, and `JITCHECK_SEED` makes another choice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use analyzer::{FileLoader, Host, Settings};
use fastrand::Rng;
use jitcheck_tests::blocks;
use jitcheck_tests::mutate::change;

/// The project's files in memory: what is on disk for the analyzer.
#[derive(Clone, Default)]
struct Files(Arc<Mutex<BTreeMap<PathBuf, String>>>);

impl FileLoader for Files {
    fn read(&self, path: &Path) -> Option<String> {
        self.0.lock().expect("no reader panics").get(path).cloned()
    }
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn project() -> (PathBuf, BTreeMap<PathBuf, String>) {
    if let Some(root) = setting("JITCHECK_EDITED") {
        let root = PathBuf::from(root);
        let mut files = BTreeMap::new();
        collect(&root, &mut files);
        return (root, files);
    }
    let root = PathBuf::from("/project");
    let pages = blocks(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer/src/rules"));
    let mut files: BTreeMap<PathBuf, String> = pages
        .iter()
        .enumerate()
        .map(|(index, block)| (root.join(format!("page{index}.py")), block.text.clone()))
        .collect();
    // Files that need one another, so that an edit of one changes the answers about the other.
    let caller = "from shared import scale, WIDTH\nfrom numba import njit\n\n\n@njit(\"float64(float64)\")\ndef call(x):\n    y = scale(x)\n    return y[WIDTH]\n";
    let callee = "from numba import njit\n\nWIDTH = 3\n\n\n@njit\ndef scale(x):\n    return x * WIDTH\n";
    files.insert(root.join("caller.py"), caller.to_owned());
    files.insert(root.join("shared.py"), callee.to_owned());
    (root, files)
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py")
            && let Ok(text) = std::fs::read_to_string(&path)
            && text.contains("numba")
            && text.len() < 200_000
        {
            files.insert(path, text);
        }
    }
}

/// One editor, and what it did to each file.
struct Session {
    host: Host,
    files: Files,
    settings: Settings,
    undo: Vec<(PathBuf, String)>,
    rng: Rng,
}

impl Session {
    fn set(&mut self, path: &Path, text: Option<String>) {
        let mut files = self.files.0.lock().expect("no reader panics");
        match &text {
            Some(text) => files.insert(path.to_path_buf(), text.clone()),
            None => files.remove(path),
        };
        drop(files);
        self.host.set_text(path, text.as_deref());
    }

    /// Everything that a user sees of a file.
    fn seen(host: &Host, path: &Path, length: usize) -> String {
        let snapshot = host.snapshot();
        format!(
            "{:#?}\n{:#?}\n{:#?}",
            snapshot.diagnostics(path),
            snapshot.kernels(path),
            snapshot.inlay_hints(path, 0, length as u32)
        )
    }

    /// The answers about a file, and those of a host that knows no earlier text.
    fn compare(&self, path: &Path, step: usize) {
        let length = self.files.read(path).map_or(0, |text| text.len());
        let fresh = Host::new(Arc::new(self.files.clone()), self.settings.clone());
        let (old, new) = (Session::seen(&self.host, path, length), Session::seen(&fresh, path, length));
        assert_eq!(
            old,
            new,
            "edit {step}, {}:\n{}",
            path.display(),
            self.files.read(path).unwrap_or_default()
        );
    }

    fn edit(&mut self, path: &Path) -> PathBuf {
        let text = self.files.read(path).expect("the file is there");
        if self.rng.u8(..40) == 0 {
            let renamed = path.with_file_name(format!("renamed{}.py", self.rng.u32(..)));
            self.set(path, None);
            self.set(&renamed, Some(text));
            return renamed;
        }
        if self.rng.u8(..5) == 0
            && let Some(back) = self.undo.iter().rposition(|(edited, _)| edited == path)
        {
            let (_, before) = self.undo.remove(back);
            self.set(path, Some(before));
            return path.to_path_buf();
        }
        let edited = change(&text, &mut self.rng);
        self.undo.push((path.to_path_buf(), text));
        if self.undo.len() > 64 {
            self.undo.remove(0);
        }
        self.set(path, Some(edited));
        path.to_path_buf()
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a long run tells how far it is")]
fn edits_leave_the_answers_of_a_fresh_analysis() {
    let number =
        |name: &str, default: u64| setting(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (root, texts) = project();
    assert!(!texts.is_empty(), "there are files to edit");
    let settings = Settings { roots: vec![root], ..Settings::default() };
    let files = Files(Arc::new(Mutex::new(texts.clone())));
    let host = Host::new(Arc::new(files.clone()), settings.clone());
    let mut session =
        Session { host, files, settings, undo: Vec::new(), rng: Rng::with_seed(number("JITCHECK_SEED", 7)) };
    let mut paths: Vec<PathBuf> = texts.keys().cloned().collect();
    let mut current = 0;
    let edits = number("JITCHECK_EDITS", 400) as usize;
    for step in 0..edits {
        if step > 0 && step % 500 == 0 {
            eprintln!("{step} of {edits} edits");
        }
        // People stay in a file for a while.
        if session.rng.u8(..8) == 0 {
            current = session.rng.usize(..paths.len());
        }
        let path = paths[current].clone();
        paths[current] = session.edit(&path);
        session.compare(&paths[current], step);
        // An edit may change what is true of another file.
        let other = paths[session.rng.usize(..paths.len())].clone();
        session.compare(&other, step);
        // A file that was edited beyond recognition starts again.
        if session.rng.u8(..50) == 0
            && let Some(text) = texts.get(&paths[current])
        {
            session.set(&paths[current].clone(), Some(text.clone()));
        }
    }
}
