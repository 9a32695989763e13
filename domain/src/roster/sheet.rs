//! A class list as people keep it in a spreadsheet: read whole, with every fault and where it is.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::text;

/// People of one list. A list is taken in at once, while its author waits.
pub const ROWS_MAX: usize = 500;
/// Faults that are told; who has more has exported something else.
pub const FAULTS_MAX: usize = 100;
const COLUMNS_MAX: usize = 32;

/// Somebody of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which line of the file they begin on, from 1.
    pub line: u32,
    pub name: String,
    pub email: Option<String>,
    pub team: Option<String>,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SheetFault {
    pub line: u32,
    /// From 1; 0 for the whole line.
    pub column: u32,
    pub says: String,
}

/// A list, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    pub rows: Vec<Row>,
    pub faults: Vec<SheetFault>,
}

/// Which column is what.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    name: Option<usize>,
    email: Option<usize>,
    team: Option<usize>,
}

/// A field with the line it begins on.
struct Record {
    line: u32,
    fields: Vec<String>,
}

impl Sheet {
    /// Reads a list with a head of `name` and perhaps `email` and `team`; other columns are left
    /// alone. Comma, semicolon or tab between fields, quotes as spreadsheets write them.
    pub fn read(text: &str) -> Self {
        let mut sheet = Self::default();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let (records, broken) = records(text);
        let mut records = records.into_iter().filter(|record| !record.is_blank());
        let Some(head) = records.next() else {
            sheet.fault(1, 0, "the first line names the columns: name, email, team");
            return sheet;
        };
        let Some(columns) = sheet.columns(&head) else {
            return sheet;
        };
        let mut seen = BTreeMap::new();
        for record in records {
            if sheet.rows.len() == ROWS_MAX {
                sheet.fault(
                    record.line,
                    0,
                    "a list has at most 500 people; take the rest in after them",
                );
                break;
            }
            sheet.row(&record, columns, &mut seen);
        }
        if let Some(line) = broken {
            sheet.fault(line, 0, "a quote that begins here does not end");
        }
        sheet
    }

    fn fault(&mut self, line: u32, column: usize, says: impl Into<String>) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(SheetFault {
                line,
                column: u32::try_from(column).unwrap_or(u32::MAX),
                says: says.into(),
            });
        }
    }

    fn columns(&mut self, head: &Record) -> Option<Columns> {
        let mut columns = Columns::default();
        for (place, field) in head.fields.iter().enumerate() {
            let slot = match field.trim().to_lowercase().as_str() {
                "name" => &mut columns.name,
                "email" | "e-mail" | "mail" => &mut columns.email,
                "team" | "group" | "gruppe" => &mut columns.team,
                _ => continue,
            };
            if slot.replace(place).is_some() {
                self.fault(head.line, place + 1, "this column is there twice");
            }
        }
        if columns.name.is_none() {
            self.fault(head.line, 0, "there is no column `name`");
        }
        (self.faults.is_empty()).then_some(columns)
    }

    fn row(&mut self, record: &Record, columns: Columns, seen: &mut BTreeMap<String, u32>) {
        let line = record.line;
        let before = self.faults.len();
        let field = |column: Option<usize>| {
            let place = column?;
            let text = record.fields.get(place)?.trim();
            (!text.is_empty()).then_some((place + 1, text))
        };
        let name = match field(columns.name) {
            None => {
                self.fault(
                    line,
                    columns.name.map_or(0, |place| place + 1),
                    "a name is missing",
                );
                None
            }
            Some((column, name)) => {
                let name = text::name(name).ok();
                if name.is_none() {
                    self.fault(line, column, "a name has 1 to 60 visible characters");
                }
                name
            }
        };
        let email = field(columns.email).and_then(|(column, email)| {
            let Ok(email) = text::email(email) else {
                self.fault(line, column, "that is not an e-mail address");
                return None;
            };
            if let Some(first) = seen.insert(email.clone(), line) {
                self.fault(
                    line,
                    column,
                    format!("this address is on line {first} already"),
                );
            }
            Some(email)
        });
        let team = field(columns.team).and_then(|(column, team)| {
            let team = text::title(team);
            if team.is_err() {
                self.fault(line, column, "a team has 1 to 120 visible characters");
            }
            team.ok()
        });
        if let Some(name) = name.filter(|_| self.faults.len() == before) {
            self.rows.push(Row {
                line,
                name,
                email,
                team,
            });
        }
    }
}

impl Record {
    fn is_blank(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }
}

/// The separator that stands most often in the head.
fn separator(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    let count = |c: u8| head.bytes().filter(|other| *other == c).count();
    let mut best = (b',', count(b','));
    for other in *b";	" {
        if count(other) > best.1 {
            best = (other, count(other));
        }
    }
    best.0
}

