use super::*;
use crate::mutant::{Position, Span};

/// A mutant of the place where `mark` first stands.
fn mutant(text: &str, mark: &str, genre: Genre, replacement: &str) -> Mutant {
    let at = text.find(mark).unwrap();
    let line = text[..at].matches('\n').count() + 1;
    let column = text[..at].chars().rev().take_while(|c| *c != '\n').count() + 1;
    Mutant {
        file: String::new(),
        name: String::new(),
        genre,
        replacement: replacement.to_owned(),
        span: Span { start: Position { line, column } },
    }
}

fn switched(text: &str, mutants: &[Mutant]) -> String {
    let switched = switch(text, mutants.iter().enumerate()).unwrap();
    assert!(syn::parse_file(&switched.text).is_ok(), "{}", switched.text);
    switched.text
}

#[test]
fn each_kind_of_mutant_has_its_switch() {
    for (text, mark, genre, replacement, expected) in [
        (
            "fn f() -> u8 { 1 }",
            "1",
            Genre::FnValue,
            "0",
            "fn f() -> u8 { if switch::on(0) { return 0; } 1 }",
        ),
        (
            "fn f() { g() }",
            "g",
            Genre::FnValue,
            "()",
            "fn f() { if switch::on(0) { return ; } g() }",
        ),
        (
            "fn f() -> bool { a && b }",
            "&&",
            Genre::BinaryOperator,
            "||",
            "fn f() -> bool { (if (a ) == switch::on(0) { switch::on(0) } else { b }) }",
        ),
        (
            "fn f() -> bool { a || b }",
            "||",
            Genre::BinaryOperator,
            "&&",
            "fn f() -> bool { (if (a ) != switch::on(0) { !switch::on(0) } else { b }) }",
        ),
        (
            "fn f() -> bool { a < b }",
            "<",
            Genre::BinaryOperator,
            "<=",
            "fn f() -> bool { (match (&(a ), &( b)) { (l__, r__) => if switch::on(0) { l__ <= r__ } else { l__ < r__ } }) }",
        ),
        (
            "fn f() { a += b; }",
            "+=",
            Genre::BinaryOperator,
            "-=",
            "fn f() { { let r__ = b; if switch::on(0) { a -= r__ } else { a += r__ } }; }",
        ),
        (
            "fn f() -> bool { !a }",
            "!",
            Genre::UnaryOperator,
            "",
            "fn f() -> bool { (switch::on(0) ^ !a) }",
        ),
        (
            "fn f() { match a { 1 => b, _ => c } }",
            "1",
            Genre::MatchArm,
            "",
            "fn f() { match a { 1 if !switch::on(0) => b, _ => c } }",
        ),
        (
            "fn f() { match a { _ if b => c } }",
            "b =>",
            Genre::MatchArmGuard,
            "true",
            "fn f() { match a { _ if (switch::on(0) || (b)) => c } }",
        ),
        (
            "fn f() -> S { S { a, ..b } }",
            "a,",
            Genre::StructField,
            "",
            "fn f() -> S { S { a: if switch::on(0) { (b).a } else { a }, ..b } }",
        ),
    ] {
        assert_eq!(switched(text, &[mutant(text, mark, genre, replacement)]), expected);
    }
}

#[test]
fn what_is_computed_while_compiling_and_what_is_opaque_is_left_to_others() {
    for text in ["const A: u8 = 1 + 2;", "static A: u8 = 1 + 2;", "const fn f() -> u8 { 1 + 2 }"] {
        assert_eq!(switched(text, &[mutant(text, "+", Genre::BinaryOperator, "-")]), text);
    }
    let text = "fn f() -> impl Sized { 1 }";
    assert_eq!(switched(text, &[mutant(text, "1", Genre::FnValue, "2")]), text);
    let text = "fn f() { if let Some(a) = b && a { c() } }";
    assert_eq!(switched(text, &[mutant(text, "&&", Genre::BinaryOperator, "||")]), text);
}

#[test]
fn a_mutant_inside_another_s_operand_keeps_its_switch() {
    let text = "fn f() -> bool { a && b == c }";
    let mutants = [
        mutant(text, "&&", Genre::BinaryOperator, "||"),
        mutant(text, "==", Genre::BinaryOperator, "!="),
    ];
    let text = switched(text, &mutants);
    assert_eq!(text.matches("switch::on(0)").count(), 2);
    assert_eq!(text.matches("switch::on(1)").count(), 1);
}

#[test]
fn a_guard_that_is_one_comparison_holds_both_switches() {
    let text = "fn f() { match a { _ if b < c => d } }";
    let mutants = [
        mutant(text, "b <", Genre::MatchArmGuard, "false"),
        mutant(text, "<", Genre::BinaryOperator, ">"),
    ];
    let expected = "(!switch::on(0) && ((match (&(b ), &( c)) { (l__, r__) => \
         if switch::on(1) { l__ > r__ } else { l__ < r__ } })))";
    assert!(switched(text, &mutants).contains(expected));
}
