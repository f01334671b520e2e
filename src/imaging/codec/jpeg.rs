//! JPEG pixels by libjpeg-turbo: shrunk while decoding by eighths, and encoding.
//!
//! A warning of the decoder (data that ends early, an invalid code) counts as damage: accounts are not billed for
//! half-grey pictures. Refuses to know: segments of the file ([`super::file`]), turning.

use super::{Fault, MAX_DECODED, colour::Profile, damaged, file, raster::Raster};
use crate::imaging::picture::Picture;
use turbojpeg::{Colorspace, Compressor, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

/// Scans of a progressive picture that are read; writers make about ten. More only cost time.
const MAX_SCANS: u32 = 64;

/// A decoder for a file and what the file is.
///
/// # Errors
/// [`Fault::TooLarge`] where the kind of JPEG asks for more memory than a picture may take.
pub fn open(bytes: &[u8]) -> Result<(Decompressor, DecompressHeader), Fault> {
    if file::coefficient_bytes(bytes) > MAX_DECODED {
        return Err(Fault::TooLarge(
            "the picture is a progressive JPEG of too many pixels; save it as a baseline JPEG".into(),
        ));
    }
    let mut decoder = Decompressor::new().map_err(engine)?;
    decoder.set_scan_limit(MAX_SCANS).map_err(engine)?;
    let header = decoder.read_header(bytes).map_err(damaged)?;
    Ok((decoder, header))
}

/// The smallest scale at which the long edge is not below `wanted` pixels; 1 without `wanted`.
pub fn scale(header: &DecompressHeader, wanted: Option<u32>) -> ScalingFactor {
    let long = header.width.max(header.height);
    let fits = |factor: &ScalingFactor| wanted.is_some_and(|wanted| factor.scale(long) >= wanted as usize);
    let eighths = (1..8).map(|eighths| ScalingFactor::new(eighths, 8));
    eighths.take_while(|_| !header.is_lossless).find(fits).unwrap_or(ScalingFactor::ONE)
}

/// Decodes, with a long edge of at least `wanted` pixels where the file has as many; in sRGB with the profile of the file.
pub fn decode(bytes: &[u8], wanted: Option<u32>, profile: Option<&Profile>) -> Result<Raster, Fault> {
    let (mut decoder, header) = open(bytes)?;
    let factor = scale(&header, wanted);
    decoder.set_scaling_factor(factor).map_err(engine)?;
    let (width, height) = (factor.scale(header.width), factor.scale(header.height));
    let format = match header.colorspace {
        Colorspace::Gray => PixelFormat::GRAY,
        Colorspace::CMYK | Colorspace::YCCK => PixelFormat::CMYK,
        _ => PixelFormat::RGB,
    };
    let channels = format.size();
    let mut data = vec![0; width * height * channels];
    let image = Image { pixels: data.as_mut_slice(), width, pitch: width * channels, height, format };
    decoder.decompress(bytes, image).map_err(damaged)?;
    let raster = Raster { width: width as u32, height: height as u32, channels, data };
    Ok(match profile {
        _ if format == PixelFormat::CMYK => from_inks(raster, profile),
        Some(profile) => profile.converted(raster),
        None => raster,
    })
}

/// CMYK to RGB: by the profile, else by the light that each ink leaves of white paper. Files store the light that is left,
/// as Adobe's do; those without Adobe's marker are read the same way by browsers and by Pillow.
fn from_inks(mut raster: Raster, profile: Option<&Profile>) -> Raster {
    if let Some(profile) = profile {
        invert(&mut raster);
        raster = match profile.inks_converted(raster) {
            Ok(converted) => return converted,
            Err(mut same) => {
                invert(&mut same);
                same
            }
        };
    }
    raster.keep_three(|[cyan, magenta, yellow, black]| {
        [cyan, magenta, yellow].map(|light| ((u32::from(light) * u32::from(black) + 127) / 255) as u8)
    });
    raster
}

fn invert(raster: &mut Raster) {
    raster.data.iter_mut().for_each(|value| *value = 255 - *value);
}

pub fn encode(picture: &Picture, quality: u8) -> Result<Vec<u8>, Fault> {
    let quality = quality.clamp(1, 100);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.to_rgb8();
    let mut encoder = encoder(quality)?;
    encoder.set_subsamp(if quality >= 90 { Subsamp::None } else { Subsamp::Sub2x2 }).map_err(engine)?;
    let image = Image { pixels: pixels.as_slice(), width, pitch: width * 3, height, format: PixelFormat::RGB };
    encoder.compress_to_vec(image).map_err(engine)
}

/// An encoder of a quality, 1 to 100.
pub fn encoder(quality: u8) -> Result<Compressor, Fault> {
    let mut encoder = Compressor::new().map_err(engine)?;
    encoder.set_quality(quality.clamp(1, 100).into()).map_err(engine)?;
    Ok(encoder)
}

/// The fault of a coder failure that is not the caller's.
pub fn engine(error: turbojpeg::Error) -> Fault {
    Fault::Engine(format!("the JPEG coder failed: {error}"))
}
