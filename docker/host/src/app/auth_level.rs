//! Who may call a function.

/// `authLevel`, and `authorizationLevel` of the routes in host.json.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthLevel {
    Anonymous,
    User,
    Function,
    System,
    Admin,
}

impl AuthLevel {
    /// All levels, as they are written in files.
    pub const NAMES: [&str; 5] = ["anonymous", "user", "function", "system", "admin"];

    /// A level by its name, or by its number as .NET's `Enum.TryParse` takes it.
    pub fn of(text: &str) -> Option<Self> {
        let named = || Self::NAMES.iter().position(|name| name.eq_ignore_ascii_case(text.trim()));
        let number = text.trim().parse().ok().or_else(named)?;
        [Self::Anonymous, Self::User, Self::Function, Self::System, Self::Admin].get::<usize>(number).copied()
    }

    pub const fn name(self) -> &'static str {
        ["Anonymous", "User", "Function", "System", "Admin"][self as usize]
    }
}
