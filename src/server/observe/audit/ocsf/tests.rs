//! All events, checked against the schema.

use serde_json::Value;

use super::{super::subject::Fields, *};

/// The classes and objects of OCSF 1.8.0 that the mapping uses: attributes with their types, and constraints.
const SCHEMA: &str = include_str!("schema-1.8.0.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn request() -> RequestInfo {
    RequestInfo {
        id: "4f2a".into(),
        client: Some("192.0.2.7".into()),
        method: "POST".into(),
        path: "/api/refresh".into(),
    }
}

fn known() -> Fields {
    Fields {
        user: Some("a".repeat(64)),
        session: Some("s".repeat(16)),
        key: Some("k".repeat(43)),
        bound_key: None,
        conversation: Some("c".into()),
        operator: None,
    }
}

/// The event as it is with most fields, with another key, by an operator, and with none.
fn forms(event: Event) -> Vec<Map<String, Value>> {
    let request = request();
    let stolen = Fields { bound_key: Some("b".repeat(43)), ..known() };
    let operated = Fields { operator: Some("o".repeat(64)), ..known() };
    let entry = |fields, request, reason| Entry { event, fields, reason, repeated: Some(3), request, source: None };
    [
        object(&entry(known(), Some(&request), Some("why")), 1, Some("host-1")),
        object(&entry(stolen, Some(&request), None), 1, Some("host-1")),
        object(&entry(operated, None, None), 1, Some("host-1")),
        object(&Entry { repeated: None, ..entry(Fields::default(), None, None) }, 1, None),
    ]
    .into()
}

/// One line for each way in which an object differs from its definition.
fn faults(schema: &Value, definition: &Value, object: &Map<String, Value>, at: &str, faults: &mut Vec<String>) {
    let attributes = definition["attributes"].as_object().unwrap();
    for (name, attribute) in attributes {
        if attribute["required"] == true && !object.contains_key(name) {
            faults.push(format!("{at}.{name} is required"));
        }
    }
    if let Some(names) = definition["constraints"]["at_least_one"].as_array()
        && !names.iter().any(|name| object.contains_key(name.as_str().unwrap()))
    {
        faults.push(format!("{at} has none of {names:?}"));
    }
    for (name, value) in object {
        let at = format!("{at}.{name}");
        let Some(attribute) = attributes.get(name) else {
            faults.push(format!("{at} is not in the schema"));
            continue;
        };
        let values = match (attribute["array"] == true, value) {
            (true, Value::Array(values)) => values.iter().collect(),
            (false, value) if !value.is_array() => vec![value],
            _ => {
                faults.push(format!("{at} is an array, or should be one"));
                continue;
            }
        };
        for value in values {
            self::value_faults(schema, attribute, value, &at, faults);
        }
    }
}

fn value_faults(schema: &Value, attribute: &Value, value: &Value, at: &str, all: &mut Vec<String>) {
    let kind = attribute["type"].as_str().unwrap();
    let fits = match kind {
        "integer_t" | "long_t" | "timestamp_t" => value.is_u64(),
        "boolean_t" => value.is_boolean(),
        "object" => value.is_object(),
        scalar if scalar.ends_with("_t") => value.is_string(),
        object => {
            match (schema["objects"].get(object), value.as_object()) {
                (Some(definition), Some(value)) => faults(schema, definition, value, at, all),
                _ => all.push(format!("{at}: {object} is not in the extract, or {value} is no object")),
            }
            true
        }
    };
    if !fits {
        all.push(format!("{at} is no {kind}: {value}"));
    }
    if let Some(allowed) = attribute["enum"].as_array()
        && !allowed.contains(value)
    {
        all.push(format!("{at} is none of {allowed:?}: {value}"));
    }
}

#[test]
fn every_event_is_valid_in_the_version_that_it_names() {
    // T99
    let schema = schema();
    assert_eq!(schema["version"], VERSION);
    for event in Event::ALL {
        for object in forms(*event) {
            let class = &schema["classes"][object["class_uid"].to_string()];
            assert!(class.is_object(), "{event:?}");
            let mut all = vec![];
            faults(&schema, class, &object, event.name(), &mut all);
            assert!(all.is_empty(), "{all:?}\n{object:?}");
            assert_eq!(object["class_name"], class["caption"], "{event:?}");
            assert_eq!(object["category_uid"], class["category_uid"], "{event:?}");
            let activity = &class["activities"][object["activity_id"].to_string()];
            assert!(activity == "Other" || *activity == object["activity_name"], "{event:?}: {activity}");
            assert_eq!(
                object["type_uid"].as_u64(),
                Some(object["class_uid"].as_u64().unwrap() * 100 + object["activity_id"].as_u64().unwrap())
            );
        }
    }
}

#[test]
fn the_check_against_the_schema_finds_what_is_wrong() {
    let schema = schema();
    let good = forms(Event::AccessDenied).remove(0);
    let found = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut object = good.clone();
        change(&mut object);
        let mut all = vec![];
        faults(&schema, &schema["classes"]["6003"], &object, "event", &mut all);
        all.len()
    };
    assert_eq!(found(&|_| {}), 0);
    assert_eq!(found(&|event| drop(event.remove("actor"))), 1);
    assert_eq!(found(&|event| drop(event.insert("colour".into(), "red".into()))), 1);
    assert_eq!(found(&|event| event["severity_id"] = 12.into()), 1);
    assert_eq!(found(&|event| event["time"] = "noon".into()), 1);
    assert_eq!(found(&|event| event["actor"] = json!({})), 1);
    assert_eq!(found(&|event| event["metadata"]["product"] = json!([])), 1);
}

#[test]
fn the_thief_of_a_credential_is_not_named_as_its_owner() {
    // T100
    let [own, stolen, operated, _] = &forms(Event::RefreshOtherBrowser)[..] else { panic!() };
    assert_eq!(own["actor"]["user"]["uid"], own["user"]["uid"]);
    assert!(!stolen.contains_key("actor"));
    assert_eq!(stolen["user"]["uid"], "a".repeat(64));
    assert_eq!(stolen["session"]["credential_uid"], "b".repeat(43));
    assert_eq!(stolen["src_endpoint"]["uid"], "k".repeat(43));
    assert_eq!(operated["actor"]["user"], json!({ "uid": "o".repeat(64), "type_id": 2 }));
    assert_eq!(operated["user"]["uid"], "a".repeat(64));
}
