//! What the page of the scheduler, the alarms and the messages says.

wording! {
WatchTexts watch_texts;
    lead "Her kan du se, om Frist arbejder, som det skal, og om nogen får besked, når det ikke gør." "Here you can see whether Frist works as it should, and whether somebody is told when it does not.";
    alarms "Alarmer" "Alarms";
    no_alarms "Ingen alarmer. Alt er, som det skal være." "No alarms. Everything is as it should be.";
    since "siden" "since";
    ended "Overståede alarmer" "Alarms that ended";
    ended_at "slut" "ended";
    schedule "Automatisk sletning" "Scheduled erasure";
    on "slået til" "on";
    off "slået fra" "off";
    off_why "Intet slettes, uden at en person laver en plan og kører den. Slå det til i server.toml under [schedule]." "Nothing is erased unless a person makes a plan and runs it. Switch it on in server.toml under [schedule].";
    on_why "Det, der forfalder, slettes af sig selv. Datasæt, der kræver godkendelse, får en plan, som venter på en person." "What becomes due is erased by itself. Data sets that want approval get a plan that waits for a person.";
    hours "Tidspunkter" "Hours";
    always "hele døgnet" "at any hour";
    every "Tid mellem to kørsler, mindst" "Time between two sweeps, at least";
    late "Alarm, når noget er forsinket mere end" "Alarm when something is late by more than";
    last_sign "Seneste livstegn" "Last sign of life";
    never "aldrig" "never";
    scheduler "Automatisk sletning" "Scheduler";
    watchdog "Overvågning" "Watchdog";
    servers "Servere" "Servers";
    server "Server" "Server";
    started "Startet" "Started";
    no_servers "Ingen server overvåger. Alarmer bliver ikke sendt." "No server watches. Alarms are not sent.";
    ways "Hvem får besked" "Who is told";
    no_ways "Ingen får besked, når noget går galt. Sæt mail eller en webhook op i server.toml; docs/server.md viser hvordan." "Nobody is told when something goes wrong. Set up mail or a webhook in server.toml; docs/server.md shows how.";
    way "Vej" "Way";
    to "Til" "To";
    events "Om" "About";
    mail "Mail" "Mail";
    webhook "Webhook" "Webhook";
    try_it "Send en prøve" "Send a test";
    was_tried "Prøven nåede frem." "The test arrived.";
    did_not_arrive "Prøven nåede ikke frem." "The test did not arrive.";
    not_running "Denne server sender ingen beskeder." "This server sends no messages.";
    messages "Beskeder, der ikke er nået frem" "Messages that have not arrived";
    no_messages "Alle beskeder er nået frem." "All messages have arrived.";
    given_up "opgivet" "given up";
    waits "venter" "waits";
    tries "forsøg" "tries";
    next "næste forsøg" "next try";
    again "Prøv igen" "Try again";
    tried_again "Beskeden prøves igen nu." "The message is tried again now.";
}
