//! The network on small graphs written here, and on the real weights where numbers must be those of TensorFlow.js.

use super::{graph::Graph, tensor::*, *};
use serde_json::{Value, json};
use std::{collections::HashMap, path::Path};

type Named = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// A picture without order, the same each time.
fn noise(width: u32, height: u32) -> Picture {
    let value = |x: u32, y: u32, part: u32| ((x * 37 + y * 73 + part * 101) % 256) as f32 / 255.0;
    let data = (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |part| value(x, y, part))));
    Picture::from_data(width, height, data.collect()).unwrap()
}

fn layer(class: &str, name: &str, mut config: Value, reads: &[&str]) -> Value {
    config["name"] = json!(name);
    let reads: Vec<Value> = reads.iter().map(|from| json!([from, 0, 0, {}])).collect();
    json!({"class_name": class, "config": config, "inbound_nodes": if reads.is_empty() { json!([]) } else { json!([reads]) }})
}

fn model(layers: Vec<Value>, last: &str) -> Value {
    json!({"modelTopology": {"model_config": {"config": {"layers": layers, "output_layers": [[last, 0, 0]]}}}})
}

/// Two convolutions with a residual, then pixels out of channels; weights without order.
fn small_network() -> Weights {
    let conv = json!({"padding": "same", "activation": "linear"});
    let layers = vec![
        layer("InputLayer", "in", json!({}), &[]),
        layer("Conv2D", "a", conv.clone(), &["in"]),
        layer("Activation", "r", json!({"activation": "relu"}), &["a"]),
        layer("Concatenate", "c", json!({"axis": 3}), &["in", "r"]),
        layer("Conv2D", "b", conv, &["c"]),
        layer("MultiplyBeta", "m", json!({}), &["b"]),
        layer("Add", "s", json!({}), &["m", "b"]),
        layer("PixelShuffle2x", "out", json!({}), &["s"]),
    ];
    let values = |count: usize| (0..count).map(|at| ((at * 7919) % 31) as f32 / 150.0 - 0.1).collect::<Vec<_>>();
    let weights = Named::from([
        ("a/kernel".into(), (vec![3, 3, 3, 5], values(135))),
        ("a/bias".into(), (vec![5], values(5))),
        ("b/kernel".into(), (vec![5, 5, 8, 12], values(2400))),
        ("b/bias".into(), (vec![12], values(12))),
    ]);
    Weights::of(&model(layers, "out"), weights).unwrap()
}

#[test]
fn a_convolution_is_the_sum_it_is_defined_as() {
    let (width, height, inputs, outputs, side) = (5, 4, 2, 3, 3);
    let mut tensor = Tensor::new(width, height, inputs);
    for y in 0..height {
        tensor.row_mut(y).iter_mut().enumerate().for_each(|(at, value)| *value = ((at * 5 + y * 3) % 7) as f32 - 2.0);
    }
    let values: Vec<f32> = (0..side * side * inputs * outputs).map(|at| ((at * 11) % 13) as f32 - 6.0).collect();
    let kernel = Kernel { side, inputs, outputs, values: values.clone(), bias: vec![0.5, -1.0, 2.0] };
    let made = tensor.convolved(&kernel).unwrap();
    for (y, x, out) in (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..outputs).map(move |out| (y, x, out))))
    {
        let mut sum = kernel.bias[out];
        for (ky, kx, from) in
            (0..3).flat_map(|ky| (0..3).flat_map(move |kx| (0..inputs).map(move |from| (ky, kx, from))))
        {
            let (Some(sy), Some(sx)) = ((y + ky).checked_sub(1), (x + kx).checked_sub(1)) else { continue };
            if sy < height && sx < width {
                sum += tensor.row(sy)[sx * inputs + from] * values[((ky * side + kx) * inputs + from) * outputs + out];
            }
        }
        assert!((made.row(y)[x * outputs + out] - sum).abs() < 1e-3, "at {x} {y} {out}");
    }
    // The border stays empty, so that the next convolution sees zeros there.
    assert!(made.data.iter().filter(|value| **value != 0.0).count() <= width * height * outputs);
    assert!(tensor.convolved(&Kernel { inputs: 3, ..kernel }).is_none());
}

#[test]
fn channels_become_pixels_in_the_order_of_depth_to_space() {
    let mut tensor = Tensor::new(2, 1, 4);
    tensor.row_mut(0).copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let made = tensor.shuffled(2).unwrap();
    assert_eq!((made.row(0), made.row(1)), (&[1.0, 2.0, 5.0, 6.0][..], &[3.0, 4.0, 7.0, 8.0][..]));
    assert!(tensor.shuffled(3).is_none());
    assert_eq!(made.repeated(2).row(3), [3.0, 3.0, 4.0, 4.0, 7.0, 7.0, 8.0, 8.0]);
}

