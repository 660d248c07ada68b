//! The list of what is equal and what may differ.

use std::fs;

use super::program::{Program, repository};

const LIST: &str = "docs/warm-interpreters.md";

/// Checks that each program shows something of the list, and that programs show all of it.
pub fn check_list(programs: &[Program]) -> Result<(), String> {
    let text = fs::read_to_string(repository().join(LIST)).map_err(|error| error.to_string())?;
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .map(names)
        .collect();
    let mut complaints: Vec<_> = programs
        .iter()
        .filter(|program| !rows.iter().flatten().any(|name| fits(name, program)))
        .map(|program| format!("{LIST} does not name {}", program.name))
        .collect();
    for name in rows.iter().flatten() {
        if !programs.iter().any(|program| fits(name, program)) {
            complaints.push(format!("{LIST}: there is no program {name}"));
        }
    }
    match complaints.is_empty() {
        true => Ok(()),
        false => Err(complaints.join("\n")),
    }
}

/// What the last cell of a row names.
fn names(row: &str) -> Vec<&str> {
    let cells: Vec<_> = row.trim_end_matches([' ', '|']).split(" | ").collect();
    let last = cells.last().copied().unwrap_or_default();
    last.split('`').skip(1).step_by(2).collect()
}

/// Whether a name, with a `*` for any end, is that of a program.
fn fits(name: &str, program: &Program) -> bool {
    let file = program.name.rsplit('/').next().unwrap_or_default();
    match name.strip_suffix('*') {
        Some(beginning) => file.starts_with(beginning),
        None => file.rsplit_once('.').is_some_and(|(stem, _)| stem == name),
    }
}
