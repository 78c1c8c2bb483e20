//! The rules, applied to the paths that files name.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ABOVE_ALL_LAYERS, CLIENT_FOLDERS, CRATES, FLOORS, KNOWS_THE_MOCKS, LAYERS, SETS_AUTH_STATE,
    paths::{Found, FoundPath, Root, module_of},
};

/// The imports of all files.
pub struct Imports {
    /// For each file its module, and the paths that it imports from this crate.
    ours: Vec<(Vec<String>, Vec<Vec<String>>)>,
    /// The re-exports of `server/mod.rs`, each with the module that holds it.
    exported: BTreeMap<String, String>,
}

pub type Graph = BTreeMap<String, BTreeSet<String>>;

impl Imports {
    pub fn of(files: &[(String, Found)]) -> Self {
        let mut ours = vec![];
        let mut exported = BTreeMap::new();
        for (file, found) in files {
            if file == "server/mod.rs" {
                let exports = found.paths.iter().filter(|path| path.segments.len() > 1);
                exported.extend(exports.map(|path| {
                    let at = usize::from(path.segments[0] == "server");
                    (path.segments[path.segments.len() - 1].clone(), path.segments[at].clone())
                }));
            }
            let of_file = found.paths.iter().filter(|path| path.root == Root::Ours).map(|path| path.segments.clone());
            ours.push((module_of(file), of_file.collect()));
        }
        Self { ours, exported }
    }

    /// Which children of this module import which others.
    pub fn between_children(&self, parent: &str) -> Graph {
        let parent: Vec<String> = parent.split('/').map(str::to_owned).collect();
        let child = |path: &[String]| path.strip_prefix(&parent[..])?.first().cloned();
        let mut graph: Graph =
            self.ours.iter().filter_map(|(module, _)| Some((child(module)?, BTreeSet::new()))).collect();
        let children: BTreeSet<String> = graph.keys().cloned().collect();
        for (module, imports) in &self.ours {
            let Some(from) = child(module) else { continue };
            let others = imports.iter().filter_map(|path| child(path)).map(|to| self.at_home(to));
            let others = others.filter(|to| *to != from && children.contains(to));
            graph.entry(from.clone()).or_default().extend(others);
        }
        graph
    }

    /// The module that holds a name which `server/mod.rs` re-exports.
    fn at_home(&self, name: String) -> String {
        self.exported.get(&name).cloned().unwrap_or(name)
    }
}

/// One line for each path that `src/{file}` names and must not.
pub fn wrong_imports(imports: &Imports, file: &str, found: &Found) -> Vec<String> {
    if ABOVE_ALL_LAYERS.contains(&file) {
        return vec![];
    }
    let module = module_of(file);
    let Some((layer, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == module[0]) else {
        return vec![format!("src/{file} is in no layer")];
    };
    let floor = module.get(1).filter(|_| *layer == "server").map(|name| floor_of(name));
    if floor == Some(None) {
        return vec![format!("src/{file} is on no floor of the server")];
    }
    let mut wrong = BTreeSet::new();
    for path in &found.paths {
        let is_wrong = match path.root {
            Root::Other => is_of_another_folder(file, &path.segments[0]),
            Root::Ours => {
                !is_allowed_layer(file, layer, allowed, path)
                    || floor.flatten().is_some_and(|floor| leads_up(imports, floor, path))
                    || leads_up_in_client(&module, path)
            }
        };
        if is_wrong {
            wrong.insert((path.line, format!("src/{file}:{}: names {}", path.line, path.segments.join("::"))));
        }
    }
    if *layer == "client" && !file.starts_with(SETS_AUTH_STATE) {
        wrong.extend(found.auth_states.iter().map(|line| (*line, format!("src/{file}:{line}: makes an AuthState"))));
    }
    wrong.into_iter().map(|(_, text)| text).collect()
}

fn is_allowed_layer(file: &str, layer: &str, allowed: &[&str], path: &FoundPath) -> bool {
    let to = path.segments[0].as_str();
    to == layer
        || allowed.contains(&to)
        || (layer == "api" && to == "server" && path.is_server_only)
        || (to == "mock" && file.starts_with(KNOWS_THE_MOCKS))
}

/// Whether a path leads from this floor of the server to one above.
fn leads_up(imports: &Imports, floor: usize, path: &FoundPath) -> bool {
    let [server, to, ..] = &path.segments[..] else { return false };
    server == "server" && floor_of(&imports.at_home(to.clone())).is_none_or(|above| above > floor)
}

fn floor_of(name: &str) -> Option<usize> {
    FLOORS.iter().position(|folders| folders.contains(&name))
}

/// Whether a path leads from this module of the client to a folder above its own.
fn leads_up_in_client(module: &[String], path: &FoundPath) -> bool {
    let ([layer, from, ..], [to_layer, to, ..]) = (module, &path.segments[..]) else { return false };
    layer == "client" && to_layer == "client" && client_folder(from) < client_folder(to)
}

/// Where a folder is in the order. Other names are re-exported by `client/mod.rs`, from the uppermost folder.
fn client_folder(name: &str) -> usize {
    CLIENT_FOLDERS.iter().position(|folder| *folder == name).unwrap_or(CLIENT_FOLDERS.len() - 1)
}

/// Whether only other folders may name this crate.
fn is_of_another_folder(file: &str, name: &str) -> bool {
    let folders = CRATES.iter().find(|(crates, _)| crates.contains(&name)).map(|(_, folders)| folders);
    folders.is_some_and(|folders| !folders.iter().any(|folder| file.starts_with(folder)))
}

/// Modules that import each other in a circle, from one of them back to it.
pub fn circle(graph: &Graph) -> Option<Vec<String>> {
    fn search(graph: &Graph, path: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<Vec<String>> {
        let last = path.last()?.clone();
        for next in graph.get(&last).into_iter().flatten() {
            if let Some(start) = path.iter().position(|visited| visited == next) {
                let mut circle = path[start..].to_vec();
                circle.push(next.clone());
                return Some(circle);
            }
            if !done.contains(next) {
                path.push(next.clone());
                if let Some(circle) = search(graph, path, done) {
                    return Some(circle);
                }
                path.pop();
            }
        }
        done.insert(last);
        None
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| search(graph, &mut vec![start.clone()], &mut done))
}
