//! Connections by TLS, to a server of the test's own that has a certificate.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cluster::{Cluster, End};
use graph_checkpointers::PostgresSaver;
use graph_runtime::{At, Checkpointer, StoreError};
use support::{adding, first, key};
use tempfile::TempDir;

/// An authority of our own, and a certificate of its for `localhost`.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ];
        let here = Self { folder };
        here.openssl(
            &[
                &[
                    "req",
                    "-x509",
                    "-days",
                    "2",
                    "-subj",
                    "/CN=authority",
                    "-keyout",
                    "ca.key",
                    "-out",
                    "ca.pem",
                ],
                &key[..],
            ]
            .concat(),
        );
        let asked = [
            "req",
            "-subj",
            "/CN=localhost",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
        ];
        here.openssl(&[&asked[..], &key].concat());
        std::fs::write(here.path("names"), "subjectAltName=DNS:localhost").unwrap();
        here.openssl(&[
            "x509",
            "-req",
            "-days",
            "2",
            "-in",
            "server.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "names",
            "-out",
            "server.crt",
        ]);
        here
    }

    fn openssl(&self, arguments: &[&str]) {
        let status = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{arguments:?}");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A server that takes nobody without TLS.
fn serve(certificates: &Certificates) -> Cluster {
    let cluster = Cluster::start("hostnossl all all 127.0.0.1/32 reject");
    cluster.end(End::Fast);
    cluster.give(
        "server.key",
        &std::fs::read(certificates.path("server.key")).unwrap(),
    );
    cluster.give(
        "server.crt",
        &std::fs::read(certificates.path("server.crt")).unwrap(),
    );
    cluster.set("ssl = on");
    cluster.go_on();
    cluster
}

fn url(cluster: &Cluster, mode: &str, authority: Option<&Path>) -> String {
    let root = authority.map_or_else(String::new, |file| {
        format!("&sslrootcert={}", file.display())
    });
    format!(
        "postgres://postgres@localhost:{}/postgres?sslmode={mode}{root}",
        cluster.port()
    )
}

#[tokio::test]
async fn tls_is_used_and_what_is_not_trusted_is_refused() {
    let certificates = Certificates::new();
    let cluster = serve(&certificates);
    let authority = certificates.path("ca.pem");
    for url in [
        url(&cluster, "verify-full", Some(&authority)),
        url(&cluster, "require", None),
    ] {
        let saver = PostgresSaver::connect(&url).await.unwrap();
        let record = first();
        let thread = key(&record.id.to_string());
        saver.commit(&thread, adding(None, &record)).await.unwrap();
        assert!(saver.load(&thread, At::Head).await.unwrap().is_some());
    }
    let stranger = Certificates::new();
    let foreign = stranger.path("ca.pem");
    for url in [
        url(&cluster, "verify-full", Some(&foreign)),
        url(&cluster, "verify-full", None),
        url(&cluster, "verify-full", Some(&authority)).replace("localhost", "127.0.0.1"),
    ] {
        let error = PostgresSaver::connect(&url).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(error.to_string().contains("TLS"), "{error}");
    }
    let error = PostgresSaver::connect(&url(&cluster, "disable", None))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("doesn't let `postgres` in"),
        "{error}"
    );
}
