//! Client credentials that can be rotated without a restart (T61): two may be active at once, and their file is read
//! again when it has changed.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

/// The current credential, and its successor during a rotation.
const MAX_CREDENTIALS: usize = 2;

/// Client secrets or client keys.
pub struct Credentials<T> {
    state: Mutex<State<T>>,
    file: Option<CredentialsFile<T>>,
}

/// The credentials that are tried: one, or two during a rotation.
pub struct ActiveCredentials<T> {
    all: Vec<T>,
    /// The index of the one that the provider accepted last.
    last_accepted: AtomicUsize,
}

/// Why a file can't be used. None of the texts holds a part of it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("it can't be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("{0}")]
    Invalid(String),
    #[error("it has {0}, and must have one, or two while one takes the other's place")]
    Count(usize),
}

struct State<T> {
    active: Arc<ActiveCredentials<T>>,
    /// Of the file when it was read; `None` for credentials that are not in a file.
    version: Option<FileVersion>,
    /// Why the changed file could not be read, so that each reason is logged once.
    failure: Option<String>,
}

struct CredentialsFile<T> {
    path: PathBuf,
    parse: Box<Parse<T>>,
}

/// Parses the content of a file, or says why it is not valid.
type Parse<T> = dyn Fn(&[u8]) -> Result<Vec<T>, String> + Send + Sync;

/// Detects a change of the file without reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileVersion {
    modified: SystemTime,
    length: u64,
}

impl<T> Credentials<T> {
    /// One credential that does not change.
    pub fn fixed(credential: T) -> Self {
        Self { state: Mutex::new(State::new(vec![credential], None)), file: None }
    }

    /// Reads the credentials from this file, now and after each change.
    pub fn in_file(
        path: &Path,
        parse: impl Fn(&[u8]) -> Result<Vec<T>, String> + Send + Sync + 'static,
    ) -> Result<Self, CredentialsError> {
        let file = CredentialsFile { path: path.to_owned(), parse: Box::new(parse) };
        let version = file.version()?;
        let state = State::new(file.read()?, Some(version));
        Ok(Self { state: Mutex::new(state), file: Some(file) })
    }

    /// The credentials to use now. While a changed file can't be used, the previous credentials stay active and the
    /// reason is logged once. The file is tried again with every call, as a fix of its permissions does not change its
    /// modification time.
    pub fn active(&self) -> Arc<ActiveCredentials<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &self.file else { return state.active.clone() };
        let version = file.version().ok();
        if version != state.version {
            match file.read() {
                Ok(all) => {
                    tracing::info!(file = %file.path.display(), live = all.len(), "client credentials read again");
                    *state = State::new(all, version);
                }
                Err(error) => {
                    let failure = Some(error.to_string());
                    if state.failure != failure {
                        tracing::error!(file = %file.path.display(), %error, "client credentials stay as they were");
                    }
                    state.failure = failure;
                }
            }
        }
        state.active.clone()
    }
}

impl<T> State<T> {
    fn new(all: Vec<T>, version: Option<FileVersion>) -> Self {
        Self { active: Arc::new(ActiveCredentials::new(all)), version, failure: None }
    }
}

impl<T> CredentialsFile<T> {
    fn version(&self) -> Result<FileVersion, io::Error> {
        let metadata = fs::metadata(&self.path)?;
        Ok(FileVersion { modified: metadata.modified()?, length: metadata.len() })
    }

    fn read(&self) -> Result<Vec<T>, CredentialsError> {
        let all = (self.parse)(&fs::read(&self.path)?).map_err(CredentialsError::Invalid)?;
        match all.len() {
            1..=MAX_CREDENTIALS => Ok(all),
            count => Err(CredentialsError::Count(count)),
        }
    }
}

impl<T> ActiveCredentials<T> {
    fn new(all: Vec<T>) -> Self {
        Self { all, last_accepted: AtomicUsize::new(0) }
    }

    /// In the order to try them, each with its index: first the one that the provider accepted last.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (usize, &T)> {
        let first = self.last_accepted.load(Ordering::Relaxed);
        let indexed = self.all.iter().enumerate();
        indexed.clone().skip(first).chain(indexed.take(first))
    }

    /// As they are written in the file.
    pub fn all(&self) -> &[T] {
        &self.all
    }

    pub(super) fn set_accepted(&self, index: usize) {
        self.last_accepted.store(index, Ordering::Relaxed);
    }
}

impl<T> fmt::Debug for Credentials<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("file", &self.file.as_ref().map(|file| &file.path)).finish_non_exhaustive()
    }
}
