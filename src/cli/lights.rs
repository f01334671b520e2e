//! From settings to the lights.

use crate::{
    app::{
        lights::{
            self, Lights, forms,
            output_form::LightOutput,
            outputs::{self, LOOK_UP_EVERY, system_resolver},
            prompt::Prompt,
        },
        show::conductor::ShowHandle,
    },
    config::{self, Config, LightOrder, LightProtocol, SacnMerge},
    domain::lights::Rule,
    lighting::{ColourOrder, Merge, Protocol},
    media::engine::Engine,
    store::Store,
};
use anyhow::{Context, bail};
use std::{sync::Arc, time::Duration};

/// Opens the lights in their last state.
///
/// # Errors
/// An invalid setting, by its key; rows or sockets that cannot be opened.
pub async fn open(config: &Config, store: &Store) -> anyhow::Result<Lights> {
    let settings = &config.lighting;
    Lights::open(lights::Setup {
        led_count: settings.led_count,
        gamma: settings.gamma,
        seed: settings.seed,
        outputs: outputs(config)?,
        resolver: system_resolver(),
        look_up_every: LOOK_UP_EVERY,
        name: settings.name.clone(),
        sacn_listen: settings.sacn_listen,
        sacn_merge: match settings.sacn_merge {
            SacnMerge::Ltp => Merge::Ltp,
            SacnMerge::Htp => Merge::Htp,
        },
        artnet_listen: Some(settings.artnet_listen).filter(|listen| listen.port() != 0),
        ai_url: settings.ai_url.clone(),
        rules: rules(config)?,
        memory: store.lights(),
    })
    .await
}

/// Has the lights follow the show.
///
/// # Errors
/// A rule of the settings that follows an object that the show does not have.
pub fn follow(config: &Config, lights: &Lights, show: &ShowHandle, engine: &Arc<Engine>) -> anyhow::Result<()> {
    for (n, rule) in rules(config)?.iter().enumerate() {
        let sound = lights::check(rule, &show.view());
        sound.map_err(|fault| anyhow::anyhow!("lighting.rule #{}.{}: {}", n + 1, fault.subject, fault.detail))?;
    }
    lights.follow(show.clone(), engine.clone());
    Ok(())
}

/// The interpreter of prompts.
///
/// # Errors
/// An invalid address.
pub fn prompt(config: &Config) -> anyhow::Result<Prompt> {
    let timeout = Duration::from_secs(config.lighting.ai_timeout_s.into());
    Prompt::new(&config.lighting.ai_url, timeout).context("lighting.ai_url")
}

/// The rules of the settings.
///
/// # Errors
/// An invalid rule, by its key.
fn rules(config: &Config) -> anyhow::Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    for (n, written) in config.lighting.rule.iter().enumerate() {
        let object = serde_json::Value::Object(written.clone().into_iter().collect());
        let rule = forms::rule(&object);
        let rule =
            rule.map_err(|fault| anyhow::anyhow!("lighting.rule #{}.{}: {}", n + 1, fault.subject, fault.detail))?;
        if rules.iter().any(|known| known.id == rule.id) {
            bail!("lighting.rule #{}.id: {:?} is taken already", n + 1, rule.id);
        }
        rules.push(rule);
    }
    if rules.len() > lights::MAX_RULES {
        bail!("lighting.rule: there may be {} at most", lights::MAX_RULES);
    }
    Ok(rules)
}

/// The outputs of the settings. Names of hosts are looked up later.
///
/// # Errors
/// An invalid output, by its key.
fn outputs(config: &Config) -> anyhow::Result<Vec<LightOutput>> {
    let settings = &config.lighting;
    let outputs: Vec<_> =
        settings.output.iter().enumerate().map(|(n, output)| self::output(n, output, settings.led_count)).collect();
    for (n, output) in outputs.iter().enumerate() {
        let id = output.id.as_str();
        let sound = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !sound {
            bail!("lighting.output #{}.id: is not 1 to 64 letters, digits, - and _", n + 1);
        }
        if outputs[..n].iter().any(|known| known.id == id) {
            bail!("lighting.output #{}.id: {id:?} is taken already", n + 1);
        }
        if output.unicast.is_none() && output.protocol != Protocol::Sacn {
            bail!("lighting.output #{}.unicast: missing; only sACN has groups to send to", n + 1);
        }
    }
    let fit = outputs::check(&outputs, settings.led_count);
    fit.map_err(|(n, fault)| anyhow::anyhow!("lighting.output #{}.{}: {}", n + 1, fault.subject, fault.detail))?;
    Ok(outputs)
}

fn output(n: usize, output: &config::LightOutput, led_count: u16) -> LightOutput {
    let config::LightOutput { id, protocol, universe, channel, start, length, order, unicast, .. } = output;
    let config::LightOutput { interface, priority, sync, fps, brightness, current_ma, .. } = output;
    let protocol = match protocol {
        LightProtocol::Sacn => Protocol::Sacn,
        LightProtocol::Artnet => Protocol::Artnet,
        LightProtocol::Ddp => Protocol::Ddp,
    };
    LightOutput {
        id: id.clone().unwrap_or_else(|| format!("output-{}", n + 1)),
        protocol,
        universe: *universe,
        channel: *channel,
        start: *start,
        length: length.unwrap_or(led_count.saturating_sub(*start)),
        order: match order {
            LightOrder::Rgb => ColourOrder::Rgb,
            LightOrder::Grb => ColourOrder::Grb,
            LightOrder::Bgr => ColourOrder::Bgr,
            LightOrder::Rbg => ColourOrder::Rbg,
            LightOrder::Gbr => ColourOrder::Gbr,
            LightOrder::Brg => ColourOrder::Brg,
            LightOrder::Rgbw => ColourOrder::Rgbw,
            LightOrder::Grbw => ColourOrder::Grbw,
        },
        unicast: unicast.clone(),
        interface: *interface,
        priority: *priority,
        sync: *sync,
        fps: fps.unwrap_or(protocol.fps()),
        brightness: *brightness,
        current_ma: *current_ma,
    }
}
