//! The bytes of each kind of record. Changing them makes stored records unreadable, so that all people must sign in again.

use std::{fmt::Write, time::Duration};

use serde::de::DeserializeOwned;

use super::*;
use crate::{
    server::{
        auth::{
            dpop::ProofKey,
            oidc::{AskedAuthentication, CodeVerifier, Nonce},
            sessions::{
                IssuedToken, PendingAuthorization, Session, StepUp,
                attached::Attached,
                pending::UsedState,
                session::example::{self, at},
                summary::StoredSummary,
            },
        },
        store::SecretHash,
    },
    wire::{auth::UserClaims, step_up::GuardedAction},
};

fn named() -> UserClaims {
    let [name, preferred_username, email, user_id] = ["n", "p", "e", "u"].map(|text| Some(text.to_owned()));
    UserClaims { name, preferred_username, email, user_id, ..ada() }
}

fn ada() -> UserClaims {
    UserClaims::known_by("https://idp".into(), "ada".into())
}

/// A key pair in PKCS#8, as a byte string. It protects nothing.
const PROOF_KEY: &str = "\
    588a308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420de7332094f9955e69dfb5eec\
    33ed5aa12b90ae8f9eb77a5be1857b2a889d01eea14403420004f9778b6f782b9174b80f477ab2008c15487c5ae01fa9d1d3\
    17d81b409b475a05990491b5e368bbe1d62f9b81cb96355c36dc9c3c85a0b22678c3401102aa01df";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Asserts that the record has these bytes, and still has them after it was read and written again.
fn assert_golden<T: Serialize + DeserializeOwned>(record: &T, golden: &str) {
    assert_eq!(hex(&super::write(record).unwrap()), golden);
    assert_eq!(hex(&super::write(&read::<T>(&bytes(golden)).unwrap()).unwrap()), golden);
}

#[test]
fn a_session_is_written_as_it_was() {
    assert_golden(
        &example::session(named()),
        "\
        af6175a661696b68747470733a2f2f696470617363616461616e616e617061706165616561756175616b5820d1970e08e459\
        358cbe0d6a6aab7d236722461d33747761e0941577ba282e0382617263727e316170a2617381666f70656e69646172816364\
        62616169834f7b22616c67223a224553323536227d58217b22697373223a2268747470733a2f2f696470222c22737562223a\
        22616461227d43000000616ca4616e81430102036161816275736170627573617401617361736162a161626746697265666f\
        7861631b18fae27693b4000561741b18fae2770ae9940561641a001b774061651b18fae277821f280561661b18fae277bdb9\
        f205616e076161a3616181440102030461741b18fae27693b4000561641a000493e0",
    );
}

#[test]
fn a_session_without_its_user_is_refused() {
    // An earlier format left the user out where the ID token named them.
    const WITHOUT_USER: &str = "\
        ae616b5820d1970e08e459358cbe0d6a6aab7d236722461d33747761e0941577ba282e0382617263727e316170a261738166\
        6f70656e6964617281636462616169834f7b22616c67223a224553323536227d58217b22697373223a2268747470733a2f2f\
        696470222c22737562223a22616461227d43000000616ca4616e814301020361618162757361706275736174016173617361\
        62a161626746697265666f7861631b18fae27693b4000561741b18fae2770ae9940561641a001b774061651b18fae277821f\
        280561661b18fae277bdb9f205616e076161a3616181440102030461741b18fae27693b4000561641a000493e0";
    assert!(read::<Session>(&bytes(WITHOUT_USER)).is_err());
}

#[test]
fn an_issued_token_is_written_as_it_was() {
    let issued = IssuedToken::of(&example::session(named()), SecretHash::of("s"), at(300), None);
    assert_golden(
        &issued,
        "\
        a661735820043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf896175a561696b68747470733a2f\
        2f696470617363616461616e616e6165616561756175616b5820d1970e08e459358cbe0d6a6aab7d236722461d33747761e0\
        941577ba282e03826170a2617381666f70656e69646172816364626161651b18fae2bc6d18b805617401",
    );
    // Those that were issued before tokens had the address of their user.
    const WITHOUT_EMAIL: &str = "\
        a661735820043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf896175a461696b68747470733a2f\
        2f696470617363616461616e616e61756175616b5820d1970e08e459358cbe0d6a6aab7d236722461d33747761e0941577ba\
        282e03826170a2617381666f70656e69646172816364626161651b18fae2bc6d18b805617401";
    assert_eq!(read::<IssuedToken>(&bytes(WITHOUT_EMAIL)).unwrap().user.email, None);
}

