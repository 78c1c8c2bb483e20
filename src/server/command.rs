//! The command line: `oracle-ai [command]`.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    audit_user,
    audit_verify::{self, AuditVerifyOptions},
    config::reference::{self, Build},
    doctor,
    embedded::{self, CommandError},
    feedback::{self, Since},
    health_check,
    http::pages::App,
    observe::audit,
    user_data::{self, DataAction},
    user_sessions::{self, Action},
    version,
};

/// Exit code for wrong arguments (`EX_USAGE` of sysexits.h).
const EX_USAGE: u8 = 64;

const USAGE: &str = "\
usage: oracle-ai                 serve
       oracle-ai doctor          whether the configuration would work, part by part
       oracle-ai doctor --file FILE
                                 the same with the settings in FILE, in place of .env
       oracle-ai health          whether the server that has these settings answers on this machine
       oracle-ai --version       the version of this program
       oracle-ai config          every variable, as a page of Markdown
       oracle-ai config --env    the same, as a file to copy to .env
       oracle-ai audit-events    every event that is recorded for auditors
       oracle-ai audit-user --issuer ISSUER --sub SUB
                                 how these events name a user
       oracle-ai audit-verify [--key PUBLIC_KEY] [--heads FILE] FILE...
                                 whether audit lines were changed or removed
       oracle-ai sessions --issuer ISSUER --sub SUB
                                 lists the sessions of a user
       oracle-ai end-sessions --issuer ISSUER --sub SUB [--session SESSION]
                                 ends all sessions of a user, or one, at all servers
       oracle-ai feedback [--since DATE]
                                 what people said of answers, as JSON Lines
       oracle-ai export-user --issuer ISSUER --sub SUB --file FILE
                                 writes all conversations of a user to a new ZIP file
       oracle-ai erase-user --issuer ISSUER --sub SUB
                                 deletes all conversations of a user
       oracle-ai mock-provider   in builds with the mocks: an OpenID provider for tests; --help has its options
       oracle-ai mock-model      the same for a model";

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Serve,
    Doctor {
        /// The file with settings that is read in place of `.env`.
        file: Option<PathBuf>,
    },
    Health,
    Version,
    Config(ConfigForm),
    AuditEvents,
    /// Prints the pseudonyms of a user in audit events.
    AuditUser {
        issuer: String,
        sub: String,
    },
    /// Checks the chains of audit lines in files.
    AuditVerify(AuditVerifyOptions),
    /// Lists or ends the sessions of a user.
    UserSessions {
        issuer: String,
        sub: String,
        action: Action,
    },
    /// Prints what people said of answers.
    Feedback(Since),
    /// Exports or deletes all that a user has stored.
    UserData {
        issuer: String,
        sub: String,
        action: DataAction,
    },
    /// Each with its options.
    MockProvider(Vec<String>),
    MockModel(Vec<String>),
    Help,
}

/// The format of the configuration reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigForm {
    Markdown,
    Env,
}

/// The arguments are not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchCommand;

/// Runs the command in the process's arguments. Without arguments, serves `app`.
pub fn run(app: App) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Command::from_arguments(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(Command::Serve) => super::app::serve(app),
        Ok(Command::Doctor { file }) => doctor::run(file.as_deref()),
        Ok(Command::Health) => health_check::run(),
        Ok(Command::Version) => print(&format!("oracle-ai {}\n", version::text())),
        Ok(Command::Config(ConfigForm::Markdown)) => print(&reference::markdown()),
        Ok(Command::Config(ConfigForm::Env)) => print(&reference::env_example(Build::THIS)),
        Ok(Command::AuditEvents) => print(&audit::markdown()),
        Ok(Command::AuditUser { issuer, sub }) => audit_user::run(issuer, sub),
        Ok(Command::AuditVerify(options)) => audit_verify::run(&options),
        Ok(Command::UserSessions { issuer, sub, action }) => user_sessions::run(issuer, sub, &action),
        Ok(Command::Feedback(since)) => feedback::run(since),
        Ok(Command::UserData { issuer, sub, action }) => user_data::run(issuer, sub, &action),
        Ok(Command::MockProvider(options)) => exit_code(embedded::mock_provider(&options)),
        Ok(Command::MockModel(options)) => exit_code(embedded::mock_model(&options)),
        Ok(Command::Help) => print(&format!("{USAGE}\n")),
        Err(NoSuchCommand) => {
            eprintln!("{USAGE}");
            ExitCode::from(EX_USAGE)
        }
    }
}

