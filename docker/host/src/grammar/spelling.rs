//! The known word that was probably meant.

/// How far a word may be from a known one to be taken for a misspelling of it (1 is equal).
const LEAST_SIMILARITY: f64 = 0.75;
/// The same where the word may well be one of the app's own.
const LEAST_SIMILARITY_OF_FREE_WORDS: f64 = 0.92;

/// The known word that `word` probably is a misspelling of.
pub fn did_you_mean<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    most_similar(word, known, LEAST_SIMILARITY)
}

/// A hint that asks whether a known word was meant, or else this one.
pub fn hint(word: &str, known: &[&str], otherwise: impl Into<String>) -> String {
    did_you_mean(word, known).map_or_else(|| otherwise.into(), |meant| format!("did you mean `{meant}`?"))
}

/// The known word that `word` certainly is a misspelling of, where unknown words are not mistakes.
pub fn surely_means<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    most_similar(word, known, LEAST_SIMILARITY_OF_FREE_WORDS)
}

fn most_similar<'a>(word: &str, known: &[&'a str], least: f64) -> Option<&'a str> {
    let folded = word.to_lowercase();
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&folded, &candidate.to_lowercase()), *candidate))
        .filter(|(similarity, _)| *similarity >= least)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}
