//! The body of an error response, in the shapes that are sent: JSON as RFC 6749 §5.2 has it, with `error` as an object,
//! with a description that is no text, under another name (`ErrorCode`), or with a byte order mark; and a form. The content
//! type is not considered, as it is often wrong.

use serde_json::{Map, Value};
use url::form_urlencoded;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::server::auth::oidc) struct ErrorBody {
    pub code: Option<String>,
    /// For the log only.
    pub description: Option<String>,
}

/// A response that has one of these, or `active`, is a success, even if it also has an `error`.
const OF_A_SUCCESS: [&str; 2] = ["access_token", "request_uri"];

/// Where an error that is an object has its code.
const CODE_MEMBERS: [&str; 5] = ["code", "error", "type", "status", "name"];

impl ErrorBody {
    /// `None` if there is no error in it.
    pub fn read(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Self::of_json(&members),
            Ok(_) => None,
            Err(_) => Self::of_form(text),
        }
    }

    fn of_json(members: &Map<String, Value>) -> Option<Self> {
        let is_success = OF_A_SUCCESS.iter().any(|name| members.get(*name).is_some_and(is_set));
        if is_success || members.contains_key("active") {
            return None;
        }
        let member = |name: &str| members.iter().find(|(sent, _)| normalized(sent) == name).map(|(_, value)| value);
        let error = member("error").filter(|value| is_set(value));
        let error_code = member("errorcode").filter(|value| is_set(value));
        if error.is_none() && error_code.is_none() {
            return None;
        }
        let mut codes = [error, error_code].into_iter().flatten().filter_map(code);
        let first = codes.next();
        // Apigee has the code in `ErrorCode`, and a sentence in `Error`.
        let is_sentence = first.as_ref().is_some_and(|first| first.contains(' '));
        let code = if is_sentence { codes.next().or(first) } else { first };
        let description = member("errordescription").or_else(|| error?.get("message")).or_else(|| member("message"));
        Some(Self { code, description: description.filter(|value| is_set(value)).map(text_of) })
    }

    /// `error=…&error_description=…`. A page is no form, though it may have links with such parameters.
    fn of_form(text: &str) -> Option<Self> {
        if text.starts_with('<') {
            return None;
        }
        let param = |name: &str| {
            let mut params = form_urlencoded::parse(text.as_bytes());
            params.find(|(sent, value)| sent == name && !value.is_empty()).map(|(_, value)| value.into_owned())
        };
        let code = param("error")?;
        match OF_A_SUCCESS.iter().any(|name| param(name).is_some()) {
            true => None,
            false => Some(Self { code: Some(code), description: param("error_description") }),
        }
    }
}

/// Without case and underscores.
fn normalized(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

/// Some providers send an empty `error` with each success.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// A number is no code: objects have the HTTP status there.
fn code(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|code| !is_number(code)).map(str::to_owned),
        Value::Object(members) => CODE_MEMBERS.iter().find_map(|name| code(members.get(*name)?)),
        Value::Array(values) => values.iter().find_map(code),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
