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
    register_differs "Registeret" "The register";
    register_differs_why "Filerne siger noget andet end den gældende revision. Den næste plan sætter dem i kraft." "The files say something else than the revision that is live. The next plan makes them live.";
}
