#if Sandbox
import HTTPTypes
import KMJOSE
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// Tokens that prove nothing.
extension ConformanceCase {
    static let tokens = [
        ConformanceCase(
            "token-secret",
            .token,
            "The server rejects a token that was made with another secret key.",
            fault: "the server does not check the token's MAC"
        ) { session in
            await session.rejects(try session.maker.call(secret: SecretBytes(randomCount: 32)))
        },
        ConformanceCase(
            "token-other-body",
            .token,
            "The server rejects a token that was made for another body.",
            fault: "the token's MAC does not cover the body",
            requires: ["token-secret"]
        ) { session in
            let other = try session.maker.call().body
            return await session.rejects(try session.maker.call(signed: other))
        },
        ConformanceCase(
            "token-flipped-byte",
            .token,
            "The server rejects a token over the same JSON with one byte of white space changed.",
            fault: "the server checks the token over JSON that it wrote anew, and not over the bytes as received",
            requires: ["token-other-body", "valid-body-spelling"]
        ) { session in
            let jwe = try session.maker.message().encrypted().text
            let bodies = [" ", "\t", ""].map { Array("{\"encData\":\($0)\"\(jwe)\"}".utf8) }
            return await session.rejects([
                ("a tab for a space", try session.maker.call(body: bodies[1], signed: bodies[0])),
                ("a space added", try session.maker.call(body: bodies[0], signed: bodies[2])),
            ])
        },
        ConformanceCase(
            "token-mac-cut",
            .token,
            "The server rejects a MAC that is cut, even if its first bytes are right.",
            fault: "the server compares only as many bytes of the MAC as the token has",
            requires: ["token-secret"]
        ) { session in
            try await session.rejects([
                ("16 bytes", session.call { Base64.standard.encode(Array($0.prefix(16))) }),
                ("no bytes", session.call { _ in "" }),
            ])
        },
        ConformanceCase(
            "token-mac-hex",
            .token,
            "The server rejects a MAC in hexadecimal.",
            fault: "the server accepts other forms of the MAC than Base64",
            requires: ["token-secret"]
        ) { session in await session.rejects(try session.call { hexadecimal($0) }) },
        ConformanceCase(
            "token-mac-base64",
            .token,
            "The server rejects a MAC in Base64 that is not canonical, or of another alphabet.",
            fault: "the server's Base64 decoder is lenient, so one token has several spellings",
            requires: ["token-secret"]
        ) { session in
            try await session.rejects([
                ("the last character has stray bits", session.call { Self.withStrayBits(Base64.standard.encode($0)) }),
                ("the alphabet of base64url", session.call(containing: "+/") { Base64.url.encode($0) }),
                ("two pads", session.call { Base64.standard.encode($0) + "==" }),
            ])
        },
        ConformanceCase(
            "token-version",
            .token,
            "The server rejects a token of another version than KMV1.",
            fault: "the server does not check the token's version",
            requires: ["token-secret"]
        ) { session in
            let call = try session.maker.call()
            let token = call.value(.kmTranToken)
            return await session.rejects([
                ("KMV2", call.with(.kmTranToken, "KMV2" + token.dropFirst(4))),
                ("kmv1", try session.recased()),
            ])
        },
    ]

    /// Returns the Base64 text of 32 bytes with bits after the last byte.
    private static func withStrayBits(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let last = text.last.flatMap(alphabet.firstIndex) ?? 0
        return text.dropLast() + String(alphabet[last | 1])
    }
}

extension Session {
    /// Returns a valid call whose token has its MAC in another spelling.
    ///
    /// - Parameters:
    ///   - characters: The Base64 text of the MAC has one of these; empty for any.
    ///   - spell: Returns the spelling.
    /// - Returns: The call.
    /// - Throws: ``KMError`` as the call's own parts.
    fileprivate nonisolated func call(
        containing characters: String = "",
        _ spell: ([UInt8]) -> String
    ) throws -> TestCall {
        while true {
            let stamp = try maker.stamp()
            let call = try maker.call(stamp: stamp)
            let mac = try maker.mac(call.body)
            let hasOne = Base64.standard.encode(mac).contains { characters.contains($0) }
            guard characters.isEmpty || hasOne else { continue }
            return call.with(.kmTranToken, "KMV1:\(stamp.time.digits):\(spell(mac))")
        }
    }

    /// Returns a valid call whose token's version is in lower case.
    fileprivate nonisolated func recased() throws -> TestCall {
        let call = try maker.call()
        return call.with(.kmTranToken, "kmv1" + call.value(.kmTranToken).dropFirst(4))
    }
}
#endif
