//! Connections: one for each node and service, opened when first wanted, shared by all who want it, and opened anew
//! once it has broken.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_rpc::api::{AdminClient, BrowseClient, CheckClient, ClusterClient};
use bailiwick_rpc::connect::{ConnectError, Connected};
use bailiwick_rpc::preface::Accepted;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio_util::task::TaskTracker;
use tracing::debug;

/// A service of the callers' door, and the generated client that speaks it.
pub trait Service: Sized + Send + Sync + 'static {
    /// Its name in the preface.
    const NAME: &'static str;
    /// The generated client.
    type Stub: Clone + Send + Sync + 'static;

    /// The client over a connection, and what must run for it to work. That ends when the connection breaks or the
    /// last clone of the client is dropped.
    fn open(connected: Connected) -> (Self::Stub, BoxFuture<'static, Result<(), String>>);

    /// Where a node's connection for this service is kept.
    #[doc(hidden)]
    fn slot(node: &NodeSlots) -> &Slot<Self>;
}

macro_rules! services {
    ($($(#[$doc:meta])* $service:ident, $name:literal, $stub:ident, $field:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $service {}

            impl Service for $service {
                const NAME: &'static str = $name;
                type Stub = $stub;

                fn open(connected: Connected) -> ($stub, BoxFuture<'static, Result<(), String>>) {
                    let config = connected.client_config();
                    let made = $stub::new(config, connected.transport());
                    let dispatch = made.dispatch.map(|ended| ended.map_err(|error| error.to_string()));
                    (made.client, dispatch.boxed())
                }

                fn slot(node: &NodeSlots) -> &Slot<Self> {
                    &node.$field
                }
            }
        )*

        /// The connections to one node.
        #[derive(Default)]
        pub struct NodeSlots {
            $($field: Slot<$service>,)*
        }

        impl NodeSlots {
            /// Forgets all connections: those under way end their calls, new calls connect anew.
            pub(crate) fn forget(&self) {
                $(self.$field.forget();)*
            }
        }
    };
}

services! {
    /// Checks.
    Checks, "check", CheckClient, check;
    /// Changes.
    Changes, "admin", AdminClient, admin;
    /// What is there.
    Browsing, "browse", BrowseClient, browse;
    /// The cluster.
    Members, "cluster", ClusterClient, cluster;
}

/// An open connection, as its users see it.
pub struct Live<S: Service> {
    /// The generated client.
    pub stub: S::Stub,
    /// What the node said when it let us in.
    pub hello: Arc<Accepted>,
    alive: Arc<AtomicBool>,
}

impl<S: Service> Clone for Live<S> {
    fn clone(&self) -> Self {
        Self { stub: self.stub.clone(), hello: self.hello.clone(), alive: self.alive.clone() }
    }
}

impl<S: Service> fmt::Debug for Live<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("service", &S::NAME).field("hello", &self.hello).finish_non_exhaustive()
    }
}

impl<S: Service> Live<S> {
    /// Sets a connection up; `tasks` owns what runs for it.
    pub(crate) fn new(connected: Connected, tasks: &TaskTracker) -> Self {
        let hello = Arc::new(connected.hello.clone());
        let alive = Arc::new(AtomicBool::new(true));
        let (stub, dispatch) = S::open(connected);
        let ended = alive.clone();
        tasks.spawn(async move {
            let result = dispatch.await;
            ended.store(false, Ordering::Release);
            if let Err(error) = result {
                debug!(service = S::NAME, error, "connection broken");
            }
        });
        Self { stub, hello, alive }
    }

    /// Marks it as no longer to be used: it hangs, though it may not know it.
    pub(crate) fn discard(&self) {
        self.alive.store(false, Ordering::Release);
    }

    fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }
}

/// What dialling comes to; shared, since several may wait for one connection.
pub(crate) type Dialled<S> = Result<Live<S>, Arc<ConnectError>>;

/// The place of one connection.
pub struct Slot<S: Service> {
    dial: Mutex<Option<Shared<BoxFuture<'static, Dialled<S>>>>>,
}

impl<S: Service> Default for Slot<S> {
    fn default() -> Self {
        Self { dial: Mutex::new(None) }
    }
}

impl<S: Service> Slot<S> {
    /// The connection that stands, or that is being made; else a new one by `dial`, which several may await.
    pub(crate) async fn get(&self, dial: impl FnOnce() -> BoxFuture<'static, Dialled<S>>) -> Dialled<S> {
        let shared = {
            let mut place = self.dial.lock().unwrap_or_else(PoisonError::into_inner);
            let usable = place.as_ref().filter(|shared| match shared.peek() {
                None => true,
                Some(Ok(live)) => live.is_alive(),
                Some(Err(_)) => false,
            });
            match usable {
                Some(shared) => shared.clone(),
                None => place.insert(dial().shared()).clone(),
            }
        };
        shared.await
    }

    /// Gives up a connection that is taking too long to come about; the next call dials anew.
    pub(crate) fn give_up(&self) {
        let mut place = self.dial.lock().unwrap_or_else(PoisonError::into_inner);
        if place.as_ref().is_some_and(|shared| shared.peek().is_none()) {
            *place = None;
        }
    }

    fn forget(&self) {
        let mut place = self.dial.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(live)) = place.as_ref().and_then(Shared::peek) {
            live.discard();
        }
        *place = None;
    }
}
