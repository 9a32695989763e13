//! Everything the first view needs, in one script and one style sheet, made from the files of the
//! page as they are.
//!
//! Eighty small files cost a phone more than what is in them: each is asked for, read and linked by
//! itself. So the hub sends the modules that the first one imports, and what these import, as one:
//! each becomes a function, in the order in which they need one another, and gets what it imports
//! from those before it. The import map says of each of them that it is this script, so that views
//! which are read later meet the same modules; the files themselves stay where they are.
//!
//! It reads no JavaScript but the two statements it has to understand, in the ways in which the page
//! writes them. What is written otherwise is a [`Fault`], and a test reads the whole page.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use thiserror::Error;

/// Where the packed modules are.
pub(super) const SCRIPT: &str = "shell.js";
/// Where the packed style is.
pub(super) const STYLE: &str = "shell.css";
/// What the page begins with.
const ENTRY: &str = "app/main.js";
const DEFAULT: &str = "default";
const MAP_OPEN: &str = "<script type=\"importmap\">";
const MAP_CLOSE: &str = "</script>";
const STYLE_OPEN: &str = "<link rel=\"stylesheet\" href=\"/";
const ENTRY_LINE: &str = "<script type=\"module\" src=\"/app/main.js\"></script>";

/// Why the page cannot be packed: it is sent as it is then.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error("{0} is not there")]
    Missing(String),
    #[error("{0} needs itself")]
    Circle(String),
    #[error("{path}: cannot read `{statement}`")]
    Unread { path: String, statement: String },
    #[error("two modules give away {0}")]
    Twice(String),
    #[error("index.html has no {0}")]
    Index(&'static str),
}

/// The page in few files.
pub(super) struct Pack {
    pub index: String,
    pub script: String,
    pub style: String,
    /// What is in them, and need not be asked for by itself.
    pub files: Vec<String>,
}

/// Packs the page. `read` gives the text of a file by its path.
pub(super) fn pack(index: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Pack, Fault> {
    let (before, rest) = index
        .split_once(MAP_OPEN)
        .ok_or(Fault::Index("import map"))?;
    let (map, after) = rest
        .split_once(MAP_CLOSE)
        .ok_or(Fault::Index("import map"))?;
    let mut map: ImportMap =
        serde_json::from_str(map).map_err(|_| Fault::Index("import map that can be read"))?;
    let mut modules = Modules {
        read,
        map: &map.imports,
        order: vec![],
        known: HashMap::new(),
    };
    modules.add(ENTRY)?;
    let script = modules.script()?;
    let mut files: Vec<String> = modules
        .order
        .into_iter()
        .map(|module| module.path)
        .collect();

    let own = format!("/{SCRIPT}");
    for to in map.imports.values_mut() {
        if files.iter().any(|path| to.strip_prefix('/') == Some(path)) {
            to.clone_from(&own);
        }
    }
    for path in &files {
        map.imports.insert(format!("/{path}"), own.clone());
    }
    let map = serde_json::to_string(&map).map_err(|_| Fault::Index("import map"))?;

    let mut packed = String::with_capacity(index.len());
    let mut style = String::new();
    for line in before.lines() {
        let Some((path, _)) = line
            .strip_prefix(STYLE_OPEN)
            .and_then(|rest| rest.split_once('"'))
        else {
            packed.push_str(line);
            packed.push('\n');
            continue;
        };
        if style.is_empty() {
            let _ = writeln!(packed, "{STYLE_OPEN}{STYLE}\">");
        }
        style.push_str(&code(
            &read(path).ok_or_else(|| Fault::Missing(path.to_owned()))?,
        ));
        files.push(path.to_owned());
    }
    let _ = write!(packed, "{MAP_OPEN}{map}{MAP_CLOSE}");
    let (loose, body) = after
        .split_once(ENTRY_LINE)
        .ok_or(Fault::Index("first module"))?;
    let _ = write!(
        packed,
        "{loose}<script type=\"module\" src=\"{own}\"></script>{body}"
    );
    Ok(Pack {
        index: packed,
        script,
        style,
        files,
    })
}

#[derive(serde::Deserialize, serde::Serialize)]
struct ImportMap {
    imports: BTreeMap<String, String>,
}

struct Modules<'page> {
    read: &'page dyn Fn(&str) -> Option<String>,
    map: &'page BTreeMap<String, String>,
    /// Each behind those it needs.
    order: Vec<Module>,
    /// Where a module is in that order; `None` while what it needs is read.
    known: HashMap<String, Option<usize>>,
}

