//! Holds by a query, with an end, for a few to see.

wording! {
HoldTexts hold_texts;
    by_where "poster, der opfylder flere betingelser" "records that meet several conditions";
    by_within "poster i flere datasæt" "records in several data sets";
    what_help "En person: customer=4711 (flere linjer, hvis personen kendes ved flere numre). En post: dens nøgle. Et felt: case_no=17. Flere betingelser: én på hver linje, fx status=open; skrives et felt flere gange, er hver af værdierne nok. Flere datasæt: invoices:case_no=17 på hver linje." "A person: customer=4711 (several lines when the person is known by several numbers). A record: its key. A field: case_no=17. Several conditions: one a line, such as status=open; of a field written more than once any of the values will do. Several data sets: invoices:case_no=17 on each line.";
    ends "Ophører af sig selv efter" "Ends by itself after";
    ends_help "Kun hvis dagen er kendt. Ellers gælder den, til den ophæves." "Only when the day is known. Otherwise it holds until it is released.";
    ends_past "Dagen er gået, så tilbageholdelsen ville ikke gælde." "The day has passed, so that the hold would hold nothing.";
    viewers "Må kun ses af" "To be seen only by";
    viewers_help "Brugernavne med komma imellem. Du kan altid selv se den; andre ser kun, at der er en. Tomt: alle, der må se tilbageholdelser." "User names, divided by commas. You always see it yourself; others see only that there is one. Empty: all who may see holds.";
    viewer_unknown "Der er ingen konto med brugernavnet:" "There is no account of this name:";
    hidden "flere, hvis sag kun ses af dem, der er udpeget" "more, of which only those named see the matter";
    seen_by "Ses kun af" "Seen only by";
    holds_until "Gælder til" "Holds until";
    form "Skriv det på formen" "Write it in the form";
    no_dataset_known "Registeret har ikke datasættet:" "The register does not have the data set:";
    fields_there "Felterne er:" "The fields are:";
    choose_dataset "Vælg et datasæt for en post, et felt eller betingelser." "Choose a data set for a record, a field or conditions.";
}
