//! Thumbprints and nonces.

use super::*;

#[test]
fn a_thumbprint_is_43_characters_of_canonical_base64url() {
    let good = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    assert_eq!(good.parse::<Thumbprint>().unwrap().to_string(), good);
    for bad in [
        "",
        &good[..42],
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4IA",
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J",
        "0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I=",
        " 0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4",
        "ééééééééééééééééééééé1",
    ] {
        assert_eq!(bad.parse::<Thumbprint>(), Err(ThumbprintError), "{bad}");
    }
}

#[test]
fn a_thumbprint_is_stored_as_32_bytes_and_no_other_length_is_read() {
    let thumbprint: Thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".parse().unwrap();
    let mut record = vec![];
    ciborium::into_writer(&thumbprint, &mut record).unwrap();
    assert_eq!((record.len(), record.last()), (2 + 32, Some(&0x82)));
    assert_eq!(ciborium::from_reader::<Thumbprint, _>(&record[..]).unwrap(), thumbprint);
    record[1] = 31;
    assert!(ciborium::from_reader::<Thumbprint, _>(&record[..33]).is_err());
}

#[test]
fn thumbprints_of_two_keys_do_not_match() {
    let [one, other] = [(); 2].map(|()| check_one(&Browser::new().proof()).unwrap().thumbprint);
    assert!(one.matches(&one.clone()));
    assert!(!one.matches(&other));
}

#[test]
fn a_nonce_is_valid_for_two_minutes_and_at_a_replica_whose_clock_is_a_minute_behind() {
    let browser = Browser::new();
    let (client, nonce) = (browser.thumbprint(), browser.nonce_of(NOW));
    let valid_until = Some(at(NOW + 120));
    for now in [NOW - 60, NOW, NOW + 119, NOW + 120] {
        assert_eq!(nonces().valid_until(&nonce, &client, at(now)), valid_until, "{now}");
    }
    for now in [NOW - 61, NOW + 121, 0] {
        assert_eq!(nonces().valid_until(&nonce, &client, at(now)), None, "{now}");
    }
}

#[test]
fn a_nonce_is_valid_only_for_the_key_it_was_issued_to() {
    let (browser, another) = (Browser::new(), Browser::new());
    let nonce = browser.nonce_of(NOW);
    assert!(nonces().valid_until(&nonce, &browser.thumbprint(), at(NOW)).is_some());
    assert_eq!(nonces().valid_until(&nonce, &another.thumbprint(), at(NOW)), None);
}

#[test]
fn a_nonce_of_the_previous_hmac_key_is_valid_during_a_rotation() {
    let (browser, nonces) = (Browser::new(), Nonces::new([9; 32], [[7; 32]]));
    assert!(nonces.valid_until(&browser.nonce_of(NOW), &browser.thumbprint(), at(NOW)).is_some());
}

#[test]
fn a_nonce_with_any_changed_character_is_refused() {
    let browser = Browser::new();
    let (client, nonce) = (browser.thumbprint(), browser.nonce_of(NOW));
    for position in 0..nonce.len() {
        let mut changed = nonce.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(nonces().valid_until(&changed, &client, at(NOW)), None, "{position}");
    }
}
