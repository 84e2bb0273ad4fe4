//! The texts of all statements: each is a literal in the sources, each engine's parser reads the same
//! in it, it stays in the subset that all engines share, and it fits the tables.

use core::ops::ControlFlow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fdx_store::{Action, Statement, Type, Value, schema};
use fdx_store_sqlite::SqliteStore;
use proc_macro2::{TokenStream, TokenTree};
use sqlparser::ast::{
    self, AssignmentTarget, BinaryOperator, ConflictTarget, Expr, FromTable, Function, FunctionArg,
    FunctionArgExpr, FunctionArguments, GroupByExpr, InTarget, Insert, LimitClause, OnConflict,
    OnConflictAction, OnInsert, Query, SelectItem, SetExpr, TableFactor, TableWithJoins,
    UnaryOperator, Visit as _, Visitor,
};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};
use syn::visit::Visit;

#[test]
fn each_statement_is_in_the_subset_and_fits_the_tables() {
    let mut store = SqliteStore::in_memory().unwrap();
    let found = found();
    let mut wrong = Vec::new();
    for (place, sql) in &found {
        let checked = check(sql).and_then(|parameters| fits(&mut store, sql, parameters));
        wrong.extend(checked.err().map(|error| format!("{place}: {error}\n    {sql}")));
    }
    assert!(
        wrong.is_empty(),
        "{} of {} statements:\n{}",
        wrong.len(),
        found.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_tables_are_read_by_the_parser() {
    for sql in schema::SQLITE {
        let parsed = Parser::parse_sql(&SQLiteDialect {}, sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
        assert_eq!(parsed.len(), 1, "{sql}");
        match &parsed[0] {
            ast::Statement::CreateTable(table) => {
                let text = table.to_string();
                let long = ["fdx_consents", "fdx_flows", "fdx_receipts", "fdx_tokens"];
                let end = match long.contains(&table.name.to_string().as_str()) {
                    true => ") STRICT",
                    false => ") STRICT, WITHOUT ROWID",
                };
                assert!(text.ends_with(end), "{table}")
            }
            ast::Statement::CreateIndex(_) | ast::Statement::Insert(_) => {}
            other => panic!("{other}"),
        }
    }
}

#[test]
fn postgresql_has_the_same_tables() {
    for (sql, sqlite) in schema::postgres().zip(schema::SQLITE) {
        let parsed = Parser::parse_sql(&PostgreSqlDialect {}, &sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
        let original = Parser::parse_sql(&SQLiteDialect {}, sqlite).unwrap();
        match (&parsed[..], &original[..]) {
            ([ast::Statement::CreateTable(table)], [ast::Statement::CreateTable(original)]) => {
                assert!(table.to_string().ends_with(')'), "{table}");
                for (column, original) in table.columns.iter().zip(&original.columns) {
                    let kind = match original.data_type.to_string().as_str() {
                        "TEXT" => "TEXT",
                        "INTEGER" => "BIGINT",
                        "BLOB" => "BYTEA",
                        other => panic!("{other}: {sql}"),
                    };
                    assert_eq!(column.name, original.name);
                    assert_eq!(column.data_type.to_string(), kind, "{sql}");
                    let is_c = column.options.iter().any(|it| {
                        matches!(&it.option, ast::ColumnOption::Collation(name)
                            if name.to_string() == "\"C\"")
                    });
                    assert_eq!(is_c, kind == "TEXT", "{sql}");
                }
                assert_eq!(table.columns.len(), original.columns.len());
                assert_eq!(table.constraints, original.constraints);
            }
            (parsed, original) => assert_eq!(parsed, original),
        }
    }
}

#[test]
fn refuses_what_engines_do_not_share() {
    for sql in [
        "SELECT a FROM t WHERE b = $1 AND c = $2 ORDER BY a DESC LIMIT $3",
        "SELECT COUNT(*), COALESCE(MIN(a), MAX(b), SUM(c), $1) FROM t WHERE a IS NOT NULL GROUP BY b",
        "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO NOTHING",
        "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE t.b < $3",
        "UPDATE t SET a = a + 1, b = $1 WHERE (c = $2 OR NOT c <> $3) AND d IN ($4, $5) RETURNING a, b",
        "DELETE FROM t WHERE a IN (SELECT a FROM t WHERE (b, c) > ($1, $2) LIMIT 10)",
    ] {
        assert!(check(sql).is_ok(), "{sql}: {:?}", check(sql));
    }
    for (sql, said) in [
        ("SELECT", "EOF"),
        ("SELECT a FROM t; SELECT a FROM t", "one statement"),
        ("SELECT a FROM t WHERE a = $2 AND b = $1", "parameters"),
        ("SELECT a FROM t WHERE a = $1 AND b = $1", "parameters"),
        ("SELECT a FROM t WHERE a = ?", "parameters"),
        ("SELECT a FROM t WHERE a = :name", "parameters"),
        ("SELECT a FROM t JOIN u ON t.a = u.a", "join"),
        ("SELECT a FROM t, u", "one table"),
        ("SELECT a FROM t FOR UPDATE", "SELECT"),
        ("SELECT a FROM t UNION SELECT a FROM u", "SELECT"),
        ("WITH x AS (SELECT a FROM t) SELECT a FROM x", "SELECT"),
        ("SELECT DISTINCT a FROM t", "SELECT"),
        ("SELECT * FROM t", "column"),
        ("SELECT a FROM t LIMIT 1 OFFSET 2", "LIMIT"),
        ("SELECT a FROM (SELECT a FROM t) AS u", "table"),
        ("SELECT CAST(a AS TEXT) FROM t", "expression"),
        ("SELECT a::TEXT FROM t", "expression"),
        ("SELECT a FROM t WHERE a LIKE $1", "expression"),
        ("SELECT a || b FROM t", "operator"),
        ("SELECT NOW() FROM t", "function"),
        ("SELECT LOWER(a) FROM t", "function"),
        ("SELECT COUNT(a) OVER () FROM t", "function"),
        ("SELECT MIN(a, b) FROM t", "function"),
        ("SELECT MAX(LOWER(a)) FROM t", "function"),
        ("INSERT OR REPLACE INTO t (a) VALUES ($1)", "INSERT"),
        ("INSERT INTO t VALUES ($1)", "INSERT"),
        ("INSERT INTO t (a) SELECT a FROM u", "INSERT"),
        ("INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING", "CONFLICT"),
        ("INSERT INTO t (a) VALUES ($1) RETURNING a + 1", "RETURNING"),
        ("INSERT INTO t (a) VALUES ($1) RETURNING *", "RETURNING"),
        ("UPDATE t SET a = 1 FROM u WHERE t.a = u.a", "UPDATE"),
        ("DELETE FROM t USING u WHERE t.a = u.a", "DELETE"),
        ("DELETE FROM t WHERE a IN (SELECT LOWER(a) FROM t)", "function"),
        ("CREATE TABLE t (a INTEGER)", "statement"),
        ("TRUNCATE t", "statement"),
        ("SAVEPOINT s", "statement"),
    ] {
        let error = check(sql).expect_err(sql);
        assert!(error.contains(said), "{sql}: {error}");
    }
}

#[test]
fn finds_statements_in_macros_and_refuses_other_texts() {
    let found = Finder::read(
        r#"
        macro_rules! columns { ($rest:literal) => { concat!("a, b ", $rest) }; }
        fn f() {
            g(Statement::new("c").with(1));
            vec![sql::Statement::new("d").with(vec![Statement::new(columns!("e"))])]
        }"#,
    );
    assert_eq!(found.found, ["c", "d", "a, b e"]);
    assert_eq!(found.unread, 0);
    for code in [
        "fn f() { Statement::new(TEXT) }",
        r#"fn f() { Statement::new(concat!("a", "b")) }"#,
        r#"macro_rules! m { ($a:literal) => { concat!($a, "b") }; } fn f() { Statement::new(m!("a")) }"#,
        "fn f() { texts.map(Statement::new) }",
        "fn f() { m! { Statement::new => 1 } }",
    ] {
        assert_eq!(Finder::read(code).unread, 1, "{code}");
    }
}

/// The place and the text of each statement in the sources.
pub(crate) fn found() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in sources(&root) {
        let finder = Finder::read(&fs::read_to_string(&path).unwrap());
        let place = path.strip_prefix(&root).unwrap().display().to_string();
        assert_eq!(finder.unread, 0, "{place}: `Statement::new` takes a literal");
        found.extend(finder.found.into_iter().map(|sql| (place.clone(), sql)));
    }
    found
}

/// The sources below a folder, without those of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            _ if path.file_stem().is_some_and(|name| name == "tests") => {}
            true => found.extend(sources(&path)),
            false => found.extend(path.extension().is_some_and(|it| it == "rs").then_some(path)),
        }
    }
    found.sort();
    found
}