struct Module {
    path: String,
    /// What it takes: from which module, the name there and the name here.
    takes: Vec<(usize, String, String)>,
    /// What it gives, by the name that others know it by.
    gives: Vec<(String, Value)>,
    body: String,
}

enum Value {
    /// Its own, by its name inside.
    Own(String),
    /// Of another module, and its name there.
    Of(usize, String),
}

impl Modules<'_> {
    /// Takes in a module and what it needs; tells its place.
    fn add(&mut self, path: &str) -> Result<usize, Fault> {
        if let Some(place) = self.known.get(path) {
            return place.ok_or_else(|| Fault::Circle(path.to_owned()));
        }
        self.known.insert(path.to_owned(), None);
        let text = (self.read)(path).ok_or_else(|| Fault::Missing(path.to_owned()))?;
        let module = self.module(path, &text)?;
        let place = self.order.len();
        self.order.push(module);
        self.known.insert(path.to_owned(), Some(place));
        Ok(place)
    }

    fn module(&mut self, path: &str, text: &str) -> Result<Module, Fault> {
        let mut module = Module {
            path: path.to_owned(),
            takes: vec![],
            gives: vec![],
            body: String::with_capacity(text.len()),
        };
        let mut rest = text;
        while let Some(at) = next_statement(rest) {
            module.body.push_str(&rest[..at]);
            rest = self.statement(&mut module, &rest[at..])?;
        }
        module.body.push_str(rest);
        module.body = resolved(&code(&module.body), path);
        Ok(module)
    }

    /// Reads one statement at the beginning of a text; answers with what is behind it.
    fn statement<'text>(
        &mut self,
        module: &mut Module,
        text: &'text str,
    ) -> Result<&'text str, Fault> {
        let unread = || Fault::Unread {
            path: module.path.clone(),
            statement: text.chars().take(60).collect(),
        };
        if let Some(rest) = text.strip_prefix("import") {
            let (clause, from, rest) = clause_from(rest).ok_or_else(unread)?;
            let names = match names(clause) {
                Some(names) => names,
                None if is_name(clause) => vec![(DEFAULT, clause)],
                None => return Err(unread()),
            };
            let names: Vec<_> = names
                .into_iter()
                .map(|(name, here)| (name.to_owned(), here.to_owned()))
                .collect();
            let place = self.add(&self.target(&module.path, from))?;
            for (name, here) in names {
                module.takes.push((place, name, here));
            }
            return Ok(rest);
        }
        let rest = text.strip_prefix("export").ok_or_else(unread)?;
        let declared = rest.trim_start();
        if let Some(rest) = declared.strip_prefix("default ") {
            module
                .gives
                .push((DEFAULT.to_owned(), Value::Own("$default".to_owned())));
            module.body.push_str("const $default = ");
            return Ok(rest);
        }
        for keyword in ["const ", "class ", "async function ", "function "] {
            let Some(name) = declared.strip_prefix(keyword) else {
                continue;
            };
            let end = name.find(|c| !is_in_names(c)).filter(|end| *end > 0);
            let name = &name[..end.ok_or_else(unread)?];
            module
                .gives
                .push((name.to_owned(), Value::Own(name.to_owned())));
            return Ok(declared);
        }
        if let Some((clause, from, rest)) = clause_from(declared) {
            let names: Vec<_> = names(clause)
                .ok_or_else(unread)?
                .into_iter()
                .map(|(name, there)| (name.to_owned(), there.to_owned()))
                .collect();
            let place = self.add(&self.target(&module.path, from))?;
            for (name, as_name) in names {
                module.gives.push((as_name, Value::Of(place, name)));
            }
            return Ok(rest);
        }
        let end = declared.find('}').ok_or_else(unread)? + 1;
        for (here, name) in names(&declared[..end]).ok_or_else(unread)? {
            module
                .gives
                .push((name.to_owned(), Value::Own(here.to_owned())));
        }
        Ok(declared[end..].trim_start_matches(';'))
    }

    /// The file behind what a module asks for.
    fn target(&self, path: &str, from: &str) -> String {
        let mapped = self.map.get(from).map_or(from, String::as_str);
        absolute(path, mapped).trim_start_matches('/').to_owned()
    }

    fn script(&self) -> Result<String, Fault> {
        let mut script = String::new();
        // Who made what is given away, since some only pass it on.
        let mut makers: HashMap<(usize, &str), String> = HashMap::new();
        let mut given: BTreeMap<&str, String> = BTreeMap::new();
        for (place, module) in self.order.iter().enumerate() {
            let (open, close) = if module.waits() {
                ("await (async function () {", "})();")
            } else {
                ("(function () {", "})();")
            };
            let _ = writeln!(script, "// {}\nconst $m{place} = {open}", module.path);
            for (from, name, here) in &module.takes {
                let _ = writeln!(script, "const {{ {name}: {here} }} = $m{from};");
            }
            let _ = write!(script, "{}\nreturn {{ ", module.body.trim());
            for (name, value) in &module.gives {
                let maker = match value {
                    Value::Own(here) => {
                        let _ = write!(script, "{name}: {here}, ");
                        format!("$m{place}.{name}")
                    }
                    Value::Of(from, there) => {
                        let _ = write!(script, "{name}: $m{from}.{there}, ");
                        makers
                            .get(&(*from, there.as_str()))
                            .cloned()
                            .unwrap_or_default()
                    }
                };
                makers.insert((place, name), maker.clone());
                if name == DEFAULT {
                    continue;
                }
                let known = given.entry(name).or_insert_with(|| maker.clone());
                if *known != maker {
                    return Err(Fault::Twice(name.clone()));
                }
            }
            let _ = writeln!(script, "}};\n{close}");
        }
        for (name, maker) in given {
            let _ = writeln!(script, "export const {name} = {maker};");
        }
        Ok(script)
    }
}

