//! What holds whatever is sent in whatever order.

use crate::fixture::{A, B, C, Fixture};
use lumencast::domain::{command::Command, source::SourceId, switcher::SceneChange, time::Slot};
use proptest::prelude::*;
use std::{collections::BTreeSet, time::Duration};

#[derive(Debug, Clone)]
enum Step {
    Send(Command),
    Confirm,
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let source = prop_oneof![Just(A), Just(B), Just(C), Just(SourceId(7))];
    let command = prop_oneof![
        Just(Command::Cut),
        source.clone().prop_map(|source| Command::CutTo { source }),
        source.prop_map(|source| Command::SetPreview { source }),
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
                        lumencast::domain::order::Order::Switch { change, .. } => Some(*change),
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
}
