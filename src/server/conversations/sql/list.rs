//! The list of conversations, and the search in it. Queries in transactions that the caller ends.

use std::{collections::HashMap, time::SystemTime};

use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    super::{
        Owner,
        found_place::found_place,
        list_page::{ListPage, ListPosition, Listed},
        search::{Search, Term},
        text::pattern,
    },
    database::Dialect,
    rows::{lost_before, seconds},
    transaction::statement,
};
use crate::wire::{
    chat::{ConversationId, MessageId},
    conversations::ConversationSummary,
};

/// `$1` is the owner, and answers that were touched before `$2` are lost.
const SELECT: &str = "SELECT c.id, c.title, c.updated_at, c.pinned, ( \
         SELECT a.id FROM messages a WHERE a.owner = c.owner AND a.conversation = c.id AND a.role = 'answer' \
         AND a.end_reason IS NULL AND a.touched_at >= $2 LIMIT 1 \
     ) AS running \
     FROM conversations c WHERE c.owner = $1";

/// The parameters of a page's query before those of its search.
const PAGE_PARAMETERS: usize = 5;

pub async fn list(
    connection: &mut AnyConnection,
    dialect: Dialect,
    owner: &Owner,
    search: &Search,
    page: &ListPage,
    now: SystemTime,
) -> Result<Listed, sqlx::Error> {
    let (updated_at, id) = page.after.as_ref().map_or((i64::MAX, ""), |after| (after.updated_at, after.id.as_str()));
    let conditions: String = search
        .terms
        .iter()
        .zip(0..)
        .map(|(term, number)| condition(dialect, term, PAGE_PARAMETERS + 1 + 2 * number))
        .collect();
    let sql = format!(
        "{SELECT} AND c.updated_at <= $3 AND (c.updated_at < $3 OR c.id > $4){conditions} \
         ORDER BY c.updated_at DESC, c.id LIMIT $5"
    );
    let mut query = statement(&sql)
        .bind(owner.as_str())
        .bind(lost_before(now))
        .bind(updated_at)
        .bind(id)
        .bind(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
    for term in &search.terms {
        query = query.bind(pattern(&term.text)).bind(index_query(dialect, owner, term));
    }
    let mut rows = query.fetch_all(&mut *connection).await?;
    let has_more = rows.len() > page.limit;
    rows.truncate(page.limit);
    let next = rows.last().filter(|_| has_more).map(position).transpose()?;
    let mut conversations = rows.iter().map(summary).collect::<Result<Vec<_>, _>>()?;
    if !search.is_empty() {
        add_places(connection, owner, search, &mut conversations).await?;
    }
    Ok(Listed { conversations, next })
}

pub async fn pinned(
    connection: &mut AnyConnection,
    owner: &Owner,
    limit: usize,
    now: SystemTime,
) -> Result<Vec<ConversationSummary>, sqlx::Error> {
    let sql = format!("{SELECT} AND c.pinned = 1 ORDER BY c.updated_at DESC, c.id LIMIT $3");
    let rows = statement(&sql)
        .bind(owner.as_str())
        .bind(lost_before(now))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    rows.iter().map(summary).collect()
}

/// Whether the title, any message of conversation `c`, or a file of one has the term. Its parameters are the pattern of the term
/// and its [`index_query`].
fn condition(dialect: Dialect, term: &Term, first: usize) -> String {
    let (pattern, query) = (first, first + 1);
    let found = match (term.is_indexed, dialect) {
        // The index first: SQLite would look each message of the owner up in it.
        (true, Dialect::Sqlite) => format!(
            "SELECT m.conversation FROM message_words w CROSS JOIN searched_messages s ON s.number = w.rowid \
             CROSS JOIN messages m ON m.id = s.message WHERE w.message_words MATCH ${query} AND m.owner = $1 \
             UNION ALL \
             SELECT m.conversation FROM attachment_words w CROSS JOIN searched_attachments s ON s.number = w.rowid \
             CROSS JOIN messages m ON m.id = s.question WHERE w.attachment_words MATCH ${query} AND m.owner = $1"
        ),
        (true, Dialect::Postgres) => format!(
            "SELECT m.conversation FROM messages m \
             WHERE m.owner = $1 AND message_words(m.owner, m.folded) @@ CAST(CAST(${query} AS TEXT) AS TSQUERY) \
             UNION ALL \
             SELECT m.conversation FROM attachments f JOIN messages m ON m.id = f.question \
             WHERE f.owner = $1 AND message_words(f.owner, f.folded) @@ CAST(CAST(${query} AS TEXT) AS TSQUERY)"
        ),
        // The query is empty. It is used so that all terms have two parameters.
        (false, _) => format!(
            "SELECT m.conversation FROM messages m \
             WHERE m.owner = $1 AND m.folded LIKE ${pattern} ESCAPE '\\' AND ${query} = '' \
             UNION ALL \
             SELECT m.conversation FROM attachments f JOIN messages m ON m.id = f.question \
             WHERE f.owner = $1 AND f.folded LIKE ${pattern} ESCAPE '\\'"
        ),
    };
    format!(" AND (c.folded LIKE ${pattern} ESCAPE '\\' OR c.id IN ({found}))")
}

/// The owner's texts with a word that begins with the term. An indexed term has letters and digits only.
fn index_query(dialect: Dialect, owner: &Owner, term: &Term) -> String {
    let (owner, word) = (owner.as_str(), &term.text);
    match (term.is_indexed, dialect) {
        (true, Dialect::Sqlite) => format!("owner : \"{owner}\" AND words : \"{word}\" *"),
        (true, Dialect::Postgres) => format!("'@{owner}' & '{word}':*"),
        (false, _) => String::new(),
    }
}

/// Of each conversation, the latest of the messages and their files that have most of the words.
async fn add_places(
    connection: &mut AnyConnection,
    owner: &Owner,
    search: &Search,
    conversations: &mut [ConversationSummary],
) -> Result<(), sqlx::Error> {
    if conversations.is_empty() {
        return Ok(());
    }
    let has_terms: Vec<_> =
        (0..search.terms.len()).map(|number| format!("t.folded LIKE ${} ESCAPE '\\'", number + 2)).collect();
    let counted: Vec<_> = has_terms.iter().map(|has| format!("CASE WHEN {has} THEN 1 ELSE 0 END")).collect();
    let ids: Vec<_> = (0..conversations.len()).map(|number| format!("${}", number + 2 + search.terms.len())).collect();
    let of_these = format!("m.owner = $1 AND m.conversation IN ({})", ids.join(", "));
    let sql = format!(
        "SELECT best.conversation, best.text, best.created_at FROM ( \
             SELECT t.conversation, t.text, t.created_at, \
             ROW_NUMBER() OVER (PARTITION BY t.conversation ORDER BY {} DESC, t.position DESC) AS place FROM ( \
                 SELECT m.conversation, m.text, m.folded, m.created_at, m.position FROM messages m WHERE {of_these} \
                 UNION ALL \
                 SELECT m.conversation, f.text, f.folded, m.created_at, m.position FROM messages m \
                 JOIN attachments f ON f.question = m.id WHERE {of_these} \
             ) AS t WHERE {} \
         ) AS best WHERE best.place = 1",
        counted.join(" + "),
        has_terms.join(" OR ")
    );
    let mut query = statement(&sql).bind(owner.as_str());
    for term in &search.terms {
        query = query.bind(pattern(&term.text));
    }
    for conversation in conversations.iter() {
        query = query.bind(conversation.id.as_str().to_owned());
    }
    let mut places = HashMap::new();
    for row in query.fetch_all(connection).await? {
        let (text, at) = (row.try_get::<String, _>("text")?, seconds(row.try_get("created_at")?));
        places.insert(row.try_get::<String, _>("conversation")?, found_place(&text, search, at));
    }
    for conversation in conversations {
        conversation.found = places.remove(conversation.id.as_str());
    }
    Ok(())
}

fn summary(row: &AnyRow) -> Result<ConversationSummary, sqlx::Error> {
    Ok(ConversationSummary {
        id: ConversationId::new(row.try_get::<String, _>("id")?),
        title: row.try_get("title")?,
        updated_at: seconds(row.try_get("updated_at")?),
        running: row.try_get::<Option<String>, _>("running")?.map(MessageId::new),
        pinned: row.try_get::<i64, _>("pinned")? != 0,
        found: None,
    })
}

fn position(row: &AnyRow) -> Result<ListPosition, sqlx::Error> {
    Ok(ListPosition {
        updated_at: row.try_get("updated_at")?,
        id: ConversationId::new(row.try_get::<String, _>("id")?),
    })
}
