//! The rules that segments follow: those of the settings file, which no request changes, and those that came by request.
//!
//! Refuses to know: how they are followed, their form.

use super::{Lights, memory::SaveRequest};
use crate::domain::{
    fault::Fault,
    lights::{AudioSource, Rule, Trigger},
    view::View,
};
use std::sync::Arc;
use tokio::sync::oneshot;

/// The maximum number of rules, including those of the settings file.
pub const MAX_RULES: usize = 64;

/// See [`Inner::rules`].
#[derive(Default)]
pub(super) struct Rules {
    pub(super) fixed: Vec<Rule>,
    pub(super) asked: Vec<Rule>,
}

impl Rules {
    pub(super) fn all(&self) -> impl Iterator<Item = &Rule> {
        self.fixed.iter().chain(&self.asked)
    }
}

impl Lights {
    /// The rules, in their order, those of the settings file first.
    pub fn rules(&self) -> Vec<Rule> {
        self.0.rules.borrow().all().cloned().collect()
    }

    /// Makes or changes the rule of an id: `by` makes the new one from the present one. True when it is new.
    ///
    /// # Errors
    /// Those of `by`; `conflict` for one of the settings file (`fixed_rule`) and beyond [`MAX_RULES`]
    /// (`too_many_rules`); `invalid` (`when`) for an input, graphic or channel that the show does not have; `failed`
    /// when it cannot be stored.
    pub async fn put_rule(
        &self,
        id: &str,
        by: impl FnOnce(Option<&Rule>) -> Result<Rule, Fault>,
    ) -> Result<(Rule, bool), Fault> {
        let mut made = None;
        self.change_rules(id, |asked| {
            let place = asked.iter().position(|known| known.id == id);
            let rule = by(place.map(|place| &asked[place]))?;
            if let Some(show) = self.0.show.get() {
                check(&rule, &show.view())?;
            }
            made = Some((rule.clone(), place.is_none()));
            match place {
                Some(place) => asked[place] = rule,
                None => asked.push(rule),
            }
            Ok(())
        })
        .await?;
        made.ok_or_else(|| Fault::failed("not_made", "id", "The rule was not made"))
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// `not_found`; `conflict` for one of the settings file; `failed` when that cannot be stored.
    pub async fn delete_rule(&self, id: &str) -> Result<(), Fault> {
        self.change_rules(id, |asked| {
            let place = asked.iter().position(|rule| rule.id == id);
            let unknown = || Fault::not_found("not_found", "id", format!("There is no rule {id}"));
            asked.remove(place.ok_or_else(unknown)?);
            Ok(())
        })
        .await
    }

    async fn change_rules(&self, id: &str, by: impl FnOnce(&mut Vec<Rule>) -> Result<(), Fault>) -> Result<(), Fault> {
        let kept = {
            let _order = self.0.changing();
            let permit = self.0.permit()?;
            let known = self.0.rules.borrow().clone();
            if known.fixed.iter().any(|rule| rule.id == id) {
                let text = format!("Rule {id} is of the settings file; change it there");
                return Err(Fault::conflict("fixed_rule", "id", text));
            }
            let mut asked = known.asked.clone();
            by(&mut asked)?;
            if known.fixed.len() + asked.len() > MAX_RULES.max(known.all().count()) {
                let text = format!("There are {MAX_RULES} rules already");
                return Err(Fault::conflict("too_many_rules", "id", text));
            }
            let (reply, kept) = oneshot::channel();
            permit.send(SaveRequest::Rules(asked.clone(), reply));
            self.0.rules.send_replace(Arc::new(Rules { fixed: known.fixed.clone(), asked }));
            kept
        };
        kept.await.map_err(|_| Fault::unavailable("The server is shutting down"))?
    }
}

/// Whether the show has the objects that a rule follows.
///
/// # Errors
/// `invalid` (`when`) that names what is missing.
pub fn check(rule: &Rule, view: &View) -> Result<(), Fault> {
    let missing = |what: &str, name: String| Err(Fault::invalid("when", format!("This show has no {what} {name}")));
    let no_channel = |id: &str| view.channel(id).is_none();
    match &rule.when {
        Trigger::SourceTally { source, .. } | Trigger::Level { audio: AudioSource::Input(source) }
            if view.sources.iter().all(|known| known.id != *source) =>
        {
            missing("input", source.to_string())
        }
        Trigger::ChannelTally { channel } if no_channel(channel) => missing("channel", channel.clone()),
        Trigger::Graphic { channel: Some(channel), .. } if no_channel(channel) => missing("channel", channel.clone()),
        Trigger::Graphic { graphic: Some(graphic), .. } if !view.graphics.contains_key(graphic) => {
            missing("graphic", graphic.clone())
        }
        _ => Ok(()),
    }
}
