//! The names of claims about a person.

use super::super::{
    guard::PERMISSIONS_FROM,
    setting::Setting,
    values::{Parsed, is_one_word},
    variables::{ConfigError, Variables},
};
use crate::server::auth::oidc::{ClaimNames, ClaimPath, RolesClaim};

/// OpenID Connect Core §5.7: these may be given to another person one day, or changed by the person (T38).
const NO_IDENTITY: [&str; 6] = ["email", "name", "nickname", "phone_number", "preferred_username", "upn"];

pub static NAME_CLAIM: Setting<Parsed<ClaimPath>> = Setting {
    name: "NAME_CLAIM",
    text: "The claim with a person's name: a name, or names joined by dots.",
    example: "displayName",
    value: Parsed {
        expected: "a claim's name, or names joined by dots, such as displayName",
        default: Some("name"),
        parse: path,
    },
};

pub static EMAIL_CLAIM: Setting<Parsed<ClaimPath>> = Setting {
    name: "EMAIL_CLAIM",
    text: "The claim with a person's e-mail address. It is only shown.",
    example: "mail",
    value: Parsed {
        expected: "a claim's name, or names joined by dots, such as mail",
        default: Some("email"),
        parse: path,
    },
};

pub static USER_ID_CLAIM: Setting<Parsed<ClaimPath>> = Setting {
    name: "USER_ID_CLAIM",
    text: "The claim that identifies a person permanently, where `sub` does not. Changing it takes everybody's \
           conversations away from them.",
    example: "employeeNumber",
    value: Parsed {
        expected: "a claim's name, or names joined by dots, such as employeeNumber; it must identify one person \
                   permanently, which a name or an e-mail address does not",
        default: Some("sub"),
        parse: |text| path(text).filter(|_| !NO_IDENTITY.contains(&text)),
    },
};

pub static ROLES_CLAIM: Setting<Parsed<ClaimPath>> = Setting {
    name: "ROLES_CLAIM",
    text: "The claim with a person's roles: a name, or names joined by dots. Its value is a text, or a list, of which only the \
           texts count.",
    example: "realm_access.roles",
    value: Parsed {
        expected: "a claim's name, or names joined by dots, such as realm_access.roles",
        default: Some("roles"),
        parse: path,
    },
};

pub static ROLES_SEPARATOR: Setting<Parsed<char>> = Setting {
    name: "ROLES_SEPARATOR",
    text: "What separates roles where the claim is one text. Otherwise it is `^`, a comma or white space: the first in \
           this order that the text has.",
    example: "^",
    value: Parsed {
        expected: "one character that is no letter and no digit, such as ^",
        default: None,
        parse: |text| {
            let character: char = text.parse().ok()?;
            (!character.is_alphanumeric() && !character.is_control()).then_some(character)
        },
    },
};

pub fn names(variables: &Variables) -> Result<ClaimNames, ConfigError> {
    let roles = RolesClaim::at(ROLES_CLAIM.read(variables)?);
    Ok(ClaimNames {
        roles: roles.separated_by(ROLES_SEPARATOR.get(variables)?),
        permissions_from: PERMISSIONS_FROM.read(variables)?,
        name: renamed(&NAME_CLAIM, variables)?,
        email: renamed(&EMAIL_CLAIM, variables)?,
        user_id: renamed(&USER_ID_CLAIM, variables)?,
    })
}

/// The claim, if it is another one than the default.
fn renamed(setting: &Setting<Parsed<ClaimPath>>, variables: &Variables) -> Result<Option<ClaimPath>, ConfigError> {
    let is_default = variables.get(setting.name) == setting.value.default;
    Ok(setting.get(variables)?.filter(|_| !is_default))
}

fn path(text: &str) -> Option<ClaimPath> {
    text.split('.').all(is_one_word).then(|| text.parse().ok()).flatten()
}
