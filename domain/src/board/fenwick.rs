//! Counts in a row, and the sum of those before any of them in O(log n).

/// A Fenwick tree over `u32` counts. Changing one count is O(log n), changing how many there are
/// is O(n).
#[derive(Clone, Debug, Default)]
pub(super) struct Fenwick {
    counts: Vec<u32>,
    /// The node at index i holds the sum of the counts at `i - (i & -i) .. i`, as in every textbook.
    /// Index 0 is unused.
    tree: Vec<u32>,
}

impl Fenwick {
    pub(super) fn new(counts: Vec<u32>) -> Self {
        let mut fenwick = Self {
            counts,
            tree: Vec::new(),
        };
        fenwick.rebuild();
        fenwick
    }

    fn rebuild(&mut self) {
        self.tree.clear();
        self.tree.push(0);
        self.tree.extend_from_slice(&self.counts);
        for index in 1..self.tree.len() {
            let sum = self.tree.get(index).copied().unwrap_or_default();
            if let Some(above) = self.tree.get_mut(index + (index & index.wrapping_neg())) {
                *above += sum;
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> u32 {
        self.counts.get(index).copied().unwrap_or_default()
    }

    /// Adds to one count; `by` may be negative, the count not.
    pub(super) fn add(&mut self, index: usize, by: i32) {
        if by == 0 {
            return;
        }
        if let Some(count) = self.counts.get_mut(index) {
            *count = count.wrapping_add_signed(by);
        }
        let mut node = index + 1;
        while let Some(sum) = self.tree.get_mut(node) {
            *sum = sum.wrapping_add_signed(by);
            node += node & node.wrapping_neg();
        }
    }

    /// The sum of the counts before `index`.
    pub(super) fn before(&self, index: usize) -> u32 {
        let mut node = index.min(self.counts.len());
        let mut sum = 0;
        while node > 0 {
            sum += self.tree.get(node).copied().unwrap_or_default();
            node &= node - 1;
        }
        sum
    }

    /// The index of the count in which the `sum`th unit (from 0) lies, and how many units of it
    /// come before that one. Past the end, the index is how many counts there are.
    pub(super) fn find(&self, mut sum: u32) -> (usize, u32) {
        let mut node = 0;
        let mut step = (self.counts.len() + 1).next_power_of_two() >> 1;
        while step > 0 {
            if let Some(&below) = self.tree.get(node + step)
                && below <= sum
            {
                node += step;
                sum -= below;
            }
            step >>= 1;
        }
        (node, sum)
    }

    /// Puts one count in another's place and a new one behind it.
    pub(super) fn split(&mut self, index: usize, kept: u32, behind: u32) {
        if let Some(count) = self.counts.get_mut(index) {
            *count = kept;
            self.counts.insert(index + 1, behind);
            self.rebuild();
        }
    }

    /// Adds the count behind `index` to the one at `index`.
    pub(super) fn merge(&mut self, index: usize) {
        if index + 1 < self.counts.len() {
            let behind = self.counts.remove(index + 1);
            if let Some(count) = self.counts.get_mut(index) {
                *count += behind;
            }
            self.rebuild();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_finds_like_a_plain_list() {
        let mut plain: Vec<u32> = vec![3, 0, 5, 1, 0, 0, 7];
        let mut fenwick = Fenwick::new(plain.clone());
        let agree = |fenwick: &Fenwick, plain: &[u32]| {
            for index in 0..=plain.len() {
                assert_eq!(fenwick.before(index), plain[..index].iter().sum::<u32>());
            }
            let units: Vec<(usize, u32)> = (0..plain.len())
                .flat_map(|index| (0..plain[index]).map(move |unit| (index, unit)))
                .collect();
            for (sum, unit) in (0..).zip(&units) {
                assert_eq!(fenwick.find(sum), *unit);
            }
            let total = plain.iter().sum();
            assert_eq!(fenwick.find(total).0, plain.len());
        };
        agree(&fenwick, &plain);
        fenwick.add(2, -4);
        fenwick.add(6, 9);
        plain[2] -= 4;
        plain[6] += 9;
        agree(&fenwick, &plain);
        fenwick.split(6, 10, 6);
        plain.pop();
        plain.extend([10, 6]);
        agree(&fenwick, &plain);
        fenwick.merge(0);
        plain.splice(0..2, [3]);
        agree(&fenwick, &plain);
        agree(&Fenwick::new(vec![]), &[]);
    }
}