impl Module {
    /// Whether something is awaited before it is there.
    fn waits(&self) -> bool {
        self.body.lines().any(|line| {
            !line.starts_with(char::is_whitespace)
                && line.contains("await ")
                && !line.contains("async ")
        })
    }
}

/// Where the next statement begins that imports or exports: at the beginning of a line, or right
/// behind another statement, as in files that were made small.
fn next_statement(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = ["import", "export"]
            .iter()
            .filter_map(|word| text[from..].find(word))
            .min()?
            + from;
        let is_begin = at == 0 || matches!(text.as_bytes()[at - 1], b'\n' | b';' | b'}');
        let after = text.as_bytes().get(at + "import".len());
        if is_begin && matches!(after, Some(b' ' | b'{')) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// `{ … } from '…';` in its three parts: what, from where, and what is behind it.
fn clause_from(text: &str) -> Option<(&str, &str, &str)> {
    let line_end = text.find('\n').unwrap_or(text.len());
    let (clause, rest) = text[..line_end].split_once("from")?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (from, _) = rest[1..].split_once(quote)?;
    let clause = clause.trim();
    // What is exported here and now may be followed by something from elsewhere.
    if clause.find('}').is_some_and(|end| end + 1 != clause.len()) {
        return None;
    }
    let end = from.as_ptr() as usize - text.as_ptr() as usize + from.len() + 1;
    Some((clause, from, text[end..].trim_start_matches(';')))
}

/// `{ a, b as c }`: each name, and the name it gets.
fn names(clause: &str) -> Option<Vec<(&str, &str)>> {
    let inner = clause.trim().strip_prefix('{')?.strip_suffix('}')?;
    inner
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let (name, other) = name.split_once(" as ").unwrap_or((name, name));
            (is_name(name) && is_name(other)).then_some((name, other))
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_in_names)
}

