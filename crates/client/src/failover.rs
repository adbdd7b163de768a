//! Which node next: a pure state machine. Time and chance come in as numbers, so that every run can be replayed.
//!
//! Invariants, kept by `on` and relied on by `pick`:
//! 1. A node that failed isn't picked before its time has come.
//! 2. A node that has been tried in this round isn't picked again.
//! 3. As long as a node is neither down nor tried, one is picked: there is no waiting while somebody may answer.
//! 4. Every wait has a bound, `Settings::retry_ms_max`.

/// Place of a node in the list of the configuration. Its id is learnt only when it answers.
pub type Place = usize;

/// What a node is wanted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Any node's answer will do: the nearest healthy one.
    Read,
    /// The leader if it is known; any other passes it on.
    Write,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A node let us in.
    Connected {
        /// Which.
        place: Place,
        /// Its id.
        id: u64,
    },
    /// A node answered a short call.
    Answered {
        /// Which.
        place: Place,
        /// How long it took, in microseconds.
        round_trip_us: u64,
    },
    /// A node could not be reached, broke off, or didn't answer in time.
    Failed {
        /// Which.
        place: Place,
        /// Whether trying again won't help: mistrust, a refused credential.
        lasting: bool,
        /// A random number below 1,000 that spreads retries of many clients.
        jitter_permille: u32,
    },
    /// Somebody said who leads, or that nobody does.
    Leader {
        /// The leader's id.
        id: Option<u64>,
    },
    /// The files or the credential have changed: what was lasting may be over.
    Reloaded,
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Ask this one.
    Use(Place),
    /// Ask nobody for so many milliseconds, then begin a new round.
    Wait {
        /// How long; never 0.
        ms: u64,
    },
    /// Every node has refused for good: tell a person.
    Hopeless,
}

/// How a node is, as far as we know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Health {
    /// Never tried.
    #[default]
    Unknown,
    /// It answers.
    Up,
    /// It failed.
    Down {
        /// When it may be tried again, on the clock of `on`.
        retry_at_ms: u64,
        /// Whether the failure was of the lasting kind.
        lasting: bool,
    },
}

/// What is known of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Node {
    /// Its id, once it has said it.
    pub id: Option<u64>,
    /// How it is.
    pub health: Health,
    /// Smoothed round trip in microseconds, once measured.
    pub round_trip_us: Option<u64>,
    /// Failures since it last answered.
    pub failures: u32,
}

/// Numbers of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The wait after a first failure, in milliseconds; doubled by each further one.
    pub retry_ms_min: u64,
    /// The longest wait, in milliseconds.
    pub retry_ms_max: u64,
    /// How much nearer another node must be to become the favourite: so many microseconds, and half as far.
    pub nearer_us_min: u64,
}

impl Default for Settings {
    /// Below an election (300–600 ms) at first, so that a new leader is found as soon as there is one.
    fn default() -> Self {
        Self { retry_ms_min: 50, retry_ms_max: 2_000, nearer_us_min: 1_000 }
    }
}

/// The machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failover {
    settings: Settings,
    nodes: Vec<Node>,
    leader: Option<u64>,
    /// Whom reads go to while it is up.
    favourite: Place,
}

impl Failover {
    /// For so many nodes. `start` is chance: it spreads clients that know nothing yet over the nodes.
    pub fn new(settings: Settings, nodes: usize, start: usize) -> Self {
        let favourite = if nodes == 0 { 0 } else { start % nodes };
        Self { settings, nodes: vec![Node::default(); nodes], leader: None, favourite }
    }

    /// What is known of each node, by place.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The leader's id, as last heard.
    pub fn leader(&self) -> Option<u64> {
        self.leader
    }

    /// Where reads go; it may be down.
    pub fn favourite(&self) -> Place {
        self.favourite
    }

