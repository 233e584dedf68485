//! Feeds that are JSON but no JSON Feed: what converters make of RSS and Atom, under JSON Feed's names.
//!
//! Known are `{"rss":{"channel":{"item":[…]}}}` and `{"feed":{"entry":[…]}}` (an XML feed turned into
//! JSON, as Blogger's `alt=json` does), and `{"feed":{…},"items":[…]}` (a converter's answer). Lists of
//! an API (`[{"id":1,…}]`) are no feeds.
//!
//! Invariant: a member is renamed or unwrapped, never dropped; what has no other name stays what it is.
//! Only the attributes of an element that became a string are left out.

use serde_json::{Map, Value};

/// What the list of entries is called.
pub(super) const LISTS: [&str; 5] = ["items", "entries", "item", "entry", "posts"];

/// Names that say the same as JSON Feed's, for the feed; the first that is there counts.
const OF_FEED: &[(&str, &[&str])] = &[
    ("home_page_url", &["link"]),
    ("feed_url", &["feedUrl"]),
    ("description", &["subtitle"]),
    ("icon", &["image", "logo"]),
    ("authors", &["author"]),
];

/// The same for an entry.
const OF_ENTRY: &[(&str, &[&str])] = &[
    ("id", &["guid"]),
    ("url", &["link"]),
    (
        "content_html",
        &[
            "content:encoded",
            "content_encoded",
            "content",
            "description",
        ],
    ),
    ("summary", &["description"]),
    (
        "date_published",
        &["pubDate", "isoDate", "published", "dc:date", "date"],
    ),
    ("date_modified", &["updated", "modified"]),
    ("authors", &["author", "dc:creator", "creator"]),
    ("tags", &["categories", "category"]),
    ("attachments", &["enclosures", "enclosure"]),
];

/// Gives the members of a converted feed the names of JSON Feed; false where the document is none.
pub(super) fn rename(members: &mut Map<String, Value>) -> bool {
    let Some(mut head) = head(members) else {
        return false;
    };
    for list in LISTS {
        if let Some(value) = head
            .shift_remove(list)
            .or_else(|| members.shift_remove(list))
        {
            head.insert("items".to_owned(), value);
            break;
        }
    }
    let Some(items) = head.get_mut("items").and_then(as_list) else {
        return false;
    };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        names(item, OF_ENTRY);
    }
    names(&mut head, OF_FEED);
    for (name, value) in std::mem::take(members) {
        head.entry(name).or_insert(value);
    }
    *members = head;
    true
}

/// The object that stands for the channel, taken out of what is wrapped around it.
fn head(members: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    let is_envelope = |name| matches!(members.get(name), Some(Value::Object(_)));
    if is_envelope("rss") {
        let Some(Value::Object(mut rss)) = members.shift_remove("rss") else {
            return None;
        };
        return match rss.shift_remove("channel") {
            Some(Value::Object(channel)) => Some(channel),
            _ => None,
        };
    }
    if is_envelope("feed") {
        return match members.shift_remove("feed") {
            Some(Value::Object(feed)) => Some(feed),
            _ => None,
        };
    }
    let has_list = match members.get("items") {
        Some(Value::Array(_)) => true,
        Some(Value::Object(items)) => !items.is_empty() && is_numbered(items),
        _ => false,
    };
    has_list.then(|| std::mem::take(members))
}

/// A list; XML converters write a lone element without one, and PHP numbers one that has a gap.
pub(super) fn as_list(value: &mut Value) -> Option<&mut Vec<Value>> {
    if let Value::Object(members) = value {
        let members = std::mem::take(members);
        *value = Value::Array(if is_numbered(&members) {
            members.into_iter().map(|(_, value)| value).collect()
        } else {
            vec![Value::Object(members)]
        });
    }
    value.as_array_mut()
}

/// Whether the members are the elements of a list under their numbers.
fn is_numbered(members: &Map<String, Value>) -> bool {
    members
        .iter()
        .all(|(key, value)| key.bytes().all(|b| b.is_ascii_digit()) && value.is_object())
}

fn names(members: &mut Map<String, Value>, table: &[(&str, &[&str])]) {
    for (name, others) in table {
        if !members.contains_key(*name)
            && let Some(other) = others.iter().find(|other| members.contains_key(**other))
            && let Some(value) = members.shift_remove(*other)
        {
            members.insert((*name).to_owned(), value);
        }
    }
    for (name, value) in members.iter_mut() {
        match name.as_str() {
            "url" | "home_page_url" => *value = link(value.take()),
            "icon" => {
                if let Some(url) = member_of(value, &["url", "href"]) {
                    *value = url;
                }
            }
            "authors" | "tags" | "attachments" => {
                if !value.is_array() {
                    *value = Value::Array(vec![value.take()]);
                }
                value.as_array_mut().into_iter().flatten().for_each(parts);
            }
            _ => {}
        }
        if let Some(text) = text_of(value) {
            *value = text;
        }
    }
}

/// The members of a person, a category or an enclosure.
fn parts(value: &mut Value) {
    if let Some(text) = text_of(value) {
        *value = text;
        return;
    }
    let Some(members) = value.as_object_mut() else {
        return;
    };
    if let Some(term) = members.get("term").filter(|term| term.is_string()) {
        *value = term.clone();
        return;
    }
    for member in members.values_mut() {
        if let Some(text) = text_of(member) {
            *member = text;
        }
    }
    let attachment = [
        ("url", &["link", "href", "uri"][..]),
        ("mime_type", &["type"]),
        ("size_in_bytes", &["length"]),
    ];
    for (name, others) in attachment {
        if !members.contains_key(name)
            && let Some(other) = others.iter().find(|other| members.contains_key(**other))
            && let Some(value) = members.shift_remove(*other)
        {
            members.insert(name.to_owned(), value);
        }
    }
}

/// The text of an element that had attributes: `{"type":"html","$t":"…"}`.
fn text_of(value: &Value) -> Option<Value> {
    member_of(
        value,
        &[
            "$t", "#text", "#value", "_", "$value", "@value", "__text", "rendered",
        ],
    )
}

fn member_of(value: &Value, names: &[&str]) -> Option<Value> {
    let members = value.as_object()?;
    let mut found = names.iter().filter_map(|name| members.get(*name));
    found
        .find(|text| text.is_string() || text.is_number())
        .cloned()
}

/// Of a list of links, the one to the page itself.
fn link(value: Value) -> Value {
    let Value::Array(links) = value else {
        return value;
    };
    let rel = |link: &Value| link.get("rel").and_then(Value::as_str).map(str::to_owned);
    let best = links
        .iter()
        .find(|link| rel(link).is_none_or(|rel| rel == "alternate"));
    match best.or(links.first()) {
        Some(Value::Object(link)) => link.get("href").cloned().unwrap_or(Value::Null),
        Some(link) => link.clone(),
        None => Value::Null,
    }
}
