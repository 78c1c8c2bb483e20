//! Where the provider says what about a person.

use super::super::{ConfigError, Variables};
use crate::server::auth::oidc::{ClaimNames, ClaimPath, RolesClaim};

/// OpenID Connect Core §5.7: these are given to somebody else one day, or changed by the person (T38).
const NO_IDENTITY: [&str; 6] = ["email", "name", "nickname", "phone_number", "preferred_username", "upn"];

/// `ROLES_CLAIM`, `ROLES_SEPARATOR`, `NAME_CLAIM`, `EMAIL_CLAIM`, `USER_ID_CLAIM`.
pub(super) fn names(variables: &Variables) -> Result<ClaimNames, ConfigError> {
    let roles = path(variables, "ROLES_CLAIM", "such as realm_access.roles")?;
    let roles = roles.map_or_else(RolesClaim::default, RolesClaim::at).separated_by(separator(variables)?);
    let user_id = path(variables, "USER_ID_CLAIM", "such as employeeNumber")?;
    if variables.get("USER_ID_CLAIM").is_some_and(|claim| NO_IDENTITY.contains(&claim)) {
        let expected = "a claim that names one person for good, which a name or an e-mail address does not";
        return Err(variables.wrong("USER_ID_CLAIM", expected));
    }
    Ok(ClaimNames {
        roles,
        name: path(variables, "NAME_CLAIM", "such as displayName")?,
        email: path(variables, "EMAIL_CLAIM", "such as mail")?,
        // What it is anyway.
        user_id: user_id.filter(|_| variables.get("USER_ID_CLAIM") != Some("sub")),
    })
}

fn path(variables: &Variables, variable: &'static str, example: &str) -> Result<Option<ClaimPath>, ConfigError> {
    let expected = format!("a claim's name, or names joined by dots, {example}");
    match variables.get(variable) {
        None => Ok(None),
        Some(path) if path.split('.').all(is_one_word) => variables.parsed(variable, &expected, "").map(Some),
        Some(_) => Err(variables.wrong(variable, &expected)),
    }
}

fn separator(variables: &Variables) -> Result<Option<char>, ConfigError> {
    let Some(text) = variables.get("ROLES_SEPARATOR") else { return Ok(None) };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(separator), None) if !separator.is_alphanumeric() && !separator.is_control() => Ok(Some(separator)),
        _ => Err(variables.wrong("ROLES_SEPARATOR", "one character that is no letter and no digit, such as ^")),
    }
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}
