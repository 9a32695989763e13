//! Access tokens: JWT, HS256, ten minutes.
//!
//! The header of a token must be, byte for byte, the one header we write: that answers `alg`
//! games, `kid`, `jku`, `jwk` and whatever comes next at once, before anything is parsed.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ludus_domain::ids::{OrgId, SignInId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Identity, LEEWAY_MS};
use crate::keys::{Key, SIGNED_BYTES_MAX};

/// How long an access token is good. Longer would let a missed revocation matter; shorter would
/// have clients refresh all the time.
pub const LIFE_MS: i64 = 10 * 60 * 1_000;

const AUDIENCE: &str = "ludus";
const TYPE: &str = "access";

/// What the token says. Unknown claims are refused: we write every token we read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    typ: String,
    sub: UserId,
    org: OrgId,
    sid: SignInId,
    role: Role,
    guest: bool,
    name: String,
    /// When the sign-in itself ends, in milliseconds.
    until: Timestamp,
    iat: i64,
    exp: i64,
}

/// Makes and reads access tokens.
#[derive(Debug)]
pub struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
    /// The first segment of every token made here.
    header: String,
}

impl AccessTokens {
    pub fn new(key: &Key, issuer: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        // Time is checked below, against the clock we are given: the library reads its own, and
        // would allow a minute of grace.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let mut tokens = Self {
            encoding: EncodingKey::from_secret(key.bytes()),
            decoding: DecodingKey::from_secret(key.bytes()),
            validation,
            issuer: issuer.to_owned(),
            header: String::new(),
        };
        tokens.header = jsonwebtoken::encode(&header(), &(), &tokens.encoding)
            .ok()
            .and_then(|token| token.split('.').next().map(str::to_owned))
            .unwrap_or_default();
        tokens
    }

    /// A token for ten minutes, or for what is left of the sign-in.
    pub fn issue(&self, identity: &Identity, now: Timestamp) -> Result<Issued, Refusal> {
        let expires_at = now.plus_ms(LIFE_MS).min(identity.until);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            typ: TYPE.to_owned(),
            sub: identity.user,
            org: identity.org,
            sid: identity.sign_in,
            role: identity.role,
            guest: identity.guest,
            name: identity.name.clone(),
            until: identity.until,
            iat: now.0.div_euclid(1_000),
            exp: expires_at.0.div_euclid(1_000),
        };
        jsonwebtoken::encode(&header(), &claims, &self.encoding)
            .map(|token| Issued { token, expires_at })
            .map_err(|_| Refusal::Internal)
    }

    /// Who a token speaks for. One refusal for every fault: a forger learns nothing from it.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Identity, Refusal> {
        if token.len() > SIGNED_BYTES_MAX || token.split('.').next() != Some(&self.header) {
            return Err(Refusal::SignInNeeded);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| Refusal::SignInNeeded)?
            .claims;
        let now_s = now.0.div_euclid(1_000);
        let leeway_s = LEEWAY_MS / 1_000;
        if claims.typ != TYPE || claims.exp <= now_s - leeway_s || claims.iat > now_s + leeway_s {
            return Err(Refusal::SignInNeeded);
        }
        Ok(Identity {
            org: claims.org,
            user: claims.sub,
            sign_in: claims.sid,
            role: claims.role,
            guest: claims.guest,
            name: claims.name,
            until: claims.until,
            display: None,
        })
    }
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    header
}

