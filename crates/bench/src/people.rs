//! Ten tables of people, in which everybody has two rows a table: for finding them, and for erasing
//! what was found.
//!
//! A person's number is in five tables, their address in three more, and the numbers of their orders
//! in the last two, so that who looks by the number must be led on by what is found. The rows of one
//! person lie far apart.

use postgres::Client;

use crate::Outcome;

/// A table: its name, its columns besides `id` and `at` with the expression for row `n` of person
/// `p`, and what the register says of whom it is about.
pub struct Table {
    /// The name, which is the data set's id too.
    pub name: &'static str,
    /// Column, type, expression.
    pub columns: &'static [(&'static str, &'static str, &'static str)],
    /// Lines of the data set.
    pub who: &'static str,
}

const CUSTOMER: (&str, &str, &str) = ("customer", "bigint", "p");
const EMAIL: (&str, &str, &str) = ("email", "text", "'person' || p || '@example.org'");
const ORDER: (&str, &str, &str) = ("order_no", "text", "'A-' || n");

const BY_CUSTOMER: &str = "subject = { customer = \"customer\" }";
const BY_EMAIL: &str = "subjects = [\"customer\"]\nidentity = { email = \"email\" }";
const BY_ORDER: &str = "subjects = [\"customer\"]\nidentity = { order_no = \"order\" }";

/// The ten tables.
pub const TABLES: [Table; 10] = [
    Table {
        name: "account",
        columns: &[CUSTOMER, EMAIL],
        who: "subject = { customer = \"customer\" }\nidentity = { email = \"email\" }",
    },
    Table { name: "address", columns: &[CUSTOMER], who: BY_CUSTOMER },
    Table {
        name: "orders",
        columns: &[CUSTOMER, ORDER],
        who: "subject = { customer = \"customer\" }\nidentity = { order_no = \"order\" }",
    },
    Table { name: "payment", columns: &[CUSTOMER], who: BY_CUSTOMER },
    Table { name: "visit", columns: &[CUSTOMER], who: BY_CUSTOMER },
    Table { name: "order_line", columns: &[ORDER], who: BY_ORDER },
    Table { name: "parcel", columns: &[ORDER], who: BY_ORDER },
    Table { name: "newsletter", columns: &[EMAIL], who: BY_EMAIL },
    Table { name: "ticket", columns: &[EMAIL], who: BY_EMAIL },
    Table { name: "login", columns: &[EMAIL], who: BY_EMAIL },
];

/// Makes the tables with `rows` rows each, two a person, an index on every column that says who.
pub fn fill(client: &mut Client, rows: u64) -> Outcome {
    let persons = rows / 2;
    for Table { name, columns, .. } in &TABLES {
        let types: String = columns.iter().map(|(c, t, _)| format!(", {c} {t} NOT NULL")).collect();
        let values: String = columns.iter().map(|(_, _, x)| format!(", {x}")).collect();
        let indexes: String =
            columns.iter().map(|(c, ..)| format!("CREATE INDEX ON {name} ({c});")).collect();
        client.batch_execute(&format!(
            "CREATE TABLE {name} (id bigint{types}, at date NOT NULL);
             INSERT INTO {name} SELECT n{values}, current_date - (n % 700)::int
                FROM (SELECT n, (n - 1) % {persons} + 1 AS p
                    FROM generate_series(1::bigint, {rows}) AS n) AS s;
             ALTER TABLE {name} ADD PRIMARY KEY (id); {indexes}"
        ))?;
        client.batch_execute(&format!("VACUUM (ANALYZE) {name}"))?;
    }
    client.batch_execute("CHECKPOINT")?;
    Ok(())
}

/// How many rows there are about person `p`, by hand: each table by the value that a person who knows
/// the tables would take, once they have looked up the address and the orders.
pub fn by_hand(
    client: &mut Client,
    statements: &[postgres::Statement],
    p: u64,
    rows: u64,
) -> Outcome<usize> {
    let number = i64::try_from(p)?;
    let email = format!("person{p}@example.org");
    let orders = [p, p + rows / 2].map(|n| format!("A-{n}")).to_vec();
    let mut found = 0;
    for (table, statement) in TABLES.iter().zip(statements) {
        let rows = match table.columns {
            [("customer", ..), ..] => client.query(statement, &[&number])?,
            [("email", ..)] => client.query(statement, &[&email])?,
            _ => client.query(statement, &[&orders])?,
        };
        found += rows.len();
    }
    Ok(found)
}

/// The statements of [`by_hand`].
pub fn prepare(client: &mut Client) -> Outcome<Vec<postgres::Statement>> {
    let one = |table: &Table| {
        let test = match table.columns {
            [("customer", ..), ..] => "customer = $1",
            [("email", ..)] => "email = $1",
            _ => "order_no = ANY ($1)",
        };
        Ok(client.prepare(&format!("SELECT * FROM {} WHERE {test}", table.name))?)
    };
    TABLES.iter().map(one).collect()
}

/// The register: `store` is what `[[store]]` says after its id, `purpose` what `[[activity.purpose]]`
/// says after its id and text (such as `basis = "6(1)(f)"`), `rule` what each data set says after
/// who it is about; its dates are in `at`.
pub fn register(store: &str, purpose: &str, rule: &str) -> String {
    let mut text = format!(
        "[controller]\nname = \"Bench\"\n\n[[store]]\nid = \"s\"\ntitle = {{ en = \"Store\" }}\n{store}\n\n\
         [[identity]]\nid = \"email\"\ntitle = {{ en = \"E-mail address\" }}\nformat = \"email\"\n\n\
         [[identity]]\nid = \"order\"\ntitle = {{ en = \"Order number\" }}\n\n\
         [[activity]]\nid = \"a\"\ntitle = {{ en = \"Service\" }}\n\n\
         [[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"To deliver what was ordered\" }}\n{purpose}\n\n"
    );
    for Table { name, who, .. } in &TABLES {
        text += &format!(
            "[[dataset]]\nid = \"{name}\"\ntitle = {{ en = \"{name}\" }}\nactivity = \"a\"\n\
             at = \"s/{name}\"\n{who}\ncategories = [\"identity\"]\n{rule}\n\n"
        );
    }
    text
}

/// A rule by which nothing here is due, and nothing but a purpose keeps it.
pub const RULE: &str = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"5 years\"";
