//! Reading one's own writes: a session remembers the newest receipt and asks for states no older.

use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_policy::ids::Revision;
use bailiwick_rpc::api::{At, Receipt};

use crate::client::{Change, Client};
use crate::error::ClientError;
use crate::write::WriteOutcome;

/// What one person or one script has seen. Clones share it.
#[derive(Clone, Debug)]
pub struct Session {
    client: Client,
    last: Arc<Mutex<Option<Receipt>>>,
}

impl Session {
    /// A session that has seen nothing yet.
    pub fn new(client: Client) -> Self {
        Self { client, last: Arc::default() }
    }

    /// The client beneath.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Makes a change, and remembers its receipt.
    pub async fn submit(&self, change: Change) -> Result<WriteOutcome, ClientError> {
        let outcome = self.client.submit(change).await?;
        if let WriteOutcome::Committed(committed) = &outcome {
            self.remember(&committed.receipt);
        }
        Ok(outcome)
    }

    /// What to ask reads for: nothing older than what the session knows of.
    pub fn at(&self) -> At {
        self.last().map_or(At::Local, At::AtLeast)
    }

    /// The newest receipt.
    pub fn last(&self) -> Option<Receipt> {
        self.lock().clone()
    }

    /// Takes in a receipt had otherwise: from an outcome that was asked for, or from another program.
    pub fn remember(&self, receipt: &Receipt) {
        let mut last = self.lock();
        let newer = match (last.as_ref().and_then(Receipt::parts), receipt.parts()) {
            (Some((cluster, incarnation, revision)), Some((c, i, r))) => c != cluster || (i, r) > (incarnation, revision),
            (None, _) => true,
            // What we can't take apart we can't compare: the later one counts.
            (Some(_), None) => true,
        };
        if newer {
            *last = Some(receipt.clone());
        }
    }

    /// Takes in the revision of an answer, so that the next one isn't older. Without a receipt there is nothing to
    /// hang it on, and it is passed over.
    pub fn saw(&self, revision: Revision) {
        let mut last = self.lock();
        let raised = last.as_ref().and_then(Receipt::parts).filter(|(_, _, known)| *known < revision);
        if let Some((cluster, incarnation, _)) = raised {
            *last = Some(Receipt::new(cluster, incarnation, revision));
        }
    }

    /// Forgets all receipts: after a restore they are of an incarnation that is gone.
    pub fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Receipt>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