/// Collects the texts in `Statement::new("…")`, and in `Statement::new(columns!("…"))` with a macro
/// of the same file that only writes a beginning before its literal.
#[derive(Default)]
struct Finder {
    /// The beginning that a macro writes.
    beginnings: BTreeMap<String, String>,
    found: Vec<String>,
    /// Uses of `Statement::new` with another argument.
    unread: usize,
}

impl Finder {
    fn read(code: &str) -> Self {
        let file = syn::parse_file(code).unwrap();
        let mut finder = Self::default();
        for item in &file.items {
            let syn::Item::Macro(syn::ItemMacro { ident: Some(name), mac, .. }) = item else {
                continue;
            };
            let mut tokens = Vec::new();
            flatten(mac.tokens.clone(), &mut tokens);
            let beginning = beginning(&tokens);
            finder.beginnings.extend(beginning.map(|beginning| (name.to_string(), beginning)));
        }
        finder.visit_file(&file);
        finder
    }

    fn text(&self, argument: Option<&syn::Expr>) -> Option<String> {
        match argument? {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            syn::Expr::Macro(syn::ExprMacro { mac, .. }) => {
                let beginning = self.beginnings.get(&mac.path.get_ident()?.to_string())?;
                let rest: syn::LitStr = mac.parse_body().ok()?;
                Some(format!("{beginning}{}", rest.value()))
            }
            _ => None,
        }
    }
}

