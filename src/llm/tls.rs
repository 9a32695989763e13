//! Whom to believe that they are who they say: the machine's certificates, else Mozilla's.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Read once, because a machine has a few hundred of them.
#[derive(Clone, Debug)]
pub struct Roots(RootCertStore);

impl Roots {
    /// What this machine trusts. A container with nothing in it trusts what browsers do.
    pub fn of_machine() -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if store.is_empty() {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Self(store)
    }

    /// A client that believes them and whoever is in `ca_file`. `None`: that is no such file.
    pub(crate) fn client(&self, ca_file: Option<&Path>) -> Option<ClientConfig> {
        let mut store = self.0.clone();
        if let Some(path) = ca_file {
            let bytes = std::fs::read(path).ok()?;
            let own: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
            let (added, refused) = store.add_parsable_certificates(own.ok()?);
            if added == 0 || refused > 0 {
                return None;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(store)
            .with_no_client_auth();
        Some(config)
    }
}
