//! TLS inside the process, for those without a proxy in front: a certificate and a key, as files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Listen;

/// Why the certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} is not a PEM file with a {what} in it")]
    NotPem { path: PathBuf, what: &'static str },
    #[error("the certificate and the key do not fit: {0}")]
    Unfit(#[from] rustls::Error),
}

/// What to serve with; `None` where the settings name no certificate.
pub fn settings(listen: &Listen) -> Result<Option<ServerConfig>, TlsError> {
    let (Some(cert), Some(key)) = (&listen.tls_cert, &listen.tls_key) else {
        return Ok(None);
    };
    let chain = CertificateDer::pem_slice_iter(&read(cert)?)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| TlsError::NotPem {
            path: cert.clone(),
            what: "certificate",
        })?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::NotPem {
        path: key.clone(),
        what: "private key",
    })?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    Ok(Some(config))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
