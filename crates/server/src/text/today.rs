//! What the first page says of cases, reviews and the register.

super::wording! {
TodayTexts today_texts;
    chip_deadline "Frist" "Deadline";
    chip_breach "Brud" "Breach";
    chip_change "Ændring" "Change";
    request "Anmodning" "Request";
    inquiry "Henvendelse fra myndighed" "Inquiry of an authority";
    breach "Brud på persondatasikkerheden" "Breach of personal data security";
    open_cases "åbne sager i alt" "open cases in all";
    more "De, der haster mest, står ovenfor; listen har dem alle." "The most pressing are above; the list has all of them.";
    hours_left "tilbage" "left";
    hours_late "for sent" "late";
    change_waits "Ændring af registeret" "Change of the register";
    change_why "venter på godkendelse. Lavet af" "waits for approval. Made by";
    reviews_late "Gennemgang efter præambel 39" "Review under recital 39";
    reviews_late_why "datasæt eller formål er ikke gennemgået til tiden." "data sets or purposes were not reviewed in time.";
    first_steps "Kom i gang" "Getting started";
    step_done "gjort" "done";
    step_people "Opret konti" "Make accounts";
    step_people_why "Mindst en databeskyttelsesrådgiver og én mere, der kan ændre registeret, fx en tekniker: ingen godkender sin egen ændring." "At least a data protection officer and one more person who can change the register, such as an engineer: nobody approves a change of one's own.";
    step_store "Tilslut den første datakilde" "Connect the first store";
    step_store_why "Teknikeren eller databeskyttelsesrådgiveren siger, hvor oplysningerne ligger, og svarer på de spørgsmål, som kun I kan svare på. En anden godkender." "The engineer or the officer says where the data lies and answers the questions that only you can answer. Somebody else approves.";
    step_plan "Lav den første plan" "Make the first plan";
    step_plan_why "Den siger, hvad der skal slettes og efter hvilken regel. Den sletter intet." "It says what is to be erased, and by which rule. It erases nothing.";
    step_run "Gennemfør planen" "Carry the plan out";
    step_run_why "Posterne slettes, datakilderne spørges igen, og hver post får sin kvittering." "The records are erased, the stores are asked again, and each record has its receipt.";
    register_differs "Registeret" "The register";
    register_differs_why "Filerne siger noget andet end den gældende revision. Den næste plan sætter dem i kraft." "The files say something else than the revision that is live. The next plan makes them live.";
}
