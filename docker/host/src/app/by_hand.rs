//! Bindings of the extension bundle that nothing here listens for, reads or writes: their functions run by hand.

/// Their types (protocol.md#by-hand-only).
pub(crate) const BY_HAND_TYPES: [&str; 27] = [
    "serviceBusTrigger",
    "serviceBus",
    "cosmosDBTrigger",
    "cosmosDB",
    "eventGridTrigger",
    "eventGrid",
    "kafkaTrigger",
    "kafka",
    "sqlTrigger",
    "sql",
    "mysqlTrigger",
    "mysql",
    "rabbitMQTrigger",
    "rabbitMQ",
    "redisPubSubTrigger",
    "redisListTrigger",
    "redisStreamTrigger",
    "redis",
    "signalRTrigger",
    "signalR",
    "signalRConnectionInfo",
    "webPubSubTrigger",
    "webPubSub",
    "webPubSubConnection",
    "table",
    "sendGrid",
    "twilioSms",
];

/// Whether a type of binding is one of them, ignoring case.
pub fn is_by_hand(type_name: &str) -> bool {
    BY_HAND_TYPES.iter().any(|known| known.eq_ignore_ascii_case(type_name))
}
