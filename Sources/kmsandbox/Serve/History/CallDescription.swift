#if Sandbox
import Foundation
import HTTPTypes
import KMCards
import KMDiagnosis
import KMSecurity

/// A call as the control interface describes it in a list.
struct CallSummary: Encodable, Sendable {
    let number: Int
    let direction: RecordedCall.Direction
    let receivedAt: String
    let method: String
    let path: String
    /// The HTTP status; nil if there was no response.
    let status: Int?
    let verdict: Judgment.Verdict
    let code: String?
    let resultCode: String?
    let summary: String
    let milliseconds: Double
    let profile: String?
    let level: RecordedCall.Level?
    /// What the user's settings changed of the call.
    let alterations: [String]

    init(_ call: RecordedCall) {
        number = call.number
        direction = call.direction
        receivedAt = call.request.date.withMilliseconds
        method = call.request.method.rawValue
        path = MessageMasking.apply(to: String(call.request.path.prefix(2000)))
        status = call.hasResponse ? call.response.status.code : nil
        verdict = call.judgment.verdict
        code = call.judgment.code
        resultCode = call.resultCode
        summary = call.judgment.summary
        milliseconds = (Double(call.duration / .microseconds(1)) / 100).rounded() / 10
        profile = call.profile?.name
        level = call.level
        alterations = call.alterations
    }
}

/// A call with everything that the control interface shows of it.
struct CallDescription: Encodable {
    struct Request: Encodable {
        let headers: [[String]]
        let body: String
        let byteCount: Int
    }

    struct Response: Encodable {
        let status: Int?
        let headers: [[String]]
        let body: String
        let byteCount: Int
    }

    let call: CallSummary
    let request: Request
    let response: Response
    let judgment: Judgment
    let responseJudgment: Judgment?
    let parameters: String?
    let responseParameters: String?
    let isRevealed: Bool

    /// Creates a description.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - isRevealed: Whether secrets and card numbers are shown.
    init(_ call: RecordedCall, isRevealed: Bool) {
        let masking = CallMasking(isRevealed: isRevealed)
        self.call = CallSummary(call)
        request = Request(
            headers: masking.headers(call.request.headers),
            body: masking.body(call.request.body),
            byteCount: call.requestByteCount
        )
        response = Response(
            status: call.hasResponse ? call.response.status.code : nil,
            headers: masking.headers(call.response.headers),
            body: masking.body(call.response.body),
            byteCount: call.responseByteCount
        )
        judgment = call.judgment
        responseJudgment = call.responseJudgment
        parameters = call.parameters.map(masking.parameters)
        responseParameters = call.responseParameters.map(masking.parameters)
        self.isRevealed = isRevealed
    }

    /// Writes the members of the summary beside the others.
    func encode(to encoder: any Encoder) throws {
        try call.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(request, forKey: .request)
        try container.encode(response, forKey: .response)
        try container.encode(judgment, forKey: .judgment)
        try container.encode(responseJudgment, forKey: .responseJudgment)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(responseParameters, forKey: .responseParameters)
        try container.encode(isRevealed, forKey: .isRevealed)
    }

    private enum CodingKeys: String, CodingKey {
        case request, response, judgment, responseJudgment, parameters, responseParameters, isRevealed
    }
}
#endif
