//! Packs the word lists of `content/spelling` into the form they are looked up in.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let list = Path::new("../content/spelling/en.txt");
    println!("cargo::rerun-if-changed={}", list.display());
    // The list is kept in the order of the lower case, which is how a map is built; it says so when it is not.
    // Names stand there with their capital.
    let text = fs::read_to_string(list)?;
    let words = text.lines().map(|word| {
        let lower = word.to_lowercase();
        let is_name = u64::from(lower != word);
        (lower, is_name)
    });
    let map = fst::Map::from_iter(words)?;
    let packed = Path::new(&env::var("OUT_DIR")?).join("en.fst");
    fs::write(packed, map.as_fst().as_bytes())?;
    Ok(())
}
