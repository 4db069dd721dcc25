//! What the front is told once: everything read and loaded, no files and no clock any more.

use crate::config::Srtp;
use crate::media::Prompt;
use crate::sip::Uri;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Whether a call may come from an address.
pub type Trunks = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// How the front works.
#[derive(Clone)]
pub struct FrontConfig {
    /// From where calls are taken; all others get 403.
    pub trunks: Trunks,
    /// What holds for calls whose number has no plan of its own.
    pub plan: Plan,
    /// Plans by the user part of the Request-URI.
    pub lines: HashMap<String, Plan>,
    /// How long an answer is waited for after a question was heard.
    pub wait: Duration,
    /// A key pressed sooner than this after its question began is passed over: nobody has heard a question in that
    /// time, and a key pressed twice must not answer two of them.
    pub guard: Duration,
    /// The caller's key that takes everything back.
    pub withdraw_key: char,
    /// The agent's keys that pause the recording; empty for none.
    pub pause_keys: String,
    /// The agent's keys that resume it; empty for none.
    pub resume_keys: String,
    /// Whether the caller's keys reach the agent (the one that withdraws never does).
    pub pass_keys: bool,
    /// How long an agent may ring.
    pub agent_wait: Duration,
    /// How long an agent may say nothing at all.
    pub agent_answer: Duration,
    /// SRTP towards the trunk.
    pub trunk_srtp: Srtp,
    /// SRTP towards agents.
    pub agent_srtp: Srtp,
    /// The longest a call may last.
    pub longest: Duration,
    /// After how long without any packet from either side a call is lost.
    pub quiet: Duration,
    /// Calls at once; more get 503.
    pub calls: usize,
    /// What happens to new calls while draining.
    pub draining: Draining,
    /// Hears what is worth saying to the operator.
    pub say: Arc<dyn Fn(&str) + Send + Sync>,
}

/// What happens to new calls while draining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draining {
    /// 503, so that the exchange sends them elsewhere.
    Refuse,
    /// They are bridged without being asked, and not recorded.
    BridgeUnasked,
}

/// What a caller hears and whom it is bridged to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The announcement; `None` when its files are missing: then nobody is asked and nothing is recorded.
    pub announcement: Option<Arc<Announcement>>,
    /// Language of the line: `da` or `en`.
    pub language: String,
    /// Whom to bridge to, tried in this order.
    pub agents: Vec<Uri>,
}

/// What callers are told and asked, in one language, loaded.
#[derive(Debug, Clone)]
pub struct Announcement {
    /// Id in the register.
    pub id: String,
    /// Version of the wording.
    pub version: String,
    /// Language: `da` or `en`.
    pub language: String,
    /// Who records, why, how long, where to read more.
    pub before: Arc<Prompt>,
    /// A question for each purpose.
    pub questions: Vec<Question>,
    /// Said when everything was taken back; a short tone otherwise.
    pub withdrawn: Option<Arc<Prompt>>,
}

/// One purpose's question.
#[derive(Debug, Clone)]
pub struct Question {
    /// The purpose's id.
    pub purpose: String,
    /// The question.
    pub prompt: Arc<Prompt>,
}

impl FrontConfig {
    /// The usual values, for a plan.
    pub fn new(trunks: Trunks, plan: Plan) -> FrontConfig {
        FrontConfig {
            trunks,
            plan,
            lines: HashMap::new(),
            wait: Duration::from_secs(6),
            guard: Duration::from_millis(300),
            withdraw_key: '9',
            pause_keys: "*7".to_owned(),
            resume_keys: "*8".to_owned(),
            pass_keys: true,
            agent_wait: Duration::from_secs(20),
            agent_answer: Duration::from_secs(3),
            trunk_srtp: Srtp::Optional,
            agent_srtp: Srtp::Optional,
            longest: Duration::from_secs(4 * 3600),
            quiet: Duration::from_secs(60),
            calls: 1000,
            draining: Draining::Refuse,
            say: Arc::new(|_| {}),
        }
    }
}
