//! The incremental database: source files go in through [`Host`], answers come out through [`Snapshot`].
//!
//! The only inputs are the texts of files. Files that nobody opened are read on demand through the [`FileLoader`]
//! that the caller supplies, so the analyzer itself touches no disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use rustc_hash::{FxBuildHasher, FxHashSet};
use salsa::{Durability, Setter};

use crate::hir::segment::Cuts;
use crate::table::Version;

/// One Python file. `text` is `None` while no such file exists, so that its appearance is an edit like any other.
#[salsa::input(debug)]
pub struct SourceFile {
    #[returns(deref)]
    pub path: PathBuf,
    #[returns(ref)]
    pub text: Option<Arc<str>>,
}

/// The files that may call kernels of other files: all that the program knows to belong together.
#[salsa::input(debug)]
pub struct Workspace {
    #[returns(deref)]
    pub paths: Vec<PathBuf>,
}

/// What the whole project is checked with. One instance, rarely changed.
#[salsa::input(debug)]
pub struct Project {
    #[returns(ref)]
    pub settings: Settings,
}

/// The settings that change what the analyzer answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Where absolute imports are looked up, first match wins.
    pub roots: Vec<PathBuf>,
    /// The Numba whose verdict is given, as (major, minor).
    pub numba: Version,
    /// The NumPy beside it, as (major, minor): some of its names come and go.
    pub numpy: Version,
    /// The Python that runs it, as (major, minor): Numba reads its bytecode.
    pub python: Version,
    /// An installed package extends Numba, as `rocket-fft` and `numba-scipy` do: what Numba lacks may be there.
    pub extended: bool,
    /// Decorators of the user's own that compile like one of Numba's.
    pub extra_decorators: Vec<ExtraDecorator>,
}

/// A decorator that cannot be read as a wrapper of Numba's, or is not at hand, and is known to be one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExtraDecorator {
    /// Its dotted path.
    pub path: String,
    /// The path of Numba's decorator that it stands for.
    pub like: String,
    /// Options that it gives.
    pub parallel: bool,
    pub fastmath: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            roots: Vec::new(),
            numba: (0, 68),
            numpy: (2, 4),
            python: (3, 11),
            extended: false,
            extra_decorators: Vec::new(),
        }
    }
}

/// Reads files for the analyzer.
pub trait FileLoader: Send + Sync {
    /// The text of the file, or `None` if there is no readable Python file at this path.
    fn read(&self, path: &Path) -> Option<String>;

    /// The Python files under a folder, sorted.
    fn python_files(&self, _folder: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// A loader for tests and single texts: nothing exists but what was set.
pub struct NoFiles;

impl FileLoader for NoFiles {
    fn read(&self, _: &Path) -> Option<String> {
        None
    }
}

#[salsa::db]
pub trait Db: salsa::Database {
    /// The file at this path, loaded on first use; a file that does not exist has no text.
    fn source(&self, path: &Path) -> SourceFile;
    fn project(&self) -> Project;
    /// `None` where nobody looks for calls in other files.
    fn workspace(&self) -> Option<Workspace>;
    /// The Python files under a folder, as they are now: no query may ask, since files come and go unnoticed.
    fn python_files(&self, folder: &Path) -> Vec<PathBuf>;
    /// How files were cut into statements last.
    fn cuts(&self) -> &Cuts;
    /// Whether nobody edits. What is kept only to stop a change from spreading need not be kept then.
    fn is_frozen(&self) -> bool;
}

type EventLog = Arc<dyn Fn(&str) + Send + Sync>;

/// The one implementation of [`Db`].
#[salsa::db]
#[derive(Clone)]
pub struct Database {
    storage: salsa::Storage<Self>,
    files: Arc<DashMap<PathBuf, SourceFile, FxBuildHasher>>,
    loader: Arc<dyn FileLoader>,
    project: Option<Project>,
    workspace: Option<Workspace>,
    cuts: Arc<Cuts>,
    frozen: bool,
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {
    fn source(&self, path: &Path) -> SourceFile {
        if let Some(file) = self.files.get(path) {
            return *file;
        }
        // Read before locking the entry: the loader may be slow, and two loads of one text do no harm.
        let prelude = crate::mono::prelude::text(path).map(Arc::from);
        let text = prelude.or_else(|| self.loader.read(path).map(Arc::from));
        match self.files.entry(path.to_path_buf()) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                // Most files are never edited: what follows from them is not looked at again when others are.
                *entry.insert(self.new_file(path, text, Durability::MEDIUM))
            }
        }
    }

    fn project(&self) -> Project {
        self.project.expect("a host makes its project before it answers anything")
    }

    fn workspace(&self) -> Option<Workspace> {
        self.workspace
    }

    fn python_files(&self, folder: &Path) -> Vec<PathBuf> {
        self.loader.python_files(folder)
    }

    fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    fn is_frozen(&self) -> bool {
        self.frozen
    }
}

impl Database {
    fn empty(
        storage: salsa::Storage<Self>,
        loader: Arc<dyn FileLoader>,
        settings: Settings,
        paths: Vec<PathBuf>,
        frozen: bool,
    ) -> Database {
        let (files, cuts) = (Arc::default(), Arc::default());
        let mut db = Database { storage, files, loader, project: None, workspace: None, cuts, frozen };
        let durability = db.durability(Durability::HIGH);
        db.project = Some(Project::builder(settings).durability(durability).new(&db));
        db.workspace = Some(Workspace::builder(paths).durability(durability).new(&db));
        db
    }

