//! `oracle-ai audit-verify`: checks the chains of audit lines in files. It needs no configuration.

use std::{
    fs::File,
    io::{self, BufReader, Write},
    process::ExitCode,
};

use super::observe::audit::chain::{
    AuditPublicKeys,
    verify::{Report, Verifier},
};

/// Exit code for files that can't be read (`EX_NOINPUT` of sysexits.h).
const EX_NOINPUT: u8 = 66;

/// What to check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditVerifyOptions {
    /// The public keys, in PEM.
    pub key: Option<String>,
    /// A file with signed heads that were kept apart from the lines.
    pub heads: Option<String>,
    /// In the order in which they were written.
    pub files: Vec<String>,
}

impl AuditVerifyOptions {
    /// `None` for arguments that are none of these.
    pub fn from_arguments(arguments: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let option = match *argument {
                "--key" => &mut options.key,
                "--heads" => &mut options.heads,
                argument if argument.is_empty() || argument.starts_with('-') => return None,
                file => {
                    options.files.push(file.to_owned());
                    continue;
                }
            };
            if option.is_some() {
                return None;
            }
            *option = Some((*rest.next()?).to_owned());
        }
        // A head counts only where its signature is checked.
        let is_complete = !options.files.is_empty() && (options.heads.is_none() || options.key.is_some());
        is_complete.then_some(options)
    }
}

/// Prints a line for each chain and each fault. Fails if there is a fault.
pub fn run(options: &AuditVerifyOptions) -> ExitCode {
    let report = match verify(options) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            return ExitCode::from(EX_NOINPUT);
        }
    };
    match write!(io::stdout(), "{report}") {
        Ok(()) if report.is_good() => ExitCode::SUCCESS,
        Ok(()) | Err(_) => ExitCode::FAILURE,
    }
}

fn verify(options: &AuditVerifyOptions) -> Result<Report, String> {
    let keys = match &options.key {
        Some(path) => {
            let pem = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
            Some(AuditPublicKeys::from_pem(&pem).map_err(|error| format!("{path}: {error}"))?)
        }
        None => None,
    };
    let mut verifier = Verifier::new(keys);
    if let Some(path) = &options.heads {
        let heads = read(path, |file| verifier.read_heads(file))?;
        if heads == 0 {
            return Err(format!("{path}: it has no signed head"));
        }
    }
    for path in &options.files {
        read(path, |file| verifier.read(file))?;
    }
    Ok(verifier.report())
}

fn read<T>(path: &str, read: impl FnOnce(BufReader<File>) -> io::Result<T>) -> Result<T, String> {
    File::open(path).and_then(|file| read(BufReader::new(file))).map_err(|error| format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<AuditVerifyOptions> {
        AuditVerifyOptions::from_arguments(&line.split(' ').collect::<Vec<_>>())
    }

    #[test]
    fn files_are_read_in_order_with_a_key_and_heads_from_elsewhere() {
        let options = parsed("--key k.pem one two --heads h").unwrap();
        assert_eq!((options.key.as_deref(), options.heads.as_deref()), (Some("k.pem"), Some("h")));
        assert_eq!(options.files, ["one", "two"]);
        assert_eq!(parsed("one").unwrap().key, None);
    }

    #[test]
    fn heads_without_a_key_and_other_options_are_refused() {
        for line in ["", "--key k.pem", "--heads h one", "--key", "one --key", "--key a --key b one", "-v one"] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }
}
