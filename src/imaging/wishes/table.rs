//! The documented vocabulary: each word or phrase beside what it means.
//!
//! Phrases are lower case, hyphens as spaces; a plural `s` at the end is understood. Refuses to know: grammar.

use super::{Camera, Crowd, Landscaping, Light, Season, Style, Surface, Texture, Weather};

/// Words beside meanings.
pub type Table<T> = &'static [(&'static str, T)];

/// What light there is.
pub const LIGHTS: Table<Light> = &[
    ("warm", Light::Warm),
    ("cosy", Light::Warm),
    ("cozy", Light::Warm),
    ("candlelight", Light::Warm),
    ("cool", Light::Cool),
    ("cold light", Light::Cool),
    ("bright", Light::Bright),
    ("airy", Light::Bright),
    ("soft", Light::Soft),
    ("diffuse", Light::Soft),
    ("dramatic", Light::Dramatic),
    ("moody", Light::Dramatic),
    ("golden hour", Light::GoldenHour),
    ("late afternoon", Light::GoldenHour),
    ("sunrise", Light::GoldenHour),
    ("sunset", Light::Sunset),
    ("dusk", Light::Sunset),
    ("twilight", Light::Sunset),
    ("evening", Light::Sunset),
    ("night", Light::Night),
    ("moonlight", Light::Night),
    ("daylight", Light::Daylight),
    ("natural light", Light::Daylight),
    ("midday", Light::Daylight),
    ("noon", Light::Daylight),
];

/// Words of [`LIGHTS`] that do not describe light before a colour, a material or a thing: "warm white walls".
pub const ADJECTIVES: &[&str] = &["warm", "cosy", "cozy", "cool", "bright", "soft", "dramatic"];

/// Sky and air.
pub const WEATHERS: Table<Weather> = &[
    ("sunny", Weather::Sunny),
    ("sunshine", Weather::Sunny),
    ("blue sky", Weather::Sunny),
    ("clear sky", Weather::Sunny),
    ("clear", Weather::Sunny),
    ("cloudy", Weather::Cloudy),
    ("cloud", Weather::Cloudy),
    ("overcast", Weather::Overcast),
    ("grey sky", Weather::Overcast),
    ("gray sky", Weather::Overcast),
    ("rain", Weather::Rain),
    ("rainy", Weather::Rain),
    ("wet", Weather::Rain),
    ("fog", Weather::Fog),
    ("foggy", Weather::Fog),
    ("mist", Weather::Fog),
    ("misty", Weather::Fog),
    ("haze", Weather::Fog),
    ("snow", Weather::Snow),
    ("snowy", Weather::Snow),
    ("snowfall", Weather::Snow),
];

/// Times of the year.
pub const SEASONS: Table<Season> = &[
    ("spring", Season::Spring),
    ("summer", Season::Summer),
    ("autumn", Season::Autumn),
    ("fall", Season::Autumn),
    ("winter", Season::Winter),
];

/// Months, as seasons of the northern half of the earth; south of the equator they mean the opposite one.
pub const MONTHS: Table<Season> = &[
    ("january", Season::Winter),
    ("february", Season::Winter),
    ("in march", Season::Spring),
    ("april", Season::Spring),
    ("in may", Season::Spring),
    ("june", Season::Summer),
    ("july", Season::Summer),
    ("in august", Season::Summer),
    ("september", Season::Autumn),
    ("october", Season::Autumn),
    ("november", Season::Autumn),
    ("december", Season::Winter),
];

