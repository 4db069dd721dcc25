//! Documents made from the register, what was read of them, and the evidence bundle.

wording! {
DocumentTexts document_texts;
    lead "Alt her er lavet af det samme register, som sletter. Ændres registeret, ændres dokumenterne." "All of this is made from the same register that erases. When the register changes, the documents do.";
    record "Fortegnelse (artikel 30)" "Record (Article 30)";
    record_lead "Formål, kategorier, modtagere, slettefrister og sikkerhed, som en myndighed beder om den." "Purposes, categories, recipients, time limits and security, as an authority asks for it.";
    schedule "Sletteplan" "Deletion schedule";
    schedule_lead "Hvad der slettes hvornår, efter hvilken regel og med hvilken begrundelse." "What is erased when, by which rule and why.";
    guidelines_doc "Retningslinjer, samlet" "Guidelines, all of them";
    guidelines_lead "Det, en medarbejder skal vide: hvad der slettes af sig selv, og hvad man selv skal tage stilling til." "What staff must know: what is erased by itself, and what they must assess.";
    notices "Oplysningstekster" "Privacy notices";
    notices_lead "Én for hver gruppe af registrerede (artikel 13 og 14)." "One for each group of data subjects (Articles 13 and 14).";
    draft "mangler noget" "incomplete";
    draft_lacks "Teksten er en kladde, fordi registeret ikke siger alt, den skal sige:" "The text is a draft, because the register does not say all that it must say:";
    published_at "Offentliggjort" "Published";
    download "Hent" "Download";
    no_pdf "PDF kræver et program, der er bygget med det (letters-pdf). Siden kan udskrives fra browseren." "PDF needs a program that was built with it (letters-pdf). The page can be printed from the browser.";
    in_da "på dansk" "in Danish";
    in_en "på engelsk" "in English";
    all_documents "Alle dokumenter" "All documents";

    changes "Hvilke oplysningstekster er blevet forkerte?" "Which privacy notices have become wrong?";
    changes_lead "Sammenlign med en tidligere udgave af registeret. Har nogen fået en tekst, som ikke længere passer, skal de have den nye." "Compare with an earlier revision of the register. Whoever has a text that is no longer right must get the new one.";
    against "Sammenlign med udgaven fra" "Compare with the revision of";
    compare "Sammenlign" "Compare";
    no_revisions "Intet register har været i drift endnu, så der er intet at sammenligne med. Den første plan sætter registeret i drift." "No register has been live yet, so there is nothing to compare with. The first plan makes it live.";
    no_changes "Ingen oplysningstekst er blevet forkert." "No privacy notice has become wrong.";
    is_new "ny: de har ikke fået nogen" "new: they have had none";
    is_gone "bortfaldet: der behandles ikke længere oplysninger om dem" "gone: no data about them is processed any more";
    is_changed "ændret" "changed";
    removed "Ikke længere:" "No longer:";
    added "Nu:" "Now:";

    guidelines "Retningslinjer for dem, der arbejder her" "Guidelines for those who work here";
    no_guidelines "Registeret har ingen retningslinjer ([[guideline]])." "The register has no guidelines ([[guideline]]).";
    version "udgave" "version";
    for_whom "For:" "For:";
    i_have_read "Jeg har læst den" "I have read it";
    sure_read "Jeg har læst denne udgave og forstået den." "I have read this version and understood it.";
    you_read "Du har læst den." "You have read it.";
    you_read_old "Du har læst en tidligere udgave. Læs den nye." "You have read an earlier version. Read the new one.";
    have_read "har læst den" "have read it";
    of_concerned "af dem, den angår:" "of those whom it concerns:";
    not_in_force "Den udgave gælder ikke længere. Læs den, der står her nu." "That version is no longer in force. Read the one that stands here now.";
    read_noted "Det er noteret, at du har læst den." "It is noted that you have read it.";

    bundle "Bevispakke til en myndighed" "Evidence bundle for an authority";
    bundle_lead "Én zip-fil med det, et tilsyn beder om: tal for hver regel, registeret i hver udgave, sletteloggen og en rapport. Den kan efterprøves af enhver uden netværk, og pakkens fingeraftryk skrives i sletteloggen." "One zip file with what an inspection asks for: figures for each rule, the register in each revision, the ledger and a report. Anybody can verify it offline, and the bundle's fingerprint is written into the ledger.";
    bundle_people "Navne på dem, der arbejder her, kan stå i den. Ingen registreredes oplysninger gør." "Names of those who work here may stand in it. No data subject's data does.";
    since "Fra og med" "From";
    until "Til og med" "To";
    make_bundle "Lav og hent" "Make and download";
    bad_period "Perioden er tom eller kan ikke forstås." "The period is empty or cannot be understood.";
}
