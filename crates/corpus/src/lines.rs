//! Bytes with the line they stand on, and whole lines of limited size.

use std::io::{self, BufRead, BufReader, Read};

use crate::{MAX_ROW_BYTES, ReadError, Rejection};

/// An input that is read byte by byte or line by line. A byte order mark at its start is left out.
pub(crate) struct Lines<R> {
    input: BufReader<WithoutMark<R>>,
    /// The line on which the next byte stands, from 1.
    pub(crate) number: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        let input = WithoutMark { input, begun: false };
        Self { input: BufReader::with_capacity(1 << 16, input), number: 1 }
    }

    /// What can be seen without consuming it; empty at the end only.
    pub(crate) fn buffer(&mut self) -> Result<&[u8], ReadError> {
        let line = self.number;
        self.input.fill_buf().map_err(|source| ReadError::Io { line, source })
    }

    /// The next byte; `None` at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        self.buffer().map(|it| it.first().copied())
    }

    /// Goes on behind this many bytes of the buffer.
    pub(crate) fn consume(&mut self, length: usize) {
        let passed = &self.input.buffer()[..length];
        self.number += passed.iter().map(|it| u64::from(*it == b'\n')).sum::<u64>();
        self.input.consume(length);
    }

    pub(crate) fn skip_while(&mut self, skipped: impl Fn(&u8) -> bool) -> Result<(), ReadError> {
        while self.peek()?.as_ref().is_some_and(&skipped) {
            self.consume(1);
        }
        Ok(())
    }

    /// The next line that is not empty, without outer space, and its number; `None` at the end. Of a line that is
    /// larger than a row may be, only as much is held.
    pub(crate) fn next_line(&mut self) -> Result<Option<(u64, Line)>, ReadError> {
        loop {
            let line = self.number;
            let mut bytes = Vec::new();
            let limit = MAX_ROW_BYTES as u64 + 1;
            let read = (&mut self.input).take(limit).read_until(b'\n', &mut bytes);
            if read.map_err(|source| ReadError::Io { line, source })? == 0 {
                return Ok(None);
            }
            if bytes.last() == Some(&b'\n') {
                self.number += 1;
            } else if bytes.len() > MAX_ROW_BYTES {
                self.skip_while(|it| *it != b'\n')?;
                self.skip_one();
                return Ok(Some((line, Err(too_large(line)))));
            }
            let bytes = bytes.trim_ascii();
            if !bytes.is_empty() {
                return Ok(Some((line, Ok(bytes.to_vec()))));
            }
        }
    }

    fn skip_one(&mut self) {
        let length = self.input.buffer().len().min(1);
        self.consume(length);
    }
}

/// A line's bytes, or why it is refused.
pub(crate) type Line = Result<Vec<u8>, Rejection>;

pub(crate) fn too_large(line: u64) -> Rejection {
    Rejection { line, reason: format!("the row is larger than {} KiB", MAX_ROW_BYTES / 1024) }
}

/// Leaves out a byte order mark, however small the pieces in which the input comes.
struct WithoutMark<R> {
    input: R,
    begun: bool,
}

impl<R: Read> Read for WithoutMark<R> {
    /// The first call needs room for three bytes, which a [`BufReader`] always gives.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if !self.begun {
            self.begun = true;
            let mut start = Vec::new();
            (&mut self.input).take(MARK.len() as u64).read_to_end(&mut start)?;
            if start != MARK {
                out[..start.len()].copy_from_slice(&start);
                return Ok(start.len());
            }
        }
        self.input.read(out)
    }
}
