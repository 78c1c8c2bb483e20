//! The token endpoint: `POST /token` (RFC 6749 §3.2).

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    access_token,
    client_auth::authenticate,
    dpop,
    fault_responses::{FaultyRequest, respond_instead},
    id_token::Claims,
    token_error::TokenError,
};
use crate::mock::{
    listener::Connection,
    provider::{
        endpoint::Endpoint,
        params::Params,
        shared::Shared,
        state::{
            access_tokens::NewToken,
            calls::PendingCall,
            client::Client,
            codes::Presented,
            fault::{Fault, FaultKind},
            grants::{GrantError, GrantType, IssuedTokens, RefreshTokenPolicy},
            settings::{AccessTokenFormat, ExpiresIn, Settings},
            user_name::UserName,
        },
    },
};

/// The grant types of this provider.
enum TokenRequest<'a> {
    /// RFC 6749 §4.1.3, RFC 7636 §4.5.
    AuthorizationCode { code: &'a str, redirect_uri: &'a str, code_verifier: &'a str },
    /// RFC 6749 §6.
    RefreshToken { refresh_token: &'a str, scope: Option<&'a str> },
}

pub async fn token(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&body);
    let answer = answer(&shared, &call, &connection, &headers, &params).await;
    let mut response = answer.unwrap_or_else(|error| {
        call.set_outcome(error.code());
        error.into_response()
    });
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

