//! Pictures of badges that an org drew itself: SVG with shapes and colours, and nothing that runs,
//! loads or links. What is not on the list is refused, not cleaned: whoever drew it sees what they get.

/// The shipped ones have less than a tenth of it.
pub const PICTURE_BYTES_MAX: usize = 32 * 1024;
const DEPTH_MAX: usize = 32;

const ELEMENTS: [&str; 16] = [
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "g",
    "line",
    "linearGradient",
    "path",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "svg",
    "title",
];
const ATTRIBUTES: [&str; 45] = [
    "aria-label",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "cx",
    "cy",
    "d",
    "fill",
    "fill-opacity",
    "fill-rule",
    "fx",
    "fy",
    "gradientTransform",
    "gradientUnits",
    "height",
    "id",
    "offset",
    "opacity",
    "pathLength",
    "points",
    "preserveAspectRatio",
    "r",
    "role",
    "rx",
    "ry",
    "spreadMethod",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "transform",
    "version",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y1",
    "y2",
];
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// What is wrong with a picture, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct NotAPicture {
    /// Bytes from its beginning.
    pub at: usize,
    pub says: String,
}

/// Whether a text is a picture that may be shown to anybody.
pub fn check(text: &str) -> Result<(), NotAPicture> {
    let no = |at: usize, says: &str| {
        let says = says.to_owned();
        Err(NotAPicture { at, says })
    };
    if text.len() > PICTURE_BYTES_MAX {
        return no(0, "a picture has at most 32 KiB");
    }
    let mut open: Vec<&str> = vec![];
    let mut rest = text.trim_start_matches('\u{FEFF}');
    let mut has_root = false;
    loop {
        let at = text.len() - rest.len();
        let Some((before, after)) = rest.split_once('<') else {
            let is_done = has_root && open.is_empty() && rest.trim().is_empty();
            return if is_done {
                Ok(())
            } else {
                no(at, "the picture is not whole")
            };
        };
        let is_told = matches!(open.last(), Some(&"title" | &"desc"));
        if !is_told && !before.trim().is_empty() {
            return no(at, "there is text where only shapes are");
        }
        if before.contains('&') {
            return no(at, "write the character itself, not an entity");
        }
        let at = at + before.len();
        if let Some(comment) = after.strip_prefix("!--") {
            let Some((_, after)) = comment.split_once("-->") else {
                return no(at, "a comment has no end");
            };
            rest = after;
            continue;
        }
        let Some((tag, after)) = after.split_once('>') else {
            return no(at, "a tag has no end");
        };
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name.trim_end()) {
                return no(at, "tags are closed in the order they were opened");
            }
            continue;
        }
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = match tag.split_once(|c: char| c.is_ascii_whitespace()) {
            Some((name, attributes)) => (name, attributes),
            None => (tag, ""),
        };
        if !ELEMENTS.contains(&name) {
            return Err(NotAPicture {
                at,
                says: format!("a picture has no <{}>", shown(name)),
            });
        }
        if open.is_empty() && (has_root || name != "svg") {
            return no(at, "a picture is one <svg>");
        }
        let has_namespace = self::attributes(attributes, at)?;
        if !has_root && !has_namespace {
            return no(at, "the <svg> needs xmlns=\"http://www.w3.org/2000/svg\"");
        }
        has_root = true;
        if !is_empty {
            open.push(name);
            if open.len() > DEPTH_MAX {
                return no(at, "the picture is nested too deeply");
            }
        }
    }
}

/// Whether the namespace is among them.
fn attributes(text: &str, at: usize) -> Result<bool, NotAPicture> {
    let no = |says: String| Err(NotAPicture { at, says });
    let mut has_namespace = false;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some((name, after)) = rest.split_once('=') else {
            return no("an attribute has a value in quotes".to_owned());
        };
        let (name, after) = (name.trim(), after.trim_start());
        let quote = after.chars().next().filter(|c| ['"', '\''].contains(c));
        let value = quote.and_then(|quote| after.get(1..)?.split_once(quote));
        let Some((value, after)) = value else {
            return no("an attribute has a value in quotes".to_owned());
        };
        rest = after.trim_start();
        if name == "xmlns" && value == NAMESPACE {
            has_namespace = true;
            continue;
        }
        if !ATTRIBUTES.contains(&name) {
            return no(format!("a picture has no {}=", shown(name)));
        }
        if value.contains(['&', '<', '\\', '@']) || !is_local(value) {
            return no(format!("{name}= points outside the picture"));
        }
    }
    Ok(has_namespace)
}

/// `url(..)` of something in the picture, and no other address.
fn is_local(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let mut rest = lower.as_str();
    while let Some((_, after)) = rest.split_once("url(") {
        if !after.trim_start_matches([' ', '"', '\'']).starts_with('#') {
            return false;
        }
        rest = after;
    }
    !["javascript:", "data:", "http:", "https:", "//"]
        .iter()
        .any(|address| lower.contains(address))
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(inner: &str) -> String {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\">{inner}</svg>")
    }

    #[test]
    fn shapes_and_colours_are_a_picture() {
        for inner in [
            "",
            "<!-- a dot --><circle cx=\"4\" cy='4' r=\"2\" fill=\"url(#g)\"/>",
            "<title>A dot & more</title>"
                .replace(" & more", "")
                .as_str(),
            "<defs><linearGradient id=\"g\"><stop offset=\"0\" stop-color=\"#fff\"/></linearGradient></defs>",
            "<g transform=\"rotate(4)\">\n<path d=\"M0 0h8\" /></g>",
        ] {
            assert_eq!(check(&svg(inner)), Ok(()), "{inner}");
        }
    }

    #[test]
    fn nothing_that_runs_loads_or_links_is_one() {
        for inner in [
            "<script>alert(1)</script>",
            "<SCRIPT/>",
            "<circle onload=\"alert(1)\"/>",
            "<g style=\"background:url(http://x)\"/>",
            "<a href=\"http://x\"><circle/></a>",
            "<use href=\"#g\"/>",
            "<image href=\"data:x\"/>",
            "<foreignObject/>",
            "<rect fill=\"url(http://x/y)\"/>",
            "<rect fill=\"URL( //x/y)\"/>",
            "<rect fill=\"u&#114;l(x)\"/>",
            "<animate attributeName=\"x\"/>",
            "<g><g></g>",
            "</g>",
            "text",
            "<![CDATA[<script/>]]>",
            "<?xml-stylesheet href=\"x\"?>",
            "<circle r=4/>",
            "<title>&lt;</title>",
            "<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        ] {
            assert!(check(&svg(inner)).is_err(), "{inner}");
        }
        for whole in [
            "",
            "<svg/>",
            "<g xmlns=\"http://www.w3.org/2000/svg\"/>",
            "<!DOCTYPE svg><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"/><svg/>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\">",
        ] {
            assert!(check(whole).is_err(), "{whole}");
        }
        assert!(check(&svg(&"<g>".repeat(40))).is_err());
        assert!(check(&svg(&" ".repeat(PICTURE_BYTES_MAX))).is_err());
    }
}
