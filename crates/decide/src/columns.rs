//! The compiled test over columns: for records that lie as plain arrays, one array a fact.
//!
//! A batch is decided column by column, some thousand records at a time: each comparison of the
//! test runs over its whole array, and nothing is allocated or asked anew for a record. First the
//! comparisons with one fact are joined into spans of numbers ([`crate::spans`]), so that a
//! statute with several versions costs no more than one with a single cutoff.

use frist_register::Literal;

use crate::Outcome;
use crate::rules::FactIx;
use crate::spans::{Line, Spans};
use crate::test::{Compiled, Test};
use crate::value::Kind;

/// How many records are decided at a time: their answers stay in the fastest cache.
const CHUNK: usize = 2048;

/// Records as columns.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// How many records.
    pub len: usize,
    /// The facts, in the order of the rule's.
    pub facts: Vec<Column<'a>>,
    /// By record whether a hold covers it; asked for when the rule was compiled with holds.
    pub held: Option<&'a [bool]>,
}

/// The values of one fact.
#[derive(Debug, Clone)]
pub struct Column<'a> {
    /// What is there.
    pub values: Values<'a>,
    /// Whether it is; without marks every value is.
    pub marks: Option<&'a [Mark]>,
}

/// One array of values.
#[derive(Debug, Clone)]
pub enum Values<'a> {
    /// Days since 1970-01-01, for [`Kind::Date`].
    Days(&'a [i32]),
    /// Time since 1970-01-01T00:00 in this unit: UTC for instants, local for [`Kind::Local`].
    Times(&'a [i64], Unit),
    /// Texts, each a number into the dictionary, in which every text occurs once.
    Texts {
        /// By record, its place in the dictionary.
        codes: &'a [u32],
        /// The texts.
        dictionary: &'a [&'a str],
    },
    /// Whole numbers.
    Ints(&'a [i64]),
    /// True or false.
    Bools(&'a [bool]),
    /// Nothing but the marks, for [`Kind::Presence`].
    Presence,
}

/// How fine a column of times is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl Unit {
    /// How many nanoseconds it is.
    pub fn nanoseconds(self) -> i128 {
        match self {
            Unit::Seconds => 1_000_000_000,
            Unit::Millis => 1_000_000,
            Unit::Micros => 1_000,
            Unit::Nanos => 1,
        }
    }
}

/// Whether a value is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mark {
    /// It is.
    There,
    /// Nothing is.
    Missing,
    /// It cannot be read as the fact's kind, so that nothing can be said of it.
    Unreadable,
}

/// Why a batch cannot be decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// A column is missing or of another type than its fact.
    #[error("column {fact} of the batch is not one from which its fact can be read")]
    Type {
        /// Which fact.
        fact: FactIx,
    },
    /// A column has more or fewer values than the batch has records.
    #[error("column {fact} of the batch has {found} values for {expected} records")]
    Length {
        /// Which fact.
        fact: FactIx,
        /// How many values there are.
        found: usize,
        /// How many records.
        expected: usize,
    },
    /// The rule was compiled with holds, and the batch does not say for each record whether one
    /// covers it.
    #[error("the batch does not say of each of its records whether a hold covers it")]
    Holds,
}

impl Compiled {
    /// Whether each record is due: the answers of [`Test::admits`], in place of what `due` held.
    ///
    /// # Errors
    /// [`BatchError`] when the batch does not have the columns that the test reads; `due` is then
    /// empty.
    pub fn due_columns(&self, batch: &Batch<'_>, due: &mut Vec<bool>) -> Result<(), BatchError> {
        due.clear();
        let plan = Planner { kinds: &self.kinds, batch }.node(&self.due)?;
        due.resize(batch.len, false);
        plan.answer(due);
        Ok(())
    }

    /// The decision about each record, without reasons.
    ///
    /// # Errors
    /// [`BatchError`] when the batch does not have the columns that the tests read.
    pub fn outcome_columns(&self, batch: &Batch<'_>) -> Result<Vec<Outcome>, BatchError> {
        let planner = Planner { kinds: &self.kinds, batch };
        let mut outcomes = vec![Outcome::Unclear; batch.len];
        let mut answers = vec![false; batch.len];
        // The first that holds counts, so the last is written first.
        for (outcome, test) in self.classes.iter().rev() {
            planner.node(test)?.answer(&mut answers);
            for (decided, yes) in outcomes.iter_mut().zip(&answers) {
                if *yes {
                    *decided = *outcome;
                }
            }
        }
        Ok(outcomes)
    }
}

