use super::{super::DATABASE_CONNECTIONS, *};

fn kind(text: &str) -> Option<Kind> {
    text.parse::<DatabaseUrl>().ok().map(|url| url.kind)
}

#[test]
fn three_kinds_of_databases_are_supported() {
    assert_eq!(kind("sqlite://oracle-ai.db?mode=rwc"), Some(Kind::SqliteFile));
    assert_eq!(kind("sqlite:///var/lib/oracle-ai/a.db"), Some(Kind::SqliteFile));
    assert_eq!(kind("sqlite::memory:"), Some(Kind::SqliteMemory));
    assert_eq!(kind("postgres://user:secret@db.example/chat"), Some(Kind::Postgres));
    for text in [
        "",
        "chat.db",
        "sqlite:",
        "sqlite://",
        "sqlite://a?mode=memory",
        "mysql://db.example/chat",
        "https://db.example",
        "postgres://db.example/chat?sslmode=always",
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn only_a_verified_server_or_this_machine_keeps_conversations_from_others() {
    for (url, may_cross, may_by_default) in [
        ("postgres://db.example/chat", true, false),
        ("postgres://db.example/chat?sslmode=disable", true, true),
        ("postgres://db.example/chat?sslmode=allow", true, true),
        ("postgres://db.example/chat?sslmode=prefer", true, true),
        ("postgres://db.example/chat?ssl-mode=prefer", true, true),
        ("postgres://db.example/chat?sslmode=verify-full&sslmode=require", true, true),
        ("postgres://db.example/chat?sslmode=require", true, true),
        ("postgres://db.example/chat?sslmode=verify-ca", true, false),
        ("postgres://db.example/chat?sslmode=verify-full", false, false),
        ("postgresql://localhost/chat", false, false),
        ("postgres://[::1]:5432/chat", false, false),
        ("postgres://db.example/chat?host=/run/postgresql", false, false),
        // `host` in the query overrides the host.
        ("postgres://localhost/chat?host=db.example", true, false),
        ("sqlite://chat.db", false, false),
        ("sqlite::memory:", false, false),
    ] {
        let parsed: DatabaseUrl = url.parse().unwrap();
        let by_default = parsed.clone().verified_by_default();
        let found = (parsed.may_cross_unprotected(), by_default.may_cross_unprotected());
        assert_eq!(found, (may_cross, may_by_default), "{url}");
    }
}

#[test]
fn the_parameters_of_tls_replace_those_of_the_url_and_no_others() {
    let url: DatabaseUrl =
        "postgres://db.example/chat?ssl-ca=/old.pem&application_name=a%26b&sslmode=verify-ca".parse().unwrap();
    assert_eq!(url.root_certificates().as_deref(), Some("/old.pem"));
    let url = url.verified_by_default().trusting(TrustedAuthorities::public()).unwrap();
    assert_eq!(url.url.as_str(), "postgres://db.example/chat?application_name=a%26b&sslmode=verify-full");
}

#[test]
fn a_password_is_not_printed() {
    let url: DatabaseUrl = "postgres://user:secret@db.example/chat".parse().unwrap();
    assert_eq!(format!("{url:?}"), "DatabaseUrl(Postgres)");
}

#[tokio::test]
async fn a_database_that_a_newer_release_has_changed_is_opened() {
    let file = std::env::temp_dir().join(format!("oracle-ai-newer-{}.db", std::process::id()));
    let url: DatabaseUrl = format!("sqlite://{}?mode=rwc", file.display()).parse().unwrap();
    let newer = open(&url, DATABASE_CONNECTIONS, UseOfFile::OfThisServer).await.unwrap();
    let change = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'of a newer release', TRUE, x'00', 0)";
    newer.pool.execute(change).await.unwrap();
    newer.pool.close().await;

    let opened = open(&url, DATABASE_CONNECTIONS, UseOfFile::OfThisServer).await;

    assert!(opened.is_ok(), "{:?}", opened.err());
    drop(opened);
    let _ = std::fs::remove_file(&file);
}
