//! Why a service did not do it: a refusal, and when to come again where that helps.

use ludus_domain::journal::Fault;
use ludus_domain::refusal::Refusal;

use crate::store::StoreError;

/// The answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .code.code())]
pub struct Denied {
    pub code: Refusal,
    pub retry_after_ms: Option<u32>,
}

impl From<Refusal> for Denied {
    fn from(code: Refusal) -> Self {
        Self {
            code,
            retry_after_ms: None,
        }
    }
}

impl From<StoreError> for Denied {
    /// What is our own fault is logged here, once, and told to nobody.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(code) => code.into(),
            StoreError::Unavailable { retry_after_ms } => Self {
                code: Refusal::Unavailable,
                retry_after_ms: Some(retry_after_ms),
            },
            other => {
                tracing::error!(error = %other, "the store refused what should have worked");
                Refusal::Internal.into()
            }
        }
    }
}

impl From<Fault> for Denied {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable { retry_after_ms } | Fault::Unknown { retry_after_ms } => Self {
                code: Refusal::Unavailable,
                retry_after_ms: Some(retry_after_ms),
            },
            Fault::Poisoned => Refusal::Internal.into(),
        }
    }
}
