//! Bindings of the extension bundle that nothing here listens for, reads or writes: their functions run by hand.

/// Their types, those of an extension in one line: what bundle 4.38.0 has besides those that this host knows
/// (protocol.md#by-hand-only).
const TYPES: &str = "
    serviceBusTrigger serviceBus
    cosmosDBTrigger cosmosDB
    eventGridTrigger eventGrid
    kafkaTrigger kafka
    sqlTrigger sql
    mySqlTrigger mySql
    rabbitMQTrigger rabbitMQ
    redisPubSubTrigger redisListTrigger redisStreamTrigger redis
    signalRTrigger signalR signalRConnectionInfo signalREndpoints signalRNegotiation
    webPubSubTrigger webPubSub webPubSubConnection webPubSubRequest
    table
    sendGrid
    twilioSms
    activityTrigger orchestrationTrigger entityTrigger durableClient orchestrationClient
    daprServiceInvocationTrigger daprTopicTrigger daprBindingTrigger daprBinding daprInvoke daprPublish daprSecret daprState
    mcpToolTrigger mcpResourceTrigger mcpPromptTrigger mcpToolProperty
    fabricItem udfProperty userDataFunctionContext
";

pub(super) fn by_hand_types() -> impl Iterator<Item = &'static str> {
    TYPES.split_whitespace()
}

/// Whether a type of binding is one of them, ignoring case.
pub fn is_by_hand(type_name: &str) -> bool {
    by_hand_types().any(|known| known.eq_ignore_ascii_case(type_name))
}
