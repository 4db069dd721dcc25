//! Does for one call what may wait for a disk, in order, on threads where waiting is allowed. The call itself never
//! waits: with a database that hangs it goes on, unrecorded.

use crate::consent::How;
use crate::desk::{Answer, CallId, Desk, Ended, NewCall, Refusal};
use crate::tape::Tape;
use tokio::sync::mpsc;

/// What is to be done.
pub(super) enum Job {
    /// The call began. First of all jobs.
    Began(Box<NewCall>),
    /// These purposes are being asked.
    Ask(Vec<String>),
    /// The caller has answered.
    Decide(Vec<Answer>),
    /// The call was bridged to this agent.
    Bridged(String),
    /// Begin to record, if the caller consented.
    Tape,
    /// The caller takes back all.
    Withdraw(How),
    /// Silence is recorded (or not any more).
    Pause(bool),
    /// The call is over. Last of all jobs.
    Ended(Ended),
}

/// What came of it.
pub(super) enum Done {
    /// The call's id.
    Began(CallId),
    /// The answers are kept, or not; whether the caller consented to anything.
    Decided(bool),
    /// A tape, or why not.
    Tape(Result<Box<dyn Tape>, Refusal>),
    /// Recording has stopped, whatever became of the record of it; whether there was a consent to take back.
    Withdrawn(bool),
}

/// Starts a clerk. It ends when its jobs do.
pub(super) fn start(desk: Desk) -> (mpsc::UnboundedSender<Job>, mpsc::UnboundedReceiver<Done>) {
    let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut call: Option<CallId> = None;
        while let Some(job) = queue.recv().await {
            let (desk, known) = (desk.clone(), call.clone());
            // A job that panics is a bug of ours; the call must not end for it.
            let done =
                tokio::task::spawn_blocking(move || work(&desk, known, job)).await.ok().flatten();
            if let Some(Done::Began(id)) = &done {
                call = Some(id.clone());
            }
            if let Some(done) = done {
                let _ = tell.send(done);
            }
        }
    });
    (jobs, told)
}

fn work(desk: &Desk, call: Option<CallId>, job: Job) -> Option<Done> {
    let job = match job {
        Job::Began(new) => return Some(Done::Began(desk.call_began(*new))),
        job => job,
    };
    let call = call?;
    match job {
        Job::Began(_) => {}
        Job::Ask(purposes) => {
            let purposes: Vec<&str> = purposes.iter().map(String::as_str).collect();
            desk.ask(&call, &purposes);
        }
        Job::Decide(answers) => {
            let kept = desk.decide(&call, &answers).is_ok();
            return Some(Done::Decided(kept && desk.consent(&call).is_live()));
        }
        Job::Bridged(agent) => desk.call_bridged(&call, &agent),
        Job::Tape => return Some(Done::Tape(desk.tape(&call))),
        Job::Withdraw(how) => {
            // Recording has stopped even when the withdrawal cannot be written down.
            let given = desk.consent(&call).is_live();
            let _ = desk.withdraw(&call, None, how);
            return Some(Done::Withdrawn(given));
        }
        Job::Pause(true) => desk.pause(&call),
        Job::Pause(false) => desk.resume(&call),
        Job::Ended(how) => desk.call_ended(&call, how),
    }
    None
}
