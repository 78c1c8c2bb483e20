//! `docs/audit-events.md`, made from the table of events.

use super::{Event, ocsf};

const INTRODUCTION: &str = "# Audit events

Each event is one line. By default it is a line of the log with the target `oracle_ai::audit`, which the filter in `LOG` \
can't suppress; the enclosing span describes the request. With `AUDIT_FORMAT=json` or `ocsf` it is a JSON object of its \
own, in a chain that shows whether lines were changed or removed: [audit.md](audit.md) explains these formats, and how to \
ship and check the lines.

Its fields are the time, `event` and `outcome` as below, and `reason` in words. Where they are known, a line also has:

- `user`: the person, as an HMAC that `oracle-ai audit-user` prints for an issuer and a `sub`. Where a credential is \
presented with another key than its own, this is its owner.
- `session`: the same for all lines about one session.
- `key`: the thumbprint (RFC 7638) of the DPoP key whose proof came with the request.
- `bound_key`: the thumbprint of the key that the login, session or access token is bound to, where it differs from `key`.
- `conversation`: the conversation that the request names.
- `operator`: who acted on the sessions of `user`: another person, as the same kind of HMAC, or an account of the machine \
on which a command was run.

[operations.md](operations.md#the-audit-events) explains how they are made, and how to find a person by them.

An event that any stranger can cause is written once a minute for each event, address and user, and with up to four \
different reasons. `repeated` counts those left out since the line before. If no further line follows, a line without a \
reason has the count, and the address as `client`.

`oracle-ai audit-events` prints this page; `scripts/docs` regenerates it.

| event | outcome | what happened |
|---|---|---|
";

const MAPPING: &str = "
## In OCSF

With `AUDIT_FORMAT=ocsf`, each event is an object of the Open Cybersecurity Schema Framework, version ";

const COLUMNS: &str =
    ". `metadata.event_code` is the name above, `status_code` its outcome, `status_detail` the reason. \
[audit.md](audit.md#the-fields-in-ocsf) has the other fields.

| event | class | activity | `type_uid` | severity | status |
|---|---|---|---|---|---|
";

/// `docs/audit-events.md`
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for event in Event::ALL {
        page += &format!("| `{}` | {} | {} |\n", event.name(), event.outcome().name(), event.meaning());
    }
    page += &format!("{MAPPING}{}{COLUMNS}", ocsf::VERSION);
    for event in Event::ALL {
        let (activity, class) = (event.activity(), event.activity().class());
        page += &format!(
            "| `{}` | {} {} | {} {} | {} | {} {:?} | {} |\n",
            event.name(),
            class.uid(),
            class.name(),
            activity.id(),
            activity.name(),
            event.type_uid(),
            event.severity() as u16,
            event.severity(),
            event.status().1,
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn the_page_is_up_to_date() {
        // T103
        assert!(markdown() == include_str!("../../../../docs/audit-events.md"), "run scripts/docs");
    }

    #[test]
    fn each_event_is_recorded_somewhere() {
        // T103
        // The chain records its own events.
        let mut code = include_str!("sink.rs").to_owned();
        read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/server")), &mut code);
        for event in Event::ALL {
            assert!(code.contains(&format!("Event::{event:?}")), "{event:?} is not recorded");
        }
    }

    #[test]
    fn event_names_are_unique() {
        let names: std::collections::BTreeSet<_> = Event::ALL.iter().map(|event| event.name()).collect();
        assert_eq!(names.len(), Event::ALL.len());
    }

    /// Reads all code of the server except this folder.
    fn read(folder: &Path, code: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("audit") => {}
                true => read(&path, code),
                false => *code += &fs::read_to_string(&path).unwrap(),
            }
        }
    }
}