impl Command {
    /// From the arguments after the program's name.
    pub fn from_arguments(arguments: &[&str]) -> Result<Self, NoSuchCommand> {
        match arguments {
            [] => Ok(Self::Serve),
            ["doctor"] => Ok(Self::Doctor { file: None }),
            ["doctor", "--file", file] if !file.is_empty() => Ok(Self::Doctor { file: Some(Path::new(file).into()) }),
            ["health"] => Ok(Self::Health),
            ["version" | "--version" | "-V"] => Ok(Self::Version),
            ["config"] => Ok(Self::Config(ConfigForm::Markdown)),
            ["config", "--env"] => Ok(Self::Config(ConfigForm::Env)),
            ["audit-events"] => Ok(Self::AuditEvents),
            [command, "--issuer", issuer, "--sub", sub, rest @ ..]
            | [command, "--sub", sub, "--issuer", issuer, rest @ ..]
                if !issuer.is_empty() && !sub.is_empty() =>
            {
                let (issuer, sub) = ((*issuer).to_owned(), (*sub).to_owned());
                match (*command, rest) {
                    ("audit-user", []) => Ok(Self::AuditUser { issuer, sub }),
                    ("sessions", []) => Ok(Self::UserSessions { issuer, sub, action: Action::List }),
                    ("end-sessions", []) => Ok(Self::UserSessions { issuer, sub, action: Action::EndAll }),
                    ("end-sessions", ["--session", session]) if !session.is_empty() => {
                        Ok(Self::UserSessions { issuer, sub, action: Action::End((*session).to_owned()) })
                    }
                    ("export-user", ["--file", file]) if !file.is_empty() => {
                        Ok(Self::UserData { issuer, sub, action: DataAction::Export(Path::new(file).into()) })
                    }
                    ("erase-user", []) => Ok(Self::UserData { issuer, sub, action: DataAction::Erase }),
                    _ => Err(NoSuchCommand),
                }
            }
            ["audit-verify", options @ ..] => {
                AuditVerifyOptions::from_arguments(options).map(Self::AuditVerify).ok_or(NoSuchCommand)
            }
            ["feedback"] => Ok(Self::Feedback(Since::default())),
            ["feedback", "--since", date] => Since::parse(date).map(Self::Feedback).ok_or(NoSuchCommand),
            ["mock-provider", options @ ..] => Ok(Self::MockProvider(owned(options))),
            ["mock-model", options @ ..] => Ok(Self::MockModel(owned(options))),
            ["help" | "--help" | "-h"] => Ok(Self::Help),
            _ => Err(NoSuchCommand),
        }
    }
}

fn owned(options: &[&str]) -> Vec<String> {
    options.iter().map(|option| (*option).to_owned()).collect()
}

fn exit_code(outcome: Result<(), CommandError>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("oracle-ai: {error}");
    match error {
        CommandError::Usage(_) => ExitCode::from(EX_USAGE),
        CommandError::Failed(_) => ExitCode::FAILURE,
    }
}

