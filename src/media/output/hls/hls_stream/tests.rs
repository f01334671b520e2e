use super::*;

const SECOND: u64 = 1_000_000_000;

fn format(codec: &str, size: (u32, u32), channels: u16) -> Format {
    Format { codec: codec.into(), size, channels }
}

/// One whole segment of so many bytes and 1 s.
fn segment(stream: &HlsStream, track: Track, bytes: usize, at: u64) {
    let part = PartTiming { pts: at, duration: SECOND, independent: true, ends_segment: true, units: 30 };
    stream.put(track, 1, vec![0; bytes].into(), part);
}

#[tokio::test]
async fn a_master_playlist_has_a_variant_for_each_picture_and_every_sound() {
    let tracks = [Track::Video(0), Track::Video(1), Track::Audio(0), Track::Audio(1)];
    let stream = HlsStream::of(HlsSettings::default(), &tracks);
    assert_eq!(stream.master().await, Err(HlsError::Unknown), "nothing is published here");
    stream.expect();
    stream.begin(0, Carried::Both);
    let formats = [
        format("avc1.640028", (1920, 1080), 0),
        format("avc1.64001f", (1280, 720), 0),
        format("mp4a.40.2", (0, 0), 2),
        format("mp4a.40.2", (0, 0), 6),
    ];
    for (track, format) in tracks.into_iter().zip(formats) {
        stream.put_init(track, 1, Bytes::from_static(b"init"), format);
        segment(&stream, track, if track == Track::Video(0) { 500_000 } else { 100_000 }, SECOND);
    }
    let expected = "#EXTM3U\n\
        #EXT-X-VERSION:7\n\
        #EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Main\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio.m3u8\"\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Sound 2\",DEFAULT=NO,AUTOSELECT=YES,CHANNELS=\"6\",URI=\"audio2.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=4800000,AVERAGE-BANDWIDTH=4800000,CODECS=\"avc1.640028,mp4a.40.2\",\
        RESOLUTION=1920x1080,FRAME-RATE=30.000,AUDIO=\"audio\"\nvideo.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1600000,AVERAGE-BANDWIDTH=1600000,CODECS=\"avc1.64001f,mp4a.40.2\",\
        RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO=\"audio\"\nvideo2.m3u8\n";
    assert_eq!(stream.master().await.as_deref(), Ok(expected));
    let second = stream.playlist(Track::Video(1), ReloadTarget::Now).await.unwrap();
    let second = String::from_utf8(second.to_vec()).unwrap();
    assert!(second.contains("video2-") && !second.contains("video-"), "{second}");
    for other in ["video.m3u8", "audio.m3u8", "audio2.m3u8"] {
        assert!(second.contains(&format!("REPORT:URI=\"{other}\",LAST-MSN=0,LAST-PART=0")), "{second}");
    }
    assert_eq!(stream.playlist(Track::Video(2), ReloadTarget::Now).await, Err(HlsError::Unknown));
}

#[tokio::test]
async fn a_stream_that_rests_offers_nothing_old_and_goes_on_with_its_numbers() {
    let stream = HlsStream::new(HlsSettings::default());
    stream.expect();
    stream.begin(0, Carried::Picture);
    stream.put_init(Track::Video(0), 1, Bytes::from_static(b"init"), format("avc1.64001f", (1280, 720), 0));
    (0..4).for_each(|n| segment(&stream, Track::Video(0), 1000, n * SECOND));
    stream.playlist(Track::Video(0), ReloadTarget::Segment(3)).await.unwrap();
    stream.suspend();
    assert_eq!(stream.playlist(Track::Video(0), ReloadTarget::Now).await, Err(HlsError::Unknown));
    assert_eq!(stream.master().await, Err(HlsError::Unknown));
    // A reader that comes first waits for the writer.
    stream.expect();
    let text = stream.playlist(Track::Video(0), ReloadTarget::Segment(4));
    let write = async {
        tokio::task::yield_now().await;
        let period = stream.begin(60 * SECOND, Carried::Picture);
        let part = PartTiming { pts: 60 * SECOND, duration: SECOND, independent: true, ends_segment: true, units: 30 };
        let init = Bytes::from_static(b"init");
        stream.put_init(Track::Video(0), period, init, format("avc1.64001f", (1280, 720), 0));
        stream.put(Track::Video(0), period, vec![0; 1000].into(), part);
    };
    let (text, ()) = tokio::join!(text, write);
    let text = String::from_utf8(text.unwrap().to_vec()).unwrap();
    assert!(text.contains("#EXT-X-MEDIA-SEQUENCE:4\n") && text.contains("#EXT-X-DISCONTINUITY\n"), "{text}");
    assert_eq!(text.matches("#EXTINF").count(), 1, "{text}");
}