#[test]
fn tiles_show_no_seam_whatever_their_size() {
    let (network, picture, stop) = (small_network(), noise(37, 23), Stop::default());
    let whole = network.raw(&picture, 1000, &stop).unwrap();
    assert_eq!((whole.width(), whole.height()), (74, 46));
    assert!(whole.data.iter().any(|value| *value > 0.1 && *value < 0.9), "there is something to compare");
    for tile in [5, 8, 16] {
        let tiled = network.raw(&picture, tile, &stop).unwrap();
        let worst = whole.data.iter().zip(&tiled.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-5, "tiles of {tile}: {worst}");
    }
}

#[test]
fn the_installed_network_gives_the_numbers_of_tensorflow() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/weights/esrgan-slim");
    let network = Weights::load(&dir).expect("scripts/weights.sh has put the weights there");
    let made = network.raw(&noise(6, 5), 100, &Stop::default()).unwrap();
    // TensorFlow.js 4 on the same 6 x 5 pixels.
    let expected = [
        ((0, 0), [79.176, 95.546, 73.519]),
        ((5, 4), [112.932, 124.904, 141.048]),
        ((6, 5), [64.689, 100.993, 127.372]),
        ((11, 9), [105.236, 117.925, 88.322]),
        ((3, 7), [53.627, 101.944, 148.192]),
        ((10, 1), [111.237, 102.601, 120.990]),
    ];
    for ((x, y), values) in expected {
        let got = made.at(x, y).map(|value| value * 255.0);
        assert!(got.iter().zip(values).all(|(a, b)| (a - b).abs() < 0.01), "at {x} {y}: {got:?}, not {values:?}");
    }
}

#[test]
fn networks_that_are_not_understood_are_named_and_never_run() {
    let of = |layers, last: &str| Graph::read(&model(layers, last), Named::new()).unwrap_err();
    let input = || layer("InputLayer", "in", json!({}), &[]);
    assert!(of(vec![input(), layer("LSTM", "x", json!({}), &["in"])], "x").contains("layer x"));
    assert!(of(vec![input(), layer("Conv2D", "x", json!({"padding": "same"}), &["in"])], "x").contains("layer x"));
    assert!(of(vec![layer("ReLU", "x", json!({}), &["later"])], "x").contains("not there"));
    assert!(of(vec![input()], "else").contains("result"));
    // Understood, and no network that doubles.
    assert!(Weights::of(&model(vec![input()], "in"), Named::new()).unwrap_err().contains("double"));
    assert!(Weights::load(Path::new("/nowhere")).is_none());
}

/// Black and white fields with a slanted edge, smooth by averaging, at a size.
fn slant(width: u32, height: u32) -> Picture {
    let light = |x: f32, y: f32| if x * 0.9 + y * 0.45 < 0.68 { 0.85 } else { 0.15 };
    let mut out = Picture::new(width, height);
    for (at, pixel) in out.pixels_mut().enumerate() {
        let (x, y) = ((at as u32 % width) as f32, (at as u32 / width) as f32);
        let spots = (0..64).map(|spot| {
            let (dx, dy) = ((spot % 8) as f32 / 8.0 + 0.0625, (spot / 8) as f32 / 8.0 + 0.0625);
            light((x + dx) / width as f32, (y + dy) / height as f32)
        });
        pixel.fill(spots.sum::<f32>() / 64.0);
    }
    out
}

fn error(left: &Picture, right: &Picture) -> f32 {
    left.data.iter().zip(&right.data).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / left.data.len() as f32
}

#[test]
fn edges_come_out_nearer_to_the_truth_than_by_lanczos() {
    let (small, large) = (slant(48, 48), slant(96, 96));
    let (made, plain) = (enlarge(&small, 96, 96, &Stop::default()).unwrap(), resize::resize(&small, 96, 96));
    assert!(error(&made, &large) < error(&plain, &large) * 0.95, "{} {}", error(&made, &large), error(&plain, &large));
    // And made small again it is what it came from.
    assert!(error(&resize::resize(&made, 48, 48), &small) < 1e-5);
}

#[test]
fn the_long_edge_is_met_with_and_without_a_network() {
    let (network, stop) = (small_network(), Stop::default());
    for weights in [None, Some(&network)] {
        for (edge, size) in
            [(15, (15, 10)), (30, (30, 20)), (32, (32, 21)), (47, (47, 31)), (60, (60, 40)), (150, (150, 100))]
        {
            let made = to_long_edge(noise(30, 20), edge, weights, &stop).unwrap();
            assert_eq!((made.width(), made.height()), size);
            assert!(made.data.iter().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn upscaling_that_is_called_off_ends() {
    let stop = Stop::default();
    stop.stop();
    assert_eq!(small_network().double(&noise(8, 8), &stop), Err(Fault::Stopped));
    assert_eq!(to_long_edge(noise(8, 8), 32, None, &stop), Err(Fault::Stopped));
}
