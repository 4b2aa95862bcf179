internal import Foundation
internal import KMJOSE
internal import KMPrimitives

/// Tells why a token does not verify, by trying the mistakes that clients are known to make.
///
/// For a developer who holds the secret; a server has no use for it, since a request that verifies by mistake is
/// refused all the same.
public struct TokenDiagnosis: Sendable, Hashable {
    /// The cause's name, one of ``TokenDiagnosis/causes``; joined by `+` where several mistakes were made at once.
    public let cause: String
    /// What to change.
    public let advice: String

    /// The token verifies; nothing is wrong but, perhaps, its time.
    public static let verifies = TokenDiagnosis(
        cause: "verifies",
        advice: "the token is that of this body and secret; its time is not judged"
    )
    /// None of the known mistakes makes this token.
    public static let unknown = TokenDiagnosis(
        cause: "no known cause",
        advice: "the secret or the body is another one: compare both, byte for byte, with what the sender had"
    )

    /// The names of all causes that are told, without those of ``verifies`` and ``unknown``.
    public static var causes: [String] {
        ["token-unreadable", TokenForm.frame.name] + TokenForm.all.dropFirst().map(\.mistake.name)
            + BodyMistake.all.map(\.name)
            + SecretMistake.all.map(\.name)
            + MACMistake.all.map(\.name)
    }

    /// The largest body that is looked at, in bytes: each mistake makes a copy of it.
    public static let maximumBodyByteCount = 1 << 20

    /// Looks for the mistake behind a token.
    ///
    /// - Parameters:
    ///   - token: the header's value as it was sent, however it is formed.
    ///   - body: the body's bytes as received.
    ///   - secret: the secret key's bytes.
    /// - Returns: what was found; ``verifies`` and ``unknown`` among it.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public static func explain(token: String, body: [UInt8], secret: SecretBytes) throws -> TokenDiagnosis {
        guard body.count <= maximumBodyByteCount else {
            throw KMError(.limitExceeded, "a body of \(body.count) bytes; \(maximumBodyByteCount) are taken")
        }
        guard let read = TokenForm.read(token) else {
            return TokenDiagnosis(
                cause: "token-unreadable",
                advice:
                    "a token is KMV1:, 17 digits of time, a colon, and the MAC in Base64 (43 characters, or 44 with its pad)"
            )
        }
        let attempt = Attempt(mac: read.mac, time: read.time, body: body, secret: secret)
        guard let mistakes = try attempt.mistakes() else { return unknown }
        let all = read.mistakes + mistakes
        guard !all.isEmpty else { return verifies }
        return TokenDiagnosis(
            cause: all.map(\.name).joined(separator: "+"),
            advice: all.map(\.advice).joined(separator: "; ")
        )
    }
}

/// A mistake's name, and what to change.
struct Mistake: Sendable, Hashable {
    let name: String
    let advice: String
}

/// One token held against one body and secret, with every known mistake.
private struct Attempt {
    let mac: [UInt8]
    let time: [UInt8]
    let body: [UInt8]
    let secret: SecretBytes

    /// The mistakes that give this MAC: none, one, two of body and secret, or two that were made of the body one after the
    /// other, as a serializer that sorts members and puts spaces between them; nil where no known ones do.
    func mistakes() throws -> [Mistake]? {
        if try matches(body, secret) { return [] }
        let bodies = BodyMistake.all.compactMap { mistake in mistake.apply(body).map { (mistake.mistake, $0) } }
        let secrets = try SecretMistake.all.compactMap { mistake in
            try mistake.apply(secret).map { (mistake.mistake, $0) }
        }
        for (mistake, other) in bodies where try matches(other, secret) { return [mistake] }
        for (mistake, other) in secrets where try matches(body, other) { return [mistake] }
        for mistake in MACMistake.all where try mistake.make(body, time, secret) == mac { return [mistake.mistake] }
        for (first, otherBody) in bodies {
            for (second, otherSecret) in secrets where try matches(otherBody, otherSecret) { return [first, second] }
        }
        for (first, otherBody) in bodies {
            for second in BodyMistake.all {
                guard let both = second.apply(otherBody), try matches(both, secret) else { continue }
                return [first, second.mistake]
            }
        }
        return nil
    }

    private func matches(_ body: [UInt8], _ secret: SecretBytes) throws -> Bool {
        try HMACSHA256(key: secret).authenticate(body).withBytes { computed in
            constantTimeEquals(computed, mac.span)
        }
    }
}
