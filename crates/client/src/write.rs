//! What becomes of one write: a pure state machine over answers and failures.
//!
//! It keeps one thing above all: whether the request may have been proposed. While that is certainly not so, a failure
//! is an error and nothing has changed. Once it may be so, only an outcome ends it; when time runs out it is Unknown,
//! and never anything else. Sending again is safe at any time: the request's id applies once.

use bailiwick_policy::ids::{RequestId, Revision};
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_rpc::api::{ApiError, OutcomeReply, Receipt, RejectionBody, SubmitReply};

/// What became of a write. Never flattened into yes or no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WriteOutcome {
    /// In force from this revision on.
    Committed(Committed),
    /// A lawful no: nothing has changed.
    Rejected(RejectionBody),
    /// It may have happened, or may happen yet. Ask for its outcome by its id, or send it again with the same id.
    Unknown {
        /// The id to ask by.
        request_id: RequestId,
        /// Why it isn't known.
        message: String,
    },
}

/// A write that is in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The id it was sent with.
    pub request_id: RequestId,
    /// For reading it back, on any node.
    pub receipt: Receipt,
    /// The revision.
    pub revision: Revision,
    /// Whether anything changed.
    pub changed: bool,
    /// What the asker should know all the same.
    pub warnings: Vec<String>,
}

/// What happened to what was last asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// A node answered the request.
    Answer(SubmitReply),
    /// A node answered the question for the outcome.
    Outcome(OutcomeReply),
    /// A node answered with an error.
    Error(ApiError),
    /// It certainly didn't reach a node's hands: no connection, or not admitted.
    NotSent(String),
    /// It may have reached one: the connection broke, or no answer came in time.
    Lost(String),
    /// The deadline is over.
    TimeIsUp,
}

/// What to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Send the request, with its one id.
    Send,
    /// Ask any node what became of it.
    AskOutcome,
    /// It is known, or known to be unknown.
    Done(WriteOutcome),
    /// Certainly nothing has been changed by it.
    NotMade(NotMade),
}

/// Why a write was certainly not made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotMade {
    /// A node said no before proposing anything.
    Refused(ApiError),
    /// No node took it before time ran out.
    NotSent(String),
}

/// One write under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Write {
    request_id: RequestId,
    /// Whether some node may have proposed it.
    maybe: bool,
    /// Whether the question for the outcome is under way, rather than the request.
    asking: bool,
    last: NotMade,
}

impl Write {
    /// Before it is sent for the first time.
    pub fn new(request_id: RequestId) -> Self {
        Self { request_id, maybe: false, asking: false, last: NotMade::NotSent("no node was asked".to_owned()) }
    }

    /// Whether some node may have proposed it: from then on there is no certain "not made".
    pub fn may_have_happened(&self) -> bool {
        self.maybe
    }

    /// Takes in what was heard and says what to do.
    pub fn on(&mut self, heard: Heard) -> Next {
        match heard {
            Heard::Answer(reply) | Heard::Outcome(OutcomeReply::Known(reply)) => self.replied(reply),
            // As of a moment after the question it wasn't there; it may be under way still. The id makes it safe.
            Heard::Outcome(OutcomeReply::NotApplied) => self.send(),
            Heard::Outcome(OutcomeReply::Expired) => self.unknown("its outcome is no longer kept: look at what it was to change"),
            Heard::Error(error) => self.refused(error),
            Heard::NotSent(cause) => {
                self.last = NotMade::NotSent(cause);
                if self.asking { self.ask() } else { self.send() }
            }
            Heard::Lost(cause) => {
                // A question that is lost changes nothing.
                self.maybe = self.maybe || !self.asking;
                self.last = NotMade::NotSent(cause);
                self.ask()
            }
            Heard::TimeIsUp if self.maybe => {
                let message = format!("no outcome was had in time: {}", self.last_words());
                self.unknown(&message)
            }
            Heard::TimeIsUp => Next::NotMade(self.last.clone()),
        }
    }

