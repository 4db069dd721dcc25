//! What customers complain of, as the caseworker noted it or the customer wrote it.

/// Category and texts. Placeholders: `{gade}`, `{maaned}`, `{beloeb}`, `{kwh}`.
pub(crate) const COMPLAINTS: &[(&str, &[&str])] = &[
    (
        "regning",
        &[
            "Kunden mener, at regningen for {maaned} på {beloeb} kr. er for høj. Har boet alene siden \
             foråret og kan ikke forstå stigningen.",
            "Jeg har fået en regning på {beloeb} kr. for {maaned}. Det er mere end det dobbelte af, hvad \
             jeg plejer. Jeg vil bede om, at I ser på den igen.",
            "Kunden har betalt den samme regning to gange og venter stadig på at få {beloeb} kr. tilbage.",
            "Rykkergebyr pålagt, selv om betalingen gik igennem på forfaldsdagen. Kunden ønsker gebyret \
             slettet og en skriftlig undskyldning.",
        ],
    ),
    (
        "afbrydelse",
        &[
            "Strømmen på {gade} var væk i seks timer i {maaned}. Kunden kræver erstatning for maden i \
             fryseren, ca. {beloeb} kr.",
            "Vi har nu haft tre afbrydelser på {gade} på en måned, og ingen af dem var varslet. Jeg \
             arbejder hjemme og mister indtægt hver gang.",
            "Ingen varme fra fredag til søndag. Kunden har et spædbarn og fik ikke svar på vagttelefonen.",
        ],
    ),
    (
        "måler",
        &[
            "Kunden har aflæst måleren til {kwh} kWh, men årsopgørelsen siger noget andet. Ønsker måleren \
             kontrolleret.",
            "Montøren skiftede måleren på {gade} uden at ringe på. Nu virker køkkengruppen ikke.",
            "Måleren er ikke blevet fjernaflæst siden {maaned}, og vi betaler efter et skøn, der er alt \
             for højt.",
        ],
    ),
    (
        "flytning",
        &[
            "Kunden fraflyttede {gade} i {maaned} og har meldt det to gange, men får stadig regninger.",
            "Ny lejer er flyttet ind, men aftalen står stadig i mit navn. Jeg vil ikke betale for andres \
             forbrug.",
            "Slutopgørelsen lader vente på sig. Kunden har {beloeb} kr. til gode.",
        ],
    ),
    (
        "betjening",
        &[
            "Kunden ventede 50 minutter i telefonkø og blev afbrudt. Anden gang på en uge.",
            "Medarbejderen i telefonen lovede en afdragsordning, men der ligger ingen note om det, og nu \
             er sagen gået til inkasso.",
            "Jeg har skrevet tre gange siden {maaned} uden at få andet end et automatisk svar.",
        ],
    ),
    (
        "markedsføring",
        &[
            "Kunden har sagt nej til markedsføring, men bliver stadig ringet op om grøn strøm.",
            "Jeg har trukket mit samtykke tilbage i {maaned} og får alligevel nyhedsbreve fra jer.",
        ],
    ),
];