/// A test bound to the arrays that it reads.
enum Node<'a> {
    Const(bool),
    All(Vec<Node<'a>>),
    Any(Vec<Node<'a>>),
    Days(&'a [i32], Option<&'a [Mark]>, Spans<i32>),
    Times(&'a [i64], Option<&'a [Mark]>, Spans<i64>),
    /// One of these codes, or none of them and yet below the size of the dictionary.
    Codes {
        codes: &'a [u32],
        marks: Option<&'a [Mark]>,
        among: Vec<u32>,
        is: bool,
        size: u32,
    },
    Ints {
        values: &'a [i64],
        marks: Option<&'a [Mark]>,
        among: Vec<i64>,
        is: bool,
    },
    Bools {
        values: &'a [bool],
        marks: Option<&'a [Mark]>,
        among: Vec<bool>,
        is: bool,
    },
    Marks(&'a [Mark], Mark),
    Held(&'a [bool], bool),
}

struct Planner<'a, 'b> {
    kinds: &'b [Kind],
    batch: &'b Batch<'a>,
}

impl<'a> Planner<'a, '_> {
    fn node(&self, test: &Test) -> Result<Node<'a>, BatchError> {
        if let Some(fact) = self.only_time(test) {
            return self.times(fact, test);
        }
        Ok(match test {
            Test::Const(c) => Node::Const(*c),
            Test::All(parts) if parts.is_empty() => Node::Const(true),
            Test::Any(parts) if parts.is_empty() => Node::Const(false),
            Test::All(parts) => Node::All(self.joined(parts, Test::All)?),
            Test::Any(parts) => Node::Any(self.joined(parts, Test::Any)?),
            Test::Empty(fact) => self.marked(*fact, Mark::Missing)?,
            Test::Filled(fact) => self.marked(*fact, Mark::There)?,
            Test::In(fact, literals) => self.among(*fact, literals, true)?,
            Test::NotIn(fact, literals) => self.among(*fact, literals, false)?,
            Test::Held(_) => Node::Held(self.held()?, true),
            Test::NotHeld(_) => Node::Held(self.held()?, false),
            Test::Within(fact, _) | Test::Beyond(fact, _) => {
                return Err(BatchError::Type { fact: *fact });
            }
        })
    }

    /// The parts of an and or an or, those about one point in time as one.
    fn joined(
        &self,
        parts: &[Test],
        join: fn(Vec<Test>) -> Test,
    ) -> Result<Vec<Node<'a>>, BatchError> {
        let mut nodes = Vec::new();
        let mut times: Vec<(FactIx, Vec<Test>)> = Vec::new();
        for part in parts {
            match self.only_time(part) {
                None => nodes.push(self.node(part)?),
                Some(fact) => match times.iter_mut().find(|(f, _)| *f == fact) {
                    Some((_, same)) => same.push(part.clone()),
                    None => times.push((fact, vec![part.clone()])),
                },
            }
        }
        for (fact, same) in times {
            nodes.push(self.times(fact, &join(same))?);
        }
        Ok(nodes)
    }

    /// The point in time of which alone the test tells.
    fn only_time(&self, test: &Test) -> Option<FactIx> {
        match test {
            Test::Within(fact, _) | Test::Beyond(fact, _) | Test::Empty(fact) => {
                self.kinds.get(*fact).is_some_and(Kind::is_time).then_some(*fact)
            }
            Test::All(parts) | Test::Any(parts) => {
                let mut facts = parts.iter().map(|p| self.only_time(p));
                let first = facts.next()??;
                facts.all(|f| f == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    fn times(&self, fact: FactIx, test: &Test) -> Result<Node<'a>, BatchError> {
        let wrong = BatchError::Type { fact };
        let (column, kind) = (self.column(fact)?, &self.kinds[fact]);
        Ok(match column.values {
            Values::Days(values) => {
                let spans = Line::days(kind).and_then(|line| line.spans(test)).ok_or(wrong)?;
                self.length(fact, values.len())?;
                Node::Days(values, column.marks, spans.narrowed())
            }
            Values::Times(values, unit) => {
                let spans =
                    Line::times(kind, unit).and_then(|line| line.spans(test)).ok_or(wrong)?;
                self.length(fact, values.len())?;
                Node::Times(values, column.marks, spans)
            }
            _ => return Err(wrong),
        })
    }

    fn among(&self, fact: FactIx, literals: &[Literal], is: bool) -> Result<Node<'a>, BatchError> {
        let column = self.column(fact)?;
        let (marks, kind) = (column.marks, self.kinds.get(fact));
        Ok(match (&column.values, kind) {
            (Values::Texts { codes, dictionary }, Some(Kind::Text)) => {
                self.length(fact, codes.len())?;
                let size =
                    u32::try_from(dictionary.len()).map_err(|_| BatchError::Type { fact })?;
                let named = |code: &u32| {
                    let text = dictionary[*code as usize];
                    literals.iter().any(|l| matches!(l, Literal::Text(t) if t == text))
                };
                let among = (0..size).filter(named).collect();
                Node::Codes { codes, marks, among, is, size }
            }
            (Values::Ints(values), Some(Kind::Int)) => {
                self.length(fact, values.len())?;
                let int = |l: &Literal| if let Literal::Int(n) = l { Some(*n) } else { None };
                let among = literals.iter().filter_map(int).collect();
                Node::Ints { values, marks, among, is }
            }
            (Values::Bools(values), Some(Kind::Bool)) => {
                self.length(fact, values.len())?;
                let truth = |l: &Literal| if let Literal::Bool(b) = l { Some(*b) } else { None };
                let among = literals.iter().filter_map(truth).collect();
                Node::Bools { values, marks, among, is }
            }
            _ => return Err(BatchError::Type { fact }),
        })
    }

    fn marked(&self, fact: FactIx, mark: Mark) -> Result<Node<'a>, BatchError> {
        Ok(match self.column(fact)?.marks {
            Some(marks) => Node::Marks(marks, mark),
            None => Node::Const(mark == Mark::There),
        })
    }

    fn held(&self) -> Result<&'a [bool], BatchError> {
        self.batch.held.filter(|held| held.len() == self.batch.len).ok_or(BatchError::Holds)
    }

    /// The column of a fact, with a mark for each record or none at all.
    fn column(&self, fact: FactIx) -> Result<&Column<'a>, BatchError> {
        let column = self.batch.facts.get(fact).ok_or(BatchError::Type { fact })?;
        if let Some(marks) = column.marks {
            self.length(fact, marks.len())?;
        }
        Ok(column)
    }

    fn length(&self, fact: FactIx, found: usize) -> Result<(), BatchError> {
        let expected = self.batch.len;
        if found == expected { Ok(()) } else { Err(BatchError::Length { fact, found, expected }) }
    }
}

