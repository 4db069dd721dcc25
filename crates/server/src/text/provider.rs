//! Texts of signing in through a provider.

wording! {
ProviderTexts provider_texts;
    with "Log ind med" "Sign in with";
    or "eller med brugernavn og adgangskode" "or with a user name and a password";
    heading "Log ind gennem" "Signing in through";
    linked "Din konto er forbundet. Du kan logge ind den vej siden" "Your account is linked. You can sign in that way since";
    not_linked "Din konto er ikke forbundet. Forbinder du den, kan du logge ind uden Frists adgangskode." "Your account is not linked. When you link it, you can sign in without Frist's password.";
    link "Forbind kontoen" "Link the account";
    link_next "Gå videre, og log ind der, for at forbinde kontoen:" "Go on and sign in there to link the account:";
    link_go "Gå videre til" "Go on to";
    unlink "Fjern forbindelsen" "Remove the link";
    was_linked "Kontoen er forbundet." "The account is linked.";
    was_unlinked "Forbindelsen er fjernet." "The link is removed.";
    taken "En anden konto er allerede forbundet med den person dér. Log ind på den anden konto, og fjern forbindelsen først." "Another account is linked to that person there. Sign in to the other account and remove the link first.";
    own_password "Kontoen har ingen adgangskode. Log ind igen gennem udbyderen, og prøv inden for ti minutter." "The account has no password. Sign in again through the provider, and try within ten minutes.";
    only_way "Kontoen har ingen adgangskode, så forbindelsen kan ikke fjernes." "The account has no password, so the link cannot be removed.";

    stale "Indlogningen tog for lang tid, eller den begyndte i en anden browser. Begynd forfra her." "Signing in took too long, or it began in another browser. Begin again here.";
    away "svarer ikke, som det skal. Prøv igen om lidt, eller log ind med adgangskode. Bliver det ved, så sig det til administratoren; hvad der skete, står i serverens log." "does not answer as it should. Try again in a moment, or sign in with a password. If it goes on, tell the administrator; the server's log says what happened.";
    refused "loggede dig ikke ind. Prøv igen, eller bed dem, der styrer det, om adgang til Frist. Svaret var:" "did not sign you in. Try again, or ask those who run it for access to Frist. The answer was:";
    token "sendte et svar, som ikke kunne bekræftes, og du er derfor ikke logget ind. Prøv igen. Bliver det ved, så sig det til administratoren." "sent an answer that could not be confirmed, so you are not signed in. Try again. If it goes on, tell the administrator.";
    factor "loggede dig ind uden det andet bevis (to-faktor), som Frist kræver. Slå to-faktor til dér, og log ind igen." "signed you in without the second factor that Frist asks for. Turn the second factor on there and sign in again.";
    unknown "kender dig, men Frist gør ikke. Har du en konto i Frist, så log ind med adgangskode, og forbind kontoen under »Min konto«. Ellers bed administratoren om en konto." "knows you, but Frist does not. If you have an account in Frist, sign in with its password and link the account under \"My account\". Otherwise ask the administrator for an account.";
    closed "Din konto i Frist er lukket. Bed administratoren om at åbne den." "Your account in Frist is closed. Ask the administrator to open it.";
    no_roles "Du har en konto, men ingen roller endnu. Bed administratoren eller databeskyttelsesrådgiveren om roller, og log så ind igen. Dit brugernavn er" "You have an account but no roles yet. Ask the administrator or the data protection officer for roles, then sign in again. Your user name is";
}
