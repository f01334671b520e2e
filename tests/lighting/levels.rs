//! Levels on the wire at low brightness: the hue of a colour, and whether slow effects are seen to move.

use super::sockets::{DEADLINE, PacketReceiver, output};
use lumencast::{
    domain::lights::{ControllerChange, Effect, LookChange, Pixels, Rgb, SegmentChange, Strip},
    lighting::{Engine, Protocol, SavedState, Settings},
    protocol::lighting::sacn::{self, Packet},
};
use std::time::Instant;

/// Orange, amber, warm white, pink, violet, teal.
const COLOURS: [Rgb; 6] =
    [[255, 100, 0], [255, 150, 0], [255, 180, 107], [255, 105, 180], [138, 43, 226], [0, 128, 128]];

fn engine(receiver: &PacketReceiver, leds: u16) -> Engine {
    let settings = Settings {
        strip: Strip::new(leds, Effect::Solid),
        gamma: 1.0,
        seed: 1,
        saved_state: SavedState::default(),
        outputs: vec![output(Protocol::Sacn, 1, leds, receiver.address())],
        cid: [7; 16],
        name: "levels".to_owned(),
        artnet_listen: None,
    };
    Engine::start(settings).unwrap()
}

fn leds(receiver: &PacketReceiver) -> Vec<Rgb> {
    loop {
        let bytes = receiver.receive();
        if let Ok(Packet::Data(data)) = sacn::parse(&bytes) {
            return data.slots.chunks_exact(3).map(|led| [led[0], led[1], led[2]]).collect();
        }
    }
}

/// Degrees, 0 to 360; none for grey.
fn hue([red, green, blue]: Rgb) -> Option<f64> {
    let [red, green, blue] = [red, green, blue].map(f64::from);
    let largest = red.max(green).max(blue);
    let chroma = largest - red.min(green).min(blue);
    let sixth = if largest == red {
        (green - blue) / chroma
    } else if largest == green {
        2.0 + (blue - red) / chroma
    } else {
        4.0 + (red - green) / chroma
    };
    (chroma > 0.0).then(|| (sixth * 60.0).rem_euclid(360.0))
}

fn apart(one: f64, other: f64) -> f64 {
    let difference = (one - other).abs();
    difference.min(360.0 - difference)
}

#[test]
fn six_colours_keep_their_hue_at_every_brightness() {
    let _turn = crate::turn::turn();
    let receiver = PacketReceiver::open();
    let engine = engine(&receiver, 6);
    engine.set_pixels(&Pixels::Each(COLOURS.to_vec()));
    for brightness in [1, 5, 10, 20, 40, 128, 255] {
        engine.set_controller(ControllerChange { brightness: Some(brightness), ..Default::default() });
        let top = |colour: Rgb| ((u32::from(*colour.iter().max().unwrap()) * u32::from(brightness) + 127) / 255).max(1);
        let begin = Instant::now();
        let levels = loop {
            let levels = leds(&receiver);
            let arrived =
                levels.iter().zip(COLOURS).all(|(led, colour)| u32::from(*led.iter().max().unwrap()) == top(colour));
            if arrived {
                break levels;
            }
            assert!(begin.elapsed() < DEADLINE, "brightness {brightness}: {levels:?}");
        };
        println!("brightness {brightness}: {levels:?}");
        for (led, colour) in levels.into_iter().zip(COLOURS) {
            // With fewer than three levels there is no room for a hue between two.
            if top(colour) >= 3 {
                let moved = apart(hue(led).unwrap(), hue(colour).unwrap());
                assert!(moved <= 5.0, "{colour:?} at {brightness}: {led:?}, {moved:.1} degrees");
            }
            assert_ne!(led, [0; 3], "{colour:?} at {brightness} is dark");
        }
    }
}

#[test]
fn breathe_and_candle_move_at_a_brightness_of_10() {
    let _turn = crate::turn::turn();
    for effect in [Effect::Breathe, Effect::Candle] {
        let receiver = PacketReceiver::open();
        let engine = engine(&receiver, 60);
        let look = LookChange {
            effect: Some(Some(effect)),
            speed: Some(255),
            primary: Some(COLOURS[0]),
            ..Default::default()
        };
        engine.update_segment(0, SegmentChange { look, ..Default::default() }).unwrap();
        engine.set_controller(ControllerChange { brightness: Some(10), ..Default::default() });
        // Means of 60 LEDs over a tenth of a second each, for two and a half seconds.
        let (mut means, mut sum, mut frames) = (Vec::new(), 0, 0);
        while means.len() < 25 {
            let levels = leds(&receiver);
            sum += levels.iter().map(|led| u32::from(led[0])).sum::<u32>();
            frames += 1;
            if frames == 4 {
                means.push(f64::from(sum) / 240.0);
                (sum, frames) = (0, 0);
            }
            // Orange and amber, never yellow.
            assert!(levels.iter().all(|led| led[2] <= 2 && (led[1] < led[0] || led[0] <= 1)), "{effect:?}: {levels:?}");
        }
        means.drain(..3);
        let (low, high) = means.iter().fold((f64::MAX, 0.0_f64), |(low, high), mean| (low.min(*mean), high.max(*mean)));
        let steps = means.windows(2).filter(|pair| (pair[0] - pair[1]).abs() > 0.01).count();
        println!("{effect:?} at brightness 10: mean level of red {means:.2?}");
        assert!(high - low > 2.0 && steps > 15, "{effect:?}: {means:.2?}");
    }
}
