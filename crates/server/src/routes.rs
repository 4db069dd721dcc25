//! Every route, and the action that it asks for. A test visits each of them with each role.

use crate::access::Action;

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET, and HEAD.
    Get,
    /// POST, with a form.
    Post,
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, with `{id}` where a name stands, and `{part}` for a thing within it.
    pub path: &'static str,
    /// What it does.
    pub name: Name,
    /// What one must be allowed to; none for everybody, signed in or not.
    pub action: Option<Action>,
}

macro_rules! routes {
    ($($method:ident $path:literal $name:ident $action:expr;)+) => {
        /// What a route does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Name { $(#[doc = $path] $name,)+ }

        /// All of them.
        pub const ROUTES: &[Route] = &[
            $(Route { method: Method::$method, path: $path, name: Name::$name, action: $action },)+
        ];
    };
}

const ALL: Option<Action> = None;

const fn may(action: Action) -> Option<Action> {
    Some(action)
}

routes! {
    Get  "/healthz"                     Health            ALL;
    Get  "/assets/frist.css"            Style             ALL;
    Get  "/assets/frist.svg"            Icon              ALL;
    Get  "/metrics"                     Metrics           may(Action::SeeMetrics);

    Get  "/sign-in"                     SignInForm        ALL;
    Post "/sign-in"                     SignIn            ALL;
    Get  "/sign-in/code"                CodeForm          ALL;
    Post "/sign-in/code"                Code              ALL;
    Get  "/sign-in/provider"            ProviderBegin     ALL;
    Get  "/sign-in/back"                ProviderBack      ALL;
    Post "/sign-out"                    SignOut           ALL;
    Get  "/welcome/{id}"                WelcomeForm       ALL;
    Post "/welcome/{id}"                Welcome           ALL;
    Get  "/language/{id}"               Language          ALL;

    Get  "/"                            Today             may(Action::SeeToday);
    Get  "/horizon"                     Horizon           may(Action::SeeHorizon);
    Get  "/datasets"                    Datasets          may(Action::SeeDatasets);
    Get  "/datasets/{id}"               Dataset           may(Action::SeeDatasets);
    Post "/datasets/{id}/record"        Record            may(Action::SeeRecord);
    Post "/datasets/{id}/receipt"       Receipt           may(Action::GetReceipt);

    Get  "/sweeps"                      Sweeps            may(Action::SeeSweeps);
    Post "/sweeps"                      PlanSweep         may(Action::PlanSweep);
    Get  "/sweeps/{id}"                 Sweep             may(Action::SeeSweeps);
    Post "/sweeps/{id}/sample"          Sample            may(Action::SeeSample);
    Post "/sweeps/{id}/approve"         ApproveSweep      may(Action::ApproveSweep);
    Post "/sweeps/{id}/run"             RunSweep          may(Action::RunSweep);

    Get  "/holds"                       Holds             may(Action::SeeHolds);
    Post "/holds"                       AddHold           may(Action::AddHold);
    Post "/holds/{id}/release"          ReleaseHold       may(Action::ReleaseHold);

    Get  "/ledger"                      Ledger            may(Action::SeeLedger);
    Get  "/ledger/checkpoint"           Checkpoint        may(Action::SeeLedger);
    Get  "/ledger/key"                  LedgerKey         may(Action::SeeLedger);
    Get  "/ledger/evidence"             Evidence          may(Action::GetEvidence);
    Get  "/ledger/verify"               VerifyForm        may(Action::SeeLedger);
    Post "/ledger/verify"               Verify            may(Action::SeeLedger);

    Get  "/people"                      People            may(Action::SeePeople);
    Post "/people"                      AddPerson         may(Action::ManageAccounts);
    Get  "/people/table"                AccessTable       may(Action::SeePeople);
    Get  "/people/log"                  AccessLog         may(Action::SeeAccessLog);
    Get  "/people/sign-ins"             SignIns           may(Action::SeeSignIns);
    Get  "/people/account/{id}"         Person            may(Action::SeePeople);
    Post "/people/account/{id}/roles"   GrantOther        may(Action::GrantOther);
    Post "/people/account/{id}/reading" GrantReading      may(Action::GrantReading);
    Post "/people/account/{id}/close"   ClosePerson       may(Action::ManageAccounts);
    Post "/people/account/{id}/open"    OpenPerson        may(Action::ManageAccounts);
    Post "/people/account/{id}/link"    InvitePerson      may(Action::ManageAccounts);

    // Requests, inquiries, breaches.
    Get  "/cases"                       Cases             may(Action::SeeCases);
    Get  "/cases/open/request"          OpenRequestForm   may(Action::SeeCases);
    Post "/cases/open/request"          OpenRequest       may(Action::WorkCase);
    Get  "/cases/open/inquiry"          OpenInquiryForm   may(Action::SeeCases);
    Post "/cases/open/inquiry"          OpenInquiry       may(Action::Account);
    Get  "/cases/open/breach"           OpenBreachForm    may(Action::SeeCases);
    Post "/cases/open/breach"           OpenBreach        may(Action::Account);
    Get  "/cases/{id}"                  Case              may(Action::SeeCases);
    Post "/cases/{id}/step/{part}"      CaseStep          may(Action::WorkCase);
    Get  "/cases/{id}/paper/{part}"     CasePaper         may(Action::SeeCases);
    Post "/cases/{id}/paper/{part}"     CasePaperSent     may(Action::WorkCase);
    Post "/cases/{id}/recipient/{part}" TellRecipient     may(Action::WorkCase);
    Post "/cases/{id}/papers"           AttachPaper       may(Action::WorkCase);
    Post "/cases/{id}/paper/{part}/remove" RemovePaper    may(Action::WorkCase);
    Get  "/cases/{id}/answer"           CaseAnswer        may(Action::SeeCases);
    Get  "/cases/{id}/find"             FindForm          may(Action::FindPerson);
    Post "/cases/{id}/find"             Find              may(Action::FindPerson);
    Get  "/cases/{id}/decide"           DecideForm        may(Action::FindPerson);
    Post "/cases/{id}/decide"           Decide            may(Action::DecideRecords);
    Post "/cases/{id}/approve"          ApproveCase       may(Action::ApproveErasure);
    Post "/cases/{id}/erase"            EraseCase         may(Action::DecideRecords);
    Post "/cases/{id}/receipt"          CaseReceipt       may(Action::GetReceipt);
    Get  "/cases/{id}/package"          PackageForm       may(Action::FindPerson);
    Post "/cases/{id}/package"          MakePackage       may(Action::DecideRecords);
    Post "/cases/{id}/package/review"   ReviewPackage     may(Action::DecideRecords);
    Post "/cases/{id}/package/answer"   AnswerPackage     may(Action::DecideRecords);
    Post "/cases/{id}/restrict"         Restrict          may(Action::DecideRecords);
    Post "/cases/{id}/unrestrict"       Unrestrict        may(Action::DecideRecords);
    Get  "/cases/{id}/rectify"          RectifyForm       may(Action::FindPerson);
    Post "/cases/{id}/rectify"          Rectify           may(Action::DecideRecords);
    Post "/cases/{id}/inquiry/{part}"   InquiryStep       may(Action::Account);
    Post "/cases/{id}/breach/{part}"    BreachStep        may(Action::Account);

    // Reviews, consents, assessments, documents.
    Get  "/reviews"                     Reviews           may(Action::SeeCases);
    Post "/reviews/looked"              NoteReview        may(Action::Review);
    Get  "/reviews/{id}"                ReviewTasks       may(Action::SeeCases);
    Post "/reviews/{id}/record"         ReviewRecord      may(Action::Review);
    Post "/reviews/{id}/answer"         AnswerReview      may(Action::Review);
    Post "/reviews/{id}/bulk"           BulkReview        may(Action::Review);
    Post "/reviews/{id}/undo"           UndoReview        may(Action::Review);

    Get  "/consents"                    Consents          may(Action::SeeConsents);
    Post "/consents"                    FindConsents      may(Action::SeeConsents);
    Post "/consents/given"              GiveConsent       may(Action::RecordConsent);
    Post "/consents/{id}/withdraw"      WithdrawConsent   may(Action::WithdrawConsent);

    Get  "/assessments"                 Assessments       may(Action::SeeDatasets);
    Get  "/assessments/{id}"            Assessment        may(Action::SeeDatasets);
    Post "/assessments/{id}"            Assess            may(Action::Assess);
    Post "/assessments/{id}/keep"       KeepAssessment    may(Action::Assess);
    Post "/assessments/{id}/change"     ChangeByAssessment may(Action::EditRegister);

    Get  "/documents"                   Documents         may(Action::SeeDocuments);
    Get  "/documents/changes"           NoticeChanges     may(Action::SeeDocuments);
    Post "/documents/bundle"            Bundle            may(Action::GetBundle);
    Get  "/documents/{id}"              Document          may(Action::SeeDocuments);
    Get  "/documents/{id}/{part}"       DocumentFile      may(Action::SeeDocuments);
    Post "/documents/{id}/read"         AttestGuideline   may(Action::Attest);

    // The register, stores, calls.
    Get  "/register"                    Register          may(Action::SeeRegister);
    Get  "/register/part/{id}/{part}"   RegisterPart      may(Action::SeeRegister);
    Post "/register/part/{id}/{part}"   EditPart          may(Action::EditRegister);
    Get  "/register/text/{id}"          RegisterText      may(Action::SeeRegister);
    Post "/register/text/{id}"          EditText          may(Action::EditRegister);
    Get  "/register/change/{id}"        Change            may(Action::SeeRegister);
    Post "/register/change/{id}/count"  CountChange       may(Action::EditRegister);
    Post "/register/change/{id}/submit" SubmitChange      may(Action::EditRegister);
    Post "/register/change/{id}/renew"  RenewChange       may(Action::EditRegister);
    Post "/register/change/{id}/end"    WithdrawChange    may(Action::EditRegister);
    Post "/register/change/{id}/back"   ReturnChange      may(Action::ApproveRegister);
    Post "/register/change/{id}/live"   ApproveChange     may(Action::ApproveRegister);
    Get  "/calls"                       Calls             may(Action::SeeCalls);
    Get  "/calls/listenings"            Listenings        may(Action::SeeListenings);
    Post "/calls/stop"                  StopRecording     may(Action::StopRecording);
    Post "/calls/start"                 StartRecording    may(Action::StartRecording);
    Post "/calls/call/{id}"             HandleCall        may(Action::HandleCall);
    Post "/calls/recording/{id}/listen" Listen            may(Action::Listen);
    Post "/calls/recording/{id}/transfer" TransferCall    may(Action::TransferCall);
    Post "/calls/transfer/{id}/approve" ApproveTransfer   may(Action::ApproveTransfer);
    Get  "/stores"                      Stores            may(Action::SeeStores);
    Get  "/stores/connect"              ConnectForm       may(Action::SeeStores);
    Post "/stores/connect"              Connect           may(Action::EditRegister);

    // Setting up: tokens, webhooks, the scheduler.
    Get  "/setup"                       Setup             may(Action::SeeMetrics);
    Get  "/setup/tokens"                Tokens            may(Action::SeePeople);
    Post "/setup/tokens"                MakeToken         may(Action::Configure);
    Post "/setup/tokens/{id}/revoke"    RevokeToken       may(Action::Configure);
    Post "/setup/tokens/{id}/grant"     GrantToken        may(Action::GrantReading);
    Post "/setup/test"                  TestWay           may(Action::Configure);
    Post "/setup/messages/{id}"         RetryMessage      may(Action::Configure);

    // For everybody: the public form, published notices.
    Get  "/p"                           PublicForm        ALL;
    Post "/p"                           PublicDescribe    ALL;
    Post "/p/send"                      PublicSend        ALL;
    Get  "/p/s/{id}"                    PublicStatus      ALL;
    Get  "/p/s/{id}/{part}"             PublicLetter      ALL;
    Get  "/p/d/{id}"                    PublicPackage     ALL;
    Post "/p/d/{id}"                    PublicFetch       ALL;
    Get  "/p/notices"                   PublicNotices     ALL;
    Get  "/p/notices/{id}"              PublicNotice      ALL;
    // For everybody: the interface for machines.
    Get  "/api"                         ApiPage           ALL;
    Get  "/api/problems/{id}"           ApiProblem        ALL;

    Get  "/account"                     Account           may(Action::OwnAccount);
    Post "/account/password"            ChangePassword    may(Action::OwnAccount);
    Post "/account/factor/begin"        BeginFactor       may(Action::OwnAccount);
    Post "/account/factor"              SetFactor         may(Action::OwnAccount);
    Post "/account/factor/remove"       RemoveFactor      may(Action::OwnAccount);
    Post "/account/provider"            LinkProvider      may(Action::OwnAccount);
    Post "/account/provider/remove"     UnlinkProvider    may(Action::OwnAccount);
    Post "/account/language"            SetLanguage       may(Action::OwnAccount);
    Post "/account/sessions"            EndSessions       may(Action::OwnAccount);
}

