#if Sandbox
import Foundation
import HTTPTypes
import KMJSON
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// Makes right answers to one call, and drafts of them to change.
struct AnswerMaker: Sendable {
    /// The call.
    let request: OpenedRequest
    /// The keys and the ids.
    let keys: ListenKeys
    /// The right answer to an earlier call of the client, if there was one.
    let earlier: CaseAnswer?

    /// The parameters of every right answer: one card with documented values.
    static let parameters = Array(
        """
        {"issuedCardList":[{"cardApplyNo":"A202611230000000000001","issueType":"ISSUE","digital":{"cardNo":\
        "9491339401250765","par":"Q1EXAMPLE0000000000000000A1","serviceId":"S1","serviceName":"Test service",\
        "mobileCardCVC":"999"},"status":"READY","values":{"balance":0},"requester":"APP"}],"response":{"code":\
        "000_000","message":"Success."}}
        """.utf8
    )

    /// Returns the right answer, with each JWE changed by `edit` before its encryption.
    func answer(
        enc: String = "A256GCM",
        to key: RSAPublicKey? = nil,
        parameters: [UInt8] = Self.parameters,
        _ edit: (inout JWEDraft) -> Void = { _ in }
    ) throws -> CaseAnswer {
        try answer(enc: enc, to: key, parameters: parameters, edit, text: { $0 })
    }

    /// The right answer with each JWE changed after its encryption.
    func answer(changing part: @Sendable (inout JWEParts) -> Void) throws -> CaseAnswer {
        try answer(enc: "A256GCM", to: nil, parameters: Self.parameters, { _ in }) { jwe in
            var jwe = jwe
            part(&jwe)
            return jwe
        }
    }

    private func answer(
        enc: String,
        to key: RSAPublicKey?,
        parameters: [UInt8],
        _ edit: (inout JWEDraft) -> Void,
        text: (JWEParts) -> JWEParts
    ) throws -> CaseAnswer {
        let bytes = try SecureRandom.bytes(enc == "A256GCM" ? 32 : 16)
        let recipient = key ?? keys.client.publicKey
        let contentKey = GeneratedContentKey(
            enc: enc,
            bytes: bytes,
            encrypted: try recipient.encryptOAEP(bytes.span)
        )
        func jwe(_ plaintext: [UInt8], _ header: HeaderDraft) throws -> String {
            var draft = JWEDraft(
                header: header,
                plaintext: plaintext,
                key: contentKey,
                iv: try SecureRandom.bytes(12)
            )
            edit(&draft)
            return text(try draft.encrypted()).text
        }
        let kid = keys.file.key.id.text
        let body: [UInt8]
        switch request.endpoint.response.protection {
        case .none: body = parameters
        case .message: body = GeneratedMessage.body(try jwe(parameters, .message(enc, kid: kid)))
        case .fields(let selection):
            let limits = ParameterLimits(maximumBodyByteCount: 64 << 20).matcherLimits
            var fields: [UInt8] = []
            var copied = 0
            for match in try FieldMatcher.matches(selection, in: parameters.span, limits: limits) {
                let path = String(decoding: match.path, as: UTF8.self)
                let header = HeaderDraft.field(enc, kid: kid, path: path, cid: request.headers.correlationID.text)
                fields += parameters[copied..<match.range.lowerBound]
                fields += "\"\(try jwe(Array(parameters[match.range]), header))\"".utf8
                copied = match.range.upperBound
            }
            body = fields + parameters[copied...]
        }
        return CaseAnswer(headers: headers, body: body)
    }

    /// The headers of a right answer.
    private var headers: HTTPFields {
        var headers = ResponseHeaders(correlationID: request.headers.correlationID, cryptoKeyID: keys.file.key.id)
            .httpFields
        headers[.contentType] = "application/json"
        return headers
    }

    /// A right answer with a change.
    func changed(_ change: (inout CaseAnswer) throws -> Void) throws -> CaseAnswer {
        var answer = try answer()
        try change(&answer)
        return answer
    }
}
#endif