/// Styles of things and colours.
pub const STYLES: Table<Style> = &[
    ("modern", Style::Modern),
    ("contemporary", Style::Modern),
    ("traditional", Style::Traditional),
    ("classic", Style::Traditional),
    ("minimalist", Style::Minimalist),
    ("minimal", Style::Minimalist),
    ("scandinavian", Style::Scandinavian),
    ("nordic", Style::Scandinavian),
    ("scandi", Style::Scandinavian),
    ("industrial", Style::Industrial),
    ("loft", Style::Industrial),
    ("mid century", Style::MidCentury),
    ("midcentury", Style::MidCentury),
    ("bohemian", Style::Bohemian),
    ("boho", Style::Bohemian),
    ("rustic", Style::Rustic),
    ("farmhouse", Style::Rustic),
    ("country", Style::Rustic),
    ("coastal", Style::Coastal),
    ("beach", Style::Coastal),
    ("nautical", Style::Coastal),
    ("luxury", Style::Luxury),
    ("luxurious", Style::Luxury),
    ("elegant", Style::Luxury),
];

/// How many people.
pub const CROWDS: Table<Crowd> = &[
    ("empty", Crowd::Empty),
    ("none", Crowd::Empty),
    ("deserted", Crowd::Empty),
    ("few people", Crowd::Few),
    ("few", Crowd::Few),
    ("sparse", Crowd::Few),
    ("busy", Crowd::Busy),
    ("crowded", Crowd::Busy),
    ("lively", Crowd::Busy),
];

/// Points of view.
pub const CAMERAS: Table<Camera> = &[
    ("top down", Camera::Top),
    ("top view", Camera::Top),
    ("from above", Camera::Top),
    ("bird's eye", Camera::Top),
    ("isometric", Camera::Isometric),
    ("axonometric", Camera::Isometric),
    ("perspective", Camera::Perspective),
    ("low angle", Camera::Low),
    ("eye level", Camera::Eye),
    ("wide angle", Camera::Wide),
    ("close up", Camera::Close),
];

/// Vegetation.
pub const LANDSCAPINGS: Table<Landscaping> = &[
    ("lush", Landscaping::Lush),
    ("lawn", Landscaping::Lush),
    ("green garden", Landscaping::Lush),
    ("tropical", Landscaping::Lush),
    ("dry", Landscaping::Dry),
    ("desert", Landscaping::Dry),
    ("arid", Landscaping::Dry),
];

/// Surfaces that take a colour.
pub const SURFACES: Table<Surface> = &[
    ("floor", Surface::Floor),
    ("flooring", Surface::Floor),
    ("floorboard", Surface::Floor),
    ("wall", Surface::Wall),
    ("facade", Surface::Wall),
    ("façade", Surface::Wall),
    ("ceiling", Surface::Ceiling),
    ("furniture", Surface::Furniture),
    ("sofa", Surface::Furniture),
    ("couch", Surface::Furniture),
    ("chair", Surface::Furniture),
    ("bed", Surface::Furniture),
    ("cabinet", Surface::Furniture),
];

/// Materials: colour (sRGB, 8 bits) and texture.
pub const MATERIALS: Table<([u8; 3], Texture)> = &[
    ("oak", ([194, 156, 110], Texture::Wood)),
    ("walnut", ([104, 72, 50], Texture::Wood)),
    ("pine", ([216, 180, 132], Texture::Wood)),
    ("ash", ([206, 184, 152], Texture::Wood)),
    ("birch", ([222, 198, 160], Texture::Wood)),
    ("cherry", ([150, 84, 56], Texture::Wood)),
    ("mahogany", ([112, 56, 40], Texture::Wood)),
    ("teak", ([164, 112, 68], Texture::Wood)),
    ("parquet", ([180, 138, 94], Texture::Wood)),
    ("hardwood", ([176, 132, 88], Texture::Wood)),
    ("laminate", ([190, 154, 112], Texture::Wood)),
    ("wood", ([184, 142, 98], Texture::Wood)),
    ("wooden", ([184, 142, 98], Texture::Wood)),
    ("tile", ([205, 202, 196], Texture::Tiles)),
    ("tiled", ([205, 202, 196], Texture::Tiles)),
    ("terracotta tile", ([186, 104, 74], Texture::Tiles)),
    ("marble", ([232, 230, 226], Texture::Stone)),
    ("stone", ([178, 170, 156], Texture::Stone)),
    ("slate", ([92, 98, 104], Texture::Stone)),
    ("granite", ([140, 138, 136], Texture::Stone)),
    ("travertine", ([214, 196, 168], Texture::Stone)),
    ("concrete", ([168, 166, 162], Texture::Concrete)),
    ("cement", ([168, 166, 162], Texture::Concrete)),
    ("carpet", ([186, 176, 162], Texture::Carpet)),
    ("carpeted", ([186, 176, 162], Texture::Carpet)),
];

