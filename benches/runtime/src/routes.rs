//! The routes beside the measured one.

pub const OTHERS: &[&str] = &[
    "/",
    "/health",
    "/todos",
    "/todos/{id}/comments",
    "/todos/{id}/history",
    "/todos/search",
    "/lists",
    "/lists/{list}",
    "/lists/{list}/todos",
    "/lists/{list}/members",
    "/users",
    "/users/{user}",
    "/users/{user}/lists",
    "/users/{user}/settings",
    "/teams",
    "/teams/{team}",
    "/teams/{team}/members",
    "/tags",
    "/tags/{tag}",
    "/reports/daily",
];
