//! Reviews: what waits for a person's answer, and what nobody has looked at lately.

wording! {
ReviewTexts review_texts;
    lead "Det, reglerne ikke kan afgøre selv. Registeret stiller spørgsmålet, og du svarer for hver post." "What the rules cannot decide by themselves. The register asks, and you answer for each record.";
    waiting "Venter på vurdering" "Waiting for an assessment";
    none_waiting "Ingen poster venter på vurdering." "No record waits for an assessment.";
    periodic "Regelmæssig gennemgang" "Periodic review";
    periodic_lead "Hvert datasæt og hvert formål ses efter med mellemrum: er formålet der stadig, og er fristen rigtig? (præambel 39)" "Each data set and each purpose is looked at from time to time: is the purpose still there, and is the time limit right? (recital 39)";
    no_interval "Registeret siger ikke, hvor ofte. Skriv fx review_every = \"1 year\" under [requests]." "The register does not say how often. Write, for example, review_every = \"1 year\" under [requests].";
    what "Hvad" "What";
    purpose "formål" "purpose";
    last "Sidst" "Last";
    never "aldrig" "never";
    next "Næste" "Next";
    days_late "dage for sent" "days late";
    day_late "dag for sent" "day late";
    unassessed "ingen vurdering bag reglen" "no assessment behind the rule";
    lawyer "skal ses af en jurist" "must be seen by a person with legal training";
    record_it "Notér gennemgangen" "Record the review";
    note "Hvad blev set efter, og hvad kom der ud af det?" "What was looked at, and what came of it?";
    noted "Gennemgangen er noteret." "The review is recorded.";
    note_empty "Skriv, hvad der blev set efter. En gennemgang uden det beviser intet." "Write what was looked at. A review without that proves nothing.";

    all "Alle vurderinger" "All reviews";
    question "Spørgsmålet" "The question";
    waits_since "Venter siden" "Waiting since";
    again "igen" "again";
    look "Se og svar" "Look and answer";
    more "Der er flere. Svar for mange på én gang nedenfor." "There are more. Answer for many at once below.";
    record_key "Post" "Record";
    look_up "Har du postens nøgle, kan du slå den op her:" "If you have the record's key, look it up here:";
    facts "Det, der står i posten" "What the record says";
    considered "Det, der er taget i betragtning" "What was considered";
    empty "tomt" "empty";
    your_answer "Dit svar" "Your answer";
    keep "Opbevares" "Keep";
    keep_help "Der er stadig brug for den. Der spørges igen, når dagen er gået." "It is still needed. It is asked again when the day is over.";
    erase "Slettes" "Erase";
    erase_help "Der er ikke længere et grundlag. Den slettes ved næste slettekørsel, medmindre en lov eller en tilbageholdelse kræver den." "No ground is left. It goes with the next sweep, unless a statute or a hold demands it.";
    until "Opbevares til og med" "Keep through";
    reason "Begrundelse" "Reason";
    reason_help "Skal skrives, når posten opbevares. Skriv ingen personoplysninger, der ikke er nødvendige." "Must be given when the record is kept. Write no personal data that is not needed.";
    answer "Svar" "Answer";
    not_asked "Posten venter ikke på vurdering." "The record does not wait for an assessment.";
    answered_by "svarede" "answered";
    answered_keep "opbevares til" "keep until";
    answered_erase "slettes" "erase";
    take_back "Tag svaret tilbage" "Take the answer back";
    sure_take_back "Der spørges igen." "It is asked again.";
    no_record "Der er ingen post med den nøgle." "There is no record with this key.";

    bulk "Svar for mange på én gang" "Answer for many at once";
    bulk_lead "Vælg posterne ved, hvad der står i dem. Du ser først, hvor mange det er, og et udsnit." "Choose the records by what they say. You first see how many there are, and some of them.";
    conditions "Betingelser" "Conditions";
    conditions_help "Én på hver linje; alle skal være opfyldt. Fx folder=salg, day<2024-01-01 eller subject~tilbud (indeholder). Felterne er:" "One a line; all must hold. Such as folder=sales, day<2024-01-01 or subject~offer (contains). The fields are:";
    pick "Vis posterne" "Show the records";
    picked_of "af" "of";
    that_wait "der venter" "that wait";
    some_of_them "Et udsnit" "Some of them";
    none_picked "Ingen af de poster, der venter, opfylder betingelserne." "None of the records that wait satisfies the conditions.";
    bad_condition "Betingelsen kan ikke forstås, eller feltet findes ikke:" "The condition cannot be understood, or there is no such field:";
    confirm "Giv svaret for dem alle" "Give this answer for all of them";
    sure_bulk "Jeg har set udsnittet, og svaret gælder dem alle." "I have seen some of them, and the answer holds for all.";
    changed "Posterne er ændret, siden du så dem. Se udsnittet igen." "The records have changed since you saw them. Look at them again.";

    choose "Vælg, om posten opbevares eller slettes." "Choose whether the record is kept or erased.";
    bad_day "Vælg en dag, der ikke er gået." "Choose a day that has not passed.";
    no_reason "Skriv, hvorfor posten stadig er nødvendig." "Write why the record is still needed.";
    done_keep "Svaret er gemt. Opbevares:" "The answer is saved. Kept:";
    done_erase "Svaret er gemt. Slettes ved næste kørsel:" "The answer is saved. Erased by the next sweep:";
    done_short "Nogle kan ikke opbevares så længe, fordi en slettepligt indtræder før. Den første:" "Some cannot be kept so long, because a duty to erase comes first. The first on:";
    done_restricted "En lov kræver nogle af dem endnu; de er begrænset, til pligten ophører:" "A statute still demands some of them; they are restricted until that ends:";
    done_back "Svaret er taget tilbage." "The answer is taken back.";
    done_already "Posten venter ikke længere på vurdering." "The record no longer waits for an assessment.";
}
