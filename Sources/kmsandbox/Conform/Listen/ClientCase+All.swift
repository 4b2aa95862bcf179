#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

extension ClientCase {
    /// All cases in their order.
    static let all =
        rightAnswers + headers + bodies + encryption + statuses + [
            right(
                "right-at-the-end",
                "The client accepts a right answer after all wrong ones.",
                fault: "a wrong answer left the client in a bad state"
            ) {
                try $0.answer()
            }
        ]

    private static let rightAnswers = [
        right("right", "The client accepts a right answer.", fault: "the client rejects a right answer") {
            try $0.answer()
        },
        right(
            "right-other-form",
            "The client accepts A128GCM and a header without kid.",
            fault: "the client accepts one form of the encryption only"
        ) { maker in
            // The fields of the field level always have kid.
            let isMessage = maker.request.endpoint.response.protection == .message
            return try maker.answer(enc: "A128GCM") { if isMessage { $0.header = $0.header.with("kid", nil) } }
        },
        right(
            "right-without-key-id",
            "The client accepts an answer without X-KM-Crypto-Key-Id, and uses the key of its call.",
            fault: "the client requires an optional header"
        ) { try $0.changed { $0.headers[.kmCryptoKeyID] = nil } },
        right(
            "right-with-token",
            "The client ignores X-KM-Tran-Token and unknown headers in an answer.",
            fault: "the client rejects headers that do not matter"
        ) { maker in
            try maker.changed {
                $0.headers[.kmTranToken] = "KMV1:20260101000000000:\(String(repeating: "A", count: 43))"
                $0.headers[.server] = "test"
            }
        },
        right(
            "right-white-space",
            "The client accepts an answer with white space between its JSON tokens.",
            fault: "the client does not parse the body as JSON"
        ) { try $0.changed { $0.body = Array(" \n".utf8) + $0.body + Array("\r\n\t".utf8) } },
    ]

    private static let headers = [
        wrong(
            "correlation-id-other",
            "The client rejects an answer with the correlation id of another call.",
            fault: "the client does not compare the correlation ids"
        ) { maker in
            try maker.changed { answer in
                let text = maker.request.headers.correlationID.text
                answer.headers[.kmCorrelationID] = text.dropLast() + (text.last == "0" ? "1" : "0")
            }
        },
        wrong(
            "correlation-id-missing",
            "The client rejects an answer without a correlation id.",
            fault: "the client compares the correlation ids only if there is one"
        ) { try $0.changed { $0.headers[.kmCorrelationID] = nil } },
        wrong(
            "correlation-id-duplicate",
            "The client rejects an answer with two correlation ids.",
            fault: "the client uses one of two headers of the same name"
        ) { maker in
            try maker.changed { answer in
                let text = maker.request.headers.correlationID.text
                let other = text.dropLast() + (text.last == "0" ? "1" : "0")
                answer.headers.append(HTTPField(name: .kmCorrelationID, value: String(other)))
            }
        },
        wrong(
            "key-id-other",
            "The client rejects an answer under a key that it does not have.",
            fault: "the client ignores X-KM-Crypto-Key-Id"
        ) { maker in
            try maker.changed { $0.headers[.kmCryptoKeyID] = try CryptoKeyID.random().text }
        },
        wrong(
            "replay",
            "The client rejects a right answer to an earlier call of its own.",
            fault: "the client does not compare the correlation ids",
            requires: ["right"]
        ) { maker in
            guard let earlier = maker.earlier else { throw KMError(.callFailed, "there was no earlier call") }
            return earlier
        },
    ]