/// Does not panic if the reader closes the pipe early (`oracle-ai config | head`), as `print!` does.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_arguments_it_serves() {
        assert_eq!(Command::from_arguments(&[]), Ok(Command::Serve));
    }

    #[test]
    fn the_doctor_reads_the_file_that_is_named() {
        assert_eq!(Command::from_arguments(&["doctor"]), Ok(Command::Doctor { file: None }));
        let file = Some("/etc/oracle-ai/env".into());
        assert_eq!(Command::from_arguments(&["doctor", "--file", "/etc/oracle-ai/env"]), Ok(Command::Doctor { file }));
    }

    #[test]
    fn end_sessions_needs_an_issuer_and_a_subject() {
        // T88
        let of_alice =
            |action| Command::UserSessions { issuer: "https://a.example".into(), sub: "alice".into(), action };
        let alice = of_alice(Action::EndAll);
        let parsed = |line: &str| Command::from_arguments(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(parsed("end-sessions --issuer https://a.example --sub alice"), Ok(alice.clone()));
        assert_eq!(parsed("end-sessions --sub alice --issuer https://a.example"), Ok(alice));
        let one = parsed("end-sessions --issuer https://a.example --sub alice --session s");
        assert_eq!(one, Ok(of_alice(Action::End("s".into()))));
        assert_eq!(parsed("sessions --issuer https://a.example --sub alice"), Ok(of_alice(Action::List)));
        for line in [
            "end-sessions",
            "end-sessions --sub alice",
            "end-sessions --issuer https://a.example",
            "end-sessions --issuer https://a.example --sub ",
            "end-sessions --sub a --sub b",
            "end-sessions --issuer https://a.example --sub alice bob",
            "end-sessions --issuer https://a.example --sub alice --session ",
            "end-sessions --session s",
            "sessions --sub alice",
            "sessions --issuer https://a.example --sub alice --session s",
        ] {
            assert_eq!(parsed(line), Err(NoSuchCommand), "{line}");
        }
    }

    #[test]
    fn export_user_and_erase_user_need_an_issuer_and_a_subject_and_the_export_a_file() {
        let of_alice = |action| Command::UserData { issuer: "https://a.example".into(), sub: "alice".into(), action };
        let parsed = |line: &str| Command::from_arguments(&line.split(' ').collect::<Vec<_>>());
        let export = parsed("export-user --issuer https://a.example --sub alice --file a.zip");
        assert_eq!(export, Ok(of_alice(DataAction::Export("a.zip".into()))));
        assert_eq!(parsed("erase-user --sub alice --issuer https://a.example"), Ok(of_alice(DataAction::Erase)));
        for line in [
            "erase-user",
            "erase-user --sub alice",
            "erase-user --issuer https://a.example --sub ",
            "erase-user --issuer https://a.example --sub alice --file a.zip",
            "export-user --issuer https://a.example --sub alice",
            "export-user --issuer https://a.example --sub alice --file ",
            "export-user --issuer https://a.example --file a.zip",
        ] {
            assert_eq!(parsed(line), Err(NoSuchCommand), "{line}");
        }
    }

    #[test]
    fn audit_user_needs_an_issuer_and_a_subject() {
        let parsed = |line: &str| Command::from_arguments(&line.split(' ').collect::<Vec<_>>());
        let alice = Command::AuditUser { issuer: "https://a.example".into(), sub: "alice".into() };
        assert_eq!(parsed("audit-user --issuer https://a.example --sub alice"), Ok(alice));
        for line in ["audit-user", "audit-user --sub alice", "another --issuer https://a.example --sub alice"] {
            assert_eq!(parsed(line), Err(NoSuchCommand), "{line}");
        }
    }

    #[test]
    fn the_mocks_read_their_own_options() {
        let options = vec!["--address".to_owned(), "127.0.0.1:0".to_owned()];
        let parsed = |command| Command::from_arguments(&[command, "--address", "127.0.0.1:0"]);
        assert_eq!(parsed("mock-provider"), Ok(Command::MockProvider(options.clone())));
        assert_eq!(parsed("mock-model"), Ok(Command::MockModel(options)));
    }

    #[test]
    fn feedback_is_of_all_times_or_since_a_date() {
        let parsed = |line: &str| Command::from_arguments(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(parsed("feedback"), Ok(Command::Feedback(Since::default())));
        for date in ["2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05+01:00"] {
            assert!(matches!(parsed(&format!("feedback --since {date}")), Ok(Command::Feedback(_))), "{date}");
        }
        for line in ["feedback --since", "feedback --since yesterday", "feedback --since 2026-13-01", "feedback all"] {
            assert_eq!(parsed(line), Err(NoSuchCommand), "{line}");
        }
    }

    #[test]
    fn unknown_arguments_are_refused() {
        for arguments in [
            &["serve"][..],
            &["config", "--json"],
            &["config", "--env", "more"],
            &["doctor", "--file"],
            &["doctor", "--file", ""],
            &["health", "now"],
            &["--port", "1"],
            &[""],
        ] {
            assert_eq!(Command::from_arguments(arguments), Err(NoSuchCommand), "{arguments:?}");
        }
    }
}
