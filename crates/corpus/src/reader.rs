//! Reads scenario files row by row: a JSON array or JSON lines, of the PENGUIN release or Rookery's own.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use domain::{Scenario, Schema};
use serde_json::{Map, Value};

use crate::{
    ContentHash, MAX_ROW_BYTES, content_hash,
    lines::{Lines, too_large},
    native, penguin, rows,
};

/// A row that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// What is wrong with it, for people.
    pub reason: String,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A scenario.
    Scenario(Box<Scenario>, ContentHash),
    /// A refused row.
    Rejected(Rejection),
}

/// The file could not be read any further. What was read before stands.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk or pipe failed.
    #[error("line {line}: the file cannot be read")]
    Io {
        /// Where.
        line: u64,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A JSON array that stops being one, or a table without its header: what follows cannot be told apart.
    #[error("line {line}: {reason}; the rest of the file was not read")]
    Broken {
        /// Where.
        line: u64,
        /// What is wrong.
        reason: Cow<'static, str>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Layout {
    Unknown,
    Lines,
    Array,
    Done,
}

/// Reads rows from anything that can be read. An iterator; ends after the first [`ReadError`].
pub struct Reader<'a, R> {
    lines: Lines<R>,
    schema: &'a Schema,
    layout: Layout,
}

impl<'a, R: Read> Reader<'a, R> {
    /// A reader of this input. Whether it is an array or lines is seen from its first character.
    pub fn new(input: R, schema: &'a Schema) -> Self {
        Self { lines: Lines::new(input), schema, layout: Layout::Unknown }
    }

    fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        if self.layout == Layout::Unknown {
            self.find_layout()?;
        }
        match self.layout {
            Layout::Lines => Ok(self.lines.next_line()?.map(|(line, it)| match it {
                Ok(bytes) => self.record(&bytes, line),
                Err(it) => Record::Rejected(it),
            })),
            Layout::Array => self.next_element(),
            Layout::Unknown | Layout::Done => Ok(None),
        }
    }

    fn find_layout(&mut self) -> Result<(), ReadError> {
        self.lines.skip_while(u8::is_ascii_whitespace)?;
        self.layout = match self.lines.peek()? {
            None => Layout::Done,
            Some(b'[') => {
                self.lines.consume(1);
                Layout::Array
            }
            Some(_) => Layout::Lines,
        };
        Ok(())
    }

    /// One element of the array; `None` behind its end.
    fn next_element(&mut self) -> Result<Option<Record>, ReadError> {
        self.lines.skip_while(u8::is_ascii_whitespace)?;
        if self.lines.peek()? == Some(b',') {
            self.lines.consume(1);
            self.lines.skip_while(u8::is_ascii_whitespace)?;
        }
        let line = self.lines.number;
        match self.lines.peek()? {
            Some(b'{') => {}
            Some(b']') => {
                self.lines.consume(1);
                self.lines.skip_while(u8::is_ascii_whitespace)?;
                self.layout = Layout::Done;
                return match self.lines.peek()? {
                    None => Ok(None),
                    Some(_) => Err(ReadError::Broken {
                        line: self.lines.number,
                        reason: "something follows the end of the array".into(),
                    }),
                };
            }
            None => {
                return Err(ReadError::Broken {
                    line,
                    reason: "the file ends inside the array".into(),
                });
            }
            Some(_) => {
                return Err(ReadError::Broken {
                    line,
                    reason: "not an object where a row should begin".into(),
                });
            }
        }
        let (mut depth, mut in_text, mut escaped) = (0u32, false, false);
        let mut bytes = Vec::new();
        let mut size = 0usize;
        loop {
            let Some(byte) = self.lines.peek()? else {
                return Err(ReadError::Broken {
                    line,
                    reason: "the file ends inside a row".into(),
                });
            };
            self.lines.consume(1);
            size += 1;
            if size <= MAX_ROW_BYTES {
                bytes.push(byte);
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                b'{' | b'[' if !in_text => depth += 1,
                b'}' | b']' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        Ok(Some(if size > MAX_ROW_BYTES {
            Record::Rejected(too_large(line))
        } else {
            self.record(&bytes, line)
        }))
    }

    fn record(&self, bytes: &[u8], line: u64) -> Record {
        match self.scenario(bytes) {
            Ok(scenario) => {
                let hash = content_hash(&scenario);
                Record::Scenario(Box::new(scenario), hash)
            }
            Err(reason) => Record::Rejected(Rejection { line, reason }),
        }
    }

    fn scenario(&self, bytes: &[u8]) -> Result<Scenario, String> {
        let text = rows::utf8(bytes)?;
        let row: Map<String, Value> = serde_json::from_str(text).map_err(|it| rows::plain(&it))?;
        if row.contains_key("v") {
            native::from_json(text, self.schema)
        } else {
            penguin::from_row(&row, self.schema)
        }
    }
}

impl<R: Read> Iterator for Reader<'_, R> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_record();
        if next.is_err() {
            self.layout = Layout::Done;
        }
        next.transpose()
    }
}