    /// Takes in what happened at `now_ms`.
    pub fn on(&mut self, now_ms: u64, event: &Event) {
        match *event {
            Event::Connected { place, id } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.id = Some(id);
                    node.up();
                }
                self.choose_favourite();
            }
            Event::Answered { place, round_trip_us } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.up();
                    node.round_trip_us = Some(node.round_trip_us.map_or(round_trip_us, |old| old - old / 8 + round_trip_us / 8));
                }
                self.choose_favourite();
            }
            Event::Failed { place, lasting, jitter_permille } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.failures = node.failures.saturating_add(1);
                    let wait = self.settings.wait_ms(node.failures, jitter_permille);
                    node.health = Health::Down { retry_at_ms: now_ms.saturating_add(wait), lasting };
                    // A leader that can't be reached may no longer be one.
                    if node.id.is_some() && node.id == self.leader {
                        self.leader = None;
                    }
                }
                self.choose_favourite();
            }
            Event::Leader { id } => self.leader = id,
            Event::Reloaded => {
                for node in &mut self.nodes {
                    if let Health::Down { lasting: true, .. } = node.health {
                        node.health = Health::Unknown;
                    }
                }
            }
        }
    }

    /// Whom to ask, of those not yet `tried` in this round.
    pub fn pick(&self, now_ms: u64, purpose: Purpose, tried: &[Place]) -> Decision {
        let free = |place: &Place| !tried.contains(place);
        if purpose == Purpose::Write && let Some(leader) = self.leader_place().filter(free) && self.is_free(leader, now_ms) {
            return Decision::Use(leader);
        }
        let candidates = self.in_order().filter(free).filter(|place| self.is_free(*place, now_ms));
        match candidates.min_by_key(|place| self.rank(*place)) {
            Some(place) => Decision::Use(place),
            None => self.wait(now_ms),
        }
    }

    /// The favourite first, then the others in the order of the list.
    fn in_order(&self) -> impl Iterator<Item = Place> {
        let (count, start) = (self.nodes.len(), self.favourite);
        (0..count).map(move |step| (start + step) % count)
    }

    /// Up before never tried before down whose time has come; equal ones by order, so the favourite first.
    fn rank(&self, place: Place) -> u8 {
        match self.nodes.get(place).map(|node| node.health) {
            Some(Health::Up) => 0,
            Some(Health::Unknown) => 1,
            Some(Health::Down { .. }) | None => 2,
        }
    }

    fn is_free(&self, place: Place, now_ms: u64) -> bool {
        self.nodes.get(place).is_some_and(|node| match node.health {
            Health::Unknown | Health::Up => true,
            Health::Down { retry_at_ms, .. } => retry_at_ms <= now_ms,
        })
    }

    fn wait(&self, now_ms: u64) -> Decision {
        let hopeless = |node: &Node| matches!(node.health, Health::Down { lasting: true, .. });
        if self.nodes.iter().all(hopeless) {
            return Decision::Hopeless;
        }
        let left = self.nodes.iter().filter_map(|node| match node.health {
            Health::Down { retry_at_ms, .. } => Some(retry_at_ms.saturating_sub(now_ms)),
            // Tried in this round and alive: its answer was "not now", so it is asked again soon.
            Health::Unknown | Health::Up => None,
        });
        let ms = left.min().unwrap_or(self.settings.retry_ms_min).clamp(1, self.settings.retry_ms_max.max(1));
        let anybody_alive = self.nodes.iter().any(|node| !matches!(node.health, Health::Down { .. }));
        Decision::Wait { ms: if anybody_alive { ms.min(self.settings.retry_ms_min.max(1)) } else { ms } }
    }

    fn leader_place(&self) -> Option<Place> {
        let leader = self.leader?;
        self.nodes.iter().position(|node| node.id == Some(leader))
    }

    /// The favourite stays while it is up and nobody is much nearer: hopping about costs connections.
    fn choose_favourite(&mut self) {
        let up = |node: &Node| node.health == Health::Up;
        let now = self.nodes.get(self.favourite).copied().unwrap_or_default();
        let near = |node: &Node| node.round_trip_us.unwrap_or(u64::MAX);
        let nearest = self.nodes.iter().enumerate().filter(|(_, node)| up(node)).min_by_key(|(_, node)| near(node));
        let Some((place, other)) = nearest else { return };
        let much_nearer = match (now.round_trip_us, other.round_trip_us) {
            (Some(now), Some(other)) => other < now / 2 && now.saturating_sub(other) >= self.settings.nearer_us_min,
            (None, _) | (_, None) => false,
        };
        // A favourite that was never tried is still wanted; one that is down is not.
        if matches!(now.health, Health::Down { .. }) || much_nearer {
            self.favourite = place;
        }
    }
}

impl Node {
    fn up(&mut self) {
        self.health = Health::Up;
        self.failures = 0;
    }
}

impl Settings {
    /// Doubled by each failure up to the most; the half of it is left to chance.
    pub fn wait_ms(&self, failures: u32, jitter_permille: u32) -> u64 {
        let doubled = self.retry_ms_min.saturating_mul(1u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX));
        let whole = doubled.clamp(1, self.retry_ms_max.max(1));
        let half = whole / 2;
        whole - half + half * u64::from(jitter_permille.min(999)) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn machine(nodes: usize) -> Failover {
        Failover::new(Settings::default(), nodes, 0)
    }

    fn failed(place: Place) -> Event {
        Event::Failed { place, lasting: false, jitter_permille: 500 }
    }

