//! The documentation of content files names what there is.

use std::fs;
use std::path::Path;

#[test]
fn the_guide_names_every_list_of_a_voice() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/personas.md");
    let guide = fs::read_to_string(guide).expect("the guide");
    for (name, _) in ludus_domain::persona::Voice::default().pools() {
        assert!(
            guide.contains(&format!("`{name}`")),
            "docs/personas.md says nothing about `{name}`"
        );
    }
}
