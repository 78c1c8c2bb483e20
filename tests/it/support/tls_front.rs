//! Ends TLS in front of a server on loopback that speaks HTTP.

use std::{net::SocketAddr, sync::Arc};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};

use super::authority::{Authority, Certificate};

/// A port that is taken, before anything is behind it: what is behind it may have to know the port.
pub struct TlsFront {
    listener: TcpListener,
    config: ServerConfig,
}

impl TlsFront {
    pub async fn new(certificate: &Certificate) -> Self {
        Self::with(certificate, None).await
    }

    /// Requires clients to have a certificate by this authority.
    pub async fn with_client_certificates(certificate: &Certificate, clients: &Authority) -> Self {
        Self::with(certificate, Some(clients)).await
    }

    async fn with(certificate: &Certificate, clients: Option<&Authority>) -> Self {
        let chain = vec![CertificateDer::from_pem_file(&certificate.file).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&certificate.key_file).unwrap();
        let builder = match clients {
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.certificate_in_der().into()).unwrap();
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
                ServerConfig::builder().with_client_cert_verifier(verifier)
            }
            None => ServerConfig::builder().with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key).unwrap();
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap(), config }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// `https://localhost` with its port.
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.address().port())
    }

    /// Passes connections on to this server, until the end of the test.
    pub fn pass_to(self, server: SocketAddr) {
        let acceptor = TlsAcceptor::from(Arc::new(self.config));
        tokio::spawn(async move {
            while let Ok((connection, _)) = self.listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Fails here if the client does not trust the certificate.
                    let Ok(mut client) = acceptor.accept(connection).await else { return };
                    let Ok(mut server) = TcpStream::connect(server).await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
    }
}
