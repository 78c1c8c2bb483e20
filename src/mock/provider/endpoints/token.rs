//! The token endpoint: `POST /token` (RFC 6749 §3.2).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::mock::provider::{
    connection::Connection,
    endpoints::{
        access_token::{self, AccessTokenFormat},
        id_token::Claims,
        private_key_jwt,
        token_error::TokenError,
    },
    params::Params,
    shared::Shared,
    state::{
        calls::OpenCall,
        client::ClientAuthError,
        fault::{Fault, FaultKind, Sent},
        grants::{GrantError, GrantType, Issued, RefreshTokenPolicy},
        users::{ExpiresIn, Settings, UserName},
    },
};

/// What a client asks of the token endpoint.
enum TokenRequest<'a> {
    /// RFC 6749 §4.1.3, RFC 7636 §4.5.
    AuthorizationCode { code: &'a str, redirect_uri: &'a str, code_verifier: &'a str },
    /// RFC 6749 §6.
    RefreshToken { refresh_token: &'a str, scope: Option<&'a str> },
}

pub async fn token(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<OpenCall>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&body);
    let answer = answer(&shared, &call, &connection, &headers, &params).await;
    let mut response = answer.unwrap_or_else(|error| {
        call.outcome(error.code());
        error.into_response()
    });
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

async fn answer(
    shared: &Shared,
    call: &OpenCall,
    connection: &Connection,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, TokenError> {
    authenticate(shared, headers, params)?;
    let request = TokenRequest::read(params)?;
    call.grant_type(request.grant_type());
    let user = request.user(shared);
    let user = user.ok_or_else(|| request.unknown())?;
    call.user(&user);

    let fault = shared.users().next_fault(&user, request.grant_type());
    let kind = fault.as_ref().map(|fault| fault.kind);
    if let Some(fault) = &fault
        && let Some(response) = spoil_before_granting(fault, call, &Sent { connection, headers, params }).await
    {
        return Ok(response);
    }
    let settings = shared.users().settings(&user);
    let mut issued = request.grant(shared, &settings)?;
    if !shared.profile.gives_refresh_token(&issued.sign_in) {
        issued.refresh_token = None;
    }
    if settings.access_token_format == AccessTokenFormat::Jwt {
        make_access_token_jwt(shared, &settings, &mut issued).await?;
    }
    let response = token_response(shared, &request, &settings, &issued, kind).await?;
    match &fault {
        Some(Fault { kind: FaultKind::LostAnswer, .. }) => return Ok(connection.close_without_answer()),
        Some(fault) if fault.kind == FaultKind::SlowAnswer => {
            call.outcome(fault.kind.name());
            tokio::time::sleep(fault.delay()).await;
        }
        _ => {}
    }
    Ok(Json(response).into_response())
}

/// Shared with the introspection and revocation endpoints, which authenticate clients in the same way.
pub fn authenticate(shared: &Shared, headers: &HeaderMap, params: &Params) -> Result<(), TokenError> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.map_or(&b""[..], |value| value.as_bytes());
    if !content_type.starts_with(b"application/x-www-form-urlencoded") {
        let message = "the body must be application/x-www-form-urlencoded";
        return Err(TokenError::InvalidRequest(message.into()));
    }
    if let Some(name) = params.repeated() {
        let message = format!("{name} came more than once");
        return Err(TokenError::InvalidRequest(message));
    }
    match params.get("client_assertion") {
        None => Ok(shared.client.authenticate(headers, params)?),
        // RFC 6749 §2.3: one method per request.
        Some(_) if headers.contains_key(header::AUTHORIZATION) || params.get("client_secret").is_some() => {
            Err(ClientAuthError::TwoMethods.into())
        }
        Some(_) => Ok(private_key_jwt::verify(shared, params)?),
    }
}

/// What comes in place of the answer; a slow one waits here.
pub async fn spoil_before_granting(fault: &Fault, call: &OpenCall, sent: &Sent<'_>) -> Option<Response> {
    if fault.kind == FaultKind::Slow {
        tokio::time::sleep(fault.delay()).await;
        return None;
    }
    if fault.kind == FaultKind::SlowAnswer {
        return None;
    }
    call.outcome(fault.kind.name());
    fault.kind.instead_of_granting(sent)
}

async fn make_access_token_jwt(shared: &Shared, settings: &Settings, issued: &mut Issued) -> Result<(), TokenError> {
    let keys = shared.keys.ring().await.map_err(|_| TokenError::ServerError)?;
    let (opaque, lifetime) = (&issued.access_token, issued.access_token_lifetime);
    let jwt = access_token::jwt(shared, &keys.current, settings, &issued.sign_in, opaque, lifetime);
    let jwt = jwt.map_err(|_| TokenError::ServerError)?;
    shared.grants().rename_access_token(opaque, jwt.clone());
    issued.access_token = jwt;
    Ok(())
}

/// RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.
async fn token_response(
    shared: &Shared,
    request: &TokenRequest<'_>,
    settings: &Settings,
    issued: &Issued,
    fault: Option<FaultKind>,
) -> Result<Value, TokenError> {
    let is_refresh = request.grant_type() == GrantType::RefreshToken;
    let mut response = json!({ "token_type": "Bearer" });
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
        let claims = claims.by_clock_ahead(settings.clock_offset);
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

    fn unknown(&self) -> TokenError {
        TokenError::Grant(match self {
            TokenRequest::AuthorizationCode { .. } => GrantError::UnknownCode,
            TokenRequest::RefreshToken { .. } => GrantError::UnknownRefreshToken,
        })
    }

    fn grant(&self, shared: &Shared, settings: &Settings) -> Result<Issued, TokenError> {
        let ttl = Duration::from_secs(settings.access_token_ttl.into());
        let now = Instant::now();
        let mut grants = shared.grants();
        let issued = match self {
            TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
                grants.redeem_code(code, redirect_uri, code_verifier, ttl, now)
            }
            TokenRequest::RefreshToken { refresh_token, scope } => {
                grants.refresh(refresh_token, *scope, settings.into(), ttl, now)
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
