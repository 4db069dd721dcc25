//! What people write to Nordkyst Forsyning, and what its caseworkers answered. The tone is theirs:
//! short, now and then careless, each about one thing.
//!
//! Placeholders: `{adresse}`, `{postby}`, `{kunde}` (customer number), `{beloeb}`,
//! `{pris}`, `{maaned}` (the month before), `{kwh}`, `{snart}` (a date two weeks ahead), `{sag}`.

/// Who sends an e-mail.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Sender {
    Customer,
    Supplier,
    Colleague,
}

/// One kind of e-mail.
pub(crate) struct Text {
    pub(crate) mailbox: &'static str,
    pub(crate) sender: Sender,
    /// How often, against the others.
    pub(crate) weight: usize,
    /// Whether it is the basis of a contract.
    pub(crate) contract: bool,
    /// Years of warranty (or of the right to complain of defects) it documents; 0 for none.
    pub(crate) warranty_years: i64,
    pub(crate) subject: &'static str,
    pub(crate) body: &'static str,
    /// What Nordkyst wrote before, quoted below; empty for a first letter.
    pub(crate) earlier: &'static str,
}

const PLAIN: Text = Text {
    mailbox: "kundeservice",
    sender: Sender::Customer,
    weight: 4,
    contract: false,
    warranty_years: 0,
    subject: "",
    body: "",
    earlier: "",
};

