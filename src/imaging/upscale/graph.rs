//! A network in the format of TensorFlow.js (`model.json` of the layers format): layers by name, each with the names of
//! its inputs, in an order in which they can be run.
//!
//! Refuses to know: files, tiles, the meaning of inputs and outputs.

use super::tensor::{BORDER, Kernel, Tensor};
use serde_json::Value;
use std::collections::HashMap;

/// What a layer does.
#[derive(Debug, Clone, PartialEq)]
enum Work {
    Input,
    Convolve { kernel: Kernel, rectify: bool },
    Pass,
    Rectify,
    Multiply(f32),
    Add,
    Concatenate,
    Repeat(usize),
    Shuffle(usize),
}

#[derive(Debug, Clone)]
struct Layer {
    work: Work,
    /// Numbers of the layers it reads.
    reads: Vec<usize>,
    /// The number of the last layer that reads it.
    last_reader: usize,
}

/// Layers in order; the last one's result is the network's.
#[derive(Debug, Clone)]
pub struct Graph {
    layers: Vec<Layer>,
}

impl Graph {
    /// Reads layers and gives them their weights by name; an error names the part that is not supported.
    pub fn read(model: &Value, mut weights: HashMap<String, (Vec<usize>, Vec<f32>)>) -> Result<Self, String> {
        let config = &model["modelTopology"]["model_config"]["config"];
        let described = config["layers"].as_array().ok_or("there are no layers")?;
        let mut numbers = HashMap::new();
        let mut layers: Vec<Layer> = Vec::new();
        for (number, layer) in described.iter().enumerate() {
            let name = layer["config"]["name"].as_str().or(layer["name"].as_str()).ok_or("a layer has no name")?;
            let work = work(name, layer, &mut weights).ok_or_else(|| format!("layer {name} is not understood"))?;
            let mut reads = Vec::new();
            for read in layer["inbound_nodes"][0].as_array().into_iter().flatten() {
                let from = read[0].as_str().and_then(|from| numbers.get(from).copied());
                let from: usize = from.ok_or_else(|| format!("layer {name} reads what is not there before it"))?;
                layers[from].last_reader = number;
                reads.push(from);
            }
            let wanted = match work {
                Work::Input => reads.is_empty(),
                Work::Add | Work::Concatenate => !reads.is_empty(),
                _ => reads.len() == 1,
            };
            if !wanted {
                return Err(format!("layer {name} reads {} others", reads.len()));
            }
            numbers.insert(name.to_owned(), number);
            layers.push(Layer { work, reads, last_reader: number });
        }
        let output = config["output_layers"][0][0].as_str().and_then(|name| numbers.get(name));
        if output.is_none_or(|output| output + 1 != layers.len()) {
            return Err("its last layer is not its result".into());
        }
        Ok(Self { layers })
    }

    /// How far beyond a pixel its result looks, in pixels of the input, at most.
    pub fn reach(&self) -> usize {
        let radius = |layer: &Layer| match &layer.work {
            Work::Convolve { kernel, .. } => kernel.side / 2,
            _ => 0,
        };
        self.layers.iter().map(radius).sum()
    }

    /// Whether it multiplies residuals, which ESRGAN does and networks that work on 0 to 255 do not.
    pub fn is_of_unit_range(&self) -> bool {
        self.layers.iter().any(|layer| matches!(layer.work, Work::Multiply(_)))
    }

    /// Runs it; `None` where sizes are inconsistent. Results are dropped after their last reader.
    pub fn run(&self, input: Tensor) -> Option<Tensor> {
        let mut input = Some(input);
        let mut results: Vec<Option<Tensor>> = vec![None; self.layers.len()];
        for (number, layer) in self.layers.iter().enumerate() {
            let made = {
                let read = |at: usize| layer.reads.get(at).and_then(|from| results.get(*from)).and_then(Option::as_ref);
                match &layer.work {
                    Work::Input => input.take()?,
                    Work::Convolve { kernel, rectify } => {
                        let mut out = read(0)?.convolved(kernel)?;
                        if *rectify {
                            out.rectify();
                        }
                        out
                    }
                    Work::Pass => read(0)?.clone(),
                    Work::Rectify => {
                        let mut out = read(0)?.clone();
                        out.rectify();
                        out
                    }
                    Work::Multiply(by) => {
                        let mut out = read(0)?.clone();
                        out.data.iter_mut().for_each(|value| *value *= by);
                        out
                    }
                    Work::Add => {
                        let mut out = read(0)?.clone();
                        for at in 1..layer.reads.len() {
                            out.add(read(at)?)?;
                        }
                        out
                    }
                    Work::Concatenate => {
                        let parts: Option<Vec<&Tensor>> = (0..layer.reads.len()).map(read).collect();
                        Tensor::concatenated(&parts?)?
                    }
                    Work::Repeat(factor) => read(0)?.repeated(*factor),
                    Work::Shuffle(factor) => read(0)?.shuffled(*factor)?,
                }
            };
            for from in &layer.reads {
                if self.layers.get(*from).is_some_and(|from| from.last_reader == number) {
                    results[*from] = None;
                }
            }
            results[number] = Some(made);
        }
        results.pop()?
    }
}

/// What a described layer does, with its weights taken out of the map.
fn work(name: &str, layer: &Value, weights: &mut HashMap<String, (Vec<usize>, Vec<f32>)>) -> Option<Work> {
    let config = &layer["config"];
    match layer["class_name"].as_str()? {
        "InputLayer" => Some(Work::Input),
        "Conv2D" => {
            let (shape, values) = weights.remove(&format!("{name}/kernel"))?;
            let &[side, columns, inputs, outputs] = shape.as_slice() else { return None };
            let bias = weights.remove(&format!("{name}/bias")).map(|(_, bias)| bias).unwrap_or(vec![0.0; outputs]);
            let is_one = |field: &str| config[field].as_array().is_none_or(|steps| steps.iter().all(|step| step == 1));
            let plain = is_one("strides") && is_one("dilation_rate") && (side == 1 || config["padding"] == "same");
            let rectify = match config["activation"].as_str() {
                None | Some("linear") => false,
                Some("relu") => true,
                _ => return None,
            };
            let fits = side == columns && side % 2 == 1 && side / 2 <= BORDER && plain;
            fits.then_some(Work::Convolve { kernel: Kernel { side, inputs, outputs, values, bias }, rectify })
        }
        "Activation" => match config["activation"].as_str()? {
            "relu" => Some(Work::Rectify),
            "linear" => Some(Work::Pass),
            _ => None,
        },
        "ReLU" => Some(Work::Rectify),
        "Add" => Some(Work::Add),
        "Concatenate" => matches!(config["axis"].as_i64(), Some(3 | -1)).then_some(Work::Concatenate),
        // ESRGAN's own layer; its factor is in the code that comes with the model, not in the model.
        "MultiplyBeta" => Some(Work::Multiply(0.2)),
        "UpSampling2D" => {
            let nearest = config["interpolation"].as_str().is_none_or(|kind| kind == "nearest");
            let factor = config["size"].as_array().and_then(|size| size.first()).and_then(Value::as_u64).unwrap_or(2);
            (nearest && (1..=4).contains(&factor)).then_some(Work::Repeat(factor as usize))
        }
        shuffle => {
            let factor = shuffle.strip_prefix("PixelShuffle")?.strip_suffix('x')?.parse().ok()?;
            (1..=4).contains(&factor).then_some(Work::Shuffle(factor))
        }
    }
}
