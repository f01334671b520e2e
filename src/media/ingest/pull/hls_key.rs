//! Keys of HLS segments: whole segments in AES-128-CBC with PKCS #7 padding (RFC 8216, 4.3.2.4 and 5.2).
//!
//! A key is fetched once for as long as playlists name it, by the same guarded client as everything else. Other methods
//! (SAMPLE-AES and the like) and key formats of rights systems are refused by name.
//!
//! Refuses to know: playlists beyond their keys, and what is in the segments.

use super::{
    End,
    web::{Web, peer},
};
use aws_lc_rs::{
    cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    iv::FixedLength,
};
use bytes::Bytes;
use m3u8_rs::{Key, KeyMethod, MediaSegment};
use url::Url;

/// The length of a key and of an initialisation vector in bytes.
const LENGTH: usize = 16;

/// How a segment is encrypted: where its key is and its initialisation vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encryption {
    pub url: Url,
    iv: [u8; LENGTH],
    /// Whether the playlist gives the initialisation vector; one that is made of a number is no segment's map.
    has_iv: bool,
}

impl Encryption {
    /// The encryption in force at one of these segments, which has this media sequence number; `None` for none.
    ///
    /// # Errors
    /// A method or a key format that is not supported, or a key that cannot be had.
    pub fn at(base: &Url, segments: &[MediaSegment], at: usize, number: u64) -> Result<Option<Self>, End> {
        // The parser reports a key only for the segment behind its tag; it holds until the next one.
        let until = segments.get(..=at).unwrap_or_default();
        match until.iter().rev().find(|segment| segment.key.is_some() || ends_encryption(segment)) {
            Some(MediaSegment { key: Some(key), .. }) => Self::of(base, key, number),
            _ => Ok(None),
        }
    }

    fn of(base: &Url, key: &Key, number: u64) -> Result<Option<Self>, End> {
        match &key.method {
            KeyMethod::None => return Ok(None),
            KeyMethod::AES128 => {}
            KeyMethod::SampleAES => {
                return Err(peer("its segments are encrypted by SAMPLE-AES, which is not supported"));
            }
            KeyMethod::Other(_) => return Err(peer("its segments are encrypted in a way that is not supported")),
        }
        if key.keyformat.as_deref().is_some_and(|format| format != "identity") {
            return Err(peer("its segments are encrypted for a rights system, which is not supported"));
        }
        let uri = key.uri.as_deref().ok_or_else(|| peer("the playlist names no key for its segments"))?;
        let url = base.join(uri).map_err(|_| peer("the playlist names a key that is no URL"))?;
        let iv = match key.iv.as_deref() {
            Some(text) => vector(text).ok_or_else(|| peer("the playlist has a bad initialisation vector"))?,
            None => u128::from(number).to_be_bytes(),
        };
        Ok(Some(Self { url, iv, has_iv: key.iv.is_some() }))
    }

    /// The same for an `EXT-X-MAP`: it is encrypted only where the playlist gives the vector.
    pub fn of_map(&self) -> Option<&Self> {
        self.has_iv.then_some(self)
    }

    /// The plain bytes.
    ///
    /// # Errors
    /// When the key does not fit.
    pub fn decrypt(&self, key: &[u8; LENGTH], bytes: &Bytes) -> Result<Bytes, End> {
        let misfit = |_| peer("its segments cannot be decrypted with the key that it names");
        let key = UnboundCipherKey::new(&AES_128, key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7).map_err(misfit)?;
        let mut plain = bytes.to_vec();
        let context = DecryptionContext::Iv128(FixedLength::from(self.iv));
        let length = key.decrypt(&mut plain, context).map_err(misfit)?.len();
        plain.truncate(length);
        Ok(plain.into())
    }
}

/// The key that was fetched last.
#[derive(Default)]
pub(super) struct Keys(Option<(Url, [u8; LENGTH])>);

impl Keys {
    /// The key of a URL.
    ///
    /// # Errors
    /// When it cannot be fetched, may not be, or is no key.
    pub async fn get(&mut self, web: &Web, url: &Url) -> Result<[u8; LENGTH], End> {
        if let Some((known, key)) = &self.0
            && known == url
        {
            return Ok(*key);
        }
        let (_, bytes) = web.read(url, None, LENGTH).await?;
        let key = bytes.as_ref().try_into().map_err(|_| peer("what it names as the key of its segments is no key"))?;
        self.0 = Some((url.clone(), key));
        Ok(key)
    }
}

/// Whether `EXT-X-KEY:METHOD=NONE` stands before a segment. The parser does not know it without a vector, which such a tag
/// must not have.
fn ends_encryption(segment: &MediaSegment) -> bool {
    let is_none = |rest: &String| rest.split(',').any(|attribute| attribute.trim() == "METHOD=NONE");
    segment.unknown_tags.iter().any(|tag| tag.tag == "X-KEY" && tag.rest.as_ref().is_some_and(is_none))
}

/// `0x` and 32 hexadecimal digits.
fn vector(text: &str) -> Option<[u8; LENGTH]> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let is_hex = digits.len() <= 2 * LENGTH && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u128::from_str_radix(digits, 16).ok().filter(|_| is_hex).map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_given_or_is_the_segments_number() {
        assert_eq!(vector("0x00000000000000000000000000000102").unwrap()[14..], [1, 2]);
        assert_eq!(vector("0XFF").unwrap()[15], 255);
        for bad in ["", "0x", "102", "0x+1", "0xg", "0x000000000000000000000000000000001"] {
            assert_eq!(vector(bad), None, "{bad}");
        }
        let base = Url::parse("http://a.example/x/list.m3u8").unwrap();
        let text = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:258\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:2,\na.ts\n\
            #EXTINF:2,\nb.ts\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:2,\nc.ts\n\
            #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:2,\nd.ts\n";
        let list = m3u8_rs::parse_media_playlist_res(text).unwrap();
        let at = |at: usize| Encryption::at(&base, &list.segments, at, 258 + at as u64);
        let second = at(1).ok().flatten().unwrap();
        assert_eq!((second.url.as_str(), &second.iv[14..]), ("http://a.example/x/k", &[1_u8, 3][..]));
        assert!(second.of_map().is_none());
        assert!(matches!(at(2), Ok(None)));
        assert!(at(3).is_err());
    }
}
