//! Each mutant of a file behind its switch.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, BinOp, Block, Expr, ExprBinary, ExprStruct, ExprUnary, Pat, Signature, UnOp};

use crate::edits::{Edits, Written};
use crate::mutant::{Genre, Mutant};
use crate::source::Source;

/// A file in which every mutant that can be is behind a switch.
pub(crate) struct Switched {
    pub(crate) text: String,
    pub(crate) written: Vec<Written>,
    pub(crate) mutants: BTreeSet<usize>,
}

/// Puts `mutants`, by their numbers, into `text`.
pub(crate) fn switch<'m>(
    text: &str,
    mutants: impl Iterator<Item = (usize, &'m Mutant)>,
) -> syn::Result<Switched> {
    let source = Source::new(text);
    let mut at = BTreeMap::new();
    for (number, mutant) in mutants {
        let place: &mut Vec<_> = at.entry((mutant.genre, source.start(mutant.span))).or_default();
        place.push((number, mutant));
    }
    let (edits, mutants) = (Edits::default(), BTreeSet::new());
    let mut switches = Switches { source: &source, at, edits, mutants, constant: false };
    switches.visit_file(&syn::parse_file(text)?);
    let mutants = switches.mutants;
    let (text, written) = switches.edits.apply(text);
    Ok(Switched { text, written, mutants })
}

struct Switches<'a, 'm> {
    source: &'a Source<'a>,
    at: BTreeMap<(Genre, usize), Vec<(usize, &'m Mutant)>>,
    edits: Edits,
    mutants: BTreeSet<usize>,
    /// What is computed while compiling knows no environment.
    constant: bool,
}

fn on(number: usize) -> String {
    format!("switch::on({number})")
}

impl<'m> Switches<'_, 'm> {
    fn range(&self, span: Span) -> Range<usize> {
        self.source.range(span)
    }

    fn take(&mut self, genre: Genre, place: usize) -> Vec<(usize, &'m Mutant)> {
        let found = if self.constant { None } else { self.at.remove(&(genre, place)) };
        let found = found.unwrap_or_default();
        self.mutants.extend(found.iter().map(|(number, _)| *number));
        found
    }

    fn function(&mut self, signature: &Signature, body: &Block) {
        let returned = self.range(signature.output.span());
        // Whatever it is, it is one type: an early return can't be of another.
        let opaque = self.source.text[returned].contains("impl ");
        let Some(first) = body.stmts.first().filter(|_| !opaque) else { return };
        let first = self.range(first.span()).start;
        let inside = self.range(body.span());
        for (number, mutant) in self.take(Genre::FnValue, first) {
            let value = Some(&*mutant.replacement).filter(|value| *value != "()").unwrap_or("");
            let text = format!("if {} {{ return {value}; }} ", on(number));
            self.edits.before(&(first..inside.end), text, &[number]);
        }
    }

    /// `a OP b` for each mutant's own operator, else the one that stands there. Neither operand is
    /// written twice, for it may hold mutants itself.
    fn choose(&mut self, binary: &ExprBinary, mutants: &[(usize, &Mutant)], by: &str) {
        let (whole, operator) = (self.range(binary.span()), self.range(binary.op.span()));
        let numbers: Vec<usize> = mutants.iter().map(|(number, _)| *number).collect();
        self.edits.before(&whole, format!("(match ({by}("), &numbers);
        self.edits.instead(&operator, format!("), {by}("), &numbers);
        self.edits.after(&whole, ")) { (l__, r__) => ", &numbers);
        for (number, mutant) in mutants {
            let operator = &mutant.replacement;
            let text = format!("if {} {{ l__ {operator} r__ }} else ", on(*number));
            self.edits.after(&whole, text, &[*number]);
        }
        let operator = &self.source.text[operator];
        self.edits.after(&whole, format!("{{ l__ {operator} r__ }} }})"), &numbers);
    }

    /// `a && b` is *if a is as true as the mutant is on, then that, else b*; `a || b` likewise.
    fn lazy(&mut self, binary: &ExprBinary, number: usize, (same, answer): (&str, &str)) {
        let (whole, operator) = (self.range(binary.span()), self.range(binary.op.span()));
        let on = on(number);
        self.edits.before(&whole, "(if (", &[number]);
        let text = format!(") {same} {on} {{ {answer}{on} }} else {{");
        self.edits.instead(&operator, text, &[number]);
        self.edits.after(&whole, " })", &[number]);
    }

