//! The commands: one table that is searched, described and tested.

use super::{
    error::{ApiError, Code},
    params::Params,
    topics::Topic,
    wire::Envelope,
};
use crate::domain::command::Command;
use serde_json::{Value, json};

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Auth {
        token: String,
    },
    Subscribe(Vec<Topic>),
    Unsubscribe(Vec<Topic>),
    Describe,
    State,
    Ping,
    SwitcherState,
    OutputsList,
    OutputState(u8),
    InputsList,
    /// Something for the show.
    Show(Command),
}

/// A parameter as `system.describe` lists it: name, type, whether it must be there.
type Param = (&'static str, &'static str, bool);

/// One command of the plane.
struct Spec {
    name: &'static str,
    params: &'static [Param],
    parse: fn(Params<'_>) -> Result<Request, ApiError>,
}

/// The only kind of destination there is.
const DESTINATIONS: &[&str] = &["rtmp"];
/// The only kind of transition there is.
const TRANSITIONS: &[&str] = &["fade"];

const SOURCE: Param = ("sourceId", "int", true);
const OUTPUT: Param = ("output", "int", true);
const RECORDER: Param = ("recorder", "int", true);
const TOPICS: Param = ("topics", "string[]", true);

const COMMANDS: &[Spec] = &[
    Spec {
        name: "system.auth",
        params: &[("token", "string", true)],
        parse: |p| Ok(Request::Auth { token: p.text("token")?.to_owned() }),
    },
    Spec { name: "system.describe", params: &[], parse: |_| Ok(Request::Describe) },
    Spec { name: "system.subscribe", params: &[TOPICS], parse: |p| topics(p).map(Request::Subscribe) },
    Spec { name: "system.unsubscribe", params: &[TOPICS], parse: |p| topics(p).map(Request::Unsubscribe) },
    Spec { name: "system.getState", params: &[], parse: |_| Ok(Request::State) },
    Spec { name: "system.ping", params: &[], parse: |_| Ok(Request::Ping) },
    Spec { name: "switcher.cut", params: &[], parse: |_| show(Command::Cut) },
    Spec { name: "switcher.cutToSource", params: &[SOURCE], parse: |p| show(Command::CutTo { source: p.source()? }) },
    Spec {
        name: "switcher.setPreview",
        params: &[SOURCE],
        parse: |p| show(Command::SetPreview { source: p.source()? }),
    },
    Spec {
        name: "switcher.fade",
        params: &[("duration", "number", false)],
        parse: |p| show(Command::Fade { duration: p.optional_seconds("duration")? }),
    },
    Spec {
        name: "switcher.setTransition",
        params: &[("type", "string", true), ("duration", "number", true)],
        parse: |p| {
            p.one_of("type", TRANSITIONS)?;
            show(Command::SetFadeDuration { duration: p.seconds("duration")? })
        },
    },
    Spec { name: "switcher.getState", params: &[], parse: |_| Ok(Request::SwitcherState) },
    Spec { name: "outputs.list", params: &[], parse: |_| Ok(Request::OutputsList) },
    Spec { name: "outputs.getState", params: &[OUTPUT], parse: |p| p.place("output").map(Request::OutputState) },
    Spec {
        name: "outputs.setSource",
        params: &[OUTPUT, ("source", "string", true), ("sourceId", "int", false)],
        parse: |p| show(Command::SetOutputStream { output: p.place("output")?, stream: p.stream()? }),
    },
    Spec {
        name: "outputs.configure",
        params: &[OUTPUT, ("destination", "string", true), ("url", "string", true), ("key", "string", false)],
        parse: |p| {
            let output = p.place("output")?;
            p.one_of("destination", DESTINATIONS)?;
            show(Command::ConfigurePush { output, url: p.destination()?.into() })
        },
    },
    Spec {
        name: "outputs.start",
        params: &[OUTPUT, ("destination", "string", false)],
        parse: |p| Ok(Request::Show(Command::StartPush { output: destination(p)? })),
    },
    Spec {
        name: "outputs.stop",
        params: &[OUTPUT, ("destination", "string", false)],
        parse: |p| Ok(Request::Show(Command::StopPush { output: destination(p)? })),
    },
    Spec {
        name: "outputs.startRecording",
        params: &[RECORDER, ("source", "string", false), ("sourceId", "int", false)],
        parse: |p| show(Command::StartRecording { recorder: p.place("recorder")?, stream: p.optional_stream()? }),
    },
    Spec {
        name: "outputs.stopRecording",
        params: &[RECORDER],
        parse: |p| show(Command::StopRecording { recorder: p.place("recorder")? }),
    },
    Spec { name: "inputs.list", params: &[], parse: |_| Ok(Request::InputsList) },
];

fn show(command: Command) -> Result<Request, ApiError> {
    Ok(Request::Show(command))
}

/// `output`, with a `destination` that may be left out but not be another than there is.
fn destination(params: Params<'_>) -> Result<u8, ApiError> {
    let output = params.place("output")?;
    if params.optional_text("destination")?.is_some() {
        params.one_of("destination", DESTINATIONS)?;
    }
    Ok(output)
}

/// All topics or none.
fn topics(params: Params<'_>) -> Result<Vec<Topic>, ApiError> {
    let unknown = |name: &str| ApiError::param("topics", format!("there is no topic {name}; see system.describe"));
    params.texts("topics")?.into_iter().map(|name| Topic::parse(name).ok_or_else(|| unknown(name))).collect()
}

/// Understands a request.
///
/// # Errors
/// `COMMAND_NOT_FOUND` for a type that is not in the table, `INVALID_PARAMS` naming the parameter.
pub fn parse(envelope: &Envelope) -> Result<Request, ApiError> {
    let spec = COMMANDS.iter().find(|spec| spec.name == envelope.kind).ok_or_else(|| {
        ApiError::new(Code::CommandNotFound, format!("There is no command {}; see system.describe", envelope.kind))
    })?;
    (spec.parse)(Params(&envelope.params))
}

/// The answer to `system.describe`.
pub fn describe(version: &str) -> Value {
    let param = |(name, kind, required): &Param| json!({ "name": name, "type": kind, "required": required });
    let command = |spec: &Spec| {
        let params: Vec<_> = spec.params.iter().map(param).collect();
        json!({ "type": spec.name, "params": params })
    };
    json!({
        "version": version,
        "commands": COMMANDS.iter().map(command).collect::<Vec<_>>(),
        "topics": Topic::all().iter().map(Topic::to_string).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{output::OutputSource, source::SourceId};

    fn ask(kind: &str, params: Value) -> Result<Request, ApiError> {
        let Value::Object(params) = params else { panic!("params are an object") };
        parse(&Envelope { id: "1".into(), kind: kind.into(), params })
    }

    /// A value of each type of the table.
    fn sample(name: &str, kind: &str) -> Value {
        match (name, kind) {
            ("source", _) => json!("camera"),
            ("destination", _) => json!("rtmp"),
            ("type", _) => json!("fade"),
            (_, "string") => json!("text"),
            (_, "int") => json!(2),
            (_, "number") => json!(0.5),
            (_, "string[]") => json!(["tally"]),
            _ => panic!("{name} has the unknown type {kind}"),
        }
    }

    #[test]
    fn every_described_parameter_is_read_as_it_is_described() {
        for spec in COMMANDS {
            let full: serde_json::Map<_, _> =
                spec.params.iter().map(|(name, kind, _)| ((*name).to_owned(), sample(name, kind))).collect();
            assert!(ask(spec.name, Value::Object(full.clone())).is_ok(), "{}", spec.name);
            for (name, _, required) in spec.params {
                let mut without = full.clone();
                without.remove(*name);
                let mut wrong = full.clone();
                wrong.insert((*name).to_owned(), json!({ "not": "this" }));
                let error = ask(spec.name, Value::Object(wrong)).expect_err(spec.name);
                assert_eq!(error.code, Code::InvalidParams);
                assert!(error.message.contains(name), "{}: {}", spec.name, error.message);
                match ask(spec.name, Value::Object(without)) {
                    Ok(_) => assert!(!required, "{} takes no notice of a missing {name}", spec.name),
                    // A camera needs its number although the parameter is optional beside other sources.
                    Err(error) => assert!(*required || *name == "sourceId", "{}: {}", spec.name, error.message),
                }
            }
        }
    }

    #[test]
    fn a_key_becomes_the_last_element_of_the_address() {
        let params = json!({"output": 1, "destination": "rtmp", "url": "rtmp://a/live/", "key": "k-1?x=2"});
        let url = "rtmp://a/live/k-1?x=2".into();
        assert_eq!(ask("outputs.configure", params), show(Command::ConfigurePush { output: 1, url }));
    }

    #[test]
    fn unknown_parameters_are_ignored_and_whole_numbers_may_be_written_with_a_point() {
        let params = json!({"output": 3.0, "source": "camera", "sourceId": 4, "colour": "red"});
        let stream = OutputSource::Input(SourceId(4));
        assert_eq!(ask("outputs.setSource", params), show(Command::SetOutputStream { output: 3, stream }));
    }

    #[test]
    fn numbers_that_cannot_be_ids_are_refused() {
        for odd in [json!(-1), json!(1.5), json!("1"), json!(true)] {
            assert_eq!(
                ask("switcher.setPreview", json!({ "sourceId": odd })).map_err(|e| e.code),
                Err(Code::InvalidParams)
            );
        }
    }
}
