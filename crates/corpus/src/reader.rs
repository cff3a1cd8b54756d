//! Reads scenario files row by row: a JSON array or JSON lines, of the PENGUIN release or Rookery's own.

use std::io::{self, BufRead, BufReader, Read};

use domain::{Scenario, Schema};
use serde_json::{Map, Value};

use crate::{ContentHash, MAX_ROW_BYTES, content_hash, native, penguin, rows};

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
    /// A JSON array that stops being one: what follows cannot be told apart any more.
    #[error("line {line}: {reason}; the rest of the file was not read")]
    Broken {
        /// Where.
        line: u64,
        /// What is wrong.
        reason: &'static str,
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
    input: BufReader<R>,
    schema: &'a Schema,
    layout: Layout,
    line: u64,
}

impl<'a, R: Read> Reader<'a, R> {
    /// A reader of this input. Whether it is an array or lines is seen from its first character.
    pub fn new(input: R, schema: &'a Schema) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            schema,
            layout: Layout::Unknown,
            line: 1,
        }
    }

    fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            match self.layout {
                Layout::Unknown => self.find_layout()?,
                Layout::Done => return Ok(None),
                Layout::Lines => {
                    if let Some(record) = self.next_line()? {
                        return Ok(Some(record));
                    }
                }
                Layout::Array => return self.next_element(),
            }
        }
    }

    fn find_layout(&mut self) -> Result<(), ReadError> {
        const BOM: &[u8] = b"\xef\xbb\xbf";
        if self.peek_buffer()?.starts_with(BOM) {
            self.input.consume(BOM.len());
        }
        self.skip_space()?;
        self.layout = match self.peek()? {
            None => Layout::Done,
            Some(b'[') => {
                self.input.consume(1);
                Layout::Array
            }
            Some(_) => Layout::Lines,
        };
        Ok(())
    }

    /// One line; `None` for an empty one, or at the end.
    fn next_line(&mut self) -> Result<Option<Record>, ReadError> {
        let line = self.line;
        let mut bytes = Vec::new();
        let limit = MAX_ROW_BYTES as u64 + 1;
        let read = (&mut self.input).take(limit).read_until(b'\n', &mut bytes);
        if read.map_err(|source| ReadError::Io { line, source })? == 0 {
            self.layout = Layout::Done;
            return Ok(None);
        }
        self.line += 1;
        if bytes.last() != Some(&b'\n') && bytes.len() > MAX_ROW_BYTES {
            self.skip_line()?;
            return Ok(Some(too_large(line)));
        }
        let bytes = bytes.trim_ascii();
        Ok((!bytes.is_empty()).then(|| self.record(bytes, line)))
    }

    fn skip_line(&mut self) -> Result<(), ReadError> {
        loop {
            let buffer = self.peek_buffer()?;
            let end = buffer.iter().position(|it| *it == b'\n');
            let length = buffer.len();
            match end {
                Some(at) => {
                    self.input.consume(at + 1);
                    return Ok(());
                }
                None if length == 0 => return Ok(()),
                None => self.input.consume(length),
            }
        }
    }

    /// One element of the array; `None` behind its end.
    fn next_element(&mut self) -> Result<Option<Record>, ReadError> {
        self.skip_space()?;
        if self.peek()? == Some(b',') {
            self.input.consume(1);
            self.skip_space()?;
        }
        let line = self.line;
        match self.peek()? {
            Some(b'{') => {}
            Some(b']') => {
                self.input.consume(1);
                self.skip_space()?;
                self.layout = Layout::Done;
                return match self.peek()? {
                    None => Ok(None),
                    Some(_) => Err(ReadError::Broken {
                        line: self.line,
                        reason: "something follows the end of the array",
                    }),
                };
            }
            None => {
                return Err(ReadError::Broken { line, reason: "the file ends inside the array" });
            }
            Some(_) => {
                return Err(ReadError::Broken {
                    line,
                    reason: "not an object where a row should begin",
                });
            }
        }
        let (mut depth, mut in_text, mut escaped) = (0u32, false, false);
        let mut bytes = Vec::new();
        let mut size = 0usize;
        loop {
            let Some(byte) = self.peek()? else {
                return Err(ReadError::Broken { line, reason: "the file ends inside a row" });
            };
            self.input.consume(1);
            self.line += u64::from(byte == b'\n');
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
        Ok(Some(if size > MAX_ROW_BYTES { too_large(line) } else { self.record(&bytes, line) }))
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
        let text = std::str::from_utf8(bytes)
            .map_err(|it| format!("not UTF-8 (byte {} of the row)", it.valid_up_to() + 1))?;
        let row: Map<String, Value> = serde_json::from_str(text).map_err(|it| rows::plain(&it))?;
        if row.contains_key("v") {
            native::from_json(text, self.schema)
        } else {
            penguin::from_row(&row, self.schema)
        }
    }

    fn peek_buffer(&mut self) -> Result<&[u8], ReadError> {
        let line = self.line;
        self.input.fill_buf().map_err(|source| ReadError::Io { line, source })
    }

    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        self.peek_buffer().map(|it| it.first().copied())
    }

    fn skip_space(&mut self) -> Result<(), ReadError> {
        while let Some(byte) = self.peek()?.filter(u8::is_ascii_whitespace) {
            self.input.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(())
    }
}

fn too_large(line: u64) -> Record {
    let reason = format!("the row is larger than {} KiB", MAX_ROW_BYTES / 1024);
    Record::Rejected(Rejection { line, reason })
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
