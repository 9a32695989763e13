//! Made-up names for boards on which nobody is told by name.

/// Sixty-four each, so that six bits choose one.
const KINDS: &str = "amber azure bold brave bright calm clever copper coral crimson curious daring \
    dawn eager early ember fair fleet gentle gilded glad golden green happy hazel honest indigo \
    ivory jade jolly keen kind lively lucky lunar mellow merry misty noble north olive patient \
    pearl plucky proud quick quiet rapid ready rosy ruby sandy silver snowy solar south steady \
    sunny swift tidy velvet warm wild wise";
const ANIMALS: &str = "badger beaver bison bunting cheetah chough cormorant crane curlew deer \
    dolphin dormouse dove eagle egret falcon ferret finch fox gecko goose grebe hare hawk heron \
    hoopoe ibex ibis jay kestrel kite koala lark lemur linnet lion lynx marten mole moose newt \
    nightjar orca otter owl panda petrel pika plover puffin quail rabbit raven robin seal sparrow \
    stork swan tapir tern turtle vole wren yak";

/// A name out of a hash of who it is and of which board; the hash must be keyed, or whoever knows
/// the ids could work it out. The number makes two the same unlikely; two the same do no harm.
pub fn pseudonym(hash: u64) -> String {
    let pick = |words: &'static str, bits: u64| {
        let place = usize::try_from(bits % 64).unwrap_or(0);
        words.split_whitespace().nth(place).unwrap_or("quiet")
    };
    let number = 10 + (hash >> 12) % 90;
    format!(
        "{} {} {number}",
        capital(pick(KINDS, hash)),
        capital(pick(ANIMALS, hash >> 6))
    )
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_many_names_and_each_is_always_the_same() {
        for words in [KINDS, ANIMALS] {
            let all: BTreeSet<&str> = words.split_whitespace().collect();
            assert_eq!(all.len(), 64, "{words}");
        }
        let names: BTreeSet<String> = (0..1_000_u64)
            .map(|n| pseudonym(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect();
        assert!(names.len() > 990, "{}", names.len());
        assert_eq!(pseudonym(7), pseudonym(7));
        assert_eq!(pseudonym(0), "Amber Badger 10");
    }
}
