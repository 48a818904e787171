//! Tests that need the driver's insides and belong to no one room.

mod tidy;
