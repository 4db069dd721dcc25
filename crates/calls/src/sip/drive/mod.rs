//! The task behind a leg: what it waits for, what it does with requests of the peer and commands of ours.
//!
//! `calling` is an outbound INVITE up to its answer, `offers` are re-INVITE and UPDATE with their glare, `timers` are
//! 2xx that are sent again, reliable provisional answers and the session timer.

mod calling;
mod offers;
mod timers;

use super::client::{self, ClientEvent};
use super::dialog::{Dialog, add, attach};
use super::endpoint::{Core, OutboundCall, lock};
use super::leg::{Command, Ended, Failure, Incoming, Leg, LegControl, LegEvent};
use super::message::{Body, Headers, Message};
use super::server::{self, Responder};
use super::session::Session;
use super::transport::Flow;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// What the endpoint hands a leg.
pub(super) enum LegInput {
    /// A request within the dialog.
    Request(Responder),
    /// An ACK of a 2xx.
    Ack(Message),
    /// The INVITE was cancelled.
    Cancel,
    /// Something came of a request of ours.
    Client(Sent, ClientEvent),
}

/// Which request of ours an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// The INVITE that begins the call; the number tells attempts apart (422).
    Invite(u32),
    /// A re-INVITE or UPDATE with a body.
    Offer(u32),
    /// A session refresh.
    Refresh(u32),
    /// INFO, PRACK.
    Other,
}

enum State {
    /// An inbound INVITE without a final answer.
    Inbound(Box<Responder>),
    /// An outbound INVITE without a final answer.
    Calling(Box<calling::Calling>),
    /// A call.
    Up,
    /// Over; stays a while to answer what crossed.
    Over { until: Instant },
}

pub(super) struct Task {
    core: Arc<Core>,
    me: mpsc::UnboundedSender<LegInput>,
    events: mpsc::UnboundedSender<LegEvent>,
    dialog: Dialog,
    state: State,
    /// Our 2xx that waits for its ACK.
    unacked: Option<timers::Unacked>,
    /// A reliable provisional answer that waits for its PRACK.
    unpracked: Option<timers::Unpracked>,
    reliable_wanted: bool,
    rseq: u32,
    /// Their re-INVITE or UPDATE that waits for our answer.
    asked: Option<Responder>,
    offers: offers::Offers,
    session: Option<Session>,
    /// The last session description of ours, for refreshes by re-INVITE.
    local_body: Option<Body>,
    /// ACKs by their sequence number, sent again when the 2xx comes again.
    acks: Vec<(u32, Bytes, Flow)>,
    takes_update: bool,
    counter: u32,
}

fn channels(
    call_id: &str,
) -> (Leg, mpsc::UnboundedReceiver<Command>, mpsc::UnboundedSender<LegEvent>) {
    let (commands, command_receiver) = mpsc::unbounded_channel();
    let (event_sender, events) = mpsc::unbounded_channel();
    (
        Leg { control: LegControl { commands, call_id: call_id.into() }, events },
        command_receiver,
        event_sender,
    )
}

impl Task {
    fn new(
        core: Arc<Core>,
        dialog: Dialog,
        state: State,
        events: mpsc::UnboundedSender<LegEvent>,
    ) -> (Task, mpsc::UnboundedReceiver<LegInput>) {
        let (me, inputs) = mpsc::unbounded_channel();
        lock(&core.dialogs).insert((dialog.call_id.clone(), dialog.local_tag.clone()), me.clone());
        let task = Task {
            core,
            me,
            events,
            dialog,
            state,
            unacked: None,
            unpracked: None,
            reliable_wanted: false,
            rseq: 0,
            asked: None,
            offers: offers::Offers::default(),
            session: None,
            local_body: None,
            acks: Vec::new(),
            takes_update: false,
            counter: 0,
        };
        (task, inputs)
    }
}

/// A leg for an INVITE that came.
pub(super) fn inbound(core: &Arc<Core>, mut responder: Responder, flow: Flow) -> Incoming {
    let trying = responder.response(100, None);
    responder.send(&trying);
    let request = responder.request.clone();
    let dialog = Dialog::inbound(&request, &flow);
    let (leg, commands, events) = channels(&dialog.call_id);
    let (mut task, inputs) = Task::new(Arc::clone(core), dialog, State::Up, events);
    responder.cancel_reaches(task.me.clone(), &task.dialog.local_tag);
    task.takes_update = request.headers.lists("Allow", "UPDATE");
    task.reliable_wanted = request.headers.lists("Require", "100rel");
    task.state = State::Inbound(Box::new(responder));
    tokio::spawn(task.run(commands, inputs));
    Incoming { request, source: flow.peer, transport: flow.transport, leg }
}

