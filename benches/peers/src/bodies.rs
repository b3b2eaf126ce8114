//! Bodies: JSON as APIs send it, with short strings and therefore many quotes.

use serde::Serialize;

#[derive(Clone, Serialize)]
pub struct Item {
    id: u32,
    list: &'static str,
    title: String,
    done: bool,
    tags: [&'static str; 2],
    due: String,
    price: f64,
}

const TITLES: [&str; 5] =
    ["buy oat milk", "ring Zo\u{eb}", "fix the \"late\" report", "plan\tthe trip", "write it down"];
const TAGS: [&str; 5] = ["home", "work", "urgent", "later", "garden"];

fn item(at: usize) -> Item {
    // Numbers without a short period, so that no two adjacent items are alike.
    let random = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let pick = |from: &[&'static str], shift: u32| from[(random >> shift) as usize % from.len()];
    Item {
        id: at as u32,
        list: pick(&["inbox", "today", "some day"], 3),
        title: format!("{} {}", pick(&TITLES, 7), random % 1000),
        done: random & 1 == 0,
        tags: [pick(&TAGS, 11), pick(&TAGS, 17)],
        due: format!("2026-{:02}-{:02}T10:00:00Z", 1 + random % 12, 1 + (random >> 8) % 28),
        price: (random % 100_000) as f64 / 100.0,
    }
}

/// Items whose JSON has about the given number of bytes.
pub fn items(bytes: usize) -> Vec<Item> {
    let (mut items, mut length) = (Vec::new(), 0);
    while length < bytes {
        let item = item(items.len());
        length += serde_json::to_string(&item).expect("an item is JSON").len() + 1;
        items.push(item);
    }
    items
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Todo {
    id: u64,
    user_id: u64,
    title: String,
    completed: bool,
    tags: [&'static str; 2],
    due: String,
    price: f64,
}

/// Another kind of list with about the given number of bytes: every title has a different number, and the random values have
/// no pattern.
pub fn todos(bytes: usize) -> String {
    const WHAT: [&str; 5] = ["buy milk", "call \u{e9}milie", "write report", "fix \"quoted\" bug", "plan trip"];
    let (mut text, mut at) = (String::from("["), 0);
    while text.len() < bytes {
        let random = mixed(at);
        let pick = |from: u32, count: u64| (random >> from) % count;
        let (first, second) = (pick(11, 5), pick(11, 5) + 1 + pick(17, 4));
        let todo = Todo {
            id: at,
            user_id: 1 + pick(3, 500),
            title: format!("todo item {at}: {}", WHAT[pick(7, 5) as usize]),
            completed: pick(0, 2) == 0,
            tags: [TAGS[first as usize], TAGS[(second % 5) as usize]],
            due: format!("2026-{:02}-{:02}T10:00:00Z", 1 + pick(30, 12), 1 + pick(36, 28)),
            price: pick(42, 100_000) as f64 / 100.0,
        };
        text += if at > 0 { "," } else { "" };
        text += &serde_json::to_string(&todo).expect("a todo is JSON");
        at += 1;
    }
    text + "]"
}

/// A pseudo-random number for a place (SplitMix64).
const fn mixed(at: u64) -> u64 {
    let mut bits = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The body for a name: `items` or `todos`.
pub fn named(name: &str, bytes: usize) -> Option<String> {
    match name {
        "items" => Some(json(bytes)),
        "todos" => Some(todos(bytes)),
        _ => None,
    }
}

/// The JSON of items.
pub fn json(bytes: usize) -> String {
    serde_json::to_string(&items(bytes)).expect("items are JSON")
}

/// Text in which the given percentage of bytes must be escaped in JSON.
pub fn escaped(bytes: usize, percent: usize) -> String {
    let plain = |at: usize| (b'a' + (at % 26) as u8) as char;
    // Spread, not in runs: the remainders of a number that has no common factor with a hundred.
    (0..bytes).map(|at| if at * 37 % 100 < percent { '"' } else { plain(at) }).collect()
}

/// Bytes that do not compress.
pub fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}
