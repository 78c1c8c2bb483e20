use super::*;

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
fn only_tls_or_this_machine_keeps_conversations_from_others() {
    for (url, may_cross, trusts_any) in [
        ("postgres://db.example/chat", true, false),
        ("postgres://db.example/chat?sslmode=disable", true, false),
        ("postgres://db.example/chat?sslmode=allow", true, false),
        ("postgres://db.example/chat?sslmode=prefer", true, false),
        ("postgres://db.example/chat?sslmode=require", false, true),
        ("postgres://db.example/chat?sslmode=verify-ca", false, false),
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
        assert_eq!((parsed.may_cross_unencrypted(), parsed.trusts_any_server()), (may_cross, trusts_any), "{url}");
    }
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
    let newer = open(&url).await.unwrap();
    let change = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'of a newer release', TRUE, x'00', 0)";
    newer.pool.execute(change).await.unwrap();
    newer.pool.close().await;

    let opened = open(&url).await;

    assert!(opened.is_ok(), "{:?}", opened.err());
    drop(opened);
    let _ = std::fs::remove_file(&file);
}
