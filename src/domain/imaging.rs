//! Image jobs as values: services, what each may be asked, what it costs, and the life of a job.
//!
//! ```text
//! pending ─► compressing ─► processing ─► completed
//!    │            │              ├──────► failed ────┐ retry
//!    └────────────┴──────────────┴──────► cancelled ─┴──────► pending
//! ```
//!
//! Names, presets and prices are those of the Lumely document. Refuses to know: rows, pixels, accounts, JSON.

/// The services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// A better picture of the same.
    RenderEnhancement,
    /// Furniture in a room.
    VirtualStaging,
    /// Another style, other colours.
    DesignOptions,
    /// A three-dimensional view of a floor plan.
    Plans3d,
}

impl Service {
    /// All, in the document's order.
    pub const ALL: [Self; 4] = [Self::RenderEnhancement, Self::VirtualStaging, Self::DesignOptions, Self::Plans3d];

    /// Its id in requests.
    pub fn id(self) -> &'static str {
        match self {
            Self::RenderEnhancement => "render-enhancement",
            Self::VirtualStaging => "virtual-staging",
            Self::DesignOptions => "design-options",
            Self::Plans3d => "3d-plans",
        }
    }

    /// The service of an id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.id() == id)
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::RenderEnhancement => "Render Enhancement",
            Self::VirtualStaging => "Virtual Staging",
            Self::DesignOptions => "Design Options",
            Self::Plans3d => "3D Plans",
        }
    }

    /// The ids of its presets.
    pub fn configs(self) -> &'static [&'static str] {
        match self {
            Self::RenderEnhancement => &[
                "exterior-modern",
                "exterior-traditional",
                "interior-modern",
                "interior-traditional",
                "interior-minimalist",
                "landscape",
                "aerial",
            ],
            Self::VirtualStaging => &["living-room", "bedroom", "kitchen", "dining-room", "office", "bathroom"],
            Self::DesignOptions => {
                &["exterior-modern", "exterior-traditional", "interior-modern", "interior-traditional", "landscape"]
            }
            Self::Plans3d => &["residential", "commercial", "office"],
        }
    }

    /// Whether a mask may confine it.
    pub fn supports_mask(self) -> bool {
        self != Self::Plans3d
    }

    /// Whether it may follow another picture.
    pub fn supports_reference(self) -> bool {
        matches!(self, Self::VirtualStaging | Self::DesignOptions)
    }
}

/// The size of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Resolution {
    /// 2048 pixels along the long edge.
    #[default]
    TwoK,
    /// 4096 pixels along the long edge.
    FourK,
}

impl Resolution {
    /// Both.
    pub const ALL: [Self; 2] = [Self::TwoK, Self::FourK];

    /// Its name in requests.
    pub fn id(self) -> &'static str {
        match self {
            Self::TwoK => "2K",
            Self::FourK => "4K",
        }
    }

    /// The resolution of a name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.id() == id)
    }

    /// Pixels along the long edge.
    pub fn long_edge(self) -> u32 {
        match self {
            Self::TwoK => 2048,
            Self::FourK => 4096,
        }
    }

    /// What a job costs.
    pub fn credits(self) -> i64 {
        match self {
            Self::TwoK => 2,
            Self::FourK => 3,
        }
    }
}

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobStatus {
    /// Waits for a worker.
    Pending,
    /// Its input is read and brought to size.
    Compressing,
    /// An engine works on it.
    Processing,
    /// There is a result.
    Completed,
    /// There is none, and the credits were given back.
    Failed,
    /// Its owner called it off.
    Cancelled,
}

impl JobStatus {
    /// All, in the order of life.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Compressing, Self::Processing, Self::Completed, Self::Failed, Self::Cancelled];

    /// Its name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Compressing => "compressing",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of a name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.id() == id)
    }

    /// Whether its owner may call it off.
    pub fn can_cancel(self) -> bool {
        matches!(self, Self::Pending | Self::Compressing | Self::Processing)
    }

    /// Whether its owner may have it done again.
    pub fn can_retry(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled)
    }
}

/// The scene settings of a request: words as they came, of which an engine follows those it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Light: warm, golden-hour, night …
    pub lighting: Option<String>,
    /// Sky and air: sunny, overcast, fog …
    pub weather: Option<String>,
    /// Time of the year.
    pub season: Option<String>,
    /// How many people.
    pub crowd: Option<String>,
    /// Where it is seen from.
    pub camera: Option<String>,
    /// The style of things and colours.
    pub style: Option<String>,
    /// What the floor is of.
    pub flooring: Option<String>,
    /// What grows around.
    pub landscaping: Option<String>,
}

/// Where the building stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Location {
    /// In words.
    pub description: Option<String>,
    /// The town.
    pub city: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// Degrees north, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees east, -180 to 180.
    pub longitude: Option<f64>,
}

/// What a job asks for, without its pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is made.
    pub service: Service,
    /// One of [`Service::configs`].
    pub config: String,
    /// How large.
    pub resolution: Resolution,
    /// The prompt, as the caller wrote it; empty when there is none.
    pub prompt: String,
    /// Scene settings.
    pub options: Options,
    /// Where it stands.
    pub location: Option<Location>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_what_they_name() {
        assert!(Service::ALL.into_iter().all(|one| Service::from_id(one.id()) == Some(one)));
        assert!(Resolution::ALL.into_iter().all(|one| Resolution::from_id(one.id()) == Some(one)));
        assert!(JobStatus::ALL.into_iter().all(|one| JobStatus::from_id(one.id()) == Some(one)));
        assert_eq!(Service::from_id("3d-plan"), None);
    }

    #[test]
    fn a_job_can_be_called_off_or_done_again_and_never_both() {
        for status in JobStatus::ALL {
            assert!(!(status.can_cancel() && status.can_retry()), "{status:?}");
        }
        assert!(!JobStatus::Completed.can_cancel() && !JobStatus::Completed.can_retry());
    }
}
