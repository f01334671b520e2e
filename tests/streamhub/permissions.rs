//! Every route with every kind of caller: one table, from the rows of the server and the document's roles.

use crate::server::Server;
use lumencast::{api::streamhub::route_table, app::access::permissions::Role};
use reqwest::Method;
use serde_json::{Value, json};

/// What roles may do, written down from the document a second time.
fn role_may(role: Role, permission: &str) -> bool {
    let editor = "app:create app:write config:read config:write s3:read s3:write stream:read stream:write stream:start \
        stream:stop stream:delete recording:read recording:start recording:stop recording:write vod:read vod:write \
        vod:delete broadcast:start broadcast:read broadcast:stop broadcast:write sample:read sample:write ingress:read \
        ingress:create ingress:write ingress:delete usage:read";
    match role {
        Role::Superadmin | Role::Owner | Role::Service => true,
        Role::Viewer => permission.ends_with(":read"),
        Role::Editor => editor.split_whitespace().any(|allowed| allowed == permission),
    }
}

struct Caller {
    name: &'static str,
    bearer: String,
    role: Option<Role>,
    /// The apps it reaches; `None`: all.
    reach: Option<&'static str>,
    /// Whether it reaches one app by a key.
    keyed: bool,
}

/// The refusal that is due, or `None` when the route itself is to answer. `app` is that of the path.
fn due(access: &str, caller: &Caller, app: Option<&str>) -> Option<u16> {
    let missing = || (app == Some("nothing")).then_some(404);
    let Some(role) = caller.role else { return if access == "public" { missing() } else { Some(401) } };
    if access == "public" || access == "login" {
        return missing();
    }
    let (everywhere, permission) = access.strip_prefix("global ").map_or((false, access), |rest| (true, rest));
    if everywhere && caller.reach.is_some() {
        return Some(403);
    }
    if caller.keyed && app.map_or(!permission.ends_with(":read"), |app| caller.reach != Some(app)) {
        return Some(403);
    }
    if !role_may(role, permission) {
        return Some(403);
    }
    let foreign = caller.reach.is_some_and(|own| app.is_some_and(|app| app != own));
    missing().or(foreign.then_some(403))
}

async fn callers(server: &Server) -> Vec<Caller> {
    let member = async |name, role, tenant: &str, reach| Caller {
        name,
        bearer: server.member(tenant, role).await,
        role: Some(role),
        reach: Some(reach),
        keyed: false,
    };
    let key = async |name, app: &'static str| Caller {
        name,
        bearer: server.app_key(app).await,
        role: Some(Role::Service),
        reach: Some(app),
        keyed: true,
    };
    let strange =
        |name, bearer: &str| Caller { name, bearer: bearer.to_owned(), role: None, reach: None, keyed: false };
    let all = |name, bearer| Caller { name, bearer, role: Some(Role::Superadmin), reach: None, keyed: false };
    vec![
        strange("nobody", ""),
        strange("a key that never was", &format!("sk_{}", "A".repeat(43))),
        strange("no JWT", "a.b.c"),
        all("a global key", server.global.clone()),
        all("the operator", server.login("admin", crate::server::PASSWORD).await),
        key("the app's key", "redshow").await,
        key("another app's key", "live").await,
        member("owner", Role::Owner, "red", "redshow").await,
        member("editor", Role::Editor, "red", "redshow").await,
        member("viewer", Role::Viewer, "red", "redshow").await,
        member("a stranger's owner", Role::Owner, "blue", "blueshow").await,
    ]
}

#[tokio::test]
async fn every_route_answers_every_caller_as_the_table_says() {
    let server = Server::open().await;
    let callers = callers(&server).await;
    for (tenant, app) in [("red", "redshow"), ("blue", "blueshow")] {
        server.apps.create(app, None, None, Some(tenant)).await.expect("an app");
    }
    let (mut cases, mut open) = (0, 0);
    for (method, path, access) in route_table() {
        for app in ["redshow", "nothing"] {
            let named = path.contains("{app}");
            for caller in &callers {
                let concrete = path.replace("{app}", app).replace("{room}", "demo");
                // Handlers are not to do anything lasting here: what they get is wrong for every one of them.
                let concrete = concrete.replace("{id}", "no-such-id");
                let due = due(&access, caller, named.then_some(app));
                if due.is_none() && (method == "DELETE" && path == "/apps/{app}" || path == "/auth/logout") {
                    open += 1;
                    continue; // they would end what the next cases need; other tests see them work
                }
                let verb: Method = method.parse().expect("a method");
                let body = if verb == Method::GET { Value::Null } else { json!({ "name": 5, "adaptive": "x" }) };
                let (status, answer) = server.send(verb, &concrete, &caller.bearer, body).await;
                let what = format!("{method} {concrete} ({access}) by {}: {status} {answer}", caller.name);
                match due {
                    Some(due) => {
                        assert_eq!(status, due, "{what}");
                        let reason = match due {
                            401 => "Unauthorized",
                            403 => "Forbidden",
                            _ => "Not Found",
                        };
                        assert_eq!((&answer["statusCode"], &answer["error"]), (&json!(due), &json!(reason)), "{what}");
                    }
                    None => {
                        let own_404 = status == 404 && answer["message"] != "App not found";
                        let busy = status == 429 && path == "/auth/login";
                        let refused_login = status == 401 && path == "/auth/login";
                        let answered = [200, 201, 204, 400].contains(&status) || own_404 || busy || refused_login;
                        assert!(answered, "{what}");
                        open += 1;
                    }
                }
                cases += 1;
            }
        }
    }
    assert!(cases > 300 && open > 80, "{cases} cases, {open} open");
}

#[test]
fn every_route_asks_for_something_or_is_public_on_purpose() {
    let public: Vec<String> = route_table()
        .into_iter()
        .filter(|(_, _, access)| access == "public")
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let wanted = [
        "GET /health",
        "GET /auth/config",
        "POST /auth/login",
        "GET /apps/{app}/play-token/{room}",
        "GET /apps/{app}/radio/{room}/listen-token",
    ];
    for route in wanted {
        assert!(public.iter().any(|public| public == route), "{route} is not public: {public:?}");
    }
    let known = |route: &String| wanted.contains(&route.as_str()) || route == "GET /apps/{app}/ws-ingest/live/{room}";
    assert!(public.iter().all(known), "{public:?}");
}