    #[test]
    fn reads_go_to_the_nearest_and_stay_there() {
        let mut m = machine(3);
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Use(0));
        m.on(0, &Event::Answered { place: 0, round_trip_us: 8_000 });
        m.on(0, &Event::Answered { place: 1, round_trip_us: 7_000 });
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Use(0), "a little nearer is no reason to move");
        m.on(0, &Event::Answered { place: 2, round_trip_us: 500 });
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Use(2));
    }

    #[test]
    fn a_failed_node_is_passed_over_until_its_time_has_come() {
        let mut m = machine(2);
        m.on(0, &Event::Connected { place: 0, id: 1 });
        m.on(0, &failed(0));
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Use(1));
        m.on(0, &failed(1));
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Wait { ms: 37 });
        assert_eq!(m.pick(37, Purpose::Read, &[]), Decision::Use(0));
    }

    #[test]
    fn writes_go_to_the_leader_while_it_can_be_reached() {
        let mut m = machine(3);
        for place in 0..3 {
            m.on(0, &Event::Connected { place, id: place as u64 + 1 });
        }
        m.on(0, &Event::Leader { id: Some(3) });
        assert_eq!(m.pick(0, Purpose::Write, &[]), Decision::Use(2));
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Use(0));
        m.on(0, &failed(2));
        assert_eq!(m.leader(), None);
        assert_eq!(m.pick(0, Purpose::Write, &[]), Decision::Use(0), "any node passes it on");
    }

    #[test]
    fn what_cannot_get_better_is_said_at_once() {
        let mut m = machine(2);
        for place in 0..2 {
            m.on(0, &Event::Failed { place, lasting: true, jitter_permille: 0 });
        }
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Hopeless);
        m.on(0, &Event::Reloaded);
        assert_eq!(m.pick(0, Purpose::Read, &[]), Decision::Use(0));
    }

    #[test]
    fn no_nodes_at_all_is_hopeless_and_does_not_panic() {
        assert_eq!(machine(0).pick(0, Purpose::Write, &[]), Decision::Hopeless);
    }

    #[test]
    fn waits_double_up_to_the_most_and_half_is_chance() {
        let s = Settings::default();
        assert_eq!([1, 2, 3, 99].map(|n| s.wait_ms(n, 999)), [49, 99, 199, 1_999]);
        assert_eq!([1, 2, 3, 99].map(|n| s.wait_ms(n, 0)), [25, 50, 100, 1_000]);
    }

    fn events(nodes: usize) -> impl Strategy<Value = Vec<(u64, Event)>> {
        let place = 0..nodes;
        let event = prop_oneof![
            (place.clone(), 1u64..5).prop_map(|(place, id)| Event::Connected { place, id }),
            (place.clone(), 0u64..50_000).prop_map(|(place, round_trip_us)| Event::Answered { place, round_trip_us }),
            (place, any::<bool>(), 0u32..2_000).prop_map(|(place, lasting, jitter_permille)| Event::Failed { place, lasting, jitter_permille }),
            proptest::option::of(1u64..5).prop_map(|id| Event::Leader { id }),
            Just(Event::Reloaded),
        ];
        proptest::collection::vec((0u64..3_000, event), 0..40)
    }

    proptest! {
        #[test]
        fn picks_keep_the_four_invariants(
            events in events(4),
            tried in proptest::collection::vec(0usize..4, 0..4),
            later in 0u64..5_000,
            write in any::<bool>(),
        ) {
            let mut m = Failover::new(Settings::default(), 4, 2);
            let mut now = 0;
            for (step, event) in &events {
                now += step;
                m.on(now, event);
            }
            now += later;
            let purpose = if write { Purpose::Write } else { Purpose::Read };
            let due = |node: &Node| match node.health { Health::Down { retry_at_ms, .. } => retry_at_ms <= now, Health::Up | Health::Unknown => true };
            let somebody = m.nodes().iter().enumerate().any(|(place, node)| due(node) && !tried.contains(&place));
            match m.pick(now, purpose, &tried) {
                Decision::Use(place) => prop_assert!(due(&m.nodes()[place]) && !tried.contains(&place)),
                Decision::Wait { ms } => prop_assert!(!somebody && ms >= 1 && ms <= Settings::default().retry_ms_max),
                Decision::Hopeless => {
                    prop_assert!(!somebody);
                    let lasting = |n: &Node| matches!(n.health, Health::Down { lasting: true, .. });
                    prop_assert!(m.nodes().iter().all(lasting));
                }
            }
        }

        #[test]
        fn after_the_longest_wait_everybody_is_tried(events in events(3)) {
            let mut m = Failover::new(Settings::default(), 3, 0);
            let mut now = 0;
            for (step, event) in &events {
                now += step;
                m.on(now, event);
            }
            now += Settings::default().retry_ms_max;
            let mut tried = Vec::new();
            while let Decision::Use(place) = m.pick(now, Purpose::Write, &tried) {
                tried.push(place);
            }
            tried.sort_unstable();
            prop_assert_eq!(tried, vec![0, 1, 2]);
        }

        #[test]
        fn the_same_events_make_the_same_machine(events in events(3)) {
            let run = || {
                let mut m = Failover::new(Settings::default(), 3, 1);
                let mut now = 0;
                for (step, event) in &events {
                    now += step;
                    m.on(now, event);
                }
                m
            };
            prop_assert_eq!(run(), run());
        }
    }
}
