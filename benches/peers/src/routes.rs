//! The routers: tables of routes, and paths for them.

use crate::app::{NO_ID, ROUTES};

/// The routes of the app in `matchit`, each with its methods.
pub struct Methods(matchit::Router<Vec<&'static str>>);

impl Methods {
    pub fn new() -> Self {
        let mut router = matchit::Router::new();
        let rules: std::collections::BTreeSet<&str> = ROUTES.iter().map(|(_, rule)| *rule).collect();
        for rule in rules {
            let methods = ROUTES.iter().filter(|(_, own)| *own == rule).map(|(method, _)| *method).collect();
            router.insert(rule.replace("{path...}", "{*path}"), methods).expect("a rule of the app");
        }
        Self(router)
    }

    /// The first parameter of the rule that fits.
    pub fn find<'p>(&self, method: &str, path: &'p str) -> Option<&'p str> {
        let found = self.0.at(path).ok()?;
        let first = found.params.iter().next().map_or(NO_ID, |(_, value)| value);
        found.value.contains(&method).then_some(first)
    }
}

impl Default for Methods {
    fn default() -> Self {
        Self::new()
    }
}

/// The number of routes in a table: some, and many.
pub const SIZES: [usize; 2] = [30, 300];

/// A table of `count` rules in gatewire's syntax: `/name`, `/name/{id}`, `/name/{id}/items` for a third as many names.
pub fn table(count: usize) -> Vec<String> {
    const STEMS: [&str; 10] =
        ["products", "orders", "customers", "invoices", "todos", "users", "payments", "shipments", "reviews", "carts"];
    let name = |at: usize| match at / STEMS.len() {
        0 => STEMS[at].to_owned(),
        round => format!("{}-{round}", STEMS[at % STEMS.len()]),
    };
    let rules = (0..count.div_ceil(3)).flat_map(|at| {
        let name = name(at);
        [format!("/{name}"), format!("/{name}/{{id}}"), format!("/{name}/{{id}}/items")]
    });
    rules.take(count).collect()
}

/// A look-up: a name, a path, and the parameter that its rule captures; `None` if no rule fits.
pub const LOOK_UPS: [(&str, &str, Option<&str>); 10] = [
    ("static", "/todos", Some("")),
    ("dynamic", "/todos/42", Some("42")),
    ("nested", "/todos/6ba7b810-9dad-11d1-80b4-00c04fd430c8/items", Some("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
    ("miss", "/nothing/here", None),
    ("miss of a similar name", "/trolleys/42", None),
    ("miss of a longer name", "/todos-and-more", None),
    ("miss below a name", "/todos/", None),
    ("miss below a parameter", "/todos/6ba7b810-9dad-11d1-80b4-00c04fd430c8/nothing", None),
    ("miss below a leaf", "/todos/42/items/7", None),
    ("miss of a long path", "/nothing/of/all/this/is/a/rule/of/the/table/and/the/path/is/long", None),
];

/// As many as there are events in the mix.
pub const MIXED: usize = 600;

/// Paths over all rules of a table in random order, with parameters of random lengths.
pub fn mixed_paths(table: &[String], count: usize) -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut number = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as usize % below
    };
    let mut path = || {
        let rule = &table[number(table.len())];
        let id: String = (0..1 + number(36)).map(|_| (b'a' + number(26) as u8) as char).collect();
        rule.replace("{id}", &id)
    };
    (0..count).map(|_| path()).collect()
}

/// The paths of a look-up of [`LOOK_UPS`], or those of the mix.
pub fn paths(table: &[String], look_up: &str) -> Vec<String> {
    match LOOK_UPS.iter().find(|(name, _, _)| *name == look_up) {
        Some((_, path, _)) => vec![(*path).to_owned()],
        None => mixed_paths(table, MIXED),
    }
}

pub fn matchit(table: &[String]) -> matchit::Router<usize> {
    let mut router = matchit::Router::new();
    for (at, rule) in table.iter().enumerate() {
        router.insert(rule.as_str(), at).expect("a rule of the table");
    }
    router
}

pub fn path_tree(table: &[String]) -> path_tree::PathTree<usize> {
    let mut router = path_tree::PathTree::new();
    for (at, rule) in table.iter().enumerate() {
        let _ = router.insert(&rule.replace("{id}", ":id"), at);
    }
    router
}

pub fn wayfind(table: &[String]) -> wayfind::Router<usize> {
    let mut router = wayfind::RouterBuilder::new();
    for (at, rule) in table.iter().enumerate() {
        router.insert(&rule.replace("{id}", "<id>"), at).expect("a rule of the table");
    }
    router.build()
}
