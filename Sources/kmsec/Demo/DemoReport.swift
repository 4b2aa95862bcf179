import HTTPTypes
import KMSecurity

/// What happened in a demo, as `--json` writes it.
struct DemoReport: Encodable {
    /// One direction of a call.
    struct Message: Encodable {
        /// The parameters in the clear, as the sender has them.
        let parameters: String
        let headers: [String: String]
        /// What goes over the wire.
        let body: String
        /// The parameters as the receiver has them, decrypted.
        let received: String
    }

    /// A request that was changed, and what became of it.
    struct Refusal: Encodable {
        let attempt: String
        /// The error's code, for the receiver's own engineers.
        let code: String
        let detail: String
        /// What the sender is told.
        let reply: String
    }

    let method = "POST"
    let path = DemoParties.path
    let profile: String
    let request: Message
    let response: Message
    let refusals: [Refusal]
    /// The same call at field level.
    let fieldRequest: Message
    let fieldResponse: Message
}

extension HTTPFields {
    /// Names and values, for a report.
    var dictionary: [String: String] {
        Dictionary(map { ($0.name.rawName, $0.value) }) { "\($0), \($1)" }
    }
}
