#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// Bodies that are not one encrypted message.
extension ConformanceCase {
    static let bodies = [
        ConformanceCase(
            "body-plain",
            .bodies,
            "The server rejects a call whose parameters are not encrypted.",
            fault: "the server accepts plain parameters where encryption is required (downgrade)"
        ) { session in
            await session.rejects(try session.maker.call(body: session.maker.credentials.validParameters))
        },
        ConformanceCase(
            "body-encdata-duplicate",
            .bodies,
            "The server rejects a body with two members encData.",
            fault: "the server's JSON parser keeps one of two members of the same name"
        ) { session in
            let one = try session.maker.message().encrypted().text
            let two = try session.maker.message().encrypted().text
            return await session.rejects([
                ("two messages", try session.call("{\"encData\":\"\(one)\",\"encData\":\"\(two)\"}")),
                ("null and a message", try session.call("{\"encData\":null,\"encData\":\"\(two)\"}")),
            ])
        },
        ConformanceCase(
            "body-encdata-beside",
            .bodies,
            "The server rejects a body with another member beside encData.",
            fault: "the server ignores members beside encData"
        ) { session in
            let jwe = try session.maker.message().encrypted().text
            return await session.rejects(try session.call("{\"encData\":\"\(jwe)\",\"userId\":1}"))
        },
        ConformanceCase(
            "body-malformed",
            .bodies,
            "The server rejects a body that is not an object with a string encData.",
            fault: "the server accepts a body that is not an encrypted message"
        ) { session in
            let jwe = try session.maker.message().encrypted().text
            let texts = [
                "", "null", "[]", "{}", "1", "\"\(jwe)\"", "[\"\(jwe)\"]", "{\"encData\":1}", "{\"encData\":null}",
                "{\"encData\":\"\"}", "{\"encData\":[\"\(jwe)\"]}", "{\"encData\":\"\(jwe)\"",
                "{\"encData\":\"\(jwe)\"}}",
                "{'encData':'\(jwe)'}", "{\"encData\":\"\(jwe)\",}", "\u{FEFF}{\"encData\":\"\(jwe)\"}", jwe,
                "encData=\(jwe)", "{\"ENCDATA\":\"\(jwe)\"}", "{\"encData\":{\"encData\":\"\(jwe)\"}}",
                "garbage \0\u{7F}",
            ]
            return await session.rejects(
                try texts.enumerated().map { ("form \($0 + 1)", try session.call($1)) }
            )
        },
        ConformanceCase(
            "body-deep",
            .bodies,
            "The server rejects encrypted parameters that nest 10,000 levels deep.",
            fault: "the server does not limit the nesting of JSON"
        ) { session in
            let depth = 10_000
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let parameters = session.maker.credentials.validParameters.dropLast() + Array(",\"x\":\(nested)}".utf8)
            let jwe = try session.maker.message(Array(parameters)).encrypted().text
            return await session.rejects(try session.maker.call(jwe: jwe))
        },
        ConformanceCase(
            "body-oversized",
            .bodies,
            "The server rejects a body of 12 MiB with status 4xx, or closes the connection.",
            fault: "the server does not limit the size of a body"
        ) { session in
            let padding = [UInt8](repeating: 0x20, count: 9 << 20)
            let parameters = session.maker.credentials.validParameters.dropLast() + padding + [UInt8(ascii: "}")]
            let stamp = try session.maker.stamp()
            let body = try session.maker.body(.message, .documented, stamp, parameters: Array(parameters))
            let reply = await session.reject("", try session.maker.call(body: body, stamp: stamp), .size)
            switch (reply.verdict, reply) {
            case (.opened, _): return .failed(reply.summary)
            case (.failed, .closed), (.rejected, _): return .passed(reply.summary)
            default: return .failed(reply.summary, fault: "the server fails or hangs on a large body")
            }
        },
    ]
}

extension Session {
    /// Returns a call with a body of a given text and its right token.
    nonisolated func call(_ body: String) throws -> TestCall { try maker.call(body: Array(body.utf8)) }
}
#endif
