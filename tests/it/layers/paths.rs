//! Finds the paths in Rust source: in `use` items, in code, in attributes and in the arguments of macros.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{
    Attribute, BinOp, Expr, ExprBinary, ExprPath, ExprStruct, ItemFn, ItemMod, ItemUse, Macro, Meta, Pat, Path,
    UseTree, VisRestricted,
    ext::IdentExt,
    spanned::Spanned,
    visit::{self, Visit},
};

/// A path, as segments from its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPath {
    pub root: Root,
    /// Without the root; `*` where it reaches everything in the crate.
    pub segments: Vec<String>,
    /// In the body or an attribute of a server function, which are compiled on the server only.
    pub is_server_only: bool,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// This crate.
    Ours,
    /// Another crate or, in most paths of code, an imported name.
    Other,
}

/// What was found in one file.
#[derive(Debug, Default)]
pub struct Found {
    pub paths: Vec<FoundPath>,
    /// The lines that make a value of `AuthState`.
    pub auth_states: Vec<usize>,
}

/// Reads the content of `src/{file}`.
pub fn read(file: &str, text: &str) -> syn::Result<Found> {
    let syntax = syn::parse_file(text)?;
    let mut reader = Reader { module: module_of(file), is_server_only: false, found: Found::default() };
    reader.visit_file(&syntax);
    Ok(reader.found)
}

/// `["server", "http"]` for `server/http/mod.rs` and for `server/http.rs`.
pub fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|part| !["lib", "main"].contains(part)).map(str::to_owned).collect()
}

struct Reader {
    module: Vec<String>,
    is_server_only: bool,
    found: Found,
}

impl Reader {
    fn add(&mut self, segments: &[String], line: usize) {
        let Some((first, rest)) = segments.split_first() else { return };
        let (root, mut segments) = match first.as_str() {
            "crate" | "oracle_ai" => (Root::Ours, rest.to_vec()),
            "self" => (Root::Ours, [&self.module[..], rest].concat()),
            "super" => {
                let up = segments.iter().take_while(|segment| *segment == "super").count();
                let above = &self.module[..self.module.len().saturating_sub(up)];
                (Root::Ours, [above, &segments[up..]].concat())
            }
            _ => (Root::Other, segments.to_vec()),
        };
        if segments.last().is_some_and(|last| last == "self" || last == "*") {
            segments.pop();
        }
        if segments.is_empty() {
            segments.push("*".to_owned());
        }
        self.found.paths.push(FoundPath { root, segments, is_server_only: self.is_server_only, line });
    }

    fn add_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |segment: String| [before, &[segment]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(name(&path.ident)), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(before, tree)),
            UseTree::Name(leaf) => self.add(&with(name(&leaf.ident)), leaf.span().start().line),
            UseTree::Rename(leaf) => self.add(&with(name(&leaf.ident)), leaf.span().start().line),
            UseTree::Glob(leaf) => self.add(&with("*".to_owned()), leaf.span().start().line),
        }
    }

    /// The arguments of a macro or an attribute are no syntax that `syn` knows: a path is names with `::` in between.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let (mut segments, line) = (vec![name(&first)], first.span().start().line);
                    let mut colons = 0;
                    loop {
                        match tokens.peek() {
                            Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && colons < 2 => colons += 1,
                            Some(TokenTree::Ident(next)) if colons == 2 => {
                                segments.push(name(next));
                                colons = 0;
                            }
                            Some(TokenTree::Group(group)) if colons == 2 && group.delimiter() == Delimiter::Brace => {
                                self.add_group(&segments, group.stream(), line);
                                segments.clear();
                                break;
                            }
                            _ => break,
                        }
                        tokens.next();
                    }
                    self.add(&segments, line);
                }
                _ => {}
            }
        }
    }

    /// `{a, b::c}` behind `before::`, in a `use` within the arguments of a macro.
    fn add_group(&mut self, before: &[String], tokens: TokenStream, line: usize) {
        let mut is_first = true;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if is_first => {
                    self.add(&[before, &[name(&ident)]].concat(), line);
                    is_first = false;
                }
                TokenTree::Punct(punct) if punct.as_char() == ',' => is_first = true,
                _ => {}
            }
        }
    }

    fn within_server_function(&mut self, is_one: bool, visit: impl FnOnce(&mut Self)) {
        let was_one = self.is_server_only;
        self.is_server_only |= is_one;
        visit(self);
        self.is_server_only = was_one;
    }

    fn add_auth_state(&mut self, path: &Path) {
        if path.segments.iter().rev().nth(1).is_some_and(|segment| segment.ident == "AuthState") {
            self.found.auth_states.push(path.span().start().line);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(name(&item.ident));
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let is_server_function = item.attrs.iter().any(is_server_function);
        self.within_server_function(is_server_function, |reader| {
            item.attrs.iter().for_each(|attribute| reader.visit_attribute(attribute));
        });
        self.visit_signature(&item.sig);
        self.within_server_function(is_server_function, |reader| reader.visit_block(&item.block));
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| name(&segment.ident)).collect();
        self.add(&segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            Meta::List(list) => self.add_tokens(list.tokens.clone()),
            meta => visit::visit_meta(self, meta),
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    // `pub(super)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.add_auth_state(&path.path);
        visit::visit_expr_path(self, path);
    }

    fn visit_expr_struct(&mut self, expression: &'ast ExprStruct) {
        self.add_auth_state(&expression.path);
        visit::visit_expr_struct(self, expression);
    }

    // To `syn`, `AuthState::SignedOut` in a pattern is an expression too.
    fn visit_pat(&mut self, pattern: &'ast Pat) {
        match pattern {
            Pat::Path(path) => self.visit_path(&path.path),
            pattern => visit::visit_pat(self, pattern),
        }
    }

    // A value that is only compared is not set.
    fn visit_expr_binary(&mut self, expression: &'ast ExprBinary) {
        let before = self.found.auth_states.len();
        visit::visit_expr_binary(self, expression);
        if matches!(expression.op, BinOp::Eq(_) | BinOp::Ne(_)) && is_path(&expression.left, &expression.right) {
            self.found.auth_states.truncate(before);
        }
    }
}

fn is_path(left: &Expr, right: &Expr) -> bool {
    [left, right].iter().any(|side| matches!(side, Expr::Path(_)))
}

/// `#[get("/api/chat")]` and the like.
fn is_server_function(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| ["get", "post", "server"].iter().any(|known| last.ident == known))
}

/// Without `r#`.
fn name(ident: &Ident) -> String {
    ident.unraw().to_string()
}
