//! The latch of the first fault. Raft's core can stop while the process lives on and metrics still call it leader:
//! so whoever runs the process waits on this, and exits.

use std::sync::Arc;

use tokio::sync::watch;

use crate::fault::Fault;

/// Whether this node's storage may still be used. Cheap to clone; all clones are one latch.
#[derive(Clone, Debug)]
pub struct Health(Arc<watch::Sender<Option<Fault>>>);

impl Default for Health {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Health {
    /// The first fault, if there has been one.
    pub fn fault(&self) -> Option<Fault> {
        self.0.borrow().clone()
    }

    /// The first fault as an error: called before anything touches the disk, so that nothing is retried after one.
    pub fn check(&self) -> Result<(), Fault> {
        match &*self.0.borrow() {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    /// Waits for the first fault.
    pub async fn failed(&self) -> Fault {
        let mut seen = self.0.subscribe();
        loop {
            if let Some(fault) = self.fault() {
                return fault;
            }
            if seen.changed().await.is_err() {
                // The sender is `self`, so this is not reached; waiting for ever is the honest answer.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Closes the storage. Only the first fault is kept: those after it are its consequences.
    pub(crate) fn fail(&self, fault: &Fault) {
        let first = self.0.send_if_modified(|seen| match seen {
            Some(_) => false,
            None => {
                *seen = Some(fault.clone());
                true
            }
        });
        if first {
            tracing::error!(%fault, "storage stopped");
        }
    }
}
