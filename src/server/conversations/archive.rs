//! All that a person has stored in one ZIP file: each conversation as Markdown and as JSON, and the notices that they have
//! accepted. It is made and sent in pieces, one conversation at a time, so that its size does not matter.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Datelike, Timelike};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions, write::StreamWriter};

use super::{export::export, notice::Acceptance, tree::ConversationTree};
use crate::wire::conversations::{ExportFormat, ExportLanguage};

/// Why the archive could not be written. It is written to memory, so that there is hardly a reason.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Zip(#[from] ZipError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

pub struct Archive {
    zip: ZipWriter<StreamWriter<Written>>,
    written: Written,
    language: ExportLanguage,
    /// How many conversations it has.
    count: usize,
}

/// What was written and not taken yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Archive {
    pub fn new(language: ExportLanguage) -> Self {
        let written = Written::default();
        Self { zip: ZipWriter::new_stream(written.clone()), written, language, count: 0 }
    }

    /// Adds what the person has accepted. Its bytes are returned with those of what follows.
    pub fn add_acceptances(&mut self, accepted: &[Acceptance]) -> Result<(), ArchiveError> {
        let last = accepted.last().and_then(|acceptance| zip_time(acceptance.accepted_at));
        self.add_file("accepted-notices.json", last, &serde_json::to_vec_pretty(accepted)?)
    }

    /// Adds a conversation, and returns the bytes that the file grows by.
    pub fn add(&mut self, tree: &ConversationTree) -> Result<Vec<u8>, ArchiveError> {
        self.count += 1;
        for (folder, format) in [("markdown", ExportFormat::Markdown), ("json", ExportFormat::Json)] {
            let export = export(tree.clone(), format, self.language)?;
            // Two may have the same title.
            let name = format!("{folder}/{:04}-{}", self.count, export.file_name);
            self.add_file(&name, last_change(tree), export.text.as_bytes())?;
        }
        Ok(self.written.take())
    }

    /// The last bytes of the file.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        let Self { zip, written, .. } = self;
        zip.finish()?;
        Ok(written.take())
    }

    fn add_file(&mut self, name: &str, modified: Option<zip::DateTime>, content: &[u8]) -> Result<(), ArchiveError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(modified.unwrap_or_default())
            .large_file(u32::try_from(content.len()).is_err());
        self.zip.start_file(name, options)?;
        self.zip.write_all(content)?;
        Ok(())
    }
}

fn last_change(tree: &ConversationTree) -> Option<zip::DateTime> {
    zip_time(tree.messages.last()?.message.at)
}

/// In UTC: the server does not know the person's time zone.
fn zip_time(unix_seconds: u64) -> Option<zip::DateTime> {
    let time = DateTime::from_timestamp(i64::try_from(unix_seconds).ok()?, 0)?;
    let number = |number: u32| u8::try_from(number).ok();
    zip::DateTime::from_date_and_time(
        u16::try_from(time.year()).ok()?,
        number(time.month())?,
        number(time.day())?,
        number(time.hour())?,
        number(time.minute())?,
        number(time.second())?,
    )
    .ok()
}

impl Written {
    fn take(&self) -> Vec<u8> {
        // Every change under the lock is whole.
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
