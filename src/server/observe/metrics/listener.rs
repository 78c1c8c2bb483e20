//! Figures are asked for at an address of their own: what is open to browsers does not have them.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

use crate::server::auth::sessions::Sessions;

/// OpenMetrics 1.0, which Prometheus reads as its own.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `/metrics` there for as long as the process runs.
pub async fn serve(address: SocketAddr, sessions: Arc<Sessions>) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(%address, "figures are at /metrics of");
    let router = Router::new().route("/metrics", get(async move || page(&sessions)));
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok(())
}

fn page(sessions: &Sessions) -> Response {
    super::sessions(sessions.count());
    match super::text() {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
