//! Permissions of the StreamHub plane: a permission is a resource and an action, roles are rows of one table.
//!
//! Refuses to know: routes and the permissions they need, owners of apps, how a role was obtained.

use std::fmt;

/// The object of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Apps themselves.
    App,
    /// The settings of an app.
    Config,
    /// The storage for an app's files.
    S3,
    /// Live streams and the tokens for them.
    Stream,
    /// Starting and stopping recordings.
    Recording,
    /// Finished recordings.
    Vod,
    /// Restreams to other platforms.
    Broadcast,
    /// Demonstration pages.
    Sample,
    /// Ingresses.
    Ingress,
    /// Tenants.
    Tenant,
    /// Usage figures and logs.
    Usage,
    /// API keys.
    Token,
}

/// The kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Looking.
    Read,
    /// Making.
    Create,
    /// Changing.
    Write,
    /// Taking away.
    Delete,
    /// Setting going.
    Start,
    /// Ending.
    Stop,
}

use Action::{Create, Delete, Read, Start, Stop, Write};

/// Permission for one action on one kind of resource; written `stream:write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission(pub Resource, pub Action);

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(resource, action) = self;
        let resource = match resource {
            Resource::App => "app",
            Resource::Config => "config",
            Resource::S3 => "s3",
            Resource::Stream => "stream",
            Resource::Recording => "recording",
            Resource::Vod => "vod",
            Resource::Broadcast => "broadcast",
            Resource::Sample => "sample",
            Resource::Ingress => "ingress",
            Resource::Tenant => "tenant",
            Resource::Usage => "usage",
            Resource::Token => "token",
        };
        let action = match action {
            Read => "read",
            Create => "create",
            Write => "write",
            Delete => "delete",
            Start => "start",
            Stop => "stop",
        };
        write!(f, "{resource}:{action}")
    }
}

/// The role of a caller, within the reach of the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The operator, and programs with a global key.
    Superadmin,
    /// Everything within the own tenant.
    Owner,
    /// Runs the productions of a tenant.
    Editor,
    /// Only reads.
    Viewer,
    /// A program with an app's key.
    Service,
}

impl Role {
    /// The name in answers and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Superadmin => "superadmin",
            Self::Owner => "owner",
            Self::Editor => "editor",
            Self::Viewer => "viewer",
            Self::Service => "service",
        }
    }

    /// The role of a tenant's member with this name.
    pub fn of_member(name: &str) -> Option<Self> {
        [Self::Owner, Self::Editor, Self::Viewer].into_iter().find(|role| role.as_str() == name)
    }
}

/// What an editor may do to each resource. As in the product: apps may be made and changed but not listed.
const EDITOR: [(Resource, &[Action]); 10] = [
    (Resource::App, &[Create, Write]),
    (Resource::Config, &[Read, Write]),
    (Resource::S3, &[Read, Write]),
    (Resource::Stream, &[Read, Write, Start, Stop, Delete]),
    (Resource::Recording, &[Read, Start, Stop, Write]),
    (Resource::Vod, &[Read, Write, Delete]),
    (Resource::Broadcast, &[Start, Read, Stop, Write]),
    (Resource::Sample, &[Read, Write]),
    (Resource::Ingress, &[Read, Create, Write, Delete]),
    (Resource::Usage, &[Read]),
];

/// Whether a role has a permission, regardless of its reach (StreamHub, "Permissions").
pub fn allows(role: Role, permission: Permission) -> bool {
    let Permission(resource, action) = permission;
    match role {
        Role::Superadmin | Role::Owner | Role::Service => true,
        Role::Viewer => action == Read,
        Role::Editor => EDITOR.iter().any(|(of, actions)| *of == resource && actions.contains(&action)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_written_with_a_colon() {
        assert_eq!(Permission(Resource::Stream, Write).to_string(), "stream:write");
        assert_eq!(Permission(Resource::S3, Read).to_string(), "s3:read");
    }

    #[test]
    fn an_editor_runs_productions_but_neither_deletes_apps_nor_handles_keys_or_tenants() {
        for allowed in [Permission(Resource::Ingress, Delete), Permission(Resource::Stream, Stop)] {
            assert!(allows(Role::Editor, allowed), "{allowed}");
        }
        for refused in [
            Permission(Resource::App, Delete),
            Permission(Resource::App, Read),
            Permission(Resource::Token, Read),
            Permission(Resource::Tenant, Write),
            Permission(Resource::Usage, Write),
        ] {
            assert!(!allows(Role::Editor, refused), "{refused}");
        }
    }

    #[test]
    fn a_viewer_reads_everything_and_does_nothing() {
        assert!(allows(Role::Viewer, Permission(Resource::Config, Read)));
        assert!(!allows(Role::Viewer, Permission(Resource::Stream, Stop)));
    }
}