/// A leg for a call to make.
pub(super) fn outbound(core: Arc<Core>, call: OutboundCall) -> Leg {
    let dialog = Dialog::outbound(&call.from, &call.to);
    let (leg, commands, events) = channels(&dialog.call_id);
    let state = State::Calling(Box::new(calling::Calling::new(call)));
    let (mut task, inputs) = Task::new(core, dialog, state, events);
    tokio::spawn(async move {
        task.call().await;
        task.run(commands, inputs).await;
    });
    leg
}

impl Task {
    async fn run(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut inputs: mpsc::UnboundedReceiver<LegInput>,
    ) {
        let mut steered = true;
        loop {
            if let State::Over { until } = self.state
                && (Instant::now() >= until)
            {
                break;
            }
            let wake = self.next_timer();
            tokio::select! {
                command = commands.recv(), if steered => match command {
                    Some(command) => self.command(command).await,
                    None => {
                        steered = false;
                        self.hangup(Ended::Ours).await;
                    }
                },
                Some(input) = inputs.recv() => self.input(input).await,
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => self.timer().await,
            }
        }
        lock(&self.core.dialogs)
            .remove(&(self.dialog.call_id.clone(), self.dialog.local_tag.clone()));
    }

    fn tell(&self, event: LegEvent) {
        let _ = self.events.send(event);
    }