    fn replied(&mut self, reply: SubmitReply) -> Next {
        match reply {
            SubmitReply::Committed { receipt, revision, changed, warnings } => {
                let request_id = self.request_id;
                Next::Done(WriteOutcome::Committed(Committed { request_id, receipt, revision, changed, warnings }))
            }
            // "Too old" says nothing about what an earlier copy of it did.
            SubmitReply::Rejected(no) if self.maybe && no.code == RejectionCode::RequestExpired.as_str() => self.unknown(&no.message),
            SubmitReply::Rejected(no) => Next::Done(WriteOutcome::Rejected(no)),
            SubmitReply::Unknown { message } => {
                self.maybe = true;
                self.last = NotMade::NotSent(message);
                self.ask()
            }
        }
    }

    fn refused(&mut self, error: ApiError) -> Next {
        let passing = is_passing(&error);
        let certain = !self.maybe;
        self.last = NotMade::Refused(error);
        match (passing, certain) {
            // Nothing was proposed by this node; it or another may do so in a while.
            (true, _) if self.asking => self.ask(),
            (true, _) => self.send(),
            (false, true) => Next::NotMade(self.last.clone()),
            // This copy was refused; an earlier one may have been proposed. The outcome is still to be had, unless
            // it is the question itself that is refused.
            (false, false) if self.asking => {
                let message = format!("its outcome may not be asked for: {}", self.last_words());
                self.unknown(&message)
            }
            (false, false) => self.ask(),
        }
    }

    fn send(&mut self) -> Next {
        self.asking = false;
        Next::Send
    }

    fn ask(&mut self) -> Next {
        // What was certainly never proposed has no outcome to ask for.
        if !self.maybe {
            return self.send();
        }
        self.asking = true;
        Next::AskOutcome
    }

    fn unknown(&self, message: &str) -> Next {
        Next::Done(WriteOutcome::Unknown { request_id: self.request_id, message: message.to_owned() })
    }

    fn last_words(&self) -> String {
        match &self.last {
            NotMade::Refused(error) => error.to_string(),
            NotMade::NotSent(cause) => cause.clone(),
        }
    }
}

