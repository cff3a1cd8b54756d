//! A table with a header: one answer a row and, where a judge is named, its scores.

use std::io::Read;

use csv_core::ReadRecordResult;
use domain::{Finish, Mark, Marks, Origin, Readout, Response, Score, Verdict};

use super::{
    A_CONDITION, AN_ID, NO_PARAMETERS, named_answer, named_score, parsed, time_ms, unnamed_answer,
    unnamed_score,
};
use crate::{
    MAX_ROW_BYTES, ReadError,
    lines::{Lines, too_large},
    rows,
};

const REQUIRED: [&str; 4] = ["scenario", "model", "shown", "text"];
const NUMBERS: [&str; 3] = ["risk_sensitivity", "emotional_empathy", "user_specific_alignment"];
const REASONS: [&str; 3] = ["risk_reason", "empathy_reason", "alignment_reason"];
const OTHERS: [&str; 5] = ["created", "tokens_in", "tokens_out", "cost_micros", "judge"];
/// More than there are columns, so that a header with one too many can name it.
const MAX_FIELDS: usize = 64;

/// A table whose header has been read, and its current row. Holds one row of at most [`MAX_ROW_BYTES`].
pub(super) struct Table {
    parser: csv_core::Reader,
    columns: Vec<&'static str>,
    text: Vec<u8>,
    /// Where each field of the row ends in the text.
    ends: Vec<usize>,
    fields: usize,
    /// What is wrong with the row's form.
    fault: Option<String>,
}

impl Table {
    /// Reads the header.
    pub(super) fn open<R: Read>(lines: &mut Lines<R>) -> Result<Self, ReadError> {
        let mut table = Self {
            parser: csv_core::Reader::new(),
            columns: Vec::new(),
            text: vec![0; MAX_ROW_BYTES],
            ends: vec![0; MAX_FIELDS],
            fields: 0,
            fault: None,
        };
        let broken = |line, reason: String| ReadError::Broken { line, reason: reason.into() };
        let Some(line) = table.next_row(lines)? else {
            return Err(broken(
                1,
                "the table is empty; its first row names the columns".to_owned(),
            ));
        };
        table.columns = table.header().map_err(|it| broken(line, it))?;
        Ok(table)
    }

    fn header(&self) -> Result<Vec<&'static str>, String> {
        self.check_form()?;
        let known = || REQUIRED.iter().chain(&OTHERS).chain(&NUMBERS).chain(&REASONS);
        let mut columns = Vec::new();
        for index in 0..self.fields {
            let name = rows::utf8(self.bytes(index))?.trim();
            let Some(column) = known().find(|it| **it == name) else {
                let known: Vec<_> = known().copied().collect();
                return Err(format!(
                    "unknown column “{}”; known are {}",
                    rows::short(name),
                    known.join(", ")
                ));
            };
            if columns.contains(column) {
                return Err(format!("the column “{column}” is there twice"));
            }
            columns.push(*column);
        }
        match REQUIRED.iter().find(|it| !columns.contains(it)) {
            Some(missing) => Err(format!("the column “{missing}” is missing")),
            None => Ok(columns),
        }
    }

    fn check_form(&self) -> Result<(), String> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// Goes on to the next row that is not empty, and tells the line on which it begins; `None` at the end.
    pub(super) fn next_row<R: Read>(
        &mut self,
        lines: &mut Lines<R>,
    ) -> Result<Option<u64>, ReadError> {
        lines.skip_while(|it| matches!(it, b'\r' | b'\n'))?;
        let line = lines.number;
        if lines.peek()?.is_none() {
            return Ok(None);
        }
        self.fault = None;
        let (mut used, mut fields) = (0, 0);
        loop {
            let buffer = lines.buffer()?;
            let at_end = buffer.is_empty();
            // The last line may lack its end. One that is taken for part of a field shows an open quote.
            let input = if at_end { b"\n" } else { buffer };
            let (text, ends) = (&mut self.text[used..], &mut self.ends[fields..]);
            let (result, read, written, ended) = self.parser.read_record(input, text, ends);
            if !at_end {
                lines.consume(read);
            }
            (used, fields) = (used + written, fields + ended);
            match result {
                ReadRecordResult::InputEmpty if at_end => {
                    self.fault = Some("a quoted field has no end".to_owned());
                    break;
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    self.fault = Some(too_large(line).reason);
                    used = 0;
                }
                ReadRecordResult::OutputEndsFull => {
                    self.fault = Some(format!("the row has more than {MAX_FIELDS} fields"));
                    fields = 0;
                }
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.fields = fields;
        Ok(Some(line))
    }

    fn bytes(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |it| self.ends[it]);
        &self.text[start..self.ends[index]]
    }

    /// The current row's answer and, where it has one, its score.
    pub(super) fn answer(&self, now_ms: i64) -> Result<(Response, Option<Score>), String> {
        self.check_form()?;
        if self.fields != self.columns.len() {
            let (found, named) = (self.fields, self.columns.len());
            return Err(format!("the row has {found} fields, the header {named}"));
        }
        let row = self.columns.iter().enumerate().map(|(index, column)| {
            let text = std::str::from_utf8(self.bytes(index))
                .map_err(|_| format!("“{column}” is not UTF-8"))?;
            Ok((*column, text))
        });
        let row = Row(row.collect::<Result<_, String>>()?);
        let text = row.verbatim("text").filter(|it| !it.trim().is_empty());
        let text = text.ok_or("“text” is empty")?;
        let response = Response {
            id: unnamed_answer(),
            scenario: parsed("scenario", row.required("scenario")?, AN_ID)?,
            model: row.required("model")?.to_owned(),
            shown: parsed("shown", row.required("shown")?, A_CONDITION)?,
            prompt: Vec::new(),
            template: String::new(),
            parameters: NO_PARAMETERS.to_owned(),
            text: text.to_owned(),
            finish: Finish::Stop,
            origin: Origin::Imported,
            tokens_in: row.whole("tokens_in")?,
            tokens_out: row.whole("tokens_out")?,
            cost_micros: row.whole("cost_micros")?,
            created_ms: row.get("created").map_or(Ok(now_ms), |it| time_ms("created", it))?,
            took_ms: None,
        };
        let response = named_answer(response, None)?;
        let score = row.score(&response)?;
        Ok((response, score))
    }
}

