//! Bindings of the extension bundle that nothing here listens for, reads or writes: their functions run by hand.

use dotnet_text::letter_case::is_one_of;

/// Their types: what bundle 4.38.0 has besides those that this host knows (protocol.md#by-hand-only).
pub(crate) const BY_HAND_TYPES: [&str; 50] = [
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
    "mySqlTrigger",
    "mySql",
    "rabbitMQTrigger",
    "rabbitMQ",
    "redisPubSubTrigger",
    "redisListTrigger",
    "redisStreamTrigger",
    "redis",
    "signalRTrigger",
    "signalR",
    "signalRConnectionInfo",
    "signalREndpoints",
    "signalRNegotiation",
    "webPubSubTrigger",
    "webPubSub",
    "webPubSubConnection",
    "webPubSubRequest",
    "table",
    "sendGrid",
    "twilioSms",
    "activityTrigger",
    "orchestrationTrigger",
    "entityTrigger",
    "durableClient",
    "orchestrationClient",
    "daprServiceInvocationTrigger",
    "daprTopicTrigger",
    "daprBindingTrigger",
    "daprBinding",
    "daprInvoke",
    "daprPublish",
    "daprSecret",
    "daprState",
    "mcpToolTrigger",
    "mcpResourceTrigger",
    "mcpPromptTrigger",
    "mcpToolProperty",
    "fabricItem",
    "udfProperty",
    "userDataFunctionContext",
];

/// Whether a type of binding is one of them, ignoring case.
pub fn is_by_hand(type_name: &str) -> bool {
    is_one_of(type_name, &BY_HAND_TYPES)
}