    /// Of what follows from inputs that never change, nothing is recorded.
    fn durability(&self, edited: Durability) -> Durability {
        if self.frozen { Durability::NEVER_CHANGE } else { edited }
    }

    fn new_file(&self, path: &Path, text: Option<Arc<str>>, durability: Durability) -> SourceFile {
        let file = SourceFile::builder(path.to_path_buf(), text);
        file.durability(self.durability(durability)).new(self)
    }

    /// The same files without any answers, and free to change.
    fn thawed(&self) -> Database {
        let settings = self.project().settings(self).clone();
        let paths = self.workspace.map(|workspace| workspace.paths(self).to_vec()).unwrap_or_default();
        let db = Database::empty(salsa::Storage::new(None), self.loader.clone(), settings, paths, false);
        for file in self.files.iter() {
            let (path, text) = (file.key(), file.text(self).clone());
            db.files.insert(path.clone(), db.new_file(path, text, Durability::MEDIUM));
        }
        db
    }
}

/// Owns the database and applies edits. There is one, and one thread owns it.
pub struct Host {
    db: Database,
    /// The files that were given a text, not only read.
    edited: FxHashSet<SourceFile>,
}

impl Host {
    pub fn new(loader: Arc<dyn FileLoader>, settings: Settings) -> Host {
        Host::with_log(loader, settings, None)
    }

    /// A host that reports the name of every query it executes. For tests of what must not run again.
    pub fn with_log(loader: Arc<dyn FileLoader>, settings: Settings, log: Option<EventLog>) -> Host {
        let storage = salsa::Storage::new(log.map(|log| {
            let callback: Box<dyn Fn(salsa::Event) + Send + Sync> = Box::new(move |event: salsa::Event| {
                if let salsa::EventKind::WillExecute { .. } = event.kind {
                    log(&format!("{:?}", event.kind));
                }
            });
            callback
        }));
        let db = Database::empty(storage, loader, settings, Vec::new(), false);
        Host { db, edited: FxHashSet::default() }
    }

    /// A host for files that hardly anybody edits, where all that may call kernels are at `workspace`. What answers
    /// follow from is not recorded, so the first ones come sooner; an edit throws all
    /// of them away.
    pub fn frozen(loader: Arc<dyn FileLoader>, settings: Settings, mut workspace: Vec<PathBuf>) -> Host {
        workspace.sort();
        workspace.dedup();
        let db = Database::empty(salsa::Storage::new(None), loader, settings, workspace, true);
        Host { db, edited: FxHashSet::default() }
    }

    /// Expects edits from now on.
    pub fn thaw(&mut self) {
        if self.db.frozen {
            self.db = self.db.thawed();
            self.edited.clear();
        }
    }

    /// The database for an edit.
    fn edit(&mut self) -> &mut Database {
        self.thaw();
        &mut self.db
    }

    /// Says which files belong to the project: calls of kernels are looked for in all of them. Their texts are read
    /// when they are needed.
    pub fn set_workspace(&mut self, mut paths: Vec<PathBuf>) {
        paths.sort();
        paths.dedup();
        if self.db.workspace.is_some_and(|workspace| workspace.paths(&self.db) == paths) {
            return;
        }
        let db = self.edit();
        if let Some(workspace) = db.workspace {
            workspace.set_paths(db).with_durability(Durability::HIGH).to(paths);
        }
    }

    /// Sets the text of a file, as an editor has it. `None` says that it does not exist.
    pub fn set_text(&mut self, path: &Path, text: Option<&str>) {
        self.set_shared_text(path, text.map(Arc::from).as_ref());
    }

    /// The same without a copy. Whether it changed anything.
    pub fn set_shared_text(&mut self, path: &Path, text: Option<&Arc<str>>) -> bool {
        let Some(file) = self.db.files.get(path).map(|file| *file) else {
            let file = self.db.new_file(path, text.cloned(), Durability::LOW);
            self.edited.insert(file);
            self.db.files.insert(path.to_path_buf(), file);
            return true;
        };
        let same = file.text(&self.db).as_deref() == text.map(AsRef::as_ref);
        // The first of an editor's texts says that more will come, even where it is the one on disk.
        if !same || !self.db.frozen && !self.edited.contains(&file) {
            let db = self.edit();
            let file = db.source(path);
            file.set_text(db).with_durability(Durability::LOW).to(text.cloned());
            self.edited.insert(file);
        }
        !same
    }

    /// Reads a file again through the loader, if anybody ever asked for it. Whether it changed.
    pub fn reload(&mut self, path: &Path) -> bool {
        if !self.db.files.contains_key(path) {
            return false;
        }
        let text: Option<Arc<str>> = self.db.loader.read(path).map(Arc::from);
        let known = self.db.files.get(path).map(|file| *file);
        let same = known.is_some_and(|file| *file.text(&self.db) == text);
        !same && self.set_shared_text(path, text.as_ref())
    }

    /// Takes new settings; the same ones change nothing.
    pub fn set_settings(&mut self, settings: Settings) {
        if self.db.project().settings(&self.db) != &settings {
            let db = self.edit();
            db.project().set_settings(db).with_durability(Durability::HIGH).to(settings);
        }
    }

    /// The database itself, for programs that measure its queries.
    pub fn database(&self) -> &Database {
        &self.db
    }

    /// A view of the present state. An edit waits until every snapshot is dropped.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { db: self.db.clone() }
    }
}

/// Answers questions about one state of the project. See `lib.rs` for the questions.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) db: Database,
}
