//! Word lists: Danish given names, surnames and streets, and the towns of northern Zealand with
//! their postcodes. Which of them meet in one person is drawn.

/// Given names.
#[rustfmt::skip]
pub(crate) const GIVEN: &[&str] = &[
    "Aksel", "Alberte", "Alma", "Anders", "Andrea", "Anita", "Anja", "Anne", "Annette", "Arne",
    "Asger", "Asta", "Astrid", "August", "Bent", "Bente", "Birgit", "Birthe", "Bjarne", "Bo",
    "Britta", "Camilla", "Carl", "Caroline", "Cecilie", "Charlotte", "Christian", "Claus", "Dorte",
    "Ebbe", "Egon", "Elin", "Ella", "Ellen", "Emil", "Emma", "Erik", "Esben", "Eva", "Finn",
    "Flemming", "Freja", "Frida", "Frode", "Gerda", "Gitte", "Gorm", "Grethe", "Gunnar", "Hanne",
    "Hans", "Helle", "Henrik", "Holger", "Ida", "Inge", "Inger", "Ingrid", "Ivan", "Jakob", "Jan",
    "Jens", "Jesper", "Johanne", "John", "Julie", "Jytte", "Jørgen", "Kaj", "Karen", "Karl",
    "Kasper", "Kirsten", "Kjeld", "Klara", "Knud", "Kristine", "Kurt", "Lars", "Laura", "Leif",
    "Lene", "Line", "Lis", "Lise", "Lone", "Louise", "Mads", "Magnus", "Maja", "Malene", "Maren",
    "Marie", "Martin", "Mette", "Michael", "Mikkel", "Mogens", "Morten", "Naja", "Niels", "Nora",
    "Ole", "Oline", "Otto", "Palle", "Per", "Pernille", "Peter", "Pia", "Poul", "Preben", "Rasmus",
    "Rikke", "Rita", "Rolf", "Rosa", "Sara", "Signe", "Sofie", "Stig", "Susanne", "Svend", "Søren",
    "Thea", "Thomas", "Thorkild", "Tina", "Tove", "Troels", "Ulla", "Ulrik", "Vagn", "Verner",
    "Viggo", "Villads", "Winnie", "Yrsa", "Åge", "Åse",
];

/// Surnames.
#[rustfmt::skip]
pub(crate) const SURNAMES: &[&str] = &[
    "Agerskov", "Andersen", "Andreasen", "Bach", "Bak", "Bech", "Berg", "Birk", "Bisgaard", "Bjerre",
    "Bjerregaard", "Bonde", "Bruun", "Buch", "Bundgaard", "Carlsen", "Christensen", "Christiansen",
    "Clausen", "Dahl", "Dalgaard", "Dam", "Eriksen", "Fischer", "Frandsen", "Friis", "Gravesen",
    "Gregersen", "Hald", "Hansen", "Hedegaard", "Henriksen", "Hermansen", "Hjort", "Holm", "Holst",
    "Iversen", "Jacobsen", "Jensen", "Jeppesen", "Jespersen", "Johansen", "Juhl", "Juul", "Jørgensen",
    "Kjær", "Kjeldsen", "Klausen", "Knudsen", "Koch", "Kragh", "Kristensen", "Kristiansen", "Krogh",
    "Kruse", "Lassen", "Laursen", "Lauritsen", "Lind", "Lund", "Madsen", "Markussen", "Mathiesen",
    "Mikkelsen", "Mogensen", "Mortensen", "Munk", "Mølgaard", "Møller", "Nielsen", "Nissen",
    "Nygaard", "Nørgaard", "Olsen", "Overgaard", "Paulsen", "Pedersen", "Petersen", "Poulsen",
    "Rasmussen", "Ravn", "Riis", "Schmidt", "Schou", "Simonsen", "Skov", "Skovgaard", "Steffensen",
    "Svendsen", "Søgaard", "Sørensen", "Thomsen", "Thorsen", "Toft", "Vestergaard", "Vinther",
    "Winther", "Østergaard",
];

/// Streets that most Danish towns have.
#[rustfmt::skip]
pub(crate) const STREETS: &[&str] = &[
    "Agervej", "Ahornvej", "Bakkedraget", "Bakkevej", "Birkevej", "Bogfinkevej", "Bygaden",
    "Bøgevej", "Drosselvej", "Egevej", "Elmevej", "Engvej", "Enghavevej", "Fasanvej", "Fjordvej",
    "Fyrrevej", "Gartnervænget", "Granvej", "Hasselvej", "Havnegade", "Havrevænget", "Hedevej",
    "Hovedgaden", "Hybenvej", "Industrivej", "Jernbanegade", "Kastanievej", "Kildevej", "Kirkevej",
    "Klintevej", "Klitvej", "Klokkestien", "Kornvænget", "Kystvejen", "Lindevej", "Lyngvej",
    "Lærkevej", "Markvej", "Møllevej", "Nattergalevej", "Nordre Strandvej", "Parkvej", "Pilevej",
    "Plantagevej", "Poppelvej", "Præstevænget", "Rosenvej", "Rugvænget", "Rønnevej", "Skolegade",
    "Skovbrynet", "Skovvej", "Solsortevej", "Solvænget", "Stationsvej", "Stengade", "Strandvejen",
    "Syrenvej", "Søndergade", "Teglværksvej", "Tjørnevej", "Toftevej", "Vestergade", "Vibevej",
    "Ørnevej", "Østergade",
];

/// Postcodes and towns of the supply area.
#[rustfmt::skip]
pub(crate) const TOWNS: &[(&str, &str)] = &[
    ("2970", "Hørsholm"), ("2980", "Kokkedal"), ("2990", "Nivå"), ("3000", "Helsingør"),
    ("3050", "Humlebæk"), ("3060", "Espergærde"), ("3070", "Snekkersten"), ("3080", "Tikøb"),
    ("3100", "Hornbæk"), ("3120", "Dronningmølle"), ("3140", "Ålsgårde"), ("3150", "Hellebæk"),
    ("3200", "Helsinge"), ("3210", "Vejby"), ("3220", "Tisvildeleje"), ("3230", "Græsted"),
    ("3250", "Gilleleje"), ("3300", "Frederiksværk"), ("3310", "Ølsted"), ("3320", "Skævinge"),
    ("3330", "Gørløse"), ("3360", "Liseleje"), ("3370", "Melby"), ("3390", "Hundested"),
    ("3400", "Hillerød"), ("3450", "Allerød"), ("3460", "Birkerød"), ("3480", "Fredensborg"),
    ("3490", "Kvistgård"), ("3500", "Værløse"), ("3520", "Farum"), ("3540", "Lynge"),
    ("3550", "Slangerup"), ("3600", "Frederikssund"), ("3630", "Jægerspris"), ("3650", "Ølstykke"),
    ("3660", "Stenløse"), ("3670", "Veksø Sjælland"),
];

/// Domains reserved for examples (RFC 2606): no mail can reach anyone.
pub(crate) const MAIL_DOMAINS: &[&str] = &["example.com", "example.net", "example.org"];

/// The domain of the organisation itself, in the reserved top-level domain `example`.
pub(crate) const OWN_DOMAIN: &str = "nordkyst.example";

/// Months as written inside a Danish sentence.
#[rustfmt::skip]
pub(crate) const MONTHS: [&str; 12] = [
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober",
    "november", "december",
];
