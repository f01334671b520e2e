//! Takes and releases.

use crate::fixture::{Fixture, code};
use lumencast::domain::{
    command::{Command, Reply, Ticket},
    event::Event,
    fault::Kind,
    graphic::Skip,
    order::{Order, Report},
    time::Slot,
};

fn take(fixture: &mut Fixture, id: &str) -> Result<Reply, lumencast::domain::fault::Fault> {
    fixture.run(Command::Take { graphic: id.into() })
}

#[test]
fn a_take_is_live_when_the_mixer_shows_it_and_gone_when_its_way_out_is_over() {
    let mut fixture = Fixture::new();
    let ticket = fixture.send(Command::Take { graphic: "name".into() });
    assert!(fixture.show.view().live_on("cg1").is_empty());
    fixture.confirm();
    let reply = fixture.answer(ticket).unwrap().unwrap();
    assert!(matches!(&reply, Reply::Taken(t) if t.dispatched == ["cg1"] && t.on_air.unwrap().0 == Slot(101)));
    assert_eq!(fixture.show.view().live_on("cg1"), ["name"]);
    assert!(fixture.show.view().channel_on_program("cg1"));

    let reply = fixture.run(Command::Release { graphic: "name".into() }).unwrap();
    assert_eq!(reply, Reply::Released { dispatched: vec!["cg1".into()] });
    assert!(fixture.show.view().live_on("cg1").is_empty());
    assert!(fixture.show.view().channel_on_program("cg1"), "it is still seen on its way out");
    fixture.show.report(Report::GraphicGone { channel: "cg1".into(), graphic: "name".into(), slot: Slot(115) });
    assert!(!fixture.show.view().channel_on_program("cg1"));
}

#[test]
fn a_take_goes_to_every_channel_of_its_lock_and_is_answered_once() {
    let mut fixture = Fixture::new();
    let Reply::Taken(taken) = take(&mut fixture, "both").unwrap() else { panic!() };
    assert_eq!(taken.dispatched, ["cg1", "cg2", "page"]);
    assert!(fixture.acks.is_empty());
    for channel in ["cg1", "cg2", "page"] {
        assert_eq!(fixture.show.view().live_on(channel), ["both"]);
    }
    assert!(!fixture.show.view().channel_on_program("page"), "it is not keyed over program");
    let Reply::Released { dispatched } = fixture.run(Command::Release { graphic: "both".into() }).unwrap() else {
        panic!()
    };
    assert_eq!(dispatched, ["cg1", "cg2", "page"]);
}

#[test]
fn the_lock_decides_and_every_reason_has_its_code() {
    let mut fixture = Fixture::new();
    assert_eq!(code(take(&mut fixture, "nowhere")), "no_channels_assigned");
    assert_eq!(code(take(&mut fixture, "lost")), "locked_channel_missing");
    assert_eq!(code(take(&mut fixture, "unheard-of")), "graphic");
    let Reply::Taken(half) = take(&mut fixture, "half").unwrap() else { panic!() };
    assert_eq!((half.dispatched, half.skipped), (vec!["cg1".into()], vec![("gone".into(), Skip::ChannelMissing)]));
    let Reply::Taken(huge) = take(&mut fixture, "huge").unwrap() else { panic!() };
    assert_eq!(huge.skipped, [("cg1".into(), Skip::IncompatibleChannel)]);
    assert!(huge.dispatched.is_empty());
}

#[test]
fn a_graphic_that_cannot_be_drawn_is_a_fault_and_not_live() {
    let mut fixture = Fixture::new();
    let ticket = fixture.send(Command::Take { graphic: "name".into() });
    let Some(Order::ShowGraphic { channel, graphic, .. }) = fixture.orders.pop() else { panic!() };
    let reason = "no font".to_owned();
    fixture.show.report(Report::GraphicFailed { ticket, channel, graphic: graphic.id, reason });
    let fault = fixture.show.next_ack().unwrap().result.unwrap_err();
    assert_eq!(fault.detail, "no font");
    assert!(fixture.show.view().live_on("cg1").is_empty());
}

#[test]
fn a_graphic_that_finds_no_place_at_the_renderer_is_unavailable_and_can_be_taken_later() {
    let mut fixture = Fixture::new();
    let ticket = fixture.send(Command::Take { graphic: "name".into() });
    let Some(Order::ShowGraphic { channel, graphic, .. }) = fixture.orders.pop() else { panic!() };
    fixture.show.report(Report::GraphicRefused { ticket, channel, graphic: graphic.id });
    let fault = fixture.show.next_ack().unwrap().result.unwrap_err();
    assert_eq!((fault.kind, fault.code), (Kind::Unavailable, "unavailable"));
    assert!(fixture.show.view().live_on("cg1").is_empty());
    assert!(matches!(fixture.run(Command::Take { graphic: "name".into() }), Ok(Reply::Taken(_))));
}

#[test]
fn a_release_of_what_is_not_live_does_nothing_and_a_late_report_of_nobody_is_ignored() {
    let mut fixture = Fixture::new();
    let reply = fixture.run(Command::Release { graphic: "name".into() }).unwrap();
    assert_eq!(reply, Reply::Released { dispatched: vec![] });
    fixture.show.report(Report::GraphicLeaving {
        ticket: Ticket(77),
        channel: "cg1".into(),
        graphic: "name".into(),
        slot: Slot(1),
        time: Default::default(),
    });
    assert!(!fixture.show.view().channel_on_program("cg1"));
    assert!(!fixture.events.iter().any(|e| matches!(e, Event::GraphicOff { .. })));
}

#[test]
fn a_release_that_follows_a_take_before_it_is_seen_takes_it_off_again() {
    let mut fixture = Fixture::new();
    fixture.send(Command::Take { graphic: "name".into() });
    let ticket = fixture.send(Command::Release { graphic: "name".into() });
    fixture.confirm();
    let released = Reply::Released { dispatched: vec!["cg1".into()] };
    assert_eq!(fixture.answer(ticket), Some(Ok(released)));
    assert!(fixture.show.view().live_on("cg1").is_empty());
}
