import HTTPTypes
import KMSecurity

/// The result of a demo, as `--json` writes it.
struct DemoReport: Encodable {
    /// One direction of a call.
    struct Message: Encodable {
        /// The unencrypted parameters that the sender has.
        let parameters: String
        let headers: [String: String]
        /// The body that is sent.
        let body: String
        /// The parameters that the receiver has after decryption.
        let received: String
    }

    /// A changed or repeated request, and how the server rejected it.
    struct Rejection: Encodable {
        let attempt: String
        /// The error code, for the receiver's engineers only.
        let code: String
        let detail: String
        /// The body of the response to the sender.
        let reply: String
    }

    let method = "POST"
    let path = DemoParties.path
    let profile: String
    let request: Message
    let response: Message
    let rejections: [Rejection]
    /// The same call at field level.
    let fieldRequest: Message
    let fieldResponse: Message
}

extension HTTPFields {
    /// The header values by name; several values of a header are joined by commas.
    var dictionary: [String: String] {
        Dictionary(map { ($0.name.rawName, $0.value) }) { "\($0), \($1)" }
    }
}