/// The tokens without their groups.
fn flatten(stream: TokenStream, into: &mut Vec<String>) {
    for token in stream {
        match token {
            TokenTree::Group(group) => flatten(group.stream(), into),
            token => into.push(token.to_string()),
        }
    }
}

/// The text in `($rest:literal) => { concat!("text", $rest) }`.
fn beginning(tokens: &[String]) -> Option<String> {
    let [dollar, name, rule @ .., last] = tokens else { return None };
    let start = [":", "literal", "=", ">", "concat", "!"];
    let (before, after) = rule.split_at_checked(start.len())?;
    let [text, comma, end @ ..] = after else { return None };
    let whole =
        before == start && last == ";" && comma == "," && end == [dollar.clone(), name.clone()];
    whole.then(|| syn::parse_str::<syn::LitStr>(text).ok().map(|text| text.value()))?
}

impl Visit<'_> for Finder {
    fn visit_expr_call(&mut self, call: &syn::ExprCall) {
        match (&*call.func, self.text(call.args.first())) {
            (syn::Expr::Path(path), Some(text)) if is_constructor(&path.path) => {
                self.found.push(text);
            }
            _ => syn::visit::visit_expr_call(self, call),
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        self.unread += usize::from(is_constructor(path));
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &syn::Macro) {
        let elements = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        match found.parse_body_with(elements) {
            Ok(elements) => elements.iter().for_each(|element| self.visit_expr(element)),
            Err(_) => {
                let text = found.tokens.to_string().replace(' ', "");
                self.unread += text.matches("Statement::new").count();
            }
        }
    }
}

fn is_constructor(path: &syn::Path) -> bool {
    let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names.ends_with(&["Statement".to_owned(), "new".to_owned()])
}

/// Checks one text, and returns the number of its parameters.
fn check(sql: &str) -> Result<usize, String> {
    let parameters = parameters(sql)?;
    let parsed = parse(&SQLiteDialect {}, sql)?;
    if parsed != parse(&PostgreSqlDialect {}, sql)? {
        return Err("SQLite and PostgreSQL read it differently".to_owned());
    }
    statement(&parsed)?;
    match parsed.visit(&mut Subset) {
        ControlFlow::Continue(()) => Ok(parameters),
        ControlFlow::Break(error) => Err(error),
    }
}

fn parse(dialect: &dyn Dialect, sql: &str) -> Result<ast::Statement, String> {
    let mut parsed = Parser::parse_sql(dialect, sql).map_err(|error| error.to_string())?;
    match parsed.len() {
        1 => Ok(parsed.remove(0)),
        count => Err(format!("{count} texts, not one statement")),
    }
}

