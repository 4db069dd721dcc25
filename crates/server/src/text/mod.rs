//! Everything that the pages say, in Danish and English: one line a text, so that none is missing in
//! one of them. What many pages say is here; what one part of the console says has its own file.

/// Makes a struct of texts and the function that gives it in a language; a test holds the two
/// languages against each other.
macro_rules! wording {
    ($texts:ident $of:ident; $($name:ident $da:literal $en:literal;)+) => {
        /// The words of one language.
        pub(crate) struct $texts { $(pub(crate) $name: &'static str,)+ }

        /// The words of a language.
        pub(crate) fn $of(lang: frist_register::Lang) -> &'static $texts {
            static DA: $texts = $texts { $($name: $da,)+ };
            static EN: $texts = $texts { $($name: $en,)+ };
            match lang {
                frist_register::Lang::Da => &DA,
                frist_register::Lang::En => &EN,
            }
        }

        #[cfg(test)]
        #[test]
        fn every_text_is_there_in_both_languages() {
            for (name, da, en) in [$((stringify!($name), $da, $en),)+] {
                assert!(!da.trim().is_empty() && !en.trim().is_empty(), "{name}");
                assert_eq!(da.ends_with(':'), en.ends_with(':'), "{name} ends otherwise");
            }
        }
    };
}
pub(crate) use wording;

pub(crate) mod access;
mod assessments;
pub(crate) mod calls;
pub(crate) mod cases;
mod consents;
mod documents;
mod holds;
pub(crate) mod proposal;
pub(crate) mod provider;
mod public;
pub(crate) mod refusals;
pub(crate) mod register;
mod reviews;
pub(crate) mod stores;
pub(crate) mod today;
pub(crate) mod tokens;
pub(crate) mod verify;
pub(crate) mod watch;

pub(crate) use assessments::{AssessmentTexts, assessment_texts};
pub(crate) use consents::{ConsentTexts, consent_texts};
pub(crate) use documents::{DocumentTexts, document_texts};
pub(crate) use holds::{HoldTexts, hold_texts};
pub(crate) use public::{PublicTexts, public_texts};
pub(crate) use reviews::{ReviewTexts, review_texts};

wording! {
Texts texts;
// Frame
    skip "Gå til indhold" "Skip to content";
    nav "Sider" "Pages";
    menu "Menu" "Menu";
    nav_overview "Overblik" "Overview";
    nav_people "Personer" "Individuals";
    nav_rules "Regler" "Rules";
    nav_erasure "Sletning" "Erasure";
    nav_system "System" "System";
    cases "Sager" "Cases";
    reviews "Vurderinger" "Reviews";
    consents "Samtykker" "Consents";
    calls "Samtaler" "Calls";
    register "Register" "Register";
    assessments "Hvor længe?" "How long?";
    documents "Dokumenter" "Documents";
    stores "Datakilder" "Stores";
    setup "Opsætning" "Setting up";
    tokens "Nøgler til maskiner" "Tokens of machines";
    api "Grænsefladen for maskiner" "The interface for machines";
    motto "Frist: hverken for længe eller for kort, og det kan bevises." "Frist: neither too long nor too short, and it can be proved.";
    to_start "Til forsiden" "To the first page";
    language "Sprog" "Language";
    save "Gem" "Save";
    yes "ja" "yes";
    no "nej" "no";
    saved "Ændringen er gemt." "The change is saved.";

// Signing in
    sign_in "Log ind" "Sign in";
    sign_out "Log ud" "Sign out";
    user_name "Brugernavn" "User name";
    user_name_help "Små bogstaver a til z, tal og tegnene . _ @ + -. Navnet står i sletteloggen, når du handler, og kan ikke ændres." "Letters a to z, digits and the signs . _ @ + -. The ledger names you by it when you act; it cannot be changed.";
    full_name "Navn" "Name";
    password "Adgangskode" "Password";
    old_password "Nuværende adgangskode" "Current password";
    new_password "Ny adgangskode" "New password";
    password_again "Gentag adgangskoden" "Repeat the password";
    password_help "Mindst 12 tegn. Gerne en hel sætning; der er ingen krav om tal eller tegn." "At least 12 characters. A whole sentence is fine; no digits or signs are demanded.";
    forgotten "Har du glemt adgangskoden, så bed administratoren eller databeskyttelsesrådgiveren om et nyt link." "If you have forgotten your password, ask the administrator or the data protection officer for a new link.";
    wrong_sign_in "Brugernavn eller adgangskode er forkert." "The user name or the password is wrong.";
    wait_sign_in "Der har været for mange forsøg. Prøv igen" "There were too many attempts. Try again";
    signed_out "Du er logget ud." "You are signed out.";
    sign_in_first "Log ind for at se siden." "Sign in to see the page.";
    code_heading "Bekræft, at det er dig" "Confirm that it is you";
    code_lead "Skriv koden fra din godkendelsesapp." "Enter the code from your authenticator app.";
    code "Kode" "Code";
    code_help "Har du ikke din telefon, kan du bruge en af dine gendannelseskoder." "Without your phone you can use one of your recovery codes.";
    wrong_code "Koden er forkert eller allerede brugt." "The code is wrong or was used already.";
    go_on "Fortsæt" "Go on";
    welcome "Velkommen til Frist" "Welcome to Frist";
    welcome_first "Her opretter du den første administrator. En administrator styrer konti og system, men ser ingen personoplysninger i kraft af det." "Here you make the first administrator. An administrator runs accounts and system, but sees no personal data by that.";
    welcome_lead "Vælg en adgangskode til" "Choose a password for";
    choose_password "Gem adgangskoden" "Save the password";
    link_dead "Linket virker ikke længere" "The link no longer works";
    link_dead_text "Et link virker én gang og kun i kort tid. Bed om et nyt." "A link works once and only for a short time. Ask for a new one.";
    password_chosen "Adgangskoden er gemt. Log ind med den." "The password is saved. Sign in with it.";
    not_the_same "De to adgangskoder er ikke ens." "The two passwords are not the same.";
    weak_short "Adgangskoden er for kort: brug mindst 12 tegn." "The password is too short: use at least 12 characters.";
    weak_long "Adgangskoden er for lang." "The password is too long.";
    weak_common "Adgangskoden er en af dem, der gættes først. Vælg en anden." "The password is one of those that are guessed first. Choose another.";
    weak_name "Adgangskoden ligner dit eller organisationens navn. Vælg en anden." "The password is much like your or the organisation's name. Choose another.";

// Refusals
    denied_heading "Det har du ikke adgang til" "You do not have access to this";
    denied_text "Din rolle giver ikke adgang hertil. Afvisningen er noteret i loggen." "Your role does not give access to this. The refusal is noted in the log.";
    form_heading "Formularen blev ikke modtaget" "The form was not accepted";
    form_text "Den kom ikke fra en side i Frist, eller siden var for gammel. Gå tilbage, hent siden igen, og prøv en gang til. Intet er ændret." "It did not come from a page of Frist, or the page was too old. Go back, load the page again and try once more. Nothing was changed.";
    none_heading "Siden findes ikke" "There is no such page";
    none_text "Måske er det, siden handlede om, slettet." "What it was about may have been erased.";
    unclear_heading "Det kunne ikke forstås" "This could not be understood";
    unclear_text "Intet er ændret. Gå tilbage, og ret det." "Nothing was changed. Go back and correct it.";
    many_heading "For mange forespørgsler" "Too many requests";
    many_text "Vent et øjeblik, og prøv igen." "Wait a moment and try again.";
    large_heading "Det var for meget på én gang" "That was too much at once";
    large_text "Formularen er for stor. Intet er ændret." "The form is too large. Nothing was changed.";
    slow_heading "Det tog for lang tid" "That took too long";
    slow_text "Formularen kom ikke frem i tide. Intet er ændret." "The form did not come in time. Nothing was changed.";
    trouble_heading "Det kunne ikke lade sig gøre" "That could not be done";
    trouble_text "Noget bag siden svarer ikke, som det skal:" "Something behind the page does not answer as it should:";
    broken_heading "Der skete en fejl" "An error happened";
    broken_text "Fejlen er i programmet, ikke hos dig. Den er noteret." "The error is in the program, not yours. It was noted.";

// Today
    today "I dag" "Today";
    counted_at "Opgjort kl." "Counted at";
    counted_again ", der tælles igen" ", being counted again";
    counting "Posterne tælles lige nu. Siden henter selv tallene om lidt." "The records are being counted. The page fetches the figures by itself in a moment.";
    breaks_first "Det haster mest" "What breaks first";
    nothing_breaks "Intet er forsinket, og intet venter på dig." "Nothing is late, and nothing waits for you.";
    ahead "Forude" "Ahead";
    next_due "Næste forfald" "Next due";
    nothing_by_time "intet forfalder alene med tiden" "nothing becomes due by time alone";
    last_sweep "Seneste slettekørsel" "Last sweep";
    none_yet "ingen endnu" "none yet";
    tile_late "længste forsinkelse" "longest overdue";
    tile_due "poster skal slettes" "records are due";
    tile_unclear "uafklarede poster" "unclear records";
    tile_waiting "planer venter på godkendelse" "plans wait for approval";
    chip_late "forsinket" "late";
    chip_stopped "afbrudt" "interrupted";
    chip_waits "venter" "waits";
    chip_finding "fund" "finding";
    chip_hold "tilbageholdelse" "hold";
    chip_unreachable "svarer ikke" "no answer";
    chip_unclear "uafklaret" "unclear";
    chip_review "til vurdering" "review";
    interrupted "En slettekørsel mistede sin proces" "A sweep lost its process";
    interrupted_why "Den næste kørsel gør det færdigt, der var begyndt, og gør regnskabet op." "The next sweep finishes what was begun, and accounts for it.";
    overdue_why "skulle være slettet; den ældste har været forfalden i" "should be gone; the oldest has been due for";
    ever "ukendt tid" "an unknown time";
    waits_why "venter på en andens godkendelse, siden" "waits for another person's approval, since";
    hold_why "skulle være gennemgået" "was to be reviewed on";
    unclear_why "kan ikke afgøres, før en oplysning er bragt i orden" "cannot be decided until a fact is put right";
    review_why "venter på, at en medarbejder tager stilling" "wait for a person to assess them";
    since "siden" "since";
    records "poster" "records";
    record_one "post" "record";

// Horizon
    horizon "Horisont" "Horizon";
    horizon_lead "Det, der forfalder måned for måned, hvis intet nyt kommer til. Vælg en måned for at se, hvad der forfalder i den." "What becomes due month by month, if nothing new is added. Choose a month to see what becomes due in it.";
    due_in "Forfalder i" "Due in";
    nothing_due_then "Intet forfalder i den måned." "Nothing becomes due in that month.";
    months "Måneder" "Months";
    month "Måned" "Month";
    total "I alt" "Total";
    in_figures "I tal" "In figures";
    overdue_already "Allerede forfaldent, også det, som andre poster endnu henviser til:" "Overdue already, with what other records still refer to:";
    rest "øvrige" "other";

// Data sets
    datasets "Datasæt" "Data sets";
    datasets_lead "Hvert datasæt har én regel." "Each data set has one rule.";
    datasets_help "Spærret: opbevares kun, fordi loven kræver det. Blokeret: skal slettes, men andre poster henviser hertil. Et spørgsmålstegn: der er så mange poster, at de kun tælles på datasættets egen side." "Restricted: kept only because a statute demands it. Blocked: due, but other records refer to it. A question mark: there are so many records that they are counted only on the data set's own page.";
    dataset "Datasæt" "Data set";
    due "Skal slettes" "Due";
    overdue_since "Forfalden siden" "Overdue since";
    blocked "Blokeret" "Blocked";
    held "Tilbageholdt" "Held";
    unclear "Uafklaret" "Unclear";
    restricted "Spærret" "Restricted";
    review "Til vurdering" "Review";
    kept "Opbevares" "Kept";
    done "Anonymiseret" "Anonymised";
    not_counted "kunne ikke opgøres" "could not be counted";
    now "Lige nu" "Now";
    rule "Reglen" "The rule";
    must_keep "skal opbevares" "must be kept";
    may_keep "må opbevares" "may be kept";
    must_erase "skal slettes" "must be erased";
    from "fra" "from";
    while_conditions "så længe betingelserne er opfyldt" "while its conditions hold";
    no_end "uden udløb i sig selv" "with no end of its own";
    at_latest "senest" "at the latest";
    under_conditions "Kun for poster, der opfylder registerets betingelser." "Only for records that meet the register's conditions.";
    ends_with "Ophører straks, når dette er udfyldt:" "Ends at once when this is filled in:";
    needs_given "Kræver, at dette er udfyldt:" "Needs this to be filled in:";
    then_review "Derefter vurderes:" "Then to be assessed:";
    basis "Behandlingsgrundlag: artikel" "Legal basis: Article";
    why_so_long "Begrundelse" "Justification";
    when_up "når tiden er gået:" "when the time is up:";
    look_up "Slå en post op" "Look a record up";
    look_up_lead "Hvorfor opbevares den, eller hvorfor skal den slettes? Opslaget noteres i loggen." "Why is it kept, or why is it due? Looking it up is noted in the log.";
    record "Post" "Record";
    record_key "Postens nøgle" "The record's key";
    another_record "Slå en anden op" "Look up another";
    explain "Forklar" "Explain";
    considered "Det, der er taget i betragtning" "What was considered";
    held_by "Tilbageholdt af:" "Held by:";
    look_logged "Opslaget er noteret i loggen." "The look is noted in the log.";
    look_will_be_logged "Opslaget noteres i loggen." "The look will be noted in the log.";
    no_record "Der er ingen post med den nøgle. Er den slettet, kan du hente kvitteringen nedenfor." "There is no record with this key. If it was erased, its receipt can be had below.";
    receipt_heading "Kvittering for en slettet post" "Receipt of an erased record";
    receipt_lead "Kvitteringen beviser, hvornår og efter hvilken regel posten blev slettet. Enhver kan efterprøve den uden netværk." "The receipt proves when and by which rule the record was erased. Anybody can verify it offline.";
    get_receipt "Hent kvittering" "Get the receipt";
    no_receipt "Sletteloggen kender ingen slettet post med den nøgle." "The ledger knows of no erased record with this key.";

// Sweeps
    sweeps "Slettekørsler" "Sweeps";
    sweeps_lead "En plan siger, hvad der skal slettes og hvorfor. Intet slettes uden en plan." "A plan says what is to be erased and why. Nothing is erased without one.";
    make_plan "Lav en plan nu" "Make a plan now";
    no_plans "Der er ingen planer endnu." "There are no plans yet.";
    nothing_to_plan "Intet skal slettes lige nu, så der er ingen plan at gemme." "Nothing is due now, so there is no plan to keep.";
    plan "Plan" "Plan";
    made "Lavet" "Made";
    made_by "oprettet af" "made by";
    by "Af" "By";
    status "Status" "Status";
    needs_approval "Kræver godkendelse" "Needs approval";
    approved_by "Godkendt af" "Approved by";
    approve "Godkend planen" "Approve the plan";
    sure_approve "Jeg har set, hvad der slettes, og efter hvilken regel." "I have seen what is erased, and by which rule.";
    another_approves "En anden end den, der lavede planen, skal godkende den." "Somebody else than the one who made the plan must approve it.";
    run "Slet nu" "Erase now";
    sure_run_da "Jeg er klar over, at" "I know that";
    sure_run_end "slettes endeligt." "are erased for good.";
    was_approved "Planen er godkendt." "The plan is approved.";
    was_started "Kørslen er begyndt." "The sweep has begun.";
    under_way "I gang:" "Under way:";
    starting "begynder" "beginning";
    sweep_failed "Kørslen kunne ikke gennemføres. Det, der nåede at blive slettet, er noteret eller bliver det ved næste kørsel." "The sweep could not be carried out. What was erased is accounted for, or will be by the next sweep.";
    outcome "Resultat" "Outcome";
    erased "Slettet" "Erased";
    spared "Skånet" "Spared";
    late_median "Forsinkelse (median)" "Late (median)";
    late_most "Forsinkelse (størst)" "Late (most)";
    receipts "Kvitteringer" "Receipts";
    receipts_help "Hver post har sin egen kvittering; den hentes på datasættets side med postens nøgle." "Each record has a receipt of its own; get it on the data set's page by the record's key.";
    incomplete "ikke gjort færdig" "not finished";
    what_goes "Det, der slettes" "What goes";
    nothing_due "Intet." "Nothing.";
    oldest_since "den ældste forfalden siden" "the oldest due since";
    examples "Eksempler, læst nu" "Examples, read now";
    due_since "Forfalden siden" "Due since";
    show_examples "Vis eksempler på poster" "Show examples of records";
    two_persons "Registeret kræver, at to personer står bag sletning i" "The register wants two persons behind erasure in";
    misfit "Registeret passer ikke til datakilden; kun de andre datasæt ville blive slettet:" "The register does not fit the store; only the other data sets would be swept:";
    clock_trip "Efter maskinens ur er der gået usædvanlig længe siden sidste kørsel. Se efter, om uret går rigtigt. Dage:" "By this machine's clock the last sweep was unusually long ago. Look whether the clock is right. Days:";
    trip_limit "grænse:" "limit:";
    trip_usual "sædvanligt:" "usually:";
    share_trip "En usædvanlig stor del af datasættet skal slettes:" "An unusually large share of the data set is due:";
    count_trip "Flere poster end registerets grænse skal slettes:" "More records are due than the register's limit:";
    unusual_trip "Langt flere poster end sædvanligt skal slettes:" "Far more records than usual are due:";

// Holds
    holds "Tilbageholdelser" "Holds";
    holds_lead "Det, en tilbageholdelse omfatter, slettes ikke, før den er ophævet." "What a hold covers is not erased until the hold is released.";
    no_holds "Der er ingen tilbageholdelser." "There are no holds.";
    matter "Sag" "Matter";
    reason "Begrundelse" "Reason";
    covers "Omfatter" "Covers";
    owner "Ansvarlig" "Owner";
    review_on "Gennemgås senest" "Review by";
    past_review "skulle være gennemgået" "past its review";
    released "Ophævet" "Released";
    release "Ophæv" "Release";
    sure_release "Det, der er forfaldent til den tid, slettes ved næste kørsel." "What is due by then goes with the next sweep.";
    also_released "Vis også de ophævede" "Show those released as well";
    only_active "Vis kun dem, der gælder" "Show only those in force";
    add_hold "Tilføj tilbageholdelse" "Add a hold";
    hold_id "Betegnelse" "Name";
    hold_id_help "Fx sag-2026-17. Den står i sletteloggen: skriv ingen personoplysninger." "Such as case-2026-17. The ledger shows it: write no personal data.";
    all_datasets "Alle datasæt" "All data sets";
    hold_what "Hvem eller hvad" "Whom or what";
    by_subject "én person" "one person";
    by_key "én post" "one record";
    by_field "poster med en bestemt værdi i et felt" "records with a certain value in a field";
    by_all "alt i datasættet" "everything in the data set";
    one_record_of "én post i" "one record of";
    records_by "poster efter feltet" "records by the field";
    in_word "i" "in";
    hold_added "Tilbageholdelsen gælder fra nu." "The hold is in force from now on.";
    hold_covers_none "Tilbageholdelsen gælder, men omfatter ingen poster lige nu. Se efter, om nøglen eller værdien er rigtig." "The hold is in force, but covers no records now. Look at the key or the value again.";
    hold_released "Tilbageholdelsen er ophævet." "The hold is released.";
    hold_pair "Skriv navn og værdi med lighedstegn imellem, fx customer=4711." "Write name and value with an equals sign between, such as customer=4711.";
    hold_subject_unknown "Intet datasæt siger, i hvilket felt den slags person er nævnt:" "No data set says by which field this kind of person is named:";
    hold_no_field "Datasættet har ikke feltet:" "The data set does not have the field:";
    hold_id_bad "Betegnelsen kan ikke bruges: brug bogstaver, tal og tegnene . _ - /" "The name cannot be used: use letters, digits and the signs . _ - /";
    hold_exists "Der er allerede en tilbageholdelse med den betegnelse." "There is a hold of this name already.";
    bad_day "Datoen kan ikke forstås." "The day cannot be understood.";
    tick_sure "Sæt kryds ved, at du er sikker." "Tick that you are sure.";
    missing_field "Et felt mangler at blive udfyldt:" "A field must be filled in:";

// Ledger
    ledger "Slettelog" "Ledger";
    ledger_lead "Alt, hvad Frist har gjort, i den rækkefølge det skete. Loggen kan kun forlænges, og den indeholder ingen personoplysninger." "All that Frist did, in the order in which it happened. It can only be added to, and it holds no personal data.";
    entries "Poster i loggen" "Entries";
    entry "nr." "no.";
    when "Hvornår" "When";
    what "Hvad" "What";
    last_checkpoint "Senest underskrevet" "Last signed";
    get_checkpoint "Hent kontrolpunkt" "Get the checkpoint";
    get_key "Hent offentlig nøgle" "Get the public key";
    get_evidence "Hent bevis for det hele" "Get the evidence of it all";
    verify_help "Enhver kan efterprøve beviset uden netværk og uden Frists database:" "Anybody can verify the evidence offline and without Frist's database:";
    no_entries "Loggen er tom." "The ledger is empty.";
    newer "Nyere" "Newer";
    older "Ældre" "Older";
    page_first "Første side" "First page";
    page_before "Forrige side" "Previous page";
    page_after "Næste side" "Next page";

// People
    people "Personer og roller" "People and roles";
    people_lead "Roller, der viser personoplysninger, gives af databeskyttelsesrådgiveren og aldrig til én selv." "Roles that show personal data are granted by the data protection officer, and never to oneself.";
    roles "Roller" "Roles";
    need_to_know "Har brug for at kende" "Needs to know";
    second_factor "To-faktor" "Second factor";
    closed "lukket" "closed";
    add_person "Opret konto" "Make an account";
    access "Adgang" "Access";
    access_table "Hvem må hvad" "Who may what";
    access_table_lead "Hele tabellen, som programmet følger den. Den kan ikke ændres uden en ny udgave af programmet." "The whole table, as the program follows it. It cannot be changed without a new version of the program.";
    access_log "Adgangslog" "Log of access";
    sign_ins "Indlogninger" "Sign-ins";
    log_lead "Hvem der gjorde eller så hvad, hvornår. Aldrig selve oplysningerne. Loggen slettes efter et år." "Who did or looked at what, and when. Never the data itself. The log is erased after a year.";
    log_empty "Der er intet i loggen." "There is nothing in the log.";
    who "Hvem" "Who";
    about "Om" "About";
    denied "afvist" "denied";
    oneself "Det er din egen konto. Roller og adgang ændres af en anden." "This is your own account. Somebody else changes its roles and access.";
    quiet_roles "Roller uden personoplysninger" "Roles without personal data";
    reading_roles "Roller, der viser personoplysninger" "Roles that show personal data";
    granted_by_admin "Gives af en administrator." "Granted by an administrator.";
    granted_by_dpo "Gives af en databeskyttelsesrådgiver." "Granted by a data protection officer.";
    new_link "Lav nyt link" "Make a new link";
    new_link_lead "Et link, hvormed personen selv vælger adgangskode. Det tidligere link holder op med at virke." "A link with which the person chooses a password. An earlier link stops working.";
    link_lead "Giv personen dette link ad en vej, du stoler på. Det vises kun nu og virker én gang:" "Give the person this link by a way you trust. It is shown only now and works once:";
    link_until "Virker til" "Works until";
    link_by_dpo "Kontoen viser personoplysninger: en databeskyttelsesrådgiver laver dens link." "The account shows personal data: a data protection officer makes its link.";
    reset_by_grant "Kontoen viser fra nu af personoplysninger. Derfor er den gamle adgangskode glemt, og der skal bruges et nyt link." "From now on the account shows personal data. So its old password is forgotten, and a new link is needed.";
    open_account "Åbn kontoen igen" "Open the account again";
    close_account "Luk kontoen" "Close the account";
    bad_name "Brugernavnet kan ikke bruges: højst 64 tegn, og kun bogstaverne a til z, tal og tegnene . _ @ + -." "The user name cannot be used: at most 64 signs, and only the letters a to z, digits and the signs . _ @ + -.";
    account_exists "Der er allerede en konto med det brugernavn." "There is an account of this name already.";

// My account
    my_account "Min konto" "My account";
    factor_on "To-faktor er slået til." "The second factor is on.";
    factor_off "To-faktor er ikke slået til. Med den kan ingen logge ind med din adgangskode alene." "The second factor is off. With it nobody signs in by your password alone.";
    factor_must "Slå to-faktor til for at gå videre." "Turn the second factor on to go on.";
    factor_begin "Slå to-faktor til" "Turn the second factor on";
    factor_remove "Slå to-faktor fra" "Turn the second factor off";
    factor_step_1 "Åbn en godkendelsesapp på din telefon." "Open an authenticator app on your phone.";
    factor_step_2 "Tilføj en konto:" "Add an account:";
    factor_picture "QR-kode med den samme nøgle som nedenfor" "QR code with the same key as below";
    factor_by_hand "Skan billedet med appen, eller skriv nøglen:" "Scan the picture with the app, or enter the key:";
    factor_open "Åbn i en app på denne enhed" "Open in an app on this device";
    factor_step_3 "Skriv den kode, som appen viser:" "Enter the code that the app shows:";
    factor_confirm "Bekræft" "Confirm";
    recovery_lead "To-faktor er slået til. Gem disse gendannelseskoder et sikkert sted. Hver virker én gang, og de vises kun nu:" "The second factor is on. Keep these recovery codes in a safe place. Each works once, and they are shown only now:";
    recovery_left "Ubrugte gendannelseskoder" "Unused recovery codes";
    factor_removed "To-faktor er slået fra." "The second factor is off.";
    change_password "Skift adgangskode" "Change the password";
    password_ends "Alle indlogninger ophører, også denne." "All sessions end, this one as well.";
    password_wrong "Adgangskoden er forkert." "The password is wrong.";
    sessions "Indlogninger" "Sessions";
    sessions_lead "Log ud alle andre steder." "Sign out everywhere else.";
    end_sessions "Log ud andre steder" "Sign out elsewhere";
    sessions_ended "Du er logget ud alle andre steder." "You are signed out everywhere else.";
    own_log "Hvad loggen siger om dig" "What the log says of you";
}
