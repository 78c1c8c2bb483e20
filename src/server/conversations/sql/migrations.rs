//! Creates the tables, and brings them up to date.

use std::{borrow::Cow, collections::HashMap};

use sqlx::{
    AnyConnection, Executor, Row,
    migrate::{Migrate, Migration, MigrationType},
};

use super::{super::store::StoreError, transaction::statement};

/// The lock that a migrating server holds in PostgreSQL until its transaction ends. The number is arbitrary.
const LOCK: &str = "SELECT 1 FROM pg_advisory_xact_lock(7358920146)";

/// A version, a description and SQL.
pub type MigrationText = (i64, &'static str, &'static str);

/// Runs those of the migrations that have not been run, in the transaction of this connection. Of servers that start at once,
/// one runs them and the others wait, if `locks`.
///
/// The table of what has been run is that of sqlx's `Migrator`, which earlier releases used. It uses named statements and a
/// lock of the session, and neither works behind a pooler that changes connections after each transaction.
pub async fn run(connection: &mut AnyConnection, migrations: &[MigrationText], locks: bool) -> Result<(), StoreError> {
    if locks {
        connection.execute(LOCK).await?;
    }
    connection.ensure_migrations_table().await.map_err(|error| StoreError(error.to_string()))?;
    let applied = applied(connection).await?;
    for migration in migrations.iter().map(migration) {
        match applied.get(&migration.version) {
            Some(checksum) if **checksum == *migration.checksum => {}
            Some(_) => return Err(StoreError(format!("migration {} was another one", migration.version))),
            None => apply(connection, &migration).await?,
        }
    }
    // The database may have migrations of a newer release, after a rollback or during an upgrade: they stay.
    Ok(())
}

/// The checksums by version.
async fn applied(connection: &mut AnyConnection) -> Result<HashMap<i64, Vec<u8>>, sqlx::Error> {
    let rows = statement("SELECT version, checksum FROM _sqlx_migrations").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get("version")?, row.try_get("checksum")?))).collect()
}

async fn apply(connection: &mut AnyConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    connection.execute(&*migration.sql).await?;
    statement(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES ($1, $2, TRUE, $3, -1)",
    )
    .bind(migration.version)
    .bind(&*migration.description)
    .bind(&*migration.checksum)
    .execute(connection)
    .await?;
    Ok(())
}

fn migration((version, description, sql): &MigrationText) -> Migration {
    Migration::new(*version, Cow::Borrowed(*description), MigrationType::Simple, Cow::Borrowed(*sql), false)
}