#[test]
fn a_login_in_flight_is_written_as_it_was() {
    let pending = PendingAuthorization {
        nonce: Nonce::new("AQID"),
        code_verifier: CodeVerifier::new("BAUG"),
        dpop_jkt: example::DPOP_JKT.parse().unwrap(),
        expires_at: at(600),
        proof_key: None,
        step_up: None,
    };
    assert_golden(
        &pending,
        "\
        a4616e814301020361768143040506616b5820d1970e08e459358cbe0d6a6aab7d236722461d33747761e0941577ba282e03\
        8261651b18fae302467d7005",
    );
}

#[test]
fn the_servers_key_is_added_to_a_login_in_flight_to_a_session_and_its_thumbprint_to_an_issued_token() {
    // T67
    let proof_key: ProofKey = read(&bytes(PROOF_KEY)).unwrap();
    let pending = PendingAuthorization {
        nonce: Nonce::new("AQID"),
        code_verifier: CodeVerifier::new("BAUG"),
        dpop_jkt: example::DPOP_JKT.parse().unwrap(),
        expires_at: at(600),
        proof_key: Some(proof_key.clone()),
        step_up: None,
    };
    let written = hex(&super::write(&pending).unwrap());
    assert!(written.ends_with(&format!("616a{PROOF_KEY}")), "{written}");
    assert_golden(&pending, &written);
    let session = Session { proof_key: Some(proof_key.clone()), ..example::session(ada()) };
    let written = hex(&super::write(&session).unwrap());
    assert!(written.contains(&format!("616a{PROOF_KEY}")), "{written}");
    assert_golden(&session, &written);
    let issued = IssuedToken::of(&session, SecretHash::of("s"), at(300), Some(proof_key.thumbprint()));
    let thumbprint = format!("616a5820{}", hex(proof_key.thumbprint().as_bytes()));
    assert!(hex(&super::write(&issued).unwrap()).ends_with(&thumbprint));
}

#[test]
fn what_a_step_up_asks_for_is_added_to_a_login_in_flight_and_the_acr_to_a_session_and_its_tokens() {
    // T73
    let asked = AskedAuthentication { acr_values: vec!["phr".into()], max_age: Some(Duration::from_secs(300)) };
    let pending = PendingAuthorization {
        nonce: Nonce::new("AQID"),
        code_verifier: CodeVerifier::new("BAUG"),
        dpop_jkt: example::DPOP_JKT.parse().unwrap(),
        expires_at: at(600),
        proof_key: None,
        step_up: Some(StepUp { action: GuardedAction::Export, asked }),
    };
    let written = hex(&super::write(&pending).unwrap());
    let step_up = "6175a26161666578706f72746171a261618163706872616da2647365637319012c656e616e6f7300";
    assert!(written.ends_with(step_up), "{written}");
    assert_golden(&pending, &written);
    let mut session = example::session(ada());
    session.login.acr = Some("phr".into());
    assert_golden(&session, &hex(&super::write(&session).unwrap()));
    let issued = IssuedToken::of(&session, SecretHash::of("s"), at(300), None);
    assert!(hex(&super::write(&issued).unwrap()).ends_with("617401616363706872"));
}

#[test]
fn attached_records_are_written_as_they_were() {
    assert_golden(
        &Attached::of(&example::session(ada())),
        "\
        a2616983a2616b666f662d737562616858208e8b72da13e4dd0dcc4075e3d4c49dfed2bfaf4680836a1e0debf1257b3f9fb3\
        a2616b666f662d73696461685820517d66d6bcfd8573008d684b83c46c6b73a66eb4e435f6326db3abcf47beb2e6a2616b66\
        6f662d6b657961685820f3876c4cf4d67afbb1b9c1e6021e2b3af6d359247fae425ec658f0f4e7f20c61617481a2616e5820\
        e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402bf6273dd861651b18fae2bc6d18b805",
    );
}

#[test]
fn a_used_state_is_written_as_it_was() {
    assert_golden(&UsedState::Used, "6175");
    assert_golden(&UsedState::Expired, "6165");
}

#[test]
fn a_summary_is_written_as_it_was() {
    assert_golden(
        &StoredSummary::of(&example::session(ada())),
        "\
        a36162a161626746697265666f7861731b18fae27693b4000561741b18fae2770ae99405",
    );
}