/// The records of a file, and the line of a quote that does not end.
fn records(text: &str) -> (Vec<Record>, Option<u32>) {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = vec![];
    // Of text in memory every record can be read.
    for record in reader.records().filter_map(Result::ok) {
        let after = record.position().map_or(0, csv::Position::byte);
        records.push(Record {
            line: line_after(text, after),
            fields: (record.iter().take(COLUMNS_MAX))
                .map(str::to_owned)
                .collect(),
        });
        // One more than is taken in, and the head, so that too many are seen to be.
        if records.len() > ROWS_MAX * 2 {
            return (records, None);
        }
    }
    let is_open = text.matches('"').count() % 2 == 1;
    let last = records.last().map_or(1, |record| record.line);
    (records, is_open.then_some(last))
}

/// The line of what comes after this many bytes and the line breaks there.
fn line_after(text: &str, bytes: u64) -> u32 {
    let rest = usize::try_from(bytes).ok().and_then(|at| text.get(at..));
    let rest = rest.unwrap_or_default().trim_start_matches(['\r', '\n']);
    let before = text.len() - rest.len();
    let breaks = text.bytes().take(before).filter(|byte| *byte == b'\n');
    u32::try_from(breaks.count() + 1).unwrap_or(u32::MAX)
}

/// A field as a spreadsheet reads it back, and takes for no formula.
pub fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', ';', '"', '\n', '\r', '\t']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(line: u32, name: &str, email: Option<&str>, team: Option<&str>) -> Row {
        Row {
            line,
            name: name.to_owned(),
            email: email.map(str::to_owned),
            team: team.map(str::to_owned),
        }
    }

    #[test]
    fn a_list_is_read_as_spreadsheets_write_it() {
        let ada = row(2, "Ada Lovelace", Some("ada@example.org"), Some("Red"));
        let bo = row(3, "Diddley, Bo", None, None);
        let commas = "name,email,team\r\nAda Lovelace,Ada@Example.org,Red\r\n\"Diddley, Bo\",,\r\n";
        let semicolons =
            "\u{FEFF}Team;Name;E-Mail\nRed;Ada Lovelace;ada@example.org\n;\"Diddley, Bo\";\n\n";
        let tabs = "Name\tMail\tGruppe\tNote\nAda Lovelace\tada@example.org\tRed\tx\n\"Diddley, Bo\"\t\t\t\n";
        for text in [commas, semicolons, tabs] {
            let sheet = Sheet::read(text);
            assert_eq!(sheet.faults, vec![], "{text}");
            assert_eq!(sheet.rows, [ada.clone(), bo.clone()], "{text}");
        }
    }

    #[test]
    fn faults_say_line_and_column() {
        let text = "name,email,team\n,a@b.c,\nAda,nonsense,\nBo,bo@b.c,\nCy,BO@B.C,\n\"two\nlines\",x,\nEve,\"e";
        let sheet = Sheet::read(text);
        let found: Vec<(u32, u32)> = (sheet.faults.iter())
            .map(|fault| (fault.line, fault.column))
            .collect();
        assert_eq!(found, [(2, 1), (3, 2), (5, 2), (6, 2), (8, 2), (8, 0)]);
        assert!(sheet.faults[2].says.contains("line 4"));
        assert_eq!(sheet.rows, [row(4, "Bo", Some("bo@b.c"), None)]);
        for (text, says) in [
            ("", "names the columns"),
            ("email\na@b.c\n", "`name`"),
            ("name,name\nA,B\n", "twice"),
        ] {
            let faults = Sheet::read(text).faults;
            assert!(faults[0].says.contains(says), "{text}: {faults:?}");
        }
    }

    #[test]
    fn a_list_has_an_end() {
        let mut text = "name\n".to_owned();
        for n in 0..ROWS_MAX + 5 {
            text.extend(["N", &n.to_string(), "\n"]);
        }
        let sheet = Sheet::read(&text);
        assert_eq!((sheet.rows.len(), sheet.faults.len()), (ROWS_MAX, 1));
        let wide = Sheet::read(&format!("name\nA{}\n", ",".repeat(5_000)));
        assert_eq!(wide.rows.len(), 1);
    }

    #[test]
    fn no_field_is_a_formula() {
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(field("Ada"), "Ada");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(names in prop::collection::vec("[ -~äöü\n]{1,20}", 1..20)) {
            let mut text = "name\n".to_owned();
            for name in &names {
                text.extend(["\"", &name.replace('"', "\"\""), "\"\n"]);
            }
            let read: Vec<String> = Sheet::read(&text).rows.into_iter().map(|row| row.name).collect();
            let wanted: Vec<String> = names.iter().filter_map(|name| text::name(name).ok()).collect();
            prop_assert_eq!(read, wanted);
        }

        #[test]
        fn no_text_breaks_it(text in "(?s).{0,400}") {
            let sheet = Sheet::read(&text);
            prop_assert!(sheet.rows.len() <= ROWS_MAX && sheet.faults.len() <= FAULTS_MAX);
        }
    }
}
