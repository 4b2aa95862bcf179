#if Sandbox
import HTTPTypes
import Hummingbird
import KMSecurity

extension Sandbox {
    /// An answer to send.
    struct Answer: Sendable {
        var status: HTTPResponse.Status
        var headers: HTTPFields
        var body: [UInt8]
    }
}

extension Sandbox.Answer {
    /// The response for Hummingbird.
    var response: Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: .init(bytes: body)))
    }

    /// Creates an answer with JSON of the control interface.
    init(_ json: String, _ status: HTTPResponse.Status) {
        self.init(status: status, headers: [.contentType: "application/json"], body: Array(json.utf8))
    }

    /// Creates an answer from a sealed response.
    init(_ response: SealedResponse) {
        let head = response.httpResponse
        self.init(status: head.status, headers: head.headerFields, body: response.body)
    }
}
#endif
