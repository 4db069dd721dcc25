//! Every route of the interface: method, path, scope, name, summary and what does it. The types of
//! query, body and answer are those of the function, so that router and document cannot differ.

use super::resources::{
    cases, consents, datasets, documents, holds, ledger, overview, plans, register, reviews, work,
};
use super::route::{Sent, Table};
use super::scope::Scope as S;
use super::{Interface, Kind, Problem};

pub(crate) fn table() -> Table {
    let mut t = Table::new();
    t.open(
        "/openapi.json",
        "openapi",
        "This description",
        Box::new(|_, _, _| {
            let body = serde_json::to_vec(&Interface::get().document)
                .map_err(|_| Problem::new(Kind::Broken, "the description cannot be written"))?;
            let status = axum::http::StatusCode::OK;
            Ok(Sent { status, body, version: None, location: None, next: None })
        }),
    );

    t.get(
        "/health",
        S::OverviewRead,
        "health",
        "How things stand: lateness, findings, deadlines",
        overview::health,
    );
    t.get(
        "/findings",
        S::OverviewRead,
        "listFindings",
        "What somebody must settle",
        overview::findings,
    );

    t.get(
        "/datasets",
        S::DatasetsRead,
        "listDatasets",
        "Data sets with their counts",
        datasets::list,
    );
    t.get(
        "/datasets/{dataset}",
        S::DatasetsRead,
        "getDataset",
        "A data set with its rule, all of it counted",
        datasets::one,
    );
    t.ask(
        "/datasets/{dataset}/explain",
        S::RecordsRead,
        "explainRecord",
        "Why a record is kept or due",
        datasets::explain_one,
    );
    t.ask(
        "/datasets/{dataset}/receipt",
        S::ReceiptsRead,
        "getReceipt",
        "The receipt of an erased record",
        datasets::receipt,
    );
    t.get(
        "/datasets/{dataset}/reviews",
        S::ReviewsRead,
        "listReviewTasks",
        "Records of a data set that wait for an answer",
        reviews::tasks,
    );
    t.post(
        "/datasets/{dataset}/reviews",
        S::ReviewsAnswer,
        "answerReviews",
        "Answer the register's question about records",
        reviews::answer,
    );

    t.get("/plans", S::SweepsRead, "listPlans", "Plans, the newest first", plans::list);
    t.post(
        "/plans",
        S::SweepsPlan,
        "makePlan",
        "Plan what is due; 200 without a plan when nothing is",
        plans::make,
    )
    .makes()
    .or(200);
    t.get(
        "/plans/{plan}",
        S::SweepsRead,
        "getPlan",
        "A plan, why it waits, who approved it",
        plans::one,
    );
    t.post(
        "/plans/{plan}/approve",
        S::SweepsApprove,
        "approvePlan",
        "Approve a plan that another person made",
        plans::approve,
    )
    .if_match();
    t.post("/plans/{plan}/run", S::SweepsRun, "runPlan", "Carry a plan out", plans::run)
        .begins()
        .if_match();
    t.get(
        "/plans/{plan}/progress",
        S::SweepsRead,
        "getProgress",
        "How far a plan's sweep is",
        plans::progress,
    );
    t.get("/sweeps", S::SweepsRead, "listSweeps", "Sweeps, the newest first", plans::sweeps);
    t.get("/sweeps/{sweep}", S::SweepsRead, "getSweep", "What came of a sweep", plans::sweep);

    t.get("/holds", S::HoldsRead, "listHolds", "Holds that the token may see", holds::list);
    t.post("/holds", S::HoldsAdd, "addHold", "Stop erasure for a matter", holds::add).makes();
    t.get("/holds/{hold}", S::HoldsRead, "getHold", "A hold", holds::one);
    t.post(
        "/holds/{hold}/release",
        S::HoldsRelease,
        "releaseHold",
        "Release a hold",
        holds::release,
    )
    .if_match();

    t.get(
        "/cases",
        S::CasesRead,
        "listCases",
        "Cases with their deadlines, by number",
        cases::list,
    );
    t.post(
        "/cases",
        S::CasesWork,
        "openCase",
        "Open a case for a request; the receipt is written at once",
        cases::open,
    )
    .makes();
    t.get(
        "/cases/{case}",
        S::CasesRead,
        "getCase",
        "A request, how it stands, what is possible",
        cases::one,
    );
    t.get("/cases/{case}/log", S::CasesRead, "getCaseLog", "What was done in a case", cases::log);
    t.post(
        "/cases/{case}/note",
        S::CasesWork,
        "noteInCase",
        "Note something in a request's log",
        cases::note,
    )
    .if_match();
    t.post(
        "/cases/{case}/assign",
        S::CasesWork,
        "assignCase",
        "Make somebody the owner of a request",
        cases::assign,
    )
    .if_match();
    t.post(
        "/cases/{case}/identity",
        S::CasesWork,
        "identityKnown",
        "Note that the person has shown who they are",
        cases::identity,
    )
    .if_match();
    t.post(
        "/cases/{case}/extend",
        S::CasesWork,
        "extendCase",
        "Extend the time to answer, with the letter",
        cases::extend,
    )
    .if_match();
    t.post(
        "/cases/{case}/find",
        S::PersonsFind,
        "findPerson",
        "Find the person's records across the stores",
        work::find,
    )
    .if_match();
    t.post(
        "/cases/{case}/decide",
        S::CasesDecide,
        "decideCase",
        "Decide a request, record by record",
        work::decide,
    )
    .if_match();
    t.post(
        "/cases/{case}/refuse",
        S::CasesDecide,
        "refuseCase",
        "Refuse a request, with the reason",
        cases::refuse,
    )
    .if_match();
    t.post(
        "/cases/{case}/withdraw",
        S::CasesWork,
        "withdrawCase",
        "Note that the person took the request back",
        cases::withdraw,
    )
    .if_match();
    t.post(
        "/cases/{case}/close",
        S::CasesWork,
        "closeCase",
        "Close a request that is answered",
        cases::close,
    )
    .if_match();

    t.get(
        "/reviews",
        S::ReviewsRead,
        "reviews",
        "What waits for a person's answer",
        reviews::overview,
    );

    t.get(
        "/consents",
        S::ConsentsRead,
        "listConsents",
        "Consents, the newest first",
        consents::list,
    );
    t.post("/consents", S::ConsentsRecord, "recordConsent", "Record a consent", consents::record)
        .makes();
    t.ask(
        "/consents/prove",
        S::ConsentsRead,
        "proveConsent",
        "Prove what one person consented to",
        consents::prove,
    );
    t.post(
        "/consents/withdraw",
        S::ConsentsWithdraw,
        "withdrawConsent",
        "Enter a withdrawal of consent",
        consents::withdraw,
    );

    t.get(
        "/ledger/checkpoint",
        S::LedgerRead,
        "getCheckpoint",
        "The signed head of the ledger",
        ledger::checkpoint,
    );
    t.get(
        "/ledger/entries",
        S::LedgerRead,
        "listEntries",
        "Entries of the ledger, the oldest first",
        ledger::entries,
    );
    t.file(
        "/ledger/evidence",
        S::LedgerEvidence,
        "getEvidence",
        "The evidence of all that was done",
        ("application/octet-stream", ledger::evidence),
    );

    t.get(
        "/register",
        S::RegisterRead,
        "getRegister",
        "The register that is followed",
        register::one,
    );
    t.ask(
        "/register/check",
        S::RegisterRead,
        "checkRegister",
        "Check a text as a register",
        register::check_text,
    );

    t.get(
        "/documents",
        S::DocumentsRead,
        "listDocuments",
        "Documents made from the register",
        documents::list,
    );
    t.get("/documents/{document}", S::DocumentsRead, "getDocument", "A document", documents::one);
    t
}
