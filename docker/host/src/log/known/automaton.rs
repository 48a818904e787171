//! Many texts looked for at once, as Aho and Corasick do it: the work grows with the text alone, whatever is looked for.

use std::collections::BTreeSet;
use std::ops::Range;

/// What has been read last, as far as one of the texts begins with it: 0 is nothing.
pub type State = usize;

/// The beginnings of the texts, the shorter ones first.
#[derive(Debug)]
pub struct Automaton(Vec<Beginning>);

#[derive(Debug, Default)]
struct Beginning {
    length: u32,
    last_byte: u8,
    /// Those that are longer by a byte, in the order of it.
    longer: Range<u32>,
    /// The longest other one that this one ends with.
    rest: u32,
    /// The length of the longest text that this one ends with.
    found: u32,
}

impl Automaton {
    pub fn of(texts: &BTreeSet<Box<[u8]>>) -> Self {
        let texts: Vec<&[u8]> = texts.iter().map(|text| &**text).collect();
        let mut beginnings = vec![Beginning::default()];
        // Texts with the same beginning stand side by side.
        let mut places: Vec<Range<usize>> = std::iter::once(0..texts.len()).collect();
        let mut at = 0;
        while let Some(mut place) = places.get(at).cloned() {
            let length = beginnings[at].length as usize;
            // The one that ends here is the first of them.
            if length > 0 && texts[place.start].len() == length {
                beginnings[at].found = beginnings[at].length;
                place.start += 1;
            }
            let first = beginnings.len() as u32;
            for same in texts[place.clone()].chunk_by(|one, other| one[length] == other[length]) {
                let length = length as u32 + 1;
                beginnings.push(Beginning { length, last_byte: same[0][length as usize - 1], ..Beginning::default() });
                places.push(place.start..place.start + same.len());
                place.start += same.len();
            }
            beginnings[at].longer = first..beginnings.len() as u32;
            at += 1;
        }
        let mut automaton = Self(beginnings);
        automaton.link();
        automaton
    }

    /// Fills in `rest`, and what is found with it: it is shorter, and so is known already.
    fn link(&mut self) {
        for at in 0..self.0.len() {
            for longer in self.0[at].longer.clone() {
                let longer = longer as usize;
                let rest = if at == 0 { 0 } else { self.after(self.rest(at), self.0[longer].last_byte) };
                let found = self.0[rest].found;
                self.0[longer].rest = rest as u32;
                if self.0[longer].found == 0 {
                    self.0[longer].found = found;
                }
            }
        }
    }

    /// The state after one more byte.
    pub fn after(&self, mut state: State, byte: u8) -> State {
        loop {
            let longer = self.0[state].longer.clone();
            let first = longer.start as usize;
            match self.0[first..longer.end as usize].binary_search_by_key(&byte, |longer| longer.last_byte) {
                Ok(at) => return first + at,
                Err(_) if state == 0 => return 0,
                Err(_) => state = self.rest(state),
            }
        }
    }

    /// The length of the longest text that ends here, or 0.
    pub fn found(&self, state: State) -> usize {
        self.0[state].found as usize
    }

    /// The length of the longest beginning that ends here.
    pub fn begun(&self, state: State) -> usize {
        self.0[state].length as usize
    }

    fn rest(&self, state: State) -> State {
        self.0[state].rest as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_is_found_at_each_of_its_ends() {
        let texts = ["ab", "abcde", "bc", "cd", "cde", "x"].map(|text| Box::from(text.as_bytes()));
        let automaton = Automaton::of(&texts.into());
        let mut state = 0;
        let found: Vec<(usize, usize)> = b"zabcdefxabc"
            .iter()
            .map(|byte| {
                state = automaton.after(state, *byte);
                (automaton.begun(state), automaton.found(state))
            })
            .collect();
        assert_eq!(found, [(0, 0), (1, 0), (2, 2), (3, 2), (4, 2), (5, 5), (0, 0), (1, 1), (1, 0), (2, 2), (3, 2)]);
    }
}
