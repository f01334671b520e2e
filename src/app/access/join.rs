//! Join tokens: LiveKit access tokens (HS256), made and checked here; any of LiveKit's SDKs does the same with the same
//! key and secret.
//!
//! Claims are LiveKit's: `iss` API key, `sub` identity, `name`, `metadata`, `nbf`, `exp`, `jti`, `video` (the grant)
//! and `attributes`, of which two are ours: `streamhub.listenOnly` (receives sound alone) and `streamhub.counted`
//! (counts as a viewer although other participants do not see it).
//!
//! Refuses to know: apps, permissions to get a token, clocks (the time is an argument, in seconds since 1970 UTC).

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Deserializer, Serialize};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// How far the clock of another issuer of tokens may be ahead, in seconds.
const CLOCK_SKEW: i64 = 60;
const LISTEN_ONLY: &str = "streamhub.listenOnly";
const COUNTED: &str = "streamhub.counted";
/// LiveKit's name of the source of a microphone.
const MICROPHONE: &str = "microphone";
const SOUND: [&str; 2] = [MICROPHONE, "screen_share_audio"];
const CAMERA: &str = "camera";
const PICTURE: [&str; 2] = [CAMERA, "screen_share"];

/// The permissions that a token grants its bearer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The full name of the room.
    pub room: String,
    /// The bearer's identity in the room.
    pub identity: String,
    /// The bearer's display name.
    pub name: Option<String>,
    /// Metadata of the participant, opaque here.
    pub metadata: Option<String>,
    /// Whether the bearer may send media.
    pub can_publish: bool,
    /// Whether the bearer may receive media.
    pub can_subscribe: bool,
    /// Whether the bearer may send messages.
    pub can_publish_data: bool,
    /// Whether the bearer is hidden from other participants.
    pub hidden: bool,
    /// Whether the bearer is a recorder.
    pub recorder: bool,
    /// The bearer sends sound alone.
    pub audio_only: bool,
    /// The bearer sends pictures alone. With `audio_only` it sends nothing.
    pub video_only: bool,
    /// The bearer receives sound alone.
    pub listen_only: bool,
    /// Whether the bearer counts as a viewer even if hidden.
    pub counted: bool,
    /// End of validity, exclusive, in seconds since 1970 UTC.
    pub expires_at: i64,
}

/// Why a token grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinFault {
    /// It is not a token of this server: not a JWT, another algorithm, key or secret, or claims of another kind.
    #[error("not a join token of this server")]
    Foreign,
    /// It has expired.
    #[error("the join token has expired")]
    Expired,
    /// It is not valid yet.
    #[error("the join token is not valid yet")]
    Early,
    /// It names no room.
    #[error("the join token is for no room")]
    NoRoom,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    #[serde(default, deserialize_with = "or_default")]
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(default, deserialize_with = "numeric_date")]
    nbf: i64,
    #[serde(deserialize_with = "numeric_date")]
    exp: i64,
    #[serde(default, deserialize_with = "or_default")]
    video: Video,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, Option<String>>,
}

/// `null` counts as a member that is missing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Seconds since 1970 UTC, perhaps with a fraction (RFC 7519, section 2), which is cut off.
fn numeric_date<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or_default().floor() as i64)
}

/// LiveKit's `VideoGrant`; what is missing has LiveKit's default.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Video {
    #[serde(deserialize_with = "or_default")]
    room_join: bool,
    #[serde(deserialize_with = "or_default")]
    room: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_publish: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_subscribe: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_publish_data: Option<bool>,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    can_publish_sources: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    hidden: bool,
    #[serde(deserialize_with = "or_default")]
    room_record: bool,
}

/// Makes and checks join tokens with one API key and its secret. Clones share it.
#[derive(Clone)]
pub struct JoinTokens {
    key: Arc<str>,
    sign: Arc<EncodingKey>,
    check: Arc<DecodingKey>,
}

impl fmt::Debug for JoinTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinTokens").field("key", &self.key).finish_non_exhaustive()
    }
}

