internal import Foundation
internal import KMJOSE
public import KMPrimitives

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
        ["token-unreadable", TokenForm.frame.name, parametersSigned.name]
            + TokenForm.all.dropFirst().map(\.mistake.name)
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
    ///   - parameters: The parameters before they were encrypted, to test whether the sender signed them instead of the
    ///     body; nil where they are not known.
    /// - Returns: what was found; ``verifies`` and ``unknown`` among it.
    /// - Throws: ``KMError`` `limitExceeded`, `cryptographyUnavailable`.
    public static func explain(
        token: String,
        body: [UInt8],
        secret: SecretBytes,
        parameters: [UInt8]? = nil
    ) throws -> TokenDiagnosis {
        for (what, bytes) in [("a body", body), ("parameters", parameters ?? [])]
        where bytes.count > maximumBodyByteCount {
            throw KMError(.limitExceeded, "\(what) of \(bytes.count) bytes; \(maximumBodyByteCount) are accepted")
        }
        guard let read = TokenForm.read(token) else {
            return TokenDiagnosis(
                cause: "token-unreadable",
                advice:
                    "a token is KMV1:, 17 digits of time, a colon, and the MAC in Base64 (43 characters, or 44 with its pad)"
            )
        }
        var found = try Attempt(mac: read.mac, time: read.time, body: body, secret: secret).mistakes()
        if let parameters, parameters != body, found.map({ $0.count > 1 }) ?? true {
            let attempt = Attempt(mac: read.mac, time: read.time, body: parameters, secret: secret)
            if let mistakes = try attempt.mistakes(), mistakes.count + 1 < found?.count ?? .max {
                found = [parametersSigned] + mistakes.map(\.ofParameters)
            }
        }
        guard let found else { return unknown }
        let all = read.mistakes + found
        guard !all.isEmpty else { return verifies }
        return TokenDiagnosis(
            cause: all.map(\.name).joined(separator: "+"),
            advice: all.map(\.advice).joined(separator: "; ")
        )
    }

    /// The sender made the MAC of the parameters, and encrypted them then.
    private static let parametersSigned = Mistake(
        name: "parameters-signed",
        advice: "the parameters were signed before they were encrypted: encrypt first, then sign the body that is sent"
    )
}

/// A mistake's name, and what to change.
struct Mistake: Sendable, Hashable {
    let name: String
    let advice: String

    /// This mistake, made of the parameters: what differs may be the text that the verifier has of them.
    fileprivate var ofParameters: Mistake {
        guard name.hasPrefix("body-") else { return self }
        return Mistake(name: name, advice: "the signed text differs from the given parameters by \(name)")
    }
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
