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
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "anonymous" | "0" => Self::Anonymous,
            "user" | "1" => Self::User,
            "function" | "2" => Self::Function,
            "system" | "3" => Self::System,
            "admin" | "4" => Self::Admin,
            _ => return None,
        })
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "Anonymous",
            Self::User => "User",
            Self::Function => "Function",
            Self::System => "System",
            Self::Admin => "Admin",
        }
    }
}