/// `$1`, `$2` and so on in this order, each once. Returns how many.
pub(crate) fn parameters(sql: &str) -> Result<usize, String> {
    let tokens =
        Tokenizer::new(&SQLiteDialect {}, sql).tokenize().map_err(|error| error.to_string())?;
    let names = tokens.into_iter().filter_map(|token| match token {
        Token::Placeholder(name) => Some(name),
        Token::Colon => Some(":".to_owned()),
        _ => None,
    });
    let names: Vec<_> = names.collect();
    match names.iter().zip(1..).all(|(name, number)| *name == format!("${number}")) {
        true => Ok(names.len()),
        false => Err(format!("parameters in another order than $1, $2: {names:?}")),
    }
}

/// Whether SQLite compiles it with the tables: `EXPLAIN` runs nothing.
fn fits(store: &mut SqliteStore, sql: &str, parameters: usize) -> Result<(), String> {
    let explain = Statement::new(format!("EXPLAIN {sql}").leak());
    let explain = (0..parameters).fold(explain, |it, _| it.with(Value::Null(Type::Text)));
    store.perform(&Action::Begin).map_err(|error| error.to_string())?;
    let result = store.perform(&Action::Run(vec![explain]));
    store.perform(&Action::RollBack).map_err(|error| error.to_string())?;
    result.map(drop).map_err(|error| error.to_string())
}

/// Visits every query and every expression of a statement.
struct Subset;

impl Visitor for Subset {
    type Break = String;

    fn pre_visit_query(&mut self, found: &Query) -> ControlFlow<String> {
        flow(query(found))
    }

    fn pre_visit_expr(&mut self, found: &Expr) -> ControlFlow<String> {
        flow(expression(found))
    }
}

fn flow(result: Result<(), String>) -> ControlFlow<String> {
    result.map_or_else(ControlFlow::Break, ControlFlow::Continue)
}

// Each function below writes what it found from the parts that are in the subset. What it parsed
// must be the same text, so anything else is refused, known or not.

fn same(kind: &str, found: &impl ToString, parts: &str) -> Result<(), String> {
    match found.to_string() == parts {
        true => Ok(()),
        false => Err(format!("{kind} is not in the subset: {}", found.to_string())),
    }
}

fn statement(found: &ast::Statement) -> Result<(), String> {
    match found {
        ast::Statement::Query(_) => Ok(()),
        ast::Statement::Insert(insert) => insertion(insert),
        ast::Statement::Update(update) => {
            let parts = format!(
                "UPDATE {} SET {}{}{}",
                table(&update.table)?,
                assignments(&update.assignments)?,
                clause(" WHERE ", update.selection.as_ref()),
                returning(update.returning.as_deref())?,
            );
            same("UPDATE", update, &parts)
        }
        ast::Statement::Delete(delete) => {
            let FromTable::WithFromKeyword(from) = &delete.from else {
                return Err("DELETE without FROM".to_owned());
            };
            let parts = format!(
                "DELETE FROM {}{}{}",
                only(from)?,
                clause(" WHERE ", delete.selection.as_ref()),
                returning(delete.returning.as_deref())?,
            );
            same("DELETE", delete, &parts)
        }
        other => Err(format!("a statement of this kind: {other}")),
    }
}

fn insertion(insert: &Insert) -> Result<(), String> {
    let source = insert.source.as_ref().map(|source| (&*source.body, source.to_string()));
    let Some((SetExpr::Values(_), values)) = source else {
        return Err("INSERT without VALUES".to_owned());
    };
    let conflict = match &insert.on {
        None => String::new(),
        Some(OnInsert::OnConflict(conflict)) => {
            let OnConflict { conflict_target, action } = conflict;
            if !matches!(conflict_target, Some(ConflictTarget::Columns { predicate: None, .. })) {
                return Err("ON CONFLICT without columns".to_owned());
            }
            if let OnConflictAction::DoUpdate(update) = action {
                assignments(&update.assignments)?;
            }
            conflict.to_string()
        }
        Some(_) => return Err("INSERT with another clause than ON CONFLICT".to_owned()),
    };
    let parts = format!(
        "INSERT INTO {} ({}) {values}{conflict}{}",
        insert.table,
        list(&insert.columns),
        returning(insert.returning.as_deref())?,
    );
    same("INSERT", insert, &parts)
}

