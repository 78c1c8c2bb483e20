//! The models that answer, and who may ask each of them.

use std::sync::Arc;

use super::upstream::SharedUpstream;
use crate::wire::{
    error::ApiError,
    options::{LocalText, ModelOption},
};

/// A model that people may choose.
#[derive(Clone)]
pub struct Model {
    /// Stored with each answer.
    pub id: String,
    pub name: LocalText,
    /// Who has one of these roles may ask it; everybody if there are none.
    pub roles: Vec<String>,
    /// The longest history that it is sent, in characters, where that is not `CHAT_HISTORY_CHARS`.
    pub history_chars: Option<usize>,
    /// Whether it asks for a more recent or a stronger sign-in (`STEP_UP_MODEL`).
    pub step_up: bool,
    pub upstream: SharedUpstream,
}

/// At least one model: the first is the default. Cheap to clone.
#[derive(Clone)]
pub struct Models {
    first: Arc<Model>,
    others: Arc<[Arc<Model>]>,
    /// Whether the operator has listed them, so that the page names them.
    is_list: bool,
}

/// Why nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoModel {
    /// There is none with this id.
    Unknown,
    /// The person has none of its roles.
    NotAllowed,
    /// The person has no role of any model.
    NoneAllowed,
}

impl Models {
    /// For everybody, without a list.
    pub fn one(upstream: SharedUpstream) -> Self {
        let id = upstream.model().to_owned();
        let name = LocalText { en: id.clone(), fr: id.clone() };
        let first = Arc::new(Model { id, name, roles: vec![], history_chars: None, step_up: false, upstream });
        Self { first, others: Arc::new([]), is_list: false }
    }

    pub fn listed(first: Model, others: impl IntoIterator<Item = Model>) -> Self {
        Self { first: Arc::new(first), others: others.into_iter().map(Arc::new).collect(), is_list: true }
    }

    /// The model with this id, or else the first that a person with these roles may ask.
    pub fn choose(&self, id: Option<&str>, roles: &[String]) -> Result<Arc<Model>, NoModel> {
        let Some(id) = id else {
            return self.all().find(|model| model.allows(roles)).cloned().ok_or(NoModel::NoneAllowed);
        };
        let model = self.all().find(|model| model.id == id).ok_or(NoModel::Unknown)?;
        if model.allows(roles) { Ok(model.clone()) } else { Err(NoModel::NotAllowed) }
    }

    /// What a person with these roles may choose from.
    pub fn options(&self, roles: &[String]) -> Vec<ModelOption> {
        let offered = self.all().filter(|model| self.is_list && model.allows(roles));
        offered
            .map(|model| ModelOption {
                id: model.id.clone(),
                name: model.name.clone(),
                history_chars: model.history_chars,
            })
            .collect()
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Model>> {
        std::iter::once(&self.first).chain(self.others.iter())
    }
}

impl Model {
    fn allows(&self, roles: &[String]) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|role| roles.contains(role))
    }
}

impl From<NoModel> for ApiError {
    fn from(reason: NoModel) -> Self {
        match reason {
            NoModel::Unknown | NoModel::NotAllowed => Self::ModelUnavailable,
            NoModel::NoneAllowed => Self::Forbidden,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::chat::upstream::Demo;

    fn model(id: &str, roles: &[&str]) -> Model {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        Model {
            id: id.into(),
            name: LocalText::default(),
            roles,
            history_chars: None,
            step_up: false,
            upstream: Arc::new(Demo),
        }
    }

    fn chosen(models: &Models, id: Option<&str>, roles: &[&str]) -> Result<String, NoModel> {
        let roles: Vec<_> = roles.iter().map(|role| (*role).to_owned()).collect();
        models.choose(id, &roles).map(|model| model.id.clone())
    }

    #[test]
    fn a_model_answers_those_who_have_one_of_its_roles() {
        let models = Models::listed(model("large", &["dba", "admin"]), [model("small", &[])]);
        for (id, roles, expected) in [
            (Some("large"), &["admin"][..], Ok("large")),
            (Some("large"), &["DBA"], Err(NoModel::NotAllowed)),
            (Some("small"), &[], Ok("small")),
            (Some("gone"), &["dba"], Err(NoModel::Unknown)),
            (None, &["dba"], Ok("large")),
            (None, &[], Ok("small")),
        ] {
            assert_eq!(chosen(&models, id, roles), expected.map(str::to_owned), "{id:?} {roles:?}");
        }
        let closed = Models::listed(model("large", &["dba"]), []);
        assert_eq!(chosen(&closed, None, &["staff"]), Err(NoModel::NoneAllowed));
    }

    #[test]
    fn people_are_told_of_a_list_and_only_of_what_they_may_use() {
        let ids = |models: &Models, roles: &[String]| {
            models.options(roles).into_iter().map(|model| model.id).collect::<Vec<_>>()
        };
        let models = Models::listed(model("large", &["dba"]), [model("small", &[])]);
        assert_eq!(ids(&models, &[]), ["small"]);
        assert_eq!(ids(&models, &["dba".into()]), ["large", "small"]);
        assert!(ids(&Models::one(Arc::new(Demo)), &[]).is_empty(), "there is no list");
    }
}
