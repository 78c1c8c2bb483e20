//! What a person reads when something did not work: what happened, and what they can do.

use super::{auth_state::SignInFailure, browser_key::KeyError};
use crate::wire::error::{ApiError, Limit, LoginRefusal};

/// A failure in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    pub title: &'static str,
    pub text: &'static str,
}

/// For a login that did not succeed.
pub fn of_sign_in_failure(failure: &SignInFailure) -> Words {
    match failure {
        SignInFailure::NothingToFinish => Words {
            title: "There is no sign-in to finish",
            text: "This page only finishes a sign-in that has just begun. Nothing is wrong: start again.",
        },
        SignInFailure::NoKey(error) => of_key_error(error),
        SignInFailure::Looping => Words {
            title: "Signing in does not last",
            text: "It was tried several times within a minute, and ended each time. Try again; if it happens again, tell \
                   your administrator when.",
        },
        SignInFailure::StillHere => Words {
            title: "You are not signed in yet",
            text: "You came back before the sign-in was done, or the sign-in service is slow. Go on when you are ready.",
        },
        // What these say elsewhere is about messages.
        SignInFailure::Refused(
            ApiError::InvalidField { .. }
            | ApiError::BodyTooLarge
            | ApiError::MalformedRequest { .. }
            | ApiError::Unauthenticated
            | ApiError::InvalidProof
            | ApiError::SessionEnded,
        ) => of_error(&ApiError::LoginFailed),
        SignInFailure::Refused(error) => of_error(error),
    }
}

/// For a call that did not succeed.
pub fn of_error(error: &ApiError) -> Words {
    match error {
        ApiError::InvalidState => Words {
            title: "This sign-in link is no longer valid",
            text: "It was used already, or more than ten minutes have passed. Start again to get a new one.",
        },
        ApiError::LoginRefused { error } => of_refusal(*error),
        ApiError::LoginFailed => Words {
            title: "Sign-in did not work",
            text: "The answer of the sign-in service could not be accepted. Try again; if it happens again, tell your \
                   administrator when.",
        },
        ApiError::ProviderUnavailable { .. } => Words {
            title: "The sign-in service can't be reached",
            text: "Nothing of yours is lost. Try again in a moment.",
        },
        ApiError::SessionEnded => {
            Words { title: "Your session has ended", text: "Sign in again to go on. What you typed is kept." }
        }
        ApiError::Unauthenticated | ApiError::InvalidProof => Words {
            title: "The server did not accept your sign-in",
            text: "Reload the page to sign in again. What you typed is kept.",
        },
        ApiError::Forbidden => Words {
            title: "You may not do this",
            text: "Your account is not allowed to use the chat. Ask your administrator for access.",
        },
        ApiError::Conflict => Words {
            title: "An answer is still being written",
            text: "Wait until it has ended, or stop it. What you typed is kept.",
        },
        ApiError::LimitReached { limit: Limit::Conversations } => Words {
            title: "You have as many conversations as there is room for",
            text: "Delete some that you no longer need, then try again.",
        },
        ApiError::LimitReached { limit: Limit::Messages } => {
            Words { title: "This conversation is as long as it can get", text: "Start a new one to go on." }
        }
        ApiError::TooManyRequests => Words { title: "That was a lot at once", text: "Wait a moment, then try again." },
        ApiError::InvalidField { .. } | ApiError::BodyTooLarge => {
            Words { title: "This message can't be sent", text: "It is empty or too long. Shorten it and try again." }
        }
        ApiError::Unreachable => {
            Words { title: "The connection was lost", text: "Check your network, then try again." }
        }
        ApiError::Unavailable
        | ApiError::Internal
        | ApiError::NotFound
        | ApiError::MethodNotAllowed
        | ApiError::MalformedRequest { .. }
        | ApiError::UnsupportedMediaType => Words {
            title: "Something went wrong on our side",
            text: "Nothing of yours is lost. Try again in a moment.",
        },
    }
}

fn of_key_error(error: &KeyError) -> Words {
    match error {
        KeyError::InsecureContext => Words {
            title: "This page needs a secure address",
            text: "Open it with https:// at the start of its address. Your browser keeps the key for your session only \
                   there.",
        },
        KeyError::NoWebCrypto => Words {
            title: "This browser is too old",
            text: "It lacks the cryptography (WebCrypto with P-256) that protects your session. Use a current browser.",
        },
        KeyError::NoIndexedDb => Words {
            title: "This browser keeps nothing for this page",
            text: "The key for your session is kept in the browser's own storage (IndexedDB), which is switched off or \
                   full. Allow this site to store data, leave private browsing, or use another browser.",
        },
    }
}

fn of_refusal(refusal: LoginRefusal) -> Words {
    match refusal {
        LoginRefusal::AccessDenied => Words {
            title: "Sign-in was refused",
            text: "You, or the sign-in service, said no. You can try again, or sign in as somebody else.",
        },
        LoginRefusal::InteractionRequired => {
            Words { title: "The sign-in service has a question for you", text: "Try again and answer it there." }
        }
        LoginRefusal::TemporarilyUnavailable => {
            Words { title: "The sign-in service is busy", text: "Try again in a moment." }
        }
        LoginRefusal::Other => Words {
            title: "Sign-in was refused",
            text: "The sign-in service gave a reason that only your administrator can act upon. Tell them when it \
                   happened.",
        },
    }
}