fn query(query: &Query) -> Result<(), String> {
    let select = match &*query.body {
        SetExpr::Select(select) => select,
        // Of an INSERT.
        SetExpr::Values(values) => return same("VALUES", query, &values.to_string()),
        _ => return Err(format!("another query than SELECT: {query}")),
    };
    let columns: Result<Vec<_>, _> = select.projection.iter().map(column).collect();
    let limit = match &query.limit_clause {
        None => None,
        Some(LimitClause::LimitOffset { limit: Some(limit), offset: None, .. }) => Some(limit),
        Some(other) => return Err(format!("another LIMIT than a number:{other}")),
    };
    let group = match &select.group_by {
        GroupByExpr::Expressions(columns, _) if columns.is_empty() => None,
        group => Some(group),
    };
    let parts = format!(
        "SELECT {} FROM {}{}{}{}{}",
        list(&columns?),
        only(&select.from)?,
        clause(" WHERE ", select.selection.as_ref()),
        clause(" ", group),
        clause(" ", query.order_by.as_ref()),
        clause(" LIMIT ", limit),
    );
    same("SELECT", query, &parts)
}

fn column(item: &SelectItem) -> Result<&Expr, String> {
    match item {
        SelectItem::UnnamedExpr(expr) => Ok(expr),
        other => Err(format!("another column than an expression: {other}")),
    }
}

fn returning(items: Option<&[SelectItem]>) -> Result<String, String> {
    let is_column =
        |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(Expr::Identifier(_)));
    match items {
        None => Ok(String::new()),
        Some(items) if items.iter().all(is_column) => Ok(format!(" RETURNING {}", list(items))),
        Some(_) => Err("RETURNING with something else than columns".to_owned()),
    }
}

fn assignments(found: &[ast::Assignment]) -> Result<String, String> {
    match found.iter().all(|it| matches!(it.target, AssignmentTarget::ColumnName(_))) {
        true => Ok(list(found)),
        false => Err("an assignment to several columns".to_owned()),
    }
}

fn only(tables: &[TableWithJoins]) -> Result<String, String> {
    match tables {
        [only] => table(only),
        _ => Err("not one table".to_owned()),
    }
}

fn table(found: &TableWithJoins) -> Result<String, String> {
    match &found.relation {
        _ if !found.joins.is_empty() => Err("a join".to_owned()),
        TableFactor::Table { name, .. } => Ok(name.to_string()),
        other => Err(format!("not a table: {other}")),
    }
}

fn expression(expr: &Expr) -> Result<(), String> {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, Minus, Multiply, NotEq, Or, Plus};

    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::Between { .. }
        | Expr::Nested(_)
        | Expr::Tuple(_)
        | Expr::Case { .. }
        | Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::Minus, .. }
        | Expr::In { target: InTarget::List(_) | InTarget::Subquery(_), global: false, .. } => {
            Ok(())
        }
        Expr::BinaryOp { op, .. } => match op {
            And | Eq | Gt | GtEq | Lt | LtEq | Minus | Multiply | NotEq | Or | Plus => Ok(()),
            other => Err(format!("the operator {other}")),
        },
        Expr::Value(value) => match &value.value {
            ast::Value::Number(..)
            | ast::Value::SingleQuotedString(_)
            | ast::Value::Null
            | ast::Value::Placeholder(_) => Ok(()),
            other => Err(format!("the value {other}")),
        },
        Expr::Function(found) => function(found),
        other => Err(format!("an expression of this kind: {other}")),
    }
}

fn function(function: &Function) -> Result<(), String> {
    let name = function.name.to_string();
    let FunctionArguments::List(arguments) = &function.args else {
        return Err(format!("the function {function}"));
    };
    let plain = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(_)) => true,
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => name == "COUNT",
        _ => false,
    };
    let known = match name.as_str() {
        // With two arguments, MIN and MAX are other functions in SQLite.
        "COUNT" | "MAX" | "MIN" | "SUM" => arguments.args.len() == 1,
        "COALESCE" => arguments.args.len() > 1,
        _ => false,
    };
    match known && arguments.args.iter().all(plain) {
        true => same("a function", function, &format!("{name}({})", list(&arguments.args))),
        false => Err(format!("the function {function}")),
    }
}

fn clause(start: &str, found: Option<&impl ToString>) -> String {
    found.map(|found| format!("{start}{}", found.to_string())).unwrap_or_default()
}

fn list(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