fn is_in_names(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// What a module imports by name, and from where.
#[cfg(test)]
pub(super) fn imports(text: &str) -> Vec<(Vec<&str>, &str)> {
    let mut all = vec![];
    let mut rest = text;
    while let Some(at) = next_statement(rest) {
        rest = &rest[at + "import".len()..];
        if let Some((clause, from, _)) = clause_from(rest) {
            let names = names(clause).unwrap_or_else(|| vec![(DEFAULT, clause)]);
            all.push((names.into_iter().map(|(name, _)| name).collect(), from));
        }
    }
    all
}

/// A path as seen from a file, from the root of the page.
pub(super) fn absolute(path: &str, from: &str) -> String {
    if !from.starts_with("./") && !from.starts_with("../") {
        return from.to_owned();
    }
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    for part in from.split('/') {
        match part {
            "." => {}
            ".." => drop(folders.pop()),
            part => folders.push(part),
        }
    }
    format!("/{}", folders.join("/"))
}

/// A module that imports others when they are needed names them as seen from itself; here it stands elsewhere.
fn resolved(body: &str, path: &str) -> String {
    const OPEN: &str = "import('";
    let mut parts = body.split(OPEN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(OPEN);
        match part.split_once('\'') {
            Some((from, rest)) => {
                let _ = write!(text, "{}'{rest}", absolute(path, from));
            }
            None => text.push_str(part),
        }
    }
    text
}

/// A file without the lines that are nothing but comments: they are for whoever reads the file itself.
fn code(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_comment = false;
    for line in text.lines() {
        let words = line.trim();
        let is_begun = words.starts_with("/*") && (words.ends_with("*/") || !words.contains("*/"));
        if is_comment || is_begun {
            is_comment = !words.ends_with("*/");
        } else if !words.is_empty() && !words.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "<head>
<link rel=\"stylesheet\" href=\"/style/a.css\">
<link rel=\"stylesheet\" href=\"/style/b.css\">
<script type=\"importmap\">
{ \"imports\": { \"lib\": \"/vendor/lib.mjs\", \"far\": \"/vendor/far.mjs\" } }
</script>
<script type=\"module\" src=\"/app/main.js\"></script>
</head>
";

    fn page(files: &[(&str, &str)]) -> Result<Pack, Fault> {
        pack(INDEX, &|path| {
            let styles = [
                ("style/a.css", "a {}\n/* of b */\n"),
                ("style/b.css", "b {}\n"),
            ];
            let mut all = files.iter().chain(&styles);
            all.find(|(name, _)| *name == path)
                .map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn a_page_becomes_one_script_and_one_style() {
        let packed = page(&[
            (
                "app/main.js",
                "// Begins.\nimport { one as first, Two } from './parts/one.js';\nimport en from '../en.js';\n\
                 const later = () => import('./later.js');\nfirst(new Two(), en, later);\n",
            ),
            (
                "app/parts/one.js",
                "import { x } from 'lib';\n/** Says one. */\nexport function one() { return x; }\n\
                 export class Two {}\nexport { x as y } from 'lib';\nconst many = await import('../../en.js');\n",
            ),
            ("vendor/lib.mjs", "var a=1,b=2;export{a as x,b as v};export{z as w}from\"lib2\";"),
            ("lib2", "export const z = 3;\n"),
            ("en.js", "export default {\n  yes: 'yes',\n};\n"),
        ])
        .expect("a page");
        insta::assert_snapshot!(format!(
            "{}\n{}\n{}\n{:?}",
            packed.index, packed.script, packed.style, packed.files
        ));
    }

    #[test]
    fn what_cannot_be_read_is_told_and_never_guessed() {
        for (text, told) in [
            ("import * as all from './b.js';\n", "cannot read"),
            ("import './b.js';\n", "cannot read"),
            ("export let count = 1;\n", "cannot read"),
            ("export * from './b.js';\n", "cannot read"),
            ("import { a } from './none.js';\n", "none.js is not there"),
            ("import { a } from './main.js';\n", "main.js needs itself"),
            (
                "import { a as b } from './b.js';\nexport const a = b;\n",
                "give away a",
            ),
        ] {
            let fault = page(&[("app/main.js", text), ("app/b.js", "export const a = 2;\n")]);
            let fault = fault.err().map(|fault| fault.to_string());
            assert!(
                fault.as_ref().is_some_and(|fault| fault.contains(told)),
                "{text} {fault:?}"
            );
        }
    }
}
