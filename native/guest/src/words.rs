//! Words for users.

const LIMIT_CHARACTERS: usize = 200;

/// The beginning of a text that somebody else made and that may be of any length.
pub fn cut(text: &str) -> &str {
    match text.char_indices().nth(LIMIT_CHARACTERS) {
        Some((index, _)) => &text[..index],
        None => text,
    }
}
