//! The JSON bodies of the plane. Nothing here decides anything.

use super::compact::compact;
use crate::{
    app::imaging::{
        accounts::{Account, Credits},
        hooks::Hook,
        jobs::Job,
        keys::Key,
        uploads::Upload,
    },
    domain::imaging::{Resolution, Service},
    protocol::iso::iso,
};
use serde::Serialize;
use serde_json::Value;

/// A job, in answers and in webhooks.
#[derive(Debug, Serialize)]
pub struct JobBody<'a> {
    id: &'a str,
    status: &'static str,
    service_type: &'static str,
    config_id: &'a str,
    resolution: &'static str,
    prompt: Option<&'a str>,
    reference_id: Option<&'a str>,
    options: Option<&'a Value>,
    location: Option<&'a Value>,
    /// Always null: an uploaded picture belongs to its owner alone.
    input_image_url: Option<&'a str>,
    /// Null until there is one.
    output_image_url: Option<String>,
    error_message: Option<&'a str>,
    credits_used: i64,
    /// The engine that made it: `local` or `http`.
    engine: Option<&'a str>,
    poll_url: String,
    created_at: String,
    started_at: Option<String>,
    completed_at: Option<String>,
}

impl<'a> JobBody<'a> {
    /// A job, with its result's URL below `public_url`.
    pub fn of(job: &'a Job, public_url: &str) -> Self {
        let result = |key: &String| format!("{}/images/{key}.jpg", public_url.trim_end_matches('/'));
        Self {
            id: &job.id,
            status: job.status.id(),
            service_type: job.service.id(),
            config_id: &job.config,
            resolution: job.resolution.id(),
            prompt: job.prompt.as_deref(),
            reference_id: job.reference_id.as_deref(),
            options: job.options.as_ref(),
            location: job.location.as_ref(),
            input_image_url: None,
            output_image_url: job.output_key.as_ref().map(result),
            error_message: job.error_message.as_deref(),
            credits_used: job.credits_used,
            engine: job.engine.as_deref(),
            poll_url: format!("/api/v1/jobs/{}", job.id),
            created_at: iso(job.created_at),
            started_at: job.started_at.map(iso),
            completed_at: job.completed_at.map(iso),
        }
    }
}

/// The body of a webhook: `{"event":…,"data":{the job}}` as `JSON.stringify` would write it, so that receivers that
/// parse it and write it again get the same signature.
pub fn delivery(event: &str, job: &Job, public_url: &str) -> String {
    #[derive(Serialize)]
    struct Delivery<'a> {
        event: &'a str,
        data: JobBody<'a>,
    }
    compact(&Delivery { event, data: JobBody::of(job, public_url) })
}

/// A page of jobs.
#[derive(Debug, Serialize)]
pub struct JobsBody<'a> {
    pub jobs: Vec<JobBody<'a>>,
    pub total: u64,
    pub limit: u32,
    pub offset: u64,
}

/// The credits that an account has left.
#[derive(Debug, Serialize)]
pub struct CreditsBody<'a> {
    credits_remaining: i64,
    credits_total: i64,
    plan_id: &'a str,
    subscription_status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    enterprise: Option<EnterpriseBody<'a>>,
}

#[derive(Debug, Serialize)]
struct EnterpriseBody<'a> {
    company_name: &'a str,
    credit_price_cents: i64,
    currency: &'a str,
    auto_topup_enabled: bool,
    monthly_credit_limit: Option<i64>,
    credits_used_this_month: i64,
    rate_limit_rpm: u32,
    allowed_services: Vec<&'static str>,
}

impl<'a> CreditsBody<'a> {
    /// An account with its credits.
    pub fn of(account: &'a Account, credits: &Credits) -> Self {
        let enterprise = account.enterprise.as_ref().map(|enterprise| EnterpriseBody {
            company_name: &enterprise.company_name,
            credit_price_cents: enterprise.credit_price_cents,
            currency: &enterprise.currency,
            auto_topup_enabled: enterprise.auto_topup_enabled,
            monthly_credit_limit: account.monthly_credit_limit,
            credits_used_this_month: credits.used_this_month,
            rate_limit_rpm: account.rate_limit_rpm,
            allowed_services: usable(account).map(Service::id).collect(),
        });
        Self {
            credits_remaining: credits.remaining,
            credits_total: credits.total,
            plan_id: &account.plan,
            subscription_status: &account.status,
            enterprise,
        }
    }
}

