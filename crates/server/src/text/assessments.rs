//! How long may we keep this? The guided assessment.

wording! {
AssessmentTexts assessment_texts;
    lead "Hvor længe må vi opbevare det her? Fire spørgsmål, som en jurist ville stille dem: hvilke oplysninger, til hvilket formål, hvor længe hidtil, og på hvilket grundlag." "How long may we keep this? Four questions, as a lawyer would ask them: which data, for which purpose, how long so far, and on which basis.";
    assessed "Vurderet" "Assessed";
    again "Vurderes igen" "To be assessed again";
    none "ingen vurdering bag reglen" "no assessment behind the rule";
    overdue "skulle være vurderet igen" "was to be assessed again";
    lawyer "skal ses af en jurist" "must be seen by a person with legal training";
    kept_newer "ny vurdering, ikke i registeret endnu" "new assessment, not in the register yet";
    outside "Noget, der ikke er i registeret" "Something that is not in the register";
    outside_lead "En tabel eller mappe, som intet datasæt dækker endnu. Skriv datakilde og samling, fx erp/customer." "A table or folder that no data set covers yet. Write store and collection, such as erp/customer.";
    place "Datakilde/samling" "Store/collection";
    begin "Begynd vurderingen" "Begin the assessment";
    anew "Vurdér på ny" "Assess anew";
    all "Alle vurderinger" "All assessments";
    no_place "Der er ikke sådan en samling i nogen datakilde." "No store has such a collection.";

    in_register "I registeret" "In the register";
    not_in_register "Registeret har ingen vurdering af datasættet. Uden den kan I ikke vise, hvorfor fristen er, som den er (artikel 5, stk. 2)." "The register has no assessment of the data set. Without one you cannot show why the time limit is as it is (Article 5(2)).";
    q_data "Hvilke oplysninger" "Which data";
    q_purpose "Til hvilket formål" "For which purpose";
    q_so_far "Hvor længe hidtil" "How long so far";
    q_basis "På hvilket grundlag" "On which basis";
    q_doubt "Tvivl" "Doubts";
    made_here "Lavet her" "Made here";

    step_data "Oplysninger" "Data";
    step_purpose "Formål og grundlag" "Purpose and basis";
    step_so_far "Hidtil" "So far";
    step_proposal "Forslag" "Proposal";
    what_is_there "Det, der ligger der nu" "What lies there now";
    oldest "den ældste:" "the oldest:";
    by_field "regnet fra" "counted from";
    older_than "Ældre end" "Older than";
    unreadable "uden læsbar dato" "without a readable date";
    no_dates "Intet felt ligner en dato, som en frist kan regnes fra." "No field looks like a date from which a period could be counted.";
    next "Næste" "Next";
    change_answers "Ret svarene om:" "Change the answers about:";
    answered "Svaret indtil nu" "Answered so far";
    choose "Vælg" "Choose";

    w_needed "Spørgsmålet skal besvares." "The question needs an answer.";
    w_choice "Vælg et af svarene." "Choose one of the answers.";
    w_period "Skriv en periode, fx 30 dage, 6 måneder eller 2 år." "Write a period, such as 30 days, 6 months or 2 years.";
    w_day "Vælg en dag." "Choose a day.";
    w_categories "Skriv kategorier fra listen med komma imellem." "Write categories from the list, divided by commas.";

    proposal "Forslag til reglen" "The proposed rule";
    rule_lead "Sådan ville den stå i registeret. Intet er ændret endnu: regler ændres i registeret og godkendes af en anden." "So it would stand in the register. Nothing has been changed yet: rules are changed in the register and approved by somebody else.";
    why "Begrundelse" "Reasons";
    refused "Kan ikke lade sig gøre sådan" "Refused as it stands";
    refused_lead "Ret svarene nedenfor. Vurderingen kan ikke gemmes, før det er afklaret." "Change the answers below. The assessment cannot be kept before that is settled.";
    doubts "Tvivl" "Doubts";
    must_lawyer "Skal ses af en jurist, før reglen tages i brug." "A person with legal training must look at it before the rule is used.";
    keep "Gem vurderingen" "Keep the assessment";
    keep_lead "Svar, begrundelse og tvivl gemmes med dit navn og noteres i sletteloggen." "Answers, reasons and doubts are kept with your name, and noted in the ledger.";
    toml_assessment "Kun vurderingen, til registeret" "The assessment alone, for the register";
    toml_rule "Reglen, til registeret" "The rule, for the register";
    goes_into "Hører til i filen" "Belongs in the file";
    kept "Vurderingen er gemt. Sæt den ind i registeret, så den følger reglen." "The assessment is kept. Put it into the register, so that it goes with the rule.";
    into_register "Sæt ind i registeret som ændring" "Put into the register as a change";
    into_register_lead "Reglen og vurderingen bag den bliver en ændring, hvis virkning du ser, før en anden godkender den." "The rule and the assessment behind it become a change whose effect you see before somebody else approves it.";
    taken "i registeret" "in the register";
    broken "Registeret har fejl, som skal rettes først." "The register has errors that must be put right first.";
    no_longer "Vurderingen passer ikke til registeret mere. Lav den om." "The assessment does not fit the register any more. Make it anew.";
    is_there "Det står der allerede, i registeret eller i din ændring." "It stands there already, in the register or in your change.";
    by "af" "by";
}