async fn answer(
    shared: &Shared,
    call: &PendingCall,
    connection: &Connection,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, TokenError> {
    let client = authenticate(shared, headers, params)?;
    let request = TokenRequest::read(params)?;
    call.set_grant_type(request.grant_type());
    let user = request.user(shared);
    let user = user.ok_or_else(|| request.unknown())?;
    call.set_user(&user);

    let fault = request.next_fault(shared, &user);
    let kind = fault.as_ref().map(|fault| fault.kind);
    if let Some(fault) = &fault
        && let Some(response) = respond_instead(fault, call, &FaultyRequest { connection, headers, params }).await
    {
        return Ok(response);
    }
    let dpop_jkt = dpop::key_of_proof(shared, headers, Endpoint::Token)?;
    if client.dpop_bound_access_tokens && dpop_jkt.is_none() {
        return Err(TokenError::InvalidDpopProof("there is none"));
    }
    let settings = shared.users().settings(&user);
    let mut issued = request.grant(shared, client, &settings, dpop_jkt)?;
    if !shared.profile.issues_refresh_token(&issued.sign_in) {
        issued.refresh_token = None;
    }
    if settings.access_token_format == AccessTokenFormat::Jwt {
        make_access_token_jwt(shared, &settings, &mut issued).await?;
    }
    let response = token_response(shared, &request, &settings, &issued, kind).await?;
    match &fault {
        Some(Fault { kind: FaultKind::LostAnswer, .. }) => return Ok(connection.close_without_answer()),
        Some(fault) if fault.kind == FaultKind::SlowAnswer => {
            call.set_outcome(fault.kind.name());
            tokio::time::sleep(fault.delay()).await;
        }
        _ => {}
    }
    Ok(Json(response).into_response())
}

async fn make_access_token_jwt(
    shared: &Shared,
    settings: &Settings,
    issued: &mut IssuedTokens,
) -> Result<(), TokenError> {
    let keys = shared.keys.ring().await.map_err(|_| TokenError::ServerError)?;
    let jwt = access_token::jwt(shared, &keys.current, settings, issued).map_err(|_| TokenError::ServerError)?;
    shared.grants().replace_access_token(&issued.access_token, jwt.clone());
    issued.access_token = jwt;
    Ok(())
}

/// RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.
async fn token_response(
    shared: &Shared,
    request: &TokenRequest<'_>,
    settings: &Settings,
    issued: &IssuedTokens,
    fault: Option<FaultKind>,
) -> Result<Value, TokenError> {
    let is_refresh = request.grant_type() == GrantType::RefreshToken;
    let token_type = settings.token_type.as_deref().unwrap_or(issued.token_type());
    let mut response = json!({ "token_type": token_type });
    if settings.scope_in_token_response {
        response["scope"] = issued.sign_in.scope.clone().into();
    }
    if fault != Some(FaultKind::MissingAccessToken) {
        response["access_token"] = issued.access_token.expose().into();
    }
    if let Some(refresh_token) = &issued.refresh_token {
        response["refresh_token"] = refresh_token.expose().into();
    }
    let ttl = settings.access_token_ttl;
    match settings.expires_in {
        ExpiresIn::Number => response["expires_in"] = ttl.into(),
        ExpiresIn::String => response["expires_in"] = ttl.to_string().into(),
        ExpiresIn::Absent => {}
    }
    let sends_id_token = !is_refresh || settings.id_token_in_refresh;
    if sends_id_token && fault != Some(FaultKind::MissingIdToken) {
        let nonce = issued.sign_in.nonce.clone().filter(|_| !is_refresh);
        let claims = Claims::new(shared, issued, nonce, settings);
        let keys = shared.keys.ring().await.map_err(|_| TokenError::ServerError)?;
        let claims = claims.with_clock_offset(settings.clock_offset);
        let id_token = claims.into_id_token(shared.profile, &keys.current, fault);
        response["id_token"] = id_token.map_err(|_| TokenError::ServerError)?.into();
    }
    Ok(response)
}

impl<'a> TokenRequest<'a> {
    fn read(params: &'a Params) -> Result<TokenRequest<'a>, TokenError> {
        let required = |name: &str| {
            let missing = || TokenError::InvalidRequest(format!("{name} is missing"));
            params.get(name).ok_or_else(missing)
        };
        match required("grant_type")? {
            "authorization_code" => Ok(TokenRequest::AuthorizationCode {
                code: required("code")?,
                redirect_uri: required("redirect_uri")?,
                code_verifier: required("code_verifier")?,
            }),
            "refresh_token" => {
                Ok(TokenRequest::RefreshToken { refresh_token: required("refresh_token")?, scope: params.get("scope") })
            }
            _ => Err(TokenError::UnsupportedGrantType),
        }
    }

    fn grant_type(&self) -> GrantType {
        match self {
            TokenRequest::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            TokenRequest::RefreshToken { .. } => GrantType::RefreshToken,
        }
    }

    fn user(&self, shared: &Shared) -> Option<UserName> {
        match self {
            TokenRequest::AuthorizationCode { code, .. } => shared.grants().user_of_code(code),
            TokenRequest::RefreshToken { refresh_token, .. } => shared.grants().user_of_refresh_token(refresh_token),
        }
    }

    fn next_fault(&self, shared: &Shared, user: &UserName) -> Option<Fault> {
        match self.grant_type() {
            GrantType::AuthorizationCode => shared.users().next_token_fault(user),
            GrantType::RefreshToken => shared.users().next_refresh_fault(user),
        }
    }

    fn unknown(&self) -> TokenError {
        TokenError::Grant(match self {
            TokenRequest::AuthorizationCode { .. } => GrantError::UnknownCode,
            TokenRequest::RefreshToken { .. } => GrantError::UnknownRefreshToken,
        })
    }

    fn grant(
        &self,
        shared: &Shared,
        client: &Client,
        settings: &Settings,
        dpop_jkt: Option<String>,
    ) -> Result<IssuedTokens, TokenError> {
        let new = NewToken { ttl: Duration::from_secs(settings.access_token_ttl.into()), dpop_jkt: dpop_jkt.clone() };
        let client_id = &client.client_id;
        let now = shared.now();
        let mut grants = shared.grants();
        let issued = match self {
            TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
                let dpop_jkt = dpop_jkt.as_deref();
                let presented = Presented { code, client_id, redirect_uri, code_verifier, dpop_jkt };
                grants.redeem_code(&presented, new, now)
            }
            TokenRequest::RefreshToken { refresh_token, scope } => {
                grants.refresh(refresh_token, client_id, *scope, settings.into(), new, now)
            }
        };
        issued.map_err(TokenError::Grant)
    }
}

impl From<&Settings> for RefreshTokenPolicy {
    fn from(settings: &Settings) -> RefreshTokenPolicy {
        match settings {
            Settings { refresh_token_in_refresh: false, .. } => RefreshTokenPolicy::Omit,
            Settings { rotate_refresh_tokens: true, .. } => RefreshTokenPolicy::Rotate,
            _ => RefreshTokenPolicy::SendAgain,
        }
    }
}
