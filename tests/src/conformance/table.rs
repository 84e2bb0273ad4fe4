use std::fmt::Write as _;

use fdx_sandbox::Misbehaviour;

/// Returns the table of misbehaviour in Markdown.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| name | what the server does | clause | a client has to |\n");
    text.push_str("|---|---|---|---|\n");
    for row in Misbehaviour::all() {
        let (name, does, clause) = (row.name(), row.does(), row.clause());
        let _ = writeln!(text, "| `{name}` | {does} | {clause} | {} |", row.right());
    }
    text
}