/// A fresh token and when it ends.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    pub token: String,
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
    use serde_json::{Value, json};

    use super::super::sample::{NOW, identity, keys};
    use super::*;

    const HUB: &str = "https://hub.example";

    fn tokens() -> AccessTokens {
        AccessTokens::new(&keys().access, HUB)
    }

    fn claims() -> Value {
        let now = NOW.0 / 1_000;
        json!({
            "iss": HUB, "aud": "ludus", "typ": "access", "sub": identity().user,
            "org": identity().org, "sid": identity().sign_in, "role": "learner", "guest": false,
            "name": "Ada", "until": identity().until, "iat": now, "exp": now + 600,
        })
    }

    fn forge(header: &str, claims: &str, key: &Key) -> String {
        let body = format!("{}.{}", B64.encode(header), B64.encode(claims.as_bytes()));
        let signature = B64.encode(key.sign(body.as_bytes()));
        format!("{body}.{signature}")
    }

    fn our_header() -> String {
        String::from_utf8(B64.decode(&tokens().header).unwrap()).unwrap()
    }

    #[test]
    fn a_token_says_who_it_was_made_for_and_ends() {
        let issued = tokens().issue(&identity(), NOW).unwrap();
        assert_eq!(issued.expires_at, NOW.plus_ms(LIFE_MS));
        assert_eq!(tokens().read(&issued.token, NOW), Ok(identity()));
        let ends = issued.expires_at;
        assert!(tokens().read(&issued.token, ends.plus_ms(4_000)).is_ok());
        assert!(tokens().read(&issued.token, ends.plus_ms(5_000)).is_err());
        assert!(tokens().read(&issued.token, NOW.plus_ms(-6_000)).is_err());
        assert!(!format!("{issued:?}").contains(&issued.token));
    }

    #[test]
    fn a_token_does_not_outlive_its_sign_in() {
        let mut who = identity();
        who.until = NOW.plus_ms(30_000);
        assert_eq!(tokens().issue(&who, NOW).unwrap().expires_at, who.until);
    }

    #[test]
    fn forged_and_foreign_tokens_are_refused_alike() {
        let key = keys().access;
        let good = claims();
        let read = |token: &str| tokens().read(token, NOW);
        // The forger's bench makes a good one, so that the rest fail for what they are.
        assert_eq!(
            read(&forge(&our_header(), &good.to_string(), &key)),
            Ok(identity())
        );

        let mut bad = Vec::new();
        for header in [
            json!({"alg": "none", "typ": "at+jwt"}),
            json!({"alg": "HS512", "typ": "at+jwt"}),
            json!({"alg": "RS256", "typ": "at+jwt"}),
            json!({"typ": "at+jwt", "alg": "HS256", "kid": "../../dev/null"}),
            json!({"typ": "at+jwt", "alg": "HS256", "kid": "' or 1=1"}),
            json!({"typ": "at+jwt", "alg": "HS256", "jku": "https://evil.example/keys"}),
            json!({"typ": "at+jwt", "alg": "HS256", "x5u": "https://evil.example/cert"}),
            json!({"typ": "at+jwt", "alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}),
            json!({"alg": "HS256"}),
            json!({"alg": "HS256", "typ": "JWT"}),
        ] {
            bad.push(forge(&header.to_string(), &good.to_string(), &key));
        }
        let unsigned = forge(r#"{"alg":"none"}"#, &good.to_string(), &key);
        bad.push(
            unsigned
                .rsplit_once('.')
                .map(|(a, _)| format!("{a}."))
                .unwrap(),
        );
        let now = NOW.0 / 1_000;
        for (claim, value) in [
            ("iss", json!("https://other.example")),
            ("aud", json!("other")),
            ("typ", json!("refresh")),
            ("typ", json!("id")),
            ("exp", json!(now - 5)),
            ("exp", json!("soon")),
            ("iat", json!(now + 60)),
            ("sub", json!("nobody")),
            ("role", json!("root")),
            ("nbf", json!(now + 60)),
            ("extra", json!(true)),
        ] {
            let mut claims = good.clone();
            claims[claim] = value;
            bad.push(forge(&our_header(), &claims.to_string(), &key));
        }
        for claim in [
            "iss", "aud", "typ", "sub", "org", "sid", "role", "guest", "exp", "iat", "until",
        ] {
            let mut claims = good.clone();
            claims.as_object_mut().unwrap().remove(claim);
            bad.push(forge(&our_header(), &claims.to_string(), &key));
        }
        let twice = good.to_string().replacen('{', "{\"role\":\"owner\",", 1);
        bad.push(forge(&our_header(), &twice, &key));
        // Signed with another key of the hub.
        bad.push(forge(&our_header(), &good.to_string(), &keys().refresh));
        bad.push(keys().ticket.seal(&good));
        bad.push("x".repeat(1_000_000));
        bad.extend(["", ".", "..", "a.b.c"].map(str::to_owned));

        for token in bad {
            let shown: String = token.chars().take(80).collect();
            assert_eq!(read(&token), Err(Refusal::SignInNeeded), "{shown}");
        }
    }
}