    private static let bodies = [
        wrong(
            "plain",
            "The client rejects parameters that are not encrypted.",
            fault: "the client accepts plain parameters where encryption is required (downgrade)"
        ) { try $0.changed { $0.body = AnswerMaker.parameters } },
        wrong(
            "duplicate-member",
            "The client rejects a body in which a protected member appears twice.",
            fault: "the client's JSON parser keeps one of two members of the same name"
        ) { try $0.changed { $0.body = $0.body.dropLast() + Array(",".utf8) + $0.body.dropFirst() } },
        wrong(
            "cut-body",
            "The client rejects a body that is cut.",
            fault: "the client does not check that the body is complete"
        ) {
            try $0.changed { $0.body = Array($0.body.prefix($0.body.count / 2)) }
        },
        wrong("empty-body", "The client rejects an empty body.", fault: "the client takes an empty body for a success")
        {
            try $0.changed { $0.body = [] }
        },
        wrong(
            "huge-body",
            "The client rejects a body of 32 MiB.",
            fault: "the client does not limit the size of a response"
        ) { maker in
            try maker.changed { $0.body += [UInt8](repeating: 0x20, count: 32 << 20) }
        },
    ]

    private static let encryption = [
        wrong(
            "other-key",
            "The client rejects an answer that is encrypted to another key.",
            fault: "the client ignores an error of the decryption"
        ) { try $0.answer(to: $0.keys.stranger.publicKey) },
        wrong(
            "tag",
            "The client rejects a wrong authentication tag.",
            fault: "the client does not check the authentication tag"
        ) {
            try $0.answer { $0.parts[JWEParts.tag][0] ^= 1 }
        },
        wrong(
            "ciphertext",
            "The client rejects a ciphertext that was changed.",
            fault: "the client does not check the authentication tag"
        ) { try $0.answer { $0.parts[JWEParts.ciphertext][0] ^= 1 } },
        wrong(
            "header-changed",
            "The client rejects a protected header that was changed after encryption.",
            fault: "the client does not authenticate the header as received"
        ) { try $0.answer { $0.parts[JWEParts.header].insert(0x20, at: 1) } },
        wrong("kid", "The client rejects a kid that names another key.", fault: "the client does not compare kid") {
            maker in
            let other = try CryptoKeyID.random().text
            return try maker.answer { $0.header = $0.header.with("kid", "\"\(other)\"") }
        },
        wrong("alg", "The client rejects another alg than RSA-OAEP-256.", fault: "the client ignores alg") {
            try $0.answer { $0.header = $0.header.with("alg", "\"RSA-OAEP\"") }
        },
        wrong("enc", "The client rejects another enc than A128GCM and A256GCM.", fault: "the client ignores enc") {
            try $0.answer { $0.header = $0.header.with("enc", "\"A192GCM\"") }
        },
        wrong("crit", "The client rejects crit.", fault: "the client ignores crit") {
            try $0.answer { $0.header = $0.header.with("crit", "[\"exp\"]") }
        },
        wrong("zip", "The client rejects zip.", fault: "the client ignores zip, or decompresses") {
            try $0.answer { $0.header = $0.header.with("zip", "\"DEF\"") }
        },
        wrong(
            "not-json",
            "The client rejects parameters that are not JSON.",
            fault: "the client does not parse what it decrypted"
        ) { maker in try maker.answer { $0.plaintext = Array("{\"issuedCardList\":".utf8) } },
    ]

    private static let statuses = [
        wrong(
            "error",
            "The client reports an error reply, HTTP 400 with 001_006, as a failure.",
            fault: "the client ignores the HTTP status and the result code"
        ) { try error($0, .badRequest, .walletUserNotFound) },
        wrong(
            "error-status-200",
            "The client rejects an error reply with HTTP status 200.",
            fault: "the client accepts every body with status 200, encrypted or not"
        ) { try error($0, .ok, .walletUserNotFound) },
        wrong(
            "success-status-400",
            "The client rejects the result 000_000 with HTTP status 400.",
            fault: "the client ignores the HTTP status"
        ) {
            try $0.changed { answer in
                answer.status = .badRequest
                answer.body = PlatformResult.success.body
            }
        },
        wrong(
            "status-500",
            "The client reports HTTP status 500 as a failure, even with a right body.",
            fault: "the client ignores the HTTP status"
        ) { try $0.changed { $0.status = .internalServerError } },
    ]

    private static func error(
        _ maker: AnswerMaker,
        _ status: HTTPResponse.Status,
        _ error: PlatformError
    ) throws -> CaseAnswer {
        try maker.changed { answer in
            answer.status = status
            answer.headers[.kmCryptoKeyID] = nil
            answer.body = error.result.body
        }
    }
}
#endif