pub(crate) const TEXTS: &[Text] = &[
    Text {
        weight: 10,
        subject: "Flytning",
        body: "Vi flytter fra {adresse} den {snart} og vil gerne opsige vores aftale dertil. Målerstanden \
               sender jeg på dagen.\n\nSkal vi melde det på den nye adresse selv, eller gør I det?\n\n\
               Kundenr. {kunde}",
        ..PLAIN
    },
    Text {
        weight: 7,
        subject: "Sv: Flytning",
        body: "Tak for hurtigt svar. Målerstanden ved fraflytning var {kwh} kWh. Jeg har taget et billede, \
               hvis I har brug for det.",
        earlier: "Tak for din mail. Vi har registreret fraflytningen fra {adresse}. Vil du sende os \
                  målerstanden på flyttedagen? Slutopgørelsen kommer inden for fire uger.",
        ..PLAIN
    },
    Text {
        weight: 8,
        subject: "Aflæsning af måler",
        body: "Her er aflæsningen for {adresse}: {kwh} kWh.\n\nJeg kunne ikke komme ind på selvbetjeningen, \
               den siger hele tiden at koden er forkert.",
        ..PLAIN
    },
    Text {
        weight: 5,
        subject: "Strømafbrydelse {adresse}",
        body: "Vi var uden strøm i går fra ca. kl. 16 til langt ud på aftenen. Der kom ingen sms. Er det \
               noget vi kan få dækket, når fryseren er tøet op?\n\nVi skønner tabet til {beloeb} kr.",
        ..PLAIN
    },
    Text {
        weight: 5,
        subject: "Sv: Strømafbrydelse, sag {sag}",
        body: "Det er jeg ærligt talt ikke tilfreds med. Afbrydelsen var ikke varslet, og jeg har talt med \
               to forskellige hos jer, som siger hver sit. Hvem klager jeg til?",
        earlier: "Vi beklager generne. Afbrydelsen skyldtes et overgravet kabel, som en entreprenør er \
                  ansvarlig for, og vi kan derfor ikke dække tabet. Du kan klage over afgørelsen til \
                  Ankenævnet på Energiområdet.",
        ..PLAIN
    },
    Text {
        weight: 4,
        subject: "Ny e-mail og telefonnummer",
        body: "Jeg har fået ny mailadresse, det er den her. Vil I slette den gamle? Kundenummeret er \
               {kunde}.",
        ..PLAIN
    },
    Text {
        weight: 3,
        subject: "Indsigt i mine oplysninger",
        body: "Jeg vil gerne have indsigt i, hvilke oplysninger I har om mig, jf. databeskyttelsesforordningens \
               artikel 15. Det gælder også eventuelle optagelser af telefonsamtaler.\n\n\
               Kundenummer {kunde}, {adresse}, {postby}.",
        ..PLAIN
    },
    Text {
        weight: 3,
        subject: "Slet mine oplysninger",
        body: "Jeg er ikke længere kunde hos jer og beder jer slette alt, hvad I har liggende om mig. Skriv \
               venligst tilbage, når det er gjort, og hvad I i givet fald ikke kan slette, og hvorfor.",
        ..PLAIN
    },
    Text {
        weight: 4,
        subject: "Nej tak til nyhedsbrev",
        body: "Jeg har afmeldt nyhedsbrevet to gange nu. Det er fint med beskeder om driften, men ikke flere \
               tilbud, tak.",
        ..PLAIN
    },
    Text {
        weight: 4,
        contract: true,
        subject: "Sv: Tilbud på Grøn El",
        body: "Vi siger ja tak til tilbuddet på Grøn El på de vilkår, der står nedenfor. Start fra den \
               {snart}, hvis det kan lade sig gøre.\n\nLeveringsadresse: {adresse}, {postby}",
        earlier: "Som aftalt i telefonen får du her vores tilbud på Grøn El til {adresse}. Prisen er variabel, \
                  abonnementet er 39 kr. om måneden, og aftalen kan opsiges med løbende måned plus 30 dage. \
                  Svar på denne mail, hvis du vil tage imod tilbuddet. Du har 14 dages fortrydelsesret.",
        ..PLAIN
    },
    Text {
        mailbox: "afregning",
        weight: 9,
        subject: "Regning for {maaned}",
        body: "Jeg forstår ikke regningen for {maaned}. {beloeb} kr.! Vi er to voksne og ét barn og bruger \
               ikke mere, end vi plejer. Kan I se, om måleren er aflæst rigtigt?\n\nKundenr. {kunde}",
        ..PLAIN
    },
    Text {
        mailbox: "afregning",
        weight: 7,
        subject: "Sv: Regning for {maaned}",
        body: "Okay, så giver det mening med skønnet. Jeg har aflæst til {kwh} kWh her til morgen. Så må I \
               gerne lave en ny opgørelse.",
        earlier: "Jeg har set på din regning. Måleren har ikke sendt data siden {maaned}, og forbruget er \
                  derfor skønnet ud fra sidste år. Send os gerne en aflæsning, så retter vi opgørelsen.",
        ..PLAIN
    },
    Text {
        mailbox: "afregning",
        weight: 6,
        subject: "Afdragsordning",
        body: "Jeg er desværre gået ned på dagpenge og kan ikke betale de {beloeb} kr. på én gang. Kan jeg \
               dele det over fire måneder? Jeg vil nødig have en rykker oveni.",
        ..PLAIN
    },
    Text {
        mailbox: "afregning",
        weight: 4,
        contract: true,
        subject: "Sv: Afdragsordning, sag {sag}",
        body: "Jeg accepterer afdragsordningen, som den står. Første gang betaler jeg den {snart}.\n\nTak \
               fordi I ville være med til det.",
        earlier: "Vi kan tilbyde, at de {beloeb} kr. deles i fire lige store rater uden gebyr. Hvis en rate ikke \
                  betales til tiden, forfalder resten. Bekræft venligst på denne mail, at du er enig.",
        ..PLAIN
    },
    Text {
        mailbox: "afregning",
        weight: 4,
        subject: "Dobbelt betaling",
        body: "Jeg kan se, at I har trukket {beloeb} kr. to gange via Betalingsservice. Vil I føre det ene \
               beløb tilbage? I har kontonummeret.",
        ..PLAIN
    },
    Text {
        mailbox: "afregning",
        weight: 3,
        subject: "Dødsbo, kundenr. {kunde}",
        body: "Min far er gået bort, og jeg skriver på boets vegne. Huset på {adresse} skal sælges. Kan \
               regningerne sendes til mig indtil da, og kan aftalen stå, til køberen overtager?\n\n\
               Skifteretsattesten er vedhæftet en tidligere mail.",
        ..PLAIN
    },
    Text {
        mailbox: "afregning",
        sender: Sender::Colleague,
        weight: 4,
        subject: "VS: kundenr. {kunde}",
        body: "Kunden har ringet igen om regningen for {maaned}. Jeg har lovet svar inden fredag. Måleren er \
               skiftet, men den gamle slutstand ({kwh} kWh) er aldrig tastet ind. Kan en af jer rette det?",
        ..PLAIN
    },
    Text {
        sender: Sender::Colleague,
        weight: 4,
        subject: "Note til sag {sag}",
        body: "Talt med kunden på {adresse}. Han var vred over ventetiden, men faldt til ro. Aftalt at vi \
               ringer tilbage, når montøren har været der. Jeg har skrevet det på sagen.",
        ..PLAIN
    },
    Text {
        mailbox: "installation",
        weight: 5,
        contract: true,
        warranty_years: 2,
        subject: "Sv: Tilbud på ladestander",
        body: "Tilbuddet på {pris} kr. for ladestander med installation er i orden. Den skal sidde til højre \
               for garagen, som montøren foreslog.\n\nAdressen er {adresse}, {postby}.",
        earlier: "Tak for besøget. Her er tilbuddet på en ladestander på 11 kW, monteret og idriftsat: \
                  {pris} kr. inkl. moms. Der er to års reklamationsret. Tilbuddet gælder i 30 dage.",
        ..PLAIN
    },
    Text {
        mailbox: "installation",
        weight: 3,
        contract: true,
        warranty_years: 5,
        subject: "Sv: Fjernvarmeunit, aftale om udskiftning",
        body: "Vi er enige om det, der står i aftalen, også de fem års garanti på uniten. Kom gerne om \
               formiddagen.",
        earlier: "Som aftalt skifter vi fjernvarmeuniten på {adresse} den {snart}. Prisen er {pris} kr. inkl. \
                  moms. Vi giver fem års garanti på unit og arbejde, regnet fra monteringen.",
        ..PLAIN
    },
    Text {
        mailbox: "installation",
        weight: 4,
        warranty_years: 2,
        subject: "Reklamation ladestander",
        body: "Laderen, I satte op i {maaned}, slår fra efter ti minutter og blinker rødt. Jeg har prøvet at \
               genstarte den. Den må være dækket, den er jo næsten ny.",
        ..PLAIN
    },
    Text {
        mailbox: "installation",
        weight: 4,
        subject: "Tid til montør",
        body: "Jeg er på arbejde den dag, I foreslår. Kan det blive ugen efter, helst før kl. 9?\n\n{adresse}, \
               {postby}",
        ..PLAIN
    },
    Text {
        mailbox: "indkoeb",
        sender: Sender::Supplier,
        weight: 4,
        subject: "Tilbud på kabelskabe",
        body: "Hermed vores tilbud på 24 kabelskabe, leveret på jeres lager nord. Samlet pris {pris} kr. ekskl. \
               moms, levering cirka seks uger efter ordre.\n\nRing endelig, hvis der er spørgsmål.",
        ..PLAIN
    },
    Text {
        mailbox: "indkoeb",
        sender: Sender::Supplier,
        weight: 3,
        contract: true,
        warranty_years: 3,
        subject: "Ordrebekræftelse {sag}",
        body: "Vi bekræfter jeres ordre på fjernaflæste målere, {pris} kr. ekskl. moms. Levering den {snart}. \
               Der er tre års garanti fra levering, jf. rammeaftalen.",
        ..PLAIN
    },
    Text {
        mailbox: "indkoeb",
        sender: Sender::Supplier,
        weight: 3,
        subject: "Ny kontaktperson",
        body: "Jeg overtager kontakten til jer efter min kollega, som er gået på pension. Jeg ser frem til \
               samarbejdet og kommer gerne forbi til en kop kaffe.",
        ..PLAIN
    },
];