/// Whether another node, or the same one later, may answer. Such errors say that nothing was proposed.
pub fn is_passing(error: &ApiError) -> bool {
    [ApiError::UNAVAILABLE, ApiError::OVERLOADED, ApiError::BEHIND].contains(&error.code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn committed() -> SubmitReply {
        SubmitReply::Committed { receipt: Receipt("demo.1.7".into()), revision: Revision(7), changed: true, warnings: vec![] }
    }

    fn rejected(code: &str) -> SubmitReply {
        SubmitReply::Rejected(RejectionBody { code: code.into(), ..RejectionBody::default() })
    }

    fn is_unknown(next: &Next) -> bool {
        matches!(next, Next::Done(WriteOutcome::Unknown { .. }))
    }

    #[test]
    fn a_lost_answer_is_asked_for_and_never_guessed() {
        let mut w = Write::new(RequestId(1));
        assert_eq!(w.on(Heard::Lost("connection reset".into())), Next::AskOutcome);
        assert!(is_unknown(&w.clone().on(Heard::TimeIsUp)));
        assert_eq!(w.on(Heard::Outcome(OutcomeReply::NotApplied)), Next::Send, "the same id makes it safe");
        assert!(is_unknown(&w.clone().on(Heard::TimeIsUp)), "not applied yet isn't never");
        assert!(matches!(w.on(Heard::Answer(committed())), Next::Done(WriteOutcome::Committed(_))));
    }

    #[test]
    fn what_was_never_proposed_is_an_error_and_not_unknown() {
        let mut w = Write::new(RequestId(1));
        assert_eq!(w.on(Heard::NotSent("connection refused".into())), Next::Send);
        assert_eq!(w.on(Heard::Error(ApiError::new(ApiError::UNAVAILABLE, "no leader"))), Next::Send);
        assert!(!w.may_have_happened());
        assert!(matches!(w.on(Heard::TimeIsUp), Next::NotMade(NotMade::Refused(_))));
        let bad = Heard::Error(ApiError::new(ApiError::BAD_REQUEST, "no such field"));
        assert!(matches!(Write::new(RequestId(1)).on(bad), Next::NotMade(NotMade::Refused(_))));
    }

    #[test]
    fn a_refusal_after_a_loss_is_no_proof() {
        let mut w = Write::new(RequestId(1));
        w.on(Heard::Lost("reset".into()));
        w.on(Heard::Outcome(OutcomeReply::NotApplied));
        let forbidden = || Heard::Error(ApiError::new(ApiError::FORBIDDEN, "revoked"));
        assert_eq!(w.on(forbidden()), Next::AskOutcome);
        assert!(is_unknown(&w.on(forbidden())));
    }

    #[test]
    fn too_old_is_a_no_only_if_nothing_went_before() {
        let expired = || Heard::Answer(rejected("request_expired"));
        assert!(matches!(Write::new(RequestId(1)).on(expired()), Next::Done(WriteOutcome::Rejected(_))));
        let mut w = Write::new(RequestId(1));
        w.on(Heard::Lost("reset".into()));
        assert!(is_unknown(&w.on(expired())));
    }

    /// What the network and the cluster do to one message.
    #[derive(Clone, Copy, Debug)]
    enum Fate {
        Answered,
        AnswerLost,
        LateApply,
        NotSent,
        Unavailable,
        Forbidden,
        SaidUnknown,
    }

    fn fates() -> impl Strategy<Value = Vec<Fate>> {
        use Fate::*;
        let one = prop_oneof![Just(Answered), Just(AnswerLost), Just(LateApply), Just(NotSent), Just(Unavailable), Just(Forbidden), Just(SaidUnknown)];
        proptest::collection::vec(one, 0..12)
    }

    proptest! {
        /// Against a cluster of one bit: what the machine claims is what happened, whatever is lost on the way.
        #[test]
        fn no_claim_is_ever_wrong(fates in fates(), rejects in any::<bool>()) {
            let mut w = Write::new(RequestId(1));
            let (mut proposed, mut done) = (false, None::<SubmitReply>);
            let reply = if rejects { rejected("forbidden") } else { committed() };
            let mut next = Next::Send;
            for fate in fates {
                let apply = |done: &mut Option<SubmitReply>| { done.get_or_insert_with(|| reply.clone()).clone() };
                let heard = match (&next, fate) {
                    (Next::Done(_) | Next::NotMade(_), _) => break,
                    (Next::Send, Fate::Answered) => { proposed = true; Heard::Answer(apply(&mut done)) }
                    (Next::Send, Fate::AnswerLost) => { proposed = true; apply(&mut done); Heard::Lost("lost".into()) }
                    (Next::Send, Fate::LateApply) => { proposed = true; Heard::Lost("late".into()) }
                    (Next::Send, Fate::SaidUnknown) => { proposed = true; Heard::Answer(SubmitReply::Unknown { message: "leader gone".into() }) }
                    (Next::AskOutcome, Fate::Answered) => Heard::Outcome(done.clone().map_or(OutcomeReply::NotApplied, OutcomeReply::Known)),
                    (Next::AskOutcome, Fate::AnswerLost | Fate::LateApply | Fate::SaidUnknown) => Heard::Lost("lost".into()),
                    (_, Fate::NotSent) => Heard::NotSent("refused".into()),
                    (_, Fate::Unavailable) => Heard::Error(ApiError::new(ApiError::UNAVAILABLE, "")),
                    (_, Fate::Forbidden) => Heard::Error(ApiError::new(ApiError::FORBIDDEN, "")),
                };
                next = w.on(heard);
            }
            if matches!(next, Next::Send | Next::AskOutcome) {
                next = w.on(Heard::TimeIsUp);
            }
            match next {
                Next::NotMade(_) => prop_assert!(!proposed, "it claims that nothing was proposed"),
                Next::Done(WriteOutcome::Committed(_)) => prop_assert!(done.is_some() && !rejects),
                Next::Done(WriteOutcome::Rejected(_)) => prop_assert!(done.is_some() && rejects),
                Next::Done(WriteOutcome::Unknown { request_id, .. }) => prop_assert!(proposed && request_id == RequestId(1)),
                Next::Send | Next::AskOutcome => prop_assert!(false, "time is up"),
            }
        }
    }
}
