//! A provider with a certificate of a private certificate authority (`OIDC_CA_FILE`), over real TLS.

use std::{fs, io, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{Json, Router, routing::get, serve::Listener};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use crate::support::{provider::CLIENT_ID, redis::make_certificate, server_process::ServerProcess};

/// Of which only the metadata is there.
struct TlsProvider {
    issuer: String,
    folder: PathBuf,
}

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (connection, address) = self.tcp.accept().await.unwrap();
            // Fails here if the client does not trust the certificate.
            if let Ok(connection) = self.acceptor.accept(connection).await {
                return (connection, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

impl TlsProvider {
    async fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("oracle-ai-authority-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        make_certificate(&folder, "provider");
        let certificate = CertificateDer::from_pem_file(folder.join("provider.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join("provider.key")).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("https://localhost:{}", tcp.local_addr().unwrap().port());
        let metadata = Json(json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(async || metadata))
            .route("/jwks", get(async || Json(json!({ "keys": [] }))));
        let listener = TlsListener { tcp, acceptor: TlsAcceptor::from(Arc::new(config)) };
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { issuer, folder }
    }
}

impl Drop for TlsProvider {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_certificate_authority_is_trusted_only_if_configured() {
    let provider = TlsProvider::start().await;
    let authority = provider.folder.join("authority.pem");
    let begin = async |variables: &[(&str, &str)]| {
        let variables = [variables, &[("DATABASE_URL", "sqlite::memory:")]].concat();
        let server = ServerProcess::start(&provider.issuer, &variables).await;
        let answer = server.begin_login().await;
        (answer.status().as_u16(), answer.text().await.unwrap(), server.log())
    };
    let (status, text, log) = begin(&[("OIDC_CA_FILE", authority.to_str().unwrap())]).await;
    assert_eq!(status, 200, "{text} {log}");
    assert!(text.contains(&format!("{}/authorize?", provider.issuer)) && text.contains(CLIENT_ID), "{text}");

    let (status, text, log) = begin(&[]).await;
    assert_eq!(status, 502, "{text}");
    assert!(log.contains("certificate"), "{log}");
}
