//! Machine code kept between runs, so that the second run of a kernel types and compiles nothing.
//!
//! The server owns a directory; the commands that it starts find it in their environment. What a child compiled lies
//! there under everything that determined it: the request, and the texts of all files that were read. The server
//! itself never loads code: each run still happens in a process of its own, which links the code and then is confined
//! and limited like one that compiled it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use analyzer::FileLoader;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

use crate::files::Disk;
use crate::job::Job;

/// Names the directory in the environment of a command.
pub(crate) const ENVIRONMENT: &str = "JITCHECK_KEPT_CODE";

/// More kernels than somebody works on at a time.
const MOST: usize = 128;

const PREFIX: &str = "jitcheck-code-";

/// Where the child leaves what it compiled, in the directory of its request.
pub(crate) const LEFT: &str = "code.bin";

/// A directory of the server's, gone when the server ends.
pub(crate) fn directory() -> Option<TempDir> {
    remove_orphans(&std::env::temp_dir());
    tempfile::Builder::new().prefix(&format!("{PREFIX}{}-", std::process::id())).tempdir().ok()
}

/// A server that was killed could not remove its directory.
fn remove_orphans(parent: &Path) {
    if !Path::new("/proc/self").exists() {
        return;
    }
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if owner.is_some_and(|pid| pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// What stands before the code in a file of the directory, on a line of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    /// What was asked for.
    key: String,
    /// The files that were read, with what was in them; `None` for those that do not exist.
    files: BTreeMap<PathBuf, Option<u64>>,
    /// The folders that were listed, with which files were there.
    folders: BTreeMap<PathBuf, u64>,
    pub specialization: Vec<String>,
    pub result_type: Option<String>,
    pub passes: Vec<(String, usize)>,
    pub linalg: bool,
}

impl Head {
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Head, &[u8])> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        Some((serde_json::from_slice(&bytes[..end]).ok()?, &bytes[end + 1..]))
    }

    fn is_current(&self) -> bool {
        self.files.iter().all(|(path, seen)| Disk.read(path).map(|text| hash(&text)) == *seen)
            && self.folders.iter().all(|(path, seen)| hash(&Disk.python_files(path)) == *seen)
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The directory of the server that started this command.
pub(crate) struct Store(PathBuf);

impl Store {
    pub(crate) fn of_environment() -> Option<Store> {
        std::env::var_os(ENVIRONMENT).map(|path| Store(path.into())).filter(|store| store.0.is_dir())
    }

    /// Says in the request where its code is, or that it is to be kept.
    pub(crate) fn prepare(&self, job: &mut Job) {
        // A benchmark shows how long compiling takes, and a listing is made while it happens.
        if job.bench_seconds.is_some() || job.emit.is_some() {
            return;
        }
        let key = json!([
            env!("CARGO_PKG_VERSION"),
            job.file,
            job.text,
            job.function,
            job.line,
            job.settings,
            job.types,
            job.dispatch,
            job.options,
            job.boundscheck,
        ]);
        let key = key.to_string();
        let path = self.path(&key);
        let kept = std::fs::read(&path).ok();
        let head = kept.as_deref().and_then(Head::parse).map(|(head, _)| head);
        if head.is_some_and(|head| head.key == key && head.is_current()) {
            job.code = Some(path);
        }
        job.keep = Some(key);
    }

    fn path(&self, key: &str) -> PathBuf {
        self.0.join(format!("{:016x}", hash(&key)))
    }

    /// Takes over what a child left in the directory of its request.
    pub(crate) fn take(&self, job: &Job, directory: &Path) {
        let (Some(key), left) = (&job.keep, directory.join(LEFT)) else { return };
        let part = self.0.join(format!("part-{}", std::process::id()));
        // What cannot be kept is compiled again.
        if std::fs::copy(left, &part).is_ok() {
            let _ = std::fs::rename(part, self.path(key));
            self.forget_oldest();
        }
    }

    fn forget_oldest(&self) {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut all: Vec<_> = entries
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        all.sort();
        for (_, path) in all.iter().rev().skip(MOST) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Reads files and notes what was in them.
#[derive(Default)]
pub(crate) struct Recording {
    files: Mutex<BTreeMap<PathBuf, Option<u64>>>,
    folders: Mutex<BTreeMap<PathBuf, u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recording {
    pub(crate) fn new() -> Arc<Recording> {
        Arc::default()
    }

    /// The bytes to leave for the next run.
    pub(crate) fn entry(&self, job: &Job, answer: &crate::job::Answer, code: &[u8]) -> Option<Vec<u8>> {
        let mut files = lock(&self.files).clone();
        if job.text.is_none() {
            files.insert(job.file.clone(), Disk.read(&job.file).map(|text| hash(&text)));
        }
        let head = Head {
            key: job.keep.clone()?,
            files,
            folders: lock(&self.folders).clone(),
            specialization: answer.specialization.clone(),
            result_type: answer.result_type.clone(),
            passes: answer.passes.clone(),
            linalg: answer.linalg,
        };
        let mut bytes = serde_json::to_vec(&head).ok()?;
        bytes.push(b'\n');
        bytes.extend(code);
        Some(bytes)
    }
}

impl FileLoader for Recording {
    fn read(&self, path: &Path) -> Option<String> {
        let text = Disk.read(path);
        lock(&self.files).insert(path.to_path_buf(), text.as_ref().map(hash));
        text
    }

    fn python_files(&self, folder: &Path) -> Vec<PathBuf> {
        let files = Disk.python_files(folder);
        lock(&self.folders).insert(folder.to_path_buf(), hash(&files));
        files
    }
}