    fn over(&mut self) {
        self.unacked = None;
        self.unpracked = None;
        self.session = None;
        self.offers = offers::Offers::default();
        // A transaction that nobody will answer any more.
        if let Some(asked) = self.asked.take() {
            asked.refuse(487, None);
        }
        self.state = State::Over { until: Instant::now() + 64 * self.core.config.t1 };
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Provisional { code, body, headers } => self.provisional(code, body, &headers),
            Command::Answer { body, headers } => self.answer(body, &headers),
            Command::Reject { code, headers } => self.reject(code, &headers),
            Command::Hangup => self.hangup(Ended::Ours).await,
            Command::Offer { body, update } => self.offer(body, update).await,
            Command::AcceptOffer { body } => self.accept_offer(body),
            Command::RefuseOffer { code } => {
                if let Some(asked) = self.asked.take() {
                    asked.refuse(code.clamp(300, 699), None);
                }
            }
            Command::Info { body } => {
                if matches!(self.state, State::Up) {
                    self.send("INFO", Some(body), Sent::Other).await;
                }
            }
        }
    }

    fn reject(&mut self, code: u16, headers: &Headers) {
        let State::Inbound(responder) = &mut self.state else { return };
        let mut response = responder.response(code.clamp(300, 699), Some(&self.dialog.local_tag));
        add(&mut response, headers);
        responder.send(&response);
        self.over();
    }

    fn answer(&mut self, body: Option<Body>, headers: &Headers) {
        let State::Inbound(responder) = &mut self.state else { return };
        let mut response = responder.response(200, Some(&self.dialog.local_tag));
        let Some(session) = timers::agree(&self.core, &responder.request, &mut response) else {
            let least = self.core.config.min_session.as_secs();
            let mut response = responder.response(422, Some(&self.dialog.local_tag));
            response.headers.push("Min-SE", least.to_string());
            responder.send(&response);
            self.over();
            return self.tell(LegEvent::Cancelled);
        };
        response.headers.push("Contact", self.core.contact(responder.flow()));
        server::capabilities(&self.core, &mut response.headers);
        add(&mut response, headers);
        if body.is_some() {
            self.local_body.clone_from(&body);
        }
        attach(&mut response, body);
        responder.send(&response);
        self.unacked = Some(timers::Unacked::new(&self.core, &response, responder.flow(), true));
        self.unpracked = None;
        self.session = session;
        self.state = State::Up;
    }

    /// Ends the call in the way that fits its state, and says so.
    async fn hangup(&mut self, why: Ended) {
        match &mut self.state {
            State::Inbound(_) => {
                self.reject(480, &Headers::new());
                self.tell(LegEvent::Ended(why));
            }
            State::Calling(calling) => {
                calling.give_up(&self.core);
                self.tell(LegEvent::Failed { code: 487, why: Failure::GivenUp });
            }
            State::Up => {
                self.send("BYE", None, Sent::Other).await;
                self.over();
                self.tell(LegEvent::Ended(why));
            }
            State::Over { .. } => {}
        }
    }

    /// Sends a request within the dialog; events come back as [`LegInput::Client`].
    async fn send(&mut self, method: &str, body: Option<Body>, sent: Sent) -> Option<client::Sent> {
        let flow = match self.dialog.way(&self.core).await {
            Ok(flow) => flow,
            Err(why) => {
                let _ = self.me.send(LegInput::Client(sent, ClientEvent::Unreachable(why)));
                return None;
            }
        };
        let mut request = self.dialog.request(&self.core, method, &flow, None);
        if matches!(method, "INVITE" | "UPDATE") {
            server::capabilities(&self.core, &mut request.headers);
            timers::ask(self.session.as_ref(), &self.core, &mut request);
        }
        attach(&mut request, body);
        Some(self.transact(request, flow, sent))
    }

    fn transact(&self, request: Message, flow: Flow, sent: Sent) -> client::Sent {
        let me = self.me.downgrade();
        client::send(&self.core, request, flow, move |event| {
            if let Some(me) = me.upgrade() {
                let _ = me.send(LegInput::Client(sent, event));
            }
        })
    }

    async fn input(&mut self, input: LegInput) {
        match input {
            LegInput::Request(responder) => self.request(responder),
            LegInput::Ack(ack) => self.acked(&ack),
            LegInput::Cancel => {
                if let State::Inbound(responder) = &mut self.state {
                    let response = responder.response(487, Some(&self.dialog.local_tag));
                    responder.send(&response);
                    self.over();
                    self.tell(LegEvent::Cancelled);
                }
            }
            LegInput::Client(Sent::Invite(attempt), event) => {
                self.invite_event(attempt, event).await
            }
            LegInput::Client(Sent::Offer(number), event) => self.offer_event(number, event).await,
            LegInput::Client(Sent::Refresh(number), event) => {
                self.refresh_event(number, event).await
            }
            LegInput::Client(Sent::Other, event) => self.other_event(event).await,
        }
    }

    /// INFO, PRACK or BYE was answered: 481 and 408 mean that the call is lost (RFC 5057 section 5.1 for INFO: the
    /// usage is gone).
    async fn other_event(&mut self, event: ClientEvent) {
        let lost = match event {
            ClientEvent::Response(response) => matches!(response.code(), Some(481 | 408)),
            ClientEvent::Timeout => true,
            ClientEvent::Unreachable(_) => false,
        };
        if lost && matches!(self.state, State::Up) {
            self.hangup(Ended::Lost).await;
        }
    }

    fn request(&mut self, mut responder: Responder) {
        let tag =
            responder.request.headers.addr("From").and_then(|from| from.tag().map(str::to_owned));
        if self.dialog.remote_tag.is_some() && tag != self.dialog.remote_tag {
            return responder.refuse(481, None);
        }
        let method = responder.request.method().unwrap_or_default().to_owned();
        let number = responder.request.headers.cseq().map_or(0, |(number, _)| number);
        if !self.dialog.in_order(number) {
            return responder.refuse(500, None);
        }
        if let State::Over { .. } = self.state {
            let code = if method == "BYE" { 200 } else { 481 };
            return responder.refuse(code, None);
        }
        match method.as_str() {
            "BYE" => {
                responder.refuse(200, None);
                match &mut self.state {
                    State::Inbound(_) => {
                        self.reject(487, &Headers::new());
                        self.tell(LegEvent::Cancelled);
                    }
                    State::Calling(calling) => {
                        calling.give_up(&self.core);
                        self.tell(LegEvent::Failed { code: 487, why: Failure::GivenUp });
                    }
                    _ => {
                        self.over();
                        self.tell(LegEvent::Ended(Ended::Bye));
                    }
                }
            }
            "INVITE" | "UPDATE" => self.asked_to_change(responder, method == "UPDATE"),
            "INFO" => {
                let (body, headers) =
                    (responder.request.content(), responder.request.headers.clone());
                responder.refuse(200, None);
                self.tell(LegEvent::Info { body, headers });
            }
            "OPTIONS" => {
                let mut response = responder.response(200, None);
                server::capabilities(&self.core, &mut response.headers);
                responder.send(&response);
            }
            "PRACK" => self.pracked(responder),
            method => {
                let code = server::unknown(method);
                responder.refuse(code, None);
            }
        }
    }
}