pub(crate) const GREETINGS: &[&str] = &[
    "Hej",
    "Hej",
    "Hej Nordkyst",
    "Hej med jer",
    "Kære Nordkyst Forsyning",
    "Kære kundeservice",
    "Til rette vedkommende",
    "Goddag",
];

/// What some customers begin with.
pub(crate) const OPENERS: &[&str] = &[
    "Jeg har prøvet at ringe, men opgav efter en halv time i kø.",
    "Tak for snakken i telefonen tidligere.",
    "Jeg skriver for min mor, som ikke selv er på nettet.",
    "Undskyld, at jeg først får skrevet nu.",
    "Jeg er ikke sikker på, at det er jer, jeg skal skrive til.",
    "Min mand skrev også i sidste uge, men vi har ikke hørt noget.",
    "Jeg kan ikke finde svaret på jeres hjemmeside.",
    "Bare en kort besked.",
];

/// What some customers add at the end.
pub(crate) const AFTERTHOUGHTS: &[&str] = &[
    "I kan ringe til mig efter kl. 16.",
    "Skriv gerne i stedet for at ringe, jeg har skiftende vagter.",
    "Jeg hører gerne fra jer i løbet af ugen.",
    "Kan jeg i øvrigt få mine regninger på papir igen?",
    "Vil I bekræfte, at I har fået den her mail?",
    "Montøren, der var her sidst, var i øvrigt meget flink.",
    "Hvornår kommer den næste aflæsning?",
    "Det er tredje gang, jeg skriver om det.",
];

pub(crate) const CLOSINGS: &[&str] = &[
    "Mvh",
    "Mvh.",
    "Venlig hilsen",
    "Med venlig hilsen",
    "De bedste hilsner",
    "På forhånd tak",
    "Vh",
];

/// Invented suppliers.
pub(crate) const SUPPLIERS: &[&str] = &[
    "Tangmose Elteknik ApS",
    "Rørbæk Målere A/S",
    "Klintholt Entreprise A/S",
    "Vestermark Kabel ApS",
    "Hulsø Varmeteknik A/S",
];