impl JoinTokens {
    /// `api_key` is public and names the issuer, `api_secret` signs.
    pub fn new(api_key: &str, api_secret: &str) -> Self {
        Self {
            key: api_key.into(),
            sign: Arc::new(EncodingKey::from_secret(api_secret.as_bytes())),
            check: Arc::new(DecodingKey::from_secret(api_secret.as_bytes())),
        }
    }

    /// The token of a grant, valid from `now` until the grant ends.
    pub fn mint(&self, grant: &Grant, now: i64) -> String {
        let sources = match (grant.audio_only, grant.video_only) {
            (true, _) => Some(MICROPHONE.to_owned()),
            (_, true) => Some(CAMERA.to_owned()),
            _ => None,
        };
        let sources = sources.filter(|_| grant.can_publish);
        let ours = [(LISTEN_ONLY, grant.listen_only), (COUNTED, grant.counted)];
        let claims = Claims {
            iss: self.key.to_string(),
            sub: grant.identity.clone(),
            name: grant.name.clone(),
            metadata: grant.metadata.clone(),
            jti: Some(grant.identity.clone()),
            nbf: now,
            exp: grant.expires_at,
            video: Video {
                room_join: true,
                room: grant.room.clone(),
                can_publish: Some(grant.can_publish),
                can_subscribe: Some(grant.can_subscribe),
                can_publish_data: Some(grant.can_publish_data),
                can_publish_sources: sources.into_iter().collect(),
                hidden: grant.hidden,
                room_record: grant.recorder,
            },
            attributes: ours
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(name, _)| (name.to_owned(), Some("true".to_owned())))
                .collect(),
        };
        // Texts, numbers and flags always make a JSON object, and HMAC takes any secret: this cannot fail.
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign).unwrap_or_default()
    }

    /// The grant of a token that is valid now.
    ///
    /// # Errors
    /// Why it is not valid: always the client's fault.
    pub fn verify(&self, token: &str, now: i64) -> Result<Grant, JoinFault> {
        let mut how = Validation::new(Algorithm::HS256);
        (how.validate_exp, how.validate_aud) = (false, false); // times by the caller's clock; LiveKit has no audience
        how.set_issuer(&[&*self.key]);
        how.set_required_spec_claims(&["iss", "exp"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.check, &how).map_err(|_| JoinFault::Foreign)?.claims;
        if claims.exp <= now {
            return Err(JoinFault::Expired);
        }
        if claims.nbf > now.saturating_add(CLOCK_SKEW) {
            return Err(JoinFault::Early);
        }
        let Claims { video, attributes, .. } = claims;
        if !video.room_join || video.room.is_empty() || claims.sub.is_empty() {
            return Err(JoinFault::NoRoom);
        }
        let is = |name: &str| attributes.get(name).is_some_and(|value| value.as_deref() == Some("true"));
        let sources: Vec<_> = video.can_publish_sources.iter().map(|source| source.to_ascii_lowercase()).collect();
        // An empty list allows all, as LiveKit has it.
        let any = |kind: [&str; 2]| sources.is_empty() || sources.iter().any(|source| kind.contains(&source.as_str()));
        let (sound, picture) = (any(SOUND), any(PICTURE));
        let can_publish = video.can_publish.unwrap_or(true) && (sound || picture);
        Ok(Grant {
            room: video.room,
            identity: claims.sub,
            name: claims.name.filter(|name| !name.is_empty()),
            metadata: claims.metadata.filter(|metadata| !metadata.is_empty()),
            can_publish,
            can_subscribe: video.can_subscribe.unwrap_or(true),
            can_publish_data: video.can_publish_data.unwrap_or(can_publish),
            hidden: video.hidden,
            recorder: video.room_record,
            audio_only: !picture,
            video_only: !sound,
            listen_only: is(LISTEN_ONLY),
            counted: is(COUNTED) || !video.hidden,
            expires_at: claims.exp,
        })
    }
}

#[cfg(test)]
mod tests;