/// The columns of a row with their texts.
struct Row<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Row<'a> {
    fn verbatim(&self, column: &str) -> Option<&'a str> {
        self.0.iter().find(|(it, _)| *it == column).map(|(_, text)| *text)
    }

    /// A column's text without outer space, if it is there and not empty.
    fn get(&self, column: &str) -> Option<&'a str> {
        self.verbatim(column).map(str::trim).filter(|it| !it.is_empty())
    }

    fn required(&self, column: &str) -> Result<&'a str, String> {
        self.get(column).ok_or_else(|| format!("“{column}” is empty"))
    }

    fn whole<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, String> {
        let expected = format!("a whole number below 2^{}", 8 * size_of::<T>());
        self.get(column).map(|it| parsed(column, it, &expected)).transpose()
    }

    fn mark(&self, number: &str, reason: &str, judge: &str) -> Result<Mark, String> {
        let value = self.get(number).ok_or_else(|| {
            format!("“judge” is “{}”, but “{number}” is empty", rows::short(judge))
        })?;
        let value = parsed(number, value, "a number from 1 to 5")?;
        Ok(Mark { value, reason: self.get(reason).map(str::to_owned) })
    }

    fn score(&self, response: &Response) -> Result<Option<Score>, String> {
        let Some(judge) = self.get("judge") else {
            return match NUMBERS.iter().chain(&REASONS).find(|it| self.get(it).is_some()) {
                Some(column) => Err(format!("“{column}” is there, but no “judge” whose it is")),
                None => Ok(None),
            };
        };
        let [risk, empathy, alignment] =
            [0, 1, 2].map(|it| self.mark(NUMBERS[it], REASONS[it], judge));
        let score = Score {
            id: unnamed_score(),
            response: response.id.clone(),
            judge: judge.to_owned(),
            readout: Readout::Given,
            template: String::new(),
            parameters: NO_PARAMETERS.to_owned(),
            repeat: 0,
            verdict: Verdict::Scored(Marks {
                risk_sensitivity: risk?,
                emotional_empathy: empathy?,
                user_specific_alignment: alignment?,
            }),
            tokens: None,
            cost_micros: None,
            created_ms: response.created_ms,
        };
        named_score(score, None).map(Some)
    }
}
