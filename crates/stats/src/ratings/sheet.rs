//! CSV with known columns, read whole.

use std::io::Read;

use csv::ByteRecord;

use super::{RatingsError, Refusals};

/// Rows of `N` known columns, each field trimmed; columns that the file has not are empty.
pub(super) struct Sheet<const N: usize> {
    columns: [Option<usize>; N],
    pub(super) rows: Vec<(u64, [String; N])>,
    /// Rows that cannot be read.
    pub(super) refusals: Refusals,
}

impl<const N: usize> Sheet<N> {
    /// Reads a sheet with these columns, `required` first; together they are `N`.
    pub(super) fn read(
        mut input: impl Read,
        required: &[&str],
        optional: &[&str],
    ) -> Result<Self, RatingsError> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).map_err(RatingsError::Io)?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes.as_slice());
        let mut lines = Lines { bytes: &bytes, at: 0, line: 1 };
        let mut record = ByteRecord::new();
        let mut header = ByteRecord::new();
        reader.read_byte_record(&mut header).map_err(|it| RatingsError::Io(it.into()))?;
        let line = lines.of(&header);
        let columns = columns(&header, line, required, optional)?;

        let mut refusals = Refusals::default();
        let mut rows = Vec::new();
        while reader.read_byte_record(&mut record).map_err(|it| RatingsError::Io(it.into()))? {
            let line = lines.of(&record);
            match fields(&record, header.len(), &columns, required, optional) {
                Ok(row) => rows.push((line, row)),
                Err(reason) => refusals.add(line, reason),
            }
        }
        Ok(Self { columns, rows, refusals })
    }

    /// Whether the file has this column.
    pub(super) fn has(&self, column: usize) -> bool {
        self.columns[column].is_some()
    }
}

/// Finds the line of a record. The reader's own count stands before line ends that it has yet to pass over.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, record: &ByteRecord) -> u64 {
        let start = record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at) {
            if self.at >= start && !matches!(byte, b'\n' | b'\r') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

fn columns<const N: usize>(
    header: &ByteRecord,
    line: u64,
    required: &[&str],
    optional: &[&str],
) -> Result<[Option<usize>; N], RatingsError> {
    let mut refusals = Refusals::default();
    let mut columns = [None; N];
    let known: Vec<&str> = required.iter().chain(optional).copied().collect();
    for (at, field) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(field);
        match known.iter().position(|it| *it == name) {
            Some(column) if columns[column].is_some() => {
                refusals.add(line, format!("the column {name:?} stands twice in the header"));
            }
            Some(column) => columns[column] = Some(at),
            None => refusals.add(
                line,
                format!("the column {name:?} is not known; there are: {}", known.join(", ")),
            ),
        }
    }
    for (name, column) in required.iter().zip(&columns) {
        if column.is_none() {
            refusals.add(line, format!("the header has no column {name:?}"));
        }
    }
    refusals.or(columns)
}

fn fields<const N: usize>(
    record: &ByteRecord,
    expected: usize,
    columns: &[Option<usize>; N],
    required: &[&str],
    optional: &[&str],
) -> Result<[String; N], String> {
    if record.len() != expected {
        return Err(format!("{} fields, and the header has {expected}", record.len()));
    }
    let mut row = [const { String::new() }; N];
    let names = required.iter().chain(optional);
    for ((field, column), name) in row.iter_mut().zip(columns).zip(names) {
        let Some(column) = column else { continue };
        let text = std::str::from_utf8(&record[*column])
            .map_err(|_| format!("the {name} is not UTF-8 text"))?;
        if text.is_empty() && *name != "value" {
            return Err(format!("the {name} is empty"));
        }
        text.clone_into(field);
    }
    Ok(row)
}

/// A finite number; `None` for an empty field.
pub(super) fn number(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => {
            let shown: String = text.chars().take(40).collect();
            Err(format!("the value {shown:?} is not a number"))
        }
    }
}
