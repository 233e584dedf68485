//! A certificate for the addresses of all sources, made by `openssl` for one run.

use super::loopback::address;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// How many sources there are, where nobody says it: each takes six bytes of the certificate, and a server shows it to all.
pub(crate) const SOURCES: usize = 1_000;

/// Where the certificate lies in its folder; clients that are to trust it find it in `SSL_CERT_FILE`.
pub(crate) fn certificate(folder: &Path) -> PathBuf {
    folder.join("certificate.pem")
}

fn key(folder: &Path) -> PathBuf {
    folder.join("key.pem")
}

/// Makes a key and a certificate that signs itself.
pub(crate) fn make(folder: &Path, sources: usize) {
    let mut names = String::from("subjectAltName=IP:127.0.0.1");
    for source in 0..sources {
        let _ = write!(names, ",IP:{}", address(source));
    }
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=bench"])
        .args([
            "-addext",
            &names,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-keyout")
        .arg(key(folder))
        .arg("-out")
        .arg(certificate(folder))
        .output()
        .expect("openssl is installed");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "openssl makes a certificate: {said}");
}

/// What answers the handshakes.
pub(crate) fn acceptor(folder: &Path) -> TlsAcceptor {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain =
        CertificateDer::from_pem_file(certificate(folder)).expect("openssl wrote a certificate");
    let key = PrivateKeyDer::from_pem_file(key(folder)).expect("openssl wrote a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}