    /// `a += b`, where `a` is a place.
    fn assign(&mut self, binary: &ExprBinary, mutants: &[(usize, &Mutant)]) {
        let (place, operator) = (self.range(binary.left.span()), self.range(binary.op.span()));
        let value = self.range(binary.right.span());
        let numbers: Vec<usize> = mutants.iter().map(|(number, _)| *number).collect();
        self.edits.instead(&(place.start..value.start), "{ let r__ = ", &numbers);
        self.edits.after(&value, "; ", &numbers);
        let place = &self.source.text[place];
        for (number, mutant) in mutants {
            let operator = &mutant.replacement;
            let text = format!("if {} {{ {place} {operator} r__ }} else ", on(*number));
            self.edits.after(&value, text, &[*number]);
        }
        let operator = &self.source.text[operator];
        self.edits.after(&value, format!("{{ {place} {operator} r__ }} }}"), &numbers);
    }
}

impl<'ast> Visit<'ast> for Switches<'_, '_> {
    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let before = std::mem::replace(&mut self.constant, true);
        visit::visit_item_const(self, item);
        self.constant = before;
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let before = std::mem::replace(&mut self.constant, true);
        visit::visit_item_static(self, item);
        self.constant = before;
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let before = std::mem::replace(&mut self.constant, item.sig.constness.is_some());
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
        self.constant = before;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let before = std::mem::replace(&mut self.constant, item.sig.constness.is_some());
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
        self.constant = before;
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        let chain = has_let(&binary.left) || has_let(&binary.right);
        let operator = self.range(binary.op.span()).start;
        let mutants = if chain { Vec::new() } else { self.take(Genre::BinaryOperator, operator) };
        match (&binary.op, &*mutants) {
            (_, []) => {}
            (BinOp::And(_), [(number, _)]) => self.lazy(binary, *number, ("==", "")),
            (BinOp::Or(_), [(number, _)]) => self.lazy(binary, *number, ("!=", "!")),
            (
                BinOp::Eq(_)
                | BinOp::Ne(_)
                | BinOp::Lt(_)
                | BinOp::Le(_)
                | BinOp::Gt(_)
                | BinOp::Ge(_),
                _,
            ) => self.choose(binary, &mutants, "&"),
            (
                BinOp::AddAssign(_)
                | BinOp::SubAssign(_)
                | BinOp::MulAssign(_)
                | BinOp::DivAssign(_)
                | BinOp::RemAssign(_)
                | BinOp::BitAndAssign(_)
                | BinOp::BitOrAssign(_)
                | BinOp::BitXorAssign(_)
                | BinOp::ShlAssign(_)
                | BinOp::ShrAssign(_),
                _,
            ) => self.assign(binary, &mutants),
            _ => self.choose(binary, &mutants, ""),
        }
        visit::visit_expr_binary(self, binary);
    }

    /// Of the unary operators only `!` of a truth value: *not* of it, or not.
    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        let whole = self.range(unary.span());
        let not = matches!(unary.op, UnOp::Not(_));
        let mutants = if not { self.take(Genre::UnaryOperator, whole.start) } else { Vec::new() };
        for (number, _) in mutants {
            self.edits.before(&whole, format!("({} ^ ", on(number)), &[number]);
            self.edits.after(&whole, ")", &[number]);
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        let whole = self.range(arm.span());
        match &arm.pat {
            Pat::Guard(guarded) if !has_let(&guarded.guard) => {
                let guard = self.range(guarded.guard.span());
                for (number, mutant) in self.take(Genre::MatchArmGuard, guard.start) {
                    let always = mutant.replacement == "true";
                    let text = if always { "({} || (" } else { "(!{} && (" };
                    self.edits.before(&guard, text.replace("{}", &on(number)), &[number]);
                    self.edits.after(&guard, "))", &[number]);
                }
                for (number, _) in self.take(Genre::MatchArm, whole.start) {
                    self.edits.before(&guard, format!("(!{} && (", on(number)), &[number]);
                    self.edits.after(&guard, "))", &[number]);
                }
            }
            Pat::Guard(_) => {}
            pattern => {
                let pattern = self.range(pattern.span());
                for (number, _) in self.take(Genre::MatchArm, whole.start) {
                    let text = format!(" if !{}", on(number));
                    self.edits.after(&(0..pattern.end), text, &[number]);
                }
            }
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, value: &'ast ExprStruct) {
        let base = value.rest.as_ref().map(|base| self.range(base.span()));
        for (field, base) in value.fields.iter().filter_map(|field| Some((field, base.clone()?))) {
            let base = &self.source.text[base];
            let (whole, expr) = (self.range(field.span()), self.range(field.expr.span()));
            let syn::Member::Named(name) = &field.member else { continue };
            let label = if field.colon_token.is_some() { "" } else { &format!("{name}: ") };
            for (number, _) in self.take(Genre::StructField, whole.start) {
                let text = format!("{label}if {} {{ ({base}).{name} }} else {{ ", on(number));
                self.edits.before(&expr, text, &[number]);
                self.edits.after(&expr, " }", &[number]);
            }
        }
        visit::visit_expr_struct(self, value);
    }
}

/// Whether an operand is a `let`, which nothing else can be written around.
fn has_let(operand: &Expr) -> bool {
    match operand {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
