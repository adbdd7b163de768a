//! A step that drains a queue, and its two drivers: a thread of its own, which is how a node runs, and inline in
//! the caller, which is how a simulation runs: one thread, the same order every time.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arc_swap::ArcSwapOption;
use tokio::sync::mpsc;

use crate::fault::{Fault, FaultKind};
use crate::health::Health;

/// How the work of a store is driven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Driver {
    /// On threads of its own.
    Thread,
    /// In whoever asks, before the question returns.
    Inline,
}

impl Driver {
    /// Runs something long, on a thread if this driver has them, and waits for it without blocking the caller's.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        name: &str,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        match self {
            Self::Inline => work(),
            Self::Thread => {
                let (tx, rx) = tokio::sync::oneshot::channel();
                std::thread::Builder::new()
                    .name(name.to_owned())
                    .spawn(move || drop(tx.send(work())))
                    .map_err(|e| Fault::io(name, &e))?;
                rx.await.map_err(|_gone| Fault::new(FaultKind::Stopped, name, "the thread ended without an answer"))?
            }
        }
    }
}

/// What is drained: everything asked for so far, in order, in one step.
pub(crate) trait Step: Send + 'static {
    /// What can be asked for.
    type Request: Send + 'static;
    /// Names the thread, and the fault if it dies.
    const NAME: &'static str;
    /// Answers all of them, in order.
    fn step(&mut self, requests: Vec<Self::Request>);
    /// Nothing will be asked any more.
    fn close(&mut self);
}

/// Requests that may wait. Each is at most one append of Raft or one batch of applied entries, so the bound is on
/// memory; whoever meets it waits.
const QUEUE_MAX: usize = 256;

/// The owner of a step: it joins the thread when it is closed or dropped.
pub(crate) struct Worker<S: Step>(Inner<S>);

enum Inner<S: Step> {
    Thread { tx: ArcSwapOption<mpsc::Sender<S::Request>>, handle: Mutex<Option<JoinHandle<()>>> },
    Inline(Mutex<Option<S>>),
}

impl<S: Step> Worker<S> {
    /// Starts a step under a driver.
    pub(crate) fn start(driver: Driver, step: S, health: Health) -> Result<Self, Fault> {
        match driver {
            Driver::Inline => Ok(Self(Inner::Inline(Mutex::new(Some(step))))),
            Driver::Thread => {
                let (tx, rx) = mpsc::channel(QUEUE_MAX);
                let handle = std::thread::Builder::new()
                    .name(S::NAME.to_owned())
                    .spawn(move || run(step, rx, &health))
                    .map_err(|e| Fault::io(S::NAME, &e))?;
                let tx = ArcSwapOption::from_pointee(tx);
                Ok(Self(Inner::Thread { tx, handle: Mutex::new(Some(handle)) }))
            }
        }
    }

    /// Asks, waiting while the queue is full.
    pub(crate) async fn send(&self, request: S::Request) -> Result<(), Fault> {
        match &self.0 {
            Inner::Inline(step) => inline(step, request),
            Inner::Thread { tx, .. } => {
                let tx: Arc<_> = tx.load_full().ok_or_else(stopped::<S>)?;
                tx.send(request).await.map_err(|_gone| stopped::<S>())
            }
        }
    }

    /// Asks if there is room. If there is none, the step is about to run anyway.
    pub(crate) fn poke(&self, request: S::Request) {
        match &self.0 {
            Inner::Inline(step) => drop(inline(step, request)),
            Inner::Thread { tx, .. } => {
                if let Some(tx) = tx.load_full() {
                    drop(tx.try_send(request));
                }
            }
        }
    }

    /// Answers what has been asked, then ends the thread and waits for it.
    pub(crate) fn close(&self) {
        match &self.0 {
            Inner::Inline(step) => {
                if let Some(mut step) = step.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    step.close();
                }
            }
            Inner::Thread { tx, handle } => {
                tx.store(None);
                let handle = handle.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(handle) = handle
                    && handle.thread().id() != std::thread::current().id()
                    && handle.join().is_err()
                {
                    tracing::error!(thread = S::NAME, "ended by a panic");
                }
            }
        }
    }
}

impl<S: Step> Drop for Worker<S> {
    fn drop(&mut self) {
        self.close();
    }
}

fn stopped<S: Step>() -> Fault {
    Fault::new(FaultKind::Stopped, S::NAME, "it has been closed")
}

fn inline<S: Step>(step: &Mutex<Option<S>>, request: S::Request) -> Result<(), Fault> {
    let mut step = step.lock().unwrap_or_else(PoisonError::into_inner);
    let step = step.as_mut().ok_or_else(stopped::<S>)?;
    step.step(vec![request]);
    Ok(())
}

/// Says so if the thread ends by a panic: those who wait for an answer must not wait for ever.
struct Alarm<'a>(&'a Health, &'static str);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&Fault::new(FaultKind::Misuse, self.1, "the thread panicked"));
        }
    }
}

fn run<S: Step>(mut step: S, mut rx: mpsc::Receiver<S::Request>, health: &Health) {
    let _alarm = Alarm(health, S::NAME);
    while let Some(first) = rx.blocking_recv() {
        let mut requests = vec![first];
        while requests.len() < QUEUE_MAX
            && let Ok(next) = rx.try_recv()
        {
            requests.push(next);
        }
        step.step(requests);
    }
    step.close();
}
