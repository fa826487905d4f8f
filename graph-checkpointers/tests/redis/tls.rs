//! A server that speaks TLS. Whom to trust is the process's own matter, so the test runs itself as one that trusts it.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use graph_checkpointers::RedisSaver;
use graph_runtime::StoreError;
use tempfile::TempDir;

use crate::server::{FLEETING, Server, free_port};
use crate::support::key;
use crate::walk::walk;

/// Where the other process finds the server.
const URL: &str = "REDIS_TLS_URL";

/// A certificate for this machine and its key.
fn certificate(folder: &Path) -> [String; 2] {
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|file| folder.join(file));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=graph tests"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(
        made.is_ok_and(|made| made.success()),
        "this test needs the program `openssl`"
    );
    [key, certificate].map(|file| file.to_str().unwrap().to_owned())
}

#[tokio::test]
#[ignore = "the other process of `a_server_that_is_trusted_is_spoken_to_in_tls`"]
async fn walk_as_told() {
    let saver = RedisSaver::connect(&env::var(URL).unwrap()).await.unwrap();
    walk(&saver, &key("t")).await;
}

#[tokio::test]
async fn a_server_that_is_trusted_is_spoken_to_in_tls() {
    let folder = TempDir::new().unwrap();
    let [key, certificate] = certificate(folder.path());
    let port = free_port().to_string();
    let speaks_tls = [
        "--tls-port",
        &port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ];
    let _server = Server::start(&[FLEETING, &speaks_tls].concat());
    let url = format!("rediss://127.0.0.1:{port}/");
    let trusting = Command::new(env::current_exe().unwrap())
        .args(["--exact", "tls::walk_as_told", "--ignored"])
        .env(URL, &url)
        .env("SSL_CERT_FILE", &certificate)
        .stdout(Stdio::null())
        .status();
    assert!(trusting.unwrap().success());
    // Whoever doesn't know the certificate doesn't talk to it.
    let error = RedisSaver::connect(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_an_error() {
    let server = Server::start(FLEETING);
    let options = RedisSaver::options(&format!("rediss://{}/", server.address()));
    let options = options.connect_timeout(Duration::from_millis(300));
    let error = options.connect().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}