/// Materials that mean a floor even without a word for it.
pub const FLOORS_BY_NATURE: &[&str] = &["parquet", "hardwood", "laminate", "carpet"];

/// Paints (sRGB, 8 bits).
pub const COLOURS: Table<[u8; 3]> = &[
    ("white", [245, 244, 240]),
    ("off white", [240, 235, 224]),
    ("cream", [240, 228, 200]),
    ("ivory", [243, 236, 216]),
    ("beige", [218, 200, 170]),
    ("sand", [210, 188, 150]),
    ("taupe", [150, 134, 118]),
    ("greige", [190, 182, 170]),
    ("grey", [158, 158, 158]),
    ("gray", [158, 158, 158]),
    ("silver", [192, 194, 196]),
    ("charcoal", [62, 64, 68]),
    ("anthracite", [52, 56, 60]),
    ("black", [34, 34, 36]),
    ("brown", [116, 80, 54]),
    ("chocolate", [82, 56, 42]),
    ("caramel", [184, 128, 76]),
    ("terracotta", [192, 106, 78]),
    ("rust", [164, 80, 44]),
    ("red", [178, 44, 42]),
    ("burgundy", [112, 32, 44]),
    ("coral", [236, 130, 108]),
    ("orange", [226, 132, 52]),
    ("peach", [246, 200, 168]),
    ("ochre", [200, 148, 58]),
    ("mustard", [208, 164, 56]),
    ("yellow", [240, 208, 92]),
    ("olive", [122, 124, 74]),
    ("sage", [158, 172, 144]),
    ("sage green", [158, 172, 144]),
    ("mint", [186, 222, 200]),
    ("green", [96, 146, 92]),
    ("forest green", [44, 84, 58]),
    ("emerald", [30, 120, 88]),
    ("teal", [30, 112, 116]),
    ("turquoise", [78, 182, 180]),
    ("sky blue", [154, 198, 226]),
    ("light blue", [172, 204, 226]),
    ("blue", [74, 118, 176]),
    ("navy", [32, 48, 84]),
    ("navy blue", [32, 48, 84]),
    ("purple", [112, 74, 132]),
    ("lavender", [190, 178, 214]),
    ("lilac", [202, 178, 210]),
    ("pink", [232, 172, 182]),
    ("blush", [234, 206, 196]),
];

/// How much lighter (above 0) or darker a paint is meant, as a share of the way to white or black.
pub const SHADES: Table<f32> = &[("light", 0.3), ("pale", 0.45), ("pastel", 0.45), ("dark", -0.4), ("deep", -0.35)];

/// Phrases that contain a word of the tables but mean something else.
pub const OTHERWISE: &[&str] =
    &["winter garden", "summer house", "snow white", "rain shower", "night stand", "night table", "hot spring"];

/// Each documented word, in the order of the tables.
pub fn vocabulary() -> Vec<&'static str> {
    fn names<T>(table: Table<T>) -> impl Iterator<Item = &'static str> {
        table.iter().map(|(name, _)| *name)
    }
    names(LIGHTS)
        .chain(names(WEATHERS))
        .chain(names(SEASONS))
        .chain(names(MONTHS))
        .chain(names(STYLES))
        .chain(names(CROWDS))
        .chain(names(CAMERAS))
        .chain(names(LANDSCAPINGS))
        .chain(names(SURFACES))
        .chain(names(MATERIALS))
        .chain(names(COLOURS))
        .chain(names(SHADES))
        .collect()
}