/// What happens to the answers so far.
#[derive(Clone, Copy)]
enum Join {
    Set,
    And,
    Or,
}

impl Node<'_> {
    /// The answers of all records.
    fn answer(&self, out: &mut [bool]) {
        for (ix, chunk) in out.chunks_mut(CHUNK).enumerate() {
            self.run(ix * CHUNK, chunk, Join::Set);
        }
    }

    /// Joins the answers of the records from `at` on to `out`.
    fn run(&self, at: usize, out: &mut [bool], join: Join) {
        let to = at + out.len();
        match self {
            Node::Const(c) => put(out, join, std::iter::repeat(*c)),
            Node::All(parts) => match join {
                Join::Set => series(parts, at, out, Join::And),
                Join::And => parts.iter().for_each(|p| p.run(at, out, Join::And)),
                Join::Or => self.aside(at, out, Join::Or),
            },
            Node::Any(parts) => match join {
                Join::Set => series(parts, at, out, Join::Or),
                Join::Or => parts.iter().for_each(|p| p.run(at, out, Join::Or)),
                Join::And => self.aside(at, out, Join::And),
            },
            Node::Days(values, marks, spans) => {
                spanned(&values[at..to], part(marks, at, to), spans, out, join);
            }
            Node::Times(values, marks, spans) => {
                spanned(&values[at..to], part(marks, at, to), spans, out, join);
            }
            Node::Codes { codes, marks, among, is, size } => {
                let known = |code: u32| code < *size;
                equal(&codes[at..to], part(marks, at, to), among, *is, known, out, join);
            }
            Node::Ints { values, marks, among, is } => {
                equal(&values[at..to], part(marks, at, to), among, *is, |_| true, out, join);
            }
            Node::Bools { values, marks, among, is } => {
                equal(&values[at..to], part(marks, at, to), among, *is, |_| true, out, join);
            }
            Node::Marks(marks, mark) => put(out, join, marks[at..to].iter().map(|m| m == mark)),
            Node::Held(held, is) => put(out, join, held[at..to].iter().map(|h| h == is)),
        }
    }

    /// Works the answers out apart and joins them then.
    fn aside(&self, at: usize, out: &mut [bool], join: Join) {
        let mut own = [false; CHUNK];
        let own = &mut own[..out.len()];
        self.run(at, own, Join::Set);
        put(out, join, own.iter().copied());
    }
}

