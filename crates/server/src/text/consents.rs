//! Consents: found by the person, shown with their proof, withdrawn.

wording! {
ConsentTexts consent_texts;
    lead "Find en persons samtykker, se beviset, og før en tilbagetrækning ind. At trække tilbage skal være lige så let som at give (artikel 7, stk. 3)." "Find a person's consents, see the proof and enter a withdrawal. Withdrawing must be as easy as giving (Article 7(3)).";
    kind "Hvad personen kendes ved" "What the person is known by";
    who "Nummer" "Number";
    search "Find" "Find";
    or_token "Har personen en kode fra sin kvittering?" "Does the person have a code from the receipt?";
    token "Kode" "Code";
    withdraw_token "Træk tilbage med koden" "Withdraw by the code";
    no_token "Ingen gældende samtykker har den kode." "No consent in force has this code.";
    none "Der er ingen samtykker fra den person." "There are no consents of this person.";
    hidden "Der er samtykker, som du ikke har brug for at kende." "There are consents that you do not need to know.";
    found "Samtykker" "Consents";
    in_force "gælder" "in force";
    withdrawn "trukket tilbage" "withdrawn";
    given "Givet" "Given";
    text "Teksten" "The text";
    shown_text "Det, personen sagde ja til" "What the person said yes to";
    text_gone "Teksten i den udgave står ikke længere i registret. Fingeraftrykket viser, hvilken det var:" "This version of the text is no longer in the register. The fingerprint shows which it was:";
    fingerprint "Tekstens fingeraftryk (SHA-256)" "The text's fingerprint (SHA-256)";
    recorded_by "Ført ind af" "Recorded by";
    kept "Beviset opbevares" "The proof is kept";
    kept_da "så længe behandlingen løber, og så længe efter en tilbagetrækning:" "while the processing runs, and so long after a withdrawal:";
    kept_only "så længe behandlingen løber; slettes ved tilbagetrækning" "while the processing runs; erased with the withdrawal";
    proof_goes "Beviset slettes" "The proof is erased";
    withdraw "Træk tilbage" "Withdraw";
    how "Hvordan sagde personen det? (kan udelades)" "How did the person say so? (may be left out)";
    how_help "Fx telefon eller brev. Der spørges ikke hvorfor." "Such as telephone or letter. Nobody asks why.";
    was_withdrawn "Samtykket er trukket tilbage." "The consent is withdrawn.";
    already "Samtykket var allerede trukket tilbage." "The consent had been withdrawn already.";
    follows "Det følger heraf" "What follows";
    nothing_follows "Intet datasæt hviler på samtykket." "No data set rests on the consent.";
    write_field "Skriv tidspunktet i dette felt i jeres eget system; så slettes posten ved næste kørsel. Frist læser feltet og skriver aldrig i det:" "Write the time into this field of your own system; the record then goes with the next sweep. Frist reads the field and never writes it:";
    no_until "Reglen ophører ikke ved tilbagetrækning: opret en sag om personens oplysninger, eller giv reglen et until." "The rule does not end with a withdrawal: open a case about the person's data, or give the rule an until.";
    others "Andre formål opbevarer de samme poster, så længe de løber." "Other purposes keep the same records as long as they run.";
    back "Find en anden" "Find another";
    missing "Vælg, hvad personen kendes ved, og skriv nummeret." "Choose what the person is known by, and write the number.";
}
