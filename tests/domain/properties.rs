//! What holds whatever is sent in whatever order.

use crate::fixture::{A, B, C, Fixture, input};
use lumencast::domain::{
    command::{Command, Reply},
    input::InputChange,
    order::Order,
    source::SourceId,
    switcher::SceneChange,
    time::Slot,
};
use proptest::prelude::*;
use std::{collections::BTreeSet, time::Duration};

#[derive(Debug, Clone)]
enum Step {
    Send(Command),
    Confirm,
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // 3 to 6 are added on the way, or not; 7 hardly ever.
    let source = (0..8_u32).prop_map(SourceId);
    let command = prop_oneof![
        Just(Command::Cut),
        source.clone().prop_map(|source| Command::CutTo { source }),
        source.clone().prop_map(|source| Command::SetPreview { source }),
        (0..40_u32).prop_map(|n| Command::AddInput { input: input(&format!("more-{n}")) }),
        (source, any::<bool>()).prop_map(|(source, force)| Command::RemoveInput { source, force }),
        (1..40_u64).prop_map(|n| Command::Fade { duration: Some(Duration::from_millis(n * 33)) }),
        Just(Command::Take { graphic: "both".into() }),
        Just(Command::Release { graphic: "both".into() }),
    ];
    let step =
        prop_oneof![4 => command.prop_map(Step::Send), 3 => Just(Step::Confirm), 2 => (1..50_u64).prop_map(Step::Pass)];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn no_sequence_of_inputs_leaves_program_empty_or_a_command_unanswered(steps in steps()) {
        let mut fixture = Fixture::new();
        let mut sent = 0;
        for step in steps {
            match step {
                Step::Send(command) => { fixture.send(command); sent += 1; }
                Step::Confirm => fixture.confirm(),
                Step::Pass(slots) => fixture.pass(slots),
            }
            prop_assert!(fixture.buses().0.is_some());
        }
        fixture.confirm();
        let answered: BTreeSet<_> = fixture.acks.iter().map(|ack| ack.ticket).collect();
        prop_assert_eq!(answered.len(), sent, "each is answered");
        prop_assert_eq!(fixture.acks.len(), sent, "and answered once");
    }

    #[test]
    fn the_tally_is_what_the_mixer_shows(steps in steps()) {
        let mut fixture = Fixture::new();
        // What a mixer would show that obeys the orders alone.
        let (mut program, mut fade): (SourceId, Option<(SourceId, u64)>) = (A, None);
        for step in steps {
            match step {
                Step::Send(command) => { fixture.send(command); }
                Step::Confirm => {
                    let orders: Vec<_> = fixture.orders.iter().filter_map(|order| match order {
                        Order::Switch { change, .. } => Some(*change),
                        _ => None,
                    }).collect();
                    fixture.confirm();
                    for change in orders {
                        match change {
                            SceneChange::Cut { program: to, .. } => (program, fade) = (to, None),
                            SceneChange::Fade { to, slots } => fade = Some((to, fixture.slot + slots)),
                            SceneChange::Preview { .. } => {}
                        }
                    }
                }
                Step::Pass(slots) => {
                    fixture.pass(slots);
                    if let Some((to, _)) = fade.take_if(|(_, end)| *end <= fixture.slot) {
                        program = to;
                    }
                }
            }
            let shown: BTreeSet<_> = [Some(program), fade.map(|(to, _)| to)].into_iter().flatten().collect();
            prop_assert_eq!(fixture.show.view().tally().program, shown, "slot {:?}", Slot(fixture.slot));
        }
    }

    #[test]
    fn buses_and_outputs_hold_inputs_that_are_there_and_an_id_is_given_out_once(steps in steps()) {
        let mut fixture = Fixture::new();
        let mut ids = BTreeSet::from([A, B, C]);
        let mut gone = BTreeSet::new();
        for step in steps {
            match step {
                Step::Send(command) => { fixture.send(command); }
                Step::Confirm => fixture.confirm(),
                Step::Pass(slots) => fixture.pass(slots),
            }
            let view = fixture.show.view();
            let present: BTreeSet<_> = view.sources.iter().map(|source| source.id).collect();
            prop_assert_eq!(present.len(), view.sources.len(), "no id stands twice");
            let fade = view.switcher.fade.map(|fade| [fade.from, fade.to]);
            let shown = [view.switcher.program, view.switcher.preview].into_iter().flatten();
            for id in shown.chain(fade.into_iter().flatten()) {
                prop_assert!(present.contains(&id), "{id} is on a bus and not there");
            }
            prop_assert!(present.is_disjoint(&gone), "an id came back");
            gone.extend(ids.difference(&present).copied());
            for ack in &fixture.acks {
                if let Ok(Reply::InputAdded { source, .. }) = ack.result {
                    prop_assert!(present.contains(&source) || gone.contains(&source), "{source} was answered and is not there");
                }
            }
            ids = present;
        }
    }

    #[test]
    fn the_machine_is_never_told_to_take_away_what_it_shows(steps in steps()) {
        let mut fixture = Fixture::new();
        let (mut program, mut fade): (SourceId, Option<SourceId>) = (A, None);
        for step in steps {
            match step {
                Step::Send(command) => { fixture.send(command); }
                Step::Pass(slots) => {
                    fixture.pass(slots);
                    // Orders that are under way were given before the fade ended.
                    let switcher = fixture.show.view().switcher;
                    if fade.is_some() && switcher.fade.is_none() {
                        (program, fade) = (switcher.program.unwrap(), None);
                    }
                }
                Step::Confirm => {
                    for order in &fixture.orders {
                        match order {
                            Order::Switch { change: SceneChange::Cut { program: to, .. }, .. } => (program, fade) = (*to, None),
                            Order::Switch { change: SceneChange::Fade { to, .. }, .. } => fade = Some(*to),
                            Order::ChangeInput { source, change: InputChange::Remove, .. } => {
                                prop_assert!(program != *source && fade != Some(*source), "{source} is shown");
                            }
                            _ => {}
                        }
                    }
                    fixture.confirm();
                }
            }
        }
    }
}
