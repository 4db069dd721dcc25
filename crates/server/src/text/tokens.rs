//! What the pages about tokens and the interface for machines say.

wording! {
TokenTexts token_texts;
    lead "En nøgle lader et program bruge Frist, som om det var en kollega med netop de opgaver. Kun et aftryk af nøglen gemmes." "A token lets a program use Frist as if it were a colleague with exactly those tasks. Only a hash of it is kept.";
    none "Der er ingen nøgler." "There are no tokens.";
    purpose "Formål" "Purpose";
    may "Må" "May";
    asked "Venter på databeskyttelsesrådgiveren" "Waits for the data protection officer";
    knows "Skal kende" "Needs to know";
    all_sets "alle datasæt" "all data sets";
    made "Lavet" "Made";
    until "Virker til" "Works until";
    seen "Brugt sidst" "Last used";
    never "aldrig" "never";
    works "virker" "works";
    expired "udløbet" "expired";
    revoked "tilbagekaldt" "revoked";
    revoke "Tilbagekald nøglen" "Revoke the token";
    sure_revoke "Programmet, der bruger nøglen, kommer ikke længere ind." "The program that uses the token no longer gets in.";
    grant "Giv adgang til personoplysninger" "Grant what shows personal data";
    grant_lead "Første gang, nøglen får adgang til personoplysninger, får den en ny hemmelighed, som kun du ser: administratoren kender den gamle." "The first time a token gets access to personal data, it gets a new secret that only you see: the administrator knows the old one.";
    reading "Viser personoplysninger" "Shows personal data";
    quiet "Viser ingen personoplysninger" "Shows no personal data";
    by_dpo "Det herunder virker først, når databeskyttelsesrådgiveren har givet det." "What follows works only once the data protection officer has granted it.";
    add "Lav en nøgle" "Make a token";
    name "Navn" "Name";
    name_help "Små bogstaver a til z, tal og tegnene . _ -. Sletteloggen nævner nøglen ved navnet, så det bruges aldrig igen." "Letters a to z, digits and the signs . _ -. The ledger names the token by it, so it is never used again.";
    days "Virker i så mange dage" "Works for so many days";
    secret "Gem nøglen nu. Den vises kun denne ene gang." "Keep the token now. It is shown only this once.";
    changed "Nøglen har fået en ny hemmelighed, fordi den nu viser personoplysninger. Den gamle virker ikke længere." "The token has a new secret, since it now shows personal data. The old one no longer works.";
    missing "Vælg mindst én ting, nøglen må." "Choose at least one thing that the token may do.";
    days_wrong "En nøgle virker i 1 til 366 dage." "A token works for 1 to 366 days.";
    name_wrong "Navnet skal være 1 til 64 af bogstaverne a til z, tal og tegnene . _ -." "The name must be 1 to 64 of the letters a to z, digits and the signs . _ -.";
    name_taken "Navnet er brugt før. Vælg et andet." "The name was used before. Choose another.";
    api_lead "Programmer bruger Frist på /api/v1. Beskrivelsen i OpenAPI 3.1 er lavet af det samme, som svarer." "Programs use Frist at /api/v1. The description in OpenAPI 3.1 is made from the very thing that answers.";
    api_file "Beskrivelsen som fil" "The description as a file";
    api_token "Send nøglen med hver forespørgsel: Authorization: Bearer frist_… En administrator laver den under Opsætning." "Send the token with each request: Authorization: Bearer frist_… An administrator makes it under Setting up.";
    api_once "Send Idempotency-Key med det, der ændrer noget: gentages forespørgslen inden for et døgn, gøres det ikke to gange." "Send Idempotency-Key with what changes something: repeated within a day, it is not done twice.";
    method "Metode og adresse" "Method and address";
    what "Hvad" "What";
    scope "Omfang" "Scope";
    everybody "alle" "everybody";
    problems "Fejl" "Problems";
    problems_lead "Fejl svares som application/problem+json (RFC 9457) med disse adresser i type." "Problems are answered as application/problem+json (RFC 9457) with these addresses in type.";
}
