//! Chooses the model that answers.

use dioxus::prelude::*;

use crate::client::{
    chat::conversation::Conversation,
    language::{use_catalog, use_language},
    ui::components::{Menu, menu_choice, text_span},
};

/// Nothing where there is no choice.
#[component]
pub fn ModelPicker(conversation: Conversation) -> Element {
    let language = use_language();
    let items = use_callback(move |()| {
        let chosen = conversation.model();
        let choices = conversation.options.models().into_iter().map(|model| {
            let name = language.get().of(&model.name).to_owned();
            let is_chosen = chosen.as_ref().is_some_and(|chosen| chosen.id == model.id);
            let id = model.id;
            menu_choice(name, None, is_chosen, move || conversation.choose_model(id.clone()))
        });
        let items = choices.collect::<Vec<_>>();
        rsx! { {items.into_iter()} }
    });
    let Some(model) = conversation.model() else { return rsx! {} };
    let name = language.get().of(&model.name).to_owned();
    let label = (language.get().catalog().chat.model_label)(&name);
    rsx! {
        Menu { id: "model", label, class: "quiet model", items,
            span { translate: "no", {text_span(name)} }
        }
    }
}

/// Says where the model that has answered so far is gone.
#[component]
pub fn ModelNotice(conversation: Conversation) -> Element {
    let (catalog, language) = (use_catalog(), use_language());
    let next = conversation.model().map(|model| language.get().of(&model.name).to_owned()).unwrap_or_default();
    rsx! {
        // Always present: screen readers announce only changes of an element.
        div { role: "status",
            if let Some(gone) = conversation.gone_model() {
                div { class: "note",
                    p { {text_span((catalog.chat.model_gone)(&gone, &next))} }
                }
            }
        }
    }
}