impl Route {
    /// Whether it is one of the public side, for people without an account.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.path == "/p" || self.path.starts_with("/p/")
    }
}

impl Name {
    /// Its route.
    #[must_use]
    pub fn route(self) -> &'static Route {
        // Every name comes from the table.
        ROUTES.iter().find(|route| route.name == self).unwrap_or(&ROUTES[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_posted_and_what_is_got_changes_nothing() {
        for route in ROUTES {
            let Some(action) = route.action.filter(|a| *a != Action::OwnAccount) else { continue };
            if route.method == Method::Get {
                assert!(!action.changes(), "{}", route.path);
            }
        }
    }

    #[test]
    fn only_signing_in_is_for_everybody() {
        let open: Vec<&str> =
            ROUTES.iter().filter(|r| r.action.is_none()).map(|r| r.path).collect();
        let known = [
            "/healthz",
            "/assets/frist.css",
            "/assets/frist.svg",
            "/sign-in",
            "/sign-in",
            "/sign-in/code",
            "/sign-in/code",
            "/sign-in/provider",
            "/sign-in/back",
            "/sign-out",
            "/welcome/{id}",
            "/welcome/{id}",
            "/language/{id}",
            "/p",
            "/p",
            "/p/send",
            "/p/s/{id}",
            "/p/s/{id}/{part}",
            "/p/d/{id}",
            "/p/d/{id}",
            "/p/notices",
            "/p/notices/{id}",
            "/api",
            "/api/problems/{id}",
        ];
        assert_eq!(open, known);
    }
}
