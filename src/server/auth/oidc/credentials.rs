//! What we prove with who we are, while it is being changed: two may be live at once, and a file is read again when it
//! has changed, without a restart (T61).

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

/// More would be no change, but a list.
const MOST: usize = 2;

/// Client secrets, or keys.
pub struct Credentials<T> {
    known: Mutex<Known<T>>,
    file: Option<CredentialsFile<T>>,
}

/// One, or the two of a change.
pub struct Live<T> {
    all: Vec<T>,
    /// Which of them the provider has taken last.
    taken: AtomicUsize,
}

/// Why a file can't be used. None of the texts holds a part of it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("it can't be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("{0}")]
    Wrong(String),
    #[error("it has {0}, and must have one, or two while one takes the other's place")]
    Count(usize),
}

struct Known<T> {
    live: Arc<Live<T>>,
    /// Of the file that they were read from.
    version: Option<Version>,
    /// Why it could not be read again.
    failure: Option<String>,
}

struct CredentialsFile<T> {
    path: PathBuf,
    parse: Box<Parse<T>>,
}

/// What a file holds, or why it is none.
type Parse<T> = dyn Fn(&[u8]) -> Result<Vec<T>, String> + Send + Sync;

/// As far as can be told without reading the file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    modified: SystemTime,
    length: u64,
}

impl<T> Credentials<T> {
    /// For good.
    pub fn fixed(credential: T) -> Self {
        Self { known: Mutex::new(Known::new(vec![credential], None)), file: None }
    }

    /// Those in this file, now and whenever it has changed.
    pub fn in_file(
        path: &Path,
        parse: impl Fn(&[u8]) -> Result<Vec<T>, String> + Send + Sync + 'static,
    ) -> Result<Self, CredentialsError> {
        let file = CredentialsFile { path: path.to_owned(), parse: Box::new(parse) };
        let version = file.version()?;
        let known = Known::new(file.read()?, Some(version));
        Ok(Self { known: Mutex::new(known), file: Some(file) })
    }

    /// Those that are good now. Why a file can't be used any more is logged, once, and what was known stays good; it is
    /// tried again until it can be used: to be allowed to read it doesn't change it.
    pub(super) fn live(&self) -> Arc<Live<T>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &self.file else { return known.live.clone() };
        let version = file.version().ok();
        if version != known.version {
            match file.read() {
                Ok(all) => {
                    tracing::info!(file = %file.path.display(), live = all.len(), "client credentials read again");
                    *known = Known::new(all, version);
                }
                Err(error) => {
                    let failure = Some(error.to_string());
                    if known.failure != failure {
                        tracing::error!(file = %file.path.display(), %error, "client credentials stay as they were");
                    }
                    known.failure = failure;
                }
            }
        }
        known.live.clone()
    }
}

impl<T> Known<T> {
    fn new(all: Vec<T>, version: Option<Version>) -> Self {
        Self { live: Arc::new(Live::new(all)), version, failure: None }
    }
}

impl<T> CredentialsFile<T> {
    fn version(&self) -> Result<Version, io::Error> {
        let metadata = fs::metadata(&self.path)?;
        Ok(Version { modified: metadata.modified()?, length: metadata.len() })
    }

    fn read(&self) -> Result<Vec<T>, CredentialsError> {
        let all = (self.parse)(&fs::read(&self.path)?).map_err(CredentialsError::Wrong)?;
        match all.len() {
            1..=MOST => Ok(all),
            count => Err(CredentialsError::Count(count)),
        }
    }
}

impl<T> Live<T> {
    fn new(all: Vec<T>) -> Self {
        Self { all, taken: AtomicUsize::new(0) }
    }

    /// In the order to try them, each with its number: first the one that the provider has taken last.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = (usize, &T)> {
        let first = self.taken.load(Ordering::Relaxed);
        let numbered = self.all.iter().enumerate();
        numbered.clone().skip(first).chain(numbered.take(first))
    }

    pub(super) fn was_taken(&self, number: usize) {
        self.taken.store(number, Ordering::Relaxed);
    }
}

impl<T> fmt::Debug for Credentials<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("file", &self.file.as_ref().map(|file| &file.path)).finish_non_exhaustive()
    }
}
