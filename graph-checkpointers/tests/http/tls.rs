//! A proxy with TLS before a server: `https` out of the box.

use std::net::SocketAddr;
use std::sync::Arc;

use graph_checkpointers::HttpSaver;
use graph_runtime::{At, Checkpointer, MemorySaver, StoreError};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::served::{TOKEN, serve, server};
use crate::support::{adding, first, key};

const AUTHORITY: &[u8] = include_bytes!("tls/ca.pem");

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let secret = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], secret);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

/// Takes TLS off, and passes on what is in it.
async fn unwrapped(target: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let acceptor = acceptor();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut onward = TcpStream::connect(target).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut onward).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn moments_cross_a_network_sealed() {
    let served = serve(server(Arc::new(MemorySaver::new()))).await;
    let url = format!(
        "https://localhost:{}",
        unwrapped(served.address).await.port()
    );
    served.leave();
    let client = HttpSaver::options(&url, TOKEN)
        .root_certificates(AUTHORITY)
        .connect()
        .await
        .unwrap();
    let record = first();
    client
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    let chain = client.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert_eq!(chain.records, [record]);
}

/// Neither a certificate that nobody vouches for, nor no TLS at all. Both are refused, and nothing is sent.
#[tokio::test]
async fn a_server_that_nobody_knows_is_refused() {
    let served = serve(server(Arc::new(MemorySaver::new()))).await;
    let plain = served.address.port();
    let port = unwrapped(served.address).await.port();
    served.leave();
    let plain = HttpSaver::options(&format!("https://localhost:{plain}"), TOKEN);
    // The authority is ours, and the name isn't the server's.
    let other = HttpSaver::options(&format!("https://127.0.0.2:{port}"), TOKEN);
    let unknown = HttpSaver::options(&format!("https://localhost:{port}"), TOKEN)
        .root_certificates(include_bytes!("tls/server.pem"));
    for options in [
        plain.root_certificates(AUTHORITY),
        other.root_certificates(AUTHORITY),
        unknown,
    ] {
        let failed = options.retries(0).connect().await.unwrap_err();
        assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    }
}

#[tokio::test]
async fn what_is_no_certificate_is_said() {
    let pem = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----";
    let options = HttpSaver::options("https://localhost:1", TOKEN).root_certificates(pem);
    let failed = options.connect().await.unwrap_err();
    assert!(matches!(failed, StoreError::Unfit(_)), "{failed}");
}
