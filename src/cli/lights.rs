//! From settings to the lights.

use crate::{
    app::{
        lights::{self, Lights, forms, prompt::Prompt},
        show::conductor::ShowHandle,
    },
    config::{self, Config, LightOrder, LightProtocol},
    domain::lights::Rule,
    lighting::{ColourOrder, Destination, OutputSpec, Protocol, patch},
    media::engine::Engine,
    store::Store,
};
use anyhow::{Context, bail};
use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

/// Opens the lights in their last state.
///
/// # Errors
/// An invalid setting, by its key; rows or sockets that cannot be opened.
pub async fn open(config: &Config, store: &Store) -> anyhow::Result<Lights> {
    let settings = &config.lighting;
    let outputs = settings.output.iter().enumerate().map(|(n, output)| self::output(n, output, settings.led_count));
    let outputs: Vec<_> = outputs.collect::<anyhow::Result<_>>()?;
    patch::check(&outputs, settings.led_count)
        .map_err(|error| anyhow::anyhow!("lighting.output #{}.{}: {}", error.output + 1, error.key, error.problem))?;
    Lights::open(lights::Setup {
        led_count: settings.led_count,
        gamma: settings.gamma,
        seed: settings.seed,
        outputs,
        name: settings.name.clone(),
        sacn_listen: settings.sacn_listen,
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

fn output(n: usize, output: &config::LightOutput, led_count: u16) -> anyhow::Result<OutputSpec> {
    let config::LightOutput { protocol, universe, channel, start, length, order, unicast, interface, priority, sync } =
        output;
    let key = |name: &str| format!("lighting.output #{}.{name}", n + 1);
    let (protocol, port) = match protocol {
        LightProtocol::Sacn => (Protocol::Sacn, 5568),
        LightProtocol::Artnet => (Protocol::Artnet, 6454),
        LightProtocol::Ddp => (Protocol::Ddp, 4048),
    };
    let to = match unicast {
        Some(host) => Destination::Unicast(address(host, port).with_context(|| key("unicast"))?),
        None if protocol == Protocol::Sacn => Destination::Multicast,
        None => bail!("{}: missing; only sACN has groups to send to", key("unicast")),
    };
    Ok(OutputSpec {
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
        },
        to,
        priority: *priority,
        sync: *sync,
        interface: *interface,
    })
}

/// `host`, `host:port`, `address`, `address:port` or `[address]:port`; looked up once.
fn address(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok((address, port).into());
    }
    let found = match host.to_socket_addrs() {
        Ok(mut found) => found.next(),
        Err(_) => (host, port).to_socket_addrs()?.next(),
    };
    found.with_context(|| format!("{host}: no address"))
}
