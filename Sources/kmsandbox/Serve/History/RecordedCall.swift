#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity

/// One call that the sandbox answered or made, with what the judge found.
struct RecordedCall: Sendable {
    /// Who sent the request.
    enum Direction: String, Sendable, Codable {
        /// A client of the sandbox.
        case request
        /// The sandbox itself, as the platform.
        case callback
    }

    /// The most bytes of a body that are kept.
    static let maximumBodyByteCount = 256 << 10

    let number: Int
    let direction: Direction
    var request: ReceivedRequest
    var response: ReceivedResponse
    let endpoint: Endpoint?
    let profile: WireProfile?
    let level: Level?
    /// The judgment of the request.
    var judgment: Judgment
    /// The judgment of the response to a callback, of one that a proxy passed on, or of one that a fault changed.
    var responseJudgment: Judgment?
    /// The decrypted parameters of the request; nil if it does not decrypt.
    var parameters: [UInt8]?
    /// The parameters of the response before they were encrypted.
    var responseParameters: [UInt8]?
    /// The code of the result, such as `000_000`.
    let resultCode: String?
    /// The time that the answer took.
    let duration: Duration
    /// What the user's settings changed of this call, such as a fault of the response.
    var alterations: [String] = []
    /// Whether there was a response; ``response`` is empty without one.
    var hasResponse = true
    /// The numbers of bytes of bodies of which only the beginning is kept; nil if both are whole.
    var wholeByteCounts: (request: Int, response: Int)?

    /// How the parameters of a call are protected.
    enum Level: String, Sendable, Codable {
        case plain, message, field

        init(_ protection: Protection) {
            self =
                switch protection {
                case .none: .plain
                case .message: .message
                case .fields: .field
                }
        }
    }

    /// The number of bytes of the request's body as it arrived.
    var requestByteCount: Int { wholeByteCounts?.request ?? request.body.count }

    /// The number of bytes of the response's body as it was sent.
    var responseByteCount: Int { wholeByteCounts?.response ?? response.body.count }

    /// The number of bytes that the call takes in the history, without those of its fixed parts.
    var byteCount: Int {
        let fields = [request.headers, response.headers].joined().reduce(0) {
            $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 64
        }
        let bodies = [request.body, response.body, parameters ?? [], responseParameters ?? []]
        return bodies.reduce(4096 + fields + request.path.utf8.count) { $0 + $1.count }
    }

    /// Returns this call with bodies no longer than ``maximumBodyByteCount``.
    func bounded() -> RecordedCall {
        guard
            max(request.body.count, response.body.count, parameters?.count ?? 0, responseParameters?.count ?? 0)
                > Self.maximumBodyByteCount
        else { return self }
        func cut(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix(Self.maximumBodyByteCount)) }
        var call = self
        call.request.body = cut(request.body)
        call.response.body = cut(response.body)
        call.parameters = parameters.map(cut)
        call.responseParameters = responseParameters.map(cut)
        call.wholeByteCounts = (request.body.count, response.body.count)
        return call
    }
}
#endif
