//! The compiled test over columns: for records that lie as plain arrays, one array a fact.
//!
//! A batch is decided column by column, some thousand records at a time: each comparison of the
//! test runs over its whole array, and nothing is allocated or asked anew for a record. First the
//! comparisons with one fact are joined into spans of numbers (`spans.rs`), so that a
//! statute with several versions costs no more than one with a single cutoff.

use frist_register::Literal;

use crate::Outcome;
use crate::rules::FactIx;
use crate::spans::{Line, Spans};
use crate::test::{Compiled, Test};
use crate::value::Kind;

/// How many records are decided at a time: their answers stay in the fastest cache.
const CHUNK: usize = 4096;

/// How many answers are worked out side by side: as many bytes as one vector register holds. Left
/// to itself the compiler takes as many as it holds *values*, and moves answers one by one.
const LANES: usize = 16;

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
    /// The rule was compiled with people's answers, which go by a key that columns do not have.
    #[error("people answered about some of these records, and a batch of columns has no keys")]
    Answers,
}

impl Compiled {
    /// Whether each record is due: the answers of [`Test::admits`], in place of what `due` held.
    ///
    /// # Errors
    /// [`BatchError`] when the batch does not have the columns that the test reads; `due` is then
    /// empty.
    pub fn due_columns(&self, batch: &Batch<'_>, due: &mut Vec<bool>) -> Result<(), BatchError> {
        match (Planner { kinds: &self.kinds, batch }).node(&self.due) {
            Ok(node) => {
                due.resize(batch.len, false);
                node.answer(due);
                Ok(())
            }
            Err(error) => {
                due.clear();
                Err(error)
            }
        }
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
            Test::Answered(_) | Test::NotAnswered(_) => return Err(BatchError::Answers),
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
            Node::Const(c) => out.iter_mut().for_each(|o| *o = join.with(*o, *c)),
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
                let size = *size;
                let known = move |code: u32| code < size;
                equal(&codes[at..to], part(marks, at, to), among, *is, known, out, join);
            }
            Node::Ints { values, marks, among, is } => {
                equal(&values[at..to], part(marks, at, to), among, *is, |_| true, out, join);
            }
            Node::Bools { values, marks, among, is } => {
                equal(&values[at..to], part(marks, at, to), among, *is, |_| true, out, join);
            }
            Node::Marks(marks, mark) => put(&marks[at..to], None, |m| m == *mark, out, join),
            Node::Held(held, is) => put(&held[at..to], None, |held| held == *is, out, join),
        }
    }

    /// Works the answers out apart and joins them then.
    fn aside(&self, at: usize, out: &mut [bool], join: Join) {
        let mut own = [false; CHUNK];
        let own = &mut own[..out.len()];
        self.run(at, own, Join::Set);
        put(own, None, |answer| answer, out, join);
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

impl Join {
    #[inline(always)]
    fn with(self, so_far: bool, answer: bool) -> bool {
        match self {
            Join::Set => answer,
            Join::And => so_far & answer,
            Join::Or => so_far | answer,
        }
    }
}

/// Joins the answers about the values that are there, and no about the others.
#[inline(always)]
fn put<T: Copy>(
    values: &[T],
    marks: Option<&[Mark]>,
    answer: impl Fn(T) -> bool,
    out: &mut [bool],
    join: Join,
) {
    // A loop of its own for each way of joining.
    match join {
        Join::Set => lanes(values, marks, answer, out, |_, answer| answer),
        Join::And => lanes(values, marks, answer, out, |so_far, answer| so_far & answer),
        Join::Or => lanes(values, marks, answer, out, |so_far, answer| so_far | answer),
    }
}

#[inline(always)]
fn lanes<T: Copy>(
    values: &[T],
    marks: Option<&[Mark]>,
    answer: impl Fn(T) -> bool,
    out: &mut [bool],
    join: impl Fn(bool, bool) -> bool,
) {
    let (blocks, rest) = values.as_chunks::<LANES>();
    let (outs, outs_rest) = out.as_chunks_mut::<LANES>();
    match marks {
        None => {
            for (out, values) in outs.iter_mut().zip(blocks) {
                let answers = values.map(&answer);
                *out = std::array::from_fn(|i| join(out[i], answers[i]));
            }
            for (out, value) in outs_rest.iter_mut().zip(rest) {
                *out = join(*out, answer(*value));
            }
        }
        Some(marks) => {
            let (marks, marks_rest) = marks.as_chunks::<LANES>();
            for ((out, values), marks) in outs.iter_mut().zip(blocks).zip(marks) {
                let answers = values.map(&answer);
                let there = marks.map(|mark| mark == Mark::There);
                *out = std::array::from_fn(|i| join(out[i], there[i] & answers[i]));
            }
            for ((out, value), mark) in outs_rest.iter_mut().zip(rest).zip(marks_rest) {
                *out = join(*out, (*mark == Mark::There) & answer(*value));
            }
        }
    }
}

/// Which values lie in the spans.
fn spanned<T: Number>(
    values: &[T],
    marks: Option<&[Mark]>,
    spans: &Spans<T>,
    out: &mut [bool],
    join: Join,
) {
    if let (true, Some(marks)) = (spans.missing, marks) {
        let mut own = [false; CHUNK];
        let own = &mut own[..out.len()];
        ranged(values, Some(marks), &spans.ranges, own, Join::Set);
        put(marks, None, |mark| mark == Mark::Missing, own, Join::Or);
        return put(own, None, |answer| answer, out, join);
    }
    ranged(values, marks, &spans.ranges, out, join);
}

fn ranged<T: Number>(
    values: &[T],
    marks: Option<&[Mark]>,
    ranges: &[(T, T)],
    out: &mut [bool],
    join: Join,
) {
    match *ranges {
        [(low, high)] => put(values, marks, move |v| v.within(low, high), out, join),
        _ => {
            let lies = |v: T| ranges.iter().fold(false, |b, (low, high)| b | v.within(*low, *high));
            put(values, marks, lies, out, join);
        }
    }
}

/// A number that a column of points in time has.
trait Number: Copy {
    /// Whether it is from `low` to `high`, which is not below `low`: in one comparison, as what is
    /// below `low` wraps round to beyond `high`.
    fn within(self, low: Self, high: Self) -> bool;
}

impl Number for i32 {
    fn within(self, low: i32, high: i32) -> bool {
        self.wrapping_sub(low).cast_unsigned() <= high.wrapping_sub(low).cast_unsigned()
    }
}

impl Number for i64 {
    fn within(self, low: i64, high: i64) -> bool {
        self.wrapping_sub(low).cast_unsigned() <= high.wrapping_sub(low).cast_unsigned()
    }
}

/// Which values are among those named, or, where `is` is not, known and not among them. Most often
/// one or two are named, which have loops of their own. No `&&`: both sides are cheaper than
/// a branch.
fn equal<T: Copy + PartialEq>(
    values: &[T],
    marks: Option<&[Mark]>,
    among: &[T],
    is: bool,
    known: impl Fn(T) -> bool + Copy,
    out: &mut [bool],
    join: Join,
) {
    match *among {
        [a] => put(values, marks, move |v| known(v) & ((v == a) == is), out, join),
        [a, b] => {
            let found = move |v| (v == a) | (v == b);
            put(values, marks, move |v| known(v) & (found(v) == is), out, join);
        }
        _ => {
            let found = |v| among.iter().fold(false, |b, n| b | (v == *n));
            put(values, marks, move |v| known(v) & (found(v) == is), out, join);
        }
    }
}
