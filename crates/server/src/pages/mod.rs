//! The pages: what each route does, and the frame around what people see.

mod access;
mod account;
mod api;
mod assessments;
mod calls;
mod cases;
mod consents;
mod datasets;
mod documents;
mod figures;
mod files;
mod first_steps;
mod frame;
mod holds;
mod horizon;
mod ledger;
mod nav;
mod people;
mod provider;
mod public;
mod qr;
mod refused;
mod register;
mod reviews;
mod setup;
mod sign_in;
mod stores;
mod sweep;
mod sweeps;
mod today;
mod tokens;

pub(crate) use public::Published;
pub(crate) use refused::refused;

use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::routes::Name;

/// Does what a route does; who asks may do so, as far as that can be told without looking.
pub(crate) fn answer(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    match ctx.route.name {
        Name::Health => Ok(files::health(ctx)),
        Name::Style => Ok(files::style()),
        Name::Icon => Ok(files::icon()),
        Name::Metrics => figures::metrics(ctx),
        Name::Setup => setup::page_of(ctx),
        Name::Tokens => tokens::list(ctx),
        Name::MakeToken => tokens::make(ctx),
        Name::RevokeToken => tokens::revoke(ctx),
        Name::GrantToken => tokens::grant(ctx),
        Name::ApiPage => api::overview(ctx),
        Name::ApiProblem => api::problem(ctx),
        Name::TestWay => setup::test(ctx),
        Name::RetryMessage => setup::retry(ctx),
        Name::SignInForm => sign_in::form(ctx),
        Name::SignIn => sign_in::sign_in(ctx),
        Name::CodeForm => sign_in::code_form(ctx),
        Name::Code => sign_in::code(ctx),
        Name::ProviderBegin => provider::begin(ctx),
        Name::ProviderBack => provider::back(ctx),
        Name::SignOut => sign_in::sign_out(ctx),
        Name::WelcomeForm => sign_in::welcome_form(ctx),
        Name::Welcome => sign_in::welcome(ctx),
        Name::Language => sign_in::language(ctx),
        Name::Reviews => reviews::list(ctx),
        Name::NoteReview => reviews::looked(ctx),
        Name::ReviewTasks => reviews::tasks(ctx),
        Name::ReviewRecord => reviews::record(ctx),
        Name::AnswerReview => reviews::answer(ctx),
        Name::BulkReview => reviews::bulk(ctx),
        Name::UndoReview => reviews::take_back(ctx),
        Name::Consents => consents::form(ctx),
        Name::FindConsents => consents::find(ctx),
        Name::GiveConsent => consents::give(ctx),
        Name::WithdrawConsent => consents::withdraw(ctx),
        Name::Assessments => assessments::list(ctx),
        Name::Assessment => assessments::one(ctx),
        Name::Assess => assessments::guide(ctx),
        Name::KeepAssessment => assessments::keep(ctx),
        Name::ChangeByAssessment => assessments::change(ctx),
        Name::Documents => documents::list(ctx),
        Name::NoticeChanges => documents::changes(ctx),
        Name::Bundle => documents::bundle(ctx),
        Name::Document => documents::view(ctx),
        Name::DocumentFile => documents::file(ctx),
        Name::AttestGuideline => documents::attest(ctx),
        Name::PublicForm => public::form(ctx),
        Name::PublicDescribe => public::describe(ctx),
        Name::PublicSend => public::send(ctx),
        Name::PublicStatus => public::status(ctx),
        Name::PublicLetter => public::letter(ctx),
        Name::PublicPackage => public::package(ctx),
        Name::PublicFetch => public::fetch(ctx),
        Name::PublicNotices => public::notices(ctx),
        Name::PublicNotice => public::notice(ctx),
        Name::Today => today::today(ctx),
        Name::Horizon => horizon::horizon(ctx),
        Name::Datasets => datasets::list(ctx),
        Name::Dataset => datasets::one(ctx),
        Name::Record => datasets::record(ctx),
        Name::Receipt => datasets::receipt(ctx),
        Name::Sweeps => sweeps::list(ctx),
        Name::PlanSweep => sweeps::plan(ctx),
        Name::Sweep => sweep::one(ctx, false),
        Name::Sample => sweep::one(ctx, true),
        Name::ApproveSweep => sweeps::approve(ctx),
        Name::RunSweep => sweeps::run(ctx),
        Name::Holds => holds::list(ctx),
        Name::AddHold => holds::add(ctx),
        Name::ReleaseHold => holds::release(ctx),
        Name::Ledger => ledger::browse(ctx),
        Name::Checkpoint => ledger::checkpoint(ctx),
        Name::LedgerKey => ledger::key(ctx),
        Name::Evidence => ledger::evidence(ctx),
        Name::VerifyForm => ledger::verify_form(ctx),
        Name::Verify => ledger::verify(ctx),
        Name::Register => register::read(ctx),
        Name::RegisterPart => register::form(ctx),
        Name::EditPart => register::edit(ctx),
        Name::RegisterText => register::text(ctx),
        Name::EditText => register::edit_text(ctx),
        Name::Change => register::change(ctx),
        Name::CountChange => register::count(ctx),
        Name::SubmitChange => register::submit(ctx),
        Name::RenewChange => register::renew(ctx),
        Name::WithdrawChange => register::withdraw(ctx),
        Name::ReturnChange => register::give_back(ctx),
        Name::ApproveChange => register::approve(ctx),
        Name::Calls => calls::list(ctx),
        Name::Listenings => calls::listenings(ctx),
        Name::StopRecording => calls::switch(ctx, true),
        Name::StartRecording => calls::switch(ctx, false),
        Name::HandleCall => calls::handle(ctx),
        Name::Listen => calls::listen(ctx),
        Name::TransferCall => calls::transfer(ctx),
        Name::ApproveTransfer => calls::approve(ctx),
        Name::Stores => stores::list(ctx),
        Name::ConnectForm => stores::connect_form(ctx),
        Name::Connect => stores::connect(ctx),
        Name::People => people::list(ctx, None),
        Name::AddPerson => people::add(ctx),
        Name::AccessTable => access::table(ctx),
        Name::AccessLog => people::log(ctx, false),
        Name::SignIns => people::log(ctx, true),
        Name::Person => people::one(ctx, None),
        Name::GrantOther => people::grant_other(ctx),
        Name::GrantReading => people::grant_reading(ctx),
        Name::ClosePerson => people::close(ctx, true),
        Name::OpenPerson => people::close(ctx, false),
        Name::InvitePerson => people::invite(ctx),
        Name::Cases => cases::list(ctx),
        Name::OpenRequestForm => cases::request_form(ctx),
        Name::OpenRequest => cases::open_request(ctx),
        Name::OpenInquiryForm => cases::inquiry_form(ctx),
        Name::OpenInquiry => cases::open_inquiry(ctx),
        Name::OpenBreachForm => cases::breach_form(ctx),
        Name::OpenBreach => cases::open_breach(ctx),
        Name::Case => cases::case(ctx),
        Name::CaseStep => cases::step(ctx),
        Name::CasePaper => cases::paper(ctx),
        Name::AttachPaper => cases::attach(ctx),
        Name::RemovePaper => cases::remove_paper(ctx),
        Name::CasePaperSent => cases::sent(ctx),
        Name::TellRecipient => cases::tell(ctx),
        Name::CaseAnswer => cases::draft(ctx),
        Name::FindForm => cases::find_form(ctx),
        Name::Find => cases::find(ctx),
        Name::DecideForm => cases::decide_form(ctx),
        Name::Decide => cases::decide(ctx),
        Name::ApproveCase => cases::approve(ctx),
        Name::EraseCase => cases::carry_out(ctx),
        Name::CaseReceipt => cases::receipt(ctx),
        Name::PackageForm => cases::package_form(ctx),
        Name::MakePackage => cases::make(ctx),
        Name::ReviewPackage => cases::judge(ctx),
        Name::AnswerPackage => cases::hand_over(ctx),
        Name::Restrict => cases::restrict(ctx),
        Name::Unrestrict => cases::lift(ctx),
        Name::RectifyForm => cases::rectify_form(ctx),
        Name::Rectify => cases::rectify(ctx),
        Name::InquiryStep => cases::inquiry_step(ctx),
        Name::BreachStep => cases::breach_step(ctx),
        Name::Account => account::page_of(ctx, account::Shown::default()),
        Name::ChangePassword => account::password(ctx),
        Name::BeginFactor => account::begin_factor(ctx),
        Name::SetFactor => account::set_factor(ctx),
        Name::RemoveFactor => account::remove_factor(ctx),
        Name::LinkProvider => provider::link(ctx),
        Name::UnlinkProvider => provider::unlink(ctx),
        Name::SetLanguage => account::language(ctx),
        Name::EndSessions => account::end_sessions(ctx),
    }
}

/// Whether this person must have a second factor before anything else.
pub(crate) fn must_set_factor(ctx: &Ctx<'_>) -> bool {
    account::must_set(ctx) && ctx.route.action != Some(Action::OwnAccount)
}