/// The services that an account may use.
fn usable(account: &Account) -> impl Iterator<Item = Service> + '_ {
    let allowed = |service: &Service| account.allowed_services.as_ref().is_none_or(|list| list.contains(service));
    Service::ALL.into_iter().filter(allowed)
}

/// The services of an account.
#[derive(Debug, Serialize)]
pub struct ServicesBody {
    services: Vec<ServiceBody>,
    resolutions: [&'static str; 2],
    note: &'static str,
}

#[derive(Debug, Serialize)]
struct ServiceBody {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    credits_2k: i64,
    credits_4k: i64,
    config_ids: &'static [&'static str],
    supports_mask: bool,
    supports_reference_image: bool,
    supports_prompt: bool,
}

impl ServicesBody {
    /// Those that an account may use.
    pub fn of(account: &Account) -> Self {
        let service = |service: Service| ServiceBody {
            id: service.id(),
            name: service.name(),
            description: description(service),
            credits_2k: Resolution::TwoK.credits(),
            credits_4k: Resolution::FourK.credits(),
            config_ids: service.configs(),
            supports_mask: service.supports_mask(),
            supports_reference_image: service.supports_reference(),
            supports_prompt: true,
        };
        Self {
            services: usable(account).map(service).collect(),
            resolutions: Resolution::ALL.map(Resolution::id),
            note: "4K resolution requires a paid subscription.",
        }
    }
}

/// The first is the document's.
fn description(service: Service) -> &'static str {
    match service {
        Service::RenderEnhancement => {
            "Enhance architectural renders with photorealistic lighting, materials, and detail."
        }
        Service::VirtualStaging => "Furnish the photograph of an empty room for its purpose and in a style.",
        Service::DesignOptions => "Try other styles, colours and surfaces on the picture of a building or a room.",
        Service::Plans3d => "Turn the drawing of a floor plan into a shaded three-dimensional view.",
    }
}

/// A stored picture.
#[derive(Debug, Serialize)]
pub struct UploadBody<'a> {
    storage_path: &'a str,
    size_bytes: u64,
    content_type: &'static str,
}

impl<'a> UploadBody<'a> {
    /// Its path, size and type.
    pub fn of(upload: &'a Upload) -> Self {
        Self { storage_path: &upload.path, size_bytes: upload.size_bytes, content_type: upload.content_type }
    }
}

/// A key.
#[derive(Debug, Serialize)]
pub struct KeyBody<'a> {
    id: &'a str,
    name: &'a str,
    /// Present once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    key_prefix: &'a str,
    is_active: bool,
    created_at: String,
    last_used_at: Option<String>,
}

impl<'a> KeyBody<'a> {
    /// A key, with its raw form if it was just made.
    pub fn of(key: &'a Key, raw: Option<&'a str>) -> Self {
        Self {
            id: &key.id,
            name: &key.name,
            key: raw,
            key_prefix: &key.prefix,
            is_active: key.is_active,
            created_at: iso(key.created_at),
            last_used_at: key.last_used_at.map(iso),
        }
    }
}

/// All keys of an account.
#[derive(Debug, Serialize)]
pub struct KeysBody<'a> {
    pub api_keys: Vec<KeyBody<'a>>,
}

/// A webhook.
#[derive(Debug, Serialize)]
pub struct HookBody<'a> {
    id: &'a str,
    url: &'a str,
    events: Vec<&'static str>,
    is_active: bool,
    /// Present once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    failure_count: u32,
    created_at: String,
}

impl<'a> HookBody<'a> {
    /// A webhook, with its secret if it was just made.
    pub fn of(hook: &'a Hook, secret: Option<&'a str>) -> Self {
        Self {
            id: &hook.id,
            url: &hook.url,
            events: hook.events.iter().map(|event| event.id()).collect(),
            is_active: hook.is_active,
            secret,
            failure_count: hook.failure_count,
            created_at: iso(hook.created_at),
        }
    }
}

/// All webhooks of an account.
#[derive(Debug, Serialize)]
pub struct HooksBody<'a> {
    pub webhooks: Vec<HookBody<'a>>,
}

/// Something was deleted.
#[derive(Debug, Serialize)]
pub struct SuccessBody {
    pub success: bool,
}
