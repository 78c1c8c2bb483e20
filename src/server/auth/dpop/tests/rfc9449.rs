//! The examples in the specification.

use super::*;

const JWK_THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

const HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUk\
                      RZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
                      QSIsImNydiI6IlAtMjU2In19";

/// Figure 2: a request to the token endpoint.
const TOKEN_REQUEST_PROOF: &str = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4\
                                   YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRM\
                                   UvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

/// Figure 6: a refresh.
const REFRESH_PROOF: &str = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbG\
                             UuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKD\
                             YW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA";

/// Figure 12: a call to a protected resource.
const RESOURCE_PROOF: &str = "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcG\
                              xlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05y\
                              V0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y\
                              6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";

#[test]
fn the_examples_of_rfc_9449_are_valid_and_have_the_expected_thumbprint() {
    // T65
    // They have no nonce in them.
    let token_request = Expected { htu: "https://server.example.com/token", ..FIRST_REQUEST };
    let resource_request = Expected {
        method: "GET",
        htu: "https://resource.example.org/protectedresource",
        access_token: Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
        ..FIRST_REQUEST
    };
    for (proof, expected, iat) in [
        (TOKEN_REQUEST_PROOF, token_request, 1_562_262_616),
        (REFRESH_PROOF, token_request, 1_562_265_296),
        (RESOURCE_PROOF, resource_request, 1_562_262_618),
    ] {
        let proof = format!("{HEADER}.{proof}");
        let verified = check_at(&proof, &expected, at(iat)).unwrap();
        assert_eq!(verified.thumbprint.to_string(), JWK_THUMBPRINT);
        assert!(verified.thumbprint.matches(&JWK_THUMBPRINT.parse().unwrap()));
        let nonce_required = Expected { nonce: NonceRule::Required, ..expected };
        assert_eq!(check_at(&proof, &nonce_required, at(iat)), Err(ProofError::UseNonce(verified.thumbprint)));
    }
}