/// The first part's answers, the others joined to them.
fn series(parts: &[Node<'_>], at: usize, out: &mut [bool], join: Join) {
    for (ix, part) in parts.iter().enumerate() {
        part.run(at, out, if ix == 0 { Join::Set } else { join });
    }
}

fn part<'a>(marks: &Option<&'a [Mark]>, at: usize, to: usize) -> Option<&'a [Mark]> {
    marks.map(|marks| &marks[at..to])
}

#[inline(always)]
fn put(out: &mut [bool], join: Join, answers: impl Iterator<Item = bool>) {
    let both = out.iter_mut().zip(answers);
    match join {
        Join::Set => both.for_each(|(o, a)| *o = a),
        Join::And => both.for_each(|(o, a)| *o &= a),
        Join::Or => both.for_each(|(o, a)| *o |= a),
    }
}

/// Which values lie in the spans. No `&&`: both sides are cheaper than a branch.
fn spanned<T: Copy + PartialOrd>(
    values: &[T],
    marks: Option<&[Mark]>,
    spans: &Spans<T>,
    out: &mut [bool],
    join: Join,
) {
    let missing = spans.missing;
    let within = |v: &T, (low, high): (T, T)| (*v >= low) & (*v <= high);
    match (spans.ranges.as_slice(), marks) {
        ([one], None) => put(out, join, values.iter().map(|v| within(v, *one))),
        ([one], Some(marks)) if !missing => {
            let there = marks.iter().map(|m| *m == Mark::There);
            put(out, join, values.iter().zip(there).map(|(v, there)| there & within(v, *one)));
        }
        (ranges, marks) => {
            let lies = |v: &T| ranges.iter().fold(false, |b, range| b | within(v, *range));
            let Some(marks) = marks else { return put(out, join, values.iter().map(lies)) };
            let both = values.iter().zip(marks);
            put(
                out,
                join,
                both.map(|(v, m)| {
                    ((*m == Mark::There) & lies(v)) | (missing & (*m == Mark::Missing))
                }),
            );
        }
    }
}

/// Which values are among those named, or, where `is` is not, known and not among them.
fn equal<T: Copy + PartialEq>(
    values: &[T],
    marks: Option<&[Mark]>,
    among: &[T],
    is: bool,
    known: impl Fn(T) -> bool,
    out: &mut [bool],
    join: Join,
) {
    let found = |v: &T| match among {
        [one] => *v == *one,
        [one, two] => (*v == *one) | (*v == *two),
        _ => among.iter().fold(false, |b, n| b | (*v == *n)),
    };
    let answer = |v: &T| known(*v) & (found(v) == is);
    match marks {
        None => put(out, join, values.iter().map(answer)),
        Some(marks) => {
            let there = marks.iter().map(|m| *m == Mark::There);
            put(out, join, values.iter().zip(there).map(|(v, there)| there & answer(v)));
        }
    }
}
